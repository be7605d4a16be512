/* Rows side by side: the compiler turns a lane of four into what the processor has. */
#include "analyze/packing/repair_rates.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LANE ((size_t)4)
#define MANY_ROWS 16
#define BLOCK 8              /* lanes between two looks at what would be enough */
#define WHOLE_MOST 8388608.0 /* floats hold whole numbers up to twice that */

typedef float lane __attribute__((vector_size(16)));
typedef int mask __attribute__((vector_size(16)));

static double largest_capacity(const struct model *model, size_t row)
{
	int64_t most = 1;

	for (size_t t = 0; t < model->type_count; t++)
		if (model_capacity(model, t)[row] > most)
			most = model_capacity(model, t)[row];
	return (double)most;
}

int repair_rates_init(struct repair_rates *rates, const struct model *model,
	size_t host_count, const double *weight)
{
	size_t rows = model->row_count, lanes = (rows + LANE - 1) / LANE * LANE;
	size_t cells = model->variant_count * model->unit_count;

	*rates = (struct repair_rates){ 0 };
	/* a setup is shared: no row of its own */
	if (model->setup_row != PACKING_NONE)
		return 0;
	/* two lanes at least: few rows have a loop of their own */
	if (lanes < 2 * LANE)
		lanes = 2 * LANE;
	rates->lanes = lanes;
	rates->are_many = rows >= MANY_ROWS;
	rates->swap = calloc(model->unit_count + 1, sizeof(float));
	rates->size = calloc(cells * lanes + 1, sizeof(float));
	rates->room = calloc(host_count * lanes + 1, sizeof(float));
	rates->weight = calloc(model->type_count * lanes + 1, sizeof(float));
	rates->zero = calloc(lanes + 1, sizeof(float));
	rates->share = calloc(rows + 1, sizeof(*rates->share));
	if (!rates->size || !rates->room || !rates->weight || !rates->zero ||
		!rates->share || !rates->swap)
		return -ENOMEM;
	for (size_t row = 0; row < rows; row++) {
		double largest = largest_capacity(model, row);

		if (largest <= WHOLE_MOST)
			largest = 1;
		rates->share[row] = 1 / largest;
		for (size_t c = 0; c < cells; c++)
			rates->size[c * lanes + row] =
				(float)((double)model->size[c * rows + row] / largest);
		for (size_t t = 0; t < model->type_count; t++)
			rates->weight[t * lanes + row] =
				(float)(weight[t * rows + row] * largest);
	}
	return 0;
}

void repair_rates_done(struct repair_rates *rates)
{
	free(rates->size);
	free(rates->room);
	free(rates->weight);
	free(rates->zero);
	free(rates->share);
	free(rates->swap);
	*rates = (struct repair_rates){ 0 };
}

void repair_rates_refresh(struct repair_rates *rates, const struct model *model,
	size_t host, const int64_t *load, const int64_t *limit)
{
	float *room = rates->room + host * rates->lanes;

	for (size_t row = 0; row < model->row_count && rates->lanes; row++)
		room[row] =
			(float)((double)(limit[row] - load[row]) * rates->share[row]);
}

static inline lane take_lane(const float *from)
{
	lane value;

	memcpy(&value, from, sizeof(value));
	return value;
}

static inline float sum_of(lane value)
{
	float sum = 0;

	for (size_t i = 0; i < LANE; i++)
		sum += value[i];
	return sum;
}

double repair_rates_after(const struct repair_rates *rates, const struct model *model,
	size_t type, size_t host, size_t in, size_t out, double most)
{
	size_t lanes = rates->lanes, first = model->variant[type] * model->unit_count;
	const float *room = rates->room + host * lanes;
	const float *weight = rates->weight + type * lanes;
	const float *add =
		in == PACKING_NONE ? rates->zero : rates->size + (first + in) * lanes;
	const float *take =
		out == PACKING_NONE ? rates->zero : rates->size + (first + out) * lanes;
	double penalty = 0;

	for (size_t at = 0; at < lanes && penalty <= most;) {
		lane sum = { 0 };

		for (size_t i = 0; i < BLOCK && at < lanes; i++, at += LANE) {
			lane over = take_lane(add + at) - take_lane(take + at) -
				take_lane(room + at);
			mask is_over = over > 0;

			sum += (lane)((mask)over & is_over) * take_lane(weight + at);
		}
		penalty += (double)sum_of(sum);
	}
	return penalty;
}

/* Up to eight rows, which stay in registers. */
static void swaps_of_few(const struct repair_rates *rates, const float *need,
	const float *weight, size_t first, const size_t *unit, size_t count)
{
	lane need_low = take_lane(need), need_high = take_lane(need + LANE);
	lane weight_low = take_lane(weight), weight_high = take_lane(weight + LANE);

	for (size_t i = 0; i < count; i++) {
		const float *take = rates->size + (first + unit[i]) * rates->lanes;
		lane low = need_low - take_lane(take);
		lane high = need_high - take_lane(take + LANE);
		mask low_over = low > 0, high_over = high > 0;

		low = (lane)((mask)low & low_over) * weight_low;
		high = (lane)((mask)high & high_over) * weight_high;
		rates->swap[i] = sum_of(low + high);
	}
}

void repair_rates_swaps(const struct repair_rates *rates, const struct model *model,
	size_t type, size_t host, size_t in, const size_t *unit, size_t count)
{
	size_t lanes = rates->lanes, first = model->variant[type] * model->unit_count;
	const float *room = rates->room + host * lanes;
	const float *add = rates->size + (first + in) * lanes;
	float need[2 * LANE];

	for (size_t i = 0; i < count && lanes != 2 * LANE; i++)
		rates->swap[i] = (float)repair_rates_after(
			rates, model, type, host, in, unit[i], 1e300);
	for (size_t i = 0; i < lanes && lanes == 2 * LANE; i++)
		need[i] = add[i] - room[i];
	if (lanes == 2 * LANE)
		swaps_of_few(
			rates, need, rates->weight + type * lanes, first, unit, count);
}
