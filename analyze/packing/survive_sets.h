/* Sets of hosts from the master, with room for what is lost, in order of cost. */
#ifndef ANALYZE_PACKING_SURVIVE_SETS_H
#define ANALYZE_PACKING_SURVIVE_SETS_H

#include "analyze/packing/survive_test.h"

/*
 * survive_sets_run - looks for cheaper packings that survive until `until_s`
 *
 * Raises engine->failover_bound and sets is_failover_refuted where no set of hosts
 * holds everything after every loss.  Returns 0, also without a solver, or -ENOMEM.
 */
int survive_sets_run(struct survive *s, double until_s);

#endif
