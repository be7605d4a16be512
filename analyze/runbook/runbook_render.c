#include "analyze/runbook/runbook_render.h"

#include "analyze/runbook/runbook.h"
#include "analyze/runbook/runbook_value.h"
#include "common/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES_MAX (64u << 20)
#define VALUE_BYTES_MAX (1u << 16)

struct rendering {
	const struct runbook *runbook;
	enum quote_format format;
	unsigned indent;
	struct strbuf *out;
	struct err *err;
};

/* ---- lines ------------------------------------------------------------------------------- */

static int render_placeholder(const struct rendering *r,
	const struct runbook_cursor *cursor, const struct placeholder *one)
{
	struct strbuf value;
	bool is_number, is_known;
	int code = 0;

	strbuf_init(&value, VALUE_BYTES_MAX);
	is_known = runbook_value(
		r->runbook, cursor, one->name, one->length, &value, &is_number);
	if (strbuf_failed(&value) < 0)
		code = err_set(r->err, strbuf_failed(&value),
			"%.*s: longer than %u bytes", (int)one->length, one->name,
			VALUE_BYTES_MAX);
	else if (one->form == FORM_FILE)
		quote_add_file_name(r->out, strbuf_text(&value));
	else if (one->form == FORM_PLAIN)
		code = quote_add(r->out, QUOTE_PLAIN, strbuf_text(&value), r->err);
	else if (is_number && is_known)
		strbuf_add(r->out, strbuf_text(&value));
	else if (!is_known && r->format == QUOTE_TEXT)
		strbuf_add(r->out, "(not known)");
	else
		code = quote_add(r->out, r->format, strbuf_text(&value), r->err);
	if (code < 0)
		code = err_wrap(r->err, code, "%.*s = \"%.60s\"", (int)one->length,
			one->name, strbuf_text(&value));
	strbuf_done(&value);
	return code;
}

static int render_text(const struct rendering *r, const struct runbook_cursor *cursor,
	const char *text)
{
	struct placeholder one;
	int code = 0;

	for (unsigned i = 0; *text && i < r->indent; i++)
		strbuf_add(r->out, " ");
	while (code == 0 && task_placeholder(text, &one)) {
		strbuf_add_bytes(r->out, text, (size_t)(one.begin - text));
		code = render_placeholder(r, cursor, &one);
		text = one.end;
	}
	strbuf_add(r->out, text);
	strbuf_add(r->out, "\n");
	return code;
}

static int render_list(const struct rendering *r, struct runbook_cursor cursor,
	const struct task_line *line, size_t count);

static int render_line(const struct rendering *r, struct runbook_cursor cursor,
	const struct task_line *line)
{
	size_t times = runbook_each_count(r->runbook, &cursor, line->each);
	int code = 0;

	if (line->text)
		return render_text(r, &cursor, line->text);
	if (line->each != EACH_NONE)
		cursor.innermost = line->each;
	for (size_t i = 0; code == 0 && i < times; i++) {
		if (line->each != EACH_NONE)
			cursor.index[line->each] = i;
		if (runbook_gate_open(r->runbook, &cursor, &line->gate, NULL))
			code = render_list(r, cursor, line->line, line->count);
	}
	return code;
}

static int render_list(const struct rendering *r, struct runbook_cursor cursor,
	const struct task_line *line, size_t count)
{
	int code = 0;

	for (size_t i = 0; code == 0 && i < count; i++)
		code = render_line(r, cursor, &line[i]);
	return code;
}

int render_lines(const struct runbook *runbook, const struct task_lines *lines,
	enum quote_format format, unsigned indent, struct strbuf *out, struct err *err)
{
	const struct rendering r = { runbook, format, indent, out, err };
	const struct runbook_cursor cursor = { .innermost = EACH_NONE };

	return render_list(&r, cursor, lines->line, lines->count);
}

int render_path(const struct runbook *runbook, const char *path, struct strbuf *out,
	struct err *err)
{
	const struct rendering r = { runbook, QUOTE_PLAIN, 0, out, err };
	const struct runbook_cursor cursor = { .innermost = EACH_NONE };
	struct placeholder one;
	int code = 0;

