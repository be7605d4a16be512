/*
 * Which hosts, before what goes where: whole numbers of hosts per type and environment
 * that cover every necessary condition ("row") at least cost.  The optimum is a lower
 * bound of the packing; the cheapest covers are where the search for one begins.
 *
 *     min  sum cost[t] y[e][t]
 *     sum over t of a[e][r][t] y[e][t] >= b[e][r]      for every row r of environment e
 *     sum over e of y[e][t] <= count[t]
 *
 * Integers throughout, so a bound from here is exact.
 *
 * Where nothing else is said, an int is 0 or a negative errno.
 */
#ifndef ANALYZE_PACKING_MIX_H
#define ANALYZE_PACKING_MIX_H

#include "analyze/packing/model.h"
#include "analyze/packing/work.h"

struct mix_row {
	size_t environment;
	enum packing_bound_kind kind;
	size_t model_row;      /* the row of the model behind it; PACKING_NONE: none */
	int64_t need;          /* > 0 */
	int64_t *give;         /* [class] */
	uint32_t *ratio_order; /* classes, cheapest per give first; give 0 left out */
	size_t ratio_count;
};

struct mix {
	const struct model *model; /* borrowed */
	size_t class_count;        /* types that no row tells apart are one class */
	size_t *class_of;          /* [type] */
	int64_t *count;            /* [class] */
	int64_t *cost;             /* [class] 1 where all costs are equal */
	struct mix_row *row;
	size_t row_count;
	size_t *row_start; /* [environment + 1] rows lie by environment */
	int64_t *alone;    /* [environment + 1] bound of environments e.. together */
	size_t environment_count;
	int64_t cost_gcd;
	int64_t bound; /* cost of no cover is below this (hosts where costs are equal) */
	bool is_infeasible; /* not even all hosts cover everything: proven */
	enum packing_bound_kind bound_kind;
	size_t bound_row; /* of the model, PACKING_NONE */
};

/*
 * mix_init - the rows of a model, and the best bound the node limit allows
 *
 * is_in  [unit] which units must be placed; NULL: all
 */
int mix_init(struct mix *mix, const struct model *model, const unsigned char *is_in,
	struct work *work);
void mix_done(struct mix *mix);

/*
 * mix_covers - covers of exactly this cost, the roomiest first
 *
 * ret_count  [n][environment][type], owned by the caller; at most `most` of them
 *
 * Returns their number, or -ENOMEM; *ret_is_complete says that there are no others.
 */
int mix_covers(const struct mix *mix, int64_t cost, size_t most, struct work *work,
	int64_t **ret_count, bool *ret_is_complete);

#endif
