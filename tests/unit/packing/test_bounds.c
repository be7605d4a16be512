/*
 * No false proof: small random problems with types, costs, environments, pins, groups
 * and failover.  Their answer is known from a search of all packings (which
 * test_packing compares with brute force); the sets of hosts, the rows and the proofs
 * that headroom-solver and its master make are not allowed to contradict it.
 * HEADROOM_SEED repeats a run, HEADROOM_CASES makes it longer.
 */
#include "tests/support.h"

#include "analyze/packing/mip.h"
#include "analyze/packing/packing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ITEMS 9
#define TYPES 3

struct shape {
	const char *name;
	bool has_sides, has_groups, separates;
	unsigned failover;
	unsigned cases;
};

static size_t draw(uint64_t *random, size_t below)
{
	return (size_t)(support_random(random) % below);
}

static void constrain(struct packing_problem *problem, uint64_t *random)
{
	for (size_t c = 0; c < 3; c++) {
		size_t items[ITEMS], type = draw(random, TYPES), count = 0;

		for (size_t i = 0; i < problem->item_count; i++)
			if (draw(random, 3) == 0)
				items[count++] = i;
		/* an empty list is refused, which is as good as no constraint */
		packing_constrain(problem,
			c == 0           ? PACKING_PIN
				: c == 1 ? PACKING_APART
					 : PACKING_AT_MOST,
			items, count, &type, 1, c == 1 ? 1 : 2, NULL);
	}
}

/* A group on few hosts, groups that must not meet, spare hosts, volumes. */
static void add_groups(struct packing_problem *problem, uint64_t *random)
{
	for (size_t c = 0; c < 2; c++) {
		size_t items[ITEMS], group[ITEMS], count = 0;

		for (size_t i = 0; i < problem->item_count; i++)
			if (draw(random, 3)) {
				group[count] = draw(random, 3);
				items[count++] = i;
			}
		if (c == 0)
			packing_constrain(problem, PACKING_AT_MOST_HOSTS, items, count,
				NULL, 0, 1 + draw(random, 3), NULL);
		else
			packing_constrain_groups(problem, items, group, count, 3, NULL);
	}
	problem->volume_dimension = 1;
	for (size_t t = 0; t < TYPES; t++) {
		struct packing_host_type *type = &problem->type[t];

		type->spare = (int64_t)draw(random, 4) / 3;
		type->volume_count = 2 * draw(random, 2);
		type->volume[0] =
			(int64_t)draw(random, (size_t)problem->capacity[t * 2 + 1]);
		type->volume[1] = problem->capacity[t * 2 + 1] - type->volume[0];
	}
}

static void make(
	struct packing_problem *problem, const struct shape *shape, uint64_t *random)
{
	struct packing_dimension dimension[2] = { { "memory", 1, 0 }, { "cpu", 1, 0 } };
	size_t items = 3 + draw(random, ITEMS - 2);

	assert_int_equal(
		packing_problem_init(problem, dimension, 2, TYPES, 1, items, NULL), 0);
	for (size_t t = 0; t < TYPES; t++) {
		problem->type[t].count = (int64_t)draw(random, 5);
		problem->type[t].cost = 2 + (int64_t)draw(random, 9);
		for (size_t d = 0; d < 2; d++)
			problem->capacity[t * 2 + d] = 12 + (int64_t)draw(random, 20);
	}
	for (size_t i = 0; i < items; i++) {
		problem->item[i].environment = (int)draw(random, 2);
		for (size_t d = 0; d < 2; d++)
			packing_size(problem, 0, i)[d] = 1 + (int64_t)draw(random, 11);
	}
	problem->separates_environments = shape->separates;
	problem->failover = shape->failover;
	if (shape->has_sides)
		constrain(problem, random);
	if (shape->has_groups)
		add_groups(problem, random);
}

static int64_t value_of(const struct packing_result *result)
{
	return result->has_equal_costs ? (int64_t)result->host_count : result->cost;
}

static void contradict(const struct packing_problem *problem,
	const struct packing_options *options, uint64_t seed)
{
	struct packing_options whole = { .time_limit_s = 60, .without_solver = true };
	struct packing_result truth, other;
	struct err err = ERR_INIT;
	unsigned long long s = seed;

	assert_int_equal(packing_solve(problem, &whole, &truth, &err), 0);
	if (packing_solve(problem, options, &other, &err) != 0)
		fail_msg("seed %llu: %s", s, err.text);
	if (truth.unplaced_count == 0 && other.is_all_refuted)
		fail_msg("seed %llu: infeasible, but there is a packing", s);
	if (other.unplaced_count < truth.unplaced_count)
		fail_msg("seed %llu: fewer left out than can be", s);
	if (truth.unplaced_count == 0 && other.unplaced_count == 0) {
		bool is_like = !problem->failover ||
			truth.is_failover_met == other.is_failover_met;

		if (is_like && other.lower_bound > value_of(&truth))
			fail_msg("seed %llu: bound %lld over the optimum %lld", s,
				(long long)other.lower_bound,
				(long long)value_of(&truth));
		if (truth.is_failover_met && other.is_failover_refuted)
			fail_msg("seed %llu: refuted, but it can be survived", s);
		if (!truth.is_failover_met && other.is_failover_met)
			fail_msg("seed %llu: survives what cannot be", s);
		if (is_like && other.is_proven_optimal &&
			value_of(&other) != value_of(&truth))
			fail_msg("seed %llu: %lld proven, %lld is the optimum", s,
				(long long)value_of(&other),
				(long long)value_of(&truth));
	}
	packing_result_done(&truth);
	packing_result_done(&other);
}

