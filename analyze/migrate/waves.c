/* Chains, the waves of many workloads, and the check of an order made by somebody. */
#include "analyze/migrate/waves.h"

#include "analyze/migrate/waves_internal.h"
#include "common/array.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- chains ------------------------------------------------------------------------- */

/* Colours of a walk: 0 not seen, 1 on the way, 2 done. */
static bool walk_to_cycle(const struct wave_problem *problem, size_t at,
	unsigned char *colour, size_t *stack, size_t depth, size_t *ret_from,
	size_t *ret_count)
{
	colour[at] = 1;
	stack[depth] = at;
	for (size_t e = 0; e < problem->edge_count; e++) {
		const struct wave_edge *edge = &problem->edge[e];

		if (edge->is_preference || edge->before != at)
			continue;
		if (colour[edge->after] == 1) {
			*ret_from = edge->after;
			*ret_count = depth + 1;
			return true;
		}
		if (colour[edge->after] == 0 &&
			walk_to_cycle(problem, edge->after, colour, stack, depth + 1,
				ret_from, ret_count))
			return true;
	}
	colour[at] = 2;
	return false;
}

size_t waves_cycle(const struct wave_problem *problem, size_t *ret_list)
{
	unsigned char *colour = calloc(problem->item_count + 1, 1);
	size_t *stack = calloc(problem->item_count + 1, sizeof(*stack));
	size_t count = 0;

	for (size_t i = 0; colour && stack && i < problem->item_count && count == 0;
		i++) {
		size_t from = WAVE_NONE, depth = 0;

		if (colour[i] != 0 ||
			!walk_to_cycle(problem, i, colour, stack, 0, &from, &depth))
			continue;
		for (size_t k = 0; k < depth; k++) {
			if (count > 0 || stack[k] == from)
				ret_list[count++] = stack[k];
		}
	}
	free(colour);
	free(stack);
	return count;
}

/*
 * How much follows an item before all that waits for it has moved: in waves (weight 1) or
 * in minutes.  The edges have no cycle, so as many rounds as there are items are enough.
 */
static int measure_tails(
	const struct wave_problem *problem, bool in_minutes, double *ret_tail)
{
	bool is_changed = true;

	for (size_t i = 0; i < problem->item_count; i++) {
		double own = problem->item[i].outage_minutes;

		ret_tail[i] = !in_minutes ? 1 : isnan(own) ? 0 : own;
	}
	for (size_t round = 0; is_changed; round++) {
		is_changed = false;
		if (round > problem->item_count)
			return -EINVAL;
		for (size_t e = 0; e < problem->edge_count; e++) {
			const struct wave_edge *edge = &problem->edge[e];
			double own = in_minutes
				? problem->item[edge->before].outage_minutes
				: 1;
			double through = (isnan(own) ? 0 : own) + ret_tail[edge->after];

			if (edge->is_preference || ret_tail[edge->before] >= through)
				continue;
			ret_tail[edge->before] = through;
			is_changed = true;
		}
	}
	return 0;
}

static void follow_critical(
	const struct wave_problem *problem, const double *tail, struct wave_plan *plan)
{
	size_t at = 0;

	if (problem->item_count == 0)
		return;
	for (size_t i = 1; i < problem->item_count; i++) {
		if (tail[i] > tail[at])
			at = i;
	}
	while (plan->critical_count < problem->item_count) {
		size_t next = WAVE_NONE;

		plan->critical[plan->critical_count++] = at;
		for (size_t e = 0; e < problem->edge_count; e++) {
			const struct wave_edge *edge = &problem->edge[e];

			if (!edge->is_preference && edge->before == at &&
				(next == WAVE_NONE || tail[edge->after] > tail[next]))
				next = edge->after;
		}
		if (next == WAVE_NONE)
			return;
		at = next;
	}
}

/* ---- what one wave can hold ----------------------------------------------------------- */

bool waves_fits(const struct wave_problem *problem, const size_t *item, size_t count,
	size_t window, bool *ret_exact)
{
	const struct wave_limits *limits = &problem->limits;

	*ret_exact = true;
	if (!waves_has_room(problem, item, count))
		return false;
	if (window == WAVE_NONE) { /* one round: all of them at once */
		if (limits->concurrent && count > limits->concurrent)
			return false;
		for (size_t i = 0; i < count; i++) {
			size_t source = problem->item[item[i]].source;
			unsigned same = 0;

			if (source >= limits->source_count || !limits->source[source])
				continue;
			for (size_t j = 0; j < count; j++)
				same += problem->item[item[j]].source == source;
			if (same > limits->source[source])
				return false;
		}
		return true;
	}
	for (size_t i = 0; i < count; i++) {
		const bool *may = problem->item[item[i]].may_window;

		if (may && !may[window])
			return false;
	}
	if (waves_makespan_bound(problem, item, count) > limits->window[window].minutes)
		return false;
	return waves_makespan(problem, item, count, NULL, ret_exact) <=
		limits->window[window].minutes;
}

