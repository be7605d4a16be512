/*
 * Delimited text, cell by cell: a row may have a million columns and a header of many
 * megabytes, no more than one cell is ever in memory.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_READERS_CELLS_H
#define ANALYZE_IMPORT_READERS_CELLS_H

#include "analyze/import/readers/bytes.h"
#include "analyze/import/readers/text.h"

#define CELLS_CELL_MAX_BYTES ((size_t)64 << 10)
#define CELLS_COLUMNS_MAX 1000000

struct table_cell {
	const char *text; /* without quotes; not NUL-terminated; until the next call */
	size_t length;
	uint32_t column; /* from 0 */
	bool is_last;    /* of its row */
	bool is_quoted;
};

struct cells; /* opaque */

/* The source stays the caller's and outlives the cells. */
int cells_open(
	struct bytes *bytes, char delimiter, struct cells **ret_cells, struct err *err);
void cells_close(struct cells *cells); /* NULL is a no-op */

/*
 * cells_next - the next cell
 *
 * A quote is doubled inside quotes; lines end in LF or CR LF, inside quotes they are
 * part of the cell; the last line needs no end; a UTF-8 byte order mark is skipped.
 *
 * Returns 1, 0 at the end, or a negative errno: a NUL (UTF-16 is decoded before, see
 * encoding.h), a cell over CELLS_CELL_MAX_BYTES, a row over CELLS_COLUMNS_MAX.
 */
int cells_next(struct cells *cells, struct table_cell *ret_cell, struct err *err);

/* The line of the cell that came last. */
const struct text_place *cells_place(const struct cells *cells);

/* The delimiter of a first line: the most frequent of , ; tab and | outside quotes; 0
 * where there is none of them. */
char cells_guess_delimiter(const char *head, size_t length);

#endif
