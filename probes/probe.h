/*
 * A probe reads one source below a host root and hands values to a sink.  To add one:
 * a row per value in schema/metric_table.h, a file here that ends with one constant,
 * and a row in probes.c.
 */
#ifndef PROBES_PROBE_H
#define PROBES_PROBE_H

#include "common/err.h"
#include "probes/hostroot.h"
#include "schema/metric.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Where the values go: struct collect in the daemon, an array in the tests.
 *
 * A slot is the number that a probe gave to an instance of a file kind (adapter, disk,
 * core); it is below metric_file_table[file].tracked_max, and 0 where there is one file
 * only.  A value that is not put is unknown; NAN need not be put.
 */
struct sink {
	/* A new instance, before its first value.  name is borrowed for the call. */
	void (*appear)(struct sink *sink, enum metric_file file, unsigned slot,
		const char *name);
	/* Gone; the slot may come back as another one. */
	void (*vanish)(struct sink *sink, enum metric_file file, unsigned slot);
	void (*put_gauge)(
		struct sink *sink, enum metric_id metric, unsigned slot, double value);
	/* raw, as the kernel counts: a double would lose what is over 2^53 */
	void (*put_counter)(
		struct sink *sink, enum metric_id metric, unsigned slot, uint64_t raw);
	/* The source of this kind was read in full: what is absent adds nothing to sums. */
	void (*complete)(struct sink *sink, enum metric_file file);
	/* More instances than can be followed: the sum over this kind is unknown. */
	void (*overflow)(struct sink *sink, enum metric_file file, size_t count);
	/* CPUs online, cores that share no pipeline, nominal clock (NAN: unknown). */
	void (*put_cpus)(struct sink *sink, unsigned online, unsigned physical_cores,
		double nominal_mhz);
};

/* What all probes of one collector share. */
struct probe_context {
	const struct host_root *root; /* borrowed */
	char *text; /* one buffer for all, used one after another; pages as needed */
	size_t text_size;
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

/* Ended by NULL. */
extern const struct probe *const probe_table[];
/* NULL when there is none of that name. */
const struct probe *probe_find(const char *name);

#endif
