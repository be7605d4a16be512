/* Text for people on a terminal: lines that wrap at words, tables, colours. */
#include "analyze/document/writer.h"

#include "analyze/console/safe_text.h"
#include "analyze/console/table.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 64
#define HANG_MAX 30 /* columns: a label may be that wide */

/* ---- lines ---------------------------------------------------------------------- */

struct text_line {
	const struct context *context;
	FILE *out;
	unsigned column, hang;
};

/* Columns that the text after a label begins at ("period    from ... to"), or where the
 * first word does, and two more. */
static unsigned hang_of(const char *text)
{
	unsigned indent = (unsigned)strspn(text, " ");
	const char *label = text + indent;
	const char *gap = strstr(label, "  ");
	unsigned at = gap ? (unsigned)(gap - text) : HANG_MAX;

	if (at >= HANG_MAX)
		return indent + 2;
	at += (unsigned)strspn(gap, " ");
	return at < HANG_MAX ? at : indent + 2;
}

/* One word with the blanks before it; at the end of the terminal in the next line. */
static void put_word(
	struct text_line *line, size_t blanks, const char *word, enum color tone)
{
	unsigned width = safe_width(word);
	bool has_tone = tone != COLOR_NONE && line->context->has_color;

	if (line->context->width && width && line->column > line->hang &&
		line->column + blanks + width > line->context->width) {
		fprintf(line->out, "\n%*s", (int)line->hang, "");
		line->column = line->hang;
		blanks = 0;
	}
	fprintf(line->out, "%*s", (int)blanks, "");
	if (has_tone)
		fputs(terminal_color(line->context, tone), line->out);
	fputs(word, line->out);
	if (has_tone)
		fputs(terminal_color(line->context, COLOR_NONE), line->out);
	line->column += (unsigned)blanks + width;
}

static void put_piece(struct text_line *line, char *text, enum color tone)
{
	while (*text) {
		size_t blanks = strspn(text, " ");
		char *word = text + blanks;
		size_t length = strcspn(word, " ");
		char after = word[length];

		word[length] = '\0';
		put_word(line, blanks, word, tone);
		word[length] = after;
		text = word + length;
	}
}

static unsigned hang_of_line(const struct doc_part *part)
{
	char begin[2 * HANG_MAX] = "";
	size_t used = 0;

	for (const struct doc_piece *piece = part->piece;
		piece && used + 1 < sizeof(begin); piece = piece->next)
		used += (size_t)snprintf(
			begin + used, sizeof(begin) - used, "%s", piece->text);
	return hang_of(begin);
}

static void put_line(
	const struct context *context, FILE *out, const struct doc_part *part)
{
	struct text_line line = {
		.context = context, .out = out, .hang = hang_of_line(part)
	};

	for (const struct doc_piece *piece = part->piece; piece; piece = piece->next) {
		char *safe = safe_terminal_dup(piece->text);

		if (!safe)
			continue;
		put_piece(&line, safe, piece->tone);
		free(safe);
	}
	fputc('\n', out);
}

/* ---- facts: a run of them stands aligned ---------------------------------------- */

static bool is_shown_fact(const struct doc_part *part)
{
	return part->kind == PART_FACT && part->in & IN_TEXT && part->title &&
		part->cell.kind != CELL_ABSENT;
}

static const struct doc_part *put_facts(
	const struct context *context, FILE *out, const struct doc_part *part)
{
	size_t width = 0;
	const struct doc_part *end = part;

	for (; end && end->kind == PART_FACT; end = end->next)
		if (is_shown_fact(end) && strlen(end->title) > width)
			width = strlen(end->title);
	for (; part != end; part = part->next) {
		struct text_line line = {
			.context = context, .out = out, .hang = (unsigned)width + 2
		};
		char text[CELL_TEXT_SIZE], *safe;

		if (!is_shown_fact(part))
			continue;
		fprintf(out, "%-*s  ", (int)width, part->title);
		line.column = line.hang;
		safe = safe_terminal_dup(cell_for_people(&part->cell, text));
		if (safe)
			put_piece(&line, safe, part->cell.tone);
		free(safe);
		fputc('\n', out);
	}
	return end;
}

/* ---- tables ------------------------------------------------------------------------ */

/* A column on the terminal: of the table, or of the one that is unfolded in it. */
struct shown_column {
	bool is_inner;
	size_t index;
	int place;
};

static size_t collect_columns(const struct doc_table *table, bool is_inner,
	struct shown_column *columns, size_t count)
{
	for (size_t i = 0; i < table->column_count && count < COLUMNS_MAX; i++) {
		const struct doc_column *column = &table->column[i];

		if (!(doc_column_in(table, i) & IN_TEXT) ||
			column->flags & COLUMN_UNFOLD)
			continue;
		columns[count++] = (struct shown_column){ .is_inner = is_inner,
			.index = i,
			.place = column->flags & COLUMN_LAST ? COLUMNS_MAX
							     : column->place };
	}
	return count;
}

