#include "analyze/import/formats/pdh.h"

#include "analyze/import/readers/cells.h"
#include "analyze/import/readers/civil.h"
#include "analyze/import/readers/encoding.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One file while it is read. */
struct pdh_reading {
	const struct import_source *source;
	struct import_sink *sink;
	struct cells *cells;
	struct pdh_names *names;
	struct pdh_plan plan;
	struct pdh_zone header_zone;
	struct zone *zone; /* NULL: the bias of the header holds */
	struct local_clock clock;
	uint64_t row_line; /* of the row that is being read */
};

static int pdh_recognise(const struct import_head *head)
{
	char ascii[64];
	size_t used = 0;

	/* UTF-16 has its letters with noughts between them */
	for (size_t i = 0; i < head->length && used < sizeof(ascii) - 1 && i < 128;
		i++) {
		if (head->text[i])
			ascii[used++] = head->text[i];
	}
	ascii[used] = '\0';
	return strstr(ascii, "(PDH-CSV") || strstr(ascii, "(PDH-TSV") ? IMPORT_SURE
								      : IMPORT_NOT_MINE;
}

/* UTF-8 of whatever it is in: by a mark, by --encoding, by the words that it has. */
static int decode_source(
	struct pdh_reading *reading, struct bytes **ret_bytes, struct err *err)
{
	const struct import_options *options = reading->source->options;
	struct bytes *bytes = reading->source->bytes;
	const char *head = NULL, *from;
	size_t length = 0;
	int r = bytes_head(bytes, &head, &length, err);

	if (r < 0)
		return r;
	from = encoding_of_head(head, length);
	if (!from && options && options->encoding)
		from = options->encoding;
	if (!from && !encoding_is_utf8(head, length))
		from = pdh_names_encoding(reading->names, head, length);
	*ret_bytes = bytes;
	return from ? encoding_open(bytes, from, ret_bytes, err) : 0;
}

/* ---- the header ------------------------------------------------------------------------ */

static int read_first_cell(
	struct pdh_reading *reading, const struct table_cell *cell, struct err *err)
{
	if (pdh_parse_zone(cell->text, cell->length, &reading->header_zone))
		return 0;
	return text_refuse(cells_place(reading->cells), "1",
		"\"(PDH-CSV 4.0) (ZONE)(MINUTES)\", as PerfMon, typeperf, relog and esxtop "
		"write it",
		cell->text, cell->length, err);
}

static int read_pdh_header(struct pdh_reading *reading, struct err *err)
{
	struct pdh_header *header = NULL;
	struct table_cell cell = { .is_last = false };
	const char *name = NULL;
	size_t length = 0;
	int r;

	r = pdh_header_new(reading->names, reading->sink->account, &header, err);
	if (r < 0)
		return r;
	while (!cell.is_last && (r = cells_next(reading->cells, &cell, err)) > 0) {
		r = cell.column == 0 ? read_first_cell(reading, &cell, err)
				     : pdh_header_add(header, cell.column, cell.text,
					       cell.length, err);
		if (r < 0)
			break;
	}
	if (r >= 0)
		r = importer_default_name(reading->source, &name, &length, err);
	if (r >= 0)
		r = pdh_header_plan(
			header, cell.column + 1, name, length, &reading->plan, err);
	pdh_header_free(header);
	return r < 0 ? r : 0;
}

/* ---- times ------------------------------------------------------------------------------- */

static int choose_zone(struct pdh_reading *reading, struct err *err)
{
	const struct import_options *options = reading->source->options;
	const char *asked = options ? options->zone : NULL;
	struct account *account = reading->sink->account;
	char text[ACCOUNT_ZONE_SIZE];
	int r;

	if (asked) {
		r = zone_open(asked, &reading->zone, err);
		if (r < 0)
			return err_wrap(err, r, "--zone");
		reading->clock.zone = reading->zone;
		account_set_zone(account, asked);
		return 0;
	}
	if (!reading->header_zone.has_bias)
		return err_set(err, -EINVAL,
			"%s:1: field 1: expected the minutes to UTC, as in "
			"\"(PDH-CSV 4.0) (Central European Time)(-60)\", found none: give "
			"--zone, such as --zone Europe/Berlin",
			reading->source->path);
	reading->clock.offset_s = reading->header_zone.bias_min * 60;
	snprintf(text, sizeof(text), "UTC%+.4g h (%.24s)",
		-reading->header_zone.bias_min / 60 + 0.0, reading->header_zone.name);
	account_set_zone(account, text);
	return 0;
}

