/* Classes of types, the child, the first rows. */
#include "analyze/packing/master.h"

#include "analyze/packing/mix_rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Nothing tells the types apart: hosts of both can change places. */
static bool are_twins(const struct model *model, size_t a, size_t b)
{
	if (model->cost[a] != model->cost[b] || model->zone[a] != model->zone[b] ||
		model->variant[a] != model->variant[b] ||
		memcmp(model_capacity(model, a), model_capacity(model, b),
			model->row_count * sizeof(int64_t)) != 0)
		return false;
	for (size_t u = 0; u < model->unit_count; u++)
		if (model_allows(model, u, a) != model_allows(model, u, b))
			return false;
	return true;
}

static int build_classes(struct master *m)
{
	const struct model *model = &m->engine->model;
	size_t types = model->type_count + 1;

	m->class_of = calloc(types, sizeof(*m->class_of));
	m->first_type = calloc(types, sizeof(*m->first_type));
	m->count = calloc(types, sizeof(*m->count));
	m->spare = calloc(types, sizeof(*m->spare));
	m->cost = calloc(types, sizeof(*m->cost));
	if (!m->class_of || !m->first_type || !m->count || !m->spare || !m->cost)
		return -ENOMEM;
	for (size_t t = 0; t < model->type_count; t++) {
		size_t c = 0;

		while (c < m->class_count && !are_twins(model, m->first_type[c], t))
			c++;
		if (c == m->class_count) {
			m->first_type[m->class_count++] = t;
			m->cost[c] = model->has_equal_costs ? 1 : model->cost[t];
		}
		m->class_of[t] = c;
		m->count[c] += model->count[t];
		m->spare[c] += model->problem->type[t].spare;
		if (m->count[c] > (int64_t)model->unit_count)
			m->count[c] = (int64_t)model->unit_count;
	}
	m->kind_count = m->class_count * model->environment_count;
	m->y = calloc(m->kind_count + 1, sizeof(*m->y));
	m->type_of = calloc(model->unit_count + 1, sizeof(*m->type_of));
	m->assigned = calloc(m->kind_count + 1, sizeof(*m->assigned));
	m->least = calloc(model->environment_count + 1, sizeof(*m->least));
	return m->y && m->type_of && m->assigned && m->least ? 0 : -ENOMEM;
}

static int add_conditions(struct master *m)
{
	struct mix_conditions conditions = { 0 };
	__int128 *give = calloc(m->kind_count + 1, sizeof(*give));
	double *share = calloc(m->dimension_count + 1, sizeof(*share));
	int r = give && share
		? mix_conditions_collect(&conditions, &m->engine->model, NULL)
		: -ENOMEM;

	for (size_t i = 0; i < conditions.count && r >= 0; i++) {
		const struct mix_condition *c = &conditions.condition[i];
		bool is_volume = c->kind == PACKING_BOUND_VOLUME;
		const struct master_row like = { .environment = c->environment,
			.kind = c->kind,
			.is_divisible = is_volume,
			.is_whole = c->is_whole,
			.share = is_volume ? share : NULL };

		memset(give, 0, m->kind_count * sizeof(*give));
		memset(share, 0, m->dimension_count * sizeof(*share));
		if (is_volume)
			share[master_dimension(m, c->model_row)] = 1;
		for (size_t k = 0; k < m->class_count; k++)
			give[c->environment * m->class_count + k] =
				c->give[m->first_type[k]];
		r = master_add_row(m, &like, c->need, give);
	}
	mix_conditions_done(&conditions);
	free(share);
	free(give);
	return r < 0 ? r : 0;
}

static int open_session(struct master *m)
{
	struct engine *engine = m->engine;
	struct wire_request request = { .host_of = engine->best.host_of };
	struct strbuf payload;
	int r = 0;

	if (m->kind_count * (1 + m->failover) > MIP_COLUMNS_MAX / 4) {
		snprintf(m->note, sizeof(m->note), "too many kinds of hosts");
		return -ENOENT;
	}
	r = solver_child_start(&m->child, engine->options, m->note, sizeof(m->note));
	m->has_child = r == 0;
	if (r < 0)
		return r;
	m->has_all_rows = engine->model.row_count <= MODEL_ROWS_FEW;
	if (!m->has_all_rows)
		r = model_rows_restrict(&engine->model, &m->small, m->chosen);
	if (r < 0)
		return r;
	m->model = m->has_all_rows ? &engine->model : &m->small;
	request.model = *m->model;
	strbuf_init(&payload, WIRE_PAYLOAD_MAX);
	r = wire_encode_request(&request, &payload);
	if (r == 0)
		r = solver_child_send(&m->child, WIRE_SESSION, &payload);
	strbuf_done(&payload);
	return r == -EFBIG ? -ENOENT : r;
}

int master_init(struct master *m, struct engine *engine, unsigned failover)
{
	int r = 0;

	*m = (struct master){ .engine = engine,
		.model = &engine->model,
		.has_all_rows = true,
		.failover = failover,
		.child = { .to = -1, .from = -1 } };
	r = build_classes(m);
	if (r == 0)
		r = master_ease_init(m);
	if (r == 0)
		r = open_session(m);
	if (r == 0)
		r = few_rows_init(&m->few, &engine->model);
	if (r == 0)
		r = add_conditions(m);
	return r;
}

void master_done(struct master *m)
{
	if (m->has_child)
		solver_child_stop(&m->child, true, false, m->note, sizeof(m->note));
	if (!m->has_all_rows) {
		free(m->small.size);
		free(m->small.capacity);
	}
	few_rows_done(&m->few);
	for (size_t i = 0; i < m->row_count; i++) {
		free(m->row[i].give);
		free(m->row[i].share);
	}
	free(m->least);
	free(m->ease);
	free(m->excess);
	free(m->was_short);
	free(m->row);
	free(m->use);
	free(m->class_of);
	free(m->first_type);
	free(m->count);
	free(m->spare);
	free(m->cost);
	free(m->y);
	free(m->type_of);
	free(m->assigned);
	*m = (struct master){ .child = { .to = -1, .from = -1 } };
}

void master_expand(const struct master *m, const int64_t *y, int64_t *ret_count)
{
	const struct model *model = &m->engine->model;
	size_t types = model->type_count;

	memset(ret_count, 0, model->environment_count * types * sizeof(*ret_count));
	for (size_t k = 0; k < m->class_count; k++) {
		size_t t = 0;
		int64_t left = 0;

		for (size_t e = 0; e < model->environment_count; e++)
			for (int64_t want = y[e * m->class_count + k]; want > 0;) {
				int64_t take = 0;

				while (t < types && left == 0) {
					left = m->class_of[t] == k ? model->count[t]
								   : 0;
					t++;
				}
				if (left == 0)
					return; /* more than there are */
				take = want < left ? want : left;
				ret_count[e * types + t - 1] += take;
				want -= take;
				left -= take;
			}
	}
}
