/*
 * Who takes part in a plan: the assessment's workloads as the plan counts them, and
 * those that their verdict keeps out.
 */
#ifndef ANALYZE_PLAN_CANDIDATES_H
#define ANALYZE_PLAN_CANDIDATES_H

#include "analyze/estate/estate.h"
#include "analyze/plan/plan.h"
#include "store/store.h"

/* What --include may name, beside what passes. */
enum include {
	INCLUDE_PASS = 1,
	INCLUDE_REVIEW = 2,
	INCLUDE_UNKNOWN = 4,
	INCLUDE_INSUFFICIENT = 8,
	INCLUDE_DISQUALIFIED = 16,
};

/* "pass,review"; -EINVAL with the text set for a word that is none. */
int candidates_parse_include(const char *text, unsigned *ret_include, struct err *err);

struct candidates {
	struct plan_factors factors;
	struct plan_workload *workload;   /* sorted by name */
	const struct workload **measured; /* of the store's list; borrowed */
	size_t count;
	struct plan_excluded *excluded;
	size_t excluded_count;
	int64_t from, to; /* union of their periods; 0, 0: no data */
	unsigned coarsest_step_s;
	void *owned; /* what the texts above lie in */
};

struct candidates_request {
	unsigned include;              /* enum include */
	const struct host_list *hosts; /* for the target core; NULL: the profile's */
	double horizon_days;           /* clear growth until then is added; 0: none */
};

/* The factors of a profile ("plain"); the id is borrowed.  -ENOENT: no such profile. */
int candidates_factors(const char *config_dir, const char *profile,
	struct plan_factors *ret_factors, struct err *err);

/* Assesses every workload of the estate, chosen or not.  Free with candidates_done.
 * Returns 0 or a negative errno. */
int candidates_gather(const struct estate *estate,
	const struct candidates_request *request, struct candidates *ret_candidates,
	struct err *err);
void candidates_done(struct candidates *candidates);

#endif
