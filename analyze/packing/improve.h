/* From the first packings towards the bound: whole sets of hosts, cheapest wanted. */
#ifndef ANALYZE_PACKING_IMPROVE_H
#define ANALYZE_PACKING_IMPROVE_H

#include "analyze/packing/engine.h"

/*
 * improve_descend - bisect between bound and best value with growing effort
 *
 * levels  0.. : each has four times the effort of the one before it
 * until_s  of work_now_s(): end by then, beside the work limits
 *
 * Returns 0 or -ENOMEM; what it finds is in engine->best.
 */
int improve_descend(struct engine *engine, unsigned levels, double until_s);

/* Items left out one by one into the hosts there are.  0 or -ENOMEM. */
int improve_admit(struct engine *engine, double until_s);

#endif
