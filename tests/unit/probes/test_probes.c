/*
 * Recorded roots against their expect.txt, and the parsers against what kernels and
 * damage make of their texts (T40).  `make golden` rewrites expect.txt.
 */
#include "tests/support.h"

#include "common/util.h"
#include "probes/host/cpu.h"
#include "probes/host/disk.h"
#include "probes/slow/fs.h"
#include "probes/inventory.h"
#include "probes/host/memory.h"
#include "probes/host/network.h"
#include "probes/host/pressure.h"
#include "probes/host/topology.h"
#include "tests/record_sink.h"

#include <dirent.h>
#include <errno.h>

static struct record_sink record;

static char *read_whole(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct strbuf text;
	char block[4096];
	size_t length;

	if (!file)
		return NULL;
	strbuf_init(&text, 16 << 20);
	strbuf_add(&text, "");
	while ((length = fread(block, 1, sizeof(block), file)) > 0)
		strbuf_add_bytes(&text, block, length);
	fclose(file);
	return strbuf_take(&text);
}

static bool is_metric(const char *word, size_t length)
{
	for (size_t i = 0; i < METRIC_COUNT; i++)
		if (strlen(record_metric_name[i]) == length &&
			!memcmp(record_metric_name[i], word, length))
			return true;
	return false;
}

static void write_golden(const char *path, const char *text)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* "\n" before each name, so that whole ones are found. */
static char *read_known_metrics(void)
{
	static const char path[] = "tests/roots/metrics.txt";
	struct strbuf text;
	char *known;

	if (getenv("GOLDEN_WRITE")) {
		strbuf_init(&text, 1 << 20);
		for (size_t i = 0; i < METRIC_COUNT; i++)
			strbuf_addf(&text, "\n%s", record_metric_name[i]);
		strbuf_add(&text, "\n");
		write_golden(path, strbuf_text(&text));
		strbuf_done(&text);
	}
	known = read_whole(path);
	assert_non_null(known);
	return known;
}

/* ---- recorded roots ---------------------------------------------------------------- */

static int add_fact(void *context, const char *key, const char *value)
{
	strbuf_addf(context, "%s = %s\n", key, value);
	return 0;
}

static char *read_root(const char *path)
{
	static char text[4 << 20];
	struct host_root root;
	struct probe_context context = {
		.root = &root, .text = text, .text_size = sizeof(text)
	};
	struct inventory *inventory = calloc(1, sizeof(*inventory));
	struct err err = ERR_INIT;

	assert_non_null(inventory);
	assert_int_equal(hostroot_open(&root, path, &err), 0);
	record_init(&record);
	for (const struct probe *const *probe = probe_table; *probe; probe++) {
		struct probe_state *state = NULL;

		assert_int_equal((*probe)->open(&state, &context, &err), 0);
		if ((*probe)->read(state, &record.sink, true, &err) < 0)
			strbuf_addf(&record.text, "error %s: %s\n", (*probe)->name,
				err.text);
		(*probe)->close(state);
	}
	strbuf_add(&record.text, "\n");
	assert_int_equal(inventory_read(&root, inventory, &err), 0);
	inventory_walk(inventory, add_fact, &record.text);
	free(inventory);
	hostroot_close(&root);
	return strbuf_take(&record.text);
}

/* The lines of metrics that expect.txt was written for (tests/roots/metrics.txt): a new
 * metric breaks no root; `make golden` takes it in. */
static char *only_known(const char *got, const char *known)
{
	struct strbuf text;

	strbuf_init(&text, 16 << 20);
	strbuf_add(&text, "");
	for (const char *line = got; *line; line += strcspn(line, "\n") + 1) {
		size_t length = strcspn(line, "\n") + 1;
		size_t word = strcspn(line, " \n");
		char name[64] = "\n";

		if (word > 0 && line[word] == ' ' && word + 3 < sizeof(name)) {
			memcpy(name + 1, line, word);
			memcpy(name + 1 + word, "\n", 2);
			if (is_metric(name + 1, word) && !strstr(known, name))
				continue;
		}
		strbuf_add_bytes(&text, line, length);
	}
	return strbuf_take(&text);
}

