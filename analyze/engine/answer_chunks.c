/* Streamed chunks of remote read: frames, the few fields of their messages, and chunks. */
#include "analyze/engine/answers.h"

#include "analyze/engine/xor_chunk.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	FRAME_BYTES_MAX = 64 << 20,
	ENCODING_XOR = 1,
	WIRE_VARINT = 0,
	WIRE_FIXED64 = 1,
	WIRE_BYTES = 2,
	WIRE_FIXED32 = 5,
	CRC_WAYS = 8, /* bytes that are looked up at once */
};

/* How Prometheus writes the end of a series: a NaN of these bits. */
#define STALE_BITS UINT64_C(0x7ff0000000000002)

struct chunk_reading {
	struct bytes *bytes;
	struct answer_sink *sink;
	struct err *err;
	uint32_t crc_table[CRC_WAYS][256];
	uint8_t *frame;
	size_t room;
	struct engine_labels labels, labels_before;
	bool has_before;
	struct engine_sample sample[XOR_CHUNK_SAMPLES_MAX];
};

static int chunks_refuse(struct chunk_reading *reading, const char *what)
{
	return err_set(reading->err, -EBADMSG,
		"%s: expected streamed chunks of remote read, found %s",
		bytes_name(reading->bytes), what);
}

/* ---- protocol buffers ------------------------------------------------------------------ */

struct message_view {
	const uint8_t *at, *end;
};

/* Of one field: its number, and its value or its bytes. */
struct message_field {
	uint32_t number, type;
	uint64_t value;
	struct message_view bytes;
};

static bool view_varint(struct message_view *view, uint64_t *ret_value)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64 && view->at < view->end; shift += 7) {
		uint8_t byte = *view->at++;

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret_value = value;
			return true;
		}
	}
	return false;
}

/* 1: a field; 0: the end; -EBADMSG. */
static int view_next(struct message_view *view, struct message_field *field)
{
	uint64_t key, length = 0;

	if (view->at == view->end)
		return 0;
	if (!view_varint(view, &key) || key >> 3 > UINT32_MAX)
		return -EBADMSG;
	field->number = (uint32_t)(key >> 3);
	field->type = (uint32_t)(key & 7);
	field->bytes = (struct message_view){ view->at, view->at };
	switch (field->type) {
	case WIRE_VARINT:
		return view_varint(view, &field->value) ? 1 : -EBADMSG;
	case WIRE_BYTES:
		if (!view_varint(view, &length))
			return -EBADMSG;
		break;
	case WIRE_FIXED64:
		length = 8;
		break;
	case WIRE_FIXED32:
		length = 4;
		break;
	default:
		return -EBADMSG;
	}
	if (length > (uint64_t)(view->end - view->at))
		return -EBADMSG;
	field->bytes = (struct message_view){ view->at, view->at + length };
	view->at += length;
	return 1;
}

/* ---- the messages ------------------------------------------------------------------------ */

/* Label { name = 1, value = 2 } */
static int take_chunk_label(struct chunk_reading *reading, struct message_view view)
{
	struct message_view text[2] = { { view.at, view.at }, { view.at, view.at } };
	struct message_field field;
	enum engine_label label;
	size_t length;
	int r;

	while ((r = view_next(&view, &field)) > 0)
		if (field.type == WIRE_BYTES &&
			(field.number == 1 || field.number == 2))
			text[field.number - 1] = field.bytes;
	if (r < 0)
		return chunks_refuse(reading, "a label that is cut short");
	label = engine_label_find(
		(const char *)text[0].at, (size_t)(text[0].end - text[0].at));
	length = (size_t)(text[1].end - text[1].at);
	if (label == LABEL_COUNT)
		return 0;
	if (length >= LABEL_BYTES || memchr(text[1].at, 0, length))
		return chunks_refuse(
			reading, "a label of more than 255 bytes, or with NUL");
	memcpy(reading->labels.text[label], text[1].at, length);
	reading->labels.text[label][length] = '\0';
	return 0;
}

static bool is_stale(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits == STALE_BITS;
}

/* Chunk { min_time_ms = 1, max_time_ms = 2, type = 3, data = 4 } */
static int take_chunk(struct chunk_reading *reading, struct message_view view)
{
	struct answer_sink *sink = reading->sink;
	struct message_view data = { view.at, view.at };
	struct message_field field;
	uint64_t encoding = 0;
	size_t count = 0, kept = 0;
	int r;

	while ((r = view_next(&view, &field)) > 0) {
		if (field.number == 3 && field.type == WIRE_VARINT)
			encoding = field.value;
		if (field.number == 4 && field.type == WIRE_BYTES)
			data = field.bytes;
	}
	if (r < 0)
		return chunks_refuse(reading, "a chunk that is cut short");
	if (encoding != ENCODING_XOR)
		return 0;
	if (xor_chunk_decode(
		    data.at, (size_t)(data.end - data.at), reading->sample, &count) < 0)
		return chunks_refuse(reading, "a chunk whose bits end too early");
	for (size_t i = 0; i < count; i++) {
		const struct engine_sample *sample = &reading->sample[i];

		if (sample->stamp_ms < sink->from_ms || sample->stamp_ms > sink->to_ms)
			continue;
		if (isnan(sample->value)) {
			if (is_stale(sample->value))
				continue;
			sink->unknown++;
		}
		reading->sample[kept++] = *sample;
	}
	return kept ? sink->samples(sink, reading->sample, kept, reading->err) : 0;
}

