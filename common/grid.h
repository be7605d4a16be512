/*
 * The grid that every series lies on (docs/method.md, "Grid"): slot t of a step s covers the
 * left-open interval (t - s, t] and is stamped with its end, a multiple of s.  All times are
 * whole units of one kind (seconds or nanoseconds since 1970), and may lie before it.
 */
#ifndef COMMON_GRID_H
#define COMMON_GRID_H

#include <stdint.h>

/* How often step goes into time, rounded down: -1 / 60 is -1.  step > 0. */
static inline int64_t grid_divide(int64_t time, int64_t step)
{
	return time / step - (time % step < 0);
}

/* What is left of time behind the grid line at or before it: 0 ... step - 1. */
static inline int64_t grid_rest(int64_t time, int64_t step)
{
	int64_t rest = time % step;

	return rest < 0 ? rest + step : rest;
}

/* The grid line at or before a time. */
static inline int64_t grid_floor(int64_t time, int64_t step)
{
	return time - grid_rest(time, step);
}

/* The grid line at or after a time: the stamp of the slot that a reading of that moment
 * falls into. */
static inline int64_t grid_ceil(int64_t time, int64_t step)
{
	return -grid_floor(-time, step);
}

/* The grid line nearest to a time; half way goes up. */
static inline int64_t grid_nearest(int64_t time, int64_t step)
{
	return grid_floor(time + step / 2, step);
}

/* The stamp of the first slot that has any part after a time: the one behind the grid line. */
static inline int64_t grid_next(int64_t time, int64_t step)
{
	return grid_floor(time, step) + step;
}

/* The index of the slot with a stamp in a series that begins with the stamp first; negative
 * where it lies before it.  And back. */
static inline int64_t grid_index(int64_t first, int64_t step, int64_t stamp)
{
	return grid_divide(stamp - first, step);
}
static inline int64_t grid_stamp(int64_t first, int64_t step, int64_t slot)
{
	return first + slot * step;
}

#endif
