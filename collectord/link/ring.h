/*
 * The ring of ticks between sampler and recorder: a file on tmpfs that both map.
 *
 * One producer (the sampler), one consumer (the recorder).  A tick costs no system
 * call and survives kill -9 of the whole group.  The recorder polls, so that neither
 * 60 s nor half of the seats pass; where half of them are waiting nevertheless, and when
 * withheld ticks are released, the sampler sends it SIGUSR1 (which children of the sampler
 * inherit as ignored, until they install a handler).
 *
 * Sequence numbers count ticks from 1 and never start again while the file lives:
 *
 *     acknowledged <= released <= head,    head - acknowledged <= seat_count
 *
 *     .. acknowledged]   the recorder has them where a kill cannot reach
 *     ..     released]   stamps have passed the clock guard: the recorder may take them
 *     ..         head]   withheld by the clock guard, not yet to be taken
 *
 * A tick that finds the ring full is dropped and counted.  An acknowledged tick may be
 * offered again after a crash of the recorder between storing and acknowledging, so
 * the recorder keeps the sequence it stored last and skips what is not above it.
 *
 * The seats are as wide as the layout needs; a wider layout makes a new file with the
 * pending ticks copied (ring_widen), renamed over the old one, whose header then says
 * superseded: the consumer opens the path again and goes on with the same sequences.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef COLLECTORD_LINK_RING_H
#define COLLECTORD_LINK_RING_H

#include "common/err.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_SEATS 128
#define RING_EVENTS 64
#define RING_EVENT_TEXT_BYTES 208
#define RING_VALUES_MAX 65536 /* more is refused: 64 MB of ring */

/* Why the slots before this tick may be missing, and how it got its stamp. */
enum ring_seat_flag {
	RING_AFTER_START = 1 << 0,  /* first stored tick of this sampler process */
	RING_AFTER_MISSED = 1 << 1, /* the sampler came too late for the ticks before */
	RING_AFTER_SUSPEND = 1 << 2, /* the machine slept */
	RING_AFTER_CLOCK = 1 << 3,   /* the clock was set: the grid moved */
	RING_AFTER_DROP = 1 << 4,    /* the ring was full */
	RING_WAS_WITHHELD =
		1 << 5, /* withheld by the clock guard, stamp settled afterwards */
	RING_NEW_LAYOUT = 1 << 6, /* first tick of this layout */
	RING_DISCARD = 1 << 7,    /* not to be stored: no stamp could be found for it */
};

/* One tick.  values: the order is that of the layout; NAN is unknown. */
struct ring_seat {
	uint64_t checksum; /* of all that follows, up to the last value */
	uint64_t sequence;
	uint64_t layout_id;  /* see collectord/link/tick_layout.h */
	int64_t stamp_s;     /* UTC, a multiple of step_s; 0: not settled yet */
	int64_t boottime_ns; /* CLOCK_BOOTTIME at which it was due */
	uint64_t boot_key;   /* the first 8 bytes of the boot id */
	uint32_t step_s;
	uint32_t flags;   /* enum ring_seat_flag */
	uint32_t late_us; /* taken so much after it was due */
	uint32_t count;   /* of values */
	uint64_t subject; /* collectord/link/subject.h; 0: the daemon's own machine */
	double values[];
};

enum ring_event_kind {
	RING_EVENT_START,  /* the sampler started */
	RING_EVENT_STOP,   /* the sampler ends by request */
	RING_EVENT_MISSED, /* ticks were missed: too late */
	RING_EVENT_SUSPEND,
	RING_EVENT_CLOCK_JUMP,    /* ticks are withheld from here */
	RING_EVENT_CLOCK_SETTLED, /* withheld ticks got their stamps, or were discarded */
	RING_EVENT_DROPPED,       /* the ring was full for a while */
	RING_EVENT_COUNTER_RESET,
	RING_EVENT_HOTPLUG, /* an instance came or went: the layout changed */
	RING_EVENT_PROBE_FAILING,
	RING_EVENT_PROBE_WELL,
	RING_EVENT_SOURCE_LATE, /* a source of the helper does not answer */
	RING_EVENT_SOURCE_WELL,
	RING_EVENT_CHILD_DIED,
	RING_EVENT_RELOADED,
	RING_EVENT_KIND_COUNT
};

