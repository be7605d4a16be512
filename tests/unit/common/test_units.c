#include "tests/support.h"

#include "common/units.h"

static struct round_case {
	const char *name;
	double value, wanted;
} cases[] = {
	{ "an exact integer stays (UNIT-5)", 7, 7 },
	{ "7 % of a core is 7, not 8 (G11)", 100.0 * (1 * 3000 * 0.07) / 3000, 7 },
	{ "14 % is 14, not 15 (G11)", 100.0 * (1 * 3000 * 0.14) / 3000, 14 },
	{ "400 of 3000 MHz is 14 % (G10)", 100.0 * 400 / 3000, 14 },
	{ "nothing is nothing", 0, 0 },
	{ "a real excess is lifted", 7.00001, 8 },
	{ "large exact integers stay", 1e15, 1e15 },
	{ "a missing figure stays missing", NAN, NAN },
};

static void check_round(void **state)
{
	const struct round_case *row = *state;

	assert_near(units_round_up(row->value), row->wanted, 0);
}

/* a/b x b is a whole number for all small a and b, and rounds up to itself. */
static void ratios_of_integers_round_to_themselves(void **state)
{
	(void)state;
	for (int core = 1; core <= 400; core++) {
		for (int percent = 0; percent <= 200; percent++) {
			double mhz = core * 10.0 * ((double)percent / 100);

			assert_near(
				units_round_up(100 * mhz / (core * 10.0)), percent, 0);
		}
	}
}

/* A capacity is no whole unit larger than it is, however large: 1 Gb/s is 10^9 bit/s. */
static void downward(void **state)
{
	static const struct {
		double value, wanted;
	} rows[] = { { 7, 7 }, { 100 * (3000 * 0.07) / 3000, 7 }, { 6.99999, 6 },
		{ 0.1 * 3 * 10, 3 }, { 1e9, 1e9 }, { 3e12, 3e12 }, { 3e12 + 0.5, 3e12 },
		{ -0.5, -1 }, { 0, 0 }, { NAN, NAN }, { INFINITY, INFINITY } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_near(units_round_down(rows[i].value), rows[i].wanted, 0);
	assert_near(units_round_up(1e9 + 0.5), 1e9 + 1, 0);
}

static void a_limit_reached_is_not_exceeded(void **state)
{
	(void)state;
	assert_false(units_exceeds(1000 * 0.75, 750));
	assert_false(units_exceeds(0.1 + 0.2, 0.3));
	assert_true(units_exceeds(750.01, 750));
	assert_false(units_exceeds(NAN, 750));
}

int main(void)
{
	static const struct CMUnitTest more[] = {
		cmocka_unit_test(ratios_of_integers_round_to_themselves),
		cmocka_unit_test(a_limit_reached_is_not_exceeded),
		cmocka_unit_test(downward),
	};
	struct CMUnitTest tests[ARRAY_LEN(cases)];
	int failed;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		tests[i] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = check_round,
			.initial_state = &cases[i] };
	failed = cmocka_run_group_tests_name("rounding", tests, NULL, NULL);
	return failed + cmocka_run_group_tests_name("units", more, NULL, NULL);
}
