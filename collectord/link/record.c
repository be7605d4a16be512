#include "collectord/link/record.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* kind, flags, number, stamp, layout and a length: two bytes and four varints */
enum { HEAD_MAX_BYTES = 2 + 4 * 10 + 1 };

/* a subject: two bytes, a boot and two varints */
enum { SUBJECT_MAX_BYTES = 2 + 16 + 2 * 10 };

void record_state_init(struct record_state *state)
{
	*state = (struct record_state){ .previous = NULL };
}

void record_state_restart(struct record_state *state)
{
	state->previous_count = 0;
	state->previous_layout = 0;
	state->number = 0;
	state->stamp_s = 0;
	state->subject = (struct record_subject){ .id = 0 };
}

void record_state_done(struct record_state *state)
{
	free(state->previous);
	record_state_init(state);
}

size_t record_bound_bytes(const struct record *record)
{
	size_t head = HEAD_MAX_BYTES + SUBJECT_MAX_BYTES;

	if (record->kind == RECORD_TICK)
		return head + (record->count + 7) / 8 + 9 * record->count;
	return head + record->length;
}

/* ---- numbers --------------------------------------------------------------- */

static unsigned char *put_varint(unsigned char *at, uint64_t value)
{
	while (value >= 0x80) {
		*at++ = (unsigned char)(value | 0x80);
		value >>= 7;
	}
	*at++ = (unsigned char)value;
	return at;
}

static int get_varint(
	const unsigned char *bytes, size_t size, size_t *used, uint64_t *ret_value)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		unsigned char byte;

		if (*used >= size)
			return -EBADMSG;
		byte = bytes[(*used)++];
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret_value = value;
			return 0;
		}
	}
	return -EBADMSG;
}

/* Differences of both signs as small numbers; unsigned arithmetic, so none overflows. */
static uint64_t zigzag(uint64_t difference)
{
	return (difference << 1) ^ (0 - (difference >> 63));
}

static uint64_t unzigzag(uint64_t value)
{
	return (value >> 1) ^ (0 - (value & 1));
}

