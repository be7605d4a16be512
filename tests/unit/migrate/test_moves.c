#include "tests/support.h"

#include "analyze/migrate/moves.h"
#include "common/random.h"

#include <string.h>

#define ITEMS_MAX 5
#define HOSTS_MAX 4

/* One dimension, hosts of one type; sizes and capacity as given. */
static void make_problem(struct packing_problem *problem, const int64_t *sizes,
	size_t count, int64_t capacity)
{
	struct packing_dimension dimension = { .name = "memory", .slots = 1 };
	struct err err = ERR_INIT;

	assert_int_equal(
		packing_problem_init(problem, &dimension, 1, 1, 1, count, &err), 0);
	problem->capacity[0] = capacity;
	for (size_t i = 0; i < count; i++)
		*packing_size(problem, 0, i) = sizes[i];
}

/* Breadth first over all placements: the fewest moves, or -1. */
static int fewest_moves(const int64_t *sizes, size_t items, size_t hosts,
	int64_t capacity, const size_t *from, const size_t *to)
{
	static int distance[1024];
	static size_t queue[1024];
	size_t states = 1, head = 0, tail = 0, start = 0, goal = 0;

	for (size_t i = items; i-- > 0;) {
		start = start * hosts + from[i];
		goal = goal * hosts + to[i];
		states *= hosts;
	}
	for (size_t s = 0; s < states; s++)
		distance[s] = -1;
	distance[start] = 0;
	queue[tail++] = start;
	while (head < tail) {
		size_t s = queue[head++], weight = 1;

		if (s == goal)
			return distance[s];
		for (size_t i = 0; i < items; i++, weight *= hosts) {
			size_t at = s / weight % hosts;

			for (size_t h = 0; h < hosts; h++) {
				size_t next = s + (h - at) * weight, rest = next;
				int64_t load = 0;

				if (h == at)
					continue;
				for (size_t j = 0; j < items; j++, rest /= hosts)
					load += rest % hosts == h ? sizes[j] : 0;
				if (load > capacity || distance[next] >= 0)
					continue;
				distance[next] = distance[s] + 1;
				queue[tail++] = next;
			}
		}
	}
	return -1;
}

static void replay(const struct move_plan *plan, const int64_t *sizes, size_t items,
	size_t hosts, int64_t capacity, const size_t *from, const size_t *to)
{
	size_t at[ITEMS_MAX];

	memcpy(at, from, items * sizeof(*at));
	for (size_t m = 0; m < plan->count; m++) {
		assert_int_equal(at[plan->move[m].item], plan->move[m].from);
		at[plan->move[m].item] = plan->move[m].to;
		for (size_t h = 0; h < hosts; h++) {
			int64_t load = 0;

			for (size_t i = 0; i < items; i++)
				load += at[i] == h ? sizes[i] : 0;
			assert_true(load <= capacity);
		}
	}
	assert_memory_equal(at, to, items * sizeof(*at));
}

/* Loads within the capacity, or -1 */
static int random_placement(
	uint64_t *random, const int64_t *sizes, size_t items, size_t hosts, size_t *ret)
{
	int64_t load[HOSTS_MAX] = { 0 };

	for (size_t i = 0; i < items; i++) {
		ret[i] = support_random(random) % hosts;
		load[ret[i]] += sizes[i];
		if (load[ret[i]] > 10)
			return -1;
	}
	return 0;
}

