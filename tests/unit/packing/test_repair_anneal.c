/*
 * Series that vary from slot to slot: hosts that are all but full in each slot, mixed up,
 * and put right again, which single steps do not do.
 */
#include "tests/support.h"

#include "analyze/packing/model.h"
#include "analyze/packing/repair.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS 64
#define HOSTS 8
#define EACH 20
#define ITEMS (HOSTS * EACH)
#define ROOM 1.035

/* EACH items in turn are a host: its fullest slot and a little more is what it holds. */
static void make_series(struct packing_problem *problem, uint64_t seed)
{
	const struct packing_dimension dimension = { .name = "cpu", .slots = SLOTS };
	uint64_t random = seed;
	int64_t most = 0;

	assert_int_equal(
		packing_problem_init(problem, &dimension, 1, 1, 1, ITEMS, NULL), 0);
	for (size_t i = 0; i < ITEMS; i++) {
		int64_t base = 2000 + (int64_t)(support_random(&random) % 8000);

		for (size_t slot = 0; slot < SLOTS; slot++)
			packing_size(problem, 0, i)[slot] = base -
				base * (int64_t)(support_random(&random) % 1000) / 3000;
	}
	for (size_t h = 0; h < HOSTS; h++)
		for (size_t slot = 0; slot < SLOTS; slot++) {
			int64_t load = 0;

			for (size_t i = 0; i < EACH; i++)
				load += packing_size(problem, 0, h * EACH + i)[slot];
			most = load > most ? load : most;
		}
	/* the smaller hosts get what they have less into their last item */
	for (size_t h = 0; h < HOSTS; h++)
		for (size_t slot = 0; slot < SLOTS; slot++) {
			int64_t load = 0;

			for (size_t i = 0; i < EACH; i++)
				load += packing_size(problem, 0, h * EACH + i)[slot];
			packing_size(problem, 0, h * EACH)[slot] += most - load;
		}
	problem->type[0].count = HOSTS;
	problem->capacity[0] = (int64_t)(ROOM * (double)most);
}

static void mixed_up_series_come_right(void **unused)
{
	enum packing_reason reason[ITEMS];
	size_t reason_row[ITEMS], done = 0;

	(void)unused;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct work work = { .deadline_s = 1e300, .random = seed };
		struct repair_limits limits = { .moves = 1500, .work = UINT64_MAX };
		struct repair_host hosts[HOSTS] = { { 0, 0 } };
		struct packing_problem problem;
		struct model model;
		struct state start, made;

		make_series(&problem, seed);
		assert_int_equal(
			model_build(&problem, reason, reason_row, &model, NULL), 0);
		assert_int_equal(model.row_count, SLOTS);
		assert_int_equal(state_init(&start, &model), 0);
		assert_int_equal(state_init(&made, &model), 0);
		if (repair_run(&start, hosts, HOSTS, NULL, &limits, &work, &made) ==
			1) {
			done++;
			assert_int_equal(made.unplaced_count, 0);
			assert_true(made.host_count <= HOSTS);
		}
		state_done(&start);
		state_done(&made);
		model_done(&model);
		packing_problem_done(&problem);
	}
	print_message("# %zu of 10\n", done);
	assert_true(done >= 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mixed_up_series_come_right),
	};

	return cmocka_run_group_tests_name("repair_anneal", tests, NULL, NULL);
}
