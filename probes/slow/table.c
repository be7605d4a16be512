/* The table of slow probes: one row here, one file beside it. */
#include "probes/slow/fs.h"
#include "probes/slow/sensors.h"

#include <stddef.h>

const struct slow_probe *const slow_probe_table[] = {
	&fs_probe,
	&sensors_probe,
	NULL,
};
