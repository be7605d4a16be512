/* Answers of Prometheus and VictoriaMetrics, and what one scrape gives. */
#include "tests/import_recorder.h"
#include "tests/support.h"

#include "common/util.h"

#include <errno.h>

#define ANSWER \
	"{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":["
#define END "]}}"
#define CPU(number, mode)                                                        \
	"{\"metric\":{\"__name__\":\"node_cpu_seconds_total\",\"cpu\":\"" number \
	"\",\"instance\":\"web1:9100\",\"mode\":\"" mode "\"},\"values\":"
#define NET(way)                                                          \
	"{\"metric\":{\"__name__\":\"node_network_" way                   \
	"_bytes_total\",\"device\":\"eth0\",\"instance\":\"web1:9100\"}," \
	"\"values\":"

struct prom_case {
	const char *name, *text;
	int code;
	const char *expected;
};
static struct prom_case prom_cases[] = {
	{ "counters of processors and adapters become rates",
		ANSWER CPU("0",
			"user") "[[1372629800,\"10\"],[1372629860,\"40\"],["
				"1372629920,\"55\"]]}," CPU("1",
					"user") "[[1372629800,\"5\"],[1372629860,\"5\"],[1372629920,\"20\"]]}," CPU("1",
					"idle") "[[1372629800,\"7\"],[1372629860,\"60\"]]}," NET("receive") "[[1372629800,\"100\"],[1372629860,\"700\"],["
													    "1372629920,\"1900\"]]}," NET(
														    "transmit") "[[1372629800,\"100\"],[1372629860,\"1300\"],[1372629920,\"1300\"]]}" END,
		0,
		"web1 1372629860 cpu_busy_ratio=0.25 network_bps=160 net_rx_bps=80 "
		"net_tx_bps=160\nweb1 1372629920 cpu_busy_ratio=0.25 network_bps=160 "
		"net_rx_bps=160 net_tx_bps=0\n" },
	{ "blanks as jq writes them",
		" {\n  \"status\": \"success\",\n  \"data\": {\"resultType\": \"matrix\", "
		"\"result\": [{\"metric\": {\"__name__\": \"headroom_cpu_used_mhz\", "
		"\"workload\": \"w\"}, \"values\": [[1372629800, \"5\"]]}]}}",
		0, "w 1372629800 cpu_used_mhz=5\n" },
	{ "a counter that starts anew has no rate there",
		ANSWER
		"{\"metric\":{\"__name__\":\"node_disk_read_bytes_total\",\"device\":"
		"\"sda\",\"instance\":\"w\"},\"values\":[[1372629800,\"600\"],["
		"1372629860,\"1200\"],[1372629920,\"60\"],[1372629980,\"120\"]]}" END,
		0,
		"w 1372629860 disk_read_bytes_per_s=10\nw 1372629980 "
		"disk_read_bytes_per_s=1\n" },
	{ "memory of a guest, with NaN",
		ANSWER
		"{\"metric\":{\"__name__\":\"node_memory_MemTotal_bytes\",\"instance\":"
		"\"w\"},\"values\":[[1372629800,\"100\"],[1372629860,\"100\"]]},{"
		"\"metric\":{\"__name__\":\"node_memory_MemAvailable_bytes\","
		"\"instance\":\"w\"},\"values\":[[1372629800,\"40\"],[1372629860,"
		"\"NaN\"]]}" END,
		0,
		"w memory.kind=guest\nw 1372629800 memory_used_bytes=60 "
		"memory_total_bytes=100\nw 1372629860 memory_total_bytes=100\n" },
	{ "lines of /api/v1/export, our own names, times behind values",
		"{\"metric\":{\"__name__\":\"headroom_cpu_used_mhz\",\"workload\":\"web1\"},"
		"\"values\":[5,null],\"timestamps\":[1372629600000,1372629660000]}\n"
		"{\"metric\":{\"__name__\":\"headroom_cpu_used_mhz_max\",\"workload\":"
		"\"web1\"},\"values\":[9],\"timestamps\":[1372629600000]}\n",
		0, "web1 1372629600 cpu_used_mhz=5 cpu_used_mhz_max=9\n" },
	{ "an adapter that is virtual, a partition, a series of nobody",
		ANSWER
		"{\"metric\":{\"__name__\":\"node_network_receive_bytes_total\","
		"\"device\":\"veth1\",\"instance\":\"w\"},\"values\":[[1372629800,"
		"\"1\"]]},{\"metric\":{\"__name__\":\"node_disk_read_bytes_total\","
		"\"device\":\"dm-0\",\"instance\":\"w\"},\"values\":[[1372629800,\"1\"]]},"
		"{\"metric\":{\"__name__\":\"up\"},\"values\":[[1372629800,\"1\"]]}" END,
		0, "" },
	{ "an empty answer", ANSWER END, 0, "" },
	{ "an error of the server",
		"{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"parse error\"}",
		-EINVAL, "answered with an error: parse error" },
	{ "an answer that is cut", ANSWER "{\"metric\":{", -EINVAL, "end of the file" },
	{ "one scrape gives facts",
		"# TYPE node_memory_MemTotal_bytes gauge\n"
		"node_memory_MemTotal_bytes 2.5276502016e+10\n"
		"node_os_info{id=\"debian\",pretty_name=\"Debian GNU/Linux 12\"} 1\n"
		"node_uname_info{nodename=\"web1\",sysname=\"Linux\"} 1\n",
		0,
		"web1 memory.total_bytes=25276502016\nweb1 os=Debian GNU/Linux 12\n" },
};

static void check_prometheus(void **state)
{
	const struct prom_case *c = *state;
	const struct import_head head = { "x", c->text, strlen(c->text), true };
	struct import_recorder recorder;
	struct err err = ERR_INIT;
	int r = recorder_run(&recorder, &prometheus_importer, "answer.json", c->text,
		strlen(c->text), NULL, &err);

	assert_true(prometheus_importer.recognise(&head) > IMPORT_NOT_MINE);
	if (r != c->code)
		fail_msg("%d: %s", r, err.text);
	if (r < 0 && !strstr(err.text, c->expected))
		fail_msg("\"%s\" without \"%s\"", err.text, c->expected);
	if (r == 0)
		assert_string_equal(strbuf_text(&recorder.text), c->expected);
	recorder_done(&recorder);
}

int main(void)
{
	struct CMUnitTest tests[20];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(prom_cases); i++)
		tests[n++] = (struct CMUnitTest){ .name = prom_cases[i].name,
			.test_func = check_prometheus,
			.initial_state = &prom_cases[i] };
	return _cmocka_run_group_tests("prometheus", tests, n, NULL, NULL);
}
