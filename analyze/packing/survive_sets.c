/*
 * The cheapest hosts that hold everything after every loss, by their sums; each set is
 * filled so that room is left everywhere, and tested loss by loss.  Where none of the
 * fillings survives, a set with more room is next, or a dearer one.
 */
#include "analyze/packing/survive_sets.h"

#include "analyze/packing/master.h"
#include "common/array.h"
#include "common/util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NODES 4000
#define NODES_HARD 100000
#define MOVES 1500
#define WORK 100000000
#define ROOM_FIRST 0.01
#define ROOM_LAST 8.0
#define ROOM_STEPS 8
#define COST_STEPS 400
#define ROUNDS 64        /* each set once in each: another chance is another order */
#define DOUBLINGS_MOST 5 /* of the work for a set, from round to round */
#define QUICKER 8        /* the first look at a set: so much less work than the next */

/* A set that did not survive, and when it was last tried. */
struct failed_set {
	int64_t *y; /* [kind] */
	unsigned round;
};

struct set_search {
	struct survive *s;
	struct engine *engine;
	struct master master;
	struct state made;
	double *room; /* [environment] */
	double until_s;
	unsigned round; /* 0: one filling a set, with little work */
	struct failed_set *failed;
	size_t failed_count;
};

static bool survive_sets_is_over(struct set_search *search)
{
	return survive_is_done(search->s) || work_is_over(&search->engine->work) ||
		work_now_s() > search->until_s;
}

/* The share of the hosts' room that the units need, in the fullest row. */
static double survive_sets_least_share(const struct set_search *search)
{
	const struct model *model = &search->engine->model;
	const struct master *m = &search->master;
	double most = 0;

	for (size_t row = 0; row < model->row_count; row++) {
		double need = 0, room = 0;

		for (size_t k = 0; k < m->kind_count; k++)
			room += (double)m->y[k] *
				(double)model_capacity(
					model, m->first_type[k % m->class_count])[row];
		for (size_t u = 0; u < model->unit_count; u++)
			need += (double)model->size[u * model->row_count + row];
		if (room > 0 && need / room > most)
			most = need / room;
	}
	return most < 1 ? most : 1;
}

/* ---- sets that failed ----------------------------------------------------------------- */

static struct failed_set *find_failed(const struct set_search *search)
{
	size_t bytes = search->master.kind_count * sizeof(int64_t);

	for (size_t i = 0; i < search->failed_count; i++)
		if (!memcmp(search->failed[i].y, search->master.y, bytes))
			return &search->failed[i];
	return NULL;
}

static int note_failed(struct set_search *search)
{
	struct failed_set *failed = find_failed(search);
	size_t bytes = search->master.kind_count * sizeof(int64_t);

	if (!failed) {
		if (ARRAY_EXTEND(search->failed, search->failed_count) < 0)
			return -ENOMEM;
		failed = &search->failed[search->failed_count];
		failed->y = malloc(bytes + 1);
		if (!failed->y)
			return -ENOMEM;
		memcpy(failed->y, search->master.y, bytes);
		search->failed_count++;
	}
	failed->round = search->round;
	return 0;
}

/* ---- fillings ------------------------------------------------------------------------- */

#define RESERVES 40 /* rounds of more room where a lost unit found none */

/* Room for this unit on one more host that may hold it: the one with least of it kept. */
static bool reserve_for(
	struct set_search *search, size_t unit, const int64_t *count, int64_t *reserve)
{
	const struct model *model = &search->engine->model;
	size_t rows = model->row_count, host = 0, best = PACKING_NONE, type = 0;
	double least = 0;

	for (size_t c = 0; c < model->environment_count * model->type_count; c++) {
		size_t t = c % model->type_count;
		bool may = c / model->type_count == model->environment[unit] &&
			model_allows(model, unit, t);

		for (int64_t i = 0; i < count[c]; i++, host++) {
			double kept = 0;

			for (size_t row = 0; row < rows && may; row++)
				kept += (double)reserve[host * rows + row] /
					(double)(model_capacity(model, t)[row] + 1);
			if (may && (best == PACKING_NONE || kept < least)) {
				best = host;
				least = kept;
				type = t;
			}
		}
	}
	if (best == PACKING_NONE)
		return false;
	for (size_t row = 0; row < rows; row++)
		reserve[best * rows + row] += model_size(model, type, unit)[row];
	return true;
}

/* One filling, again and again with room for what found none.  1: it survives. */
static int try_filling(
	struct set_search *search, double part, const int64_t *count, int64_t *reserve)
{
	unsigned doublings =
		search->round < DOUBLINGS_MOST ? search->round : DOUBLINGS_MOST;
	uint64_t more = (uint64_t)1 << doublings;
	struct master_effort effort = { .moves = more * MOVES / QUICKER,
		.work = more * WORK / QUICKER,
		.reserve_permille = (int64_t)(1000 * (1 - part)),
		.reserve = reserve };

	for (int i = 0; i < RESERVES && !survive_sets_is_over(search); i++) {
		size_t unit = PACKING_NONE;
		int r = master_fill(&search->master, search->master.y, PACKING_NONE,
			&effort, &search->made);

		if (r == 1)
			r = survive_test(search->s, &search->made, &unit);
		if (r != 0 || unit == PACKING_NONE)
			return r;
		if (!reserve_for(search, unit, count, reserve))
			break;
	}
	return 0;
}

