#include "analyze/migrate/wave_rules.h"

#include "common/array.h"
#include "common/json_folder.h"
#include "common/util.h"
#include "schema/builtin.h"
#include "schema/date.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RULES_BYTES_MAX ((size_t)4 << 20)
#define RULES_MAX 1000

static const struct json_field file_fields[] = {
	{ "schema", JSON_FIELD_TEXT, true, false, 0, 0 },
	{ "comment", JSON_FIELD_TEXT, false, false, 0, 0 },
	{ "rules", JSON_FIELD_ARRAY, true, false, 0, 0 },
};
static const struct json_field rule_fields[] = {
	{ "id", JSON_FIELD_TEXT, true, false, 0, 0 },
	{ "before", JSON_FIELD_OBJECT, true, false, 0, 0 },
	{ "after", JSON_FIELD_OBJECT, true, false, 0, 0 },
	{ "same_workload", JSON_FIELD_BOOL, false, false, 0, 0 },
	{ "severity", JSON_FIELD_TEXT, true, false, 0, 0 },
	{ "text", JSON_FIELD_TEXT, true, false, 0, 0 },
	{ "source", JSON_FIELD_TEXT, true, false, 0, 0 },
	{ "checked", JSON_FIELD_TEXT, true, false, 0, 0 },
};
static const struct json_field selector_fields[] = {
	{ "steps", JSON_FIELD_ARRAY, false, false, 0, 0 },
	{ "roles", JSON_FIELD_ARRAY, false, false, 0, 0 },
};

static int check_selector(const struct json_doc *doc, const cJSON *selector,
	const char *where, struct err *err)
{
	const cJSON *list, *word;
	int r = json_doc_check_object(
		doc, selector, where, selector_fields, ARRAY_LEN(selector_fields), err);

	cJSON_ArrayForEach (list, selector) {
		if (r == 0 && cJSON_GetArraySize(list) == 0)
			r = json_doc_refuse(doc, list, err, "%s: an empty list", where);
		cJSON_ArrayForEach (word, list) {
			if (r == 0 && !cJSON_IsString(word))
				r = json_doc_refuse(
					doc, word, err, "%s: expected words", where);
		}
	}
	return r;
}

static int check_rule(const struct json_doc *doc, const cJSON *row, struct err *err)
{
	const char *severity;
	int r = json_doc_check_object(
		doc, row, "rules[]", rule_fields, ARRAY_LEN(rule_fields), err);

	if (r == 0)
		r = check_selector(doc, cJSON_GetObjectItemCaseSensitive(row, "before"),
			"rules[].before", err);
	if (r == 0)
		r = check_selector(doc, cJSON_GetObjectItemCaseSensitive(row, "after"),
			"rules[].after", err);
	if (r < 0)
		return r;
	severity = json_doc_text(row, "severity", "");
	if (strcmp(severity, "blocker") != 0 && strcmp(severity, "warning") != 0)
		return json_doc_refuse(doc, row, err,
			"severity: expected blocker or warning, found \"%.40s\"",
			severity);
	if (!date_is_valid(json_doc_text(row, "checked", "")))
		return json_doc_refuse(doc, row, err, "checked: expected YYYY-MM-DD");
	return 0;
}

static int keep_rule(struct wave_request *request, const cJSON *row, struct err *err)
{
	struct order_rule rule = { .id = json_doc_text(row, "id", ""),
		.text = json_doc_text(row, "text", ""),
		.before = cJSON_GetObjectItemCaseSensitive(row, "before"),
		.after = cJSON_GetObjectItemCaseSensitive(row, "after"),
		.is_same_workload = json_doc_bool(row, "same_workload", false),
		.is_warning =
			strcmp(json_doc_text(row, "severity", ""), "warning") == 0 };

	for (size_t i = 0; i < request->rule_count; i++) {
		if (strcmp(request->rule[i].id, rule.id) == 0) {
			request->rule[i] = rule;
			return 0;
		}
	}
	if (ARRAY_RESERVE(request->rule, request->rule_allocated,
		    request->rule_count + 1) < 0)
		return err_oom(err);
	request->rule[request->rule_count++] = rule;
	return 0;
}

