/* Targets are costs; for each the roomiest sets of hosts are tried, by repair. */
#include "analyze/packing/improve.h"

#include "analyze/packing/construct.h"
#include "analyze/packing/model_rows.h"
#include "analyze/packing/repair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COVERS_PER_TARGET 12
#define SCAN_STEPS 12 /* so few targets are all tried, the lowest first */
#define MOVES 1500
#define COVER_WORK 3e8 /* of the heuristics for one set of hosts */
#define SMALL 300      /* units up to which all of few targets are tried at once */
#define LARGE 2000     /* units from which on fewer sets are tried */
#define WORK 150000000
#define HOSTS_MAX 20000

/* The hosts of a cover: those of the state first (same numbers), then the others. */
static size_t improve_list_hosts(const struct model *model, const struct state *state,
	const int64_t *cover, struct repair_host *host)
{
	size_t types = model->type_count, count = 0;

	for (size_t h = 0; state && h < state->host_count; h++)
		host[count++] = (struct repair_host){ state->host[h].type,
			state->host[h].environment };
	for (size_t e = 0; e < model->environment_count; e++)
		for (size_t t = 0; t < types; t++) {
			int64_t left = cover[e * types + t];

			for (size_t h = 0; state && h < state->host_count; h++)
				left -= state->host[h].type == t &&
					state->host[h].environment == e;
			for (; left > 0; left--)
				host[count++] = (struct repair_host){ t, (unsigned)e };
		}
	return count;
}

/* One set of hosts: heuristics within it, then repair.  1: packed and offered. */
static int try_cover(struct engine *engine, const int64_t *cover, size_t host_total,
	const struct repair_limits *limits, struct state *trial, struct state *made)
{
	static const struct construct_rule alike = { CONSTRUCT_DOT, CONSTRUCT_SUM,
		CONSTRUCT_DEMAND, 0 };
	const struct model *model = &engine->model;
	struct repair_host *host = malloc((host_total + 1) * sizeof(*host));
	size_t count = 0;
	bool is_single = model->environment_count == 1;
	int r = host ? 0 : -ENOMEM;

	state_clear(trial);
	/* of many units, those alike to what a host has left make the most of it */
	if (r == 0 && is_single && model->unit_count > LARGE)
		r = construct_run(trial, cover, &alike, &engine->work);
	else if (r == 0 && is_single)
		r = construct_portfolio(
			trial, cover, INT64_MAX, 2, COVER_WORK, &engine->work);
	if (r == 0 && is_single && !trial->unplaced_count) {
		r = engine_offer(engine, trial);
		free(host);
		return r < 0 ? r : 1;
	}
	if (r == 0) {
		count = improve_list_hosts(
			model, is_single ? trial : NULL, cover, host);
		r = repair_run(trial, host, count, NULL, limits, &engine->work, made);
	}
	if (r == 1 && engine_offer(engine, made) < 0)
		r = -ENOMEM;
	free(host);
	return r;
}

/* The best packing without its emptiest hosts: `keep` are left.  For one type only. */
static int try_fewer(struct engine *engine, size_t keep,
	const struct repair_limits *limits, struct state *trial, struct state *made)
{
	struct repair_host *host = calloc(keep + 1, sizeof(*host));
	int r = host ? state_copy(trial, &engine->best) : -ENOMEM;

	while (r == 0 && trial->host_count > keep) {
		size_t least = 0;

		for (size_t h = 1; h < trial->host_count; h++) {
			double a = 0, b = 0;

			for (size_t row = 0; row < engine->model.row_count; row++) {
				double scale = 1 /
					((double)model_capacity(
						 &engine->model, 0)[row] +
						1);

				a += scale * (double)state_load(trial, h)[row];
				b += scale * (double)state_load(trial, least)[row];
			}
			if (a < b)
				least = h;
		}
		while (trial->host[least].unit_count)
			state_remove(trial, trial->host[least].unit[0]);
		state_close(trial, least);
	}
	for (size_t h = 0; r == 0 && h < keep; h++)
		host[h] = (struct repair_host){ 0,
			h < trial->host_count ? trial->host[h].environment : 0 };
	if (r == 0)
		r = repair_run(trial, host, keep, NULL, limits, &engine->work, made);
	if (r == 1 && engine_offer(engine, made) < 0)
		r = -ENOMEM;
	free(host);
	return r;
}

static bool is_uniform(const struct engine *engine)
{
	return engine->model.type_count == 1 && engine->model.environment_count == 1;
}

/*
 * All ways to try one target.  1: the best is now at most the target; 0: not packed;
 * -ENOENT: no set of hosts of this cost covers what is needed, which at the bound is
 * a proof that the bound is higher.
 */
static int try_target(struct engine *engine, int64_t target,
	const struct repair_limits *limits, struct state *trial, struct state *made)
{
	const struct model *model = &engine->model;
	size_t cells = model->environment_count * model->type_count;
	int64_t *cover = NULL;
	bool is_complete = false;
	int count = 0, r = 0;

	if (is_uniform(engine) && engine->has_best && !engine->best.unplaced_count)
		return try_fewer(engine, (size_t)target, limits, trial, made);
	count = mix_covers(&engine->mix, target, COVERS_PER_TARGET, &engine->work,
		&cover, &is_complete);
	if (count < 0)
		return count;
	if (!count) {
		free(cover);
		if (is_complete && target == engine->bound)
			engine_raise_bound(engine, target + engine->mix.cost_gcd,
				PACKING_BOUND_MIX);
		return -ENOENT;
	}
	for (int i = 0; i < count && r == 0 && !work_is_over(&engine->work); i++) {
		size_t hosts = 0;

		for (size_t c = 0; c < cells; c++)
			hosts += (size_t)cover[(size_t)i * cells + c];
		if (hosts <= HOSTS_MAX)
			r = try_cover(engine, cover + (size_t)i * cells, hosts, limits,
				trial, made);
	}
	free(cover);
	return r;
}

