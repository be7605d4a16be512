/* Indices in the order of a figure that each of them has. */
#ifndef ANALYZE_PACKING_ORDER_H
#define ANALYZE_PACKING_ORDER_H

#include <stddef.h>

/* Sorts by key[list[i]], the largest first; equal ones by their index. */
void order_by_key(size_t *list, size_t count, const double *key);

#endif
