/* The definition of a mapping. */
#include "analyze/import/formats/map.h"

#include "common/suggest.h"
#include "common/util.h"
#include "schema/builtin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAP_FILE_MAX ((size_t)1 << 20)
#define SCHEMA_NAME "headroom/map/1"
#define PER_PERIOD "/period"
#define COUNTER_BOUND_PER_S 1e11 /* where the map has none: no device is as fast */

/* Units of sources, as factors to ours: bytes, bits per second, MHz, ratios. */
static const struct {
	const char *unit;
	double scale;
} units[] = {
	{ "1", 1 },
	{ "%", 0.01 },
	{ "ppm", 1e-6 },
	{ "MHz", 1 },
	{ "GHz", 1000 },
	{ "Hz", 1e-6 },
	{ "B", 1 },
	{ "KiB", 1024.0 },
	{ "MiB", 1048576.0 },
	{ "GiB", 1073741824.0 },
	{ "kB", 1e3 },
	{ "MB", 1e6 },
	{ "GB", 1e9 },
	{ "B/s", 1 },
	{ "KiB/s", 1024.0 },
	{ "MiB/s", 1048576.0 },
	{ "kB/s", 1e3 },
	{ "MB/s", 1e6 },
	{ "bit/s", 1 },
	{ "kbit/s", 1e3 },
	{ "Mbit/s", 1e6 },
	{ "Gbit/s", 1e9 },
	{ "1/s", 1 },
};

/* Adapters count in bits: what a source gives in bytes is eight times as many. */
static bool is_byte_unit(const char *unit)
{
	return strchr(unit, 'B') != NULL;
}

bool map_has_period(const struct map *map)
{
	return map->begin_column || map->period_column || map->period_s > 0 ||
		map->is_spaced;
}

static bool is_bits(enum part part)
{
	return part == PART_NETWORK_BPS || part == PART_NET_RX_BPS ||
		part == PART_NET_TX_BPS || part == PART_NET_SPEED_BPS;
}

static int find_part_name(const struct json_doc *doc, const cJSON *item,
	const char *name, enum part *ret_part, struct err *err)
{
	const char *names[PART_COUNT], *nearest;

	if (part_find(name, ret_part))
		return 0;
	for (unsigned i = 0; i < PART_COUNT; i++)
		names[i] = part_figure((enum part)i);
	nearest = suggest_nearest(name, names, PART_COUNT);
	return json_doc_refuse(doc, item, err,
		"figure: no figure is called \"%.40s\"%s%s", name,
		nearest ? ", did you mean " : "", nearest ? nearest : "");
}

static int find_unit(const struct json_doc *doc, const cJSON *item, const char *unit,
	enum part part, double *ret_scale, bool *ret_is_per_period, struct err *err)
{
	const char *slash = strchr(unit, '/');
	size_t length = strlen(unit);

	*ret_is_per_period = slash && !strcmp(slash, PER_PERIOD);
	if (*ret_is_per_period)
		length = (size_t)(slash - unit);
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (strlen(units[i].unit) != length ||
			strncmp(units[i].unit, unit, length) != 0)
			continue;
		*ret_scale = units[i].scale *
			(is_bits(part) && is_byte_unit(unit) ? 8.0 : 1.0);
		return 0;
	}
	return json_doc_refuse(doc, item, err,
		"unit: expected one such as KiB/s, kbit/s, %%, MiB, MHz, found \"%.20s\"",
		unit);
}

static int take_kind(const struct json_doc *doc, const cJSON *item, unsigned *ret_kind,
	struct err *err)
{
	static const char *const kinds[] = { "mean", "min", "max" };
	const char *text = json_doc_text(item, "kind", "mean");

	for (unsigned i = 0; i < CELL_KINDS; i++) {
		if (!strcmp(text, kinds[i])) {
			*ret_kind = i;
			return 0;
		}
	}
	return json_doc_refuse(doc, item, err,
		"kind: expected mean, min or max, found \"%.20s\"", text);
}

