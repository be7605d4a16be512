/* The texts that imports read, good and bad: T51, T57. */
#include "tests/import_recorder.h"
#include "tests/support.h"

#include "analyze/import/formats/bitbrains.h"
#include "analyze/import/formats/csv.h"
#include "analyze/import/importer.h"
#include "common/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct text_place place = { "trace.csv", 7 };

/* ---- numbers ---------------------------------------------------------------------- */

static void check_long_decimals(void **state)
{
	uint64_t seed = support_seed(1), random = seed;
	char text[64];

	(void)state;
	for (int i = 0; i < 300000; i++) {
		uint64_t digits =
			support_random(&random) >> support_random(&random) % 60;
		int length = snprintf(text, sizeof(text), "%" PRIu64, digits);
		int point = (int)(support_random(&random) % (uint64_t)(length + 1));
		double value;

		memmove(text + point + 1, text + point, (size_t)(length - point) + 1);
		text[point] = '.';
		if (parse_double(text, strlen(text), &value) < 0 ||
			value != strtod(text, NULL))
			fail_msg("%s is read as %.17g, seed %" PRIu64, text, value,
				seed);
	}
}

struct number_case {
	const char *name, *text;
	int code;
	double value;
};
static struct number_case numbers[] = {
	{ "a whole number", "42", 0, 42 },
	{ "a fraction", "0.5", 0, 0.5 },
	{ "an exponent as the traces have it", "6.7108864E7", 0, 67108864 },
	{ "minus nought is nought", "-0.0", 0, 0 },
	{ "a negative number is refused", "-1", -EINVAL, 0 },
	{ "a decimal comma is refused", "5851,99", -EINVAL, 0 },
	{ "infinity is refused", "inf", -EINVAL, 0 },
	{ "Infinity as Java writes it is refused", "Infinity", -EINVAL, 0 },
	{ "an exponent that overflows is refused", "1e999", -EINVAL, 0 },
	{ "more than any machine has is refused", "1e19", -EINVAL, 0 },
	{ "not a number is refused", "NaN", -EINVAL, 0 },
	{ "nothing is refused", "", -EINVAL, 0 },
	{ "a blank inside is refused", "1 000", -EINVAL, 0 },
	{ "hexadecimal is refused", "0x10", -EINVAL, 0 },
};

static void check_number(void **state)
{
	const struct number_case *c = *state;
	struct err err = ERR_INIT;
	double value = -1;
	int r = text_number(&place, "CPU", c->text, strlen(c->text), &value, &err);

	assert_int_equal(r, c->code);
	if (r == 0) {
		assert_true(value == c->value && !signbit(value));
		return;
	}
	assert_non_null(strstr(err.text, "trace.csv:7: field CPU: expected "));
	assert_non_null(strstr(err.text, ", found "));
}

/* ---- times ------------------------------------------------------------------------ */

struct time_case {
	const char *name, *text;
	int64_t stamp; /* 0: refused */
};
static struct time_case times[] = {
	{ "Unix seconds", "1372629804", 1372629804 },
	{ "Unix milliseconds are known by their size", "1372629804499", 1372629804 },
	{ "milliseconds are rounded half up", "1372629804500", 1372629805 },
	{ "seconds with a fraction are rounded", "1372629804.5", 1372629805 },
	{ "ISO 8601 in UTC", "2013-06-30T22:03:24Z", 1372629804 },
	{ "a blank for the T", "2013-06-30 22:03:24Z", 1372629804 },
	{ "a zone ahead of UTC", "2013-07-01T00:03:24+02:00", 1372629804 },
	{ "a zone without a colon", "2013-06-30T16:33:24-0530", 1372629804 },
	{ "a fraction of a second rounds", "2013-06-30T22:03:23.5Z", 1372629804 },
	{ "without seconds", "2013-06-30T22:03Z", 1372629780 },
	{ "F16: the first of two ambiguous local hours has its zone",
		"2013-10-27T02:30:00+02:00", 1382833800 },
	{ "F16: the second of them too", "2013-10-27T02:30:00+01:00", 1382837400 },
	{ "a leap day", "2012-02-29T00:00:00Z", 1330473600 },
	{ "a time without a zone is refused", "2013-06-30T22:03:24", 0 },
	{ "a day that does not exist is refused", "2013-02-29T00:00:00Z", 0 },
	{ "the hour 24 is refused", "2013-06-30T24:00:00Z", 0 },
	{ "a zone beyond 14 hours is refused", "2013-06-30T22:03:24+15:00", 0 },
	{ "a time before 1971 is refused", "12", 0 },
	{ "a time after 2100 is refused", "9999999999", 0 },
	{ "a negative time is refused", "-1372629804", 0 },
	{ "an American date is refused", "06/30/2013 22:03", 0 },
	{ "nothing is refused", "", 0 },
};