	while (code == 0 && task_placeholder(path, &one)) {
		strbuf_add_bytes(out, path, (size_t)(one.begin - path));
		code = render_placeholder(&r, &cursor, &one);
		path = one.end;
	}
	strbuf_add(out, path);
	return code;
}

/* ---- what stands around a script ----------------------------------------------------------- */

void runbook_mark_name(const char *path, struct strbuf *out)
{
	for (; *path; path++)
		strbuf_add_bytes(out, *path == '/' ? "-" : path, 1);
}

static bool is_program(enum quote_format format)
{
	return format == QUOTE_SH || format == QUOTE_PS1 || format == QUOTE_CMD;
}

/* Scripts that this one needs: those of the tasks before, in the same place. */
static void add_needed(const struct runbook *runbook, const struct task_entry *task,
	enum quote_format format, struct strbuf *out)
{
	for (size_t s = 0; s < runbook->task_count; s++) {
		const struct runbook_task *before = &runbook->task[s];
		bool is_needed = false;

		for (size_t i = 0; i < task->need_count; i++)
			is_needed |= strcmp(task->need[i], before->task->id) == 0;
		for (size_t f = 0; is_needed && before->task->place == task->place &&
			f < before->file_count;
			f++) {
			const struct runbook_file *file =
				&runbook->file[before->file + f];
			const char *dot = strrchr(file->path, '.');

			if (!file->is_program || !dot ||
				strcmp(dot + 1, quote_format_name(format)) != 0)
				continue;
			strbuf_add(out,
				format == QUOTE_SH            ? " '"
					: format == QUOTE_PS1 ? ", '"
							      : " ");
			runbook_mark_name(file->path, out);
			strbuf_add(out, format == QUOTE_CMD ? "" : "'");
		}
	}
}

static void add_up(const char *path, char slash, struct strbuf *out)
{
	for (; *path; path++) {
		if (*path == '/')
			strbuf_addf(out, "%c..", slash);
	}
}

/* Titles are ours, in ASCII; a quote in one is written as the format has it. */
static void begin_sh(const struct runbook *runbook, const struct task_entry *task,
	const char *path, const char *needed, struct strbuf *out)
{
	strbuf_addf(out,
		"#!/bin/bash\n# %s, step %s; made by Headroom on %s.\n"
		"# Read it before you run it; nothing has been run yet.\n"
		"# Names stand in quotes as they are, whatever they look like:\n"
		"# shellcheck disable=SC1003,SC1110,SC1111,SC1112,SC2016\n"
		"set -euo pipefail\ncd -- \"$(dirname -- \"$0\")",
		runbook->request->target->id, task->id, runbook->request->day);
	add_up(path, '/', out);
	strbuf_add(out, "\"\n");
	if (*needed)
		strbuf_addf(out,
			"before=(%s)\nfor one in \"${before[@]}\"; do\n"
			"\t[ -e \"done/$one\" ] || {\n"
			"\t\techo \"$one is to be run first (done/$one is not "
			"there)\" >&2\n\t\texit 1\n\t}\ndone\n",
			needed + 1);
	if (task->is_destructive) {
		strbuf_add(out, "printf 'This destroys: %s\\n' ");
		(void)quote_add(out, QUOTE_SH, task->title, NULL);
		strbuf_add(out,
			"\nread -r -p 'Type destroy to go on: ' answer\n"
			"[ \"$answer\" = destroy ] || {\n"
			"\techo 'Nothing was done.' >&2\n\texit 1\n}\n");
	}
}