/* "start", "missed" ...; never NULL */
const char *ring_event_kind_name(uint32_t kind);

struct ring_event {
	uint64_t checksum; /* of all that follows */
	uint64_t sequence; /* events count from 1, apart from ticks */
	int64_t when_s;    /* UTC */
	uint32_t kind;     /* enum ring_event_kind */
	int32_t amount;    /* ticks, seconds or a process id, as the text says */
	uint64_t subject;  /* as of a tick */
	char text[RING_EVENT_TEXT_BYTES]; /* one line of UTF-8, NUL-terminated */
};

/* Self-metrics.  They count over the life of the ring file, not of a process. */
enum ring_counter {
	RING_COUNT_TICKS,    /* taken and published */
	RING_COUNT_LATE,     /* taken more than a tenth of a step after they were due */
	RING_COUNT_MISSED,   /* never taken: the sampler was not scheduled in time */
	RING_COUNT_WITHHELD, /* ever withheld by the clock guard */
	RING_COUNT_DISCARDED, /* withheld, and no stamp was found */
	RING_COUNT_DROPPED,   /* the ring was full */
	RING_COUNT_CORRUPT,   /* seats whose checksum failed at a replay */
	RING_COUNT_EVENTS_DROPPED,
	RING_COUNT_PROBE_ERRORS,
	RING_COUNT_COUNTER_RESETS,
	RING_COUNT_SAMPLER_STARTS,
	RING_COUNT_RECORDER_RESTARTS, /* starts after the first of a sampler process */
	RING_COUNT_HELPER_RESTARTS,
	RING_COUNT_NOTIFIER_RESTARTS,
	RING_COUNT_POLLER_RESTARTS,
	RING_COUNT_SENDER_RESTARTS,
	RING_COUNT_STORED, /* set by the recorder: ticks it has in the RRDs */
	RING_COUNTER_COUNT
};

/* Single figures, the latest of each. */
enum ring_gauge {
	RING_LAST_STAMP_S,     /* of the last released tick */
	RING_LAST_BOOTTIME_NS, /* ... and when it was due: the clock's reference */
	RING_LAST_BOOT_KEY,    /* ... in this boot */
	RING_SAMPLER_PID,
	RING_SAMPLER_BEAT_S,  /* CLOCK_BOOTTIME seconds of the last tick */
	RING_RECORDER_BEAT_S, /* written by the recorder whenever it comes by */
	RING_HELPER_BEAT_S,
	RING_WITHHELD_NOW, /* ticks withheld at this moment */
	RING_STORE_READY,  /* recorder: 1 once RING_STORE_LAST_S is true */
	RING_STORE_LAST_S, /* recorder: the last stamp in the store, 0 for none */
	RING_CLOCK_STATE,  /* enum clock_state of collectord/sampler/clock_guard.h */
	RING_LATE_MAX_US,  /* the latest tick of this process */
	/* recorder: 1 while something waits for delivery; the sampler starts the notifier,
	 * which ends with code 0 when there is nothing left to do */
	RING_NOTIFIER_WANTED,
	RING_GAUGE_COUNT
};

struct ring; /* opaque */

struct ring_config {
	unsigned char store_id[16];
	unsigned char boot_id[16];
	unsigned seat_count;  /* RING_SEATS but in tests */
	unsigned value_count; /* values a seat must hold */
	unsigned step_s;
};

/*
 * ring_create - the producer's start: take over the file or make a new one
 *
 * A whole ring of this store with the same step is kept, widened where it is too
 * narrow; what it holds is checked seat by seat, and a damaged seat is counted and
 * turned into one that is to be discarded.  A ring of version 1, which knew no subjects,
 * goes on as one of this version with all that is pending.  Anything else there is replaced (ret_note
 * says why, "" for an ordinary start).  All pages are allocated and touched.
 *
 * Returns 0; -ENOSPC or another negative errno with the text set.
 */
int ring_create(const char *path, const struct ring_config *config,
	struct ring **ret_ring, char ret_note[static 160], struct err *err);

/* ring_open - the consumer's start.  -ENOENT while there is none yet, -EBADMSG when it
 * is damaged, -ESTALE for the ring of another store (store_id NULL: any store).
 * ring_close. */