static void the_fewest_moves_agree_with_brute_force(void **state)
{
	uint64_t seed = support_seed(612), random = seed;
	size_t host_type[HOSTS_MAX] = { 0 };
	unsigned compared = 0, detours = 0;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	while (compared < 3000) {
		size_t items = 2 + support_random(&random) % (ITEMS_MAX - 1);
		size_t hosts = 2 + support_random(&random) % (HOSTS_MAX - 2);
		size_t from[ITEMS_MAX], to[ITEMS_MAX];
		int64_t sizes[ITEMS_MAX];
		struct packing_problem problem;
		struct move_plan plan;
		int wanted;

		for (size_t i = 0; i < items; i++)
			sizes[i] = 1 + (int64_t)(support_random(&random) % 8);
		if (random_placement(&random, sizes, items, hosts, from) < 0 ||
			random_placement(&random, sizes, items, hosts, to) < 0)
			continue;
		compared++;
		wanted = fewest_moves(sizes, items, hosts, 10, from, to);
		make_problem(&problem, sizes, items, 10);
		assert_int_equal(
			moves_order(&problem, host_type, hosts, from, to, &plan), 0);
		assert_int_equal(plan.is_complete, wanted >= 0);
		if (wanted >= 0) {
			assert_true(plan.is_fewest);
			assert_int_equal(plan.count, wanted);
			replay(&plan, sizes, items, hosts, 10, from, to);
			detours += plan.count > plan.differing;
		}
		move_plan_done(&plan);
		packing_problem_done(&problem);
	}
	assert_true(detours > 10); /* the hard cases were among them */
}

static void two_full_hosts_swap_over_a_third(void **state)
{
	static const int64_t sizes[] = { 10, 10 };
	static const size_t from[] = { 0, 1 }, to[] = { 1, 0 };
	static const size_t host_type[] = { 0, 0, 0 };
	struct packing_problem problem;
	struct move_plan plan;

	(void)state;
	make_problem(&problem, sizes, 2, 10);
	assert_int_equal(moves_order(&problem, host_type, 3, from, to, &plan), 0);
	assert_int_equal(plan.count, 3);
	assert_true(plan.move[0].is_detour && plan.is_fewest);
	move_plan_done(&plan);
	/* without the third there is no way, and that is said */
	assert_int_equal(moves_order(&problem, host_type, 2, from, to, &plan), 0);
	assert_false(plan.is_complete);
	move_plan_done(&plan);
	packing_problem_done(&problem);
}

static void hosts_are_matched_by_who_stays(void **state)
{
	static const int64_t sizes[] = { 1, 1, 1, 1, 1 };
	static const size_t today_of[] = { 0, 0, 1, 1, 2 };
	static const size_t next_of[] = { 1, 1, 0, 0, 0 }; /* the names are swapped */
	static const size_t types[] = { 0, 0, 0 };
	struct packing_problem problem;
	size_t as[2];

	(void)state;
	make_problem(&problem, sizes, 5, 10);
	assert_int_equal(
		moves_match_hosts(&problem, types, 3, today_of, types, 2, next_of, as),
		0);
	assert_int_equal(as[0], 1);
	assert_int_equal(as[1], 0);
	/* more hosts than today: the one that is left gets a number behind them */
	assert_int_equal(
		moves_match_hosts(&problem, types, 1, next_of, types, 2, next_of, as),
		0);
	assert_true((as[0] == 0 && as[1] == 1) || (as[0] == 1 && as[1] == 0));
	packing_problem_done(&problem);
}

/* Items that stay under the best of all namings, by trying each. */
static int most_stays(size_t items, const size_t *today_of, const size_t *next_of,
	size_t next_hosts, size_t today_hosts, unsigned taken, size_t next)
{
	int best = 0;

	if (next == next_hosts)
		return 0;
	best = most_stays(
		items, today_of, next_of, next_hosts, today_hosts, taken, next + 1);
	for (size_t t = 0; t < today_hosts; t++) {
		int stays = 0, rest;

		if (taken & 1u << t)
			continue;
		for (size_t i = 0; i < items; i++)
			stays += next_of[i] == next && today_of[i] == t;
		rest = most_stays(items, today_of, next_of, next_hosts, today_hosts,
			taken | 1u << t, next + 1);
		if (stays + rest > best)
			best = stays + rest;
	}
	return best;
}