static void check_time(void **state)
{
	const struct time_case *c = *state;
	struct err err = ERR_INIT;
	int64_t stamp = 0;
	int r = text_time(&place, "time", c->text, strlen(c->text), &stamp, &err);

	assert_int_equal(r, c->stamp ? 0 : -EINVAL);
	assert_true(stamp == c->stamp);
	if (r < 0)
		assert_non_null(strstr(err.text, "trace.csv:7: field time: expected "));
}

/* ---- names ------------------------------------------------------------------------ */

struct name_case {
	const char *name, *text;
	int code;
};
static struct name_case names[] = {
	{ "letters and digits", "web-1", 0 },
	{ "T61: a path is only a name", "../../etc/passwd", 0 },
	{ "an umlaut",
		"k\xc3\xbc"
		"che",
		0 },
	{ "nothing is refused", "", -EINVAL },
	{ "a newline is refused", "a\nb", -EINVAL },
	{ "a terminal code is refused", "\x1b[2J", -EINVAL },
	{ "an eight-bit terminal code is refused",
		"\xc2\x9b"
		"2J",
		-EINVAL },
	{ "Latin-1 is refused",
		"k\xfc"
		"che",
		-EINVAL },
	{ "an overlong slash is refused", "\xc0\xaf", -EINVAL },
	{ "a surrogate is refused", "\xed\xa0\x80", -EINVAL },
	{ "a cut character is refused", "\xc3", -EINVAL },
};

static void check_name(void **state)
{
	const struct name_case *c = *state;
	struct err err = ERR_INIT;

	assert_int_equal(
		text_name(&place, "workload", c->text, strlen(c->text), &err), c->code);
	for (const char *p = err.text; *p; p++)
		assert_true(*p >= ' ' && *p < 0x7f);
}

/* ---- a Bitbrains row ---------------------------------------------------------------- */

#define BITBRAINS_HEADER                                                               \
	"Timestamp [ms];\tCPU cores;\tCPU capacity provisioned [MHZ];\tCPU usage "     \
	"[MHZ];\t"                                                                     \
	"CPU usage [%];\tMemory capacity provisioned [KB];\tMemory usage [KB];\tDisk " \
	"read "                                                                        \
	"throughput [KB/s];\tDisk write throughput [KB/s];\tNetwork received "         \
	"throughput "                                                                  \
	"[KB/s];\tNetwork transmitted throughput [KB/s]"

static void check_bitbrains_row(void **state)
{
	static const char line[] =
		"1372629804;\t2;\t5852.0;\t87.75;\t1.5;\t8388608.0;\t"
		"1034592.5;\t160.5;\t21.25;\t0.25;\t1.5";
	struct reading reading;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(bitbrains_parse_header(&place, BITBRAINS_HEADER,
				 sizeof(BITBRAINS_HEADER) - 1, &err),
		0);
	assert_int_equal(
		bitbrains_parse_row(&place, line, sizeof(line) - 1, &reading, &err), 0);
	assert_true(reading.stamp == 1372629804);
	assert_true(reading.value[FIGURE_CPU_USED_MHZ] == 87.75);
	assert_true(reading.value[FIGURE_CPU_CORES] == 2);
	assert_true(reading.value[FIGURE_CPU_CORE_MHZ] == 2926);
	assert_true(reading.value[FIGURE_MEMORY_USED_BYTES] == 1034592.5 * 1024);
	assert_true(reading.value[FIGURE_MEMORY_TOTAL_BYTES] == 8388608.0 * 1024);
	assert_true(reading.value[FIGURE_NET_RX_BPS] == 0.25 * 8192);
	assert_true(reading.value[FIGURE_NET_TX_BPS] == 1.5 * 8192);
	assert_true(reading.value[FIGURE_NETWORK_BPS] == 1.5 * 8192);
	assert_true(reading.value[FIGURE_DISK_BYTES_PER_S] == (160.5 + 21.25) * 1024);
	assert_false(reading_has(&reading, FIGURE_DISK_OPS_PER_S));
	assert_false(reading_has(&reading, FIGURE_DISK_SIZE_BYTES));
}

