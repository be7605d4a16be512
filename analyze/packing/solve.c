/* packing_solve: the order of the phases, and the result made from what they found. */
#include "analyze/packing/packing.h"

#include "analyze/packing/checker.h"
#include "analyze/packing/conflict.h"
#include "analyze/packing/construct.h"
#include "analyze/packing/engine.h"
#include "analyze/packing/exact.h"
#include "analyze/packing/improve.h"
#include "analyze/packing/mixed.h"
#include "analyze/packing/model_rows.h"
#include "analyze/packing/solver_process.h"
#include "analyze/packing/survive.h"
#include "analyze/packing/volumes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_TIME_LIMIT_S 10.0
#define CONFLICT_S 5.0
#define BOUND_SHARE 0.15 /* of the time, for the bound by whole hosts */
#define BOUND_BRIEF_S 0.2

/* ---- the result ------------------------------------------------------------------ */

/* Hosts of one type together, in the order of their lowest item. */
static int number_hosts(const struct engine *engine, struct packing_result *result)
{
	const struct state *best = &engine->best;
	size_t *number = malloc((best->host_count + 1) * sizeof(*number));
	size_t next = 0;

	if (!number)
		return -ENOMEM;
	for (size_t h = 0; h < best->host_count; h++)
		number[h] = PACKING_NONE;
	for (size_t t = 0; t < engine->model.type_count; t++)
		for (size_t i = 0; i < engine->problem->item_count; i++) {
			size_t unit = engine->model.unit_of[i];
			size_t h = unit == PACKING_NONE ? PACKING_NONE
							: best->host_of[unit];

			if (h == PACKING_NONE || number[h] != PACKING_NONE ||
				best->host[h].type != t)
				continue;
			number[h] = next;
			result->host_type[next++] = t;
		}
	for (size_t i = 0; i < engine->problem->item_count; i++) {
		size_t unit = engine->model.unit_of[i];
		size_t h = unit == PACKING_NONE ? PACKING_NONE : best->host_of[unit];

		result->host_of[i] = h == PACKING_NONE ? PACKING_NONE : number[h];
		if (h != PACKING_NONE)
			continue;
		result->unplaced_count++;
		if (unit != PACKING_NONE)
			result->reason[i] = PACKING_NO_ROOM;
	}
	result->host_count = next;
	free(number);
	return 0;
}

/* Which volume of its host each item is on: as the search decided that they fit. */
static int choose_volumes(
	const struct packing_problem *problem, struct packing_result *result)
{
	size_t n = problem->item_count;
	size_t *item = malloc((2 * n + 1) * sizeof(*item)), *volume = item + n;
	int r = item ? 1 : -ENOMEM;

	for (size_t i = 0; i < n && item; i++)
		result->volume_of[i] = PACKING_NONE;
	for (size_t h = 0; h < result->host_count && r == 1; h++) {
		size_t count = 0;

		for (size_t i = 0; i < n; i++)
			if (result->host_of[i] == h)
				item[count++] = i;
		r = volumes_fit(problem, result->host_type[h], item, count, volume);
		for (size_t i = 0; i < count && r == 1; i++)
			result->volume_of[item[i]] = volume[i];
	}
	free(item);
	return r == -ENOMEM ? r : 0;
}

/* The bound for the units that were placed, when some were not. */
static int bound_placed(struct engine *engine, struct packing_result *result)
{
	const struct model *model = &engine->model;
	unsigned char *is_in = calloc(model->unit_count + 1, 1);
	struct mix mix;
	int r = is_in ? 0 : -ENOMEM;

	for (size_t u = 0; u < model->unit_count && r == 0; u++)
		is_in[u] = engine->best.host_of[u] != PACKING_NONE;
	if (r == 0)
		r = mix_init(&mix, model, is_in, &engine->work);
	if (r == 0) {
		result->lower_bound = mix.bound;
		result->bound_kind = mix.bound_kind;
		if (mix.bound_row != PACKING_NONE)
			result->binding_row = model->row_origin[mix.bound_row];
		mix_done(&mix);
	}
	free(is_in);
	return r;
}

