#include "analyze/report/first_look_document.h"

#include "analyze/document/quantity.h"
#include "common/util.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void add_labelled(
	struct document *document, const char *label, const char *value)
{
	if (*value)
		doc_line(document, "  %-9s %s", label, value);
}

static const char *or_nothing(const char *text)
{
	return text ? text : "";
}

static void add_devices(struct document *document, const struct machine *machine)
{
	const struct machine_disk *disk = machine->storage.disks.item;
	const struct machine_adapter *adapter = machine->network.item;
	char words[256], figure[QUANTITY_SIZE];
	double bytes = 0, mbps = 0;

	for (size_t i = 0; i < machine->storage.disks.count; i++)
		bytes += isnan(disk[i].bytes) ? 0 : disk[i].bytes;
	snprintf(words, sizeof(words), "%zu counted, %s", machine->storage.disks.count,
		quantity_bytes(bytes, figure));
	add_labelled(document, "disks", words);
	for (size_t i = 0; i < machine->network.count; i++)
		mbps += isnan(adapter[i].speed_mbps) ? 0 : adapter[i].speed_mbps;
	snprintf(words, sizeof(words), "%zu counted, %s", machine->network.count,
		mbps > 0 ? quantity_text(mbps * 1e6, RESOURCE_NETWORK, figure)
			 : "speed unknown");
	add_labelled(document, "network", words);
}

static void add_machine(struct document *document, const struct machine *machine)
{
	double mhz = machine->general.core_mhz;
	char words[512], figure[QUANTITY_SIZE];

	add_labelled(document, "name", or_nothing(machine->name));
	snprintf(words, sizeof(words), "%s, kernel %s", or_nothing(machine->os.name),
		or_nothing(machine->os.kernel));
	add_labelled(document, "system", words);
	snprintf(words, sizeof(words), "%s, %.0f cores, %.0f threads, %s",
		or_nothing(machine->general.processor), machine->general.cores,
		machine->general.threads,
		isnan(mhz) ? "clock unknown"
			   : quantity_text(mhz, RESOURCE_CPU, figure));
	add_labelled(document, "processor", words);
	add_labelled(document, "memory",
		quantity_bytes(machine->general.memory_bytes, figure));
	add_devices(document, machine);
	add_labelled(document, "runs on",
		machine->kind && strcmp(machine->kind, "physical") == 0
			? "hardware"
			: or_nothing(machine->hypervisor ? machine->hypervisor
							 : machine->kind));
}

struct document *first_look_machine(const struct machine *machine,
	const struct first_look_history *history, size_t count, const char *dir)
{
	struct document *document = document_new("first-look");

	doc_heading(document, "This machine");
	if (machine)
		add_machine(document, machine);
	else
		doc_line(document, "  its inventory cannot be read");
	for (size_t i = 0; i < count; i++)
		doc_line(document, "  history   %s in %s", history[i].what,
			history[i].path);
	if (count > 0)
		doc_line(document,
			"            to read them too: analyze first-look --import");
	if (count == 0)
		add_labelled(document, "history",
			"no sar, atop, collectd or PCP history found");
	add_labelled(document, "store", dir);
	return document;
}

struct document *first_look_part(const char *title, const char *text)
{
	struct document *document = document_new("first-look");

	if (title) {
		doc_gap(document);
		doc_heading(document, "%s", title);
	}
	while (*text) {
		size_t length = strcspn(text, "\n");

		doc_line(document, "  %.*s", (int)length, text);
		text += length + (text[length] == '\n');
	}
	return document;
}

struct document *first_look_note(const char *what, const char *text, bool has_gap)
{
	struct document *document = document_new("first-look");

	if (has_gap)
		doc_gap(document);
	doc_line(document, "%s%s", what, text);
	return document;
}

struct document *first_look_next(const char *prefix, const char *sample_dir)
{
	static const struct {
		const char *why, *program, *arguments;
		bool is_sample;
	} next[] = {
		{ "sample this machine from now on, every 10 s, until ^C; no root needed",
			"collectord", "--data ~/headroom", false },
		{ "meanwhile or later: what is stored, and the peaks", "analyze",
			"status --data ~/headroom", false },
		{ NULL, "analyze", "peaks --data ~/headroom", false },
		{ "one of the samples in detail", "analyze", "peaks erp-db --data ",
			true },
		{ "bring in what you have recorded elsewhere", "analyze",
			"import csv FILE... --data ~/headroom", false },
		{ "everything else", "analyze", "help", false },
	};
	struct document *document = first_look_part("What to try next", "");

	for (size_t i = 0; i < ARRAY_LEN(next); i++) {
		if (next[i].why)
			doc_line(document, "  # %s", next[i].why);
		doc_line(document, "  %s%s %s%s", prefix, next[i].program,
			next[i].arguments, next[i].is_sample ? sample_dir : "");
	}
	doc_gap(document);
	doc_line(document,
		"Two weeks of sampling give a first verdict, four cover a month end.");
	return document;
}
