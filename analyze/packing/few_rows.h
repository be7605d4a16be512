/*
 * A packing is made on the few rows that bind, and checked on all: of thousands of slots
 * those come in that a packing broke.
 */
#ifndef ANALYZE_PACKING_FEW_ROWS_H
#define ANALYZE_PACKING_FEW_ROWS_H

#include "analyze/packing/repair_types.h"

struct few_rows {
	const struct model *whole; /* borrowed */
	struct model model;        /* of the rows that are in */
	bool has_all;              /* the model is the whole one */
	size_t *row;               /* [row_count] of the whole model */
	size_t row_count;
};

/* 0 or -ENOMEM; few_rows_done in any case. */
int few_rows_init(struct few_rows *few, const struct model *whole);
void few_rows_done(struct few_rows *few);

/*
 * few_rows_add_broken - the rows that a packing of few->model breaks most come in
 *
 * Returns how many (states of few->model are of no more use then), 0 when it breaks none,
 * -ENOSPC when it does and no more rows can come in, -ENOMEM.
 */
int few_rows_add_broken(struct few_rows *few, const struct state *made);

/* The same packing in a state of the whole model.  1; 0: it does not fit; -ENOMEM. */
int few_rows_widen(const struct state *made, struct state *whole);

#endif