/* Every loss again, with the placements that the checker wants to see. */
static int fill_failover(struct engine *engine, struct packing_result *result)
{
	int r = packing_recover(engine->problem, engine->problem->failover,
		result->host_type, result->host_count, result->host_of,
		&result->recovery, &result->recovery_count);

	if (r < 0)
		return r;
	result->is_failover_met = result->recovery_count > 0;
	for (size_t i = 0; i < result->recovery_count; i++)
		if (!result->recovery[i].is_survived)
			result->is_failover_met = false;
	result->is_failover_refuted =
		!result->is_failover_met && engine->is_failover_refuted;
	if (result->is_failover_met && engine->failover_bound > result->lower_bound) {
		result->lower_bound = engine->failover_bound;
		result->bound_kind = engine->is_failover_searched
			? PACKING_BOUND_SEARCH
			: PACKING_BOUND_FAILOVER;
	}
	return 0;
}

/* Why items are left out, when it is for constraints. */
static int fill_conflict(struct engine *engine, struct packing_result *result)
{
	const struct packing_problem *problem = engine->problem;
	struct work work = { .deadline_s = work_now_s() + CONFLICT_S,
		.is_cancelled = engine->options->is_cancelled };
	int r = 0;

	if (!result->unplaced_count || !problem->constraint_count)
		return 0;
	r = conflict_find(problem, &work, &result->conflict, &result->conflict_count);
	for (size_t n = 0; n < result->conflict_count && r == 0; n++) {
		const struct packing_constraint *c =
			&problem->constraint[result->conflict[n]];

		for (size_t i = 0; i < c->item_count; i++)
			if (result->reason[c->item[i]] != PACKING_PLACED)
				result->reason[c->item[i]] = PACKING_CONSTRAINT;
		result->is_all_refuted = true;
	}
	return r;
}

static int fill_result(struct engine *engine, struct packing_result *result)
{
	const struct model *model = &engine->model;
	int64_t value = 0;
	int r = number_hosts(engine, result);

	if (r == 0)
		r = choose_volumes(engine->problem, result);
	if (r < 0)
		return r;
	result->is_failover_met = true;
	result->cost = state_cost(&engine->best);
	result->has_equal_costs = model->has_equal_costs;
	value = engine_value(engine, &engine->best);
	result->lower_bound = engine->bound;
	result->lower_bound_all = engine->bound;
	result->bound_kind = engine->bound_kind;
	result->binding_row = engine->bound_row == PACKING_NONE
		? PACKING_NONE
		: model->row_origin[engine->bound_row];
	if (engine->best.unplaced_count)
		r = bound_placed(engine, result);
	if (r == 0 && engine->best.unplaced_count &&
		engine->placed_bound > result->lower_bound) {
		result->lower_bound = engine->placed_bound;
		result->bound_kind = PACKING_BOUND_SEARCH;
	}
	if (r == 0 && engine->problem->failover)
		r = fill_failover(engine, result);
	if (r < 0)
		return r;
	/* the costs of a set cannot be under the bound; equal means optimal */
	result->is_unplaced_proven =
		!engine->best.unplaced_count || engine->is_unplaced_proven;
	result->is_all_refuted = engine->is_all_refuted ||
		result->unplaced_count > (size_t)state_unplaced_items(&engine->best) ||
		(result->unplaced_count && result->is_unplaced_proven);
	result->is_proven_optimal =
		result->lower_bound == value && result->is_failover_met;
	r = fill_conflict(engine, result);
	result->is_cut_by_clock = engine->work.is_cut_by_clock || engine->is_hurried ||
		engine->work.is_hurried;
	memcpy(result->exact_note, engine->exact_note, sizeof(result->exact_note));
	return r;
}

static int result_init(const struct packing_problem *problem,
	struct packing_result *result, struct err *err)
{
	size_t n = problem->item_count + 1;

	*result = (struct packing_result){ .binding_row = PACKING_NONE };
	result->host_type = calloc(n, sizeof(*result->host_type));
	result->host_of = calloc(n, sizeof(*result->host_of));
	result->volume_of = calloc(n, sizeof(*result->volume_of));
	result->reason = calloc(n, sizeof(*result->reason));
	result->reason_row = calloc(n, sizeof(*result->reason_row));
	if (!result->host_type || !result->host_of || !result->volume_of ||
		!result->reason || !result->reason_row) {
		packing_result_done(result);
		return err_set(err, -ENOMEM, "no memory");
	}
	return 0;
}

/* ---- the phases ------------------------------------------------------------------ */

static int engine_init(struct engine *engine, const struct packing_problem *problem,
	const struct packing_options *options, struct packing_result *result,
	struct err *err)
{
	double limit_s = options->time_limit_s > 0 ? options->time_limit_s
						   : DEFAULT_TIME_LIMIT_S;
	struct work bound_work;
	int r = 0;

