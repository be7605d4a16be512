/* The plan as a document. */
#ifndef ANALYZE_REPORT_PLAN_DOCUMENT_H
#define ANALYZE_REPORT_PLAN_DOCUMENT_H

#include "analyze/document/document.h"
#include "analyze/plan/plan.h"

/* "5 hosts in 97 % of resamples" */
struct plan_confidence {
	size_t resamples;         /* 0: not asked for */
	size_t same_count;        /* needed as many hosts as the plan */
	size_t fewest, most;      /* hosts */
	double cheapest, dearest; /* cost */
};

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

/* The settings the documented profile has for one VM on its host. */
struct plan_settings {
	double alloc_mb;
	double reserved_percent; /* of one core of the host; NAN without reservations */
	unsigned relative_weight; /* 100: all alike */
	unsigned maximum_percent; /* of one core */
	double storage_gb;        /* with the factor */
	unsigned adapters;        /* of its own; 0: the shared virtual network */
};
struct plan_settings plan_settings_of(const struct plan_request *request,
	const struct plan_host *host, const struct plan_workload *workload);

/* What to buy for a host: memory in an even number of GB (MEM-8). */
double plan_even_gb(double needed_mb);

struct document *plan_document(const struct plan_view *view);

#endif
