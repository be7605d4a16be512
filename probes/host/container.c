/* Control groups of version 1 and 2, as a container sees them; see container.h. */
#include "probes/host/container.h"

#include "common/util.h"
#include "probes/text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS "sys/fs/cgroup"
#define MOUNTINFO_BYTES ((size_t)1 << 20)
/* over this a limit of version 1 is none: it prints the largest multiple of a page */
static const double unlimited_bytes = 4611686018427387904.0;

/* ---- texts ---------------------------------------------------------------------- */

/* "0::/path" of version 2, "4:memory:/path" of version 1. */
int container_parse_group(const char *text, size_t length, char *group, size_t size)
{
	struct text all = text_of(text, length);
	struct text line;
	int version = -ENOENT;

	while (text_line(&all, &line)) {
		const char *first = memchr(line.at, ':', (size_t)(line.end - line.at));
		const char *second = first
			? memchr(first + 1, ':', (size_t)(line.end - first - 1))
			: NULL;
		struct text names, path;
		int found;

		if (!second || second[1] != '/')
			continue;
		names = (struct text){ first + 1, second };
		path = (struct text){ second + 1, line.end };
		found = names.at == names.end ? 2
			: memmem(names.at, (size_t)(names.end - names.at), "memory", 6)
			? 1
			: 0;
		/* a hybrid has both: the memory controller is where the limits are */
		if (found == 0 || (found == 2 && version == 1))
			continue;
		version = found;
		if (path.end - path.at >= 3 && !memcmp(path.at, "/..", 3))
			return -EXDEV;
		if ((size_t)(path.end - path.at) >= size)
			return -ENAMETOOLONG;
		memcpy(group, path.at, (size_t)(path.end - path.at));
		group[path.end - path.at] = '\0';
		if (!strcmp(group, "/"))
			group[0] = '\0';
	}
	return version;
}

double container_parse_bytes(const char *text, size_t length)
{
	struct text line = text_of(text, length);
	uint64_t value;

	while (line.end > line.at && (line.end[-1] == '\n' || line.end[-1] == '\r'))
		line.end--;
	return text_u64(&line, &value) && text_is_done(&line) ? (double)value : NAN;
}

double container_parse_key(const char *text, size_t length, const char *key)
{
	struct text all = text_of(text, length);
	struct text line, word;
	uint64_t value;

	while (text_line(&all, &line))
		if (text_word(&line, &word) && text_is(&word, key))
			return text_u64(&line, &value) ? (double)value : NAN;
	return NAN;
}

/* ---- what it is ------------------------------------------------------------------ */

static bool read_group_file(const struct host_root *root, const char *group,
	const char *controller, const char *file, char *text, size_t size,
	size_t *ret_length)
{
	char path[CONTAINER_PATH_MAX + 64];
	int length = snprintf(path, sizeof(path), GROUPS "%s%s%s/%s",
		*controller ? "/" : "", controller, group, file);

	if (length < 0 || (size_t)length >= sizeof(path) ||
		hostroot_read_text(root, path, text, size) < 0)
		return false;
	*ret_length = strlen(text);
	return true;
}

static double read_group_bytes(const struct host_root *root, const char *group,
	const char *controller, const char *file)
{
	char text[64];
	size_t length;

	return read_group_file(
		       root, group, controller, file, text, sizeof(text), &length)
		? container_parse_bytes(text, length)
		: NAN;
}

static double read_limit(const struct host_root *root,
	const struct container *container, const char *group)
{
	double bytes = container->version == 2
		? read_group_bytes(root, group, "", "memory.max")
		: read_group_bytes(root, group, "memory", "memory.limit_in_bytes");

	return bytes < unlimited_bytes ? bytes : NAN;
}

/* Names that engines give the groups of containers. */
static bool is_container_name(const char *group)
{
	static const char *const names[] = { "docker", "kubepods", "lxc", "libpod",
		"podman", "containerd", "crio", "machine.slice", "garden", "buildkit",
		"nspawn", "ecs" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strstr(group, names[i]))
			return true;
	return false;
}

