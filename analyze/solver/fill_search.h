/* Depth first over where units go, with fillings and their prices at every step. */
#ifndef ANALYZE_SOLVER_FILL_SEARCH_H
#define ANALYZE_SOLVER_FILL_SEARCH_H

#include "analyze/solver/kinds.h"

struct fill_walk {
	int64_t *word; /* owned; as fill_tree.h */
	size_t count, room;
};

/*
 * fill_search_run - fills the hosts of the question at hand, or shows that they do not do
 *
 * rounds         of pricing, of all branches together
 * ret_placement  where they were filled; wire_placement_done in any case
 * ret_walk       where they do not do; its words are to be freed in any case
 *
 * Returns 2 (filled), 1 (they do not do), 0 (neither, or too many units), -ENOMEM.
 */
int fill_search_run(struct kinds *g, const int64_t *count, uint64_t rounds,
	struct wire_placement *ret_placement, struct fill_walk *ret_walk);

#endif
