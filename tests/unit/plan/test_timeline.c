#include "tests/support.h"

#include "analyze/plan/timeline.h"

#include <errno.h>

struct fold_case {
	const char *name;
	unsigned step_s;
	int64_t first;
	double values[8];
	size_t count;
	enum timeline_measure measure;
	unsigned axis_step_s;
	double wanted[4];
	size_t slots;
};

static struct fold_case cases[] = {
	{ "the highest maximum of the slots that end in the hour", 1800, 1800,
		{ 1, 5, 2, 3 }, 4, TIMELINE_MAXIMUM, 3600, { 5, 3 }, 2 },
	{ "a slot that ends with the hour belongs to it, the next one does not", 1800,
		3600, { 1, 9 }, 2, TIMELINE_MAXIMUM, 3600, { 1, 9 }, 2 },
	{ "a rolling mean of 900 s reaches back over the hour's border", 300, 3300,
		{ 9, 9, 9, 0, 0, 0 }, 6, TIMELINE_SUSTAINED, 3600, { NAN, 9 }, 2 },
	{ "half of the window known is enough", 300, 300, { 8, NAN, 4 }, 3,
		TIMELINE_SUSTAINED, 300, { NAN, NAN, 6 }, 3 },
	{ "a third is not", 300, 300, { 8, NAN, NAN }, 3, TIMELINE_SUSTAINED, 300,
		{ NAN, NAN, NAN }, 3 },
	{ "a step of an hour is its own rolling mean", 3600, 3600, { 7, NAN, 3 }, 3,
		TIMELINE_SUSTAINED, 3600, { 7, NAN, 3 }, 3 },
	{ "what lies outside the axis is left out", 300, -300, { 9, 9, 1, 2 }, 4,
		TIMELINE_MAXIMUM, 300, { 1, 2 }, 2 },
	{ "and so is what lies behind it", 300, 300, { 1, 2, 9, 9 }, 4,
		TIMELINE_MAXIMUM, 300, { 1, 2 }, 2 },
};

static void check_fold(void **state)
{
	struct fold_case *row = *state;
	struct series series = { .first = row->first,
		.step_s = row->step_s,
		.count = row->count,
		.mean = row->values,
		.minimum = row->values,
		.maximum = row->values };
	struct timeline axis = { .first = row->axis_step_s,
		.step_s = row->axis_step_s,
		.slots = row->slots };
	double got[5];

	got[row->slots] = -7;
	timeline_fold(&series, row->measure, &axis, got);
	for (size_t i = 0; i < row->slots; i++)
		assert_near(got[i], row->wanted[i], 1e-12);
	assert_near(got[row->slots], -7, 0); /* behind the axis nothing is touched */
}

static void a_span_covers_its_ends(void **state)
{
	struct timeline axis;

	(void)state;
	assert_int_equal(timeline_span(0, 7200, 3600, &axis), 0);
	assert_int_equal(axis.first, 3600);
	assert_int_equal(axis.slots, 2);
	assert_int_equal(timeline_span(100, 3601, 3600, &axis), 0);
	assert_int_equal(axis.slots, 2);
	assert_int_equal(timeline_span(5, 5, 3600, &axis), -ERANGE);
	assert_int_equal(timeline_span(0, INT64_MAX / 2, 1, &axis), -ERANGE);
}

static void gaps_get_the_same_hour_of_another_week(void **state)
{
	struct timeline axis = { .first = 3600, .step_s = 3600, .slots = 3 * 168 };
	double values[3 * 168 + 1];

	(void)state;
	for (size_t i = 0; i < axis.slots; i++)
		values[i] = (double)(i % 168) + (double)(i / 168);
	values[axis.slots] = NAN; /* behind the axis: as it was */
	values[168 + 10] = NAN;   /* known in weeks 0 and 2: 10 and 12 */
	for (size_t week = 0; week < 3; week++)
		values[week * 168 + 20] = NAN; /* never seen */
	assert_int_equal(timeline_fill(values, &axis, 100), 4);
	assert_near(values[168 + 10], 12, 0);
	assert_near(values[20], 100, 0);
	values[168 + 10] = NAN;
	assert_int_equal(timeline_fill(values, &axis, 11), 1);
	assert_near(values[168 + 10], 11, 0); /* never more than the sized demand */
	assert_true(isnan(values[axis.slots]));
}

static void hours_hold_the_highest_of_their_slots(void **state)
{
	static const double values[] = { 1, 7, 2, 3, 9 };
	struct timeline fine = { .first = 1800, .step_s = 1800, .slots = 5 };
	struct timeline coarse = { .first = 3600, .step_s = 3600, .slots = 4 };
	double got[4];

	(void)state;
	timeline_coarsen(values, &fine, &coarse, got);
	assert_near(got[0], 7, 0);
	assert_near(got[1], 3, 0);
	assert_near(got[2], 9, 0);
	assert_true(isnan(got[3]));
	coarse = (struct timeline){ .first = 7200, .step_s = 3600, .slots = 1 };
	got[1] = -7;
	timeline_coarsen(values, &fine, &coarse, got);
	assert_near(got[0], 3, 0);
	assert_near(got[1], -7, 0); /* neither what is before nor what is behind */
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(cases) + 3] = {
		cmocka_unit_test(a_span_covers_its_ends),
		cmocka_unit_test(gaps_get_the_same_hour_of_another_week),
		cmocka_unit_test(hours_hold_the_highest_of_their_slots),
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		tests[i + 3] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = check_fold,
			.initial_state = &cases[i] };
	return cmocka_run_group_tests_name("timeline", tests, NULL, NULL);
}
