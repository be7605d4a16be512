/* Delimited tables through a mapping: wide or long, also with a workload in each column. */
#ifndef ANALYZE_IMPORT_FORMATS_MAP_TABLE_H
#define ANALYZE_IMPORT_FORMATS_MAP_TABLE_H

#include "analyze/import/formats/map_row.h"

/* Rows of the source, which stays the caller's. Returns 0 or a negative errno with the
 * text set. */
int map_table_read(struct map_reading *reading, struct bytes *bytes, struct err *err);

#endif
