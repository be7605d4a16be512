/*
 * The problem as the solvers want it: items that must stay together are one unit,
 * units that fit nowhere are gone, rows that cannot bind or that another row covers
 * are gone, pins are a table of allowed types.  Read-only once built.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_PACKING_MODEL_H
#define ANALYZE_PACKING_MODEL_H

#include "analyze/packing/model_types.h"

/* What a unit's items are, where they fit nowhere (reason and row per item). */
int model_build(const struct packing_problem *problem, enum packing_reason *reason,
	size_t *reason_row, struct model *ret_model, struct err *err);
void model_done(struct model *model);

#endif
