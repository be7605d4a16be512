#include "tests/support.h"

#include "collectord/recorder/recorder_health.h"

#include <math.h>

#define HOUR 3600
#define DAY (24 * HOUR)
#define BEGIN 1700000000
#define GB 1000000000.0

/* The disk loses `first_gb` in the first hour and `gb_a_day` from then on; the daemon
 * looks every hour. */
struct disk_case {
	const char *name;
	double free_gb, first_gb, gb_a_day;
	double after_days;
	double wanted; /* NAN: not known; days, within 1 % */
};

static struct disk_case cases[] = {
	{ "the files of the first hour say nothing of the days", 100, 5, 0.1, 0.5,
		NAN },
	{ "a day is measured, the files of its beginning too", 100, 1, 1, 1,
		98.04 / 1.96 },
	{ "within the first week the beginning fades", 100, 1, 1, 3, 96.04 * 3 / 3.96 },
	{ "after a week the beginning is forgotten", 100, 5, 1, 7.5, 87.54 },
	{ "and stays so, without a break of a day", 100, 5, 1, 14.25, 80.79 },
	{ "a disk that gets no fuller has no last day", 100, 0, 0, 10, NAN },
	{ "one that was emptied has none either", 100, 0, -1, 10, NAN },
};

static void check(void **state)
{
	const struct disk_case *row = *state;
	struct disk_past past = { .at = 0 };
	double days = NAN;

	for (int64_t s = 0; s <= (int64_t)(row->after_days * DAY); s += HOUR) {
		double lost = s
			? row->first_gb + row->gb_a_day * ((double)(s - HOUR) / DAY)
			: 0;

		days = recorder_disk_days(
			&past, BEGIN + s, (int64_t)((row->free_gb - lost) * GB));
	}
	if (isnan(row->wanted))
		assert_true(isnan(days));
	else if (!(fabs(days - row->wanted) < row->wanted / 100))
		fail_msg("%.3f days, not %.3f", days, row->wanted);
}

static void a_clock_set_back_begins_anew(void **state)
{
	struct disk_past past = { .at = 0 };

	(void)state;
	recorder_disk_days(&past, BEGIN, 100);
	assert_true(recorder_disk_days(&past, BEGIN + 2 * DAY, 50) == 2);
	assert_true(isnan(recorder_disk_days(&past, BEGIN - HOUR, 40)));
	assert_int_equal(past.at, BEGIN - HOUR);
	assert_int_equal(past.next_free_bytes, 40);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(cases) + 1];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		tests[i] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = check,
			.initial_state = &cases[i] };
	tests[ARRAY_LEN(cases)] =
		(struct CMUnitTest){ .name = "a clock that was set back begins anew",
			.test_func = a_clock_set_back_begins_anew };
	return cmocka_run_group_tests_name("disk_days", tests, NULL, NULL);
}
