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
