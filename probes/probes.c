/* The table of all probes, whose rows stand in probe.h. */
#include "probes/probe.h"

#include <stddef.h>
#include <string.h>

#define PROBE_ROW(name) &name##_probe,

const struct probe *const probe_table[] = {
	PROBES(PROBE_ROW) NULL,
};

const struct probe *probe_find(const char *name)
{
	for (const struct probe *const *probe = probe_table; *probe; probe++)
		if (!strcmp((*probe)->name, name))
			return *probe;
	return NULL;
}
