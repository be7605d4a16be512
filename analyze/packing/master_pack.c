/* From a set of hosts to a packing: units to types by shares, types filled by
 * themselves, what is left over by tabu search. */
#include "analyze/packing/master.h"

#include "analyze/packing/repair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_wanted(size_t environment, size_t e)
{
	return environment == PACKING_NONE || environment == e;
}

/* ---- assignment ------------------------------------------------------------------------ */

static int ask_assign(struct master *m, size_t environment, int64_t *count,
	double *scale, double until_s, struct wire_assign_answer *ret_answer)
{
	struct wire_assign task = { .seconds = until_s - work_now_s(),
		.environment = environment,
		.count = count + environment * m->model->type_count,
		.scale = scale };
	struct wire_head head;
	struct strbuf payload;
	const char *answer = NULL;
	int r = 0;

	strbuf_init(&payload, WIRE_PAYLOAD_MAX);
	r = wire_encode_assign(&task, m->model, &payload);
	if (r == 0)
		r = solver_child_send(&m->child, WIRE_ASSIGN, &payload);
	strbuf_done(&payload);
	if (r == 0)
		r = solver_child_receive(&m->child, until_s,
			m->engine->options->is_cancelled, &head, &answer);
	if (r == 1 && head.kind == WIRE_DONE)
		return -ENODATA; /* it could not be solved */
	if (r == 1 && head.kind == WIRE_ASSIGN_ANSWER)
		r = wire_decode_assign_answer(
			answer, head.length, m->model, ret_answer);
	else if (r != -ENOMEM)
		r = -EPROTO;
	if (r < 0 && r != -ENOMEM) {
		solver_child_stop(&m->child, false, true, m->note, sizeof(m->note));
		m->has_child = false;
		r = -EAGAIN;
	}
	return r;
}

/* True when the last row says that y cannot do. */
static bool is_broken_by_last(const struct master *m, const int64_t *y)
{
	const struct master_row *row = &m->row[m->row_count - 1];
	size_t loss[2];

	return master_given(m, row, y, loss) < row->need;
}

/* One environment.  1: a row was added that y breaks; 0: none was; or as ask_assign. */
static int assign_environment(struct master *m, size_t e, const int64_t *y,
	int64_t *count, double *scale, double until_s)
{
	const struct model *model = &m->engine->model;
	struct wire_assign_answer answer = { 0 };
	int r = m->has_child ? ask_assign(m, e, count, scale, until_s, &answer)
			     : -EAGAIN;

	for (size_t u = 0; u < model->unit_count && r == 0; u++)
		if (model->environment[u] == e)
			m->type_of[u] = answer.type_of[u];
	if (r == 0 && answer.fill > m->fill)
		m->fill = answer.fill;
	if (r == 0 && (answer.fill > 1 || m->failover))
		r = master_add_prices(m, e, answer.multiplier, y);
	if (r == 1)
		r = is_broken_by_last(m, y);
	wire_assign_answer_done(&answer);
	return r;
}

int master_assign(struct master *m, const int64_t *y, size_t environment,
	const double *room, double until_s)
{
	const struct model *model = &m->engine->model;
	size_t bytes = m->kind_count * sizeof(*y);
	int64_t *count = NULL;
	double *scale = NULL;
	bool is_broken = false;
	int r = 0;

	if (m->has_assigned && environment == PACKING_NONE &&
		!memcmp(m->assigned, y, bytes))
		return 1;
	count = calloc(
		model->environment_count * model->type_count + 1, sizeof(*count));
	scale = calloc(m->model->row_count + 1, sizeof(*scale));
	r = count && scale ? 0 : -ENOMEM;
	if (r == 0)
		master_expand(m, y, count);
	m->fill = 0;
	m->has_assigned = false;
	for (size_t e = 0; e < model->environment_count && r >= 0; e++) {
		if (!is_wanted(environment, e))
			continue;
		master_scale_rows(m, room ? room[e] : 0, scale);
		r = assign_environment(m, e, y, count, scale, until_s);
		is_broken = is_broken || r == 1;
	}
	free(count);
	free(scale);
	if (r == -ENODATA) {
		m->fill = 1; /* nothing is known: the packing will tell */
		return 1;
	}
	m->has_assigned = r >= 0 && !is_broken && environment == PACKING_NONE;
	memcpy(m->assigned, y, bytes);
	return r < 0 ? r : !is_broken;
}

/* ---- hosts ----------------------------------------------------------------------------- */

/* What is filled: some hosts of the few rows' model, in order of environment and type. */
struct fill_task {
	struct master *m;
	const struct master_effort *effort;
	size_t environment;
	int64_t *count;           /* [environment][type] */
	struct repair_host *host; /* [host_count] */
	size_t host_count;
	unsigned char *is_in; /* [unit] */
	double *excess;       /* [row of the few] of a repair */
	int64_t *reserve;     /* [host][row of the few]; NULL: nothing is kept free */
	struct state start;   /* all hosts, units that have one already */
	struct state made;
};

#define SPARE_SHARE 0.3

static int list_fill_hosts(struct fill_task *t, const int64_t *y)
{
	const struct model *model = &t->m->engine->model;
	size_t cells = model->environment_count * model->type_count;

	t->count = calloc(cells + 1, sizeof(*t->count));
	t->is_in = calloc(model->unit_count + 1, 1);
	if (!t->count || !t->is_in)
		return -ENOMEM;
	master_expand(t->m, y, t->count);
	for (size_t c = 0; c < cells; c++) {
		if (!is_wanted(t->environment, c / model->type_count))
			t->count[c] = 0;
		t->host_count += (size_t)t->count[c];
	}
	for (size_t u = 0; u < model->unit_count; u++)
		t->is_in[u] = is_wanted(t->environment, model->environment[u]);
	t->host = calloc(t->host_count + 1, sizeof(*t->host));
	if (!t->host)
		return -ENOMEM;
	for (size_t c = 0, h = 0; c < cells; c++)
		for (int64_t i = 0; i < t->count[c]; i++)
			t->host[h++] = (struct repair_host){ c % model->type_count,
				(unsigned)(c / model->type_count) };
	return 0;
}

