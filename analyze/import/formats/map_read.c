/* Rows of a table or a JSON list through a mapping. */
#include "analyze/import/formats/map.h"

#include "analyze/import/readers/cells.h"
#include "analyze/import/readers/civil.h"
#include "analyze/import/readers/date_guess.h"
#include "analyze/import/readers/encoding.h"
#include "analyze/import/readers/json_stream.h"
#include "common/array.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What a row gives: the values of the map first, then these. */
enum {
	ROLE_TIME = MAP_COLUMNS_MAX,
	ROLE_WORKLOAD,
	ROLE_METRIC,
	ROLE_VALUE,
	ROLE_INSTANCE,
	ROLE_COUNT
};
#define NO_ROLE ROLE_COUNT

struct map_reading {
	const struct map *map;
	const struct import_source *source;
	struct import_sink *sink;
	struct text_place place;
	struct zone *zone; /* NULL: times carry theirs */
	struct known_order order;
	struct local_clock clock;
	uint32_t clock_workload;
	uint64_t rows;
	size_t account_row[MAP_COLUMNS_MAX];
	char text[ROLE_COUNT][MAP_TEXT_MAX]; /* of the row */
	bool is_given[ROLE_COUNT];
};

static const char *role_name(const struct map *map, unsigned role)
{
	switch (role) {
	case ROLE_TIME:
		return map->time_column;
	case ROLE_WORKLOAD:
		return map->workload_column;
	case ROLE_METRIC:
		return map->metric_column;
	case ROLE_VALUE:
		return map->value_column;
	case ROLE_INSTANCE:
		return map->instance_column;
	default:
		return !map->is_long && role < map->values ? map->value[role].name
							   : NULL;
	}
}

static void trim_text(const char **text, size_t *length)
{
	while (*length && strchr(" \t", **text) && **text) {
		++*text;
		--*length;
	}
	while (*length && strchr(" \t", (*text)[*length - 1]) && (*text)[*length - 1])
		--*length;
}

static void give_role(
	struct map_reading *reading, unsigned role, const char *text, size_t length)
{
	trim_text(&text, &length);
	if (length >= MAP_TEXT_MAX)
		length = MAP_TEXT_MAX - 1;
	memcpy(reading->text[role], text, length);
	reading->text[role][length] = '\0';
	reading->is_given[role] = true;
}

/* ---- a row -------------------------------------------------------------------------- */

static bool is_unknown_token(const struct map *map, const char *text)
{
	if (!*text || !strcmp(text, "-") || !strcasecmp(text, "nan") ||
		!strcasecmp(text, "null"))
		return true;
	for (size_t i = 0; i < map->unknowns; i++) {
		if (!strcmp(map->unknown[i], text))
			return true;
	}
	return false;
}

static int row_time(struct map_reading *reading, uint32_t workload, int64_t *ret_stamp,
	struct err *err)
{
	static const double per_second[] = { 1, 1e3, 1e6 };
	const struct map *map = reading->map;
	const char *text = reading->text[ROLE_TIME];
	size_t length = strlen(text);
	enum civil_kind kind;
	double value;

	if (map->time_unit == MAP_TIME_INDEX) {
		*ret_stamp = (int64_t)(map->start_s +
			map->step_s * (double)(reading->rows - 1) + 0.5);
		return 0;
	}
	if (map->time_unit < MAP_TIME_TEXT) {
		int r = text_number(
			&reading->place, map->time_column, text, length, &value, err);

		*ret_stamp = r < 0
			? 0
			: (int64_t)floor(value / per_second[map->time_unit] + 0.5);
		return r;
	}
	kind = reading->zone ? civil_next(text, length, &reading->order, &value)
			     : CIVIL_NONE;
	if (kind == CIVIL_AMBIGUOUS)
		return text_refuse(&reading->place, map->time_column,
			CIVIL_AMBIGUOUS_WANTED, text, length, err);
	if (kind == CIVIL_NONE) {
		if (!reading->zone && civil_orders(text, length))
			return text_refuse(&reading->place, map->time_column,
				"a time with a zone (--zone ZONE takes times without one)",
				text, length, err);
		return text_time(&reading->place, map->time_column, text, length,
			ret_stamp, err);
	}
	if (workload != reading->clock_workload) {
		/* another workload's rows begin at a time of their own */
		reading->clock.has_before = false;
		reading->clock_workload = workload;
	}
	*ret_stamp = (int64_t)floor(local_clock_next(&reading->clock, value) + 0.5);
	return 0;
}

