/* Patterns by autocorrelation, spans, calendar, and the day of the first verdict. */
#include "tests/support.h"

#include "analyze/assess/sufficiency.h"

#include <string.h>

#define DAY 86400

/* The numbers of golden vector G21 (COL-2, COL-3, COL-4). */
static struct span_case {
	const char *name;
	enum pattern pattern;
	double days, period_days;
	enum grade wanted;
	const char *reason;
} span_cases[] = {
	{ "constant, 6 days", PATTERN_CONSTANT, 6, NAN, GRADE_INSUFFICIENT, NULL },
	{ "constant, 7 days", PATTERN_CONSTANT, 7, NAN, GRADE_MINIMUM, NULL },
	{ "constant, 14 days", PATTERN_CONSTANT, 14, NAN, GRADE_FULL, NULL },
	{ "periodic, 13 days", PATTERN_PERIODIC, 13, NAN, GRADE_INSUFFICIENT, NULL },
	{ "periodic, 14 days", PATTERN_PERIODIC, 14, NAN, GRADE_MINIMUM, NULL },
	{ "periodic, 28 days", PATTERN_PERIODIC, 28, NAN, GRADE_FULL, NULL },
	{ "28 days do not hold a period of 31", PATTERN_PERIODIC, 28, 31,
		GRADE_INSUFFICIENT, "period_not_covered" },
	{ "31 days do", PATTERN_PERIODIC, 31, 31, GRADE_FULL, NULL },
	{ "seasonal, 28 days", PATTERN_SEASONAL, 28, NAN, GRADE_INSUFFICIENT, NULL },
	{ "seasonal, 90 days of a quarter", PATTERN_SEASONAL, 90, 90, GRADE_FULL,
		NULL },
	{ "daily, weekly, monthly and irregular are periodic", PATTERN_IRREGULAR, 14,
		NAN, GRADE_MINIMUM, NULL },
};

static void check_span(void **state)
{
	const struct span_case *row = *state;
	const char *reason;

	assert_int_equal(
		sufficiency_span(row->pattern, row->days, row->period_days, &reason),
		row->wanted);
	if (row->reason)
		assert_string_equal(reason, row->reason);
	else
		assert_null(reason);
}

