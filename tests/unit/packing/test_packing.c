/*
 * The packing engine against brute force: every assignment of small random problems in
 * every mode with every constraint, judged by the checker, which shares no code with
 * the solvers.  HEADROOM_SEED repeats a run.
 */
#include "tests/unit/packing/packing_brute.h"

/* ---- the comparison ---------------------------------------------------------------- */

static void compare(const struct packing_problem *problem, uint64_t seed)
{
	struct packing_options options = { .time_limit_s = 60, .without_solver = true };
	struct brute b = { .problem = problem };
	struct packing_result result;
	struct answer got, wanted;
	struct err err = ERR_INIT;

	for (size_t t = 0; t < problem->type_count; t++)
		for (int64_t i = 0; i < problem->type[t].count; i++)
			b.slot_type[b.slot_count++] = t;
	for (size_t t = 0; t < problem->type_count; t++)
		for (int64_t i = 0; i < problem->type[t].spare; i++)
			b.slot_type[SLOTS + 1 + b.spare_count++] = t;
	brute_from(&b, 0);
	if (packing_solve(problem, &options, &result, &err) != 0)
		fail_msg("seed %llu: %s", (unsigned long long)seed, err.text);
	got = (struct answer){ result.unplaced_count, result.host_count, result.cost,
		true };
	wanted = b.best;
	if (problem->failover && b.best_surviving.exists &&
		b.best_surviving.unplaced == b.best.unplaced) {
		wanted = b.best_surviving;
		if (!result.is_failover_met && wanted.hosts)
			fail_msg("seed %llu: failover not met",
				(unsigned long long)seed);
	} else if (problem->failover && result.is_failover_met) {
		fail_msg("seed %llu: failover met", (unsigned long long)seed);
	}
	if (got.unplaced != wanted.unplaced || got.cost != wanted.cost ||
		got.hosts != wanted.hosts)
		fail_msg("seed %llu: left out %zu cost %lld hosts %zu, wanted %zu %lld "
			 "%zu",
			(unsigned long long)seed, got.unplaced, (long long)got.cost,
			got.hosts, wanted.unplaced, (long long)wanted.cost,
			wanted.hosts);
	if (!result.is_unplaced_proven ||
		(!problem->failover && !result.is_proven_optimal))
		fail_msg("seed %llu: a whole search proves it",
			(unsigned long long)seed);
	if (result.is_all_refuted != (b.best.unplaced > 0))
		fail_msg("seed %llu: all refuted is %d", (unsigned long long)seed,
			result.is_all_refuted);
	packing_result_done(&result);
}

static struct mode modes[] = {
	{ "plain problems: the brute-force optimum", 1, 1, false, false, false, false,
		false, false, 0, 2400 },
	{ "costs and types", 1, 1, true, false, false, false, false, false, 0, 2400 },
	{ "sizes by host type", 1, 2, true, false, false, false, false, false, 0,
		1800 },
	{ "a setup that the first sharing item spends", 1, 1, true, true, false, false,
		false, false, 0, 1800 },
	{ "aligned series", 3, 1, true, false, false, false, false, false, 0, 1800 },
	{ "environments apart", 1, 1, true, false, false, true, false, false, 0, 1800 },
	{ "every constraint", 1, 1, true, false, true, false, false, false, 0, 3600 },
	{ "everything at once, aligned", 3, 2, true, true, true, true, true, false, 0,
		2400 },
	{ "items whole on volumes", 1, 1, true, false, false, false, false, true, 0,
		2400 },
	{ "volumes and every constraint, aligned", 2, 2, true, false, true, true, false,
		true, 0, 2400 },
	{ "failover of one host", 1, 1, true, false, false, false, false, false, 1,
		900 },
	{ "failover of two hosts", 1, 1, false, false, false, false, false, false, 2,
		480 },
	{ "failover with constraints, aligned", 2, 1, true, false, true, false, false,
		false, 1, 900 },
	{ "failover with everything", 2, 2, true, true, true, true, false, false, 1,
		600 },
	{ "failover of one host to spare ones", 1, 1, true, false, false, false, true,
		false, 1, 900 },
	{ "failover of two hosts to spare ones, everything", 1, 2, true, true, true,
		true, true, false, 2, 480 },
	{ "failover to spare hosts with volumes", 1, 1, true, false, false, false, true,
		true, 1, 600 },
};

