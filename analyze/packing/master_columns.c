/* Fillings of whole hosts: rows from their prices, packings from a dive. */
#include "analyze/packing/master.h"

#include "analyze/packing/fill_tree.h"
#include "analyze/packing/repair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NODE_LIMIT 1000000 /* of the search for one kind's best filling */
#define REPAIR_WORK 400000000
#define REPAIR_MORE 4 /* times the moves of a filling from nothing */
#define LATE 1.3 /* of its time, and a second: the child looks up between two steps */
#define LATE_S 1.0
#define IN_TIME 0.95 /* of it: it had ended by itself */

struct columns_task {
	struct master *m;
	const int64_t *y;
	size_t environment;
	uint64_t moves;
	struct state *made;
	bool is_broken, is_made, is_refuted;
};

/* The hosts of a placement, with what fits on them; host is for a repair of it. */
static int open_placement(const struct columns_task *t,
	const struct wire_placement *placement, struct state *state,
	struct repair_host *host)
{
	const struct model *model = state->model;
	int r = 0;

	for (size_t h = 0; h < placement->host_count && r == 0; h++) {
		r = state_open(state, placement->host_type[h], NULL);
		host[h] = (struct repair_host){ placement->host_type[h],
			(unsigned)t->environment };
	}
	for (size_t u = 0; u < model->unit_count && r == 0; u++) {
		size_t h = placement->host_of[u];

		if (h != PACKING_NONE && model->environment[u] == t->environment &&
			state_fits(state, u, h))
			r = state_add(state, u, h);
	}
	return r;
}

/* What was left out is placed by tabu search. */
static int mend_placement(struct columns_task *t, const struct state *state,
	const struct repair_host *host, size_t host_count, const unsigned char *is_in)
{
	struct repair_limits limits = { .moves = REPAIR_MORE * t->moves,
		.work = REPAIR_WORK };
	int r = repair_run(
		state, host, host_count, is_in, &limits, &t->m->engine->work, t->made);

	t->is_made = r == 1;
	return r < 0 ? r : 0;
}

static int take_packing(struct columns_task *t, const struct wire_placement *placement)
{
	const struct model *model = &t->m->engine->model;
	struct repair_host *host = calloc(placement->host_count + 1, sizeof(*host));
	unsigned char *is_in = calloc(model->unit_count + 1, 1);
	bool is_whole = true;
	struct state state;
	int r = state_init(&state, model);

	if (!host || !is_in)
		r = -ENOMEM;
	if (r == 0)
		r = open_placement(t, placement, &state, host);
	for (size_t u = 0; u < model->unit_count && r == 0; u++) {
		is_in[u] = model->environment[u] == t->environment;
		if (is_in[u] && state.host_of[u] == PACKING_NONE)
			is_whole = false;
	}
	if (r == 0 && is_whole) {
		r = state_copy(t->made, &state);
		t->is_made = r == 0;
	} else if (r == 0 && t->y) {
		r = mend_placement(t, &state, host, placement->host_count, is_in);
	}
	state_done(&state);
	free(host);
	free(is_in);
	return r == -ENOSPC ? 0 : r;
}

/* A row; broken: y does not meet it. */
static int take_values(struct columns_task *t, const char *payload, size_t length)
{
	struct master *m = t->m;
	size_t units = m->model->unit_count, loss[2];
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
	r = master_add_fillings(m, t->environment, value, NODE_LIMIT, &work);
	if (r == 1 && t->y) {
		const struct master_row *row = &m->row[m->row_count - 1];

		t->is_broken = master_given(m, row, t->y, loss) < row->need;
	}
	free(value);
	return r < 0 ? r : 0;
}

/* The hosts do not do: what the solver says is walked again here. */
static int take_walk(struct columns_task *t, const char *payload, size_t length)
{
	struct master *m = t->m;
	const struct model *model = m->model;
	size_t cells = model->environment_count * model->type_count;
	struct work work = { .deadline_s = m->engine->work.deadline_s,
		.is_cancelled = m->engine->work.is_cancelled };
	int64_t *count = NULL, *word = NULL;
	int r = 0;

	if (!t->y || length % sizeof(*word))
		return -EPROTO;
	count = calloc(cells + 1, sizeof(*count));
	word = malloc(length + sizeof(*word));
	r = count && word ? 0 : -ENOMEM;
	if (r == 0) {
		memcpy(word, payload, length);
		master_expand(m, t->y, count);
		r = fill_tree_refutes(model, t->environment,
			count + t->environment * model->type_count, word,
			length / sizeof(*word), &work);
	}
	t->is_refuted = r == 1;
	free(count);
	free(word);
	return r < 0 ? r : 0;
}

/* The solver waits for it after each placement. */
static int send_word(struct master *m, enum wire_kind word)
{
	struct strbuf nothing;
	int r = 0;

	strbuf_init(&nothing, 64);
	r = solver_child_send(&m->child, word, &nothing);
	strbuf_done(&nothing);
	return r;
}

static int master_columns_take_answer(
	struct columns_task *t, const struct wire_head *head, const char *payload)
{
	struct wire_placement placement;
	int r = 0;

	if (head->kind == WIRE_PRICES)
		return take_values(t, payload, head->length);
	if (head->kind == WIRE_WALK)
		return take_walk(t, payload, head->length);
	if (head->kind != WIRE_PLACEMENT)
		return -EPROTO;
	r = wire_decode_placement(
		payload, head->length, &t->m->engine->model, &placement);
	if (r < 0)
		return r;
	r = take_packing(t, &placement);
	wire_placement_done(&placement);
	return r == 0 ? send_word(t->m, t->is_made && t->y ? WIRE_STOP : WIRE_GO) : r;
}

static int ask_fillings(const struct columns_task *t, double seconds)
{
	struct master *m = t->m;
	const struct model *model = m->model;
	const int64_t *y = t->y;
	size_t cells = model->environment_count * model->type_count;
	struct wire_fill task = {
		.seconds = seconds, .environment = t->environment, .is_free = y == NULL
	};
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

int master_columns(struct master *m, const int64_t *y, size_t environment,
	double seconds, uint64_t moves, struct state *made)
{
	struct columns_task t = {
		.m = m, .y = y, .environment = environment, .moves = moves, .made = made
	};
	double begin_s = work_now_s(), until_s = begin_s + seconds * LATE + LATE_S;
	int r = m->has_child ? ask_fillings(&t, seconds) : -EAGAIN;

	while (r == 0) {
		struct wire_head head;
		const char *payload = NULL;

		r = solver_child_receive(&m->child, until_s,
			m->engine->options->is_cancelled, &head, &payload);
		if (r == 1 && head.kind == WIRE_DONE) {
			/* it ends with its time, or before */
			if (work_now_s() - begin_s > IN_TIME * seconds)
				m->engine->is_hurried = true;
			return t.is_made ? 2 : t.is_refuted ? 3 : t.is_broken;
		}
		if (r == 1)
			r = master_columns_take_answer(&t, &head, payload);
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
