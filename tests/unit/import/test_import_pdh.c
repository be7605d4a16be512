/* PerfMon's tables: Windows, Hyper-V and ESXi, in the languages and hours they come in. */
#include "tests/import_recorder.h"
#include "tests/support.h"

#include "analyze/import/formats/pdh.h"
#include "analyze/import/readers/civil.h"
#include "common/util.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#define UTC "\"(PDH-CSV 4.0) (UTC)(0)\""
#define ROW1 "\"06/30/2013 22:03:24.000\""
#define STAMP1 "1372629804"

struct pdh_case {
	const char *name, *text;
	const char *zone;
	int code;
	const char *expected; /* what comes, or a part of the refusal */
};
static struct pdh_case pdh_cases[] = {
	{ "shares, available memory, adapters and disks of a machine",
		UTC ",\"\\\\WEB\\Processor(_Total)\\% Processor Time\","
		    "\"\\\\WEB\\Memory\\Available MBytes\","
		    "\"\\\\WEB\\Network Interface(Intel[R])\\Bytes Received/sec\","
		    "\"\\\\WEB\\Network Interface(Intel[R])\\Bytes Sent/sec\","
		    "\"\\\\WEB\\PhysicalDisk(_Total)\\Disk Read Bytes/sec\","
		    "\"\\\\WEB\\PhysicalDisk(_Total)\\Disk Write Bytes/sec\"\r\n" ROW1
		    ",\"25\",\"2\",\"100\",\"300\",\"7\",\"5\"\r\n",
		NULL, 0,
		"WEB memory.kind=guest\nWEB " STAMP1
		" cpu_busy_ratio=0.25 memory_available_bytes=2097152 network_bps=2400 "
		"net_rx_bps=800 net_tx_bps=2400 disk_bytes_per_s=12 "
		"disk_read_bytes_per_s=7 disk_write_bytes_per_s=5\n" },
	{ "blank first rows and -1 are unknown",
		UTC ",\"\\\\W\\Processor(_Total)\\% Processor Time\",\"\\\\W\\Memory\\"
		    "Available Bytes\"\n" ROW1 ",\" \",\"5\"\n"
		    "\"06/30/2013 22:03:39.000\",\"-1\",\"6\"\n",
		NULL, 0,
		"W memory.kind=guest\nW 1372629804 memory_available_bytes=5\nW "
		"1372629819 memory_available_bytes=6\n" },
	{ "the bias is added to the local time",
		"\"(PDH-CSV 4.0) (Sri Lanka Standard Time)(-330)\",\"\\\\W\\Processor("
		"_Total)\\% Processor Time\"\n\"07/01/2013 03:33:24.000\",\"50\"\n",
		NULL, 0, "W 1372629804 cpu_busy_ratio=0.5\n" },
	{ "a zone of the person wins over it",
		"\"(PDH-CSV 4.0) (x)(-330)\",\"\\\\W\\Processor(_Total)\\% Processor "
		"Time\"\n\"07/01/2013 00:03:24.000\",\"50\"\n",
		"Europe/Berlin", 0, "W 1372629804 cpu_busy_ratio=0.5\n" },
	{ "typeperf writes no zone: it is asked for",
		"\"(PDH-CSV 4.0)\",\"\\\\W\\Processor(_Total)\\% Processor Time\"\n" ROW1
		",\"50\"\n",
		NULL, -EINVAL, "--zone" },
	{ "of two totals the one over all processor groups is taken",
		UTC
		",\"\\\\W\\Processor(_Total)\\% Processor Time\",\"\\\\W\\Processor "
		"Information(_Total)\\% Processor Time\",\"\\\\W\\Processor "
		"Information(0,0)\\% Processor Time\"\n" ROW1 ",\"10\",\"20\",\"30\"\n",
		NULL, 0, "W 1372629804 cpu_busy_ratio=0.2\n" },
	{ "disks without a total are added, adapters that are none are left out",
		UTC
		",\"\\\\W\\PhysicalDisk(0 C:)\\Disk Reads/sec\",\"\\\\W\\PhysicalDisk("
		"1 D:)\\Disk Reads/sec\",\"\\\\W\\Network Interface(isatap.x)\\Bytes "
		"Sent/sec\"\n" ROW1 ",\"1\",\"2\",\"9\"\n",
		NULL, 0, "W 1372629804 disk_read_ops_per_s=3\n" },
	{ "German words in their code page",
		UTC
		",\"\\\\W\\Prozessor(_Total)\\Prozessorzeit (%)\",\"\\\\W\\Arbeitsspeich"
		"er\\Verf\xfcgbare MB\"\n" ROW1 ",\"50\",\"1\"\n",
		NULL, 0,
		"W memory.kind=guest\nW 1372629804 cpu_busy_ratio=0.5 "
		"memory_available_bytes=1048576\n" },
	{ "Russian words in theirs",
		UTC ",\"\\\\W\\\xcf\xf0\xee\xf6\xe5\xf1\xf1\xee\xf0(_Total)\\% "
		    "\xe7\xe0\xe3\xf0\xf3\xe6\xe5\xed\xed\xee\xf1\xf2\xe8 "
		    "\xef\xf0\xee\xf6\xe5\xf1\xf1\xee\xf0\xe0\"\n" ROW1 ",\"50\"\n",
		NULL, 0, "W 1372629804 cpu_busy_ratio=0.5\n" },
	{ "indexes for words",
		UTC ",\"\\\\W\\238(_total)\\6\",\"\\\\W\\4\\1382\"\n" ROW1
		    ",\"50\",\"1\"\n",
		NULL, 0,
		"W memory.kind=guest\nW 1372629804 cpu_busy_ratio=0.5 "
		"memory_available_bytes=1048576\n" },
	{ "a machine of Hyper-V is a workload",
		UTC
		",\"\\\\HV\\Hyper-V Hypervisor Virtual Processor(web 1:Hv VP 0)\\% Guest "
		"Run Time\",\"\\\\HV\\Hyper-V Hypervisor Virtual Processor(web 1:Hv VP "
		"1)\\% Guest Run Time\",\"\\\\HV\\Hyper-V Hypervisor Virtual Processor("
		"_Total)\\% Guest Run Time\",\"\\\\HV\\Hyper-V Dynamic Memory VM(web "
		"1)\\Guest Visible Physical Memory\",\"\\\\HV\\Hyper-V Dynamic Memory "
		"VM(web 1)\\Current Pressure\",\"\\\\HV\\Hyper-V Virtual Network "
		"Adapter(web 1_Network Adapter_a1)\\Bytes Received/sec\",\"\\\\HV\\"
		"Hyper-V Virtual Network Adapter(web 1_Network Adapter_a1)\\Bytes "
		"Sent/sec\",\"\\\\HV\\Hyper-V Virtual Storage Device(--?-C:-VMs-web "
		"1-disk.vhdx)\\Read Bytes/sec\"\n" ROW1
		",\"10\",\"30\",\"99\",\"100\",\"50\",\"10\",\"20\",\"7\"\n",
		NULL, 0,
		"web 1 memory.kind=estimated\nweb 1 1372629804 cpu_cores=2 "
		"cpu_busy_ratio=0.2 memory_used_bytes=52428800 "
		"memory_total_bytes=104857600 memory_used_ratio=0.5 network_bps=160 "
		"net_rx_bps=80 net_tx_bps=160 disk_read_bytes_per_s=7\n" },
	{ "a machine of ESXi is a workload, its host's groups are none",
		UTC
		",\"\\\\esx\\Group Cpu(1:idle)\\% Used\",\"\\\\esx\\Group Cpu(77:web1)\\% "
		"Used\",\"\\\\esx\\Vcpu(77:web1:78:vmx:web1)\\% Used\",\"\\\\esx\\Vcpu("
		"77:web1:79:vmx-vcpu-0:web1)\\% Used\",\"\\\\esx\\Group "
		"Memory(77:web1)\\Memory Size MBytes\",\"\\\\esx\\Group "
		"Memory(77:web1)\\Memory Consumed Size MBytes\",\"\\\\esx\\Group "
		"Memory(77:web1)\\Touched MBytes\",\"\\\\esx\\Network Port("
		"vSwitch0:33:77:web1.eth0)\\MBits Received/sec\",\"\\\\esx\\Network "
		"Port(vSwitch0:33:77:web1.eth0)\\MBits Transmitted/sec\",\"\\\\esx\\"
		"Virtual Disk(web1)\\Reads/sec\",\"\\\\esx\\Virtual Disk(web1)\\Writes/"
		"sec\",\"\\\\esx\\Virtual Disk(web1:scsi0:0)\\Reads/sec\"\n"
		"\"06/30/2013 22:03:24\",\"700\",\"150\",\"1\",\"149\",\"2\",\"1\",\"0.5\","
		"\"1\",\"2\",\"3\",\"4\",\"3\"\n",
		NULL, 0,
		"web1 memory.kind=consumed\nweb1 1372629804 cpu_cores=1 "
		"cpu_used_cores=1.5 memory_used_bytes=1048576 "
		"memory_total_bytes=2097152 network_bps=2000000 net_rx_bps=1000000 "
		"net_tx_bps=2000000 disk_ops_per_s=7 disk_read_ops_per_s=3 "
		"disk_write_ops_per_s=4\n" },
	{ "a last row that is cut is left out",
		UTC ",\"\\\\W\\Processor(_Total)\\% Processor Time\",\"\\\\W\\Memory\\"
		    "Available Bytes\"\n" ROW1 ",\"50\",\"5\"\n\"06/30/2013 22:03:39",
		NULL, -EINVAL, "closing quote" },
	{ "a row that is short is refused",
		UTC ",\"\\\\W\\Processor(_Total)\\% Processor Time\",\"\\\\W\\Memory\\"
		    "Available Bytes\"\n" ROW1 ",\"50\"\n" ROW1 ",\"50\",\"5\"\n",
		NULL, -EINVAL, ":2: expected 3 columns, found 2" },
	{ "a negative value is refused",
		UTC ",\"\\\\W\\Processor(_Total)\\% Processor Time\"\n" ROW1
		    ",\"-5\"\n",
		NULL, -EINVAL, ":2: field 2: expected a finite number >= 0" },
	{ "a time of another form is refused",
		UTC
		",\"\\\\W\\Processor(_Total)\\% Processor Time\"\n\"2013-30-06\",\"5\"\n",
		NULL, -EINVAL, ":2: field time: expected" },
	{ "counters of nobody are nothing of ours, whatever their zone",
		"\"(PDH-CSV 4.0) (RTZ 2 (\",\"\\\\W\\Process(x)\\Threads\"\n" ROW1
		",\"5\"\n",
		NULL, 0, "" },
	{ "tabs part a TSV",
		"\"(PDH-TSV 4.0) (UTC)(0)\"\t\"\\\\W\\Processor(_Total)\\% Processor "
		"Time\"\n" ROW1 "\t\"50\"\n",
		NULL, 0, "W 1372629804 cpu_busy_ratio=0.5\n" },
};

