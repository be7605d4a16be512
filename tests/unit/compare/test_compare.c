/* Before and after a move: what chance alone does, measured, and what is found. */
#include "tests/support.h"

#include "analyze/compare/compare.h"
#include "analyze/compare/days.h"

#include <errno.h>
#include <string.h>

#define FIRST_DAY 20000 /* a Thursday is a multiple of seven */

static double normal(uint64_t *random)
{
	return sqrt(-2 * log(support_uniform(random) + 1e-300)) *
		cos(6.283185307179586 * support_uniform(random));
}

/* ---- the test of days ---------------------------------------------------------------- */

/* Each deal of one day in four, for every weekday, tried: the exact share as far or farther. */
static double exact_share(
	const struct shift_day *day, const double *score, size_t count)
{
	size_t ways = 16384, far = 0; /* 4 to the 7th */
	double found = 0, mean[7] = { 0 };

	for (size_t i = 0; i < count; i++)
		mean[(size_t)day[i].day % 7] += score[i] / 4;
	for (size_t i = 0; i < count; i++)
		found += day[i].is_after ? score[i] - mean[(size_t)day[i].day % 7] : 0;
	for (size_t way = 0; way < ways; way++) {
		double sum = 0;

		for (size_t w = 0, rest = way; w < 7; w++, rest /= 4) {
			size_t i = w + 7 * (rest % 4);

			sum += score[i] - mean[(size_t)day[i].day % 7];
		}
		far += fabs(sum) >= fabs(found) - 1e-9;
	}
	return (double)far / (double)ways;
}

/* Values without weekdays' medians are their own aligned values; ranks of 28 distinct ones. */
static void chance_is_what_all_deals_say(void **state)
{
	uint64_t random = support_seed(11);

	(void)state;
	for (int round = 0; round < 30; round++) {
		struct shift_day day[28];
		double value[28], aligned[28], score[28], exact;
		struct shift shift;

		for (size_t i = 0; i < 28; i++) {
			day[i] = (struct shift_day){ .day = FIRST_DAY + (int64_t)i,
				.is_after = i >= 21 };
			value[i] = 100 * (double)(i % 7) + normal(&random) +
				(i >= 21 ? 0.1 * round : 0);
		}
		for (size_t i = 0; i < 28; i++) {
			double week[4], held;

			for (size_t k = 0; k < 4; k++)
				week[k] = value[i % 7 + 7 * k];
			for (size_t a = 0; a < 3; a++) {
				for (size_t b = a + 1; b < 4; b++) {
					held = fmin(week[a], week[b]);
					week[b] = fmax(week[a], week[b]);
					week[a] = held;
				}
			}
			aligned[i] = value[i] - (week[1] + week[2]) / 2;
		}
		for (size_t i = 0; i < 28; i++) {
			score[i] = 1;
			for (size_t k = 0; k < 28; k++)
				score[i] += aligned[k] < aligned[i];
		}
		assert_int_equal(shift_find(day, 28, value, 1, &shift), 0);
		exact = exact_share(day, score, 28);
		if (shift.follows > 0)
			assert_true(shift.p > exact - 0.03); /* never surer than that */
		else
			assert_near(
				shift.p, exact, 0.03); /* 4.2 errors of 4999 deals */
	}
}

/* Days of 0.6 from day to day: as independent ones they would be named in a third of all. */
static void days_that_follow_tell_less(void **state)
{
	uint64_t random = support_seed(17);
	unsigned named = 0, rounds = 300;

	(void)state;
	for (unsigned round = 0; round < rounds; round++) {
		struct shift_day day[56];
		double value[56], today = normal(&random);
		struct shift shift;

		for (size_t i = 0; i < 56; i++) {
			day[i] = (struct shift_day){ .day = FIRST_DAY + (int64_t)i,
				.is_after = i >= 28 };
			today = 0.6 * today + 0.8 * normal(&random);
			value[i] = 1000 + 100 * today;
		}
		assert_int_equal(shift_find(day, 56, value, 1, &shift), 0);
		named += shift.p <= 0.05;
	}
	print_message("0.6 from day to day: %u of %u at 5 %%\n", named, rounds);
	assert_true(named <= 0.1 * rounds);
}