static void show_difference(const char *got, const char *wanted)
{
	while (*got && *got == *wanted) {
		got++;
		wanted++;
	}
	print_error("they part at:\n got    %.60s\n wanted %.60s\n", got, wanted);
}

static void check_root(void **state)
{
	const char *path = *state;
	char expect[512];
	char *known = read_known_metrics();
	char *all = read_root(path);
	char *got, *wanted;

	assert_non_null(all);
	got = only_known(all, known);
	assert_non_null(got);
	snprintf(expect, sizeof(expect), "%s/expect.txt", path);
	if (getenv("GOLDEN_WRITE"))
		write_golden(expect, got);
	wanted = read_whole(expect);
	assert_non_null(wanted);
	if (strcmp(got, wanted))
		show_difference(got, wanted);
	assert_string_equal(got, wanted);
	free(known);
	free(all);
	free(got);
	free(wanted);
}

/* ---- parsers: rows ------------------------------------------------------------------- */

struct parse_case {
	const char *name;
	int (*parse)(
		const char *text, size_t length, struct sink *sink, struct err *err);
	const char *text;
	size_t length; /* 0: strlen */
	int code;
	const char *put;
};

static const struct memory_facts nothing_known = { NAN, NAN };

static int parse_memory(
	const char *text, size_t length, struct sink *sink, struct err *err)
{
	static const struct memory_facts facts = { 40960, NAN };

	return memory_parse(text, length, &facts, NULL, sink, err);
}

static int parse_memory_blind(
	const char *text, size_t length, struct sink *sink, struct err *err)
{
	return memory_parse(text, length, &nothing_known, NULL, sink, err);
}

static int parse_psi_cpu(
	const char *text, size_t length, struct sink *sink, struct err *err)
{
	return pressure_parse(text, length, PRESSURE_CPU, sink, err);
}

static int parse_psi_io(
	const char *text, size_t length, struct sink *sink, struct err *err)
{
	return pressure_parse(text, length, PRESSURE_IO, sink, err);
}

static int parse_net(
	const char *text, size_t length, struct sink *sink, struct err *err)
{
	struct text all = text_of(text, length);
	struct network_line line;
	unsigned skipped = 0;

	(void)err;
	while (network_next(&all, &line, &skipped)) {
		struct network_values values;

		if (network_parse_values(line.rest, &values))
			strbuf_addf(&record_of(sink)->text, "%.*s %llu %llu\n",
				(int)(line.name.end - line.name.at), line.name.at,
				(unsigned long long)values.value[0],
				(unsigned long long)values.value[8]);
		else
			skipped++;
	}
	strbuf_addf(&record_of(sink)->text, "skipped %u\n", skipped);
	return 0;
}

static int parse_disks(
	const char *text, size_t length, struct sink *sink, struct err *err)
{
	struct text all = text_of(text, length);
	struct disk_line line;
	unsigned skipped = 0;

	(void)err;
	while (disk_next(&all, &line, &skipped)) {
		struct disk_values values;
		int r = disk_parse_values(line.rest, &values);

		skipped += r == -EINVAL;
		if (r == 0)
			strbuf_addf(&record_of(sink)->text, "%.*s %llu %llu\n",
				(int)(line.name.end - line.name.at), line.name.at,
				(unsigned long long)values.value[DISK_READ_SECTORS],
				(unsigned long long)values.value[DISK_QUEUE_MS]);
	}
	strbuf_addf(&record_of(sink)->text, "skipped %u\n", skipped);
	return 0;
}

