/*
 * What systeminfo of Windows prints, in the languages of schema/catalogue/systeminfo-names.json:
 * names and texts, sockets, the clock and the memory.  It says nothing of cores.
 *
 * A console writes the code page of its language, so that letters beyond ASCII are other
 * bytes in each: names are compared without them.
 */
#include "analyze/inventory/hardware_text.h"

#include "common/json_doc.h"
#include "common/parse.h"
#include "common/util.h"
#include "schema/builtin.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CATALOGUE "catalogue/systeminfo-names.json"
#define NAME_SIZE 80
#define VALUE_SIZE 256
#define KEY_COLUMN_MAX 60
#define MIB 1048576.0

struct systeminfo {
	struct machine *machine;
	const cJSON *names;
	const char *key; /* of the line above, in English: "processors" */
	unsigned sockets;
	bool has_host, has_os;
};

/* Letters, digits and signs of ASCII, in small letters; without blanks at its ends. */
static void bare_name(const char *text, size_t length, char to[NAME_SIZE])
{
	size_t used = 0;

	for (size_t i = 0; i < length && used + 1 < NAME_SIZE; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c > ' ' && c < 0x7f)
			to[used++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
	to[used] = '\0';
}

/* The English key of a name; NULL: none of ours. */
static const char *key_of(const cJSON *names, const char *text, size_t length)
{
	char bare[NAME_SIZE], wanted[NAME_SIZE];
	const cJSON *row, *name;

	bare_name(text, length, bare);
	cJSON_ArrayForEach (row, names) {
		cJSON_ArrayForEach (name, row) {
			bare_name(name->valuestring, strlen(name->valuestring), wanted);
			if (*wanted && !strcmp(wanted, bare))
				return row->string;
			/* a name without any ASCII: only as it stands */
			if (!*wanted && strlen(name->valuestring) == length &&
				!memcmp(name->valuestring, text, length))
				return row->string;
		}
	}
	return NULL;
}

/* "2,047 MB", "8.075 MB", "2 047 Mo" with blanks of any kind: all digits of the number. */
static double digits_of(const char *text)
{
	char digits[24];
	size_t used = 0;
	double number;

	for (; *text && used + 1 < sizeof(digits); text++) {
		if (*text >= '0' && *text <= '9')
			digits[used++] = *text;
		else if ((*text >= 'A' && *text <= 'Z') ||
			(*text >= 'a' && *text <= 'z'))
			break;
	}
	return used && parse_double(digits, used, &number) == 0 ? number : NAN;
}

static int keep_text(char **to, const char *text, struct err *err)
{
	char clean[VALUE_SIZE];
	size_t used = 0;

	for (; *text && used + 1 < sizeof(clean); text++) {
		unsigned char c = (unsigned char)*text;

		clean[used++] = c >= 0x7f || c < ' ' ? '?' : (char)c;
	}
	clean[used] = '\0';
	free(*to);
	*to = strdup(clean);
	return *to ? 0 : err_oom(err);
}

/* A machine that says it is a virtual one; others may be either. */
static int note_virtual(struct machine *machine, const char *model, struct err *err)
{
	static const struct {
		const char *part, *hypervisor;
	} models[] = { { "VMware", "vmware" }, { "Virtual Machine", "hyper-v" },
		{ "KVM", "kvm" }, { "Standard PC", "kvm" }, { "HVM domU", "xen" },
		{ "VirtualBox", "virtualbox" } };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(models); i++) {
		if (!strstr(model, models[i].part))
			continue;
		r = keep_text(&machine->kind, "vm", err);
		if (r == 0)
			r = keep_text(&machine->hypervisor, models[i].hypervisor, err);
	}
	return r;
}

static int take_named(
	struct systeminfo *info, const char *key, const char *value, struct err *err)
{
	struct machine *machine = info->machine;
	const struct {
		const char *key;
		char **to;
	} texts[] = { { "os", &machine->os.name },
		{ "vendor", &machine->general.vendor },
		{ "model", &machine->general.model },
		{ "bios", &machine->general.bios } };
	int r = 0;

