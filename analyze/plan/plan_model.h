/* A plan's request as a packing problem, and the way back. */
#ifndef ANALYZE_PLAN_PLAN_MODEL_H
#define ANALYZE_PLAN_PLAN_MODEL_H

#include "analyze/plan/plan.h"

/* Which hosts of the file a type of the packing problem stands for. */
struct plan_model_type {
	size_t type;   /* in the hosts file */
	size_t single; /* number of the one host, from 1; 0: all that are not single */
};

struct plan_model {
	struct packing_problem problem;
	struct plan_model_type *type;              /* [problem.type_count] */
	size_t dimension_of[PLAN_DIMENSION_COUNT]; /* in the problem; PACKING_NONE */
	size_t *constraint_of; /* [problem.constraint_count]: index in the hosts file */
	double cost_units;     /* integers of the problem per unit of cost */
};

/* Returns 0, -EINVAL with path, line and reason, or -ENOMEM. */
int plan_model_build(const struct plan_request *request, struct plan_model *ret_model,
	struct err *err);
void plan_model_done(struct plan_model *model);

/* Is this host (number from 1) of the file's type one of those that stand alone? */
bool plan_model_is_single(const struct plan_model *model, size_t type, size_t number);

#endif
