/*
 * Readings of a host root that changes: rates, demands, devices that come and go, what
 * is unknown, and that nothing is allocated on the way (T20 to T22, T41, T42, T61).
 */
#include "tests/unit/probes/collect_root.h"

/* ---- tests -------------------------------------------------------------------------- */

static void test_demands(void **state)
{
	struct fixture *fixture = *state;

	tick(fixture, 10);
	assert_near(value_of(fixture, "memory", "used_bytes"), 600 * 1024, 0);
	assert_near(value_of(fixture, "cpu", "used_mhz"), NAN, 0);
	assert_near(value_of(fixture, "network", "demand_bps"), NAN, 0);
	assert_near(value_of(fixture, "pressure", "run_queue"), 2, 0);
	assert_near(value_of(fixture, "pressure", "load1"), NAN, 0);

	put_file(fixture, "proc/stat",
		"cpu  1400 0 700 9000 300 0 0 250\ncpu0 700 0 350 4500 150 0 0 125\n"
		"cpu1 700 0 350 4500 150 0 0 125\nprocs_running 2\nprocs_blocked 1\n");
	put_file(fixture, "proc/net/dev", "%s",
		NET_HEAD "    lo: 99 1 0 0 0 0 0 0 9 1 0 0 0 0 0 0\n"
			 "  eth0: 11000 110 4 2 0 0 0 0 20500 205 0 0 0 0 0 0\n");
	put_file(fixture, "proc/diskstats", "%s",
		"   8       0 sda 110 0 1100 5 220 0 2200 6 0 6000 22000\n"
		"   8       1 sda1 110 0 1100 5 220 0 2200 6 0 6000 22000\n"
		"   7       0 loop0 1 0 1 1 1 0 1 1 0 1 1\n");
	tick(fixture, 10);
	/* ticks: user 400, system 200, idle 1000, iowait 200, steal 200, of 2000 */
	assert_near(value_of(fixture, "cpu", "busy_ratio"), 0.4, 1e-12);
	assert_near(value_of(fixture, "cpu", "user_ratio"), 0.2, 1e-12);
	assert_near(value_of(fixture, "cpu", "steal_ratio"), 0.1, 1e-12);
	assert_near(value_of(fixture, "cpu", "iowait_ratio"), 0.1, 1e-12);
	assert_near(value_of(fixture, "cpu", "idle_ratio"), 0.5, 1e-12);
	assert_near(value_of(fixture, "cpu", "used_mhz"), 2 * 2000 * 0.4, 1e-9);
	assert_near(value_of(fixture, "cores", "core1"), 0.4, 1e-12);
	assert_near(value_of(fixture, "network", "demand_bps"), 16000, 1e-9);
	assert_near(value_of(fixture, "network", "rx_bps"), 8000, 1e-9);
	assert_near(value_of(fixture, "net-eth0", "rx_errors_s"), 0.1, 1e-9);
	assert_near(value_of(fixture, "net-eth0", "speed_bps"), 1e9, 0);
	assert_near(value_of(fixture, "disk", "bytes_per_s"), 300 * 512, 1e-9);
	assert_near(value_of(fixture, "disk", "ops_per_s"), 30, 1e-9);
	assert_near(value_of(fixture, "disk-sda", "busy_ratio"), 0.5, 1e-12);
	assert_near(value_of(fixture, "disk-sda", "queue"), 2, 1e-12);
}

/* No idle tick in 10 s of two CPUs: the machine is busy, or its idle count stands still. */
static void test_no_idle_tick(void **state)
{
	static const struct {
		const char *name;
		unsigned busy; /* ticks of both CPUs together, of 2000 */
		double share;
	} rows[] = {
		{ "busy all the time", 2000, 1 },
		{ "a tick more or less is read late", 2020, 1 },
		{ "busy, the last ticks are counted in the next slot", 1940, 0.97 },
		{ "a guest that is not told of steal has what it got", 1700, 0.85 },
		{ "idle stands still, two thirds are busy", 1320, 0.66 },
		{ "idle stands still, a third is busy: no reading", 660, NAN },
	};
	struct fixture *fixture = *state;
	unsigned user = 1000;

	tick(fixture, 10);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		user += rows[i].busy;
		put_file(fixture, "proc/stat",
			"cpu  %u 0 500 8000 100 0 0 50\ncpu0 %u 0 250 4000 50 0 0 25\n"
			"cpu1 %u 0 250 4000 50 0 0 25\n",
			user, user / 2, user / 2);
		tick(fixture, 10);
		print_message("# %s\n", rows[i].name);
		assert_near(
			value_of(fixture, "cpu", "busy_ratio"), rows[i].share, 1e-12);
		assert_near(value_of(fixture, "cores", "core1"), rows[i].share, 1e-12);
		assert_near(value_of(fixture, "cpu", "used_mhz"), 4000 * rows[i].share,
			1e-9);
	}
}

