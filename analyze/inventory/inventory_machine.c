#include "analyze/inventory/inventory_machine.h"

#include "common/program_run.h"
#include "analyze/inventory/hardware_text.h"
#include "common/io.h"
#include "common/program.h"
#include "store/db/workloads.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define HARDWARE_BYTES_MAX ((size_t)16 << 20)
#define STEP_OF_NO_FIGURES_S 300 /* until the first come: as most imports have it */

/* Does the text begin as JSON?  CSV begins with a name. */
static bool begins_as_json(const char *path, struct err *err, int *ret_r)
{
	FILE *file = fopen(path, "re");
	int first;

	*ret_r = 0;
	if (!file) {
		*ret_r = err_errno(err, "%s", path);
		return false;
	}
	do
		first = fgetc(file);
	while (first == ' ' || first == '\n' || first == '\r' || first == '\t');
	(void)fclose(file);
	return first == '{' || first == '[';
}

int inventory_machine_load(
	const char *path, struct machine *ret_machine, struct err *err)
{
	struct json_doc doc;
	int r;

	if (!begins_as_json(path, err, &r))
		return r;
	r = json_doc_load(path, MACHINE_BYTES_MAX, &doc, err);
	if (r < 0)
		return r;
	if (machine_is_document(&doc)) {
		r = machine_parse(&doc, ret_machine, err);
		r = r < 0 ? r : 1;
	}
	json_doc_done(&doc);
	return r;
}

/* ---- texts of tools -------------------------------------------------------------------- */

int inventory_is_hardware(const char *path, struct err *err)
{
	char begin[64] = "";
	FILE *file = fopen(path, "re");
	size_t length;

	if (!file)
		return err_errno(err, "%s", path);
	length = fread(begin, 1, sizeof(begin) - 1, file);
	(void)fclose(file);
	begin[length] = '\0';
	return hardware_kind_of(begin) != HARDWARE_NONE;
}

int inventory_hardware_load(struct store *store, const char *path, const char *name,
	struct machine *ret_machine, struct err *err)
{
	struct workload workload = { .id = 0 };
	struct err none = ERR_INIT;
	struct machine machine;
	struct strbuf text;
	int r;

	machine_init(&machine);
	strbuf_init(&text, HARDWARE_BYTES_MAX);
	r = io_read_file(AT_FDCWD, path, &text, err);
	if (r == 0 && store_workload_get(store, name, &workload, &none) == 0) {
		r = store_machine_get(store, workload.id, &machine, &none);
		if (r == -ENOENT || r == -EINVAL) {
			machine_init(&machine);
			r = 0;
		} else if (r < 0) {
			r = err_set(err, r, "%s", none.text);
		}
		workload_done(&workload);
	}
	if (r == 0 && !machine.name) {
		machine.name = strdup(name);
		r = machine.name ? 0 : err_oom(err);
	}
	if (r == 0) {
		r = hardware_parse(hardware_kind_of(strbuf_text(&text)),
			strbuf_text(&text), &machine, err);
		if (r < 0)
			r = err_wrap(err, r, "%s", path);
	}
	strbuf_done(&text);
	if (r < 0) {
		machine_done(&machine);
		return r;
	}
	*ret_machine = machine;
	return 1;
}

/* ---- this machine ------------------------------------------------------------------------ */

int inventory_machine_here(struct machine *ret_machine, struct err *err)
{
	char program[PATH_MAX];
	char *argv[] = { program, NULL };
	struct json_doc doc;
	struct strbuf text;
	int code = -1, r;

	if (program_find("collectord-inventory", program, sizeof(program)) < 0)
		return err_set(err, -ENOENT, "%s is not there", program);
	strbuf_init(&text, MACHINE_BYTES_MAX);
	r = program_read(argv, &text, &code, err);
	if (r == 0 && code != 0)
		r = err_set(err, -EIO, "%s ended with code %d", program, code);
	if (r == 0)
		r = json_doc_parse("what collectord-inventory says", strbuf_text(&text),
			text.length, &doc, err);
	strbuf_done(&text);
	if (r < 0)
		return r;
	r = machine_parse(&doc, ret_machine, err);
	json_doc_done(&doc);
	return r;
}

int inventory_machine_keep(struct store *store, const struct machine *machine,
	const char *name, int64_t now, size_t *ret_changes, struct err *err)
{
	struct workload workload = { .id = 0 };
	struct err none = ERR_INIT;
	int r;

	name = name ? name : machine->name;
	r = store_workload_get(store, name, &workload, &none);
	if (r == -ENOENT)
		r = store_workload_ensure(store, name, ORIGIN_IMPORTED,
			STEP_OF_NO_FIGURES_S, 0, &workload, err);
	else if (r < 0)
		r = err_set(err, r, "%s", none.text);
	if (r < 0)
		return r;
	r = store_machine_take(store, workload.id, machine, now, ret_changes, err);
	workload_done(&workload);
	return r;
}

int inventory_machine_of(struct store *store, const struct workload *workload,
	struct machine *ret_machine, struct err *err)
{
	struct err why = ERR_INIT;
	int r = store_machine_get(store, workload->id, ret_machine, &why);

	if (r == -ENOENT)
		return err_set(err, r,
			"%s has no machine document yet: `analyze inventory --here` for "
			"this machine, else `analyze inventory --load FILE.json` with what "
			"collectord-inventory or docs/gather wrote there",
			workload->name);
	return r < 0 ? err_set(err, r, "%s: %s", workload->name, why.text) : r;
}

int inventory_machine_keep_sampled(struct store *store, const struct machine *machine,
	int64_t now, size_t *ret_kept, size_t *ret_changes, struct err *err)
{
	struct workload_list list = { .count = 0 };
	int r = store_workloads(store, &list, err);

	*ret_kept = *ret_changes = 0;
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		size_t changes = 0;

		if (list.workload[i].origin != ORIGIN_SAMPLED)
			continue;
		r = inventory_machine_keep(
			store, machine, list.workload[i].name, now, &changes, err);
		*ret_changes += changes;
		++*ret_kept;
	}
	workload_list_done(&list);
	if (r == 0 && *ret_kept == 0)
		r = err_set(err, -ENOENT,
			"no workload of this store is sampled here; start collectord, or "
			"name the store with --data");
	return r;
}
