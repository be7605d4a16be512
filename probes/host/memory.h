/* Physical memory and swap: proc/meminfo. */
#ifndef PROBES_HOST_MEMORY_H
#define PROBES_HOST_MEMORY_H

#include "common/err.h"
#include "probes/probe.h"

#include <stddef.h>

enum { MEMORY_FIELDS_MAX = 32 };

/* Where the keys stood in the last text: the kernel's layout stays, so that a reading
 * looks at these places alone.  All zero: not known yet. */
struct memory_places {
	size_t length;                /* of that text */
	size_t at[MEMORY_FIELDS_MAX]; /* SIZE_MAX: there was no such key */
};

/* What the text alone does not tell. */
struct memory_facts {
	double min_free_bytes; /* vm.min_free_kbytes; NAN unknown */
	double other_huge_bytes; /* free, unreserved huge pages of other sizes; NAN none */
	bool is_in_container; /* its own sizes stand there, and the huge pages of its host */
};

/*
 * memory_parse - text of proc/meminfo (Documentation/filesystems/proc.rst)
 *
 * Available is the higher of MemAvailable and MemFree.  Where a kernel before 3.14 does
 * not print MemAvailable, or prints 0 beside free memory, it is what a kernel computes,
 * with low = 1.25 x min_free_bytes (unknown: available is unknown too):
 *
 *     available = MemFree - low + (files - min(files / 2, low))
 *                 + (SReclaimable - min(SReclaimable / 2, low))
 *     files = Active(file) + Inactive(file)
 *
 * places          may be NULL; a hint only: keys of the same text
 *
 * Returns 0, or -EINVAL when MemTotal is not there as a size.  Pure.
 */
int memory_parse(const char *text, size_t length, const struct memory_facts *facts,
	struct memory_places *places, struct sink *sink, struct err *err);

/* Text of proc/spl/kstat/zfs/arcstats: the bytes of the cache above its floor, which ZFS
 * gives back when memory is short; NAN where the text does not say.  Pure. */
double memory_parse_arc(const char *text, size_t length);

#endif
