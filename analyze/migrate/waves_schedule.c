/* Transfers side by side within a wave: lanes, and limits of the hosts they come from. */
#include "analyze/migrate/waves.h"

#include <math.h>
#include <string.h>

enum {
	/* Schedules that the exact search looks at before it gives up. */
	SEARCH_NODES = 3000,
	SEARCH_ITEMS_MAX = WAVES_EXACT_MAX,
	/* More than so many side by side under limits are not scheduled: two waves. */
	LIMITED_ITEMS_MAX = 256,
};

static double waves_schedule_minutes_of(const struct wave_problem *problem, size_t item)
{
	return problem->item[item].outage_minutes;
}

static unsigned lanes_of(const struct wave_problem *problem, size_t count)
{
	unsigned lanes = problem->limits.concurrent;

	return lanes == 0 || lanes > count ? (unsigned)count : lanes;
}

static unsigned source_limit(const struct wave_problem *problem, size_t item)
{
	size_t source = problem->item[item].source;

	return source < problem->limits.source_count ? problem->limits.source[source]
						     : 0;
}

double waves_makespan_bound(
	const struct wave_problem *problem, const size_t *item, size_t count)
{
	double total = 0, longest = 0, bound;

	if (count == 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		double own = waves_schedule_minutes_of(problem, item[i]);
		unsigned limit = source_limit(problem, item[i]);
		double same = 0;

		if (isnan(own))
			return NAN;
		total += own;
		longest = fmax(longest, own);
		for (size_t j = 0; limit && j < count; j++) {
			if (problem->item[item[j]].source ==
				problem->item[item[i]].source)
				same += waves_schedule_minutes_of(problem, item[j]);
		}
		if (limit)
			longest = fmax(longest, same / limit);
	}
	bound = total / lanes_of(problem, count);
	return fmax(bound, longest);
}

struct placed {
	size_t item;
	double begin, end;
};

/* How many of those in `done` run at the moment, all in all or from one source. */
static unsigned running_at(const struct wave_problem *problem,
	const struct placed *done, size_t count, double at, size_t source)
{
	unsigned running = 0;

	for (size_t i = 0; i < count; i++) {
		if (done[i].begin <= at && at < done[i].end &&
			(source == WAVE_NONE ||
				problem->item[done[i].item].source == source))
			running++;
	}
	return running;
}

/* The earliest moment from `from` on at which the item may begin: then, or when another
 * one ends.  Those in `done` begin in the order in which they stand. */
static double earliest(const struct wave_problem *problem, const struct placed *done,
	size_t count, size_t item, unsigned lanes, double from)
{
	unsigned limit = source_limit(problem, item);
	size_t source = problem->item[item].source;
	double best = INFINITY;

	for (size_t i = 0; i <= count; i++) {
		double at = i == count ? from : done[i].end;

		if (at < from || at >= best ||
			running_at(problem, done, count, at, WAVE_NONE) >= lanes)
			continue;
		if (limit && running_at(problem, done, count, at, source) >= limit)
			continue;
		best = at;
	}
	return best;
}

/* The longest that may begin at this moment; WAVE_NONE: none. */
static size_t longest_ready(const struct wave_problem *problem, const size_t *item,
	size_t count, const struct placed *placed, size_t done, double at)
{
	size_t next = WAVE_NONE;

	for (size_t i = 0; i < count; i++) {
		unsigned limit = source_limit(problem, item[i]);
		bool is_done = false;

		for (size_t j = 0; j < done && !is_done; j++)
			is_done = placed[j].item == item[i];
		if (is_done ||
			(limit &&
				running_at(problem, placed, done, at,
					problem->item[item[i]].source) >= limit))
			continue;
		if (next == WAVE_NONE ||
			waves_schedule_minutes_of(problem, item[i]) >
				waves_schedule_minutes_of(problem, next))
			next = item[i];
	}
	return next;
}

/* From one moment at which something ends to the next: what may begin does, the longest
 * first. */
