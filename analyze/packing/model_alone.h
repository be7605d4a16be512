/*
 * Units beside which no other fits: whatever they need themselves, each takes a host of
 * its own, and the rest of that host is nobody's.  Example: capacity 10 in two rows, a
 * unit of 10 and 2, all others at least 1 and 1: its host counts 10 in both rows.
 */
#ifndef ANALYZE_PACKING_MODEL_ALONE_H
#define ANALYZE_PACKING_MODEL_ALONE_H

#include "analyze/packing/model_types.h"

/* Which of these units are alone, as far as one row by itself says so: ret_is_alone
 * [number in the list].  0 or -ENOMEM. */
int model_alone_find(const struct model *model, const size_t *unit, size_t count,
	unsigned char *ret_is_alone);

/* The least that a host holds of a row, of those that may hold the unit; INT64_MAX: none
 * may. */
int64_t model_alone_whole(const struct model *model, size_t unit, size_t row);

/*
 * model_alone_raise - makes those units as large as the host
 *
 * Nothing fits beside them as before, and searches and bounds know.  Only where hosts
 * are of one type and nothing is asked of a host that is not full.
 */
int model_alone_raise(struct model *model);

#endif
