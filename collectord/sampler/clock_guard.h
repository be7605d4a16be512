/*
 * No time of the wall clock reaches the store unchecked: one stamp ten years ahead
 * destroys an RRD file.
 *
 * The guard keeps a time line of its own: an anchor, where the wall clock was believed,
 * carried on by CLOCK_BOOTTIME, which nobody can set.  A wall clock within the tolerance
 * (two steps, at least 300 s) of the line is followed: a lag is slewed by a tenth of a
 * step per tick, a lead of half a step or more that lasts three ticks skips slots.
 * Outside it ticks are withheld, stamped by the line, until one of these happens:
 *
 *     the wall clock comes back     the line was right: released at once
 *     hold_limit ticks have passed  the wall clock stood firm, at most a day away (31
 *                                   days forward within half an hour of booting): it is
 *                                   believed, the withheld ticks get stamps by it;
 *                                   else the line goes on alone (CLOCK_FREE) until the
 *                                   wall clock comes back, or has been firm and
 *                                   disciplined by NTP for an hour, or the daemon is
 *                                   started with --trust-clock
 *
 * At a start after a boot there is no line yet.  The wall clock is believed at once when
 * it lies behind the last stamp of the store by no more than 31 days, and not before it;
 * what is later is believed after half an hour, what is earlier only when it is set.
 *
 * Pure: no clock is read here.  docs/method.md, "Time".
 */
#ifndef COLLECTORD_SAMPLER_CLOCK_GUARD_H
#define COLLECTORD_SAMPLER_CLOCK_GUARD_H

#include "common/clock.h"

#include <stdbool.h>
#include <stdint.h>

enum clock_state {
	CLOCK_STARTING, /* no line yet, the wall clock is not plausible: ticks are withheld */
	CLOCK_TRUSTED,
	CLOCK_WITHHELD, /* the wall clock jumped: ticks are withheld */
	CLOCK_FREE,     /* it stayed away: the line goes on without it */
};

/* "starting", "trusted" ... */
const char *clock_state_name(enum clock_state state);

enum clock_outcome {
	CLOCK_GO,         /* the tick is stored */
	CLOCK_WITHHOLD,   /* the tick is withheld */
	CLOCK_SETTLE_OLD, /* stored, and what is withheld with the stamps it has */
	CLOCK_SETTLE_NEW, /* stored, and what is withheld with stamps by the new line */
};

struct clock_guard {
	enum clock_state state;
	int64_t step_ns, tolerance_ns;
	unsigned hold_limit; /* ticks */
	int64_t anchor_real_ns, anchor_boot_ns;
	int64_t history_last_s; /* last stamp in the store; 0: none */
	/* while the wall clock is away: */
	int64_t candidate_real_ns, candidate_boot_ns; /* where it stands firm since */
	unsigned stable;                              /* ticks for which it has */
	unsigned withheld;                            /* ticks */
	unsigned ahead;  /* ticks for which it led by half a step or more */
	int64_t jump_ns; /* wall clock minus line when it last jumped */
	bool is_moved;   /* the line was set anew by the last observation */
};

struct clock_reference {
	/* The line of the process before us, in the same boot; 0, 0: unknown. */
	int64_t real_ns, boot_ns;
	unsigned withheld;      /* ticks it left withheld */
	int64_t history_last_s; /* last stamp in the store; 0: none */
	bool is_trusted; /* --trust-clock: believe the wall clock whatever it says */
};

/* reference: what the ring knows of the time of the last tick; all zero where there is
 * none. */
void clock_guard_init(struct clock_guard *guard, unsigned step_s,
	const struct clock_reference *reference, const struct clock_now *now);

/* Once per tick. */
enum clock_outcome clock_guard_observe(
	struct clock_guard *guard, const struct clock_now *now, bool is_synchronised);

/* The line: real time of an instant, and the instant of a real time. */
int64_t clock_guard_real_ns(const struct clock_guard *guard, int64_t boottime_ns);
int64_t clock_guard_boottime_ns(const struct clock_guard *guard, int64_t real_ns);

#endif
