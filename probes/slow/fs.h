/*
 * How full file systems are.  fs_measure can hang for ever on a dead server, so it is
 * called in the helper process only, one outstanding call per mount.
 */
#ifndef PROBES_SLOW_FS_H
#define PROBES_SLOW_FS_H

#include "probes/probe.h"
#include "probes/slow/fs_mounts.h"

#include <sys/statvfs.h>

struct fs_usage {
	double size_bytes, used_bytes, avail_bytes;
	double inodes, inodes_used; /* NAN where the file system has no fixed number */
};

/* NAN for what the figures cannot mean: more free than there is.  Pure. */
void fs_usage_of(const struct statvfs *status, struct fs_usage *ret_usage);

/* statvfs on the mount point below the root.  Returns 0 or a negative errno. */
int fs_measure(const struct host_root *root, const struct fs_mount *mount,
	struct fs_usage *ret_usage, struct err *err);

#endif
