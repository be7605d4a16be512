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
	double until_s, struct wire_assign_answer *ret_answer)
{
	struct wire_assign task = { .seconds = until_s - work_now_s(),
		.environment = environment,
		.count = count + environment * m->model->type_count };
	struct wire_head head;
	struct strbuf payload;
	const char *answer = NULL;
	int r = 0;

	strbuf_init(&payload, WIRE_PAYLOAD_MAX);
	r = wire_encode_assign(&task, m->model->type_count, &payload);
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

int master_assign(
	struct master *m, const int64_t *y, size_t environment, double until_s)
{
	const struct model *model = &m->engine->model;
	int64_t *count = calloc(
		model->environment_count * model->type_count + 1, sizeof(*count));
	size_t bytes = m->kind_count * sizeof(*y);
	bool is_broken = false;
	int r = count ? 0 : -ENOMEM;

	if (m->has_assigned && environment == PACKING_NONE &&
		!memcmp(m->assigned, y, bytes)) {
		free(count);
		return 1;
	}

	if (r == 0)
		master_expand(m, y, count);
	m->fill = 0;
	m->has_assigned = false;
	for (size_t e = 0; e < model->environment_count && r == 0; e++) {
		struct wire_assign_answer answer = { 0 };

		if (!is_wanted(environment, e))
			continue;
		r = m->has_child ? ask_assign(m, e, count, until_s, &answer) : -EAGAIN;
		for (size_t u = 0; u < model->unit_count && r == 0; u++)
			if (model->environment[u] == e)
				m->type_of[u] = answer.type_of[u];
		if (r == 0 && answer.fill > m->fill)
			m->fill = answer.fill;
		if (r == 0 && (answer.fill > 1 || m->failover))
			r = master_add_prices(m, e, answer.multiplier, y);
		if (r == 1) {
			is_broken = is_broken || is_broken_by_last(m, y);
			r = 0;
		}
		wire_assign_answer_done(&answer);
	}
	free(count);
	if (r == -ENODATA) {
		m->fill = 1; /* nothing is known: the packing will tell */
		return 1;
	}
	m->has_assigned = r == 0 && !is_broken && environment == PACKING_NONE;
	memcpy(m->assigned, y, bytes);
	return r < 0 ? r : !is_broken;
}

/* ---- hosts ----------------------------------------------------------------------------- */

/* The hosts of y, opened in order of environment and type. */
static int open_hosts(const struct master *m, const int64_t *count, size_t environment,
	struct state *state, struct repair_host *host)
{
	const struct model *model = &m->engine->model;
	size_t n = 0;
	int r = 0;

	for (size_t e = 0; e < model->environment_count; e++)
		for (size_t t = 0; t < model->type_count; t++) {
			int64_t hosts = is_wanted(environment, e)
				? count[e * model->type_count + t]
				: 0;

			for (; hosts > 0 && r == 0; hosts--) {
				r = state_open(state, t, NULL);
				host[n++] = (struct repair_host){ t, (unsigned)e };
			}
		}
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
	const struct model *model = &m->engine->model;
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

int master_fill(struct master *m, const int64_t *y, size_t environment,
	const struct master_effort *effort, struct state *made)
{
	const struct model *model = &m->engine->model;
	size_t cells = model->environment_count * model->type_count, hosts = 0;
	struct repair_limits limits = { .moves = effort->moves,
		.work = effort->work,
		.reserve_permille = effort->reserve_permille,
		.reserve = effort->reserve };
	struct repair_host *host = NULL;
	struct state start = { 0 };
	unsigned char *is_in = calloc(model->unit_count + 1, 1);
	int64_t *count = calloc(cells + 1, sizeof(*count));
	int r = count && is_in ? state_init(&start, model) : -ENOMEM;

	if (r == 0)
		master_expand(m, y, count);
	for (size_t c = 0; c < cells && r == 0; c++)
		hosts += is_wanted(environment, c / model->type_count)
			? (size_t)count[c]
			: 0;
	for (size_t u = 0; u < model->unit_count && r == 0; u++)
		is_in[u] = is_wanted(environment, model->environment[u]);
	host = calloc(hosts + 1, sizeof(*host));
	if (!host)
		r = -ENOMEM;
	if (r == 0)
		r = open_hosts(m, count, environment, &start, host);
	if (r == 0)
		r = begin_filling(m, count, environment, is_in, &start);
	if (r == 0 && !limits.reserve_permille && !limits.reserve &&
		master_pack_is_whole(model, &start, is_in)) {
		r = state_copy(made, &start);
		state_drop_empty(made);
		r = r < 0 ? r : 1;
	} else if (r == 0) {
		r = repair_run(
			&start, host, hosts, is_in, &limits, &m->engine->work, made);
	}
	state_done(&start);
	free(host);
	free(is_in);
	free(count);
	return r == -ENOSPC ? 0 : r;
}
