#include "analyze/import/formats/csv.h"

#include "analyze/import/importer.h"
#include "analyze/import/readers/cells.h"
#include "analyze/import/readers/civil.h"
#include "analyze/import/readers/date_guess.h"
#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A mean that a sum rounded may pass its own extremes by this much. */
#define ROUNDING 1e-9
#define FORMULA_BEGINS "=+-@'\t\r"

static const char *const kind_suffix[CELL_KINDS] = { "", "_min", "_max" };

const char *csv_column_name(int column, char text[CSV_NAME_SIZE])
{
	if (column == CSV_TIME)
		return "time";
	if (column == CSV_WORKLOAD)
		return "workload";
	snprintf(text, CSV_NAME_SIZE, "%s%s",
		figure_table[column % FIGURE_COUNT].column,
		kind_suffix[column / FIGURE_COUNT]);
	return text;
}

struct csv_field {
	const char *text;
	size_t length;
};

/* A quoted field from behind its first quote; *at moves behind its last one. */
static int take_quoted(const struct text_place *place, const char **at, const char *end,
	char **scratch, struct csv_field *ret_field, struct err *err)
{
	const char *begin = *at;
	char *copy = *scratch;
	bool is_copied = false;
	size_t length = 0;

	for (const char *p = begin; p < end; p++) {
		if (*p == '"') {
			if (p + 1 == end || p[1] != '"') {
				*at = p + 1;
				*ret_field =
					(struct csv_field){ is_copied ? copy : begin,
						length };
				*scratch = copy + (is_copied ? length : 0);
				return 0;
			}
			if (!is_copied)
				memcpy(copy, begin, length);
			is_copied = true;
			p++;
		}
		if (is_copied)
			copy[length] = *p;
		length++;
	}
	return text_refuse(place, "in quotes", "a closing quote in the same line",
		begin - 1, (size_t)(end - begin) + 1, err);
}

/* The next field; *ret_is_last when none follows. */
static int csv_take_field(const struct text_place *place, char delimiter,
	const char **at, const char *end, char **scratch, struct csv_field *ret_field,
	bool *ret_is_last, struct err *err)
{
	const char *stop;
	int r;

	if (*at < end && **at == '"') {
		(*at)++;
		r = take_quoted(place, at, end, scratch, ret_field, err);
		if (r < 0)
			return r;
		if (*at < end && **at != delimiter)
			return text_refuse(place, "in quotes",
				delimiter == ','
					? "a comma behind the closing quote"
					: "a delimiter behind the closing quote",
				*at, (size_t)(end - *at), err);
		stop = *at < end ? *at : NULL;
	} else {
		stop = *at < end ? memchr(*at, delimiter, (size_t)(end - *at)) : NULL;
		*ret_field =
			(struct csv_field){ *at, (size_t)((stop ? stop : end) - *at) };
	}
	*ret_is_last = !stop;
	*at = stop ? stop + 1 : end;
	return 0;
}

/* Percent of what the machine has: shares, when they are kept. */
static const struct {
	const char *name;
	enum figure figure;
} percents[] = {
	{ "cpu_used_percent", FIGURE_CPU_BUSY_RATIO },
	{ "memory_used_percent", FIGURE_MEMORY_USED_RATIO },
};

static bool csv_is_name(
	const struct csv_field *field, const char *name, const char *suffix)
{
	size_t length = strlen(name), rest = strlen(suffix);

	return field->length == length + rest &&
		!strncasecmp(field->text, name, length) &&
		!strncasecmp(field->text + length, suffix, rest);
}

/* CELL_COUNT: none of ours. */
static int csv_find_column(const struct csv_field *field, double *ret_scale)
{
	char text[CSV_NAME_SIZE];

	*ret_scale = 1;
	for (int column = CSV_WORKLOAD; column < (int)CELL_COUNT; column++) {
		if (csv_is_name(field, csv_column_name(column, text), ""))
			return column;
	}
	*ret_scale = 0.01;
	for (size_t i = 0; i < ARRAY_LEN(percents); i++) {
		for (unsigned kind = 0; kind < CELL_KINDS; kind++) {
			if (csv_is_name(field, percents[i].name, kind_suffix[kind]))
				return (int)CELL(percents[i].figure, kind);
		}
	}
	return CELL_COUNT;
}

static int refuse_column(const struct text_place *place, const struct csv_field *field,
	size_t number, struct err *err)
{
	char quoted[TEXT_QUOTE_SIZE];

	text_quote(field->text, field->length, quoted);
	return err_set(err, -EINVAL,
		"%.150s:%llu: field %zu: expected a column of import csv, found %s%s%s: "
		"there are time, workload, cpu_used_mhz, cpu_used_percent, cpu_cores, "
		"cpu_core_mhz, memory_used_bytes, memory_used_percent, net_rx_bps, net_tx_bps, "
		"disk_read_bytes_per_s ... (analyze help import); other tables: --map",
		place->path, (unsigned long long)place->line, number,
		field->length ? "\"" : "", field->length ? quoted : "nothing",
		field->length ? "\"" : "");
}

