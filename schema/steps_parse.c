/* One file of steps: its JSON to the structs of steps.h. */
#include "schema/steps_parse.h"

#include "common/array.h"
#include "common/util.h"
#include "schema/date.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const cJSON *steps_member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* A text of a checked object; NULL where it is absent. */
int steps_take_text(
	const cJSON *object, const char *name, char **ret_text, struct err *err)
{
	const char *text = json_doc_text(object, name, NULL);

	*ret_text = text ? strdup(text) : NULL;
	return text && !*ret_text ? err_oom(err) : 0;
}

int steps_take_words(const struct json_doc *doc, const cJSON *list, char ***ret_word,
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

void steps_words_done(char **word, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(word[i]);
	free(word);
}

/* ---- gates ----------------------------------------------------------------------------- */

void step_gate_done(struct step_gate *gate)
{
	if (gate->has_when)
		condition_done(&gate->when);
	free(gate->with);
	free(gate->without);
	free(gate->is_name);
	free(gate->is_value);
	free(gate->not_name);
	free(gate->not_value);
	*gate = (struct step_gate){ .with = NULL };
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

int steps_read_gate(const struct json_doc *doc, const cJSON *json, bool keeps_unknown,
	struct step_gate *gate, struct err *err)
{
	const cJSON *when = steps_member(json, "when");
	const char *unknown = json_doc_text(json, "unknown", NULL);
	int r = 0;

	gate->keeps_unknown = unknown ? strcmp(unknown, "keep") == 0 : keeps_unknown;
	if (unknown && strcmp(unknown, "keep") != 0 && strcmp(unknown, "drop") != 0)
		return json_doc_refuse(doc, steps_member(json, "unknown"), err,
			"unknown: expected keep or drop, found \"%.40s\"", unknown);
	if (when) {
		r = condition_parse(doc, when, &gate->when, err);
		gate->has_when = r == 0;
	}
	if (r == 0)
		r = steps_take_text(json, "with", &gate->with, err);
	if (r == 0)
		r = steps_take_text(json, "without", &gate->without, err);
	if (r == 0)
		r = read_pair(doc, steps_member(json, "is"), &gate->is_name,
			&gate->is_value, err);
	if (r == 0)
		r = read_pair(doc, steps_member(json, "is_not"), &gate->not_name,
			&gate->not_value, err);
	return r;
}

/* ---- lines ----------------------------------------------------------------------------- */

static void lines_done(struct step_line *line, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(line[i].text);
		step_gate_done(&line[i].gate);
		lines_done(line[i].line, line[i].count);
	}
	free(line);
}

static int read_lines(const struct json_doc *doc, const cJSON *list, int depth,
	struct step_line **ret_line, size_t *ret_count, struct err *err);

static int read_each(const struct json_doc *doc, const cJSON *json,
	struct step_line *line, struct err *err)
{
	const char *each = json_doc_text(json, "each", NULL);

	for (int i = 1; each && i < EACH_COUNT; i++) {
		if (strcmp(step_each_name((enum step_each)i), each) == 0)
			line->each = (enum step_each)i;
	}
	if (each && line->each == EACH_NONE)
		return json_doc_refuse(doc, steps_member(json, "each"), err,
			"each: \"%.40s\" is nothing that lines are repeated for", each);
	return 0;
}

static int read_group(const struct json_doc *doc, const cJSON *json, int depth,
	struct step_line *line, struct err *err)
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
		r = steps_read_gate(doc, json, false, &line->gate, err);
	if (r == 0)
		r = read_lines(doc, steps_member(json, "lines"), depth + 1, &line->line,
			&line->count, err);
	return r;
}

static int read_lines(const struct json_doc *doc, const cJSON *list, int depth,
	struct step_line **ret_line, size_t *ret_count, struct err *err)
{
	const cJSON *item;
	int r = 0;

	if (depth > STEPS_DEPTH_MAX)
		return json_doc_refuse(doc, list, err,
			"lines within lines, more than %d deep", STEPS_DEPTH_MAX);
	cJSON_ArrayForEach (item, list) {
		struct step_line *line;

		if (ARRAY_EXTEND(*ret_line, *ret_count) < 0)
			return err_oom(err);
		line = &(*ret_line)[(*ret_count)++];
		*line = (struct step_line){ .at = json_doc_line(doc, item) };
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

static int read_step_lines(const struct json_doc *doc, const cJSON *list,
	struct step_lines *lines, struct err *err)
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
		: json_doc_refuse(doc, steps_member(json, "format"), err,
			  "format: expected sh, ps1, cmd, xml, json, plain or text, "
			  "found \"%.40s\"",
			  name);
}

static int read_file(const struct json_doc *doc, const cJSON *json,
	struct step_file *file, struct err *err)
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
		r = steps_take_text(json, "path", &file->path, err);
	if (r == 0)
		r = read_format(doc, json, &file->format, err);
	if (r == 0)
		r = steps_read_gate(doc, json, false, &file->gate, err);
	if (r == 0)
		r = read_step_lines(
			doc, steps_member(json, "lines"), &file->lines, err);
	return r;
}

