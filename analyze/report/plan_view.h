/* What the document of a plan is made from. */
#ifndef ANALYZE_REPORT_PLAN_VIEW_H
#define ANALYZE_REPORT_PLAN_VIEW_H

#include "analyze/document/document.h"
#include "analyze/plan/plan.h"

/* "5 hosts in 97 % of resamples" */
struct plan_confidence {
	size_t resamples;         /* 0: not asked for */
	size_t same_count;        /* needed as many hosts as the plan */
	size_t fewest, most;      /* hosts */
	double cheapest, dearest; /* cost */
};

/* Workloads without a figure of memory and of CPU, which count as nothing: of these two
 * only, which every host has and every workload uses. */
struct plan_uncounted {
	size_t memory, cpu;
};
struct plan_uncounted plan_count_uncounted(const struct plan_request *request);

struct plan_view {
	const struct plan_request *request;
	const struct plan *plan;
	int64_t from, to; /* of the data the plan stands on */
	const struct plan_excluded *excluded;
	size_t excluded_count;
	struct plan_confidence confidence;
	double filled_ratio; /* aligned: slots that had to be filled, 0..1 */
	bool has_settings;   /* print the settings of each VM too */
};

#endif
