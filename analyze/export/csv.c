/*
 * All figures of all slots, for `import csv` and for spreadsheets: values keep every
 * bit, an unknown slot is a row with empty fields, the phase is in the time.
 */
#include "analyze/export/exporter.h"

#include "analyze/export/coarse.h"

#include "common/json_out.h"
#include "common/safe_text.h"
#include "common/timefmt.h"
#include "common/util.h"
#include "schema/figure.h"
#include "analyze/estate/load.h"
#include "store/db/workloads.h"
#include "store/files.h"
#include "store/store.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OUT_BUFFER_BYTES (1u << 20)
#define ROW_CEILING 8192

/* One workload's figures, on the same slots. */
struct columns {
	struct load_period period;
	struct series series[FIGURE_COUNT]; /* count 0: never counted */
};

enum csv_part { CSV_MEAN, CSV_MIN, CSV_MAX, CSV_PARTS };

static const char *const suffixes[CSV_PARTS] = { "", "_min", "_max" };

/* Which figures get columns for their extremes, over all workloads, and which are shown. */
struct csv_shape {
	bool has_extremes[FIGURE_COUNT];
	bool is_left_out[FIGURE_COUNT];
	bool is_shown[FIGURE_COUNT][CSV_PARTS];
};

/* What a demand is formed of where the input had none: shown where it was imported.  A
 * daemon keeps it too, beside the demand. */
static const enum figure shares[] = { FIGURE_CPU_BUSY_RATIO, FIGURE_CPU_USED_CORES,
	FIGURE_MEMORY_AVAILABLE_BYTES, FIGURE_MEMORY_USED_RATIO };

/* They have extremes where slots were put together. */
static const enum figure demands[] = { FIGURE_CPU_USED_MHZ, FIGURE_MEMORY_USED_BYTES,
	FIGURE_NETWORK_BPS, FIGURE_DISK_BYTES_PER_S, FIGURE_DISK_OPS_PER_S };

static void columns_done(struct columns *columns)
{
	for (unsigned i = 0; i < FIGURE_COUNT; i++)
		series_done(&columns->series[i]);
}

static int columns_coarsen(
	struct columns *columns, unsigned step_s, const char *workload, struct err *err)
{
	struct load_period *period = &columns->period;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < FIGURE_COUNT; i++)
		r = coarse_series(&columns->series[i], step_s, workload, err);
	if (r == 0 && period->count && period->step_s < step_s) {
		int64_t first = coarse_end(period->from + period->step_s, step_s);
		int64_t last = coarse_end(
			period->from + (int64_t)period->count * period->step_s, step_s);

		period->from = first - step_s;
		period->to = last;
		period->count = (size_t)((last - first) / step_s) + 1;
		period->step_s = step_s;
	}
	return r;
}

/* The demand decides on the slots; the other figures follow it. */
static int columns_read(const struct estate *estate, const struct workload *workload,
	unsigned step_s, struct columns *ret_columns, struct err *err)
{
	struct store *store = estate->store;
	struct columns columns = { .period = { .count = 0 } };
	struct load_set set;
	int r = load_set_read(estate, workload, &estate->request.span, &set, err);

	if (r < 0)
		return r;
	columns.period = set.period;
	load_set_done(&set);
	for (unsigned i = 0; r == 0 && columns.period.count && i < FIGURE_COUNT; i++) {
		r = store_read_series(store, workload, figure_file_name((enum figure)i),
			figure_data_source((enum figure)i), columns.period.step_s,
			columns.period.from, columns.period.to, &columns.series[i],
			err);
		if (r == -ENOENT || r == -ENODATA)
			r = 0;
	}
	if (r < 0) {
		columns_done(&columns);
		return err_wrap(err, r, "%s", workload->name);
	}
	if (step_s)
		r = columns_coarsen(&columns, step_s, workload->name, err);
	if (r < 0)
		columns_done(&columns);
	else
		*ret_columns = columns;
	return r;
}

/* Rows of several readings have extremes, and so have files that keep them apart. */
static bool file_has_extremes(const struct store_file *file, const char *source)
{
	char name[32];

	for (size_t i = 0; i < file->archive_count; i++)
		if (file->archive[i].has_min || file->archive[i].has_max)
			return true;
	snprintf(name, sizeof(name), "%s_max", source);
	for (size_t i = 0; i < file->column_count; i++)
		if (!strcmp(file->column[i], name))
			return true;
	return false;
}

static void show_shares(const struct store_file *file, unsigned first, unsigned count,
	struct csv_shape *shape)
{
	for (unsigned figure = first; figure < first + count; figure++)
		for (size_t i = 0; i < file->column_count; i++)
			if (!strcmp(file->column[i],
				    figure_data_source((enum figure)figure)))
				shape->is_left_out[figure] = false;
}

static int shape_add(struct store *store, const struct workload *workload,
	struct csv_shape *shape, struct err *err)
{
	for (unsigned f = 0; f < FIGURE_FILE_COUNT; f++) {
		struct store_file file;
		int r = store_file_info(
			store, workload, figure_files_name(f), &file, err);

		if (r == -ENOENT)
			continue;
		if (r < 0)
			return r;
		for (unsigned i = 0; i < figure_files[f].count; i++) {
			unsigned figure = figure_files[f].first + i;

			if (file_has_extremes(
				    &file, figure_data_source((enum figure)figure)))
				shape->has_extremes[figure] = true;
		}
		if (workload->origin == ORIGIN_IMPORTED)
			show_shares(&file, figure_files[f].first, figure_files[f].count,
				shape);
		store_file_done(&file);
	}
	return 0;
}

