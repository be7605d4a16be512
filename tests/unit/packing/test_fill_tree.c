/*
 * A walk over where units go is believed only as far as its own figures prove: what is
 * left away, priced too high or out of range proves nothing.
 */
#include "tests/support.h"

#include "analyze/packing/fill_tree.h"

#include <stdlib.h>

#define UNITS 3
#define SIZE 6
#define CAPACITY 10

/* Three units of 6 on hosts of 10: one each. */
static void make_model(struct packing_problem *problem, struct model *model)
{
	const struct packing_dimension dimension = { .name = "cpu", .slots = 1 };
	enum packing_reason reason[UNITS];
	size_t row[UNITS];

	assert_int_equal(
		packing_problem_init(problem, &dimension, 1, 1, 1, UNITS, NULL), 0);
	problem->capacity[0] = CAPACITY;
	problem->type[0].count = UNITS;
	for (size_t i = 0; i < UNITS; i++)
		packing_size(problem, 0, i)[0] = SIZE;
	assert_int_equal(model_build(problem, reason, row, model, NULL), 0);
}

static int refutes(int64_t hosts, const int64_t *walk, size_t length)
{
	struct packing_problem problem;
	struct model model;
	struct work work = { .deadline_s = work_now_s() + 60 };
	int r = 0;

	make_model(&problem, &model);
	r = fill_tree_refutes(&model, 0, &hosts, walk, length, &work);
	model_done(&model);
	packing_problem_done(&problem);
	return r;
}

#define REFUTES(hosts, ...)                              \
	refutes(hosts, (const int64_t[]){ __VA_ARGS__ }, \
		sizeof((const int64_t[]){ __VA_ARGS__ }) / 8)

static void prices_of_a_leaf_prove_what_they_add_up_to(void **state)
{
	(void)state;
	assert_int_equal(REFUTES(2, -1, 6, 6, 6), 1);
	assert_int_equal(REFUTES(3, -1, 6, 6, 6), 0); /* as much as they hold */
	/* alike units are worth what the cheapest is */
	assert_int_equal(REFUTES(2, -1, 6, 0, 6), 0);
	assert_int_equal(REFUTES(2, -1, 6, 6), 0);
	assert_int_equal(REFUTES(2, -1, 6, 6, 6, 6), 0);
	assert_int_equal(REFUTES(2, -1, 6, 6, -6), 0);
	assert_int_equal(REFUTES(2, -1, 6, 6, (int64_t)1 << 40), 0);
}

static void a_branch_needs_all_its_sides(void **state)
{
	(void)state;
	/* unit 0 on a host of type 0; then unit 1 on the other: what is left has none */
	assert_int_equal(REFUTES(2, 0, 1, 0, 4, -1, 6, 6, 6), 1);
	assert_int_equal(REFUTES(2, 0, 1, 0, 8, 1, 1, 1, 4, -1, 6, 6, 6), 1);
	assert_int_equal(REFUTES(2, 0, 1, 0, 6, 1, 1, 1, 2, 2, 0), 1);
	/* three hosts hold them: the side that is not told fits */
	assert_int_equal(REFUTES(3, 0, 1, 0, 6, 1, 1, 1, 2, 2, 0), 0);
	/* and their prices are no more than three hosts are worth, those in use included */
	assert_int_equal(REFUTES(3, 0, 1, 0, 4, -1, 6, 6, 6), 0);
	assert_int_equal(REFUTES(3, 0, 1, 0, 8, 1, 1, 1, 4, -1, 6, 6, 6), 0);
	assert_int_equal(REFUTES(2, 0, 0), 0);
	assert_int_equal(REFUTES(2, 0, 1, 0, 2, 1, 0), 0);
	/* a side that does not fit may be told, and proves itself */
	assert_int_equal(REFUTES(2, 0, 1, 0, 10, 1, 2, 0, 0, 1, 4, -1, 6, 6, 6), 1);
}

static void words_out_of_place_prove_nothing(void **state)
{
	(void)state;
	assert_int_equal(REFUTES(2, 3, 0), 0);
	assert_int_equal(REFUTES(2, -2, 0), 0);
	assert_int_equal(REFUTES(2, 0), 0);
	assert_int_equal(REFUTES(2, 0, 1), 0);
	assert_int_equal(REFUTES(2, 0, 1, 0), 0);
	assert_int_equal(REFUTES(2, 0, 1, 7, 4, -1, 6, 6, 6), 0);
	assert_int_equal(REFUTES(2, 0, 1, 0, 5, -1, 6, 6, 6), 0);
	assert_int_equal(REFUTES(2, 0, -1, 0, 4, -1, 6, 6, 6), 0);
	assert_int_equal(REFUTES(2, 0, 1, 0, 2, 0, 0), 0); /* it is there already */
	assert_int_equal(refutes(2, NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prices_of_a_leaf_prove_what_they_add_up_to),
		cmocka_unit_test(a_branch_needs_all_its_sides),
		cmocka_unit_test(words_out_of_place_prove_nothing),
	};

	return cmocka_run_group_tests_name("fill tree", tests, NULL, NULL);
}