static void check_pdh(void **state)
{
	const struct pdh_case *c = *state;
	const struct import_options options = { .zone = c->zone };
	struct import_recorder recorder;
	struct err err = ERR_INIT;
	int r = recorder_run(&recorder, &pdh_importer, "log.csv", c->text,
		strlen(c->text), &options, &err);

	if (r != c->code)
		fail_msg("%d: %s", r, err.text);
	if (r < 0 && !strstr(err.text, c->expected))
		fail_msg("\"%s\" without \"%s\"", err.text, c->expected);
	if (r == 0)
		assert_string_equal(strbuf_text(&recorder.text), c->expected);
	recorder_done(&recorder);
}

/* UTF-16 with a mark, as Export-Counter writes it. */
static void check_utf16(void **state)
{
	static const char text[] =
		UTC ",\"\\\\W\\Memory\\Available Bytes\"\r\n" ROW1 ",\"5\"\r\n";
	char wide[sizeof(text) * 2 + 2] = "\xff\xfe";
	struct import_recorder recorder;
	struct err err = ERR_INIT;
	const struct import_head head = { "x", wide, sizeof(wide), true };

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(text); i++) {
		wide[2 + i * 2] = text[i];
		wide[3 + i * 2] = '\0';
	}
	assert_int_equal(pdh_importer.recognise(&head), IMPORT_SURE);
	assert_int_equal(recorder_run(&recorder, &pdh_importer, "log.csv", wide,
				 2 * sizeof(text), NULL, &err),
		0);
	assert_string_equal(strbuf_text(&recorder.text),
		"W memory.kind=guest\nW 1372629804 memory_available_bytes=5\n");
	recorder_done(&recorder);
}

