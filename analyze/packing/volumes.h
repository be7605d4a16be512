/*
 * A host whose space is cut into volumes: each item is whole on one of them.  Whether
 * some items fit is a packing of its own, of a few sizes, and is decided here.
 */
#ifndef ANALYZE_PACKING_VOLUMES_H
#define ANALYZE_PACKING_VOLUMES_H

#include "analyze/packing/problem.h"

/*
 * volumes_assign - a volume for each size, largest first, all ways if need be
 *
 * ret_volume  [count] which; may be NULL; PACKING_NONE for a size of 0
 *
 * Returns 1, 0 (proven: they do not fit), -EAGAIN (not found, nothing proven), -ENOMEM.
 */
int volumes_assign(const int64_t *volume, size_t volume_count, const int64_t *size,
	size_t count, size_t *ret_volume);

/* The same for items of a problem on a host of a type; 1 where its space is one. */
int volumes_fit(const struct packing_problem *problem, size_t type, const size_t *item,
	size_t count, size_t *ret_volume);

#endif
