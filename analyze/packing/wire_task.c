/* Encoding and decoding of the questions; counts and indices are checked. */
#include "analyze/packing/wire_task.h"

#include "analyze/packing/wire_bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void put_double(struct strbuf *out, double value)
{
	uint64_t word = 0;

	memcpy(&word, &value, sizeof(word));
	wire_put_word(out, word);
}

static double get_double(struct wire_reader *reader)
{
	uint64_t word = wire_get_word(reader);
	double value = 0;

	memcpy(&value, &word, sizeof(value));
	return value;
}

static struct wire_reader read_from(const void *payload, size_t length)
{
	return (struct wire_reader){ payload, (const unsigned char *)payload + length,
		0 };
}

int wire_encode_mip(const struct wire_mip *task, struct strbuf *out)
{
	const struct mip *m = &task->mip;
	size_t columns = m->column_count * sizeof(int64_t);

	put_double(out, task->seconds);
	wire_put_word(out, task->node_limit);
	wire_put_word(out, (uint64_t)task->step);
	wire_put_word(out, (uint64_t)task->cutoff);
	wire_put_word(out, m->column_count);
	wire_put_word(out, m->row_count);
	wire_put_bytes(out, m->cost, columns);
	wire_put_bytes(out, m->lower, columns);
	wire_put_bytes(out, m->upper, columns);
	wire_put_bytes(out, m->need, m->row_count * sizeof(int64_t));
	wire_put_bytes(out, m->give, m->row_count * columns);
	return strbuf_failed(out);
}

int wire_decode_mip(const void *payload, size_t length, struct wire_mip *ret_task)
{
	struct wire_reader reader = read_from(payload, length);
	struct wire_mip task = { .seconds = get_double(&reader) };
	struct mip *m = &task.mip;

	task.node_limit = wire_get_word(&reader);
	task.step = (int64_t)wire_get_word(&reader);
	task.cutoff = (int64_t)wire_get_word(&reader);
	m->column_count = wire_get_word(&reader);
	m->row_count = wire_get_word(&reader);
	if (reader.error || m->column_count > MIP_COLUMNS_MAX ||
		m->row_count > MIP_ROWS_MAX || task.step < 1)
		return -EPROTO;
	m->cost = wire_get_bytes(&reader, m->column_count * sizeof(int64_t));
	m->lower = wire_get_bytes(&reader, m->column_count * sizeof(int64_t));
	m->upper = wire_get_bytes(&reader, m->column_count * sizeof(int64_t));
	m->need = wire_get_bytes(&reader, m->row_count * sizeof(int64_t));
	m->give = wire_get_bytes(
		&reader, m->row_count * m->column_count * sizeof(int64_t));
	if (reader.error) {
		mip_done(m);
		return reader.error;
	}
	*ret_task = task;
	return 0;
}

int wire_encode_mip_answer(const struct wire_mip_answer *answer, struct strbuf *out)
{
	const struct mip_proof *p = &answer->proof;

	wire_put_word(out, answer->y != NULL);
	if (answer->y)
		wire_put_bytes(out, answer->y, answer->column_count * sizeof(int64_t));
	wire_put_word(out, p->step_count);
	wire_put_word(out, p->multiplier_count);
	wire_put_bytes(out, p->step, p->step_count * sizeof(*p->step));
	wire_put_bytes(
		out, p->multiplier, p->multiplier_count * sizeof(*p->multiplier));
	return strbuf_failed(out);
}

int wire_decode_mip_answer(const void *payload, size_t length, size_t column_count,
	struct wire_mip_answer *ret_answer)
{
	struct wire_reader reader = read_from(payload, length);
	struct wire_mip_answer answer = { .column_count = column_count };
	struct mip_proof *p = &answer.proof;

