#include "analyze/inventory/hardware_text.h"

#include "common/parse.h"
#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define KEY_MAX 64
#define VALUE_MAX 256

/* {"lscpu": [...]}, or a node of lshw with its id and class in front. */
static bool is_hardware_json(const char *text)
{
	char begin[400];
	size_t used = 0;

	for (; *text && used + 1 < sizeof(begin); text++) {
		if (!strchr(" \t\r\n[", *text))
			begin[used++] = *text;
	}
	begin[used] = '\0';
	return !strncmp(begin, "{\"lscpu\":", 9) ||
		(!strncmp(begin, "{\"id\":\"", 7) &&
			strstr(begin, "\"class\":\"system\""));
}

enum hardware_kind hardware_kind_of(const char *text)
{
	while (*text == ' ' || *text == '\n' || *text == '\r')
		text++;
	if (strncmp(text, "# dmidecode", 11) == 0 || strncmp(text, "Handle 0x", 9) == 0)
		return HARDWARE_DMIDECODE;
	if (strncmp(text, "Architecture:", 13) == 0)
		return HARDWARE_LSCPU;
	if (is_hardware_json(text))
		return HARDWARE_JSON;
	return hardware_is_systeminfo(text) ? HARDWARE_SYSTEMINFO : HARDWARE_NONE;
}

/* ---- lines ------------------------------------------------------------------------------- */

struct pair_line {
	char key[KEY_MAX], value[VALUE_MAX];
	unsigned depth; /* tabs or blanks before the key: 0 or more */
};

/* The next line of *cursor; a line without a colon has its whole text as key. */
static bool next_pair(const char **cursor, struct pair_line *line)
{
	const char *at = *cursor, *end, *colon;

	if (!*at)
		return false;
	end = at + strcspn(at, "\n");
	*cursor = *end ? end + 1 : end;
	line->depth = 0;
	for (; at < end && (*at == '\t' || *at == ' '); at++)
		line->depth++;
	while (end > at && (end[-1] == '\r' || end[-1] == ' '))
		end--;
	colon = memchr(at, ':', (size_t)(end - at));
	(void)snprintf(line->key, sizeof(line->key), "%.*s",
		(int)((colon ? colon : end) - at), at);
	line->value[0] = '\0';
	if (!colon)
		return true;
	for (colon++; colon < end && *colon == ' '; colon++)
		;
	(void)snprintf(
		line->value, sizeof(line->value), "%.*s", (int)(end - colon), colon);
	return true;
}

/* The number that a value begins with; NAN: none. */
static double leading_number(const char *value, const char **ret_rest)
{
	size_t length = strspn(value, "0123456789.");
	double number;

	*ret_rest = value + length + strspn(value + length, " ");
	return parse_double(value, length, &number) == 0 ? number : NAN;
}

static double plain_number(const char *value)
{
	const char *rest;

	return leading_number(value, &rest);
}

double hardware_clock_in_name(const char *name)
{
	const char *at = strstr(name, "@ "), *rest;
	double number = at ? leading_number(at + 2, &rest) : NAN;

	if (isnan(number))
		return NAN;
	return strncasecmp(rest, "GHz", 3) == 0    ? number * 1000
		: strncasecmp(rest, "MHz", 3) == 0 ? number
						   : NAN;
}

static int hardware_text_set_text(char **to, const char *text, struct err *err)
{
	static const char *const nothing[] = { "", "Not Specified",
		"To be filled by O.E.M.", "Default string", "Unknown", "None",
		"System manufacturer", "System Product Name" };
	char *copy;

	for (size_t i = 0; i < ARRAY_LEN(nothing); i++) {
		if (strcasecmp(text, nothing[i]) == 0)
			return 0;
	}
	copy = strdup(text);
	if (!copy)
		return err_oom(err);
	free(*to);
	*to = copy;
	return 0;
}

/* ---- dmidecode ------------------------------------------------------------------------------ */

enum block_kind {
	BLOCK_OTHER,
	BLOCK_BIOS,
	BLOCK_SYSTEM,
	BLOCK_PROCESSOR,
	BLOCK_MODULE
};

/* What one handle says, until the next begins. */
struct text_block {
	enum block_kind kind;
	char vendor[VALUE_MAX], name[VALUE_MAX], version[VALUE_MAX], type[VALUE_MAX];
	double cores, enabled, threads, mhz, bytes;
	bool is_filled; /* a processor is in the socket, a module in the slot */
};

struct table_sum {
	char processor[VALUE_MAX];
	unsigned sockets, modules;
	double cores, threads, mhz, bytes;
};

