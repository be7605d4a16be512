/* What the writers for people (text, pages) do alike: which columns in which order. */
#ifndef ANALYZE_DOCUMENT_PEOPLE_H
#define ANALYZE_DOCUMENT_PEOPLE_H

#include "analyze/document/parts.h"
#include "common/strbuf.h"

#define PEOPLE_COLUMNS_MAX 64

/* A column that is shown: of the table, or of the one that is unfolded in it. */
struct people_column {
	bool is_inner;
	size_t index;
	int place;
};

/* in: IN_TEXT, IN_HTML or IN_XLSX; returns how many there are, in their order. */
size_t people_columns(const struct doc_table *table, unsigned in,
	struct people_column columns[PEOPLE_COLUMNS_MAX]);
const struct doc_column *people_column_of(
	const struct doc_table *table, const struct people_column *column);

/* The cell with its mark; the items of a list with commas. */
void people_cell(const struct cell *cell, struct strbuf *text);

/* One row on paper: cells of the outer row (NULL: they stand in the row before) and of the
 * unfolded one (NULL: none); instead: what stands where its first cell would. */
struct people_row {
	const struct doc_row *outer, *inner;
	const char *instead;
};
/* Calls put for each row of the table, those of unfolded ones among them. */
typedef void people_put(void *data, const struct people_row *row);
void people_rows(const struct doc_table *table, people_put *put, void *data);

#endif
