/* Why a workload found no place, in a sentence that names the limit. */
#ifndef ANALYZE_PLAN_PLAN_REASONS_H
#define ANALYZE_PLAN_PLAN_REASONS_H

#include "analyze/plan/plan_model.h"

/* Which constraints cannot be met together: plan->conflict, "" where all can. */
void plan_describe_conflict(const struct plan_request *request,
	const struct plan_model *model, const struct packing_result *result,
	struct plan *plan);

/* item is one that has no host; plan's hosts and their use are filled already. */
void plan_describe_unplaced(const struct plan_request *request,
	const struct plan_model *model, const struct packing_result *result,
	const struct plan *plan, size_t item, struct plan_unplaced *unplaced);

#endif