struct refused_case {
	const char *name, *header, *row;
	const char *says; /* a part of the message */
};
static struct refused_case refused_bitbrains[] = {
	{ "an empty header", "", NULL, "field Timestamp [ms]: expected 11 fields" },
	{ "commas for semicolons", "Timestamp [ms],CPU cores", NULL,
		"separated by \";\"" },
	{ "a missing column", "Timestamp [ms];\tCPU cores", NULL, "found 2" },
	{ "a wrong column",
		"Timestamp [ms];CPU cores;CPU capacity;CPU usage [MHZ];CPU usage "
		"[%];Memory capacity provisioned [KB];Memory usage [KB];Disk read "
		"throughput [KB/s];Disk write throughput [KB/s];Network received "
		"throughput [KB/s];Network transmitted throughput [KB/s]",
		NULL,
		"field 3: expected the column \"CPU capacity provisioned [MHZ]\", "
		"found \"CPU capacity\"" },
	{ "an empty line", BITBRAINS_HEADER, "", "found 0" },
	{ "a row cut short", BITBRAINS_HEADER, "1372629804;\t2;\t5852.0;\t87",
		"found 4" },
	{ "a decimal comma", BITBRAINS_HEADER,
		"1372629804;2;5852,0;87;1;8;1;160;21;0;1",
		"field CPU capacity provisioned [MHZ]: expected a number with a "
		"decimal point, found \"5852,0\"" },
	{ "a negative value", BITBRAINS_HEADER,
		"1372629804;2;5852;-87;1;8;1;160;21;0;1",
		"field CPU usage [MHZ]: expected a finite number >= 0, found \"-87\"" },
	{ "an infinite value", BITBRAINS_HEADER,
		"1372629804;2;5852;87;1;8;inf;160;21;0;1", "field Memory usage [KB]" },
	{ "a thirteenth field", BITBRAINS_HEADER,
		"1372629804;2;5852;87;1;8;1;160;21;0;1;2;3", "found 13" },
	{ "an empty field", BITBRAINS_HEADER, "1372629804;2;5852;87;1;8;1;160;21;0;",
		"found nothing" },
	{ "a time that is none", BITBRAINS_HEADER, "soon;2;5852;87;1;8;1;160;21;0;1",
		"field Timestamp [ms]: expected ISO 8601" },
};

static void check_refused_bitbrains(void **state)
{
	const struct refused_case *c = *state;
	struct reading reading;
	struct err err = ERR_INIT;
	int r = bitbrains_parse_header(&place, c->header, strlen(c->header), &err);

	if (c->row) {
		assert_int_equal(r, 0);
		r = bitbrains_parse_row(&place, c->row, strlen(c->row), &reading, &err);
	}
	assert_int_equal(r, -EINVAL);
	if (!strstr(err.text, c->says) || strncmp(err.text, "trace.csv:7: ", 13) != 0)
		fail_msg("the message is: %s", err.text);
}

/* ---- csv ---------------------------------------------------------------------------- */

static int parse_csv(const char *head, const char *row, struct reading *reading,
	char name[300], struct err *err)
{
	char scratch[1024];
	struct csv_header header;
	const char *found;
	size_t length;
	int r = csv_parse_header(&place, head, strlen(head), &header, err);

	if (r < 0 || !row)
		return r;
	r = csv_parse_row(&place, &header, row, strlen(row), scratch, reading, &found,
		&length, err);
	if (r == 0)
		snprintf(name, 300, "%.*s", (int)length, found);
	return r;
}