static int put_map_value(struct map_reading *reading, uint32_t workload, int64_t stamp,
	size_t number, const char *text, struct err *err)
{
	const struct map_value *value = &reading->map->value[number];
	struct import_sink *sink = reading->sink;
	const char *instance = value->instance     ? value->instance
		: reading->is_given[ROLE_INSTANCE] ? reading->text[ROLE_INSTANCE]
						   : "";
	uint32_t column = 0;
	double figure;
	int r;

	if ((value->only && strcmp(value->only, instance) != 0) ||
		(value->without && !strcmp(value->without, instance)))
		return 0;
	if (is_unknown_token(reading->map, text)) {
		if (sink->account)
			sink->account->unknown++;
		figure = NAN;
	} else {
		const char *digits =
			value->is_absolute && *text == '-' ? text + 1 : text;

		r = text_number(&reading->place, value->name, digits, strlen(digits),
			&figure, err);
		if (r < 0)
			return r;
		account_count(sink->account, reading->account_row[number], 1);
	}
	r = sink->find_part(sink, workload, value->part, value->kind, instance,
		strlen(instance), &column, err);
	return r < 0 ? r
		     : sink->put_part(sink, workload, column, stamp,
			       figure * value->scale, err);
}

static int row_workload(
	struct map_reading *reading, uint32_t *ret_workload, struct err *err)
{
	const struct map *map = reading->map;
	const struct import_options *options = reading->source->options;
	const char *name = map->workload_constant;
	size_t length = name ? strlen(name) : 0;
	int r = 0;

	if (options && options->workload) {
		name = options->workload;
		length = strlen(name);
	} else if (map->workload_column) {
		name = reading->text[ROLE_WORKLOAD];
		length = strlen(name);
	} else if (!name) {
		r = importer_default_name(reading->source, &name, &length, err);
	}
	if (r >= 0)
		r = text_name(&reading->place,
			map->workload_column ? map->workload_column : "workload", name,
			length, err);
	return r < 0 ? r
		     : reading->sink->find_workload(
			       reading->sink, name, length, ret_workload, err);
}

static int take_map_row(struct map_reading *reading, struct err *err)
{
	const struct map *map = reading->map;
	const struct import_options *options = reading->source->options;
	uint32_t workload = 0;
	int64_t stamp = 0;
	int r;

	reading->rows++;
	r = row_workload(reading, &workload, err);
	if (r >= 0)
		r = row_time(reading, workload, &stamp, err);
	if (r < 0 || (options && options->has_since && stamp < options->since))
		return r;
	if (stamp < 31536000 || stamp > INT64_C(4102444800))
		return text_refuse(&reading->place, map->time_column,
			"a time between 1971 and 2100", reading->text[ROLE_TIME],
			strlen(reading->text[ROLE_TIME]), err);
	for (size_t i = 0; r >= 0 && i < map->values; i++) {
		if (map->is_long) {
			if (!strcasecmp(map->value[i].name, reading->text[ROLE_METRIC]))
				r = put_map_value(reading, workload, stamp, i,
					reading->text[ROLE_VALUE], err);
		} else if (reading->is_given[i]) {
			r = put_map_value(
				reading, workload, stamp, i, reading->text[i], err);
		}
	}
	if (r >= 0 && map->memory_kind && reading->rows == 1)
		r = reading->sink->put_fact(
			reading->sink, workload, "memory.kind", map->memory_kind, err);
	memset(reading->is_given, 0, sizeof(reading->is_given));
	return r;
}

/* ---- delimited tables ------------------------------------------------------------------ */

struct map_columns {
	uint8_t *role; /* by column */
	uint32_t count;
};