/* Takes the document, whatever comes of it. */
static int keep_rules(
	struct wave_request *request, const struct json_doc *doc, struct err *err)
{
	struct json_doc dropped = *doc;
	const cJSON *row;
	int r;

	if (ARRAY_EXTEND(request->rule_doc, request->rule_doc_count) < 0) {
		json_doc_done(&dropped);
		return err_oom(err);
	}
	request->rule_doc[request->rule_doc_count++] = *doc;
	r = json_doc_check_object(
		doc, doc->root, "the file", file_fields, ARRAY_LEN(file_fields), err);
	cJSON_ArrayForEach (row, cJSON_GetObjectItemCaseSensitive(doc->root, "rules")) {
		if (r == 0 && request->rule_count >= RULES_MAX)
			r = json_doc_refuse(doc, row, err,
				"more than %d rules of order", RULES_MAX);
		if (r == 0)
			r = check_rule(doc, row, err);
		if (r == 0)
			r = keep_rule(request, row, err);
	}
	return r;
}

static int take_rules(void *closure, struct json_doc *doc, struct err *err)
{
	return keep_rules(closure, doc, err);
}

int wave_rules_load(
	struct wave_request *request, const char *config_dir, struct err *err)
{
	int r = 0;

	for (const struct builtin_file *file = builtin_files; file->path && r == 0;
		file++) {
		struct json_doc doc = { .root = NULL };

		if (strncmp(file->path, "order/", 6) != 0)
			continue;
		r = json_doc_parse(file->path, file->data, file->size, &doc, err);
		if (r == 0)
			r = keep_rules(request, &doc, err);
	}
	if (r == 0 && config_dir) {
		char dir[PATH_MAX];

		(void)snprintf(dir, sizeof(dir), "%s/order", config_dir);
		r = json_folder_each(dir, RULES_BYTES_MAX, take_rules, request, err);
	}
	return r;
}

static bool wave_rules_has_word(const cJSON *list, const char *word)
{
	const cJSON *each;

	cJSON_ArrayForEach (each, list) {
		if (strcmp(each->valuestring, word) == 0)
			return true;
	}
	return false;
}

static bool is_selected(const cJSON *selector, const struct wave_task *task)
{
	const cJSON *tasks = cJSON_GetObjectItemCaseSensitive(selector, "steps");
	const cJSON *roles = cJSON_GetObjectItemCaseSensitive(selector, "roles");

	if (tasks && !wave_rules_has_word(tasks, task->kind))
		return false;
	for (size_t i = 0; roles && i < task->role_count; i++) {
		if (wave_rules_has_word(roles, task->role[i]))
			return true;
	}
	return roles == NULL;
}

int wave_rules_apply(struct wave_request *request, struct err *err)
{
	for (size_t k = 0; k < request->rule_count; k++) {
		const struct order_rule *rule = &request->rule[k];

		for (size_t a = 0; a < request->task_count; a++) {
			if (!is_selected(rule->before, &request->task[a]))
				continue;
			for (size_t b = 0; b < request->task_count; b++) {
				bool is_same = strcmp(request->task[a].workload,
						       request->task[b].workload) == 0;
				int r;

				if (a == b || is_same != rule->is_same_workload ||
					!is_selected(rule->after, &request->task[b]))
					continue;
				r = wave_request_edge(
					request, a, b, rule->id, rule->is_warning, err);
				if (r < 0)
					return r;
			}
		}
	}
	return 0;
}

const struct order_rule *wave_rule_find(
	const struct wave_request *request, const char *id)
{
	for (size_t i = 0; i < request->rule_count; i++) {
		if (strcmp(request->rule[i].id, id) == 0)
			return &request->rule[i];
	}
	return NULL;
}