static void check_mode(void **state)
{
	const struct mode *mode = *state;
	uint64_t first = support_seed(20240501);

	print_message("# %s: %u cases from seed %llu\n", mode->name, mode->cases,
		(unsigned long long)first);
	for (unsigned i = 0; i < mode->cases; i++) {
		uint64_t random = first + i;
		struct packing_problem problem;

		make_problem(&problem, mode, &random);
		compare(&problem, first + i);
		packing_problem_done(&problem);
	}
}

/* ---- the checker refuses what is wrong ---------------------------------------------- */

/* Two hosts of 10, items 6 and 5 apart, both placed; each mutant breaks one thing. */
static void a_wrong_packing_is_refused(void **state)
{
	struct packing_dimension dimension = { "memory", 1, 0 };
	struct packing_problem problem;
	size_t both[] = { 0, 1 }, one[] = { 1 }, first_type[] = { 0 };
	size_t type[] = { 0, 0 }, apart[] = { 0, 1 }, same[] = { 0, 0 };
	size_t nowhere[] = { 0, 7 }, mixed[] = { 0, 1 };

	(void)state;
	assert_int_equal(
		packing_problem_init(&problem, &dimension, 1, 2, 1, 2, NULL), 0);
	problem.type[0].count = 2;
	problem.capacity[0] = problem.capacity[1] = 11;
	*packing_size(&problem, 0, 0) = 6;
	*packing_size(&problem, 0, 1) = 5;
	assert_int_equal(checker_check_placement(&problem, type, 2, apart, NULL), 0);
	assert_int_equal(checker_check_placement(&problem, type, 1, same, NULL), 0);
	/* an empty host, a host that is not there, a type that is not there */
	assert_int_equal(
		checker_check_placement(&problem, type, 2, same, NULL), -EPROTO);
	assert_int_equal(
		checker_check_placement(&problem, type, 2, nowhere, NULL), -EPROTO);
	mixed[1] = 5;
	assert_int_equal(
		checker_check_placement(&problem, mixed, 2, apart, NULL), -EPROTO);
	/* one more host than there are */
	problem.type[0].count = 1;
	assert_int_equal(
		checker_check_placement(&problem, type, 2, apart, NULL), -EPROTO);
	problem.type[0].count = 2;
	/* exactly full fits, one more does not; what is used counts */
	problem.used[0] = 1;
	assert_int_equal(
		checker_check_placement(&problem, type, 1, same, NULL), -EPROTO);
	problem.used[0] = 0;
	packing_constrain(&problem, PACKING_APART, both, 2, NULL, 0, 1, NULL);
	assert_int_equal(
		checker_check_placement(&problem, type, 1, same, NULL), -EPROTO);
	problem.constraint[0].kind = PACKING_TOGETHER;
	assert_int_equal(
		checker_check_placement(&problem, type, 2, apart, NULL), -EPROTO);
	problem.constraint[0].kind = PACKING_SPREAD;
	assert_int_equal(
		checker_check_placement(&problem, type, 2, apart, NULL), -EPROTO);
	problem.constraint[0].n = 2;
	assert_int_equal(checker_check_placement(&problem, type, 2, apart, NULL), 0);
	packing_constrain(&problem, PACKING_EXCLUDE, one, 1, first_type, 1, 1, NULL);
	assert_int_equal(
		checker_check_placement(&problem, type, 2, apart, NULL), -EPROTO);
	problem.constraint[1].kind = PACKING_PIN;
	assert_int_equal(checker_check_placement(&problem, type, 2, apart, NULL), 0);
	problem.separates_environments = true;
	problem.item[1].environment = 1;
	assert_int_equal(
		checker_check_placement(&problem, type, 1, same, NULL), -EPROTO);
	packing_forbid(&problem, 0, 0);
	assert_int_equal(
		checker_check_placement(&problem, type, 2, apart, NULL), -EPROTO);
	packing_problem_done(&problem);
}