static int add_map_column(struct map_columns *columns, unsigned role, struct err *err)
{
	if (ARRAY_EXTEND(columns->role, columns->count) < 0)
		return err_oom(err);
	columns->role[columns->count++] = (uint8_t)role;
	return 0;
}

static unsigned map_read_find_role(
	const struct map *map, const char *text, size_t length)
{
	trim_text(&text, &length);
	for (unsigned role = 0; role < ROLE_COUNT; role++) {
		const char *name = role_name(map, role);

		if (name && strlen(name) == length && !strncasecmp(name, text, length))
			return role;
	}
	return NO_ROLE;
}

/* Columns that the map needs and the table does not have, with those that it has. */
static int check_map_columns(struct map_reading *reading,
	const struct map_columns *columns, const char *there, struct err *err)
{
	const struct map *map = reading->map;
	bool has_value = map->is_long;

	for (unsigned role = 0; role < ROLE_COUNT; role++) {
		const char *name = role_name(map, role);
		bool is_there = columns->count > 0 &&
			memchr(columns->role, (int)role, columns->count);

		has_value |= is_there && role < MAP_COLUMNS_MAX;
		if (name && !is_there && role >= ROLE_TIME && role != ROLE_INSTANCE)
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
		r = add_map_column(columns,
			map_read_find_role(reading->map, cell.text, cell.length), err);
		if (r < 0)
			return r;
		if (columns->role[columns->count - 1] == NO_ROLE)
			r = account_ignore(reading->sink->account, cell.text,
				cell.length, "no column of the map", err);
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
		r = add_map_column(columns,
			map_read_find_role(reading->map, number, strlen(number)), err);
	}
	return r;
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
		if (cell.column >= columns->count)
			return err_set(err, -EINVAL,
				"%s:%llu: expected %u columns, found more",
				reading->place.path,
				(unsigned long long)reading->place.line,
				columns->count);
		if (columns->role[cell.column] != NO_ROLE)
			give_role(reading, columns->role[cell.column], cell.text,
				cell.length);
		if (!cell.is_last || (cell.column == 0 && cell.length == 0))
			continue;
		if (reading->map->has_header && cell.column + 1 != columns->count)
			return err_set(err, -EINVAL,
				"%s:%llu: expected %u columns, found %u",
				reading->place.path,
				(unsigned long long)reading->place.line, columns->count,
				cell.column + 1);
		r = take_map_row(reading, err);
		if (r < 0)
			return r;
	}
	return r;
}

static int read_map_table(
	struct map_reading *reading, struct bytes *bytes, struct err *err)
{
	struct map_columns columns = { .count = 0 };
	struct cells *cells = NULL;
	char delimiter = reading->map->delimiter;
	const char *head = NULL;
	size_t length = 0;
	int r = bytes_head(bytes, &head, &length, err);

	if (r < 0)
		return r;
	if (!delimiter)
		delimiter = cells_guess_delimiter(head, length);
	r = cells_open(bytes, delimiter ? delimiter : ',', &cells, err);
	if (r >= 0 && reading->map->has_header)
		r = read_map_header(reading, cells, &columns, err);
	if (r >= 0)
		r = read_map_rows(reading, cells, &columns, err);
	cells_close(cells);
	free(columns.role);
	return r;
}

/* ---- JSON lists -------------------------------------------------------------------------- */

/* A flat object: each field that the map names; containers are passed over. */
static int read_json_row(
	struct map_reading *reading, struct json_stream *stream, struct err *err)
{
	struct json_token token;
	unsigned role = NO_ROLE;
	int r;

	for (;;) {
		r = json_stream_next(stream, &token, err);
		if (r < 0 || token.event == JSON_OBJECT_END)
			break;
		role = map_read_find_role(reading->map, token.text, token.length);
		r = json_stream_next(stream, &token, err);
		if (r < 0)
			break;
		if (role != NO_ROLE &&
			(token.event == JSON_TEXT || token.event == JSON_NUMBER))
			give_role(reading, role, token.text, token.length);
		r = json_stream_skip(stream, &token, err);
		if (r < 0)
			break;
	}
	reading->place.line++;
	return r < 0 ? r : take_map_row(reading, err);
}

static int read_json_list(
	struct map_reading *reading, struct json_stream *stream, struct err *err)
{
	struct json_token token;
	int r;

