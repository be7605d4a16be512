/* What an exporter says, as the kernel's texts: the probes must find the same in both. */
#include "tests/support.h"

#include "common/strbuf.h"
#include "probes/fleet/exposition.h"

#include <errno.h>
#include <string.h>

static const char linux_now[] =
	"# HELP node_cpu_seconds_total Seconds\n# TYPE node_cpu_seconds_total counter\n"
	"node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} 100.25\n"
	"node_cpu_seconds_total{cpu=\"0\",mode=\"user\"} 1e1\n"
	"node_cpu_seconds_total{cpu=\"1\",mode=\"idle\"} 99.5 1700000000000\n"
	"node_cpu_seconds_total{cpu=\"1\",mode=\"steal\"} 0.07\n"
	"node_memory_MemTotal_bytes 1.048576e+06\nnode_memory_MemAvailable_bytes 524288\n"
	"node_network_receive_bytes_total{device=\"eth0\"} 7\n"
	"node_network_transmit_bytes_total{device=\"eth0\"} 9\n"
	"node_network_receive_bytes_total{device=\"half\"} 7\n"
	"node_disk_read_bytes_total{device=\"sda\"} 5120\n"
	"node_disk_written_bytes_total{device=\"sda\"} 1024\n"
	"node_disk_reads_completed_total{device=\"sda\"} 3\n"
	"node_disk_writes_completed_total{device=\"sda\"} 2\n"
	"node_boot_time_seconds 1.7e+09\n";

static const char linux_before[] =
	"node_cpu{cpu=\"0\",mode=\"idle\"} 100.25\nnode_cpu{cpu=\"0\",mode=\"user\"} 10\n"
	"node_cpu{cpu=\"1\",mode=\"idle\"} 99.5\nnode_cpu{cpu=\"1\",mode=\"steal\"} 0.07\n"
	"node_memory_MemTotal 1048576\nnode_memory_MemAvailable 524288\n"
	"node_network_receive_bytes{device=\"eth0\"} 7\n"
	"node_network_transmit_bytes{device=\"eth0\"} 9\n"
	"node_disk_bytes_read{device=\"sda\"} 5120\nnode_disk_bytes_written{device=\"sda\"} "
	"1024\n"
	"node_disk_reads_completed{device=\"sda\"} 3\n"
	"node_disk_writes_completed{device=\"sda\"} 2\nnode_boot_time 1700000000\n";

static const char windows_now[] =
	"windows_cpu_time_total{core=\"0,0\",mode=\"idle\"} 100.25\r\n"
	"windows_cpu_time_total{core=\"0,0\",mode=\"user\"} 10\r\n"
	"windows_cpu_time_total{core=\"0,1\",mode=\"idle\"} 99.5\r\n"
	"windows_cpu_core_frequency_mhz{core=\"0,0\"} 2600\r\n"
	"windows_cpu_core_frequency_mhz{core=\"0,1\"} 2600\r\n"
	"windows_memory_physical_total_bytes 1048576\r\nwindows_memory_available_bytes "
	"524288\r\n"
	"windows_net_bytes_received_total{nic=\"A [1] \\\"x\\\": b\"} 7\r\n"
	"windows_net_bytes_sent_total{nic=\"A [1] \\\"x\\\": b\"} 9\r\n"
	"windows_system_boot_time_timestamp_seconds 1.7e+09\r\n";

struct exposition_case {
	const char *name;
	const char *text;
	const char *wanted[EXPOSITION_TEXT_COUNT];
};

#define CPUS_WANTED                                                          \
	"cpu  1000 0 0 19975 0 0 0 7 0 0\ncpu0 1000 0 0 10025 0 0 0 0 0 0\n" \
	"cpu1 0 0 0 9950 0 0 0 7 0 0\nbtime 1700000000\n"
#define NET_HEAD "Inter-|   Receive  |  Transmit\n face |bytes packets\n"

