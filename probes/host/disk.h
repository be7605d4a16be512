/* Traffic per disk: proc/diskstats and sys/block. */
#ifndef PROBES_HOST_DISK_H
#define PROBES_HOST_DISK_H

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

/* One line; its numbers are read by disk_parse_values. */
struct disk_line {
	uint64_t major, minor;
	struct text name, rest;
};

struct disk_values {
	uint64_t value[DISK_COLUMNS];
};

/*
 * disk_next - the next line of proc/diskstats
 *
 * Lines without two numbers and a name are damaged and counted in *skipped.  Returns
 * false at the end.  Pure.
 */
bool disk_next(struct text *all, struct disk_line *ret_line, unsigned *skipped);

/*
 * disk_parse_values - the numbers behind the name
 *
 * 11 and more are taken (lines of 14, 18 and 20 columns so far; at most 64).  Returns 0,
 * -ENODATA for the 4 of a partition before Linux 2.6.25, -EINVAL for anything else.
 */
int disk_parse_values(struct text rest, struct disk_values *ret_values);

/*
 * disk_is_counted - a whole physical device? (docs/method.md, "What is counted")
 *
 * One that is listed in sys/block with a device, and is neither a CD, a floppy nor a
 * boot area of a card; nor a second way to what is counted (the head over NVMe paths, a
 * target of this machine), nor memory (scsi_debug).  Where sys/block is not there, the name decides.
 */
bool disk_is_counted(const struct host_root *root, const char *name);
bool disk_is_whole_name(const char *name);

/*
 * disk_parse_own - one disk in text of a control group's io.stat
 *
 * Sectors of 512 bytes and operations; all 0 for a disk that the group has not used.
 * Returns false for a damaged line.  Pure.
 */
bool disk_parse_own(const char *text, size_t length, uint64_t major, uint64_t minor,
	struct disk_values *ret_values);

/* sys/block/<name>/<rest>, with the '/' of "cciss/c0d0" as the '!' of sysfs. */
bool disk_path(char *path, size_t size, const char *name, const char *rest);

#endif
