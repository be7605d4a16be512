#include "tests/support.h"

#include "common/excursion.h"

#include <string.h>

#define U NAN

struct excursion_case {
	const char *name;
	unsigned step_s;
	double values[16];
	size_t count;
	size_t found;
	struct {
		size_t first_slot, slots;
		bool is_sustained;
	} wanted[4];
};

static struct excursion_case cases[] = {
	{ "a value at the limit is not over it", 300, { 10, 10, 10 }, 3, 0, { { 0 } } },
	{ "two slots of 300 s are short", 300, { 1, 11, 12, 1 }, 4, 1,
		{ { 1, 2, false } } },
	{ "three slots of 300 s are sustained", 300, { 1, 11, 12, 13, 1 }, 5, 1,
		{ { 1, 3, true } } },
	{ "an unknown slot ends it: two short ones, not one sustained", 300,
		{ 11, 11, U, 11, 11 }, 5, 2, { { 0, 2, false }, { 3, 2, false } } },
	{ "one that the data end in still counts", 300, { 1, 11 }, 2, 1,
		{ { 1, 1, false } } },
	{ "one slot of 900 s is sustained by itself", 900, { 1, 11, 1 }, 3, 1,
		{ { 1, 1, true } } },
	{ "14 slots of 60 s are short", 60,
		{ 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11 }, 14, 1,
		{ { 0, 14, false } } },
	{ "15 slots of 60 s are sustained", 60,
		{ 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11 }, 15, 1,
		{ { 0, 15, true } } },
	{ "nothing known, nothing over", 60, { U, U, U }, 3, 0, { { 0 } } },
};

static const struct excursion_limit limit = {
	.limit = 10, .sustain_s = EXCURSION_SUSTAIN_S, .clear_at = 8, .clear_s = 600
};

static void check_scan(void **state)
{
	const struct excursion_case *row = *state;
	struct excursion *list = NULL;
	size_t count = 0;

	assert_int_equal(excursion_scan(&limit, 6000, row->step_s, row->values,
				 row->count, 0, &list, &count),
		0);
	assert_int_equal(count, row->found);
	for (size_t i = 0; i < count; i++) {
		int64_t from = 6000 +
			((int64_t)row->wanted[i].first_slot - 1) * (int64_t)row->step_s;

		assert_int_equal(list[i].from, from);
		assert_int_equal(excursion_length_s(&list[i]),
			row->wanted[i].slots * row->step_s);
		assert_int_equal(list[i].is_sustained, row->wanted[i].is_sustained);
	}
	free(list);
}

/* The numbers of golden vector G05, kept here so that the tests stand alone. */
static void the_spike_classes_of_G05(void **state)
{
	static const double peaks_mb[] = { 3000, 3100, 3700, 3750, 3100, 3000, 3660,
		3700, 3710, 3720, 3705, 3690, 3000 };
	struct excursion_limit memory = { .limit = 3.6 * 1024, .sustain_s = 900 };
	struct excursion *list = NULL;
	size_t count = 0;

	(void)state;
	assert_int_equal(excursion_scan(&memory, 300, 300, peaks_mb,
				 ARRAY_LEN(peaks_mb), 32, &list, &count),
		0);
	assert_int_equal(count, 2);
	assert_int_equal(list[0].from, 600);
	assert_int_equal(excursion_length_s(&list[0]), 600);
	assert_false(list[0].is_sustained);
	assert_near(list[0].height, 3782, 1e-12);
	assert_int_equal(list[1].from, 1800);
	assert_int_equal(excursion_length_s(&list[1]), 1800);
	assert_true(list[1].is_sustained);
	assert_near(list[1].height, 3752, 1e-12);
	assert_int_equal(list[1].height_at, 300 * 10);
	free(list);
}

/* MEM-10: fed slot by slot, G05 disqualifies at the third slot of the second run. */
static void the_alert_of_G05_disqualifies_at_900_s(void **state)
{
	static const double peaks_mb[] = { 3000, 3100, 3700, 3750, 3100, 3000, 3660,
		3700, 3710, 3720, 3705, 3690, 3000 };
	struct excursion_limit memory = { .limit = 3.6 * 1024,
		.sustain_s = 900,
		.clear_at = 3.6 * 1024,
		.clear_s = 300 };
	struct excursion_state alert = { 0 };
	unsigned opened = 0, disqualified = 0, closed = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(peaks_mb); i++) {
		unsigned events = excursion_feed(&alert, &memory,
			(int64_t)(i + 1) * 300, 300, peaks_mb[i] + 32, NULL);

		if (events & EXCURSION_ALERT_OPENED)
			opened = opened * 100 + (unsigned)i;
		if (events & EXCURSION_ALERT_DISQUALIFIED)
			disqualified = disqualified * 100 + (unsigned)i;
		if (events & EXCURSION_ALERT_CLOSED)
			closed = closed * 100 + (unsigned)i;
	}
	assert_int_equal(opened, 206);
	assert_int_equal(disqualified, 8);
	assert_int_equal(closed, 412);
}

static void hysteresis_delays_the_closing_alone(void **state)
{
	/* 9 is under the limit but over clear_at = 8: it neither counts nor calms */
	static const double values[] = { 11, 9, 11, 7, U, 7, 7, 7 };
	struct excursion_state alert = { 0 };
	unsigned events = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		assert_false(events & EXCURSION_ALERT_CLOSED);
		events = excursion_feed(
			&alert, &limit, (int64_t)(i + 1) * 300, 300, values[i], NULL);
		if (i == 6)
			break;
	}
	assert_true(events & EXCURSION_ALERT_CLOSED);
	assert_int_equal(alert.alert_excursions, 2);
	assert_int_equal(alert.alert_opened, 300);
	assert_near(alert.alert_height, 11, 0);
}

