/* Mappings as data: tables wide and long, JSON lists, and definitions that are wrong. */
#include "tests/import_recorder.h"
#include "tests/support.h"

#include "analyze/import/formats/map.h"
#include "common/util.h"
#include "schema/builtin.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define HEAD "{\"schema\":\"headroom/map/1\",\"title\":\"t\",\"format\":"

struct map_case {
	const char *name, *map, *text;
	int code;
	const char *expected;
};
static struct map_case map_cases[] = {
	{ "a wide table with units and an unknown token",
		HEAD
		"\"csv\",\"time\":{\"column\":\"when\",\"unit\":\"ms\"},\"unknown\":[\"n/a\"],"
		"\"columns\":[{\"name\":\"cpu\",\"figure\":\"cpu_busy_ratio\",\"unit\":\"%\"},"
		"{\"name\":\"rx\",\"figure\":\"net_rx_bps\",\"unit\":\"KiB/s\"},"
		"{\"name\":\"tx\",\"figure\":\"net_tx_bps\",\"unit\":\"kbit/s\",\"sign\":\"abs\"}]}",
		"When;CPU;rx;tx;other\n1372629804000;25;1;-2;x\n1372629864000;n/a;1;-2;x\n",
		0,
		"web1 1372629804 cpu_busy_ratio=0.25 network_bps=8192 net_rx_bps=8192 "
		"net_tx_bps=2000\nweb1 1372629864 network_bps=8192 net_rx_bps=8192 "
		"net_tx_bps=2000\n" },
	{ "a long table with workloads and instances",
		HEAD
		"\"csv\",\"layout\":\"long\",\"time\":{\"column\":\"t\",\"unit\":\"s\"},"
		"\"workload\":{\"column\":\"vm\"},\"metric\":\"m\",\"value\":\"v\","
		"\"instance\":\"i\",\"columns\":[{\"name\":\"net.rx\",\"figure\":"
		"\"net_rx_bps\",\"unit\":\"B/s\",\"without\":\"\"},{\"name\":\"net.tx\","
		"\"figure\":\"net_tx_bps\",\"unit\":\"B/s\",\"without\":\"\"}]}",
		"m,t,v,vm,i\nnet.rx,1372629804,1,a,4000\nnet.tx,1372629804,2,a,4000\n"
		"net.rx,1372629804,5,a,4001\nnet.tx,1372629804,3,a,4001\n"
		"net.rx,1372629804,6,a,\ncpu,1372629804,9,a,\n",
		0, "a 1372629804 network_bps=56 net_rx_bps=48 net_tx_bps=40\n" },
	{ "lines without a header or a time",
		HEAD
		"\"csv\",\"header\":false,\"time\":{\"unit\":\"index\",\"step_s\":300,"
		"\"start\":1372629600},\"columns\":[{\"name\":\"1\",\"figure\":"
		"\"cpu_busy_ratio\",\"unit\":\"%\"}]}",
		"25\n50\n", 0,
		"web1 1372629600 cpu_busy_ratio=0.25\nweb1 1372629900 cpu_busy_ratio=0.5\n" },
	{ "a JSON list in an object, with extremes",
		HEAD
		"\"json\",\"rows\":\"data\",\"time\":{\"column\":\"time\",\"unit\":\"s\"},"
		"\"memory_kind\":\"allocated\",\"columns\":[{\"name\":\"avg\",\"figure\":"
		"\"memory_used_bytes\",\"unit\":\"MiB\"},{\"name\":\"max\",\"figure\":"
		"\"memory_used_bytes\",\"unit\":\"MiB\",\"kind\":\"max\"}]}",
		"{\"status\":[1,{}],\"data\":[{\"time\":1372629804,\"avg\":1,\"max\":\"2\","
		"\"x\":{\"y\":[1]}},{\"time\":1372629864,\"avg\":null}]}",
		0,
		"web1 memory.kind=allocated\nweb1 1372629804 memory_used_bytes=1048576 "
		"memory_used_bytes_max=2097152\n" },
	{ "local times by the zone of the map",
		HEAD
		"\"csv\",\"time\":{\"column\":\"t\",\"unit\":\"text\",\"zone\":"
		"\"Europe/Berlin\",\"order\":\"DMY\"},\"columns\":[{\"name\":\"c\",\"figure\":"
		"\"cpu_cores\"}]}",
		"t;c\n01.07.2013 00:03:24;4\n", 0, "web1 1372629804 cpu_cores=4\n" },
	{ "a column that is not there: those that are",
		HEAD
		"\"csv\",\"time\":{\"column\":\"when\",\"unit\":\"s\"},\"columns\":[{\"name\":"
		"\"c\",\"figure\":\"cpu_cores\"}]}",
		"time,c\n1,2\n", -EINVAL,
		"expected a column \"when\", there are: time, c" },
	{ "a row that is short",
		HEAD
		"\"csv\",\"time\":{\"column\":\"t\",\"unit\":\"s\"},\"columns\":[{\"name\":"
		"\"c\",\"figure\":\"cpu_cores\"}]}",
		"t,c\n1372629804\n", -EINVAL, ":2: expected 2 columns, found 1" },
	{ "a value that is none",
		HEAD
		"\"csv\",\"time\":{\"column\":\"t\",\"unit\":\"s\"},\"columns\":[{\"name\":"
		"\"c\",\"figure\":\"cpu_cores\"}]}",
		"t,c\n1372629804,x\n", -EINVAL,
		":2: field c: expected a finite number" },
	{ "a figure that there is not: the nearest",
		HEAD
		"\"csv\",\"time\":{\"column\":\"t\",\"unit\":\"s\"},\"columns\":[{\"name\":"
		"\"c\",\"figure\":\"cpu_core\"}]}",
		"", -EINVAL, "did you mean cpu_cores" },
	{ "a unit that there is not",
		HEAD
		"\"csv\",\"time\":{\"column\":\"t\",\"unit\":\"s\"},\"columns\":[{\"name\":"
		"\"c\",\"figure\":\"cpu_cores\",\"unit\":\"pints\"}]}",
		"", -EINVAL, "unit: expected one such as" },
	{ "lists of times and values, newest first, as sums per period",
		HEAD
		"\"json\",\"layout\":\"columnar\",\"rows\":\"Results\",\"time\":{\"column\":"
		"\"T\",\"unit\":\"text\",\"spacing\":true,\"stamp\":\"begin\"},\"workload\":"
		"{\"column\":\"L\",\"word\":1},\"metric\":\"L\",\"value\":\"V\",\"columns\":[{"
		"\"name\":\"*Disk\",\"figure\":\"disk_bytes_per_s\",\"unit\":\"B/period\"}]}",
		"{\"Results\":[{\"L\":\"i-1 Disk\",\"T\":[\"2013-07-01T00:10:00Z\","
		"\"2013-07-01T00:00:00Z\",\"2013-07-01T00:05:00Z\"],\"V\":[3000,300,null],"
		"\"S\":[{\"x\":1}]},{\"V\":[600,900],\"T\":[\"2013-07-01T00:00:00Z\","
		"\"2013-07-01T00:01:00Z\"],\"L\":\"Disk\"}]}",
		0,
		"i-1 1372637100 disk_bytes_per_s=1\ni-1 1372637700 disk_bytes_per_s=10\n"
		"web1 1372636860 disk_bytes_per_s=10\nweb1 1372636920 disk_bytes_per_s=15\n" },
	{ "lists of different lengths",
		HEAD
		"\"json\",\"layout\":\"columnar\",\"time\":{\"column\":\"t\",\"unit\":\"s\"},"
		"\"columns\":[{\"name\":\"c\",\"figure\":\"cpu_cores\"}]}",
		"{\"t\":[1372636860,1372636920],\"c\":[1]}", -EINVAL,
		"t: expected as many values as in the other lists, 1, found 2" },
	{ "rows deep in lists, with fields behind and around them",
		HEAD
		"\"json\",\"layout\":\"long\",\"rows\":\"series.*.points\",\"time\":{"
		"\"column\":\"at.end\",\"unit\":\"s\",\"begin\":\"at.begin\"},\"workload\":{"
		"\"column\":\"of.name\"},\"metric\":\"metric\",\"value\":\"v.*\","
		"\"columns\":[{\"name\":\"rx\",\"figure\":\"net_rx_bps\",\"unit\":"
		"\"B/period\"},{\"name\":\"tx\",\"figure\":\"net_tx_bps\",\"unit\":"
		"\"B/period\"}]}",
		"{\"series\":[{\"metric\":\"rx\",\"points\":[{\"at\":{\"end\":1372636860,"
		"\"begin\":1372636800},\"v\":{\"int64\":\"600\"}}],\"of\":{\"name\":\"a\"}},"
		"{\"points\":[{\"at\":{\"end\":1372636860,\"begin\":1372636800},\"v\":{"
		"\"double\":120}}],\"of\":{\"name\":\"a\"},\"metric\":\"tx\"}]}",
		0, "a 1372636860 network_bps=80 net_rx_bps=80 net_tx_bps=16\n" },
	{ "rows whose metric nothing says",
		HEAD
		"\"json\",\"layout\":\"long\",\"rows\":\"r\",\"time\":{\"column\":\"t\","
		"\"unit\":\"s\"},\"metric\":\"m\",\"value\":\"v\",\"columns\":[{\"name\":"
		"\"c\",\"figure\":\"cpu_cores\"}]}",
		"{\"r\":[{\"t\":1372636860,\"v\":1}]}", -EINVAL,
		"field m: expected the metric, in the row or before it" },
	{ "a period by a field of the root, and extremes beside the mean",
		HEAD
		"\"json\",\"layout\":\"long\",\"rows\":\"value.*.data\",\"time\":{"
		"\"column\":\"t\",\"unit\":\"text\",\"period\":\"interval\",\"stamp\":"
		"\"begin\"},\"metric\":\"name.value\",\"value\":\"average\",\"value_max\":"
		"\"maximum\",\"columns\":[{\"name\":\"CPU\",\"figure\":\"cpu_busy_ratio\","
		"\"unit\":\"%\"}]}",
		"{\"interval\":\"PT1M\",\"value\":[{\"name\":{\"value\":\"CPU\"},\"data\":[{"
		"\"t\":\"2013-07-01T00:00:00Z\",\"average\":25,\"maximum\":50}]}]}",
		0, "web1 1372636860 cpu_busy_ratio=0.25 cpu_busy_ratio_max=0.5\n" },
	{ "counters: the first has no rate, 32 bits wrap, a reset is none",
		HEAD
		"\"csv\",\"time\":{\"column\":\"t\",\"unit\":\"s\"},\"columns\":[{\"name\":"
		"\"r\",\"figure\":\"disk_read_bytes_per_s\",\"counter\":32,\"bound_per_s\":"
		"10000},{\"name\":\"w\",\"figure\":\"disk_write_bytes_per_s\",\"counter\":64},"
		"{\"name\":\"s\",\"figure\":\"cpu_used_cores\",\"counter\":64}]}",
		"t,r,w,s\n1372636800,4294967000,1000,0.5\n1372636860,4294967090,7000,15.5\n"
		"1372636920,90,1200,18.5\n1372636980,690,1800,\n1372637100,,2400,24.5\n",
		0,
		"web1 1372636860 cpu_used_cores=0.25 disk_bytes_per_s=101.5 "
		"disk_read_bytes_per_s=1.5 disk_write_bytes_per_s=100\n"
		"web1 1372636920 cpu_used_cores=0.05 disk_read_bytes_per_s=4.93333333333\n"
		"web1 1372636980 disk_bytes_per_s=20 disk_read_bytes_per_s=10 "
		"disk_write_bytes_per_s=10\n"
		"web1 1372637100 cpu_used_cores=0.0333333333333 disk_write_bytes_per_s=5\n" },
	{ "a counter in lists, newest first",
		HEAD
		"\"json\",\"layout\":\"columnar\",\"time\":{\"column\":\"t\",\"unit\":\"s\"},"
		"\"columns\":[{\"name\":\"c\",\"figure\":\"disk_bytes_per_s\",\"counter\":64}]}",
		"{\"c\":[3000,1600,1000],\"t\":[1372636980,1372636920,1372636860]}", 0,
		"web1 1372636920 disk_bytes_per_s=10\n"
		"web1 1372636980 disk_bytes_per_s=23.3333333333\n" },
	{ "of several instances the highest",
		HEAD
		"\"csv\",\"layout\":\"long\",\"time\":{\"column\":\"t\",\"unit\":\"s\"},"
		"\"metric\":\"m\",\"value\":\"v\",\"instance\":\"i\",\"columns\":[{\"name\":"
		"\"ops\",\"figure\":\"disk_ops_per_s\",\"combine\":\"max\"},{\"name\":"
		"\"bytes\",\"figure\":\"disk_bytes_per_s\"}]}",
		"t,m,i,v\n1372636860,ops,a,3\n1372636860,ops,b,5\n1372636860,ops,c,4\n"
		"1372636860,bytes,a,3\n1372636860,bytes,b,5\n",
		0, "web1 1372636860 disk_bytes_per_s=8 disk_ops_per_s=5\n" },
	{ "a workload in each column",
		HEAD
		"\"csv\",\"time\":{\"column\":\"Time\",\"unit\":\"s\"},\"workload\":{"
		"\"heading\":true},\"columns\":[{\"name\":\"*\",\"figure\":"
		"\"memory_used_bytes\",\"unit\":\"MiB\"}],\"memory_kind\":\"active\"}",
		"Time,a,\"b, c\"\n1372636860,1,\n1372636920,,2\n", 0,
		"a memory.kind=active\nb, c memory.kind=active\n"
		"a 1372636860 memory_used_bytes=1048576\n"
		"b, c 1372636920 memory_used_bytes=2097152\n" },
	{ "an instance in each column",
		HEAD
		"\"csv\",\"time\":{\"column\":\"t\",\"unit\":\"s\"},\"columns\":[{\"name\":"
		"\"*\",\"figure\":\"cpu_one_busy_ratio\",\"unit\":\"%\"}]}",
		"cpu0,t,cpu1\n10,1372636860,30\n", 0,
		"web1 1372636860 cpu_busy_ratio=0.2\n" },
	{ "the kind of memory is each workload's",
		HEAD
		"\"csv\",\"time\":{\"column\":\"t\",\"unit\":\"s\"},\"workload\":{\"column\":"
		"\"w\"},\"memory_kind\":\"consumed\",\"columns\":[{\"name\":\"m\",\"figure\":"
		"\"memory_used_bytes\"},{\"name\":\"c\",\"figure\":\"cpu_used_mhz\"}]}",
		"t,w,m,c\n1372636860,a,1,2\n1372636860,b,1,2\n1372636920,b,1,2\n", 0,
		"a memory.kind=consumed\nb memory.kind=consumed\n"
		"a 1372636860 cpu_used_mhz=2 memory_used_bytes=1\n"
		"b 1372636860 cpu_used_mhz=2 memory_used_bytes=1\n"
		"b 1372636920 cpu_used_mhz=2 memory_used_bytes=1\n" },
	{ "objects line by line, and rows that are lists",
		HEAD
		"\"json\",\"time\":{\"column\":\"t\",\"unit\":\"s\"},\"columns\":[{\"name\":"
		"\"c\",\"figure\":\"cpu_cores\"},{\"name\":\"d.2\",\"figure\":"
		"\"cpu_used_cores\"}]}",
		"{\"t\":1372636860,\"c\":1}\n{\"t\":1372636920,\"d\":[9,0.5]}\n", 0,
		"web1 1372636860 cpu_cores=1\nweb1 1372636920 cpu_used_cores=0.5\n" },
	{ "a begin of which nothing says how long it lasts",
		HEAD
		"\"json\",\"rows\":\"r\",\"time\":{\"column\":\"t\",\"unit\":\"s\",\"spacing\":"
		"true,\"stamp\":\"begin\"},\"columns\":[{\"name\":\"c\",\"figure\":"
		"\"cpu_cores\"}]}",
		"{\"r\":[{\"t\":1372636860,\"c\":1}]}", -EINVAL,
		"expected how long a value lasts" },
	{ "a unit per period without one",
		HEAD
		"\"csv\",\"time\":{\"column\":\"t\",\"unit\":\"s\"},\"columns\":[{\"name\":"
		"\"c\",\"figure\":\"net_rx_bps\",\"unit\":\"B/period\"}]}",
		"", -EINVAL, "needs time.begin, time.period" },
	{ "a layout that there is not",
		HEAD
		"\"csv\",\"layout\":\"tall\",\"time\":{\"column\":\"t\",\"unit\":\"s\"},"
		"\"columns\":[{\"name\":\"c\",\"figure\":\"cpu_cores\"}]}",
		"", -EINVAL,
		"layout: expected wide, long or columnar, found \"tall\"" },
	{ "a counter that wraps nobody knows how often",
		HEAD
		"\"csv\",\"time\":{\"column\":\"t\",\"unit\":\"s\"},\"columns\":[{\"name\":"
		"\"c\",\"figure\":\"net_rx_bps\",\"counter\":32}]}",
		"", -EINVAL, "one of 32 bits needs bound_per_s" },
	{ "a counter of odd bits",
		HEAD
		"\"csv\",\"time\":{\"column\":\"t\",\"unit\":\"s\"},\"columns\":[{\"name\":"
		"\"c\",\"figure\":\"net_rx_bps\",\"counter\":48}]}",
		"", -EINVAL, "counter: expected its bits, 32 or 64, found 48" },
	{ "a field that there is not",
		HEAD
		"\"csv\",\"time\":{\"column\":\"t\",\"unit\":\"s\"},\"colums\":[]}",
		"", -EINVAL, "colums" },
};

