/* The packing problem of a plan, with what leads back from it. */
#ifndef ANALYZE_PLAN_PLAN_MODEL_TYPES_H
#define ANALYZE_PLAN_PLAN_MODEL_TYPES_H

#include "analyze/plan/plan_types.h"

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

#endif
