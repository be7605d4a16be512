/* What happens when hosts are lost: their units restart on the others, or they do not. */
#ifndef ANALYZE_PACKING_FAILOVER_H
#define ANALYZE_PACKING_FAILOVER_H

#include "analyze/packing/state.h"
#include "analyze/packing/work.h"

#define FAILOVER_NODES 20000 /* of the search for one loss */

/*
 * failover_lose - can the units of lost[0] and lost[1] restart on the other hosts?
 *
 * lost    host numbers of the state; lost[1] PACKING_NONE: one host
 * ret_unit  where they cannot: one that found no room; may be NULL
 * to      [unit] where they go, written for the lost units when they can; may be NULL
 *
 * The state is changed on the way and comes back with the same placement.  Returns 1
 * (yes), 0 (proven: no), -EAGAIN (none found, nothing proven), -ENOMEM.
 */
int failover_lose(struct state *state, const size_t lost[2], uint64_t nodes,
	struct work *work, size_t *to, size_t *ret_unit);

/* How many hosts are lost at once of those that are used: k, or all where there are no
 * more and a spare one takes over; 0: it cannot be survived. */
unsigned failover_depth(const struct packing_problem *problem, size_t used, unsigned k);

/* Every loss of k hosts, the spare ones helping: 1, 0 or -EAGAIN for the first that is
 * not survived, -ENOMEM.  ret_unit (may be NULL): then a unit that found no room. */
int failover_survives(struct state *state, unsigned k, uint64_t nodes,
	struct work *work, size_t *ret_unit);

#endif
