/* The table of slow probes, whose rows stand in probe.h. */
#include "probes/probe.h"

#include <stddef.h>

#define SLOW_PROBE_ROW(name) &name##_probe,

const struct slow_probe *const slow_probe_table[] = {
	SLOW_PROBES(SLOW_PROBE_ROW) NULL,
};
