/* The fewest waves of a few workloads: sets of what has moved, window by window. */
#include "analyze/migrate/waves_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FAR = 255 };

/* Of one set of items: can it be one wave of so many minutes? */
struct set_facts {
	bool is_possible; /* room and people; without windows a whole round */
	bool is_exact;
	double minutes; /* the least; NAN: not known */
};

struct exact {
	const struct wave_problem *problem;
	unsigned count; /* items */
	unsigned sets;  /* 1 << count */
	size_t rounds;  /* windows, or as many rounds as there are items */
	bool has_windows;
	unsigned must[WAVES_EXACT_MAX]; /* what moves before an item */
	struct set_facts *facts;        /* [sets] */
	unsigned char
		*used;  /* [rounds + 1][sets] waves used so far; FAR: not reached */
	unsigned *from; /* [rounds + 1][sets] the set before */
	bool is_proven;
};

static size_t items_of(unsigned set, size_t *list)
{
	size_t count = 0;

	for (unsigned i = 0; i < WAVES_EXACT_MAX; i++) {
		if (set & (1u << i))
			list[count++] = i;
	}
	return count;
}

static void look_at_sets(struct exact *exact)
{
	for (unsigned set = 1; set < exact->sets; set++) {
		struct set_facts *facts = &exact->facts[set];
		struct wave_problem alone = *exact->problem;
		size_t list[WAVES_EXACT_MAX];
		size_t count = items_of(set, list);
		const struct wave_window endless = { .minutes = INFINITY };
		struct wave_item item[WAVES_EXACT_MAX];

		for (size_t i = 0; i < count; i++) {
			item[i] = exact->problem->item[list[i]];
			item[i].may_window = NULL;
			list[i] = i;
		}
		alone.item = item;
		facts->is_exact = true;
		if (!exact->has_windows) {
			facts->is_possible = waves_fits(
				&alone, list, count, WAVE_NONE, &facts->is_exact);
			continue;
		}
		alone.limits.window = &endless;
		alone.limits.window_count = 1;
		facts->minutes =
			waves_makespan(&alone, list, count, NULL, &facts->is_exact);
		facts->is_possible =
			waves_fits(&alone, list, count, 0, &(bool){ true });
	}
}

static bool set_fits(struct exact *exact, unsigned set, size_t round, unsigned allowed)
{
	const struct set_facts *facts = &exact->facts[set];
	double room;
	size_t list[WAVES_EXACT_MAX];

	if (!facts->is_possible || (set & ~allowed))
		return false;
	if (!exact->has_windows)
		return true;
	room = exact->problem->limits.window[round].minutes;
	if (facts->minutes <= room)
		return true;
	if (!facts->is_exact &&
		waves_makespan_bound(exact->problem, list, items_of(set, list)) <= room)
		exact->is_proven = false; /* a shorter schedule was not ruled out */
	return false;
}

static unsigned ready_after(const struct exact *exact, unsigned done)
{
	unsigned ready = 0;

	for (unsigned i = 0; i < exact->count; i++) {
		if (!(done & (1u << i)) && (exact->must[i] & ~done) == 0)
			ready |= 1u << i;
	}
	return ready;
}

static unsigned allowed_in(const struct exact *exact, size_t round)
{
	unsigned allowed = exact->sets - 1;

	for (unsigned i = 0; exact->has_windows && i < exact->count; i++) {
		const bool *may = exact->problem->item[i].may_window;

		if (may && !may[round])
			allowed &= ~(1u << i);
	}
	return allowed;
}

/* Do the hosts carry `done`, the others where they were, and `set` on both sides? */
static bool state_fits_set(const struct exact *exact, unsigned done, unsigned set)
{
	size_t wave_of[WAVES_EXACT_MAX], list[WAVES_EXACT_MAX];

	if (!exact->problem->states)
		return true;
	for (unsigned i = 0; i < exact->count; i++)
		wave_of[i] = done & (1u << i) ? 0 : WAVE_NONE;
	return waves_state_holds(
		exact->problem, wave_of, WAVE_NONE, list, items_of(set, list));
}

static void reach(struct exact *exact, size_t round, unsigned before, unsigned after)
{
	unsigned char *row = exact->used + (round + 1) * exact->sets;
	unsigned char used = exact->used[round * exact->sets + before];

	if (before != after)
		used++;
	if (used < row[after]) {
		row[after] = used;
		exact->from[(round + 1) * exact->sets + after] = before;
	}
}

