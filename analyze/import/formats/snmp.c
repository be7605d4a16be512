/*
 * SNMP walks: the text of snmpwalk (numbers or names of the MIBs) and snmprec of snmpsim.
 * One walk is a moment: it gives facts and no series.
 */
#include "analyze/import/device_rules.h"
#include "analyze/import/importer.h"
#include "common/parse.h"
#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SNMP_VALUE_SIZE 256
#define ROWS_MAX 8192 /* of one table */
#define WALK_BYTES_MAX ((size_t)64 << 20)
#define TYPE_ETHERNET 6
#define STATUS_UP 1

enum snmp_column {
	SNMP_DESCR,
	SNMP_NAME,
	SNMP_IF_DESCR,
	SNMP_IF_TYPE,
	SNMP_IF_SPEED,
	SNMP_IF_STATUS,
	SNMP_IF_HIGH_SPEED,
	SNMP_MEMORY_KB,
	SNMP_STORAGE_TYPE,
	SNMP_STORAGE_DESCR,
	SNMP_STORAGE_UNIT,
	SNMP_STORAGE_SIZE,
	SNMP_STORAGE_USED,
	SNMP_UCD_TOTAL_KB,
	SNMP_COLUMNS,
};

static const struct {
	const char *oid, *name;
} columns[SNMP_COLUMNS] = {
	[SNMP_DESCR] = { "1.3.6.1.2.1.1.1", "sysDescr" },
	[SNMP_NAME] = { "1.3.6.1.2.1.1.5", "sysName" },
	[SNMP_IF_DESCR] = { "1.3.6.1.2.1.2.2.1.2", "ifDescr" },
	[SNMP_IF_TYPE] = { "1.3.6.1.2.1.2.2.1.3", "ifType" },
	[SNMP_IF_SPEED] = { "1.3.6.1.2.1.2.2.1.5", "ifSpeed" },
	[SNMP_IF_STATUS] = { "1.3.6.1.2.1.2.2.1.8", "ifOperStatus" },
	[SNMP_IF_HIGH_SPEED] = { "1.3.6.1.2.1.31.1.1.1.15", "ifHighSpeed" },
	[SNMP_MEMORY_KB] = { "1.3.6.1.2.1.25.2.2", "hrMemorySize" },
	[SNMP_STORAGE_TYPE] = { "1.3.6.1.2.1.25.2.3.1.2", "hrStorageType" },
	[SNMP_STORAGE_DESCR] = { "1.3.6.1.2.1.25.2.3.1.3", "hrStorageDescr" },
	[SNMP_STORAGE_UNIT] = { "1.3.6.1.2.1.25.2.3.1.4", "hrStorageAllocationUnits" },
	[SNMP_STORAGE_SIZE] = { "1.3.6.1.2.1.25.2.3.1.5", "hrStorageSize" },
	[SNMP_STORAGE_USED] = { "1.3.6.1.2.1.25.2.3.1.6", "hrStorageUsed" },
	[SNMP_UCD_TOTAL_KB] = { "1.3.6.1.4.1.2021.4.5", "memTotalReal" },
};

struct snmp_row {
	uint64_t index;
	char name[SNMP_VALUE_SIZE];
	double type, speed, status, high_speed; /* of an adapter; NAN: not said */
	bool is_ram, is_fixed;                  /* of a storage */
	double unit, size, used;
};

struct snmp_table {
	struct snmp_row *row;
	size_t rows, room;
};

struct snmp_walk {
	const struct import_source *source;
	char descr[SNMP_VALUE_SIZE], name[SNMP_VALUE_SIZE];
	double memory_kb, ucd_total_kb;
	struct snmp_table adapters, storages;
	unsigned walks; /* how often sysDescr came */
};

/* ---- one line ----------------------------------------------------------------------- */

static int snmp_hex_digit(char c)
{
	return c >= '0' && c <= '9'    ? c - '0'
		: c >= 'a' && c <= 'f' ? c - 'a' + 10
		: c >= 'A' && c <= 'F' ? c - 'A' + 10
				       : -1;
}

