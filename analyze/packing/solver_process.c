/* What the exact phase says, taken at its word only after it was checked here. */
#include "analyze/packing/solver_process.h"

#include "analyze/packing/certificate.h"
#include "analyze/packing/model_rows.h"
#include "analyze/packing/refute.h"
#include "analyze/packing/repair.h"
#include "analyze/packing/solver_child.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODE_LIMIT 60000000
#define GRACE_S 0.3

struct process {
	struct engine *engine;
	struct model small; /* the model with the rows that the solver sees */
	bool has_all_rows;
	struct solver_child child;
	double deadline_s;
	bool is_done;
};

/* ---- what it says ---------------------------------------------------------------- */

/* A placement counts when all its units fit; else what fits is kept and repaired. */
static int take_placement(struct process *p, const struct wire_placement *placement)
{
	struct engine *engine = p->engine;
	struct repair_limits limits = { .moves = 6000, .work = 400000000 };
	struct repair_host *host = calloc(placement->host_count + 1, sizeof(*host));
	struct state state, made = { 0 };
	int r = state_init(&state, &engine->model);

	if (r == 0)
		r = host ? state_init(&made, &engine->model) : -ENOMEM;
	for (size_t h = 0; h < placement->host_count && r == 0; h++) {
		r = state_open(&state, placement->host_type[h], NULL);
		host[h].type = placement->host_type[h];
	}
	for (size_t u = 0; u < engine->model.unit_count && r == 0; u++) {
		size_t h = placement->host_of[u];

		if (h == PACKING_NONE)
			continue;
		host[h].environment = engine->model.environment[u];
		if (state_fits(&state, u, h))
			r = state_add(&state, u, h);
	}
	if (r == 0 && !state.unplaced_count)
		r = engine_offer(engine, &state);
	else if (r == 0) {
		r = repair_run(&state, host, placement->host_count, NULL, &limits,
			&engine->work, &made);
		if (r == 1)
			r = engine_offer(engine, &made);
	}
	if (r == -ENOSPC)
		r = 0; /* more hosts than there are: not an answer */
	state_done(&state);
	state_done(&made);
	free(host);
	engine_report(engine, "exact phase");
	return r;
}

#define REFUTE_SHARE 0.2

/*
 * One host less than the best packing: with these prices the question can often be
 * settled whole, by a packing or by a proof that there is none.
 */
static int settle(struct process *p, const int64_t *price)
{
	struct engine *engine = p->engine;
	struct refute_limits limits = { .fillings = 20000, .nodes = 20000000 };
	struct work work = engine->work;
	struct state found;
	enum refute_answer answer = REFUTE_UNKNOWN;
	int64_t target = engine_value(engine, &engine->best) - 1;
	int r = 0;

	if (target < engine->bound || target > engine->bound + 1)
		return 0;
	work.deadline_s =
		work_now_s() + REFUTE_SHARE * (work.deadline_s - work_now_s());
	r = state_init(&found, &p->small);
	if (r == 0)
		r = refute_run(
			&p->small, price, target, &limits, &work, &found, &answer);
	if (r == 0 && answer == REFUTE_NONE)
		engine_raise_bound(engine, target + 1, PACKING_BOUND_SEARCH);
	if (r == 0 && answer == REFUTE_FOUND) {
		struct wire_placement placement = { .host_count = found.host_count,
			.host_of = found.host_of };

		placement.host_type = calloc(found.host_count + 1, sizeof(size_t));
		r = placement.host_type ? take_placement(p, &placement) : -ENOMEM;
		free(placement.host_type);
	}
	state_done(&found);
	return r;
}