static void too_few_ways_say_nothing(void **state)
{
	struct shift_day day[40];
	struct shift shift;
	double value[40] = { 0 };

	(void)state;
	for (size_t i = 0; i < 40; i++)
		day[i] = (struct shift_day){ .day = FIRST_DAY + (int64_t)i,
			.is_after = i >= 7 };
	assert_int_equal(shift_find(day, 14, value, 1, &shift), -ENODATA);
	assert_near(shift_match(day, 14).ways, 128, 1e-9);
	assert_int_equal(shift_match(day, 12).before, 5);
	assert_int_equal(shift_more_days(day, 14), 7); /* 2 x 3^6 = 1458, 3^7 = 2187 */
	assert_int_equal(shift_more_days(day, 21), 0);
	assert_int_equal(shift_find(day, 21, value, 1, &shift), 0);
	assert_near(shift.p, 1, 1e-12); /* all equal: as far as any deal */
	for (size_t i = 0; i < 40; i++)
		day[i].is_after = i >= 1;
	assert_true(shift_more_days(day, 10) == SIZE_MAX);
}

/* The fifteen of Benjamini and Hochberg (1995), table 1: four are named at 0.05. */
static void many_figures_are_decided_as_published(void **state)
{
	static const double p[] = { 0.0298, 0.0001, 0.0278, 0.0019, 0.0095, 0.0201,
		0.0004, NAN, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590,
		1 };
	bool is_shifted[ARRAY_LEN(p)];

	(void)state;
	assert_int_equal(shift_decide(p, ARRAY_LEN(p), 0.05, is_shifted), 0);
	for (size_t i = 0; i < ARRAY_LEN(p); i++)
		assert_int_equal(is_shifted[i], p[i] < 0.01);
}

/* Units are no evidence. */
static void a_scale_changes_no_chance(void **state)
{
	uint64_t random = support_seed(5);
	struct shift_day day[42];
	double value[84];
	struct shift shift[2];

	(void)state;
	for (size_t i = 0; i < 42; i++) {
		day[i] = (struct shift_day){ .day = FIRST_DAY + (int64_t)i,
			.is_after = i >= 28 };
		value[i] = 1000 + 100 * normal(&random) + (i >= 28 ? 60 : 0);
		value[42 + i] = 1048576 * value[i];
	}
	assert_int_equal(shift_find(day, 42, value, 2, shift), 0);
	assert_near(shift[1].p, shift[0].p, 0);
	assert_near(shift[1].after / shift[1].before, shift[0].after / shift[0].before,
		1e-12);
	assert_near(shift[1].noticed, 1048576 * shift[0].noticed, 1e-9);
}

/* ---- whole machines ------------------------------------------------------------------ */

enum { SLOTS = 48 }; /* half hours of a day */

/*
 * A machine of weeks: work by hour and weekday, hours that follow each other (0.9 from half
 * hour to half hour), days that follow each other, bursts of the network that have no
 * bound on their variance; the resources share half of it.
 */
static void fill_machine(struct load_set *set, int64_t first_day, size_t days,
	double day_correlation, const double *factor, uint64_t *random)
{
	double hour = normal(random), today = normal(random);

	memset(set, 0, sizeof(*set));
	set->period.step_s = 86400 / SLOTS;
	set->period.from = first_day * 86400;
	set->period.count = days * SLOTS;
	set->period.to = set->period.from + (int64_t)days * 86400;
	for (unsigned r = 0; r < RESOURCE_COUNT; r++)
		assert_int_equal(series_init(&set->series[r],
					 set->period.from + set->period.step_s,
					 set->period.step_s, set->period.count, false),
			0);
	for (size_t i = 0; i < set->period.count; i++) {
		int64_t weekday = (first_day + (int64_t)(i / SLOTS)) % 7;
		double at = (double)(i % SLOTS) / SLOTS, work;

		if (i % SLOTS == 0)
			today = day_correlation * today +
				sqrt(1 - day_correlation * day_correlation) *
					normal(random);
		hour = 0.9 * hour + sqrt(1 - 0.81) * normal(random);
		work = (weekday == 2 || weekday == 3 ? 200 : 1000) *
			(1 + 0.8 * sin(6.283185307179586 * (at - 0.25))) *
			exp(0.1 * hour + 0.05 * today);
		for (unsigned r = 0; r < RESOURCE_COUNT; r++) {
			double own = exp(0.1 * normal(random));

			if (r == RESOURCE_NETWORK) /* Pareto of 1.5 */
				own = pow(support_uniform(random) + 1e-12, -1 / 1.5);
			set->series[r].mean[i] = factor[r] * work * own;
		}
	}
}

