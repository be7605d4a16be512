/* Thresholds of monitoring plugins, after the table of their development guidelines. */
#include "tests/support.h"

#include "analyze/verbs/monitor_range.h"

#include <errno.h>
#include <string.h>

struct range_case {
	const char *text;
	bool is_refused;
	double raises[3], not [3]; /* NAN: no more */
};

static const struct range_case cases[] = {
	{ "10", false, { -0.1, 10.1, NAN }, { 0, 10, NAN } },
	{ "10:", false, { 9.9, -1, NAN }, { 10, 1e300, NAN } },
	{ "~:10", false, { 10.1, 1e9, NAN }, { -1e9, 10, NAN } },
	{ "10:20", false, { 9.9, 20.1, NAN }, { 10, 15, 20 } },
	{ "@10:20", false, { 10, 15, 20 }, { 9.9, 20.1, NAN } },
	{ "@~:0", false, { 0, -5, NAN }, { 0.1, NAN, NAN } },
	{ ":10", false, { -1, 11, NAN }, { 0, 10, NAN } },
	{ "-5:-1", false, { -6, 0, NAN }, { -5, -1, NAN } },
	{ "", true, { NAN }, { NAN } },
	{ "@", true, { NAN }, { NAN } },
	{ "20:10", true, { NAN }, { NAN } },
	{ "-1", true, { NAN }, { NAN } }, /* 0:-1 ends before it begins */
	{ "10:20:30", true, { NAN }, { NAN } },
	{ "10%", true, { NAN }, { NAN } },
	{ "nan", true, { NAN }, { NAN } },
};

static void ranges(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct range_case *c = &cases[i];
		struct monitor_range range = { .is_set = false };
		int r = monitor_range_parse(c->text, strlen(c->text), &range);

		assert_int_equal(r, c->is_refused ? -EINVAL : 0);
		for (size_t k = 0; k < 3 && r == 0 && !isnan(c->raises[k]); k++)
			assert_true(monitor_range_raises(&range, c->raises[k]));
		for (size_t k = 0; k < 3 && r == 0 && !isnan(c->not [k]); k++)
			assert_false(monitor_range_raises(&range, c->not [k]));
		assert_false(monitor_range_raises(&range, NAN));
		if (r == 0)
			assert_string_equal(range.text, c->text);
	}
}

static void one_that_is_not_set_raises_nothing(void **unused)
{
	struct monitor_range range = { .is_set = false };

	(void)unused;
	assert_false(monitor_range_raises(&range, 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges),
		cmocka_unit_test(one_that_is_not_set_raises_nothing),
	};

	return cmocka_run_group_tests_name("monitor_range", tests, NULL, NULL);
}
