/*
 * A mapping as data (--map FILE, or the name of one in schema/maps): which column or field
 * of a table or a JSON list is the time, the workload and which figure, in which unit.
 * schema/json-schema/map.json is the form; docs/method.md, "Import", has examples.
 */
#ifndef ANALYZE_IMPORT_FORMATS_MAP_H
#define ANALYZE_IMPORT_FORMATS_MAP_H

#include "analyze/import/importer.h"
#include "common/json_doc.h"

#define MAP_COLUMNS_MAX 64
#define MAP_TEXT_MAX 256
#define MAP_UNKNOWN_MAX 16

/* What a value of the source becomes. */
struct map_value {
	const char
		*name;  /* of the column, or of the metric in a long table; borrowed */
	bool is_ending; /* name is what a metric ends with; "" is any other column */
	enum part part;
	unsigned kind; /* CELL_MEAN, CELL_MIN, CELL_MAX, with PART_GREATEST */
	double scale;
	unsigned counter_bits; /* it only grows: 32 or 64; 0: it is a gauge */
	double bound_per_s;    /* of a counter, in its unit */
	bool is_per_period;    /* what came in the time since the value before */
	bool is_absolute;      /* what is sent may be negative */
	const char *instance;  /* NULL: the row's */
	const char *only;      /* the one instance that counts; NULL: all */
	const char *without;   /* an instance that does not; NULL: none */
};

enum map_time { MAP_TIME_S, MAP_TIME_MS, MAP_TIME_US, MAP_TIME_TEXT, MAP_TIME_INDEX };

struct map {
	struct json_doc doc;
	bool is_json, is_long, has_header;
	bool is_columnar;     /* JSON: each field is the list of its values */
	char delimiter;       /* 0: guessed */
	const char *rows;     /* JSON: path of the list; NULL: the whole is one */
	const char *encoding; /* NULL: UTF-8 */
	enum map_time time_unit;
	const char *time_column, *zone, *order;
	double step_s, start_s; /* of MAP_TIME_INDEX */
	/* How much time a value stands for, the first that is there: from another time of
	 * the row on, by a field, so many seconds, the least distance of the rows. */
	const char *begin_column, *period_column;
	double period_s;
	bool is_spaced, is_begin_stamped; /* stamps are the begin of their period */
	const char *workload_column,
		*workload_constant; /* NULL, NULL: the file's name */
	unsigned workload_word;     /* of the column; 0: all of it */
	unsigned workload_folder;   /* the folder so far above the file; 0: none */
	bool is_workload_heading;   /* each column "*" is one */
	const char *metric_column, *instance_column; /* long */
	const char *value_column[CELL_KINDS];        /* mean, min, max */
	const char *memory_kind;
	struct map_value value[MAP_COLUMNS_MAX];
	size_t values;
	const char *unknown[MAP_UNKNOWN_MAX];
	size_t unknowns;
};

/* From a file, or the built-in one of that name; -EINVAL with path, line and reason. */
int map_load(const char *path, struct map *ret_map, struct err *err);
/* The same from text, for tests and fuzzers. */
int map_parse(const char *path, const char *text, size_t length, struct map *ret_map,
	struct err *err);
void map_done(struct map *map);
bool map_has_period(const struct map *map);

/* Readings of the source, by the map, into the sink. Returns 0 or a negative errno; a
 * refusal names line and column. */
int map_read(const struct map *map, const struct import_source *source,
	struct import_sink *sink, struct err *err);

#endif
