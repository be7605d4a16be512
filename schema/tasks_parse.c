/* One file of tasks: its JSON to the structs of tasks.h. */
#include "schema/tasks_parse.h"

#include "common/array.h"
#include "common/util.h"
#include "schema/date.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const cJSON *tasks_member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* A text of a checked object; NULL where it is absent. */
int tasks_take_text(
	const cJSON *object, const char *name, char **ret_text, struct err *err)
{
	const char *text = json_doc_text(object, name, NULL);

	*ret_text = text ? strdup(text) : NULL;
	return text && !*ret_text ? err_oom(err) : 0;
}

int tasks_take_words(const struct json_doc *doc, const cJSON *list, char ***ret_word,
	size_t *ret_count, struct err *err)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, list) {
		if (!cJSON_IsString(item) || !*item->valuestring)
			return json_doc_refuse(
				doc, item, err, "%s: expected words", list->string);
		if (ARRAY_EXTEND(*ret_word, *ret_count) < 0)
			return err_oom(err);
		(*ret_word)[*ret_count] = strdup(item->valuestring);
		if (!(*ret_word)[(*ret_count)++])
			return err_oom(err);
	}
	return 0;
}

void tasks_words_done(char **word, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(word[i]);
	free(word);
}

/* ---- gates ----------------------------------------------------------------------------- */

void task_gate_done(struct task_gate *gate)
{
	if (gate->has_when)
		condition_done(&gate->when);
	free(gate->with);
	free(gate->without);
	free(gate->is_name);
	free(gate->is_value);
	free(gate->not_name);
	free(gate->not_value);
	*gate = (struct task_gate){ .with = NULL };
}

/* {"NAME": "text"} */
static int read_pair(const struct json_doc *doc, const cJSON *pair, char **ret_name,
	char **ret_value, struct err *err)
{
	if (!pair)
		return 0;
	if (cJSON_GetArraySize(pair) != 1 || !cJSON_IsString(pair->child))
		return json_doc_refuse(doc, pair, err,
			"%s: expected {\"NAME\": \"text\"}", pair->string);
	*ret_name = strdup(pair->child->string);
	*ret_value = strdup(pair->child->valuestring);
	return *ret_name && *ret_value ? 0 : err_oom(err);
}

int tasks_read_gate(const struct json_doc *doc, const cJSON *json, bool keeps_unknown,
	struct task_gate *gate, struct err *err)
{
	const cJSON *when = tasks_member(json, "when");
	const char *unknown = json_doc_text(json, "unknown", NULL);
	int r = 0;

	gate->keeps_unknown = unknown ? strcmp(unknown, "keep") == 0 : keeps_unknown;
	if (unknown && strcmp(unknown, "keep") != 0 && strcmp(unknown, "drop") != 0)
		return json_doc_refuse(doc, tasks_member(json, "unknown"), err,
			"unknown: expected keep or drop, found \"%.40s\"", unknown);
	if (when) {
		r = condition_parse(doc, when, &gate->when, err);
		gate->has_when = r == 0;
	}
	if (r == 0)
		r = tasks_take_text(json, "with", &gate->with, err);
	if (r == 0)
		r = tasks_take_text(json, "without", &gate->without, err);
	if (r == 0)
		r = read_pair(doc, tasks_member(json, "is"), &gate->is_name,
			&gate->is_value, err);
	if (r == 0)
		r = read_pair(doc, tasks_member(json, "is_not"), &gate->not_name,
			&gate->not_value, err);
	return r;
}

/* ---- lines ----------------------------------------------------------------------------- */

static void lines_done(struct task_line *line, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(line[i].text);
		task_gate_done(&line[i].gate);
		lines_done(line[i].line, line[i].count);
	}
	free(line);
}

static int read_lines(const struct json_doc *doc, const cJSON *list, int depth,
	struct task_line **ret_line, size_t *ret_count, struct err *err);

static int read_each(const struct json_doc *doc, const cJSON *json,
	struct task_line *line, struct err *err)
{
	const char *each = json_doc_text(json, "each", NULL);