static struct refused_case refused_csv[] = {
	{ "an empty header", "", NULL,
		"field 1: expected a column of import csv, found nothing" },
	{ "an unknown column", "time,workload,cpu", NULL, "found \"cpu\"" },
	{ "a column twice", "time,workload,time", NULL, "expected each column once" },
	{ "no time", "workload,cpu_used_mhz", NULL, "field time" },
	{ "no workload", "time,cpu_used_mhz", NULL, "field workload" },
	{ "no figure", "time,workload", NULL, "at least one column" },
	{ "an extreme without its figure", "time,workload,cpu_cores,cpu_used_mhz_max",
		NULL, "expected a column cpu_used_mhz too" },
	{ "too few fields between semicolons", "time;workload;cpu_used_mhz",
		"1372629804;a", "fields separated by semicolons, found 2" },
	{ "a local time, the zone is asked for", "time,workload,cpu_used_mhz",
		"2013-06-30 22:03:24,a,1", "--zone" },
	{ "an unknown column: those that there are", "time,workload,ram", NULL,
		"memory_used_bytes, memory_used_percent" },
	{ "too few fields", "time,workload,cpu_used_mhz", "1372629804,a", "found 2" },
	{ "a decimal comma", "time,workload,cpu_used_mhz", "1372629804,a,1,5",
		"(is there a decimal comma?)" },
	{ "a quoted decimal comma", "time,workload,cpu_used_mhz",
		"1372629804,a,\"1,5\"", "expected a number with a decimal point" },
	{ "an open quote", "time,workload,cpu_used_mhz", "1372629804,\"a,1",
		"expected a closing quote" },
	{ "text behind a quote", "time,workload,cpu_used_mhz", "1372629804,\"a\"b,1",
		"expected a comma" },
	{ "a negative value", "time,workload,cpu_used_mhz", "1372629804,a,-1",
		"field cpu_used_mhz" },
	{ "no name", "time,workload,cpu_used_mhz", "1372629804,,1", "field workload" },
	{ "no time in a row", "time,workload,cpu_used_mhz", ",a,1", "field time" },
	{ "a minimum over the figure", "time,workload,cpu_used_mhz,cpu_used_mhz_min",
		"1372629804,a,1,2", "expected a minimum that is not over its figure" },
	{ "a maximum under the figure", "time,workload,cpu_used_mhz,cpu_used_mhz_max",
		"1372629804,a,3,2", "expected a maximum that is not under its figure" },
	{ "an extreme of what is unknown",
		"time,workload,cpu_used_mhz,cpu_used_mhz_max", "1372629804,a,,2",
		"field cpu_used_mhz_max: expected nothing" },
};

static void check_refused_csv(void **state)
{
	const struct refused_case *c = *state;
	struct reading reading;
	struct err err = ERR_INIT;
	char name[300];

	assert_int_equal(parse_csv(c->header, c->row, &reading, name, &err), -EINVAL);
	if (!strstr(err.text, c->says) || strncmp(err.text, "trace.csv:7: ", 13) != 0)
		fail_msg("the message is: %s", err.text);
}

struct demand_case {
	const char *name, *header, *row;
	unsigned cell;
	double value; /* NAN: unknown */
};
static struct demand_case demands[] = {
	{ "network is the larger of received and sent",
		"time,workload,net_rx_bps,net_tx_bps", "1372629804,a,3,5",
		FIGURE_NETWORK_BPS, 5 },
	{ "a direction that is unknown makes it unknown",
		"time,workload,net_rx_bps,net_tx_bps", "1372629804,a,3,",
		FIGURE_NETWORK_BPS, NAN },
	{ "a direction that has no column too", "time,workload,net_rx_bps",
		"1372629804,a,3", FIGURE_NETWORK_BPS, NAN },
	{ "disk is the sum of read and written",
		"time,workload,disk_read_bytes_per_s,disk_write_bytes_per_s",
		"1372629804,a,3,5", FIGURE_DISK_BYTES_PER_S, 8 },
	{ "operations likewise",
		"time,workload,disk_read_ops_per_s,disk_write_ops_per_s",
		"1372629804,a,30,50", FIGURE_DISK_OPS_PER_S, 80 },
	{ "a demand with a column of its own counts as it stands",
		"time,workload,net_rx_bps,net_tx_bps,network_bps", "1372629804,a,3,5,6",
		FIGURE_NETWORK_BPS, 6 },
	{ "also where it is unknown", "time,workload,net_rx_bps,net_tx_bps,network_bps",
		"1372629804,a,3,5,", FIGURE_NETWORK_BPS, NAN },
	{ "the maximum of the network is that of the larger maximum",
		"time,workload,net_rx_bps,net_rx_bps_max,net_tx_bps",
		"1372629804,a,3,9,5", CELL(FIGURE_NETWORK_BPS, CELL_MAX), 9 },
	{ "the minimum of the disk is the sum of the minima",
		"time,workload,disk_read_bytes_per_s,disk_read_bytes_per_s_min,"
		"disk_write_bytes_per_s",
		"1372629804,a,3,1,5", CELL(FIGURE_DISK_BYTES_PER_S, CELL_MIN), 6 },
	{ "an empty field is unknown, not nought",
		"time,workload,cpu_used_mhz,cpu_cores", "1372629804,a,,4",
		FIGURE_CPU_USED_MHZ, NAN },
};

