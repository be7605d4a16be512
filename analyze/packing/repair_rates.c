/* Rows side by side: the compiler turns a lane of four into what the processor has. */
#include "analyze/packing/repair_rates.h"

#include "analyze/packing/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LANE ((size_t)8)
#define MANY_ROWS 16
#define BLOCK 8              /* lanes between two looks at what would be enough */
#define WHOLE_MOST 8388608.0 /* floats hold whole numbers up to twice that */

typedef float lane __attribute__((vector_size(32)));
typedef int mask __attribute__((vector_size(32)));

/* The loops that most of the time goes to, for what the processor at hand can do. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("avx2", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

static double largest_capacity(const struct model *model, size_t row)
{
	int64_t most = 1;

	for (size_t t = 0; t < model->type_count; t++)
		if (model_capacity(model, t)[row] > most)
			most = model_capacity(model, t)[row];
	return (double)most;
}

/* How full a row is where all is on all hosts. */
static double fullness(const struct model *model, size_t row)
{
	double need = 0, room = 1;

	for (size_t u = 0; u < model->unit_count; u++)
		need += (double)model->size[u * model->row_count + row];
	for (size_t t = 0; t < model->type_count; t++)
		room += (double)model_capacity(model, t)[row];
	return need / room;
}

static int order_rows(struct repair_rates *rates, const struct model *model)
{
	double *key = calloc(model->row_count + 1, sizeof(*key));

	rates->order = calloc(model->row_count + 1, sizeof(*rates->order));
	for (size_t row = 0; row < model->row_count && key && rates->order; row++) {
		rates->order[row] = row;
		key[row] = fullness(model, row);
	}
	if (key && rates->order)
		order_by_key(rates->order, model->row_count, key);
	free(key);
	return rates->order ? 0 : -ENOMEM;
}

/* One row of all types; what one of its floats stands for. */
static double put_weights(struct repair_rates *rates, const struct model *model,
	size_t at, const double *weight)
{
	size_t row = rates->order[at], rows = model->row_count;
	double largest = largest_capacity(model, row);

	if (largest <= WHOLE_MOST)
		largest = 1;
	rates->share[row] = 1 / largest;
	for (size_t t = 0; t < model->type_count; t++)
		rates->weight[t * rates->lanes + at] =
			(float)(weight[t * rows + row] * largest);
	return largest;
}

/* A unit's rows, as they lie in memory: the other way round takes many times as long. */
static void put_unit(struct repair_rates *rates, const struct model *model, size_t cell,
	const double *largest)
{
	size_t rows = model->row_count, units = model->unit_count;
	const int64_t *own = model->size + cell * rows;

	for (size_t at = 0; at < rows; at++) {
		float size = (float)((double)own[rates->order[at]] / largest[at]);

		rates->size[cell * rates->lanes + at] = size;
		if (rates->by_row)
			rates->by_row[(cell / units * rows + at) * units +
				cell % units] = size;
	}
}

int repair_rates_init(struct repair_rates *rates, const struct model *model,
	size_t host_count, const double *weight)
{
	size_t rows = model->row_count, lanes = (rows + LANE - 1) / LANE * LANE;
	size_t cells = model->variant_count * model->unit_count;
	double *largest = NULL;

	*rates = (struct repair_rates){ 0 };
	/* a setup is shared: no row of its own */
	if (model->setup_row != PACKING_NONE)
		return 0;
	rates->lanes = lanes;
	rates->are_many = rows >= MANY_ROWS;
	rates->swap = calloc(model->unit_count + 1, sizeof(float));
	rates->watched = calloc(model->unit_count * LANE + 1, sizeof(float));
	rates->watch_room = calloc(LANE, sizeof(float));
	rates->watch_weight = calloc(LANE, sizeof(float));
	if (rates->are_many)
		rates->by_row = calloc(cells * rows + 1, sizeof(float));
	rates->size = calloc(cells * lanes + 1, sizeof(float));
	rates->room = calloc(host_count * lanes + 1, sizeof(float));
	rates->weight = calloc(model->type_count * lanes + 1, sizeof(float));
	rates->zero = calloc(lanes + 1, sizeof(float));
	rates->share = calloc(rows + 1, sizeof(*rates->share));
	if (!rates->size || !rates->room || !rates->weight || !rates->zero ||
		!rates->share || !rates->swap || !rates->watched ||
		!rates->watch_room || !rates->watch_weight ||
		(rates->are_many && !rates->by_row) || order_rows(rates, model) < 0)
		return -ENOMEM;
	largest = calloc(rows + 1, sizeof(*largest));
	if (!largest)
		return -ENOMEM;
	for (size_t at = 0; at < rows; at++)
		largest[at] = put_weights(rates, model, at, weight);
	for (size_t c = 0; c < cells; c++)
		put_unit(rates, model, c, largest);
	free(largest);
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
	free(rates->order);
	free(rates->by_row);
	free(rates->watched);
	free(rates->watch_room);
	free(rates->watch_weight);
	*rates = (struct repair_rates){ 0 };
}