static void no_other_naming_keeps_more(void **state)
{
	static const size_t types[8] = { 0 };
	uint64_t random = 20260101;
	struct packing_problem problem;
	int64_t sizes[12];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		sizes[i] = 1;
	make_problem(&problem, sizes, ARRAY_LEN(sizes), 100);
	for (int round = 0; round < 400; round++) {
		size_t today_hosts = 1 + random_below(&random, 5);
		size_t next_hosts = 1 + random_below(&random, 5);
		size_t today_of[12], next_of[12], as[8], taken = 0;
		int stays = 0;

		for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
			today_of[i] = random_below(&random, 8)
				? random_below(&random, today_hosts)
				: PACKING_NONE;
			next_of[i] = random_below(&random, 8)
				? random_below(&random, next_hosts)
				: PACKING_NONE;
		}
		assert_int_equal(moves_match_hosts(&problem, types, today_hosts,
					 today_of, types, next_hosts, next_of, as),
			0);
		for (size_t h = 0; h < next_hosts; h++) {
			assert_false(taken & (size_t)1 << as[h]);
			taken |= (size_t)1 << as[h];
		}
		for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
			stays += next_of[i] != PACKING_NONE &&
				as[next_of[i]] == today_of[i];
		assert_int_equal(stays,
			most_stays(ARRAY_LEN(sizes), today_of, next_of, next_hosts,
				today_hosts, 0, 0));
	}
	packing_problem_done(&problem);
}

/* 60,000 hosts whose names are all exchanged; by host against host this takes hours. */
static void many_hosts_are_matched_group_by_group(void **state)
{
	enum { HOSTS = 60000 };
	int64_t *sizes = calloc(HOSTS, sizeof(*sizes));
	size_t *types = calloc(HOSTS, sizeof(size_t));
	size_t *today_of = calloc(HOSTS, sizeof(size_t));
	size_t *next_of = calloc(HOSTS, sizeof(size_t));
	size_t *as = calloc(HOSTS, sizeof(size_t));
	struct packing_problem problem;

	(void)state;
	assert_true(sizes && types && today_of && next_of && as);
	for (size_t i = 0; i < HOSTS; i++) {
		sizes[i] = 1;
		today_of[i] = i;
		next_of[i] = HOSTS - 1 - i;
	}
	make_problem(&problem, sizes, HOSTS, 10);
	assert_int_equal(moves_match_hosts(&problem, types, HOSTS, today_of, types,
				 HOSTS, next_of, as),
		0);
	for (size_t h = 0; h < HOSTS; h++)
		assert_int_equal(as[h], HOSTS - 1 - h);
	/* one group of all: item i on hosts i and i + 1 by turns; said, not searched */
	for (size_t i = 0; i < HOSTS; i++) {
		today_of[i] = i / 2;
		next_of[i] = (i + 1) / 2 % (HOSTS / 2);
	}
	assert_int_equal(moves_match_hosts(&problem, types, HOSTS / 2, today_of, types,
				 HOSTS / 2, next_of, as),
		1);
	packing_problem_done(&problem);
	free(sizes);
	free(types);
	free(today_of);
	free(next_of);
	free(as);
}

static void many_moves_are_ordered_too(void **state)
{
	enum { ITEMS = 60, HOSTS = 10 };
	int64_t sizes[ITEMS];
	size_t from[ITEMS], to[ITEMS], host_type[HOSTS] = { 0 }, at[ITEMS];
	struct packing_problem problem;
	struct move_plan plan;

	(void)state;
	for (size_t i = 0; i < ITEMS; i++) {
		sizes[i] = 1;
		from[i] = i % HOSTS;
		to[i] = (i + 1 + i / HOSTS) % HOSTS;
	}
	make_problem(&problem, sizes, ITEMS, 8);
	assert_int_equal(moves_order(&problem, host_type, HOSTS, from, to, &plan), 0);
	assert_true(plan.is_complete);
	memcpy(at, from, sizeof(at));
	for (size_t m = 0; m < plan.count; m++)
		at[plan.move[m].item] = plan.move[m].to;
	assert_memory_equal(at, to, sizeof(at));
	move_plan_done(&plan);
	packing_problem_done(&problem);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fewest_moves_agree_with_brute_force),
		cmocka_unit_test(two_full_hosts_swap_over_a_third),
		cmocka_unit_test(hosts_are_matched_by_who_stays),
		cmocka_unit_test(no_other_naming_keeps_more),
		cmocka_unit_test(many_hosts_are_matched_group_by_group),
		cmocka_unit_test(many_moves_are_ordered_too),
	};
	return cmocka_run_group_tests_name("moves", tests, NULL, NULL);
}
