/*
 * Workbooks of RVTools (.xlsx): what the VMs of an estate are, as facts.  Sheets and
 * columns are found by name, in either case, with the unit in the heading or without it
 * (then MiB).  vInfo is believed before vCPU and vMemory, which fill what it leaves out.
 */
#include "analyze/import/formats/workbook_hosts.h"
#include "analyze/import/importer.h"
#include "analyze/import/names.h"
#include "analyze/import/readers/sheet.h"
#include "common/util.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define VMS_MAX 200000
#define DISKS_TEXT_MAX 1000
#define MIB_PER_GIB 1024.0

enum workbook_column {
	COLUMN_VM,
	COLUMN_TEMPLATE,
	COLUMN_CPUS,
	COLUMN_MEMORY,
	COLUMN_NICS,
	COLUMN_FIRMWARE,
	COLUMN_OS,
	COLUMN_TOOLS_OS,
	COLUMN_CAPACITY,
	COLUMN_RAW,
	COLUMN_THIN,
	COLUMN_DISK,
	COLUMN_FREE,
	COLUMN_COUNT,
};

static const struct {
	const char *heading; /* without its unit */
	enum workbook_column column;
} headings[] = {
	{ "VM", COLUMN_VM },
	{ "Template", COLUMN_TEMPLATE },
	{ "CPUs", COLUMN_CPUS },
	{ "Memory", COLUMN_MEMORY },
	{ "Size", COLUMN_MEMORY },
	{ "NICs", COLUMN_NICS },
	{ "Firmware", COLUMN_FIRMWARE },
	{ "OS according to the configuration file", COLUMN_OS },
	{ "OS according to the VMware Tools", COLUMN_TOOLS_OS },
	{ "Capacity", COLUMN_CAPACITY },
	{ "Raw", COLUMN_RAW },
	{ "Thin", COLUMN_THIN },
	{ "Disk", COLUMN_DISK },
	{ "Free", COLUMN_FREE },
};

static const struct {
	const char *unit;
	double mib;
} units[] = { { "KiB", 1 / 1024.0 }, { "KB", 1 / 1024.0 }, { "MiB", 1 }, { "MB", 1 },
	{ "GiB", 1024 }, { "GB", 1024 } };

struct vm {
	double cpus, memory_mib, nics, root_free_mib; /* NAN: not said */
	char os[120], firmware[8];
	bool is_template, has_raw, has_disks;
	unsigned disks, disks_left_out, adapters; /* adapters: rows of vNetwork */
	char disk_text[DISKS_TEXT_MAX];
};

struct estate_reading {
	const struct import_source *source;
	struct import_sink *sink;
	const char *sheet;
	struct names names;
	struct vm *vm;
	uint32_t room;
	uint64_t row;
	bool has_header;
	size_t place[COLUMN_COUNT]; /* of the sheet; SIZE_MAX: there is none */
	double mib[COLUMN_COUNT];
};

/* ---- the heading ---------------------------------------------------------------------------- */

static void find_heading(struct estate_reading *reading, const char *text, size_t at)
{
	size_t length = strlen(text);
	double mib = 1;

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		size_t unit = strlen(units[i].unit);

		if (length > unit + 1 && text[length - unit - 1] == ' ' &&
			!strcasecmp(text + length - unit, units[i].unit)) {
			length -= unit + 1;
			mib = units[i].mib;
			break;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(headings); i++) {
		enum workbook_column column = headings[i].column;

		if (strlen(headings[i].heading) != length ||
			strncasecmp(headings[i].heading, text, length) != 0 ||
			reading->place[column] != SIZE_MAX)
			continue;
		reading->place[column] = at;
		reading->mib[column] = mib;
	}
}

static int take_heading(struct estate_reading *reading, const char *const *cell,
	size_t count, struct err *err)
{
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		reading->place[i] = SIZE_MAX;
	for (size_t i = 0; i < count; i++)
		find_heading(reading, cell[i], i);
	reading->has_header = true;
	return reading->place[COLUMN_VM] != SIZE_MAX
		? 0
		: err_set(err, -EINVAL, "row 1: expected a column VM, found none");
}

/* ---- a row ---------------------------------------------------------------------------------- */

static const char *cell_of(const struct estate_reading *reading,
	const char *const *cell, size_t count, enum workbook_column column)
{
	size_t place = reading->place[column];

	return place < count ? cell[place] : "";
}

/* NAN: blank, or there is no such column. */
static int number_of(const struct estate_reading *reading, const char *const *cell,
	size_t count, enum workbook_column column, double *ret_value, struct err *err)
{
	const char *text = cell_of(reading, cell, count, column);
	char quoted[TEXT_QUOTE_SIZE];

	*ret_value = NAN;
	if (!*text)
		return 0;
	if (!text_is_number(text, strlen(text), ret_value))
		return err_set(err, -EINVAL,
			"row %llu, column %zu: expected a number >= 0, found \"%s\"",
			(unsigned long long)reading->row, reading->place[column] + 1,
			text_quote(text, strlen(text), quoted));
	*ret_value *= reading->mib[column];
	return 0;
}

