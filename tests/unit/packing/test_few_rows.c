/*
 * Packings made on the few rows that bind, kept on all: aligned series whose pairs meet in
 * slots that nobody looks at first.
 */
#include "tests/support.h"

#include "analyze/packing/few_rows.h"
#include "analyze/packing/packing.h"

#include <stdlib.h>
#include <unistd.h>

#define SLOTS 60
#define FULL_SLOTS 40 /* the first: fuller than those behind them */
#define ITEMS (2 * SLOTS)
#define CAPACITY 19
#define CAPACITY_SMALL 11

/* Items 2 j and 2 j + 1 both need 10 in slot j, else 4, and 3 in the last slots.  A large
 * host takes four of those that peak in the last slots, else three, and never twins; a
 * small one takes one.  Of 120 items 40 are on 10 hosts, 80 on 27: that costs 148. */
static void make_twins(struct packing_problem *problem)
{
	const struct packing_dimension dimension = { .name = "cpu", .slots = SLOTS };

	assert_int_equal(
		packing_problem_init(problem, &dimension, 1, 2, 1, ITEMS, NULL), 0);
	for (size_t i = 0; i < ITEMS; i++)
		for (size_t slot = 0; slot < SLOTS; slot++)
			packing_size(problem, 0, i)[slot] = slot == i / 2 ? 10
				: slot < FULL_SLOTS                       ? 4
									  : 3;
	problem->type[0].cost = 4;
	problem->type[1].cost = 3;
	problem->capacity[0] = CAPACITY;
	problem->capacity[1] = CAPACITY_SMALL;
}

static void the_row_that_is_broken_comes_in(void **unused)
{
	struct packing_problem problem;
	enum packing_reason reason[ITEMS];
	size_t reason_row[ITEMS], twin = (size_t)2 * 50, host = 0;
	struct model model;
	struct few_rows few;
	struct state made, whole;

	(void)unused;
	make_twins(&problem);
	assert_int_equal(model_build(&problem, reason, reason_row, &model, NULL), 0);
	assert_int_equal(model.row_count, SLOTS);
	assert_int_equal(few_rows_init(&few, &model), 0);
	assert_int_equal(few.model.row_count, 40);
	assert_int_equal(state_init(&made, &few.model), 0);
	assert_int_equal(state_init(&whole, &model), 0);
	assert_int_equal(state_open(&made, 0, &host), 0);
	assert_int_equal(state_add(&made, twin, host), 0);
	assert_true(state_fits(&made, twin + 1, host));
	assert_int_equal(few_rows_add_broken(&few, &made), 0);
	assert_int_equal(few_rows_widen(&made, &whole), 1);
	assert_int_equal(state_add(&made, twin + 1, host), 0);
	assert_int_equal(few_rows_widen(&made, &whole), 0);
	assert_int_equal(few_rows_add_broken(&few, &made), 1);
	assert_int_equal(few.row[40], 50);
	state_done(&made);
	assert_int_equal(state_init(&made, &few.model), 0);
	assert_int_equal(state_open(&made, 0, &host), 0);
	assert_int_equal(state_add(&made, twin, host), 0);
	assert_false(state_fits(&made, twin + 1, host));
	state_done(&made);
	state_done(&whole);
	few_rows_done(&few);
	model_done(&model);
	packing_problem_done(&problem);
}

/* The checker of packing_solve adds up all slots: what is here is a packing. */
static void all_slots_are_kept(void **unused)
{
	const char *build = getenv("BUILD");
	char path[4096];
	struct packing_options options = { .time_limit_s = 20, .solver_path = path };
	struct packing_problem problem;
	struct packing_result result;

	(void)unused;
	snprintf(path, sizeof(path), "%s/headroom-solver", build ? build : "build");
	if (access(path, X_OK) != 0)
		support_skip("built without the solver");
	make_twins(&problem);
	assert_int_equal(packing_solve(&problem, &options, &result, NULL), 0);
	assert_int_equal(result.unplaced_count, 0);
	assert_int_equal(result.cost, 148);
	packing_result_done(&result);
	packing_problem_done(&problem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_row_that_is_broken_comes_in),
		cmocka_unit_test(all_slots_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
