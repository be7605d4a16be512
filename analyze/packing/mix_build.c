/* From conditions by type to rows by class, and one weighted sum of all rows. */
#include "analyze/packing/mix_internal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_PER_ENVIRONMENT 40

static int64_t common_divisor(int64_t a, int64_t b)
{
	while (b) {
		int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/*
 * The cheapest fractional cover of what a row still needs, by classes of number
 * `first` and up, in whole units of cost; INT64_MAX when they cannot cover it.
 */
int64_t mix_row_bound(const struct mix *mix, const struct mix_row *row, int64_t need,
	const int64_t *left, size_t first)
{
	int64_t cost = 0;

	for (size_t k = 0; k < row->ratio_count && need > 0; k++) {
		size_t c = row->ratio_order[k];
		int64_t give = row->give[c], whole = 0;

		if (c < first || !left[c])
			continue;
		whole = need / give;
		if (whole >= left[c]) {
			cost += left[c] * mix->cost[c];
			need -= left[c] * give;
			continue;
		}
		cost += whole * mix->cost[c];
		need -= whole * give;
		if (need <= 0)
			break;
		/* the last host in part: rounded up, since all costs are whole */
		return cost +
			(int64_t)(((__int128)need * mix->cost[c] + give - 1) / give);
	}
	return need > 0 ? INT64_MAX : cost;
}

static int mix_build_compare_ratios(const void *a, const void *b, void *closure)
{
	const struct mix *mix = ((void **)closure)[0];
	const struct mix_row *row = ((void **)closure)[1];
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	__int128 left = (__int128)mix->cost[x] * row->give[y];
	__int128 right = (__int128)mix->cost[y] * row->give[x];

	if (left != right)
		return left < right ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void order_ratios(struct mix *mix, struct mix_row *row)
{
	void *closure[2] = { mix, row };

	row->ratio_count = 0;
	for (size_t c = 0; c < mix->class_count; c++)
		if (row->give[c] > 0 && mix->count[c] > 0)
			row->ratio_order[row->ratio_count++] = (uint32_t)c;
	qsort_r(row->ratio_order, row->ratio_count, sizeof(uint32_t),
		mix_build_compare_ratios, closure);
}

/* Types are one class when cost and every condition agree. */
static bool are_alike(const struct mix *mix, const struct mix_conditions *conditions,
	size_t a, size_t b)
{
	if (!mix->model->has_equal_costs && mix->model->cost[a] != mix->model->cost[b])
		return false;
	for (size_t i = 0; i < conditions->count; i++)
		if (conditions->condition[i].give[a] !=
			conditions->condition[i].give[b])
			return false;
	return true;
}

int mix_build_classes(struct mix *mix, const struct mix_conditions *conditions)
{
	const struct model *model = mix->model;
	size_t *first = calloc(model->type_count, sizeof(*first));

	mix->class_of = malloc(model->type_count * sizeof(*mix->class_of));
	mix->count = calloc(model->type_count, sizeof(*mix->count));
	mix->cost = calloc(model->type_count, sizeof(*mix->cost));
	if (!first || !mix->class_of || !mix->count || !mix->cost) {
		free(first);
		return -ENOMEM;
	}
	for (size_t t = 0; t < model->type_count; t++) {
		size_t c = 0;

		while (c < mix->class_count && !are_alike(mix, conditions, first[c], t))
			c++;
		if (c == mix->class_count) {
			first[mix->class_count++] = t;
			mix->cost[c] = model->has_equal_costs ? 1 : model->cost[t];
		}
		mix->class_of[t] = c;
		mix->count[c] += model->count[t];
		if (mix->count[c] > (int64_t)model->unit_count)
			mix->count[c] = (int64_t)model->unit_count;
	}
	free(first);
	for (size_t c = 0; c < mix->class_count; c++)
		mix->cost_gcd = common_divisor(mix->cost_gcd, mix->cost[c]);
	if (!mix->cost_gcd)
		mix->cost_gcd = 1;
	return 0;
}

static int make_row(
	struct mix *mix, const struct mix_condition *condition, struct mix_row *ret_row)
{
	struct mix_row row = { .environment = condition->environment,
		.kind = condition->kind,
		.model_row = condition->model_row,
		.need = condition->need };

	row.give = calloc(mix->class_count, sizeof(*row.give));
	row.ratio_order = calloc(mix->class_count, sizeof(*row.ratio_order));
	if (!row.give || !row.ratio_order) {
		free(row.give);
		free(row.ratio_order);
		return -ENOMEM;
	}
	for (size_t t = 0; t < mix->model->type_count; t++)
		row.give[mix->class_of[t]] = condition->give[t];
	order_ratios(mix, &row);
	*ret_row = row;
	return 0;
}

void mix_row_free(struct mix_row *row)
{
	free(row->give);
	free(row->ratio_order);
}

/* Best bounds first, volumes before others of equal bound. */
static int compare_rated(const void *a, const void *b)
{
	const struct mix_rated *x = a, *y = b;

	if (x->bound != y->bound)
		return x->bound > y->bound ? -1 : 1;
	if (x->is_volume != y->is_volume)
		return x->is_volume ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* The strongest rows of one environment, and with several classes all volumes. */
int mix_choose_rows(struct mix *mix, const struct mix_conditions *conditions,
	size_t environment, struct mix_rated *rated)
{
	size_t count = 0, volumes = 0;
	int r = 0;

	for (size_t i = 0; i < conditions->count; i++) {
		struct mix_row row = { 0 };

		if (conditions->condition[i].environment != environment)
			continue;
		r = make_row(mix, &conditions->condition[i], &row);
		if (r < 0)
			return r;
		rated[count++] = (struct mix_rated){ i,
			mix_row_bound(mix, &row, row.need, mix->count, 0),
			row.kind == PACKING_BOUND_VOLUME };
		mix_row_free(&row);
	}
	qsort(rated, count, sizeof(*rated), compare_rated);
	for (size_t i = 0; i < count && r == 0; i++) {
		bool is_kept = i < ROWS_PER_ENVIRONMENT / 2 ||
			(rated[i].is_volume && volumes++ < ROWS_PER_ENVIRONMENT);

		if (!is_kept || (mix->class_count == 1 && i > 0))
			continue;
		r = make_row(mix, &conditions->condition[rated[i].index],
			&mix->row[mix->row_count]);
		if (r == 0)
			mix->row_count++;
	}
	return r;
}

/* ---- one row for all ------------------------------------------------------------- */

#define BLEND_SCALE 0x1p30
#define BLEND_ROUNDS 150

/* How far a fractional cover of `blend` covers each row; what it costs comes back. */
static double cover_by(const struct mix *mix, const struct mix_row *blend,
	const struct mix_row *row, size_t count, double *share)
{
	double need = (double)blend->need, cost = 0;

	memset(share, 0, count * sizeof(*share));
	for (size_t k = 0; k < blend->ratio_count && need > 0; k++) {
		size_t c = blend->ratio_order[k];
		double hosts = need / (double)blend->give[c];

		if (hosts > (double)mix->count[c])
			hosts = (double)mix->count[c];
		need -= hosts * (double)blend->give[c];
		cost += hosts * (double)mix->cost[c];
		for (size_t i = 0; i < count; i++)
			share[i] +=
				hosts * (double)row[i].give[c] / (double)row[i].need;
	}
	return cost;
}

/* The weighted sum of rows, each over its need, rounded so that it stays a condition. */
static void blend_rows(const struct mix *mix, const struct mix_row *row, size_t count,
	const double *weight, struct mix_row *blend)
{
	blend->need = 0;
	memset(blend->give, 0, mix->class_count * sizeof(*blend->give));
	for (size_t i = 0; i < count; i++) {
		int64_t whole = (int64_t)(weight[i] * BLEND_SCALE);

		blend->need += whole;
		for (size_t c = 0; c < mix->class_count; c++) {
			__int128 give =
				(__int128)whole * row[i].give[c] + row[i].need - 1;

			/* more than the whole need gives no more */
			give /= row[i].need;
			blend->give[c] += give > ((__int128)1 << 50) ? (int64_t)1 << 50
								     : (int64_t)give;
		}
	}
}

/* Adds the blend that bounds best: rows that a cheapest cover misses gain weight. */
int mix_add_blend(struct mix *mix, size_t environment, size_t first)
{
	size_t count = mix->row_count - first;
	const struct mix_row *row = mix->row + first;
	struct mix_row blend = { .environment = environment,
		.kind = PACKING_BOUND_MIX,
		.model_row = PACKING_NONE };
	double *weight = malloc((3 * count + 1) * sizeof(*weight));
	double *best, *share;
	double best_cost = -1, step = 1;

	blend.give = calloc(mix->class_count, sizeof(*blend.give));
	blend.ratio_order = calloc(mix->class_count, sizeof(*blend.ratio_order));
	if (!weight || !blend.give || !blend.ratio_order) {
		free(weight);
		mix_row_free(&blend);
		return -ENOMEM;
	}
	best = weight + count;
	share = best + count;
	for (size_t i = 0; i < count; i++)
		weight[i] = 1.0 / (double)count;
	for (int round = 0; round < BLEND_ROUNDS; round++) {
		double cost = 0, sum = 0;

		blend_rows(mix, row, count, weight, &blend);
		order_ratios(mix, &blend);
		cost = cover_by(mix, &blend, row, count, share);
		if (cost > best_cost) {
			best_cost = cost;
			memcpy(best, weight, count * sizeof(*best));
		} else {
			step *= 0.95;
		}
		for (size_t i = 0; i < count; i++) {
			double miss = 1 - share[i];

			miss = miss < -1 ? -1 : miss;
			weight[i] = (weight[i] + 1e-7) * exp(step * miss);
			sum += weight[i];
		}
		for (size_t i = 0; i < count; i++)
			weight[i] /= sum;
	}
	blend_rows(mix, row, count, best, &blend);
	order_ratios(mix, &blend);
	free(weight);
	mix->row[mix->row_count++] = blend;
	return 0;
}