static double longest_first(const struct wave_problem *problem, const size_t *item,
	size_t count, struct placed *placed)
{
	unsigned lanes = lanes_of(problem, count);
	double at = 0, end = 0;

	for (size_t done = 0; done < count;) {
		size_t next = WAVE_NONE;
		double later = INFINITY;

		if (running_at(problem, placed, done, at, WAVE_NONE) < lanes)
			next = longest_ready(problem, item, count, placed, done, at);
		if (next != WAVE_NONE) {
			placed[done].item = next;
			placed[done].begin = at;
			placed[done].end =
				at + waves_schedule_minutes_of(problem, next);
			end = fmax(end, placed[done++].end);
			continue;
		}
		for (size_t j = 0; j < done; j++) {
			if (placed[j].end > at)
				later = fmin(later, placed[j].end);
		}
		at = later;
	}
	return end;
}

struct wave_search {
	const struct wave_problem *problem;
	const size_t *item;
	size_t count;
	unsigned lanes;
	unsigned used; /* bits of item[] */
	struct placed path[SEARCH_ITEMS_MAX], best[SEARCH_ITEMS_MAX];
	double end, best_end, bound;
	unsigned nodes;
};

/* Every schedule in which no transfer could begin earlier is reached by placing items in
 * the order of their beginnings; so is one of the shortest. */
static void search_deeper(struct wave_search *search, size_t depth, double end)
{
	double from = depth ? search->path[depth - 1].begin : 0;

	if (depth == search->count) {
		if (end < search->best_end) {
			search->best_end = end;
			memcpy(search->best, search->path,
				depth * sizeof(search->best[0]));
		}
		return;
	}
	for (size_t i = 0; i < search->count && search->nodes < SEARCH_NODES; i++) {
		struct placed *next = &search->path[depth];

		if (search->used & (1u << i))
			continue;
		search->nodes++;
		next->item = search->item[i];
		next->begin = earliest(search->problem, search->path, depth, next->item,
			search->lanes, from);
		next->end = next->begin +
			waves_schedule_minutes_of(search->problem, next->item);
		if (fmax(end, next->end) >= search->best_end)
			continue;
		search->used |= 1u << i;
		search_deeper(search, depth + 1, fmax(end, next->end));
		search->used &= ~(1u << i);
		if (search->best_end <= search->bound)
			return;
	}
}

static void give_begins(const struct placed *placed, const size_t *item, size_t count,
	double *ret_begin)
{
	for (size_t i = 0; ret_begin && i < count; i++) {
		for (size_t j = 0; j < count; j++) {
			if (placed[j].item == item[i])
				ret_begin[i] = placed[j].begin;
		}
	}
}

/* Many items of a wave without windows: each lane takes the next when it is free. */
static double in_lanes(const struct wave_problem *problem, const size_t *item,
	size_t count, double *ret_begin)
{
	double end = 0;

	for (size_t i = 0; i < count; i++) {
		if (ret_begin)
			ret_begin[i] = 0;
		end = fmax(end, waves_schedule_minutes_of(problem, item[i]));
	}
	return end;
}

double waves_makespan(const struct wave_problem *problem, const size_t *item,
	size_t count, double *ret_begin, bool *ret_exact)
{
	struct placed placed[LIMITED_ITEMS_MAX];
	struct wave_search search = {
		.problem = problem, .item = item, .count = count
	};
	bool has_source_limit = false;

	*ret_exact = true;
	for (size_t i = 0; ret_begin && i < count; i++)
		ret_begin[i] = 0;
	search.bound = waves_makespan_bound(problem, item, count);
	if (count == 0 || isnan(search.bound))
		return search.bound;
	for (size_t i = 0; i < count; i++)
		has_source_limit = has_source_limit || source_limit(problem, item[i]);
	search.lanes = lanes_of(problem, count);
	if (search.lanes >= count && !has_source_limit)
		return in_lanes(problem, item, count, ret_begin);
	if (count > LIMITED_ITEMS_MAX) {
		*ret_exact = false;
		return INFINITY;
	}
	search.best_end = longest_first(problem, item, count, placed);
	if (search.best_end > search.bound && count <= SEARCH_ITEMS_MAX) {
		double before = search.best_end;

		search_deeper(&search, 0, 0);
		*ret_exact =
			search.nodes < SEARCH_NODES || search.best_end <= search.bound;
		if (search.best_end < before)
			memcpy(placed, search.best, count * sizeof(placed[0]));
	} else {
		*ret_exact = search.best_end <= search.bound;
	}
	give_begins(placed, item, count, ret_begin);
	return search.best_end;
}
