/*
 * Column generation for hosts of several kinds (types in environments): a column is a
 * filling of one host of a kind.  Either the hosts are given and as much as possible is
 * covered, or they are free and cost what they cost.
 *
 *     min  sum cost[kind] x + sum weight[class] left[class]
 *     sum of amounts in the columns + left[class] >= demand[class]
 *     sum of a kind's columns <= its hosts
 */
#ifndef ANALYZE_SOLVER_KINDS_H
#define ANALYZE_SOLVER_KINDS_H

#include "analyze/packing/knapsack.h"
#include "analyze/packing/wire_task.h"
#include "analyze/solver/lp.h"

struct item_kind {
	size_t environment, type;
	double price;  /* a share of the dearest */
	double cost;   /* the same; 0 where the hosts are given */
	int64_t limit; /* hosts; 0: none this time */
};

struct kinds_column {
	size_t kind;
	size_t first, count; /* entries */
};

struct kinds {
	const struct model *model;              /* borrowed */
	const struct knapsack_classes *classes; /* borrowed */
	struct work *work;                      /* of the question at hand, borrowed */
	size_t environment;                     /* of the question at hand */
	bool is_free;
	struct item_kind *kind;
	size_t kind_count;
	struct lp *lp; /* its first columns are what is left of each class */
	struct kinds_column *column;
	size_t column_count, column_room;
	int *entry_class;
	double *entry_amount;
	size_t entry_count, entry_room;
	uint32_t *demand; /* [class] still to be covered */
	int64_t *limit;   /* [kind] hosts still to be filled */
	double *lower;    /* [class + kind] rows of the programme */
	double *weight;   /* [class] what a unit left over costs */
	double *price;    /* [class] of the programme */
	double *center;   /* [class] the prices that proved most */
	double *mixed;    /* [class] */
	double proven;  /* by center: of what is left over, or of the costs; < 0: no */
	int64_t *value; /* [class] whole prices of the pricing at hand */
	uint32_t *filling, *rest;
	bool has_filling;
	uint64_t node_limit;
	double holds; /* given hosts: less than that of one left over is a start */
};

/* All kinds of the model, without a column.  0 or -ENOMEM; kinds_done in any case. */
int kinds_init(struct kinds *g, const struct model *model,
	const struct knapsack_classes *classes);
void kinds_done(struct kinds *g);

/* Another question about the same units: the columns of those before serve it too.
 * 0 or -ENOMEM. */
int kinds_begin(struct kinds *g, const struct wire_fill *task, struct work *work);
/* All units and hosts of the question again, after a dive. */
void kinds_make_whole(struct kinds *g);

/* The programme for the demand and the limits as they are. */
void kinds_restrict(struct kinds *g);

/*
 * kinds_solve - rounds of programme and pricing
 *
 * is_whole  demand and limits are the whole ones: what the prices prove is kept, and
 *           the end is reached when given hosts are proven not to do
 *
 * Returns 1 (no column improves it, or it is settled), 0 (rounds or nodes ran out),
 * -ETIME, -EIO, -ENOMEM.
 */
int kinds_solve(struct kinds *g, unsigned rounds, bool is_whole);

/*
 * kinds_dive - whole columns one after the other
 *
 * number         of the dive, from 0: the later, the slower and the more by chance
 * ret_placement  all hosts of the kinds; units without a host where it failed
 *
 * Returns how many units are left over, or a negative errno.
 */
int kinds_dive(struct kinds *g, unsigned number, struct wire_placement *ret_placement);

#endif