/* The dearest target that still makes sense. */
static int64_t highest_target(const struct engine *engine)
{
	const struct mix *mix = &engine->mix;
	int64_t all = 0;

	if (engine->has_best && !engine->best.unplaced_count)
		return engine_value(engine, &engine->best) - mix->cost_gcd;
	for (size_t c = 0; c < mix->class_count; c++)
		all += mix->count[c] * mix->cost[c];
	return all;
}

static int descend_level(struct engine *engine, const struct repair_limits *limits,
	struct state *trial, struct state *made)
{
	const struct mix *mix = &engine->mix;
	int64_t low = engine->bound, high = highest_target(engine);
	int r = 0;

	while (low <= high && r >= 0 && !work_is_over(&engine->work)) {
		int64_t steps = (high - low) / mix->cost_gcd;
		/* a dearer set of hosts may fail where a cheaper one works, so of a few
		 * none is skipped */
		bool is_scan = steps <= SCAN_STEPS && !is_uniform(engine) &&
			(limits->moves > MOVES || engine->model.unit_count <= SMALL);
		int64_t skipped = is_scan ? 0 : steps / 2;
		int64_t middle = low + skipped * mix->cost_gcd;
		int64_t target = middle;

		/* not every cost can be spent: the next one that can */
		do {
			r = try_target(engine, target, limits, trial, made);
			if (r == -ENOENT)
				target += mix->cost_gcd;
		} while (
			r == -ENOENT && target <= high && !work_is_over(&engine->work));
		if (r == 1)
			high = highest_target(engine);
		else if (r == -ENOENT)
			high = middle - mix->cost_gcd;
		else
			low = target + mix->cost_gcd;
		if (r == -ENOENT)
			r = 0;
		if (low < engine->bound)
			low = engine->bound;
		engine_report(engine, "improvement");
	}
	return r < 0 ? r : 0;
}

int improve_descend(struct engine *engine, unsigned levels, double until_s)
{
	struct work *work = &engine->work;
	double deadline_s = work->deadline_s;
	uint64_t thousands = engine->model.unit_count / 1000 + 1;
	/* work is counted in figures: of many rows each step costs more of it */
	uint64_t rows = engine->model.row_count / MODEL_ROWS_FEW + 1;
	struct repair_limits limits = { .moves = MOVES,
		.work = WORK * thousands * rows };
	struct state trial, made = { 0 };
	bool was_cut = work->is_cut_by_clock;
	int r = state_init(&trial, &engine->model);

	if (r == 0)
		r = state_init(&made, &engine->model);
	if (until_s < deadline_s)
		work->deadline_s = until_s;
	for (unsigned level = 0; level < levels && r == 0; level++) {
		if (engine_is_done(engine) || work_is_over(work))
			break;
		r = descend_level(engine, &limits, &trial, &made);
		limits.moves *= 4;
		limits.work *= 4;
	}
	engine->is_hurried = engine->is_hurried || work->is_cut_by_clock;
	/* ending at a share of the time is not the end of all */
	if (work->deadline_s < deadline_s && !was_cut && work_now_s() < deadline_s &&
		!(work->is_cancelled && *work->is_cancelled))
		work->is_cut_by_clock = false;
	work->deadline_s = deadline_s;
	state_done(&trial);
	state_done(&made);
	return r;
}

/* All hosts there are, those of the best packing first. */
static size_t all_hosts(const struct engine *engine, struct repair_host *host)
{
	const struct model *model = &engine->model;
	size_t count = 0;

	for (size_t h = 0; h < engine->best.host_count; h++)
		host[count++] = (struct repair_host){ engine->best.host[h].type,
			engine->best.host[h].environment };
	for (size_t t = 0; t < model->type_count; t++)
		for (int64_t left = model->count[t] - engine->best.type_used[t];
			left > 0 && count < HOSTS_MAX; left--)
			host[count++] = (struct repair_host){ t, 0 };
	return count;
}

int improve_admit(struct engine *engine, double until_s)
{
	const struct model *model = &engine->model;
	struct repair_limits limits = { .moves = (uint64_t)2 * MOVES,
		.work = (uint64_t)2 * WORK };
	struct repair_host *host =
		malloc((HOSTS_MAX + engine->best.host_count + 1) * sizeof(*host));
	unsigned char *is_in = calloc(model->unit_count + 1, 1);
	struct state made = { 0 };
	int r = host && is_in ? state_init(&made, model) : -ENOMEM;

	for (size_t u = 0; u < model->unit_count && r >= 0; u++) {
		size_t count = 0;

		if (engine->best.host_of[u] != PACKING_NONE)
			continue;
		if (work_is_over(&engine->work) || work_now_s() > until_s)
			break;
		for (size_t v = 0; v < model->unit_count; v++)
			is_in[v] = v == u || engine->best.host_of[v] != PACKING_NONE;
		count = all_hosts(engine, host);
		/* an empty host takes the environment of whoever wants it */
		for (size_t h = engine->best.host_count; h < count; h++)
			host[h].environment = model->environment[u];
		r = repair_run(&engine->best, host, count, is_in, &limits,
			&engine->work, &made);
		if (r == 1)
			r = engine_offer(engine, &made);
	}
	free(host);
	free(is_in);
	state_done(&made);
	return r < 0 ? r : 0;
}