/* Gauge or counter, and which of several instances counts. */
static int take_counting(const struct json_doc *doc, const cJSON *item,
	struct map_value *value, struct err *err)
{
	const char *combine = json_doc_text(item, "combine", "sum");
	double bits = json_doc_number(item, "counter", 0);

	if (bits != 0 && bits != 32 && bits != 64)
		return json_doc_refuse(doc, item, err,
			"counter: expected its bits, 32 or 64, found %g", bits);
	if (bits != 0 && (value->kind != CELL_MEAN || value->is_per_period))
		return json_doc_refuse(doc, item, err,
			"counter: a count has no extremes and no unit per period");
	if (bits == 32 && json_doc_number(item, "bound_per_s", 0) <= 0)
		return json_doc_refuse(doc, item, err,
			"counter: one of 32 bits needs bound_per_s, the most that it can "
			"grow in a second: else nobody knows how often it wrapped");
	if (strcmp(combine, "sum") != 0 && strcmp(combine, "max") != 0)
		return json_doc_refuse(doc, item, err,
			"combine: expected sum or max, found \"%.20s\"", combine);
	value->counter_bits = (unsigned)bits;
	value->bound_per_s = json_doc_number(item, "bound_per_s", COUNTER_BOUND_PER_S);
	if (!strcmp(combine, "max"))
		value->kind |= PART_GREATEST;
	return 0;
}

/* One item of "columns": the table of its fields makes most of the lines. */
static int take_map_value(const struct json_doc *doc, const cJSON *item,
	struct map_value *value, struct err *err)
{
	static const struct json_field fields[] = {
		{ "name", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "figure", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "unit", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "scale", JSON_FIELD_NUMBER, false, false, 1e-15, 1e15 },
		{ "kind", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "counter", JSON_FIELD_WHOLE, false, false, 32, 64 },
		{ "bound_per_s", JSON_FIELD_NUMBER, false, false, 1e-6, 1e15 },
		{ "combine", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "sign", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "instance", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "only", JSON_FIELD_ANY, false, false, 0, 0 },
		{ "without", JSON_FIELD_ANY, false, false, 0, 0 },
	};
	const cJSON *only, *without;
	double scale = 1;
	int r = json_doc_check_object(
		doc, item, "columns[]", fields, ARRAY_LEN(fields), err);

	if (r >= 0)
		r = find_part_name(doc, item, json_doc_text(item, "figure", ""),
			&value->part, err);
	if (r >= 0)
		r = find_unit(doc, item, json_doc_text(item, "unit", "1"), value->part,
			&scale, &value->is_per_period, err);
	if (r >= 0)
		r = take_kind(doc, item, &value->kind, err);
	if (r >= 0)
		r = take_counting(doc, item, value, err);
	if (r < 0)
		return r;
	only = cJSON_GetObjectItemCaseSensitive(item, "only");
	without = cJSON_GetObjectItemCaseSensitive(item, "without");
	value->name = json_doc_text(item, "name", "");
	value->is_ending = *value->name == '*';
	value->name += value->is_ending;
	value->scale = scale * json_doc_number(item, "scale", 1);
	value->is_absolute = !strcmp(json_doc_text(item, "sign", ""), "abs");
	value->instance = json_doc_text(item, "instance", NULL);
	value->only = cJSON_IsString(only) ? only->valuestring : NULL;
	value->without = cJSON_IsString(without) ? without->valuestring : NULL;
	return 0;
}

