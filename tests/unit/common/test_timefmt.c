/* Times of options and reports. */
#include "tests/support.h"

#include "common/timefmt.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define NOW 1800000000 /* 2027-01-15T08:00:00Z */

struct time_case {
	const char *name, *text;
	int64_t wanted; /* 0: refused */
};

static struct time_case cases[] = {
	{ "now", "now", NOW },
	{ "weeks", "4w", NOW - 4 * 604800 },
	{ "minutes", "90m", NOW - 5400 },
	{ "what comes", "+2h", NOW + 7200 },
	{ "nothing behind the sign", "+", 0 },
	{ "a UTC time", "2026-11-21T08:30:00Z", 1795249800 },
	{ "a time with an offset", "2026-11-21T09:30:00+01:00", 1795249800 },
	{ "an offset without a colon", "2026-11-21T09:30+0100", 1795249800 },
	{ "a blank between day and time", "2026-11-21 08:30:00Z", 1795249800 },
	{ "Unix seconds", "@1795249800", 1795249800 },
	{ "a local day (New York, winter)", "2026-11-21", 1795237200 },
	{ "a local day (New York, summer)", "2026-07-01", 1782878400 },
	{ "a number without a unit", "28", 0 },
	{ "a day that does not exist", "2026-02-29", 0 },
	{ "an hour that does not exist", "2026-11-21T24:00Z", 0 },
	{ "something behind it", "2026-11-21T08:30Zx", 0 },
	{ "an empty text", "", 0 },
	{ "a negative age", "-4w", 0 },
	{ "an absurd age", "99999999999w", 0 },
};

static void check_case(void **state)
{
	struct time_case *c = *state;
	struct err err = ERR_INIT;
	int64_t got = 0;
	int r = time_parse(c->text, NOW, &got, &err);

	assert_int_equal(r, c->wanted ? 0 : -EINVAL);
	assert_int_equal(got, c->wanted);
	assert_int_equal(r < 0, err.text[0] != '\0');
}

static void texts(void **unused)
{
	char text[TIME_TEXT_SIZE];

	(void)unused;
	assert_string_equal(time_text(1795249800, text), "2026-11-21 03:30:00 -0500");
	assert_string_equal(time_text_short(1795249800, text), "2026-11-21 03:30");
	assert_string_equal(time_text_utc(1795249800, text), "2026-11-21T08:30:00Z");
	assert_string_equal(time_text(0, text), "-");
	assert_string_equal(time_text_length(45, text), "45 s");
	assert_string_equal(time_text_length(300, text), "5 min");
	assert_string_equal(time_text_length(28 * 86400, text), "28 d");
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(cases) + 1];
	size_t n = 0;

	setenv("TZ", "EST5EDT,M3.2.0,M11.1.0", 1);
	tzset();
	for (; n < ARRAY_LEN(cases); n++)
		tests[n] = (struct CMUnitTest){ .name = cases[n].name,
			.test_func = check_case,
			.initial_state = &cases[n] };
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(texts);
	return _cmocka_run_group_tests("timefmt", tests, n, NULL, NULL);
}