static void begin_block(struct text_block *block, const char *title)
{
	static const char *const titles[] = { NULL, "BIOS Information",
		"System Information", "Processor Information", "Memory Device" };

	*block = (struct text_block){
		.cores = NAN, .enabled = NAN, .threads = NAN, .mhz = NAN, .bytes = NAN
	};
	for (size_t i = 1; i < ARRAY_LEN(titles); i++) {
		if (strcmp(title, titles[i]) == 0)
			block->kind = (enum block_kind)i;
	}
}

/* "16384 MB", "2 GB", "512 kB" */
static double size_in_bytes(const char *value)
{
	static const struct {
		const char *unit;
		double bytes;
	} units[] = { { "kB", 1024 }, { "KB", 1024 }, { "MB", 1048576 },
		{ "GB", 1073741824 }, { "TB", 1099511627776 } };
	const char *rest;
	double number = leading_number(value, &rest);

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (strcmp(rest, units[i].unit) == 0)
			return number * units[i].bytes;
	}
	return NAN;
}

static void take_pair(struct text_block *block, const struct pair_line *line)
{
	const struct {
		const char *key;
		char *to;
	} texts[] = { { "Vendor", block->vendor }, { "Manufacturer", block->vendor },
		{ "Product Name", block->name }, { "Version", block->version },
		{ "Type", block->type } };
	const struct {
		const char *key;
		double *to;
	} numbers[] = { { "Core Count", &block->cores },
		{ "Core Enabled", &block->enabled },
		{ "Thread Count", &block->threads }, { "Current Speed", &block->mhz } };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (strcmp(line->key, texts[i].key) == 0)
			memcpy(texts[i].to, line->value, VALUE_MAX);
	}
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		if (strcmp(line->key, numbers[i].key) == 0)
			*numbers[i].to = plain_number(line->value);
	}
	if (strcmp(line->key, "Status") == 0)
		block->is_filled = strncmp(line->value, "Populated", 9) == 0 &&
			!strstr(line->value, "Disabled");
	if (block->kind == BLOCK_MODULE && strcmp(line->key, "Size") == 0) {
		block->is_filled = strcmp(line->value, "No Module Installed") != 0;
		block->bytes = size_in_bytes(line->value);
	}
}

static void end_processor(const struct text_block *block, struct table_sum *sum)
{
	double in_name = hardware_clock_in_name(block->version);

	/* firmware that prints no type prints no others either */
	if (!block->is_filled ||
		(*block->type && strcmp(block->type, "Central Processor")))
		return;
	if (!*sum->processor)
		memcpy(sum->processor, block->version, VALUE_MAX);
	sum->sockets++;
	sum->cores += block->enabled > 0 ? block->enabled : block->cores;
	sum->threads += block->threads;
	if (isnan(sum->mhz))
		sum->mhz = !isnan(in_name) ? in_name
			: block->mhz > 0   ? block->mhz
					   : NAN;
}

static int end_block(struct text_block *block, struct table_sum *sum,
	struct machine *machine, struct err *err)
{
	int r = 0;

	if (block->kind == BLOCK_BIOS) {
		char bios[2 * VALUE_MAX + 2];

		(void)snprintf(
			bios, sizeof(bios), "%s %s", block->vendor, block->version);
		r = hardware_text_set_text(&machine->general.bios, bios, err);
	} else if (block->kind == BLOCK_SYSTEM) {
		r = hardware_text_set_text(
			&machine->general.vendor, block->vendor, err);
		if (r == 0)
			r = hardware_text_set_text(
				&machine->general.model, block->name, err);
	} else if (block->kind == BLOCK_PROCESSOR) {
		end_processor(block, sum);
	} else if (block->kind == BLOCK_MODULE && block->is_filled &&
		strcmp(block->type, "Flash") != 0) { /* the firmware's own chip */
		sum->modules++;
		sum->bytes += block->bytes;
	}
	block->kind = BLOCK_OTHER;
	return r;
}