static int header_add(const struct text_place *place, struct csv_header *header,
	const struct csv_field *given, struct err *err)
{
	struct csv_field field = *given;
	char text[CSV_NAME_SIZE];
	double scale;
	int column;

	while (field.length && strchr(" \t", field.text[0])) {
		field.text++;
		field.length--;
	}
	while (field.length && strchr(" \t", field.text[field.length - 1]))
		field.length--;
	column = csv_find_column(&field, &scale);
	if (column == (int)CELL_COUNT)
		return refuse_column(place, given, header->count + 1, err);
	for (size_t i = 0; i < header->count; i++) {
		char number[24];

		snprintf(number, sizeof(number), "%zu", header->count + 1);
		if (header->column[i] == column)
			return text_refuse(place, number, "each column once",
				field.text, field.length, err);
	}
	header->scale[header->count] = scale;
	snprintf(header->name[header->count], CSV_NAME_SIZE, "%s",
		csv_column_name(column, text));
	header->column[header->count++] = column;
	if (column >= 0 && column < (int)FIGURE_COUNT)
		header->given |= UINT64_C(1) << column;
	return 0;
}

static bool header_has(const struct csv_header *header, int column)
{
	for (size_t i = 0; i < header->count; i++) {
		if (header->column[i] == column)
			return true;
	}
	return false;
}

/* Columns that must be there beside those that are. */
static int header_check(const struct text_place *place, const struct csv_header *header,
	struct err *err)
{
	if (!header_has(header, CSV_TIME))
		return text_refuse(place, "time", "a column of this name", "", 0, err);
	if (!header_has(header, CSV_WORKLOAD))
		return text_refuse(
			place, "workload", "a column of this name", "", 0, err);
	if (header->count < 3)
		return text_refuse(
			place, "3", "at least one column with a figure", "", 0, err);
	for (size_t i = 0; i < header->count; i++) {
		char other[CSV_NAME_SIZE];
		int column = header->column[i];

		if (column < (int)FIGURE_COUNT ||
			header_has(header, column % (int)FIGURE_COUNT))
			continue;
		return err_set(err, -EINVAL,
			"%s:%llu: field %s: expected a column %s too", place->path,
			(unsigned long long)place->line, header->name[i],
			csv_column_name(column % (int)FIGURE_COUNT, other));
	}
	return 0;
}

int csv_parse_header(const struct text_place *place, const char *line, size_t length,
	struct csv_header *ret_header, struct err *err)
{
	struct csv_header header = { .count = 0 };
	char names[4096], *scratch = names;
	const char *at = line, *end = line + length;
	struct csv_field field = { NULL, 0 };
	bool is_last = false;
	int r;

	header.delimiter = cells_guess_delimiter(line, length);
	if (!header.delimiter)
		header.delimiter = ',';
	if (length > sizeof(names))
		return text_refuse(place, "1",
			"a header of at most 4096 bytes: time,workload,cpu_used_mhz "
			"...",
			line, length, err);
	while (!is_last) {
		r = csv_take_field(place, header.delimiter, &at, end, &scratch, &field,
			&is_last, err);
		if (r < 0)
			return r;
		r = header_add(place, &header, &field, err);
		if (r < 0)
			return r;
	}
	r = header_check(place, &header, err);
	if (r < 0)
		return r;
	*ret_header = header;
	return 0;
}

static int refuse_extreme(const struct text_place *place, const struct reading *reading,
	unsigned column, struct err *err)
{
	char text[CSV_NAME_SIZE], found[32];
	const char *wanted = "nothing, as its figure is unknown";

	csv_column_name((int)column, text);
	snprintf(found, sizeof(found), "%.17g", reading->value[column]);
	if (reading_has(reading, column % FIGURE_COUNT))
		wanted = column < CELL(0, CELL_MAX)
			? "a minimum that is not over its figure"
			: "a maximum that is not under its figure";
	return text_refuse(place, text, wanted, found, strlen(found), err);
}

/* Minimum <= mean <= maximum, and no extreme without its mean. */
static int check_extremes(
	const struct text_place *place, const struct reading *reading, struct err *err)
{
	uint64_t extremes = reading->known >> CELL(0, CELL_MIN) << CELL(0, CELL_MIN);

	for (; extremes; extremes &= extremes - 1) {
		unsigned column = (unsigned)__builtin_ctzll(extremes);
		unsigned figure = column % FIGURE_COUNT;
		double mean = reading->value[figure], value = reading->value[column];

		if (!reading_has(reading, figure) ||
			(column < CELL(0, CELL_MAX) ? value > mean + ROUNDING * mean
						    : value < mean - ROUNDING * mean))
			return refuse_extreme(place, reading, column, err);
	}
	return 0;
}

