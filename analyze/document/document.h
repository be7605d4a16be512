/*
 * A document that knows no format.  It is a sequence of parts: facts (a key and a cell),
 * tables (columns, rows of cells), headings and lines of text.  One writer per format
 * (writer.h) puts all of it on paper, so that a new document is one file, and a new format
 * is one file.
 *
 * Keys: a dot in the key of a fact or a column opens an object in JSON ("period.from");
 * CSV and key=value write an underscore or the dot itself.  Where a part is not for every
 * format, it says for which it is; a title is for people, a key for machines.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_DOCUMENT_DOCUMENT_H
#define ANALYZE_DOCUMENT_DOCUMENT_H

#include "analyze/document/cell.h"
#include "analyze/document/chart.h"
#include "common/util.h"

#include <stddef.h>

/* Which formats a part is for; 0: all that it has a name for. */
enum doc_in {
	IN_TEXT = 1, /* people: the terminal */
	IN_JSON = 2,
	IN_CSV = 4,
	IN_KV = 8,
	IN_HTML = 16,
	IN_XLSX = 32,
	IN_MACHINE = IN_JSON | IN_CSV | IN_KV,
	IN_PEOPLE = IN_TEXT | IN_HTML,
	IN_ALL = IN_PEOPLE | IN_MACHINE | IN_XLSX,
};

enum doc_column_flags {
	/* of doc_in, and: */
	COLUMN_RIGHT = 1 << 8, /* numbers */
	COLUMN_CUT = 1 << 9,   /* gives up its end first where there is no room */
	COLUMN_WRAP = 1 << 10, /* goes on in the next line instead */
	COLUMN_NAME = 1 << 11, /* what the row is called: its part of a key */
	COLUMN_LAST = 1 << 12, /* the last one for people and in CSV */
	/* holds a table whose rows stand beside this one's cells, but in JSON, where
	 * it is nested; the other tables in cells are for JSON alone */
	COLUMN_UNFOLD = 1 << 13,
};

struct doc_column {
	const char *key;   /* NULL: for people alone */
	const char *title; /* NULL: for machines alone */
	unsigned flags;    /* doc_in and doc_column_flags */
	int place;         /* order for people where it is not that of the array */
	const char *csv;   /* the name in CSV and kv where it is not the key's */
};

/* What a table is in JSON. */
enum doc_table_kind {
	TABLE_ROWS,  /* [ {...}, ... ] */
	TABLE_KEYED, /* { NAME: {...}, ... } of the COLUMN_NAME */
	TABLE_PAIRS, /* { NAME: value, ... } of the COLUMN_NAME and the column behind */
	TABLE_LIST,  /* [ value, ... ] of the first column */
};

struct document; /* opaque */

/*
 * document_new - schema "peaks" is "headroom/peaks/1" in JSON
 *
 * Failures for want of memory are kept: all functions accept NULL, and
 * document_print says so in the end.  document_free frees all that is in it.
 */
struct document *document_new(const char *schema);
void document_free(struct document *document);

/* ---- parts ---------------------------------------------------------------------- */

/* in: where it appears; for people it takes the line "title  value". */
void doc_fact(struct document *document, unsigned in, const char *key,
	const char *title, struct cell cell);
/* A fact for JSON alone. */
void doc_json(struct document *document, const char *key, struct cell cell);
/* The keys of facts are in capitals in key=value. */
void doc_kv_capitals(struct document *document);
/* Its lines are broken on a terminal alone: elsewhere a program reads them, a line each. */
void doc_unbroken(struct document *document);
/* The title of a page or workbook, and the moment that it speaks of (Unix seconds). */
void doc_page(struct document *document, const char *title, int64_t at);
/* Lines, headings, gaps and charts that follow are for these formats; at first for
 * people. */
void doc_for(struct document *document, unsigned in);