/* All hosts, empty, in a state of the rows as they are now, and what is kept free. */
static int open_fill_hosts(struct fill_task *t)
{
	const struct few_rows *few = &t->m->few;
	size_t rows = few->model.row_count, all = few->whole->row_count;
	int r = 0;

	state_done(&t->start);
	r = state_init(&t->start, &few->model);
	for (size_t h = 0; h < t->host_count && r == 0; h++)
		r = state_open(&t->start, t->host[h].type, NULL);
	free(t->reserve);
	t->reserve = NULL;
	if (r < 0 || !t->effort->reserve)
		return r;
	t->reserve = calloc(t->host_count * rows + 1, sizeof(*t->reserve));
	if (!t->reserve)
		return -ENOMEM;
	for (size_t h = 0; h < t->host_count; h++)
		for (size_t k = 0; k < rows; k++)
			t->reserve[h * rows + k] = t->effort->reserve[h * all +
				(few->has_all ? k : few->row[k])];
	return 0;
}

/* Rows came in: what was made is where the next repair begins, each of its hosts on the
 * next that is like it. */
static int begin_again(struct fill_task *t, const struct state *made)
{
	unsigned char *is_taken = calloc(t->host_count + 1, 1);
	int r = is_taken ? open_fill_hosts(t) : -ENOMEM;

	for (size_t i = 0; i < made->host_count && r == 0; i++) {
		const struct state_host *from = &made->host[i];
		size_t h = 0;

		while (is_taken[h] || t->host[h].type != from->type ||
			t->host[h].environment != from->environment)
			h++;
		is_taken[h] = 1;
		for (size_t k = 0; k < from->unit_count && r == 0; k++)
			r = state_add(&t->start, from->unit[k], h);
	}
	free(is_taken);
	return r;
}

static bool master_pack_is_whole(const struct model *model, const struct state *state,
	const unsigned char *is_in)
{
	for (size_t u = 0; u < model->unit_count; u++)
		if (is_in[u] && state->host_of[u] == PACKING_NONE)
			return false;
	return true;
}

/* Units on a host of which likeness makes more than an even fill; and of how many units
 * it is too slow. */
#define FEW_UNITS 20
#define MANY_UNITS 4000

/* The fuller of two fillings: evenly, and by likeness. */
static int begin_filling(struct master *m, const int64_t *count, size_t environment,
	const unsigned char *is_in, struct state *start)
{
	const struct model *model = start->model;
	struct state other = { 0 };
	int r = master_fill_types(m, count, environment, true, start);

	if (r < 0 || master_pack_is_whole(model, start, is_in) ||
		model->unit_count > FEW_UNITS * start->host_count ||
		model->unit_count > MANY_UNITS)
		return r;
	r = state_init(&other, model);
	for (size_t h = 0; h < start->host_count && r == 0; h++)
		r = state_open(&other, start->host[h].type, NULL);
	if (r == 0)
		r = master_fill_types(m, count, environment, false, &other);
	if (r == 0 && other.unplaced_count < start->unplaced_count) {
		struct state swapped = *start;

		*start = other;
		other = swapped;
	}
	state_done(&other);
	return r;
}

/* Part of the room that the assignment left, for the rows that are not looked at. */
static int64_t spare_permille(const struct fill_task *t)
{
	double room = t->m->few.has_all ? 0 : 1 - t->m->fill;

	return room > 0 ? (int64_t)(1000 * SPARE_SHARE * room) : 0;
}

/* Repairs, until the packing keeps all rows.  As master_fill. */
static int fill_all_rows(struct fill_task *t, struct state *made)
{
	struct few_rows *few = &t->m->few;
	int r = 1;

	while (r > 0) {
		struct repair_limits limits = { .moves = t->effort->moves,
			.work = t->effort->work,
			.reserve_permille =
				t->effort->reserve_permille + spare_permille(t),
			.reserve = t->reserve };

		free(t->excess);
		t->excess = calloc(few->model.row_count + 1, sizeof(*t->excess));
		limits.excess = t->excess;
		state_done(&t->made);
		r = state_init(&t->made, &few->model);
		if (r == 0)
			r = repair_run(&t->start, t->host, t->host_count, t->is_in,
				&limits, &t->m->engine->work, &t->made);
		if (r >= 0 && t->excess)
			master_note_excess(t->m, t->excess);
		if (r != 1)
			return r;
		r = few_rows_add_broken(few, &t->made);
		if (r == 0)
			return few_rows_widen(&t->made, made);
		if (r > 0 && begin_again(t, &t->made) < 0)
			r = -ENOMEM;
	}
	return r;
}

int master_fill(struct master *m, const int64_t *y, size_t environment,
	const struct master_effort *effort, struct state *made)
{
	struct fill_task t = { .m = m, .effort = effort, .environment = environment };
	int r = list_fill_hosts(&t, y);

	if (r == 0)
		r = open_fill_hosts(&t);
	if (r == 0)
		r = begin_filling(m, t.count, environment, t.is_in, &t.start);
	if (r == 0)
		r = fill_all_rows(&t, made);
	state_done(&t.start);
	state_done(&t.made);
	free(t.count);
	free(t.host);
	free(t.is_in);
	free(t.reserve);
	free(t.excess);
	return r == -ENOSPC ? 0 : r;
}