/* Both nights of two years in five zones, rows at five steps: none wrong. */
static void check_clock_changes(void **state)
{
	static const char *const zones[] = { "Europe/Berlin", "America/New_York",
		"Australia/Lord_Howe", "Europe/London", "America/Santiago" };
	static const int steps[] = { 1, 15, 60, 300, 900 };
	uint64_t rows = 0, wrong = 0, wrong_in_zone = 0;

	(void)state;
	for (size_t z = 0; z < ARRAY_LEN(zones); z++) {
		struct zone *zone = NULL;

		assert_int_equal(setenv("TZ", zones[z], 1), 0);
		tzset();
		if (zone_open(zones[z], &zone, NULL) < 0)
			support_skip("there is no tzdata here, so no rule of a zone");
		for (int year = 2024; year <= 2025; year++)
			for (time_t day = (year - 1970) * 31556952L;
				day < (year - 1969) * 31556952L; day += 86400) {
				struct tm before, after;
				time_t from = day, to = day + 86400;

				localtime_r(&from, &before);
				localtime_r(&to, &after);
				if (before.tm_gmtoff == after.tm_gmtoff)
					continue;
				for (size_t s = 0; s < ARRAY_LEN(steps); s++) {
					struct local_clock by_bias = {
						.offset_s = (double)-before.tm_gmtoff
					};
					struct local_clock by_zone = { .zone = zone };

					for (time_t t = from; t < to; t += steps[s]) {
						struct tm tm;
						double civil;

						localtime_r(&t, &tm);
						civil = (double)(t + tm.tm_gmtoff);
						wrong += local_clock_next(&by_bias,
								 civil) != (double)t;
						wrong_in_zone +=
							local_clock_next(&by_zone,
								civil) != (double)t;
						rows++;
					}
				}
			}
		zone_close(zone);
	}
	unsetenv("TZ");
	tzset();
	print_message("# %" PRIu64 " rows\n", rows);
	assert_true(rows > 151200);
	assert_int_equal(wrong, 0);
	assert_int_equal(wrong_in_zone, 0);
}

