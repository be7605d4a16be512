/* Delimited tables through a mapping. */
#include "analyze/import/formats/map_table.h"

#include "analyze/import/readers/cells.h"
#include "common/array.h"
#include "common/strbuf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROLE_ANY (NO_ROLE + 1) /* a heading that stands for "*" */
#define OTHER_BYTES_MAX ((size_t)16 << 20)
#define LEVEL_ROW 1

struct map_columns {
	uint8_t *role; /* by column */
	uint32_t count;
	char **heading; /* of those of ROLE_ANY, in their order */
	size_t headings;
	size_t any; /* the value of the map that is "*"; MAP_COLUMNS_MAX: none */
	struct strbuf cells; /* a row's cells under such headings, each with a NUL */
};

static void map_columns_done(struct map_columns *columns)
{
	for (size_t i = 0; i < columns->headings; i++)
		free(columns->heading[i]);
	free(columns->heading);
	free(columns->role);
	strbuf_done(&columns->cells);
}

static int add_map_column(struct map_columns *columns, unsigned role, struct err *err)
{
	if (ARRAY_EXTEND(columns->role, columns->count) < 0)
		return err_oom(err);
	columns->role[columns->count++] = (uint8_t)role;
	return 0;
}

/* Columns that the map needs and the table does not have, with those that it has. */
static int check_map_columns(struct map_reading *reading,
	const struct map_columns *columns, const char *there, struct err *err)
{
	const struct map *map = reading->map;
	bool has_value = map->is_long || columns->headings > 0;

	for (unsigned role = 0; role < ROLE_COUNT; role++) {
		const char *name = reading->name[role];
		bool is_there = columns->count > 0 &&
			memchr(columns->role, (int)role, columns->count);

		has_value |= is_there && role < MAP_COLUMNS_MAX;
		if (name && !is_there && role >= ROLE_TIME && role != ROLE_INSTANCE &&
			role != ROLE_VALUE_MIN && role != ROLE_VALUE_MAX)
			return err_set(err, -EINVAL,
				"%s:1: expected a column \"%.60s\", there are: %.300s",
				reading->place.path, name, there);
	}
	if (!has_value)
		return err_set(err, -EINVAL,
			"%s:1: expected a column \"%.60s\" or another of the map, there "
			"are: %.300s",
			reading->place.path, map->value[0].name, there);
	return 0;
}

static int add_any_column(struct map_columns *columns, const struct table_cell *cell,
	const struct text_place *place, struct err *err)
{
	char *copy;

	if (columns->headings == PART_COLUMNS_MAX)
		return err_set(err, -EFBIG,
			"%s:1: expected at most %d columns that are workloads or "
			"instances, found more",
			place->path, PART_COLUMNS_MAX);
	if (ARRAY_EXTEND(columns->heading, columns->headings) < 0)
		return err_oom(err);
	copy = strndup(cell->text, cell->length);
	if (!copy)
		return err_oom(err);
	columns->heading[columns->headings++] = copy;
	return add_map_column(columns, ROLE_ANY, err);
}

static int read_heading(struct map_reading *reading, struct map_columns *columns,
	const struct table_cell *cell, struct err *err)
{
	unsigned role = map_role_find(reading, cell->text, cell->length);
	int r;

	if (role == NO_ROLE && columns->any < MAP_COLUMNS_MAX)
		return add_any_column(columns, cell, &reading->place, err);
	r = add_map_column(columns, role, err);
	return r < 0 || role != NO_ROLE
		? r
		: account_ignore(reading->sink->account, cell->text, cell->length,
			  "no column of the map", err);
}

static int read_map_header(struct map_reading *reading, struct cells *cells,
	struct map_columns *columns, struct err *err)
{
	char there[300] = "";
	struct table_cell cell = { .is_last = false };
	size_t used = 0;
	int r = 0;

