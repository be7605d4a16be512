/* What lshw and lscpu print as JSON. */
#include "analyze/inventory/hardware_text.h"

#include "common/json_doc.h"
#include "common/strbuf.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LSCPU_BYTES_MAX ((size_t)1 << 20)

/* ---- lshw ----------------------------------------------------------------------------- */

struct lshw {
	struct machine *machine;
	double sockets, cores, threads, mhz, banks_bytes, memory_bytes;
};

static double number_of_text(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	if (cJSON_IsNumber(item))
		return item->valuedouble;
	return cJSON_IsString(item) ? strtod(item->valuestring, NULL) : NAN;
}

static void take_lshw_processor(struct lshw *lshw, const cJSON *node)
{
	const cJSON *configuration =
		cJSON_GetObjectItemCaseSensitive(node, "configuration");
	double cores = number_of_text(configuration, "enabledcores");
	const char *product = json_doc_text(node, "product", "");
	double in_name = hardware_clock_in_name(product);

	/* an empty socket has no name and no cores */
	if (json_doc_bool(node, "disabled", false) || (!*product && isnan(cores)))
		return;
	if (isnan(cores))
		cores = number_of_text(configuration, "cores");
	lshw->sockets++;
	lshw->cores += cores;
	lshw->threads += number_of_text(configuration, "threads");
	if (isnan(lshw->mhz))
		lshw->mhz =
			!isnan(in_name) ? in_name : number_of_text(node, "size") / 1e6;
	if (!lshw->machine->general.processor && *product)
		lshw->machine->general.processor = strdup(product);
}

static int take_lshw_system(struct lshw *lshw, const cJSON *node, struct err *err)
{
	struct machine *machine = lshw->machine;
	const char *name = json_doc_text(node, "id", "");
	const char *vendor = json_doc_text(node, "vendor", NULL);
	const char *product = json_doc_text(node, "product", NULL);

	/* "computer" is what lshw calls a machine without a name */
	if (!machine->name && *name && strcmp(name, "computer") != 0)
		machine->name = strdup(name);
	if (vendor && !machine->general.vendor)
		machine->general.vendor = strdup(vendor);
	if (product && !machine->general.model)
		machine->general.model = strdup(product);
	if (number_of_text(node, "width") > 0)
		machine->os.bits = number_of_text(node, "width");
	return (vendor && !machine->general.vendor) ||
			(product && !machine->general.model)
		? err_oom(err)
		: 0;
}

/* Nodes are nested at most as deep as json_doc allows. */
static int walk_lshw( // NOLINT(misc-no-recursion)
	struct lshw *lshw, const cJSON *node, bool is_top, struct err *err)
{
	const char *class = json_doc_text(node, "class", "");
	const char *id = json_doc_text(node, "id", "");
	double size = number_of_text(node, "size");
	const cJSON *child;
	int r = 0;

	if (is_top && !strcmp(class, "system"))
		r = take_lshw_system(lshw, node, err);
	if (!strcmp(class, "processor"))
		take_lshw_processor(lshw, node);
	if (!strcmp(class, "memory") && size > 0) {
		if (!strncmp(id, "bank", 4))
			lshw->banks_bytes += size;
		else if (!strncmp(id, "memory", 6))
			lshw->memory_bytes += size;
	}
	cJSON_ArrayForEach (child, cJSON_GetObjectItemCaseSensitive(node, "children")) {
		if (r == 0 && cJSON_IsObject(child))
			r = walk_lshw(lshw, child, false, err);
	}
	return r;
}

static int parse_lshw(const cJSON *root, struct machine *machine, struct err *err)
{
	struct lshw lshw = { .machine = machine, .mhz = NAN };
	int r = walk_lshw(&lshw, root, true, err);

	if (r < 0)
		return r;
	if (lshw.sockets == 0 && lshw.memory_bytes == 0 && lshw.banks_bytes == 0)
		return err_set(err, -EINVAL,
			"no processor and no memory is in this output of lshw");
	if (lshw.sockets > 0) {
		machine->general.sockets = lshw.sockets;
		machine->general.cores = lshw.cores;
		machine->general.threads = lshw.threads;
		machine->general.core_mhz = lshw.mhz;
	}
	if (lshw.banks_bytes > 0)
		machine->general.installed_bytes = lshw.banks_bytes;
	if (isnan(machine->general.memory_bytes) &&
		(lshw.banks_bytes > 0 || lshw.memory_bytes > 0))
		machine->general.memory_bytes =
			lshw.banks_bytes > 0 ? lshw.banks_bytes : lshw.memory_bytes;
	return 0;
}

/* ---- lscpu ---------------------------------------------------------------------------- */

/* The same lines as lscpu prints without -J: its JSON has them as pairs. */
static int lines_of_lscpu( // NOLINT(misc-no-recursion)
	const cJSON *list, struct strbuf *text)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, list) {
		const cJSON *children =
			cJSON_GetObjectItemCaseSensitive(item, "children");

		strbuf_addf(text, "%s %s\n", json_doc_text(item, "field", ""),
			json_doc_text(item, "data", ""));
		if (children)
			(void)lines_of_lscpu(children, text);
	}
	return 0;
}

static int parse_lscpu_json(const cJSON *list, struct machine *machine, struct err *err)
{
	struct strbuf text;
	int r;

	strbuf_init(&text, LSCPU_BYTES_MAX);
	(void)lines_of_lscpu(list, &text);
	r = hardware_parse(HARDWARE_LSCPU, strbuf_text(&text), machine, err);
	strbuf_done(&text);
	return r;
}

int hardware_parse_json(const char *text, struct machine *machine, struct err *err)
{
	struct json_doc doc;
	const cJSON *root, *lscpu;
	int r = json_doc_parse("JSON", text, strlen(text), &doc, err);

	if (r < 0)
		return r;
	/* lshw of some versions writes a list of one */
	root = cJSON_IsArray(doc.root) ? cJSON_GetArrayItem(doc.root, 0) : doc.root;
	lscpu = cJSON_GetObjectItemCaseSensitive(root, "lscpu");
	r = lscpu ? parse_lscpu_json(lscpu, machine, err)
		  : parse_lshw(root, machine, err);
	json_doc_done(&doc);
	return r;
}