static void a_wrong_sum_or_proof_is_refused(void **state)
{
	struct packing_dimension dimension = { "memory", 1, 0 };
	struct packing_options options = { .without_solver = true };
	struct packing_problem problem;
	struct packing_result result;

	(void)state;
	packing_problem_init(&problem, &dimension, 1, 1, 1, 2, NULL);
	problem.capacity[0] = 10;
	problem.failover = 1;
	*packing_size(&problem, 0, 0) = *packing_size(&problem, 0, 1) = 5;
	assert_int_equal(packing_solve(&problem, &options, &result, NULL), 0);
	assert_true(result.is_failover_met);
	assert_int_equal(result.host_count, 2);
	assert_int_equal(checker_check(&problem, &result, NULL), 0);
	result.cost++;
	assert_int_equal(checker_check(&problem, &result, NULL), -EPROTO);
	result.cost--;
	result.lower_bound++;
	assert_int_equal(checker_check(&problem, &result, NULL), -EPROTO);
	result.lower_bound -= 2;
	assert_int_equal(checker_check(&problem, &result, NULL), -EPROTO);
	result.lower_bound++;
	/* a restart on the lost host itself */
	result.recovery[0].host[0] = 0;
	assert_int_equal(checker_check(&problem, &result, NULL), -EPROTO);
	result.recovery[0].host[0] = 1;
	result.recovery[1].is_survived = false;
	assert_int_equal(checker_check(&problem, &result, NULL), -EPROTO);
	packing_result_done(&result);
	packing_problem_done(&problem);
}

/* ---- conflicts --------------------------------------------------------------------- */

static void constraints_that_conflict_are_named(void **state)
{
	struct packing_dimension dimension = { "memory", 1, 0 };
	struct packing_options options = { .without_solver = true };
	size_t ab[] = { 0, 1 }, cd[] = { 2, 3 }, a[] = { 0 }, types[] = { 0 };
	struct packing_problem problem;
	struct packing_result result;

	(void)state;
	packing_problem_init(&problem, &dimension, 1, 2, 1, 4, NULL);
	for (size_t i = 0; i < 4; i++)
		*packing_size(&problem, 0, i) = 2;
	problem.capacity[0] = problem.capacity[1] = 10;
	packing_constrain(&problem, PACKING_TOGETHER, cd, 2, NULL, 0, 1, NULL);
	packing_constrain(&problem, PACKING_TOGETHER, ab, 2, NULL, 0, 1, NULL);
	packing_constrain(&problem, PACKING_PIN, a, 1, types, 1, 1, NULL);
	packing_constrain(&problem, PACKING_APART, ab, 2, NULL, 0, 1, NULL);
	assert_int_equal(packing_solve(&problem, &options, &result, NULL), 0);
	assert_int_equal(result.unplaced_count, 2);
	assert_int_equal(result.conflict_count, 2);
	assert_int_equal(result.conflict[0], 1);
	assert_int_equal(result.conflict[1], 3);
	assert_int_equal(result.reason[0], PACKING_CONSTRAINT);
	assert_int_equal(result.reason[2], PACKING_PLACED);
	assert_true(result.is_all_refuted);
	packing_result_done(&result);
	packing_problem_done(&problem);
}

static void too_little_room_is_no_conflict(void **state)
{
	struct packing_dimension dimension = { "memory", 1, 0 };
	struct packing_options options = { .without_solver = true };
	size_t items[] = { 0, 1, 2 };
	struct packing_problem problem;
	struct packing_result result;

	(void)state;
	packing_problem_init(&problem, &dimension, 1, 1, 1, 3, NULL);
	for (size_t i = 0; i < 3; i++)
		*packing_size(&problem, 0, i) = 6;
	problem.capacity[0] = 10;
	problem.type[0].count = 2;
	packing_constrain(&problem, PACKING_APART, items, 3, NULL, 0, 1, NULL);
	assert_int_equal(packing_solve(&problem, &options, &result, NULL), 0);
	assert_int_equal(result.unplaced_count, 1);
	assert_int_equal(result.conflict_count, 0);
	assert_true(result.is_unplaced_proven);
	packing_result_done(&result);
	packing_problem_done(&problem);
}

/* ---- failover where nothing can be searched whole ------------------------------------ */

