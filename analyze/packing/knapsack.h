/*
 * The most valuable filling of one host: a bounded knapsack with several rows, groups
 * and pairs that exclude each other, by branch and bound in integers.  It prices
 * columns in headroom-solver and recomputes the bounds that come from there.
 */
#ifndef ANALYZE_PACKING_KNAPSACK_H
#define ANALYZE_PACKING_KNAPSACK_H

#include "analyze/packing/knapsack_classes.h"
#include "analyze/packing/model.h"
#include "analyze/packing/work.h"

struct knapsack {
	const struct model *model;              /* borrowed */
	const struct knapsack_classes *classes; /* borrowed */
	size_t type;                            /* the host */
	const int64_t *value;                   /* [class] >= 0, borrowed */
	const uint32_t *demand; /* [class] at most so many copies, borrowed */
	const uint32_t
		*held; /* [class] on the host already, worth nothing here; NULL */
	unsigned environment; /* classes of no other are looked at */
	const unsigned char
		*excludes; /* [class][class] never both; NULL: none; borrowed */
	uint64_t node_limit;
	/* called for fillings found on the way, each better than those before; NULL */
	void (*found)(void *closure, const uint32_t *count, int64_t value);
	bool wants_all; /* found: instead, for every filling over at_least */
	void *closure;
	int64_t at_least; /* fillings up to this value are of no interest */
};

/*
 * knapsack_solve
 *
 * ret_best   value of the best filling found, at_least if none is better
 * ret_bound  no filling is worth more; equal to ret_best when searched to the end
 *
 * Returns 0 or -ENOMEM.
 */
int knapsack_solve(const struct knapsack *knapsack, struct work *work,
	int64_t *ret_best, int64_t *ret_bound);

#endif