static void the_least_days_are_the_patterns_or_a_longer_period(void **state)
{
	static const struct {
		enum pattern pattern;
		double period_days, wanted;
	} rows[] = { { PATTERN_CONSTANT, NAN, 7 }, { PATTERN_CONSTANT, 3, 7 },
		{ PATTERN_CONSTANT, 7, 7 }, { PATTERN_CONSTANT, 10, 10 },
		{ PATTERN_DAILY, NAN, 14 }, { PATTERN_DAILY, 1, 14 },
		{ PATTERN_WEEKLY, 7, 14 }, { PATTERN_MONTHLY, 30, 30 },
		{ PATTERN_SEASONAL, NAN, 29 }, { PATTERN_SEASONAL, 90, 90 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_near(
			sufficiency_days_minimum(rows[i].pattern, rows[i].period_days),
			rows[i].wanted, 0);
}

/* ---- patterns ------------------------------------------------------------------------ */

static double shape(int kind, int64_t at, uint64_t *random)
{
	double hour = (double)(at % DAY) / 3600, noise = support_uniform(random);
	int64_t day = at / DAY;

	switch (kind) {
	case 0: /* constant */
		return 100 + noise;
	case 1: /* every day from nine to five */
		return hour >= 9 && hour < 17 ? 100 + 10 * noise : 20 + 10 * noise;
	case 2: /* one day of the week */
		return day % 7 == 3 ? 100 + 10 * noise : 20 + 10 * noise;
	case 3: /* two days of thirty */
		return day % 30 < 2 ? 100 + 10 * noise : 20 + 10 * noise;
	default: /* now and then: each half day high or low by lot */
		return ((uint64_t)(at / 43200) * 0x9e3779b97f4a7c15u) >> 60 < 5
			? 100 + 10 * noise
			: 20 + 10 * noise;
	}
}

static struct pattern_case {
	const char *name;
	int kind;
	unsigned days;
	bool has_gaps;
	enum pattern wanted;
	unsigned period_days;
} pattern_cases[] = {
	{ "a level line is constant", 0, 14, false, PATTERN_CONSTANT, 0 },
	{ "office hours are daily", 1, 14, false, PATTERN_DAILY, 1 },
	{ "office hours with a third of the slots unknown", 1, 21, true, PATTERN_DAILY,
		1 },
	{ "a high Wednesday is weekly", 2, 28, false, PATTERN_WEEKLY, 7 },
	{ "two high days of thirty are monthly", 3, 90, false, PATTERN_MONTHLY, 30 },
	{ "two high days of thirty in 28 days are not", 3, 28, false, PATTERN_IRREGULAR,
		0 },
	{ "high by lot is irregular", 4, 28, false, PATTERN_IRREGULAR, 0 },
};

static void check_pattern(void **state)
{
	const struct pattern_case *row = *state;
	uint64_t random = 17;
	struct pattern_found found;
	struct series s;

	assert_int_equal(series_init(&s, 300, 300, row->days * 288, 0), 0);
	for (size_t i = 0; i < s.count; i++) {
		s.mean[i] = shape(row->kind, (int64_t)i * 300, &random);
		if (row->has_gaps && (i / 144) % 3 == 1)
			s.mean[i] = NAN;
	}
	assert_int_equal(pattern_find_in(&s, &found), 0);
	if (found.pattern != row->wanted)
		fail_msg("found %s, correlation %.3f, variation %.3f",
			pattern_name(found.pattern), found.correlation,
			found.variation);
	assert_int_equal(found.period_s, row->period_days * DAY);
	series_done(&s);
}

/* The transform against the sums themselves. */
static void the_autocorrelation_agrees_with_the_plain_sums(void **state)
{
	uint64_t seed = support_seed(4), random = seed;

	(void)state;
	for (int round = 0; round < 50; round++) {
		size_t count = 30 + support_random(&random) % 300, lags = count;
		double values[330], fast[330], mean = 0, variance = 0;
		size_t known = 0;

		for (size_t i = 0; i < count; i++) {
			values[i] = support_uniform(&random) < 0.2
				? NAN
				: 1e9 + 1e8 * support_uniform(&random);
			if (!isnan(values[i])) {
				mean += values[i];
				known++;
			}
		}
		mean /= (double)known;
		for (size_t i = 0; i < count; i++)
			variance += isnan(values[i])
				? 0
				: (values[i] - mean) * (values[i] - mean);
		variance /= (double)known;
		assert_int_equal(pattern_correlation(values, count, lags, fast), 0);
		for (size_t lag = 0; lag < lags; lag++) {
			double sum = 0;
			size_t pairs = 0;

			for (size_t i = 0; i + lag < count; i++) {
				if (isnan(values[i]) || isnan(values[i + lag]))
					continue;
				sum += (values[i] - mean) * (values[i + lag] - mean);
				pairs++;
			}
			if (pairs < 12)
				assert_true(isnan(fast[lag]));
			else if (fabs(fast[lag] - sum / (double)pairs / variance) >
				1e-4)
				fail_msg("lag %zu, seed %llu", lag,
					(unsigned long long)seed);
		}
	}
}

/* ---- the whole ---------------------------------------------------------------------- */

static void judge(unsigned days, int64_t from, double known_ratio,
	const char *const *facts, struct sufficiency *ret)
{
	static const struct profile_settings settings = { .coverage_full_ratio = 0.9,
		.coverage_minimum_ratio = 0.6,
		.stability_full_ratio = 0.9,
		.stability_minimum_ratio = 0.6 };
	struct facts stated = { .value = { { .is_known = false } } };
	struct load_set set = { .period = { .step_s = 300,
					.from = from,
					.to = from + (int64_t)days * DAY,
					.count = days * 288 } };
	struct workload_peaks peaks = { .step_s = 300 };
	struct err err = ERR_INIT;
	uint64_t random = 3;

	for (; facts && *facts; facts++) {
		char key[40];
		const char *value = strchr(*facts, '=') + 1;
		int id;

		(void)snprintf(
			key, sizeof(key), "%.*s", (int)(value - 1 - *facts), *facts);
		id = fact_find(key, NULL);
		assert_int_equal(
			fact_parse((enum fact_id)id, value, &stated.value[id], &err),
			0);
	}
	assert_int_equal(series_init(&set.series[RESOURCE_CPU], from + 300, 300,
				 set.period.count, 0),
		0);
	for (size_t i = 0; i < set.period.count; i++) {
		if ((double)(i % 100) < 100 * known_ratio)
			set.series[RESOURCE_CPU].mean[i] =
				shape(1, from + (int64_t)i * 300, &random);
	}
	assert_int_equal(
		peak_analyse(&set.series[RESOURCE_CPU], &peaks.resource[RESOURCE_CPU]),
		0);
	assert_int_equal(sufficiency_judge(&set, &peaks, &stated, &settings, ret), 0);
	series_done(&set.series[RESOURCE_CPU]);
	facts_done(&stated);
}

static bool says(const struct sufficiency *s, const char *part)
{
	for (size_t i = 0; i < s->reason_count; i++) {
		if (strstr(s->reason[i], part))
			return true;
	}
	return false;
}

#define MARCH 1772323200 /* 2026-03-01T00:00:00Z, a Sunday */

static void a_whole_month_is_full(void **state)
{
	struct sufficiency s;

	(void)state;
	judge(31, MARCH, 1, NULL, &s);
	assert_int_equal(s.grade, GRADE_FULL);
	assert_int_equal(s.reason_count, 0);
	assert_int_equal(s.stars, 5);
	assert_int_equal(s.pattern, PATTERN_DAILY);
	assert_string_equal(s.earliest, "2026-03-15");
}

static void no_end_of_a_month_is_minimum(void **state)
{
	struct sufficiency s;

	(void)state;
	judge(29, MARCH, 1, NULL, &s);
	assert_int_equal(s.grade, GRADE_MINIMUM);
	assert_true(says(&s, "no end of a month"));
}

static void ten_days_are_insufficient_and_name_the_day(void **state)
{
	struct sufficiency s;

	(void)state;
	judge(10, MARCH, 1, NULL, &s);
	assert_int_equal(s.grade, GRADE_INSUFFICIENT);
	assert_true(says(&s, "span: 10.0 of at least 14 days, 28 for a full score"));
	assert_true(
		says(&s, "seen twice; not yet: Wednesday, Thursday, Friday, Saturday"));
	assert_string_equal(s.earliest, "2026-03-15");
}

static void coverage_has_its_grades(void **state)
{
	struct sufficiency s;

	(void)state;
	judge(31, MARCH, 0.7, NULL, &s);
	assert_int_equal(s.coverage, GRADE_MINIMUM);
	assert_int_equal(s.stars, 3);
	judge(31, MARCH, 0.5, NULL, &s);
	assert_int_equal(s.grade, GRADE_INSUFFICIENT);
	/* (0.5 x 31 + x) / (31 + x) = 0.6: 7.75 days more */
	assert_string_equal(s.earliest, "2026-04-08");
}

static void what_is_stated_wins(void **state)
{
	static const char *const monthly[] = { "pattern=monthly", "period_days=45",
		NULL };
	static const char *const constant[] = { "pattern=constant", NULL };
	struct sufficiency s;

	(void)state;
	judge(31, MARCH, 1, monthly, &s);
	assert_int_equal(s.grade, GRADE_INSUFFICIENT);
	assert_true(says(&s, "period_not_covered"));
	assert_string_equal(s.earliest, "2026-04-15");
	judge(10, MARCH, 1, constant, &s);
	assert_int_equal(s.grade, GRADE_MINIMUM);
	assert_true(s.is_pattern_stated);
}

static void stability_is_a_fourth_score(void **state)
{
	static const struct profile_settings settings = { .stability_full_ratio = 0.9,
		.stability_minimum_ratio = 0.6 };
	struct sufficiency s;

	(void)state;
	judge(31, MARCH, 1, NULL, &s);
	sufficiency_add_stability(&s, 0.95, &settings);
	assert_int_equal(s.grade, GRADE_FULL);
	sufficiency_add_stability(&s, 0.7, &settings);
	assert_int_equal(s.grade, GRADE_MINIMUM);
	sufficiency_add_stability(&s, 0.2, &settings);
	assert_int_equal(s.grade, GRADE_INSUFFICIENT);
}

/* What is known of each day: so many of its slots, or all at a phase. */
struct known {
	unsigned days, of_day;
	int phase_s;
	double of_memory, full_ratio, minimum_ratio; /* memory: NAN: not counted */
	int memory_shape;
	const char *pattern;
};

static void judge_known(const struct known *k, struct sufficiency *ret)
{
	const struct profile_settings settings = { .coverage_full_ratio = k->full_ratio,
		.coverage_minimum_ratio = k->minimum_ratio };
	struct facts stated = { .value = { { .is_known = false } } };
	size_t count = (size_t)k->days * 288;
	struct load_set set = { .period = { .step_s = 300,
					.from = MARCH,
					.to = MARCH + (int64_t)k->days * DAY,
					.count = count } };
	struct workload_peaks peaks = { .step_s = 300, .phase_s = k->phase_s };
	struct err err = ERR_INIT;
	uint64_t random = 5;

	if (k->pattern)
		assert_int_equal(fact_parse(FACT_PATTERN, k->pattern,
					 &stated.value[FACT_PATTERN], &err),
			0);
	for (int r = RESOURCE_MEMORY; r <= RESOURCE_CPU; r++) {
		struct series *series = &set.series[r];

		if (r == RESOURCE_MEMORY && isnan(k->of_memory))
			continue;
		assert_int_equal(series_init(series, MARCH + 300, 300, count, 0), 0);
		for (size_t i = 0; i < count; i++) {
			if (r == RESOURCE_MEMORY
					? (double)(i % 100) < 100 * k->of_memory
					: i % 288 < k->of_day)
				series->mean[i] = shape(
					r == RESOURCE_MEMORY ? k->memory_shape : 1,
					MARCH + (int64_t)i * 300, &random);
		}
		assert_int_equal(peak_analyse(series, &peaks.resource[r]), 0);
	}
	assert_int_equal(sufficiency_judge(&set, &peaks, &stated, &settings, ret), 0);
	series_done(&set.series[RESOURCE_MEMORY]);
	series_done(&set.series[RESOURCE_CPU]);
	facts_done(&stated);
}

static void a_day_counts_when_half_of_it_is_known(void **state)
{
	struct known k = { .days = 31,
		.of_day = 144,
		.of_memory = NAN,
		.full_ratio = 0.5,
		.minimum_ratio = 0.4 };
	struct sufficiency s;

	(void)state;
	judge_known(&k, &s);
	assert_near(s.coverage_ratio, 0.5, 1e-12);
	assert_int_equal(s.coverage, GRADE_FULL); /* exactly what is full */
	assert_int_equal(s.calendar, GRADE_FULL);
	assert_int_equal(s.stars, 2);
	assert_near(s.days, 31, 0);
	k.of_day = 143;
	judge_known(&k, &s);
	assert_int_equal(s.coverage, GRADE_MINIMUM);
	assert_int_equal(s.calendar, GRADE_MINIMUM);
	assert_true(says(&s,
		"not yet: Sunday, Monday, Tuesday, Wednesday, Thursday, "
		"Friday, Saturday"));
	k.of_day = 144;
	k.full_ratio = 0.9;
	k.minimum_ratio = 0.5;
	judge_known(&k, &s);
	assert_int_equal(s.coverage, GRADE_MINIMUM); /* exactly the minimum */
	assert_true(says(&s,
		"coverage: 50.0 % of the slots of cpu are known, 90 % is full, 50 % the "
		"minimum"));
}

/* The resource that is known least, whichever comes first. */
static void coverage_is_that_of_the_worst_resource(void **state)
{
	struct known k = { .days = 31,
		.of_day = 288,
		.of_memory = 0.7,
		.full_ratio = 0.9,
		.minimum_ratio = 0.6 };
	struct sufficiency s;

	(void)state;
	judge_known(&k, &s);
	assert_near(s.coverage_ratio, 0.7, 0.01);
	assert_true(says(&s, "of the slots of memory are known"));
	k.of_memory = 1;
	k.of_day = 144;
	judge_known(&k, &s);
	assert_near(s.coverage_ratio, 0.5, 1e-12);
	assert_true(says(&s, "50.0 % of the slots of cpu are known"));
}

/* One load found daily, the other constant or weekly: the more demanding one. */
static void the_more_demanding_pattern_counts(void **state)
{
	struct known k = { .days = 28,
		.of_day = 288,
		.of_memory = 1,
		.full_ratio = 0.9,
		.minimum_ratio = 0.6 };
	struct sufficiency s;

	(void)state;
	judge_known(&k, &s);
	assert_int_equal(s.pattern, PATTERN_DAILY);
	assert_near(s.period_days, 1, 0);
	assert_true(s.correlation > 0.8 && !s.is_pattern_stated);
	k.memory_shape = 2;
	judge_known(&k, &s);
	assert_int_equal(s.pattern, PATTERN_WEEKLY);
	assert_near(s.period_days, 7, 0);
	k.memory_shape = 4; /* by lot: a period that was found tells more */
	judge_known(&k, &s);
	assert_int_equal(s.pattern, PATTERN_DAILY);
}

static void a_stated_pattern_has_its_own_period(void **state)
{
	static const struct {
		const char *pattern;
		double period_days;
	} rows[] = { { "daily", 1 }, { "weekly", 7 }, { "monthly", NAN },
		{ "constant", NAN }, { "irregular", NAN } };
	struct known k = {
		.of_day = 288, .of_memory = NAN, .full_ratio = 0.9, .minimum_ratio = 0.6
	};
	struct sufficiency s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		k.days = 31;
		k.pattern = rows[i].pattern;
		judge_known(&k, &s);
		assert_string_equal(pattern_name(s.pattern), rows[i].pattern);
		assert_near(s.period_days, rows[i].period_days, 0);
		assert_true(s.is_pattern_stated && !s.is_period_stated &&
			isnan(s.correlation));
	}
	k.days = 6;
	k.pattern = "weekly";
	judge_known(&k, &s);
	assert_true(says(&s, "calendar: the weekly period is not there once whole"));
	assert_true(says(&s, "the load is weekly (stated)"));
	k.days = 7;
	judge_known(&k, &s);
	assert_false(says(&s, "not there once whole"));
}

/* 14 days of a daily load from Sunday at 00:00 end on the 15th; with a phase that moves
 * the last moment over midnight, too, and at least the days that coverage wants. */
static void the_first_day_of_a_verdict(void **state)
{
	struct known k = { .days = 10,
		.of_day = 288,
		.phase_s = 299,
		.of_memory = NAN,
		.full_ratio = 0.9,
		.minimum_ratio = 0.6 };
	struct sufficiency s;

	(void)state;
	judge_known(&k, &s);
	assert_string_equal(s.earliest, "2026-03-15");
	/* of the night alone, constant: 7 days; 96 of 288: (96 x 10 + x) / (2880 + x) = 0.6, x = 1920 slots = 6.67 days from the
	 * 11th: the 17th */
	k.of_day = 96;
	judge_known(&k, &s);
	assert_string_equal(s.earliest, "2026-03-17");
	k.minimum_ratio = 1; /* what is lost never comes back */
	k.full_ratio = 1;
	judge_known(&k, &s);
	assert_string_equal(s.earliest, "2026-03-08");
}

static void stability_at_its_bounds(void **state)
{
	static const struct profile_settings settings = { .stability_full_ratio = 0.9,
		.stability_minimum_ratio = 0.6 };
	static const struct {
		double same;
		enum grade grade;
		const char *says, *earliest;
	} rows[] = {
		{ 0.9, GRADE_FULL, NULL, "2026-03-15" },
		{ 0.89, GRADE_MINIMUM,
			"stability: 89 % of the resamples need as many hosts",
			"2026-03-15" },
		{ 0.6, GRADE_MINIMUM, "stability: 60 %", "2026-03-15" },
		{ 0.59, GRADE_INSUFFICIENT, "stability: 59 %", "" },
	};
	struct sufficiency s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		judge(31, MARCH, 1, NULL, &s);
		sufficiency_add_stability(&s, rows[i].same, &settings);
		assert_true(s.has_stability);
		assert_int_equal(s.stability, rows[i].grade);
		assert_int_equal(s.grade, rows[i].grade);
		assert_string_equal(s.earliest, rows[i].earliest);
		if (rows[i].says)
			assert_true(says(&s, rows[i].says));
		else
			assert_int_equal(s.reason_count, 0);
	}
	judge(10, MARCH, 1, NULL, &s); /* it has a date of its own */
	sufficiency_add_stability(&s, 0.1, &settings);
	assert_string_equal(s.earliest, "2026-03-15");
}