static int read_time_cell(struct pdh_reading *reading, const struct table_cell *cell,
	int64_t *ret_stamp, struct err *err)
{
	double civil_s;

	if (!civil_parse(cell->text, cell->length, DATE_MDY, &civil_s))
		return text_refuse(cells_place(reading->cells), "time",
			"a time such as 04/28/2023 05:55:48.490", cell->text,
			cell->length, err);
	*ret_stamp = (int64_t)floor(local_clock_next(&reading->clock, civil_s) + 0.5);
	return 0;
}

/* ---- rows ---------------------------------------------------------------------------------- */

/* A blank, or the -1 of a counter that could not be read. */
static bool is_pdh_unknown(const struct table_cell *cell)
{
	for (size_t i = 0; i < cell->length; i++) {
		if (cell->text[i] != ' ')
			return cell->length == 2 && !memcmp(cell->text, "-1", 2);
	}
	return true;
}

static int pdh_take_value(struct pdh_reading *reading, const struct pdh_wanted *wanted,
	const struct table_cell *cell, struct err *err)
{
	struct pdh_workload *workload = &reading->plan.workload[wanted->workload];
	struct account *account = reading->sink->account;
	char number[24];
	double value;

	if (is_pdh_unknown(cell)) {
		workload->row[wanted->part_column] = NAN;
		if (account)
			account->unknown++;
		return 0;
	}
	snprintf(number, sizeof(number), "%u", wanted->column + 1);
	if (text_number(cells_place(reading->cells), number, cell->text, cell->length,
		    &value, err) < 0)
		return -EINVAL;
	workload->row[wanted->part_column] = value * wanted->scale;
	account_count(account, wanted->account_row, 1);
	return 0;
}

static int put_rows(struct pdh_reading *reading, int64_t stamp, struct err *err)
{
	const struct import_options *options = reading->source->options;
	struct reading figures;
	int r = 0;

	if (options && options->has_since && stamp < options->since)
		return 0;
	for (size_t i = 0; r >= 0 && i < reading->plan.workload_count; i++) {
		struct pdh_workload *workload = &reading->plan.workload[i];

		if (!parts_reduce(&workload->columns, workload->row, &figures))
			continue;
		figures.stamp = stamp;
		if (workload->vcpus > 0)
			reading_set(&figures, FIGURE_CPU_CORES, workload->vcpus);
		r = reading->sink->put(
			reading->sink, workload->sink_number, &figures, err);
	}
	return r;
}

/* A row that the logger had not finished when the file was copied. */
static int end_of_row(struct pdh_reading *reading, const struct table_cell *cell,
	int64_t stamp, bool is_cut, struct err *err)
{
	const char *path = reading->source->path;

	if (cell->column + 1 == reading->plan.columns)
		return put_rows(reading, stamp, err);
	if (cell->column == 0 && cell->length == 0)
		return 0; /* an empty line */
	if (is_cut)
		return account_warn(reading->sink->account, err,
			"the last row is cut and was left out: it has %u of %u columns",
			cell->column + 1, reading->plan.columns);
	return err_set(err, -EINVAL, "%s:%llu: expected %u columns, found %u", path,
		(unsigned long long)reading->row_line, reading->plan.columns,
		cell->column + 1);
}

