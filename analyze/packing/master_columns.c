/* Fillings of whole hosts: rows from their prices, packings from a dive. */
#include "analyze/packing/master.h"

#include "analyze/packing/repair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NODE_LIMIT 4000000 /* of the search for one kind's best filling */
#define REPAIR_WORK 100000000
#define LATE 1.3 /* of its time, and a second: the child looks up between two steps */
#define LATE_S 1.0

/* The environment of a host: that of its units; without any, whoever has units left. */
static void set_environments(const struct model *model, const size_t *host_of,
	struct repair_host *host, size_t host_count)
{
	for (size_t h = 0; h < host_count; h++)
		host[h].environment = 0;
	for (size_t u = model->unit_count; u-- > 0;)
		if (host_of[u] == PACKING_NONE)
			for (size_t h = 0; h < host_count; h++)
				host[h].environment = model->environment[u];
	for (size_t u = 0; u < model->unit_count; u++)
		if (host_of[u] != PACKING_NONE)
			host[host_of[u]].environment = model->environment[u];
}

/* What fits is kept; what was left out is placed by tabu search; a whole is offered. */
static int take_packing(
	struct master *m, const struct wire_placement *placement, uint64_t moves)
{
	struct engine *engine = m->engine;
	struct repair_limits limits = { .moves = moves, .work = REPAIR_WORK };
	struct repair_host *host = calloc(placement->host_count + 1, sizeof(*host));
	struct state state, made = { 0 };
	int r = state_init(&state, &engine->model);

	if (r == 0)
		r = host ? state_init(&made, &engine->model) : -ENOMEM;
	for (size_t h = 0; h < placement->host_count && r == 0; h++) {
		r = state_open(&state, placement->host_type[h], NULL);
		host[h].type = placement->host_type[h];
	}
	if (r == 0)
		set_environments(&engine->model, placement->host_of, host,
			placement->host_count);
	for (size_t u = 0; u < engine->model.unit_count && r == 0; u++) {
		size_t h = placement->host_of[u];

		if (h != PACKING_NONE && state_fits(&state, u, h))
			r = state_add(&state, u, h);
	}
	if (r == 0 && !state.unplaced_count) {
		r = engine_offer(engine, &state);
	} else if (r == 0) {
		r = repair_run(&state, host, placement->host_count, NULL, &limits,
			&engine->work, &made);
		if (r == 1)
			r = engine_offer(engine, &made);
	}
	state_done(&state);
	state_done(&made);
	free(host);
	engine_report(engine, "fillings");
	return r == -ENOSPC ? 0 : r;
}

/* One row per environment; broken: y does not meet it. */
static int take_values(struct master *m, const int64_t *y, const char *payload,
	size_t length, bool *ret_broken)
{
	size_t units = m->model->unit_count;
	struct work work = m->engine->work;
	int64_t *value = NULL;
	int r = 0;

	if (length != units * sizeof(*value))
		return -EPROTO;
	value = malloc(length + 8);
	if (!value)
		return -ENOMEM;
	memcpy(value, payload, length);
	for (size_t u = 0; u < units; u++)
		if (value[u] < 0 || value[u] > (int64_t)1 << 36)
			value[u] = 0;
	for (size_t e = 0; e < m->model->environment_count && r >= 0; e++) {
		const struct master_row *row = NULL;
		size_t loss[2];

		r = master_add_fillings(m, e, value, NODE_LIMIT, &work);
		row = &m->row[m->row_count - 1];
		if (r == 1 && y && master_given(m, row, y, loss) < row->need)
			*ret_broken = true;
	}
	free(value);
	return r < 0 ? r : 0;
}

static int master_columns_take_answer(struct master *m, const int64_t *y,
	const struct wire_head *head, const char *payload, uint64_t moves,
	bool *ret_broken)
{
	struct wire_placement placement;
	int r = 0;

	if (head->kind == WIRE_PRICES)
		return take_values(m, y, payload, head->length, ret_broken);
	if (head->kind != WIRE_PLACEMENT)
		return -EPROTO;
	r = wire_decode_placement(payload, head->length, &m->engine->model, &placement);
	if (r < 0)
		return r;
	r = take_packing(m, &placement, moves);
	wire_placement_done(&placement);
	return r < 0 ? r : 0;
}

static int ask_fillings(struct master *m, const int64_t *y, double seconds)
{
	const struct model *model = m->model;
	size_t cells = model->environment_count * model->type_count;
	struct wire_fill task = { .seconds = seconds, .is_free = y == NULL };
	struct strbuf payload;
	int r = 0;

	task.count = calloc(cells + 1, sizeof(*task.count));
	if (!task.count)
		return -ENOMEM;
	if (y)
		master_expand(m, y, task.count);
	for (size_t c = 0; c < cells && !y; c++)
		task.count[c] = model->count[c % model->type_count];
	strbuf_init(&payload, WIRE_PAYLOAD_MAX);
	r = wire_encode_fill(&task, cells, &payload);
	if (r == 0)
		r = solver_child_send(&m->child, WIRE_FILL, &payload);
	strbuf_done(&payload);
	free(task.count);
	return r;
}

int master_columns(struct master *m, const int64_t *y, double seconds, uint64_t moves)
{
	double until_s = work_now_s() + seconds * LATE + LATE_S;
	bool is_broken = false;
	int r = m->has_child ? ask_fillings(m, y, seconds) : -EAGAIN;

	while (r == 0) {
		struct wire_head head;
		const char *payload = NULL;

		r = solver_child_receive(&m->child, until_s,
			m->engine->options->is_cancelled, &head, &payload);
		if (r == 1 && head.kind == WIRE_DONE)
			return is_broken;
		if (r == 1)
			r = master_columns_take_answer(
				m, y, &head, payload, moves, &is_broken);
		else if (r != -ENOMEM)
			r = -EAGAIN;
	}
	if (r != -ENOMEM && m->has_child) {
		/* whatever it still says belongs to no question */
		solver_child_stop(&m->child, false, true, m->note, sizeof(m->note));
		m->has_child = false;
		r = -EAGAIN;
	}
	return r;
}