static void nothing_is_insufficient(void **state)
{
	static const struct profile_settings settings = { .coverage_full_ratio = 0.9 };
	struct facts stated = { .value = { { .is_known = false } } };
	struct load_set set = { .period = { .count = 0 } };
	struct workload_peaks peaks = { .step_s = 300 };
	struct sufficiency s;

	(void)state;
	assert_int_equal(sufficiency_judge(&set, &peaks, &stated, &settings, &s), 0);
	assert_true(s.grade == GRADE_INSUFFICIENT && s.coverage == GRADE_INSUFFICIENT &&
		s.span == GRADE_INSUFFICIENT && s.calendar == GRADE_INSUFFICIENT);
	assert_true(says(&s, "nothing is stored") && s.reason_count == 1);
	assert_string_equal(s.earliest, "");
	set.period = (struct load_period){
		.step_s = 300, .from = MARCH, .to = MARCH + DAY, .count = 288
	};
	assert_int_equal(sufficiency_judge(&set, &peaks, &stated, &settings, &s), 0);
	assert_true(says(&s, "coverage: nothing was counted") &&
		isnan(s.coverage_ratio) && s.coverage == GRADE_INSUFFICIENT);
	assert_string_equal(s.earliest, "");
	assert_int_equal(s.pattern, PATTERN_IRREGULAR);
}