/* "53 6F 66" or "536f66" to its letters; what is no text becomes "?". */
static void unhex(const char *text, size_t length, char to[SNMP_VALUE_SIZE])
{
	size_t used = 0;

	for (size_t i = 0; i + 1 < length && used + 1 < SNMP_VALUE_SIZE;) {
		int high = snmp_hex_digit(text[i]), low = snmp_hex_digit(text[i + 1]);
		unsigned char c;

		if (high < 0 || low < 0) {
			i++;
			continue;
		}
		c = (unsigned char)(high * 16 + low);
		i += 2;
		if (c == 0)
			continue;
		to[used++] = c >= ' ' && c < 0x7f ? (char)c : '?';
	}
	to[used] = '\0';
}

static void plain_value(const char *text, size_t length, char to[SNMP_VALUE_SIZE])
{
	size_t used = 0;

	while (length > 0 && strchr(" \t\r\"", text[length - 1]))
		length--;
	while (length > 0 && strchr(" \t\"", *text)) {
		text++;
		length--;
	}
	for (size_t i = 0; i < length && used + 1 < SNMP_VALUE_SIZE; i++) {
		unsigned char c = (unsigned char)text[i];

		to[used++] = c >= ' ' && c < 0x7f ? (char)c : '?';
	}
	to[used] = '\0';
}

/* The number of a value: "6", "ethernetCsmacd(6)", "8166428 KBytes"; NAN. */
static double value_number(const char *value)
{
	const char *open = strchr(value, '(');
	const char *from = open && open[1] >= '0' && open[1] <= '9' ? open + 1 : value;
	size_t length = strspn(from, "0123456789");
	double number;

	return length && parse_double(from, length, &number) == 0 ? number : NAN;
}

/* "STRING: x", "Hex-STRING: 53 6F", "INTEGER:: 5", "\"x\"", "5" */
static void walk_value(const char *text, size_t length, char to[SNMP_VALUE_SIZE])
{
	static const char *const types[] = { "STRING:", "INTEGER:", "OID:", "Gauge32:",
		"Counter32:", "Counter64:", "Timeticks:", "IpAddress:", "Hex-STRING:",
		"Network Address:" };

	while (length > 0 && *text == ' ') {
		text++;
		length--;
	}
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		size_t width = strlen(types[i]);

		if (length < width || strncasecmp(text, types[i], width) != 0)
			continue;
		for (text += width, length -= width; length > 0 && *text == ':';
			text++, length--)
			;
		if (!strcmp(types[i], "Hex-STRING:")) {
			unhex(text, length, to);
			return;
		}
		break;
	}
	plain_value(text, length, to);
}

/* Which column an object is of, and the last number of its index. */
static bool find_snmp_column(const char *object, size_t length,
	enum snmp_column *ret_column, uint64_t *ret_index)
{
	const char *mib = memmem(object, length, "::", 2);
	const char *at = mib ? mib + 2 : object + (length > 0 && *object == '.');
	const char *end = object + length;

	for (unsigned i = 0; i < SNMP_COLUMNS; i++) {
		const char *wanted = mib ? columns[i].name : columns[i].oid;
		size_t width = strlen(wanted);
		const char *index = at + width + 1;

		if ((size_t)(end - at) <= width + 1 || memcmp(at, wanted, width) != 0 ||
			at[width] != '.')
			continue;
		if (parse_u64(index, (size_t)(end - index), ret_index) < 0)
			return false;
		*ret_column = (enum snmp_column)i;
		return true;
	}
	return false;
}

