#include "analyze/import/formats/sysstat.h"

#include "analyze/import/device_rules.h"
#include "analyze/import/readers/civil.h"
#include "common/array.h"
#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KB 1024.0
#define SECTOR 512.0
#define MEMORY_ROWS_MAX 2000000 /* a second's rows of three weeks */

static const struct {
	const char *name;
	enum sys_field field;
} field_names[] = {
	{ "CPU", SYS_CPU },
	{ "cpu", SYS_CPU },
	{ "%idle", SYS_IDLE_PERCENT },
	{ "idle", SYS_IDLE_PERCENT },
	{ "%iowait", SYS_IOWAIT_PERCENT },
	{ "iowait", SYS_IOWAIT_PERCENT },
	{ "kbmemfree", SYS_FREE_KB },
	{ "memfree", SYS_FREE_KB },
	{ "kbavail", SYS_AVAILABLE_KB },
	{ "avail", SYS_AVAILABLE_KB },
	{ "kbmemused", SYS_USED_KB },
	{ "memused", SYS_USED_KB },
	{ "%memused", SYS_USED_PERCENT },
	{ "memused-percent", SYS_USED_PERCENT },
	{ "kbbuffers", SYS_BUFFERS_KB },
	{ "buffers", SYS_BUFFERS_KB },
	{ "kbcached", SYS_CACHED_KB },
	{ "cached", SYS_CACHED_KB },
	{ "kbslab", SYS_SLAB_KB },
	{ "slab", SYS_SLAB_KB },
	{ "IFACE", SYS_IFACE },
	{ "iface", SYS_IFACE },
	{ "rxkB/s", SYS_RX_KB },
	{ "rxkB", SYS_RX_KB },
	{ "txkB/s", SYS_TX_KB },
	{ "txkB", SYS_TX_KB },
	{ "DEV", SYS_DEV },
	{ "disk-device", SYS_DEV },
	{ "tps", SYS_TPS },
	{ "rkB/s", SYS_READ_KB },
	{ "rkB", SYS_READ_KB },
	{ "wkB/s", SYS_WRITE_KB },
	{ "wkB", SYS_WRITE_KB },
	{ "rd_sec/s", SYS_READ_SECTORS },
	{ "rd_sec", SYS_READ_SECTORS },
	{ "wr_sec/s", SYS_WRITE_SECTORS },
	{ "wr_sec", SYS_WRITE_SECTORS },
};

enum sys_field sys_field_find(const char *name, size_t length)
{
	for (size_t i = 0; i < ARRAY_LEN(field_names); i++) {
		if (strlen(field_names[i].name) == length &&
			!memcmp(field_names[i].name, name, length))
			return field_names[i].field;
	}
	return SYS_NO_FIELD;
}

void sys_row_init(struct sys_row *row)
{
	for (size_t i = 0; i < SYS_FIELD_COUNT; i++)
		row->value[i] = NAN;
	row->name = NULL;
	row->name_length = 0;
}

int sys_find_workload(
	struct sys_reading *reading, const char *name, size_t length, struct err *err)
{
	const struct import_options *options = reading->source->options;
	const struct text_place place = { reading->source->path, 1 };
	int r;

	if (options && options->workload) {
		name = options->workload;
		length = strlen(name);
	}
	r = text_name(&place, "host", name, length, err);
	if (r >= 0)
		r = reading->sink->find_workload(
			reading->sink, name, length, &reading->workload, err);
	reading->has_workload = r >= 0;
	return r;
}

/* ---- parts --------------------------------------------------------------------------- */

static const char *const part_words[PART_COUNT] = {
	[PART_CPU_BUSY_RATIO] = "100 - %idle - %iowait",
	[PART_MEMORY_AVAILABLE_BYTES] = "kbavail",
	[PART_MEMORY_USED_BYTES] = "total - kbmemfree - kbbuffers - kbcached",
	[PART_MEMORY_TOTAL_BYTES] = "kbmemused / %memused",
	[PART_NET_RX_BPS] = "rxkB/s",
	[PART_NET_TX_BPS] = "txkB/s",
	[PART_DISK_OPS_PER_S] = "tps",
	[PART_DISK_READ_BYTES_PER_S] = "rkB/s",
	[PART_DISK_WRITE_BYTES_PER_S] = "wkB/s",
};

