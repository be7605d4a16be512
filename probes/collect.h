/*
 * One reading of everything: runs the probes, turns counters into rates, forms the
 * demands, and holds the result as one snapshot of values with its layout.  Nothing is
 * allocated after collect_open.
 *
 *	collect_open(&collect, &root, &options, &err);
 *	for each tick:
 *		collect_read(collect, &instant);
 *		snapshot = collect_snapshot(collect);   // ring, staging ...
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef PROBES_COLLECT_H
#define PROBES_COLLECT_H

#include "common/err.h"
#include "common/rate.h"
#include "probes/hostroot.h"
#include "probes/probe.h"
#include "schema/metric.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	COLLECT_NAME_MAX = 128,       /* bytes of an instance's name with its NUL */
	COLLECT_DATA_SOURCE_MAX = 16, /* bytes of a data source with its NUL */
};

/* One RRD file of the snapshot. */
struct snapshot_file {
	enum metric_file kind;
	char instance
		[COLLECT_NAME_MAX]; /* "" where there is one file only; not encoded */
	unsigned first, count;      /* its columns */
};

struct snapshot_column {
	enum metric_id metric;
	char data_source[COLLECT_DATA_SOURCE_MAX];
	/* Column instances (cores, sensors): the readable name, else "". */
	char label[COLLECT_NAME_MAX];
};

/*
 * The layout changes only when devices come and go; layout_id then grows.  Files that
 * are there stay in this order; value[] is in column order, NAN where unknown.
 */
struct snapshot {
	uint64_t layout_id; /* from 1 */
	size_t file_count;
	const struct snapshot_file *file;
	size_t column_count;
	const struct snapshot_column *column;
	const double *value;
};

struct collect_options {
	double step_s;          /* of the sampling grid */
	unsigned slow_every;    /* ticks between slow turns; 0: once in 60 s */
	unsigned instances_max; /* files of their own per kind; 0: the table's (64) */
	double nominal_mhz;     /* of the CPUs, as a person stated it; 0: nobody did */
	/* Whose memory for texts is used, which must outlive this one's readings; NULL: its
	 * own.  For who reads many roots one after another. */
	const struct collect *text_of;
	/* Names of probes to leave out, ended by NULL; NULL: none. */
	const char *const *disabled;
};

/* What happened in the last collect_read; for logs, events and status. */
struct collect_report {
	unsigned counters;                    /* readings taken */
	unsigned outcome[RATE_OUTCOME_COUNT]; /* of them */
	unsigned failed_probes;
	unsigned folded[METRIC_FILE_COUNT];  /* instances without a file of their own */
	unsigned ignored[METRIC_FILE_COUNT]; /* not even followed: totals are unknown */
	bool is_another_boot; /* the boot id changed (recorded and simulated roots) */
	/* proc/stat was read, but what its CPUs are worth is not known: no CPU demand */
	bool is_clock_unknown;
	bool are_cores_known; /* of them, and only their clock is not */
};

struct collect; /* opaque */

int collect_open(struct collect **ret_collect, const struct host_root *root,
	const struct collect_options *options, struct err *err);
void collect_close(struct collect *collect); /* NULL is a no-op */

/*
 * collect_read - take one reading
 *
 * now  the instant of the reading; its field boot is ignored and filled from the root
 *
 * Never fails as a whole: a source that fails leaves its values unknown, is counted in
 * the report, and is tried again at the next tick.
 */
void collect_read(struct collect *collect, const struct rate_instant *now);

/* Borrowed; the arrays change with the next collect_read or collect_put. */
const struct snapshot *collect_snapshot(const struct collect *collect);
const struct collect_report *collect_report(const struct collect *collect);

/*
 * collect_probe_error - the failure of one probe in the last reading
 *
 * index       0 .. number of probes - 1
 * ret_name    the probe's name
 *
 * Returns 0 when it went well, the negative errno otherwise (its text in err), and 1
 * when there is no such probe.  *ret_name is borrowed.
 */
int collect_probe_error(const struct collect *collect, size_t index,
	const char **ret_name, struct err *err);

/*
 * collect_put - a value from the helper (file systems, sensors)
 *
 * instance     mount point, or the stable id of a sensor
 * label        readable name, may be NULL
 * now_ns       monotonic
 * max_age_ns   after this long without another put the value is unknown; after ten
 *              times as long its column or file leaves the layout
 *
 * It shows in the snapshot of the next collect_read.  Returns 0, -EINVAL for a metric of
 * another kind of file, -ENOSPC when there is no room for the instance.
 */
int collect_put(struct collect *collect, enum metric_id metric, const char *instance,
	const char *label, double value, int64_t now_ns, int64_t max_age_ns);

#endif
