/* The figures of each whole day of a series, as peaks/peak.h forms them of any period. */
#ifndef ANALYZE_COMPARE_DAYS_H
#define ANALYZE_COMPARE_DAYS_H

#include "analyze/compare/shift.h"
#include "analyze/peaks/peak.h"
#include "common/series.h"

#include <stdbool.h>
#include <stddef.h>

#define COMPARE_DAY_KNOWN 0.75 /* of its slots: else a day does not count */

/* In the order of the output. */
enum compare_figure {
	COMPARE_MEAN,
	COMPARE_P50,
	COMPARE_P90,
	COMPARE_P95,
	COMPARE_P99,
	COMPARE_SUSTAINED, /* and the other durations behind it */
	COMPARE_PEAK = COMPARE_SUSTAINED + DURATION_COUNT,
	COMPARE_FIGURES,
};

/* Days that are known, in order; [count] and [count x COMPARE_FIGURES]. */
struct days {
	size_t count;
	struct shift_day *day;
	double *figure; /* of a day beside each other */
};

/*
 * days_of - the days of which at least COMPARE_DAY_KNOWN of the slots are known
 *
 * step_s   a multiple of the series' own: its slots are put together first, mean of means
 *          where at least half of them are known, highest of highest
 * phase_s  is added to a stamp before its UTC day is told
 *
 * Adds to days; free with days_done.  Returns 0 or -ENOMEM.
 */
int days_of(const struct series *series, unsigned step_s, int phase_s, bool is_after,
	struct days *days);
void days_done(struct days *days);

/* The value of a figure among those of a period. */
double days_figure(const struct peaks *peaks, enum compare_figure figure);

#endif
