/*
 * Control groups of both versions as texts and as whole roots, a group's io.stat, and the
 * cache of ZFS (F51, T44; DESIGN 4.2).
 */
#include "tests/support.h"
#include "tests/scratch_dir.h"

#include "common/util.h"
#include "probes/host/container.h"
#include "probes/host/disk.h"
#include "probes/host/memory.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define LONG_64 "/0123456789012345678901234567890123456789012345678901234567890123"
#define LONG_520 \
	LONG_64 LONG_64 LONG_64 LONG_64 LONG_64 LONG_64 LONG_64 LONG_64 "/0123456"

static const struct group_case {
	const char *name, *text;
	int version;
	const char *group;
} group_cases[] = {
	{ "group: version 2, its root", "0::/\n", 2, "" },
	{ "group: version 2, below", "0::/system.slice/docker-1.scope\n", 2,
		"/system.slice/docker-1.scope" },
	{ "group: without a newline", "0::/a", 2, "/a" },
	{ "group: version 1, the memory controller's",
		"12:cpu,cpuacct:/c\n4:memory:/docker/x\n1:name=systemd:/s\n", 1,
		"/docker/x" },
	{ "group: version 1, memory mounted with others", "3:cpu,memory:/m\n", 1,
		"/m" },
	{ "group: a hybrid has its limits in version 1",
		"4:memory:/m\n1:name=systemd:/s\n0::/init.scope\n", 1, "/m" },
	{ "group: whichever stands first", "0::/init.scope\n4:memory:/m\n", 1, "/m" },
	{ "group: version 1 without the memory controller", "12:cpu:/c\n", -ENOENT,
		NULL },
	{ "group: outside of what we see", "0::/../other\n", -EXDEV, NULL },
	{ "group: no text", "", -ENOENT, NULL },
	{ "group: no path", "0::\n", -ENOENT, NULL },
	{ "group: no colons", "nonsense\n", -ENOENT, NULL },
	{ "group: a path with a colon", "0::/a:b\n", 2, "/a:b" },
	{ "group: a path that is too long", "0::" LONG_520 "\n", -ENAMETOOLONG, NULL },
};

static void check_group(void **state)
{
	const struct group_case *row = *state;
	char group[CONTAINER_PATH_MAX] = "";

	assert_int_equal(container_parse_group(
				 row->text, strlen(row->text), group, sizeof(group)),
		row->version);
	if (row->group)
		assert_string_equal(group, row->group);
}

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		double bytes;
	} rows[] = { { "1048576\n", 1048576 }, { "0\n", 0 }, { "max\n", NAN },
		{ "", NAN }, { "\n", NAN }, { "-1\n", NAN }, { "12 34\n", NAN },
		{ "12kB\n", NAN }, { "9223372036854771712\n", 9223372036854771712.0 },
		{ "18446744073709551616\n", NAN } };
	static const char stat[] = "anon 10\nfile_mapped 5\nfile 20\nsock x\nempty\n";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_near(container_parse_bytes(rows[i].text, strlen(rows[i].text)),
			rows[i].bytes, 0);
	assert_near(container_parse_key(stat, strlen(stat), "anon"), 10, 0);
	assert_near(container_parse_key(stat, strlen(stat), "file"), 20, 0);
	assert_near(container_parse_key(stat, strlen(stat), "fil"), NAN, 0);
	assert_near(container_parse_key(stat, strlen(stat), "sock"), NAN, 0);
	assert_near(container_parse_key(stat, strlen(stat), "empty"), NAN, 0);
}

/* ---- whole roots ------------------------------------------------------------------ */

struct put {
	const char *name, *text;
};

struct root_case {
	const char *name;
	struct put put[16];
	bool is_one, is_unclear;
	double limit, used, cached; /* of one */
	double cpu_us;              /* NAN: not counted */
};

#define MEMINFO                                       \
	{                                             \
		"proc/meminfo", "MemTotal: 1024 kB\n" \
	}
