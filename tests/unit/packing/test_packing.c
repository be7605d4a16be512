/*
 * The packing engine against brute force: every assignment of small random problems in
 * every mode with every constraint, judged by the checker, which shares no code with
 * the solvers.  HEADROOM_SEED repeats a run.
 */
#include "tests/support.h"

#include "analyze/packing/certificate.h"
#include "analyze/packing/checker.h"
#include "analyze/packing/knapsack.h"
#include "analyze/packing/packing.h"

#include <errno.h>
#include <string.h>

#define ITEMS 5
#define SLOTS 4 /* hosts in all */
#define SPARES 2

static size_t pick(uint64_t *random, size_t below)
{
	return (size_t)(support_random(random) % below);
}

/* ---- random problems --------------------------------------------------------------- */

struct mode {
	const char *name;
	size_t slots; /* of the first dimension */
	size_t variants;
	bool has_costs, has_setup, has_constraints, separates, has_spares, has_volumes;
	unsigned failover;
	unsigned cases;
};

static void make_types(
	struct packing_problem *problem, const struct mode *mode, uint64_t *random)
{
	size_t left = SLOTS;

	for (size_t t = 0; t < problem->type_count; t++) {
		struct packing_host_type *type = &problem->type[t];
		size_t others = problem->type_count - t - 1;
		size_t count = others ? pick(random, left - others + 1) : left;

		type->count = (int64_t)count;
		left -= count;
		type->cost = mode->has_costs ? (int64_t)pick(random, 6) : 1;
		type->zone = (int)pick(random, 2);
		type->variant = pick(random, mode->variants);
		for (size_t d = 0; d < problem->dimension_count; d++) {
			size_t cell = t * problem->dimension_count + d;

			problem->capacity[cell] = 8 + (int64_t)pick(random, 8);
			problem->used[cell] =
				pick(random, 3) ? 0 : (int64_t)pick(random, 4);
		}
	}
}

static void make_constraints(struct packing_problem *problem, uint64_t *random)
{
	size_t count = 1 + pick(random, 3);

	for (size_t c = 0; c < count; c++) {
		size_t items[ITEMS], types[3], item_count = 0, type_count = 0;
		enum packing_constraint_kind kind =
			(enum packing_constraint_kind)pick(random, 8);
		size_t group[ITEMS];

		for (size_t i = 0; i < problem->item_count; i++)
			if (pick(random, 2)) {
				group[item_count] = pick(random, 3);
				items[item_count++] = i;
			}
		for (size_t t = 0; t < problem->type_count; t++)
			if (pick(random, 2))
				types[type_count++] = t;
		if (kind == PACKING_APART_GROUPS)
			packing_constrain_groups(
				problem, items, group, item_count, 3, NULL);
		else
			packing_constrain(problem, kind, items, item_count, types,
				type_count, 1 + pick(random, 2), NULL);
	}
}

/* The space of some types in two or three parts. */
static void cut_into_volumes(struct packing_problem *problem, uint64_t *random)
{
	problem->volume_dimension = 1;
	for (size_t t = 0; t < problem->type_count; t++) {
		struct packing_host_type *type = &problem->type[t];
		size_t cell = t * problem->dimension_count + 1;
		int64_t left = problem->capacity[cell];

		problem->used[cell] = 0;
		type->volume_count = pick(random, 4);
		for (size_t v = 0; v < type->volume_count; v++) {
			type->volume[v] = v + 1 == type->volume_count
				? left
				: (int64_t)pick(random, (size_t)left + 1);
			left -= type->volume[v];
		}
	}
}

static void make_problem(
	struct packing_problem *problem, const struct mode *mode, uint64_t *random)
{
	struct packing_dimension dimension[2] = { { "cpu", mode->slots, 0 },
		{ "memory", 1, 0 } };
	size_t dims = 1 + pick(random, 2), types = 1 + pick(random, 3);
	size_t items = 1 + pick(random, ITEMS);

	if (mode->has_setup || mode->has_volumes)
		dims = 2;
	assert_int_equal(packing_problem_init(problem, dimension, dims, types,
				 mode->variants, items, NULL),
		0);
	make_types(problem, mode, random);
	for (size_t i = 0; i < items; i++) {
		problem->item[i].environment = (int)pick(random, 2);
		problem->item[i].is_sharing = pick(random, 2) != 0;
		for (size_t v = 0; v < mode->variants; v++)
			for (size_t row = 0; row < problem->row_count; row++)
				packing_size(problem, v, i)[row] =
					(int64_t)pick(random, 9);
	}
	problem->separates_environments = mode->separates;
	problem->failover = mode->failover;
	for (size_t s = 0; s < SPARES && mode->has_spares; s++)
		problem->type[pick(random, types)].spare += (int64_t)pick(random, 2);
	if (mode->has_volumes)
		cut_into_volumes(problem, random);
	if (mode->has_setup) {
		problem->setup_dimension = 1;
		problem->setup_amount = 1 + (int64_t)pick(random, 3);
	}
	if (mode->has_constraints)
		make_constraints(problem, random);
}