/* ---- many workloads: wave after wave, the longest chains first ------------------------ */

static bool is_ready(
	const struct wave_problem *problem, const size_t *wave_of, size_t item)
{
	if (wave_of[item] != WAVE_NONE)
		return false;
	for (size_t e = 0; e < problem->edge_count; e++) {
		const struct wave_edge *edge = &problem->edge[e];

		if (!edge->is_preference && edge->after == item &&
			wave_of[edge->before] == WAVE_NONE)
			return false;
	}
	return true;
}

struct ready {
	size_t item;
	double tail, minutes;
};

static int compare_ready(const void *left, const void *right)
{
	const struct ready *a = left, *b = right;

	if (a->tail != b->tail)
		return a->tail < b->tail ? 1 : -1;
	if (a->minutes != b->minutes)
		return a->minutes < b->minutes ? 1 : -1;
	return a->item < b->item ? -1 : 1;
}

/* One wave in this window (or a round): who is ready and still fits.  Returns how many. */
static size_t fill_wave(const struct wave_problem *problem, const double *tail,
	size_t window, const size_t *wave_of, struct ready *ready, size_t *chosen)
{
	size_t count = 0, taken = 0;

	for (size_t i = 0; i < problem->item_count; i++) {
		double minutes = problem->item[i].outage_minutes;

		if (is_ready(problem, wave_of, i))
			ready[count++] = (struct ready){ .item = i,
				.tail = tail[i],
				.minutes = isnan(minutes) ? 0 : minutes };
	}
	qsort(ready, count, sizeof(*ready), compare_ready);
	for (size_t i = 0; i < count; i++) {
		bool is_exact;

		chosen[taken] = ready[i].item;
		if (waves_fits(problem, chosen, taken + 1, window, &is_exact) &&
			waves_state_holds(
				problem, wave_of, WAVE_NONE, chosen, taken + 1))
			taken++;
		else if (window == WAVE_NONE && problem->limits.concurrent &&
			taken == problem->limits.concurrent)
			break;
	}
	return taken;
}

static int waves_greedy(
	const struct wave_problem *problem, struct wave_plan *plan, struct err *err)
{
	size_t n = problem->item_count;
	size_t rounds = problem->limits.window ? problem->limits.window_count : n;
	double *tail = calloc(n + 1, sizeof(*tail));
	struct ready *ready = calloc(n + 1, sizeof(*ready));
	size_t *chosen = calloc(n + 1, sizeof(*chosen));
	size_t placed = 0;
	int r = tail && ready && chosen ? 0 : err_oom(err);

	if (r == 0)
		r = measure_tails(problem, false, tail);
	for (size_t w = 0; r == 0 && w < rounds && placed < n; w++) {
		size_t window = problem->limits.window ? w : WAVE_NONE;
		size_t taken =
			fill_wave(problem, tail, window, plan->wave_of, ready, chosen);

		if (taken == 0 && window == WAVE_NONE)
			break; /* what is left fits no wave at all */
		if (taken == 0)
			continue;
		for (size_t i = 0; i < taken; i++)
			plan->wave_of[chosen[i]] = plan->wave_count;
		plan->wave[plan->wave_count++].window = window;
		placed += taken;
	}
	free(tail);
	free(ready);
	free(chosen);
	return r;
}

/* ---- figures of a finished order ------------------------------------------------------ */

static void measure_wave(const struct wave_problem *problem, struct wave_plan *plan,
	size_t number, size_t *list)
{
	struct wave *wave = &plan->wave[number];
	double *begin = calloc(problem->item_count + 1, sizeof(*begin));
	size_t count = 0;
	bool is_exact;

	wave->store_bytes = 0;
	for (size_t i = 0; i < problem->item_count; i++) {
		if (plan->wave_of[i] == number) {
			list[count++] = i;
			wave->store_bytes += problem->item[i].store_bytes;
		}
	}
	wave->scratch_bytes = waves_scratch(problem, list, count);
	wave->minutes = waves_makespan(problem, list, count, begin, &is_exact);
	for (size_t i = 0; begin && i < count; i++) {
		unsigned same = 0;

		plan->begin_minutes[list[i]] = begin[i];
		for (size_t j = 0; j < count; j++) {
			double end = begin[j] + problem->item[list[j]].outage_minutes;

			same += begin[j] <= begin[i] && (isnan(end) || end > begin[i]);
		}
		wave->concurrent = same > wave->concurrent ? same : wave->concurrent;
	}
	free(begin);
}

