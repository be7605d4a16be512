/*
 * What dmidecode, lscpu, lshw and systeminfo print: facts of one machine, by the parser
 * of inventory/hardware_text.h.
 */
#include "analyze/import/importer.h"
#include "analyze/inventory/hardware_text.h"
#include "schema/machine_facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HARDWARE_BYTES_MAX ((size_t)16 << 20)

struct hardware_stating {
	struct import_sink *sink;
	uint32_t workload;
	struct err *err;
	unsigned stated;
};

static int state_hardware(void *context, enum fact_id fact, const char *text)
{
	struct hardware_stating *stating = context;

	stating->stated++;
	return stating->sink->put_fact(stating->sink, stating->workload,
		fact_table[fact].key, text, stating->err);
}

/* What PowerShell writes with ">": UTF-16LE to UTF-8, in place (it grows shorter, for
 * what is not ASCII is not looked at and becomes one byte). */
static void fold_wide_text(char *text, size_t length)
{
	size_t used = 0;

	if (length < 2 || memcmp(text, "\xff\xfe", 2) != 0)
		return;
	for (size_t i = 2; i + 1 < length; i += 2)
		text[used++] = text[i + 1] ? '?' : text[i];
	text[used] = '\0';
}

static int hardware_name(const struct import_source *source,
	const struct machine *machine, const char **ret_name, size_t *ret_length,
	struct err *err)
{
	const struct text_place place = { source->path, 1 };

	if (!machine->name || (source->options && source->options->workload))
		return importer_default_name(source, ret_name, ret_length, err);
	*ret_name = machine->name;
	*ret_length = strlen(machine->name);
	return text_name(&place, "name", *ret_name, *ret_length, err);
}

static int put_hardware(const struct import_source *source, struct import_sink *sink,
	const struct machine *machine, struct err *err)
{
	struct hardware_stating stating = { .sink = sink, .err = err };
	const char *name = NULL;
	size_t length = 0;
	int r = hardware_name(source, machine, &name, &length, err);

	if (r >= 0)
		r = sink->find_workload(sink, name, length, &stating.workload, err);
	return r < 0 ? r : machine_facts(machine, state_hardware, &stating);
}

/* A refusal of JSON quotes what stands there. */
static void clean_text(struct err *err)
{
	for (char *p = err ? err->text : NULL; p && *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	}
}

static int hardware_importer_read(
	const struct import_source *source, struct import_sink *sink, struct err *err)
{
	struct machine machine;
	char *text = NULL;
	size_t length = 0;
	int r = bytes_slurp(source->bytes, HARDWARE_BYTES_MAX, &text, &length, err);

	machine_init(&machine);
	if (r >= 0) {
		fold_wide_text(text, length);
		r = hardware_parse(hardware_kind_of(text), text, &machine, err);
		if (r < 0) {
			r = err_wrap(err, r, "%s", source->path);
			clean_text(err);
		}
	}
	if (r >= 0)
		r = put_hardware(source, sink, &machine, err);
	machine_done(&machine);
	free(text);
	return r;
}

static int hardware_recognise(const struct import_head *head)
{
	char *text = malloc(head->length + 1);
	enum hardware_kind kind;

	if (!text)
		return IMPORT_NOT_MINE;
	memcpy(text, head->text, head->length);
	text[head->length] = '\0';
	fold_wide_text(text, head->length);
	kind = hardware_kind_of(text);
	free(text);
	return kind == HARDWARE_NONE ? IMPORT_NOT_MINE : IMPORT_SURE;
}

const struct importer hardware_importer = {
	.name = "hardware",
	.help = "dmidecode, lscpu (text, JSON), lshw -json, systeminfo: facts",
	.example = "analyze import hardware --workload web1 dmidecode.txt",
	.is_confined = true,
	.recognise = hardware_recognise,
	.read = hardware_importer_read,
};