/* From an even spread to nearly full hosts.  1: one survives; 0: none; -ENOMEM. */
static int fill_set(struct set_search *search)
{
	/* 1: evenly, as far as it goes by itself; a unit may need more than a share */
	static const double fill[] = { 1, 0.05, 0.15, 0.3, 0.5, 0.7, 0.9 };
	const struct model *model = &search->engine->model;
	size_t cells = model->environment_count * model->type_count, hosts = 0;
	int64_t *count = calloc(cells + 1, sizeof(*count)), *reserve = NULL;
	double share = survive_sets_least_share(search);
	int r = count ? 0 : -ENOMEM;

	if (r == 0)
		master_expand(&search->master, search->master.y, count);
	for (size_t c = 0; c < cells && r == 0; c++)
		hosts += (size_t)count[c];
	if (r == 0)
		reserve = calloc(hosts * model->row_count + 1, sizeof(*reserve));
	if (!reserve)
		r = -ENOMEM;
	for (size_t i = 0; i < (search->round ? ARRAY_LEN(fill) : 1) && r == 0 &&
		!survive_sets_is_over(search);
		i++) {
		memset(reserve, 0, hosts * model->row_count * sizeof(*reserve));
		/* the part of every host that may be used */
		r = try_filling(search, share + (1 - share) * fill[i], count, reserve);
	}
	free(count);
	free(reserve);
	return r;
}

/* As fill_set; what failed is not tried again in the same round. */
static int try_set(struct set_search *search)
{
	const struct failed_set *failed = find_failed(search);
	int r = 0;

	if (failed && failed->round == search->round)
		return 0;
	r = fill_set(search);
	return r == 0 && note_failed(search) < 0 ? -ENOMEM : r;
}

static int solve(
	struct set_search *search, double room, int64_t min_cost, uint64_t nodes)
{
	struct master_wish wish = { .cutoff = survive_value(search->s),
		.until_s = search->until_s,
		.min_cost = min_cost,
		.nodes = nodes };

	for (size_t e = 0; e < search->engine->model.environment_count; e++)
		search->room[e] = room;
	wish.room = room > 0 ? search->room : NULL;
	return master_solve(&search->master, &wish);
}

/* The cheapest set with this much room: as try_set; -ERANGE: none is cheaper. */
static int survive_sets_try_room(struct set_search *search, double room)
{
	int r = solve(search, room, 0, NODES);

	if (r == 0 || r == -ESRCH)
		return -ERANGE;
	return r == 1 ? try_set(search) : r;
}

/* More and more room until a set survives, then as little as does. */
static int survive_sets_search_room(struct set_search *search)
{
	double low = 0, high = ROOM_FIRST;
	int r = 0;

	while (high < ROOM_LAST && r == 0 && !survive_sets_is_over(search)) {
		r = survive_sets_try_room(search, high);
		if (r == 0) {
			low = high;
			high *= 2;
		}
	}
	for (int i = 0; i < ROOM_STEPS && (r >= 0 || r == -ERANGE) &&
		!survive_sets_is_over(search);
		i++) {
		double middle = (low + high) / 2;

		r = survive_sets_try_room(search, middle);
		if (r == 0)
			low = middle;
		else
			high = middle;
	}
	return r == -ENOMEM || r == -EAGAIN ? r : 0;
}

/* One step of cost after the other from the bound up to what was found. */
static int survive_sets_search_costs(struct set_search *search)
{
	int64_t cost = search->master.bound, step = search->engine->mix.cost_gcd;
	int r = 0;

	for (int i = 0; i < COST_STEPS && cost < survive_value(search->s) &&
		!survive_sets_is_over(search);
		i++) {
		int64_t spent = 0;

		r = solve(search, 0, cost, NODES);
		if (r == 1)
			r = try_set(search);
		if (r < 0 && r != -ESRCH)
			break;
		for (size_t k = 0; k < search->master.kind_count; k++)
			spent += search->master.y[k] *
				search->master.cost[k % search->master.class_count];
		cost = (spent > cost ? spent : cost) + step;
	}
	return r == -ENOMEM || r == -EAGAIN ? r : 0;
}

static int search_survivors(struct set_search *search)
{
	struct engine *engine = search->engine;
	int r = solve(search, 0, 0, NODES_HARD);

	if (search->master.is_infeasible) {
		engine->is_failover_refuted = true;
		return 0;
	}
	if (search->master.bound > engine->failover_bound)
		engine->failover_bound = search->master.bound;
	if (r == 1)
		r = try_set(search);
	for (; search->round < ROUNDS && (r >= 0 || r == -ESRCH) &&
		!survive_sets_is_over(search);
		search->round++) {
		r = survive_sets_search_room(search);
		if (r == 0)
			r = survive_sets_search_costs(search);
	}
	return r;
}

int survive_sets_run(struct survive *s, double until_s)
{
	struct set_search search = { .s = s,
		.engine = s->engine,
		.until_s = until_s,
		.master = { .child = { .to = -1, .from = -1 } } };
	int r = state_init(&search.made, &s->engine->model);

	search.room =
		calloc(s->engine->model.environment_count + 1, sizeof(*search.room));
	if (!search.room)
		r = -ENOMEM;
	if (r == 0)
		r = master_init(
			&search.master, s->engine, s->engine->problem->failover);
	if (r == 0)
		r = search_survivors(&search);
	if (work_now_s() > until_s)
		s->engine->is_hurried = true;
	master_done(&search.master);
	state_done(&search.made);
	for (size_t i = 0; i < search.failed_count; i++)
		free(search.failed[i].y);
	free(search.failed);
	free(search.room);
	return r == -ENOMEM ? r : 0;
}
