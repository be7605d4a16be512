/*
 * Which rows of a model matter: those that can bind, and of many the fullest few.
 *
 * Where nothing else is said, an int is 0 or a negative errno.
 */
#ifndef ANALYZE_PACKING_MODEL_ROWS_H
#define ANALYZE_PACKING_MODEL_ROWS_H

#include "analyze/packing/model_types.h"

#define MODEL_ROWS_FEW 40

/* Leaves out the rows that never bind, alone or because another one is never larger.
 * Sets row_origin, row_count and the row of the setup.  0 or -ENOMEM. */
int model_rows_reduce(const struct packing_problem *problem, struct model *model);

/* A model of at most MODEL_ROWS_FEW rows: model_rows_choose, then model_rows_keep.
 * chosen says which rows of the model they are. */
int model_rows_restrict(
	const struct model *model, struct model *small, size_t chosen[MODEL_ROWS_FEW]);

/* The fullest rows, of every dimension some where types differ; 0: no memory. */
size_t model_rows_choose(const struct model *model, size_t chosen[MODEL_ROWS_FEW]);

/*
 * model_rows_keep - a model of these rows alone
 *
 * It borrows everything but its sizes and capacities, which the caller frees, after a
 * failure (-ENOMEM) too.
 */
int model_rows_keep(const struct model *model, const size_t *row, size_t count,
	struct model *small);

#endif