/* The parent's group; false when this was the root. */
static bool go_up(char *group)
{
	char *slash = strrchr(group, '/');

	if (!slash)
		return false;
	*slash = '\0';
	return true;
}

static double least_limit(
	const struct host_root *root, const struct container *container)
{
	char group[CONTAINER_PATH_MAX];
	double least = NAN;
	int depth = 0;

	memcpy(group, container->group, sizeof(group));
	do {
		double limit = read_limit(root, container, group);

		if (isnan(least) || limit < least)
			least = limit;
	} while (go_up(group) && depth++ < CONTAINER_DEPTH_MAX);
	return least;
}

static double machine_bytes(const struct host_root *root)
{
	char text[8192];
	struct text all, line;
	uint64_t kib;

	if (hostroot_read_text(root, "proc/meminfo", text, sizeof(text)) < 0)
		return NAN;
	all = text_of(text, strlen(text));
	while (text_line(&all, &line))
		if (text_prefix(&line, "MemTotal:"))
			return text_u64(&line, &kib) ? (double)kib * 1024 : NAN;
	return NAN;
}

/* Under what the machine has.  Its text, a long one to make, only where there is a limit. */
static bool is_limited(const struct host_root *root, const struct container *container)
{
	double limit = least_limit(root, container);

	return !isnan(limit) && limit < machine_bytes(root);
}

static bool has_group_file(const struct host_root *root, const char *file)
{
	char path[64];

	(void)snprintf(path, sizeof(path), GROUPS "/%s", file);
	return hostroot_exists(root, path);
}

/* An engine that mounts a container's own group as the root of all, without a name space of
 * groups: process 1 then has a path that leads nowhere here, and the root is its own. */
static void come_to_what_is_seen(
	const struct host_root *root, struct container *container)
{
	char path[CONTAINER_PATH_MAX + 64];

	(void)snprintf(path, sizeof(path), GROUPS "%s%s",
		container->version == 1 ? "/memory" : "", container->group);
	if (!hostroot_exists(root, path))
		container->group[0] = '\0';
}

static void judge_container(const struct host_root *root, struct container *container)
{
	char text[4096];
	int version = -ENOENT;
	/* the root of a host's groups has neither a type nor a limit */
	bool is_root_inner = has_group_file(root, "cgroup.type") ||
		has_group_file(root, "memory.max");

	if (hostroot_read_text(root, "proc/1/cgroup", text, sizeof(text)) == 0)
		version = container_parse_group(
			text, strlen(text), container->group, sizeof(container->group));
	container->version = version > 0 ? version : is_root_inner ? 2 : 1;
	if (version < 0)
		container->group[0] = '\0';
	if (version == -EXDEV) {
		container->is_unclear = is_root_inner;
		return;
	}
	if (container->version == 2 && is_root_inner)
		container->is_one = true;
	else if (is_container_name(container->group))
		container->is_one = true;
	else if (container->version == 1 || container->group[0])
		container->is_one = is_limited(root, container);
}

/* Mount points below proc are plain words: nothing is to be decoded. */
static void find_own_files(const struct host_root *root, struct container *container)
{
	struct host_file file;
	char *text = malloc(MOUNTINFO_BYTES);
	struct text all, line, word;
	size_t length = 0;

	if (!text)
		return;
	hostroot_file_init(&file, root, "proc/self/mountinfo");
	if (hostroot_file_read(&file, text, MOUNTINFO_BYTES, &length, NULL) < 0)
		length = 0;
	hostroot_file_done(&file);
	all = text_of(text, length);
	while (text_line(&all, &line)) {
		bool is_whole = true;

		for (int i = 0; i < 5 && is_whole; i++)
			is_whole = text_word(&line, &word);
		if (!is_whole)
			continue;
		container->owns_stat |= text_is(&word, "/proc/stat");
		container->owns_meminfo |= text_is(&word, "/proc/meminfo");
		container->owns_diskstats |= text_is(&word, "/proc/diskstats");
		container->owns_loadavg |= text_is(&word, "/proc/loadavg");
	}
	free(text);
}