static void put_nics(struct fixture *fixture, uint64_t count, const char *names)
{
	struct strbuf text;
	char name[2] = "";

	strbuf_init(&text, 1 << 20);
	strbuf_add(&text, NET_HEAD);
	for (; *names; names++) {
		name[0] = *names;
		put_nic(fixture, name, 1000);
		strbuf_addf(&text, "%s: %llu 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0\n", name,
			(unsigned long long)count);
	}
	put_file(fixture, "proc/net/dev", "%s", strbuf_text(&text));
	strbuf_done(&text);
}

static void test_adapters(void **state)
{
	struct fixture *fixture = *state;
	uint64_t layout_id;

	put_nics(fixture, 1000, "a");
	tick(fixture, 10);
	put_nics(fixture, 2000, "a");
	tick(fixture, 10);
	assert_near(value_of(fixture, "network", "demand_bps"), 800, 1e-9);
	layout_id = collect_snapshot(fixture->collect)->layout_id;

	/* a new one exists, but is unknown: so is the sum */
	put_nics(fixture, 3000, "ab");
	tick(fixture, 10);
	assert_near(value_of(fixture, "net-a", "rx_bps"), 800, 1e-9);
	assert_near(value_of(fixture, "net-b", "rx_bps"), NAN, 0);
	assert_near(value_of(fixture, "network", "demand_bps"), NAN, 0);
	assert_true(collect_snapshot(fixture->collect)->layout_id > layout_id);
	put_nics(fixture, 4000, "ba");
	tick(fixture, 10);
	assert_near(value_of(fixture, "network", "demand_bps"), 1600, 1e-9);

	/* two have files of their own here, the others are summed */
	put_nics(fixture, 5000, "dbac");
	tick(fixture, 10);
	put_nics(fixture, 6000, "dbac");
	tick(fixture, 10);
	assert_near(value_of(fixture, "net-all others", "rx_bps"), 1600, 1e-9);
	assert_near(value_of(fixture, "network", "demand_bps"), 3200, 1e-9);
	assert_int_equal(collect_report(fixture->collect)->folded[METRIC_FILE_NET], 2);

	/* gone: adds nothing, and starts anew when it comes back */
	put_nics(fixture, 7000, "a");
	tick(fixture, 10);
	assert_near(value_of(fixture, "network", "demand_bps"), 800, 1e-9);
	assert_false(has_file(fixture, "b"));
	put_nics(fixture, 9000, "ab");
	tick(fixture, 10);
	assert_near(value_of(fixture, "net-b", "rx_bps"), NAN, 0);
	put_nics(fixture, 9000, "");
	tick(fixture, 10);
	assert_near(value_of(fixture, "network", "demand_bps"), 0, 0);
}

/* A driver that counts 32 bits into the kernel's 64 (K2, F03): the bytes fell while the
 * packets rose, and from then on it is one that wraps. */
static void test_narrow_counters(void **state)
{
	static const struct {
		uint64_t bytes, packets;
		double rx_bps;
	} rows[] = {
		{ 4294900000, 100, NAN },
		{ 4294950000, 200, 40000 },
		/* 17,296 to the end of 32 bits, and 32,704 more */
		{ 32704, 300, 40000 },
		{ 82704, 400, 40000 },
		/* together with its packets it began anew */
		{ 1000, 5, NAN },
		{ 51000, 105, 40000 },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		/* 10 Mbit/s: what 32 bits cannot wrap twice within a step */
		put_nic(fixture, "eth0", 10);
		put_file(fixture, "proc/net/dev",
			"%s  eth0: %llu %llu 0 0 0 0 0 0 5 1 0 0 0 0 0 0\n", NET_HEAD,
			(unsigned long long)rows[i].bytes,
			(unsigned long long)rows[i].packets);
		tick(fixture, 10);
		assert_near(
			value_of(fixture, "net-eth0", "rx_bps"), rows[i].rx_bps, 1e-6);
	}
}

