/*
 * What goes through the pipe: between relay_child.c and relay_parent.c only.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_RELAY_WIRE_H
#define ANALYZE_IMPORT_RELAY_WIRE_H

#include "analyze/import/importer.h"

#define RELAY_TEXT_MAX 8192 /* of all texts of a message together */

enum relay_kind {
	RELAY_WORKLOAD, /* text: its name; numbers count from 0 */
	RELAY_READING,  /* workload, reading */
	RELAY_COLUMN,  /* workload, part, cell; text: instance; numbered per workload */
	RELAY_PART,    /* workload, column, stamp, value */
	RELAY_FACT,    /* workload; texts: key, value */
	RELAY_HOST,    /* a struct import_host follows */
	RELAY_MAPPED,  /* count: readings; texts: figure, from */
	RELAY_IGNORED, /* texts: from, why */
	RELAY_WARNING, /* text */
	RELAY_TOTALS,  /* totals; text: the zone; nothing follows */
	RELAY_KINDS,
};

/* A message: this, `texts` bytes of texts (each ends with NUL), and for RELAY_READING
 * the values of its known cells. */
struct relay_head {
	uint32_t kind;
	uint32_t workload, column;
	uint32_t part, cell;
	uint32_t texts;
	uint32_t values;
	uint32_t spare;
	int64_t stamp;
	uint64_t known; /* of a reading; count of RELAY_MAPPED */
	double value;
};

struct relay_totals {
	uint64_t unknown, resets, repaired;
	uint64_t mapped_left_out, ignored_left_out, warning_left_out;
};

/* In the child: the work of confine_start. */
struct relay_work {
	const struct importer *importer;
	const struct import_source *source;
};
int relay_child_work(void *context, int answer_fd, struct err *err);

#endif
