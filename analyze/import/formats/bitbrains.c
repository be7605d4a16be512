#include "analyze/import/formats/bitbrains.h"

#include "analyze/import/importer.h"
#include "common/util.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The archive's README calls the unit KB; 1 KB is 1024 bytes there. */
#define KIB 1024.0
#define KIB_BITS (1024.0 * 8)

enum bitbrains_column {
	COLUMN_TIME,
	COLUMN_CORES,
	COLUMN_CAPACITY_MHZ,
	COLUMN_USED_MHZ,
	COLUMN_USED_PERCENT,
	COLUMN_MEMORY_KIB,
	COLUMN_MEMORY_USED_KIB,
	COLUMN_DISK_READ_KIB,
	COLUMN_DISK_WRITE_KIB,
	COLUMN_RX_KIB,
	COLUMN_TX_KIB,
	COLUMN_COUNT,
};

/* The header says milliseconds; the stamps are seconds. */
static const char *const columns[COLUMN_COUNT] = { "Timestamp [ms]", "CPU cores",
	"CPU capacity provisioned [MHZ]", "CPU usage [MHZ]", "CPU usage [%]",
	"Memory capacity provisioned [KB]", "Memory usage [KB]",
	"Disk read throughput [KB/s]", "Disk write throughput [KB/s]",
	"Network received throughput [KB/s]", "Network transmitted throughput [KB/s]" };

struct bitbrains_field {
	const char *text;
	size_t length;
};

static bool bitbrains_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Fields are separated by ';' with blanks around them. */
static int bitbrains_split(const struct text_place *place, const char *line,
	size_t length, struct bitbrains_field fields[COLUMN_COUNT], struct err *err)
{
	const char *at = line, *end = line + length;
	size_t count = 0;

	for (;;) {
		const char *stop = memchr(at, ';', (size_t)(end - at));
		const char *last = stop ? stop : end;

		if (count < COLUMN_COUNT) {
			while (at < last && bitbrains_is_blank(*at))
				at++;
			while (at < last && bitbrains_is_blank(last[-1]))
				last--;
			fields[count] =
				(struct bitbrains_field){ at, (size_t)(last - at) };
		}
		count++;
		if (!stop)
			break;
		at = stop + 1;
	}
	if (count == COLUMN_COUNT)
		return 0;
	count = length ? count : 0;
	return err_set(err, -EINVAL,
		"%s:%llu: field %s: expected %d fields separated by \";\", found %zu",
		place->path, (unsigned long long)place->line,
		columns[count < COLUMN_COUNT ? count : COLUMN_COUNT - 1], COLUMN_COUNT,
		count);
}

int bitbrains_parse_header(const struct text_place *place, const char *line,
	size_t length, struct err *err)
{
	struct bitbrains_field fields[COLUMN_COUNT] = { { NULL, 0 } };
	int r;

	r = bitbrains_split(place, line, length, fields, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		char number[16], wanted[80];

		if (fields[i].length == strlen(columns[i]) &&
			!memcmp(fields[i].text, columns[i], fields[i].length))
			continue;
		snprintf(number, sizeof(number), "%zu", i + 1);
		snprintf(wanted, sizeof(wanted), "the column \"%s\"", columns[i]);
		return text_refuse(
			place, number, wanted, fields[i].text, fields[i].length, err);
	}
	return 0;
}

int bitbrains_parse_row(const struct text_place *place, const char *line, size_t length,
	struct reading *ret_reading, struct err *err)
{
	struct bitbrains_field fields[COLUMN_COUNT] = { { NULL, 0 } };
	double v[COLUMN_COUNT];
	struct reading reading;
	int r;

