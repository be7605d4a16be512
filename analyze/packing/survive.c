/*
 * Spare room is spread: for more and more hosts, packings that leave part of every
 * host free are made and tested loss by loss.  Small problems are searched whole.
 */
#include "analyze/packing/survive.h"

#include "analyze/packing/construct.h"
#include "analyze/packing/exact.h"
#include "analyze/packing/repair.h"
#include "analyze/packing/survive_sets.h"
#include "common/util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define EXACT_UNITS 12
#define EXACT_NODES 2000000
#define HOSTS_MAX 2000
#define MORE_HOSTS 40
#define AGAIN_UNITS 200
#define SETS_SHARE 0.85 /* of the time, for sets of hosts from the master */

/* The search without a solver: sets of hosts made here. */
struct spread {
	struct survive *s;
	struct engine *engine;
	struct repair_host *host;
	struct state trial;
};

/* One set of hosts, with this share of each kept free. */
static int try_reserve(struct spread *s, size_t count, int64_t permille)
{
	struct engine *engine = s->engine;
	struct repair_limits limits = {
		.moves = 1500, .work = 100000000, .reserve_permille = permille
	};
	struct state empty = { 0 };
	int r = state_init(&empty, &engine->model);

	if (r == 0)
		r = repair_run(&empty, s->host, count, s->s->is_in, &limits,
			&engine->work, &s->trial);
	state_done(&empty);
	return r == 1 ? survive_test(s->s, &s->trial, NULL) : r;
}

/* The share of these hosts that the units need at least, in the fullest row. */
static double survive_least_share(const struct spread *s, size_t count)
{
	const struct model *model = &s->engine->model;
	double most = 0;

	for (size_t row = 0; row < model->row_count; row++) {
		double need = 0, room = 0;

		for (size_t h = 0; h < count; h++)
			room += (double)model_capacity(model, s->host[h].type)[row];
		for (size_t u = 0; u < model->unit_count; u++)
			need += s->s->is_in[u]
				? (double)model->size[u * model->row_count + row]
				: 0;
		if (room > 0 && need / room > most)
			most = need / room;
	}
	return most < 1 ? most : 1;
}

/* From an even spread to nearly full hosts; the first that survives ends it. */
static int survive_try_hosts(struct spread *s, size_t count)
{
	static const double fill[] = { 0.03, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9 };
	double share = survive_least_share(s, count);
	size_t tries = s->engine->model.unit_count <= AGAIN_UNITS ? 4 : 1;
	int r = 0;

	/* small ones are tried again: the search begins elsewhere each time */
	for (size_t i = 0; i < tries * ARRAY_LEN(fill) && r == 0; i++) {
		/* the part of every host that may be used */
		double part = share + (1 - share) * fill[i % ARRAY_LEN(fill)];

		if (work_is_over(&s->engine->work))
			break;
		r = try_reserve(s, count, (int64_t)(1000 * (1 - part)));
	}
	return r;
}

/* The hosts of the best packing and `more` further ones: of the type at `kind`. */
static size_t survive_list_hosts(struct spread *s, size_t more, size_t kind)
{
	const struct engine *engine = s->engine;
	const struct state *best = &engine->best;
	const struct model *model = &engine->model;
	size_t count = 0;
	unsigned environment = 0;

	for (size_t h = 0; h < best->host_count && count < HOSTS_MAX; h++)
		s->host[count++] = (struct repair_host){ best->host[h].type,
			best->host[h].environment };
	for (size_t i = 0; i < more && count < HOSTS_MAX; i++) {
		if (best->type_used[kind] + (int64_t)i >= model->count[kind])
			return 0;
		s->host[count++] = (struct repair_host){ kind, environment };
		environment = (environment + 1) % (unsigned)model->environment_count;
	}
	return count;
}

static int search_small(struct survive *s)
{
	struct engine *engine = s->engine;
	struct exact_limits limits = { .nodes = EXACT_NODES,
		.failover = engine->problem->failover,
		.unplaced_items = state_unplaced_items(&engine->best) };
	int r = 0;

	if (engine->model.unit_count > EXACT_UNITS || engine->options->without_search)
		return 0;
	r = exact_search(
		&engine->model, &limits, &engine->work, &s->found, &s->has_found);
	if (r != 1)
		return r;
	engine->is_failover_searched = s->has_found;
	if (s->has_found)
		engine->failover_bound = engine_value(engine, &s->found);
	/* for a set that leaves more out than need be, others might survive */
	else if (!engine->best.unplaced_count || engine->is_unplaced_proven)
		engine->is_failover_refuted = true;
	return 1;
}