struct civil_case {
	const char *name, *text;
	enum date_order order;
	double expected; /* NAN: refused */
	unsigned orders;
};
static struct civil_case civil_cases[] = {
	{ "PerfMon", "06/30/2013 22:03:24.500", DATE_MDY, 1372629804.5, 2 },
	{ "the years first", "2013-06-30 22:03:24", DATE_DMY, 1372629804, 1 },
	{ "German", "30.06.2013 22:03:24", DATE_DMY, 1372629804, 4 },
	{ "a T, and no seconds", "2013-06-30T22:03", DATE_YMD, 1372629780, 1 },
	{ "half days", "6/30/2013 10:03:24 PM", DATE_MDY, 1372629804, 2 },
	{ "midnight", "6/30/13 12:00:00 a.m.", DATE_MDY, 1372550400, 2 },
	{ "a day alone", "2013-06-30", DATE_YMD, 1372550400, 1 },
	{ "day and month in either order", "01/02/2013 00:00", DATE_DMY, 1359676800,
		6 },
	{ "a day that does not exist", "31.06.2013", DATE_DMY, NAN, 0 },
	{ "the hour 24", "30.06.2013 24:00", DATE_DMY, NAN, 0 },
	{ "rubbish behind it", "30.06.2013 22:03 x", DATE_DMY, NAN, 0 },
};

static void check_civil(void **state)
{
	const struct civil_case *c = *state;
	double civil_s = NAN;
	bool is_time = civil_parse(c->text, strlen(c->text), c->order, &civil_s);

	assert_int_equal(is_time, !isnan(c->expected));
	if (is_time)
		assert_true(fabs(civil_s - c->expected) < 1e-6);
	assert_int_equal(civil_orders(c->text, strlen(c->text)), c->orders);
}

int main(void)
{
	struct CMUnitTest tests[60];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(pdh_cases); i++)
		tests[n++] = (struct CMUnitTest){ .name = pdh_cases[i].name,
			.test_func = check_pdh,
			.initial_state = &pdh_cases[i] };
	for (size_t i = 0; i < ARRAY_LEN(civil_cases); i++)
		tests[n++] = (struct CMUnitTest){ .name = civil_cases[i].name,
			.test_func = check_civil,
			.initial_state = &civil_cases[i] };
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(check_utf16);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(check_clock_changes);
	return _cmocka_run_group_tests("pdh", tests, n, NULL, NULL);
}