	*engine = (struct engine){ .problem = problem, .options = options };
	engine->begin_s = work_now_s();
	engine->work = (struct work){ .deadline_s = engine->begin_s + limit_s,
		.is_cancelled = options->is_cancelled,
		.random = options->seed + 1 };
	r = model_build(
		problem, result->reason, result->reason_row, &engine->model, err);
	if (r < 0)
		return r;
	/* ending the bound early is not ending the whole */
	bound_work = engine->work;
	bound_work.deadline_s = engine->begin_s + BOUND_SHARE * limit_s;
	/* the solver will do better */
	if (problem->type_count > 1 && !options->without_solver &&
		BOUND_SHARE * limit_s > BOUND_BRIEF_S)
		bound_work.deadline_s = engine->begin_s + BOUND_BRIEF_S;
	r = mix_init(&engine->mix, &engine->model, NULL, &bound_work);
	if (r == 0)
		r = state_init(&engine->best, &engine->model);
	if (r < 0)
		return err_set(err, r, "no memory");
	engine->bound = engine->mix.bound;
	engine->bound_kind = engine->mix.bound_kind;
	engine->bound_row = engine->mix.bound_row;
	engine->is_all_refuted = engine->mix.is_infeasible;
	return 0;
}

/* What is known already, as far as it fits: the search has that to better. */
static int take_start(struct engine *engine)
{
	const struct packing_start *start = engine->options->start;
	const struct model *model = &engine->model;
	int r = start ? state_init(&engine->start, model) : 0;

	for (size_t h = 0; start && h < start->host_count && r == 0; h++)
		r = state_open(&engine->start, start->host_type[h], NULL);
	for (size_t u = 0; start && u < model->unit_count && r == 0; u++) {
		size_t h = start->host_of[model->member[model->member_start[u]]];

		if (h != PACKING_NONE && state_fits(&engine->start, u, h))
			r = state_add(&engine->start, u, h);
	}
	if (r == -ENOSPC)
		return 0; /* more hosts than there are: it is of another problem */
	if (r < 0 || !start)
		return r;
	state_drop_empty(&engine->start);
	engine->has_start = true;
	return engine_offer(engine, &engine->start);
}

static void engine_done(struct engine *engine)
{
	state_done(&engine->best);
	state_done(&engine->start);
	mix_done(&engine->mix);
	model_done(&engine->model);
}

#define PORTFOLIO_ROUNDS 48
#define PORTFOLIO_WORK 3e9
#define COSTS_WORK 3e8 /* where costs differ, whole sets of hosts do better */
#define USUAL_ROWS 64  /* rules look at so many rows of a host, more take longer */

/* The moment at which this share of the time is spent. */
static double share_s(const struct engine *engine, double share)
{
	/* what survives a loss has yet to be found then */
	if (engine->problem->failover && share < 1)
		share /= 2;
	return engine->begin_s + share * (engine->work.deadline_s - engine->begin_s);
}

#define SOLVER_UNITS_MAX 4000

/* Hosts of one kind, and all units placed already: what the solver is for. */
static bool wants_solver(struct engine *engine)
{
	const struct model *model = &engine->model;

	if (model->type_count != 1 || engine->is_all_refuted || !engine->has_best ||
		engine->best.unplaced_count || engine->work.is_cut_by_clock)
		return false;
	if (engine->options->without_solver) {
		snprintf(engine->exact_note, sizeof(engine->exact_note), "not wanted");
		return false;
	}
	return model->unit_count <= SOLVER_UNITS_MAX;
}

/* Hosts of several kinds: which of them is the question before what goes where. */
static bool wants_sets(struct engine *engine)
{
	return engine->model.type_count > 1 && engine->model.unit_count > 0 &&
		!engine->is_all_refuted && !engine->work.is_cut_by_clock;
}

#define EXACT_UNITS_FIRST 12
#define EXACT_UNITS_LAST 40

/* All packings of a small problem; what it proves is kept. */
static int search_all(struct engine *engine, uint64_t nodes)
{
	struct exact_limits limits = { .nodes = nodes, .unplaced_items = INT64_MAX };
	int64_t all = 0;
	int r = 0;

	if (engine->options->without_search)
		return 0;
	r = exact_search(&engine->model, &limits, &engine->work, &engine->best,
		&engine->has_best);

	if (r != 1)
		return r;
	all = state_unplaced_items(&engine->best);
	engine->is_unplaced_proven = true;
	if (all > 0) {
		engine->is_all_refuted = true;
		engine->placed_bound = engine_value(engine, &engine->best);
	} else {
		engine_raise_bound(engine, engine_value(engine, &engine->best),
			PACKING_BOUND_SEARCH);
	}
	return 0;
}

