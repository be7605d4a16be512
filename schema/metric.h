/*
 * THE metric table: what is measured, in which unit it is kept, in which file, and
 * what is physically possible.  One row of schema/metric_table.h is one metric, and one
 * is one kind of file.
 */
#ifndef SCHEMA_METRIC_H
#define SCHEMA_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kinds of RRD file: METRIC_FILE_CPU ... */
enum metric_file {
#define METRIC_KIND(id, ...) METRIC_FILE_##id,
#include "schema/metric_table.h"
	METRIC_FILE_COUNT,
};

enum metric_spread {
	METRIC_SINGLE,     /* one file, its columns are the metrics */
	METRIC_PER_FILE,   /* one file per instance, its columns are the metrics */
	METRIC_PER_COLUMN, /* one file, its columns are the instances */
};

struct metric_file_info {
	const char
		*name; /* "cpu"; where there is a file per instance, before its "-" */
	enum metric_spread spread;
	unsigned instances_max; /* files or columns of their own; the rest is summed */
	unsigned tracked_max;   /* followed at all; with more the total is unknown */
	bool is_limited;        /* the setting instances_max holds for it */
	/* The column of an instance stays when it goes: the file would be built anew for
	 * each processor that is switched off. */
	bool outlives;
	bool is_slow; /* read by the helper (struct slow_probe), else at each tick */
};
extern const struct metric_file_info metric_file_table[METRIC_FILE_COUNT];

enum metric_id {
#define METRIC(id, ...) METRIC_##id,
#include "schema/metric_table.h"
	METRIC_COUNT,
};

enum metric_type {
	METRIC_GAUGE,   /* the probe delivers the value */
	METRIC_COUNTER, /* the probe delivers a raw count, the rate engine the value */
	METRIC_DERIVED, /* computed from others of the same reading (probes/derive.c) */
};

/* METRIC_WIDTH_LONG is as wide as the kernel's unsigned long. */
enum metric_width {
	METRIC_WIDTH_NONE,
	METRIC_WIDTH_32,
	METRIC_WIDTH_64,
	METRIC_WIDTH_LONG
};

/* What limits the rate of a counter, in counts per second. */
enum metric_bound {
	METRIC_BOUND_NONE,  /* a gauge */
	METRIC_BOUND_FIXED, /* bound_per_s */
	METRIC_BOUND_LINK,  /* the adapter's speed / 8; bound_per_s where unknown */
	METRIC_BOUND_CPUS,  /* bound_per_s for each CPU that is online */
};

/* What is said of a metric. */
struct metric {
	enum metric_file file;
	const char
		*data_source; /* at most 15 characters; NULL: feeds others, not kept */
	const char *unit;     /* of what is kept */
	bool keeps_minimum;   /* a MIN archive is worth its bytes */
	const char *help;     /* one line */
};
/* Indexed by enum metric_id; the metrics of one file are neighbours. */
extern const struct metric metric_table[METRIC_COUNT];

/* What is computed with, apart from the words: a reading, for which nothing is in the
 * caches a second after the last, touches half as many lines of them. */
struct metric_numbers {
	double scale; /* kept = delivered (gauge) or counts per second, times scale */
	double minimum,
		maximum;    /* of what is kept; outside is unknown; NAN: no limit */
	double bound_per_s; /* counts per second */
	uint8_t file;       /* enum metric_file */
	uint8_t type;       /* enum metric_type */
	uint8_t width;      /* enum metric_width */
	uint8_t bound;      /* enum metric_bound */
};
extern const struct metric_numbers metric_numbers_table[METRIC_COUNT];

/* The name of the file that keeps a metric ("cpu"; "net" where there is one for each
 * adapter), and of its data source; NULL for one that is not kept. */
const char *metric_file_name(enum metric_id metric);
const char *metric_data_source(enum metric_id metric);

/* The kept metrics of a file, in column order; returns their number (<= max). */
size_t metric_columns(enum metric_file file, enum metric_id *ret_ids, size_t max);

/* METRIC_COUNT when there is none; name is a data source of that file. */
enum metric_id metric_find(enum metric_file file, const char *data_source);
/* The same of any column that is stored: "core12" and "t3" are instances of "core" and "t". */
enum metric_id metric_find_of(enum metric_file file, const char *column);

/*
 * metric_file_parse - the kind of a stored file from its name, "net-eth0"
 *
 * ret_instance  may be NULL; behind the dash, still as in the name; "" where none
 *
 * Returns METRIC_FILE_COUNT for a name of no kind.
 */
enum metric_file metric_file_parse(const char *name, const char **ret_instance);

/* Does any metric of the file keep its minimum (an RRA covers whole files)? */
bool metric_file_keeps_minimum(enum metric_file file);

#endif