static int parse_stat(
	const char *text, size_t length, struct sink *sink, struct err *err)
{
	static struct cpu_stat stat;
	int r = cpu_parse(text, length, &stat, err);

	if (r < 0)
		return r;
	strbuf_addf(&record_of(sink)->text, "%u states %u cores idle %llu", stat.states,
		stat.cores, (unsigned long long)stat.state[3]);
	for (unsigned i = 0; i < stat.kept; i++)
		strbuf_addf(&record_of(sink)->text, " %u:%llu/%llu",
			stat.core[i].number, (unsigned long long)stat.core[i].busy,
			(unsigned long long)stat.core[i].idle);
	strbuf_add(&record_of(sink)->text, "\n");
	return 0;
}

#define MEM "MemTotal: 1000 kB\n"
#define WITH_NUL(text) text, sizeof(text) - 1
#define PUT_MEM "MEMORY_TOTAL_BYTES 1024000\n"

static struct parse_case cases[] = {
	{ "meminfo: total and available", parse_memory, MEM "MemAvailable: 400 kB\n", 0,
		0, PUT_MEM "MEMORY_AVAILABLE_BYTES 409600\n" },
	{ "meminfo: CRLF changes nothing", parse_memory,
		"MemTotal: 1000 kB\r\nMemAvailable: 400 kB\r\n", 0, 0,
		PUT_MEM "MEMORY_AVAILABLE_BYTES 409600\n" },
	{ "meminfo: keys in any order", parse_memory, "MemAvailable: 400 kB\n" MEM, 0,
		0, PUT_MEM "MEMORY_AVAILABLE_BYTES 409600\n" },
	{ "meminfo: without MemAvailable it is estimated", parse_memory,
		MEM "MemFree: 200 kB\nActive(file): 100 kB\nInactive(file): 300 kB\n"
		    "SReclaimable: 20 kB\n",
		0, 0,
		/* low 50 KiB: 200 - 50 + 400 - 50 + 20 - 10 */
		PUT_MEM "MEMORY_AVAILABLE_BYTES 522240\n" },
	{ "meminfo: without MemAvailable and its parts it is unknown", parse_memory,
		MEM "MemFree: 200 kB\nBuffers: 1 kB\nCached: 2 kB\n", 0, 0,
		PUT_MEM "MEMORY_CACHED_BYTES 3072\n" },
	{ "meminfo: without the watermark there is no estimate", parse_memory_blind,
		MEM "MemFree: 200 kB\nActive(file): 100 kB\nInactive(file): 300 kB\n"
		    "SReclaimable: 20 kB\n",
		0, 0, PUT_MEM },
	{ "meminfo: another unit is no size", parse_memory, "MemTotal: 1000 MB\n", 0,
		-EINVAL, "" },
	{ "meminfo: a NUL in the number is no size", parse_memory,
		WITH_NUL("MemTotal: 10\0000 kB\n"), -EINVAL, "" },
	{ "meminfo: more free swap than swap is unknown use", parse_memory,
		MEM "SwapTotal: 10 kB\nSwapFree: 20 kB\n", 0, 0,
		PUT_MEM "MEMORY_SWAP_SIZE_BYTES 10240\n" },
	{ "meminfo: over 64 bits is unknown", parse_memory,
		MEM "MemAvailable: 99999999999999999999 kB\n", 0, 0, PUT_MEM },
	{ "meminfo: empty", parse_memory, "", 0, -EINVAL, "" },
	{ "pressure: full of the CPU is not kept", parse_psi_cpu,
		"some avg10=1.25 avg60=0.00 avg300=0.00 total=77\n"
		"full avg10=2.00 avg60=0.00 avg300=0.00 total=88\n",
		0, 0, "PRESSURE_CPU_SOME_AVG10 1.25\nPRESSURE_CPU_SOME_RATIO 77\n" },
	{ "pressure: some and full", parse_psi_io,
		"some avg10=1.25 avg60=0.00 avg300=0.00 total=77\n"
		"full avg10=2.00 avg60=0.00 avg300=0.00 total=88\n",
		0, 0,
		"PRESSURE_IO_SOME_AVG10 1.25\nPRESSURE_IO_SOME_RATIO 77\n"
		"PRESSURE_IO_FULL_AVG10 2\nPRESSURE_IO_FULL_RATIO 88\n" },
	{ "pressure: a damaged total is not put", parse_psi_cpu,
		"some avg10=x avg60=0 avg300=0 total=7x7\n", 0, 0, "" },
	{ "pressure: another text", parse_psi_cpu, "hello\n", 0, -EINVAL, "" },
	{ "load: three averages", load_parse, "0.52 1.00 12.25 2/345 6789\n", 0, 0,
		"LOAD1 0.52\nLOAD5 1\nLOAD15 12.25\n" },
	{ "load: two are too few", load_parse, "0.52 1.00\n", 0, -EINVAL, "" },
	{ "load: a decimal comma is refused", load_parse, "0,52 1,00 2,00\n", 0,
		-EINVAL, "" },
	{ "net: no blank behind the colon", parse_net,
		"eth0:11 1 0 0 0 0 0 0 22 1 0 0 0 0 0 0\n", 0, 0,
		"eth0 11 22\nskipped 0\n" },
	{ "net: an alias keeps its colon", parse_net,
		"eth0:1: 11 1 0 0 0 0 0 0 22 1 0 0 0 0 0 0\n", 0, 0,
		"eth0:1 11 22\nskipped 0\n" },
	{ "net: headers are passed over", parse_net,
		"Inter-|   Receive | Transmit\n face |bytes packets|bytes\n", 0, 0,
		"skipped 0\n" },
	{ "net: too few columns", parse_net, "eth0: 1 2 3 4 5 6 7 8 9 10 11\n", 0, 0,
		"skipped 1\n" },
	{ "net: more columns than known are refused, not guessed", parse_net,
		"eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n", 0, 0,
		"skipped 1\n" },
	{ "net: a word among the numbers", parse_net,
		"eth0: 1 2 3 x 5 6 7 8 9 10 11 12 13 14 15 16\n", 0, 0, "skipped 1\n" },
	{ "net: a NUL in the name", parse_net,
		WITH_NUL("e\0h0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"), 0,
		"skipped 1\n" },
	{ "disk: 14, 18 and 20 columns", parse_disks,
		"8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n8 16 sdb 1 2 3 4 5 6 7 8 9 10 11 12 "
		"13 14 15\n"
		"8 32 sdc 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n",
		0, 0, "sda 3 11\nsdb 3 11\nsdc 3 11\nskipped 0\n" },
	{ "disk: 7 columns are an old partition, no damage", parse_disks,
		"8 1 sda1 1 2 3 4\n", 0, 0, "skipped 0\n" },
	{ "disk: 13 columns are damage", parse_disks, "8 0 sda 1 2 3 4 5 6 7 8 9 10\n",
		0, 0, "skipped 1\n" },
	{ "disk: a NUL instead of a line (F45)", parse_disks,
		WITH_NUL("\0\0\0\n8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n"), 0,
		"sda 3 11\nskipped 1\n" },
	{ "disk: a minus sign is damage", parse_disks,
		"8 0 sda 1 2 -3 4 5 6 7 8 9 10 11\n", 0, 0, "skipped 1\n" },
	{ "stat: guests are inside user", parse_stat,
		"cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\n", 0, 0,
		"8 states 1 cores idle 4 0:27/9\n" },
	{ "stat: four states of an old kernel", parse_stat,
		"cpu  1 2 3 4\ncpu0 1 2 3 4\n", 0, 0,
		"4 states 1 cores idle 4 0:6/4\n" },
	{ "stat: holes in the numbers of the CPUs", parse_stat,
		"cpu  1 2 3 4\ncpu0 1 2 3 4\ncpu7 1 1 1 1\n", 0, 0,
		"4 states 2 cores idle 4 0:6/4 7:3/1\n" },
	{ "stat: three states are too few", parse_stat, "cpu  1 2 3\n", 0, -EINVAL,
		"" },
	{ "stat: a damaged state refuses the line", parse_stat, "cpu  1 2 3 4 5 x 7\n",
		0, -EINVAL, "" },
	{ "stat: without the line of all CPUs", parse_stat, "cpu0 1 2 3 4\n", 0,
		-EINVAL, "" },
	{ "stat: cut within a number is no other number", parse_stat,
		"cpu  1 2 3 4\ncpu0 1 2 3", 0, 0, "4 states 0 cores idle 4\n" },
};