/* As many are left out as the smallest sizes say must be. */
static void bound_unplaced(struct engine *engine)
{
	int64_t least = exact_unplaced_bound(&engine->model);

	if (least > 0)
		engine->is_all_refuted = true;
	if (state_unplaced_items(&engine->best) <= least)
		engine->is_unplaced_proven = true;
}

static int run_heuristics(struct engine *engine)
{
	const struct model *model = &engine->model;
	double most = COSTS_WORK / (1 + (double)(model->row_count / USUAL_ROWS));
	struct state trial;
	int r = state_init(&trial, model);

	if (r == 0)
		r = construct_portfolio(&trial, NULL,
			model->has_equal_costs ? engine->bound * model->cost[0]
					       : engine->bound,
			PORTFOLIO_ROUNDS,
			model->has_equal_costs ? PORTFOLIO_WORK : most, &engine->work);
	if (r == 0)
		r = engine_offer(engine, &trial);
	state_done(&trial);
	engine_report(engine, "heuristics");
	return r;
}

#define DESCENT_SHARE 0.2
#define MANY_ROWS_SHARE 0.6 /* fillings are priced on few of them: little comes of it */
#define MANY_ROWS_LEVELS 3

/* Better packings and bounds, phase by phase, while there is something to gain. */
static int improve_best(struct engine *engine)
{
	bool has_many_rows = engine->model.row_count > MODEL_ROWS_FEW;
	bool has_sets =
		engine->model.type_count > 1 && !engine->options->without_solver;
	int r = 0;

	if (!engine_is_done(engine) && !engine->is_all_refuted && !has_sets)
		r = improve_descend(engine, has_many_rows ? MANY_ROWS_LEVELS : 1,
			share_s(engine,
				has_many_rows ? MANY_ROWS_SHARE : DESCENT_SHARE));
	if (r == 0 && !engine_is_done(engine) && wants_solver(engine))
		r = solver_process_run(engine, share_s(engine, 0.9));
	if (r == 0 && !engine_is_done(engine) && wants_sets(engine))
		r = mixed_run(engine, share_s(engine, 0.9));
	if (r == 0 && !engine_is_done(engine) && !engine->is_all_refuted)
		r = improve_descend(engine, 6, share_s(engine, 0.95));
	return r;
}

static int engine_run(struct engine *engine)
{
	size_t units = engine->model.unit_count;
	int r = take_start(engine);

	if (r == 0)
		r = run_heuristics(engine);

	/* with costs also the number of hosts is searched */
	if (r == 0 && units <= EXACT_UNITS_FIRST &&
		!(engine_is_done(engine) && engine->model.has_equal_costs))
		r = search_all(engine, 1000000);
	if (r == 0 && engine->best.unplaced_count)
		bound_unplaced(engine);
	if (r == 0)
		r = improve_best(engine);
	if (r == 0 && engine->best.unplaced_count && !engine->is_unplaced_proven) {
		r = improve_admit(engine, share_s(engine, 0.97));
		bound_unplaced(engine);
	}
	if (r == 0 && !engine_is_done(engine) && !engine->is_unplaced_proven &&
		units > EXACT_UNITS_FIRST && units <= EXACT_UNITS_LAST)
		r = search_all(engine, 300000);
	if (r == 0 && engine->problem->failover)
		r = survive_run(engine, share_s(engine, 1));
	return r;
}

int packing_solve(const struct packing_problem *problem,
	const struct packing_options *options, struct packing_result *ret_result,
	struct err *err)
{
	struct packing_result result;
	struct engine engine = { 0 };
	int r = packing_problem_check(problem, err);

	if (r < 0)
		return r;
	r = result_init(problem, &result, err);
	if (r < 0)
		return r;
	r = engine_init(&engine, problem, options, &result, err);
	if (r == 0) {
		r = engine_run(&engine);
		if (r == 0)
			r = fill_result(&engine, &result);
		if (r < 0)
			err_set(err, r, "no memory");
	}
	result.seconds = work_now_s() - engine.begin_s;
	if (r == 0) {
		r = checker_check(problem, &result, err);
		if (r < 0)
			err_wrap(err, r, "the checker refused our answer");
	}
	engine_done(&engine);
	if (r < 0) {
		packing_result_done(&result);
		return r;
	}
	*ret_result = result;
	return 0;
}
