#include "analyze/import/merge.h"

#include "common/array.h"
#include "store/db/imports.h"
#include "store/dir/data_dir.h"
#include "store/dir/path.h"
#include "store/rrd/rrd_file.h"
#include "store/incoming.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const suffix[CELL_KINDS] = { "", "_min", "_max" };

bool merge_is_size(enum figure figure)
{
	return figure == FIGURE_CPU_CORES || figure == FIGURE_CPU_CORE_MHZ ||
		figure == FIGURE_MEMORY_TOTAL_BYTES || figure == FIGURE_NET_SPEED_BPS ||
		figure == FIGURE_DISK_SIZE_BYTES;
}

/* A file that is there already. */
struct stored {
	bool is_open;
	struct rrd_file file;
	size_t archive;
	uint64_t figures; /* bit per figure it has */
	bool has_extremes;
	struct grid_column *column; /* by data source of the file */
};

static void stored_close(struct stored *stored)
{
	if (!stored->is_open)
		return;
	free(stored->column);
	rrd_file_close(&stored->file);
	stored->is_open = false;
}

/* Which figure and kind a data source of the file is. */
static bool name_to_column(const struct figure_file *file, const char *name,
	struct grid_column *ret_column)
{
	for (unsigned i = file->first; i < file->first + file->count; i++) {
		size_t length = strlen(figure_data_source((enum figure)i));

		if (strncmp(name, figure_data_source((enum figure)i), length) != 0)
			continue;
		for (unsigned kind = 0; kind < CELL_KINDS; kind++) {
			if (!strcmp(name + length, suffix[kind])) {
				*ret_column = (struct grid_column){ (uint8_t)i,
					(uint8_t)kind };
				return true;
			}
		}
	}
	return false;
}

static int stored_columns(struct stored *stored, const struct figure_file *file,
	const char *path, struct err *err)
{
	const struct rrd_file *rrd = &stored->file;

	stored->column = calloc(rrd->column_count, sizeof(*stored->column));
	if (!stored->column)
		return err_oom(err);
	for (size_t i = 0; i < rrd->column_count; i++) {
		struct grid_column *column = &stored->column[i];

		if (!name_to_column(file, rrd->column[i].name, column))
			return err_set(err, -EINVAL,
				"%s: the data source %s is not one of an import", path,
				rrd->column[i].name);
		if (column->kind == CELL_MEAN)
			stored->figures |= UINT64_C(1) << column->figure;
		else
			stored->has_extremes = true;
	}
	return 0;
}

/* Where the stored rows are, and which of them count. */
struct merge_base {
	struct store *store;
	const struct workload *workload; /* NULL: nothing is stored */
	int64_t undo_id; /* 0: as it is; else as it is without that import */
	const enum undo_action *action; /* per file, with undo_id */
};

static int stored_check(struct stored *stored, const struct workload *workload,
	const struct figure_file *file, const char *path, struct err *err)
{
	int archive =
		rrd_file_find_archive(&stored->file, RRA_AVERAGE, workload->step_s);

	if (archive < 0)
		return err_set(err, -EINVAL,
			"%s: no rows of %u s, which is the workload's step", path,
			workload->step_s);
	stored->archive = (size_t)archive;
	return stored_columns(stored, file, path, err);
}

static int stored_open(const struct merge_base *base, unsigned number,
	struct stored *stored, struct err *err)
{
	const struct figure_file *file = &figure_files[number];
	enum undo_action action = base->undo_id ? base->action[number] : UNDO_NOTHING;
	char path[PATH_MAX];
	int r;

	if (!base->workload || action == UNDO_REMOVE)
		return 0;
	if (action == UNDO_RESTORE)
		r = data_path_undo_file(store_dir(base->store), base->undo_id,
			base->workload->folder, metric_file_table[file->file].name,
			path, err);
	else
		r = path_series(store_dir(base->store), base->workload->folder,
			metric_file_table[file->file].name, path, sizeof(path), err);
	if (r < 0)
		return r;
	r = rrd_file_open(path, &stored->file, err);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	stored->is_open = true;
	r = stored_check(stored, base->workload, file, path, err);
	if (r < 0)
		stored_close(stored);
	return r;
}

static void copy_row(const struct stored *stored, const struct grid_table *table,
	const double *from, double *to)
{
	size_t sources = stored->file.column_count;

	for (size_t i = 0; i < sources; i++) {
		const struct grid_column *column = &stored->column[i];
		const int *of = table->of[column->figure - table->file->first];

		if (column->kind == CELL_MEAN) {
			to[of[CELL_MEAN]] = from[i];
			for (int kind = CELL_MIN; kind < CELL_KINDS; kind++) {
				/* until the file's own extremes, which may follow */
				if (of[kind] >= 0 && !stored->has_extremes)
					to[of[kind]] = from[i];
			}
		} else if (of[column->kind] >= 0) {
			to[of[column->kind]] = from[i];
		}
	}
}

