/* Control groups of the machines that are made up, of both versions. */
#include "tests/unit/probes/machines_made.h"

#define GROUPS "sys/fs/cgroup"

enum { MAJOR = 8, SECTOR = 512, US_PER_S = 1000000 };

/* Ways that engines show a group to its container. */
static const struct way {
	enum group_kind kind;
	const char *line;  /* of proc/1/cgroup */
	const char *path;  /* where its files are, below the mount */
	const char *sign;  /* a file of the root that is there; NULL none */
	bool needs_limit;  /* nothing else tells that it is one */
	bool is_of_parent; /* the limit stands one level up, and its use with it */
} ways[] = {
	{ GROUP_V2, "0::/\n", "", "cgroup.type", false, false },
	{ GROUP_V2, "0::/system.slice/docker-1.scope\n", "", "cgroup.type", false,
		false },
	{ GROUP_V2, "0::/kubepods/pod1/one\n", "/kubepods/pod1/one", NULL, true, true },
	{ GROUP_V2, "0::/jail/a\n", "/jail/a", NULL, true, false },
	{ GROUP_V1, "9:cpu,cpuacct:/docker/x\n4:memory:/docker/x\n", "/docker/x", NULL,
		false, false },
	{ GROUP_V1, "4:memory:/lxc/y\n1:name=systemd:/\n", "", NULL, false, false },
	{ GROUP_V1, "4:memory:/jail\n0::/init.scope\n", "/jail", NULL, true, false },
	{ GROUP_UNCLEAR, "0::/../other\n", "", "memory.max", true, false },
};

static void put_file(const struct machine *m, const char *controller, const char *group,
	const char *file, double value)
{
	char path[160];

	snprintf(path, sizeof(path), GROUPS "%s%s%s/%s", *controller ? "/" : "",
		controller, group, file);
	if (isnan(value))
		put_text(m, path, "max\n");
	else
		put_text(m, path, "%.0f\n", value);
}

static void put_limit(const struct machine *m, const char *group, double bytes)
{
	if (m->group == GROUP_V1)
		put_file(m, "memory", group, "memory.limit_in_bytes",
			bytes > 0 ? bytes : 9223372036854771712.0);
	else
		put_file(m, "", group, "memory.max", bytes > 0 ? bytes : NAN);
}

/* What is in use, of files, and in all. */
static void put_use(const struct machine *m, const char *group, double share)
{
	bool is_1 = m->group == GROUP_V1;
	const char *controller = is_1 ? "memory" : "";
	double files = floor(m->group_files * share);
	double third = floor(files / 3);
	char path[160];

	put_file(m, controller, group,
		is_1 ? "memory.usage_in_bytes" : "memory.current",
		floor(m->group_bytes * share) + files);
	snprintf(path, sizeof(path), GROUPS "%s%s/memory.stat", is_1 ? "/memory" : "",
		group);
	if (is_1)
		put_text(m, path,
			"cache 1\ninactive_file 1\ntotal_cache %.0f\n"
			"total_inactive_file %.0f\ntotal_active_file %.0f\n",
			files, third, files - third);
	else
		put_text(m, path,
			"anon %.0f\nfile %.0f\ninactive_file %.0f\nactive_file %.0f\n"
			"slab_reclaimable %.0f\n",
			floor(m->group_bytes * share), files, third, third,
			files - 2 * third);
}

void make_group(struct machine *m)
{
	const struct way *way = &ways[pick(m, sizeof(ways) / sizeof(ways[0]))];
	char parent[64];

	if (!m->is_container || pick(m, 2))
		return;
	m->group = way->kind;
	snprintf(m->group_path, sizeof(m->group_path), "%s", way->path);
	m->group_cpus = pick(m, 101) / 100.0; /* of all, see put_group */
	m->has_group_cpu = pick(m, 5) > 0;
	m->has_group_io = way->kind != GROUP_V1 && pick(m, 5) > 0;
	/* all under the 10^6 kB that the smallest machine has */
	m->group_bytes = 1e6 + pick(m, 300000000);
	m->group_files = pick(m, 200000000);
	if (way->needs_limit || pick(m, 2))
		m->group_limit =
			m->group_bytes + m->group_files + 4096 + pick(m, 400000000);
	put_text(m, "proc/1/cgroup", "%s", way->line);
	m->is_laid_over = way->kind != GROUP_UNCLEAR && pick(m, 3) == 0;
	if (m->is_laid_over)
		put_text(m, "proc/self/mountinfo",
			"9 8 0:30 /proc/meminfo /proc/meminfo rw - fuse.lxcfs lxcfs rw\n"
			"8 8 0:30 /proc/stat /proc/stat rw - fuse.lxcfs lxcfs rw\n"
			"7 8 0:30 /proc/cpuinfo /proc/cpuinfo rw - fuse.lxcfs lxcfs rw\n"
			"6 8 0:30 /proc/diskstats /proc/diskstats rw - fuse.lxcfs l rw\n");
	if (way->sign)
		put_file(m, "", "", way->sign, 5e8);
	if (way->kind == GROUP_UNCLEAR)
		return;
	if (!way->is_of_parent) {
		put_limit(m, way->path, m->group_limit);
		put_use(m, way->path, 1);
		return;
	}
	snprintf(parent, sizeof(parent), "%.*s",
		(int)(strrchr(way->path, '/') - way->path), way->path);
	put_limit(m, parent, m->group_limit);
	put_use(m, parent, 1);
	put_limit(m, way->path, 0);
	put_use(m, way->path, 0.4);
}

void put_group(const struct machine *m, unsigned reading)
{
	double us = 5e6 + m->group_cpus * m->cpus_left * US_PER_S * STEP_S * reading;
	char text[2048], path[160];
	size_t length = 0;

	if (!m->group)
		return;
	if (m->has_group_cpu && m->group == GROUP_V1) {
		put_file(m, "cpuacct", m->group_path, "cpuacct.usage", us * 1000);
	} else if (m->has_group_cpu) {
		snprintf(path, sizeof(path), GROUPS "%s/cpu.stat", m->group_path);
		put_text(m, path, "usage_usec %.0f\nuser_usec 1\nsystem_usec 2\n", us);
	}
	if (!m->has_group_io)
		return;
	for (unsigned i = 0; i < m->disks; i++) {
		const struct part *disk = &m->disk[i];

		if (strstr(disk->name, "nvme0") &&
			m->is_io_of_head == (disk->name[5] == 'c'))
			continue;
		length += (size_t)snprintf(text + length, sizeof(text) - length,
			"%d:%u rbytes=%.0f wbytes=%.0f rios=7 wios=8 dbytes=0 dios=0\n",
			MAJOR, i, SECTOR * (9e5 + disk->group_s[0] * STEP_S * reading),
			SECTOR * (9e5 + disk->group_s[1] * STEP_S * reading));
	}
	snprintf(path, sizeof(path), GROUPS "%s/io.stat", m->group_path);
	put_text(m, path, "%.*s", (int)length, text);
}
