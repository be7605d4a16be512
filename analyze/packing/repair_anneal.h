/*
 * Annealing: many cheap steps drawn at random, of which at first also bad ones are made
 * and later ever fewer.  For many rows, where a host is over its limits by a little in
 * some slot or other and no single step helps.
 */
#ifndef ANALYZE_PACKING_REPAIR_ANNEAL_H
#define ANALYZE_PACKING_REPAIR_ANNEAL_H

#include "analyze/packing/repair_state.h"

/*
 * repair_anneal - from the placement as it is to one without overload
 *
 * heat   1: whatever there is of order is lost; less where the placement is nearly right
 * steps  that are looked at, at most
 *
 * Returns 1 when everything fits, 0 when the steps or the clock ended it, -ENOMEM.
 */
int repair_anneal(struct repair *r, double heat, uint64_t steps);

#endif
