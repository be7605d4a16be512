#include "analyze/import/formats/csv.h"

#include "analyze/import/importer.h"
#include "common/util.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A mean that a sum rounded may pass its own extremes by this much. */
#define ROUNDING 1e-9
#define FORMULA_BEGINS "=+-@'\t\r"

static const char *const kind_suffix[CELL_KINDS] = { "", "_min", "_max" };

const char *csv_column_name(int column, char text[40])
{
	if (column == CSV_TIME)
		return "time";
	if (column == CSV_WORKLOAD)
		return "workload";
	snprintf(text, 40, "%s%s", figure_table[column % FIGURE_COUNT].column,
		kind_suffix[column / FIGURE_COUNT]);
	return text;
}

struct field {
	const char *text;
	size_t length;
};

/* A quoted field from behind its first quote; *at moves behind its last one. */
static int take_quoted(const struct text_place *place, const char **at, const char *end,
	char **scratch, struct field *ret_field, struct err *err)
{
	const char *begin = *at;
	char *copy = *scratch;
	bool is_copied = false;
	size_t length = 0;

	for (const char *p = begin; p < end; p++) {
		if (*p == '"') {
			if (p + 1 == end || p[1] != '"') {
				*at = p + 1;
				*ret_field = (struct field){ is_copied ? copy : begin,
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
static int take_field(const struct text_place *place, const char **at, const char *end,
	char **scratch, struct field *ret_field, bool *ret_is_last, struct err *err)
{
	const char *stop;
	int r;

	if (*at < end && **at == '"') {
		(*at)++;
		r = take_quoted(place, at, end, scratch, ret_field, err);
		if (r < 0)
			return r;
		if (*at < end && **at != ',')
			return text_refuse(place, "in quotes",
				"a comma behind the closing quote", *at,
				(size_t)(end - *at), err);
		stop = *at < end ? *at : NULL;
	} else {
		stop = *at < end ? memchr(*at, ',', (size_t)(end - *at)) : NULL;
		*ret_field = (struct field){ *at, (size_t)((stop ? stop : end) - *at) };
	}
	*ret_is_last = !stop;
	*at = stop ? stop + 1 : end;
	return 0;
}

static bool is_column(const struct field *field, int column)
{
	char text[40];
	const char *name = csv_column_name(column, text);

	return strlen(name) == field->length &&
		!memcmp(name, field->text, field->length);
}

static int header_add(const struct text_place *place, struct csv_header *header,
	const struct field *field, struct err *err)
{
	char number[24];
	int column = CSV_WORKLOAD;

	snprintf(number, sizeof(number), "%zu", header->count + 1);
	while (column < (int)CELL_COUNT && !is_column(field, column))
		column++;
	if (column == (int)CELL_COUNT)
		return text_refuse(place, number,
			"a column that import csv knows (time, workload, cpu_used_mhz "
			"...)",
			field->text, field->length, err);
	for (size_t i = 0; i < header->count; i++) {
		if (header->column[i] == column)
			return text_refuse(place, number, "each column once",
				field->text, field->length, err);
	}
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
		char text[40], other[40];
		int column = header->column[i];

		if (column < (int)FIGURE_COUNT ||
			header_has(header, column % (int)FIGURE_COUNT))
			continue;
		csv_column_name(column, text);
		csv_column_name(column % (int)FIGURE_COUNT, other);
		return err_set(err, -EINVAL,
			"%s:%llu: field %s: expected a column %s too", place->path,
			(unsigned long long)place->line, text, other);
	}
	return 0;
}

int csv_parse_header(const struct text_place *place, const char *line, size_t length,
	struct csv_header *ret_header, struct err *err)
{
	struct csv_header header = { .count = 0 };
	char names[4096], *scratch = names;
	const char *at = line, *end = line + length;
	struct field field = { NULL, 0 };
	bool is_last = false;
	int r;

	if (length > sizeof(names))
		return text_refuse(place, "1",
			"a header of at most 4096 bytes: time,workload,cpu_used_mhz "
			"...",
			line, length, err);
	while (!is_last) {
		r = take_field(place, &at, end, &scratch, &field, &is_last, err);
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
	char text[40], found[32];
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
static void strip_formula_guard(struct field *field)
{
	if (field->length >= 2 && field->text[0] == '\'' &&
		memchr(FORMULA_BEGINS, field->text[1], sizeof(FORMULA_BEGINS) - 1)) {
		field->text++;
		field->length--;
	}
}

static int parse_field(const struct text_place *place, int column, struct field *field,
	struct reading *reading, struct field *name, struct err *err)
{
	char text[40];
	double value;
	int r;

	if (column == CSV_TIME)
		return text_time(place, "time", field->text, field->length,
			&reading->stamp, err);
	if (column == CSV_WORKLOAD) {
		strip_formula_guard(field);
		*name = *field;
		return text_name(place, "workload", field->text, field->length, err);
	}
	if (field->length == 0)
		return 0; /* unknown */
	r = text_number(place, csv_column_name(column, text), field->text,
		field->length, &value, err);
	if (r < 0)
		return r;
	reading_set(reading, (unsigned)column, value);
	return 0;
}

int csv_parse_row(const struct text_place *place, const struct csv_header *header,
	const char *line, size_t length, char *scratch, struct reading *ret_reading,
	const char **ret_name, size_t *ret_name_length, struct err *err)
{
	const char *at = line, *end = line + length;
	struct reading reading;
	struct field field = { NULL, 0 }, name = { NULL, 0 };
	bool is_last = false;
	size_t count = 0;
	char text[40];
	int r;

	reading.known = 0;
	reading.stamp = 0;
	while (!is_last) {
		r = take_field(place, &at, end, &scratch, &field, &is_last, err);
		if (r < 0)
			return r;
		if (count < header->count) {
			r = parse_field(place, header->column[count], &field, &reading,
				&name, err);
			if (r < 0)
				return r;
		}
		count++;
	}
	if (count != header->count)
		return err_set(err, -EINVAL,
			"%s:%llu: field %s: expected %zu fields separated by commas, "
			"found %zu%s",
			place->path, (unsigned long long)place->line,
			csv_column_name(header->column[count < header->count
							? count
							: header->count - 1],
				text),
			header->count, length ? count : 0,
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

static int read_rows(const struct text_place *place, const struct csv_header *header,
	struct text_lines *lines, struct import_sink *sink, char *scratch,
	struct err *err)
{
	const char *line = NULL, *name = NULL;
	size_t length = 0, name_length = 0;
	struct reading reading;
	uint32_t workload;
	int r;

	while ((r = text_lines_next(lines, &line, &length, err)) > 0) {
		r = csv_parse_row(place, header, line, length, scratch, &reading, &name,
			&name_length, err);
		if (r < 0)
			return r;
		r = sink->find_workload(sink, name, name_length, &workload, err);
		if (r < 0)
			return err_wrap(err, r, "%s:%llu", place->path,
				(unsigned long long)place->line);
		r = sink->put(sink, workload, &reading, err);
		if (r < 0)
			return r;
	}
	return r;
}

static int csv_read(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	struct csv_header header = { .count = 0 };
	struct text_lines *lines = NULL;
	const char *line = NULL;
	char *scratch = NULL;
	size_t length = 0;
	int r;

	r = text_lines_of(source->bytes, TEXT_LINE_MAX_BYTES, &lines, err);
	if (r < 0)
		return r;
	r = text_lines_next(lines, &line, &length, err);
	if (r > 0)
		r = csv_parse_header(
			text_lines_place(lines), line, length, &header, err);
	if (r < 0)
		goto out;
	scratch = malloc(TEXT_LINE_MAX_BYTES);
	r = scratch
		? read_rows(text_lines_place(lines), &header, lines, sink, scratch, err)
		: err_oom(err);
out:
	free(scratch);
	text_lines_close(lines);
	return r;
}

const struct importer csv_importer = {
	.name = "csv",
	.help = "rows of time, workload and figures, as `export csv` writes them",
	.example = "analyze import csv estate.csv",
	.read = csv_read,
};