/* Prices prove a bound only after the fillings have been searched here. */
static int take_prices(struct process *p, const void *payload, size_t length)
{
	size_t n = p->small.unit_count;
	struct work work = p->engine->work;
	int64_t *price = NULL, bound = 0;
	int r = 0;

	if (length != n * sizeof(*price)) {
		p->child.is_broken = true;
		return 0;
	}
	price = malloc(length + 8);
	if (!price)
		return -ENOMEM;
	memcpy(price, payload, length);
	for (size_t u = 0; u < n; u++)
		if (price[u] < 0 || price[u] > (int64_t)1 << 40)
			price[u] = 0;
	work.deadline_s = p->engine->work.deadline_s;
	r = certificate_bound(&p->small, price, NODE_LIMIT, &work, &bound);
	if (r == 0)
		engine_raise_bound(p->engine, bound, PACKING_BOUND_COLUMNS);
	if (r == 0 && !engine_is_done(p->engine))
		r = settle(p, price);
	free(price);
	engine_report(p->engine, "exact phase");
	return r;
}

static int solver_process_take_message(
	struct process *p, const struct wire_head *head, const char *payload)
{
	struct wire_placement placement;
	int r = 0;

	switch ((enum wire_kind)head->kind) {
	case WIRE_PLACEMENT:
		r = wire_decode_placement(
			payload, head->length, &p->engine->model, &placement);
		if (r == -EPROTO)
			p->child.is_broken = true;
		if (r < 0)
			return r == -EPROTO ? 0 : r;
		r = take_placement(p, &placement);
		wire_placement_done(&placement);
		return r;
	case WIRE_PRICES:
		return take_prices(p, payload, head->length);
	case WIRE_DONE:
		p->is_done = true;
		return 0;
	default: /* a question is no answer */
		break;
	}
	p->child.is_broken = true;
	return 0;
}

static int converse(struct process *p)
{
	struct engine *engine = p->engine;
	int r = 0;

	while (r == 0 && !p->is_done && !p->child.is_broken &&
		!engine_is_done(engine)) {
		const char *payload = NULL;
		struct wire_head head;

		r = solver_child_receive(&p->child, p->deadline_s,
			engine->options->is_cancelled, &head, &payload);
		if (r != 1)
			break;
		r = solver_process_take_message(p, &head, payload);
	}
	if (engine->options->is_cancelled && *engine->options->is_cancelled)
		engine->work.is_cut_by_clock = true;
	/* nothing is left to find: that is an end as good as its own */
	if (engine_is_done(engine))
		p->is_done = true;
	return r == -ENOMEM ? r : 0;
}

/* ---- all together ---------------------------------------------------------------- */

static int make_request(struct process *p)
{
	struct engine *engine = p->engine;
	struct wire_request request = { .seed = engine->options->seed,
		.time_limit_s = p->deadline_s - work_now_s() - GRACE_S,
		.bound = engine->bound,
		.value = engine->has_best && !engine->best.unplaced_count
			? engine_value(engine, &engine->best)
			: INT64_MAX,
		.model = p->small,
		.host_of = engine->best.host_of };
	struct strbuf payload;
	int r = 0;

	if (request.time_limit_s < 0.01)
		request.time_limit_s = 0.01;
	strbuf_init(&payload, WIRE_PAYLOAD_MAX);
	r = wire_encode_request(&request, &payload);
	if (r == 0)
		r = solver_child_send(&p->child, WIRE_REQUEST, &payload);
	strbuf_done(&payload);
	return r;
}

int solver_process_run(struct engine *engine, double until_s)
{
	struct process p = { .engine = engine, .deadline_s = until_s };
	size_t chosen[MODEL_ROWS_FEW];
	int r = 0;

	if (solver_child_start(&p.child, engine->options, engine->exact_note,
		    sizeof(engine->exact_note)) < 0)
		return 0;
	p.has_all_rows = engine->model.row_count <= MODEL_ROWS_FEW;
	if (p.has_all_rows)
		p.small = engine->model;
	else
		r = model_rows_restrict(&engine->model, &p.small, chosen);
	if (r == 0)
		r = make_request(&p);
	if (r == 0)
		r = converse(&p);
	engine->is_hurried = engine->is_hurried || work_now_s() > until_s;
	solver_child_stop(&p.child, p.is_done, !engine->work.is_cut_by_clock,
		engine->exact_note, sizeof(engine->exact_note));
	if (!p.has_all_rows) {
		free(p.small.size);
		free(p.small.capacity);
	}
	return r == -EFBIG ? 0 : r;
}