/* What only goes together with another part of the map. */
static int check_map_value(const struct map *map, const cJSON *item,
	const struct map_value *value, struct err *err)
{
	bool is_any = value->is_ending && !*value->name;

	if (value->is_per_period && !map_has_period(map))
		return json_doc_refuse(&map->doc, item, err,
			"unit: what comes per period needs time.begin, time.period, "
			"time.period_s or time.spacing");
	if (value->is_ending && !map->is_long && (map->is_json || !is_any))
		return json_doc_refuse(&map->doc, item, err,
			"name: expected \"*\" in a wide csv table, or the end of a metric in "
			"a long one behind it");
	if (value->counter_bits &&
		(map->value_column[CELL_MIN] || map->value_column[CELL_MAX]))
		return json_doc_refuse(
			&map->doc, item, err, "counter: a count has no extremes");
	if (is_any && map->is_long)
		return json_doc_refuse(&map->doc, item, err,
			"name: expected the end of a metric behind \"*\"");
	return 0;
}

static int take_map_values(struct map *map, struct err *err)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(map->doc.root, "columns");
	const cJSON *item;

	cJSON_ArrayForEach (item, list) {
		int r;

		if (map->values == MAP_COLUMNS_MAX)
			return json_doc_refuse(&map->doc, item, err,
				"columns: expected at most %d", MAP_COLUMNS_MAX);
		r = take_map_value(&map->doc, item, &map->value[map->values++], err);
		if (r >= 0)
			r = check_map_value(
				map, item, &map->value[map->values - 1], err);
		if (r < 0)
			return r;
	}
	return map->values ? 0
			   : json_doc_refuse(&map->doc, map->doc.root, err,
				     "columns: expected at least one");
}

/* How much time a value stands for, and at which end its stamp is. */
static int take_map_period(struct map *map, const cJSON *time, struct err *err)
{
	const char *stamp = json_doc_text(time, "stamp", "end");

	map->begin_column = json_doc_text(time, "begin", NULL);
	map->period_column = json_doc_text(time, "period", NULL);
	map->period_s = json_doc_number(time, "period_s", 0);
	map->is_spaced = json_doc_bool(time, "spacing", false);
	map->is_begin_stamped = !strcmp(stamp, "begin");
	if (!map->is_begin_stamped && strcmp(stamp, "end") != 0)
		return json_doc_refuse(&map->doc, time, err,
			"time.stamp: expected begin or end, found \"%.20s\"", stamp);
	if (map->is_begin_stamped && !map_has_period(map))
		return json_doc_refuse(&map->doc, time, err,
			"time.stamp: a begin needs time.period, time.period_s or "
			"time.spacing");
	if (map->is_spaced && !map->is_json)
		return json_doc_refuse(&map->doc, time, err,
			"time.spacing: only of JSON; a table has time.period_s");
	return 0;
}

static int take_map_time(struct map *map, struct err *err)
{
	static const struct json_field fields[] = {
		{ "column", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "unit", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "zone", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "order", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "step_s", JSON_FIELD_NUMBER, false, false, 1, 604800 },
		{ "start", JSON_FIELD_NUMBER, false, false, 0, 4102444800 },
		{ "begin", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "period", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "period_s", JSON_FIELD_NUMBER, false, false, 1, 604800 },
		{ "spacing", JSON_FIELD_BOOL, false, false, 0, 0 },
		{ "stamp", JSON_FIELD_TEXT, false, false, 0, 0 },
	};
	static const char *const kinds[] = { "s", "ms", "us", "text", "index" };
	const cJSON *time = cJSON_GetObjectItemCaseSensitive(map->doc.root, "time");
	int r = json_doc_check_object(
		&map->doc, time, "time", fields, ARRAY_LEN(fields), err);
	const char *unit = r < 0 ? "" : json_doc_text(time, "unit", "");
	size_t kind = 0;

	if (r < 0)
		return r;
	while (kind < ARRAY_LEN(kinds) && strcmp(kinds[kind], unit) != 0)
		kind++;
	if (kind == ARRAY_LEN(kinds))
		return json_doc_refuse(&map->doc, time, err,
			"time.unit: expected s, ms, us, text or index, found \"%.20s\"",
			unit);
	map->time_unit = (enum map_time)kind;
	map->time_column = json_doc_text(time, "column", NULL);
	map->zone = json_doc_text(time, "zone", NULL);
	map->order = json_doc_text(time, "order", NULL);
	map->step_s = json_doc_number(time, "step_s", 0);
	/* a time that nobody knows: the first of the traces' days that has one */
	map->start_s = json_doc_number(time, "start", 31536000);
	if (map->time_unit == MAP_TIME_INDEX ? map->step_s <= 0 : !map->time_column)
		return json_doc_refuse(&map->doc, time, err, "time: expected %s",
			map->time_unit == MAP_TIME_INDEX
				? "step_s, the seconds from row to row"
				: "column, its name");
	return take_map_period(map, time, err);
}

