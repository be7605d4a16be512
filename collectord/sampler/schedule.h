/*
 * When the next tick is due, and what became of the one that was.
 *
 * Ticks lie on an absolute grid: their stamps are multiples of the step in UTC, along
 * the line of the clock guard.  A tick that comes half a step late or more is missed and
 * counted, never made up for; nothing ever bursts.
 */
#ifndef COLLECTORD_SAMPLER_SCHEDULE_H
#define COLLECTORD_SAMPLER_SCHEDULE_H

#include "collectord/sampler/clock_guard.h"

struct schedule {
	struct clock_guard guard;
	unsigned step_s;
	int64_t next_stamp_s;
	int64_t asleep_ns; /* boottime - monotonic, when last looked at */
};

struct schedule_tick {
	bool is_taken; /* false: nothing is due (yet) */
	enum clock_outcome outcome;
	int64_t stamp_s;
	int64_t boottime_ns; /* at which it was due */
	int64_t late_us;
	uint64_t missed;     /* ticks before it, because we were not scheduled */
	int64_t suspended_s; /* the machine slept so long since the last tick */
	bool is_clock_moved; /* the grid was set anew: slots were skipped */
};

/* after_s: no stamp at or before this; 0 for none. */
void schedule_init(struct schedule *schedule, unsigned step_s,
	const struct clock_reference *reference, const struct clock_now *now,
	int64_t after_s);

/* CLOCK_MONOTONIC of the next tick. */
int64_t schedule_deadline_ns(const struct schedule *schedule);

/* To be called when that time has come; decides and moves on. */
void schedule_wake(struct schedule *schedule, const struct clock_now *now,
	bool is_synchronised, struct schedule_tick *ret_tick);

/* The grid point nearest to an instant on the guard's line: for ticks that were withheld. */
int64_t schedule_nearest_stamp_s(const struct schedule *schedule, int64_t boottime_ns);

#endif
