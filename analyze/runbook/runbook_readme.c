/* README.md: to follow and tick off. */
#include "analyze/runbook/runbook_render.h"
#include "analyze/runbook/runbook_value.h"

#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_BYTES_MAX (16u << 20)
#define INDENT 2 /* of what belongs to an item of a list */

/* A value as Markdown shows it. */
static void add_value(const struct runbook *runbook, const char *name, bool is_code,
	struct strbuf *out)
{
	const struct runbook_cursor cursor = { .innermost = EACH_NONE };
	struct strbuf text;
	bool is_number;

	strbuf_init(&text, 1 << 16);
	if (!runbook_value(runbook, &cursor, name, strlen(name), &text, &is_number))
		strbuf_add(out, "not known");
	else if (is_number || !is_code)
		strbuf_add(out, strbuf_text(&text));
	else
		(void)quote_add(out, QUOTE_TEXT, strbuf_text(&text), NULL);
	strbuf_done(&text);
}

/* ---- the head ---------------------------------------------------------------------------- */

static void readme_head(const struct runbook *runbook, struct strbuf *out)
{
	strbuf_add(out, "# Moving ");
	add_value(runbook, "machine.name", true, out);
	strbuf_addf(out,
		" to %s\n\n"
		"Made by Headroom on %s for the target `%s`. Nothing has been executed: "
		"every\nstep below is done by you, from top to bottom. Put an x between the "
		"brackets of a\nstep when it is done; a script leaves a mark in the folder "
		"`done` and refuses to\nrun before the scripts that it needs.\n\n"
		"Before anything else read this page to its end, and every script that you "
		"will\nrun. Copy this folder to each machine that a step is done on.\n",
		runbook->request->target->title, runbook->request->day,
		runbook->request->target->id);
	if (runbook->tasks.written_for_count > 0)
		strbuf_add(out, "\nWritten for these versions:\n\n");
	for (size_t i = 0; i < runbook->tasks.written_for_count; i++)
		strbuf_addf(out, "- %s\n", runbook->tasks.written_for[i]);
}

static void readme_size(const struct runbook *runbook, const char *what,
	const char *today, const char *chosen, const char *from, const char *key,
	struct strbuf *out)
{
	strbuf_addf(out, "| %s | ", what);
	add_value(runbook, today, false, out);
	strbuf_add(out, " | ");
	add_value(runbook, chosen, false, out);
	strbuf_add(out, " | ");
	add_value(runbook, from, false, out);
	strbuf_addf(out, " | `%s` |\n", key);
}

/* From when to when users are without it. */
static void readme_downtime(const struct runbook *runbook, struct strbuf *out)
{
	int first = -1, last = -1;

	for (size_t i = 0; i < runbook->task_count; i++) {
		const struct runbook_task *one = &runbook->task[i];

		if (!runbook_task_is_offline(runbook, one->task))
			continue;
		first = first < 0 ? one->number : first;
		last = one->number;
	}
	if (first < 0)
		return;
	strbuf_addf(out, "- The machine is down from step %d to step %d: plan with ",
		first, last);
	add_value(runbook, "down.minutes", true, out);
	strbuf_add(out,
		" minutes, the sum of\n  what these steps say. The minutes of work are "
		"figures of ours for a first time, the\n  copies are at the careful rate. "
		"With `--set window_minutes=N` it is compared.\n");
}