static void test_wide_counters(void **state)
{
	static const uint64_t bytes[] = { 5294900000, 5294950000, 32704, 82704 };
	static const double rx_bps[] = { NAN, 40000, NAN, 40000 };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_LEN(bytes); i++) {
		put_nic(fixture, "eth0", 10);
		put_file(fixture, "proc/net/dev",
			"%s  eth0: %llu %zu 0 0 0 0 0 0 5 1 0 0 0 0 0 0\n", NET_HEAD,
			(unsigned long long)bytes[i], 100 + i);
		tick(fixture, 10);
		assert_near(value_of(fixture, "net-eth0", "rx_bps"), rx_bps[i], 1e-6);
	}
}

static void test_unknown(void **state)
{
	struct fixture *fixture = *state;
	const char *name = NULL;
	struct err err = ERR_INIT;

	tick(fixture, 10);
	tick(fixture, 10);
	assert_near(value_of(fixture, "disk", "bytes_per_s"), 0, 0);
	/* a file that vanishes is unknown, not 0 */
	remove_file(fixture, "proc/diskstats");
	remove_file(fixture, "proc/meminfo");
	tick(fixture, 10);
	assert_near(value_of(fixture, "disk", "bytes_per_s"), NAN, 0);
	assert_near(value_of(fixture, "disk-sda", "busy_ratio"), NAN, 0);
	assert_near(value_of(fixture, "memory", "total_bytes"), NAN, 0);
	/* one damaged line of a disk: the sum is unknown, the other disk is not */
	put_disk(fixture, "sdb");
	put_file(fixture, "proc/diskstats", "%s",
		"8 0 sda 10 0 100 5 20 0 200 6 0 1000 2000\n8 16 sdb 1 x 3\n");
	put_file(fixture, "proc/meminfo", "%s", "MemTotal: lots\n");
	tick(fixture, 10);
	tick(fixture, 10);
	assert_near(value_of(fixture, "disk", "bytes_per_s"), NAN, 0);
	assert_near(value_of(fixture, "disk-sda", "read_bytes_s"), 0, 0);
	assert_int_equal(collect_report(fixture->collect)->failed_probes, 2);
	assert_int_equal(
		collect_probe_error(fixture->collect, 1, &name, &err), -EINVAL);
	assert_string_equal(name, "memory");
	assert_string_equal(
		err.text, "proc/meminfo: MemTotal is not there as a size in kB");
	/* and all is well again at once */
	put_basics(fixture);
	tick(fixture, 10);
	tick(fixture, 10);
	assert_near(value_of(fixture, "memory", "used_bytes"), 600 * 1024, 0);
	assert_near(value_of(fixture, "disk", "bytes_per_s"), 0, 0);
}

static void test_boots(void **state)
{
	struct fixture *fixture = *state;

	tick(fixture, 10);
	put_nics(fixture, 5000, "a");
	tick(fixture, 10);
	put_nics(fixture, 6000, "a");
	put_file(fixture, "proc/sys/kernel/random/boot_id", "second\n");
	tick(fixture, 10);
	assert_true(collect_report(fixture->collect)->is_another_boot);
	assert_near(value_of(fixture, "net-a", "rx_bps"), NAN, 0);
	put_nics(fixture, 7000, "a");
	tick(fixture, 10);
	assert_near(value_of(fixture, "net-a", "rx_bps"), 800, 1e-9);
	/* a suspend: the two clocks part */
	put_nics(fixture, 8000, "a");
	fixture->now.boottime_ns += 3600LL * 1000000000;
	tick(fixture, 10);
	assert_near(value_of(fixture, "net-a", "rx_bps"), NAN, 0);
	/* over the link's speed there is no value */
	put_nics(fixture, 8000 + 10ULL * 1000 * 1000 * 1000, "a");
	tick(fixture, 10);
	assert_near(value_of(fixture, "net-a", "rx_bps"), NAN, 0);
	assert_int_equal(
		collect_report(fixture->collect)->outcome[RATE_IMPLAUSIBLE], 1);
}

