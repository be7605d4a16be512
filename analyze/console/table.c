#include "analyze/console/table.h"

#include "common/safe_text.h"

#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>

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
	scols_table_set_termforce(table->scols,
		context->width ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
	if (context->width)
		scols_table_set_termwidth(table->scols, context->width);
	for (size_t i = 0; i < count; i++)
		if (!scols_table_new_column(table->scols, columns[i].title,
			    columns[i].flags & (TABLE_CUT | TABLE_WRAP) ? 0.2 : 0,
			    column_flags(columns[i].flags)))
			table->is_failed = true;
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

int table_print(struct table *table, struct err *err)
{
	bool is_failed = !table || table->is_failed;

	if (!is_failed && scols_print_table(table->scols) != 0)
		is_failed = true;
	table_free(table);
	return is_failed ? err_oom(err) : 0;
}
