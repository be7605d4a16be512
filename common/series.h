/* Evenly spaced values: start, step, NAN for a gap. */
#ifndef COMMON_SERIES_H
#define COMMON_SERIES_H

#include <stddef.h>
#include <stdint.h>

/*
 * Slot k covers the left-open interval (first + (k-1) step, first + k step] and is
 * stamped with its end.  A slot without a reading is NAN in all three arrays.  Where
 * a slot holds one reading (imports without extremes), minimum and maximum are the
 * same array as mean: never free or change them one by one, use series_done.
 */
struct series {
	int64_t first; /* stamp of slot 0: Unix seconds UTC, a multiple of step_s */
	unsigned step_s;
	size_t count;
	double *mean;
	double *minimum;
	double *maximum;
};

/* Releases the arrays (each distinct one once) and empties the struct. */
void series_done(struct series *series);

/* Allocates count slots, all NAN.  With has_extremes the three arrays are distinct.
 * Returns 0 or -ENOMEM. */
int series_init(struct series *series, int64_t first, unsigned step_s, size_t count,
	int has_extremes);

#endif
