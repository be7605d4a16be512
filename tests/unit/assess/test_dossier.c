/* The dossier of an excursion at its bounds: what comes again, what else was high, and what the
 * verdict were without it. */
#include "tests/support.h"

#include "analyze/assess/assess.h"
#include "analyze/assess/dossier.h"

#include <string.h>

#define DAY 86400
#define WEEK (7 * DAY)

/* Another excursion, so many seconds after one at 00:30 of the third day of the epoch. */
static void within_an_hour_of_the_time_of_day(void **state)
{
	static const struct {
		int64_t after;
		size_t same_hour, same_weekday, days;
	} rows[] = {
		{ 3600, 1, 1, 1 }, /* an hour later, the same day */
		{ 3601, 0, 0, 1 },
		{ DAY - 3600, 1, 0,
			1 }, /* an hour before, round midnight, the same day */
		{ DAY - 3601, 0, 0, 1 },
		{ DAY + 3600, 1, 0, 2 },
		{ WEEK, 1, 1, 2 },
		{ WEEK - 3600, 1, 1, 2 },
		{ WEEK + 3601, 0, 0, 1 },
		{ 4 * DAY, 1, 0, 2 },
		{ DAY / 2, 0, 0, 1 },
	};
	struct load_set set = { .period = { .count = 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t from = 2 * DAY + 1800;
		struct excursion two[] = { { .from = from, .to = from + 60 },
			{ .from = from + rows[i].after,
				.to = from + rows[i].after + 60 } };
		struct assessment a = { .excursion = two, .excursion_count = 2 };
		struct dossier d;

		for (size_t k = 0; k < 2; k++) { /* it is the same from both ends */
			dossier_make(&a, &set, k, &d);
			if (d.excursion != k ||
				d.same_hour_count != rows[i].same_hour ||
				d.same_weekday_count != rows[i].same_weekday ||
				d.days_seen != rows[i].days)
				fail_msg("row %zu, of %zu: %zu %zu %zu", i, k,
					d.same_hour_count, d.same_weekday_count,
					d.days_seen);
			assert_true(isnan(d.period_s)); /* two have no period */
		}
	}
}

/* The day is that of the clock, phase and all: at 23:59:50 + 20 s it is the next. */
static void a_day_is_one_of_the_clock(void **state)
{
	struct excursion two[] = { { .from = DAY - 10, .to = DAY + 50 },
		{ .from = DAY + 30, .to = DAY + 90 } };
	struct assessment a = { .excursion = two, .excursion_count = 2 };
	struct load_set set = { .period = { .count = 0 } };
	struct dossier d;

	(void)state;
	dossier_make(&a, &set, 0, &d);
	assert_int_equal(d.days_seen, 2);
	a.peaks.phase_s = 20;
	dossier_make(&a, &set, 0, &d);
	assert_int_equal(d.days_seen, 1);
}

/* From one to the next so many seconds: the median, where the middle half of them is within a
 * tenth of it. */
static void a_period_is_the_median_of_what_is_alike(void **state)
{
	static const struct {
		int64_t step[8];
		size_t count;
		double wanted;
	} rows[] = {
		{ { 1000, 1000 }, 2, 1000 },
		{ { 1000, 1100 }, 2, 1100 }, /* upper median; they are 100 apart */
		{ { 900, 1000 }, 2, 1000 },
		{ { 899, 1000 }, 2, NAN }, /* 101 apart: more than a tenth */
		{ { 50, 1000, 1000, 1000, 1000, 1000, 1000, 9000 }, 8, 1000 },
		{ { 50, 60, 70, 1000, 1000, 1000, 1000, 9000 }, 8, NAN },
		{ { 3000, 1000, 2000, 1000 }, 4, NAN },
		{ { 1040, 1000, 1080, 1020 }, 4, 1040 },
	};
	struct load_set set = { .period = { .count = 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct excursion excursions[9] = { { .from = 0, .to = 10 } };
		struct assessment a = { .excursion = excursions,
			.excursion_count = rows[i].count + 1 };
		struct dossier d;

		for (size_t k = 0; k < rows[i].count; k++) {
			excursions[k + 1].from = excursions[k].from + rows[i].step[k];
			excursions[k + 1].to = excursions[k + 1].from + 10;
		}
		dossier_make(&a, &set, 0, &d);
		assert_near(d.period_s, rows[i].wanted, 0);
	}
}

/* Slots stamped 300 to 3000 with 1, 2 ... 10; those unknown count in neither number. */
static void what_else_was_high(void **state)
{
	static const struct {
		int64_t from, to;
		int unknown;
		double height, rank;
	} rows[] = {
		{ 600, 1200, -1, 4,
			0.4 }, /* a slot that ends at its begin is before it */
		{ 599, 1199, -1, 3, 0.3 },
		{ 600, 1200, 3, 3, 3.0 / 9 }, /* the fourth is unknown */
		{ 0, 3000, 9, 9, 1 },
		{ 300, 599, -1, NAN, NAN },
		{ 600, 900, 2, NAN, NAN }, /* nothing is known of it */
		{ 0, 3000, 0, 10, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct excursion one = { .from = rows[i].from, .to = rows[i].to };
		struct assessment a = { .excursion = &one, .excursion_count = 1 };
		struct load_set set = { .period = { .count = 10, .step_s = 300 } };
		struct series *series = &set.series[RESOURCE_NETWORK];
		struct dossier d;

		assert_int_equal(series_init(series, 300, 300, 10, 0), 0);
		for (int k = 0; k < 10; k++)
			series->mean[k] = k == rows[i].unknown ? NAN : (float)(k + 1);
		dossier_make(&a, &set, 0, &d);
		assert_near(d.height[RESOURCE_NETWORK], rows[i].height, 0);
		assert_near(d.rank[RESOURCE_NETWORK], rows[i].rank, 1e-12);
		assert_true(
			isnan(d.height[RESOURCE_CPU]) && isnan(d.rank[RESOURCE_CPU]));
		series_done(series);
	}
}

/* ---- without it -------------------------------------------------------------------- */

enum { DECIDED_NOT, DECIDED_ACCEPTED, DECIDED_REJECTED };

static struct without_case {
	const char *name;
	/* the first is the one that is left out; 's' short, 'l' sustained */
	const char *excursions;
	int decided;               /* of the short ones */
	enum outcome other_memory; /* of another rule of memory */
	enum outcome hardware;     /* what that heading has */
	bool is_coarse;
	enum grade grade;
	enum outcome memory;
	enum verdict verdict;
} without_cases[] = {
	{ "the one sustained: what is short remains", "ls", DECIDED_NOT, OUTCOME_PASS,
		OUTCOME_PASS, false, GRADE_FULL, OUTCOME_REVIEW, VERDICT_REVIEW },
	{ "one of two sustained changes nothing", "ll", DECIDED_NOT, OUTCOME_PASS,
		OUTCOME_PASS, false, GRADE_FULL, OUTCOME_DISQUALIFIED,
		VERDICT_DISQUALIFIED },
	{ "the one short: nothing remains", "s", DECIDED_NOT, OUTCOME_PASS,
		OUTCOME_PASS, false, GRADE_FULL, OUTCOME_PASS, VERDICT_PASS },
	{ "one of two short", "ss", DECIDED_NOT, OUTCOME_PASS, OUTCOME_PASS, false,
		GRADE_FULL, OUTCOME_REVIEW, VERDICT_REVIEW },
	{ "one of two short, accepted", "ss", DECIDED_ACCEPTED, OUTCOME_PASS,
		OUTCOME_PASS, false, GRADE_FULL, OUTCOME_PASS, VERDICT_PASS },
	{ "one of two short, rejected", "ss", DECIDED_REJECTED, OUTCOME_PASS,
		OUTCOME_PASS, false, GRADE_FULL, OUTCOME_DISQUALIFIED,
		VERDICT_DISQUALIFIED },
	{ "another rule of memory stays", "l", DECIDED_NOT, OUTCOME_UNKNOWN,
		OUTCOME_PASS, false, GRADE_FULL, OUTCOME_UNKNOWN, VERDICT_UNKNOWN },
	{ "another heading decides", "l", DECIDED_NOT, OUTCOME_PASS,
		OUTCOME_DISQUALIFIED, false, GRADE_FULL, OUTCOME_PASS,
		VERDICT_DISQUALIFIED },
	{ "coarse rows: REVIEW at best", "s", DECIDED_NOT, OUTCOME_PASS, OUTCOME_PASS,
		true, GRADE_FULL, OUTCOME_PASS, VERDICT_REVIEW },
	{ "too few data: no verdict", "ls", DECIDED_NOT, OUTCOME_PASS, OUTCOME_PASS,
		false, GRADE_INSUFFICIENT, OUTCOME_REVIEW, VERDICT_INSUFFICIENT },
	{ "too few data hide nothing that is worse", "s", DECIDED_NOT, OUTCOME_PASS,
		OUTCOME_UNKNOWN, false, GRADE_INSUFFICIENT, OUTCOME_PASS,
		VERDICT_UNKNOWN },
	{ "too few data of a minimum are enough", "s", DECIDED_NOT, OUTCOME_PASS,
		OUTCOME_PASS, false, GRADE_MINIMUM, OUTCOME_PASS, VERDICT_PASS },
};

static void give_class(struct rule_subject *subject, const char *class, size_t at)
{
	struct field_item *item;

	assert_int_equal(subject_add_item(subject, SCOPE_EXCURSION, &item), 0);
	assert_int_equal(subject->item_count, at + 1);
	field_set_text(field_item_value(item, FIELD_EXCURSION_CLASS), class);
}

static void check_without(void **state)
{
	const struct without_case *row = *state;
	static struct rule rules[] = { { .heading = HEADING_MEMORY },
		{ .heading = HEADING_MEMORY }, { .heading = HEADING_MEMORY },
		{ .heading = HEADING_HARDWARE } };
	struct review decision = { .is_accepted = row->decided == DECIDED_ACCEPTED };
	const struct review *reviews[4] = { NULL, row->decided ? &decision : NULL };
	struct rule_subject subject = { .name = "w" };
	struct excursion excursions[2];
	struct load_set set = { .period = { .count = 0 } };
	struct finding findings[4];
	struct assessment a = { .excursion = excursions,
		.excursion_count = strlen(row->excursions),
		.review = reviews,
		.findings = { .finding = findings, .count = 4 } };
	struct dossier d;

	memset(findings, 0, sizeof(findings));
	give_class(&subject, "sustained", 0);
	give_class(&subject, "short", 1);
	for (size_t i = 0; i < a.excursion_count; i++)
		excursions[i] = (struct excursion){ .from = (int64_t)i * 1000,
			.to = (int64_t)i * 1000 + 60,
			.is_sustained = row->excursions[i] == 'l' };
	for (size_t i = 0; i < 4; i++)
		findings[i].rule = &rules[i];
	findings[0].outcome = OUTCOME_DISQUALIFIED;
	findings[0].item = &subject.item[0];
	findings[1].outcome = OUTCOME_REVIEW;
	findings[1].item = &subject.item[1];
	findings[2].outcome = row->other_memory;
	findings[3].outcome = OUTCOME_DISQUALIFIED; /* of hardware: not asked here */
	for (int h = 0; h < HEADING_COUNT; h++)
		a.heading[h] = OUTCOME_DISQUALIFIED; /* not there, but for these two */
	a.has_heading[HEADING_MEMORY] = a.has_heading[HEADING_HARDWARE] = true;
	a.heading[HEADING_HARDWARE] = row->hardware;
	a.peaks.is_coarse = row->is_coarse;
	a.sufficiency.grade = row->grade;
	dossier_make(&a, &set, 0, &d);
	assert_int_equal(d.memory_with, OUTCOME_DISQUALIFIED);
	assert_int_equal(d.memory_without, row->memory);
	assert_int_equal(d.verdict_without, row->verdict);
	subject_done(&subject);
}

int main(void)
{
	static const struct CMUnitTest more[] = {
		cmocka_unit_test(within_an_hour_of_the_time_of_day),
		cmocka_unit_test(a_day_is_one_of_the_clock),
		cmocka_unit_test(a_period_is_the_median_of_what_is_alike),
		cmocka_unit_test(what_else_was_high),
	};
	struct CMUnitTest tests[ARRAY_LEN(without_cases)];
	int failed;

	for (size_t i = 0; i < ARRAY_LEN(without_cases); i++)
		tests[i] = (struct CMUnitTest){ .name = without_cases[i].name,
			.test_func = check_without,
			.initial_state = &without_cases[i] };
	failed = cmocka_run_group_tests_name("dossier", more, NULL, NULL);
	return failed + cmocka_run_group_tests_name("without it", tests, NULL, NULL);
}
