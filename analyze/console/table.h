/* Tables on the terminal: columns as wide as needed, within its width. */
#ifndef ANALYZE_CONSOLE_TABLE_H
#define ANALYZE_CONSOLE_TABLE_H

#include "analyze/console/terminal.h"
#include "analyze/console/verb.h"

enum table_flags {
	TABLE_LEFT = 0,
	TABLE_RIGHT = 1, /* numbers */
	TABLE_CUT = 2,   /* gives up its end first when a terminal is narrow */
	TABLE_WRAP = 4,  /* goes on in the next line instead */
};

struct table_column {
	const char *title;
	unsigned flags;
};

struct table; /* opaque */

/* NULL when out of memory; all other functions accept NULL, table_print reports it;
 * table_free. */
struct table *table_new(const struct context *context,
	const struct table_column *columns, size_t count);

/* A new row, empty. */
void table_row(struct table *table);
/* The next cell of the row; made safe for the terminal; NULL: "-". */
void table_cell(struct table *table, const char *text);
void table_cell_colored(struct table *table, const char *text, enum color color);

/* The text of a cell could not be made: table_print says so. */
void table_fail(struct table *table);

/* Prints to context->out and frees.  Returns 0 or -ENOMEM. */
int table_print(struct table *table, struct err *err);

#endif