#define G "sys/fs/cgroup/"
static const struct root_case root_cases[] = {
	{ "root: a machine with version 2",
		{ MEMINFO, { "proc/1/cgroup", "0::/init.scope\n" },
			{ G "cgroup.controllers", "memory\n" },
			{ G "init.scope/memory.max", "max\n" } },
		false, false, 0, 0, 0, NAN },
	{ "root: a machine with version 1",
		{ MEMINFO, { "proc/1/cgroup", "4:memory:/\n" },
			{ G "memory/memory.limit_in_bytes", "9223372036854771712\n" } },
		false, false, 0, 0, 0, NAN },
	{ "root: no control groups at all", { MEMINFO }, false, false, 0, 0, 0, NAN },
	{ "root: version 2 with a name space, unlimited",
		{ MEMINFO, { "proc/1/cgroup", "0::/\n" },
			{ G "cgroup.type", "domain\n" }, { G "memory.max", "max\n" },
			{ G "memory.current", "1000\n" },
			{ G "memory.stat",
				"inactive_file 100\nactive_file 50\nslab_reclaimable 25\nfile 200\n" },
			{ G "cpu.stat", "usage_usec 77\nuser_usec 1\n" } },
		true, false, NAN, 825, 200, 77 },
	{ "root: version 2, the least limit of the parents counts",
		{ MEMINFO, { "proc/1/cgroup", "0::/kubepods/pod/one\n" },
			{ G "kubepods/memory.max", "600\n" },
			{ G "kubepods/pod/memory.max", "500\n" },
			{ G "kubepods/pod/one/memory.max", "max\n" },
			{ G "kubepods/pod/one/cpu.stat", "usage_usec 5\n" },
			{ G "kubepods/pod/memory.current", "300\n" },
			{ G "kubepods/pod/memory.stat",
				"file 40\ninactive_file 30\n" } },
		true, false, 500, 270, 40, 5 },
	{ "root: version 1, limits and use of the group",
		{ MEMINFO, { "proc/1/cgroup", "4:memory:/docker/x\n" },
			{ G "memory/docker/x/memory.limit_in_bytes", "900000\n" },
			{ G "memory/docker/x/memory.usage_in_bytes", "1000\n" },
			{ G "memory/docker/x/memory.stat",
				"cache 1\ntotal_cache 60\ntotal_inactive_file 30\ntotal_active_file 20\n" },
			{ G "cpuacct/docker/x/cpuacct.usage", "5999\n" } },
		true, false, 900000, 950, 60, 5 },
	{ "root: version 1, unlimited",
		{ MEMINFO, { "proc/1/cgroup", "4:memory:/lxc/y\n" },
			{ G "memory/lxc/y/memory.limit_in_bytes",
				"9223372036854771712\n" },
			{ G "memory/lxc/y/memory.usage_in_bytes", "1000\n" } },
		true, false, NAN, NAN, NAN, NAN },
	{ "root: version 1, its own group mounted as the root",
		{ MEMINFO, { "proc/1/cgroup", "4:memory:/docker/x\n" },
			{ G "memory/memory.limit_in_bytes", "9223372036854771712\n" },
			{ G "memory/memory.usage_in_bytes", "1000\n" },
			{ G "memory/memory.stat",
				"total_cache 60\ntotal_inactive_file 30\ntotal_active_file 20\n" },
			{ G "cpuacct/cpuacct.usage", "7000\n" } },
		true, false, NAN, 950, 60, 7 },
	{ "root: version 2, likewise",
		{ MEMINFO, { "proc/1/cgroup", "0::/system.slice/docker-1.scope\n" },
			{ G "cgroup.type", "domain\n" },
			{ G "memory.current", "1000\n" },
			{ G "memory.stat", "inactive_file 100\nfile 200\n" },
			{ G "cpu.stat", "usage_usec 9\n" } },
		true, false, NAN, 900, 200, 9 },
	{ "root: a limit alone makes one of it",
		{ MEMINFO, { "proc/1/cgroup", "4:memory:/jail\n" },
			{ G "memory/jail/memory.limit_in_bytes", "1048575\n" } },
		true, false, 1048575, NAN, NAN, NAN },
	{ "root: and one as large as the machine does not",
		{ MEMINFO, { "proc/1/cgroup", "4:memory:/jail\n" },
			{ G "memory/jail/memory.limit_in_bytes", "1048576\n" } },
		false, false, 0, 0, 0, NAN },
	{ "root: more given back than used is unknown",
		{ MEMINFO, { "proc/1/cgroup", "0::/\n" }, { G "memory.max", "5000\n" },
			{ G "memory.current", "10\n" },
			{ G "memory.stat", "inactive_file 100\nfile 7\n" } },
		true, false, 5000, NAN, 7, NAN },
	{ "root: process 1 is of another group",
		{ MEMINFO, { "proc/1/cgroup", "0::/../other\n" },
			{ G "memory.max", "5000\n" } },
		false, true, 0, 0, 0, NAN },
};