static void check_parse(void **state)
{
	const struct parse_case *row = *state;
	size_t length = row->length ? row->length : strlen(row->text);
	char *copy =
		malloc(length + 1); /* exactly so long: the sanitizers watch its end */
	struct err err = ERR_INIT;
	int r;

	assert_non_null(copy);
	memcpy(copy, row->text, length);
	record_init(&record);
	r = row->parse(copy, length, &record.sink, &err);
	assert_int_equal(r, row->code);
	assert_string_equal(strbuf_text(&record.text), row->put);
	if (r < 0)
		assert_true(err.text[0] != '\0');
	strbuf_done(&record.text);
	free(copy);
}

/* The remembered places give what a fresh look gives, whatever the texts. */
static void check_places(void **state)
{
	static const char *const texts[] = { MEM "MemAvailable: 400 kB\n",
		MEM "MemAvailable: 500 kB\n", MEM "MemAvailable: 50 kB\nCached: 7 kB\n",
		"MemAvailable: 600 kB\n" MEM,
		"XemTotal: 1000 kB\nMemAvailable: 500 kB\n",
		MEM "XemAvailable: 500 kB\n", MEM MEM, "", MEM };
	struct memory_places places = { 0 };

	(void)state;
	for (size_t n = 0; n < 2 * ARRAY_LEN(texts); n++) {
		const char *text = texts[n * 5 % ARRAY_LEN(texts)];
		char *fresh;
		int r;

		record_init(&record);
		r = memory_parse(
			text, strlen(text), &nothing_known, NULL, &record.sink, NULL);
		fresh = strbuf_take(&record.text);
		record_init(&record);
		assert_int_equal(memory_parse(text, strlen(text), &nothing_known,
					 &places, &record.sink, NULL),
			r);
		assert_string_equal(strbuf_text(&record.text), fresh ? fresh : "");
		strbuf_done(&record.text);
		free(fresh);
	}
}