/* By place; the order of the arrays where that is the same. */
static void sort_columns(struct shown_column *columns, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct shown_column moving = columns[i];
		size_t at = i;

		for (; at > 0 && columns[at - 1].place > moving.place; at--)
			columns[at] = columns[at - 1];
		columns[at] = moving;
	}
}

static unsigned layout_of(unsigned flags)
{
	return (flags & COLUMN_RIGHT ? TABLE_RIGHT : 0u) |
		(flags & COLUMN_CUT ? TABLE_CUT : 0u) |
		(flags & COLUMN_WRAP ? TABLE_WRAP : 0u);
}

static void list_for_people(struct strbuf *text, const struct doc_table *list)
{
	char buffer[CELL_TEXT_SIZE];

	for (const struct doc_row *row = list->row; row; row = row->next)
		strbuf_addf(text, "%s%s", row == list->row ? "" : ", ",
			cell_for_people(&row->cell[0], buffer));
}

static void put_text_cell(struct table *out, const struct cell *cell)
{
	char buffer[CELL_TEXT_SIZE];
	struct strbuf text;

	if (!cell->mark && cell->kind != CELL_TABLE) {
		table_cell_colored(out, cell_for_people(cell, buffer), cell->tone);
		return;
	}
	strbuf_init(&text, (size_t)1 << 20);
	if (cell->kind == CELL_TABLE && !cell->shown)
		list_for_people(&text, cell->table);
	else
		strbuf_add(&text, cell_for_people(cell, buffer));
	if (cell->mark)
		strbuf_addf(&text, " %s", cell->mark);
	table_cell_colored(out, strbuf_text(&text), cell->tone);
	strbuf_done(&text);
}

/* outer NULL: its cells stand in the row before. */
static void put_text_row(struct table *out, const struct shown_column *columns,
	size_t count, const struct doc_row *outer, const struct doc_row *inner,
	const char *instead)
{
	table_row(out);
	for (size_t i = 0; i < count; i++) {
		if (columns[i].is_inner && inner)
			put_text_cell(out, &inner->cell[columns[i].index]);
		else if (columns[i].is_inner) {
			table_cell(out, instead ? instead : "");
			return;
		} else if (outer)
			put_text_cell(out, &outer->cell[columns[i].index]);
		else
			table_cell(out, "");
	}
}

static void put_rows(struct table *out, const struct shown_column *columns,
	size_t count, const struct doc_table *table, bool is_unfolded)
{
	for (const struct doc_row *row = table->row; row; row = row->next) {
		const struct doc_table *inner = doc_unfolded(table, row);
		bool is_first = true;

		if (row->null_name)
			continue;
		for (const struct doc_row *in = inner ? inner->row : NULL; in;
			in = in->next) {
			if (in->null_name)
				continue;
			put_text_row(
				out, columns, count, is_first ? row : NULL, in, NULL);
			is_first = false;
		}
		if (is_first)
			put_text_row(out, columns, count, row, NULL,
				is_unfolded && inner ? inner->empty : NULL);
	}
}

static int put_text_table(
	const struct context *context, const struct doc_table *table, struct err *err)
{
	const struct doc_table *inner = table->shape;
	struct shown_column columns[COLUMNS_MAX];
	struct table_column titles[COLUMNS_MAX];
	struct table *out;
	size_t count;

	if (table->row_count == 0) {
		if (table->empty)
			fprintf(context->out, "%s\n", table->empty);
		return 0;
	}
	count = collect_columns(table, false, columns, 0);
	if (inner)
		count = collect_columns(inner, true, columns, count);
	sort_columns(columns, count);
	for (size_t i = 0; i < count; i++) {
		const struct doc_column *column = &(columns[i].is_inner ? inner : table)
							   ->column[columns[i].index];

		titles[i] = (struct table_column){ .title = column->title,
			.flags = layout_of(column->flags) };
	}
	out = table_new(context, titles, count);
	put_rows(out, columns, count, table, inner != NULL);
	return table_print(out, err);
}

int write_text(const struct document *document, const struct context *context,
	FILE *out, struct err *err)
{
	struct context own = *context;
	const struct doc_part *part = document->part;
	int r = 0;

	own.out = out;
	while (r == 0 && part) {
		if (part->kind == PART_FACT) {
			part = put_facts(&own, out, part);
			continue;
		}
		if (part->kind == PART_GAP)
			fputc('\n', out);
		else if (part->kind != PART_TABLE)
			put_line(&own, out, part);
		else if (part->in & IN_TEXT)
			r = put_text_table(&own, part->table, err);
		part = part->next;
	}
	return r;
}