/* A line of text; its words wrap where the terminal ends.  No newline in it. */
void doc_line(struct document *document, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Goes on in the last line, in a colour. */
void doc_span(struct document *document, enum color tone, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* An empty line. */
void doc_gap(struct document *document);
/* A part of a page, by a name that links can use; ends where the next one begins. */
void doc_section(struct document *document, const char *id, const char *title);
/* What is only shown when it is asked for; ends with doc_fold_end. */
void doc_fold(struct document *document, const char *id, const char *summary);
void doc_fold_end(struct document *document);
/* A chart as a part of its own, for pages; chart_keep copies one into the document. */
/* A deep copy that lives as long as the document; NULL: out of memory. */
const struct chart *chart_keep(struct document *document, const struct chart *chart);
void doc_chart(struct document *document, const struct chart *chart);
void doc_heading(struct document *document, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Columns and keys are borrowed and have to outlive the document; what is made on the
 * way can be kept in it by doc_keep and doc_columns. */
struct doc_table *doc_table(struct document *document, unsigned in, const char *key,
	enum doc_table_kind kind, const struct doc_column *columns, size_t count);
/* Not a part: to be put into a cell. */
struct doc_table *doc_nested(struct document *document, enum doc_table_kind kind,
	const struct doc_column *columns, size_t count);
/* What stands above it: the name of its sheet in a workbook. */
void doc_title(struct doc_table *table, const char *title);
/* What the tables in the column COLUMN_UNFOLD look like, even where there is none; one of
 * that shape, to be put into a cell. */
struct doc_table *doc_shape(struct doc_table *table, enum doc_table_kind kind,
	const struct doc_column *columns, size_t count);
struct doc_table *doc_inner(struct doc_table *table);
/* What people read where the table has no rows: a sentence; NULL: nothing at all. */
void doc_empty(struct doc_table *table, const char *text);
/* What others are read by, a legend: --sort, --top and --only are not for it. */
void doc_whole(struct doc_table *table);
/* The columns of that key are nowhere, those of that title not shown to people. */
void doc_hide(struct doc_table *table, const char *name);

/* A row: one cell for each column, hidden ones too. */
void doc_row(struct doc_table *table, const struct cell *cells, size_t count);
#define DOC_ROW(table, ...)                                  \
	doc_row(table, (const struct cell[]){ __VA_ARGS__ }, \
		ARRAY_LEN(((const struct cell[]){ __VA_ARGS__ })))
/*
 * doc_rows_later - rows of a table inside a row, for JSON alone
 *
 * make adds them to the table it is given while that is written; they are forgotten then:
 * thousands in each of a thousand rows are no memory.  data is borrowed until the document
 * is written.
 */
void doc_rows_later(struct doc_table *table,
	void (*make)(struct doc_table *table, const void *data), const void *data);
/* TABLE_KEYED, TABLE_PAIRS: a name without a row; null in JSON, nothing elsewhere. */
void doc_row_null(struct doc_table *table, const char *name);
/* Lists of texts and pairs, in short; the document owns its tables. */
void doc_item(struct doc_table *list, struct cell cell);
struct doc_table *doc_list(struct document *document);
struct doc_table *doc_pairs(struct document *document);
void doc_pair(struct doc_table *pairs, const char *name, struct cell cell);

/* Memory, a text, an array of columns that the document owns and frees; NULL: out of
 * memory. */
void *doc_memory(struct document *document, size_t size);
const char *doc_keep(struct document *document, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
struct doc_column *doc_columns(
	struct document *document, const struct doc_column *columns, size_t count);

/* ---- on paper ------------------------------------------------------------------- */

/*
 * document_write - in the given format to out
 *
 * Returns 0, or -ENOMEM with the text set.
 */
int document_write(const struct document *document, enum format format,
	const struct context *context, FILE *out, struct err *err);

/* In the format of the context to its stream; frees the document. */
int document_print(
	struct document *document, const struct context *context, struct err *err);

/* A text that is what was asked for already: a plan as it was kept, a machine document, an
 * example. */
int document_print_text(
	const char *text, const struct context *context, struct err *err);

#endif