static size_t bound_by(double work, double room)
{
	return room > 0 ? (size_t)ceil(work / room - 1e-9) : 0;
}

/* The longest chain, and what each limit needs for all of the work. */
static size_t lower_bound(const struct wave_problem *problem, const double *tail)
{
	const struct wave_limits *limits = &problem->limits;
	double minutes = 0, bytes = 0, longest_window = 0;
	size_t bound = 0;

	for (size_t i = 0; i < problem->item_count; i++) {
		const struct wave_item *item = &problem->item[i];

		minutes += isnan(item->outage_minutes) ? 0 : item->outage_minutes;
		bytes += isnan(item->store_bytes) ? 0 : item->store_bytes;
		bound = (size_t)tail[i] > bound ? (size_t)tail[i] : bound;
	}
	for (size_t w = 0; w < limits->window_count; w++)
		longest_window = fmax(longest_window, limits->window[w].minutes);
	for (unsigned k = 0; k < 4; k++) {
		size_t other = k == 0
			? bound_by((double)problem->item_count, limits->per_wave)
			: k == 1 ? bound_by(bytes, limits->store_bytes)
			: k == 2 && limits->window
			? bound_by(minutes, longest_window * limits->concurrent)
			: k == 3 && !limits->window
			? bound_by((double)problem->item_count, limits->concurrent)
			: 0;

		bound = other > bound ? other : bound;
	}
	return bound;
}

static int waves_open(
	const struct wave_problem *problem, struct wave_plan *plan, struct err *err)
{
	size_t n = problem->item_count;

	*plan = (struct wave_plan){ .wave_count = 0 };
	plan->wave_of = calloc(n + 1, sizeof(*plan->wave_of));
	plan->begin_minutes = calloc(n + 1, sizeof(*plan->begin_minutes));
	plan->wave = calloc(n + 1, sizeof(*plan->wave));
	plan->critical = calloc(n + 1, sizeof(*plan->critical));
	if (!plan->wave_of || !plan->begin_minutes || !plan->wave || !plan->critical)
		return err_oom(err);
	for (size_t i = 0; i < n; i++)
		plan->wave_of[i] = WAVE_NONE;
	return 0;
}

static int waves_close(
	const struct wave_problem *problem, struct wave_plan *plan, struct err *err)
{
	size_t n = problem->item_count;
	double *tail = calloc(n + 1, sizeof(*tail));
	size_t *list = calloc(n + 1, sizeof(*list));
	int r = tail && list ? 0 : err_oom(err);

	for (size_t w = 0; r == 0 && w < plan->wave_count; w++)
		measure_wave(problem, plan, w, list);
	if (r == 0)
		r = measure_tails(problem, false, tail);
	if (r == 0) {
		size_t bound = lower_bound(problem, tail);

		plan->lower_bound =
			bound > plan->lower_bound ? bound : plan->lower_bound;
		r = measure_tails(problem, true, tail);
	}
	if (r == 0)
		follow_critical(problem, tail, plan);
	for (size_t i = 0; i < n; i++)
		plan->unplaced_count += plan->wave_of[i] == WAVE_NONE;
	if (r == 0 && plan->unplaced_count == 0 &&
		plan->wave_count <= plan->lower_bound)
		plan->is_proven = true;
	free(tail);
	free(list);
	return r;
}

int waves_violate(struct wave_plan *plan, const char *rule, size_t first, size_t second,
	size_t wave, bool is_warning)
{
	if (ARRAY_RESERVE(plan->violation, plan->violation_allocated,
		    plan->violation_count + 1) < 0)
		return -ENOMEM;
	plan->violation[plan->violation_count++] =
		(struct wave_violation){ .rule = rule,
			.item = { first, second },
			.wave = wave,
			.is_warning = is_warning };
	return 0;
}

/* Edges that the order does not keep. */
static int judge_edges(
	const struct wave_problem *problem, struct wave_plan *plan, struct err *err)
{
	for (size_t e = 0; e < problem->edge_count; e++) {
		const struct wave_edge *edge = &problem->edge[e];
		size_t before = plan->wave_of[edge->before];
		size_t after = plan->wave_of[edge->after];

		if (after == WAVE_NONE || (before != WAVE_NONE && before < after))
			continue;
		if (edge->is_preference && before == WAVE_NONE)
			continue;
		if (waves_violate(plan, edge->rule, edge->before, edge->after,
			    WAVE_NONE, edge->is_preference) < 0)
			return err_oom(err);
	}
	return 0;
}

