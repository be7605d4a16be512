/* Encoding: 64-bit words and arrays of them.  Decoding: every count is checked. */
#include "analyze/packing/wire.h"

#include "analyze/packing/wire_bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC 0x3152564c53524448u /* "HDRSLVR1" */

/* FNV-1a, 64 bits: against accidents, not against intent. */
static uint64_t checksum(const void *bytes, size_t length)
{
	const unsigned char *byte = bytes;
	uint64_t sum = 0xcbf29ce484222325u;

	for (size_t i = 0; i < length; i++)
		sum = (sum ^ byte[i]) * 0x100000001b3u;
	return sum;
}

void wire_head_make(
	struct wire_head *head, enum wire_kind kind, const void *payload, size_t length)
{
	*head = (struct wire_head){ MAGIC, (uint64_t)kind, length,
		checksum(payload, length) };
}

int wire_head_check(const struct wire_head *head)
{
	if (head->magic != MAGIC || head->kind < WIRE_REQUEST ||
		head->kind >= WIRE_KINDS || head->length > WIRE_PAYLOAD_MAX)
		return -EPROTO;
	return 0;
}

int wire_payload_check(const struct wire_head *head, const void *payload)
{
	return checksum(payload, head->length) == head->checksum ? 0 : -EPROTO;
}

/* ---- out ------------------------------------------------------------------------- */

int wire_encode_request(const struct wire_request *request, struct strbuf *out)
{
	const struct model *m = &request->model;
	size_t units = m->unit_count, types = m->type_count, rows = m->row_count;
	uint64_t limit_us = (uint64_t)(request->time_limit_s * 1e6);

	wire_put_word(out, request->seed);
	wire_put_word(out, limit_us);
	wire_put_word(out, (uint64_t)request->bound);
	wire_put_word(out, (uint64_t)request->value);
	wire_put_word(out, units);
	wire_put_word(out, types);
	wire_put_word(out, rows);
	wire_put_word(out, m->variant_count);
	wire_put_word(out, m->zone_count);
	wire_put_word(out, m->environment_count);
	wire_put_word(out, m->group_count);
	wire_put_word(out, m->setup_row);
	wire_put_word(out, (uint64_t)m->setup_amount);
	wire_put_word(out, m->has_equal_costs);
	wire_put_bytes(out, m->size, m->variant_count * units * rows * sizeof(int64_t));
	wire_put_bytes(out, m->capacity, types * rows * sizeof(int64_t));
	wire_put_bytes(out, m->count, types * sizeof(int64_t));
	wire_put_bytes(out, m->cost, types * sizeof(int64_t));
	wire_put_bytes(out, m->zone, types * sizeof(unsigned));
	wire_put_bytes(out, m->variant, types * sizeof(unsigned));
	wire_put_bytes(out, m->is_allowed, units * types);
	wire_put_bytes(out, m->environment, units * sizeof(unsigned));
	wire_put_bytes(out, m->weight, units * sizeof(uint32_t));
	wire_put_bytes(out, m->is_sharing, units);
	wire_put_bytes(out, m->group, m->group_count * sizeof(*m->group));
	wire_put_bytes(out, m->membership_start, (units + 1) * sizeof(size_t));
	wire_put_bytes(out, m->membership,
		m->membership_start[units] * sizeof(struct model_membership));
	wire_put_bytes(out, request->host_of, units * sizeof(size_t));
	return strbuf_failed(out);
}

int wire_encode_placement(
	const struct wire_placement *placement, size_t unit_count, struct strbuf *out)
{
	wire_put_word(out, placement->host_count);
	wire_put_bytes(
		out, placement->host_type, placement->host_count * sizeof(size_t));
	wire_put_bytes(out, placement->host_of, unit_count * sizeof(size_t));
	return strbuf_failed(out);
}

/* ---- in -------------------------------------------------------------------------- */

#define SHAPE_MAX ((uint64_t)1 << 24)

static void get_shape(struct wire_reader *reader, struct model *m)
{
	m->unit_count = wire_get_word(reader);
	m->type_count = wire_get_word(reader);
	m->row_count = wire_get_word(reader);
	m->variant_count = wire_get_word(reader);
	m->zone_count = wire_get_word(reader);
	m->environment_count = wire_get_word(reader);
	m->group_count = wire_get_word(reader);
	m->setup_row = wire_get_word(reader);
	m->setup_amount = (int64_t)wire_get_word(reader);
	m->has_equal_costs = wire_get_word(reader) != 0;
	if (m->unit_count > SHAPE_MAX || m->type_count > SHAPE_MAX ||
		m->row_count > SHAPE_MAX || m->variant_count > SHAPE_MAX ||
		m->zone_count > SHAPE_MAX || m->environment_count > SHAPE_MAX ||
		m->group_count > SHAPE_MAX || !m->type_count ||
		(m->setup_row != PACKING_NONE && m->setup_row >= m->row_count) ||
		(double)m->variant_count * (double)m->unit_count *
				(double)m->row_count >
			2e8)
		reader->error = reader->error ? reader->error : -EPROTO;
}