/* Sixty items with unlimited hosts: always met, at few hosts over what must be spared. */
static void spare_hosts_are_found(void **state)
{
	uint64_t random = support_seed(5);
	struct packing_dimension dimension[] = { { "cpu", 6, 0 }, { "memory", 1, 0 } };
	struct packing_options options = { .time_limit_s = 20, .without_solver = true };

	(void)state;
	for (unsigned i = 0; i < 12; i++) {
		struct packing_problem problem;
		struct packing_result result;
		struct err err = ERR_INIT;

		packing_problem_init(&problem, dimension, 2, 1, 1, 60, NULL);
		problem.capacity[0] = 1000;
		problem.capacity[1] = 800;
		problem.failover = 1 + i % 2;
		for (size_t u = 0; u < 60; u++)
			for (size_t row = 0; row < 7; row++)
				packing_size(&problem, 0, u)[row] =
					20 + (int64_t)pick(&random, 80);
		if (packing_solve(&problem, &options, &result, &err) != 0)
			fail_msg("%s", err.text);
		assert_true(result.is_failover_met);
		assert_int_equal(result.unplaced_count, 0);
		assert_true((int64_t)result.host_count <= result.lower_bound + 2);
		packing_result_done(&result);
		packing_problem_done(&problem);
	}
}

/* ---- prices ------------------------------------------------------------------------ */

/* Any prices prove a true bound: never above the optimum, which is searched whole. */
static void prices_never_prove_too_much(void **state)
{
	uint64_t first = support_seed(77), random = first;
	static const struct mode mode = { "", 1, 1, true, true, true, true, false,
		false, 0, 0 };
	struct packing_options options = { .without_solver = true };

	(void)state;
	for (int i = 0; i < 400; i++) {
		struct packing_problem problem;
		struct packing_result result;
		enum packing_reason reason[ITEMS];
		size_t row[ITEMS];
		struct work work = { .deadline_s = 1e300 };
		struct model model;
		int64_t price[ITEMS], bound = 0;

		make_problem(&problem, &mode, &random);
		assert_int_equal(packing_solve(&problem, &options, &result, NULL), 0);
		assert_int_equal(model_build(&problem, reason, row, &model, NULL), 0);
		for (size_t u = 0; u < model.unit_count; u++)
			price[u] = (int64_t)pick(&random, 1000000);
		assert_int_equal(certificate_bound(&model, price, 1 + pick(&random, 50),
					 &work, &bound),
			0);
		if (!result.unplaced_count &&
			bound > (result.has_equal_costs ? (int64_t)result.host_count
							: result.cost))
			fail_msg("seed %llu case %d: bound %lld",
				(unsigned long long)first, i, (long long)bound);
		model_done(&model);
		packing_result_done(&result);
		packing_problem_done(&problem);
	}
}

/* Forty of 30 in hosts of 100: fourteen full ones survive no loss, twenty with two each
 * do.  In no time at all that is found only where it is known. */
static void what_is_known_to_survive_is_not_given_up(void **state)
{
	struct packing_dimension dimension = { "memory", 1, 0 };
	size_t type[20] = { 0 }, host_of[40];
	struct packing_start start = { type, 20, host_of };
	struct packing_options options = { .time_limit_s = 1e-9,
		.without_solver = true };
	struct packing_problem problem;
	struct packing_result result;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(
		packing_problem_init(&problem, &dimension, 1, 1, 1, 40, NULL), 0);
	problem.type[0].count = 20;
	problem.capacity[0] = 100;
	problem.failover = 1;
	for (size_t i = 0; i < 40; i++) {
		*packing_size(&problem, 0, i) = 30;
		host_of[i] = i / 2;
	}
	assert_int_equal(packing_solve(&problem, &options, &result, &err), 0);
	assert_false(result.is_failover_met);
	packing_result_done(&result);
	options.start = &start;
	assert_int_equal(packing_solve(&problem, &options, &result, &err), 0);
	assert_true(result.is_failover_met);
	assert_int_equal(result.unplaced_count, 0);
	packing_result_done(&result);
	packing_problem_done(&problem);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(modes) + 7] = {
		cmocka_unit_test(a_wrong_packing_is_refused),
		cmocka_unit_test(a_wrong_sum_or_proof_is_refused),
		cmocka_unit_test(constraints_that_conflict_are_named),
		cmocka_unit_test(too_little_room_is_no_conflict),
		cmocka_unit_test(prices_never_prove_too_much),
		cmocka_unit_test(spare_hosts_are_found),
		cmocka_unit_test(what_is_known_to_survive_is_not_given_up),
	};

	for (size_t i = 0; i < ARRAY_LEN(modes); i++)
		tests[7 + i] = (struct CMUnitTest){ .name = modes[i].name,
			.test_func = check_mode,
			.initial_state = &modes[i] };
	return cmocka_run_group_tests_name("packing", tests, NULL, NULL);
}
