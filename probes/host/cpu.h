/* CPU time, total and per core, run queue: proc/stat, read once per cycle. */
#ifndef PROBES_HOST_CPU_H
#define PROBES_HOST_CPU_H

#include "common/err.h"
#include "probes/probe.h"

#include <stddef.h>
#include <stdint.h>

enum {
	CPU_STATES =
		8, /* user nice system idle iowait irq softirq steal; guests are in user */
	CPU_CORES_MAX = 4096,
};

struct cpu_core {
	unsigned number;
	uint64_t busy, idle; /* ticks; idle holds iowait too */
};

struct cpu_stat {
	uint64_t state[CPU_STATES];
	unsigned states;           /* how many of them this kernel has: 4, 5, 7 or 8 */
	unsigned cores;            /* lines "cpu<n>" */
	unsigned kept;             /* of them in core[] */
	double run_queue, blocked; /* NAN where not reported */
	struct cpu_core core[CPU_CORES_MAX];
};

/*
 * cpu_parse - text of proc/stat (Documentation/filesystems/proc.rst, 1.7)
 *
 * Returns 0, or -EINVAL when there is no line "cpu" with at least four numbers.  Pure.
 */
int cpu_parse(
	const char *text, size_t length, struct cpu_stat *ret_stat, struct err *err);

#endif
