/* The settings of a file of tasks. */
#include "schema/tasks_parse.h"

#include "common/array.h"
#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void task_setting_done(struct task_setting *setting)
{
	free(setting->key);
	free(setting->help);
	free(setting->example);
	free(setting->forbid);
	task_gate_done(&setting->gate);
	for (size_t i = 0; i < setting->fallback_count; i++) {
		task_gate_done(&setting->fallback[i].gate);
		free(setting->fallback[i].value);
		free(setting->fallback[i].from);
	}
	free(setting->fallback);
	tasks_words_done(setting->choice, setting->choice_count);
	*setting = (struct task_setting){ .key = NULL };
}

/* A type of VM by what it has: for no larger VM. */
static int read_fits(const struct json_doc *doc, const cJSON *json,
	struct setting_default *one, struct err *err)
{
	static const struct json_field fields[] = {
		{ "vcpus", JSON_FIELD_WHOLE, true, false, 1, 4096 },
		{ "memory_mib", JSON_FIELD_WHOLE, true, false, 64, 134217728 },
	};
	int r;

	one->vcpus = one->memory_mib = NAN;
	if (!json)
		return 0;
	r = json_doc_check_object(
		doc, json, "defaults[].fits", fields, ARRAY_LEN(fields), err);
	if (r == 0) {
		one->vcpus = json_doc_number(json, "vcpus", NAN);
		one->memory_mib = json_doc_number(json, "memory_mib", NAN);
	}
	return r;
}

static int read_fallback(const struct json_doc *doc, const cJSON *json,
	struct task_setting *setting, struct err *err)
{
	static const struct json_field fields[] = {
		GATE_FIELDS,
		{ "value", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "from", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "fits", JSON_FIELD_OBJECT, false, false, 0, 0 },
	};
	struct setting_default *one;
	int r = json_doc_check_object(
		doc, json, "defaults[]", fields, ARRAY_LEN(fields), err);

	if (r < 0)
		return r;
	if (!tasks_member(json, "value") == !tasks_member(json, "from"))
		return json_doc_refuse(
			doc, json, err, "defaults[]: expected either value or from");
	if (ARRAY_EXTEND(setting->fallback, setting->fallback_count) < 0)
		return err_oom(err);
	one = &setting->fallback[setting->fallback_count++];
	*one = (struct setting_default){ .value = NULL };
	r = tasks_read_gate(doc, json, false, &one->gate, err);
	if (r == 0)
		r = tasks_take_text(json, "value", &one->value, err);
	if (r == 0)
		r = tasks_take_text(json, "from", &one->from, err);
	if (r == 0)
		r = read_fits(doc, tasks_member(json, "fits"), one, err);
	return r;
}

static int read_setting_kind(const struct json_doc *doc, const cJSON *json,
	struct task_setting *setting, struct err *err)
{
	const char *name = json_doc_text(json, "kind", "");
	int kind = 0;

	while (kind < SETTING_KIND_COUNT &&
		strcmp(setting_kind_name((enum setting_kind)kind), name) != 0)
		kind++;
	if (kind == SETTING_KIND_COUNT)
		return json_doc_refuse(doc, tasks_member(json, "kind"), err,
			"kind: \"%.40s\" is no kind of setting", name);
	setting->kind = (enum setting_kind)kind;
	if ((setting->kind == SETTING_CHOICE) !=
		(tasks_member(json, "choices") != NULL))
		return json_doc_refuse(
			doc, json, err, "choices: a choice has them, no other kind");
	return 0;
}

/* The example is checked as a value would be: one that the setting itself refuses
 * would mislead everybody who copies it. */
static int read_setting(const struct json_doc *doc, const cJSON *json,
	struct task_setting *setting, struct err *err)
{
	static const struct json_field fields[] = {
		GATE_FIELDS,
		{ "key", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "kind", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "help", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "example", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "required", JSON_FIELD_BOOL, false, false, 0, 0 },
		{ "defaults", JSON_FIELD_ARRAY, false, false, 0, 0 },
		{ "choices", JSON_FIELD_ARRAY, false, false, 0, 0 },
		{ "minimum", JSON_FIELD_NUMBER, false, false, 0, 1e15 },
		{ "maximum", JSON_FIELD_NUMBER, false, false, 0, 1e15 },
		{ "length", JSON_FIELD_WHOLE, false, false, 1, 4096 },
		{ "forbid", JSON_FIELD_TEXT, false, false, 0, 0 },
	};
	const cJSON *item;
	int r = json_doc_check_object(
		doc, json, "settings[]", fields, ARRAY_LEN(fields), err);

	if (r == 0)
		r = tasks_take_text(json, "key", &setting->key, err);
	if (r == 0)
		r = tasks_take_text(json, "help", &setting->help, err);
	if (r == 0)
		r = tasks_take_text(json, "example", &setting->example, err);
	if (r == 0)
		r = tasks_take_text(json, "forbid", &setting->forbid, err);
	if (r == 0)
		r = read_setting_kind(doc, json, setting, err);
	if (r == 0)
		r = tasks_read_gate(doc, json, true, &setting->gate, err);
	if (r == 0)
		r = tasks_take_words(doc, tasks_member(json, "choices"),
			&setting->choice, &setting->choice_count, err);
	cJSON_ArrayForEach (item, tasks_member(json, "defaults")) {
		if (r == 0)
			r = read_fallback(doc, item, setting, err);
	}
	setting->is_required = json_doc_bool(json, "required", false);
	setting->minimum = json_doc_number(json, "minimum", 0);
	setting->maximum = json_doc_number(json, "maximum", 0);
	setting->length_max = (size_t)json_doc_number(json, "length", 0);
	setting->line = json_doc_line(doc, json);
	if (r == 0)
		r = task_setting_check(setting, setting->example, err);
	return r;
}

int tasks_parse_setting(const struct json_doc *doc, const cJSON *json,
	struct tasks *tasks, struct err *err)
{
	struct task_setting setting = { .key = NULL };
	int r = read_setting(doc, json, &setting, err);

	for (size_t i = 0; r == 0 && i < tasks->setting_count; i++) {
		if (strcmp(tasks->setting[i].key, setting.key) == 0) {
			task_setting_done(&tasks->setting[i]);
			tasks->setting[i] = setting;
			return 0;
		}
	}
	if (r == 0 && ARRAY_EXTEND(tasks->setting, tasks->setting_count) < 0)
		r = err_oom(err);
	if (r < 0)
		task_setting_done(&setting);
	else
		tasks->setting[tasks->setting_count++] = setting;
	return r;
}
