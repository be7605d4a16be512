#include "analyze/estate/engine_slots.h"

#include "common/array.h"
#include "common/grid.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP_FALLBACK_S 60
#define COARSE_S 300

static const char *const engine_metrics[RESOURCE_COUNT] = {
	[RESOURCE_MEMORY] = "headroom_memory_used_bytes",
	[RESOURCE_CPU] = "headroom_cpu_used_mhz",
	[RESOURCE_NETWORK] = "headroom_network_bps",
	[RESOURCE_DISK] = "headroom_disk_bytes_per_s",
	[RESOURCE_DISK_OPS] = "headroom_disk_ops_per_s",
};
static const char *const kind_endings[SLOT_KINDS] = { "", "_min", "_max" };

void engine_slots_metric(
	enum resource resource, unsigned kind, char ret_metric[ENGINE_METRIC_BYTES])
{
	snprintf(ret_metric, ENGINE_METRIC_BYTES, "%s%s", engine_metrics[resource],
		kind_endings[kind]);
}

bool engine_slots_find(
	const char *metric, enum resource *ret_resource, unsigned *ret_kind)
{
	for (unsigned resource = 0; resource < RESOURCE_COUNT; resource++) {
		size_t length = strlen(engine_metrics[resource]);

		if (strncmp(metric, engine_metrics[resource], length) != 0)
			continue;
		for (unsigned kind = 0; kind < SLOT_KINDS; kind++)
			if (strcmp(metric + length, kind_endings[kind]) == 0) {
				*ret_resource = (enum resource)resource;
				*ret_kind = kind;
				return true;
			}
	}
	return false;
}

void engine_columns_done(struct engine_columns *columns)
{
	for (unsigned i = 0; i < RESOURCE_COUNT; i++)
		for (unsigned k = 0; k < SLOT_KINDS; k++)
			free(columns->of[i][k].sample);
	*columns = (struct engine_columns){ .of = { { { .count = 0 } } } };
}

int engine_columns_add(struct engine_column *column, const struct engine_sample *sample,
	size_t count, struct err *err)
{
	if (column->count + count > LOAD_SLOTS_MAX)
		return err_set(err, -EFBIG, "a series has more than %d samples",
			LOAD_SLOTS_MAX);
	if (ARRAY_RESERVE(column->sample, column->room, column->count + count) < 0)
		return err_oom(err);
	memcpy(column->sample + column->count, sample, count * sizeof(*sample));
	column->count += count;
	return 0;
}

/* ---- step and phase ----------------------------------------------------------------------- */

static int64_t sample_stamp(const struct engine_sample *sample)
{
	return grid_divide(sample->stamp_ms + 500, 1000);
}

static int by_sample_stamp(const void *a, const void *b)
{
	const struct engine_sample *x = a, *y = b;

	return x->stamp_ms < y->stamp_ms ? -1 : x->stamp_ms > y->stamp_ms;
}

static void sort_column(struct engine_column *column)
{
	size_t kept = 0;

	for (size_t i = 1; i < column->count; i++)
		if (column->sample[i].stamp_ms < column->sample[i - 1].stamp_ms) {
			qsort(column->sample, column->count, sizeof(*column->sample),
				by_sample_stamp);
			break;
		}
	/* unknown is no sample; of repeats the first counts */
	for (size_t i = 0; i < column->count; i++)
		if (!isnan(column->sample[i].value) &&
			(kept == 0 ||
				sample_stamp(&column->sample[i]) !=
					sample_stamp(&column->sample[kept - 1])))
			column->sample[kept++] = column->sample[i];
	column->count = kept;
}

