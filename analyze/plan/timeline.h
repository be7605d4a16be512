/*
 * The common time axis of a plan: every workload's demand in the same slots, so that
 * demands can be added slot by slot.  Pure functions; method: docs/method.md, "Aligned
 * demand".
 */
#ifndef ANALYZE_PLAN_TIMELINE_H
#define ANALYZE_PLAN_TIMELINE_H

#include "schema/resource.h"
#include "common/series.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMELINE_HOUR_S 3600u
#define TIMELINE_WEEK_HOURS 168

/* Slot k is stamped first + k step_s and covers the step before its stamp. */
struct timeline {
	int64_t first; /* a multiple of step_s */
	unsigned step_s;
	size_t slots;
};

/* What a slot of the axis takes of the slots of the series that end in it. */
enum timeline_measure {
	TIMELINE_MAXIMUM,   /* the highest slot maximum: memory, network */
	TIMELINE_SUSTAINED, /* the highest rolling 900 s mean: CPU, disk */
};

/* How a resource is measured on the axis: as it is sized. */
enum timeline_measure timeline_measure_of(enum resource resource);

/*
 * timeline_span - the axis of slots that covers (from, to]
 *
 * Returns 0, or -ERANGE for an empty or absurd span (over 50 million slots).
 */
int timeline_span(int64_t from, int64_t to, unsigned step_s, struct timeline *ret_axis);

/*
 * timeline_fold - one series onto the axis
 *
 * The rolling mean is formed on the series' own step first: of the known slot means
 * in a window of ceil(900 / step) slots that lies inside the series, where at least
 * half of them are known.  A slot of the axis in which nothing is known is NAN.
 *
 * ret_values   [axis->slots], overwritten
 */
void timeline_fold(const struct series *series, enum timeline_measure measure,
	const struct timeline *axis, double *ret_values);

/*
 * timeline_fill - a value for every unknown slot
 *
 * The highest known value at that hour of the week (UTC), never more than the sized
 * demand; the sized demand itself where that hour was never seen.
 *
 * sized   the demand the plan counts with; 0 where the resource was never counted
 *
 * Returns how many slots were filled.
 */
size_t timeline_fill(double *values, const struct timeline *axis, double sized);

/*
 * timeline_coarsen - the highest value of the fine slots that end in each coarse one
 *
 * Fill first, coarsen then: so hours hold what the back-test will find in their slots.
 * A coarse slot without a fine one is NAN.
 */
void timeline_coarsen(const double *fine_values, const struct timeline *fine,
	const struct timeline *coarse, double *ret_values);

#endif
