/* A lower bound from prices per unit, whoever found them. */
#ifndef ANALYZE_PACKING_CERTIFICATE_H
#define ANALYZE_PACKING_CERTIFICATE_H

#include "analyze/packing/model.h"
#include "analyze/packing/work.h"

/*
 * certificate_bound - the lower bound that prices per unit prove (Farley)
 *
 *     cost of any packing >= sum(price) x min over types of cost / best filling
 *
 * price  [unit] >= 0; any prices give a valid bound, good ones a strong one
 *
 * The fillings are searched anew here, in integers.  Returns 0 and *ret_bound (hosts
 * where costs are equal, else cost), or -ENOMEM.
 */
int certificate_bound(const struct model *model, const int64_t *price,
	uint64_t node_limit, struct work *work, int64_t *ret_bound);

#endif
