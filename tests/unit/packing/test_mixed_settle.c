/* Sets of hosts in the order of their cost: where that order has no end but that of all hosts. */
#include "tests/support.h"

#include "analyze/packing/mix.h"
#include "analyze/packing/mixed_search.h"

#include <string.h>
#include <unistd.h>

#define UNITS 3
#define TYPES 2

/* Three units of 60 on two hosts of 100 that cost 2 and 3: by volume they would do. */
static void make_problem(struct packing_problem *problem)
{
	const struct packing_dimension dimension = { .name = "memory", .slots = 1 };

	assert_int_equal(
		packing_problem_init(problem, &dimension, 1, TYPES, 1, UNITS, NULL), 0);
	for (size_t i = 0; i < UNITS; i++)
		packing_size(problem, 0, i)[0] = 60;
	for (size_t t = 0; t < TYPES; t++) {
		problem->type[t].cost = 2 + (int64_t)t;
		problem->type[t].count = 1;
		problem->capacity[t] = 100;
	}
}

/* All hosts together are refuted, so that every set is: it is not known what does, and the
 * cost is not raised without an end (the alarm ends the program: a failure). */
static void all_hosts_are_the_end(void **state)
{
	const char *build = getenv("BUILD");
	char path[4096];
	struct packing_options options = { .solver_path = path };
	enum packing_reason reason[UNITS];
	size_t reason_row[UNITS];
	struct packing_problem problem;
	struct host_search search = { .parts = 1 };
	struct engine engine = { .problem = &problem, .options = &options };
	struct part *part;

	(void)state;
	snprintf(path, sizeof(path), "%s/headroom-solver", build ? build : "build");
	if (access(path, X_OK) != 0)
		support_skip("headroom-solver is not built: sets are not looked for");
	make_problem(&problem);
	engine.work.deadline_s = work_now_s() + 3600;
	assert_int_equal(
		model_build(&problem, reason, reason_row, &engine.model, NULL), 0);
	assert_int_equal(mix_init(&engine.mix, &engine.model, NULL, &engine.work), 0);
	assert_int_equal(state_init(&engine.best, &engine.model), 0);
	search.engine = &engine;
	assert_int_equal(master_init(&search.master, &engine, 0), 0);
	assert_int_equal(state_init(&search.made, &engine.model), 0);
	for (size_t k = 0; k < search.master.class_count; k++)
		search.master.y[k] = search.master.count[k];
	search.master.least[0] = 1;
	part = mixed_part(&search, 0);
	assert_non_null(part);
	part->is_refuted = true;

	(void)alarm(60);
	assert_int_equal(mixed_settle(&search, work_now_s() + 3000), 0);
	(void)alarm(0);
	/* no set of up to all hosts does: beyond 2 + 3 nothing is known */
	assert_int_equal(search.master.least[0], 5);
	assert_int_equal(mixed_best_value(&engine), INT64_MAX);

	mixed_free_parts(&search);
	master_done(&search.master);
	state_done(&search.made);
	state_done(&engine.best);
	mix_done(&engine.mix);
	model_done(&engine.model);
	packing_problem_done(&problem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_hosts_are_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