static int parse_dmidecode(const char *text, struct machine *machine, struct err *err)
{
	struct table_sum sum = { .mhz = NAN };
	struct text_block block = { .kind = BLOCK_OTHER };
	struct pair_line line;
	int r = 0;

	while (r == 0 && next_pair(&text, &line)) {
		if (line.depth == 0) {
			r = end_block(&block, &sum, machine, err);
			begin_block(&block, line.key);
		} else if (line.depth == 1) {
			take_pair(&block, &line);
		}
	}
	if (r == 0)
		r = end_block(&block, &sum, machine, err);
	if (r == 0)
		r = hardware_text_set_text(
			&machine->general.processor, sum.processor, err);
	if (r < 0)
		return r;
	if (sum.sockets == 0 && sum.modules == 0)
		return err_set(
			err, -EINVAL, "no processor and no memory is in this output");
	if (sum.sockets > 0) {
		machine->general.sockets = sum.sockets;
		machine->general.cores = sum.cores;
		machine->general.threads = sum.threads;
		machine->general.core_mhz = sum.mhz;
	}
	if (sum.modules > 0)
		machine->general.installed_bytes = sum.bytes;
	/* what the system manages is a little less; where nobody says it, this is near */
	if (sum.modules > 0 && isnan(machine->general.memory_bytes))
		machine->general.memory_bytes = sum.bytes;
	return 0;
}

/* ---- lscpu ------------------------------------------------------------------------------------- */

struct lscpu_figures {
	double cpus, sockets, cores, threads, now_mhz, max_mhz;
	char model[VALUE_MAX], architecture[VALUE_MAX];
};

/* The processors of mainframes are in books and drawers around the sockets. */
static void take_lscpu(struct lscpu_figures *figures, const struct pair_line *line)
{
	const struct {
		const char *key;
		double *to;
		bool is_factor;
	} numbers[] = { { "CPU(s)", &figures->cpus, false },
		{ "Socket(s)", &figures->sockets, false },
		{ "Cluster(s)", &figures->sockets, false },
		{ "Socket(s) per book", &figures->sockets, true },
		{ "Book(s) per drawer", &figures->sockets, true },
		{ "Drawer(s)", &figures->sockets, true },
		{ "Core(s) per socket", &figures->cores, false },
		{ "Core(s) per cluster", &figures->cores, false },
		{ "Thread(s) per core", &figures->threads, false },
		{ "CPU MHz", &figures->now_mhz, false },
		{ "CPU max MHz", &figures->max_mhz, false },
		{ "CPU static MHz", &figures->max_mhz, false } };

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		double number = plain_number(line->value);

		if (strcmp(line->key, numbers[i].key) != 0)
			continue;
		/* of several kinds of cores the first counts for the clock, all for CPUs */
		if (numbers[i].is_factor && !isnan(*numbers[i].to))
			*numbers[i].to *= number;
		else if (isnan(*numbers[i].to))
			*numbers[i].to = number;
	}
	if (strcmp(line->key, "Model name") == 0 && !*figures->model)
		memcpy(figures->model, line->value, VALUE_MAX);
	if (strcmp(line->key, "Architecture") == 0)
		memcpy(figures->architecture, line->value, VALUE_MAX);
}

static int parse_lscpu(const char *text, struct machine *machine, struct err *err)
{
	struct lscpu_figures figures = { .cpus = NAN,
		.sockets = NAN,
		.cores = NAN,
		.threads = NAN,
		.now_mhz = NAN,
		.max_mhz = NAN };
	struct pair_line line;
	double in_name;

	while (next_pair(&text, &line))
		take_lscpu(&figures, &line);
	if (isnan(figures.cpus))
		return err_set(err, -EINVAL, "no line \"CPU(s)\" is in this output");
	in_name = hardware_clock_in_name(figures.model);
	machine->general.sockets = figures.sockets;
	machine->general.threads = figures.cpus;
	/* CPUs that are offline are counted in no other line */
	machine->general.cores =
		figures.threads > 0 ? figures.cpus / figures.threads : NAN;
	machine->general.core_mhz = !isnan(in_name) ? in_name
		: !isnan(figures.max_mhz)           ? figures.max_mhz
						    : figures.now_mhz;
	if (strstr(figures.architecture, "64") ||
		!strcmp(figures.architecture, "s390x"))
		machine->os.bits = 64;
	else if (*figures.architecture)
		machine->os.bits = 32;
	return hardware_text_set_text(&machine->general.processor, figures.model, err);
}

int hardware_parse(enum hardware_kind kind, const char *text, struct machine *machine,
	struct err *err)
{
	switch (kind) {
	case HARDWARE_DMIDECODE:
		return parse_dmidecode(text, machine, err);
	case HARDWARE_LSCPU:
		return parse_lscpu(text, machine, err);
	case HARDWARE_JSON:
		return hardware_parse_json(text, machine, err);
	case HARDWARE_SYSTEMINFO:
		return hardware_parse_systeminfo(text, machine, err);
	default:
		return err_set(err, -EINVAL,
			"neither of dmidecode, lscpu, lshw nor systeminfo");
	}
}