static void show_all(struct csv_shape *shape)
{
	for (unsigned i = 0; i < FIGURE_COUNT; i++)
		for (int part = 0; part < CSV_PARTS; part++)
			shape->is_shown[i][part] = !shape->is_left_out[i] &&
				(part == CSV_MEAN || shape->has_extremes[i]);
}

static bool show_one(const char *word, size_t length, struct csv_shape *shape)
{
	char name[64];

	for (unsigned i = 0; i < FIGURE_COUNT * CSV_PARTS; i++) {
		(void)snprintf(name, sizeof(name), "%s%s",
			figure_table[i / CSV_PARTS].column, suffixes[i % CSV_PARTS]);
		if (strlen(name) != length || strncmp(name, word, length) != 0)
			continue;
		shape->is_shown[i / CSV_PARTS][i % CSV_PARTS] = true;
		return true;
	}
	return false;
}

static int show_named(const char *columns, struct csv_shape *shape, struct err *err)
{
	for (const char *word = columns; *word;) {
		size_t length = strcspn(word, ",");

		if (length && !show_one(word, length, shape))
			return err_set(err, -EINVAL,
				"--columns: there is no column \"%.*s\"; `analyze help "
				"csv` lists them",
				length < 60 ? (int)length : 60, word);
		word += length + (word[length] == ',');
	}
	return 0;
}

static void print_header(FILE *out, const struct csv_shape *shape)
{
	fputs("time,workload", out);
	for (unsigned i = 0; i < FIGURE_COUNT; i++)
		for (int part = 0; part < CSV_PARTS; part++)
			if (shape->is_shown[i][part])
				fprintf(out, ",%s%s", figure_table[i].column,
					suffixes[part]);
	fputc('\n', out);
}

static void add_number(struct strbuf *row, double value)
{
	char text[JSON_NUMBER_SIZE];

	strbuf_add_bytes(row, ",", 1);
	if (!isnan(value))
		strbuf_add(row, json_number_text(value, text));
}

static void add_text(struct strbuf *row, const char *text)
{
	strbuf_add_bytes(row, ",", 1);
	strbuf_add_bytes(row, text, strlen(text));
}

/* Where an extreme is the mean its text is the same: most slots hold one reading. */
static void add_extreme(
	struct strbuf *row, double extreme, double mean, const char *mean_text)
{
	if (extreme == mean)
		add_text(row, mean_text);
	else
		add_number(row, extreme);
}

static void add_figure(struct strbuf *row, const struct series *series, size_t slot,
	const bool is_shown[CSV_PARTS])
{
	double mean = series->count ? series->mean[slot] : NAN;
	char text[JSON_NUMBER_SIZE] = "";

	if (!isnan(mean))
		json_number_text(mean, text);
	for (int part = 0; part < CSV_PARTS; part++) {
		if (!is_shown[part])
			continue;
		/* an extreme without its mean would say more than is known */
		if (part == CSV_MEAN || isnan(mean))
			add_text(row, text);
		else
			add_extreme(row,
				part == CSV_MIN ? series->minimum[slot]
						: series->maximum[slot],
				mean, text);
	}
}

static int print_rows(FILE *out, const struct workload *workload,
	const struct columns *columns, const struct csv_shape *shape, struct err *err)
{
	int64_t stamp = columns->period.from + workload->phase_s;
	char time[TIME_TEXT_SIZE];
	struct strbuf row, name;

	strbuf_init(&row, ROW_CEILING);
	strbuf_init(&name, ROW_CEILING);
	safe_add_csv(&name, workload->name);
	for (size_t k = 0; k < columns->period.count; k++) {
		stamp += columns->period.step_s;
		strbuf_clear(&row);
		strbuf_add(&row, time_text_utc(stamp, time));
		strbuf_add_bytes(&row, ",", 1);
		strbuf_add_bytes(&row, strbuf_text(&name), name.length);
		for (unsigned i = 0; i < FIGURE_COUNT; i++)
			add_figure(&row, &columns->series[i], k, shape->is_shown[i]);
		strbuf_add_bytes(&row, "\n", 1);
		(void)fwrite(row.text, 1, row.length, out);
		if (strbuf_failed(&row) || strbuf_failed(&name) || ferror(out))
			break;
	}
	if (strbuf_failed(&row) || strbuf_failed(&name)) {
		strbuf_done(&row);
		strbuf_done(&name);
		return err_oom_for(err, workload->name);
	}
	strbuf_done(&row);
	strbuf_done(&name);
	return 0;
}

int export_csv(const struct estate *estate, const struct export_request *request,
	FILE *out, struct err *err)
{
	struct csv_shape shape = { .has_extremes = { false } };
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(shares); i++)
		shape.is_left_out[shares[i]] = true;
	for (size_t i = 0; r == 0 && i < estate->count; i++)
		r = shape_add(estate->store, estate->chosen[i], &shape, err);
	for (size_t i = 0; request->step_s && i < ARRAY_LEN(demands); i++)
		shape.has_extremes[demands[i]] = true;
	if (r == 0 && request->columns)
		r = show_named(request->columns, &shape, err);
	else if (r == 0)
		show_all(&shape);
	if (r < 0)
		return r;
	setvbuf(out, NULL, _IOFBF, OUT_BUFFER_BYTES);
	print_header(out, &shape);
	for (size_t i = 0; r == 0 && i < estate->count && !ferror(out); i++) {
		const struct workload *workload = estate->chosen[i];
		struct columns columns;

		estate_show(estate, "writing", (double)i / (double)estate->count, NULL);
		r = columns_read(estate, workload, request->step_s, &columns, err);
		if (r < 0)
			break;
		r = print_rows(out, workload, &columns, &shape, err);
		columns_done(&columns);
	}
	estate_shown(estate);
	return r;
}