static int take_map_workload(struct map *map, struct err *err)
{
	static const struct json_field fields[] = {
		{ "column", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "word", JSON_FIELD_WHOLE, false, false, 1, 16 },
		{ "name", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "folder", JSON_FIELD_WHOLE, false, false, 1, 16 },
		{ "heading", JSON_FIELD_BOOL, false, false, 0, 0 },
	};
	const cJSON *workload =
		cJSON_GetObjectItemCaseSensitive(map->doc.root, "workload");
	int r = workload ? json_doc_check_object(&map->doc, workload, "workload",
				   fields, ARRAY_LEN(fields), err)
			 : 0;

	if (r < 0)
		return r;
	map->workload_column = json_doc_text(workload, "column", NULL);
	map->workload_word = (unsigned)json_doc_number(workload, "word", 0);
	map->workload_constant = json_doc_text(workload, "name", NULL);
	map->workload_folder = (unsigned)json_doc_number(workload, "folder", 0);
	map->is_workload_heading = json_doc_bool(workload, "heading", false);
	return 0;
}

/* Which of the three layouts, and the columns that it needs. */
static int take_map_layout(struct map *map, struct err *err)
{
	const cJSON *root = map->doc.root;
	const char *layout = json_doc_text(root, "layout", "wide");

	map->is_long = !strcmp(layout, "long");
	map->is_columnar = !strcmp(layout, "columnar");
	if (!map->is_long && !map->is_columnar && strcmp(layout, "wide") != 0)
		return json_doc_refuse(&map->doc, root, err,
			"layout: expected wide, long or columnar, found \"%.20s\"",
			layout);
	if (map->is_columnar && !map->is_json)
		return json_doc_refuse(&map->doc, root, err,
			"layout columnar: expected the format json, whose fields are lists");
	map->metric_column = json_doc_text(root, "metric", NULL);
	map->value_column[CELL_MEAN] = json_doc_text(root, "value", NULL);
	map->value_column[CELL_MIN] = json_doc_text(root, "value_min", NULL);
	map->value_column[CELL_MAX] = json_doc_text(root, "value_max", NULL);
	map->instance_column = json_doc_text(root, "instance", NULL);
	if ((map->is_long || (map->is_columnar && map->metric_column)) &&
		(!map->metric_column || !map->value_column[CELL_MEAN]))
		return json_doc_refuse(&map->doc, root, err,
			"layout %s: expected the columns metric and value", layout);
	/* columns of one metric each */
	map->is_long |= map->is_columnar && map->metric_column;
	return 0;
}

/* The table says which members there are; what belongs together (layout long and its
 * two columns) it cannot say, so that is checked by hand. */
