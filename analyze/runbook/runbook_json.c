/* steps.json: what README.md says, for programs. */
#include "analyze/runbook/runbook_render.h"
#include "analyze/runbook/runbook_value.h"

#include "common/json_out.h"
#include "common/util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_BYTES_MAX (16u << 20)

static void tasks_put_value(struct json_out *json, const struct runbook *runbook,
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

static void tasks_put_words(
	struct json_out *json, const char *key, char *const *word, size_t count)
{
	json_open_array(json, key);
	for (size_t i = 0; i < count; i++)
		json_put_text(json, NULL, word[i]);
	json_close_array(json);
}

static int tasks_put_lines(struct json_out *json, const char *key,
	const struct runbook *runbook, const struct task_lines *lines,
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

static int tasks_put_products(struct json_out *json, const struct runbook *runbook,
	const struct task_entry *task, struct err *err)
{
	const struct runbook_cursor cursor = { .innermost = EACH_NONE };
	int r = 0;

	json_open_array(json, "produces");
	for (size_t i = 0; r == 0 && i < task->product_count; i++) {
		const struct task_product *product = &task->product[i];
		struct strbuf path;

		if (!runbook_gate_open(runbook, &cursor, &product->gate, NULL))
			continue;
		strbuf_init(&path, 1 << 16);
		runbook_raw(runbook, product->path, &path);
		json_open_object(json, NULL);
		json_put_text(json, "path", strbuf_text(&path));
		json_put_text(json, "what", product->what);
		r = tasks_put_lines(
			json, "does", runbook, &product->lines, QUOTE_TEXT, err);
		json_close_object(json);
		strbuf_done(&path);
	}
	json_close_array(json);
	return r;
}

/* A line for each field of the document, in their order. */
static int tasks_put_task(struct json_out *json, const struct runbook *runbook,
	const struct runbook_task *one, struct err *err)
{
	const struct task_entry *task = one->task;
	int r;

	json_open_object(json, NULL);
	if (one->number >= 0)
		json_put_integer(json, "number", one->number);
	else
		json_put_null(json, "number");
	json_put_text(json, "id", task->id);
	json_put_text(json, "phase", task->phase);
	json_put_text(json, "title", task->title);
	json_put_text(json, "where", task_place_name(task->place));
	json_put_bool(json, "destructive", task->is_destructive);
	json_put_number(json, "minutes", runbook_task_minutes(runbook, task));
	json_put_bool(json, "offline", task->is_offline);
	tasks_put_words(json, "needs", task->need, task->need_count);
	tasks_put_words(json, "prevents", task->prevent, task->prevent_count);
	json_open_array(json, "files");
	for (size_t i = 0; i < one->file_count; i++)
		json_put_text(json, NULL, runbook->file[one->file + i].path);
	json_close_array(json);
	r = tasks_put_products(json, runbook, task, err);
	if (r == 0)
		r = tasks_put_lines(
			json, "text", runbook, &task->text, QUOTE_TEXT, err);
	if (r == 0)
		r = tasks_put_lines(json, "command", runbook, &task->command,
			task->command_format, err);
	if (r == 0)
		r = tasks_put_lines(
			json, "check", runbook, &task->check, QUOTE_TEXT, err);
	if (r == 0)
		r = tasks_put_lines(
			json, "undo", runbook, &task->undo, QUOTE_TEXT, err);
	json_put_text(json, "source", task->source);
	json_put_text(json, "checked", task->checked);
	json_close_object(json);
	return r;
}

static void tasks_put_head(struct json_out *json, const struct runbook *runbook)
{
	static const struct {
		const char *key, *name;
	} sizes[] = { { "memory_mib", "vm.memory_mib" }, { "vcpus", "vm.vcpus" },
		{ "memory_mib_today", "machine.memory_mib" },
		{ "cpus_today", "machine.cpus" }, { "disks_bytes", "disks.bytes" },
		{ "scratch_gib", "scratch.gib" }, { "copy_minutes", "copy.minutes" },
		{ "copy_minutes_slow", "copy.minutes_slow" },
		{ "copy_minutes_fast", "copy.minutes_fast" },
		{ "concurrent", "copy.concurrent" },
		{ "down_minutes", "down.minutes" } };

	json_put_text(json, "name", runbook->request->machine->name);
	json_put_text(json, "target", runbook->request->target->id);
	json_put_text(json, "made", runbook->request->day);
	tasks_put_words(json, "written_for", runbook->tasks.written_for,
		runbook->tasks.written_for_count);
	json_open_object(json, "sizes");
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		tasks_put_value(json, runbook, sizes[i].key, sizes[i].name);
	json_close_object(json);
	json_open_object(json, "settings");
	for (size_t i = 0; i < runbook->setting_count; i++)
		json_put_text(json, runbook->setting[i].setting->key,
			runbook->setting[i].value);
	json_close_object(json);
	json_open_array(json, "phases");
	for (size_t i = 0; i < runbook->tasks.phase_count; i++) {
		json_open_object(json, NULL);
		json_put_text(json, "id", runbook->tasks.phase[i].id);
		json_put_text(json, "title", runbook->tasks.phase[i].title);
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
	tasks_put_head(&json, runbook);
	json_open_array(&json, "steps");
	for (size_t i = 0; r == 0 && i < runbook->task_count; i++)
		r = tasks_put_task(&json, runbook, &runbook->task[i], err);
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
