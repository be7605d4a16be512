/* The table of all probes: one row here, one file beside it. */
#include "probes/probe.h"

#include "probes/host/cpu.h"
#include "probes/host/disk.h"
#include "probes/host/memory.h"
#include "probes/host/network.h"
#include "probes/host/pressure.h"

#include <stddef.h>
#include <string.h>

const struct probe *const probe_table[] = {
	&cpu_probe,
	&memory_probe,
	&pressure_probe,
	&load_probe,
	&network_probe,
	&disk_probe,
	NULL,
};

const struct probe *probe_find(const char *name)
{
	for (const struct probe *const *probe = probe_table; *probe; probe++)
		if (!strcmp((*probe)->name, name))
			return *probe;
	return NULL;
}
