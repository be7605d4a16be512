#include "tests/unit/probes/collect_root.h"

/* ---- a root that the test writes --------------------------------------------------- */

void put_file(const struct fixture *fixture, const char *name, const char *format, ...)
{
	char path[512];
	va_list args;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", fixture->path, name);
	for (char *at = path + strlen(fixture->path) + 1; (at = strchr(at, '/'));
		at++) {
		*at = '\0';
		if (mkdir(path, 0755) < 0)
			assert_int_equal(errno, EEXIST);
		*at = '/';
	}
	file = fopen(path, "wb");
	assert_non_null(file);
	va_start(args, format);
	vfprintf(file, format, args);
	va_end(args);
	assert_int_equal(fclose(file), 0);
}

void remove_file(const struct fixture *fixture, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", fixture->path, name);
	assert_int_equal(unlink(path), 0);
}

void put_nic(const struct fixture *fixture, const char *name, int mbit)
{
	char path[256];

	snprintf(path, sizeof(path), "sys/class/net/%s/device/recorded", name);
	put_file(fixture, path, "%s", "");
	snprintf(path, sizeof(path), "%s/sys/class/net/%s/device/driver", fixture->path,
		name);
	if (symlink("drivers/e1000e", path) < 0)
		assert_int_equal(errno, EEXIST);
	snprintf(path, sizeof(path), "sys/class/net/%s/speed", name);
	put_file(fixture, path, "%d\n", mbit);
}

void put_disk(const struct fixture *fixture, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "sys/block/%s/device/recorded", name);
	put_file(fixture, path, "%s", "");
}

void put_basics(const struct fixture *fixture)
{
	put_file(fixture, "proc/sys/kernel/random/boot_id", "first\n");
	put_file(fixture, "proc/cpuinfo",
		"processor : 0\nphysical id : 0\ncore id : 0\nmodel name : X @ "
		"2.00GHz\n"
		"processor : 1\nphysical id : 0\ncore id : 1\n");
	put_file(fixture, "proc/stat",
		"cpu  1000 0 500 8000 100 0 0 50\ncpu0 500 0 250 4000 50 0 0 25\n"
		"cpu1 500 0 250 4000 50 0 0 25\nprocs_running 2\nprocs_blocked 1\n");
	put_file(fixture, "proc/meminfo",
		"MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 400 kB\n");
	put_file(fixture, "proc/net/dev", "%s",
		NET_HEAD "    lo: 9 1 0 0 0 0 0 0 9 1 0 0 0 0 0 0\n"
			 "  eth0: 1000 10 3 1 0 0 0 0 500 5 0 0 0 0 0 0\n");
	put_file(fixture, "proc/diskstats", "%s",
		"   8       0 sda 10 0 100 5 20 0 200 6 0 1000 2000\n"
		"   8       1 sda1 10 0 100 5 20 0 200 6 0 1000 2000\n"
		"   7       0 loop0 1 0 1 1 1 0 1 1 0 1 1\n");
	put_nic(fixture, "eth0", 1000);
	put_disk(fixture, "sda");
	put_file(fixture, "sys/class/net/lo/type", "772\n");
	put_file(fixture, "sys/block/loop0/size", "0\n");
}

int setup(void **state)
{
	struct collect_options options = { .step_s = 10, .instances_max = 2 };
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct err err = ERR_INIT;

	assert_non_null(fixture);
	snprintf(fixture->path, sizeof(fixture->path), "/tmp/headroom-collect-XXXXXX");
	assert_non_null(mkdtemp(fixture->path));
	put_basics(fixture);
	assert_int_equal(hostroot_open(&fixture->root, fixture->path, &err), 0);
	assert_int_equal(
		collect_open(&fixture->collect, &fixture->root, &options, &err), 0);
	*state = fixture;
	return 0;
}

int teardown(void **state)
{
	struct fixture *fixture = *state;

	collect_close(fixture->collect);
	hostroot_close(&fixture->root);
	scratch_dir_remove(fixture->path);
	free(fixture);
	return 0;
}

void tick(struct fixture *fixture, double elapsed_s)
{
	fixture->now.monotonic_ns += (int64_t)(elapsed_s * 1e9);
	fixture->now.boottime_ns += (int64_t)(elapsed_s * 1e9);
	collect_read(fixture->collect, &fixture->now);
}

double value_of(const struct fixture *fixture, const char *file, const char *source)
{
	const struct snapshot *snapshot = collect_snapshot(fixture->collect);

	for (size_t i = 0; i < snapshot->file_count; i++) {
		const struct snapshot_file *at = &snapshot->file[i];
		char name[256];

		snprintf(name, sizeof(name), "%s%s%s", metric_file_table[at->kind].name,
			at->instance[0] ? "-" : "", at->instance);
		if (strcmp(name, file))
			continue;
		for (unsigned j = at->first; j < at->first + at->count; j++)
			if (!strcmp(snapshot->column[j].data_source, source))
				return snapshot->value[j];
	}
	fail_msg("there is no %s %s", file, source);
	return NAN;
}

bool has_file(const struct fixture *fixture, const char *instance)
{
	const struct snapshot *snapshot = collect_snapshot(fixture->collect);

	for (size_t i = 0; i < snapshot->file_count; i++)
		if (!strcmp(snapshot->file[i].instance, instance))
			return true;
	return false;
}
