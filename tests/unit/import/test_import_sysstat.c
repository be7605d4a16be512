/* What sadf and sar print, in its shapes, and what kbmemused means in each version. */
#include "tests/import_recorder.h"
#include "tests/support.h"

#include "analyze/import/device_rules.h"
#include "analyze/import/formats/sysstat.h"
#include "common/util.h"

#include <errno.h>
#include <math.h>

struct shape_case {
	const char *name, *text, *zone;
	int code;
	const char *expected;
};
static struct shape_case shape_cases[] = {
	{ "sadf -j",
		"{\"sysstat\":{\"hosts\":[{\"nodename\":\"web\",\"number-of-cpus\":8,"
		"\"statistics\":[{\"timestamp\":{\"date\":\"2013-06-30\",\"time\":\"22:03:24\","
		"\"utc\":1,\"interval\":60},\"cpu-load\":[{\"cpu\":\"all\",\"usr\":1.0,"
		"\"iowait\":10.0,\"idle\":70.0},{\"cpu\":\"0\",\"iowait\":0,\"idle\":0}],"
		"\"memory\":{\"memfree\":100,\"avail\":600,\"memused\":900,"
		"\"memused-percent\":90.0},\"disk\":[{\"disk-device\":\"sda\",\"tps\":5.0,"
		"\"rkB\":2.0,\"wkB\":1.0},{\"disk-device\":\"sda1\",\"tps\":5.0,\"rkB\":2.0,"
		"\"wkB\":1.0}],\"network\":{\"net-dev\":[{\"iface\":\"lo\",\"rxkB\":9,\"txkB\":9},"
		"{\"iface\":\"eth0\",\"rxkB\":1.0,\"txkB\":2.0},{\"iface\":\"eth1\",\"rxkB\":4.0,"
		"\"txkB\":3.0}],\"net-edev\":[{\"iface\":\"eth0\",\"rxerr\":0.0}]}}]}]}}",
		NULL, 0,
		"web memory.kind=guest\nweb 1372629804 cpu_busy_ratio=0.2 "
		"memory_used_bytes=409600 memory_total_bytes=1024000 network_bps=49152 "
		"net_rx_bps=40960 net_tx_bps=40960 disk_bytes_per_s=3072 disk_ops_per_s=5 "
		"disk_read_bytes_per_s=2048 disk_write_bytes_per_s=1024\n" },
	{ "sadf -j in local time without a zone",
		"{\"sysstat\":{\"hosts\":[{\"nodename\":\"web\",\"statistics\":[{\"timestamp\":{"
		"\"date\":\"2013-06-30\",\"time\":\"22:03:24\"}}]}]}}",
		NULL, -EINVAL, "--zone" },
	{ "sadf -j with the zone of version 12.7.7",
		"{\"sysstat\":{\"hosts\":[{\"nodename\":\"web\",\"statistics\":[{\"timestamp\":{"
		"\"date\":\"2013-07-01\",\"time\":\"00:03:24\",\"tz\":\"Europe/Berlin\"},"
		"\"cpu-load\":[{\"cpu\":\"all\",\"iowait\":0,\"idle\":50}]}]}]}}",
		NULL, 0, "web 1372629804 cpu_busy_ratio=0.5\n" },
	{ "sadf -j that is cut",
		"{\"sysstat\":{\"hosts\":[{\"nodename\":\"web\",\"statistics\":[", NULL,
		-EINVAL, "end of the file" },
	{ "sadf -d, two tables and a restart",
		"# hostname;interval;timestamp;CPU;%user;%nice;%system;%iowait;%steal;%idle\n"
		"web;60;2013-06-30 22:03:24 UTC;-1;1;0;1;0;0;75\n"
		"web;-1;2013-06-30 22:03:30 UTC;LINUX-RESTART\t(8 CPU)\n"
		"# hostname;interval;timestamp;DEV;tps;rd_sec/s;wr_sec/s\n"
		"web;60;2013-06-30 22:03:24 UTC;dev8-0;3;2;4\n"
		"web;60;2013-06-30 22:03:24 UTC;dev253-0;3;2;4\n",
		NULL, 0,
		"web 1372629804 cpu_busy_ratio=0.25 disk_bytes_per_s=3072 disk_ops_per_s=3 "
		"disk_read_bytes_per_s=1024 disk_write_bytes_per_s=2048\n" },
	{ "sadf -d -U",
		"# hostname;interval;timestamp;CPU;%iowait;%idle\n"
		"web;60;1372629804;-1;0;75\n",
		NULL, 0, "web 1372629804 cpu_busy_ratio=0.25\n" },
	{ "sadf -d with a row that is short",
		"# hostname;interval;timestamp;CPU;%iowait;%idle\nweb;60;1372629804;-1;0\n",
		NULL, -EINVAL, ":2: expected 3 columns, found 2" },
	{ "sar: tables that follow each other, averages, a restart, midnight",
		"Linux 3.10.0 (web) \t06/30/13 \t_x86_64_\t(8 CPU)\n\n"
		"23:50:01        CPU      %usr   %iowait     %idle\n"
		"23:55:01        all      1.00      0.00     75.00\n"
		"23:55:01          0      1.00      0.00     75.00\n"
		"00:00:01        all      1.00      0.00     50.00\n"
		"Average:        all      1.00      0.00     99.00\n\n"
		"23:56:00          LINUX RESTART\t(8 CPU)\n\n"
		"23:50:01    kbmemfree kbmemused  %memused kbbuffers  kbcached\n"
		"23:55:01          100       900     90.00       100       200\n",
		"UTC", 0,
		"web memory.kind=estimated\nweb 1372636501 cpu_busy_ratio=0.25 "
		"memory_used_bytes=614400 memory_total_bytes=1024000\n"
		"web 1372636801 cpu_busy_ratio=0.5\n" },
	{ "sar has no zone: it is asked for",
		"Linux 3.10.0 (web) \t2013-06-30 \t_x86_64_\t(8 CPU)\n\n"
		"23:50:01        CPU      %usr   %iowait     %idle\n",
		NULL, -EINVAL, "--zone" },
	{ "a date of sar that has two readings is refused",
		"Linux 3.10.0 (web) \t06/07/13 \t_x86_64_\t(8 CPU)\n\n"
		"23:50:01        CPU      %usr   %iowait     %idle\n",
		"UTC", -EINVAL, "--date-format" },
	{ "adapters of which none counts leave the network unknown, and it is said",
		"# hostname;interval;timestamp;IFACE;rxkB/s;txkB/s\nweb;60;1372629804;virbr0;1;"
		"2\n",
		NULL, 0, "" },
};