/* F44: whatever the length of the line before it, the next one is read right. */
static void check_line_lengths(void **state)
{
	static struct cpu_stat stat;
	char *text = malloc(32768);

	(void)state;
	assert_non_null(text);
	for (size_t length = 1; length <= 20000; length++) {
		size_t at = (size_t)snprintf(
			text, 64, "cpu  10 20 30 40 50 60 70 80 0 0\nintr ");
		struct err err = ERR_INIT;

		memset(text + at, '1', length);
		at += length;
		at += (size_t)snprintf(
			text + at, 64, "\nprocs_running 7\nprocs_blocked 3\n");
		assert_int_equal(cpu_parse(text, at, &stat, &err), 0);
		assert_true(stat.run_queue == 7 && stat.blocked == 3 &&
			stat.state[7] == 80);
	}
	free(text);
}

/* Any single byte of a good text changed, or the text cut: never a crash, and a number
 * that is put is one that stands in the text. */
static void check_damage(void **state)
{
	static const char good[] =
		"   8       0 sda 100 2 300 4 500 6 700 8 0 10 11 0 0 0 0\n"
		"   8      16 sdb 101 2 301 4 501 6 701 8 0 10 11 0 0 0 0\n";
	uint64_t random = support_seed(40);
	char text[sizeof(good)];

	(void)state;
	for (int n = 0; n < 200000; n++) {
		size_t length = sizeof(good) - 1;
		struct text all;
		struct disk_line line;
		unsigned skipped = 0;
		unsigned lines = 0;

		memcpy(text, good, sizeof(good));
		if (n % 3 == 0)
			length = support_random(&random) % sizeof(good);
		else
			text[support_random(&random) % length] =
				(char)support_random(&random);
		all = text_of(text, length);
		while (disk_next(&all, &line, &skipped)) {
			struct disk_values values;

			assert_true(
				line.name.at >= text && line.name.end <= text + length);
			if (disk_parse_values(line.rest, &values) == 0)
				lines++;
		}
		assert_true(lines <= 3);
	}
}

