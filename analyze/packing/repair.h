/*
 * Improvement: all units on a given set of hosts, overload allowed, and a tabu search
 * that shifts and swaps units until no host is over any limit.
 */
#ifndef ANALYZE_PACKING_REPAIR_H
#define ANALYZE_PACKING_REPAIR_H

#include "analyze/packing/repair_types.h"

/*
 * repair_run - a packing of the units of `start` on exactly these hosts
 *
 * start   its placement is kept where hosts[h] is its host h (same type; h beyond its
 *         hosts: empty); units left out are put where they do least harm
 * is_in   [unit] units to place; NULL: all
 * ret_state  an initialised state of the same model; filled only when it worked
 *
 * Returns 1 when everything fits, 0 when the limits or the clock ended it, -ENOMEM.
 */
int repair_run(const struct state *start, const struct repair_host *hosts,
	size_t host_count, const unsigned char *is_in,
	const struct repair_limits *limits, struct work *work, struct state *ret_state);

#endif
