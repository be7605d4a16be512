/* From a set of hosts to a packing: units to types by shares, types filled by
 * themselves, what is left over by tabu search. */
#include "analyze/packing/master.h"

#include "analyze/packing/order.h"
#include "analyze/packing/repair.h"

#include <errno.h>
#include <math.h>
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

/* ---- filling --------------------------------------------------------------------------- */

struct filling {
	struct state *state;
	const struct model *model;
	size_t type;
	const size_t *row; /* [row_count] the rows that are looked at */
	size_t row_count;
	double share[MODEL_ROWS_FEW]; /* 1 / capacity; 0 where there is none */
	size_t *unit;                 /* of this type and environment, largest first */
	double *key;                  /* [unit of the model] */
	size_t count;
};

/* The sixteenth power: a host that gets fuller in its fullest rows counts much more. */
static double harm(const struct filling *f, size_t unit, const int64_t *load)
{
	const int64_t *size = model_size(f->model, f->type, unit);
	double sum = 0;

	for (size_t k = 0; k < f->row_count; k++) {
		size_t row = f->row[k];
		double before = (double)load[row] * f->share[k];
		double after = (double)(load[row] + size[row]) * f->share[k];
		double b = before * before, a = after * after;

		b = b * b;
		a = a * a;
		sum += 0.1 * (after - before) + a * a * a * a - b * b * b * b;
	}
	return sum;
}

/* Large units first, each where it does least harm: all hosts fill up evenly. */
static int fill_type(struct filling *f, int64_t hosts, size_t first, struct work *work)
{
	const struct model *model = f->model;
	const int64_t *capacity = model_capacity(model, f->type);
	int r = 0;

	for (size_t k = 0; k < f->row_count; k++)
		f->share[k] =
			capacity[f->row[k]] > 0 ? 1 / (double)capacity[f->row[k]] : 0;
	for (size_t i = 0; i < f->count; i++) {
		const int64_t *size = model_size(model, f->type, f->unit[i]);
		double key = 0;

		for (size_t k = 0; k < f->row_count; k++)
			key = fmax(key, (double)size[f->row[k]] * f->share[k]);
		f->key[f->unit[i]] = key;
	}
	order_by_key(f->unit, f->count, f->key);
	for (size_t i = 0; i < f->count && r == 0 && !work_is_over(work); i++) {
		size_t best = PACKING_NONE;
		double least = 0;

		for (size_t h = first; h < first + (size_t)hosts; h++) {
			double value = 0;

			if (!state_fits(f->state, f->unit[i], h))
				continue;
			value = harm(f, f->unit[i], state_load(f->state, h));
			if (best == PACKING_NONE || value < least) {
				best = h;
				least = value;
			}
		}
		if (best != PACKING_NONE)
			r = state_add(f->state, f->unit[i], best);
	}
	return r;
}

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

static int fill_all(
	struct master *m, const int64_t *count, size_t environment, struct state *state)
{
	const struct model *model = &m->engine->model;
	struct filling f = { .state = state,
		.model = model,
		.row = m->chosen,
		.row_count = m->model->row_count };
	size_t first = 0;
	int r = 0;

	f.key = calloc(model->unit_count + 1, sizeof(*f.key));
	f.unit = calloc(model->unit_count + 1, sizeof(*f.unit));
	r = f.key && f.unit ? 0 : -ENOMEM;
	for (size_t c = 0; c < model->environment_count * model->type_count && r == 0;
		c++) {
		size_t e = c / model->type_count;

		if (!is_wanted(environment, e) || !count[c])
			continue;
		f.type = c % model->type_count;
		f.count = 0;
		for (size_t u = 0; u < model->unit_count; u++)
			if (model->environment[u] == e && m->type_of[u] == f.type)
				f.unit[f.count++] = u;
		r = fill_type(&f, count[c], first, &m->engine->work);
		first += (size_t)count[c];
	}
	free(f.key);
	free(f.unit);
	return r;
}

static bool is_whole(const struct model *model, const struct state *state,
	const unsigned char *is_in)
{
	for (size_t u = 0; u < model->unit_count; u++)
		if (is_in[u] && state->host_of[u] == PACKING_NONE)
			return false;
	return true;
}

int master_fill(struct master *m, const int64_t *y, size_t environment,
	const struct master_effort *effort, struct state *made)
{
	const struct model *model = &m->engine->model;
	size_t cells = model->environment_count * model->type_count, hosts = 0;
	struct repair_limits limits = { .moves = effort->moves,
		.work = effort->work,
		.reserve_permille = effort->reserve_permille };
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
		r = fill_all(m, count, environment, &start);
	if (r == 0 && !limits.reserve_permille && is_whole(model, &start, is_in)) {
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
