/*
 * The inside of struct collect, shared by collect*.c, derive.c and snapshot_layout.c only.
 *
 * Where nothing else is said, an int is 0 or a negative errno.
 */
#ifndef PROBES_COLLECT_STATE_H
#define PROBES_COLLECT_STATE_H

#include "probes/arena.h"
#include "probes/collect.h"
#include "probes/host/container.h"

enum { COLLECT_PROBES_MAX = 16 };

/* One value of one instance, with all that a reading touches of it. */
struct metric_cell {
	struct rate_state rate;
	uint64_t raw;
	double value;   /* as kept; NAN unknown */
	uint8_t is_put; /* raw or value belongs to this reading */
};

/* One adapter, disk, core, file system, sensor; or the one of a single file. */
struct instance {
	struct rate_instant last;   /* of the last reading that put something */
	int64_t put_ns, max_age_ns; /* helper's values */
	enum metric_id metric;      /* sensors: which one */
	bool is_present;
	bool has_own; /* a file or column of its own, else folded into "all others" */
	bool was_put; /* in this reading */
};

/* What is looked at only when the layout changes: not between the hot ones. */
struct instance_name {
	char name[COLLECT_NAME_MAX];
	char label[COLLECT_NAME_MAX];
};

/* All instances of one kind of file. */
struct kind {
	enum metric_id first; /* the metrics of a file are neighbours */
	size_t metric_count;
	size_t spot_max, high;
	size_t own_max, own_count;
	size_t ignored;   /* by the probe: no spot */
	bool is_complete; /* the source was read in full in this reading */
	struct instance *instance;
	struct instance_name *name;
	struct metric_cell *cell; /* [spot * metric_count + metric] */
};

struct probe_run {
	const struct probe *probe;
	struct probe_state *state;
	int failure;
};

struct collect {
	struct sink sink; /* first: the sink's functions cast back */
	struct host_root root;
	struct probe_context context;
	double step_s;
	unsigned slow_every, slow_turn, container_turn;
	struct host_file boot_file;
	struct rate_instant now;
	struct probe_run run[COLLECT_PROBES_MAX];
	size_t run_count;
	struct err run_err
		[COLLECT_PROBES_MAX]; /* of those that failed: not between them */
	struct arena arena;
	struct kind kind[METRIC_FILE_COUNT];
	struct container container;
	struct probe_cpus cpus;
	struct probe_cpus cpus_before; /* of the reading before; mhz is not its own */
	bool is_layout_old;
	struct snapshot snapshot;
	struct snapshot_file *file;
	struct snapshot_column *column;
	const double **from; /* per column: where its value is; NULL: summed */
	double *value;
	size_t files_max, columns_max;
	struct collect_report report;
};

/* The name under which instances without a file of their own are summed; no adapter or
 * disk can have it, because of the blank. */
#define COLLECT_OTHERS "all others"

/* derive.c: the values that are computed from others of the same reading. */
void collect_derive(struct collect *collect);

/* snapshot_layout.c */
int collect_layout_init(struct collect *collect);
void collect_layout_fill(struct collect *collect); /* rebuilds when is_layout_old */

/* collect_sink.c */
void collect_sink_init(struct sink *sink);
/* What the helper gave holds for a while, then it is unknown, then it is gone. */
void collect_expire(struct collect *collect, enum metric_file file);
/* All values unknown, all rates begin anew. */
void kind_forget_spot(struct kind *kind, size_t spot);

/* The cell of a metric of the instance in that spot; the arena of the collector owns
 * it. */
static inline struct metric_cell *kind_cell(
	struct kind *kind, size_t spot, enum metric_id metric)
{
	return &kind->cell[spot * kind->metric_count + (size_t)(metric - kind->first)];
}

/* Its value of this reading, NAN where unknown; borrowed likewise. */
static inline double *kind_value(struct kind *kind, size_t spot, enum metric_id metric)
{
	return &kind_cell(kind, spot, metric)->value;
}

#endif
