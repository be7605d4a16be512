/* Saturation: pressure stall information (proc/pressure) and load (proc/loadavg). */
#ifndef PROBES_HOST_PRESSURE_H
#define PROBES_HOST_PRESSURE_H

#include "common/err.h"
#include "probes/probe.h"

#include <stddef.h>

enum pressure_source { PRESSURE_CPU, PRESSURE_MEMORY, PRESSURE_IO, PRESSURE_SOURCES };

/*
 * pressure_parse - text of proc/pressure/{cpu,memory,io} (Documentation/accounting/psi.rst)
 *
 * "full" of the CPU is not kept: it has no meaning for a whole system.
 * Returns 0, or -EINVAL when there is no line "some".  Pure.
 */
int pressure_parse(const char *text, size_t length, enum pressure_source source,
	struct sink *sink, struct err *err);

/* load_parse - text of proc/loadavg.  Returns 0 or -EINVAL.  Pure. */
int load_parse(const char *text, size_t length, struct sink *sink, struct err *err);

#endif
