/*
 * Rows that wait: for a field that stands behind their list, or for the least distance of
 * their times.  They come out in the order of time.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_FORMATS_MAP_HELD_H
#define ANALYZE_IMPORT_FORMATS_MAP_HELD_H

#include "analyze/import/formats/map_row.h"
#include "common/strbuf.h"

struct map_held {
	struct strbuf text; /* of each field: its role as a byte, its text, NUL */
	size_t *row;        /* where each begins */
	size_t rows, room;
};

/* None yet; free with map_held_done. */
void map_held_begin(struct map_held *held);
void map_held_done(struct map_held *held);

/* A row begins, and its fields one by one. */
int map_held_row(struct map_held *held, struct err *err);
void map_held_add(
	struct map_held *held, unsigned role, const char *text, size_t length);
/* 0, or why the row that was added is too much. */
int map_held_check(const struct map_held *held, const struct map_reading *reading,
	struct err *err);

/* All of them as rows of that level; none is left. */
int map_held_take(struct map_held *held, struct map_reading *reading, unsigned level,
	struct err *err);

#endif
