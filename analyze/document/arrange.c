#include "analyze/document/arrange.h"

#include "analyze/document/parts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define INNER_KEY "peak" /* of a resource that is unfolded in the row */

/* Where the figure of a row is: in a column, or in the unfolded row of that name. */
struct sort_key {
	const char *word;
	size_t column, inner_column;
	bool is_inner;
};

struct sort_item {
	struct doc_row *row;
	const struct cell *cell; /* NULL: this row has none */
	size_t index;
};

static bool arrange_is_word_of(const struct doc_column *column, const char *word)
{
	const char *dot = column->key ? strrchr(column->key, '.') : NULL;

	return (column->key && strcasecmp(column->key, word) == 0) ||
		(dot && strcasecmp(dot + 1, word) == 0) ||
		(column->csv && strcasecmp(column->csv, word) == 0) ||
		(column->title && *column->title &&
			strcasecmp(column->title, word) == 0);
}

static bool is_figure(const struct cell *cell)
{
	return cell->kind == CELL_NUMBER || cell->kind == CELL_SHARE ||
		cell->kind == CELL_WHOLE || cell->kind == CELL_MOMENT;
}

/* A column of figures is meant before one of words: CPU is a heading and a need. */
static bool arrange_find_column(
	const struct doc_table *table, const char *word, size_t *ret_column)
{
	bool is_found = false;

	for (size_t i = 0; i < table->column_count; i++) {
		bool has_figure = false;

		if (!arrange_is_word_of(&table->column[i], word))
			continue;
		for (const struct doc_row *row = table->row; row && !has_figure;
			row = row->next)
			has_figure = !row->null_name && is_figure(&row->cell[i]);
		if (!is_found || has_figure)
			*ret_column = i;
		is_found = true;
		if (has_figure)
			return true;
	}
	return is_found;
}

static const struct cell *inner_cell(const struct doc_table *inner, const char *name)
{
	size_t names = inner ? doc_name_column(inner) : 0, column;

	if (!inner || names == inner->column_count ||
		!arrange_find_column(inner, INNER_KEY, &column))
		return NULL;
	for (const struct doc_row *row = inner->row; row; row = row->next) {
		if (!row->null_name && row->cell[names].text &&
			strcasecmp(row->cell[names].text, name) == 0)
			return &row->cell[column];
	}
	return NULL;
}

static int by_cell(const void *a, const void *b)
{
	const struct sort_item *first = a, *second = b;
	const struct cell *x = first->cell, *y = second->cell;
	int order = 0;

	if (x && y && is_figure(x) && is_figure(y)) {
		double left = x->kind == CELL_WHOLE || x->kind == CELL_MOMENT
			? (double)x->integer
			: x->number;
		double right = y->kind == CELL_WHOLE || y->kind == CELL_MOMENT
			? (double)y->integer
			: y->number;

		order = left > right ? -1 : left < right ? 1 : 0;
	} else if (x && y && x->text && y->text && !is_figure(x) && !is_figure(y)) {
		order = strcasecmp(x->text, y->text);
	} else {
		/* what is not known comes last */
		order = (x && is_figure(x) ? 0 : 1) - (y && is_figure(y) ? 0 : 1);
	}
	return order ? order : first->index < second->index ? -1 : 1;
}

/* Returns 1 where the table has such a column, 0 where not, -ENOMEM. */
static int sort_table(struct doc_table *table, const char *word)
{
	struct sort_item *items;
	struct doc_row **link = &table->row;
	size_t column = 0, count = 0, n = 0;
	bool has_column = arrange_find_column(table, word, &column),
	     has_cell = has_column;

	for (const struct doc_row *row = table->row; row; row = row->next)
		count++;
	items = calloc(count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	for (struct doc_row *row = table->row; row; row = row->next, n++) {
		items[n] = (struct sort_item){ .row = row, .index = n };
		if (row->null_name)
			continue;
		items[n].cell = has_column ? &row->cell[column]
					   : inner_cell(doc_unfolded(table, row), word);
		has_cell |= items[n].cell != NULL;
	}
	if (has_cell) {
		qsort(items, count, sizeof(*items), by_cell);
		for (size_t i = 0; i < count; i++) {
			*link = items[i].row;
			link = &items[i].row->next;
		}
		*link = NULL;
		table->last_row = count ? items[count - 1].row : NULL;
	}
	free(items);
	return has_cell;
}

static bool arrange_says(
	const struct doc_table *table, const struct doc_row *row, const char *word)
{
	for (size_t i = 0; !row->null_name && i < table->column_count; i++) {
		const struct cell *cell = &row->cell[i];

		if ((cell->text && strcasecmp(cell->text, word) == 0) ||
			(cell->shown && strcasecmp(cell->shown, word) == 0) ||
			(cell->mark && strcasecmp(cell->mark, word) == 0))
			return true;
	}
	return false;
}

/* Keeps what says the word (NULL: all), of that the first most. */
static void keep_rows(struct doc_table *table, const char *word, size_t most)
{
	struct doc_row **link = &table->row;
	bool had_rows = table->row != NULL;

	table->row_count = 0;
	table->last_row = NULL;
	for (struct doc_row *row = table->row; row; row = row->next) {
		if ((word && !arrange_says(table, row, word)) ||
			table->row_count >= most)
			continue;
		*link = row;
		link = &row->next;
		table->last_row = row;
		table->row_count += row->null_name == NULL;
	}
	*link = NULL;
	if (word && had_rows && !table->row)
		doc_empty(table,
			doc_keep(table->document, "--only: no row says \"%.40s\"",
				word));
}

static bool is_arranged(const struct doc_part *part)
{
	return part->kind == PART_TABLE && !part->table->is_whole &&
		(part->table->kind == TABLE_ROWS || part->table->kind == TABLE_KEYED);
}

int document_arrange(
	struct document *document, const struct context *context, struct err *err)
{
	const char *sort = context_option(context, "sort");
	const char *only = context_option(context, "only");
	double top = (double)SIZE_MAX;
	bool is_sorted = false;

	if (!document || document->is_failed)
		return 0; /* the writer says so */
	if (context_number(context, "top", 1, 1e9, &top, err) < 0)
		return -EINVAL;
	for (struct doc_part *part = document->part; part; part = part->next) {
		int r;

		if (!is_arranged(part))
			continue;
		r = sort ? sort_table(part->table, sort) : 0;
		if (r < 0)
			return err_oom(err);
		is_sorted |= r > 0;
		if (only || top < 1e9)
			keep_rows(
				part->table, only, top < 1e9 ? (size_t)top : SIZE_MAX);
	}
	if (sort && !is_sorted)
		return err_set(err, -EINVAL,
			"--sort: no column is called \"%.40s\"; try name, memory, cpu, "
			"network, disk or coverage",
			sort);
	return 0;
}
