/*
 * Which CPUs share a core, and how fast each is by its label: proc/cpuinfo and
 * sys/devices/system/cpu, by the number of the logical CPU.  Who speaks of which CPUs is
 * decided by cpu_scale.
 */
#ifndef PROBES_HOST_TOPOLOGY_H
#define PROBES_HOST_TOPOLOGY_H

#include "probes/hostroot.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TOPOLOGY_CPUS_MAX = 4096,
	TOPOLOGY_MODEL_MAX = 128,
	TOPOLOGY_SHARERS_MAX = 8, /* more threads than this no core has (POWER: 8) */
};

/* What one source says of one CPU. */
struct topology_cpu {
	uint16_t core;    /* the lowest number that is known to share its core */
	uint16_t package; /* likewise its package */
	uint16_t
		package_cpus; /* how many CPUs the set of its package had; 0: none read */
	bool is_listed;       /* the source has this number */
	bool has_core;
	bool has_ids;
	uint64_t
		ids; /* package, die and core id, where no set of siblings is printed */
	double mhz;  /* nominal; NAN unknown; like mhz_at_end only where listed */
	double mhz_at_end; /* the highest of cpufreq, where nothing else is known */
};

/* By number.  Pages are touched as far as there are CPUs: nothing from high on is. */
struct topology_table {
	unsigned high;
	struct topology_cpu cpu[TOPOLOGY_CPUS_MAX];
};

/* What the text of proc/cpuinfo says of all of them. */
struct topology_facts {
	unsigned threads;        /* "processor" lines; 0 unknown */
	unsigned physical_cores; /* distinct (physical id, core id); 0 unknown */
	unsigned sockets;        /* 0 unknown */
	double nominal_mhz;      /* of the first CPU that has one; NAN unknown */
	int is_guest;     /* the CPU flag "hypervisor": 1, 0, -1 no flags are printed */
	bool is_one_each; /* without ids each CPU is a core of its own (x86, ARM) */
	char vendor[TOPOLOGY_MODEL_MAX]; /* "" unknown */
	char model[TOPOLOGY_MODEL_MAX];
};

/*
 * topology_parse_cpuinfo - what proc/cpuinfo alone says
 *
 * table     may be NULL; zeroed at first, what it held of an earlier text is replaced
 *
 * physical_cores counts the distinct pairs (physical id, core id).  Where no CPU has
 * them each is a core of its own: x86 prints them as soon as anything is shared.
 * The nominal clock of a CPU is the first of: the "@ 2.40GHz" of the model name, "cpu MHz
 * static" (s390), "clock" (powerpc), and in a guest, whose clock stands still, the mean
 * of "cpu MHz" where the CPU has no aperfmperf (with it the figure is the clock of the
 * moment), else half of bogomips.  Pure.
 */
void topology_parse_cpuinfo(const char *text, size_t length,
	struct topology_facts *ret_facts, struct topology_table *table);

/* Mean of "cpu MHz" in a text of proc/cpuinfo, or in a piece of it; NAN without.  Pure. */
double topology_parse_clock(const char *text, size_t length);

/*
 * topology_read_cpu - what sysfs says of one CPU, into table->cpu[number]
 *
 * The set of sibling threads names the core of all of them: they get the lowest number
 * among them, so that a CPU that comes later joins those that were there.
 */
void topology_read_cpu(
	const struct host_root *root, unsigned number, struct topology_table *table);

/*
 * topology_list_online - which CPUs sysfs has
 *
 * Of the file "online", else those with a folder "topology".  is_online has
 * TOPOLOGY_CPUS_MAX entries.  Returns their number, 0 where sysfs does not say.
 */
size_t topology_list_online(const struct host_root *root, bool *is_online);

/* NAN for what no clock can be. */
static inline double topology_sane_mhz(double mhz)
{
	return mhz >= 1 && mhz <= 20000 ? mhz : (double)NAN;
}

/* "0-3,8": marks the numbers, returns how many; -EINVAL for any other text.  Pure. */
int topology_parse_list(const char *text, bool *is_member);

/* "00000001,00000000": the hexadecimal mask of sysfs, likewise: how many, or -EINVAL.
 * Pure. */
int topology_parse_mask(const char *text, bool *is_member);

#endif