/* T41: 1 and 4096 CPUs in turn; the total is right, no column is lost or mixed up. */
static void test_cpu_hotplug(void **state)
{
	struct fixture *fixture = *state;

	for (unsigned n = 0; n < 12; n++) {
		unsigned cpus = n % 2 ? 4096 : 1;
		struct strbuf text;

		strbuf_init(&text, 1 << 20);
		strbuf_addf(&text, "cpu  %u 0 0 %u 0 0 0 0\n", 1000 + n * 750,
			1000 + n * 250);
		for (unsigned i = 0; i < cpus; i++)
			strbuf_addf(&text, "cpu%u %u 0 0 %u 0 0 0 0\n", i,
				1000 + n * 750, 1000 + n * 250);
		put_file(fixture, "proc/stat", "%s", strbuf_text(&text));
		strbuf_done(&text);
		tick(fixture, 10);
		if (n == 0)
			continue;
		assert_near(value_of(fixture, "cpu", "busy_ratio"), 0.75, 1e-12);
		assert_near(value_of(fixture, "cores", "core0"), 0.75, 1e-12);
		/* back after a turn without it: no rate across the hole */
		assert_near(value_of(fixture, "cores", "core1023"), NAN, 0);
		assert_int_equal(
			collect_report(fixture->collect)->folded[METRIC_FILE_CORES],
			cpus == 1 ? 0 : 4096 - 1024);
	}
}

static void test_helper_values(void **state)
{
	struct fixture *fixture = *state;
	const int64_t second = 1000000000;
	const struct snapshot *snapshot = collect_snapshot(fixture->collect);
	char sensor[COLLECT_DATA_SOURCE_MAX] = "";

	assert_int_equal(collect_put(fixture->collect, METRIC_FS_SIZE_BYTES, "/", NULL,
				 1e9, fixture->now.monotonic_ns, 30 * second),
		0);
	assert_int_equal(collect_put(fixture->collect, METRIC_SENSOR_CELSIUS,
				 "coretemp-isa-0000/temp1", "Package", 45.5,
				 fixture->now.monotonic_ns, 30 * second),
		0);
	assert_int_equal(
		collect_put(fixture->collect, METRIC_CPU_MHZ, "x", NULL, 1, 0, 1),
		-EINVAL);
	tick(fixture, 10);
	for (size_t i = 0; i < snapshot->column_count; i++)
		if (snapshot->column[i].metric == METRIC_SENSOR_CELSIUS)
			memcpy(sensor, snapshot->column[i].data_source, sizeof(sensor));
	assert_near(value_of(fixture, "fs-/", "size_bytes"), 1e9, 0);
	assert_near(value_of(fixture, "fs-/", "used_bytes"), NAN, 0);
	assert_near(value_of(fixture, "sensors", sensor), 45.5, 0);
	/* T43: an impossible value is unknown */
	collect_put(fixture->collect, METRIC_SENSOR_CELSIUS, "coretemp-isa-0000/temp1",
		NULL, 3892314, fixture->now.monotonic_ns, 30 * second);
	tick(fixture, 10);
	assert_near(value_of(fixture, "sensors", sensor), NAN, 0);
	/* silence: unknown at first, then gone */
	tick(fixture, 30);
	assert_near(value_of(fixture, "fs-/", "size_bytes"), NAN, 0);
	tick(fixture, 600);
	assert_false(has_file(fixture, "/"));
}

/* T61: names that are paths, formats or too long reach no file outside the root. */
static void test_hostile_names(void **state)
{
	static const char *const names[] = { "..", ".", "../../../etc", "a/b", "%n%s",
		"-rf", "\033[31m", "\xff\xfe", "$(reboot)",
		("a_name_that_is_longer_than_any_kernel_would_ever_give_to_one_of_its_"
		 "devices") };
	struct fixture *fixture = *state;
	struct strbuf net, disks;

	strbuf_init(&net, 1 << 16);
	strbuf_init(&disks, 1 << 16);
	strbuf_add(&net, NET_HEAD);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		strbuf_addf(&net, "%s: 1 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0\n", names[i]);
		strbuf_addf(
			&disks, "8 0 %s 10 0 100 5 20 0 200 6 0 1000 2000\n", names[i]);
	}
	put_file(fixture, "proc/net/dev", "%s", strbuf_text(&net));
	put_file(fixture, "proc/diskstats", "%s", strbuf_text(&disks));
	tick(fixture, 10);
	tick(fixture, 10);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_false(has_file(fixture, names[i]));
	/* the name that does not fit may have been counted: then the sum is unknown */
	assert_near(value_of(fixture, "network", "demand_bps"), NAN, 0);
	strbuf_done(&net);
	strbuf_done(&disks);
}