static void check_demand(void **state)
{
	const struct demand_case *c = *state;
	struct reading reading;
	struct err err = ERR_INIT;
	char name[300];

	assert_int_equal(parse_csv(c->header, c->row, &reading, name, &err), 0);
	assert_int_equal(reading_has(&reading, c->cell), !isnan(c->value));
	if (!isnan(c->value))
		assert_true(reading.value[c->cell] == c->value);
}

struct csv_name_case {
	const char *name, *row, *workload;
};
static struct csv_name_case csv_names[] = {
	{ "a plain name", "1372629804,web,1", "web" },
	{ "a quoted name with a comma", "1372629804,\"a,b\",1", "a,b" },
	{ "doubled quotes", "1372629804,\"say \"\"hi\"\", twice\",1",
		"say \"hi\", twice" },
	{ "T58: the guard of a formula goes away", "1372629804,'=1+1,1", "=1+1" },
	{ "T58: quoted too", "1372629804,\"'@a,b\",1", "@a,b" },
	{ "an apostrophe that guards nothing stays", "1372629804,'t Hart,1",
		"'t Hart" },
	{ "a guarded apostrophe", "1372629804,''=x,1", "'=x" },
};

static void check_csv_name(void **state)
{
	const struct csv_name_case *c = *state;
	struct reading reading;
	struct err err = ERR_INIT;
	char name[300];

	assert_int_equal(
		parse_csv("time,workload,cpu_used_mhz", c->row, &reading, name, &err),
		0);
	assert_string_equal(name, c->workload);
}

struct dialect_case {
	const char *name, *header, *row;
	unsigned cell;
	double value;
};
static struct dialect_case dialects[] = {
	{ "semicolons", "time;workload;cpu_used_mhz", "1372629804;a;7",
		FIGURE_CPU_USED_MHZ, 7 },
	{ "tabs", "time\tworkload\tcpu_used_mhz", "1372629804\ta\t7",
		FIGURE_CPU_USED_MHZ, 7 },
	{ "letters of either case and blanks", "Time, Workload ,CPU_used_MHz",
		"1372629804,a,7", FIGURE_CPU_USED_MHZ, 7 },
	{ "percent of the processors", "time,workload,cpu_used_percent",
		"1372629804,a,25", FIGURE_CPU_BUSY_RATIO, 0.25 },
	{ "percent of the memory, and its maximum",
		"time,workload,memory_used_percent,memory_used_percent_max",
		"1372629804,a,25,50", CELL(FIGURE_MEMORY_USED_RATIO, CELL_MAX), 0.5 },
};

