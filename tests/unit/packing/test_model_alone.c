/*
 * Units beside which nothing fits: what their hosts have left is lost, which the bound
 * knows, and no bound is over what a search of all divisions into hosts finds.
 */
#include "tests/support.h"

#include "analyze/packing/mix.h"
#include "analyze/packing/model_alone.h"
#include "analyze/packing/packing.h"

#include <stdlib.h>

#define ROWS 2
#define ITEMS_MOST 6
#define CASES 3000

static void make_problem(struct packing_problem *problem, size_t types,
	const int64_t (*size)[ROWS], size_t n)
{
	const struct packing_dimension dimension[ROWS] = {
		{ .name = "cpu", .slots = 1 }, { .name = "memory", .slots = 1 }
	};

	assert_int_equal(
		packing_problem_init(problem, dimension, ROWS, types, 1, n, NULL), 0);
	for (size_t i = 0; i < n; i++)
		for (size_t row = 0; row < ROWS; row++)
			packing_size(problem, 0, i)[row] = size[i][row];
}

static void build(const struct packing_problem *problem, struct model *model)
{
	enum packing_reason reason[ITEMS_MOST];
	size_t reason_row[ITEMS_MOST];

	assert_int_equal(model_build(problem, reason, reason_row, model, NULL), 0);
}

static int64_t bound_of(const struct model *model, enum packing_bound_kind *ret_kind)
{
	struct work work = { .deadline_s = 1e300 };
	struct mix mix;
	int64_t bound = 0;

	assert_int_equal(mix_init(&mix, model, NULL, &work), 0);
	bound = mix.bound;
	*ret_kind = mix.bound_kind;
	mix_done(&mix);
	return bound;
}

/* 10 and 2 leave no room for 1 and 5, of which a host takes two: three hosts, though the
 * memory of all is 17 of 20. */
static const int64_t one_full[4][ROWS] = { { 10, 2 }, { 1, 5 }, { 1, 5 }, { 1, 5 } };

static void what_is_beside_it_is_lost(void **unused)
{
	enum packing_bound_kind kind = PACKING_BOUND_VOLUME;
	unsigned char is_alone[4];
	size_t unit[4] = { 0, 1, 2, 3 };
	struct packing_problem problem;
	struct model model;

	(void)unused;
	make_problem(&problem, 1, one_full, 4);
	problem.capacity[0] = problem.capacity[1] = 10;
	build(&problem, &model);
	assert_true(model.has_raised);
	assert_int_equal(bound_of(&model, &kind), 3);
	assert_int_equal(kind, PACKING_BOUND_CONFLICT);
	assert_int_equal(model_alone_find(&model, unit, 4, is_alone), 0);
	assert_int_equal(is_alone[0], 1);
	assert_int_equal(is_alone[1] | is_alone[2] | is_alone[3], 0);
	model_done(&model);
	/* after a loss hosts are to be filled in part: sizes stay as they are */
	problem.failover = 1;
	build(&problem, &model);
	assert_false(model.has_raised);
	assert_int_equal(bound_of(&model, &kind), 3);
	model_done(&model);
	/* beside what needs nothing of the full row there is room */
	problem.failover = 0;
	packing_size(&problem, 0, 3)[0] = 0;
	build(&problem, &model);
	assert_false(model.has_raised);
	assert_int_equal(bound_of(&model, &kind), 2);
	model_done(&model);
	packing_problem_done(&problem);
}

/* A host twice as large takes the full one and two more: nobody is alone. */
static void a_larger_type_has_room(void **unused)
{
	enum packing_bound_kind kind = PACKING_BOUND_VOLUME;
	struct packing_problem problem;
	struct model model;

	(void)unused;
	make_problem(&problem, 2, one_full, 4);
	for (size_t row = 0; row < ROWS; row++) {
		problem.capacity[row] = 10;
		problem.capacity[ROWS + row] = 20;
	}
	problem.type[0].cost = 1;
	problem.type[1].cost = 2;
	build(&problem, &model);
	assert_false(model.has_raised);
	assert_int_equal(bound_of(&model, &kind), 2);
	model_done(&model);
	packing_problem_done(&problem);
}