	info->has_host |= !strcmp(key, "host");
	info->has_os |= !strcmp(key, "os");
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(texts); i++) {
		if (!strcmp(texts[i].key, key) && *value)
			r = keep_text(texts[i].to, value, err);
	}
	if (r == 0 && !strcmp(key, "host") && *value && !machine->name)
		r = keep_text(&machine->name, value, err);
	if (r == 0 && !strcmp(key, "model"))
		r = note_virtual(machine, value, err);
	if (!strcmp(key, "type"))
		machine->os.bits = strcasestr(value, "64") ? 64 : 32;
	if (!strcmp(key, "memory") && digits_of(value) > 0)
		machine->general.memory_bytes = digits_of(value) * MIB;
	return r;
}

/* "[01]: Intel64 Family 6 Model 158 Stepping 10 GenuineIntel ~2592 Mhz" */
static void take_windows_processor(struct systeminfo *info, const char *value)
{
	const char *mark = strrchr(value, '~');

	info->sockets++;
	if (mark && digits_of(mark) > 0)
		info->machine->general.core_mhz = digits_of(mark);
}

static int take_systeminfo_line(
	struct systeminfo *info, const char *line, size_t length, struct err *err)
{
	char value[VALUE_SIZE];
	const char *colon = memchr(line, ':', length), *from;

	while (length > 0 && (line[length - 1] == '\r' || line[length - 1] == ' '))
		length--;
	if (length == 0 || !colon)
		return 0;
	for (from = colon + 1; from < line + length && *from == ' '; from++)
		;
	(void)snprintf(value, sizeof(value), "%.*s",
		from < line + length ? (int)(line + length - from) : 0, from);
	if (*line == ' ') {
		if (info->key && !strcmp(info->key, "processors"))
			take_windows_processor(info, value);
		return 0;
	}
	info->key = colon - line <= KEY_COLUMN_MAX
		? key_of(info->names, line, (size_t)(colon - line))
		: NULL;
	return info->key ? take_named(info, info->key, value, err) : 0;
}

static int each_line(struct systeminfo *info, const char *text, struct err *err)
{
	int r = 0;

	while (r == 0 && *text) {
		size_t length = strcspn(text, "\n");

		r = take_systeminfo_line(info, text, length, err);
		text += length + (text[length] == '\n');
	}
	return r;
}

static int load_names(struct json_doc *doc, const cJSON **ret_names, struct err *err)
{
	const struct builtin_file *file = builtin_find(CATALOGUE);
	int r = file ? json_doc_parse(CATALOGUE, file->data, file->size, doc, err)
		     : err_set(err, -ENOENT, CATALOGUE " is not built in");

	if (r == 0)
		*ret_names = cJSON_GetObjectItemCaseSensitive(doc->root, "names");
	return r;
}

bool hardware_is_systeminfo(const char *text)
{
	static const size_t looked = 4000;
	struct machine machine;
	struct systeminfo info = { .machine = &machine };
	struct json_doc doc;
	char *begin = strndup(text, looked);
	bool is_it = false;

	machine_init(&machine);
	if (begin && strchr(begin, ':') && load_names(&doc, &info.names, NULL) == 0) {
		is_it = each_line(&info, begin, NULL) == 0 && info.has_host &&
			info.has_os;
		json_doc_done(&doc);
	}
	free(begin);
	machine_done(&machine);
	return is_it;
}

int hardware_parse_systeminfo(
	const char *text, struct machine *machine, struct err *err)
{
	struct systeminfo info = { .machine = machine };
	struct json_doc doc;
	int r = load_names(&doc, &info.names, err);

	if (r < 0)
		return r;
	r = each_line(&info, text, err);
	json_doc_done(&doc);
	if (info.sockets > 0)
		machine->general.sockets = info.sockets;
	if (r == 0 && isnan(machine->general.memory_bytes) && info.sockets == 0)
		r = err_set(err, -EINVAL,
			"no processor and no memory is in this output of systeminfo");
	return r;
}
