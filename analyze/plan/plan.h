/*
 * The consolidation plan: workloads that may move, on as few (or as cheap) hosts as
 * possible.  The model is a packing problem (analyze/packing/problem.h); this stage
 * turns megabytes, megahertz and profiles into its integers and its answer back into
 * hosts with names.  Method: docs/method.md, "Plan".
 */
#ifndef ANALYZE_PLAN_PLAN_H
#define ANALYZE_PLAN_PLAN_H

#include "analyze/plan/plan_units.h"

/*
 * plan_make - pack
 *
 * Returns 0 (some workloads may be left out, each with a reason), -EINVAL for a
 * constraint that names an unknown workload or hosts that do not say what the profile
 * needs (text: path, line, reason), or another negative errno.
 */
int plan_make(
	const struct plan_request *request, struct plan *ret_plan, struct err *err);
void plan_done(struct plan *plan);

#endif