static int take_map_root(struct map *map, struct err *err)
{
	static const struct json_field fields[] = {
		{ "schema", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "title", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "format", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "layout", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "header", JSON_FIELD_BOOL, false, false, 0, 0 },
		{ "delimiter", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "encoding", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "rows", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "time", JSON_FIELD_OBJECT, true, false, 0, 0 },
		{ "workload", JSON_FIELD_OBJECT, false, false, 0, 0 },
		{ "metric", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "value", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "value_min", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "value_max", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "instance", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "memory_kind", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "unknown", JSON_FIELD_ARRAY, false, false, 0, 0 },
		{ "columns", JSON_FIELD_ARRAY, true, false, 0, 0 },
	};
	const cJSON *root = map->doc.root;
	int r = json_doc_check_object(
		&map->doc, root, "the map", fields, ARRAY_LEN(fields), err);

	if (r < 0)
		return r;
	if (strcmp(json_doc_text(root, "schema", ""), SCHEMA_NAME) != 0)
		return json_doc_refuse(
			&map->doc, root, err, "schema: expected \"" SCHEMA_NAME "\"");
	map->is_json = !strcmp(json_doc_text(root, "format", ""), "json");
	if (!map->is_json && strcmp(json_doc_text(root, "format", ""), "csv") != 0)
		return json_doc_refuse(&map->doc, root, err,
			"format: expected csv or json, found \"%.20s\"",
			json_doc_text(root, "format", ""));
	map->has_header = json_doc_bool(root, "header", true);
	map->delimiter = *json_doc_text(root, "delimiter", "");
	map->encoding = json_doc_text(root, "encoding", NULL);
	map->rows = json_doc_text(root, "rows", NULL);
	map->memory_kind = json_doc_text(root, "memory_kind", NULL);
	r = take_map_layout(map, err);
	return r < 0 ? r : take_map_workload(map, err);
}

/* Names stand in messages: no control characters in any text of the map. */
static int check_map_texts(
	const struct json_doc *doc, const cJSON *value, struct err *err)
{
	const cJSON *item;
	int r = 0;

	if (cJSON_IsString(value)) {
		for (const char *p = value->valuestring; *p; p++) {
			bool is_delimiter = *p == '\t' && !value->valuestring[1];

			if (((unsigned char)*p < ' ' && !is_delimiter) || *p == 0x7f)
				return json_doc_refuse(doc, value, err,
					"expected texts without control characters");
		}
	}
	cJSON_ArrayForEach (item, value) {
		r = check_map_texts(doc, item, err);
		if (r < 0)
			break;
	}
	return r;
}

int map_parse(const char *path, const char *text, size_t length, struct map *ret_map,
	struct err *err)
{
	struct map map = { .values = 0 };
	const cJSON *unknown, *item;
	int r = json_doc_parse(path, text, length, &map.doc, err);

	if (r < 0)
		return r;
	r = check_map_texts(&map.doc, map.doc.root, err);
	if (r >= 0)
		r = take_map_root(&map, err);
	if (r >= 0)
		r = take_map_time(&map, err);
	if (r >= 0)
		r = take_map_values(&map, err);
	unknown = cJSON_GetObjectItemCaseSensitive(map.doc.root, "unknown");
	cJSON_ArrayForEach (item, unknown) {
		if (cJSON_IsString(item) && map.unknowns < MAP_UNKNOWN_MAX)
			map.unknown[map.unknowns++] = item->valuestring;
	}
	if (r < 0)
		map_done(&map);
	else
		*ret_map = map;
	return r;
}

void map_done(struct map *map)
{
	json_doc_done(&map->doc);
	*map = (struct map){ .values = 0 };
}

static const struct builtin_file *builtin_map(const char *name)
{
	char path[80];

	snprintf(path, sizeof(path), "maps/%.60s.json", name);
	for (const struct builtin_file *file = builtin_files; file->path; file++) {
		if (!strcmp(file->path, path))
			return file;
	}
	return NULL;
}

int map_load(const char *path, struct map *ret_map, struct err *err)
{
	const struct builtin_file *builtin = builtin_map(path);
	struct bytes *bytes = NULL;
	char *text = NULL;
	size_t length = 0;
	int r;

	if (builtin)
		return map_parse(
			builtin->path, builtin->data, builtin->size, ret_map, err);
	r = bytes_open(path, &bytes, err);
	if (r >= 0)
		r = bytes_slurp(bytes, MAP_FILE_MAX, &text, &length, err);
	if (r >= 0)
		r = map_parse(path, text, length, ret_map, err);
	free(text);
	bytes_close(bytes);
	return r;
}
