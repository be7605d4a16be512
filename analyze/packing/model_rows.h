/* Which rows of a model matter: those that can bind, and of many the fullest few. */
#ifndef ANALYZE_PACKING_MODEL_ROWS_H
#define ANALYZE_PACKING_MODEL_ROWS_H

#include "analyze/packing/model_types.h"

#define MODEL_ROWS_FEW 40

/* Leaves out the rows that never bind, alone or because another one is never larger.
 * Sets row_origin, row_count and the row of the setup.  0 or -ENOMEM. */
int model_rows_reduce(const struct packing_problem *problem, struct model *model);

/*
 * model_rows_restrict - a model of at most MODEL_ROWS_FEW rows
 *
 * chosen  out: which rows of the model they are
 *
 * It borrows everything but its sizes and capacities, which the caller frees, after a
 * failure (-ENOMEM) too.
 */
int model_rows_restrict(
	const struct model *model, struct model *small, size_t chosen[MODEL_ROWS_FEW]);

#endif