/* ---- names, topology, mounts ----------------------------------------------------------- */

static void check_names(void **state)
{
	static const struct {
		const char *name;
		bool is_whole;
	} disks[] = { { "sda", true }, { "sda1", false }, { "sdaa", true },
		{ "hdb", true }, { "vda", true }, { "xvdb", true }, { "xvdb1", false },
		{ "nvme0n1", true }, { "nvme0n1p1", false }, { "nvme10n2", true },
		{ "mmcblk0", true }, { "mmcblk0p1", false }, { "cciss/c0d0", true },
		{ "cciss/c0d0p1", false }, { "dasda", true }, { "dasda1", false },
		{ "dm-0", false }, { "md0", false }, { "loop0", false },
		{ "sr0", false }, { "sd", false }, { "", false } };
	static const struct {
		const char *name;
		bool is_virtual;
	} nics[] = { { "lo", true }, { "eth0", false }, { "eth0.10", true },
		{ "enp3s0", false }, { "wlan0", false }, { "bond0", true },
		{ "veth1234", true }, { "docker0", true }, { "br-12ab", true },
		{ "br0", true }, { "broadcom0", false }, { "tun0", true },
		{ "virbr0", true }, { "ib0", false }, { "em1", false },
		{ "eth0:1", true } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(disks); i++)
		if (disk_is_whole_name(disks[i].name) != disks[i].is_whole)
			fail_msg("%s", disks[i].name);
	for (size_t i = 0; i < ARRAY_LEN(nics); i++)
		if (network_is_virtual_name(nics[i].name) != nics[i].is_virtual)
			fail_msg("%s", nics[i].name);
}

struct mhz_case {
	const char *name;
	const char *cpuinfo;
	unsigned threads, cores;
	double nominal_mhz;
};

#define CPU "processor : 0\n"
static struct mhz_case mhz_cases[] = {
	{ "topology: the clock in the model name", CPU "model name : X @ 2.40GHz\n", 1,
		1, 2400 },
	{ "topology: the clock without the at sign",
		CPU "model name : Xeon(TM) CPU 3.06GHz\n", 1, 1, 3060 },
	{ "topology: a model without a clock", CPU "model name : AMD EPYC 7763\n", 1, 1,
		NAN },
	{ "topology: a guest's fixed clock",
		CPU "cpu MHz : 2596.132\nflags : fpu hypervisor\n", 1, 1, 2596 },
	{ "topology: the moving clock of hardware is not nominal",
		CPU "cpu MHz : 1200.000\nflags : fpu\n", 1, 1, NAN },
	{ "topology: two threads of one core",
		CPU "physical id : 0\ncore id : 1\nprocessor : 1\nphysical id : "
		    "0\ncore id : 1\n",
		2, 1, NAN },
	{ "topology: the same core of two sockets",
		CPU "physical id : 0\ncore id : 1\nprocessor : 1\nphysical id : "
		    "1\ncore id : 1\n",
		2, 2, NAN },
	{ "topology: nothing known", "", 0, 0, NAN },
};

