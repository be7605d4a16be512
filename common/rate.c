#include "common/rate.h"

#include "common/each_tick.h"

#include <math.h>

enum {
	WATCH_READINGS = 3, /* a fall that is a glitch ends within as many readings */
	STEPS_MAX = 3, /* as the heartbeat of the archives: over it there is no rate */
};
static const double adjacent_steps = 1.5;
static const double jitter_steps = 0.5;
static const double suspend_s = 0.5; /* the two clocks are read one after the other */
static const double elapsed_min_s = 0.001;
static const double range_32 = 4294967296.0;

EACH_TICK struct rate_interval rate_between(const struct rate_instant *before,
	const struct rate_instant *now, double step_s)
{
	int64_t elapsed_ns = now->monotonic_ns - before->monotonic_ns;
	int64_t boottime_ns = now->boottime_ns - before->boottime_ns;
	double elapsed_s = (double)elapsed_ns * 1e-9;
	double suspended_s = (double)(boottime_ns - elapsed_ns) * 1e-9;

	return (struct rate_interval){
		.elapsed_s = elapsed_s,
		.is_usable = before->boot == now->boot && elapsed_s >= elapsed_min_s &&
			fabs(suspended_s) <= suspend_s &&
			elapsed_s <= (STEPS_MAX + jitter_steps) * step_s,
		.is_adjacent = elapsed_s <= adjacent_steps * step_s,
	};
}

/* More than this cannot have been counted since the last reading. */
static double allowance(
	const struct rate_kind *kind, const struct rate_interval *interval)
{
	return kind->bound_per_s * (interval->elapsed_s + kind->lag_s) + 1;
}

static enum rate_outcome rate_of(struct rate_state *state, double count,
	const struct rate_kind *kind, const struct rate_interval *interval,
	enum rate_outcome outcome, double *ret_per_s)
{
	double per_s = count / interval->elapsed_s;
	bool was_cut = state->was_cut;

	state->was_cut = per_s > kind->bound_per_s;
	if (state->was_cut && was_cut && kind->is_firm)
		return RATE_IMPLAUSIBLE;
	/* A source that lags shows more than is possible now, too little before. */
	*ret_per_s = per_s < kind->bound_per_s ? per_s : kind->bound_per_s;
	return outcome;
}

static enum rate_outcome take_rise(struct rate_state *state,
	const struct rate_kind *kind, const struct rate_interval *interval,
	uint64_t raw, double *ret_per_s)
{
	double count = (double)(raw - state->raw);

	if (state->is_doubtful && raw > 0) /* zeros are no ground to count from (F05) */
		return state->has_fallen ? RATE_GLITCH : RATE_FIRST;
	if (state->watch_left > 0) {
		if (state->has_fallen && raw >= state->shadow)
			return RATE_GLITCH; /* the old count again: it never fell */
		if (state->has_fallen && raw == 0)
			return RATE_GLITCH; /* zeros that stay are believed in the end */
	}
	if (count > allowance(kind, interval)) {
		state->was_cut = 1;
		return RATE_IMPLAUSIBLE;
	}
	return rate_of(state, count, kind, interval, RATE_OK, ret_per_s);
}

static enum rate_outcome take_fall(struct rate_state *state,
	const struct rate_kind *kind, const struct rate_interval *interval, bool is_32,
	uint64_t raw, double *ret_per_s)
{
	double count = range_32 - (double)state->raw + (double)raw;

	/* Only where all speaks for it; with a doubt, no rate (F02). */
	if (is_32 && state->is_trusted && interval->is_adjacent &&
		count <= allowance(kind, interval))
		return rate_of(state, count, kind, interval, RATE_WRAP, ret_per_s);
	state->shadow = state->raw;
	return RATE_RESET;
}

/* What the next reading has to know of this one. */
static void move_on(struct rate_state *state, enum rate_outcome outcome, uint64_t raw)
{
	bool is_start =
		outcome == RATE_FIRST || outcome == RATE_RESET || outcome == RATE_GAP;
	bool is_zero_still = state->is_doubtful && raw == 0 &&
		(state->has_fallen || state->watch_left > 0);

	if (outcome == RATE_GLITCH && raw > 0)
		state->watch_left = 0;
	state->is_doubtful = (is_start && raw == 0) || is_zero_still;
	if (is_start) {
		state->has_fallen = outcome == RATE_RESET;
		state->watch_left = WATCH_READINGS;
	} else if (state->watch_left > 0) {
		state->watch_left--;
	}
	state->raw = raw;
	state->is_known = 1;
	state->is_trusted = outcome == RATE_OK || outcome == RATE_WRAP;
}

EACH_TICK enum rate_outcome rate_next(struct rate_state *state,
	const struct rate_kind *kind, const struct rate_interval *interval,
	uint64_t raw, double *ret_per_s)
{
	bool is_32 = (kind->width == 32 || state->is_narrow) &&
		raw < (uint64_t)1 << 32 && state->raw < (uint64_t)1 << 32;
	enum rate_outcome outcome;

	*ret_per_s = NAN;
	if (raw == (kind->width == 32 ? UINT32_MAX : UINT64_MAX)) {
		/* all ones is what a dead device reads as, not a count */
		rate_forget(state);
		return RATE_GLITCH;
	}
	if (!state->is_known) {
		outcome = RATE_FIRST;
	} else if (!interval->is_usable) {
		outcome = RATE_GAP;
	} else if (is_32 && kind->bound_per_s * interval->elapsed_s >= range_32) {
		outcome = RATE_AMBIGUOUS;
	} else if (raw >= state->raw) {
		outcome = take_rise(state, kind, interval, raw, ret_per_s);
	} else if (state->raw - raw <= kind->backward && raw > 0) {
		/* Noise: the higher count stays, so that no time is counted twice. */
		outcome = RATE_OK;
		*ret_per_s = 0;
		raw = state->raw;
	} else {
		outcome = take_fall(state, kind, interval, is_32, raw, ret_per_s);
	}
	move_on(state, outcome, raw);
	return outcome;
}

EACH_TICK void rate_forget(struct rate_state *state)
{
	*state = (struct rate_state){ 0 };
}

const char *rate_outcome_name(enum rate_outcome outcome)
{
	static const char *const names[RATE_OUTCOME_COUNT] = {
		[RATE_OK] = "ok",
		[RATE_WRAP] = "wrap",
		[RATE_FIRST] = "first",
		[RATE_GAP] = "gap",
		[RATE_RESET] = "reset",
		[RATE_GLITCH] = "glitch",
		[RATE_IMPLAUSIBLE] = "implausible",
		[RATE_AMBIGUOUS] = "ambiguous",
	};

	return outcome < RATE_OUTCOME_COUNT ? names[outcome] : "unknown";
}