/* One text, a value after another: in parts its sentences could not be read. */
static void readme_sizes(const struct runbook *runbook, struct strbuf *out)
{
	strbuf_add(out,
		"\n## Sizes\n\n"
		"| what | today | the VM | why | change with --set |\n"
		"|---|---|---|---|---|\n");
	readme_size(runbook, "memory, MiB", "machine.memory_mib", "vm.memory_mib",
		"vm.memory_from", "memory_mb", out);
	readme_size(runbook, "processors", "machine.cpus", "vm.vcpus", "vm.vcpus_from",
		"vcpus", out);
	strbuf_add(out, "\n- System: ");
	add_value(runbook, "machine.os", true, out);
	strbuf_add(out, "; firmware: ");
	add_value(runbook, "machine.firmware", true, out);
	strbuf_add(out, "; partition table of its system disk: ");
	add_value(runbook, "machine.style", true, out);
	strbuf_add(out, ".\n- Disks: ");
	add_value(runbook, "disks.count", true, out);
	strbuf_add(out, ", together ");
	add_value(runbook, "disks.gib", true, out);
	strbuf_add(out, " GiB. Room needed while copying: at most ");
	add_value(runbook, "scratch.gib", true, out);
	strbuf_add(out,
		" GiB\n  (all disks, and twice the largest); the script that checks the "
		"target asks for\n  what this way of copying needs.\n- Copying ");
	add_value(runbook, "copy.gb", true, out);
	strbuf_add(out, " GB once takes ");
	add_value(runbook, "copy.minutes_fast", true, out);
	strbuf_add(out, " to ");
	add_value(runbook, "copy.minutes_slow", true, out);
	strbuf_add(out, " minutes; plan with ");
	add_value(runbook, "copy.minutes", true, out);
	strbuf_add(out,
		".\n  With a transfer that you measured: `--set rate_mb_per_s=N`.\n");
	readme_downtime(runbook, out);
	if (runbook->request->host) {
		strbuf_add(out, "- The plan puts it on the host ");
		add_value(runbook, "plan.host", true, out);
		strbuf_add(out, ".\n");
	}
}

static void readme_warnings(const struct runbook *runbook, struct strbuf *out)
{
	const struct validation *validation = &runbook->validation;
	const struct runbook_cursor cursor = { .innermost = EACH_NONE };
	const char over[] = "down.over_window";
	struct strbuf minutes;

	strbuf_init(&minutes, 64);
	strbuf_add(out, "\n## What to know before\n\n");
	if (runbook_value(runbook, &cursor, over, sizeof(over) - 1, &minutes, NULL))
		strbuf_addf(out,
			"- **The window is %s minutes too short** for what is planned, the "
			"copy at the careful\n  rate: take a longer one, copy while the "
			"machine runs and the rest in the window, or\n  measure the "
			"transfer.\n",
			strbuf_text(&minutes));
	strbuf_done(&minutes);
	for (size_t i = 0; i < validation->count; i++) {
		const struct incompatibility *one = &validation->item[i];

		strbuf_addf(out, "- %s (%s): ", one->rule,
			check_severity_name(one->severity));
		for (const char *at = one->text; *at; at++)
			strbuf_add_bytes(out, *at == '\n' ? " " : at, 1);
		strbuf_addf(out, "%s%s\n", one->remedy ? ". Remedy: " : "",
			one->remedy ? one->remedy : "");
	}
	if (validation->count == 0)
		strbuf_add(out, "The checks of `analyze validate` found nothing.\n");
}

static void readme_settings(const struct runbook *runbook, struct strbuf *out)
{
	const struct runbook_cursor cursor = { .innermost = EACH_NONE };

	strbuf_add(out,
		"\n## Settings\n\n"
		"Changed with `--set key=value` when the runbook is made.\n\n"
		"| key | value | what it is |\n|---|---|---|\n");
	for (size_t i = 0; i < runbook->setting_count; i++) {
		const struct runbook_setting *one = &runbook->setting[i];
		struct strbuf cell;

		if (!one->value &&
			!runbook_gate_open(runbook, &cursor, &one->setting->gate, NULL))
			continue;
		strbuf_init(&cell, PAGE_BYTES_MAX);
		if (one->value)
			(void)quote_add(&cell, QUOTE_TEXT, one->value, NULL);
		else
			strbuf_add(&cell, "-");
		strbuf_addf(out, "| `%s` | ", one->setting->key);
		for (const char *at = strbuf_text(&cell); *at; at++)
			strbuf_add(out, *at == '|' ? "\\|" : (char[]){ *at, '\0' });
		strbuf_addf(out, " | %s |\n", one->setting->help);
		strbuf_done(&cell);
	}
}

/* ---- tasks ------------------------------------------------------------------------------- */

static const char *fence_of(enum quote_format format)
{
	return format == QUOTE_PS1 ? "powershell" : format == QUOTE_SH ? "sh" : "";
}

