/*
 * JSON through a mapping, as a stream.  `rows` is the path of a list whose items are rows;
 * the names of fields are paths from the row, or from an object of a list around it, or from
 * the root.  Positions in lists count from 1, "*" is any name and any position.
 */
#include "analyze/import/formats/map_json.h"

#include "analyze/import/formats/map_held.h"
#include "analyze/import/readers/json_stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WALK_PATH_SIZE 1024
#define LIST_BYTES_MAX ((size_t)16 << 20)

/* The values of a field that is a list, each with a NUL. */
struct map_list {
	struct strbuf text;
	size_t count;
};

struct map_walk {
	struct map_reading *reading;
	struct json_stream *stream;
	struct map_held held;
	unsigned role[ROLE_COUNT], roles; /* those that have a name */
	char path[WALK_PATH_SIZE];        /* of the value that is looked at */
	size_t length;
	size_t scope;   /* where names begin: in the path behind this */
	unsigned level; /* of the object that they begin in, from 1 */
	bool is_in_row;
	uint64_t lists; /* of rows, that were found */
	struct map_list list[ROLE_COUNT];
};

/* ---- paths -------------------------------------------------------------------------------- */

static void push_name(struct map_walk *walk, const char *name, size_t length)
{
	size_t room = WALK_PATH_SIZE - 1 - walk->length;

	if (length + 1 > room) { /* no map has such a name: it fits nothing */
		name = "\n";
		length = 1;
	}
	if (length + 1 > room)
		return;
	walk->path[walk->length++] = '.';
	memcpy(walk->path + walk->length, name, length);
	walk->length += length;
}

static void push_position(struct map_walk *walk, unsigned position)
{
	char text[16];

	push_name(walk, text, (size_t)snprintf(text, sizeof(text), "%u", position));
}

/* Does one step of a pattern fit that of a path? */
static bool is_step(
	const char *pattern, size_t pattern_length, const char *step, size_t length)
{
	return (pattern_length == 1 && *pattern == '*') ||
		(pattern_length == length && !strncasecmp(pattern, step, length));
}

/* Is the path what the pattern says, or, as a front, a part of it from its begin? */
static bool is_map_path(
	const char *pattern, const char *path, size_t length, bool is_front)
{
	const char *end = path + length;

	while (path < end) {
		const char *dot = memchr(path, '.', (size_t)(end - path));
		size_t step = (size_t)((dot ? dot : end) - path);
		size_t wanted = strcspn(pattern, ".");

		if (!*pattern || !is_step(pattern, wanted, path, step))
			return false;
		pattern += wanted + (pattern[wanted] == '.');
		path += step + (dot != NULL);
	}
	return is_front ? *pattern != '\0' : !*pattern;
}

/* The next role, from *at on, whose field this is; NO_ROLE: none. */
static unsigned next_role(const struct map_walk *walk, bool is_front, unsigned *at)
{
	size_t begin = walk->scope + (walk->length > walk->scope);

	while (*at < walk->roles) {
		unsigned role = walk->role[(*at)++];

		if (is_map_path(walk->reading->name[role], walk->path + begin,
			    walk->length - begin, is_front))
			return role;
	}
	return NO_ROLE;
}

/* ---- fields that are lists ------------------------------------------------------------------ */

static int read_values(struct map_walk *walk, unsigned role, struct err *err)
{
	struct map_list *list = &walk->list[role];
	struct json_token token;
	int r;

	list->count = 0;
	strbuf_clear(&list->text);
	for (;;) {
		bool is_value;

		r = json_stream_next(walk->stream, &token, err);
		if (r < 0 || token.event == JSON_ARRAY_END)
			break;
		if (token.event == JSON_OBJECT || token.event == JSON_ARRAY)
			return json_stream_refuse(
				walk->stream, "a list of values", &token, err);
		is_value = token.event == JSON_TEXT || token.event == JSON_NUMBER;
		strbuf_add(&list->text, is_value ? token.text : "null");
		strbuf_add_bytes(&list->text, "", 1);
		list->count++;
	}
	return r < 0 || strbuf_failed(&list->text) == 0
		? r
		: err_set(err, -EFBIG,
			  "%s: %s: expected a list under %zu MiB, found more",
			  walk->reading->place.path, walk->reading->name[role],
			  LIST_BYTES_MAX >> 20);
}

static int hold_zipped(
	struct map_walk *walk, const char *at[ROLE_COUNT], struct err *err)
{
	int r = map_held_row(&walk->held, err);