static void walk_rounds(struct exact *exact)
{
	memset(exact->used, FAR, (exact->rounds + 1) * exact->sets);
	exact->used[0] = 0;
	for (size_t round = 0; round < exact->rounds; round++) {
		unsigned allowed = allowed_in(exact, round);

		for (unsigned done = 0; done < exact->sets; done++) {
			unsigned ready;

			if (exact->used[round * exact->sets + done] == FAR)
				continue;
			reach(exact, round, done, done);
			ready = ready_after(exact, done) & allowed;
			for (unsigned set = ready; set; set = (set - 1) & ready) {
				if (set_fits(exact, set, round, allowed) &&
					state_fits_set(exact, done, set))
					reach(exact, round, done, done | set);
			}
		}
	}
}

static unsigned waves_exact_bits_of(unsigned set)
{
	return (unsigned)__builtin_popcount(set);
}

/* Most workloads, then fewest waves, then the earliest end. */
static void choose_end(const struct exact *exact, unsigned *ret_set, size_t *ret_round)
{
	unsigned best = 0, best_used = 0;
	size_t best_round = 0;

	for (size_t round = 0; round <= exact->rounds; round++) {
		for (unsigned set = 0; set < exact->sets; set++) {
			unsigned used = exact->used[round * exact->sets + set];

			if (used == FAR)
				continue;
			if (waves_exact_bits_of(set) > waves_exact_bits_of(best) ||
				(waves_exact_bits_of(set) ==
						waves_exact_bits_of(best) &&
					used < best_used)) {
				best = set;
				best_used = used;
				best_round = round;
			}
		}
	}
	*ret_set = best;
	*ret_round = best_round;
}

static unsigned count_placed(const struct exact *exact, const struct wave_plan *plan)
{
	unsigned placed = 0;

	for (unsigned i = 0; i < exact->count; i++)
		placed += plan->wave_of[i] != WAVE_NONE;
	return placed;
}

static void take_order(const struct exact *exact, struct wave_plan *plan)
{
	unsigned set;
	size_t round;

	choose_end(exact, &set, &round);
	/* the order that is there fills its first waves: kept where it is as good */
	if (waves_exact_bits_of(set) == count_placed(exact, plan) &&
		exact->used[round * exact->sets + set] == plan->wave_count)
		return;
	plan->wave_count = exact->used[round * exact->sets + set];
	for (size_t i = 0; i < exact->count; i++)
		plan->wave_of[i] = WAVE_NONE;
	for (size_t wave = plan->wave_count; round > 0; round--) {
		unsigned before = exact->from[round * exact->sets + set];

		if (before == set)
			continue;
		wave--;
		for (unsigned i = 0; i < exact->count; i++) {
			if ((set & ~before) & (1u << i))
				plan->wave_of[i] = wave;
		}
		plan->wave[wave].window = exact->has_windows ? round - 1 : WAVE_NONE;
		set = before;
	}
}

int waves_exact(
	const struct wave_problem *problem, struct wave_plan *plan, struct err *err)
{
	struct exact exact = { .problem = problem,
		.count = (unsigned)problem->item_count,
		.has_windows = problem->limits.window != NULL,
		.is_proven = true };
	size_t cells;
	int r = 0;

	if (problem->item_count == 0)
		return 0;
	exact.sets = 1u << exact.count;
	exact.rounds = exact.has_windows ? problem->limits.window_count : exact.count;
	cells = (exact.rounds + 1) * exact.sets;
	for (size_t e = 0; e < problem->edge_count; e++) {
		if (!problem->edge[e].is_preference)
			exact.must[problem->edge[e].after] |= 1u
				<< problem->edge[e].before;
	}
	exact.facts = calloc(exact.sets, sizeof(*exact.facts));
	exact.used = malloc(cells);
	exact.from = calloc(cells, sizeof(*exact.from));
	if (!exact.facts || !exact.used || !exact.from)
		r = err_oom(err);
	if (r == 0) {
		look_at_sets(&exact);
		walk_rounds(&exact);
		take_order(&exact, plan);
		plan->is_proven = exact.is_proven;
		if (exact.is_proven)
			plan->lower_bound = plan->wave_count;
	}
	free(exact.facts);
	free(exact.used);
	free(exact.from);
	return r;
}