/* A fence longer than any row of backticks in what it holds. */
static void add_fenced(const struct strbuf *text, const char *language, unsigned indent,
	struct strbuf *out)
{
	size_t longest = 2, run = 0;

	for (const char *at = strbuf_text(text); *at; at++) {
		run = *at == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	for (int side = 0; side < 2; side++) {
		strbuf_addf(out, "%*s", (int)indent, "");
		for (size_t i = 0; i <= longest; i++)
			strbuf_add(out, "`");
		strbuf_addf(out, "%s\n", side == 0 ? language : "");
		if (side == 0)
			strbuf_add(out, strbuf_text(text));
	}
}

static int add_part(const struct runbook *runbook, const char *title,
	const struct task_lines *lines, struct strbuf *out, struct err *err)
{
	struct strbuf text;
	int r;

	if (lines->count == 0)
		return 0;
	strbuf_init(&text, PAGE_BYTES_MAX);
	r = render_lines(runbook, lines, QUOTE_TEXT, 0, &text, err);
	if (r == 0 && text.length > 0) {
		strbuf_add(out, "\n");
		if (*title)
			strbuf_addf(out, "  *%s*\n\n", title);
		runbook_flow(strbuf_text(&text), INDENT, out);
	}
	strbuf_done(&text);
	return r;
}

static int add_command(const struct runbook *runbook, const struct task_entry *task,
	struct strbuf *out, struct err *err)
{
	struct strbuf text;
	int r;

	if (!task->has_command)
		return 0;
	strbuf_init(&text, PAGE_BYTES_MAX);
	r = render_lines(
		runbook, &task->command, task->command_format, INDENT, &text, err);
	if (r == 0 && text.length > 0) {
		strbuf_add(out, "\n");
		add_fenced(&text, fence_of(task->command_format), INDENT, out);
	}
	strbuf_done(&text);
	return r;
}

static void add_files_of(const struct runbook *runbook, const struct runbook_task *one,
	struct strbuf *out)
{
	for (size_t i = 0; i < one->file_count; i++) {
		const struct runbook_file *file = &runbook->file[one->file + i];
		const char *dot = strrchr(file->path, '.');

		strbuf_addf(out, "\n  %s `%s`%s\n", file->is_program ? "Run" : "File",
			file->path,
			!file->is_program ? ""
				: dot && strcmp(dot, ".ps1") == 0
				? " (powershell -ExecutionPolicy Bypass -File)"
				: dot && strcmp(dot, ".cmd") == 0
				? " at a command prompt"
				: " (bash)");
	}
}

/* Each with what it does, as a numbered list. */
static int add_products(const struct runbook *runbook, const struct task_entry *task,
	struct strbuf *out, struct err *err)
{
	const struct runbook_cursor cursor = { .innermost = EACH_NONE };
	int r = 0;

	for (size_t i = 0; r == 0 && i < task->product_count; i++) {
		const struct task_product *product = &task->product[i];
		struct strbuf path, lines;
		unsigned number = 0;

		if (!runbook_gate_open(runbook, &cursor, &product->gate, NULL))
			continue;
		strbuf_init(&path, 1 << 16);
		strbuf_init(&lines, PAGE_BYTES_MAX);
		runbook_raw(runbook, product->path, &path);
		strbuf_add(out, i == 0 ? "\n  - " : "  - ");
		(void)quote_add(out, QUOTE_TEXT, strbuf_text(&path), NULL);
		strbuf_addf(out, ": %s\n", product->what);
		r = render_lines(runbook, &product->lines, QUOTE_TEXT, 0, &lines, err);
		for (const char *at = strbuf_text(&lines); *at;
			at += strcspn(at, "\n") + 1)
			strbuf_addf(out, "    %u. %.*s\n", ++number,
				(int)strcspn(at, "\n"), at);
		strbuf_done(&path);
		strbuf_done(&lines);
	}
	return r;
}

static const struct runbook_task *task_of(const struct runbook *runbook, const char *id)
{
	for (size_t i = 0; i < runbook->task_count; i++) {
		if (strcmp(runbook->task[i].task->id, id) == 0)
			return &runbook->task[i];
	}
	return NULL;
}

static void add_needs(const struct runbook *runbook, const struct task_entry *task,
	struct strbuf *out)
{
	struct strbuf before; /* all but the last */
	int last = -1;