static int put_sys_part(struct sys_reading *reading, enum part part,
	const struct sys_row *row, int64_t stamp, double value, struct err *err)
{
	const struct import_options *options = reading->source->options;
	struct import_sink *sink = reading->sink;
	uint32_t column = 0;
	int r = 0;

	if (isnan(value) || !reading->has_workload ||
		(options && options->has_since && stamp < options->since))
		return 0;
	if (!reading->has_account_row[part])
		r = account_map(sink->account, part_words[part],
			strlen(part_words[part]), part_figure(part),
			&reading->account_row[part], err);
	reading->has_account_row[part] = true;
	account_count(sink->account, reading->account_row[part], 1);
	if (r >= 0)
		r = sink->find_part(sink, reading->workload, part, CELL_MEAN,
			row ? row->name : "", row ? row->name_length : 0, &column, err);
	/* rounded shares may add up to a hundredth too much */
	return r < 0 ? r
		     : sink->put_part(sink, reading->workload, column, stamp,
			       value < 0 ? 0 : value, err);
}

static int sysstat_take_cpu(struct sys_reading *reading, int64_t stamp,
	const struct sys_row *row, struct err *err)
{
	struct sys_row all = *row;
	bool is_all = (row->name_length == 3 && !memcmp(row->name, "all", 3)) ||
		(row->name_length == 2 && !memcmp(row->name, "-1", 2));

	if (!is_all)
		return 0;
	all.name_length = 0;
	return put_sys_part(reading, PART_CPU_BUSY_RATIO, &all, stamp,
		(100 - row->value[SYS_IDLE_PERCENT] - row->value[SYS_IOWAIT_PERCENT]) /
			100,
		err);
}

static int keep_memory(struct sys_reading *reading, int64_t stamp,
	const struct sys_row *row, struct err *err)
{
	size_t count = reading->memory_count;

	if (count == MEMORY_ROWS_MAX)
		return err_set(err, -EFBIG, "%s: expected at most %d rows, found more",
			reading->source->path, MEMORY_ROWS_MAX);
	if (ARRAY_EXTEND(reading->memory, count) < 0)
		return err_oom(err);
	reading->memory[count].stamp = stamp;
	memcpy(reading->memory[count].value, row->value, sizeof(row->value));
	reading->memory_count++;
	return 0;
}

static int take_adapter(struct sys_reading *reading, int64_t stamp,
	const struct sys_row *row, struct err *err)
{
	int r;

	reading->net_rows++;
	if (!row->name || !device_is_adapter(row->name, row->name_length))
		return 0;
	reading->net_rows_taken++;
	r = put_sys_part(reading, PART_NET_RX_BPS, row, stamp,
		row->value[SYS_RX_KB] * KB * 8, err);
	return r < 0 ? r
		     : put_sys_part(reading, PART_NET_TX_BPS, row, stamp,
			       row->value[SYS_TX_KB] * KB * 8, err);
}

static double kb_or_sectors(
	const struct sys_row *row, enum sys_field kb, enum sys_field sectors)
{
	return isnan(row->value[kb]) ? row->value[sectors] * SECTOR
				     : row->value[kb] * KB;
}

static int take_disk(struct sys_reading *reading, int64_t stamp,
	const struct sys_row *row, struct err *err)
{
	int r;

	reading->disk_rows++;
	if (!row->name || !device_is_disk(row->name, row->name_length))
		return 0;
	reading->disk_rows_taken++;
	r = put_sys_part(
		reading, PART_DISK_OPS_PER_S, row, stamp, row->value[SYS_TPS], err);
	if (r >= 0)
		r = put_sys_part(reading, PART_DISK_READ_BYTES_PER_S, row, stamp,
			kb_or_sectors(row, SYS_READ_KB, SYS_READ_SECTORS), err);
	return r < 0
		? r
		: put_sys_part(reading, PART_DISK_WRITE_BYTES_PER_S, row, stamp,
			  kb_or_sectors(row, SYS_WRITE_KB, SYS_WRITE_SECTORS), err);
}

int sys_take_row(struct sys_reading *reading, int64_t stamp, const struct sys_row *row,
	struct err *err)
{
	if (!isnan(row->value[SYS_IDLE_PERCENT]) &&
		!isnan(row->value[SYS_IOWAIT_PERCENT]) && row->name)
		return sysstat_take_cpu(reading, stamp, row, err);
	if (!isnan(row->value[SYS_FREE_KB]) && !isnan(row->value[SYS_USED_PERCENT]))
		return keep_memory(reading, stamp, row, err);
	if (!isnan(row->value[SYS_RX_KB]) && !isnan(row->value[SYS_TX_KB]))
		return take_adapter(reading, stamp, row, err);
	if (!isnan(row->value[SYS_TPS]) &&
		!isnan(kb_or_sectors(row, SYS_READ_KB, SYS_READ_SECTORS)))
		return take_disk(reading, stamp, row, err);
	return 0;
}

