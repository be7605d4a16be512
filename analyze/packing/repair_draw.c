/* Swaps of units of like size mostly: sums stay, and what varies within them changes. */
#include "analyze/packing/repair_draw.h"

#include "analyze/packing/order.h"

#include <errno.h>
#include <stdlib.h>

#define SHIFT_SHARE 8 /* one step in so many takes a unit to a host by itself */
#define ANY_SHARE 4   /* one swap in so many is of any two units */
#define NEAR_SHARE 20 /* the others: of units next to it, this part of all */

int repair_draw_init(struct repair_draw *draw, const struct repair *r)
{
	const struct model *model = r->model;
	size_t n = model->unit_count;
	double *key = calloc(n + 1, sizeof(*key));

	*draw = (struct repair_draw){ .near = n / NEAR_SHARE + 1 };
	draw->unit = calloc(n + 1, sizeof(*draw->unit));
	draw->rank = calloc(n + 1, sizeof(*draw->rank));
	if (!key || !draw->unit || !draw->rank) {
		free(key);
		return -ENOMEM;
	}
	for (size_t u = 0; u < n; u++) {
		draw->unit[u] = u;
		for (size_t row = 0; row < model->row_count; row++)
			key[u] += r->weight[row] *
				(double)model->size[u * model->row_count + row];
	}
	order_by_key(draw->unit, n, key);
	for (size_t i = 0; i < n; i++)
		draw->rank[draw->unit[i]] = i;
	free(key);
	return 0;
}

void repair_draw_done(struct repair_draw *draw)
{
	free(draw->unit);
	free(draw->rank);
	*draw = (struct repair_draw){ 0 };
}

/* One of so many, from 32 bits: a division takes as long as all else here. */
static inline size_t one_of(uint64_t bits, size_t count)
{
	return (size_t)((bits & UINT32_MAX) * count >> 32);
}

bool repair_draw_step(
	const struct repair_draw *draw, struct repair *r, struct repair_step *ret_step)
{
	uint64_t first = work_random(r->work), second = work_random(r->work);
	size_t units = r->model->unit_count;
	struct repair_step step = { .unit = one_of(first, units),
		.back = PACKING_NONE };

	first >>= 32;
	if (first % SHIFT_SHARE == 0) {
		step.to = one_of(second, r->host_count);
	} else {
		if (first / SHIFT_SHARE % ANY_SHARE == 0) {
			step.back = one_of(second, units);
		} else {
			size_t place = draw->rank[step.unit] +
				one_of(second, 2 * draw->near + 1);

			if (place < draw->near || place - draw->near >= units)
				return false;
			step.back = draw->unit[place - draw->near];
		}
		step.to = r->host_of[step.back];
	}
	*ret_step = step;
	return r->host_of[step.unit] != PACKING_NONE && step.to != PACKING_NONE &&
		step.to != r->host_of[step.unit] &&
		repair_may_go(r, step.unit, step.to) &&
		(step.back == PACKING_NONE ||
			repair_may_go(r, step.back, r->host_of[step.unit]));
}
