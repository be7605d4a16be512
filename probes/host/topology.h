/* How many CPUs, and how fast by their label: what the CPU demand is scaled with. */
#ifndef PROBES_HOST_TOPOLOGY_H
#define PROBES_HOST_TOPOLOGY_H

#include "probes/hostroot.h"

#include <stddef.h>

enum { TOPOLOGY_CPUS_MAX = 8192, TOPOLOGY_MODEL_MAX = 128 };

struct topology {
	unsigned threads;        /* logical CPUs online; 0 unknown */
	unsigned physical_cores; /* 0 unknown */
	unsigned sockets;        /* 0 unknown */
	double nominal_mhz;      /* NAN unknown */
	int is_guest; /* the CPU flag "hypervisor": 1, 0, -1 no flags are printed */
	char vendor[TOPOLOGY_MODEL_MAX]; /* "" unknown */
	char model[TOPOLOGY_MODEL_MAX];
};

/*
 * topology_parse_cpuinfo - what proc/cpuinfo alone says
 *
 * physical_cores counts the distinct pairs (physical id, core id).  Where no CPU has
 * them each is a core of its own: x86 prints them as soon as anything is shared.
 * nominal_mhz is the "@ 2.40GHz" of the model name, else the mean of "cpu MHz" where a
 * hypervisor is flagged (a guest sees a fixed clock), else unknown.  Pure.
 */
void topology_parse_cpuinfo(
	const char *text, size_t length, struct topology *ret_topology);

/* Mean of "cpu MHz" in a text of proc/cpuinfo, or in a piece of it; NAN without.  Pure. */
double topology_parse_clock(const char *text, size_t length);

/*
 * topology_read - cpuinfo, refined by sys/devices/system/cpu
 *
 * Cores are the distinct sets of sibling threads of the CPUs online, else the distinct
 * (package, die, core).  The nominal clock is
 * the first that is there: base_frequency of cpufreq, nominal_freq of CPPC, the model
 * name, the fixed clock of a guest, and last the highest clock of cpufreq.
 *
 * text, size  scratch memory
 */
void topology_read(const struct host_root *root, char *text, size_t size,
	struct topology *ret_topology);

#endif
