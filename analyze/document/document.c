#include "analyze/document/document.h"

#include "analyze/document/parts.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)64 << 10)
#define ALIGNMENT sizeof(max_align_t)

/* ---- memory: taken in blocks, given back in one go -------------------------------- */

struct doc_block {
	struct doc_block *next;
	size_t used, size;
	max_align_t bytes[];
};

static void *doc_alloc(struct document *document, size_t size)
{
	struct doc_block *block;
	char *memory;

	if (!document || document->is_failed)
		return NULL;
	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	block = document->block;
	if (!block || block->size - block->used < size) {
		size_t bytes = size > BLOCK_BYTES ? size : BLOCK_BYTES;

		block = malloc(sizeof(*block) + bytes);
		if (!block) {
			document->is_failed = true;
			return NULL;
		}
		*block = (struct doc_block){ .next = document->block, .size = bytes };
		document->block = block;
	}
	memory = (char *)block->bytes + block->used;
	block->used += size;
	return memset(memory, 0, size);
}

void *doc_memory(struct document *document, size_t size)
{
	return doc_alloc(document, size);
}

static const char *copy_text(struct document *document, const char *text)
{
	size_t size = text ? strlen(text) + 1 : 0;
	char *copy = text ? doc_alloc(document, size) : NULL;

	return copy ? memcpy(copy, text, size) : NULL;
}

