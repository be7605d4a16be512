#include "analyze/report/validate_document.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COUNT_SHOWN_MAX 40 /* names of a list that are printed one by one */

static const char *said(const char *text)
{
	return text ? text : "not known";
}

static const char *said_answer(enum answer answer)
{
	return answer == ANSWER_YES   ? "True"
		: answer == ANSWER_NO ? "False"
				      : "not known";
}

static const char *number_text(double number, char text[32])
{
	if (isnan(number))
		return "not known";
	(void)snprintf(text, 32, "%.0f", number);
	return text;
}

/* ---- the machine, in the order that such reports have -------------------------------- */

static void add_system(struct document *document, const struct machine *machine)
{
	double processors = isnan(machine->general.threads) ? machine->general.cores
							    : machine->general.threads;
	char number[32];

	doc_heading(document, "System");
	doc_line(document, "  Name: %s", said(machine->name));
	if (isnan(machine->general.memory_bytes))
		doc_line(document, "  Memory: not known");
	else
		doc_line(document, "  Memory: %.0fMB",
			floor(machine->general.memory_bytes / 1048576));
	doc_line(document, "  Processors: %s", number_text(processors, number));
	doc_line(document, "  HAL: %s", said(machine->os.hal));
	doc_line(document, "  OS: %s", said(machine->os.name));
	doc_line(document, "  OS Version: %s%s%s", said(machine->os.version),
		machine->os.service_pack ? " " : "",
		machine->os.service_pack ? machine->os.service_pack : "");
}

static void add_network(struct document *document, const struct machine *machine)
{
	const struct machine_adapter *adapter = machine->network.item;

	doc_heading(document, "Network");
	for (size_t i = 0; i < machine->network.count; i++) {
		doc_line(document, "  Network Card[%zu]: %s", i, said(adapter[i].name));
		doc_line(document, "    MAC[%zu]: %s", i, said(adapter[i].mac));
		doc_line(document, "    DHCP: %s", said_answer(adapter[i].dhcp));
		doc_line(document, "    PrimaryNic: %s",
			said_answer(adapter[i].primary));
	}
}

static void add_controllers_and_volumes(
	struct document *document, const struct machine *machine)
{
	const struct machine_controller *controller = machine->storage.controllers.item;
	const struct machine_volume *volume = machine->storage.volumes.item;
	char number[32];

	doc_heading(document, "Storage Controller");
	for (size_t i = 0; i < machine->storage.controllers.count; i++)
		doc_line(document, "  %s: %s", said(controller[i].name),
			said(controller[i].kind));
	doc_heading(document, "Logical Drive");
	doc_line(document, "  Count: %zu", machine->storage.volumes.count);
	for (size_t i = 0; i < machine->storage.volumes.count; i++)
		doc_line(document, "  %s %s bytes, %s, hosts Windows: %s",
			said(volume[i].name), number_text(volume[i].bytes, number),
			said(volume[i].fs), said_answer(volume[i].windows));
}

/* Can an image of it be taken?  Of a basic disk, not of the box of logical ones. */
static enum answer can_capture(
	const struct machine_disk *disk, const struct machine_partition *part)
{
	if (disk->kind && strcmp(disk->kind, "dynamic") == 0)
		return ANSWER_NO;
	return part->extended == ANSWER_YES ? ANSWER_NO : ANSWER_YES;
}

static void print_partitions(struct document *document, const struct machine_disk *disk)
{
	const struct machine_partition *part = disk->partitions.item;
	char number[32], drives[512];

	for (size_t p = 0; p < disk->partitions.count; p++) {
		size_t length = 0;

		drives[0] = '\0';
		for (size_t v = 0; v < part[p].volumes.count && length < sizeof(drives);
			v++)
			length += (size_t)snprintf(drives + length,
				sizeof(drives) - length, " %s",
				part[p].volumes.text[v]);
		doc_line(document,
			"    Partition %.0f: %s bytes, primary: %s, bootable: %s, hosts "
			"Windows: %s, able to capture: %s, extended: %s, boot.ini: %s, "
			"logical drives:%s",
			part[p].number, number_text(part[p].bytes, number),
			said_answer(part[p].primary), said_answer(part[p].bootable),
			said_answer(part[p].windows),
			said_answer(can_capture(disk, &part[p])),
			said_answer(part[p].extended), said_answer(part[p].boot_ini),
			*drives ? drives : " none");
	}
}

static void add_disks(struct document *document, const struct machine *machine)
{
	const struct machine_disk *disk = machine->storage.disks.item;
	const struct machine_device *device = machine->secondary.item;
	char number[32];

	doc_heading(document, "Hard Disk");
	doc_line(document, "  Count: %zu", machine->storage.disks.count);
	for (size_t i = 0; i < machine->storage.disks.count; i++) {
		doc_line(document, "  %s: %s bytes, %s", said(disk[i].device),
			number_text(disk[i].bytes, number), said(disk[i].kind));
		print_partitions(document, &disk[i]);
	}
	doc_heading(document, "CDROM");
	for (size_t i = 0; i < machine->secondary.count; i++) {
		if (strcmp(device[i].class, "cdrom") == 0)
			doc_line(document, "  %s", said(device[i].name));
	}
}

static void add_count(
	struct document *document, const char *title, size_t count, bool is_known)
{
	doc_heading(document, "%s", title);
	if (is_known)
		doc_line(document, "  Count: %zu", count);
	else
		doc_line(document, "  not known");
}

static void add_texts(
	struct document *document, const char *title, const struct machine_texts *texts)
{
	add_count(document, title, texts->count, texts->is_known);
	for (size_t i = 0; i < texts->count && i < COUNT_SHOWN_MAX; i++)
		doc_line(document, "  %s", texts->text[i]);
	if (texts->count > COUNT_SHOWN_MAX)
		doc_line(document, "  and %zu more", texts->count - COUNT_SHOWN_MAX);
}

