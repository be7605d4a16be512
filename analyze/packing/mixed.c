/*
 * The cheapest set of hosts first; environments that cannot be filled get room to
 * spare, more and more, and then as little of it as does.
 */
#include "analyze/packing/mixed.h"

#include "analyze/packing/master.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODES 3000 /* where no proof is wanted */
#define NODES_SINGLE 20000
#define NODES_HARD 200000
#define MOVES 1500
#define WORK 150000000
#define FEW_FIGURES 10 /* rows for which that is enough */
#define ROOM_FIRST 0.002
#define ROOM_LOOSE 0.1
#define ROOM_LAST 4.0
#define ROOM_SHARE 0.25 /* of what was loose: the next to be tried */
#define EASED_AGAIN 0.5
#define ROOM_ROUNDS 40
#define COST_STEPS 30
#define LEVELS 5

/* The hosts of one environment, tried. */
struct part {
	size_t environment;
	int64_t *y;      /* [class], owned */
	size_t *host_of; /* [unit], owned; NULL: could not be filled */
	size_t *host_type;
	size_t host_count;
	unsigned level; /* of the effort */
};

struct host_search {
	struct engine *engine;
	struct master master;
	struct state made;
	struct part *part;
	size_t part_count, part_room;
	size_t parts;       /* environments that are filled by themselves */
	double *room;       /* [environment] asked for now */
	double *low, *high; /* [environment] too little; enough, or too much */
	bool *is_filled;    /* [environment] by the last set */
	unsigned level;     /* of effort; what failed at a lower one is tried again */
	bool is_loose;
	double until_s;
};

static int64_t best_value(const struct engine *engine)
{
	return engine->has_best && !engine->best.unplaced_count
		? engine_value(engine, &engine->best)
		: INT64_MAX;
}

/* ---- parts --------------------------------------------------------------------------- */

static size_t part_kinds(const struct host_search *search)
{
	return search->parts == 1 ? search->master.kind_count
				  : search->master.class_count;
}

static struct part *find_tried_part(
	const struct host_search *search, size_t environment)
{
	size_t kinds = part_kinds(search);

	for (size_t i = 0; i < search->part_count; i++)
		if (search->part[i].environment == environment &&
			!memcmp(search->part[i].y,
				search->master.y + environment * kinds,
				kinds * sizeof(int64_t)))
			return &search->part[i];
	return NULL;
}

static int add_tried_part(
	struct host_search *search, size_t environment, struct part **ret_part)
{
	size_t kinds = part_kinds(search);
	struct part part = { .environment = environment };

	if (search->part_count == search->part_room) {
		size_t room = 2 * search->part_room + 16;
		void *grown = realloc(search->part, room * sizeof(*search->part));

		if (!grown)
			return -ENOMEM;
		search->part = grown;
		search->part_room = room;
	}
	part.y = malloc((kinds + 1) * sizeof(*part.y));
	if (!part.y)
		return -ENOMEM;
	memcpy(part.y, search->master.y + environment * kinds, kinds * sizeof(*part.y));
	search->part[search->part_count] = part;
	*ret_part = &search->part[search->part_count++];
	return 0;
}

static int mixed_keep_filling(const struct host_search *search, struct part *part)
{
	const struct state *made = &search->made;
	size_t units = search->engine->model.unit_count + 1;

	part->host_of = malloc(units * sizeof(size_t));
	part->host_type = malloc((made->host_count + 1) * sizeof(size_t));
	if (!part->host_of || !part->host_type)
		return -ENOMEM;
	memcpy(part->host_of, made->host_of, (units - 1) * sizeof(size_t));
	for (size_t h = 0; h < made->host_count; h++)
		part->host_type[h] = made->host[h].type;
	part->host_count = made->host_count;
	return 0;
}

/* The hosts of one environment: filled now or before, or not. */
static int fill_part(struct host_search *search, size_t environment)
{
	/* work is counted in figures: of many rows each step costs more of it */
	uint64_t thousands = search->engine->model.unit_count / 1000 + 1,
		 rows = search->master.few.model.row_count / FEW_FIGURES + 1;
	struct master_effort effort = { .moves = (uint64_t)MOVES << (2 * search->level),
		.work = ((uint64_t)WORK << (2 * search->level)) * thousands * rows };
	struct part *part = find_tried_part(search, environment);
	int r = 0;

	if (part && (part->host_of || part->level > search->level))
		return part->host_of != NULL;
	if (!part)
		r = add_tried_part(search, environment, &part);
	if (r == 0)
		r = master_fill(&search->master, search->master.y,
			search->parts == 1 ? PACKING_NONE : environment, &effort,
			&search->made);
	if (r < 0)
		return r;
	part->level = search->level + 1;
	return r == 1 && mixed_keep_filling(search, part) < 0 ? -ENOMEM : r;
}