	if (wire_get_word(&reader))
		answer.y = wire_get_bytes(&reader, column_count * sizeof(int64_t));
	p->step_count = wire_get_word(&reader);
	p->multiplier_count = wire_get_word(&reader);
	/* both are arrays of this very message */
	if (!reader.error &&
		(p->step_count > length / sizeof(*p->step) ||
			p->multiplier_count > length / sizeof(*p->multiplier)))
		reader.error = -EPROTO;
	p->step = wire_get_bytes(&reader, p->step_count * sizeof(*p->step));
	p->multiplier =
		wire_get_bytes(&reader, p->multiplier_count * sizeof(*p->multiplier));
	if (reader.error) {
		wire_mip_answer_done(&answer);
		return reader.error;
	}
	*ret_answer = answer;
	return 0;
}

void wire_mip_answer_done(struct wire_mip_answer *answer)
{
	free(answer->y);
	mip_proof_done(&answer->proof);
	*answer = (struct wire_mip_answer){ 0 };
}

int wire_encode_assign(
	const struct wire_assign *task, const struct model *model, struct strbuf *out)
{
	put_double(out, task->seconds);
	wire_put_word(out, task->environment);
	wire_put_bytes(out, task->count, model->type_count * sizeof(int64_t));
	wire_put_bytes(out, task->scale, model->row_count * sizeof(double));
	return strbuf_failed(out);
}

int wire_decode_assign(const void *payload, size_t length, const struct model *model,
	struct wire_assign *ret_task)
{
	struct wire_reader reader = read_from(payload, length);
	struct wire_assign task = { .seconds = get_double(&reader) };

	task.environment = wire_get_word(&reader);
	task.count = wire_get_bytes(&reader, model->type_count * sizeof(int64_t));
	task.scale = wire_get_bytes(&reader, model->row_count * sizeof(double));
	if (reader.error) {
		wire_assign_done(&task);
		return reader.error;
	}
	*ret_task = task;
	return 0;
}

void wire_assign_done(struct wire_assign *task)
{
	free(task->count);
	free(task->scale);
	*task = (struct wire_assign){ 0 };
}

int wire_encode_assign_answer(const struct wire_assign_answer *answer,
	const struct model *model, struct strbuf *out)
{
	put_double(out, answer->fill);
	wire_put_bytes(out, answer->multiplier,
		model->type_count * model->row_count * sizeof(double));
	wire_put_bytes(out, answer->type_of, model->unit_count * sizeof(size_t));
	return strbuf_failed(out);
}

int wire_decode_assign_answer(const void *payload, size_t length,
	const struct model *model, struct wire_assign_answer *ret_answer)
{
	struct wire_reader reader = read_from(payload, length);
	struct wire_assign_answer answer = { .fill = get_double(&reader) };

	answer.multiplier = wire_get_bytes(
		&reader, model->type_count * model->row_count * sizeof(double));
	answer.type_of = wire_get_bytes(&reader, model->unit_count * sizeof(size_t));
	for (size_t u = 0; u < model->unit_count && !reader.error; u++)
		if (answer.type_of[u] != PACKING_NONE &&
			answer.type_of[u] >= model->type_count)
			reader.error = -EPROTO;
	if (reader.error) {
		wire_assign_answer_done(&answer);
		return reader.error;
	}
	*ret_answer = answer;
	return 0;
}

void wire_assign_answer_done(struct wire_assign_answer *answer)
{
	free(answer->multiplier);
	free(answer->type_of);
	*answer = (struct wire_assign_answer){ 0 };
}

int wire_encode_fill(const struct wire_fill *task, size_t cells, struct strbuf *out)
{
	put_double(out, task->seconds);
	wire_put_word(out, task->environment);
	wire_put_word(out, task->is_free);
	wire_put_bytes(out, task->count, cells * sizeof(int64_t));
	return strbuf_failed(out);
}

int wire_decode_fill(
	const void *payload, size_t length, size_t cells, struct wire_fill *ret_task)
{
	struct wire_reader reader = read_from(payload, length);
	struct wire_fill task = { .seconds = get_double(&reader) };

	task.environment = wire_get_word(&reader);
	task.is_free = wire_get_word(&reader);
	task.count = wire_get_bytes(&reader, cells * sizeof(int64_t));
	if (reader.error)
		return reader.error;
	*ret_task = task;
	return 0;
}