/* `export csv` puts a ' before what a spreadsheet would take for a formula. */
static void strip_formula_guard(struct csv_field *field)
{
	if (field->length >= 2 && field->text[0] == '\'' &&
		memchr(FORMULA_BEGINS, field->text[1], sizeof(FORMULA_BEGINS) - 1)) {
		field->text++;
		field->length--;
	}
}

/* A time with a zone, or one of the clock on the wall where the reader knows the zone. */
static int parse_time_field(const struct text_place *place, struct csv_header *header,
	const struct csv_field *field, int64_t *ret_stamp, struct err *err)
{
	double civil_s;
	enum civil_kind kind = header->has_zone
		? civil_next(field->text, field->length, &header->order, &civil_s)
		: CIVIL_NONE;

	header->row_is_civil = kind == CIVIL_TIME;
	if (kind == CIVIL_AMBIGUOUS)
		return text_refuse(place, "time", CIVIL_AMBIGUOUS_WANTED, field->text,
			field->length, err);
	if (header->row_is_civil) {
		*ret_stamp = (int64_t)floor(civil_s + 0.5);
		return 0;
	}
	if (text_time(place, "time", field->text, field->length, ret_stamp, err) == 0)
		return 0;
	if (!header->has_zone && civil_orders(field->text, field->length))
		return text_refuse(place, "time",
			"ISO 8601 with a zone, or Unix seconds or milliseconds (--zone ZONE "
			"takes times without one)",
			field->text, field->length, err);
	return -EINVAL;
}

static int parse_field(const struct text_place *place, struct csv_header *header,
	size_t number, struct csv_field *field, struct reading *reading,
	struct csv_field *name, struct err *err)
{
	int column = header->column[number];
	double value;
	int r;

	if (column == CSV_TIME)
		return parse_time_field(place, header, field, &reading->stamp, err);
	if (column == CSV_WORKLOAD) {
		strip_formula_guard(field);
		*name = *field;
		return text_name(place, "workload", field->text, field->length, err);
	}
	if (field->length == 0)
		return 0; /* unknown */
	r = text_number(
		place, header->name[number], field->text, field->length, &value, err);
	if (r < 0)
		return r;
	reading_set(reading, (unsigned)column, value * header->scale[number]);
	return 0;
}

/* A row is read to its end before its number of fields is refused: one too many is
 * most often a decimal comma, and the text asks about it. */
int csv_parse_row(const struct text_place *place, struct csv_header *header,
	const char *line, size_t length, char *scratch, struct reading *ret_reading,
	const char **ret_name, size_t *ret_name_length, struct err *err)
{
	const char *at = line, *end = line + length;
	struct reading reading;
	struct csv_field field = { NULL, 0 }, name = { NULL, 0 };
	bool is_last = false;
	size_t count = 0;
	int r;

	reading.known = 0;
	reading.stamp = 0;
	while (!is_last) {
		r = csv_take_field(place, header->delimiter, &at, end, &scratch, &field,
			&is_last, err);
		if (r < 0)
			return r;
		if (count < header->count) {
			r = parse_field(
				place, header, count, &field, &reading, &name, err);
			if (r < 0)
				return r;
		}
		count++;
	}
	if (count != header->count)
		return err_set(err, -EINVAL,
			"%s:%llu: field %s: expected %zu fields separated by %s, "
			"found %zu%s",
			place->path, (unsigned long long)place->line,
			header->name[count < header->count ? count : header->count - 1],
			header->count,
			header->delimiter == ','           ? "commas"
				: header->delimiter == ';' ? "semicolons"
							   : "tabs",
			length ? count : 0,
			count > header->count ? " (is there a decimal comma?)" : "");
	r = check_extremes(place, &reading, err);
	if (r < 0)
		return r;
	reading_derive(&reading, header->given);
	*ret_reading = reading;
	*ret_name = name.text;
	*ret_name_length = name.length;
	return 0;
}

/* ---- a file ------------------------------------------------------------------------ */

struct csv_reading {
	const struct import_source *source;
	struct import_sink *sink;
	struct csv_header header;
	struct text_lines *lines;
	char *scratch;
	struct zone *zone; /* NULL: times carry theirs */
	struct known_order guessed;
	/* by workload: rows of several may be mixed, and each has its own hour twice */
	struct local_clock *clock;
	uint32_t clocks;
};

static int stamp_of_civil(struct csv_reading *csv, uint32_t workload,
	struct reading *reading, struct err *err)
{
	uint32_t room = csv->clocks ? csv->clocks : 16;
	struct local_clock *grown;