static bool is_true(const char *text)
{
	return !strcasecmp(text, "true") || !strcmp(text, "1") ||
		!strcasecmp(text, "yes");
}

static int find_vm(struct estate_reading *reading, const char *name, struct vm **ret_vm,
	struct err *err)
{
	const struct text_place place = { reading->source->path, reading->row };
	struct vm *grown;
	uint32_t number;
	int r = text_name(&place, "VM", name, strlen(name), err);

	if (r < 0)
		return r;
	r = names_number(&reading->names, name, strlen(name), VMS_MAX, &number);
	if (r == -ENOMEM)
		return err_oom(err);
	if (r < 0)
		return err_set(
			err, -EFBIG, "expected at most %d VMs, found more", VMS_MAX);
	if (number >= reading->room) {
		uint32_t room = reading->room ? reading->room * 2 : 64;

		grown = reallocarray(reading->vm, room, sizeof(*grown));
		if (!grown)
			return err_oom(err);
		for (uint32_t i = reading->room; i < room; i++)
			grown[i] = (struct vm){ .cpus = NAN,
				.memory_mib = NAN,
				.nics = NAN,
				.root_free_mib = NAN };
		reading->vm = grown;
		reading->room = room;
	}
	*ret_vm = &reading->vm[number];
	return 0;
}

static void note_system(
	struct vm *vm, const char *os, const char *tools_os, const char *firmware)
{
	const char *better = *tools_os ? tools_os : os;

	if (!*vm->os)
		snprintf(vm->os, sizeof(vm->os), "%s", better);
	if (!strcasecmp(firmware, "efi") || !strcasecmp(firmware, "uefi"))
		snprintf(vm->firmware, sizeof(vm->firmware), "uefi");
	else if (!strcasecmp(firmware, "bios"))
		snprintf(vm->firmware, sizeof(vm->firmware), "bios");
}

/* "disk1:40.5:dynamic,disk2:100" */
static void note_disk(struct vm *vm, double capacity_mib, bool is_raw, bool is_thin)
{
	size_t used = strlen(vm->disk_text);
	char text[64];

	vm->has_raw |= is_raw;
	vm->has_disks = true;
	if (isnan(capacity_mib))
		return;
	snprintf(text, sizeof(text), "%sdisk%u:%.10g%s", used ? "," : "", ++vm->disks,
		capacity_mib / MIB_PER_GIB, is_thin ? ":dynamic" : "");
	if (used + strlen(text) < sizeof(vm->disk_text))
		memcpy(vm->disk_text + used, text, strlen(text) + 1);
	else
		vm->disks_left_out++;
}

static void note_numbers(struct vm *vm, double cpus, double memory_mib, double nics)
{
	if (isnan(vm->cpus) && cpus > 0)
		vm->cpus = cpus;
	if (isnan(vm->memory_mib) && memory_mib > 0)
		vm->memory_mib = memory_mib;
	if (isnan(vm->nics))
		vm->nics = nics;
}

/* A column that the sheet does not have reads as empty, so that one function takes
 * the rows of every sheet; the sheet's name says what else a row tells. */
static int estate_row(
	void *data, const char *const *cell, size_t count, struct err *err)
{
	struct estate_reading *reading = data;
	double cpus, memory, nics, capacity, free_mib;
	const char *name, *disk;
	struct vm *vm = NULL;
	int r;

	reading->row++;
	if (!reading->has_header)
		return take_heading(reading, cell, count, err);
	name = cell_of(reading, cell, count, COLUMN_VM);
	if (!*name)
		return 0;
	r = number_of(reading, cell, count, COLUMN_CPUS, &cpus, err);
	if (r >= 0)
		r = number_of(reading, cell, count, COLUMN_MEMORY, &memory, err);
	if (r >= 0)
		r = number_of(reading, cell, count, COLUMN_NICS, &nics, err);
	if (r >= 0)
		r = number_of(reading, cell, count, COLUMN_CAPACITY, &capacity, err);
	if (r >= 0)
		r = number_of(reading, cell, count, COLUMN_FREE, &free_mib, err);
	if (r >= 0)
		r = find_vm(reading, name, &vm, err);
	if (r < 0)
		return r;
	vm->is_template |= is_true(cell_of(reading, cell, count, COLUMN_TEMPLATE));
	note_numbers(vm, cpus, memory, nics);
	note_system(vm, cell_of(reading, cell, count, COLUMN_OS),
		cell_of(reading, cell, count, COLUMN_TOOLS_OS),
		cell_of(reading, cell, count, COLUMN_FIRMWARE));
	disk = cell_of(reading, cell, count, COLUMN_DISK);
	if (!strcmp(reading->sheet, "vDisk"))
		note_disk(vm, capacity,
			is_true(cell_of(reading, cell, count, COLUMN_RAW)),
			is_true(cell_of(reading, cell, count, COLUMN_THIN)));
	else if (!strcmp(reading->sheet, "vNetwork"))
		vm->adapters++;
	else if (!strcmp(disk, "/") || !strcasecmp(disk, "C:\\"))
		vm->root_free_mib = free_mib;
	return 0;
}