	while (!cell.is_last && (r = cells_next(cells, &cell, err)) > 0) {
		char quoted[TEXT_QUOTE_SIZE];

		text_quote(cell.text, cell.length, quoted);
		if (used < sizeof(there))
			used += (size_t)snprintf(there + used, sizeof(there) - used,
				"%s%s", used ? ", " : "", quoted);
		r = read_heading(reading, columns, &cell, err);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	return check_map_columns(reading, columns, there, err);
}

/* Without a header the map names columns by their number, from 1. */
static int number_columns(struct map_reading *reading, struct map_columns *columns,
	uint32_t count, struct err *err)
{
	char number[16];
	int r = 0;

	while (r >= 0 && columns->count < count) {
		snprintf(number, sizeof(number), "%u", columns->count + 1);
		r = add_map_column(
			columns, map_role_find(reading, number, strlen(number)), err);
	}
	return r;
}

static int keep_other_cell(struct map_columns *columns, const struct table_cell *cell,
	const struct text_place *place, struct err *err)
{
	strbuf_add_bytes(&columns->cells, cell->text, cell->length);
	strbuf_add_bytes(&columns->cells, "", 1);
	return strbuf_failed(&columns->cells) == 0
		? 0
		: err_set(err, -EFBIG,
			  "%s:%llu: expected a row under %zu MiB, found more",
			  place->path, (unsigned long long)place->line,
			  OTHER_BYTES_MAX >> 20);
}

/* The row, and then its cells under headings that are workloads or instances. */
static int take_table_row(
	struct map_reading *reading, struct map_columns *columns, struct err *err)
{
	const char *at = strbuf_text(&columns->cells);
	int r = map_row_take(reading, LEVEL_ROW, err);

	for (size_t i = 0; r >= 0 && i < columns->headings; i++) {
		r = map_row_take_heading(
			reading, columns->any, columns->heading[i], at, err);
		at += strlen(at) + 1;
	}
	strbuf_clear(&columns->cells);
	return r;
}

static int read_map_cell(struct map_reading *reading, struct map_columns *columns,
	const struct table_cell *cell, struct err *err)
{
	unsigned role;

	if (cell->column >= columns->count)
		return err_set(err, -EINVAL, "%s:%llu: expected %u columns, found more",
			reading->place.path, (unsigned long long)reading->place.line,
			columns->count);
	role = columns->role[cell->column];
	if (role == ROLE_ANY)
		return keep_other_cell(columns, cell, &reading->place, err);
	if (role != NO_ROLE)
		map_role_give(reading, role, cell->text, cell->length, LEVEL_ROW);
	return 0;
}

static int read_map_rows(struct map_reading *reading, struct cells *cells,
	struct map_columns *columns, struct err *err)
{
	struct table_cell cell;
	int r;

	while ((r = cells_next(cells, &cell, err)) > 0) {
		if (!reading->map->has_header)
			r = number_columns(reading, columns, cell.column + 1, err);
		if (r < 0)
			return r;
		reading->place.line = cells_place(cells)->line;
		if (cell.is_last && cell.column == 0 && cell.length == 0)
			continue; /* an empty line */
		r = read_map_cell(reading, columns, &cell, err);
		if (r < 0)
			return r;
		if (!cell.is_last)
			continue;
		if (reading->map->has_header && cell.column + 1 != columns->count)
			return err_set(err, -EINVAL,
				"%s:%llu: expected %u columns, found %u",
				reading->place.path,
				(unsigned long long)reading->place.line, columns->count,
				cell.column + 1);
		r = take_table_row(reading, columns, err);
		if (r < 0)
			return r;
	}
	return r;
}

int map_table_read(struct map_reading *reading, struct bytes *bytes, struct err *err)
{
	struct map_columns columns = { .any = MAP_COLUMNS_MAX };
	const struct map *map = reading->map;
	struct cells *cells = NULL;
	char delimiter = map->delimiter;
	const char *head = NULL;
	size_t length = 0;
	int r = bytes_head(bytes, &head, &length, err);

	if (r < 0)
		return r;
	strbuf_init(&columns.cells, OTHER_BYTES_MAX);
	for (size_t i = 0; i < map->values && !map->is_long; i++) {
		if (map->value[i].is_ending)
			columns.any = i;
	}
	if (!delimiter)
		delimiter = cells_guess_delimiter(head, length);
	r = cells_open(bytes, delimiter ? delimiter : ',', &cells, err);
	if (r >= 0 && map->has_header)
		r = read_map_header(reading, cells, &columns, err);
	if (r >= 0)
		r = read_map_rows(reading, cells, &columns, err);
	cells_close(cells);
	map_columns_done(&columns);
	return r;
}
