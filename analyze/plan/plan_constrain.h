/* The constraints of the hosts file as those of the packing problem. */
#ifndef ANALYZE_PLAN_PLAN_CONSTRAIN_H
#define ANALYZE_PLAN_PLAN_CONSTRAIN_H

#include "analyze/plan/plan_model_types.h"

/*
 * plan_constrain - after types and items are there
 *
 * Constraints on workloads that are left out of the plan are none; constraint_of says
 * which one of the file each of the problem is.  Returns 0, -EINVAL with path, line and
 * reason, or -ENOMEM.
 */
int plan_constrain(
	const struct plan_request *request, struct plan_model *model, struct err *err);

#endif
