/*
 * How the load of a workload repeats: constant, daily, weekly, monthly or irregular,
 * by autocorrelation of its hourly means (docs/method.md, "Pattern").
 */
#ifndef ANALYZE_PEAKS_PATTERN_H
#define ANALYZE_PEAKS_PATTERN_H

#include "common/series.h"

#include <stdbool.h>
#include <stddef.h>

enum pattern {
	PATTERN_CONSTANT,
	PATTERN_DAILY,
	PATTERN_WEEKLY,
	PATTERN_MONTHLY,
	PATTERN_IRREGULAR,
	PATTERN_PERIODIC, /* stated, with a period of its own */
	PATTERN_SEASONAL, /* only when stated */
};

const char *pattern_name(enum pattern pattern);
/* -1 for a word that is none. */
int pattern_find(const char *name);

struct pattern_found {
	enum pattern pattern;
	unsigned period_s;  /* 86400, 604800, 28 ... 31 days; 0: none */
	double correlation; /* at that lag, -1..1; NAN: none */
	double variation;   /* standard deviation / mean of the hourly means */
};

#define PATTERN_CONSTANT_VARIATION 0.1
#define PATTERN_CORRELATION 0.3

/*
 * pattern_find_in - the pattern of one series
 *
 * Hourly means; variation up to 0.1: constant.  Else the lag of 1 day, 7 days and (of
 * 60 days or more) 28 to 31 days whose autocorrelation is at least 0.3 and higher by 0.1
 * than at half the lag; a longer lag wins when it is higher by 0.1 than the shorter one.  A lag counts when the series is
 * at least two periods long.  Otherwise irregular.
 *
 * Returns 0, -ENODATA when fewer than 24 hours are known, -ENOMEM.
 */
int pattern_find_in(const struct series *series, struct pattern_found *ret_found);

/*
 * pattern_correlation - autocorrelation of values with gaps, all lags below lags
 *
 * NAN is a gap: the sum over the pairs that are both known, over the variance, each
 * divided by its count.  By the fast Fourier transform of values and of the mask.
 * ret: lags of them, NAN where fewer than 12 pairs are known.  0 or -ENOMEM.
 */
int pattern_correlation(
	const double *values, size_t count, size_t lags, double *ret_correlation);

#endif