/* All parts together, checked again by the state. */
static int join_parts(struct host_search *search)
{
	const struct model *model = &search->engine->model;
	struct state *whole = &search->made;
	int r = 0;

	state_clear(whole);
	for (size_t e = 0; e < search->parts && r == 0; e++) {
		const struct part *part = find_tried_part(search, e);
		size_t first = whole->host_count;

		for (size_t h = 0; h < part->host_count && r == 0; h++)
			r = state_open(whole, part->host_type[h], NULL);
		for (size_t u = 0; u < model->unit_count && r == 0; u++) {
			size_t h = part->host_of[u];

			if (h != PACKING_NONE && state_fits(whole, u, first + h))
				r = state_add(whole, u, first + h);
		}
	}
	if (r == 0 && !whole->unplaced_count)
		r = engine_offer(search->engine, whole);
	return r == -ENOSPC ? 0 : r;
}

/* ---- sets ---------------------------------------------------------------------------- */

/* 1: the hosts of the master's answer hold everything; 0: is_filled says what not. */
static int mixed_try_hosts(struct host_search *search)
{
	bool is_all = true;
	int r = 0;

	for (size_t e = 0; e < search->parts && r >= 0; e++) {
		r = work_is_over(&search->engine->work) ? 0 : fill_part(search, e);
		search->is_filled[e] = r == 1;
		is_all = is_all && r == 1;
	}
	if (r >= 0 && is_all)
		r = join_parts(search);
	engine_report(search->engine, "sets of hosts");
	return r < 0 ? r : is_all;
}

/* The cheapest hosts with the room that is wished.  1: filled; 0: not; -ERANGE: none,
 * or none cheaper than the best packing; -EAGAIN, -ENOMEM. */
static int mixed_try_room(struct host_search *search)
{
	bool has_room = false;
	struct master_wish wish = { .cutoff = best_value(search->engine),
		.until_s = search->until_s,
		.is_loose = search->is_loose,
		.nodes = NODES };
	int r = 0;

	for (size_t e = 0; e < search->engine->model.environment_count; e++)
		has_room = has_room || search->room[e] > 0;
	wish.room = has_room ? search->room : NULL;
	r = master_solve(&search->master, &wish);
	if (r == 0 || r == -ESRCH)
		return -ERANGE;
	return r == 1 ? mixed_try_hosts(search) : r;
}

/* Room for the parts that failed, less for those that did not; false: all is settled. */
static bool choose_room(struct host_search *search, bool is_too_much)
{
	bool is_changed = false;

	for (size_t e = 0; e < search->engine->model.environment_count; e++) {
		size_t part = search->parts == 1 ? 0 : e;
		double before = search->room[e];

		if (is_too_much || search->is_filled[part])
			search->high[e] = search->room[e] < search->high[e]
				? search->room[e]
				: search->high[e];
		else
			search->low[e] = search->room[e] > search->low[e]
				? search->room[e]
				: search->low[e];
		if (search->high[e] >= ROOM_LAST)
			search->room[e] =
				search->low[e] > 0 ? 2 * search->low[e] : ROOM_FIRST;
		else if (search->low[e] == 0 && search->high[e] == ROOM_LOOSE)
			search->room[e] = ROOM_SHARE * ROOM_LOOSE;
		else if (search->high[e] - search->low[e] > ROOM_FIRST / 16)
			search->room[e] = (search->low[e] + search->high[e]) / 2;
		else
			search->room[e] = search->high[e];
		is_changed = is_changed || search->room[e] != before;
	}
	return is_changed;
}

/* Of many rows: the room is for the resources that were short, and sought anew. */
static bool learn_room(struct host_search *search)
{
	enum master_eased eased = search->master.few.has_all
		? MASTER_EASED_NOT
		: master_learn_ease(&search->master);

	for (size_t e = 0; e < search->engine->model.environment_count; e++) {
		double failed = search->low[e] > 0 ? search->low[e] : ROOM_FIRST;

		/* after the second: the same rooms, of other hosts */
		if (eased == MASTER_EASED_NOT || eased == MASTER_EASED_AGAIN)
			break;
		search->high[e] = ROOM_LAST;
		search->room[e] = eased == MASTER_EASED_LESS ? 2 * failed : failed;
		/* as much room as failed may do now */
		if (eased == MASTER_EASED_MORE)
			search->low[e] = EASED_AGAIN * failed;
	}
	return eased != MASTER_EASED_NOT;
}

