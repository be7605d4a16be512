/* Which file systems are counted: from the mount table, before one is touched. */
#ifndef PROBES_SLOW_FS_MOUNTS_H
#define PROBES_SLOW_FS_MOUNTS_H

#include "common/err.h"
#include "probes/hostroot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FS_MOUNTS_MAX = 64, FS_PATH_MAX = 256, FS_MEMBERS_MAX = 512 };

enum fs_kind {
	FS_PLAIN,
	FS_POOL,     /* a zfs pool: all its mounted data sets together */
	FS_DATA_SET, /* one of them: of its own only where it has a quota */
};

struct fs_mount {
	/* decoded; the instance's name in the store; of a pool its own name */
	char point[FS_PATH_MAX];
	char source[FS_PATH_MAX]; /* "/dev/vda1" */
	char type[32];            /* "ext4" */
	unsigned major, minor;
	bool is_network;   /* nfs, cifs ...: only where the caller asks for them */
	bool is_read_only; /* by the mount, or by the whole file system */
	enum fs_kind kind;
	unsigned pool; /* of a data set: the mount[] of its pool */
};

/* A data set that is mounted, once however often it is. */
struct fs_member {
	char point[FS_PATH_MAX];
	unsigned pool;  /* the mount[] of its pool */
	unsigned minor; /* of its anonymous device */
};

struct fs_mounts {
	struct fs_mount mount[FS_MOUNTS_MAX];
	size_t count;
	size_t ignored; /* counted ones beyond FS_MOUNTS_MAX, or with a longer path */
	struct fs_member member[FS_MEMBERS_MAX];
	size_t member_count;
	bool is_pool_cut; /* more data sets than members: no pool is known in full */
};

struct fs_choice {
	bool with_network; /* network file systems, too */
	/* Is this a folder?  Asked of parts of storage on this machine alone, where a single
	 * file may be mounted; NULL: all are. */
	bool (*is_folder)(void *context, const char *point);
	void *context;
};

/*
 * fs_mounts_parse - what is counted of the text of proc/self/mountinfo
 *
 * Left out: kernel and memory file systems, images (squashfs, iso9660 ...), overlays,
 * bind mounts and sub-volumes of what is already there (the same device: the mount of
 * its root counts, of several the shortest path to a folder), points hidden below another
 * mount, and, unless with_network, network file systems.  A zfs pool counts once, by its
 * name; its data sets stand behind all others.  Pure but for is_folder; docs/method.md,
 * "What is counted".
 */
void fs_mounts_parse(const char *text, size_t length, const struct fs_choice *choice,
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
