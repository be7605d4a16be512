/* JSON: keys with dots become objects, tables arrays or objects, exact numbers. */
#include "analyze/document/writer.h"

#include "common/json_out.h"

#include <string.h>

#define DEPTH_MAX 4
#define KEY_SIZE 64

/* The objects that are open for a key with dots, such as "a.b" of "a.b.c". */
struct nest {
	struct json_out *json;
	char open[DEPTH_MAX][KEY_SIZE];
	size_t depth;
};

static void put_table(
	struct json_out *json, const char *key, const struct doc_table *table);

static void write_json_put_cell(
	struct json_out *json, const char *key, const struct cell *cell)
{
	switch (cell->kind) {
	case CELL_ABSENT:
	case CELL_CHART:
		break;
	case CELL_UNKNOWN:
		json_put_null(json, key);
		break;
	case CELL_NUMBER:
	case CELL_SHARE:
		json_put_number(json, key, cell->number);
		break;
	case CELL_WHOLE:
		json_put_integer(json, key, cell->integer);
		break;
	case CELL_MOMENT:
		json_put_time(json, key, cell->integer);
		break;
	case CELL_BOOL:
		json_put_bool(json, key, cell->integer != 0);
		break;
	case CELL_TEXT:
		json_put_text(json, key, cell->text);
		break;
	case CELL_TABLE:
		put_table(json, key, cell->table);
		break;
	}
}

static void close_to(struct nest *nest, size_t depth)
{
	for (; nest->depth > depth; nest->depth--)
		json_close_object(nest->json);
}

/* Opens what the key asks for, closes what it no longer shares; the last name of it. */
static const char *enter(struct nest *nest, const char *key)
{
	const char *dot;
	size_t depth = 0;

	while ((dot = strchr(key, '.')) && depth < DEPTH_MAX) {
		size_t length = (size_t)(dot - key);

		if (depth < nest->depth &&
			(strncmp(nest->open[depth], key, length) != 0 ||
				nest->open[depth][length] != '\0'))
			close_to(nest, depth);
		if (depth == nest->depth) {
			(void)snprintf(
				nest->open[depth], KEY_SIZE, "%.*s", (int)length, key);
			json_open_object(nest->json, nest->open[depth]);
			nest->depth++;
		}
		key = dot + 1;
		depth++;
	}
	close_to(nest, depth);
	return key;
}

static bool is_inside(const struct nest *nest, const char *key)
{
	size_t length = strcspn(key, ".");

	return nest->depth > 0 && strncmp(nest->open[0], key, length) == 0 &&
		nest->open[0][length] == '\0';
}

/* Does the group that begins at this column have nothing to say in this row? */
static bool is_group_absent(const struct doc_table *table, const struct doc_row *row,
	size_t column, size_t *ret_end)
{
	const char *key = table->column[column].key;
	const char *dot = strchr(key, '.');
	size_t length = dot ? (size_t)(dot - key) + 1 : 0;
	size_t i = column;

	for (; dot && i < table->column_count; i++) {
		const char *other = table->column[i].key;

		if (!(doc_column_in(table, i) & IN_JSON))
			continue;
		if (strncmp(other, key, length) != 0)
			break;
		if (row->cell[i].kind != CELL_ABSENT)
			return false;
	}
	*ret_end = i;
	return dot != NULL;
}

static void write_json_put_row(
	struct json_out *json, const struct doc_table *table, const struct doc_row *row)
{
	struct nest nest = { .json = json };
	size_t name = doc_name_column(table);

	for (size_t i = 0; i < table->column_count; i++) {
		const char *key = table->column[i].key;
		char group[KEY_SIZE];
		size_t end;

		if (!(doc_column_in(table, i) & IN_JSON) ||
			(i == name && table->kind != TABLE_ROWS))
			continue;
		if (!is_inside(&nest, key) && is_group_absent(table, row, i, &end)) {
			close_to(&nest, 0);
			(void)snprintf(group, sizeof(group), "%.*s",
				(int)strcspn(key, "."), key);
			json_put_null(json, group);
			i = end - 1;
			continue;
		}
		if (row->cell[i].kind != CELL_ABSENT)
			write_json_put_cell(json, enter(&nest, key), &row->cell[i]);
	}
	close_to(&nest, 0);
}

static void write_json_put_member(
	struct json_out *json, const struct doc_table *table, const struct doc_row *row)
{
	size_t name = doc_name_column(table);
	const char *key = row->null_name     ? row->null_name
		: name < table->column_count ? row->cell[name].text
					     : NULL;

	if (row->null_name) {
		json_put_null(json, key);
	} else if (table->kind == TABLE_LIST) {
		write_json_put_cell(json, NULL, &row->cell[0]);
	} else if (table->kind == TABLE_PAIRS) {
		write_json_put_cell(json, key, &row->cell[name + 1]);
	} else {
		json_open_object(json, table->kind == TABLE_KEYED ? key : NULL);
		write_json_put_row(json, table, row);
		json_close_object(json);
	}
}

/* In a document of its own, which goes when they are written; what did not fit into memory
 * is a failure of the one that is being written. */
static void put_made_rows(struct json_out *json, const struct doc_table *table)
{
	struct document *document = document_new(NULL);
	struct doc_table made = *table;

	if (!document) {
		table->document->is_failed = true;
		return;
	}
	made.document = document;
	made.row = made.last_row = NULL; /* those are written already */
	table->make(&made, table->data);
	for (const struct doc_row *row = made.row; row; row = row->next)
		write_json_put_member(json, table, row);
	if (document->is_failed)
		table->document->is_failed = true;
	document_free(document);
}

static void put_table(
	struct json_out *json, const char *key, const struct doc_table *table)
{
	bool is_array = table->kind == TABLE_ROWS || table->kind == TABLE_LIST;

	if (is_array)
		json_open_array(json, key);
	else
		json_open_object(json, key);
	for (const struct doc_row *row = table->row; row; row = row->next)
		write_json_put_member(json, table, row);
	if (table->make)
		put_made_rows(json, table);
	if (is_array)
		json_close_array(json);
	else
		json_close_object(json);
}

int write_json(const struct document *document, const struct context *context,
	FILE *out, struct err *err)
{
	struct json_out json;
	struct nest nest = { .json = &json };

	(void)context;
	json_begin(&json, out, document->schema);
	for (const struct doc_part *part = document->part; part; part = part->next) {
		if (!(part->in & IN_JSON) || !part->key ||
			(part->kind != PART_TABLE && part->kind != PART_FACT))
			continue;
		if (part->kind == PART_TABLE)
			put_table(&json, enter(&nest, part->key), part->table);
		else if (part->cell.kind != CELL_ABSENT)
			write_json_put_cell(
				&json, enter(&nest, part->key), &part->cell);
	}
	close_to(&nest, 0);
	json_end(&json);
	return document->is_failed ? err_oom(err) : 0;
}