/* ---- brute force ------------------------------------------------------------------- */

struct answer {
	size_t unplaced, hosts;
	int64_t cost;
	bool exists;
};

struct brute {
	const struct packing_problem *problem;
	size_t slot_type[SLOTS + 1 +
		SPARES]; /* then, after one for nowhere, the spare */
	size_t slot_count, spare_count;
	size_t slot_of[ITEMS]; /* SLOTS: left out */
	struct answer best, best_surviving;
};

/* Used slots become hosts 0..; the slots say how many there are; false when the placement breaks a rule. */
static bool judge(
	const struct brute *b, const size_t *slot_of, struct answer *ret_answer)
{
	struct packing_host_type types[3];
	struct packing_problem all = *b->problem, *problem = &all;
	size_t number[SLOTS + 1 + SPARES], type[SLOTS + SPARES], host_of[ITEMS];
	struct answer answer = { .exists = true };

	all.type = types;
	for (size_t t = 0; t < all.type_count; t++) {
		types[t] = b->problem->type[t];
		types[t].count += types[t].spare;
	}
	for (size_t s = 0; s < SLOTS + 1 + SPARES; s++) {
		bool is_used = false;

		if (s >= b->slot_count && (s <= SLOTS || s > SLOTS + b->spare_count))
			continue;
		for (size_t i = 0; i < problem->item_count; i++)
			is_used = is_used || slot_of[i] == s;
		number[s] = is_used ? answer.hosts : PACKING_NONE;
		if (!is_used)
			continue;
		type[answer.hosts++] = b->slot_type[s];
		answer.cost += problem->type[b->slot_type[s]].cost;
	}
	for (size_t i = 0; i < problem->item_count; i++) {
		host_of[i] = slot_of[i] == SLOTS ? PACKING_NONE : number[slot_of[i]];
		answer.unplaced += slot_of[i] == SLOTS;
	}
	*ret_answer = answer;
	return checker_check_placement(problem, type, answer.hosts, host_of, NULL) == 0;
}

/* Some placement of the lost items on the used slots that are left. */
static bool can_restart(const struct brute *b, size_t *slot_of, unsigned lost,
	unsigned usable, size_t from)
{
	struct answer ignored;
	size_t i = from;

	while (i < b->problem->item_count &&
		(b->slot_of[i] == SLOTS || !(lost >> b->slot_of[i] & 1)))
		i++;
	if (i == b->problem->item_count)
		return judge(b, slot_of, &ignored);
	for (size_t s = 0; s < SLOTS + 1 + SPARES; s++) {
		if (!(usable >> s & 1))
			continue;
		slot_of[i] = s;
		if (can_restart(b, slot_of, lost, usable, i + 1))
			return true;
	}
	slot_of[i] = b->slot_of[i];
	return false;
}

static bool survives(const struct brute *b)
{
	unsigned used = 0, spares = 0, k = b->problem->failover;

	for (size_t i = 0; i < b->problem->item_count; i++)
		if (b->slot_of[i] != SLOTS)
			used |= 1u << b->slot_of[i];
	for (size_t s = 0; s < b->spare_count; s++)
		spares |= 1u << (SLOTS + 1 + s);
	if ((unsigned)__builtin_popcount(used) <= k) {
		k = (unsigned)__builtin_popcount(used);
		if (!spares || !used)
			return false;
	}
	for (unsigned lost = used; lost; lost = (lost - 1) & used) {
		size_t slot_of[ITEMS];

		if ((unsigned)__builtin_popcount(lost) != k)
			continue;
		memcpy(slot_of, b->slot_of, sizeof(slot_of));
		if (!can_restart(b, slot_of, lost, (used & ~lost) | spares, 0))
			return false;
	}
	return true;
}

static bool is_better(const struct answer *a, const struct answer *b)
{
	if (!b->exists || a->unplaced != b->unplaced)
		return !b->exists || a->unplaced < b->unplaced;
	return a->cost != b->cost ? a->cost < b->cost : a->hosts < b->hosts;
}

static void brute_from(struct brute *b, size_t item)
{
	struct answer answer;

	if (item < b->problem->item_count) {
		for (size_t s = 0; s <= b->slot_count; s++) {
			b->slot_of[item] = s == b->slot_count ? SLOTS : s;
			brute_from(b, item + 1);
		}
		return;
	}
	if (!judge(b, b->slot_of, &answer))
		return;
	if (is_better(&answer, &b->best))
		b->best = answer;
	if (b->problem->failover && is_better(&answer, &b->best_surviving) &&
		survives(b))
		b->best_surviving = answer;
}

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
