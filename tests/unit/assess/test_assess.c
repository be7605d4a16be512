/* Requirement from peaks and facts, decisions about reviews, and the dossier. */
#include "tests/support.h"

#include "analyze/assess/assess.h"
#include "analyze/assess/dossier.h"
#include "common/units.h"

#include <string.h>

static struct library library;

static int load(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	return library_load(NULL, &library, &err);
}

static int unload(void **state)
{
	(void)state;
	library_done(&library);
	return 0;
}

static const struct profile_settings *settings_of(const char *id)
{
	return &library_profile(&library, id)->settings;
}

static void count_peaks(struct workload_peaks *peaks)
{
	static const double peak[RESOURCE_COUNT] = { 3072 * BYTES_PER_MB, 2000, 50e6,
		10 * BYTES_PER_MB, 100 };

	*peaks = (struct workload_peaks){ .name = "w", .step_s = 300 };
	for (int r = 0; r < RESOURCE_COUNT; r++) {
		peaks->resource[r] = (struct peaks){ .is_counted = true,
			.peak = peak[r],
			.peak_at = 600,
			.coverage = 1 };
		for (int d = 0; d < DURATION_COUNT; d++)
			peaks->resource[r].sustained[d] = peak[r] / (d + 4);
	}
}

static void state_fact(struct facts *facts, enum fact_id fact, const char *text)
{
	struct err err = ERR_INIT;

	if (fact_parse(fact, text, &facts->value[fact], &err) < 0)
		fail_msg("%s", err.text);
}

static void the_documented_profile_sizes_as_the_book_does(void **state)
{
	struct facts facts = { .value = { { .is_known = false } } };
	struct workload_peaks peaks;
	struct requirement q;

	(void)state;
	count_peaks(&peaks);
	state_fact(&facts, FACT_DISKS, "c:40:undo=1");
	assess_requirement(&peaks, &facts, settings_of(DEFAULT_PROFILE), NULL, &q);
	assert_near(q.alloc_bytes / BYTES_PER_MB, 3072, 0);
	assert_near(q.vm_memory_bytes / BYTES_PER_MB, 3104, 0);
	assert_near(q.cpu_mhz, 400, 0);         /* sustained(900 s): 2000 / 5 */
	assert_near(q.reserved_percent, 14, 0); /* G10 */
	assert_near(q.sized.of[RESOURCE_NETWORK], 50e6, 0);
	assert_near(q.storage_gb, 103.75, 1e-12); /* G17 */
	assert_near(q.sized.of[RESOURCE_DISK_OPS], 20, 0);
	facts_done(&facts);
}

static void plain_adds_nothing(void **state)
{
	struct facts facts = { .value = { { .is_known = false } } };
	struct workload_peaks peaks;
	struct requirement q;

	(void)state;
	count_peaks(&peaks);
	state_fact(&facts, FACT_DISKS, "c:40");
	state_fact(&facts, FACT_PERFORMANCE_FACTOR, "1.25");
	assess_requirement(&peaks, &facts, settings_of("plain"), NULL, &q);
	assert_near(q.vm_memory_bytes / BYTES_PER_MB, 3072, 0);
	assert_near(q.cpu_mhz, 500, 1e-12); /* G08 */
	assert_true(isnan(q.reserved_percent));
	assert_near(q.storage_gb, 40, 0);
	facts_done(&facts);
}

static void what_is_missing_stays_missing(void **state)
{
	struct facts facts = { .value = { { .is_known = false } } };
	struct workload_peaks peaks;
	struct requirement q;

	(void)state;
	count_peaks(&peaks);
	peaks.resource[RESOURCE_MEMORY].is_counted = false;
	peaks.resource[RESOURCE_NETWORK].is_counted = false;
	state_fact(&facts, FACT_DISKS, "c:40,d:?");
	assess_requirement(&peaks, &facts, settings_of(DEFAULT_PROFILE), NULL, &q);
	assert_true(isnan(q.alloc_bytes) && isnan(q.vm_memory_bytes));
	assert_true(isnan(q.sized.of[RESOURCE_NETWORK]) && isnan(q.storage_gb));
	assert_near(q.cpu_mhz, 400, 0);
	facts_done(&facts);
}