static int find_snmp_row(struct snmp_table *table, uint64_t index,
	struct snmp_row **ret_row, struct err *err)
{
	/* the rows of a walk come column by column, in one order */
	for (size_t i = 0; i < table->rows; i++) {
		if (table->row[i].index == index) {
			*ret_row = &table->row[i];
			return 0;
		}
	}
	if (table->rows == ROWS_MAX)
		return err_set(err, -EFBIG,
			"expected at most %d rows of a table, found more", ROWS_MAX);
	if (table->rows == table->room) {
		size_t room = table->room ? table->room * 2 : 64;
		struct snmp_row *grown = reallocarray(table->row, room, sizeof(*grown));

		if (!grown)
			return err_oom(err);
		table->row = grown;
		table->room = room;
	}
	table->row[table->rows] = (struct snmp_row){ .index = index,
		.type = NAN,
		.speed = NAN,
		.status = NAN,
		.high_speed = NAN,
		.unit = NAN,
		.size = NAN,
		.used = NAN };
	*ret_row = &table->row[table->rows++];
	return 0;
}

/* Of two walks in one file the first counts. */
static void note_walk_number(double *to, const char *value)
{
	if (isnan(*to))
		*to = value_number(value);
}

static void take_walk_adapter(
	struct snmp_row *row, enum snmp_column column, const char *value)
{
	if (column == SNMP_IF_DESCR && !*row->name)
		snprintf(row->name, sizeof(row->name), "%s", value);
	else if (column == SNMP_IF_TYPE)
		note_walk_number(&row->type, value);
	else if (column == SNMP_IF_SPEED)
		note_walk_number(&row->speed, value);
	else if (column == SNMP_IF_STATUS) {
		note_walk_number(&row->status, value);
		if (isnan(row->status) && !strcmp(value, "up"))
			row->status = STATUS_UP;
	} else if (column == SNMP_IF_HIGH_SPEED)
		note_walk_number(&row->high_speed, value);
}

static bool snmp_ends_in(const char *text, const char *end)
{
	size_t length = strlen(text), width = strlen(end);

	return length >= width && !strcmp(text + length - width, end);
}

static void take_walk_storage(
	struct snmp_row *row, enum snmp_column column, const char *value)
{
	if (column == SNMP_STORAGE_DESCR && !*row->name)
		snprintf(row->name, sizeof(row->name), "%s", value);
	else if (column == SNMP_STORAGE_TYPE) {
		row->is_ram |=
			snmp_ends_in(value, ".25.2.1.2") || snmp_ends_in(value, "Ram");
		row->is_fixed |= snmp_ends_in(value, ".25.2.1.4") ||
			snmp_ends_in(value, "FixedDisk");
	} else if (column == SNMP_STORAGE_UNIT)
		note_walk_number(&row->unit, value);
	else if (column == SNMP_STORAGE_SIZE)
		note_walk_number(&row->size, value);
	else if (column == SNMP_STORAGE_USED)
		note_walk_number(&row->used, value);
}

static int take_walk_object(struct snmp_walk *walk, enum snmp_column column,
	uint64_t index, const char *value, struct err *err)
{
	bool is_adapter = column >= SNMP_IF_DESCR && column <= SNMP_IF_HIGH_SPEED;
	struct snmp_row *row = NULL;
	int r;

	switch (column) {
	case SNMP_DESCR:
		if (walk->walks++ == 0)
			snprintf(walk->descr, sizeof(walk->descr), "%s", value);
		return 0;
	case SNMP_NAME:
		if (!*walk->name)
			snprintf(walk->name, sizeof(walk->name), "%s", value);
		return 0;
	case SNMP_MEMORY_KB:
		note_walk_number(&walk->memory_kb, value);
		return 0;
	case SNMP_UCD_TOTAL_KB:
		note_walk_number(&walk->ucd_total_kb, value);
		return 0;
	default:
		r = find_snmp_row(is_adapter ? &walk->adapters : &walk->storages, index,
			&row, err);
		if (r >= 0 && is_adapter)
			take_walk_adapter(row, column, value);
		else if (r >= 0)
			take_walk_storage(row, column, value);
		return r;
	}
}

/* "OID = TYPE: value" or "oid|tag|value"; other lines go on with a text above: not ours. */
static int take_walk_line(
	struct snmp_walk *walk, const char *line, size_t length, struct err *err)
{
	const char *bar = memchr(line, '|', length);
	const char *equals = memmem(line, length, " = ", 3), *second;
	enum snmp_column column;
	char value[SNMP_VALUE_SIZE];
	uint64_t index;
	size_t object;