static void begin_ps1(const struct runbook *runbook, const struct task_entry *task,
	const char *path, const char *needed, struct strbuf *out)
{
	/* the mark without which Windows PowerShell reads another code page */
	strbuf_addf(out,
		"\xef\xbb\xbf# %s, step %s; made by Headroom on %s.\n"
		"# Read it before you run it; nothing has been run yet.\n"
		"$ErrorActionPreference = 'Stop'\n"
		"Set-Location -LiteralPath (Join-Path -Path (Split-Path -Path "
		"$MyInvocation.MyCommand.Path) -ChildPath '.",
		runbook->request->target->id, task->id, runbook->request->day);
	add_up(path, '\\', out);
	strbuf_add(out, "')\n");
	if (*needed)
		strbuf_addf(out,
			"foreach ($before in @(%s)) {\n"
			"\tif (-not (Test-Path -LiteralPath (Join-Path -Path 'done' "
			"-ChildPath $before))) {\n"
			"\t\tthrow ($before + ' is to be run first (it is not in the folder "
			"done)')\n\t}\n}\n",
			needed + 2);
	if (task->is_destructive) {
		strbuf_add(out, "Write-Host 'This destroys:' ");
		(void)quote_add(out, QUOTE_PS1, task->title, NULL);
		strbuf_add(out,
			"\nif ((Read-Host -Prompt 'Type destroy to go on') -cne "
			"'destroy') {\n\tthrow 'Nothing was done.'\n}\n");
	}
}

static void begin_cmd(const struct runbook *runbook, const struct task_entry *task,
	const char *path, const char *needed, struct strbuf *out)
{
	strbuf_addf(out,
		"@echo off\nrem %s, step %s; made by Headroom on %s.\n"
		"rem Read it before you run it; nothing has been run yet.\n"
		"setlocal\ncd /d \"%%~dp0",
		runbook->request->target->id, task->id, runbook->request->day);
	add_up(path, '\\', out);
	strbuf_add(out, "\"\n");
	if (*needed)
		strbuf_addf(out,
			"for %%%%b in (%s) do if not exist \"done\\%%%%b\" (\n"
			"\techo %%%%b is to be run first: it is not in the folder done\n"
			"\texit /b 1\n)\n",
			needed + 1);
	if (task->is_destructive)
		strbuf_addf(out,
			"echo This destroys: %s\n"
			"set ANSWER=\nset /p ANSWER=Type destroy to go on: \n"
			"if not \"%%ANSWER%%\"==\"destroy\" (\n"
			"\techo Nothing was done.\n\texit /b 1\n)\n",
			task->title);
}

static void begin_script(const struct runbook *runbook, const struct task_entry *task,
	enum quote_format format, const char *path, struct strbuf *out)
{
	struct strbuf needed;

	strbuf_init(&needed, 1 << 16);
	add_needed(runbook, task, format, &needed);
	if (format == QUOTE_SH)
		begin_sh(runbook, task, path, strbuf_text(&needed), out);
	else if (format == QUOTE_PS1)
		begin_ps1(runbook, task, path, strbuf_text(&needed), out);
	else if (format == QUOTE_CMD)
		begin_cmd(runbook, task, path, strbuf_text(&needed), out);
	strbuf_done(&needed);
}

static void end_script(enum quote_format format, const char *path, struct strbuf *out)
{
	struct strbuf mark;

	strbuf_init(&mark, 1 << 12);
	runbook_mark_name(path, &mark);
	if (format == QUOTE_SH)
		strbuf_addf(out, "mkdir -p ./done\n: >'done/%s'\necho 'Done: %s'\n",
			strbuf_text(&mark), path);
	else if (format == QUOTE_PS1)
		strbuf_addf(out,
			"$null = New-Item -ItemType 'Directory' -Force -Path 'done'\n"
			"Set-Content -LiteralPath 'done\\%s' -Value 'done'\n"
			"Write-Host 'Done: %s'\n",
			strbuf_text(&mark), path);
	else if (format == QUOTE_CMD)
		strbuf_addf(out,
			"if not exist done mkdir done\necho done>\"done\\%s\"\n"
			"echo Done: %s\nexit /b 0\n",
			strbuf_text(&mark), path);
	strbuf_done(&mark);
}

/* Batch files with other ends of line lose their way at a jump. */
static int with_returns(struct strbuf *text, struct err *err)
{
	struct strbuf out;

	strbuf_init(&out, FILE_BYTES_MAX);
	for (const char *at = strbuf_text(text); *at; at++)
		strbuf_add_bytes(&out, *at == '\n' ? "\r\n" : at, *at == '\n' ? 2 : 1);
	strbuf_done(text);
	*text = out;
	return strbuf_failed(text) < 0 ? err_oom(err) : 0;
}

