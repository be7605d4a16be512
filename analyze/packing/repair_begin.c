/* The beginning of a repair: what has no host yet goes where it does least harm. */
#include "analyze/packing/repair_begin.h"

#include "analyze/packing/order.h"

#include <errno.h>
#include <stdlib.h>

/* The units without a host, the largest first. */
static size_t list_rest(
	const struct repair *r, const unsigned char *is_in, double *key, size_t *list)
{
	const struct model *model = r->model;
	size_t count = 0;

	for (size_t u = 0; u < model->unit_count; u++) {
		if (r->host_of[u] != PACKING_NONE || (is_in && !is_in[u]))
			continue;
		key[u] = 0;
		for (size_t row = 0; row < model->row_count; row++)
			key[u] += r->weight[row] *
				(double)model->size[u * model->row_count + row];
		list[count++] = u;
	}
	order_by_key(list, count, key);
	return count;
}

/* Where it does least harm; one of several by chance, which spreads them. */
static size_t least_harm(struct repair *r, size_t unit)
{
	size_t chosen = PACKING_NONE, ties = 0;
	double best = 1e300;

	for (size_t h = 0; h < r->host_count; h++) {
		double change = 0;

		if (!repair_may_go(r, unit, h))
			continue;
		change = repair_host_after(r, h, unit, PACKING_NONE, 1e300) -
			r->penalty[h] +
			repair_group_change(r, h, unit, PACKING_NONE, true);
		if (change < best - 1e-12) {
			best = change;
			chosen = h;
			ties = 1;
		} else if (change < best + 1e-12 &&
			work_random(r->work) % ++ties == 0) {
			chosen = h;
		}
	}
	return chosen;
}

int repair_place_rest(struct repair *r, const unsigned char *is_in)
{
	size_t n = r->model->unit_count + 1, count = 0;
	double *key = calloc(n, sizeof(*key));
	size_t *list = malloc(n * sizeof(*list));
	int result = key && list ? 1 : -ENOMEM;

	if (result == 1)
		count = list_rest(r, is_in, key, list);
	for (size_t i = 0; i < count && result == 1; i++) {
		size_t host = least_harm(r, list[i]);

		if (host == PACKING_NONE)
			result = 0; /* no host of these may hold it */
		else if (repair_put(r, list[i], host) < 0)
			result = -ENOMEM;
		else
			repair_refresh(r, host);
	}
	if (result == 1)
		repair_refresh_zones(r);
	free(key);
	free(list);
	return result;
}
