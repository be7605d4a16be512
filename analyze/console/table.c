#include "analyze/console/table.h"

#include "common/safe_text.h"

#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_CELL_CEILING ((size_t)1 << 20)

struct table {
	const struct context *context; /* borrowed */
	struct libscols_table *scols;
	struct libscols_line *line; /* the row that is being filled */
	size_t column;
	bool is_failed;
};

static int column_flags(unsigned flags)
{
	return (flags & TABLE_RIGHT ? SCOLS_FL_RIGHT : 0) |
		(flags & TABLE_CUT ? SCOLS_FL_TRUNC : 0) |
		(flags & TABLE_WRAP ? SCOLS_FL_WRAP : 0);
}

struct table *table_new(
	const struct context *context, const struct table_column *columns, size_t count)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	scols_init_debug(0);
	table->context = context;
	table->scols = scols_new_table();
	if (!table->scols) {
		free(table);
		return NULL;
	}
	scols_table_set_stream(table->scols, context->out);
	scols_table_enable_colors(table->scols, context->has_color);
	scols_table_enable_noencoding(table->scols, 1); /* cells are safe already */
	scols_table_set_termforce(table->scols, SCOLS_TERMFORCE_ALWAYS);
	scols_table_set_termwidth(table->scols, terminal_width_of(context));
	for (size_t i = 0; i < count; i++) {
		unsigned flags = columns[i].flags;

		if (!context->width)
			flags &= ~(unsigned)TABLE_CUT;
		if (!scols_table_new_column(table->scols, columns[i].title,
			    flags & (TABLE_CUT | TABLE_WRAP) ? 0.2 : 0,
			    column_flags(flags)))
			table->is_failed = true;
	}
	return table;
}

static void table_free(struct table *table)
{
	if (!table)
		return;
	scols_unref_table(table->scols);
	free(table);
}

void table_row(struct table *table)
{
	if (!table)
		return;
	table->line = scols_table_new_line(table->scols, NULL);
	table->column = 0;
	if (!table->line)
		table->is_failed = true;
}

void table_cell_colored(struct table *table, const char *text, enum color color)
{
	char *safe;

	if (!table || !table->line)
		return;
	safe = safe_terminal_dup(text ? text : "-");
	if (!safe || scols_line_refer_data(table->line, table->column, safe) != 0) {
		free(safe);
		table->is_failed = true;
		return;
	}
	if (color != COLOR_NONE && table->context->has_color)
		scols_cell_set_color(scols_line_get_cell(table->line, table->column),
			terminal_color(table->context, color));
	table->column++;
}

void table_cell(struct table *table, const char *text)
{
	table_cell_colored(table, text, COLOR_NONE);
}

/* Where the line ends that text begins with: behind its last word that fits, or amid a
 * word that is wider than the column. */
static size_t line_length(const char *text, size_t width)
{
	size_t at = 0, fits = 0, used = 0;

	for (size_t next; text[at]; at = next) {
		char point[8] = "";

		for (next = at + 1; ((unsigned char)text[next] & 0xC0) == 0x80;)
			next++;
		memcpy(point, text + at, next - at < 8 ? next - at : 7);
		used += safe_width(point);
		if (text[at] == ' ' && used <= width + 1)
			fits = at;
		if (used > width)
			return fits ? fits : at ? at : next;
	}
	return at;
}

static char *wrap_at_words(const char *text, size_t width)
{
	struct strbuf wrapped;

	strbuf_init(&wrapped, TABLE_CELL_CEILING);
	while (*text) {
		size_t length = line_length(text, width);

		strbuf_addf(&wrapped, "%.*s", (int)length, text);
		text += length + strspn(text + length, " ");
		strbuf_add(&wrapped, *text ? "\n" : "");
	}
	return strbuf_take(&wrapped);
}

static int wrap_column(struct table *table, struct libscols_column *column)
{
	size_t width = scols_column_get_width(column);

	for (size_t i = 0; i < scols_table_get_nlines(table->scols); i++) {
		struct libscols_cell *cell = scols_line_get_column_cell(
			scols_table_get_line(table->scols, i), column);
		const char *text = cell ? scols_cell_get_data(cell) : NULL;
		char *wrapped;

		if (!text || safe_width(text) <= width)
			continue;
		wrapped = wrap_at_words(text, width);
		if (!wrapped || scols_cell_refer_data(cell, wrapped) != 0) {
			free(wrapped);
			return -ENOMEM;
		}
	}
	return scols_column_set_wrapfunc(
		column, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL);
}

/* The library breaks amid a word.  How wide a column becomes it knows when it has
 * printed: once for that, and then with the lines that fit. */
static int break_at_words(struct table *table)
{
	char *printed = NULL;
	bool is_measured = false;

	for (size_t i = 0; i < scols_table_get_ncols(table->scols); i++) {
		struct libscols_column *column =
			scols_table_get_column(table->scols, i);

		if (!scols_column_is_wrap(column))
			continue;
		if (!is_measured &&
			scols_print_table_to_string(table->scols, &printed) != 0)
			return -ENOMEM;
		is_measured = true;
		free(printed);
		printed = NULL;
		if (wrap_column(table, column) < 0)
			return -ENOMEM;
	}
	return 0;
}

void table_fail(struct table *table)
{
	if (table)
		table->is_failed = true;
}

int table_print(struct table *table, struct err *err)
{
	bool is_failed = !table || table->is_failed || break_at_words(table) < 0;

	if (!is_failed && scols_print_table(table->scols) != 0)
		is_failed = true;
	table_free(table);
	return is_failed ? err_oom(err) : 0;
}
