/*
 * How sure is the number of hosts?  A block bootstrap: days are drawn with replacement,
 * the same days for every workload, so that what coincides stays together; each draw
 * is sized and packed again.  Method: docs/method.md, "Confidence in the plan".
 */
#ifndef ANALYZE_PLAN_RESAMPLE_H
#define ANALYZE_PLAN_RESAMPLE_H

#include "analyze/plan/plan.h"

#include <stddef.h>
#include <stdint.h>

#define RESAMPLE_DEFAULT 100
#define RESAMPLE_DAY_S 86400u

/*
 * The daily figures: [workload][resource][day], in the resource's natural unit, as
 * timeline_fold gives them on an axis of days; NAN where a day is not known.
 */
struct resample_days {
	size_t days;
	double *highest; /* [(workload x RESOURCE_COUNT + resource) x days + day] */
};

struct resample_result {
	size_t resamples;
	size_t same_count;        /* as many hosts as the plan */
	size_t fewest, most;      /* hosts */
	double cheapest, dearest; /* cost */
};

/*
 * resample_plan - draw, size, pack
 *
 * request      as for plan_make; with series, the days of the axis are drawn as a whole
 * hosts_used   of the plan itself
 * time_limit_s for one draw
 *
 * The exact phase is not used: a draw counts the hosts of the best packing found
 * without it, an upper bound.  The same seed gives the same draws.  Returns 0 or a
 * negative errno.
 */
int resample_plan(const struct plan_request *request, const struct resample_days *days,
	size_t hosts_used, size_t resamples, uint64_t seed, double time_limit_s,
	void (*progress)(void *closure, double done_ratio), void *closure,
	struct resample_result *ret_result, struct err *err);

#endif
