#include "analyze/packing/order.h"

#include <stdint.h>
#include <stdlib.h>

static int compare_keys(const void *a, const void *b, void *closure)
{
	const double *key = closure;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	if (key[x] != key[y])
		return key[x] > key[y] ? -1 : 1;
	return x < y ? -1 : x > y;
}

void order_by_key(size_t *list, size_t count, const double *key)
{
	/* qsort_r wants a closure it could write to; it does not */
	qsort_r(list, count, sizeof(*list), compare_keys, (void *)(uintptr_t)key);
}
