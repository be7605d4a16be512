/*
 * What must be in the store: every tick that the ring took, unless something that may lose
 * it came before it was safe.  Nothing else may be there, and each tick at its own time.
 */
#ifndef TESTS_SIMULATOR_ORACLE_H
#define TESTS_SIMULATOR_ORACLE_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tick_state {
	TICK_NONE, /* was not taken by the ring */
	TICK_MUST, /* is stored, or will be */
	TICK_MAY,  /* was lost where it may be, or not */
};

struct tick {
	enum tick_state state;
	bool was_seen;     /* a reader has seen it: it must not vanish */
	uint64_t sequence; /* in the ring there is now; 0: of an older ring */
	int64_t stamp_s;   /* the stamp it was published with */
};

struct oracle {
	struct tick *tick; /* [number - 1] */
	uint32_t count, room;
	uint32_t acknowledged; /* ticks up to here are safe from a power cut */
	uint32_t batched;      /* ... and in the RRD files, as far as we know */
	uint32_t looked;       /* ... and every tick up to here was looked at */
	uint64_t never_looked; /* ticks that were overwritten before anybody looked */
	int64_t keep_s;        /* so long a tick is kept at least */
	bool has_moved_clock;  /* stamps may differ from the true time, within order */
	bool may_have_holes;   /* a backup came back: no gap tells of what it lost */
	uint32_t torn_until;   /* rows of the batch that a power cut tore may be missing
				* until it is written again, before that tick */
	uint64_t withheld; /* ticks that wait in the ring for the clock, at the look */
	uint64_t
		discarded; /* ticks for which no stamp was found: the ring counts them */
};

void oracle_init(struct oracle *oracle, int64_t keep_s);
void oracle_done(struct oracle *oracle);

/* The number of the next tick. */
uint32_t oracle_next(const struct oracle *oracle);
void oracle_published(struct oracle *oracle, uint64_t sequence, int64_t stamp_s);
/* Of the newest tick that the ring took; 0: none. */
int64_t oracle_last_stamp(const struct oracle *oracle);
/* Ticks since the last that a look found. */
uint32_t oracle_unseen(const struct oracle *oracle);
/* That tick was not kept. */
void oracle_dropped(struct oracle *oracle);
/* The ring says so. */
void oracle_acknowledged(struct oracle *oracle, uint64_t sequence);
/* Ticks behind that one may be gone. */
void oracle_lose_after(struct oracle *oracle, uint32_t number);
/* The database is another one: until the recorder has told it, it may not know how far the
 * history goes. */
void oracle_unsee(struct oracle *oracle);
/* The power was cut, maybe in a batch; the recorder writes it again within so many ticks.
 * Till then a reader need not see what nobody saw before. */
void oracle_torn(struct oracle *oracle, uint32_t ticks);
/* The ring is gone with what it had not acknowledged. */
void oracle_ring_lost(struct oracle *oracle);

/*
 * oracle_check - the store against what must be there
 *
 * is_whole  everything was stored: what must be there is, to the last tick; else up to the
 *           newest that is there
 *
 * Returns how many slots are wrong; the first is told in the text.
 */
uint64_t oracle_check(
	struct oracle *oracle, const char *data_dir, bool is_whole, struct err *err);

#endif
