#include "analyze/report/runbook_document.h"

#include <string.h>

static void add_incompatibilities(
	struct document *document, const struct validation *validation)
{
	static const struct doc_column columns[] = {
		{ "rule", NULL, 0, 0, NULL },
		{ "severity", NULL, 0, 0, NULL },
		{ "at", NULL, 0, 0, NULL },
		{ "text", NULL, 0, 0, NULL },
		{ "remedy", NULL, 0, 0, NULL },
	};
	struct doc_table *table = doc_table(document, IN_JSON, "incompatibilities",
		TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < validation->count; i++) {
		const struct incompatibility *one = &validation->item[i];

		DOC_ROW(table, cell_text(one->rule),
			cell_text(check_severity_name(one->severity)),
			cell_text(one->at), cell_text(one->text),
			cell_text(one->remedy));
		if (one->severity != CHECK_BLOCKER)
			continue;
		doc_line(document, "%s", "");
		doc_span(document, COLOR_BAD, "blocker");
		doc_span(document, COLOR_NONE, " %s at %s: %s", one->rule, one->at,
			one->text);
		if (one->remedy)
			doc_line(document, "  remedy: %s", one->remedy);
	}
	for (size_t i = 0; i < validation->missing_count; i++)
		doc_line(document, "missing file %s: it is in %s",
			validation->missing[i].file, validation->missing[i].held_by);
}

static void add_missing_settings(
	struct document *document, const struct runbook *runbook)
{
	static const struct doc_column columns[] = {
		{ "key", NULL, 0, 0, NULL },
		{ "help", NULL, 0, 0, NULL },
		{ "example", NULL, 0, 0, NULL },
		{ "why", NULL, 0, 0, NULL },
	};
	struct doc_table *table = doc_table(
		document, IN_JSON, "missing", TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < runbook->missing_count; i++) {
		const struct task_setting *setting = runbook->missing[i].setting;

		DOC_ROW(table, cell_text(setting->key), cell_text(setting->help),
			cell_text(setting->example),
			cell_text(runbook->missing[i].why));
		if (!runbook->validation.is_success)
			continue;
		doc_line(document, "missing: %s (%s)", setting->key, setting->help);
		if (runbook->missing[i].why)
			doc_line(document, "  its default does not do: %s",
				runbook->missing[i].why);
		doc_line(document, "  for example: --set '%s=%s'", setting->key,
			setting->example);
	}
}

static void add_written(
	struct document *document, const struct runbook *runbook, const char *dir)
{
	static const struct doc_column columns[] = { { "path", NULL, 0, 0, NULL } };
	struct doc_table *table = doc_table(
		document, IN_JSON, "files", TABLE_LIST, columns, ARRAY_LEN(columns));
	size_t warnings = 0, tasks = 0;

	for (size_t i = 0; i < runbook->file_count && dir; i++)
		DOC_ROW(table, cell_text(runbook->file[i].path));
	if (!dir)
		return;
	for (size_t i = 0; i < runbook->task_count; i++)
		tasks += runbook->task[i].number >= 0;
	for (size_t i = 0; i < runbook->validation.count; i++)
		warnings += runbook->validation.item[i].severity == CHECK_WARNING;
	doc_line(document, "%s: %zu steps, %zu files for %s to %s", dir, tasks,
		runbook->file_count, runbook->request->machine->name,
		runbook->request->target->title);
	if (warnings > 0)
		doc_line(document, "%zu %s to read before: %s/README.md has %s",
			warnings, warnings == 1 ? "warning" : "warnings", dir,
			warnings == 1 ? "it" : "them");
	doc_line(document, "Nothing has been executed.  Begin with %s/README.md", dir);
}

struct document *runbook_document(const struct runbook *runbook, const char *dir)
{
	struct document *document = document_new("runbook");
	bool is_ready = runbook->validation.is_success;

	doc_json(document, "name", cell_text(runbook->request->machine->name));
	doc_json(document, "target", cell_text(runbook->request->target->id));
	doc_json(document, "folder", cell_text(dir));
	doc_json(document, "success", cell_bool(dir != NULL));
	if (!is_ready)
		doc_line(document,
			"%s is not ready for %s; no script is written while this stands:",
			runbook->request->machine->name, runbook->request->target->id);
	add_incompatibilities(document, &runbook->validation);
	add_missing_settings(document, runbook);
	add_written(document, runbook, dir);
	return document;
}

struct document *runbook_settings_document(
	const struct tasks *tasks, const char *target)
{
	static const struct doc_column columns[] = {
		{ "key", "setting", COLUMN_NAME, 0, NULL },
		{ "kind", "kind", 0, 0, NULL },
		{ "required", "required", 0, 0, NULL },
		{ "example", "example", 0, 0, NULL },
		{ "help", "what it is", COLUMN_WRAP, 0, NULL },
	};
	struct document *document = document_new("runbook-settings");
	struct doc_table *table;

	doc_json(document, "target", cell_text(target));
	table = doc_table(
		document, 0, "settings", TABLE_ROWS, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < tasks->setting_count; i++) {
		const struct task_setting *setting = &tasks->setting[i];

		DOC_ROW(table, cell_text(setting->key),
			cell_text(setting_kind_name(setting->kind)),
			cell_shown(cell_bool(setting->is_required),
				setting->is_required ? "yes" : "no"),
			cell_text(setting->example), cell_text(setting->help));
	}
	doc_line(document,
		"Facts are settings too, for this runbook alone: --set os_bits=32 "
		"(analyze inventory --keys).");
	return document;
}
