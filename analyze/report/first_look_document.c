#include "analyze/report/first_look_document.h"

#include "analyze/document/quantity.h"
#include "common/util.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
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
	size_t disks = machine->storage.disks.count, adapters = machine->network.count;
	size_t unknown = 0;

	for (size_t i = 0; i < disks; i++) {
		bytes += isnan(disk[i].bytes) ? 0 : disk[i].bytes;
		unknown += isnan(disk[i].bytes) ? 1 : 0;
	}
	if (unknown == disks)
		snprintf(words, sizeof(words), "%zu counted%s", disks,
			disks ? ", size unknown" : "");
	else if (unknown)
		snprintf(words, sizeof(words),
			"%zu counted, %s, the size of %zu unknown", disks,
			quantity_bytes(bytes, figure), unknown);
	else
		snprintf(words, sizeof(words), "%zu counted, %s", disks,
			quantity_bytes(bytes, figure));
	add_labelled(document, "disks", words);
	for (size_t i = 0; i < adapters; i++)
		mbps += isnan(adapter[i].speed_mbps) ? 0 : adapter[i].speed_mbps;
	snprintf(words, sizeof(words), "%zu counted, %s", adapters,
		mbps > 0 ? quantity_text(mbps * 1e6, RESOURCE_NETWORK, figure)
			 : "speed unknown");
	add_labelled(document, "network", words);
}

/* "4 cores"; what is not known is no number. */
static const char *count_text(double count, const char *what, char text[32])
{
	if (isnan(count))
		(void)snprintf(text, 32, "%s unknown", what);
	else
		(void)snprintf(text, 32, "%.0f %s", count, what);
	return text;
}

static void add_machine(struct document *document, const struct machine *machine)
{
	double mhz = machine->general.core_mhz;
	char words[512], figure[QUANTITY_SIZE], cores[32], threads[32];

	add_labelled(document, "name", or_nothing(machine->name));
	if (machine->os.name || machine->os.kernel) {
		snprintf(words, sizeof(words), "%s, kernel %s",
			machine->os.name ? machine->os.name : "unknown",
			machine->os.kernel ? machine->os.kernel : "unknown");
		add_labelled(document, "system", words);
	}
	snprintf(words, sizeof(words), "%s%s%s, %s, %s",
		or_nothing(machine->general.processor),
		machine->general.processor ? ", " : "",
		count_text(machine->general.cores, "cores", cores),
		count_text(machine->general.threads, "threads", threads),
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

/* As a shell takes it, too: "~/x" of what lies below the home of the user. */
static const char *from_home(const char *path, char *text, size_t size)
{
	const char *home = getenv("HOME");
	size_t length = home ? strlen(home) : 0;

	if (length < 2 || strncmp(path, home, length) != 0 || path[length] != '/')
		return path;
	(void)snprintf(text, size, "~%s", path + length);
	return text;
}

struct document *first_look_command(const char *why, const char *prefix,
	const char *words, const char *file, const char *dir)
{
	struct document *document = document_new("first-look");
	char first[PATH_MAX], second[PATH_MAX];

	doc_line(document, "  %s: %sanalyze %s %s --data %s", why, prefix, words,
		from_home(file, first, sizeof(first)),
		from_home(dir, second, sizeof(second)));
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
		{ "the samples: all of them, one in detail", "analyze",
			"peaks --brief --data ", true },
		{ NULL, "analyze", "peaks erp-db --data ", true },
		{ "bring in what you have recorded elsewhere", "analyze",
			"import csv FILE... --data ~/headroom", false },
		{ "everything else", "analyze", "help", false },
	};
	struct document *document = first_look_part("What to try next", "");
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_LEN(next); i++) {
		if (next[i].why)
			doc_line(document, "  # %s", next[i].why);
		doc_line(document, "  %s%s %s%s", prefix, next[i].program,
			next[i].arguments,
			next[i].is_sample ? from_home(sample_dir, path, sizeof(path))
					  : "");
	}
	doc_gap(document);
	doc_line(document,
		"Two weeks of sampling give a first verdict, four cover a month end.");
	return document;
}
