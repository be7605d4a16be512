/* Text for people on a terminal: lines that wrap at words, tables, colours. */
#include "analyze/document/people.h"
#include "analyze/document/writer.h"

#include "common/safe_text.h"
#include "analyze/console/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH_UNBROKEN 10000
#define HANG_MAX 30 /* columns: a label may be that wide */

/* ---- lines ---------------------------------------------------------------------- */

struct text_line {
	const struct context *context;
	FILE *out;
	unsigned column, hang;
	unsigned follows; /* columns of what the next piece begins with: its comma */
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

/* One word with the blanks before it; at the end of the terminal in the next line, with
 * what follows it without a blank. */
static void put_word(struct text_line *line, size_t blanks, const char *word,
	unsigned follows, enum color tone)
{
	unsigned width = safe_width(word);
	bool has_tone = tone != COLOR_NONE && line->context->has_color;

	if (width && line->column > line->hang &&
		line->column + blanks + width + follows >
			terminal_width_of(line->context)) {
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
		char after;

		/* "16.7 %" is one word */
		if (strncmp(word + length, " %", 2) == 0)
			length += 1 + strcspn(word + length + 1, " ");
		after = word[length];
		word[length] = '\0';
		put_word(line, blanks, word, after ? 0 : line->follows, tone);
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

static int write_text_put_line(
	const struct context *context, FILE *out, const struct doc_part *part)
{
	struct text_line line = {
		.context = context, .out = out, .hang = hang_of_line(part)
	};

	for (const struct doc_piece *piece = part->piece; piece; piece = piece->next) {
		char *safe = safe_terminal_dup(piece->text);

		if (!safe)
			return -ENOMEM;
		line.follows =
			piece->next ? (unsigned)strcspn(piece->next->text, " ") : 0;
		put_piece(&line, safe, piece->tone);
		free(safe);
	}
	fputc('\n', out);
	return 0;
}

/* ---- facts: a run of them stands aligned ---------------------------------------- */

static bool is_shown_fact(const struct doc_part *part)
{
	return part->kind == PART_FACT && part->in & IN_TEXT && part->title &&
		part->cell.kind != CELL_ABSENT;
}

/* The run of facts that begins here; leaves *part_at behind it. */
static int put_facts(
	const struct context *context, FILE *out, const struct doc_part **part_at)
{
	size_t width = 0;
	const struct doc_part *part = *part_at, *end = part;

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
		if (!safe)
			return -ENOMEM;
		put_piece(&line, safe, part->cell.tone);
		free(safe);
		fputc('\n', out);
	}
	*part_at = end;
	return 0;
}

/* ---- tables ------------------------------------------------------------------------ */

static unsigned cell_flags_of(unsigned flags)
{
	return (flags & COLUMN_RIGHT ? TABLE_RIGHT : 0u) |
		(flags & COLUMN_CUT ? TABLE_CUT : 0u) |
		(flags & COLUMN_WRAP ? TABLE_WRAP : 0u);
}

static void put_text_cell(struct table *out, const struct cell *cell)
{
	struct strbuf text;

	strbuf_init(&text, (size_t)1 << 20);
	people_cell(cell, &text);
	table_cell_colored(out, strbuf_text(&text), cell->tone);
	if (strbuf_failed(&text))
		table_fail(out);
	strbuf_done(&text);
}

struct text_table {
	struct table *out;
	const struct people_column *column;
	size_t count;
	const struct doc_table *table;
	const char *mark; /* of a name, that stands below it: it has the room there */
	size_t mark_at;   /* in that column */
};

/* A row that goes on in others has its mark in the next one. */
static struct cell without_mark(
	struct text_table *table, const struct people_row *row, size_t index)
{
	const struct doc_table *inner = doc_unfolded(table->table, row->outer);
	struct cell cell = row->outer->cell[index];

	if (cell.mark && row->inner && inner && inner->row_count > 1) {
		table->mark = cell.mark;
		table->mark_at = index;
		cell.mark = NULL;
	}
	return cell;
}

static void put_text_row(void *data, const struct people_row *row)
{
	struct text_table *table = data;

	table_row(table->out);
	for (size_t i = 0; i < table->count; i++) {
		size_t index = table->column[i].index;

		if (table->column[i].is_inner && row->inner) {
			put_text_cell(table->out, &row->inner->cell[index]);
		} else if (table->column[i].is_inner) {
			table_cell(table->out, row->instead ? row->instead : "");
			return;
		} else if (row->outer) {
			struct cell cell = without_mark(table, row, index);

			put_text_cell(table->out, &cell);
		} else {
			bool is_marked = table->mark && index == table->mark_at;

			table_cell_colored(table->out, is_marked ? table->mark : "",
				is_marked ? COLOR_WARN : COLOR_NONE);
			table->mark = is_marked ? NULL : table->mark;
		}
	}
}

static int put_text_table(
	const struct context *context, const struct doc_table *table, struct err *err)
{
	struct people_column columns[PEOPLE_COLUMNS_MAX];
	struct table_column titles[PEOPLE_COLUMNS_MAX];
	struct text_table rows;
	size_t count;

	if (table->row_count == 0) {
		if (table->empty)
			fprintf(context->out, "%s\n", table->empty);
		return 0;
	}
	count = people_columns(table, IN_TEXT, columns);
	for (size_t i = 0; i < count; i++) {
		const struct doc_column *column = people_column_of(table, &columns[i]);

		titles[i] = (struct table_column){ .title = column->title,
			.flags = cell_flags_of(column->flags) };
	}
	rows = (struct text_table){ .out = table_new(context, titles, count),
		.column = columns,
		.count = count,
		.table = table };
	people_rows(table, put_text_row, &rows);
	return table_print(rows.out, err);
}

static int put_blocks(FILE *out, const struct chart *chart)
{
	struct strbuf text;
	int r;

	strbuf_init(&text, 4096);
	if (chart->kind == CHART_LINE && chart->series_count == 1)
		chart_plot(chart, &text);
	else
		chart_blocks(chart, &text);
	safe_print_terminal(out, chart->title ? chart->title : "");
	fprintf(out, "\n%s\n", strbuf_text(&text));
	r = strbuf_failed(&text);
	strbuf_done(&text);
	return r;
}

static int write_text_put_part(const struct context *context, FILE *out,
	const struct doc_part *part, struct err *err)
{
	switch (part->kind) {
	case PART_TABLE:
		return put_text_table(context, part->table, err);
	case PART_LINE:
	case PART_HEADING:
		return write_text_put_line(context, out, part) < 0 ? err_oom(err) : 0;
	case PART_GAP:
		fputc('\n', out);
		break;
	case PART_SECTION:
	case PART_FOLD:
		fputc('\n', out);
		safe_print_terminal(out, part->title);
		fputc('\n', out);
		break;
	case PART_CHART:
		return put_blocks(out, part->cell.chart) < 0 ? err_oom(err) : 0;
	case PART_FACT:
	case PART_FOLD_END:
		break;
	}
	return 0;
}

int write_text(const struct document *document, const struct context *context,
	FILE *out, struct err *err)
{
	struct context own = *context;
	const struct doc_part *part = document->part;
	int r = 0;

	own.out = out;
	if (!own.width && document->is_unbroken)
		own.width = WIDTH_UNBROKEN;
	while (r == 0 && part) {
		if (part->kind == PART_FACT) {
			r = put_facts(&own, out, &part) < 0 ? err_oom(err) : 0;
			continue;
		}
		if (part->in & IN_TEXT)
			r = write_text_put_part(&own, out, part, err);
		part = part->next;
	}
	return r;
}
