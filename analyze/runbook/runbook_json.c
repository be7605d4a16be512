/* steps.json: what README.md says, for programs. */
#include "analyze/runbook/runbook_render.h"
#include "analyze/runbook/runbook_value.h"

#include "common/json_out.h"
#include "common/util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_BYTES_MAX (16u << 20)

static void steps_put_value(struct json_out *json, const struct runbook *runbook,
	const char *key, const char *name)
{
	const struct runbook_cursor cursor = { .innermost = EACH_NONE };
	struct strbuf text;
	bool is_number;

	strbuf_init(&text, 1 << 16);
	if (!runbook_value(runbook, &cursor, name, strlen(name), &text, &is_number))
		json_put_null(json, key);
	else if (is_number)
		json_put_number(json, key, atof(strbuf_text(&text)));
	else
		json_put_text(json, key, strbuf_text(&text));
	strbuf_done(&text);
}

static void steps_put_words(
	struct json_out *json, const char *key, char *const *word, size_t count)
{
	json_open_array(json, key);
	for (size_t i = 0; i < count; i++)
		json_put_text(json, NULL, word[i]);
	json_close_array(json);
}

static int steps_put_lines(struct json_out *json, const char *key,
	const struct runbook *runbook, const struct step_lines *lines,
	enum quote_format format, struct err *err)
{
	struct strbuf text;
	int r;

	strbuf_init(&text, PAGE_BYTES_MAX);
	r = render_lines(runbook, lines, format, 0, &text, err);
	if (r == 0 && text.length > 0)
		json_put_text(json, key, strbuf_text(&text));
	else
		json_put_null(json, key);
	strbuf_done(&text);
	return r;
}

static int steps_put_products(struct json_out *json, const struct runbook *runbook,
	const struct step_entry *step, struct err *err)
{
	const struct runbook_cursor cursor = { .innermost = EACH_NONE };
	int r = 0;

	json_open_array(json, "produces");
	for (size_t i = 0; r == 0 && i < step->product_count; i++) {
		const struct step_product *product = &step->product[i];
		struct strbuf path;

		if (!runbook_gate_open(runbook, &cursor, &product->gate, NULL))
			continue;
		strbuf_init(&path, 1 << 16);
		runbook_raw(runbook, product->path, &path);
		json_open_object(json, NULL);
		json_put_text(json, "path", strbuf_text(&path));
		json_put_text(json, "what", product->what);
		r = steps_put_lines(
			json, "does", runbook, &product->lines, QUOTE_TEXT, err);
		json_close_object(json);
		strbuf_done(&path);
	}
	json_close_array(json);
	return r;
}

static int steps_put_step(struct json_out *json, const struct runbook *runbook,
	const struct runbook_step *one, struct err *err)
{
	const struct step_entry *step = one->step;
	int r;

	json_open_object(json, NULL);
	if (one->number >= 0)
		json_put_integer(json, "number", one->number);
	else
		json_put_null(json, "number");
	json_put_text(json, "id", step->id);
	json_put_text(json, "phase", step->phase);
	json_put_text(json, "title", step->title);
	json_put_text(json, "where", step_place_name(step->place));
	json_put_bool(json, "destructive", step->is_destructive);
	steps_put_words(json, "needs", step->need, step->need_count);
	steps_put_words(json, "prevents", step->prevent, step->prevent_count);
	json_open_array(json, "files");
	for (size_t i = 0; i < one->file_count; i++)
		json_put_text(json, NULL, runbook->file[one->file + i].path);
	json_close_array(json);
	r = steps_put_products(json, runbook, step, err);
	if (r == 0)
		r = steps_put_lines(
			json, "text", runbook, &step->text, QUOTE_TEXT, err);
	if (r == 0)
		r = steps_put_lines(json, "command", runbook, &step->command,
			step->command_format, err);
	if (r == 0)
		r = steps_put_lines(
			json, "check", runbook, &step->check, QUOTE_TEXT, err);
	if (r == 0)
		r = steps_put_lines(
			json, "undo", runbook, &step->undo, QUOTE_TEXT, err);
	json_put_text(json, "source", step->source);
	json_put_text(json, "checked", step->checked);
	json_close_object(json);
	return r;
}

static void steps_put_head(struct json_out *json, const struct runbook *runbook)
{
	static const struct {
		const char *key, *name;
	} sizes[] = { { "memory_mib", "vm.memory_mib" }, { "vcpus", "vm.vcpus" },
		{ "memory_mib_today", "machine.memory_mib" },
		{ "cpus_today", "machine.cpus" }, { "disks_bytes", "disks.bytes" },
		{ "scratch_gib", "scratch.gib" }, { "copy_minutes", "copy.minutes" },
		{ "copy_minutes_slow", "copy.minutes_slow" },
		{ "copy_minutes_fast", "copy.minutes_fast" },
		{ "concurrent", "copy.concurrent" } };

	json_put_text(json, "name", runbook->request->machine->name);
	json_put_text(json, "target", runbook->request->target->id);
	json_put_text(json, "made", runbook->request->day);
	steps_put_words(json, "written_for", runbook->steps.written_for,
		runbook->steps.written_for_count);
	json_open_object(json, "sizes");
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		steps_put_value(json, runbook, sizes[i].key, sizes[i].name);
	json_close_object(json);
	json_open_object(json, "settings");
	for (size_t i = 0; i < runbook->setting_count; i++)
		json_put_text(json, runbook->setting[i].setting->key,
			runbook->setting[i].value);
	json_close_object(json);
	json_open_array(json, "phases");
	for (size_t i = 0; i < runbook->steps.phase_count; i++) {
		json_open_object(json, NULL);
		json_put_text(json, "id", runbook->steps.phase[i].id);
		json_put_text(json, "title", runbook->steps.phase[i].title);
		json_close_object(json);
	}
	json_close_array(json);
}

int runbook_make_json(
	const struct runbook *runbook, struct strbuf *out, struct err *err)
{
	struct json_out json;
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);
	int r = 0;

	if (!stream)
		return err_oom(err);
	json_begin(&json, stream, "runbook-steps");
	steps_put_head(&json, runbook);
	json_open_array(&json, "steps");
	for (size_t i = 0; r == 0 && i < runbook->step_count; i++)
		r = steps_put_step(&json, runbook, &runbook->step[i], err);
	json_close_array(&json);
	json_end(&json);
	if (fclose(stream) != 0 && r == 0)
		r = err_oom(err);
	if (r == 0)
		strbuf_add_bytes(out, text, length);
	free(text);
	return r;
}

int runbook_add_pages(struct runbook *runbook, struct err *err)
{
	static const struct {
		const char *path;
		int (*make)(const struct runbook *runbook, struct strbuf *out,
			struct err *err);
	} pages[] = { { "README.md", runbook_make_readme },
		{ "steps.json", runbook_make_json } };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(pages); i++) {
		struct strbuf out;

		strbuf_init(&out, PAGE_BYTES_MAX);
		r = pages[i].make(runbook, &out, err);
		if (r == 0)
			r = runbook_add_file(runbook, pages[i].path, &out, false, err);
		strbuf_done(&out);
	}
	return r;
}