static void check_map(void **state)
{
	const struct map_case *c = *state;
	char path[] = "/tmp/headroom-map-XXXXXX";
	int fd = mkstemp(path);
	const struct import_options options = { .map_path = path, .workload = NULL };
	struct import_recorder recorder;
	struct err err = ERR_INIT;
	int r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, c->map, strlen(c->map)), strlen(c->map));
	close(fd);
	r = recorder_run(&recorder, &map_importer, "web1.csv", c->text, strlen(c->text),
		&options, &err);
	unlink(path);
	if (r != c->code)
		fail_msg("%d: %s", r, err.text);
	if (r < 0 && !strstr(err.text, c->expected))
		fail_msg("\"%s\" without \"%s\"", err.text, c->expected);
	if (r == 0)
		assert_string_equal(strbuf_text(&recorder.text), c->expected);
	recorder_done(&recorder);
}

static void check_builtin_maps(void **state)
{
	size_t count = 0;

	(void)state;
	for (const struct builtin_file *file = builtin_files; file->path; file++) {
		struct err err = ERR_INIT;
		struct map map;

		if (strncmp(file->path, "maps/", 5) != 0)
			continue;
		if (map_parse(file->path, file->data, file->size, &map, &err) < 0)
			fail_msg("%s", err.text);
		map_done(&map);
		count++;
	}
	assert_true(count >= 10);
}

int main(void)
{
	struct CMUnitTest tests[40];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(map_cases); i++)
		tests[n++] = (struct CMUnitTest){ .name = map_cases[i].name,
			.test_func = check_map,
			.initial_state = &map_cases[i] };
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(check_builtin_maps);
	return _cmocka_run_group_tests("map", tests, n, NULL, NULL);
}
