/*
 * What the staging ring holds: ticks and events, packed.
 *
 * A tick's values are kept bit for bit.  Within one packing each value is XORed with
 * the value before it in the same layout; unchanged values cost a bit, others a byte
 * that says which of their eight bytes differ, and those bytes.
 */
#ifndef COLLECTORD_LINK_RECORD_H
#define COLLECTORD_LINK_RECORD_H

#include "common/err.h"

#include <stddef.h>
#include <stdint.h>

enum {
	RECORD_VALUES_MAX = 65536, /* of one tick; a longer one is refused */
	RECORD_TEXT_MAX = 4096,    /* bytes of one event */
};

enum record_kind {
	RECORD_TICK = 1,
	RECORD_EVENT = 2,
	RECORD_SUBJECT = 3, /* packed before the first record of another subject */
};

/* Whose record it is, in which boot; what is not said is the daemon's own machine. */
struct record_subject {
	uint64_t id; /* collectord/link/subject.h; 0: own, whose boot the frame tells */
	unsigned char boot_id[16];
	int64_t booted_at_s;
};

struct record {
	enum record_kind kind;
	unsigned flags;  /* 0..255, the writer's own */
	uint64_t number; /* the sampler's count; 0 where there is none */
	int64_t stamp_s; /* end of the slot, UTC */
	struct record_subject subject;
	uint64_t
		layout; /* ticks: which value is what (collectord/link/tick_layout.h) */
	const double *values; /* ticks: borrowed */
	size_t count;
	const char *text; /* events: borrowed, not NUL-terminated */
	size_t length;
};

/* The state of one packing or unpacking, from the first record of a frame on. */
struct record_state {
	double *previous; /* the values of the last tick, grown as needed */
	size_t previous_count;
	size_t previous_room;
	uint64_t previous_layout;
	uint64_t number;
	int64_t stamp_s;
	struct record_subject subject;
};

void record_state_init(struct record_state *state);
void record_state_restart(struct record_state *state); /* for the next frame */
void record_state_done(struct record_state *state);

/* The most bytes that the record can take when packed. */
size_t record_bound_bytes(const struct record *record);

/*
 * record_pack - append one record
 *
 * Returns 0 with *used moved on, -ENOSPC when it does not fit into size (the state is
 * untouched), -E2BIG for more values or text than the limits, or -ENOMEM.
 */
int record_pack(struct record_state *state, const struct record *record,
	unsigned char *bytes, size_t size, size_t *used, struct err *err);

/*
 * record_unpack - the next record
 *
 * ret_record's values and text are borrowed: values from the state and text from the
 * bytes, until the next call.  Returns 1, 0 at the end, or -EBADMSG for bytes that no
 * record_pack wrote (a checksum stands before this, so it is our own mistake or an
 * attack; nothing outside bytes[0..size) is read).
 */
int record_unpack(struct record_state *state, const unsigned char *bytes, size_t size,
	size_t *used, struct record *ret_record, struct err *err);

#endif
