/* The groups of a model: what constraints say of items that share a host or do not. */
#ifndef ANALYZE_PACKING_MODEL_GROUPS_H
#define ANALYZE_PACKING_MODEL_GROUPS_H

#include "analyze/packing/model_types.h"

/* Whether the items of a cluster (parent[i] == root) may be on one host, by the groups
 * alone. */
bool model_groups_allow(
	const struct packing_problem *problem, const size_t *parent, size_t root);

/* Groups that can be broken (more members than allowed), and which units are in them;
 * the units are there already.  0 or -ENOMEM. */
int model_groups_build(const struct packing_problem *problem, struct model *model);

#endif
