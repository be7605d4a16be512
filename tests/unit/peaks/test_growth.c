/* Growth and return levels against truth that is known because it was simulated. */
#include "tests/support.h"

#include "analyze/peaks/growth.h"
#include "analyze/peaks/tail.h"

#include <errno.h>
#include <string.h>

static double normal(uint64_t *state)
{
	return sqrt(-2 * log(support_uniform(state) + 1e-300)) *
		cos(6.283185307179586 * support_uniform(state));
}

static void a_straight_line_is_found_exactly(void **state)
{
	struct growth g;
	double daily[30], value, low, high;

	(void)state;
	for (int i = 0; i < 30; i++)
		daily[i] = 100 + 2.5 * i;
	daily[7] = NAN;
	daily[20] = 100000; /* one wild day changes nothing */
	assert_int_equal(growth_fit(daily, 30, &g), 0);
	assert_near(g.slope_per_day, 2.5, 1e-9);
	assert_near(g.level, 172.5, 1e-9);
	assert_true(g.is_significant);
	growth_project(&g, 10, &value, &low, &high);
	assert_near(value, 197.5, 1e-9);
	assert_true(low <= value && value <= high);
}

static void too_few_days_are_refused(void **state)
{
	struct growth g;
	double daily[13] = { 0 };

	(void)state;
	assert_int_equal(growth_fit(daily, 13, &g), -ENODATA);
}

/* Values that follow each other (AR 0.6) around a known slope: how often is it inside
 * the 95 % interval, how often the day 30 ahead inside nine in ten? */
static void the_intervals_of_growth_cover(void **state)
{
	uint64_t seed = support_seed(3), random = seed;
	unsigned inside = 0, ahead = 0, rounds = 300;

	(void)state;
	for (unsigned round = 0; round < rounds; round++) {
		double slope = (double)(round % 5) - 2, daily[90], error = 0, value,
		       low, high;
		double later = 0;
		struct growth g;

		for (int i = 0; i < 120; i++) {
			error = 0.6 * error + 10 * normal(&random);
			if (i < 90)
				daily[i] = 1000 + slope * i + error;
			later = 1000 + slope * i + error;
		}
		assert_int_equal(growth_fit(daily, 90, &g), 0);
		inside += g.slope_low <= slope && slope <= g.slope_high;
		growth_project(&g, 30, &value, &low, &high);
		ahead += low <= later && later <= high;
	}
	print_message(
		"slope inside its 95 %% interval: %.1f %%; day 30 ahead inside 90 %%: "
		"%.1f %% (seed %llu)\n",
		100.0 * inside / rounds, 100.0 * ahead / rounds,
		(unsigned long long)seed);
	assert_true(inside >= 0.88 * rounds);
	assert_true(ahead >= 0.85 * rounds);
}

static void daily_figures_are_the_highest_window_of_each_day(void **state)
{
	struct series s;
	double *daily = NULL;
	size_t days = 0;

	(void)state;
	assert_int_equal(series_init(&s, 300, 300, 2 * 288, 0), 0);
	for (size_t i = 0; i < s.count; i++)
		s.mean[i] = i == 100 || i == 101 ? 30 : 3;
	for (size_t i = 300; i < 320; i++)
		s.mean[i] = NAN;
	assert_int_equal(growth_daily(&s, 900, 0, &daily, &days), 0);
	assert_int_equal(days, 2);
	assert_near(daily[0], 21, 1e-12);
	assert_near(daily[1], 3, 1e-12);
	free(daily);
	series_done(&s);
}

static void horizons_are_read(void **state)
{
	double days;

	(void)state;
	assert_int_equal(growth_parse_horizon("12months", &days), 0);
	assert_near(days, 365.25, 1e-9);
	assert_int_equal(growth_parse_horizon("1y", &days), 0);
	assert_near(days, 365.25, 1e-9);
	assert_int_equal(growth_parse_horizon("90d", &days), 0);
	assert_near(days, 90, 0);
	assert_int_equal(growth_parse_horizon("-3d", &days), -EINVAL);
	assert_int_equal(growth_parse_horizon("3", &days), -EINVAL);
	assert_int_equal(growth_parse_horizon("soon", &days), -EINVAL);
}

/* ---- tails -------------------------------------------------------------------------- */

/* One peak of a Pareto tail over 100 every period slots, low values between. */
static void fill(
	struct series *s, size_t period, double shape, double scale, uint64_t *random)
{
	for (size_t i = 0; i < s->count; i++)
		s->mean[i] = i % period == 0
			? 100 + tail_quantile(shape, scale, support_uniform(random))
			: 50 * support_uniform(random);
}

static void the_moments_find_the_parameters(void **state)
{
	static double excess[20000];
	uint64_t random = support_seed(5);
	double shape, scale;

	(void)state;
	for (double truth = -0.3; truth < 0.4; truth += 0.15) {
		for (size_t i = 0; i < ARRAY_LEN(excess); i++)
			excess[i] = tail_quantile(
				truth, 7, ((double)i + 0.5) / ARRAY_LEN(excess));
		assert_int_equal(
			tail_fit_excesses(excess, ARRAY_LEN(excess), &shape, &scale),
			0);
		assert_near(shape, truth, 0.02);
		assert_near(scale, 7, 0.02);
	}
	(void)random;
	assert_near(tail_quantile(0, 10, 0.5), 10 * log(2), 1e-12);
}