int waves_plan(
	const struct wave_problem *problem, struct wave_plan *ret_plan, struct err *err)
{
	size_t *cycle = calloc(problem->item_count + 1, sizeof(*cycle));
	int r = cycle ? 0 : err_oom(err);

	*ret_plan = (struct wave_plan){ .wave_count = 0 };
	if (r == 0 && waves_cycle(problem, cycle) > 0)
		r = err_set(err, -EINVAL, "workloads wait for each other in a circle");
	free(cycle);
	if (r == 0)
		r = waves_open(problem, ret_plan, err);
	if (r == 0)
		r = waves_greedy(problem, ret_plan, err);
	if (r == 0 && problem->item_count <= WAVES_EXACT_MAX)
		r = waves_exact(problem, ret_plan, err);
	if (r == 0)
		r = waves_close(problem, ret_plan, err);
	if (r == 0)
		r = judge_edges(problem, ret_plan, err);
	return r;
}

/* ---- an order made by somebody -------------------------------------------------------- */

/* The limits that one wave of the order does not keep. */
static int judge_wave(const struct wave_problem *problem, struct wave_plan *plan,
	size_t number, size_t *list, struct err *err)
{
	const struct wave_limits *limits = &problem->limits;
	struct wave_problem alone = *problem;
	size_t count = 0;
	bool is_exact;
	int r = 0;

	for (size_t i = 0; i < problem->item_count; i++) {
		if (plan->wave_of[i] == number)
			list[count++] = i;
	}
	if (limits->per_wave && count > limits->per_wave)
		r = waves_violate(
			plan, "ORD-PEOPLE", WAVE_NONE, WAVE_NONE, number, false);
	alone.limits.per_wave = 0;
	alone.limits.scratch_bytes = 0;
	if (r == 0 && !waves_has_room(&alone, list, count))
		r = waves_violate(plan, "CAP-6", WAVE_NONE, WAVE_NONE, number, false);
	alone.limits.scratch_bytes = limits->scratch_bytes;
	alone.limits.store_bytes = 0;
	if (r == 0 && !waves_has_room(&alone, list, count))
		r = waves_violate(
			plan, "ORD-SCRATCH", WAVE_NONE, WAVE_NONE, number, false);
	alone.limits.scratch_bytes = 0;
	if (r == 0 && !waves_state_holds(problem, plan->wave_of, number, list, count))
		r = waves_violate(
			plan, "ORD-STATE", WAVE_NONE, WAVE_NONE, number, false);
	if (r == 0 &&
		!waves_fits(&alone, list, count, plan->wave[number].window, &is_exact))
		r = waves_violate(plan,
			plan->wave[number].window == WAVE_NONE ? "ORD-2" : "ORD-WINDOW",
			WAVE_NONE, WAVE_NONE, number, false);
	return r < 0 ? err_oom(err) : 0;
}

int waves_check(const struct wave_problem *problem, const size_t *wave_of,
	struct wave_plan *ret_plan, struct err *err)
{
	size_t *list = calloc(problem->item_count + 1, sizeof(*list));
	int r = waves_open(problem, ret_plan, err);

	if (r == 0 && !list)
		r = err_oom(err);
	for (size_t i = 0; r == 0 && i < problem->item_count; i++) {
		ret_plan->wave_of[i] = wave_of[i];
		if (wave_of[i] != WAVE_NONE && wave_of[i] >= ret_plan->wave_count)
			ret_plan->wave_count = wave_of[i] + 1;
	}
	if (r == 0 && ret_plan->wave_count > problem->item_count)
		r = err_set(err, -EINVAL, "the order has more waves than workloads");
	for (size_t w = 0; r == 0 && w < ret_plan->wave_count; w++) {
		const struct wave_limits *limits = &problem->limits;

		ret_plan->wave[w].window = w < limits->window_count ? w : WAVE_NONE;
		r = judge_wave(problem, ret_plan, w, list, err);
	}
	if (r == 0)
		r = judge_edges(problem, ret_plan, err);
	if (r == 0)
		r = waves_close(problem, ret_plan, err);
	free(list);
	return r;
}

void wave_plan_done(struct wave_plan *plan)
{
	free(plan->wave_of);
	free(plan->begin_minutes);
	free(plan->wave);
	free(plan->critical);
	free(plan->violation);
	*plan = (struct wave_plan){ .wave_count = 0 };
}
