/* What every phase is limited by: the clock, Ctrl-C, and counted units of work. */
#ifndef ANALYZE_PACKING_WORK_H
#define ANALYZE_PACKING_WORK_H

#include "common/clock.h"
#include "common/random.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct work {
	double deadline_s;                         /* of work_now_s() */
	const volatile sig_atomic_t *is_cancelled; /* NULL: never */
	uint64_t random;                           /* state of work_random */
	bool is_cut_by_clock; /* the deadline or Ctrl-C ended something early */
	bool is_hurried; /* something did less, as it would not have ended in time */
};

/* Seconds of the monotonic clock. */
static inline double work_now_s(void)
{
	return clock_monotonic_s();
}

/* Asked between steps: time is up, or Ctrl-C; once true it stays. */
static inline bool work_is_over(struct work *work)
{
	if ((work->is_cancelled && *work->is_cancelled) ||
		work_now_s() > work->deadline_s)
		work->is_cut_by_clock = true;
	return work->is_cut_by_clock;
}

/* Reproducible: by the seed of the problem. */
static inline uint64_t work_random(struct work *work)
{
	return random_next(&work->random);
}

#endif
