/*
 * Which units stand together, decided one after the other: the next unit goes on a host
 * that has some already, or on an empty one of each type (which of them makes no
 * difference).  headroom-solver walks this tree with prices; what it says of it is
 * checked here, in integers, and is a proof that these hosts do not do:
 *
 *     leaf      -1, then the price of each unit of the environment, in order
 *     branch    the unit, how many sides, then each: choice, length, what is below it
 *
 * A side that is not there is one that does not fit.  At a leaf the prices of all units
 * are more than the best fillings of all hosts are worth beside what is on them.
 */
#ifndef ANALYZE_PACKING_FILL_TREE_H
#define ANALYZE_PACKING_FILL_TREE_H

#include "analyze/packing/knapsack_classes.h"
#include "analyze/packing/state.h"
#include "analyze/packing/work.h"

struct fill_tree {
	const struct model *model; /* borrowed */
	size_t environment;
	const int64_t *count; /* [type] hosts of the environment, borrowed */
	struct state state;   /* the hosts that have some, in the order they got it */
};

/* 0 or -ENOMEM; fill_tree_done in any case. */
int fill_tree_init(struct fill_tree *tree, const struct model *model,
	size_t environment, const int64_t *count);
void fill_tree_done(struct fill_tree *tree);

/* Hosts in use, then types. */
size_t fill_tree_choices(const struct fill_tree *tree);
/* 1: the unit is there now; 0: it does not fit; -ENOMEM. */
int fill_tree_put(struct fill_tree *tree, size_t unit, size_t choice);
/* The last that was put. */
void fill_tree_take(struct fill_tree *tree, size_t unit);

/*
 * fill_tree_refutes - does a walk prove that the hosts do not hold the units?
 *
 * Returns 1, 0 (it proves nothing), or -ENOMEM.
 */
int fill_tree_refutes(const struct model *model, size_t environment,
	const int64_t *count, const int64_t *walk, size_t length, struct work *work);

#endif