/* ---- facts ---------------------------------------------------------------------------------- */

static int put_fact_number(struct estate_reading *reading, uint32_t workload,
	const char *key, double value, struct err *err)
{
	char text[40];

	if (isnan(value))
		return 0;
	snprintf(text, sizeof(text), "%.15g", value);
	return reading->sink->put_fact(reading->sink, workload, key, text, err);
}

static int put_fact_word(struct estate_reading *reading, uint32_t workload,
	const char *key, const char *value, struct err *err)
{
	return *value
		? reading->sink->put_fact(reading->sink, workload, key, value, err)
		: 0;
}

static int put_vm(struct estate_reading *reading, const char *name, const struct vm *vm,
	struct err *err)
{
	uint32_t workload;
	int r = reading->sink->find_workload(
		reading->sink, name, strlen(name), &workload, err);

	if (r >= 0)
		r = put_fact_number(reading, workload, "cpu.cores", vm->cpus, err);
	if (r >= 0)
		r = put_fact_number(reading, workload, "memory.total_bytes",
			vm->memory_mib * 1048576, err);
	if (r >= 0)
		r = put_fact_number(reading, workload, "adapters",
			isnan(vm->nics) && vm->adapters ? vm->adapters : vm->nics, err);
	if (r >= 0)
		r = put_fact_number(reading, workload, "root_free_gb",
			vm->root_free_mib / MIB_PER_GIB, err);
	if (r >= 0)
		r = put_fact_word(reading, workload, "os", vm->os, err);
	if (r >= 0)
		r = put_fact_word(reading, workload, "firmware", vm->firmware, err);
	/* a list that is cut would be wrong: rather none */
	if (r >= 0 && vm->disks_left_out == 0)
		r = put_fact_word(reading, workload, "disks", vm->disk_text, err);
	if (r >= 0 && vm->has_disks)
		r = put_fact_word(reading, workload, "raw_disks",
			vm->has_raw ? "yes" : "no", err);
	return r < 0 ? r : put_fact_word(reading, workload, "machine", "vmware", err);
}

static int put_vms(struct estate_reading *reading, struct err *err)
{
	unsigned templates = 0;
	int r = 0;

	for (uint32_t i = 0; r >= 0 && i < reading->names.count; i++) {
		if (reading->vm[i].is_template)
			templates++;
		else
			r = put_vm(
				reading, reading->names.name[i], &reading->vm[i], err);
	}
	return r < 0 || templates == 0
		? r
		: account_warn(reading->sink->account, err,
			  "%u of its VMs are templates: they are left out", templates);
}

static int workbook_recognise(const struct import_head *head)
{
	return head->length > 4 && !memcmp(head->text, "PK\x03\x04", 4) &&
			(memmem(head->text, head->length, "xl/", 3) ||
				memmem(head->text, head->length, "[Content_Types].xml",
					19))
		? IMPORT_LIKELY
		: IMPORT_NOT_MINE;
}

static int workbook_importer_read(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	static const char *const sheets[] = { "vInfo", "vCPU", "vMemory", "vDisk",
		"vPartition", "vNetwork" };
	struct estate_reading reading = { .source = source, .sink = sink };
	struct workbook *workbook = NULL;
	bool has_any = false;
	int r = spreadsheet_open(source->bytes, &workbook, err);

	for (size_t i = 0; r >= 0 && i < ARRAY_LEN(sheets); i++) {
		reading.sheet = sheets[i];
		reading.has_header = false;
		reading.row = 0;
		r = spreadsheet_read(workbook, sheets[i], estate_row, &reading, err);
		has_any |= r > 0;
	}
	if (r >= 0)
		r = workbook_hosts_read(workbook, sink, err);
	has_any |= r > 0;
	if (r >= 0 && !has_any)
		r = err_set(err, -EINVAL,
			"expected a workbook of RVTools (sheets vInfo, vCPU, vMemory, "
			"vDisk, vPartition, vNetwork, vHost), found none of them");
	if (r < 0 && !strstr(err->text, source->path))
		r = err_wrap(err, r, "%s", source->path);
	if (r >= 0)
		r = put_vms(&reading, err);
	spreadsheet_close(workbook);
	names_done(&reading.names);
	free(reading.vm);
	return r < 0 ? r : 0;
}

const struct importer workbook_importer = {
	.name = "workbook",
	.help = "workbooks of RVTools (.xlsx): facts of the VMs, --hosts-out the hosts",
	.example = "analyze import workbook RVTools_export.xlsx",
	.is_confined = true,
	.recognise = workbook_recognise,
	.read = workbook_importer_read,
};
