/*
 * A small integer programme and a proof of its bound.  headroom-solver searches it in
 * doubles and says how it divided the search; what that proves is computed here, in
 * integers, so that no rounding of anybody counts.
 *
 *     min sum cost[j] y[j],  sum give[i][j] y[j] >= need[i],  lower <= y <= upper, whole
 */
#ifndef ANALYZE_PACKING_MIP_H
#define ANALYZE_PACKING_MIP_H

#include <stddef.h>
#include <stdint.h>

#define MIP_COLUMNS_MAX ((size_t)4096)
#define MIP_ROWS_MAX ((size_t)4096)

struct mip {
	size_t column_count, row_count;
	int64_t *cost;  /* [column] >= 0; owned */
	int64_t *lower; /* [column] >= 0; owned */
	int64_t *upper; /* [column]; owned */
	int64_t *need;  /* [row]; owned */
	int64_t *give;  /* [row][column], any sign; owned */
};

/* All figures 0.  0 or -ENOMEM; free with mip_done in both cases. */
int mip_init(struct mip *mip, size_t column_count, size_t row_count);
void mip_done(struct mip *mip);

/* One step of the division, in preorder: a branch is followed by its two sides, first
 * y[column] <= value, then y[column] >= value + 1. */
struct mip_step {
	int64_t column; /* -1: a leaf */
	int64_t value;
	uint64_t first, count; /* of a leaf: its multipliers */
	uint64_t is_empty; /* of a leaf: its multipliers say that nothing is in it */
};

struct mip_multiplier {
	uint64_t row;
	double value; /* >= 0; any value is valid, good ones prove much */
};

struct mip_proof {
	struct mip_step *step; /* owned */
	size_t step_count;
	struct mip_multiplier *multiplier; /* owned */
	size_t multiplier_count;
};

void mip_proof_done(struct mip_proof *proof);

/*
 * mip_bound - what a proof proves
 *
 * ret_bound  no solution costs less; INT64_MAX: there is none
 *
 * Returns 0, -EPROTO for a proof that is no division of the whole, or -ENOMEM.
 */
int mip_bound(const struct mip *mip, const struct mip_proof *proof, int64_t *ret_bound);

/* 1 where y is within its limits and meets all rows, in integers; else 0. */
int mip_allows(const struct mip *mip, const int64_t *y);

#endif
