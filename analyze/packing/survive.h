/* The search for a packing that survives the loss of hosts. */
#ifndef ANALYZE_PACKING_SURVIVE_H
#define ANALYZE_PACKING_SURVIVE_H

#include "analyze/packing/engine.h"

/*
 * survive_run - replaces engine->best by the cheapest packing found that leaves out no
 * more items and survives every loss; sets failover_bound, is_failover_refuted
 *
 * Returns 0 or -ENOMEM.
 */
int survive_run(struct engine *engine, double until_s);

#endif