static int read_step_files(const struct json_doc *doc, const cJSON *list,
	struct step_entry *step, struct err *err)
{
	const cJSON *item;
	int r = 0;

	cJSON_ArrayForEach (item, list) {
		if (ARRAY_EXTEND(step->file, step->file_count) < 0)
			return err_oom(err);
		step->file[step->file_count++] = (struct step_file){ .path = NULL };
		r = read_file(doc, item, &step->file[step->file_count - 1], err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_product(const struct json_doc *doc, const cJSON *json,
	struct step_product *product, struct err *err)
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
		r = steps_take_text(json, "path", &product->path, err);
	if (r == 0)
		r = steps_take_text(json, "what", &product->what, err);
	if (r == 0)
		r = steps_read_gate(doc, json, false, &product->gate, err);
	if (r == 0)
		r = read_step_lines(
			doc, steps_member(json, "lines"), &product->lines, err);
	return r;
}

static int read_products(const struct json_doc *doc, const cJSON *list,
	struct step_entry *step, struct err *err)
{
	const cJSON *item;
	int r = 0;

	cJSON_ArrayForEach (item, list) {
		if (ARRAY_EXTEND(step->product, step->product_count) < 0)
			return err_oom(err);
		step->product[step->product_count++] =
			(struct step_product){ .path = NULL };
		r = read_product(
			doc, item, &step->product[step->product_count - 1], err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_command(const struct json_doc *doc, const cJSON *json,
	struct step_entry *step, struct err *err)
{
	static const struct json_field fields[] = {
		{ "format", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "lines", JSON_FIELD_ARRAY, true, false, 0, 0 },
	};
	int r;

	if (!json)
		return 0;
	step->has_command = true;
	r = json_doc_check_object(doc, json, "command", fields, ARRAY_LEN(fields), err);
	if (r == 0)
		r = read_format(doc, json, &step->command_format, err);
	if (r == 0)
		r = read_step_lines(
			doc, steps_member(json, "lines"), &step->command, err);
	return r;
}

/* ---- steps ----------------------------------------------------------------------------- */

void step_done(struct step_entry *step)
{
	free(step->id);
	free(step->phase);
	free(step->title);
	step_gate_done(&step->gate);
	lines_done(step->text.line, step->text.count);
	lines_done(step->check.line, step->check.count);
	lines_done(step->undo.line, step->undo.count);
	lines_done(step->command.line, step->command.count);
	for (size_t i = 0; i < step->file_count; i++) {
		free(step->file[i].path);
		step_gate_done(&step->file[i].gate);
		lines_done(step->file[i].lines.line, step->file[i].lines.count);
	}
	free(step->file);
	for (size_t i = 0; i < step->product_count; i++) {
		free(step->product[i].path);
		free(step->product[i].what);
		step_gate_done(&step->product[i].gate);
		lines_done(step->product[i].lines.line, step->product[i].lines.count);
	}
	free(step->product);
	steps_words_done(step->need, step->need_count);
	steps_words_done(step->prevent, step->prevent_count);
	free(step->source);
	free(step->checked);
	free(step->path);
	*step = (struct step_entry){ .id = NULL };
}

static int read_step_place(const struct json_doc *doc, const cJSON *json,
	struct step_entry *step, struct err *err)
{
	const char *where = json_doc_text(json, "where", "");
	int place = 0;

	while (place < PLACE_COUNT &&
		strcmp(step_place_name((enum step_place)place), where) != 0)
		place++;
	step->place = (enum step_place)place;
	return place < PLACE_COUNT
		? 0
		: json_doc_refuse(doc, steps_member(json, "where"), err,
			  "where: expected admin, source, host or guest, found \"%.40s\"",
			  where);
}

static int read_step_texts(const struct json_doc *doc, const cJSON *json,
	struct step_entry *step, struct err *err)
{
	int r = steps_take_text(json, "id", &step->id, err);

	if (r == 0)
		r = steps_take_text(json, "phase", &step->phase, err);
	if (r == 0)
		r = steps_take_text(json, "title", &step->title, err);
	if (r == 0)
		r = steps_take_text(json, "source", &step->source, err);
	if (r == 0)
		r = steps_take_text(json, "checked", &step->checked, err);
	if (r == 0 && !date_is_valid(step->checked))
		r = json_doc_refuse(doc, steps_member(json, "checked"), err,
			"checked: expected YYYY-MM-DD, found \"%.40s\"", step->checked);
	if (r == 0)
		r = read_step_place(doc, json, step, err);
	return r;
}

static int read_step(const struct json_doc *doc, const cJSON *json,
	struct step_entry *step, struct err *err)
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
		r = read_step_texts(doc, json, step, err);
	if (r < 0)
		return r;
	step->order = json_doc_number(json, "order", 0);
	step->is_preliminary = json_doc_bool(json, "preliminary", false);
	step->is_destructive = json_doc_bool(json, "destructive", false);
	r = steps_read_gate(doc, json, true, &step->gate, err);
	if (r == 0)
		r = read_step_lines(doc, steps_member(json, "text"), &step->text, err);
	if (r == 0)
		r = read_step_lines(
			doc, steps_member(json, "check"), &step->check, err);
	if (r == 0)
		r = read_step_lines(doc, steps_member(json, "undo"), &step->undo, err);
	if (r == 0)
		r = read_command(doc, steps_member(json, "command"), step, err);
	if (r == 0)
		r = read_step_files(doc, steps_member(json, "files"), step, err);
	if (r == 0)
		r = read_products(doc, steps_member(json, "produces"), step, err);
	if (r == 0)
		r = steps_take_words(doc, steps_member(json, "needs"), &step->need,
			&step->need_count, err);
	if (r == 0)
		r = steps_take_words(doc, steps_member(json, "prevents"),
			&step->prevent, &step->prevent_count, err);
	return r;
}

static int keep_step(const struct json_doc *doc, const cJSON *json, bool is_builtin,
	struct steps *steps, struct err *err)
{
	struct step_entry step = { .line = json_doc_line(doc, json),
		.is_builtin = is_builtin };
	int r = read_step(doc, json, &step, err);

	if (r == 0) {
		step.path = strdup(doc->path);
		r = step.path ? 0 : err_oom(err);
	}
	for (size_t i = 0; r == 0 && i < steps->count; i++) {
		struct step_entry *other = &steps->step[i];

		if (strcmp(other->id, step.id) != 0)
			continue;
		if (!other->is_builtin || is_builtin) {
			r = json_doc_refuse(doc, json, err,
				"steps[].id: \"%.60s\" is in %s:%u already", step.id,
				other->path, other->line);
			break;
		}
		step_done(other);
		*other = step;
		return 0;
	}
	if (r == 0 && ARRAY_EXTEND(steps->step, steps->count) < 0)
		r = err_oom(err);
	if (r < 0)
		step_done(&step);
	else
		steps->step[steps->count++] = step;
	return r;
}

/* ---- the file -------------------------------------------------------------------------- */

static int take_phase(const struct json_doc *doc, const cJSON *json,
	struct steps *steps, struct err *err)
{
	static const struct json_field fields[] = {
		{ "id", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "title", JSON_FIELD_TEXT, true, false, 0, 0 },
	};
	struct step_phase *phase;
	int r = json_doc_check_object(
		doc, json, "phases[]", fields, ARRAY_LEN(fields), err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < steps->phase_count; i++) {
		if (strcmp(steps->phase[i].id, json_doc_text(json, "id", "")) == 0)
			return json_doc_refuse(
				doc, json, err, "phases[].id: it is there already");
	}
	if (ARRAY_EXTEND(steps->phase, steps->phase_count) < 0)
		return err_oom(err);
	phase = &steps->phase[steps->phase_count++];
	*phase = (struct step_phase){ .id = NULL };
	r = steps_take_text(json, "id", &phase->id, err);
	if (r == 0)
		r = steps_take_text(json, "title", &phase->title, err);
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

int steps_parse(const struct json_doc *doc, const char *target, bool is_builtin,
	struct steps *steps, bool *ret_is_of, struct err *err)
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
	if (target && !names_target(steps_member(doc->root, "targets"), target) &&
		!names_target(steps_member(doc->root, "targets"), "*"))
		return 0;
	*ret_is_of = steps_member(doc->root, "phases") != NULL;
	r = steps_take_words(doc, steps_member(doc->root, "written_for"),
		&steps->written_for, &steps->written_for_count, err);
	cJSON_ArrayForEach (item, steps_member(doc->root, "phases")) {
		if (r == 0)
			r = take_phase(doc, item, steps, err);
	}
	cJSON_ArrayForEach (item, steps_member(doc->root, "settings")) {
		if (r == 0)
			r = steps_parse_setting(doc, item, steps, err);
	}
	cJSON_ArrayForEach (item, steps_member(doc->root, "steps")) {
		if (r == 0)
			r = keep_step(doc, item, is_builtin, steps, err);
	}
	return r;
}
