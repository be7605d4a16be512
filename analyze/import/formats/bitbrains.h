/*
 * GWA-T-12 Bitbrains traces (Grid Workloads Archive): one CSV file per virtual
 * machine and month.  The pure parts, for tests and fuzzers.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_FORMATS_BITBRAINS_H
#define ANALYZE_IMPORT_FORMATS_BITBRAINS_H

#include "analyze/import/reading.h"
#include "analyze/import/readers/text.h"

/* The first line: eleven columns of known names. */
int bitbrains_parse_header(const struct text_place *place, const char *line,
	size_t length, struct err *err);
/* Any other line. */
int bitbrains_parse_row(const struct text_place *place, const char *line, size_t length,
	struct reading *ret_reading, struct err *err);

#endif