/* ChunkedSeries { labels = 1, chunks = 2 }; the next part of a long one has the same labels. */
static int take_chunked_series(struct chunk_reading *reading, struct message_view view)
{
	struct message_view again = view;
	struct message_field field;
	int r;

	memset(&reading->labels, 0, sizeof(reading->labels));
	while ((r = view_next(&view, &field)) > 0) {
		if (field.number != 1 || field.type != WIRE_BYTES)
			continue;
		r = take_chunk_label(reading, field.bytes);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return chunks_refuse(reading, "a series that is cut short");
	if (!reading->has_before ||
		memcmp(&reading->labels, &reading->labels_before,
			sizeof(reading->labels)) != 0) {
		r = reading->sink->series(
			reading->sink, &reading->labels, reading->err);
		if (r < 0)
			return r;
		reading->labels_before = reading->labels;
		reading->has_before = true;
	}
	while (r >= 0 && view_next(&again, &field) > 0)
		if (field.number == 2 && field.type == WIRE_BYTES)
			r = take_chunk(reading, field.bytes);
	return r;
}

/* ChunkedReadResponse { chunked_series = 1, query_index = 2 } */
static int take_chunked_response(struct chunk_reading *reading, size_t length)
{
	struct message_view view = { reading->frame, reading->frame + length };
	struct message_field field;
	int r;

	while ((r = view_next(&view, &field)) > 0) {
		if (field.number != 1 || field.type != WIRE_BYTES)
			continue;
		r = take_chunked_series(reading, field.bytes);
		if (r < 0)
			return r;
	}
	return r < 0 ? chunks_refuse(reading, "a message that is cut short") : 0;
}

/* ---- frames -------------------------------------------------------------------------------- */

/* CRC-32C, reflected: of each byte, and of it with so many zeros behind. */
static void crc_prepare(uint32_t table[CRC_WAYS][256])
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0x82f63b78) : 0);
		table[0][i] = crc;
	}
	for (unsigned way = 1; way < CRC_WAYS; way++) {
		for (uint32_t i = 0; i < 256; i++) {
			uint32_t before = table[way - 1][i];

			table[way][i] = before >> 8 ^ table[0][before & 0xff];
		}
	}
}

static uint32_t crc_of(
	uint32_t table[CRC_WAYS][256], const uint8_t *bytes, size_t length)
{
	uint32_t crc = UINT32_MAX;

	for (; length >= CRC_WAYS; bytes += CRC_WAYS, length -= CRC_WAYS) {
		crc = table[7][(crc ^ bytes[0]) & 0xff] ^
			table[6][(crc >> 8 ^ bytes[1]) & 0xff] ^
			table[5][(crc >> 16 ^ bytes[2]) & 0xff] ^
			table[4][(crc >> 24 ^ bytes[3]) & 0xff] ^ table[3][bytes[4]] ^
			table[2][bytes[5]] ^ table[1][bytes[6]] ^ table[0][bytes[7]];
	}
	for (size_t i = 0; i < length; i++)
		crc = crc >> 8 ^ table[0][(crc ^ bytes[i]) & 0xff];
	return ~crc;
}

/* 1: all of it; 0: nothing at all, where that may be; -EBADMSG for a part. */
static int frame_take(
	struct chunk_reading *reading, void *to, size_t size, bool may_end)
{
	size_t have = 0;

	while (have < size) {
		size_t got = 0;
		int r = bytes_read(reading->bytes, (char *)to + have, size - have, &got,
			reading->err);

		if (r < 0)
			return r;
		if (got == 0)
			return have == 0 && may_end
				? 0
				: chunks_refuse(reading, "an answer that is cut short");
		have += got;
	}
	return 1;
}

static int frame_length(struct chunk_reading *reading, uint64_t *ret_length)
{
	uint64_t length = 0;

	for (unsigned shift = 0; shift < 35; shift += 7) {
		uint8_t byte;
		int r = frame_take(reading, &byte, 1, shift == 0);

		if (r <= 0)
			return r;
		length |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret_length = length;
			return length > FRAME_BYTES_MAX
				? chunks_refuse(reading, "a frame of more than 64 MiB")
				: 1;
		}
	}
	return chunks_refuse(reading, "no length of a frame");
}

/* 1: a frame was taken; 0: the end. */
static int take_chunk_frame(struct chunk_reading *reading)
{
	uint64_t length = 0;
	uint8_t crc[4];
	int r = frame_length(reading, &length);

	if (r <= 0)
		return r;
	if (!reading->frame || length > reading->room) {
		uint8_t *grown = realloc(reading->frame, length + 1);

		if (!grown)
			return err_oom(reading->err);
		reading->frame = grown;
		reading->room = length;
	}
	r = frame_take(reading, crc, sizeof(crc), false);
	if (r > 0 && length > 0)
		r = frame_take(reading, reading->frame, length, false);
	if (r < 0)
		return r;
	if (crc_of(reading->crc_table, reading->frame, length) !=
		((uint32_t)crc[0] << 24 | (uint32_t)crc[1] << 16 |
			(uint32_t)crc[2] << 8 | crc[3]))
		return chunks_refuse(reading, "a frame whose checksum is wrong");
	r = take_chunked_response(reading, length);
	return r < 0 ? r : 1;
}

int answer_read_chunks(struct bytes *bytes, struct answer_sink *sink, struct err *err)
{
	struct chunk_reading *reading = calloc(1, sizeof(*reading));
	int r = 1;

	if (!reading)
		return err_oom(err);
	reading->bytes = bytes;
	reading->sink = sink;
	reading->err = err;
	crc_prepare(reading->crc_table);
	while (r > 0)
		r = take_chunk_frame(reading);
	free(reading->frame);
	free(reading);
	return r;
}
