/*
 * From counters to rates: the one place that knows resets, wraps, suspends and what
 * is physically possible (docs/method.md, "Rates").  Pure: no clock, no allocation.
 */
#ifndef COMMON_RATE_H
#define COMMON_RATE_H

#include <stdbool.h>
#include <stdint.h>

/* What is known of a counter beforehand. */
struct rate_kind {
	unsigned width;     /* bits: 32 or 64 */
	double bound_per_s; /* physical maximum in counts per second, > 0 */
	double lag_s;       /* how far the source may lag behind and then catch up */
	uint64_t
		backward; /* a step back of at most this is noise: rate 0 (idle, iowait) */
	/* The bound is a link that nothing can pass: what passes it in two intervals on end
	 * did not catch up, the bound is wrong.  Else a rate is cut to it, however long. */
	bool is_firm;
};

/* When a counter was read.  monotonic stands still in a suspend, boottime does not. */
struct rate_instant {
	int64_t monotonic_ns;
	int64_t boottime_ns;
	uint64_t boot; /* any number that differs from boot to boot */
};

/* What lies between two readings of the same counter. */
struct rate_interval {
	double elapsed_s;
	bool is_usable;   /* false: another boot, a suspend, too long, not forward */
	bool is_adjacent; /* about one step long, so that a wrap may be believed */
};

/* The last reading.  All zero: none yet. */
struct rate_state {
	uint64_t raw;
	uint64_t shadow; /* the reading before a fall, in case the fall was a glitch */
	uint8_t is_known;
	uint8_t is_trusted;  /* the last reading gave a rate: a wrap may be believed */
	uint8_t is_doubtful; /* raw is a zero that may be none: see docs/method.md */
	uint8_t has_fallen;  /* it came by a fall, not as the first reading */
	uint8_t watch_left;  /* readings for which shadow and first zeros are watched */
	uint8_t was_cut;     /* the last rate was over its bound */
	uint8_t is_narrow;   /* has shown that it has 32 bits only */
};

enum rate_outcome {
	RATE_OK,          /* the only one with a rate, besides RATE_WRAP */
	RATE_WRAP,        /* a 32-bit counter wrapped; the rate is known */
	RATE_FIRST,       /* nothing to compare with */
	RATE_GAP,         /* the interval is not usable */
	RATE_RESET,       /* fell back: a restart of the counter */
	RATE_GLITCH,      /* zeros, or all ones, or back from a fall that was none */
	RATE_IMPLAUSIBLE, /* over the physical bound */
	RATE_AMBIGUOUS,   /* 32 bits could have wrapped unseen within this interval */
	RATE_OUTCOME_COUNT,
};

/*
 * rate_between - judge the time between two readings
 *
 * step_s   the sampling step; up to 1.5 steps is adjacent, over 3 steps not usable
 */
struct rate_interval rate_between(const struct rate_instant *before,
	const struct rate_instant *now, double step_s);

/*
 * rate_next - take the next reading of a counter
 *
 *     rate = (raw - last raw) / elapsed
 *
 * ret_per_s  counts per second, at most kind->bound_per_s; NAN unless the outcome is
 *            RATE_OK or RATE_WRAP
 *
 * The state moves on to the new reading whatever the outcome.
 */
enum rate_outcome rate_next(struct rate_state *state, const struct rate_kind *kind,
	const struct rate_interval *interval, uint64_t raw, double *ret_per_s);

/*
 * rate_is_fall - would raw be a step back?
 *
 * So many counters of one device that fall together mean that it started anew: they do
 * not wrap at the same moment.  The caller then clears interval.is_adjacent.
 */
enum { RATE_FALLS_MEAN_RESTART = 2 };
static inline bool rate_is_fall(const struct rate_state *state, uint64_t raw)
{
	return state->is_known && raw < state->raw;
}

/*
 * rate_is_still - is rate_next's outcome RATE_OK, its rate 0, and the state as it is?
 *
 * Of a counter of 64 bits that stands where it stood, with nothing in doubt; most do at
 * most times.
 */
static inline bool rate_is_still(const struct rate_state *state,
	const struct rate_interval *interval, uint64_t raw)
{
	return raw == state->raw && state->is_known && state->is_trusted &&
		!state->is_doubtful && state->watch_left == 0 && !state->was_cut &&
		!state->is_narrow && interval->is_usable;
}

/* rate_forget - the counter's device has gone or is another one now */
void rate_forget(struct rate_state *state);

/* "reset", "wrap" ... for events and logs. */
const char *rate_outcome_name(enum rate_outcome outcome);

#endif
