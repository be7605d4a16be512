/*
 * A row by a mapping: the texts of its fields are given one by one, then the row is taken.
 * What a field is for is its role.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_FORMATS_MAP_ROW_H
#define ANALYZE_IMPORT_FORMATS_MAP_ROW_H

#include "analyze/import/formats/map.h"
#include "analyze/import/readers/civil.h"
#include "common/rate.h"

/* The values of the map first, then these. */
enum map_role {
	ROLE_TIME = MAP_COLUMNS_MAX,
	ROLE_WORKLOAD,
	ROLE_METRIC,
	ROLE_VALUE, /* by kind: CELL_MEAN, CELL_MIN, CELL_MAX */
	ROLE_VALUE_MIN,
	ROLE_VALUE_MAX,
	ROLE_INSTANCE,
	ROLE_BEGIN,
	ROLE_PERIOD,
	ROLE_COUNT
};
#define NO_ROLE ROLE_COUNT

/* A counter's last value. */
struct map_counter {
	struct rate_state state;
	struct rate_instant before;
	double step_s; /* the least seen */
};

/* Whose a row is, when, and how much time it stands for. */
struct map_slot {
	uint32_t workload;
	int64_t stamp;
	double period_s; /* 0: nothing tells */
	bool is_wanted;  /* not before --since */
};

/* Of a workload, while its file is read. */
struct map_workload {
	struct map_counter *counter; /* by column of parts */
	uint32_t counters;
	bool is_kind_said; /* of its memory */
};

struct map_reading {
	const struct map *map;
	const struct import_source *source;
	struct import_sink *sink;
	struct text_place place;
	struct zone *zone; /* NULL: times carry theirs */
	struct known_order order;
	struct local_clock clock;
	uint32_t clock_workload;
	uint64_t rows;
	double spacing_s; /* least distance of the rows that are held; 0: not known */
	size_t account_row[MAP_COLUMNS_MAX];
	const char *name[ROLE_COUNT]; /* of the fields; NULL: the map has none */
	size_t name_length[ROLE_COUNT];
	char text[ROLE_COUNT][MAP_TEXT_MAX];
	struct map_slot slot; /* of the row that was taken last */
	/* In which object around the row it was given, from 1; 0: not yet. */
	uint8_t level[ROLE_COUNT];
	struct map_workload *workload; /* by number */
	uint32_t workloads;
};

/* Map, source and sink are borrowed until map_reading_done; an order of dates that is known
 * stands in the reading before. */
int map_reading_begin(struct map_reading *reading, const struct map *map,
	const struct import_source *source, struct import_sink *sink, struct err *err);
void map_reading_done(struct map_reading *reading);

/* The role of a column by its heading; NO_ROLE: none. */
unsigned map_role_find(
	const struct map_reading *reading, const char *text, size_t length);
void map_role_give(struct map_reading *reading, unsigned role, const char *text,
	size_t length, unsigned level);
/* Forgets what was given at this level or inside of it. */
void map_role_forget(struct map_reading *reading, unsigned level);

/* The stamp of the time that was given, as it stands; not yet moved by a period. */
int map_row_time(struct map_reading *reading, enum map_role role, uint32_t workload,
	int64_t *ret_stamp, struct err *err);

/* The row: its values go to the sink; what was given at the level is forgotten. */
int map_row_take(struct map_reading *reading, unsigned level, struct err *err);

/*
 * A value under a heading that is no field of the map ("*"): the heading is its workload,
 * or an instance of it.  Of the row that was taken last.
 */
int map_row_take_heading(struct map_reading *reading, size_t number,
	const char *heading, const char *text, struct err *err);

#endif