	while (room <= workload)
		room *= 2;
	if (room > csv->clocks) {
		grown = reallocarray(csv->clock, room, sizeof(*grown));
		if (!grown)
			return err_oom(err);
		for (uint32_t i = csv->clocks; i < room; i++)
			grown[i] = (struct local_clock){ .zone = csv->zone };
		csv->clock = grown;
		csv->clocks = room;
	}
	reading->stamp = (int64_t)floor(
		local_clock_next(&csv->clock[workload], (double)reading->stamp) + 0.5);
	return 0;
}

static int csv_read_csv_row(
	struct csv_reading *csv, const char *line, size_t length, struct err *err)
{
	const struct text_place *place = text_lines_place(csv->lines);
	struct import_sink *sink = csv->sink;
	const char *name = NULL;
	size_t name_length = 0;
	struct reading reading;
	uint32_t workload;
	int r;

	r = csv_parse_row(place, &csv->header, line, length, csv->scratch, &reading,
		&name, &name_length, err);
	if (r < 0)
		return r;
	r = sink->find_workload(sink, name, name_length, &workload, err);
	if (r < 0)
		return err_wrap(err, r, "%s:%llu", place->path,
			(unsigned long long)place->line);
	if (csv->header.row_is_civil) {
		r = stamp_of_civil(csv, workload, &reading, err);
		if (r < 0)
			return r;
	}
	return sink->put(sink, workload, &reading, err);
}

/* --zone and --date-format. */
static int take_csv_options(struct csv_reading *csv, struct err *err)
{
	const struct import_options *options = csv->source->options;
	int r;

	if (!options || !options->zone)
		return 0;
	r = zone_open(options->zone, &csv->zone, err);
	if (r < 0)
		return err_wrap(err, r, "--zone");
	csv->header.has_zone = true;
	account_set_zone(csv->sink->account, options->zone);
	if (!options->date_format) {
		csv->header.order = csv->guessed;
		return 0;
	}
	csv->header.order.is_known = true;
	if (!civil_order(options->date_format, &csv->header.order.order))
		return err_set(err, -EINVAL,
			"--date-format: expected YMD, MDY or DMY, found \"%.20s\"",
			options->date_format);
	return 0;
}

static int read_csv_file(struct csv_reading *csv, struct err *err)
{
	const char *line = NULL;
	size_t length = 0;
	int r;

	r = text_lines_next(csv->lines, &line, &length, err);
	if (r > 0)
		r = csv_parse_header(
			text_lines_place(csv->lines), line, length, &csv->header, err);
	if (r >= 0)
		r = take_csv_options(csv, err);
	if (r < 0)
		return r;
	csv->scratch = malloc(TEXT_LINE_MAX_BYTES);
	if (!csv->scratch)
		return err_oom(err);
	while ((r = text_lines_next(csv->lines, &line, &length, err)) > 0) {
		r = csv_read_csv_row(csv, line, length, err);
		if (r < 0)
			return r;
	}
	return r;
}

static int csv_read(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	struct csv_reading csv = { .source = source, .sink = sink };
	unsigned orders = 0;
	int r = source->options && source->options->zone
		? date_guess(source->bytes, "time", &orders, err)
		: 0;

	/* one order alone reads all the dates of its begin */
	csv.guessed.is_known = orders && !(orders & (orders - 1));
	csv.guessed.order = orders ? (enum date_order)__builtin_ctz(orders) : DATE_YMD;
	if (r >= 0)
		r = text_lines_of(source->bytes, TEXT_LINE_MAX_BYTES, &csv.lines, err);

	if (r >= 0)
		r = read_csv_file(&csv, err);
	free(csv.scratch);
	free(csv.clock);
	zone_close(csv.zone);
	text_lines_close(csv.lines);
	return r;
}

/* A first line of which every column is ours. */
static int csv_recognise(const struct import_head *head)
{
	const struct text_place place = { head->path, 1 };
	const char *end = memchr(head->text, '\n', head->length);
	const char *line = head->text;
	struct csv_header header;
	size_t length;

	if (!end)
		return IMPORT_NOT_MINE;
	if (head->length > 3 && !memcmp(line, "\xef\xbb\xbf", 3))
		line += 3;
	length = (size_t)(end - line);
	if (length > 0 && line[length - 1] == '\r')
		length--;
	return csv_parse_header(&place, line, length, &header, NULL) < 0
		? IMPORT_NOT_MINE
		: IMPORT_SURE;
}

const struct importer csv_importer = {
	.name = "csv",
	.help = "rows of time, workload and figures, as `export csv` writes them",
	.example = "analyze import csv estate.csv",
	.recognise = csv_recognise,
	.read = csv_read,
};