static const double same[RESOURCE_COUNT] = { 1, 1, 1, 1, 1 };
static char names[2][2] = { "a", "b" };
static const struct workload workload_before = {
	.id = 1, .name = names[0], .step_s = 1800
};
static const struct workload workload_after = {
	.id = 2, .name = names[1], .step_s = 1800
};

static void compare_machines(size_t before_days, size_t after_days,
	double day_correlation, const double *factor, uint64_t *random,
	struct comparison *ret_comparison)
{
	struct load_set before, after;
	struct err err;

	fill_machine(&before, FIRST_DAY, before_days, day_correlation, same, random);
	fill_machine(&after, FIRST_DAY + (int64_t)before_days, after_days,
		day_correlation, factor, random);
	assert_int_equal(compare_sets(&before, &workload_before, &after,
				 &workload_after, ret_comparison, &err),
		0);
	load_set_done(&before);
	load_set_done(&after);
}

/* Two halves of one thing differ in one case of twenty, whatever its days are like. */
static void two_halves_differ_as_seldom_as_is_said(void **state)
{
	static const struct {
		size_t before, after;
		double day_correlation;
	} cases[] = { { 28, 28, 0 }, { 28, 14, 0.3 }, { 28, 7, 0.3 }, { 28, 28, 0.5 } };
	uint64_t seed = support_seed(41), random = seed;
	unsigned rounds = 100, all = 0;
	struct comparison comparison;

	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(cases); c++) {
		unsigned differ = 0;

		for (unsigned round = 0; round < rounds; round++) {
			compare_machines(cases[c].before, cases[c].after,
				cases[c].day_correlation, same, &random, &comparison);
			assert_int_equal(
				comparison.known, RESOURCE_COUNT * COMPARE_FIGURES);
			differ += comparison.outcome == COMPARE_DIFFERS;
		}
		print_message("%zu + %zu days, %.1f from day to day: %u of %u differ\n",
			cases[c].before, cases[c].after, cases[c].day_correlation,
			differ, rounds);
		all += differ;
	}
	print_message("false alarms: %.1f %% of %zu (seed %llu)\n",
		100.0 * all / ((double)rounds * ARRAY_LEN(cases)),
		rounds * ARRAY_LEN(cases), (unsigned long long)seed);
	/* 5 % and three standard errors of 400 cases */
	assert_true(all <= 0.085 * rounds * ARRAY_LEN(cases));
}

static void a_fifth_more_is_found_where_it_is(void **state)
{
	double factor[RESOURCE_COUNT] = { 1, 1.2, 1, 1, 1 };
	uint64_t random = support_seed(42);
	unsigned found = 0, elsewhere = 0, rounds = 40;
	struct comparison comparison;

	(void)state;
	for (unsigned round = 0; round < rounds; round++) {
		const struct compared_figure *mean;

		compare_machines(28, 28, 0, factor, &random, &comparison);
		mean = &comparison.resource[RESOURCE_CPU].figure[COMPARE_MEAN];
		found += mean->outcome == COMPARE_DIFFERS;
		if (mean->outcome == COMPARE_DIFFERS)
			assert_near(mean->shift.after / mean->shift.before, 1.2, 0.1);
		elsewhere += comparison.resource[RESOURCE_MEMORY]
				     .figure[COMPARE_MEAN]
				     .outcome == COMPARE_DIFFERS;
	}
	print_message("20 %% more cpu: named in %u of %u, memory in %u\n", found,
		rounds, elsewhere);
	assert_true(found >= 0.95 * rounds);
	assert_true(elsewhere <= 0.15 * rounds);
}

