/* The sheets of a workbook (.xlsx), row by row. */
#ifndef ANALYZE_IMPORT_READERS_SHEET_H
#define ANALYZE_IMPORT_READERS_SHEET_H

#include "analyze/import/readers/archive.h"

#define SHEET_COLUMNS_MAX 512
#define SHEET_NAME_SIZE 64

struct workbook; /* opaque */

/* All of a source, which stays the caller's.  -EINVAL, -EFBIG with the text set. */
int spreadsheet_open(
	struct bytes *bytes, struct workbook **ret_workbook, struct err *err);
void spreadsheet_close(struct workbook *workbook); /* NULL is a no-op */

/*
 * spreadsheet_read - the rows of the sheet of a name, letters of either case
 *
 * row  gets the cells by column, "" where there is none; count is one more than the last
 *      that is there.  A negative return ends the reading and is handed back.
 *
 * Returns 1, 0 where there is no such sheet, or a negative errno.
 */
typedef int spreadsheet_row(
	void *data, const char *const *cell, size_t count, struct err *err);
int spreadsheet_read(struct workbook *workbook, const char *sheet, spreadsheet_row *row,
	void *data, struct err *err);

#endif