void container_find(const struct host_root *root, struct container *ret_container)
{
	struct container container = { .is_one = false };

	judge_container(root, &container);
	if (container.is_one) {
		come_to_what_is_seen(root, &container);
		find_own_files(root, &container);
	}
	*ret_container = container;
}

/* ---- its own use ----------------------------------------------------------------- */

bool container_path(const struct container *container, const char *controller,
	const char *file, char *path, size_t size)
{
	int length = container->version == 2
		? snprintf(path, size, GROUPS "%s/%s", container->group, file)
		: snprintf(path, size, GROUPS "/%s%s/%s", controller, container->group,
			  file);

	return length > 0 && (size_t)length < size;
}

/* The group that carries a limit, nearest to process 1; else the root that we see. */
static void find_limited(
	const struct host_root *root, const struct container *container, char *group)
{
	int depth = 0;

	memcpy(group, container->group, CONTAINER_PATH_MAX);
	while (isnan(read_limit(root, container, group)) && go_up(group) &&
		depth++ < CONTAINER_DEPTH_MAX)
		;
	if (isnan(read_limit(root, container, group)))
		memcpy(group, container->group, CONTAINER_PATH_MAX);
}

/* The keys that are there; NAN where none of them is. */
static double sum_keys(
	const char *text, size_t length, const char *const *keys, size_t count)
{
	double sum = NAN;

	for (size_t i = 0; i < count; i++) {
		double value = container_parse_key(text, length, keys[i]);

		if (!isnan(value))
			sum = isnan(sum) ? value : sum + value;
	}
	return sum;
}

void container_read_memory(const struct host_root *root,
	const struct container *container, char *text, size_t size,
	struct container_memory *ret_memory)
{
	static const char *const reclaimable[] = { "inactive_file", "active_file",
		"slab_reclaimable" };
	static const char *const reclaimable_v1[] = { "total_inactive_file",
		"total_active_file" };
	bool is_2 = container->version == 2;
	const char *controller = is_2 ? "" : "memory";
	char group[CONTAINER_PATH_MAX];
	double used, given_back = NAN;
	size_t length;

	find_limited(root, container, group);
	*ret_memory =
		(struct container_memory){ .limit_bytes = least_limit(root, container),
			.used_bytes = NAN,
			.cached_bytes = NAN };
	used = read_group_bytes(root, group, controller,
		is_2 ? "memory.current" : "memory.usage_in_bytes");
	if (read_group_file(
		    root, group, controller, "memory.stat", text, size, &length)) {
		given_back = is_2
			? sum_keys(text, length, reclaimable, ARRAY_LEN(reclaimable))
			: sum_keys(text, length, reclaimable_v1,
				  ARRAY_LEN(reclaimable_v1));
		ret_memory->cached_bytes = container_parse_key(
			text, length, is_2 ? "file" : "total_cache");
	}
	/* more given back than used is a contradiction: unknown */
	if (given_back <= used)
		ret_memory->used_bytes = used - given_back;
}

int container_read_cpu(const struct host_root *root, const struct container *container,
	char *text, size_t size, uint64_t *ret_us)
{
	char path[CONTAINER_PATH_MAX + 64];
	bool is_2 = container->version == 2;
	double value;
	int r;

	if (!container_path(container, "cpuacct", is_2 ? "cpu.stat" : "cpuacct.usage",
		    path, sizeof(path)))
		return -ENOENT;
	r = hostroot_read_text(root, path, text, size);
	if (r < 0)
		return r;
	value = is_2 ? container_parse_key(text, strlen(text), "usage_usec")
		     : container_parse_bytes(text, strlen(text)) / 1000;
	if (isnan(value))
		return -ENOENT;
	*ret_us = (uint64_t)value;
	return 0;
}
