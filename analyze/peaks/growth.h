/*
 * Growth: a robust straight line through daily figures, with an interval
 * (docs/method.md, "Growth").
 */
#ifndef ANALYZE_PEAKS_GROWTH_H
#define ANALYZE_PEAKS_GROWTH_H

#include "common/series.h"

#include <stdbool.h>
#include <stddef.h>

#define GROWTH_DAYS_MIN 14 /* known days */
#define GROWTH_DAYS_MAX 4000

struct growth {
	size_t known;                 /* days */
	double first_day, last_day;   /* indices of the first and last known day */
	double slope_per_day;         /* Theil-Sen: median of the slopes of all pairs */
	double slope_low, slope_high; /* 95 % interval */
	double level;                 /* of the line on last_day */
	double residual_low,
		residual_high; /* 5 and 95 % of what the line leaves over */
	bool is_significant;   /* the interval leaves out 0 */
};

/*
 * growth_fit - Theil and Sen's line
 *
 * daily   a figure a day, NAN where not known
 *
 * The interval is Sen's (1968) from Kendall's variance, widened by
 * (1 + r) / (1 - r) for days that follow each other.  Returns 0, -ENODATA under
 * GROWTH_DAYS_MIN known days, -EFBIG, -ENOMEM.
 */
int growth_fit(const double *daily, size_t days, struct growth *ret_growth);

/*
 * growth_project - the daily figure ahead_days after the last day
 *
 * The line goes on; low and high hold nine in ten days: the residuals' span, and the
 * interval of the slope over the distance from the middle of the data.
 */
void growth_project(const struct growth *growth, double ahead_days, double *ret_value,
	double *ret_low, double *ret_high);

/*
 * growth_daily - the highest mean over window_s that ends in each UTC day
 *
 * phase_s  added to the stamps before the day is told; a window counts with at least
 * half of its slots known.  *ret_daily: free it.  Returns 0, -ENODATA for no slots,
 * -ENOMEM.
 */
int growth_daily(const struct series *series, unsigned window_s, int phase_s,
	double **ret_daily, size_t *ret_days);

/* "12months", "90d", "2y", "4w" to days; -EINVAL. */
int growth_parse_horizon(const char *text, double *ret_days);

#endif
