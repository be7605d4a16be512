/* Which constraints cannot be met together: an irreducible set of them. */
#ifndef ANALYZE_PACKING_CONFLICT_H
#define ANALYZE_PACKING_CONFLICT_H

#include "analyze/packing/problem.h"
#include "analyze/packing/work.h"

/*
 * conflict_find - constraints that, proven, cannot all be met for the items they name
 *
 * Without any one of them the others can no longer be shown to conflict (they are
 * searched whole where they name few items).  Constraints that are met by leaving
 * capacities aside are not blamed for capacities that are too small.
 *
 * ret_conflict  indices, owned by the caller; *ret_count 0: none found
 *
 * Returns 0 or -ENOMEM.
 */
int conflict_find(const struct packing_problem *problem, struct work *work,
	size_t **ret_conflict, size_t *ret_count);

#endif