/* More and more room until the hosts can be filled, then as little as does it. */
static int mixed_search_room(struct host_search *search)
{
	struct engine *engine = search->engine;
	size_t environments = engine->model.environment_count;
	int r = 0;

	for (size_t e = 0; e < environments; e++) {
		/* which rows bind is learnt where they are easily kept */
		search->room[e] = search->master.few.has_all ? 0 : ROOM_LOOSE;
		search->low[e] = 0;
		search->high[e] = ROOM_LAST;
	}
	for (int i = 0; i < ROOM_ROUNDS; i++) {
		bool is_changed = false;

		r = mixed_try_room(search);
		if (r == -ENOMEM || r == -EAGAIN || engine_is_done(engine) ||
			work_is_over(&engine->work))
			break;
		is_changed = choose_room(search, r == -ERANGE);
		if (r == 0 && learn_room(search))
			is_changed = true;
		if (!is_changed)
			break;
	}
	return r == -ENOMEM || r == -EAGAIN ? r : 0;
}

/* Dearer sets, one step of cost after the other, while they are cheaper than the best. */
static int mixed_search_costs(struct host_search *search)
{
	struct engine *engine = search->engine;
	int64_t cost = engine->bound;
	int r = 0;

	for (int i = 0; i < COST_STEPS && cost < best_value(engine); i++) {
		struct master_wish wish = { .cutoff = best_value(engine),
			.until_s = search->until_s,
			.min_cost = cost,
			.nodes = NODES };

		r = master_solve(&search->master, &wish);
		if (r == 1)
			r = mixed_try_hosts(search);
		else if (r == -ESRCH)
			r = 0;
		if (r < 0 || engine_is_done(engine) || work_is_over(&engine->work))
			break;
		cost += engine->mix.cost_gcd;
	}
	return r == -ENOMEM || r == -EAGAIN ? r : 0;
}

/* What each environment costs at least, the others aside: rows for all together. */
static int raise_singles(struct host_search *search)
{
	struct engine *engine = search->engine;
	size_t environments = engine->model.environment_count;
	int r = 1;

	for (size_t e = 0;
		e < environments && environments > 1 && (r == 1 || r == -ESRCH); e++) {
		struct master_wish wish = { .cutoff = INT64_MAX,
			.until_s = search->until_s,
			.nodes = NODES_SINGLE,
			.is_single = true,
			.environment = e };

		r = master_solve(&search->master, &wish);
	}
	return r;
}

/* The bound by hosts alone; -ERANGE: no hosts do at all. */
static int mixed_raise_bound(struct host_search *search)
{
	struct engine *engine = search->engine;
	struct master_wish wish = { .cutoff = best_value(engine),
		.until_s = search->until_s,
		.nodes = NODES_HARD };
	int r = raise_singles(search);

	if (r == 1 || r == -ESRCH)
		r = master_solve(&search->master, &wish);

	if (search->master.is_infeasible) {
		engine->is_all_refuted = true;
		return -ERANGE;
	}
	if (search->master.bound > engine->bound) {
		int64_t most = best_value(engine);

		engine_raise_bound(engine,
			search->master.bound < most ? search->master.bound : most,
			PACKING_BOUND_MIX);
	}
	engine_report(engine, "bound by sets of hosts");
	return r;
}

#define COARSE 14 /* units on a host up to which whole fillings are worth a look */
#define FILLINGS_SHARE 0.6
#define FREE_SHARE 0.2
#define GIVEN_SHARE 0.4
#define GIVEN_SETS 40
#define GIVEN_LEAST 0.2 /* of the time of all sets: less is too little for any */

/* Few units on a host: what shares of units say is far from what whole ones do. */
static bool is_coarse(const struct host_search *search)
{
	int64_t hosts = 0;

	for (size_t k = 0; k < search->master.kind_count; k++)
		hosts += search->master.y[k];
	return search->engine->model.unit_count <= COARSE * (size_t)hosts;
}

static double seconds_left(const struct host_search *search)
{
	return search->until_s - work_now_s();
}

/* The hosts of the master's answer. */
static int64_t cost_of_hosts(const struct host_search *search)
{
	int64_t cost = 0;

	for (size_t k = 0; k < search->master.kind_count; k++)
		cost += search->master.y[k] *
			search->master.cost[k % search->master.class_count];
	return cost;
}