static void check_topology(void **state)
{
	const struct mhz_case *row = *state;
	struct topology_facts topology;

	topology_parse_cpuinfo(row->cpuinfo, strlen(row->cpuinfo), &topology, NULL);
	assert_int_equal(topology.threads, row->threads);
	assert_int_equal(topology.physical_cores, row->cores);
	assert_near(topology.nominal_mhz, row->nominal_mhz, 1e-9);
}

struct mount_case {
	const char *name;
	const char *text;
	bool with_network;
	const char *points; /* each followed by a blank */
};

#define ROOT_MOUNT "20 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
static struct mount_case mount_cases[] = {
	{ "mounts: the root file system", ROOT_MOUNT, false, "/ " },
	{ "mounts: kernel and memory file systems are left out",
		ROOT_MOUNT "21 20 0:5 / /proc rw - proc proc rw\n"
			   "22 20 0:6 / /run rw - tmpfs tmpfs rw\n",
		false, "/ " },
	{ "mounts: a bind mount counts once, its root first",
		"25 20 8:2 /sub /a rw - ext4 /dev/sda2 rw\n"
		"26 20 8:2 / /data rw - ext4 /dev/sda2 rw\n" ROOT_MOUNT,
		false, "/data / " },
	{ "mounts: btrfs sub-volumes count once, the shortest path",
		"20 1 0:31 /@ / rw - btrfs /dev/sda1 rw\n"
		"25 20 0:31 /@home /home rw - btrfs /dev/sda1 rw\n",
		false, "/ " },
	{ "mounts: data sets of one pool count once",
		"20 1 0:40 / / rw - zfs tank rw\n25 20 0:41 / /a rw - zfs tank/a rw\n"
		"26 20 0:42 / /b rw - zfs other/b rw\n",
		false, "tank other / /a /b " },
	{ "mounts: a data set once, however often it is mounted, and no snapshot of it",
		"20 1 0:40 / / rw - zfs tank rw\n25 20 0:40 / /again rw - zfs tank rw\n"
		"26 20 0:41 / /snap ro - zfs tank@monday ro\n",
		false, "tank / " },
	{ "mounts: a single file does not stand for its storage",
		"20 1 0:50 / / rw - overlay overlay rw\n"
		"21 20 8:1 /c/h /etc/h.x rw - ext4 /dev/sda1 rw\n"
		"22 20 8:1 /vol /var/lib/db rw - ext4 /dev/sda1 rw\n",
		false, "/var/lib/db " },
	{ "mounts: nor do files alone",
		"20 1 0:50 / / rw - overlay overlay rw\n"
		"21 20 8:1 /c/h /etc/h.x rw - ext4 /dev/sda1 rw\n",
		false, "" },
	{ "mounts: images are left out",
		ROOT_MOUNT "25 20 7:3 / /snap/x ro - squashfs /dev/loop3 ro\n", false,
		"/ " },
	{ "mounts: a network file system only when asked for",
		ROOT_MOUNT "25 20 0:50 / /n rw - nfs4 server:/x rw\n", false, "/ " },
	{ "mounts: and then it counts",
		ROOT_MOUNT "25 20 0:50 / /n rw - nfs4 server:/x rw\n", true, "/ /n " },
	{ "mounts: one that is hidden below another",
		ROOT_MOUNT "25 20 8:5 / /srv/x rw - ext4 /dev/sda5 rw\n"
			   "26 20 8:6 / /srv rw - ext4 /dev/sda6 rw\n",
		false, "/ /srv " },
	{ "mounts: one that has another right on top",
		ROOT_MOUNT "25 20 8:5 / /srv rw - ext4 /dev/sda5 rw\n"
			   "26 25 0:9 / /srv rw - tmpfs tmpfs rw\n",
		false, "/ " },
	{ "mounts: blanks and backslashes are decoded",
		ROOT_MOUNT "25 20 8:5 / /my\\040disk\\134x rw - vfat /dev/sdb1 rw\n",
		false, "/ /my disk\\x " },
	{ "mounts: without optional fields, with several",
		"20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		"25 20 8:5 / /x ro,noatime shared:1 master:2 propagate_from:3 - xfs "
		"/dev/sdb rw\n",
		false, "/ /x " },
	{ "mounts: damaged lines are passed over",
		"nonsense\n1 2\n20 1 8:1 / / rw ext4 /dev/sda1 rw\n" ROOT_MOUNT, false,
		"/ " },
};

