/* Slots of one data source, with their extremes and without excluded windows. */
#include "store/internal.h"
#include "store/dir/data_dir.h"
#include "store/rrd/header_settle.h"
#include "store/rrd/row_sums.h"
#include "store/rrd/rrd_file.h"
#include "common/grid.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More slots than this in one series is a mistake (190 years of minutes). */
#define SLOTS_MAX 100000000

static int series_read_open_file(const struct store *store,
	const struct workload *workload, const char *file, struct rrd_file *ret_file,
	struct err *err)
{
	char path[PATH_MAX];
	int r = store_locate(store, workload->folder, file, path, err);

	if (r == 0)
		r = rrd_file_open(path, ret_file, err);
	if (r < 0)
		return r;
	r = row_sums_attach_reader(
		store->work->sums, workload->folder, file, ret_file, err);
	if (r < 0)
		rrd_file_close(ret_file);
	return r < 0 ? r : 0;
}

static void close_file(const struct store *store, struct rrd_file *file)
{
	row_sums_report(store->work->sums, file);
	rrd_file_close(file);
}

/* Slots that no row covers. */
static void set_unknown(double *slots, int64_t begin, int64_t end)
{
	for (int64_t k = begin; k < end; k++)
		slots[k] = NAN;
}

/* As series_init, but not filled: each slot is written once, below. */
static int allocate(struct series *ret_series, int64_t first, unsigned step_s,
	size_t count, bool has_extremes)
{
	struct series series = { .first = first, .step_s = step_s, .count = count };
	size_t room = count ? count : 1;

	series.mean = reallocarray(NULL, room, sizeof(double));
	series.minimum =
		has_extremes ? reallocarray(NULL, room, sizeof(double)) : series.mean;
	series.maximum =
		has_extremes ? reallocarray(NULL, room, sizeof(double)) : series.mean;
	if (!series.mean || !series.minimum || !series.maximum) {
		series_done(&series);
		return -ENOMEM;
	}
	*ret_series = series;
	return 0;
}

/* One column of one archive into the slots of the series. */
static int read_column(const struct rrd_file *file, int archive, int column,
	const struct series *series, double *slots, struct err *err)
{
	double block[RRD_BLOCK_BYTES / sizeof(double)];
	int64_t step_s = series->step_s;
	int64_t count = (int64_t)series->count;
	int64_t begin = count, end = count; /* the slots that rows cover */
	struct rrd_rows rows;
	int r = 0;

	if (count == 0)
		return 0;
	rrd_rows_begin(&rows, file, (size_t)archive, series->first - step_s,
		series->first + ((int64_t)series->count - 1) * step_s);
	while ((r = rrd_rows_next(&rows, block, sizeof(block), err)) > 0) {
		double *to = slots + (rows.first - series->first) / step_s;
		const double *value = block + column;

		if (begin == count)
			begin = to - slots;
		end = to - slots + (int64_t)rows.count;
		if (rows.stride == 1) {
			memcpy(to, value, rows.count * sizeof(*to));
			continue;
		}
		for (size_t i = 0; i < rows.count; i++)
			to[i] = value[i * rows.stride];
	}
	set_unknown(slots, 0, begin);
	set_unknown(slots, end, count);
	return r;
}

/* The column of <name><suffix>, or -1. */
static int find_extreme(
	const struct rrd_file *file, const char *name, const char *suffix)
{
	char full[RRD_NAME_SIZE];
	int length = snprintf(full, sizeof(full), "%s%s", name, suffix);

	return length < 0 || (size_t)length >= sizeof(full)
		? -1
		: rrd_file_find_column(file, full);
}

/* Where the input gave no extreme for a known slot, its mean is all there is. */
static void fill_from_mean(const struct series *series, double *extreme)
{
	for (size_t i = 0; i < series->count; i++)
		if (isnan(series->mean[i]) || isnan(extreme[i]))
			extreme[i] = series->mean[i];
}

/* What fills one of the two extremes. */
struct extreme {
	int archive, column; /* -1: nothing does */
	bool is_column;      /* a data source of its own, not an archive */
};

static struct extreme choose_extreme(const struct rrd_file *file, const char *name,
	const char *suffix, enum rra_cf cf, unsigned step_s)
{
	struct extreme extreme = { .archive = -1,
		.column = find_extreme(file, name, suffix) };

	/* the extreme of an extreme: the MIN row of the minima, else their only rows */
	extreme.archive = rrd_file_find_archive(file, cf, step_s);
	extreme.is_column = extreme.column >= 0;
	if (extreme.is_column && extreme.archive < 0 && step_s == file->step_s)
		extreme.archive = rrd_file_find_archive(file, RRA_AVERAGE, step_s);
	if (!extreme.is_column)
		extreme.column = rrd_file_find_column(file, name);
	return extreme;
}

static int read_extreme(const struct rrd_file *file, const struct extreme *extreme,
	const struct series *series, double *slots, struct err *err)
{
	int r = 0;

	if (extreme->archive < 0) {
		/* one reading a slot is its own extreme; rows of many keep none: unknown */
		if (series->step_s == file->step_s)
			memcpy(slots, series->mean, series->count * sizeof(*slots));
		else
			set_unknown(slots, 0, (int64_t)series->count);
		return 0;
	}
	r = read_column(file, extreme->archive, extreme->column, series, slots, err);
	if (r == 0 && extreme->is_column)
		fill_from_mean(series, slots);
	return r;
}