static struct exposition_case cases[] = {
	{ "node_exporter", linux_now,
		{ CPUS_WANTED, "MemTotal: 1024 kB\nMemAvailable: 512 kB\n",
			NET_HEAD "eth0: 7 0 0 0 0 0 0 0 9 0 0 0 0 0 0 0\n",
			"8 0 sda 3 0 10 0 2 0 2 0 0 0 0\n",
			"processor\t: 0\nphysical id\t: 0\ncore id\t\t: 0\n\n"
			"processor\t: 1\nphysical id\t: 0\ncore id\t\t: 1\n\n" } },
	{ "node_exporter before 0.16", linux_before,
		{ CPUS_WANTED, "MemTotal: 1024 kB\nMemAvailable: 512 kB\n",
			NET_HEAD "eth0: 7 0 0 0 0 0 0 0 9 0 0 0 0 0 0 0\n",
			"8 0 sda 3 0 10 0 2 0 2 0 0 0 0\n",
			"processor\t: 0\nphysical id\t: 0\ncore id\t\t: 0\n\n"
			"processor\t: 1\nphysical id\t: 0\ncore id\t\t: 1\n\n" } },
	{ "windows_exporter", windows_now,
		{ "cpu  1000 0 0 19975 0 0 0 0 0 0\ncpu0 1000 0 0 10025 0 0 0 0 0 0\n"
		  "cpu1 0 0 0 9950 0 0 0 0 0 0\nbtime 1700000000\n",
			"MemTotal: 1024 kB\nMemAvailable: 512 kB\n",
			NET_HEAD "A_[1]_\"x\"__b: 7 0 0 0 0 0 0 0 9 0 0 0 0 0 0 0\n",
			"",
			"processor\t: 0\ncpu MHz\t\t: 2600.000\nphysical id\t: 0\n"
			"core id\t\t: 0\n\nprocessor\t: 1\ncpu MHz\t\t: 2600.000\n"
			"physical id\t: 0\ncore id\t\t: 1\n\n" } },
};

static void check_case(void **state)
{
	const struct exposition_case *c = *state;
	struct exposition *all = exposition_new();
	struct err err = ERR_INIT;

	assert_non_null(all);
	assert_int_equal(exposition_parse(all, c->text, strlen(c->text), &err), 0);
	assert_int_equal(exposition_booted_at(all), 1700000000);
	for (unsigned i = 0; i < EXPOSITION_TEXT_COUNT; i++) {
		struct strbuf text;

		strbuf_init(&text, 65536);
		exposition_print(all, (enum exposition_text)i, &text);
		assert_string_equal(
			text.length ? strbuf_text(&text) : "", c->wanted[i]);
		strbuf_done(&text);
	}
	exposition_free(all);
}

/* Cut, and with bytes changed: nothing but an answer or a refusal. */
static void nothing_is_read_beyond_the_text(void **state)
{
	struct exposition *all = exposition_new();
	struct err err = ERR_INIT;
	uint64_t random = support_seed(77);

	(void)state;
	for (unsigned round = 0; round < 3000; round++) {
		size_t length = support_random(&random) % sizeof(linux_now);
		char *copy = malloc(length ? length : 1);

		assert_non_null(copy);
		memcpy(copy, linux_now, length);
		for (unsigned k = 0; length && k < 3; k++)
			copy[support_random(&random) % length] =
				(char)support_random(&random);
		(void)exposition_parse(all, copy, length, &err);
		free(copy);
	}
	assert_int_equal(exposition_parse(all, "<html>\n", 7, &err), -ENODATA);
	exposition_free(all);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(cases) + 1];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		tests[i] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = check_case,
			.initial_state = &cases[i] };
	tests[ARRAY_LEN(cases)] =
		(struct CMUnitTest)cmocka_unit_test(nothing_is_read_beyond_the_text);
	return cmocka_run_group_tests_name("exposition", tests, NULL, NULL);
}
