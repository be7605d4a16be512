/*
 * What persons decided of a workload, windows left out and reviews, as one: for an import
 * that brings such decisions, and its undo.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef STORE_DB_DECISIONS_H
#define STORE_DB_DECISIONS_H

#include "common/err.h"

#include <stddef.h>
#include <stdint.h>

struct store; /* store/store.h */

/* The numbers given up to a moment; what is decided later has higher ones. */
struct decision_mark {
	int64_t review, exclusion;
};

int store_decision_mark(
	struct store *store, struct decision_mark *ret_mark, struct err *err);

/* What was taken back between two moments, by number. */
struct decisions_back {
	const int64_t *review, *exclusion; /* borrowed */
	size_t reviews, exclusions;
};

/*
 * store_decisions_undo - of one workload, in a transaction
 *
 * What was decided between the two marks is gone, as if it had never been; what was taken
 * back stands again.  back NULL, where it was not noted: what was older and was taken back
 * at that moment (in that second by anybody).
 */
int store_decisions_undo(struct store *store, int64_t workload_id,
	const struct decision_mark *before, const struct decision_mark *after,
	const struct decisions_back *back, int64_t at, struct err *err);

#endif