/* The next set of hosts to look at: the cheapest, or of at least this cost. */
static int next_set(struct host_search *search, int64_t min_cost)
{
	struct master_wish wish = { .cutoff = best_value(search->engine),
		.until_s = search->until_s,
		.min_cost = min_cost,
		.nodes = NODES };

	return min_cost > search->engine->bound ? master_solve(&search->master, &wish)
						: mixed_raise_bound(search);
}

/* Rows from fillings, first of any hosts, then of each set that the master proposes;
 * one that is neither filled nor refuted makes way for the next cost. */
static int search_fillings(struct host_search *search)
{
	struct engine *engine = search->engine;
	int64_t min_cost = 0;
	double all_s = FILLINGS_SHARE * seconds_left(search),
	       end_s = work_now_s() + all_s;
	int r = master_columns(
		&search->master, NULL, FREE_SHARE * seconds_left(search), MOVES);

	for (int i = 0; i < GIVEN_SETS && r >= 0 && !engine_is_done(engine) &&
		end_s - work_now_s() > GIVEN_LEAST * all_s &&
		!work_is_over(&engine->work);
		i++) {
		r = next_set(search, min_cost);
		if (r != 1 || engine_is_done(engine))
			break;
		r = master_columns(&search->master, search->master.y,
			GIVEN_SHARE * (end_s - work_now_s()), MOVES);
		if (r == 0)
			min_cost = cost_of_hosts(search) + engine->mix.cost_gcd;
	}
	return r == -ENOMEM || r == -ERANGE ? r : 0;
}

/* All ways to look for dearer sets, with as much effort as the level says. */
static int search_level(struct host_search *search, int ways)
{
	struct engine *engine = search->engine;
	int r = 0;

	for (int way = 0; way < ways && r >= 0; way++) {
		if (engine_is_done(engine) || work_is_over(&engine->work))
			return 0;
		search->is_loose = way == 1;
		r = way < 2 ? mixed_search_room(search) : mixed_search_costs(search);
	}
	return r;
}

static int search_sets(struct host_search *search)
{
	struct engine *engine = search->engine;
	int r = mixed_raise_bound(search);

	if (r == -ESRCH)
		r = 0;
	/* a first packing with room to spare: the rest has something to beat */
	if (r >= 0 && !engine_is_done(engine))
		r = search_level(search, 1);
	if (r >= 0 && !engine_is_done(engine) && is_coarse(search))
		r = search_fillings(search);
	for (search->level = 0; search->level < LEVELS && r >= 0; search->level++) {
		if (engine_is_done(engine) || work_is_over(&engine->work))
			break;
		r = search_level(search, 3);
	}
	return r == -ENOMEM ? r : 0;
}

static int mixed_init(struct host_search *search, struct engine *engine, double until_s)
{
	size_t environments = engine->model.environment_count;
	int r = state_init(&search->made, &engine->model);

	search->engine = engine;
	search->until_s = until_s;
	search->parts = environments;
	for (size_t g = 0; g < engine->model.group_count; g++)
		if (engine->model.group[g].scope == MODEL_OF_ZONE ||
			engine->model.group[g].scope == MODEL_HOSTS)
			search->parts = 1; /* it ties environments together */
	search->room = calloc(3 * environments + 1, sizeof(*search->room));
	search->is_filled = calloc(environments + 1, sizeof(*search->is_filled));
	if (r < 0 || !search->room || !search->is_filled)
		return -ENOMEM;
	search->low = search->room + environments;
	search->high = search->low + environments;
	return master_init(&search->master, engine, 0);
}

static void mixed_done(struct host_search *search)
{
	master_done(&search->master);
	state_done(&search->made);
	for (size_t i = 0; i < search->part_count; i++) {
		free(search->part[i].y);
		free(search->part[i].host_of);
		free(search->part[i].host_type);
	}
	free(search->part);
	free(search->room);
	free(search->is_filled);
}

int mixed_run(struct engine *engine, double until_s)
{
	struct host_search search = { .master = { .child = { .to = -1, .from = -1 } } };
	struct work *work = &engine->work;
	double deadline_s = work->deadline_s;
	int r = 0;

	if (until_s < deadline_s)
		work->deadline_s = until_s;
	r = mixed_init(&search, engine, until_s);
	if (r == 0)
		r = search_sets(&search);
	if (*search.master.note)
		snprintf(engine->exact_note, sizeof(engine->exact_note), "%s",
			search.master.note);
	/* ending at a share of the time is not the end of all */
	if (work->deadline_s < deadline_s && work_now_s() < deadline_s &&
		!(work->is_cancelled && *work->is_cancelled))
		work->is_cut_by_clock = false;
	work->deadline_s = deadline_s;
	mixed_done(&search);
	return r == -ENOENT ? 0 : r;
}