	for (int i = 1; each && i < EACH_COUNT; i++) {
		if (strcmp(task_each_name((enum task_each)i), each) == 0)
			line->each = (enum task_each)i;
	}
	if (each && line->each == EACH_NONE)
		return json_doc_refuse(doc, tasks_member(json, "each"), err,
			"each: \"%.40s\" is nothing that lines are repeated for", each);
	return 0;
}

static int read_group(const struct json_doc *doc, const cJSON *json, int depth,
	struct task_line *line, struct err *err)
{
	static const struct json_field fields[] = {
		GATE_FIELDS,
		{ "each", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "lines", JSON_FIELD_ARRAY, true, false, 0, 0 },
	};
	int r = json_doc_check_object(
		doc, json, "lines[]", fields, ARRAY_LEN(fields), err);

	if (r == 0)
		r = read_each(doc, json, line, err);
	if (r == 0)
		r = tasks_read_gate(doc, json, false, &line->gate, err);
	if (r == 0)
		r = read_lines(doc, tasks_member(json, "lines"), depth + 1, &line->line,
			&line->count, err);
	return r;
}

static int read_lines(const struct json_doc *doc, const cJSON *list, int depth,
	struct task_line **ret_line, size_t *ret_count, struct err *err)
{
	const cJSON *item;
	int r = 0;