/* ---- all divisions into hosts --------------------------------------------------------- */

struct division {
	const struct packing_problem *problem;
	int64_t load[ITEMS_MOST][ROWS];
	size_t hosts;
	int64_t best;
};

static int64_t cost_of(const struct division *d)
{
	const struct packing_problem *problem = d->problem;
	int64_t cost = 0;

	for (size_t h = 0; h < d->hosts; h++) {
		int64_t least = INT64_MAX;

		for (size_t t = 0; t < problem->type_count; t++)
			if (d->load[h][0] <= problem->capacity[t * ROWS] &&
				d->load[h][1] <= problem->capacity[t * ROWS + 1] &&
				problem->type[t].cost < least)
				least = problem->type[t].cost;
		if (least == INT64_MAX)
			return INT64_MAX;
		cost += least;
	}
	return cost;
}

static void divide(struct division *d, size_t item)
{
	size_t hosts = d->hosts;

	if (item == d->problem->item_count) {
		int64_t cost = cost_of(d);

		d->best = cost < d->best ? cost : d->best;
		return;
	}
	for (size_t h = 0; h <= hosts; h++) {
		for (size_t row = 0; row < ROWS; row++)
			d->load[h][row] += packing_size(d->problem, 0, item)[row];
		d->hosts = h == hosts ? hosts + 1 : hosts;
		divide(d, item + 1);
		d->hosts = hosts;
		for (size_t row = 0; row < ROWS; row++)
			d->load[h][row] -= packing_size(d->problem, 0, item)[row];
	}
}

static void draw(struct packing_problem *problem, uint64_t *random)
{
	size_t types = 1 + support_random(random) % 2;
	size_t n = 2 + support_random(random) % (ITEMS_MOST - 1);
	int64_t size[ITEMS_MOST][ROWS];

	for (size_t i = 0; i < n; i++) {
		bool is_large = support_random(random) % 3 == 0;

		for (size_t row = 0; row < ROWS; row++)
			size[i][row] = (int64_t)(support_random(random) % 5);
		if (is_large)
			size[i][support_random(random) % ROWS] =
				7 + (int64_t)(support_random(random) % 4);
	}
	make_problem(problem, types, size, n);
	for (size_t t = 0; t < types; t++) {
		for (size_t row = 0; row < ROWS; row++)
			problem->capacity[t * ROWS + row] =
				10 + (int64_t)(t * (support_random(random) % 8));
		problem->type[t].cost = 1 + (int64_t)(support_random(random) % 3);
	}
}

static void no_bound_is_over_the_least(void **unused)
{
	uint64_t first = support_seed(20261201);
	size_t raised = 0, told = 0;

	(void)unused;
	for (uint64_t i = 0; i < CASES; i++) {
		uint64_t random = first + i;
		enum packing_bound_kind kind = PACKING_BOUND_VOLUME;
		struct packing_problem problem;
		struct division division = { .best = INT64_MAX };
		struct model model;
		int64_t bound = 0, scale = 1;

		draw(&problem, &random);
		division.problem = &problem;
		divide(&division, 0);
		build(&problem, &model);
		bound = bound_of(&model, &kind);
		scale = model.has_equal_costs ? problem.type[0].cost : 1;
		if (bound * scale > division.best)
			fail_msg("seed %llu: %lld over %lld",
				(unsigned long long)(first + i),
				(long long)(bound * scale), (long long)division.best);
		raised += model.has_raised;
		told += kind == PACKING_BOUND_CONFLICT;
		model_done(&model);
		packing_problem_done(&problem);
	}
	assert_true(raised > CASES / 20);
	assert_true(told > CASES / 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_beside_it_is_lost),
		cmocka_unit_test(a_larger_type_has_room),
		cmocka_unit_test(no_bound_is_over_the_least),
	};

	return cmocka_run_group_tests_name("model_alone", tests, NULL, NULL);
}
