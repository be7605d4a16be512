/*
 * The cheapest set of hosts first; environments that cannot be filled get room to
 * spare, more and more, and then as little of it as does.
 */
#include "analyze/packing/mixed.h"

#include "analyze/packing/mixed_search.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODES 3000 /* where no proof is wanted */
#define NODES_SINGLE 20000
#define NODES_HARD 200000
#define ROOM_FIRST 0.002
#define ROOM_LOOSE 0.1
#define ROOM_LAST 4.0
#define ROOM_MIDDLE 0.06 /* of many rows: soon found, should no less be */
#define ROOM_TIGHT 0.0375
#define EASED_AGAIN 0.5
#define ROOM_ROUNDS 40
#define FIRST_ROUNDS 3  /* with less room, where fillings come next */
#define ROOM_AGAIN 0.75 /* of what did, where more effort is made */
#define COST_STEPS 60
#define COSTS_FEW 16 /* between the bound and the best: each is tried */
#define LEVELS 5
#define LEVEL_BETWEEN \
	2 /* after it fillings again: both ways find what the other does not */

int64_t mixed_best_value(const struct engine *engine)
{
	return engine->has_best && !engine->best.unplaced_count
		? engine_value(engine, &engine->best)
		: INT64_MAX;
}

/* ---- sets ---------------------------------------------------------------------------- */

/* The cheapest hosts with the room that is wished.  1: filled; 0: not; -ERANGE: none,
 * or none cheaper than the best packing; -EAGAIN, -ENOMEM. */
static int mixed_try_room(struct host_search *search)
{
	bool has_room = false;
	struct master_wish wish = { .cutoff = mixed_best_value(search->engine),
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
	/* a set that fails costs more than one that is filled */
	bool is_dear = search->level > 0 || !search->master.few.has_all;
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
		/* it did with other hosts, which the rest no longer leaves it */
		if (search->low[e] >= search->high[e])
			search->high[e] = ROOM_LAST;
		if (search->high[e] >= ROOM_LAST)
			search->room[e] =
				search->low[e] > 0 ? 2 * search->low[e] : ROOM_FIRST;
		else if (search->low[e] == 0 && search->high[e] == ROOM_LOOSE)
			search->room[e] = ROOM_MIDDLE;
		else if (search->low[e] == 0 && search->high[e] == ROOM_MIDDLE)
			search->room[e] = ROOM_TIGHT;
		else if (search->high[e] - search->low[e] > ROOM_FIRST / 16)
			search->room[e] = search->low[e] +
				(is_dear ? ROOM_AGAIN : 0.5) *
					(search->high[e] - search->low[e]);
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
	int rounds = ROOM_ROUNDS, r = 0;

	for (size_t e = 0; e < environments; e++) {
		/* with more effort less than what did may do */
		bool is_known = search->level > 0 && search->high[e] < ROOM_LAST;

		/* which rows bind is learnt where they are easily kept */
		search->room[e] = search->master.few.has_all ? 0 : ROOM_LOOSE;
		search->low[e] = 0;
		if (is_known)
			search->room[e] = ROOM_AGAIN * search->high[e];
		else
			search->high[e] = ROOM_LAST;
	}
	for (int i = 0; i < rounds; i++) {
		bool is_changed = false;

		r = mixed_try_room(search);
		if (r == 1 && search->is_first && i + FIRST_ROUNDS < rounds)
			rounds = i + FIRST_ROUNDS;
		if (r == -ENOMEM || r == -EAGAIN || engine_is_done(engine) ||
			work_is_over(&engine->work))
			break;
		is_changed = choose_room(search, r == -ERANGE);
		if (r == 0 && learn_room(search))
			is_changed = true;
		/* what was over before the first was mended is what will be short */
		if (r == 1 && !search->master.few.has_all && !search->master.has_learnt)
			master_learn_ease(&search->master);
		if (!is_changed)
			break;
	}
	return r == -ENOMEM || r == -EAGAIN ? r : 0;
}

/* Dearer sets, one step of cost after the other, while they are cheaper than the best. */
static int mixed_search_costs(struct host_search *search)
{
	struct engine *engine = search->engine;
	int64_t *least = calloc(search->parts + 1, sizeof(*least));
	int r = least ? 1 : -ENOMEM;

	for (int i = 0; i < COST_STEPS && r >= 0 && !engine_is_done(engine) &&
		!work_is_over(&engine->work);
		i++) {
		struct master_wish wish = { .cutoff = mixed_best_value(engine),
			.until_s = search->until_s,
			.min_cost = search->parts == 1 ? least[0] : 0,
			.min_single = search->parts > 1 ? least : NULL,
			.nodes = NODES };

		r = master_solve(&search->master, &wish);
		if (r != 1)
			break; /* none is cheaper than the best */
		r = mixed_try_hosts(search);
		if (r == 0)
			mixed_raise_least(search, least);
	}
	free(least);
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

int mixed_raise_bound(struct host_search *search)
{
	struct engine *engine = search->engine;
	struct master_wish wish = { .cutoff = mixed_best_value(engine),
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
		int64_t most = mixed_best_value(engine);

		engine_raise_bound(engine,
			search->master.bound < most ? search->master.bound : most,
			PACKING_BOUND_MIX);
	}
	engine_report(engine, "bound by sets of hosts");
	return r;
}

/* All ways to look for dearer sets, with as much effort as the level says. */
static int search_level(struct host_search *search, int ways)
{
	struct engine *engine = search->engine;
	bool has_steps = mixed_is_coarse(search);
	int r = 0;

	for (int i = 0; i < ways && r >= 0; i++) {
		/* small environments, filled by themselves, get dearer one by one */
		int way = ways > 1 && has_steps ? ways - 1 - i : i;

		if (engine_is_done(engine) || work_is_over(&engine->work))
			return 0;
		search->is_loose = way == 1;
		if (way < 2)
			r = mixed_search_room(search);
		else if (has_steps ||
			mixed_best_value(engine) - engine->bound <=
				COSTS_FEW * engine->mix.cost_gcd)
			r = mixed_search_costs(search);
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
	search->is_first = mixed_is_coarse(search);
	search->is_opening = search->master.few.has_all;
	if (r >= 0 && !engine_is_done(engine))
		r = search_level(search, 1);
	search->is_opening = false;
	if (r >= 0 && !engine_is_done(engine) && search->is_first)
		r = mixed_search_fillings(search);
	search->is_first = false;
	/* of many rows, where little was left for the first look, it says all */
	search->level = !search->master.few.has_all;
	for (; search->level < LEVELS && r >= 0; search->level++) {
		if (engine_is_done(engine) || work_is_over(&engine->work))
			break;
		r = search_level(search, 3);
		if (r >= 0 && search->level == LEVEL_BETWEEN &&
			!engine_is_done(engine) && mixed_is_coarse(search))
			r = mixed_search_fillings(search);
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
	mixed_free_parts(search);
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
	engine->is_hurried = engine->is_hurried || work->is_cut_by_clock ||
		(work_now_s() > until_s && !engine_is_done(engine));
	/* ending at a share of the time is not the end of all */
	if (work->deadline_s < deadline_s && work_now_s() < deadline_s &&
		!(work->is_cancelled && *work->is_cancelled))
		work->is_cut_by_clock = false;
	work->deadline_s = deadline_s;
	mixed_done(&search);
	return r == -ENOENT ? 0 : r;
}