int ring_open(const char *path, const unsigned char *store_id, struct ring **ret_ring,
	struct err *err);

void ring_close(struct ring *ring); /* the file stays; NULL is a no-op */

/* ---- producer ---------------------------------------------------------------- */

/* A seat for the next tick, its values all NAN up to count; NULL when the ring is full
 * (then count the drop) or the seats are too narrow.  Nothing is visible before
 * ring_publish. */
struct ring_seat *ring_reserve(struct ring *ring, unsigned count);
/* Numbers, checksums and publishes the reserved seat; released too unless ticks are
 * withheld.  The caller has filled everything but sequence, count and checksum. */
void ring_publish(struct ring *ring, bool is_withheld);
/* Gives a withheld tick its stamp and flags; sequence in (released, head]. */
void ring_settle(struct ring *ring, uint64_t sequence, int64_t stamp_s, uint32_t flags);
/* When a withheld tick was due: CLOCK_BOOTTIME. */
int64_t ring_boottime_ns(const struct ring *ring, uint64_t sequence);
uint64_t ring_boot_key(const struct ring *ring, uint64_t sequence);
/* Everything up to head may be taken. */
void ring_release(struct ring *ring);
/* A wider file at the same path with all that is pending; see above. */
int ring_widen(struct ring *ring, unsigned value_count, struct err *err);
/* The same file once more, where somebody removed it: with all that is pending. */
int ring_put_back(struct ring *ring, struct err *err);
/* text is cut to fit; a full event area is counted, never waited for. */
void ring_add_event(struct ring *ring, enum ring_event_kind kind, int64_t when_s,
	int32_t amount, const char *text);
/* The same of another subject than the daemon's own machine. */
void ring_add_event_of(struct ring *ring, uint64_t subject, enum ring_event_kind kind,
	int64_t when_s, int32_t amount, const char *text);

/* ---- consumer ---------------------------------------------------------------- */

/*
 * ring_peek - the tick of that sequence, in place: valid until it is acknowledged
 *
 * Returns 0, -ENOENT when it is not there (yet, or no longer), -EBADMSG when its
 * checksum is wrong (skip and count it).
 */
int ring_peek(
	const struct ring *ring, uint64_t sequence, const struct ring_seat **ret_seat);
/* The same of one that may be acknowledged already: whoever shows the newest.  Its place
 * may be used again at any time after seat_count more. */
int ring_look(
	const struct ring *ring, uint64_t sequence, const struct ring_seat **ret_seat);
/* Ticks up to and with sequence are stored; older values are ignored. */
void ring_acknowledge(struct ring *ring, uint64_t sequence);
/* As ring_peek and ring_acknowledge, for events; events are numbered from 1. */
int ring_peek_event(const struct ring *ring, uint64_t sequence,
	const struct ring_event **ret_event);
void ring_acknowledge_events(struct ring *ring, uint64_t sequence);
/* The file was replaced by a wider one: ring_close, ring_open, acknowledge again. */
bool ring_is_superseded(const struct ring *ring);

/* ---- both -------------------------------------------------------------------- */

uint64_t ring_head(const struct ring *ring);
uint64_t ring_released(const struct ring *ring);
uint64_t ring_acknowledged(const struct ring *ring);
uint64_t ring_event_head(const struct ring *ring);
uint64_t ring_event_acknowledged(const struct ring *ring);
unsigned ring_seat_count(const struct ring *ring);
unsigned ring_value_capacity(const struct ring *ring);
unsigned ring_step_s(const struct ring *ring);
/* A number of its own for every new file that does not continue an old one; stored
 * sequences mean nothing in a ring of another incarnation. */
uint64_t ring_incarnation(const struct ring *ring);
const unsigned char *ring_store_id(const struct ring *ring);
const unsigned char *ring_boot_id(const struct ring *ring);

/* They live in the file's head: any process that has it open may count and read. */
void ring_count(struct ring *ring, enum ring_counter counter, uint64_t more);
void ring_set_count(struct ring *ring, enum ring_counter counter, uint64_t value);
uint64_t ring_counter(const struct ring *ring, enum ring_counter counter);
void ring_set_gauge(struct ring *ring, enum ring_gauge gauge, int64_t value);
int64_t ring_gauge(const struct ring *ring, enum ring_gauge gauge);

#endif
