/* Percentiles without sorting. */
#ifndef ANALYZE_PEAKS_PEAK_PERCENTILE_H
#define ANALYZE_PEAKS_PEAK_PERCENTILE_H

#include <stddef.h>

#define PERCENTILES_MAX 8

/*
 * peak_percentiles - linear interpolation between closest ranks (type 7)
 *
 *     h = (k - 1) p;  x[floor h] + (h - floor h) (x[floor h + 1] - x[floor h])
 *
 * values     count of them, NAN is left out, k are known
 * p          ascending, 0..1, at most PERCENTILES_MAX
 * ret_value  NAN where nothing is known
 *
 * A histogram over the bit patterns finds the few values around each rank, which alone
 * are ordered: exact, two passes.  Returns 0 or -ENOMEM.
 */
int peak_percentiles(const double *values, size_t count, const double *p,
	size_t p_count, double *ret_value);

#endif