static void add_software(struct document *document, const struct machine *machine)
{
	const struct machine_disk *disk = machine->storage.disks.item;
	const struct machine_partition *part;

	add_count(document, "Services", machine->software.services.count,
		machine->software.services.is_known);
	add_count(document, "Drivers", machine->software.drivers.count,
		machine->software.drivers.is_known);
	add_texts(document, "Auto Run Programs", &machine->software.auto_run);
	add_count(document, "System Files", machine->software.system_files.count,
		machine->software.system_files.is_known);
	add_count(document, "Hotfixes", machine->software.updates.count,
		machine->software.updates.is_known);
	add_texts(document, "MountedDevices", &machine->storage.mounted);
	doc_heading(document, "Mapping Storage Devices");
	for (size_t i = 0; i < machine->storage.disks.count; i++) {
		part = disk[i].partitions.item;
		for (size_t p = 0; p < disk[i].partitions.count; p++) {
			for (size_t v = 0; v < part[p].volumes.count; v++)
				doc_line(document, "  %s is partition %.0f of %s",
					part[p].volumes.text[v], part[p].number,
					said(disk[i].device));
		}
	}
}

/* ---- what does not fit ------------------------------------------------------------------ */

static enum color severity_tone(enum check_severity severity)
{
	return severity == CHECK_BLOCKER    ? COLOR_BAD
		: severity == CHECK_WARNING ? COLOR_WARN
					    : COLOR_NONE;
}

static void add_text_findings(
	struct document *document, const struct validation *validation)
{
	for (size_t i = 0; i < validation->count; i++) {
		const struct incompatibility *one = &validation->item[i];

		doc_line(document, "%s", "");
		doc_span(document, severity_tone(one->severity), "%s",
			check_severity_name(one->severity));
		doc_span(document, COLOR_NONE, " %s at %s: %s", one->rule, one->at,
			one->text);
		if (one->remedy)
			doc_line(document, "  remedy: %s", one->remedy);
		doc_line(document, "  source: %s, checked %s", one->source,
			one->checked);
	}
	for (size_t i = 0; i < validation->missing_count; i++) {
		const struct missing_file *missing = &validation->missing[i];

		doc_line(document, "missing file %s: it is in %s", missing->file,
			missing->held_by);
		doc_line(document,
			"  remedy: extract that update first, then load the file into the "
			"cache with VmPatch");
	}
	if (validation->count == 0 && validation->missing_count == 0)
		doc_line(document, "No incompatibilities found.");
	doc_line(document, validation->is_success ? "Success." : "Failed.");
}

static void add_json_findings(
	struct document *document, const struct validation *validation)
{
	static const struct doc_column columns[] = {
		{ "rule", NULL, 0, 0, NULL },
		{ "severity", NULL, 0, 0, NULL },
		{ "at", NULL, 0, 0, NULL },
		{ "text", NULL, 0, 0, NULL },
		{ "remedy", NULL, 0, 0, NULL },
		{ "source", NULL, 0, 0, NULL },
		{ "checked", NULL, 0, 0, NULL },
		{ "judged", NULL, 0, 0, NULL },
	};
	static const struct doc_column file_columns[] = {
		{ "file", NULL, 0, 0, NULL },
		{ "held_by", NULL, 0, 0, NULL },
	};
	struct doc_table *table = doc_table(document, IN_MACHINE, "incompatibilities",
		TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < validation->count; i++) {
		const struct incompatibility *one = &validation->item[i];

		DOC_ROW(table, cell_text(one->rule),
			cell_text(check_severity_name(one->severity)),
			cell_text(one->at), cell_text(one->text),
			cell_text(one->remedy), cell_text(one->source),
			cell_text(one->checked), cell_bool(!one->is_unknown));
	}
	table = doc_table(document, IN_JSON, "missing_files", TABLE_ROWS, file_columns,
		ARRAY_LEN(file_columns));
	for (size_t i = 0; i < validation->missing_count; i++)
		DOC_ROW(table, cell_text(validation->missing[i].file),
			cell_text(validation->missing[i].held_by));
}

struct document *validate_document(const struct validation *validation)
{
	const struct machine *machine = validation->machine;
	const char *partition = *validation->partition ? validation->partition : NULL;
	struct document *document = document_new("validate");

	doc_fact(document, IN_JSON | IN_KV, "name", NULL, cell_text(machine->name));
	doc_fact(document, IN_JSON | IN_KV, "target", NULL,
		cell_text(validation->target->id));
	doc_fact(document, IN_JSON | IN_KV, "windows_partition", NULL,
		cell_text(partition));
	doc_fact(
		document, IN_JSON | IN_KV, "pxe_mac", NULL, cell_text(validation->mac));
	doc_line(document, "Headroom: is %s ready for %s (%s)?", said(machine->name),
		validation->target->title, validation->target->id);
	add_system(document, machine);
	add_network(document, machine);
	add_controllers_and_volumes(document, machine);
	add_disks(document, machine);
	add_software(document, machine);
	doc_gap(document);
	doc_line(document, "%s partition used: %s",
		partition && partition[0] == '/' ? "System" : "Windows",
		said(partition));
	doc_line(document, "MAC used for PXE: %s", said(validation->mac));
	doc_gap(document);
	doc_line(document, "Checking ...");
	add_text_findings(document, validation);
	add_json_findings(document, validation);
	doc_fact(document, IN_JSON | IN_KV, "success", NULL,
		cell_bool(validation->is_success));
	return document;
}
