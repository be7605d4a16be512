/*
 * What is read again once a minute: the speed and the master of an adapter that is counted in
 * each slow turn, all that is known of it in the first after a change and in one of ten.  So
 * is the clock of the processors where it stands still and no cpufreq sets it.
 */
#include "tests/scratch_dir.h"
#include "tests/support.h"

#include "probes/collect.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

enum { WHOLE_FIRST = 3, WHOLE_EVERY = 10, BRIEF_BY = 6, CLOCK_STILL = 3 };

struct slow_fixture {
	char path[64];
	struct host_root root;
	struct collect *collect;
	struct rate_instant now;
	unsigned long packets;
};

static void put_below(
	const struct slow_fixture *fixture, const char *name, const char *text)
{
	char path[256];
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
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static int slow_setup_root(void **state, bool is_live)
{
	/* a speed is put by the reading after the one that read it */
	struct collect_options options = { .step_s = 1, .slow_every = 2 };
	struct slow_fixture *fixture = calloc(1, sizeof(*fixture));
	struct err err = ERR_INIT;

	assert_non_null(fixture);
	snprintf(fixture->path, sizeof(fixture->path), "/tmp/headroom-slow-XXXXXX");
	assert_non_null(mkdtemp(fixture->path));
	put_below(fixture, "sys/class/net/eth0/device/recorded", "");
	/* without any hardware a plain Ethernet adapter counts, as in a container */
	put_below(fixture, "sys/class/net/eth1/device/recorded", "");
	put_below(fixture, "sys/class/net/eth0/type", "1\n");
	put_below(fixture, "sys/class/net/eth0/speed", "1000\n");
	assert_int_equal(hostroot_open(&fixture->root, fixture->path, &err), 0);
	fixture->root.is_live = is_live;
	assert_int_equal(
		collect_open(&fixture->collect, &fixture->root, &options, &err), 0);
	*state = fixture;
	return 0;
}

static int slow_setup(void **state)
{
	return slow_setup_root(state, false);
}

/* As below "/": descriptors are kept. */
static int slow_setup_live(void **state)
{
	return slow_setup_root(state, true);
}

static int slow_teardown(void **state)
{
	struct slow_fixture *fixture = *state;

	collect_close(fixture->collect);
	hostroot_close(&fixture->root);
	scratch_dir_remove(fixture->path);
	free(fixture);
	return 0;
}

static void slow_turns(struct slow_fixture *fixture, unsigned count)
{
	char text[256];

	for (unsigned i = 0; i < 2 * count; i++) {
		fixture->packets += 10;
		snprintf(text, sizeof(text),
			"Inter-| Receive\n face |bytes\n"
			"  eth0: %lu %lu 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n"
			"  eth1: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n",
			1000 * fixture->packets, fixture->packets);
		put_below(fixture, "proc/net/dev", text);
		fixture->now.monotonic_ns += 1000000000;
		fixture->now.boottime_ns += 1000000000;
		collect_read(fixture->collect, &fixture->now);
	}
}

static const struct snapshot_file *file_of_eth0(const struct slow_fixture *fixture)
{
	const struct snapshot *snapshot = collect_snapshot(fixture->collect);

	for (size_t i = 0; i < snapshot->file_count; i++)
		if (snapshot->file[i].kind == METRIC_FILE_NET &&
			!strcmp(snapshot->file[i].instance, "eth0"))
			return &snapshot->file[i];
	return NULL;
}

static bool is_eth0_counted(const struct slow_fixture *fixture)
{
	return file_of_eth0(fixture) != NULL;
}

static double speed_of_eth0(const struct slow_fixture *fixture)
{
	const struct snapshot *snapshot = collect_snapshot(fixture->collect);
	const struct snapshot_file *file = file_of_eth0(fixture);

	assert_non_null(file);
	for (unsigned i = file->first; i < file->first + file->count; i++)
		if (snapshot->column[i].metric == METRIC_NET_SPEED_BPS)
			return snapshot->value[i];
	fail_msg("eth0 has no speed");
	return NAN;
}

static void put_clock(const struct slow_fixture *fixture, unsigned mhz)
{
	char text[128];

	put_below(fixture, "proc/stat", "cpu  1 0 1 9 0 0 0 0\ncpu0 1 0 1 9 0 0 0 0\n");
	snprintf(text, sizeof(text), "processor\t: 0\ncpu MHz\t\t: %u.000\n", mhz);
	put_below(fixture, "proc/cpuinfo", text);
}

static double clock_mhz(const struct slow_fixture *fixture)
{
	const struct snapshot *snapshot = collect_snapshot(fixture->collect);

	for (size_t i = 0; i < snapshot->column_count; i++)
		if (snapshot->column[i].metric == METRIC_CPU_MHZ)
			return snapshot->value[i];
	fail_msg("there is no clock");
	return NAN;
}

static void test_clock_that_moves(void **state)
{
	struct slow_fixture *fixture = *state;

	for (unsigned i = 0; i < 2 * WHOLE_EVERY; i++) {
		put_clock(fixture, 2000 + i);
		slow_turns(fixture, 1);
		assert_near(clock_mhz(fixture), 2000 + i, 0);
	}
}

static void test_clock_that_stands_still(void **state)
{
	struct slow_fixture *fixture = *state;
	unsigned turns = 0;

	put_clock(fixture, 2000);
	slow_turns(fixture, 1 + CLOCK_STILL);
	put_clock(fixture, 3000);
	while (clock_mhz(fixture) < 3000 && turns <= WHOLE_EVERY) {
		slow_turns(fixture, 1);
		turns++;
	}
	assert_int_equal(turns, WHOLE_EVERY);
	/* it moves: looked at each time again */
	put_clock(fixture, 2500);
	slow_turns(fixture, 1);
	assert_near(clock_mhz(fixture), 2500, 0);
}

/* Who sets it may set it at any time. */
static void test_clock_of_cpufreq(void **state)
{
	struct slow_fixture *fixture = *state;
	static const char name[] =
		"sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq";

	put_clock(fixture, 2000);
	put_below(fixture, name, "800000\n");
	slow_turns(fixture, WHOLE_EVERY);
	put_below(fixture, name, "3000000\n");
	slow_turns(fixture, 1);
	assert_near(clock_mhz(fixture), 3000, 1e-9);
}

static void test_speed_in_each_turn(void **state)
{
	struct slow_fixture *fixture = *state;
	static const char *const mbit[] = { "100\n", "1000\n", "10000\n" };

	slow_turns(fixture, BRIEF_BY);
	for (unsigned i = 0; i < 2 * WHOLE_EVERY; i++) {
		const char *text = mbit[i % ARRAY_LEN(mbit)];

		put_below(fixture, "sys/class/net/eth0/speed", text);
		slow_turns(fixture, 1);
		assert_near(speed_of_eth0(fixture), strtod(text, NULL) * 1e6, 0);
	}
	put_below(fixture, "sys/class/net/eth0/speed", "-1\n");
	slow_turns(fixture, 1);
	assert_true(isnan(speed_of_eth0(fixture)));
}

static void test_master_in_each_turn(void **state)
{
	struct slow_fixture *fixture = *state;

	for (unsigned i = 0; i < 2 * WHOLE_EVERY; i++) {
		char master[128];

		slow_turns(fixture, BRIEF_BY + i);
		assert_true(is_eth0_counted(fixture));
		put_below(fixture, "sys/class/net/eth0/master/device/recorded", "");
		slow_turns(fixture, 1);
		assert_false(is_eth0_counted(fixture));
		snprintf(master, sizeof(master), "%s/sys/class/net/eth0/master",
			fixture->path);
		scratch_dir_remove(master);
		slow_turns(fixture, 1);
		assert_true(is_eth0_counted(fixture));
	}
}

/* A function of an adapter in switchdev mode, whose port is named after it came. */
static void test_port_name(void **state)
{
	struct slow_fixture *fixture = *state;

	slow_turns(fixture, WHOLE_FIRST - 1);
	put_below(fixture, "sys/class/net/eth0/phys_port_name", "pf0vf3\n");
	slow_turns(fixture, 1);
	assert_false(is_eth0_counted(fixture));
	put_below(fixture, "sys/class/net/eth0/phys_port_name", "p0\n");
	slow_turns(fixture, BRIEF_BY);
	assert_true(is_eth0_counted(fixture));
	put_below(fixture, "sys/class/net/eth0/phys_port_name", "c1pf0vf2\n");
	slow_turns(fixture, WHOLE_EVERY);
	assert_false(is_eth0_counted(fixture));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_speed_in_each_turn, slow_setup, slow_teardown),
		cmocka_unit_test_setup_teardown(
			test_master_in_each_turn, slow_setup, slow_teardown),
		cmocka_unit_test_setup_teardown(
			test_port_name, slow_setup, slow_teardown),
		cmocka_unit_test_setup_teardown(
			test_clock_that_moves, slow_setup_live, slow_teardown),
		cmocka_unit_test_setup_teardown(
			test_clock_that_stands_still, slow_setup_live, slow_teardown),
		cmocka_unit_test_setup_teardown(
			test_clock_of_cpufreq, slow_setup_live, slow_teardown),
	};

	return cmocka_run_group_tests_name("slow_turn", tests, NULL, NULL);
}