void repair_rates_refresh(struct repair_rates *rates, const struct model *model,
	size_t host, const int64_t *load, const int64_t *limit)
{
	float *room = rates->room + host * rates->lanes;

	for (size_t at = 0; at < model->row_count && rates->lanes; at++) {
		size_t row = rates->order[at];

		room[at] =
			(float)((double)(limit[row] - load[row]) * rates->share[row]);
	}
}

static inline void take_lane(lane *to, const float *from)
{
	memcpy(to, from, sizeof(*to));
}

/* What is over, weighed; over becomes that. */
static inline void weigh(lane *over, const float *weight)
{
	mask is_over = *over > 0;
	lane each;

	take_lane(&each, weight);
	*over = (lane)((mask)*over & is_over) * each;
}

static inline float sum_of(const lane *value)
{
	float sum = 0;

	for (size_t i = 0; i < LANE; i++)
		sum += (*value)[i];
	return sum;
}

FOR_EACH_PROCESSOR
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
			lane over, less, left;

			take_lane(&over, add + at);
			take_lane(&less, take + at);
			take_lane(&left, room + at);
			over = over - less - left;
			weigh(&over, weight + at);
			sum += over;
		}
		penalty += (double)sum_of(&sum);
	}
	return penalty;
}

/* ---- swaps --------------------------------------------------------------------------- */

/* Where the host is over most: up to eight, at[]. */
static size_t worst_rows(
	const float *room, const float *weight, size_t rows, size_t *at)
{
	float over[LANE];
	size_t count = 0;

	for (size_t i = 0; i < rows; i++) {
		float own = -room[i] * weight[i];
		size_t k = count < LANE ? count : LANE - 1;

		if (own <= 0 || (count == LANE && own <= over[k]))
			continue;
		for (; k > 0 && over[k - 1] < own; k--) {
			over[k] = over[k - 1];
			at[k] = at[k - 1];
		}
		over[k] = own;
		at[k] = i;
		count += count < LANE;
	}
	return count;
}

void repair_rates_watch(
	struct repair_rates *rates, const struct model *model, size_t type, size_t host)
{
	size_t units = model->unit_count, rows = model->row_count;
	const float *room = rates->room + host * rates->lanes;
	const float *weight = rates->weight + type * rates->lanes;
	size_t at[LANE] = { 0 }, count = 0;

	if (!rates->lanes)
		return;
	memset(rates->watch_room, 0, LANE * sizeof(float));
	memset(rates->watch_weight, 0, LANE * sizeof(float));
	count = rates->are_many ? worst_rows(room, weight, rows, at)
				: (rows < LANE ? rows : LANE);
	for (size_t k = 0; k < count; k++) {
		size_t i = rates->are_many ? at[k] : k;
		const float *size = rates->by_row +
			(rates->by_row ? (model->variant[type] * rows + i) * units : 0);

		rates->watch_room[k] = room[i];
		rates->watch_weight[k] = weight[i];
		for (size_t u = 0; u < units && rates->by_row; u++)
			rates->watched[u * LANE + k] = size[u];
	}
	if (!rates->are_many && rates->lanes == LANE)
		memcpy(rates->watched,
			rates->size + model->variant[type] * units * LANE,
			units * LANE * sizeof(float));
}

/* Adds what is over where `need` is left after each unit's size, times sign. */
FOR_EACH_PROCESSOR
static void rate_swaps(float *swap, const float *need, const float *weight,
	const float *size, float sign, const size_t *unit, size_t count)
{
	lane base;

	take_lane(&base, need);
	for (size_t i = 0; i < count; i++) {
		lane over;

		take_lane(&over, size + unit[i] * LANE);
		over = base + sign * over;
		weigh(&over, weight);
		swap[i] += sum_of(&over);
	}
}

void repair_rates_swaps(const struct repair_rates *rates, const struct model *model,
	size_t type, size_t host, size_t in, const size_t *unit, size_t count)
{
	size_t lanes = rates->lanes, first = model->variant[type] * model->unit_count;
	const float *room = rates->room + host * lanes;
	const float *add = rates->size + (first + in) * lanes;
	float need[LANE];

	memset(rates->swap, 0, count * sizeof(float));
	for (size_t k = 0; k < LANE; k++)
		need[k] = -rates->watch_room[k] - rates->watched[in * LANE + k];
	rate_swaps(
		rates->swap, need, rates->watch_weight, rates->watched, 1, unit, count);
	if (lanes != LANE)
		return;
	for (size_t k = 0; k < LANE; k++)
		need[k] = add[k] - room[k];
	rate_swaps(rates->swap, need, rates->weight + type * lanes,
		rates->size + first * LANE, -1, unit, count);
}