/* 60 days known: is the highest value of the 60 days after them inside the interval? */
static void the_interval_of_the_highest_value_covers(void **state)
{
	static const double shapes[] = { -0.2, 0, 0.2 };
	uint64_t seed = support_seed(9), random = seed;

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(shapes); k++) {
		unsigned inside = 0, fitted = 0, rounds = 60;

		for (unsigned round = 0; round < rounds; round++) {
			struct series s, later;
			struct err err = ERR_INIT;
			struct tail tail;
			double highest = 0;

			assert_int_equal(series_init(&s, 3600, 3600, 60 * 24, 0), 0);
			assert_int_equal(
				series_init(&later, 3600, 3600, 60 * 24, 0), 0);
			fill(&s, 8, shapes[k], 10, &random);
			fill(&later, 8, shapes[k], 10, &random);
			for (size_t i = 0; i < later.count; i++)
				highest = fmax(highest, later.mean[i]);
			if (tail_fit(&s, 60, NAN, round, &tail, &err) == 0) {
				fitted++;
				inside += tail.low <= highest && highest <= tail.high;
				assert_true(tail.low <= tail.median &&
					tail.median <= tail.high);
			}
			series_done(&s);
			series_done(&later);
		}
		print_message(
			"shape %.1f: %u of %u fitted, the highest inside nine in ten: "
			"%.1f %% (seed %llu)\n",
			shapes[k], fitted, rounds, 100.0 * inside / fitted,
			(unsigned long long)seed);
		assert_true(fitted >= 0.8 * rounds);
		assert_true(inside >= 0.80 * fitted);
	}
}

/* What the fit of its own model gives: the 95 % point of the distance, for the limit. */
static void the_distance_of_a_true_tail_is_rarely_over_the_limit(void **state)
{
	uint64_t seed = support_seed(13), random = seed;

	(void)state;
	for (size_t n = 20; n <= 320; n *= 4) {
		unsigned refused = 0, rounds = 80;

		for (unsigned round = 0; round < rounds; round++) {
			struct err err = ERR_INIT;
			struct series s;
			struct tail tail;

			assert_int_equal(
				series_init(&s, 3600, 3600, n * 10 + 400, 0), 0);
			fill(&s, 10, 0.1, 10, &random);
			refused += tail_fit(&s, 30, NAN, 1, &tail, &err) < 0;
			series_done(&s);
		}
		print_message("%zu peaks: %.1f %% refused (seed %llu)\n", n + 40,
			100.0 * refused / rounds, (unsigned long long)seed);
		assert_true(refused <= 0.12 * rounds);
	}
}

static struct refused_case {
	const char *name, *reason;
	int kind;
	double horizon_days;
} refused_cases[] = {
	{ "a week is too short", "days are known", 0, 30 },
	{ "a horizon of a hundred times the data", "at most 20 times", 1, 6000 },
	{ "values that stand at their ceiling", "ceiling", 2, 60 },
	{ "a trend", "trend", 3, 60 },
	{ "mostly gaps", "of the slots are known", 4, 60 },
	{ "a constant has no peaks", "it never changes", 5, 60 },
};

static void check_refused(void **state)
{
	const struct refused_case *row = *state;
	uint64_t random = 21;
	struct err err = ERR_INIT;
	struct series s;
	struct tail tail;
	size_t days = row->kind == 0 ? 7 : 60;

	assert_int_equal(series_init(&s, 3600, 3600, days * 24, 0), 0);
	fill(&s, 8, 0, 10, &random);
	for (size_t i = 0; i < s.count; i++) {
		if (row->kind == 2)
			s.mean[i] = fmin(s.mean[i], 101);
		if (row->kind == 3)
			s.mean[i] += (double)i;
		if (row->kind == 4 && i % 8 > 3)
			s.mean[i] = NAN;
		if (row->kind == 5)
			s.mean[i] = 7;
	}
	assert_int_equal(
		tail_fit(&s, row->horizon_days, NAN, 1, &tail, &err), -ENODATA);
	if (!strstr(err.text, row->reason))
		fail_msg("%s", err.text);
	series_done(&s);
}

static void nothing_is_over_its_capacity(void **state)
{
	uint64_t random = 2;
	struct err err = ERR_INIT;
	struct series s;
	struct tail tail;

	(void)state;
	assert_int_equal(series_init(&s, 3600, 3600, 60 * 24, 0), 0);
	fill(&s, 8, 0.2, 10, &random);
	assert_int_equal(tail_fit(&s, 600, 130, 1, &tail, &err), 0);
	assert_true(tail.level <= 130 && tail.high <= 130);
	series_done(&s);
}

int main(void)
{
	static const struct CMUnitTest more[] = {
		cmocka_unit_test(a_straight_line_is_found_exactly),
		cmocka_unit_test(too_few_days_are_refused),
		cmocka_unit_test(the_intervals_of_growth_cover),
		cmocka_unit_test(daily_figures_are_the_highest_window_of_each_day),
		cmocka_unit_test(horizons_are_read),
		cmocka_unit_test(the_moments_find_the_parameters),
		cmocka_unit_test(the_interval_of_the_highest_value_covers),
		cmocka_unit_test(the_distance_of_a_true_tail_is_rarely_over_the_limit),
		cmocka_unit_test(nothing_is_over_its_capacity),
	};
	struct CMUnitTest tests[ARRAY_LEN(refused_cases)];
	int failed;

	for (size_t i = 0; i < ARRAY_LEN(refused_cases); i++)
		tests[i] = (struct CMUnitTest){ .name = refused_cases[i].name,
			.test_func = check_refused,
			.initial_state = &refused_cases[i] };
	failed = cmocka_run_group_tests_name("growth and tails", more, NULL, NULL);
	return failed + cmocka_run_group_tests_name("refused tails", tests, NULL, NULL);
}