	r = bitbrains_split(place, line, length, fields, err);
	if (r < 0)
		return r;
	r = text_time(place, columns[COLUMN_TIME], fields[COLUMN_TIME].text,
		fields[COLUMN_TIME].length, &reading.stamp, err);
	for (size_t i = COLUMN_TIME + 1; r >= 0 && i < COLUMN_COUNT; i++)
		r = text_number(place, columns[i], fields[i].text, fields[i].length,
			&v[i], err);
	if (r < 0)
		return r;
	reading.known = 0;
	reading_set(&reading, FIGURE_CPU_USED_MHZ, v[COLUMN_USED_MHZ]);
	reading_set(&reading, FIGURE_CPU_CORES, v[COLUMN_CORES]);
	if (v[COLUMN_CORES] > 0)
		reading_set(&reading, FIGURE_CPU_CORE_MHZ,
			v[COLUMN_CAPACITY_MHZ] / v[COLUMN_CORES]);
	reading_set(
		&reading, FIGURE_MEMORY_USED_BYTES, v[COLUMN_MEMORY_USED_KIB] * KIB);
	reading_set(&reading, FIGURE_MEMORY_TOTAL_BYTES, v[COLUMN_MEMORY_KIB] * KIB);
	reading_set(&reading, FIGURE_NET_RX_BPS, v[COLUMN_RX_KIB] * KIB_BITS);
	reading_set(&reading, FIGURE_NET_TX_BPS, v[COLUMN_TX_KIB] * KIB_BITS);
	reading_set(
		&reading, FIGURE_DISK_READ_BYTES_PER_S, v[COLUMN_DISK_READ_KIB] * KIB);
	reading_set(&reading, FIGURE_DISK_WRITE_BYTES_PER_S,
		v[COLUMN_DISK_WRITE_KIB] * KIB);
	reading_derive(&reading, 0);
	*ret_reading = reading;
	return 0;
}

static int bitbrains_name_of_path(
	const char *path, const char **ret_name, size_t *ret_length, struct err *err)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t length = strlen(name);
	const struct text_place place = { path, 0 };

	if (length <= 4 || strcmp(name + length - 4, ".csv") != 0)
		return err_set(err, -EINVAL,
			"%s: expected a file called <workload>.csv, as the traces are",
			path);
	length -= 4;
	if (text_name(&place, "workload", name, length, err) < 0)
		return err_set(err, -EINVAL,
			"%s: the file's name is not fit to be a workload's name (1 to "
			"%d bytes of UTF-8 without control characters)",
			path, TEXT_NAME_MAX_BYTES);
	*ret_name = name;
	*ret_length = length;
	return 0;
}

static int read_bitbrains_rows(struct text_lines *lines, struct import_sink *sink,
	uint32_t workload, struct err *err)
{
	const struct text_place *place = text_lines_place(lines);
	const char *line = NULL;
	struct reading reading;
	size_t length = 0;
	int r;

	r = text_lines_next(lines, &line, &length, err);
	if (r > 0)
		r = bitbrains_parse_header(place, line, length, err);
	if (r < 0)
		return r;
	while ((r = text_lines_next(lines, &line, &length, err)) > 0) {
		r = bitbrains_parse_row(place, line, length, &reading, err);
		if (r >= 0)
			r = sink->put(sink, workload, &reading, err);
		if (r < 0)
			return r;
	}
	return r;
}

static int bitbrains_read(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	struct text_lines *lines = NULL;
	const char *name = NULL;
	size_t name_length = 0;
	uint32_t workload;
	int r;

	r = bitbrains_name_of_path(source->path, &name, &name_length, err);
	if (r >= 0)
		r = sink->find_workload(sink, name, name_length, &workload, err);
	if (r >= 0)
		r = text_lines_of(source->bytes, TEXT_LINE_MAX_BYTES, &lines, err);
	if (r >= 0)
		r = read_bitbrains_rows(lines, sink, workload, err);
	text_lines_close(lines);
	return r;
}

/* Nobody else begins a file with this column and parts the second by a semicolon. */
static int bitbrains_recognise(const struct import_head *head)
{
	static const char begin[] = "Timestamp [ms];\tCPU cores;";

	return head->length >= sizeof(begin) - 1 &&
			!memcmp(head->text, begin, sizeof(begin) - 1)
		? IMPORT_SURE
		: IMPORT_NOT_MINE;
}

const struct importer bitbrains_importer = {
	.name = "bitbrains",
	.help = "GWA-T-12 Bitbrains traces: one file per machine and month",
	.example = "analyze import bitbrains rnd/2013-*/*.csv",
	.recognise = bitbrains_recognise,
	.name_of_path = bitbrains_name_of_path,
	.read = bitbrains_read,
};