	for (;;) {
		r = json_stream_next(stream, &token, err);
		if (r < 0 || token.event == JSON_ARRAY_END)
			return r;
		if (token.event != JSON_OBJECT)
			return json_stream_refuse(stream,
				"an object with the fields of a row", &token, err);
		r = read_json_row(reading, stream, err);
		if (r < 0)
			return r;
	}
}

/* The list itself, or the one of the name in the object around it. */
static int find_json_list(
	struct map_reading *reading, struct json_stream *stream, struct err *err)
{
	struct json_token token;
	int r = json_stream_next(stream, &token, err);

	if (r < 0)
		return r;
	if (token.event == JSON_ARRAY)
		return read_json_list(reading, stream, err);
	if (token.event != JSON_OBJECT)
		return json_stream_refuse(stream, "a list of rows", &token, err);
	for (;;) {
		bool is_list;

		r = json_stream_next(stream, &token, err);
		if (r < 0 || token.event == JSON_OBJECT_END)
			return r;
		is_list = reading->map->rows && !strcmp(reading->map->rows, token.text);
		r = json_stream_next(stream, &token, err);
		if (r >= 0 && is_list && token.event == JSON_ARRAY)
			r = read_json_list(reading, stream, err);
		else if (r >= 0)
			r = json_stream_skip(stream, &token, err);
		if (r < 0)
			return r;
	}
}

static int read_map_json(
	struct map_reading *reading, struct bytes *bytes, struct err *err)
{
	struct json_stream *stream = NULL;
	int r = json_stream_open(bytes, false, &stream, err);

	if (r >= 0)
		r = find_json_list(reading, stream, err);
	json_stream_close(stream);
	return r;
}

/* ---- a file -------------------------------------------------------------------------------- */

static int prepare_map(struct map_reading *reading, struct err *err)
{
	const struct import_options *options = reading->source->options;
	const char *zone =
		options && options->zone ? options->zone : reading->map->zone;
	const char *order = options && options->date_format ? options->date_format
							    : reading->map->order;
	int r = 0;

	if (zone) {
		r = importer_zone(reading->source, zone, &reading->zone, err);
		account_set_zone(reading->sink->account, zone);
	}
	reading->clock.zone = reading->zone;
	reading->order.is_known |= order != NULL;
	if (r >= 0 && order && !civil_order(order, &reading->order.order))
		r = err_set(err, -EINVAL,
			"--date-format: expected YMD, MDY or DMY, found \"%.20s\"",
			order);
	for (size_t i = 0; r >= 0 && i < reading->map->values; i++) {
		const struct map_value *value = &reading->map->value[i];

		r = account_map(reading->sink->account, value->name,
			strlen(value->name), part_figure(value->part),
			&reading->account_row[i], err);
	}
	return r;
}

int map_read(const struct map *map, const struct import_source *source,
	struct import_sink *sink, struct err *err)
{
	struct map_reading *reading = calloc(1, sizeof(*reading));
	const struct import_options *options = source->options;
	const char *from =
		options && options->encoding ? options->encoding : map->encoding;
	struct bytes *bytes = source->bytes;
	unsigned orders = 0;
	int r = 0;

	if (!reading)
		return err_oom(err);
	reading->map = map;
	reading->source = source;
	reading->sink = sink;
	reading->place.path = source->path;
	if (from)
		r = encoding_open(source->bytes, from, &bytes, err);
	if (r >= 0 && !map->is_json && map->time_unit == MAP_TIME_TEXT)
		r = date_guess(bytes, map->time_column, &orders, err);
	reading->order.is_known = orders && !(orders & (orders - 1));
	if (reading->order.is_known)
		reading->order.order = (enum date_order)__builtin_ctz(orders);
	if (r >= 0)
		r = prepare_map(reading, err);
	if (r >= 0)
		r = map->is_json ? read_map_json(reading, bytes, err)
				 : read_map_table(reading, bytes, err);
	zone_close(reading->zone);
	free(reading);
	if (bytes != source->bytes)
		bytes_close(bytes);
	return r < 0 ? r : 0;
}
