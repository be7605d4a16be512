/* A plan's request as a packing problem, and the way back. */
#ifndef ANALYZE_PLAN_PLAN_MODEL_H
#define ANALYZE_PLAN_PLAN_MODEL_H

#include "analyze/plan/plan_model_types.h"

/* Returns 0, -EINVAL with path, line and reason, or -ENOMEM. */
int plan_model_build(const struct plan_request *request, struct plan_model *ret_model,
	struct err *err);
void plan_model_done(struct plan_model *model);

/* Is this host (number from 1) of the file's type one of those that stand alone? */
bool plan_model_is_single(const struct plan_model *model, size_t type, size_t number);

/* The dimension of a row of its problem, and its slot (or NULL); -1 of PACKING_NONE. */
int plan_model_dimension(const struct plan_model *model, size_t row, size_t *ret_slot);

#endif
