/* Which file systems are counted: from the mount table, before one is touched. */
#ifndef PROBES_SLOW_FS_MOUNTS_H
#define PROBES_SLOW_FS_MOUNTS_H

#include "common/err.h"
#include "probes/hostroot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FS_MOUNTS_MAX = 64, FS_PATH_MAX = 256 };

struct fs_mount {
	char point[FS_PATH_MAX];  /* decoded; the instance's name in the store */
	char source[FS_PATH_MAX]; /* "/dev/vda1" */
	char type[32];            /* "ext4" */
	unsigned major, minor;
	bool is_network; /* nfs, cifs ...: only where the caller asks for them */
	bool is_read_only;
};

struct fs_mounts {
	struct fs_mount mount[FS_MOUNTS_MAX];
	size_t count;
	size_t ignored; /* counted ones beyond FS_MOUNTS_MAX, or with a longer path */
};

/*
 * fs_mounts_parse - what is counted of the text of proc/self/mountinfo
 *
 * Left out: kernel and memory file systems, images (squashfs, iso9660 ...), overlays,
 * bind mounts and sub-volumes of what is already there (the same device: the mount of
 * its root counts, of several the shortest path), points hidden below another mount,
 * and, unless with_network, network file systems.  Pure; docs/method.md, "What is
 * counted".
 */
void fs_mounts_parse(const char *text, size_t length, bool with_network,
	struct fs_mounts *ret_mounts);

/*
 * fs_mounts_read - the same of proc/self/mountinfo below the root
 *
 * Returns 0, -ENOENT where there is no such file (err is not set), -EFBIG, -ENOMEM or
 * another negative errno with the text set; ret_mounts is then as it was.
 */
int fs_mounts_read(const struct host_root *root, bool with_network,
	struct fs_mounts *ret_mounts, struct err *err);

#endif