static void too_little_overlap_is_unknown(void **state)
{
	uint64_t random = support_seed(1);
	struct comparison comparison;

	(void)state;
	compare_machines(28, 2, 0, same, &random, &comparison);
	assert_int_equal(comparison.outcome, COMPARE_UNKNOWN);
	assert_int_equal(comparison.known, 0);
	assert_int_equal(comparison.resource[RESOURCE_CPU].more_days, 3); /* 5^5 */
	assert_int_equal(comparison.resource[RESOURCE_CPU].figure[COMPARE_MEAN].why,
		COMPARE_WHY_FEW_DAYS);
	assert_true(comparison.resource[RESOURCE_CPU].figure[COMPARE_PEAK].before > 0);
}

/* ---- slots and days ------------------------------------------------------------------ */

static void other_steps_meet_on_the_longer_one(void **state)
{
	struct workload coarse = workload_after;
	struct load_set before, after;
	struct comparison comparison;
	uint64_t random = support_seed(9);
	struct err err;

	(void)state;
	coarse.step_s = 3600;
	fill_machine(&before, FIRST_DAY, 21, 0, same, &random);
	fill_machine(&after, FIRST_DAY + 21, 21, 0, same, &random);
	for (unsigned r = 0; r < RESOURCE_COUNT; r++) {
		struct series *s = &after.series[r];

		for (size_t i = 0; i < s->count / 2; i++)
			s->mean[i] = (s->mean[2 * i] + s->mean[2 * i + 1]) / 2;
		s->first += 1800;
		s->count /= 2;
		s->step_s = 3600;
	}
	after.period.step_s = 3600;
	after.period.count /= 2;
	assert_int_equal(compare_sets(&before, &workload_before, &after, &coarse,
				 &comparison, &err),
		0);
	assert_int_equal(comparison.step_s, 3600);
	assert_int_equal(comparison.resource[0].match.before, 21);
	assert_int_equal(comparison.resource[0].match.after, 21);
	assert_int_equal(
		comparison.resource[0].figure[COMPARE_PEAK].why, COMPARE_WHY_READINGS);
	assert_int_equal(comparison.unknown, RESOURCE_COUNT);
	coarse.step_s = before.period.step_s = 7;
	after.period.step_s = 3599;
	assert_int_equal(compare_sets(&before, &workload_before, &after, &coarse,
				 &comparison, &err),
		-EINVAL);
	load_set_done(&before);
	load_set_done(&after);
}

/* 18 hours are three quarters of a day, 17.5 are not; midnight ends a day. */
static void a_day_counts_from_three_quarters_on(void **state)
{
	struct days days = { .count = 0 };
	struct series series;

	(void)state;
	assert_int_equal(
		series_init(&series, FIRST_DAY * 86400 + 1800, 1800, 2 * SLOTS, false),
		0);
	for (size_t i = 0; i < 36; i++)
		series.mean[i] = 1;
	for (size_t i = SLOTS; i < SLOTS + 35; i++)
		series.mean[i] = 2;
	assert_int_equal(days_of(&series, 1800, 0, true, &days), 0);
	assert_int_equal(days.count, 1);
	assert_int_equal(days.day[0].day, FIRST_DAY);
	assert_near(days.figure[COMPARE_MEAN], 1, 0);
	series.mean[2 * SLOTS - 1] = 8; /* stamped midnight: still the second day */
	assert_int_equal(days_of(&series, 3600, 0, true, &days), 0);
	assert_int_equal(days.count, 3);
	assert_int_equal(days.day[2].day, FIRST_DAY + 1);
	assert_near(days.figure[2 * COMPARE_FIGURES + COMPARE_PEAK], 8, 0);
	days_done(&days);
	series_done(&series);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chance_is_what_all_deals_say),
		cmocka_unit_test(days_that_follow_tell_less),
		cmocka_unit_test(too_few_ways_say_nothing),
		cmocka_unit_test(many_figures_are_decided_as_published),
		cmocka_unit_test(a_scale_changes_no_chance),
		cmocka_unit_test(two_halves_differ_as_seldom_as_is_said),
		cmocka_unit_test(a_fifth_more_is_found_where_it_is),
		cmocka_unit_test(too_little_overlap_is_unknown),
		cmocka_unit_test(other_steps_meet_on_the_longer_one),
		cmocka_unit_test(a_day_counts_from_three_quarters_on),
	};

	return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