static void apply_exclusions(
	const struct store *store, int64_t workload_id, struct series *series)
{
	int64_t step_s = series->step_s;

	for (size_t i = 0; i < store->work->exclusion_count; i++) {
		const struct exclusion_span *span = &store->work->exclusion[i];
		int64_t begin = 0, end = 0;

		if (span->workload_id != workload_id)
			continue;
		/* a slot is touched when any part of (t - s, t] lies in the window */
		begin = grid_index(
			series->first, step_s, grid_next(span->begin, step_s));
		end = grid_index(
			series->first, step_s, grid_next(span->end - 1, step_s));
		if (end < 0)
			continue;
		if (begin < 0)
			begin = 0;
		for (int64_t k = begin; k <= end && k < (int64_t)series->count; k++) {
			series->mean[k] = NAN;
			series->minimum[k] = NAN;
			series->maximum[k] = NAN;
		}
	}
}

static int series_read_read_series(const struct rrd_file *file, const char *name,
	unsigned step_s, int64_t from, int64_t to, struct series *ret_series,
	struct err *err)
{
	int archive = rrd_file_find_archive(file, RRA_AVERAGE, step_s);
	int column = rrd_file_find_column(file, name);
	int64_t first = grid_next(from, step_s);
	int64_t slots = to < first ? 0 : (grid_floor(to, step_s) - first) / step_s + 1;
	struct extreme low, high;
	bool has_extremes = false;
	int r = 0;

	if (column < 0)
		return err_set(err, -ENOENT, "no data source is called %.40s", name);
	if (archive < 0)
		return err_set(err, -ENODATA, "there are no rows of %u s", step_s);
	if (slots > SLOTS_MAX)
		return err_set(err, -EINVAL, "%lld slots are asked for, at most %d",
			(long long)slots, SLOTS_MAX);
	low = choose_extreme(file, name, "_min", RRA_MIN, step_s);
	high = choose_extreme(file, name, "_max", RRA_MAX, step_s);
	has_extremes = step_s != file->step_s || low.archive >= 0 || high.archive >= 0;
	if (allocate(ret_series, first, step_s, (size_t)slots, has_extremes) < 0)
		return err_set(err, -ENOMEM, OUT_OF_MEMORY " for %lld slots",
			(long long)slots);
	r = read_column(file, archive, column, ret_series, ret_series->mean, err);
	if (r == 0 && has_extremes)
		r = read_extreme(file, &low, ret_series, ret_series->minimum, err);
	if (r == 0 && has_extremes)
		r = read_extreme(file, &high, ret_series, ret_series->maximum, err);
	if (r < 0)
		series_done(ret_series);
	return r;
}

int store_read_series(struct store *store, const struct workload *workload,
	const char *file, const char *data_source, unsigned step_s, int64_t from,
	int64_t to, struct series *ret_series, struct err *err)
{
	struct series series;
	struct rrd_file rrd;
	int r = series_read_open_file(store, workload, file, &rrd, err);

	if (r < 0)
		return r;
	r = series_read_read_series(&rrd, data_source, step_s ? step_s : rrd.step_s,
		from, to, &series, err);
	close_file(store, &rrd);
	if (r < 0)
		return err_wrap(err, r, "%s of %s", file, workload->name);
	apply_exclusions(store, workload->id, &series);
	*ret_series = series;
	return 0;
}

int store_read_metric(struct store *store, const struct workload *workload,
	enum metric_id metric, unsigned step_s, int64_t from, int64_t to,
	struct series *ret_series, struct err *err)
{
	return store_read_series(store, workload, metric_file_name(metric),
		metric_data_source(metric), step_s, from, to, ret_series, err);
}

/* All rows are read: an RRD file says when it was written last, not where in a column
 * the known values begin and end. */
int store_series_bounds(struct store *store, const struct workload *workload,
	const char *file, const char *data_source, unsigned step_s, int64_t *ret_first,
	int64_t *ret_last, struct err *err)
{
	double block[RRD_BLOCK_BYTES / sizeof(double)];
	int64_t first = 0, last = 0;
	bool is_known = false;
	struct rrd_rows rows;
	struct rrd_file rrd;
	int archive = 0, column = 0;
	int r = series_read_open_file(store, workload, file, &rrd, err);

	if (r < 0)
		return r;
	archive =
		rrd_file_find_archive(&rrd, RRA_AVERAGE, step_s ? step_s : rrd.step_s);
	column = rrd_file_find_column(&rrd, data_source);
	if (archive < 0 || column < 0) {
		r = err_set(err, archive < 0 ? -ENODATA : -ENOENT,
			"%s of %s: no such rows or data source", file, workload->name);
		goto out;
	}
	rrd_rows_begin(&rows, &rrd, (size_t)archive, INT64_MIN, INT64_MAX);
	while ((r = rrd_rows_next(&rows, block, sizeof(block), err)) > 0) {
		for (size_t i = 0; i < rows.count; i++) {
			if (isnan(block[i * rows.stride + (size_t)column]))
				continue;
			last = rows.first + (int64_t)i * rows.archive->step_s;
			if (!is_known)
				first = last;
			is_known = true;
		}
	}
	if (r == 0 && !is_known)
		r = -ENODATA;
out:
	close_file(store, &rrd);
	if (r < 0)
		return r;
	*ret_first = first;
	*ret_last = last;
	return 0;
}