static void growth_is_added_to_the_sized_figures(void **state)
{
	double growth[RESOURCE_COUNT] = { 100 * BYTES_PER_MB, 80, 0, 0, 0 };
	struct facts facts = { .value = { { .is_known = false } } };
	struct workload_peaks peaks;
	struct requirement q;

	(void)state;
	count_peaks(&peaks);
	assess_requirement(&peaks, &facts, settings_of(DEFAULT_PROFILE), growth, &q);
	assert_near(q.alloc_bytes / BYTES_PER_MB, 3172, 0);
	assert_near(q.cpu_mhz, 480, 0);
}

/* Of each window that a profile may name, the figure of that window. */
static void sustained_is_of_the_window_that_is_set(void **state)
{
	static const struct {
		double window_s;
		enum duration duration;
	} rows[] = { { 300, DURATION_5_MIN }, { 900, DURATION_15_MIN },
		{ 1800, DURATION_30_MIN }, { 3600, DURATION_1_H },
		{ 14400, DURATION_4_H }, { 28800, DURATION_8_H } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct profile_settings settings = *settings_of(DEFAULT_PROFILE);
		struct facts facts = { .value = { { .is_known = false } } };
		struct workload_peaks peaks;
		struct requirement q;

		count_peaks(&peaks);
		settings.sizing_window_s = rows[i].window_s;
		assess_requirement(&peaks, &facts, &settings, NULL, &q);
		assert_near(q.cpu_mhz,
			peaks.resource[RESOURCE_CPU].sustained[rows[i].duration], 1e-9);
	}
}

/* ---- what is missing ---------------------------------------------------------------- */

/* The first field that is missing is the one that is asked for: whichever it is. */
static void a_finding_asks_for_its_first_missing_field(void **state)
{
	static char name[] = "w";
	struct workload workload = { .name = name };
	const struct rule *rule = &library.rules.rule[0];
	struct finding finding = { .rule = rule, .is_for_missing = true };
	const struct review *none = NULL;
	struct assessment a = { .workload = &workload,
		.findings = { .finding = &finding, .count = 1 },
		.review = &none };

	(void)state;
	for (int i = 0; i < FIELD_COUNT - 1; i++) {
		char text[600], supply[300];

		finding.missing = (struct missing){ .is_missing = { false } };
		finding.missing.is_missing[i] = true;
		finding.missing.is_missing[FIELD_COUNT - 1] = true;
		assess_finding_text(&a, 0, text, sizeof(text));
		field_supply(i, workload.name, supply, sizeof(supply));
		if (!strstr(text, field_name(i)) || !strstr(text, supply))
			fail_msg("%s: %s", field_name(i), text);
	}
}

/* ---- reviews ---------------------------------------------------------------------- */

static char rule_a[] = "A", rule_b[] = "B", profile_p[] = "p", who[] = "w";

/* By workload, the newest first, as the store gives them. */
static struct review reviews[] = {
	{ .id = 5,
		.workload_id = 1,
		.rule_id = rule_a,
		.profile_id = profile_p,
		.is_accepted = true,
		.decided_by = who,
		.reason = who,
		.decided_at = 50,
		.until = 100 },
	{ .id = 4,
		.workload_id = 1,
		.rule_id = rule_b,
		.profile_id = NULL,
		.is_accepted = false,
		.decided_by = who,
		.reason = who,
		.decided_at = 40 },
	{ .id = 3,
		.workload_id = 1,
		.rule_id = rule_b,
		.profile_id = profile_p,
		.is_accepted = true,
		.decided_by = who,
		.reason = who,
		.decided_at = 30,
		.withdrawn_at = 35 },
	{ .id = 2,
		.workload_id = 1,
		.rule_id = rule_a,
		.profile_id = profile_p,
		.is_accepted = false,
		.decided_by = who,
		.reason = who,
		.decided_at = 20 },
};

static struct review_case {
	const char *name, *profile, *rule;
	int64_t workload_id, at, wanted; /* 0: none counts */
} review_cases[] = {
	{ "the newest decision counts", "p", "A", 1, 60, 5 },
	{ "before it was made, the one before", "p", "A", 1, 45, 2 },
	{ "one that has run out brings no older one back", "p", "A", 1, 100, 0 },
	{ "a decision for another profile does not count", "q", "A", 1, 60, 0 },
	{ "one for all profiles does", "q", "B", 1, 60, 4 },
	{ "a withdrawn one does not", "p", "B", 1, 34, 0 },
	{ "another workload's does not", "p", "A", 2, 60, 0 },
	{ "another rule's does not", "p", "C", 1, 60, 0 },
};