/* ---- memory ---------------------------------------------------------------------------- */

static double known_or_0(double value)
{
	return isnan(value) ? 0 : value;
}

double sys_total(const double value[SYS_FIELD_COUNT], enum sys_meaning meaning)
{
	switch (meaning) {
	case SYS_MEANING_AVAIL:
		return value[SYS_AVAILABLE_KB] > 0
			? value[SYS_USED_KB] + value[SYS_AVAILABLE_KB]
			: NAN;
	case SYS_MEANING_CACHED:
		return value[SYS_USED_KB] + value[SYS_FREE_KB] +
			known_or_0(value[SYS_BUFFERS_KB]) +
			known_or_0(value[SYS_CACHED_KB]) +
			known_or_0(value[SYS_SLAB_KB]);
	default:
		return value[SYS_USED_KB] + value[SYS_FREE_KB];
	}
}

enum sys_meaning sys_find_meaning(const struct sys_memory *memory, size_t count)
{
	enum sys_meaning best = SYS_MEANING_FREE;
	double least = INFINITY;

	for (unsigned m = SYS_MEANING_FREE; m <= SYS_MEANING_AVAIL; m++) {
		double off = 0;

		for (size_t i = 0; i < count; i++) {
			const double *value = memory[i].value;
			double total = sys_total(value, (enum sys_meaning)m);

			off += isnan(total) ? 100
					    : fabs(100 * value[SYS_USED_KB] / total -
						      value[SYS_USED_PERCENT]);
		}
		if (off < least) {
			least = off;
			best = (enum sys_meaning)m;
		}
	}
	return best;
}

static int put_memory(struct sys_reading *reading, struct err *err)
{
	enum sys_meaning meaning =
		sys_find_meaning(reading->memory, reading->memory_count);
	bool is_guest = false;
	int r = 0;

	for (size_t i = 0; i < reading->memory_count; i++)
		is_guest |= reading->memory[i].value[SYS_AVAILABLE_KB] > 0;
	for (size_t i = 0; r >= 0 && i < reading->memory_count; i++) {
		const double *value = reading->memory[i].value;
		int64_t stamp = reading->memory[i].stamp;
		double total = sys_total(value, meaning);

		r = put_sys_part(
			reading, PART_MEMORY_TOTAL_BYTES, NULL, stamp, total * KB, err);
		if (r < 0)
			break;
		if (value[SYS_AVAILABLE_KB] > 0)
			r = put_sys_part(reading, PART_MEMORY_AVAILABLE_BYTES, NULL,
				stamp, value[SYS_AVAILABLE_KB] * KB, err);
		else if (!is_guest)
			r = put_sys_part(reading, PART_MEMORY_USED_BYTES, NULL, stamp,
				(total - value[SYS_FREE_KB] -
					known_or_0(value[SYS_BUFFERS_KB]) -
					known_or_0(value[SYS_CACHED_KB])) *
					KB,
				err);
	}
	if (r >= 0 && reading->memory_count && reading->has_workload)
		r = reading->sink->put_fact(reading->sink, reading->workload,
			"memory.kind", is_guest ? "guest" : "estimated", err);
	return r;
}

int sys_finish(struct sys_reading *reading, struct err *err)
{
	struct account *account = reading->sink->account;
	int r = put_memory(reading, err);

	if (r >= 0 && reading->net_rows && !reading->net_rows_taken)
		r = account_warn(account, err,
			"adapters are listed and none of them counts by its name: the "
			"network is unknown");
	if (r >= 0 && reading->disk_rows && !reading->disk_rows_taken)
		r = account_warn(account, err,
			"devices are listed and none of them is known to be a whole disk by "
			"its name: the disks are unknown");
	if (r >= 0 && reading->disk_rows_taken < reading->disk_rows)
		r = account_ignore(account, "partitions, dm, md, loop ...", 28,
			"they lie over disks that are counted", err);
	return r < 0 ? r : 0;
}

void sys_reading_done(struct sys_reading *reading)
{
	free(reading->memory);
	reading->memory = NULL;
}

/* ---- whose file is it --------------------------------------------------------------------- */

static bool begins(const struct import_head *head, size_t at, const char *text)
{
	size_t length = strlen(text);

	return head->length >= at + length && !memcmp(head->text + at, text, length);
}

/* Files of sadc: a magic number since version 8; before that the kernel's name stands in
 * a header that begins with a time. */
