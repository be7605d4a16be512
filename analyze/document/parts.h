/* The inside of a document, for the writers. */
#ifndef ANALYZE_DOCUMENT_PARTS_H
#define ANALYZE_DOCUMENT_PARTS_H

#include "analyze/document/document.h"

enum doc_part_kind {
	PART_FACT,
	PART_TABLE,
	PART_LINE,
	PART_HEADING,
	PART_GAP,
	PART_SECTION, /* key: id */
	PART_FOLD,    /* key: id */
	PART_FOLD_END,
	PART_CHART,
};

/* A stretch of a line in one colour. */
struct doc_piece {
	struct doc_piece *next;
	const char *text;
	enum color tone;
};

struct doc_part {
	struct doc_part *next;
	enum doc_part_kind kind;
	unsigned in;
	const char *key, *title;
	struct cell cell;
	struct doc_table *table;
	struct doc_piece *piece, *last_piece;
};

struct doc_row {
	struct doc_row *next;
	const char *null_name; /* not NULL: a name that has no row */
	struct cell cell[];
};

struct doc_table {
	struct document *document;
	enum doc_table_kind kind;
	const struct doc_column *column;
	size_t column_count, row_count;
	unsigned char *hidden_in; /* by column: doc_in for which it is not there */
	struct doc_row *row, *last_row;
	void (*make)(
		struct doc_table *table, const void *data); /* NULL: all are here */
	const void *data;
	const char *empty, *title;
	bool is_whole;           /* --top and --only leave it as it is */
	struct doc_table *shape; /* of what is unfolded in its rows; NULL: nothing */
};

struct doc_block;

struct document {
	const char *schema; /* NULL: not for JSON */
	const char *title;
	int64_t at;        /* what the page speaks of; 0: not said */
	unsigned in;       /* of lines, headings, gaps and charts */
	bool has_capitals; /* of the keys of facts in key=value */
	bool is_unbroken;  /* in a pipe a line stays one: a program reads it */
	struct doc_part *part, *last_part;
	struct doc_block *block; /* all memory of the document */
	bool is_failed;          /* something did not fit into memory */
};

/* What a column is for: IN_TEXT where it has a title, the others where it has a key. */
unsigned doc_column_in(const struct doc_table *table, size_t column);
/* The column with COLUMN_NAME; column_count where there is none. */
size_t doc_name_column(const struct doc_table *table);
/* The table that stands unfolded in a row; NULL: none. */
const struct doc_table *doc_unfolded(
	const struct doc_table *table, const struct doc_row *row);

#endif