int main(void)
{
	static const struct CMUnitTest more[] = {
		cmocka_unit_test(the_autocorrelation_agrees_with_the_plain_sums),
		cmocka_unit_test(the_least_days_are_the_patterns_or_a_longer_period),
		cmocka_unit_test(a_whole_month_is_full),
		cmocka_unit_test(no_end_of_a_month_is_minimum),
		cmocka_unit_test(ten_days_are_insufficient_and_name_the_day),
		cmocka_unit_test(coverage_has_its_grades),
		cmocka_unit_test(what_is_stated_wins),
		cmocka_unit_test(stability_is_a_fourth_score),
		cmocka_unit_test(a_day_counts_when_half_of_it_is_known),
		cmocka_unit_test(coverage_is_that_of_the_worst_resource),
		cmocka_unit_test(the_more_demanding_pattern_counts),
		cmocka_unit_test(a_stated_pattern_has_its_own_period),
		cmocka_unit_test(the_first_day_of_a_verdict),
		cmocka_unit_test(stability_at_its_bounds),
		cmocka_unit_test(nothing_is_insufficient),
	};
	struct CMUnitTest spans[ARRAY_LEN(span_cases)],
		patterns[ARRAY_LEN(pattern_cases)];
	int failed;

	for (size_t i = 0; i < ARRAY_LEN(span_cases); i++)
		spans[i] = (struct CMUnitTest){ .name = span_cases[i].name,
			.test_func = check_span,
			.initial_state = &span_cases[i] };
	for (size_t i = 0; i < ARRAY_LEN(pattern_cases); i++)
		patterns[i] = (struct CMUnitTest){ .name = pattern_cases[i].name,
			.test_func = check_pattern,
			.initial_state = &pattern_cases[i] };
	failed = cmocka_run_group_tests_name("spans (G21)", spans, NULL, NULL);
	failed += cmocka_run_group_tests_name("patterns", patterns, NULL, NULL);
	return failed + cmocka_run_group_tests_name("sufficiency", more, NULL, NULL);
}