static uint64_t record_bits_of(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

/* ---- values ---------------------------------------------------------------- */

/* Room for the values of this tick; those that are new compare with 0. */
static int previous_fit(struct record_state *state, uint64_t layout, size_t count)
{
	if (count > state->previous_room) {
		double *grown = realloc(state->previous, count * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		state->previous = grown;
		state->previous_room = count;
	}
	if (count &&
		(layout != state->previous_layout || count != state->previous_count))
		memset(state->previous, 0, count * sizeof(*state->previous));
	state->previous_layout = layout;
	state->previous_count = count;
	return 0;
}

static unsigned char *record_put_values(
	unsigned char *at, double *previous, const double *values, size_t count)
{
	unsigned char *changed = at;

	memset(changed, 0, (count + 7) / 8);
	at += (count + 7) / 8;
	for (size_t i = 0; i < count; i++) {
		uint64_t difference =
			record_bits_of(values[i]) ^ record_bits_of(previous[i]);
		unsigned char *mask;

		if (!difference)
			continue;
		changed[i / 8] |= (unsigned char)(1u << (i % 8));
		mask = at++;
		*mask = 0;
		for (unsigned byte = 0; byte < 8; byte++, difference >>= 8)
			if (difference & 0xff) {
				*mask |= (unsigned char)(1u << byte);
				*at++ = (unsigned char)difference;
			}
		previous[i] = values[i];
	}
	return at;
}

static int record_get_values(const unsigned char *bytes, size_t size, size_t *used,
	double *previous, size_t count)
{
	const unsigned char *changed = bytes + *used;

	if (size - *used < (count + 7) / 8)
		return -EBADMSG;
	*used += (count + 7) / 8;
	for (size_t i = 0; i < count; i++) {
		uint64_t bits = record_bits_of(previous[i]);
		unsigned char mask;

		if (!(changed[i / 8] & (1u << (i % 8))))
			continue;
		if (*used >= size)
			return -EBADMSG;
		mask = bytes[(*used)++];
		for (unsigned byte = 0; byte < 8; byte++) {
			if (!(mask & (1u << byte)))
				continue;
			if (*used >= size)
				return -EBADMSG;
			bits ^= (uint64_t)bytes[(*used)++] << (8 * byte);
		}
		memcpy(&previous[i], &bits, sizeof(bits));
	}
	return 0;
}

/* ---- subjects -------------------------------------------------------------- */

static bool is_same_subject(
	const struct record_subject *a, const struct record_subject *b)
{
	/* the boot of the own machine stands in the head of the frame */
	return a->id == b->id &&
		(a->id == 0 ||
			(a->booted_at_s == b->booted_at_s &&
				memcmp(a->boot_id, b->boot_id, sizeof(a->boot_id)) ==
					0));
}

static unsigned char *put_subject(
	unsigned char *at, const struct record_subject *subject)
{
	*at++ = RECORD_SUBJECT;
	*at++ = 0;
	at = put_varint(at, subject->id);
	memcpy(at, subject->boot_id, sizeof(subject->boot_id));
	at += sizeof(subject->boot_id);
	return put_varint(at, zigzag((uint64_t)subject->booted_at_s));
}

static int get_subject(const unsigned char *bytes, size_t size, size_t *used,
	struct record_subject *ret_subject)
{
	struct record_subject subject;
	uint64_t booted_at = 0;

	if (get_varint(bytes, size, used, &subject.id) < 0 ||
		size - *used < sizeof(subject.boot_id))
		return -EBADMSG;
	memcpy(subject.boot_id, bytes + *used, sizeof(subject.boot_id));
	*used += sizeof(subject.boot_id);
	if (get_varint(bytes, size, used, &booted_at) < 0)
		return -EBADMSG;
	subject.booted_at_s = (int64_t)unzigzag(booted_at);
	*ret_subject = subject;
	return 0;
}

/* ---- records --------------------------------------------------------------- */

/* Numbers go as differences to the record before (state), so that those of a quiet
 * machine take a byte each.  Room is made sure of first: a record that does not fit
 * leaves state as it was. */
int record_pack(struct record_state *state, const struct record *record,
	unsigned char *bytes, size_t size, size_t *used, struct err *err)
{
	unsigned char *at = bytes + *used;
	bool is_tick = record->kind == RECORD_TICK;
	bool is_new;

	if (is_tick ? record->count > RECORD_VALUES_MAX
		    : record->length > RECORD_TEXT_MAX)
		return err_set(err, -E2BIG, "%s of %zu %s is over the limit",
			is_tick ? "a tick" : "an event",
			is_tick ? record->count : record->length,
			is_tick ? "values" : "bytes");
	if (size - *used < record_bound_bytes(record))
		return -ENOSPC;
	is_new = is_tick &&
		(record->layout != state->previous_layout ||
			record->count != state->previous_count);
	if (is_tick && previous_fit(state, record->layout, record->count) < 0)
		return err_oom(err);

	if (!is_same_subject(&record->subject, &state->subject)) {
		at = put_subject(at, &record->subject);
		state->subject = record->subject;
	}
	*at++ = (unsigned char)record->kind;
	*at++ = (unsigned char)record->flags;
	at = put_varint(at, zigzag(record->number - state->number));
	at = put_varint(
		at, zigzag((uint64_t)record->stamp_s - (uint64_t)state->stamp_s));
	state->number = record->number;
	state->stamp_s = record->stamp_s;
	if (is_tick) {
		*at++ = is_new;
		if (is_new) {
			at = put_varint(at, record->layout);
			at = put_varint(at, record->count);
		}
		at = record_put_values(
			at, state->previous, record->values, record->count);
	} else {
		at = put_varint(at, record->length);
		if (record->length)
			memcpy(at, record->text, record->length);
		at += record->length;
	}
	*used = (size_t)(at - bytes);
	return 0;
}

static int unpack_tick(struct record_state *state, const unsigned char *bytes,
	size_t size, size_t *used, struct record *record)
{
	uint64_t layout = state->previous_layout, count = state->previous_count;

	if (*used >= size || bytes[*used] > 1)
		return -EBADMSG;
	if (bytes[(*used)++] == 1 &&
		(get_varint(bytes, size, used, &layout) < 0 ||
			get_varint(bytes, size, used, &count) < 0 ||
			count > RECORD_VALUES_MAX))
		return -EBADMSG;
	if (previous_fit(state, layout, (size_t)count) < 0)
		return -ENOMEM;
	record->layout = layout;
	record->count = (size_t)count;
	record->values = state->previous;
	return record_get_values(bytes, size, used, state->previous, (size_t)count);
}

static int unpack_event(
	const unsigned char *bytes, size_t size, size_t *used, struct record *record)
{
	uint64_t length = 0;

	if (get_varint(bytes, size, used, &length) < 0 || length > RECORD_TEXT_MAX ||
		length > size - *used)
		return -EBADMSG;
	record->text = (const char *)bytes + *used;
	record->length = (size_t)length;
	*used += (size_t)length;
	return 0;
}

int record_unpack(struct record_state *state, const unsigned char *bytes, size_t size,
	size_t *used, struct record *ret_record, struct err *err)
{
	struct record record = { .text = NULL };
	uint64_t number = 0, stamp = 0;
	size_t at = *used;
	int r = -EBADMSG;

	while (size - at >= 2 && bytes[at] == RECORD_SUBJECT) {
		at += 2;
		if (get_subject(bytes, size, &at, &state->subject) < 0)
			goto bad;
	}
	if (at == size)
		return 0;
	if (size - at < 2)
		goto bad;
	record.subject = state->subject;
	record.kind = bytes[at++];
	record.flags = bytes[at++];
	if (get_varint(bytes, size, &at, &number) < 0 ||
		get_varint(bytes, size, &at, &stamp) < 0)
		goto bad;
	record.number = state->number + unzigzag(number);
	record.stamp_s = (int64_t)((uint64_t)state->stamp_s + unzigzag(stamp));
	if (record.kind == RECORD_TICK)
		r = unpack_tick(state, bytes, size, &at, &record);
	else if (record.kind == RECORD_EVENT)
		r = unpack_event(bytes, size, &at, &record);
	if (r < 0)
		goto bad;
	state->number = record.number;
	state->stamp_s = record.stamp_s;
	*used = at;
	*ret_record = record;
	return 1;
bad:
	return err_set(
		err, r, r == -ENOMEM ? OUT_OF_MEMORY : "byte %zu is no record", at);
}