static bool is_binary_sa(const struct import_head *head)
{
	size_t seen = head->length < 512 ? head->length : 512;

	if (begins(head, 0, "\x96\xd5") && head->length > 4)
		return true;
	return seen >= 256 && head->text[4] == '\0' &&
		memmem(head->text, seen, "Linux\0", 6);
}

/* The first line is that of iostat and pidstat too: a table of sar's has to follow. */
static bool is_sar(const struct import_head *head, size_t at)
{
	static const char *const tables[] = { "kbmemfree", "IFACE", "LINUX RESTART",
		"  %idle", " DEV  " };

	if (!begins(head, at, "Linux "))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		if (memmem(head->text, head->length, tables[i], strlen(tables[i])) &&
			!memmem(head->text, head->length, "avg-cpu:", 8))
			return true;
	}
	return false;
}

enum shape { SHAPE_NONE, SHAPE_JSON, SHAPE_ROWS, SHAPE_SAR, SHAPE_BINARY };

static enum shape shape_of(const struct import_head *head)
{
	size_t at = 0;

	if (is_binary_sa(head))
		return SHAPE_BINARY;
	while (at < head->length && strchr(" \t\r\n", head->text[at]) && head->text[at])
		at++;
	if (begins(head, at, "{") &&
		memmem(head->text, head->length < 200 ? head->length : 200,
			"\"sysstat\"", 9))
		return SHAPE_JSON;
	if (begins(head, at, "# hostname;interval;timestamp"))
		return SHAPE_ROWS;
	return is_sar(head, at) ? SHAPE_SAR : SHAPE_NONE;
}

static int sysstat_recognise(const struct import_head *head)
{
	return shape_of(head) == SHAPE_NONE ? IMPORT_NOT_MINE : IMPORT_SURE;
}

static int sysstat_read(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	struct sys_reading reading = { .source = source, .sink = sink };
	struct import_head head = { .path = source->path };
	int r = bytes_head(source->bytes, &head.text, &head.length, err);

	if (r < 0)
		return r;
	switch (shape_of(&head)) {
	case SHAPE_JSON:
		r = sys_read_json(&reading, source->bytes, err);
		break;
	case SHAPE_ROWS:
		r = sys_read_rows(&reading, source->bytes, err);
		break;
	case SHAPE_SAR:
		r = sys_read_sar(&reading, source->bytes, err);
		break;
	default:
		r = err_set(err, -EINVAL,
			"%s: expected a file of sadc, or what sadf -j, sadf -d or sar print "
			"of it",
			source->path);
	}
	if (r >= 0)
		r = sys_finish(&reading, err);
	sys_reading_done(&reading);
	return r;
}

/* The zone of its times: asked for, or the first that sadf -j -t names. */
static int sysstat_prepare(const struct import_source *source,
	struct import_prepared *ret_prepared, struct err *err)
{
	static const char *const marks[] = { "\"tz\": \"", "\"timezone\": \"" };
	const struct import_options *options = source->options;
	const char *head = NULL, *found = NULL;
	char *name = ret_prepared->zone_name;
	size_t length = 0;
	int r = bytes_head(source->bytes, &head, &length, err);

	if (r < 0)
		return r;
	if (options && options->zone)
		snprintf(name, ACCOUNT_ZONE_SIZE, "%s", options->zone);
	for (size_t i = 0; !*name && i < ARRAY_LEN(marks); i++) {
		size_t mark = strlen(marks[i]), n = 0;

		found = memmem(head, length, marks[i], mark);
		if (!found)
			continue;
		for (found += mark; found + n < head + length && found[n] != '"' &&
			n + 1 < ACCOUNT_ZONE_SIZE;
			n++)
			name[n] = found[n];
		name[n] = '\0';
	}
	/* one that there is not is refused where a time needs it */
	if (*name && zone_open(name, &ret_prepared->zone, NULL) == -ENOMEM)
		return err_oom(err);
	return 0;
}

static int sysstat_print(
	struct bytes *bytes, struct bytes **ret_printed, struct err *err)
{
	struct import_head head = { .path = bytes_name(bytes) };
	int r = bytes_head(bytes, &head.text, &head.length, err);

	return r < 0 || shape_of(&head) != SHAPE_BINARY
		? r
		: sys_print_binary(bytes, ret_printed, err);
}

const struct importer sysstat_importer = {
	.name = "sysstat",
	.help = "sysstat: files of sadc (sa01), sadf -j, sadf -d, sar",
	.example = "analyze import sysstat /var/log/sysstat/sa*",
	.is_confined = true,
	.prepare = sysstat_prepare,
	.print = sysstat_print,
	.recognise = sysstat_recognise,
	.read = sysstat_read,
};
