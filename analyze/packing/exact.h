/*
 * Every packing of a small problem, by branch and bound with all constraints and
 * failover: what proves an answer without the solver, and what the tests rely on.
 */
#ifndef ANALYZE_PACKING_EXACT_H
#define ANALYZE_PACKING_EXACT_H

#include "analyze/packing/state.h"
#include "analyze/packing/work.h"

struct exact_limits {
	uint64_t nodes;
	unsigned failover;      /* 0..2: only packings that survive it count */
	int64_t unplaced_items; /* give up packings that leave more out; INT64_MAX */
};

/*
 * exact_search - fewest items left out, then lowest cost, then fewest hosts
 *
 * best      an initialised state: comes in with the best packing known, if has_best
 *           (then only better ones are looked for), goes out with the best
 *
 * Returns 1 when everything was searched (best is optimal; !*has_best: none exists),
 * 0 when a limit ended it (best may be better than before), -ENOMEM.
 */
int exact_search(const struct model *model, const struct exact_limits *limits,
	struct work *work, struct state *best, bool *has_best);

/* How many items at least find no room, by counting the smallest of each row. */
int64_t exact_unplaced_bound(const struct model *model);

#endif
