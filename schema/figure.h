/*
 * What an import can bring: one row of the table for each figure, which says how its
 * CSV column is called and which data source of which RRD file keeps it.
 */
#ifndef SCHEMA_FIGURE_H
#define SCHEMA_FIGURE_H

#include "schema/metric.h"

#include <stddef.h>
#include <stdint.h>

enum figure {
	FIGURE_CPU_USED_MHZ,
	FIGURE_CPU_CORES,
	FIGURE_CPU_CORE_MHZ,
	FIGURE_CPU_BUSY_RATIO, /* a share: the demand is formed when it is read */
	FIGURE_CPU_USED_CORES, /* likewise: cores' worth of work, whatever there are */
	FIGURE_MEMORY_USED_BYTES,
	FIGURE_MEMORY_TOTAL_BYTES,
	FIGURE_MEMORY_AVAILABLE_BYTES, /* likewise, with the total */
	FIGURE_MEMORY_USED_RATIO,
	FIGURE_NETWORK_BPS, /* the demand: per reading max(received, sent) */
	FIGURE_NET_RX_BPS,
	FIGURE_NET_TX_BPS,
	FIGURE_NET_SPEED_BPS,
	FIGURE_DISK_BYTES_PER_S, /* the demand: read + written */
	FIGURE_DISK_OPS_PER_S,   /* likewise */
	FIGURE_DISK_READ_BYTES_PER_S,
	FIGURE_DISK_WRITE_BYTES_PER_S,
	FIGURE_DISK_READ_OPS_PER_S,
	FIGURE_DISK_WRITE_OPS_PER_S,
	FIGURE_DISK_USED_BYTES,
	FIGURE_DISK_SIZE_BYTES,
	FIGURE_COUNT,
};

struct figure_info {
	const char
		*column; /* of `import csv` and `export csv`, without _min and _max */
	enum metric_file file;
	enum metric_id
		metric;  /* what the daemon calls the same; METRIC_COUNT: nothing */
	const char *own; /* of what the daemon does not keep: the data source */
};

/* Indexed by enum figure; the figures of one file stand together. */
extern const struct figure_info figure_table[FIGURE_COUNT];

/* The RRD file below the workload's folder, without .rrd, and the data source in it, of at
 * most 15 characters: "_min" and "_max" follow. */
const char *figure_file_name(enum figure figure);
const char *figure_data_source(enum figure figure);

/* The files of the table in its order: figures [first, first + count) are its own. */
struct figure_file {
	enum metric_file file;
	unsigned first, count;
};
#define FIGURE_FILE_COUNT 4
#define FIGURE_FILE_MAX 8 /* most figures of one file */
extern const struct figure_file figure_files[FIGURE_FILE_COUNT];
const char *figure_files_name(size_t number); /* "cpu" */

#endif
