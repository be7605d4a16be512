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
	double value; /* as kept; NAN unknown */
};

/* One adapter, disk, core, file system, sensor; or the one of a single file. */
struct instance {
	struct rate_instant last;   /* of the last reading that put something */
	int64_t put_ns, max_age_ns; /* helper's values */
	enum metric_id metric;      /* sensors: which one */
	bool is_present;
	bool has_own; /* a file or column of its own, else folded into "all others" */
	bool was_put; /* in this reading: a counter of it */
	/* a bit for each metric whose raw or value belongs to this reading */
	uint64_t put;
};

/* What is looked at only when the layout changes: not between the hot ones. */
struct instance_name {
	char name[COLLECT_NAME_MAX];
	char label[COLLECT_NAME_MAX];
};

/* All instances of one kind of file.  The tables double with the first instance they have
 * no room for: what each tick touches of a few devices lies on a page, not on one each. */
struct kind {
	enum metric_id first; /* the metrics of a file are neighbours */
	size_t metric_count;
	size_t spot_max, high;
	size_t room; /* of instance and cell; name has spot_max */
	size_t own_max, own_count;
	size_t ignored;   /* by the probe: no spot */
	bool is_complete; /* the source was read in full in this reading */
	bool is_slow;     /* as metric_file_table has it */
	struct instance *instance;
	struct instance_name *name;
	struct metric_cell *cell; /* [spot * metric_count + metric] */
};

struct probe_run {
	const struct probe *probe;
	/* its own, copied, as is_slow of a kind: for them alone a tick would touch the
	 * pages of their tables */
	int (*read)(struct probe_state *state, struct sink *sink, bool is_slow,
		struct err *err);
	struct probe_state *state;
	int failure;
};

struct collect {
	struct sink sink; /* first: the sink's functions cast back */
	struct host_root root;
	struct probe_context context;
	double step_s;
	unsigned slow_every, slow_turn, container_turn;
	bool has_own_text; /* else context.text is another's */
	struct host_file boot_file;
	struct rate_instant now;
	struct probe_run run[COLLECT_PROBES_MAX];
	size_t run_count;
	struct err *run_err; /* [run_count]: of those that failed */
	struct arena arena;
	struct kind kind[METRIC_FILE_COUNT];
	struct container container;
	struct probe_cpus cpus;
	struct probe_cpus cpus_before; /* of the reading before; mhz is not its own */
	bool is_layout_old;
	struct snapshot snapshot;
	struct snapshot_file *file;
	struct snapshot_column *column;
	double *value;
	const double **from; /* per column: where its value is; NULL: summed */
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
/* Room for that spot, below spot_max; instances and cells move.  0 or -ENOMEM. */
int kind_make_room(struct arena *arena, struct kind *kind, size_t spot);

/* The cell of a metric of the instance in that spot; the arena of the collector owns
 * it. */
static inline struct metric_cell *kind_cell(
	struct kind *kind, size_t spot, enum metric_id metric)
{
	return &kind->cell[spot * kind->metric_count + (size_t)(metric - kind->first)];
}

/* Has this reading put it?  (The slow kinds are not asked.) */
static inline bool kind_is_put(
	const struct kind *kind, size_t spot, enum metric_id metric)
{
	return kind->instance[spot].put >> (metric - kind->first) & 1;
}

/* Its value of this reading, NAN where unknown; borrowed likewise. */
static inline double *kind_value(struct kind *kind, size_t spot, enum metric_id metric)
{
	return &kind_cell(kind, spot, metric)->value;
}

#endif
