/* Sets of hosts of one environment, all that cost no more than a limit. */
#include "analyze/packing/mixed_search.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SETS_MOST 1000000 /* looked at for one cost */
#define CLOCK_EVERY 256
#define SETTLE_MOVES 1500

struct set_walk {
	const struct host_search *search;
	size_t environment;
	int64_t *y; /* [kind]; of other environments 0 */
	double end_s;
	uint64_t nodes;
};

static bool walk_is_over(const struct set_walk *w)
{
	return w->end_s <= work_now_s() || work_is_over(&w->search->engine->work);
}

static const struct part *refuted_part(
	const struct set_walk *w, const struct part *after)
{
	const struct host_search *search = w->search;
	size_t i = after ? (size_t)(after - search->part) + 1 : 0;

	for (; i < search->part_count; i++)
		if (search->part[i].environment == w->environment &&
			search->part[i].is_refuted)
			return &search->part[i];
	return NULL;
}

/* Of fewer hosts than some that were refuted. */
static bool is_refuted(const struct set_walk *w)
{
	size_t kinds = w->search->master.class_count;
	const int64_t *own = w->y + w->environment * kinds;

	for (const struct part *part = refuted_part(w, NULL); part;
		part = refuted_part(w, part)) {
		bool is_under = true;

		for (size_t k = 0; k < kinds && is_under; k++)
			is_under = own[k] <= part->y[k];
		if (is_under)
			return true;
	}
	return false;
}

/* What is chosen, and as many of the classes from here on as the money buys of each
 * alone, meets all rows. */
static bool may_do(const struct set_walk *w, size_t from, int64_t money)
{
	const struct master *m = &w->search->master;
	size_t first = w->environment * m->class_count;

	for (size_t i = 0; i < m->row_count; i++) {
		const struct master_row *row = &m->row[i];
		__int128 given = 0;

		if (row->environment != w->environment)
			continue;
		for (size_t k = 0; k < m->class_count; k++) {
			int64_t most = w->y[first + k];

			if (k >= from) {
				most = m->cost[k] ? money / m->cost[k] : m->count[k];
				most = most < m->count[k] ? most : m->count[k];
			}
			given += (__int128)row->give[first + k] * most;
		}
		if (given < row->need)
			return false;
	}
	return true;
}

/* Hosts from class k on, for the money that is left.  1: y is a set that meets all rows
 * and was not refuted; 0: there is none; -EAGAIN: too many to look at, or no time is left. */
static int walk_sets(struct set_walk *w, size_t k, int64_t money)
{
	const struct master *m = &w->search->master;
	int64_t *own = w->y + w->environment * m->class_count + k;
	int64_t most = 0;
	int r = 0;

	if (++w->nodes > SETS_MOST || (w->nodes % CLOCK_EVERY == 0 && walk_is_over(w)))
		return -EAGAIN;
	if (!may_do(w, k, money))
		return 0;
	if (k == m->class_count)
		return !is_refuted(w);
	most = m->cost[k] ? money / m->cost[k] : m->count[k];
	most = most < m->count[k] ? most : m->count[k];
	/* the last one that does, so that few are left over */
	for (*own = most; *own >= 0 && r == 0; --*own) {
		r = walk_sets(w, k + 1, money - *own * m->cost[k]);
		if (r != 0)
			return r;
	}
	*own = 0;
	return r;
}

/* What the money that is left buys beside: what holds fewer is refuted with it. */
static void add_hosts(struct set_walk *w, int64_t money)
{
	const struct master *m = &w->search->master;
	int64_t *own = w->y + w->environment * m->class_count;

	for (size_t k = 0; k < m->class_count; k++)
		money -= own[k] * m->cost[k];
	for (size_t k = 0; k < m->class_count; k++)
		while (own[k] < m->count[k] && m->cost[k] <= money) {
			own[k]++;
			money -= m->cost[k];
		}
}

/* The set of the walk: 2: it is filled; 1: refuted, by a row or by itself; 0: neither. */
static int settle_set(struct host_search *search, const struct set_walk *w)
{
	struct master *m = &search->master;
	size_t first = w->environment * m->class_count;
	struct part *part = NULL;
	int r = 0;

	memcpy(m->y + first, w->y + first, m->class_count * sizeof(*m->y));
	m->has_assigned = false;
	part = mixed_part(search, w->environment);
	if (!part)
		return -ENOMEM;
	if (part->host_of)
		return 2;
	if (walk_is_over(w))
		return 0;
	r = master_columns(m, m->y, w->environment, w->end_s - work_now_s(),
		SETTLE_MOVES, &search->made);
	if (r == 3) {
		part->is_refuted = true;
		return 1;
	}
	return r == 2 && mixed_keep_filling(search, part) < 0 ? -ENOMEM : r;
}

/* What all hosts of an environment cost together. */
static __int128 cost_of_all(const struct master *m)
{
	__int128 all = 0;

	for (size_t k = 0; k < m->class_count; k++)
		all += (__int128)m->cost[k] * m->count[k];
	return all;
}

/* As mixed_settle.  1: the environment's cheapest set is filled; 0: it is not known. */
static int settle_environment(
	struct host_search *search, size_t environment, int64_t below, double end_s)
{
	struct master *m = &search->master;
	int64_t step = search->engine->mix.cost_gcd, cost = m->least[environment];
	struct set_walk w = {
		.search = search, .environment = environment, .end_s = end_s
	};
	int r = 1;

	if (search->engine->model.environment_count == 1 && m->bound > cost)
		cost = m->bound;
	w.y = calloc(m->kind_count + 1, sizeof(*w.y));
	if (!w.y)
		return -ENOMEM;
	while (r == 1 && cost && cost < below) {
		w.nodes = 0;
		memset(w.y, 0, m->kind_count * sizeof(*w.y));
		r = walk_sets(&w, 0, cost);
		if (r == 1) {
			add_hosts(&w, cost);
			r = settle_set(search, &w);
		} else if (r == 0 && (walk_is_over(&w) || cost >= cost_of_all(m))) {
			r = -EAGAIN; /* where all hosts do not do, no cost is the end */
		} else if (r == 0) {
			cost += step;
			r = master_raise_least(m, environment, cost);
			r = r < 0 ? r : 1;
		}
	}
	free(w.y);
	return r < 0 && r != -EAGAIN ? r : r == 2;
}

int mixed_settle(struct host_search *search, double end_s)
{
	struct engine *engine = search->engine;
	size_t environments = engine->model.environment_count;
	bool is_whole = true;
	int r = 0;

	if (search->parts != environments)
		return 0;
	for (size_t e = 0; e < environments && r >= 0; e++) {
		int64_t below = mixed_best_value(engine);
		double left_s = (end_s - work_now_s()) / (double)(environments - e);

		for (size_t other = 0; other < environments && below != INT64_MAX;
			other++)
			below -= other == e ? 0 : search->master.least[other];
		r = settle_environment(search, e, below, work_now_s() + left_s);
		is_whole = is_whole && r == 1;
	}
	return r >= 0 && is_whole ? mixed_join_parts(search) : r < 0 ? r : 0;
}