/* The rows of the file into the table; those outside of it are unknown slots. */
static int stored_load(
	const struct stored *stored, struct grid_table *table, struct err *err)
{
	int64_t last = table->first + (int64_t)(table->rows - 1) * table->step_s;
	double *buffer = malloc(RRD_BLOCK_BYTES);
	struct rrd_rows rows;
	int r;

	if (!buffer)
		return err_oom(err);
	rrd_rows_begin(&rows, &stored->file, stored->archive,
		table->first - table->step_s, last);
	while ((r = rrd_rows_next(&rows, buffer, RRD_BLOCK_BYTES, err)) > 0) {
		for (size_t i = 0; i < rows.count; i++) {
			int64_t stamp = rows.first + (int64_t)(i * table->step_s);
			size_t row = (size_t)((stamp - table->first) / table->step_s);

			copy_row(stored, table, buffer + i * rows.stride,
				table->value + row * table->columns);
		}
	}
	free(buffer);
	return r;
}

static int add_resize(
	struct merged *merged, const struct resize *resize, struct err *err)
{
	if (merged->resizes == RESIZES_MAX) {
		merged->resizes_left_out++;
		return 0;
	}
	if (ARRAY_EXTEND(merged->resize, merged->resizes) < 0)
		return err_oom(err);
	merged->resize[merged->resizes++] = *resize;
	return 0;
}

/* The value of a slot that had but one, else NAN: the next slot tells which stays. */
static double lone_value(const struct grid_table *table, const int *of, size_t row)
{
	const double *cell = table->value + row * table->columns;

	if (of[CELL_MIN] >= 0 && cell[of[CELL_MIN]] != cell[of[CELL_MAX]])
		return NAN;
	return cell[of[CELL_MEAN]];
}

/*
 * A size counts once two slots running have it, or nothing follows: on the way from
 * one size to the next a recorder writes means of both.
 */
static int find_resizes(const struct grid_table *table, enum figure figure, int phase_s,
	struct merged *merged, struct err *err)
{
	const int *of = table->of[figure - table->file->first];
	struct resize resize = { .figure = figure, .before = NAN, .after = NAN };
	int r = 0;

	if (of[CELL_MEAN] < 0)
		return 0;
	/* after: the size that the slots before had, at: since when */
	for (size_t i = 0; r >= 0 && i <= table->rows; i++) {
		double value =
			i < table->rows ? lone_value(table, of, i) : resize.after;

		if (isnan(value))
			continue;
		if (value == resize.after && value != resize.before) {
			if (!isnan(resize.before))
				r = add_resize(merged, &resize, err);
			resize.before = value;
		} else if (value != resize.after) {
			resize.after = value;
			resize.at =
				table->first + (int64_t)(i * table->step_s) + phase_s;
		}
	}
	return r;
}