/* ---- files ------------------------------------------------------------------------------- */

int runbook_add_file(struct runbook *runbook, const char *path, struct strbuf *bytes,
	bool is_program_file, struct err *err)
{
	struct runbook_file file = { .length = bytes->length,
		.is_program = is_program_file };

	if (strbuf_failed(bytes) < 0)
		return err_set(err, strbuf_failed(bytes), "%s: too large", path);
	for (size_t i = 0; i < runbook->file_count; i++) {
		if (strcmp(runbook->file[i].path, path) == 0)
			return err_set(
				err, -EEXIST, "%s: two steps write this file", path);
	}
	if (ARRAY_EXTEND(runbook->file, runbook->file_count) < 0)
		return err_oom(err);
	file.path = strdup(path);
	file.bytes = strbuf_take(bytes);
	runbook->file[runbook->file_count++] = file;
	return file.path && file.bytes ? 0 : err_oom(err);
}

static int render_file(struct runbook *runbook, const struct task_entry *task,
	const struct task_file *file, struct err *err)
{
	struct strbuf path, out;
	int r;

	strbuf_init(&path, 4096);
	strbuf_init(&out, FILE_BYTES_MAX);
	r = render_path(runbook, file->path, &path, err);
	if (r == 0)
		begin_script(runbook, task, file->format, strbuf_text(&path), &out);
	if (r == 0)
		r = render_lines(runbook, &file->lines, file->format, 0, &out, err);
	if (r == 0)
		end_script(file->format, strbuf_text(&path), &out);
	if (r == 0 && file->format == QUOTE_CMD)
		r = with_returns(&out, err);
	if (r == 0)
		r = runbook_add_file(runbook, strbuf_text(&path), &out,
			is_program(file->format), err);
	else
		r = err_wrap(err, r, "%s", strbuf_text(&path));
	strbuf_done(&path);
	strbuf_done(&out);
	return r;
}

static int render_task(struct runbook *runbook, const struct task_entry *task,
	char *unknown, int *number, struct err *err)
{
	const struct runbook_cursor cursor = { .innermost = EACH_NONE };
	struct runbook_task *one;
	int r = 0;

	if (ARRAY_EXTEND(runbook->task, runbook->task_count) < 0) {
		free(unknown);
		return err_oom(err);
	}
	one = &runbook->task[runbook->task_count++];
	*one = (struct runbook_task){ .task = task,
		.number = task->is_destructive ? -1
			: task->is_preliminary ? 0
					       : ++*number,
		.unknown = unknown,
		.file = runbook->file_count };
	for (size_t i = 0; r == 0 && i < task->file_count; i++) {
		if (!runbook_gate_open(runbook, &cursor, &task->file[i].gate, NULL))
			continue;
		r = render_file(runbook, task, &task->file[i], err);
		one->file_count += r == 0;
	}
	return r;
}

int runbook_render(struct runbook *runbook, struct err *err)
{
	const struct runbook_cursor cursor = { .innermost = EACH_NONE };
	int number = 0;
	int r = 0;

	/* nothing is generated for a machine that is not ready, whoever asks */
	if (!runbook->validation.is_success || runbook->missing_count > 0)
		return err_set(err, -EINVAL,
			"%s is not ready for %s: nothing is generated",
			runbook->request->machine->name, runbook->request->target->id);

	for (size_t i = 0; r == 0 && i < runbook->tasks.count; i++) {
		const struct task_entry *task = &runbook->tasks.task[i];
		struct strbuf unknown;

		strbuf_init(&unknown, 4096);
		if (runbook_gate_open(runbook, &cursor, &task->gate, &unknown))
			r = render_task(runbook, task,
				unknown.length ? strbuf_take(&unknown) : NULL, &number,
				err);
		strbuf_done(&unknown);
	}
	return r == 0 ? runbook_add_pages(runbook, err) : r;
}