/* The hosts of the best packing and more and more of every type. */
static int grow_types(struct spread *s, double until_s)
{
	struct engine *engine = s->engine;
	int r = 0;

	for (size_t more = 0; more <= MORE_HOSTS && r >= 0; more++) {
		for (size_t kind = 0; kind < engine->model.type_count && r >= 0;
			kind++) {
			size_t count = survive_list_hosts(s, more, kind);

			if (!count || (more == 0 && kind > 0))
				continue;
			if (work_is_over(&engine->work) || work_now_s() > until_s)
				return 0;
			r = survive_try_hosts(s, count);
		}
		if (s->s->has_found && more > 0)
			break;
	}
	return r < 0 ? r : 0;
}

/* All hosts there are, the dearest last. */
static size_t list_all_hosts(struct spread *s)
{
	const struct model *model = &s->engine->model;
	size_t count = 0;

	for (size_t t = 0; t < model->type_count; t++)
		for (int64_t i = 0; i < model->count[t] && count < HOSTS_MAX; i++) {
			s->host[count] = (struct repair_host){ t,
				(unsigned)(count % model->environment_count) };
			count++;
		}
	return count;
}

/* Every host there is, where fewer did not do; then without the dear ones that can be
 * spared, one after the other. */
static int use_all(struct spread *s, double until_s)
{
	struct engine *engine = s->engine;
	size_t count = list_all_hosts(s);
	int r = survive_try_hosts(s, count);

	for (size_t out = 0; r >= 0 && s->s->has_found && out < count;) {
		struct repair_host spared = s->host[out];

		if (work_is_over(&engine->work) || work_now_s() > until_s)
			break;
		s->host[out] = s->host[count - 1];
		r = survive_try_hosts(s, count - 1);
		if (r == 1) {
			count--;
			continue;
		}
		s->host[count - 1] = s->host[out];
		s->host[out++] = spared;
	}
	return r < 0 ? r : 0;
}

static int search_large(struct survive *s, double until_s)
{
	struct engine *engine = s->engine;
	struct spread spread = { .s = s, .engine = engine };
	double begin_s = work_now_s();
	int r = survive_test(s, &engine->best, NULL);

	spread.host = malloc((HOSTS_MAX + 1) * sizeof(*spread.host));
	if (!spread.host || state_init(&spread.trial, &engine->model) < 0)
		r = -ENOMEM;
	if (r >= 0 && !engine->best.unplaced_count && !survive_is_done(s))
		r = survive_sets_run(s, begin_s + SETS_SHARE * (until_s - begin_s));
	if (r >= 0 && !engine->is_failover_refuted && !survive_is_done(s))
		r = grow_types(&spread, until_s);
	if (r >= 0 && !engine->is_failover_refuted && !s->has_found)
		r = use_all(&spread, until_s);
	state_done(&spread.trial);
	free(spread.host);
	return r < 0 ? r : 0;
}

static bool has_spares(const struct packing_problem *problem)
{
	for (size_t t = 0; t < problem->type_count; t++)
		if (problem->type[t].spare > 0)
			return true;
	return false;
}

int survive_run(struct engine *engine, double until_s)
{
	struct survive s = { .engine = engine };
	const struct model *model = &engine->model;
	int64_t cheapest = INT64_MAX;
	int r = 0;

	for (size_t t = 0; t < model->type_count; t++)
		if (model->count[t] > 0 && model->cost[t] < cheapest)
			cheapest = model->cost[t];
	if (model->has_equal_costs || cheapest == INT64_MAX)
		cheapest = model->has_equal_costs;
	/* without the k lost hosts, the others hold everything: a packing by itself, unless
	 * spare hosts help them */
	engine->failover_bound = engine->best.unplaced_count ? 0 : engine->bound;
	if (model->unit_count && !has_spares(engine->problem))
		engine->failover_bound += cheapest * engine->problem->failover;
	s.is_in = malloc(model->unit_count + 1);
	r = s.is_in ? state_init(&s.found, model) : -ENOMEM;
	if (r == 0)
		r = state_init(&s.ordered, model);
	for (size_t u = 0; u < model->unit_count && r == 0; u++)
		s.is_in[u] = engine->best.host_of[u] != PACKING_NONE;
	if (r == 0 && engine->has_start)
		r = survive_test(&s, &engine->start, NULL);
	if (r >= 0 && engine->best.host_count > 0) {
		r = search_small(&s); /* of what is better than that */
		if (r == 0)
			r = search_large(&s, until_s);
	}
	if (r >= 0 && s.has_found)
		r = state_copy(&engine->best, &s.found);
	state_done(&s.found);
	state_done(&s.ordered);
	free(s.is_in);
	return r < 0 ? r : 0;
}
