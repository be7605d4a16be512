/* JSON lists through a mapping: rows of fields at any depth, or fields that are lists. */
#ifndef ANALYZE_IMPORT_FORMATS_MAP_JSON_H
#define ANALYZE_IMPORT_FORMATS_MAP_JSON_H

#include "analyze/import/formats/map_row.h"

/* Rows of the source, which stays the caller's. Returns 0 or a negative errno with the
 * text set. */
int map_json_read(struct map_reading *reading, struct bytes *bytes, struct err *err);

#endif
