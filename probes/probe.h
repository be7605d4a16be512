/*
 * What a row of the two tables is.  A probe reads one source below a host root and hands
 * values to a sink, at each tick.  A slow probe lists sources that may hang, and reads
 * one of them, in the helper, where each has a deadline.
 *
 * To add a probe: a row per value in schema/metric_table.h, a file in host/ that ends
 * with one constant, and its word in PROBES at the end of this file.  A slow one: the
 * same with slow/ and SLOW_PROBES; it lists by hostroot_list and reads by hostroot_read_u64
 * or hostroot_read_text, its deadline may be that of another ("source_deadline_ms", as fs has
 * it), and a deadline or switch of its own is a row of collectord/link/settings_table.h.
 */
#ifndef PROBES_PROBE_H
#define PROBES_PROBE_H

#include "common/err.h"
#include "probes/hostroot.h"
#include "schema/metric.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The CPUs of one reading of proc/stat. */
struct probe_cpus {
	unsigned online;
	unsigned physical_cores; /* of them; 0 unknown */
	double whole_mhz;        /* all of them busy; NAN unknown */
	bool is_even;            /* each is worth the same part of it */
	const double *mhz;       /* else: of each, by the spot of its core; borrowed */
};

/*
 * Where the values go: struct collect in the daemon, an array in the tests.
 *
 * A spot is the number that a probe gave to an instance of a file kind (adapter, disk,
 * core); it is below metric_file_table[file].tracked_max, and 0 where there is one file
 * only.  A value that is not put is unknown or absent; NAN is put where something is there
 * whose value is unknown, and a sum over it shall be.
 */
struct sink {
	/* A new instance, before its first value.  name is borrowed for the call. */
	void (*appear)(struct sink *sink, enum metric_file file, unsigned spot,
		const char *name);
	/* Gone; the spot may come back as another one. */
	void (*vanish)(struct sink *sink, enum metric_file file, unsigned spot);
	void (*put_gauge)(
		struct sink *sink, enum metric_id metric, unsigned spot, double value);
	/* raw, as the kernel counts: a double would lose what is over 2^53 */
	void (*put_counter)(
		struct sink *sink, enum metric_id metric, unsigned spot, uint64_t raw);
	/* The source of this kind was read in full: what is absent adds nothing to sums. */
	void (*complete)(struct sink *sink, enum metric_file file);
	/* More instances than can be followed: the sum over this kind is unknown. */
	void (*overflow)(struct sink *sink, enum metric_file file, size_t count);
	/* What the CPUs of this reading are worth; the table stays readable until the next. */
	void (*put_cpus)(struct sink *sink, const struct probe_cpus *cpus);
};

struct container; /* probes/host/container.h */

/* What all probes of one collector share. */
struct probe_context {
	const struct host_root *root; /* borrowed */
	char *text; /* one buffer for all, used one after another; pages as needed */
	size_t text_size;
	const struct container *container; /* borrowed; NULL: not looked for, none */
	double nominal_mhz; /* of the CPUs, as a person stated it; 0: nobody did */
};

struct probe_state; /* each probe its own */

struct probe {
	const char *name; /* as in the configuration and the log */
	const char *help; /* one line for --list-probes */
	/* -ENOMEM only: a source that is absent is found out by read. */
	int (*open)(struct probe_state **ret_state, const struct probe_context *context,
		struct err *err);
	/*
	 * is_slow: the turn (about once a minute) in which what changes slowly is read
	 * too.  Returns 0 also when this kernel lacks the source (nothing is put then); a
	 * negative errno, with the text set, when there is one that cannot be read or
	 * understood.
	 */
	int (*read)(struct probe_state *state, struct sink *sink, bool is_slow,
		struct err *err);
	void (*close)(struct probe_state *state); /* NULL is a no-op */
};

/* All of them, each one constant NAME_probe at the end of probes/host/NAME.c; in the order
 * in which they are read.  To add one: its file, a word here, rows of metric_table.h. */
#define PROBES(ROW) ROW(cpu) ROW(memory) ROW(pressure) ROW(load) ROW(network) ROW(disk)

#define PROBE_DECLARE(name) extern const struct probe name##_probe;
PROBES(PROBE_DECLARE)

/* Ended by NULL. */
extern const struct probe *const probe_table[];
/* NULL when there is none of that name. */
const struct probe *probe_find(const char *name);

/* ---- slow probes ---------------------------------------------------------------- */

enum { SLOW_VALUES_MAX = 8 };

/* One thing that is read by itself: a mount, a sensor.  Borrowed from the state of its
 * probe until the next list or close. */
struct slow_source {
	const char *id; /* the instance's name in the store; the same after a restart */
	const char *label;            /* what people call it; may be "" */
	const enum metric_id *metric; /* the values of a reading, in this order */
	size_t count;                 /* at most SLOW_VALUES_MAX */
};

/* What all slow probes of one helper share. */
struct slow_context {
	const struct host_root *root; /* borrowed */
	bool with_network;            /* network file systems, too */
};

struct slow_state; /* each slow probe its own */

struct slow_probe {
	const char *name; /* as in the log */
	const char *help;
	size_t sources_max; /* never more are listed */
	const char
		*deadline_setting; /* of one reading, in ms: its name in the settings */
	const char *switch_setting; /* yes or no; NULL: always on */
	/* NULL: list cannot hang and is called each turn.  Else it may: it is called only
	 * when this says that there is something else than what state lists (NULL: nothing
	 * yet), and is tried in a child first. */
	bool (*is_list_old)(
		const struct slow_state *state, const struct slow_context *context);
	/* What there is now, into *state, which is NULL at first.  Returns 0 or a negative
	 * errno with the text set; the old list then holds. */
	int (*list)(struct slow_state **state, const struct slow_context *context,
		struct err *err);
	/* false beyond the last. */
	bool (*get)(const struct slow_state *state, size_t index,
		struct slow_source *ret_source);
	/*
	 * May hang.  Writes the count values of that source, NAN where unknown.  Returns 0,
	 * -ENODATA for a source that at the moment is none of its own (it is not shown), or
	 * another negative errno with the text set.
	 */
	int (*read)(const struct slow_state *state, size_t index,
		const struct slow_context *context, double *ret_values,
		struct err *err);
	void (*close)(struct slow_state *state); /* NULL is a no-op */
};

/* All of them, each one constant NAME_probe at the end of probes/slow/NAME.c.  To add one:
 * its file, a word here, rows of metric_table.h. */
#define SLOW_PROBES(ROW) ROW(fs) ROW(sensors)

#define SLOW_PROBE_DECLARE(name) extern const struct slow_probe name##_probe;
SLOW_PROBES(SLOW_PROBE_DECLARE)

/* Ended by NULL.  In a file of its own (slow/table.c): the sampler links the table of
 * probes, and must not link what the rows of this one need. */
extern const struct slow_probe *const slow_probe_table[];

#endif