	if (bar && (!equals || bar < equals)) {
		second = memchr(bar + 1, '|', length - (size_t)(bar + 1 - line));
		if (!second ||
			!find_snmp_column(line, (size_t)(bar - line), &column, &index))
			return 0;
		if (second[-1] == 'x')
			unhex(second + 1, length - (size_t)(second + 1 - line), value);
		else
			plain_value(second + 1, length - (size_t)(second + 1 - line),
				value);
		return take_walk_object(walk, column, index, value, err);
	}
	if (!equals)
		return 0;
	for (object = (size_t)(equals - line); object > 0 && line[object - 1] == ' ';
		object--)
		;
	if (!find_snmp_column(line, object, &column, &index))
		return 0;
	walk_value(equals + 3, length - (size_t)(equals + 3 - line), value);
	return take_walk_object(walk, column, index, value, err);
}

/* ---- facts -------------------------------------------------------------------------- */

static bool is_system_volume(const char *name)
{
	return !strcmp(name, "/") || !strncasecmp(name, "C:\\", 3);
}

/* What the kernel keeps in memory or shows of itself is no disk. */
static bool is_disk_volume(const struct snmp_row *row)
{
	static const char *const others[] = { "/dev", "/run", "/sys", "/proc",
		"/snap" };

	if (!row->is_fixed || isnan(row->unit) || isnan(row->size))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		if (!strncmp(row->name, others[i], strlen(others[i])))
			return false;
	}
	return true;
}

static double walk_memory_bytes(const struct snmp_walk *walk)
{
	if (walk->memory_kb > 0)
		return walk->memory_kb * 1024;
	if (walk->ucd_total_kb > 0)
		return walk->ucd_total_kb * 1024;
	for (size_t i = 0; i < walk->storages.rows; i++) {
		const struct snmp_row *row = &walk->storages.row[i];

		if (row->is_ram && !strncasecmp(row->name, "Physical memory", 15))
			return row->size * row->unit;
	}
	return NAN;
}

static int put_walk_number(struct import_sink *sink, uint32_t workload, const char *key,
	double value, struct err *err)
{
	char text[40];

	if (!(value >= 0 && value < 1e15))
		return 0;
	snprintf(text, sizeof(text), "%.15g", value);
	return sink->put_fact(sink, workload, key, text, err);
}

/* Windows shows each layer above an adapter beside it: "...-QoS Packet Scheduler-0000". */
static bool is_filter(const char *name)
{
	size_t length = strlen(name);

	return length > 5 && name[length - 5] == '-' &&
		strspn(name + length - 4, "0123456789") == 4;
}

static int put_walk_adapters(const struct snmp_walk *walk, struct import_sink *sink,
	uint32_t workload, struct err *err)
{
	double count = 0, speed_bps = 0;
	int r;

	for (size_t i = 0; i < walk->adapters.rows; i++) {
		const struct snmp_row *row = &walk->adapters.row[i];

		if (row->type != TYPE_ETHERNET || row->status != STATUS_UP ||
			!device_is_adapter(row->name, strlen(row->name)) ||
			is_filter(row->name))
			continue;
		count++;
		speed_bps += row->high_speed > 0 ? row->high_speed * 1e6
			: row->speed > 0         ? row->speed
						 : 0;
	}
	if (count == 0)
		return 0;
	r = put_walk_number(sink, workload, "adapters", count, err);
	return r < 0 || speed_bps == 0
		? r
		: put_walk_number(sink, workload, "network.speed_bps", speed_bps, err);
}

static int put_walk_volumes(const struct snmp_walk *walk, struct import_sink *sink,
	uint32_t workload, struct err *err)
{
	double bytes = 0;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < walk->storages.rows; i++) {
		const struct snmp_row *row = &walk->storages.row[i];

		if (!is_disk_volume(row))
			continue;
		bytes += row->size * row->unit;
		if (is_system_volume(row->name) && row->used <= row->size)
			r = put_walk_number(sink, workload, "root_free_gb",
				(row->size - row->used) * row->unit / 1073741824, err);
	}
	return r < 0 || bytes == 0
		? r
		: put_walk_number(sink, workload, "disk.size_bytes", bytes, err);
}