	strbuf_init(&before, 4096);
	for (size_t i = 0; i < task->need_count; i++) {
		const struct runbook_task *one = task_of(runbook, task->need[i]);

		if (one && last >= 0)
			strbuf_addf(&before, "%s%d", before.length ? ", " : "", last);
		last = one ? one->number : last;
	}
	if (before.length > 0)
		strbuf_addf(out, "\n  Only after steps %s and %d.\n",
			strbuf_text(&before), last);
	else if (last >= 0)
		strbuf_addf(out, "\n  Only after step %d.\n", last);
	strbuf_done(&before);
}

static void add_minutes(const struct runbook *runbook, const struct task_entry *task,
	struct strbuf *out)
{
	double minutes = runbook_task_minutes(runbook, task);

	if (!isnan(minutes))
		strbuf_addf(out, "\n  Plan with %.0f minutes%s.\n", ceil(minutes),
			task->is_offline ? "; the machine is down" : "");
}

static int readme_task(const struct runbook *runbook, const struct runbook_task *one,
	struct strbuf *out, struct err *err)
{
	const struct task_entry *task = one->task;
	int r;

	if (one->number >= 0)
		strbuf_addf(out, "\n- [ ] **%d. %s** (%s)\n", one->number, task->title,
			task_place_words(task->place));
	else
		strbuf_addf(out, "\n- **%s** (%s)\n", task->title,
			task_place_words(task->place));
	add_needs(runbook, task, out);
	add_minutes(runbook, task, out);
	if (one->unknown)
		strbuf_addf(out,
			"\n  Nobody said %s: do it unless you know that it is not "
			"needed.\n",
			one->unknown);
	r = add_part(runbook, "", &task->text, out, err);
	if (r == 0)
		add_files_of(runbook, one, out);
	if (r == 0)
		r = add_command(runbook, task, out, err);
	if (r == 0)
		r = add_products(runbook, task, out, err);
	if (r == 0)
		r = add_part(
			runbook, "You see that it worked:", &task->check, out, err);
	if (r == 0)
		r = add_part(runbook, "To undo it:", &task->undo, out, err);
	return r < 0 ? err_wrap(err, r, "README.md, step %s", task->id) : 0;
}

static int add_sequence(
	const struct runbook *runbook, struct strbuf *out, struct err *err)
{
	int r = 0;

	for (size_t p = 0; p < runbook->tasks.phase_count; p++) {
		bool is_begun = false;

		for (size_t i = 0; r == 0 && i < runbook->task_count; i++) {
			const struct runbook_task *one = &runbook->task[i];

			if (one->number < 0 ||
				strcmp(one->task->phase, runbook->tasks.phase[p].id) !=
					0)
				continue;
			if (!is_begun)
				strbuf_addf(out, "\n## Phase %zu: %s\n", p + 1,
					runbook->tasks.phase[p].title);
			is_begun = true;
			r = readme_task(runbook, one, out, err);
		}
	}
	return r;
}

static int add_destructive(
	const struct runbook *runbook, struct strbuf *out, struct err *err)
{
	bool is_begun = false;
	int r = 0;

	for (size_t i = 0; r == 0 && i < runbook->task_count; i++) {
		if (runbook->task[i].number >= 0)
			continue;
		if (!is_begun)
			strbuf_add(out,
				"\n## Only when it has failed: what destroys\n\n"
				"None of this belongs to the sequence above. Each script asks "
				"before it destroys.\n");
		is_begun = true;
		r = readme_task(runbook, &runbook->task[i], out, err);
	}
	return r;
}

int runbook_make_readme(
	const struct runbook *runbook, struct strbuf *out, struct err *err)
{
	int r;

	readme_head(runbook, out);
	readme_sizes(runbook, out);
	readme_warnings(runbook, out);
	r = add_sequence(runbook, out, err);
	if (r == 0)
		r = add_destructive(runbook, out, err);
	if (r == 0)
		readme_settings(runbook, out);
	return r;
}