/* The distinct stamps of all means, ascending. */
static int merge_stamps(
	const struct engine_columns *columns, int64_t **ret_stamp, size_t *ret_count)
{
	size_t at[RESOURCE_COUNT] = { 0 }, total = 0, count = 0;
	int64_t *stamp;

	for (unsigned i = 0; i < RESOURCE_COUNT; i++)
		total += columns->of[i][SLOT_MEAN].count;
	stamp = malloc((total + 1) * sizeof(*stamp));
	if (!stamp)
		return -ENOMEM;
	for (;;) {
		int64_t next = INT64_MAX;

		for (unsigned i = 0; i < RESOURCE_COUNT; i++) {
			const struct engine_column *column = &columns->of[i][SLOT_MEAN];

			if (at[i] < column->count &&
				sample_stamp(&column->sample[at[i]]) < next)
				next = sample_stamp(&column->sample[at[i]]);
		}
		if (next == INT64_MAX)
			break;
		stamp[count++] = next;
		for (unsigned i = 0; i < RESOURCE_COUNT; i++) {
			const struct engine_column *column = &columns->of[i][SLOT_MEAN];

			at[i] += at[i] < column->count &&
				sample_stamp(&column->sample[at[i]]) == next;
		}
	}
	*ret_stamp = stamp;
	*ret_count = count;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The most frequent of sorted numbers; ties: the larger, or the smaller. */
static int64_t most_frequent(const int64_t *number, size_t count, bool is_larger_better)
{
	int64_t best = 0;
	size_t most = 0;

	for (size_t begin = 0, end; begin < count; begin = end) {
		for (end = begin; end < count && number[end] == number[begin]; end++)
			;
		if (end - begin > most || (end - begin == most && is_larger_better)) {
			most = end - begin;
			best = number[begin];
		}
	}
	return best;
}

static int find_grid(const struct engine_columns *columns, unsigned *step_s,
	int *ret_phase_s, int64_t *ret_first, int64_t *ret_last)
{
	int64_t *stamp = NULL, *number;
	size_t count = 0;
	int r = merge_stamps(columns, &stamp, &count);

	if (r < 0)
		return r;
	number = malloc((count + 1) * sizeof(*number));
	if (!number) {
		free(stamp);
		return -ENOMEM;
	}
	*ret_first = count ? stamp[0] : 0;
	*ret_last = count ? stamp[count - 1] : 0;
	for (size_t i = 1; i < count; i++)
		number[i - 1] = stamp[i] - stamp[i - 1];
	if (*step_s == 0 && count > 1) {
		qsort(number, count - 1, sizeof(*number), by_number);
		*step_s = (unsigned)most_frequent(number, count - 1, true);
	}
	if (*step_s == 0)
		*step_s = STEP_FALLBACK_S;
	for (size_t i = 0; i < count; i++)
		number[i] = grid_rest(stamp[i], *step_s);
	qsort(number, count, sizeof(*number), by_number);
	*ret_phase_s = (int)most_frequent(number, count, false);
	free(number);
	free(stamp);
	return 0;
}

/* ---- slots --------------------------------------------------------------------------------- */

/* What several samples of a slot come to. */
static void put_slot(double *slot, size_t *in_slot, double value, unsigned kind)
{
	if (isnan(*slot)) {
		*slot = value;
		*in_slot = 1;
	} else if (kind == SLOT_MEAN) {
		*slot += (value - *slot) / (double)++*in_slot;
	} else if ((kind == SLOT_MIN) == (value < *slot)) {
		*slot = value;
	}
}

static void fill_slots(const struct engine_column *column,
	const struct load_period *period, int phase_s, unsigned kind, double *slot)
{
	size_t in_slot = 0;

	for (size_t i = 0; i < column->count; i++) {
		int64_t stamp = grid_nearest(
			sample_stamp(&column->sample[i]) - phase_s, period->step_s);
		int64_t index = grid_index(
			period->from + period->step_s, period->step_s, stamp);

		if (index >= 0 && index < (int64_t)period->count)
			put_slot(&slot[index], &in_slot, column->sample[i].value, kind);
	}
}

static int make_series(const struct engine_column column[SLOT_KINDS],
	const struct load_period *period, int phase_s, struct series *series)
{
	bool has_extremes = column[SLOT_MIN].count > 0 || column[SLOT_MAX].count > 0;
	int r;

	if (column[SLOT_MEAN].count == 0)
		return 0;
	r = series_init(series, period->from + period->step_s, period->step_s,
		period->count, has_extremes);
	if (r < 0)
		return r;
	fill_slots(&column[SLOT_MEAN], period, phase_s, SLOT_MEAN, series->mean);
	if (has_extremes) {
		fill_slots(
			&column[SLOT_MIN], period, phase_s, SLOT_MIN, series->minimum);
		fill_slots(
			&column[SLOT_MAX], period, phase_s, SLOT_MAX, series->maximum);
	}
	/* an extreme without its mean is none */
	for (size_t i = 0; has_extremes && i < series->count; i++)
		if (isnan(series->mean[i]))
			series->minimum[i] = series->maximum[i] = NAN;
	return 0;
}

int engine_slots_make(struct engine_columns *columns, unsigned step_s,
	const struct load_request *request, struct load_set *ret_set, struct err *err)
{
	struct load_set set = { .period = { .step_s = step_s } };
	int64_t first = 0, last = 0, from, to;
	int phase_s = 0, r;

	for (unsigned i = 0; i < RESOURCE_COUNT; i++)
		for (unsigned k = 0; k < SLOT_KINDS; k++)
			sort_column(&columns->of[i][k]);
	r = find_grid(columns, &set.period.step_s, &phase_s, &first, &last);
	if (r < 0)
		return err_oom(err);
	if (first == 0) {
		*ret_set = set;
		return 0;
	}
	step_s = set.period.step_s;
	from = request->has_since ? grid_ceil(request->since - phase_s, step_s)
				  : grid_nearest(first - phase_s, step_s) - step_s;
	to = request->has_until ? grid_floor(request->until - phase_s, step_s)
				: grid_nearest(last - phase_s, step_s);
	set.period.from = from;
	set.period.to = to;
	set.period.count = to > from ? (size_t)((to - from) / step_s) : 0;
	set.period.is_coarse = step_s > COARSE_S;
	if (set.period.count > LOAD_SLOTS_MAX)
		return err_set(err, -EFBIG,
			"the period has %zu slots of %u s, more than %d",
			set.period.count, step_s, LOAD_SLOTS_MAX);
	for (unsigned i = 0; r == 0 && set.period.count && i < RESOURCE_COUNT; i++)
		r = make_series(columns->of[i], &set.period, phase_s, &set.series[i]);
	if (r < 0) {
		load_set_done(&set);
		return err_oom(err);
	}
	*ret_set = set;
	return 0;
}