static void check_review(void **state)
{
	const struct review_case *row = *state;
	struct review_list list = { .review = reviews, .count = ARRAY_LEN(reviews) };
	const struct review *found = review_list_find(
		&list, row->workload_id, row->profile, row->rule, row->at);

	assert_int_equal(found ? found->id : 0, row->wanted);
}

/* ---- dossier ------------------------------------------------------------------------ */

#define DAY 86400

/* Short excursions of 600 s at noon of each of days days, and one sustained at night. */
static void a_daily_excursion_shows_its_period(void **state)
{
	struct assessment a = { .workload = NULL };
	struct excursion excursions[9];
	struct load_set set = { .period = { .count = 0 } };
	struct dossier d;

	(void)state;
	for (int i = 0; i < 9; i++)
		excursions[i] = (struct excursion){ .from = i * DAY + DAY / 2 + 30 * i,
			.to = i * DAY + DAY / 2 + 30 * i + 600,
			.height = 5 };
	a.excursion = excursions;
	a.excursion_count = 9;
	dossier_make(&a, &set, 4, &d);
	assert_int_equal(d.same_hour_count, 8);
	assert_int_equal(d.same_weekday_count, 0);
	assert_int_equal(d.days_seen, 9);
	assert_near(d.period_s, DAY + 30, 0);
	dossier_make(&a, &set, 0, &d);
	assert_int_equal(d.same_weekday_count, 1); /* the eighth is a week later */
}

static void irregular_excursions_have_no_period(void **state)
{
	struct excursion excursions[] = { { .from = 0, .to = 60 },
		{ .from = 5000, .to = 5060 }, { .from = 90000, .to = 90060 },
		{ .from = 91000, .to = 91060 }, { .from = 400000, .to = 400060 } };
	struct assessment a = { .excursion = excursions, .excursion_count = 5 };
	struct load_set set = { .period = { .count = 0 } };
	struct dossier d;

	(void)state;
	dossier_make(&a, &set, 1, &d);
	assert_true(isnan(d.period_s));
}

static void what_else_was_high_is_a_rank(void **state)
{
	struct excursion one = { .from = 600, .to = 1200 };
	struct assessment a = { .excursion = &one, .excursion_count = 1 };
	struct load_set set = { .period = { .count = 10, .step_s = 300 } };
	struct dossier d;

	(void)state;
	assert_int_equal(series_init(&set.series[RESOURCE_CPU], 300, 300, 10, 0), 0);
	for (int i = 0; i < 10; i++)
		set.series[RESOURCE_CPU].mean[i] = i == 3 ? 70 : 10 * (double)i;
	dossier_make(&a, &set, 0, &d);
	/* slots stamped 900 and 1200: 20 and 70; 80 and 90 alone are higher */
	assert_near(d.height[RESOURCE_CPU], 70, 0);
	assert_near(d.rank[RESOURCE_CPU], 0.8, 1e-12);
	assert_true(isnan(d.rank[RESOURCE_DISK]));
	series_done(&set.series[RESOURCE_CPU]);
}

int main(void)
{
	static const struct CMUnitTest more[] = {
		cmocka_unit_test(the_documented_profile_sizes_as_the_book_does),
		cmocka_unit_test(plain_adds_nothing),
		cmocka_unit_test(what_is_missing_stays_missing),
		cmocka_unit_test(growth_is_added_to_the_sized_figures),
		cmocka_unit_test(sustained_is_of_the_window_that_is_set),
		cmocka_unit_test(a_finding_asks_for_its_first_missing_field),
		cmocka_unit_test(a_daily_excursion_shows_its_period),
		cmocka_unit_test(irregular_excursions_have_no_period),
		cmocka_unit_test(what_else_was_high_is_a_rank),
	};
	struct CMUnitTest tests[ARRAY_LEN(review_cases)];
	int failed;

	for (size_t i = 0; i < ARRAY_LEN(review_cases); i++)
		tests[i] = (struct CMUnitTest){ .name = review_cases[i].name,
			.test_func = check_review,
			.initial_state = &review_cases[i] };
	failed = cmocka_run_group_tests_name("assess", more, load, unload);
	return failed + cmocka_run_group_tests_name("reviews", tests, NULL, NULL);
}
