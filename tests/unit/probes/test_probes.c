/* The parsers against what kernels and damage make of their texts (T40). */
#include "tests/named_rows.h"

#include "common/util.h"
#include "probes/host/cpu.h"
#include "probes/host/disk.h"
#include "probes/host/memory.h"
#include "probes/host/network.h"
#include "probes/host/pressure.h"
#include "tests/record_sink.h"

#include <errno.h>

static struct record_sink record;

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

static const struct memory_facts nothing_known = { NAN, NAN, false };

static int parse_memory(
	const char *text, size_t length, struct sink *sink, struct err *err)
{
	static const struct memory_facts facts = { 40960, NAN, false };

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

/* A list is what one number after the other gives, with the same rest of the line. */
static void check_lists(void **state)
{
	static const char letters[] =
		"0123456789012345678901234567890123456789    \t\t\r-x/:";
	enum { LENGTH = 60, NUMBERS = 12 };
	uint64_t random = support_seed(41);

	(void)state;
	for (int n = 0; n < 300000; n++) {
		char text[LENGTH];
		size_t length = support_random(&random) % LENGTH;
		size_t usual = support_random(&random) % 4 ? 46 : sizeof(letters) - 1;
		uint64_t values[NUMBERS], value;
		struct text list, single;
		size_t count, i = 0;

		for (size_t at = 0; at < length; at++)
			text[at] = letters[support_random(&random) % usual];
		list = single = text_of(text, length);
		count = text_u64_list(&list, values, NUMBERS);
		for (; i < NUMBERS && text_u64(&single, &value); i++)
			assert_true(i < count && values[i] == value);
		assert_int_equal(count, i);
		assert_ptr_equal(list.at, single.at);
	}
}

int main(void)
{
	static struct named_rows rows;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		named_rows_add(&rows, cases[i].name, check_parse, &cases[i]);
	named_rows_add(&rows, "meminfo: remembered places change no result",
		check_places, NULL);
	named_rows_add(
		&rows, "F44 lines of 1 to 20000 characters", check_line_lengths, NULL);
	named_rows_add(
		&rows, "lists of numbers, as one after the other", check_lists, NULL);
	named_rows_add(&rows, "T40 a damaged text never crashes", check_damage, NULL);
	return _cmocka_run_group_tests("probes", rows.test, rows.count, NULL, NULL);
}
