/* Traffic per disk: proc/diskstats and sys/block. */
#ifndef PROBES_DISK_H
#define PROBES_DISK_H

#include "probes/probe.h"
#include "probes/text.h"

#include <stdbool.h>
#include <stdint.h>

/* The numbers behind the name (Documentation/admin-guide/iostats.rst). */
enum disk_column {
	DISK_READS,
	DISK_READS_MERGED,
	DISK_READ_SECTORS,
	DISK_READ_MS,
	DISK_WRITES,
	DISK_WRITES_MERGED,
	DISK_WRITE_SECTORS,
	DISK_WRITE_MS,
	DISK_IN_FLIGHT,
	DISK_BUSY_MS,
	DISK_QUEUE_MS,
	DISK_COLUMNS, /* later kernels add discards and flushes, which are not kept */
};

struct disk_line {
	struct text name;
	uint64_t value[DISK_COLUMNS];
};

/*
 * disk_next - the next whole line of proc/diskstats
 *
 * Lines of 14 columns and more are taken (14, 18, 20 so far; at most 64); those of 7
 * are partitions of kernels before 2.6.25 and are passed over silently.  Anything else
 * is damaged and counted in *skipped.  Returns false at the end.  Pure.
 */
bool disk_next(struct text *all, struct disk_line *ret_line, unsigned *skipped);

/*
 * disk_is_counted - a whole physical device? (docs/method.md, "What is counted")
 *
 * One that is listed in sys/block with a device, and is neither a CD, a floppy nor a
 * boot area of a card.  Where sys/block is not there, the name decides.
 */
bool disk_is_counted(const struct host_root *root, const char *name);
bool disk_is_whole_name(const char *name);

/* sys/block/<name>/<rest>, with the '/' of "cciss/c0d0" as the '!' of sysfs. */
bool disk_path(char *path, size_t size, const char *name, const char *rest);

extern const struct probe disk_probe;

#endif