static int look_at_sizes(
	const struct grid_table *table, struct merged *merged, struct err *err)
{
	for (unsigned i = 0; i < table->file->count; i++) {
		enum figure figure = (enum figure)(table->file->first + i);
		int r = 0;

		if (!merge_is_size(figure))
			continue;
		merged->latest[figure] = grid_table_latest(table, figure);
		if (figure == FIGURE_CPU_CORES || figure == FIGURE_MEMORY_TOTAL_BYTES)
			r = find_resizes(table, figure, merged->phase_s, merged, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int make_incoming(struct store *store, const struct grid_table *table,
	unsigned *ret_handle, struct err *err)
{
	char names[FIGURE_FILE_MAX * CELL_KINDS][RRD_NAME_SIZE];
	const char *column[FIGURE_FILE_MAX * CELL_KINDS];

	for (size_t i = 0; i < table->columns; i++) {
		snprintf(names[i], sizeof(names[i]), "%s%s",
			figure_data_source((enum figure)table->column[i].figure),
			suffix[table->column[i].kind]);
		column[i] = names[i];
	}
	return store_incoming_rows(store, column, table->columns, table->step_s,
		table->first, table->rows, table->value, ret_handle, err);
}

static uint64_t file_figures(const struct figure_file *file, uint64_t known)
{
	return known & (((UINT64_C(1) << file->count) - 1) << file->first);
}

/* One RRD file: what is stored, then the readings, then the file that replaces it. */
static int merge_file(const struct merge_base *base, const struct grid_index *index,
	unsigned number, struct merged *merged, uint8_t *outcome, struct err *err)
{
	const struct figure_file *file = &figure_files[number];
	uint64_t figures = file_figures(file, index->known);
	struct stored stored = { .is_open = false };
	struct grid_table table = { .value = NULL };
	bool has_extremes;
	int r;

	r = stored_open(base, number, &stored, err);
	if (r < 0 || (!figures && !stored.is_open))
		return r;
	has_extremes = stored.has_extremes ||
		grid_needs_extremes(index, file, merged->step_s, merged->phase_s);
	r = grid_table_init(&table, file, figures | stored.figures, has_extremes,
		merged->step_s, merged->first,
		(size_t)((merged->last - merged->first) / merged->step_s) + 1, err);
	if (r >= 0 && stored.is_open)
		r = stored_load(&stored, &table, err);
	stored_close(&stored);
	if (r < 0)
		goto out;
	if (grid_table_add(&table, index, merged->phase_s, outcome) > 0) {
		r = make_incoming(
			base->store, &table, &merged->file[number].handle, err);
		if (r < 0)
			goto out;
		merged->file[number].is_changed = true;
		merged->is_changed = true;
	}
	r = look_at_sizes(&table, merged, err);
out:
	grid_table_done(&table);
	return r;
}

/* Spans, and how many readings share a slot or lie off the grid. */
static void merge_describe(const struct grid_index *index,
	const struct workload *existing, struct merged *merged)
{
	int64_t before = INT64_MIN;
	bool was_shared = false;

	for (size_t i = 0; i < index->count; i++) {
		int64_t stamp = index->entry[i].stamp;
		int64_t slot = grid_slot(stamp, merged->step_s, merged->phase_s);

		merged->shifted += slot + merged->phase_s != stamp;
		if (slot == before) {
			merged->shared += was_shared ? 1 : 2;
			was_shared = true;
		} else {
			merged->slots++;
			was_shared = false;
		}
		before = slot;
		if (i == 0)
			merged->brought_first = slot;
		merged->brought_last = slot;
	}
	merged->first = merged->brought_first;
	merged->last = merged->brought_last;
	if (existing && existing->last > 0) {
		if (index->count == 0 || existing->first < merged->first)
			merged->first = existing->first;
		if (existing->last > merged->last)
			merged->last = existing->last;
	}
}

static int check_span(const struct grid_index *index, const struct workload *existing,
	const struct merged *merged, struct err *err)
{
	uint64_t slots = (uint64_t)(merged->last - merged->first) / merged->step_s;
	uint64_t allowed = GRID_SLOTS_FREE + GRID_SLOTS_PER_READING * index->count;

	if (existing && existing->last > 0)
		allowed +=
			(uint64_t)(existing->last - existing->first) / existing->step_s;
	if (slots <= allowed)
		return 0;
	return err_set(err, -EFBIG,
		"%zu readings span %llu slots of %u s: expected at most %llu (is a "
		"stamp wrong?)",
		index->count, (unsigned long long)slots + 1, merged->step_s,
		(unsigned long long)allowed);
}

static void count_outcomes(
	const struct grid_index *index, const uint8_t *outcome, struct merged *merged)
{
	for (size_t i = 0; i < index->count; i++) {
		if (outcome[i] & GRID_OTHER)
			merged->conflicting++;
		else if (outcome[i] == GRID_SAME)
			merged->repeated++;
	}
}

static int merge_from(const struct merge_base *base, const struct grid_index *index,
	struct merged *merged, struct err *err)
{
	uint8_t *outcome = calloc(index->count + 1, 1);
	int r;

	if (!outcome)
		return err_oom(err);
	for (size_t i = 0; i < FIGURE_COUNT; i++)
		merged->latest[i] = NAN;
	merge_describe(index, base->workload, merged);
	r = check_span(index, base->workload, merged, err);
	for (unsigned i = 0; r >= 0 && merged->last > 0 && i < FIGURE_FILE_COUNT; i++)
		r = merge_file(base, index, i, merged, outcome, err);
	if (r >= 0)
		count_outcomes(index, outcome, merged);
	free(outcome);
	return r;
}

int merge_workload(struct store *store, const struct workload *existing,
	const struct grid_index *index, unsigned step_s, int phase_s,
	struct merged *ret_merged, struct err *err)
{
	const struct merge_base base = { .store = store, .workload = existing };
	struct merged merged = { .step_s = step_s, .phase_s = phase_s };
	int r = merge_from(&base, index, &merged, err);

	if (r < 0)
		merged_done(&merged);
	else
		*ret_merged = merged;
	return r;
}

int merge_before(struct store *store, const struct workload *workload,
	int64_t import_id, const enum undo_action action[FIGURE_FILE_COUNT],
	struct merged *ret_merged, struct err *err)
{
	const struct merge_base base = { store, workload, import_id, action };
	const struct grid_index none = { .count = 0 };
	struct merged merged = { .step_s = workload->step_s,
		.phase_s = workload->phase_s };
	int r = merge_from(&base, &none, &merged, err);

	if (r < 0)
		merged_done(&merged);
	else
		*ret_merged = merged;
	return r;
}

void merged_done(struct merged *merged)
{
	free(merged->resize);
	merged->resize = NULL;
}