/* Windows puts its hardware in front. */
static const char *system_of(const char *descr)
{
	const char *software = strstr(descr, "Software: ");

	return software && software[10] ? software + 10 : descr;
}

static int put_walk(
	const struct snmp_walk *walk, struct import_sink *sink, struct err *err)
{
	const struct text_place place = { walk->source->path, 1 };
	const char *name = walk->name;
	size_t length = strlen(name);
	uint32_t workload = 0;
	int r = 0;

	if (!*name || (walk->source->options && walk->source->options->workload))
		r = importer_default_name(walk->source, &name, &length, err);
	if (r >= 0)
		r = text_name(&place, "sysName", name, length, err);
	if (r >= 0)
		r = sink->find_workload(sink, name, length, &workload, err);
	if (r >= 0 && *walk->descr)
		r = sink->put_fact(sink, workload, "os", system_of(walk->descr), err);
	if (r >= 0)
		r = put_walk_number(sink, workload, "memory.total_bytes",
			walk_memory_bytes(walk), err);
	if (r >= 0)
		r = put_walk_adapters(walk, sink, workload, err);
	if (r >= 0)
		r = put_walk_volumes(walk, sink, workload, err);
	if (r >= 0 && walk->walks > 1)
		r = account_warn(sink->account, err,
			"it holds %u walks: of what comes twice the first is taken; one "
			"file for each machine is better",
			walk->walks);
	return r;
}

static bool walk_has_facts(const struct snmp_walk *walk)
{
	return *walk->descr || walk->adapters.rows || walk->storages.rows ||
		!isnan(walk_memory_bytes(walk));
}

static int snmp_read(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	struct snmp_walk walk = {
		.source = source, .memory_kb = NAN, .ucd_total_kb = NAN
	};
	char *text = NULL;
	size_t length = 0;
	int r = bytes_slurp(source->bytes, WALK_BYTES_MAX, &text, &length, err);

	/* a walk that was cut has its facts all the same: its last line needs no end */
	for (size_t at = 0; r >= 0 && at < length;) {
		const char *stop = memchr(text + at, '\n', length - at);
		size_t width = stop ? (size_t)(stop - text) - at : length - at;

		r = take_walk_line(&walk, text + at, width, err);
		at += width + 1;
	}
	free(text);
	if (r >= 0 && walk_has_facts(&walk))
		r = put_walk(&walk, sink, err);
	free(walk.adapters.row);
	free(walk.storages.row);
	return r;
}

/* An object's number with a value behind it, among the first lines. */
static int snmp_recognise(const struct import_head *head)
{
	const char *line = head->text, *end = head->text + head->length;

	for (unsigned i = 0; i < 20 && line < end; i++) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		size_t length = (size_t)((stop ? stop : end) - line);
		size_t number = strspn(line, "0123456789.");

		if (number >= 12 && number < length && memmem(line, 8, "1.3.6.1.", 8) &&
			(line[number] == '|' || memmem(line, length, " = ", 3)))
			return IMPORT_SURE;
		if (number >= 12 && number < length && !memcmp(line, ".1.3.6.1.", 9) &&
			memmem(line, length, " = ", 3))
			return IMPORT_SURE;
		if (length > 20 && !memcmp(line, "SNMPv2-MIB::sys", 15))
			return IMPORT_SURE;
		line += length + 1;
	}
	return IMPORT_NOT_MINE;
}

const struct importer snmp_importer = {
	.name = "snmp",
	.help = "SNMP walks, as text of snmpwalk or as snmprec: facts",
	.example = "analyze import snmp --workload web1 web1.snmpwalk",
	.is_confined = true,
	.recognise = snmp_recognise,
	.read = snmp_read,
};