static void put_at(const char *top, const struct put *put)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", top, put->name);
	for (char *at = path + strlen(top) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		(void)mkdir(path, 0755);
		*at = '/';
	}
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_true(fputs(put->text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void check_container_root(void **state)
{
	const struct root_case *row = *state;
	struct container container;
	struct container_memory memory;
	char text[4096];
	struct host_root root;
	uint64_t us = 0;
	void *top = NULL;
	int r;

	assert_int_equal(scratch_dir_setup(&top), 0);
	for (size_t i = 0; i < ARRAY_LEN(row->put) && row->put[i].name; i++)
		put_at(top, &row->put[i]);
	assert_int_equal(hostroot_open(&root, top, NULL), 0);
	container_find(&root, &container);
	assert_int_equal(container.is_one, row->is_one);
	assert_int_equal(container.is_unclear, row->is_unclear);
	if (row->is_one) {
		container_read_memory(&root, &container, text, sizeof(text), &memory);
		assert_near(memory.limit_bytes, row->limit, 0);
		assert_near(memory.used_bytes, row->used, 0);
		assert_near(memory.cached_bytes, row->cached, 0);
		r = container_read_cpu(&root, &container, text, sizeof(text), &us);
		if (isnan(row->cpu_us))
			assert_int_equal(r, -ENOENT);
		else
			assert_true(r == 0 && us == (uint64_t)row->cpu_us);
	}
	hostroot_close(&root);
	scratch_dir_teardown(&top);
}

static void test_owned_files(void **state)
{
	static const struct put puts[] = { MEMINFO, { "proc/1/cgroup", "0::/\n" },
		{ G "cgroup.type", "domain\n" },
		{ "proc/self/mountinfo",
			"1 0 0:5 / /proc rw - proc proc rw\n"
			"2 1 0:6 /proc/meminfo /proc/meminfo rw - fuse.lxcfs lxcfs rw\n"
			"3 1 0:6 /proc/stat /proc/stat rw - fuse.lxcfs lxcfs rw\n"
			"4 1 0:6 /x /proc/loadavg.old rw - tmpfs none rw\ncut 1\n" } };
	struct container container;
	struct host_root root;

	for (size_t i = 0; i < ARRAY_LEN(puts); i++)
		put_at(*state, &puts[i]);
	assert_int_equal(hostroot_open(&root, *state, NULL), 0);
	container_find(&root, &container);
	assert_true(container.is_one && container.owns_meminfo && container.owns_stat);
	assert_false(container.owns_diskstats || container.owns_loadavg);
	assert_false(container_is_foreign(&container, container.owns_meminfo));
	assert_true(container_is_foreign(&container, container.owns_diskstats));
	hostroot_close(&root);
}

/* ---- io.stat and arcstats ------------------------------------------------------------ */

static void test_io_stat(void **state)
{
	static const char text[] =
		"18:0 rbytes=1 wbytes=1 rios=1 wios=1\n"
		"8:0 rbytes=4096 wbytes=1024 rios=3 wios=4 dbytes=9 dios=9\n"
		"8:16 cost.usage=5 wios=7 rbytes=512\n"
		"8:32 \n8:48 rbytes=x wbytes=512\n";
	static const struct {
		uint64_t minor;
		bool is_good;
		uint64_t read_sectors, write_sectors, reads, writes;
	} rows[] = { { 0, true, 8, 2, 3, 4 }, { 16, true, 1, 0, 0, 7 },
		{ 32, true, 0, 0, 0, 0 }, { 48, false, 0, 0, 0, 0 },
		{ 1, true, 0, 0, 0, 0 } /* not used so far */ };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct disk_values values;

		assert_int_equal(
			disk_parse_own(text, strlen(text), 8, rows[i].minor, &values),
			rows[i].is_good);
		if (!rows[i].is_good)
			continue;
		assert_int_equal(values.value[DISK_READ_SECTORS], rows[i].read_sectors);
		assert_int_equal(
			values.value[DISK_WRITE_SECTORS], rows[i].write_sectors);
		assert_int_equal(values.value[DISK_READS], rows[i].reads);
		assert_int_equal(values.value[DISK_WRITES], rows[i].writes);
	}
}

static void test_arcstats(void **state)
{
#define ARC_HEAD "13 1 0x01 147 39984 123 456\nname type data\nhits 4 99\n"
	static const struct {
		const char *text;
		double bytes;
	} rows[] = { { ARC_HEAD "c_min 4 100\nc_max 4 900\nsize 4 500\n", 400 },
		{ ARC_HEAD "size 4 500\nhdr_size 4 7\nc_min 4 100\n", 400 },
		{ ARC_HEAD "size 4 50\nc_min 4 100\n", 0 },
		{ ARC_HEAD "size 4 500\n", NAN }, { ARC_HEAD "c_min 4 100\n", NAN },
		{ ARC_HEAD "size 4\nc_min 4 100\n", NAN },
		{ ARC_HEAD "size 4 -1\nc_min 4 100\n", NAN }, { "", NAN } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_near(memory_parse_arc(rows[i].text, strlen(rows[i].text)),
			rows[i].bytes, 0);
}

enum { TESTS_MAX = 64 };

int main(void)
{
	static struct CMUnitTest tests[TESTS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(group_cases); i++)
		tests[count++] = (struct CMUnitTest){ .name = group_cases[i].name,
			.test_func = check_group,
			.initial_state = (void *)(uintptr_t)&group_cases[i] };
	for (size_t i = 0; i < ARRAY_LEN(root_cases); i++)
		tests[count++] = (struct CMUnitTest){ .name = root_cases[i].name,
			.test_func = check_container_root,
			.initial_state = (void *)(uintptr_t)&root_cases[i] };
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_numbers);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test_setup_teardown(
		test_owned_files, scratch_dir_setup, scratch_dir_teardown);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_io_stat);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_arcstats);
	return _cmocka_run_group_tests("container", tests, count, NULL, NULL);
}
