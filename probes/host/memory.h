/* Physical memory and swap: proc/meminfo. */
#ifndef PROBES_HOST_MEMORY_H
#define PROBES_HOST_MEMORY_H

#include "common/err.h"
#include "probes/probe.h"

#include <stddef.h>

enum { MEMORY_FIELDS = 11 };

/* Where the keys stood in the last text: the kernel's layout stays, so that a reading
 * looks at these places alone.  All zero: not known yet. */
struct memory_places {
	size_t length;            /* of that text */
	size_t at[MEMORY_FIELDS]; /* SIZE_MAX: there was no such key */
};

/*
 * memory_parse - text of proc/meminfo (Documentation/filesystems/proc.rst)
 *
 * min_free_bytes  vm.min_free_kbytes, for kernels before 3.14 that do not print
 *                 MemAvailable; NAN: available is then unknown.  With low = 1.25 x it:
 *
 *     available = MemFree - low + (files - min(files / 2, low))
 *                 + (SReclaimable - min(SReclaimable / 2, low))
 *     files = Active(file) + Inactive(file)
 *
 * places          may be NULL; a hint only, the result is the same without it
 *
 * Returns 0, or -EINVAL when MemTotal is not there as a size.  Pure.
 */
int memory_parse(const char *text, size_t length, double min_free_bytes,
	struct memory_places *places, struct sink *sink, struct err *err);

extern const struct probe memory_probe;

#endif
