/*
 * Peaks of one series: highest value, mean, percentiles, peak-duration curve.
 * Pure functions; definitions: docs/method.md, "Peaks".
 */
#ifndef ANALYZE_PEAKS_PEAK_H
#define ANALYZE_PEAKS_PEAK_H

#include "schema/duration.h"
#include "schema/resource.h"
#include "common/series.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* NAN where a figure is absent (never counted, or no window has enough slots). */
struct peaks {
	bool is_counted; /* at least one slot was ever known */
	double peak;     /* highest slot maximum */
	int64_t peak_at; /* stamp of its slot (the first of several), UTC */
	double mean, p50, p90, p95, p99; /* of the known slot means */
	double sustained[DURATION_COUNT];
	int64_t sustained_at[DURATION_COUNT]; /* stamp of the window's last slot */
	double held[DURATION_COUNT];
	size_t known, expected; /* slots */
	double coverage;        /* known / expected, 0..1 */
};

/* What every later stage takes of one workload. */
struct workload_peaks {
	const char *name; /* borrowed from the store's list of workloads */
	unsigned step_s;  /* the analysis step */
	int phase_s;      /* added when a time is shown */
	int64_t from,
		to;     /* beginning of the first slot, stamp of the last; 0, 0: none */
	size_t samples; /* slots in which any resource is known */
	double coverage; /* samples / expected */
	bool is_coarse;  /* only rows coarser than 300 s were left or imported */
	struct peaks resource[RESOURCE_COUNT];
};

/*
 * peak_analyse - all figures of one series
 *
 * Returns 0 or -ENOMEM.  A series without a known slot gives is_counted = false.
 */
int peak_analyse(const struct series *series, struct peaks *ret_peaks);

/* Never counted: no slots, every figure NAN. */
void peak_absent(struct peaks *peaks);

#endif
