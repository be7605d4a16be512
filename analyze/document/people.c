#include "analyze/document/people.h"

static size_t collect_columns(const struct doc_table *table, unsigned in, bool is_inner,
	struct people_column *columns, size_t count)
{
	for (size_t i = 0; i < table->column_count && count < PEOPLE_COLUMNS_MAX; i++) {
		const struct doc_column *column = &table->column[i];

		if (!(doc_column_in(table, i) & in) || column->flags & COLUMN_UNFOLD)
			continue;
		columns[count++] = (struct people_column){ .is_inner = is_inner,
			.index = i,
			.place = column->flags & COLUMN_LAST ? PEOPLE_COLUMNS_MAX
							     : column->place };
	}
	return count;
}

size_t people_columns(const struct doc_table *table, unsigned in,
	struct people_column columns[PEOPLE_COLUMNS_MAX])
{
	size_t count = collect_columns(table, in, false, columns, 0);

	if (table->shape)
		count = collect_columns(table->shape, in, true, columns, count);
	/* by place; the order of the arrays where that is the same */
	for (size_t i = 1; i < count; i++) {
		struct people_column moving = columns[i];
		size_t at = i;

		for (; at > 0 && columns[at - 1].place > moving.place; at--)
			columns[at] = columns[at - 1];
		columns[at] = moving;
	}
	return count;
}

const struct doc_column *people_column_of(
	const struct doc_table *table, const struct people_column *column)
{
	return &(column->is_inner ? table->shape : table)->column[column->index];
}

void people_cell(const struct cell *cell, struct strbuf *text)
{
	char buffer[CELL_TEXT_SIZE];

	if (cell->kind == CELL_CHART && !cell->shown) {
		chart_blocks(cell->chart, text);
	} else if (cell->kind == CELL_TABLE && !cell->shown) {
		for (const struct doc_row *row = cell->table->row; row; row = row->next)
			strbuf_addf(text, "%s%s", row == cell->table->row ? "" : ", ",
				cell_for_people(&row->cell[0], buffer));
	} else {
		strbuf_add(text, cell_for_people(cell, buffer));
	}
	if (cell->mark)
		strbuf_addf(text, " %s", cell->mark);
}

void people_rows(const struct doc_table *table, people_put *put, void *data)
{
	for (const struct doc_row *row = table->row; row; row = row->next) {
		const struct doc_table *inner = doc_unfolded(table, row);
		struct people_row one = { .outer = row };

		if (row->null_name)
			continue;
		for (const struct doc_row *in = inner ? inner->row : NULL; in;
			in = in->next) {
			if (in->null_name)
				continue;
			one.inner = in;
			put(data, &one);
			one.outer = NULL;
		}
		if (one.inner)
			continue;
		one.instead = inner ? inner->empty : NULL;
		put(data, &one);
	}
}