	if (depth > TASKS_DEPTH_MAX)
		return json_doc_refuse(doc, list, err,
			"lines within lines, more than %d deep", TASKS_DEPTH_MAX);
	cJSON_ArrayForEach (item, list) {
		struct task_line *line;

		if (ARRAY_EXTEND(*ret_line, *ret_count) < 0)
			return err_oom(err);
		line = &(*ret_line)[(*ret_count)++];
		*line = (struct task_line){ .at = json_doc_line(doc, item) };
		if (cJSON_IsString(item)) {
			line->text = strdup(item->valuestring);
			r = line->text ? 0 : err_oom(err);
		} else {
			r = read_group(doc, item, depth, line, err);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_task_lines(const struct json_doc *doc, const cJSON *list,
	struct task_lines *lines, struct err *err)
{
	return list ? read_lines(doc, list, 1, &lines->line, &lines->count, err) : 0;
}

/* ---- files and commands ---------------------------------------------------------------- */

static int read_format(const struct json_doc *doc, const cJSON *json,
	enum quote_format *ret_format, struct err *err)
{
	const char *name = json_doc_text(json, "format", "");

	*ret_format = quote_format_find(name);
	return *ret_format < QUOTE_FORMAT_COUNT
		? 0
		: json_doc_refuse(doc, tasks_member(json, "format"), err,
			  "format: expected sh, ps1, cmd, xml, json, plain or text, "
			  "found \"%.40s\"",
			  name);
}

static int read_file(const struct json_doc *doc, const cJSON *json,
	struct task_file *file, struct err *err)
{
	static const struct json_field fields[] = {
		GATE_FIELDS,
		{ "path", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "format", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "lines", JSON_FIELD_ARRAY, true, false, 0, 0 },
	};
	int r = json_doc_check_object(
		doc, json, "files[]", fields, ARRAY_LEN(fields), err);

	if (r == 0)
		r = tasks_take_text(json, "path", &file->path, err);
	if (r == 0)
		r = read_format(doc, json, &file->format, err);
	if (r == 0)
		r = tasks_read_gate(doc, json, false, &file->gate, err);
	if (r == 0)
		r = read_task_lines(
			doc, tasks_member(json, "lines"), &file->lines, err);
	return r;
}

static int read_task_files(const struct json_doc *doc, const cJSON *list,
	struct task_entry *task, struct err *err)
{
	const cJSON *item;
	int r = 0;

	cJSON_ArrayForEach (item, list) {
		if (ARRAY_EXTEND(task->file, task->file_count) < 0)
			return err_oom(err);
		task->file[task->file_count++] = (struct task_file){ .path = NULL };
		r = read_file(doc, item, &task->file[task->file_count - 1], err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_product(const struct json_doc *doc, const cJSON *json,
	struct task_product *product, struct err *err)
{
	static const struct json_field fields[] = {
		GATE_FIELDS,
		{ "path", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "what", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "lines", JSON_FIELD_ARRAY, true, false, 0, 0 },
	};
	int r = json_doc_check_object(
		doc, json, "produces[]", fields, ARRAY_LEN(fields), err);

	if (r == 0)
		r = tasks_take_text(json, "path", &product->path, err);
	if (r == 0)
		r = tasks_take_text(json, "what", &product->what, err);
	if (r == 0)
		r = tasks_read_gate(doc, json, false, &product->gate, err);
	if (r == 0)
		r = read_task_lines(
			doc, tasks_member(json, "lines"), &product->lines, err);
	return r;
}

static int read_products(const struct json_doc *doc, const cJSON *list,
	struct task_entry *task, struct err *err)
{
	const cJSON *item;
	int r = 0;

	cJSON_ArrayForEach (item, list) {
		if (ARRAY_EXTEND(task->product, task->product_count) < 0)
			return err_oom(err);
		task->product[task->product_count++] =
			(struct task_product){ .path = NULL };
		r = read_product(
			doc, item, &task->product[task->product_count - 1], err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_command(const struct json_doc *doc, const cJSON *json,
	struct task_entry *task, struct err *err)
{
	static const struct json_field fields[] = {
		{ "format", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "lines", JSON_FIELD_ARRAY, true, false, 0, 0 },
	};
	int r;

	if (!json)
		return 0;
	task->has_command = true;
	r = json_doc_check_object(doc, json, "command", fields, ARRAY_LEN(fields), err);
	if (r == 0)
		r = read_format(doc, json, &task->command_format, err);
	if (r == 0)
		r = read_task_lines(
			doc, tasks_member(json, "lines"), &task->command, err);
	return r;
}

/* ---- tasks ----------------------------------------------------------------------------- */

void task_done(struct task_entry *task)
{
	free(task->id);
	free(task->phase);
	free(task->title);
	task_gate_done(&task->gate);
	lines_done(task->text.line, task->text.count);
	lines_done(task->check.line, task->check.count);
	lines_done(task->undo.line, task->undo.count);
	lines_done(task->command.line, task->command.count);
	for (size_t i = 0; i < task->file_count; i++) {
		free(task->file[i].path);
		task_gate_done(&task->file[i].gate);
		lines_done(task->file[i].lines.line, task->file[i].lines.count);
	}
	free(task->file);
	for (size_t i = 0; i < task->product_count; i++) {
		free(task->product[i].path);
		free(task->product[i].what);
		task_gate_done(&task->product[i].gate);
		lines_done(task->product[i].lines.line, task->product[i].lines.count);
	}
	free(task->product);
	tasks_words_done(task->need, task->need_count);
	tasks_words_done(task->prevent, task->prevent_count);
	free(task->source);
	free(task->checked);
	free(task->path);
	*task = (struct task_entry){ .id = NULL };
}

static int read_task_place(const struct json_doc *doc, const cJSON *json,
	struct task_entry *task, struct err *err)
{
	const char *where = json_doc_text(json, "where", "");
	int place = 0;

	while (place < PLACE_COUNT &&
		strcmp(task_place_name((enum task_place)place), where) != 0)
		place++;
	task->place = (enum task_place)place;
	return place < PLACE_COUNT
		? 0
		: json_doc_refuse(doc, tasks_member(json, "where"), err,
			  "where: expected admin, source, host or guest, found \"%.40s\"",
			  where);
}

static int read_task_texts(const struct json_doc *doc, const cJSON *json,
	struct task_entry *task, struct err *err)
{
	int r = tasks_take_text(json, "id", &task->id, err);

	if (r == 0)
		r = tasks_take_text(json, "phase", &task->phase, err);
	if (r == 0)
		r = tasks_take_text(json, "title", &task->title, err);
	if (r == 0)
		r = tasks_take_text(json, "source", &task->source, err);
	if (r == 0)
		r = tasks_take_text(json, "checked", &task->checked, err);
	if (r == 0 && !date_is_valid(task->checked))
		r = json_doc_refuse(doc, tasks_member(json, "checked"), err,
			"checked: expected YYYY-MM-DD, found \"%.40s\"", task->checked);
	if (r == 0)
		r = read_task_place(doc, json, task, err);
	return r;
}

/* A task without text, check or source is refused: who follows it has to know what to
 * do, how to see that it worked, and who says so. */
static int read_task(const struct json_doc *doc, const cJSON *json,
	struct task_entry *task, struct err *err)
{
	static const struct json_field fields[] = {
		GATE_FIELDS,
		{ "id", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "phase", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "order", JSON_FIELD_NUMBER, true, false, 0, 1e6 },
		{ "title", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "where", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "preliminary", JSON_FIELD_BOOL, false, false, 0, 0 },
		{ "destructive", JSON_FIELD_BOOL, false, false, 0, 0 },
		{ "minutes", JSON_FIELD_NUMBER, false, false, 0, 100000 },
		{ "copies", JSON_FIELD_NUMBER, false, false, 0, 100 },
		{ "offline", JSON_FIELD_BOOL, false, false, 0, 0 },
		{ "text", JSON_FIELD_ARRAY, true, false, 0, 0 },
		{ "command", JSON_FIELD_OBJECT, false, false, 0, 0 },
		{ "files", JSON_FIELD_ARRAY, false, false, 0, 0 },
		{ "produces", JSON_FIELD_ARRAY, false, false, 0, 0 },
		{ "check", JSON_FIELD_ARRAY, true, false, 0, 0 },
		{ "undo", JSON_FIELD_ARRAY, false, false, 0, 0 },
		{ "needs", JSON_FIELD_ARRAY, false, false, 0, 0 },
		{ "prevents", JSON_FIELD_ARRAY, false, false, 0, 0 },
		{ "source", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "checked", JSON_FIELD_TEXT, true, false, 0, 0 },
	};
	int r = json_doc_check_object(
		doc, json, "steps[]", fields, ARRAY_LEN(fields), err);

	if (r == 0)
		r = read_task_texts(doc, json, task, err);
	if (r < 0)
		return r;
	task->order = json_doc_number(json, "order", 0);
	task->is_preliminary = json_doc_bool(json, "preliminary", false);
	task->is_destructive = json_doc_bool(json, "destructive", false);
	task->minutes = json_doc_number(json, "minutes", NAN);
	task->copies = json_doc_number(json, "copies", 0);
	task->is_offline = json_doc_bool(json, "offline", false);
	r = tasks_read_gate(doc, json, true, &task->gate, err);
	if (r == 0)
		r = read_task_lines(doc, tasks_member(json, "text"), &task->text, err);
	if (r == 0)
		r = read_task_lines(
			doc, tasks_member(json, "check"), &task->check, err);
	if (r == 0)
		r = read_task_lines(doc, tasks_member(json, "undo"), &task->undo, err);
	if (r == 0)
		r = read_command(doc, tasks_member(json, "command"), task, err);
	if (r == 0)
		r = read_task_files(doc, tasks_member(json, "files"), task, err);
	if (r == 0)
		r = read_products(doc, tasks_member(json, "produces"), task, err);
	if (r == 0)
		r = tasks_take_words(doc, tasks_member(json, "needs"), &task->need,
			&task->need_count, err);
	if (r == 0)
		r = tasks_take_words(doc, tasks_member(json, "prevents"),
			&task->prevent, &task->prevent_count, err);
	return r;
}

static int keep_task(const struct json_doc *doc, const cJSON *json, bool is_builtin,
	struct tasks *tasks, struct err *err)
{
	struct task_entry task = { .line = json_doc_line(doc, json),
		.is_builtin = is_builtin };
	int r = read_task(doc, json, &task, err);

	if (r == 0) {
		task.path = strdup(doc->path);
		r = task.path ? 0 : err_oom(err);
	}
	for (size_t i = 0; r == 0 && i < tasks->count; i++) {
		struct task_entry *other = &tasks->task[i];

		if (strcmp(other->id, task.id) != 0)
			continue;
		if (!other->is_builtin || is_builtin) {
			r = json_doc_refuse(doc, json, err,
				"steps[].id: \"%.60s\" is in %s:%u already", task.id,
				other->path, other->line);
			break;
		}
		task_done(other);
		*other = task;
		return 0;
	}
	if (r == 0 && ARRAY_EXTEND(tasks->task, tasks->count) < 0)
		r = err_oom(err);
	if (r < 0)
		task_done(&task);
	else
		tasks->task[tasks->count++] = task;
	return r;
}

/* ---- the file -------------------------------------------------------------------------- */

static int take_phase(const struct json_doc *doc, const cJSON *json,
	struct tasks *tasks, struct err *err)
{
	static const struct json_field fields[] = {
		{ "id", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "title", JSON_FIELD_TEXT, true, false, 0, 0 },
	};
	struct task_phase *phase;
	int r = json_doc_check_object(
		doc, json, "phases[]", fields, ARRAY_LEN(fields), err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < tasks->phase_count; i++) {
		if (strcmp(tasks->phase[i].id, json_doc_text(json, "id", "")) == 0)
			return json_doc_refuse(
				doc, json, err, "phases[].id: it is there already");
	}
	if (ARRAY_EXTEND(tasks->phase, tasks->phase_count) < 0)
		return err_oom(err);
	phase = &tasks->phase[tasks->phase_count++];
	*phase = (struct task_phase){ .id = NULL };
	r = tasks_take_text(json, "id", &phase->id, err);
	if (r == 0)
		r = tasks_take_text(json, "title", &phase->title, err);
	return r;
}

static bool names_target(const cJSON *targets, const char *target)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, targets) {
		if (cJSON_IsString(item) && strcmp(item->valuestring, target) == 0)
			return true;
	}
	return false;
}

/* The head is judged first: of a file for other targets nothing is kept. */
int tasks_parse(const struct json_doc *doc, const char *target, bool is_builtin,
	struct tasks *tasks, bool *ret_is_of, struct err *err)
{
	static const struct json_field fields[] = {
		{ "schema", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "comment", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "targets", JSON_FIELD_ARRAY, true, false, 0, 0 },
		{ "written_for", JSON_FIELD_ARRAY, false, false, 0, 0 },
		{ "phases", JSON_FIELD_ARRAY, false, false, 0, 0 },
		{ "settings", JSON_FIELD_ARRAY, false, false, 0, 0 },
		{ "steps", JSON_FIELD_ARRAY, true, false, 0, 0 },
	};
	const cJSON *item;
	int r = json_doc_check_object(
		doc, doc->root, "the file", fields, ARRAY_LEN(fields), err);

	*ret_is_of = false;
	if (r < 0)
		return r;
	if (strcmp(json_doc_text(doc->root, "schema", ""), "headroom/steps/1") != 0)
		return json_doc_refuse(
			doc, doc->root, err, "schema: expected \"headroom/steps/1\"");
	if (target && !names_target(tasks_member(doc->root, "targets"), target) &&
		!names_target(tasks_member(doc->root, "targets"), "*"))
		return 0;
	*ret_is_of = tasks_member(doc->root, "phases") != NULL;
	r = tasks_take_words(doc, tasks_member(doc->root, "written_for"),
		&tasks->written_for, &tasks->written_for_count, err);
	cJSON_ArrayForEach (item, tasks_member(doc->root, "phases")) {
		if (r == 0)
			r = take_phase(doc, item, tasks, err);
	}
	cJSON_ArrayForEach (item, tasks_member(doc->root, "settings")) {
		if (r == 0)
			r = tasks_parse_setting(doc, item, tasks, err);
	}
	cJSON_ArrayForEach (item, tasks_member(doc->root, "steps")) {
		if (r == 0)
			r = keep_task(doc, item, is_builtin, tasks, err);
	}
	return r;
}
