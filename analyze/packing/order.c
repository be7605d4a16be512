#include "analyze/packing/order.h"

#include <stdlib.h>

/* What qsort_r hands through. */
struct key_order {
	const double *key;
};

static int order_compare_keys(const void *a, const void *b, void *closure)
{
	const double *key = ((const struct key_order *)closure)->key;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	if (key[x] != key[y])
		return key[x] > key[y] ? -1 : 1;
	return x < y ? -1 : x > y;
}

void order_by_key(size_t *list, size_t count, const double *key)
{
	struct key_order by = { key };

	qsort_r(list, count, sizeof(*list), order_compare_keys, &by);
}