static struct shape shapes[] = {
	{ "types and costs: no bound over the optimum", false, false, false, 0, 250 },
	{ "pins, groups and environments: no bound over the optimum", true, false, true,
		0, 350 },
	{ "few hosts, groups apart: no bound over the optimum", false, true, false, 0,
		200 },
	{ "few hosts, groups apart, pins, environments: no bound over the optimum",
		true, true, true, 0, 200 },
	{ "failover of one host: no bound over the optimum", true, false, false, 1,
		150 },
	{ "failover of two hosts, environments: no bound over the optimum", true, false,
		true, 2, 100 },
	{ "failover to spare hosts, groups apart: no bound over the optimum", false,
		true, false, 1, 150 },
	{ "failover of two, spare hosts, everything: no bound over the optimum", true,
		true, true, 2, 100 },
};

static void no_false_proof(void **state)
{
	const struct shape *shape = *state;
	const char *build = getenv("BUILD"), *times = getenv("HEADROOM_CASES");
	unsigned long cases = shape->cases * (times ? strtoul(times, NULL, 10) : 1);
	uint64_t first = support_seed(20261130);
	char path[4096];
	struct packing_options options = {
		.time_limit_s = 0.06, .without_search = true, .solver_path = path
	};

	snprintf(path, sizeof(path), "%s/headroom-solver", build ? build : "build");
	if (access(path, X_OK) != 0)
		support_skip("headroom-solver is not built: nothing is proven by it");
	print_message("# %s: %lu cases from seed %llu\n", shape->name, cases,
		(unsigned long long)first);
	for (unsigned long i = 0; i < cases; i++) {
		uint64_t random = first + i;
		struct packing_problem problem;

		make(&problem, shape, &random);
		contradict(&problem, &options, first + i);
		packing_problem_done(&problem);
	}
}

/* ---- proofs by themselves ------------------------------------------------------------- */

/* min 3 a + 2 b, 2 a + b >= 5, whole, 0..9: 8 (a = 2, b = 1); by the row alone 7.5. */
static void make_mip(struct mip *mip)
{
	assert_int_equal(mip_init(mip, 2, 1), 0);
	mip->cost[0] = 3;
	mip->cost[1] = 2;
	mip->upper[0] = mip->upper[1] = 9;
	mip->need[0] = 5;
	mip->give[0] = 2;
	mip->give[1] = 1;
}

static void multipliers_prove_what_they_prove(void **state)
{
	struct mip_multiplier good = { 0, 1.5 }, greedy = { 0, 1000 }, bad = { 7, 1 };
	struct mip_step leaf = { .column = -1, .first = 0, .count = 1 };
	struct mip_proof proof = { &leaf, 1, &good, 1 };
	int64_t y[2] = { 2, 1 }, less[2] = { 2, 0 }, bound = -1;
	struct mip mip;

	(void)state;
	make_mip(&mip);
	assert_true(mip_allows(&mip, y));
	assert_false(mip_allows(&mip, less));
	assert_int_equal(mip_bound(&mip, &proof, &bound), 0);
	assert_int_equal(bound, 8); /* 7.5, and costs are whole */
	proof.multiplier = &greedy;
	assert_int_equal(mip_bound(&mip, &proof, &bound), 0);
	assert_int_equal(bound, 0); /* too much of a good thing proves nothing */
	leaf.is_empty = 1;
	proof.multiplier = &good;
	assert_int_equal(mip_bound(&mip, &proof, &bound), 0);
	assert_int_equal(bound, 0); /* something is in it */
	proof.multiplier = &bad;
	assert_int_equal(mip_bound(&mip, &proof, &bound), -EPROTO);
	mip_done(&mip);
}

static void a_division_must_be_whole(void **state)
{
	struct mip_multiplier m[2] = { { 0, 1.5 }, { 0, 3 } };
	struct mip_step step[3] = { { .column = 0, .value = 1 },
		{ .column = -1, .first = 0, .count = 1 },
		{ .column = -1, .first = 0, .count = 1 } };
	struct mip_proof proof = { step, 3, m, 2 };
	int64_t bound = -1;
	struct mip mip;

	(void)state;
	make_mip(&mip);
	mip.upper[1] = 2;
	step[1].is_empty = 1; /* a <= 1: at most 4 of 5 */
	step[1].first = 1;
	assert_int_equal(mip_bound(&mip, &proof, &bound), 0);
	assert_int_equal(bound, 8);
	proof.step_count = 2; /* a side is missing */
	assert_int_equal(mip_bound(&mip, &proof, &bound), -EPROTO);
	proof.step_count = 3;
	step[0].column = 5; /* of a column that is not there */
	assert_int_equal(mip_bound(&mip, &proof, &bound), -EPROTO);
	step[0] = step[1]; /* and more than the whole */
	assert_int_equal(mip_bound(&mip, &proof, &bound), -EPROTO);
	mip_done(&mip);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(shapes) + 2] = {
		cmocka_unit_test(multipliers_prove_what_they_prove),
		cmocka_unit_test(a_division_must_be_whole),
	};

	for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
		tests[2 + i] = (struct CMUnitTest){ .name = shapes[i].name,
			.test_func = no_false_proof,
			.initial_state = &shapes[i] };
	return cmocka_run_group_tests_name("bounds", tests, NULL, NULL);
}