	for (unsigned i = 0; r >= 0 && i < walk->roles; i++) {
		unsigned role = walk->role[i];
		size_t length = at[role] ? strlen(at[role]) : 0;

		if (!at[role])
			continue;
		map_held_add(&walk->held, role, at[role], length);
		at[role] += length + 1;
	}
	return r < 0 ? r : map_held_check(&walk->held, walk->reading, err);
}

/* The lists of one object, value by value, as rows. */
static int take_lists(struct map_walk *walk, struct err *err)
{
	const char *at[ROLE_COUNT] = { NULL };
	size_t count = 0;
	int r = 0;

	for (unsigned i = 0; i < walk->roles; i++) {
		unsigned role = walk->role[i];
		const struct map_list *list = &walk->list[role];

		if (!list->count)
			continue;
		if (count && list->count != count)
			return err_set(err, -EINVAL,
				"%s: row %llu: %s: expected as many values as in the other "
				"lists, %zu, found %zu",
				walk->reading->place.path,
				(unsigned long long)walk->reading->place.line,
				walk->reading->name[role], count, list->count);
		count = list->count;
		at[role] = list->text.text;
	}
	for (size_t i = 0; r >= 0 && i < count; i++)
		r = hold_zipped(walk, at, err);
	if (r >= 0)
		r = map_held_take(&walk->held, walk->reading, walk->level + 1, err);
	for (unsigned i = 0; i < walk->roles; i++)
		walk->list[walk->role[i]].count = 0;
	return r;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* Does a row have to wait for what stands behind it? */
static bool must_wait(const struct map_reading *reading)
{
	const struct map *map = reading->map;
	const struct import_options *options = reading->source->options;

	return map->is_spaced ||
		(map->workload_column && !reading->level[ROLE_WORKLOAD] &&
			(!options || !options->workload)) ||
		(map->is_long && !reading->level[ROLE_METRIC]) ||
		(map->period_column && !reading->level[ROLE_PERIOD]);
}

static int hold_row(struct map_walk *walk, struct err *err)
{
	struct map_reading *reading = walk->reading;
	int r = map_held_row(&walk->held, err);

	for (unsigned i = 0; r >= 0 && i < walk->roles; i++) {
		unsigned role = walk->role[i];

		if (reading->level[role] >= walk->level)
			map_held_add(&walk->held, role, reading->text[role],
				strlen(reading->text[role]));
	}
	map_role_forget(reading, walk->level);
	return r < 0 ? r : map_held_check(&walk->held, reading, err);
}

static int walk_values(
	struct map_walk *walk, bool is_list, const char *rest, struct err *err);

/* An object or a list from whose begin names are paths. */
static int walk_scope(
	struct map_walk *walk, bool is_list, const char *rest, struct err *err)
{
	size_t before = walk->scope;
	int r;

	walk->scope = walk->length;
	walk->level++;
	r = walk_values(walk, is_list, rest, err);
	if (r >= 0 && walk->is_in_row)
		r = walk->reading->map->is_columnar ? take_lists(walk, err)
			: must_wait(walk->reading)
			? hold_row(walk, err)
			: map_row_take(walk->reading, walk->level, err);
	else if (r >= 0)
		r = map_held_take(&walk->held, walk->reading, walk->level + 1, err);
	map_role_forget(walk->reading, walk->level);
	walk->level--;
	walk->scope = before;
	return r;
}

static int walk_row(struct map_walk *walk, bool is_list, struct err *err)
{
	int r;

	walk->is_in_row = true;
	walk->reading->place.line++;
	r = walk_scope(walk, is_list, NULL, err);
	walk->is_in_row = false;
	return r;
}

static int walk_rows(struct map_walk *walk, struct err *err)
{
	struct json_token token;
	int r;

	walk->lists++;
	for (;;) {
		r = json_stream_next(walk->stream, &token, err);
		if (r < 0 || token.event == JSON_ARRAY_END)
			return r;
		if (token.event != JSON_OBJECT && token.event != JSON_ARRAY)
			return json_stream_refuse(walk->stream,
				"an object with the fields of a row", &token, err);
		r = walk_row(walk, token.event == JSON_ARRAY, err);
		if (r < 0)
			return r;
	}
}

/* A container: of rows, on the way to them, of fields of the map, or of nothing of ours. */
static int walk_container(struct map_walk *walk, const struct json_token *token,
	const char *rest, bool is_item, struct err *err)
{
	bool is_list = token->event == JSON_ARRAY;
	unsigned at = 0, role;

	if (rest && !*rest) {
		walk->lists += !is_list;
		return is_list ? walk_rows(walk, err) : walk_row(walk, false, err);
	}
	if (rest && is_item && !is_list)
		return walk_scope(walk, false, rest, err);
	if (walk->is_in_row && is_list && walk->reading->map->is_columnar) {
		role = next_role(walk, false, &at);
		if (role != NO_ROLE)
			return read_values(walk, role, err);
		at = 0;
	}
	if (rest || next_role(walk, true, &at) != NO_ROLE)
		return walk_values(walk, is_list, rest, err);
	return json_stream_skip(walk->stream, token, err);
}

/* What follows of the path to the rows behind the name that was pushed last; NULL: they are
 * not there. */
static const char *rest_behind(
	const struct map_walk *walk, size_t before, const char *rest)
{
	size_t step = rest ? strcspn(rest, ".") : 0;

	if (!rest || walk->length <= before ||
		!is_step(
			rest, step, walk->path + before + 1, walk->length - before - 1))
		return NULL;
	return rest + step + (rest[step] == '.');
}

static int walk_values(
	struct map_walk *walk, bool is_list, const char *rest, struct err *err)
{
	size_t before = walk->length;
	unsigned position = 0;
	struct json_token token;
	int r = 0;

	while (r >= 0) {
		r = json_stream_next(walk->stream, &token, err);
		if (r < 0 || token.event == JSON_OBJECT_END ||
			token.event == JSON_ARRAY_END)
			break;
		if (is_list) {
			push_position(walk, ++position);
		} else {
			push_name(walk, token.text, token.length);
			r = json_stream_next(walk->stream, &token, err);
			if (r < 0)
				break;
		}
		if (token.event == JSON_OBJECT || token.event == JSON_ARRAY) {
			r = walk_container(walk, &token,
				rest_behind(walk, before, rest), is_list, err);
		} else if (token.event == JSON_TEXT || token.event == JSON_NUMBER) {
			unsigned at = 0, role;

			while ((role = next_role(walk, false, &at)) != NO_ROLE)
				map_role_give(walk->reading, role, token.text,
					token.length, walk->level);
		}
		walk->length = before;
	}
	return r;
}

/* ---- a source ---------------------------------------------------------------------------------- */

/* A list of rows, a list of documents, a document with a list of rows in it, or a row. */
static int walk_root(
	struct map_walk *walk, const struct json_token *token, struct err *err)
{
	const char *rows = walk->reading->map->rows;
	struct json_token item;
	int r = 0;

	if (token->event == JSON_OBJECT && !rows) {
		walk->lists++;
		return walk_row(walk, false, err);
	}
	if (token->event == JSON_OBJECT)
		return walk_scope(walk, false, rows, err);
	if (token->event != JSON_ARRAY)
		return json_stream_refuse(walk->stream, "a list of rows", token, err);
	if (!rows || !strchr(rows, '.'))
		return walk_rows(walk, err);
	while (r >= 0) {
		r = json_stream_next(walk->stream, &item, err);
		if (r < 0 || item.event == JSON_ARRAY_END)
			break;
		r = item.event == JSON_OBJECT
			? walk_scope(walk, false, rows, err)
			: json_stream_refuse(walk->stream,
				  "an object with a list of rows in it", &item, err);
	}
	return r;
}

static int walk_source(struct map_walk *walk, struct err *err)
{
	struct json_token token;
	int r;

	for (;;) {
		r = json_stream_next(walk->stream, &token, err);
		if (r < 0 || token.event == JSON_END)
			break;
		walk->level = 1;
		r = walk_root(walk, &token, err);
		if (r >= 0)
			r = map_held_take(&walk->held, walk->reading, 2, err);
		if (r < 0)
			break;
	}
	if (r >= 0 && !walk->lists)
		r = account_warn(walk->reading->sink->account, err,
			"no list \"%.60s\" in it", walk->reading->map->rows);
	return r;
}

int map_json_read(struct map_reading *reading, struct bytes *bytes, struct err *err)
{
	struct map_walk *walk = calloc(1, sizeof(*walk));
	int r;

	if (!walk)
		return err_oom(err);
	walk->reading = reading;
	map_held_begin(&walk->held);
	for (unsigned role = 0; role < ROLE_COUNT; role++) {
		strbuf_init(&walk->list[role].text, LIST_BYTES_MAX);
		if (reading->name[role])
			walk->role[walk->roles++] = role;
	}
	r = json_stream_open(bytes, true, &walk->stream, err);
	if (r >= 0)
		r = walk_source(walk, err);
	json_stream_close(walk->stream);
	for (unsigned role = 0; role < ROLE_COUNT; role++)
		strbuf_done(&walk->list[role].text);
	map_held_done(&walk->held);
	free(walk);
	return r;
}