/* A link inside the root that points out of it leads nowhere else. */
static void test_links_stay_inside(void **state)
{
	struct fixture *fixture = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/proc/meminfo", fixture->path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(
		symlink("/proc/meminfo", path), 0); /* to itself, below the root */
	tick(fixture, 10);
	assert_near(value_of(fixture, "memory", "total_bytes"), NAN, 0);
}

/* A folder, a pipe and an unreadable thing where a file should be. */
static void test_wrong_kinds(void **state)
{
	struct fixture *fixture = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/proc/meminfo", fixture->path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/proc/diskstats", fixture->path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0644), 0);
	tick(fixture, 10);
	assert_int_equal(collect_report(fixture->collect)->failed_probes, 2);
	assert_near(value_of(fixture, "cpu", "mhz"), NAN, 0);
	assert_near(value_of(fixture, "disk", "bytes_per_s"), NAN, 0);
}

/* Names that come and go for ever: no spot, no column and no name is left behind. */
static void test_churn(void **state)
{
	struct fixture *fixture = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/sys/block", fixture->path);
	assert_int_equal(scratch_dir_remove(path), 0);
	for (unsigned n = 0; n < 600; n++) {
		struct strbuf text;

		strbuf_init(&text, 1 << 20);
		for (unsigned i = 0; i < 100; i++) /* names of the turns differ */
			strbuf_addf(&text,
				"8 0 sd%c%c%c%c 10 0 100 5 20 0 200 6 0 1000 2000\n",
				'a' + (int)(n / 26 % 26), 'a' + (int)(n % 26),
				'a' + (int)(i % 26), 'a' + (int)(i / 26));
		if (n % 2) /* one of two turns repeats some of the names of the one before */
			strbuf_addf(&text,
				"8 0 sd%c%caa 10 0 100 5 20 0 200 6 0 1000 2000\n",
				'a' + (int)((n - 1) / 26 % 26),
				'a' + (int)((n - 1) % 26));
		put_file(fixture, "proc/diskstats", "%s", strbuf_text(&text));
		strbuf_done(&text);
		tick(fixture, 10);
		assert_int_equal(collect_report(fixture->collect)->failed_probes, 0);
		assert_int_equal(
			collect_report(fixture->collect)->ignored[METRIC_FILE_BLOCK],
			0);
		/* all are new: the sum is unknown, and only two have files, one all others */
		assert_near(value_of(fixture, "disk", "bytes_per_s"), NAN, 0);
		assert_true(collect_snapshot(fixture->collect)->file_count <= 12);
	}
	put_file(fixture, "proc/diskstats", "%s", "");
	tick(fixture, 10);
	assert_near(value_of(fixture, "disk", "bytes_per_s"), 0, 0);
}

/* ---- no allocation --------------------------------------------------------------------- */

static unsigned long allocations;

#if !defined(__SANITIZE_ADDRESS__)
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	allocations++;
	return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	allocations++;
	return __libc_realloc(old, size);
}
#endif

static void test_no_allocation(void **state)
{
	struct collect_options options = { .step_s = 1, .slow_every = 1000 };
	struct rate_instant now = { .monotonic_ns = 1 };
	struct collect *collect = NULL;
	struct host_root root;
	struct err err = ERR_INIT;
	unsigned long before;

	(void)state;
	assert_int_equal(hostroot_open(&root, "/", &err), 0);
	assert_int_equal(collect_open(&collect, &root, &options, &err), 0);
	for (int i = 0; i < 3; i++)
		collect_read(collect, &now);
	before = allocations;
	for (int i = 0; i < 200; i++) {
		now.monotonic_ns += 1000000000;
		now.boottime_ns += 1000000000;
		collect_read(collect, &now);
	}
	assert_int_equal(allocations - before, 0);
	collect_close(collect);
	hostroot_close(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_demands, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_idle_tick, setup, teardown),
		cmocka_unit_test_setup_teardown(test_adapters, setup, teardown),
		cmocka_unit_test_setup_teardown(test_narrow_counters, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wide_counters, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unknown, setup, teardown),
		cmocka_unit_test_setup_teardown(test_boots, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cpu_hotplug, setup, teardown),
		cmocka_unit_test_setup_teardown(test_helper_values, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile_names, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_links_stay_inside, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrong_kinds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_churn, setup, teardown),
		cmocka_unit_test(test_no_allocation),
	};

	return cmocka_run_group_tests_name("collect", tests, NULL, NULL);
}