/* Indices that the solver follows must lead somewhere. */
static bool has_sound_indices(const struct wire_request *request)
{
	const struct model *m = &request->model;

	for (size_t t = 0; t < m->type_count; t++)
		if (m->variant[t] >= m->variant_count || m->zone[t] >= m->zone_count)
			return false;
	for (size_t u = 0; u < m->unit_count; u++)
		if (m->environment[u] >= m->environment_count ||
			m->membership_start[u] > m->membership_start[u + 1])
			return false;
	for (size_t g = 0; g < m->group_count; g++)
		if (m->group[g].scope >= MODEL_SCOPES ||
			m->group[g].first > m->group[g].end ||
			m->group[g].end > m->group_count)
			return false;
	for (size_t i = 0; i < m->membership_start[m->unit_count]; i++)
		if (m->membership[i].group >= m->group_count)
			return false;
	return m->membership_start[0] == 0;
}

/* The other side is another process: each count is bounded before it is multiplied,
 * each index is checked before the model is used. */
int wire_decode_request(
	const void *payload, size_t length, struct wire_request *ret_request)
{
	struct wire_request request = { 0 };
	struct wire_reader reader = { payload, (const unsigned char *)payload + length,
		0 };
	struct model *m = &request.model;
	size_t units = 0, types = 0;

	request.seed = wire_get_word(&reader);
	request.time_limit_s = (double)wire_get_word(&reader) * 1e-6;
	request.bound = (int64_t)wire_get_word(&reader);
	request.value = (int64_t)wire_get_word(&reader);
	get_shape(&reader, m);
	if (reader.error)
		return reader.error;
	units = m->unit_count;
	types = m->type_count;
	m->size = wire_get_bytes(
		&reader, m->variant_count * units * m->row_count * sizeof(int64_t));
	m->capacity = wire_get_bytes(&reader, types * m->row_count * sizeof(int64_t));
	m->count = wire_get_bytes(&reader, types * sizeof(int64_t));
	m->cost = wire_get_bytes(&reader, types * sizeof(int64_t));
	m->zone = wire_get_bytes(&reader, types * sizeof(unsigned));
	m->variant = wire_get_bytes(&reader, types * sizeof(unsigned));
	m->is_allowed = wire_get_bytes(&reader, units * types);
	m->environment = wire_get_bytes(&reader, units * sizeof(unsigned));
	m->weight = wire_get_bytes(&reader, units * sizeof(uint32_t));
	m->is_sharing = wire_get_bytes(&reader, units);
	m->group = wire_get_bytes(&reader, m->group_count * sizeof(*m->group));
	m->membership_start = wire_get_bytes(&reader, (units + 1) * sizeof(size_t));
	if (!reader.error)
		m->membership = m->membership_start[units] > SHAPE_MAX
			? NULL
			: wire_get_bytes(&reader,
				  m->membership_start[units] *
					  sizeof(struct model_membership));
	request.host_of = wire_get_bytes(&reader, units * sizeof(size_t));
	if (!reader.error && (!m->membership || !has_sound_indices(&request)))
		reader.error = -EPROTO;
	if (reader.error) {
		wire_request_done(&request);
		return reader.error;
	}
	*ret_request = request;
	return 0;
}

void wire_request_done(struct wire_request *request)
{
	model_done(&request->model);
	free(request->host_of);
	*request = (struct wire_request){ 0 };
}

int wire_decode_placement(const void *payload, size_t length, const struct model *model,
	struct wire_placement *ret_placement)
{
	struct wire_placement placement = { 0 };
	struct wire_reader reader = { payload, (const unsigned char *)payload + length,
		0 };

	placement.host_count = wire_get_word(&reader);
	if (reader.error || placement.host_count > model->unit_count)
		return -EPROTO;
	placement.host_type =
		wire_get_bytes(&reader, placement.host_count * sizeof(size_t));
	placement.host_of = wire_get_bytes(&reader, model->unit_count * sizeof(size_t));
	for (size_t h = 0; !reader.error && h < placement.host_count; h++)
		if (placement.host_type[h] >= model->type_count)
			reader.error = -EPROTO;
	for (size_t u = 0; !reader.error && u < model->unit_count; u++)
		if (placement.host_of[u] != PACKING_NONE &&
			placement.host_of[u] >= placement.host_count)
			reader.error = -EPROTO;
	if (reader.error) {
		wire_placement_done(&placement);
		return reader.error;
	}
	*ret_placement = placement;
	return 0;
}

void wire_placement_done(struct wire_placement *placement)
{
	free(placement->host_type);
	free(placement->host_of);
	*placement = (struct wire_placement){ 0 };
}
