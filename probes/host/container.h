/*
 * Is this root a container's, and which of its files speak of the container?
 *
 * A container sees its host's proc/meminfo, stat, diskstats, loadavg and pressure, unless
 * something is mounted over them (lxcfs); its own use is in its control group.  A machine's
 * services have control groups too: what decides is the group of process 1, or that the
 * root of the mounted groups is none of a host.
 */
#ifndef PROBES_HOST_CONTAINER_H
#define PROBES_HOST_CONTAINER_H

#include "probes/hostroot.h"
#include "probes/probe.h"

#include <stdbool.h>

enum { CONTAINER_PATH_MAX = 512, CONTAINER_DEPTH_MAX = 16 };

struct container {
	bool is_one;
	/* process 1 is of another group than the root that we see: which limits are ours
	 * cannot be told, and where there are any the memory is unknown */
	bool is_unclear;
	int version; /* of the control groups: 1 or 2 */
	/* what is mounted over proc: then it is the container's own */
	bool owns_stat, owns_meminfo, owns_diskstats, owns_loadavg;
	char group[CONTAINER_PATH_MAX]; /* below the mount of the groups; "" its root */
};

/* Text of proc/1/cgroup; writes the group, "" for the root, of the memory controller (v1)
 * or of all (v2).  Returns the version, -ENOENT when there is none, -EXDEV for one that is
 * outside of what we see.  Pure. */
int container_parse_group(const char *text, size_t length, char *group, size_t size);

/* Whether we run in one, and whose limits hold there; never fails: what cannot be read
 * is not there. */
void container_find(const struct host_root *root, struct container *ret_container);

/* The bytes of a file of a group: "max", an empty text and what is no number are NAN. */
double container_parse_bytes(const char *text, size_t length);
/* A key of memory.stat, cpu.stat: NAN where it is not there.  Pure. */
double container_parse_key(const char *text, size_t length, const char *key);

struct container_memory {
	double limit_bytes; /* the least of the group and its parents; NAN none */
	double used_bytes; /* own use less the cache that can be given back; NAN unknown */
	double cached_bytes;
};

/* text, size  scratch memory */
void container_read_memory(const struct host_root *root,
	const struct container *container, char *text, size_t size,
	struct container_memory *ret_memory);

/* CPU time used so far, in us; -ENOENT where the group does not count it. */
int container_read_cpu(const struct host_root *root, const struct container *container,
	char *text, size_t size, uint64_t *ret_us);

/* Path of a file of the container's group, "io.stat"; false where it is too long. */
bool container_path(const struct container *container, const char *controller,
	const char *file, char *path, size_t size);

/* What a probe asks: does this file of proc speak of another machine than ours? */
static inline bool container_is_foreign(const struct container *container, bool is_own)
{
	return container && container->is_one && !is_own;
}

#endif
