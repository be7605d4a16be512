/*
 * What the CPUs of one reading are worth: nominal MHz / threads of the core, of each.
 *
 * proc/stat, proc/cpuinfo and sysfs may speak of different CPUs: in a container the first
 * two are its own and sysfs is the host's, and while CPUs come and go they are read one
 * after the other.  So only the numbers that stand in proc/stat count, each with the core
 * that a source of the same scope gives it; where none does, nothing is known.
 */
#ifndef PROBES_HOST_CPU_SCALE_H
#define PROBES_HOST_CPU_SCALE_H

#include "probes/host/topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cpu_scope {
	CPU_SCOPE_UNKNOWN, /* the sources cannot be matched */
	CPU_SCOPE_SYSFS,
	CPU_SCOPE_CPUINFO,
};

struct cpu_scale; /* opaque */

struct cpu_totals {
	enum cpu_scope scope;
	unsigned cpus;           /* of the set */
	unsigned physical_cores; /* 0 unknown */
	unsigned sockets;        /* 0 unknown */
	bool is_clock_unknown;   /* of at least one CPU, although its core is known */
	bool is_settled;         /* false: to be taken again, although the CPUs stay */
	double each_mhz; /* of every CPU where they are worth the same; NAN unknown or not */
	double whole_mhz; /* all CPUs busy; NAN unknown */
};

/* nominal_mhz: what a person stated for all CPUs; 0: what the machine says.
 * Returns NULL when out of memory. */
struct cpu_scale *cpu_scale_new(const struct host_root *root, double nominal_mhz);
void cpu_scale_free(struct cpu_scale *scale); /* NULL is a no-op */

/*
 * cpu_scale_take - the CPUs that are there now
 *
 * number, count  as proc/stat lists them, each below TOPOLOGY_CPUS_MAX
 * reading        a number that grows by 1 with each reading
 * text, size     scratch memory, for proc/cpuinfo
 *
 * What is known of a number is read once and kept while it is gone; a number that comes
 * back is looked at again, but not each time where CPUs flap.  Allocates.
 */
void cpu_scale_take(struct cpu_scale *scale, const unsigned *number, size_t count,
	unsigned reading, char *text, size_t size, struct cpu_totals *ret_totals);

/* By number, MHz of a busy CPU; NAN unknown.  Borrowed, of the last cpu_scale_take. */
const double *cpu_scale_mhz(const struct cpu_scale *scale);

/* What proc/cpuinfo says beside the CPUs: guest, vendor, model. */
const struct topology_facts *cpu_scale_facts(const struct cpu_scale *scale);

/*
 * cpu_scale_read_machine - the same for the inventory, once
 *
 * The CPUs are those of proc/stat, where it is not there those that sysfs has online,
 * else those of cpuinfo.
 */
void cpu_scale_read_machine(const struct host_root *root, char *text, size_t size,
	struct topology_facts *ret_facts, struct cpu_totals *ret_totals);

#endif
