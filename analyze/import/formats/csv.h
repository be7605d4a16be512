/*
 * `import csv`: one row per workload and time, columns by name (docs/method.md,
 * "Import").  The pure parts, for tests and fuzzers.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_FORMATS_CSV_H
#define ANALYZE_IMPORT_FORMATS_CSV_H

#include "analyze/import/reading.h"
#include "analyze/import/readers/civil.h"
#include "analyze/import/readers/text.h"

#define CSV_COLUMNS_MAX (CELL_COUNT + 2)

#define CSV_NAME_SIZE 40 /* of a column, with its NUL */

/* What a column holds: a cell, or one of these. */
enum { CSV_TIME = -1, CSV_WORKLOAD = -2 };

struct csv_header {
	int column[CSV_COLUMNS_MAX];
	double scale[CSV_COLUMNS_MAX]; /* percent columns: 0.01 */
	char name[CSV_COLUMNS_MAX][CSV_NAME_SIZE];
	size_t count;
	uint64_t given; /* figures with a column of their own */
	char delimiter; /* of the first line: a comma, a semicolon or a tab */
	/* times without a zone are taken: the reader has one for them */
	bool has_zone;
	struct known_order order;
	bool row_is_civil; /* of the row that came last: its stamp is civil */
};

/* The first line: every column known, none twice, time and workload among them; letters
 * of either case, blanks around the names. */
int csv_parse_header(const struct text_place *place, const char *line, size_t length,
	struct csv_header *ret_header, struct err *err);

/*
 * csv_parse_row - any other line
 *
 * scratch   TEXT_LINE_MAX_BYTES for fields with doubled quotes
 * ret_name  the workload, borrowed: it lies in line or scratch
 */
int csv_parse_row(const struct text_place *place, struct csv_header *header,
	const char *line, size_t length, char *scratch, struct reading *ret_reading,
	const char **ret_name, size_t *ret_name_length, struct err *err);

/* The name of a column, "cpu_used_mhz_max". */
const char *csv_column_name(int column, char text[CSV_NAME_SIZE]);

#endif