/* The made-up files of these tables have a dot in their names. */
static bool has_no_dot(void *context, const char *point)
{
	(void)context;
	return !strchr(point, '.');
}

static void check_mounts(void **state)
{
	const struct mount_case *row = *state;
	struct fs_choice choice = { .is_folder = has_no_dot };
	struct fs_mounts *mounts = calloc(1, sizeof(*mounts));
	struct strbuf points;

	choice.with_network = row->with_network;
	assert_non_null(mounts);
	strbuf_init(&points, 4096);
	fs_mounts_parse(row->text, strlen(row->text), &choice, mounts);
	for (size_t i = 0; i < mounts->count; i++)
		strbuf_addf(&points, "%s ", mounts->mount[i].point);
	assert_string_equal(strbuf_text(&points), row->points);
	strbuf_done(&points);
	free(mounts);
}

static void check_measure(void **state)
{
	struct fs_mount mount = { .point = "/" };
	struct fs_usage usage;
	struct host_root root;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(hostroot_open(&root, "/", &err), 0);
	assert_int_equal(fs_measure(&root, &mount, &usage, &err), 0);
	assert_true(usage.size_bytes > 0 && usage.used_bytes >= 0 &&
		usage.used_bytes <= usage.size_bytes &&
		usage.avail_bytes <= usage.size_bytes);
	mount.major = 4095; /* not the device that is mounted there */
	assert_int_equal(fs_measure(&root, &mount, &usage, &err), -ESTALE);
	snprintf(mount.point, sizeof(mount.point), "/nonexistent/point");
	assert_int_equal(fs_measure(&root, &mount, &usage, &err), -ENOENT);
	hostroot_close(&root);
}

enum { TESTS_MAX = 160 };
static struct CMUnitTest tests[TESTS_MAX];
static size_t test_count;

static void add_test(const char *name, CMUnitTestFunction check, const void *row)
{
	if (test_count < TESTS_MAX)
		tests[test_count++] = (struct CMUnitTest){ .name = name,
			.test_func = check,
			.initial_state = (void *)(uintptr_t)row };
}

static void add_roots(void)
{
	struct dirent **entries = NULL;
	int count = scandir("tests/roots", &entries, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		char *path = NULL;

		if (entries[i]->d_type == DT_DIR && entries[i]->d_name[0] != '.' &&
			asprintf(&path, "tests/roots/%s", entries[i]->d_name) > 0)
			add_test(path, check_root, path);
		free(entries[i]);
	}
	free(entries);
}

int main(void)
{
	add_roots();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		add_test(cases[i].name, check_parse, &cases[i]);
	for (size_t i = 0; i < ARRAY_LEN(mhz_cases); i++)
		add_test(mhz_cases[i].name, check_topology, &mhz_cases[i]);
	for (size_t i = 0; i < ARRAY_LEN(mount_cases); i++)
		add_test(mount_cases[i].name, check_mounts, &mount_cases[i]);
	add_test("meminfo: remembered places change no result", check_places, NULL);
	add_test("F44 lines of 1 to 20000 characters", check_line_lengths, NULL);
	add_test("T40 a damaged text never crashes", check_damage, NULL);
	add_test("names of whole disks and of virtual adapters", check_names, NULL);
	add_test("statvfs of the root, of another device, of nothing", check_measure,
		NULL);
	return _cmocka_run_group_tests("probes", tests, test_count, NULL, NULL);
}