static int read_pdh_rows(struct pdh_reading *reading, struct err *err)
{
	struct table_cell cell = { .is_last = true };
	struct table_cell last = { .is_last = true };
	bool has_last = false;
	int64_t stamp = 0, last_stamp = 0;
	size_t next = 0;
	int r;

	while ((r = cells_next(reading->cells, &cell, err)) > 0) {
		const struct pdh_wanted *wanted = reading->plan.wanted;

		if (cell.column == 0) {
			if (has_last) {
				/* short, and another row follows: not cut by its end */
				r = end_of_row(reading, &last, last_stamp, false, err);
				if (r < 0)
					return r;
				has_last = false;
			}
			next = 0;
			reading->row_line = cells_place(reading->cells)->line;
			if (cell.length > 0 || !cell.is_last)
				r = read_time_cell(reading, &cell, &stamp, err);
		} else if (next < reading->plan.wanted_count &&
			wanted[next].column == cell.column) {
			r = pdh_take_value(reading, &wanted[next++], &cell, err);
		}
		if (r < 0)
			return r;
		if (!cell.is_last)
			continue;
		if (cell.column + 1 == reading->plan.columns) {
			r = end_of_row(reading, &cell, stamp, false, err);
			if (r < 0)
				return r;
		} else {
			last = cell;
			last_stamp = stamp;
			has_last = true;
		}
	}
	if (r >= 0 && has_last)
		r = end_of_row(reading, &last, last_stamp, true, err);
	return r;
}

/* ---- a file -------------------------------------------------------------------------------- */

static int find_pdh_workloads(struct pdh_reading *reading, struct err *err)
{
	struct import_sink *sink = reading->sink;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < reading->plan.workload_count; i++) {
		struct pdh_workload *workload = &reading->plan.workload[i];

		r = text_name(cells_place(reading->cells), "workload", workload->name,
			strlen(workload->name), err);
		if (r >= 0)
			r = sink->find_workload(sink, workload->name,
				strlen(workload->name), &workload->sink_number, err);
		if (r >= 0 && workload->memory_kind)
			r = sink->put_fact(sink, workload->sink_number, "memory.kind",
				workload->memory_kind, err);
	}
	return r;
}

static int warn_of_clock(struct pdh_reading *reading, struct err *err)
{
	const struct local_clock *clock = &reading->clock;
	struct account *account = reading->sink->account;
	int r = 0;

	if (clock->changes)
		r = account_warn(account, err,
			"the clocks changed %u times in it: told by steps of an hour "
			"(--zone NAME is exact)",
			clock->changes);
	if (r >= 0 && clock->ambiguous)
		r = account_warn(account, err,
			"it begins in the hour that comes twice: read as its first time");
	if (r >= 0 && clock->skipped)
		r = account_warn(account, err,
			"%u rows lie in an hour that the zone leaves out",
			clock->skipped);
	return r;
}

static int read_pdh_file(struct pdh_reading *reading, struct err *err)
{
	int r;

	r = read_pdh_header(reading, err);
	if (r < 0 || reading->plan.wanted_count == 0) {
		if (r >= 0 && !reading->header_zone.has_bias)
			r = account_warn(reading->sink->account, err,
				"the zone of its times is not in it (--zone would say it)");
		return r;
	}
	r = choose_zone(reading, err);
	if (r >= 0)
		r = find_pdh_workloads(reading, err);
	if (r >= 0)
		r = read_pdh_rows(reading, err);
	return r < 0 ? r : warn_of_clock(reading, err);
}

static int pdh_read(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	struct pdh_reading reading = { .source = source, .sink = sink };
	struct bytes *bytes = source->bytes;
	struct pdh_names *own = NULL;
	const char *head = NULL;
	size_t length = 0;
	char delimiter = '\0';
	int r;

	reading.names = source->prepared ? source->prepared->perfmon : NULL;
	r = reading.names ? 0 : pdh_names_load(&own, err);
	if (own)
		reading.names = own;
	if (r >= 0)
		r = decode_source(&reading, &bytes, err);
	if (r >= 0)
		r = bytes_head(bytes, &head, &length, err);
	if (r >= 0) {
		delimiter = cells_guess_delimiter(head, length);
		r = cells_open(bytes, delimiter ? delimiter : ',', &reading.cells, err);
	}
	if (r >= 0)
		r = read_pdh_file(&reading, err);
	cells_close(reading.cells);
	zone_close(reading.zone);
	pdh_plan_done(&reading.plan);
	pdh_names_free(own);
	if (bytes != source->bytes)
		bytes_close(bytes);
	return r < 0 ? r : 0;
}

const struct importer pdh_importer = {
	.name = "pdh",
	.help = "PerfMon, typeperf, relog (CSV, TSV), Hyper-V hosts, esxtop -b",
	.example = "analyze import pdh DataCollector01.csv --zone Europe/Berlin",
	.recognise = pdh_recognise,
	.read = pdh_read,
};