static void check_dialect(void **state)
{
	const struct dialect_case *c = *state;
	struct reading reading;
	struct err err = ERR_INIT;
	char name[300];

	if (parse_csv(c->header, c->row, &reading, name, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(name, "a");
	assert_true(reading_has(&reading, c->cell));
	assert_true(fabs(reading.value[c->cell] - c->value) < 1e-12);
}

/* Local times of two workloads in turn, over the hour that comes twice. */
static void check_csv_zone(void **state)
{
	static const char text[] =
		"time;workload;cpu_used_mhz\n27.10.2013 02:45;a;1\n27.10.2013 02:45;b;1\n"
		"27.10.2013 02:00;a;1\n27.10.2013 02:00;b;1\n27.10.2013 03:15;a;1\n";
	const struct import_options options = { .zone = "Europe/Berlin",
		.date_format = "DMY" };
	struct import_recorder recorder;
	struct err err = ERR_INIT;

	(void)state;
	if (recorder_run(&recorder, &csv_importer, "x.csv", text, sizeof(text) - 1,
		    &options, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(strbuf_text(&recorder.text),
		"a 1382834700 cpu_used_mhz=1\nb 1382834700 cpu_used_mhz=1\n"
		"a 1382835600 cpu_used_mhz=1\nb 1382835600 cpu_used_mhz=1\n"
		"a 1382840100 cpu_used_mhz=1\n");
	recorder_done(&recorder);
}

/* ---- lines -------------------------------------------------------------------------- */

struct lines_case {
	const char *name, *bytes;
	size_t length;
	int lines; /* -1: refused */
	const char *says;
};
#define BYTES(text) text, sizeof(text) - 1
static struct lines_case files[] = {
	{ "two lines", BYTES("a\nb\n"), 2, NULL },
	{ "DOS line ends", BYTES("a\r\nb\r\n"), 2, NULL },
	{ "a UTF-8 byte order mark is skipped",
		BYTES("\xef\xbb\xbf"
		      "a\nb\n"),
		2, NULL },
	{ "an empty file is refused", BYTES(""), -1, "found an empty file" },
	{ "a last line without an end is refused", BYTES("a\nb"), -1,
		":2: expected the end" },
	{ "UTF-16, little end first, is refused",
		BYTES("\xff\xfe"
		      "a\0\n\0"),
		-1, "UTF-16" },
	{ "UTF-16, big end first, is refused", BYTES("\xfe\xff\0a\0\n"), -1, "UTF-16" },
	{ "UTF-16 without a mark is refused", BYTES("a\0b\0\n\0"), -1, "UTF-16" },
	{ "a NUL is refused", BYTES("aaa\nb\0b\n"), -1,
		":2: expected text, found a NUL" },
};

static void check_lines(void **state)
{
	const struct lines_case *c = *state;
	char path[] = "/tmp/headroom-lines-XXXXXX";
	struct text_lines *lines;
	struct err err = ERR_INIT;
	const char *line;
	size_t length;
	int fd = mkstemp(path), count = 0, r;

	assert_true(fd >= 0);
	assert_true(write(fd, c->bytes, c->length) == (ssize_t)c->length);
	close(fd);
	assert_int_equal(text_lines_open(path, &lines, &err), 0);
	while ((r = text_lines_next(lines, &line, &length, &err)) > 0) {
		assert_int_equal(length == 3 ? 1 : length, 1);
		count++;
	}
	text_lines_close(lines);
	unlink(path);
	assert_int_equal(r, c->lines < 0 ? -EINVAL : 0);
	if (c->lines >= 0)
		assert_int_equal(count, c->lines);
	else if (!strstr(err.text, c->says) ||
		strncmp(err.text, path, strlen(path)) != 0)
		fail_msg("the message is: %s", err.text);
}

/* T51: lines of all lengths around the buffer's, and one without an end. */
static void check_long_lines(void **state)
{
	static char text[TEXT_LINE_MAX_BYTES * 3];
	char path[] = "/tmp/headroom-lines-XXXXXX";
	const size_t lengths[] = { TEXT_LINE_MAX_BYTES, 1, TEXT_LINE_MAX_BYTES - 1, 0,
		70 };
	struct text_lines *lines;
	struct err err = ERR_INIT;
	const char *line;
	size_t length;
	int fd = mkstemp(path);

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		assert_true(write(fd, text, lengths[i]) == (ssize_t)lengths[i]);
		assert_int_equal(write(fd, "\n", 1), 1);
	}
	assert_true(write(fd, text, sizeof(text)) == (ssize_t)sizeof(text));
	close(fd);
	assert_int_equal(text_lines_open(path, &lines, &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		assert_int_equal(text_lines_next(lines, &line, &length, &err), 1);
		assert_int_equal(length, lengths[i]);
	}
	assert_int_equal(text_lines_next(lines, &line, &length, &err), -EINVAL);
	assert_non_null(strstr(err.text, ":6: expected a line of at most 65536 bytes"));
	text_lines_close(lines);
	unlink(path);
}

static void check_no_file(void **state)
{
	struct text_lines *lines;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(text_lines_open("/tmp", &lines, &err), -EISDIR);
	assert_string_equal(err.text, "/tmp: expected a file, found a directory");
	assert_int_equal(text_lines_open("/nonexistent/x.csv", &lines, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent/x.csv: "));
}

#define ADD_ROWS(table, function)                                         \
	for (size_t i = 0; i < ARRAY_LEN(table); i++)                     \
		tests[count++] = (struct CMUnitTest)                      \
		{                                                         \
			.name = (table)[i].name, .test_func = (function), \
			.initial_state = &(table)[i]                      \
		}

int main(void)
{
	struct CMUnitTest tests[200] = {
		cmocka_unit_test(check_long_decimals),
		cmocka_unit_test(check_bitbrains_row),
		cmocka_unit_test(check_long_lines),
		cmocka_unit_test(check_no_file),
		cmocka_unit_test(check_csv_zone),
	};
	size_t count = 5;

	ADD_ROWS(numbers, check_number);
	ADD_ROWS(times, check_time);
	ADD_ROWS(names, check_name);
	ADD_ROWS(refused_bitbrains, check_refused_bitbrains);
	ADD_ROWS(refused_csv, check_refused_csv);
	ADD_ROWS(demands, check_demand);
	ADD_ROWS(dialects, check_dialect);
	ADD_ROWS(csv_names, check_csv_name);
	ADD_ROWS(files, check_lines);
	return _cmocka_run_group_tests("import_parse", tests, count, NULL, NULL);
}