static void a_replayed_slot_changes_nothing(void **state)
{
	struct excursion_state alert = { 0 }, before;

	(void)state;
	excursion_feed(&alert, &limit, 300, 300, 11, NULL);
	before = alert;
	assert_int_equal(excursion_feed(&alert, &limit, 300, 300, 99, NULL), 0);
	assert_int_equal(excursion_feed(&alert, &limit, 0, 300, 99, NULL), 0);
	assert_memory_equal(&before, &alert, sizeof(alert));
}

static void a_missing_slot_is_an_unknown_slot(void **state)
{
	struct excursion_state a = { 0 };
	struct excursion ended;
	unsigned events;

	(void)state;
	excursion_feed(&a, &limit, 300, 300, 11, NULL);
	excursion_feed(&a, &limit, 600, 300, 11, NULL);
	events = excursion_feed(&a, &limit, 1200, 300, 11, &ended);
	assert_true(events & EXCURSION_ENDED);
	assert_true(events & EXCURSION_BEGAN);
	assert_int_equal(excursion_length_s(&ended), 600);
	assert_int_equal(a.current.from, 900);
}

/* Brute force: mark the slots, then read the runs off the marks. */
static void scanned_and_streamed_agree_with_brute_force(void **state)
{
	uint64_t seed = support_seed(7), random = seed;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		unsigned step_s = (unsigned[]){ 60, 120, 300, 900,
			7 }[support_random(&random) % 5];
		double values[200];
		size_t count = support_random(&random) % 200;
		struct excursion *list = NULL;
		size_t found = 0, k = 0;

		for (size_t i = 0; i < count; i++) {
			double u = support_uniform(&random);

			values[i] = u < 0.05 ? NAN : u < 0.6 ? 12 : u < 0.8 ? 10 : 3;
		}
		assert_int_equal(excursion_scan(&limit, 1000 * (int64_t)step_s, step_s,
					 values, count, 0, &list, &found),
			0);
		for (size_t i = 0; i < count;) {
			size_t j = i;

			while (j < count && values[j] > 10)
				j++;
			if (j == i) {
				i++;
				continue;
			}
			if (k >= found ||
				excursion_length_s(&list[k]) !=
					(int64_t)((j - i) * step_s) ||
				list[k].is_sustained != ((j - i) * step_s >= 900))
				fail_msg("seed %llu round %d", (unsigned long long)seed,
					round);
			k++;
			i = j;
		}
		assert_int_equal(k, found);
		free(list);
	}
}

static void slots_are_built_as_the_archives_do(void **state)
{
	struct slot_builder builder = { .sample_s = 10, .slot_s = 60 };
	struct slot closed[2];

	(void)state;
	/* three of six known is enough */
	assert_int_equal(slot_builder_add(&builder, 1210, 5, closed), 0);
	assert_int_equal(slot_builder_add(&builder, 1220, 9, closed), 0);
	assert_int_equal(slot_builder_add(&builder, 1220, 99, closed), 0);
	assert_int_equal(slot_builder_add(&builder, 1230, U, closed), 0);
	assert_int_equal(slot_builder_add(&builder, 1260, 7, closed), 1);
	assert_int_equal(closed[0].stamp, 1260);
	assert_near(closed[0].value, 9, 0);
	/* two of six are not, and a later sample closes the slot it jumped over */
	assert_int_equal(slot_builder_add(&builder, 1270, 5, closed), 0);
	assert_int_equal(slot_builder_add(&builder, 1280, 5, closed), 0);
	assert_int_equal(slot_builder_add(&builder, 1500, 5, closed), 2);
	assert_int_equal(closed[0].stamp, 1320);
	assert_true(isnan(closed[0].value));
	assert_int_equal(closed[1].stamp, 1500);
	assert_true(isnan(closed[1].value));
}

/* Samples of the slot's own length pass through. */
static void a_sample_as_long_as_the_slot_is_the_slot(void **state)
{
	struct slot_builder builder = { .sample_s = 300, .slot_s = 300 };
	struct slot closed[2];

	(void)state;
	assert_int_equal(slot_builder_add(&builder, 600, 5, closed), 1);
	assert_int_equal(closed[0].stamp, 600);
	assert_int_equal(slot_builder_add(&builder, 900, U, closed), 1);
	assert_true(isnan(closed[0].value));
}

int main(void)
{
	static const struct CMUnitTest more[] = {
		cmocka_unit_test(the_spike_classes_of_G05),
		cmocka_unit_test(the_alert_of_G05_disqualifies_at_900_s),
		cmocka_unit_test(hysteresis_delays_the_closing_alone),
		cmocka_unit_test(a_replayed_slot_changes_nothing),
		cmocka_unit_test(a_missing_slot_is_an_unknown_slot),
		cmocka_unit_test(scanned_and_streamed_agree_with_brute_force),
		cmocka_unit_test(slots_are_built_as_the_archives_do),
		cmocka_unit_test(a_sample_as_long_as_the_slot_is_the_slot),
	};
	struct CMUnitTest tests[ARRAY_LEN(cases)];
	int failed;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		tests[i] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = check_scan,
			.initial_state = &cases[i] };
	failed = cmocka_run_group_tests_name("excursion cases", tests, NULL, NULL);
	return failed + cmocka_run_group_tests_name("excursion", more, NULL, NULL);
}