static const char *keep_va(struct document *document, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static const char *keep_va(struct document *document, const char *format, va_list args)
{
	va_list again;
	char *text;
	int length;

	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	text = length < 0 ? NULL : doc_alloc(document, (size_t)length + 1);
	if (text)
		(void)vsnprintf(text, (size_t)length + 1, format, args);
	return text;
}

const char *doc_keep(struct document *document, const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = keep_va(document, format, args);
	va_end(args);
	return text;
}

struct doc_column *doc_columns(
	struct document *document, const struct doc_column *columns, size_t count)
{
	struct doc_column *copy = doc_alloc(document, count * sizeof(*columns));

	return copy ? memcpy(copy, columns, count * sizeof(*columns)) : NULL;
}

struct document *document_new(const char *schema)
{
	struct document *document = calloc(1, sizeof(*document));

	if (document)
		*document = (struct document){ .schema = schema, .in = IN_PEOPLE };
	return document;
}

void document_free(struct document *document)
{
	if (!document)
		return;
	while (document->block) {
		struct doc_block *block = document->block;

		document->block = block->next;
		free(block);
	}
	free(document);
}

/* ---- parts ------------------------------------------------------------------------ */

static struct doc_part *doc_add_part(struct document *document, enum doc_part_kind kind,
	unsigned in, const char *key)
{
	struct doc_part *part = doc_alloc(document, sizeof(*part));

	if (!part)
		return NULL;
	part->kind = kind;
	/* what the terminal shows, a page shows */
	part->in = !in ? IN_ALL : in & IN_TEXT ? in | IN_HTML : in;
	part->key = key;
	if (document->last_part)
		document->last_part->next = part;
	else
		document->part = part;
	document->last_part = part;
	return part;
}

static struct cell copy_cell(struct document *document, struct cell cell)
{
	cell.text = copy_text(document, cell.text);
	cell.shown = copy_text(document, cell.shown);
	cell.mark = copy_text(document, cell.mark);
	cell.link = copy_text(document, cell.link);
	return cell;
}

void doc_fact(struct document *document, unsigned in, const char *key,
	const char *title, struct cell cell)
{
	struct doc_part *part = doc_add_part(document, PART_FACT, in, key);

	if (!part)
		return;
	part->title = title;
	part->cell = copy_cell(document, cell);
}

void doc_json(struct document *document, const char *key, struct cell cell)
{
	doc_fact(document, IN_JSON, key, NULL, cell);
}

void doc_unbroken(struct document *document)
{
	if (document)
		document->is_unbroken = true;
}

void doc_kv_capitals(struct document *document)
{
	if (document)
		document->has_capitals = true;
}

static void add_piece(struct document *document, struct doc_part *part, enum color tone,
	const char *text)
{
	struct doc_piece *piece = text ? doc_alloc(document, sizeof(*piece)) : NULL;

	if (!piece)
		return;
	*piece = (struct doc_piece){ .text = text, .tone = tone };
	if (part->last_piece)
		part->last_piece->next = piece;
	else
		part->piece = piece;
	part->last_piece = piece;
}

void doc_line(struct document *document, const char *format, ...)
{
	struct doc_part *part =
		doc_add_part(document, PART_LINE, document ? document->in : 0, NULL);
	va_list args;

	if (!part)
		return;
	va_start(args, format);
	add_piece(document, part, COLOR_NONE, keep_va(document, format, args));
	va_end(args);
}

void doc_span(struct document *document, enum color tone, const char *format, ...)
{
	va_list args;

	if (!document || document->is_failed)
		return;
	assert(document->last_part &&
		(document->last_part->kind == PART_LINE ||
			document->last_part->kind == PART_HEADING));
	va_start(args, format);
	add_piece(document, document->last_part, tone, keep_va(document, format, args));
	va_end(args);
}

void doc_heading(struct document *document, const char *format, ...)
{
	struct doc_part *part =
		doc_add_part(document, PART_HEADING, document ? document->in : 0, NULL);
	va_list args;

	if (!part)
		return;
	va_start(args, format);
	add_piece(document, part, COLOR_BOLD, keep_va(document, format, args));
	va_end(args);
}

void doc_gap(struct document *document)
{
	(void)doc_add_part(document, PART_GAP, document ? document->in : 0, NULL);
}

void doc_for(struct document *document, unsigned in)
{
	if (document)
		document->in = in;
}

void doc_page(struct document *document, const char *title, int64_t at)
{
	if (!document)
		return;
	document->title = copy_text(document, title);
	document->at = at;
}

static struct doc_part *add_titled(struct document *document, enum doc_part_kind kind,
	const char *id, const char *title)
{
	struct doc_part *part =
		doc_add_part(document, kind, document ? document->in : 0, NULL);

	if (part) {
		part->key = copy_text(document, id);
		part->title = copy_text(document, title);
	}
	return part;
}

void doc_section(struct document *document, const char *id, const char *title)
{
	(void)add_titled(document, PART_SECTION, id, title);
}

void doc_fold(struct document *document, const char *id, const char *summary)
{
	(void)add_titled(document, PART_FOLD, id, summary);
}

void doc_fold_end(struct document *document)
{
	(void)add_titled(document, PART_FOLD_END, NULL, NULL);
}

void doc_chart(struct document *document, const struct chart *chart)
{
	struct doc_part *part =
		chart ? add_titled(document, PART_CHART, NULL, NULL) : NULL;

	if (part)
		part->cell = cell_chart(chart);
}

/* ---- tables ------------------------------------------------------------------------ */

struct doc_table *doc_nested(struct document *document, enum doc_table_kind kind,
	const struct doc_column *columns, size_t count)
{
	struct doc_table *table = doc_alloc(document, sizeof(*table));
	unsigned char *hidden_in = doc_alloc(document, count);

	if (!table || !hidden_in || !columns)
		return NULL;
	*table = (struct doc_table){ .document = document,
		.kind = kind,
		.column = columns,
		.column_count = count,
		.hidden_in = hidden_in };
	return table;
}

struct doc_table *doc_table(struct document *document, unsigned in, const char *key,
	enum doc_table_kind kind, const struct doc_column *columns, size_t count)
{
	struct doc_table *table = doc_nested(document, kind, columns, count);
	struct doc_part *part =
		table ? doc_add_part(document, PART_TABLE, in, key) : NULL;

	if (!part)
		return NULL;
	part->table = table;
	return table;
}

struct doc_table *doc_shape(struct doc_table *table, enum doc_table_kind kind,
	const struct doc_column *columns, size_t count)
{
	if (table)
		table->shape = doc_nested(table->document, kind, columns, count);
	return table ? table->shape : NULL;
}

struct doc_table *doc_inner(struct doc_table *table)
{
	const struct doc_table *shape = table ? table->shape : NULL;
	struct doc_table *inner =
		shape ? doc_alloc(table->document, sizeof(*inner)) : NULL;

	if (inner)
		*inner = *shape; /* with what is hidden */
	return inner;
}

void doc_empty(struct doc_table *table, const char *text)
{
	if (table)
		table->empty = copy_text(table->document, text);
}

void doc_whole(struct doc_table *table)
{
	if (table)
		table->is_whole = true;
}

void doc_title(struct doc_table *table, const char *title)
{
	if (table)
		table->title = copy_text(table->document, title);
}

static bool is_called(const char *own, const char *name)
{
	return own && strcmp(own, name) == 0;
}

void doc_hide(struct doc_table *table, const char *name)
{
	for (size_t i = 0; table && i < table->column_count; i++) {
		if (is_called(table->column[i].key, name))
			table->hidden_in[i] = IN_ALL;
		else if (is_called(table->column[i].title, name))
			table->hidden_in[i] = IN_PEOPLE;
	}
}

static struct doc_row *add_row(struct doc_table *table, size_t count)
{
	struct doc_row *row = table
		? doc_alloc(
			  table->document, sizeof(*row) + count * sizeof(row->cell[0]))
		: NULL;

	if (!row)
		return NULL;
	if (table->last_row)
		table->last_row->next = row;
	else
		table->row = row;
	table->last_row = row;
	table->row_count++;
	return row;
}

void doc_row(struct doc_table *table, const struct cell *cells, size_t count)
{
	struct doc_row *row = add_row(table, count);

	if (!row)
		return;
	assert(count == table->column_count);
	for (size_t i = 0; i < count; i++)
		row->cell[i] = copy_cell(table->document, cells[i]);
}

void doc_rows_later(struct doc_table *table,
	void (*make)(struct doc_table *table, const void *data), const void *data)
{
	if (!table)
		return;
	table->make = make;
	table->data = data;
}

void doc_row_null(struct doc_table *table, const char *name)
{
	struct doc_row *row = add_row(table, 0);

	if (!row)
		return;
	row->null_name = copy_text(table->document, name);
	table->row_count--;
}

static const struct doc_column pair_columns[] = {
	{ "name", "", COLUMN_NAME, 0, NULL },
	{ "value", "", 0, 0, NULL },
};

struct doc_table *doc_list(struct document *document)
{
	return doc_nested(document, TABLE_LIST, pair_columns, 1);
}

void doc_item(struct doc_table *list, struct cell cell)
{
	doc_row(list, &cell, 1);
}

struct doc_table *doc_pairs(struct document *document)
{
	return doc_nested(document, TABLE_PAIRS, pair_columns, 2);
}

void doc_pair(struct doc_table *pairs, const char *name, struct cell cell)
{
	DOC_ROW(pairs, cell_text(name), cell);
}

/* ---- what the writers ask -------------------------------------------------------- */

unsigned doc_column_in(const struct doc_table *table, size_t column)
{
	const struct doc_column *c = &table->column[column];
	unsigned in = c->flags & IN_ALL ? c->flags & IN_ALL : IN_ALL;

	/* what the terminal shows, a page shows */
	if (in & IN_TEXT)
		in |= IN_HTML | IN_XLSX;

	if (!c->key)
		in &= ~(unsigned)IN_MACHINE;
	if (!c->title)
		in &= ~(unsigned)(IN_PEOPLE | IN_XLSX);
	return in & ~(unsigned)table->hidden_in[column];
}

static size_t find_flag(const struct doc_table *table, unsigned flag)
{
	size_t i = 0;

	while (i < table->column_count && !(table->column[i].flags & flag))
		i++;
	return i;
}

size_t doc_name_column(const struct doc_table *table)
{
	return find_flag(table, COLUMN_NAME);
}

/* The column with COLUMN_UNFOLD; column_count where there is none. */
static size_t doc_unfold_column(const struct doc_table *table)
{
	return find_flag(table, COLUMN_UNFOLD);
}

const struct doc_table *doc_unfolded(
	const struct doc_table *table, const struct doc_row *row)
{
	size_t column = doc_unfold_column(table);

	if (column == table->column_count || row->null_name ||
		row->cell[column].kind != CELL_TABLE)
		return NULL;
	return row->cell[column].table;
}