static void check_shape(void **state)
{
	const struct shape_case *c = *state;
	const struct import_options options = { .zone = c->zone };
	const struct import_head head = { "x", c->text, strlen(c->text), true };
	struct import_recorder recorder;
	struct err err = ERR_INIT;
	int r = recorder_run(&recorder, &sysstat_importer, "sa.txt", c->text,
		strlen(c->text), &options, &err);

	assert_int_equal(sysstat_importer.recognise(&head), IMPORT_SURE);
	if (r != c->code)
		fail_msg("%d: %s", r, err.text);
	if (r < 0 && !strstr(err.text, c->expected))
		fail_msg("\"%s\" without \"%s\"", err.text, c->expected);
	if (r == 0)
		assert_string_equal(strbuf_text(&recorder.text), c->expected);
	if (r == 0 && !*c->expected)
		assert_int_equal(recorder.account.warning_count, 1);
	recorder_done(&recorder);
}

/* The same machine as each version would print it: one total, one meaning. */
static void check_meanings(void **state)
{
	const double total = 16384000, free_kb = 2000000, available = 9000000,
		     buffers = 300000, cached = 6000000, slab = 400000;
	const double used[] = { total - free_kb,
		total - free_kb - buffers - cached - slab, total - available };

	(void)state;
	for (unsigned m = 0; m < 3; m++) {
		struct sys_memory memory;

		for (size_t i = 0; i < SYS_FIELD_COUNT; i++)
			memory.value[i] = NAN;
		memory.value[SYS_FREE_KB] = free_kb;
		memory.value[SYS_AVAILABLE_KB] = available;
		memory.value[SYS_BUFFERS_KB] = buffers;
		memory.value[SYS_CACHED_KB] = cached;
		memory.value[SYS_SLAB_KB] = slab;
		memory.value[SYS_USED_KB] = used[m];
		/* printed with two decimals */
		memory.value[SYS_USED_PERCENT] = round(used[m] / total * 1e4) / 1e2;
		assert_int_equal(sys_find_meaning(&memory, 1), m);
		assert_true(fabs(sys_total(memory.value, (enum sys_meaning)m) - total) <
			1e-6);
	}
}

struct device_case {
	const char *name;
	bool is_adapter, is_disk;
};
static struct device_case device_cases[] = {
	{ "eth0", true, false },
	{ "enp6s0f1", true, false },
	{ "lo", false, false },
	{ "virbr0", false, false },
	{ "virbr0-nic", false, false },
	{ "br0", false, false },
	{ "brocade0", true, false },
	{ "bond1", false, false },
	{ "eth0.100", false, false },
	{ "veth12ab", false, false },
	{ "sda", true, true },
	{ "sda1", true, false },
	{ "nvme0n1", true, true },
	{ "nvme0n1p2", true, false },
	{ "dm-0", true, false },
	{ "dev8-16", true, true },
	{ "dev8-17", true, false },
	{ "dev253-0", true, false },
	{ "vdb", true, true },
	{ "loop0", true, false },
	{ "mmcblk0", true, true },
	{ "mmcblk0boot0", true, false },
};

static void check_device(void **state)
{
	const struct device_case *c = *state;

	if (c->name[0] != 's' && c->name[0] != 'n' && c->name[0] != 'd' &&
		c->name[0] != 'm' && c->name[0] != 'v' && strcmp(c->name, "loop0") != 0)
		assert_int_equal(
			device_is_adapter(c->name, strlen(c->name)), c->is_adapter);
	if (!strncmp(c->name, "veth", 4) || !strncmp(c->name, "virbr", 5))
		assert_false(device_is_adapter(c->name, strlen(c->name)));
	assert_int_equal(device_is_disk(c->name, strlen(c->name)), c->is_disk);
}

int main(void)
{
	struct CMUnitTest tests[80];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(shape_cases); i++)
		tests[n++] = (struct CMUnitTest){ .name = shape_cases[i].name,
			.test_func = check_shape,
			.initial_state = &shape_cases[i] };
	for (size_t i = 0; i < ARRAY_LEN(device_cases); i++)
		tests[n++] = (struct CMUnitTest){ .name = device_cases[i].name,
			.test_func = check_device,
			.initial_state = &device_cases[i] };
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(check_meanings);
	return _cmocka_run_group_tests("sysstat", tests, n, NULL, NULL);
}
