#include "schema/check.h"

#include "common/util.h"
#include "schema/date.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const check_severities[] = { "note", "warning", "blocker" };
static const char *const check_unknowns[] = { "silent", "warning", "blocker" };

const char *check_severity_name(enum check_severity severity)
{
	return check_severities[severity];
}

static void free_texts(char **text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(text[i]);
	free(text);
}

void check_done(struct check *check)
{
	free_texts(check->target, check->target_count);
	condition_done(&check->when);
	condition_done(&check->softer.when);
	free(check->softer.remedy);
	free(check->id);
	free(check->text);
	free(check->remedy);
	free(check->ask);
	free(check->source);
	free(check->checked);
	free(check->valid_from);
	free(check->valid_to);
	free(check->path);
	*check = (struct check){ .id = NULL };
}

void needed_file_done(struct needed_file *file)
{
	free_texts(file->target, file->target_count);
	condition_done(&file->when);
	free(file->file);
	free(file->held_by);
	free(file->source);
	free(file->checked);
	*file = (struct needed_file){ .file = NULL };
}

void check_list_done(struct check_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		check_done(&list->check[i]);
	for (size_t i = 0; i < list->file_count; i++)
		needed_file_done(&list->file[i]);
	free(list->check);
	free(list->file);
	*list = (struct check_list){ .count = 0 };
}

static bool is_among(char *const *text, size_t count, const char *sought)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(text[i], sought) == 0)
			return true;
	}
	return false;
}

bool check_is_of(const struct check *check, const char *target)
{
	return is_among(check->target, check->target_count, target);
}

bool needed_file_is_of(const struct needed_file *file, const char *target)
{
	return is_among(file->target, file->target_count, target);
}

bool check_holds_on(const struct check *check, const char *day)
{
	return (!check->valid_from || strcmp(check->valid_from, day) <= 0) &&
		(!check->valid_to || strcmp(check->valid_to, day) >= 0);
}

/* ---- reading ------------------------------------------------------------------------- */

/* One of the words of an enum; untouched where the field is absent. */
static int check_read_choice(const struct json_doc *doc, const cJSON *object,
	const char *name, const char *const words[3], int *ret_index, struct err *err)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, name);

	if (!value)
		return 0;
	for (int i = 0; i < 3; i++) {
		if (strcmp(value->valuestring, words[i]) == 0) {
			*ret_index = i;
			return 0;
		}
	}
	return json_doc_refuse(doc, value, err, "%s: \"%.40s\" is none of %s, %s, %s",
		name, value->valuestring, words[0], words[1], words[2]);
}

static int read_string(const struct json_doc *doc, const cJSON *object,
	const char *name, bool is_date, char **ret_text, struct err *err)
{
	const char *text = json_doc_text(object, name, NULL);

	if (!text)
		return 0;
	if (is_date && !date_is_valid(text))
		return json_doc_refuse(doc, object, err,
			"%s: expected a date YYYY-MM-DD, found \"%.40s\"", name, text);
	*ret_text = strdup(text);
	return *ret_text ? 0 : err_oom(err);
}

static int copy_targets(const struct json_doc *doc, const cJSON *targets,
	char ***ret_target, size_t *ret_count, struct err *err)
{
	const cJSON *item;

	*ret_target = calloc((size_t)cJSON_GetArraySize(targets) + 1, sizeof(char *));
	if (!*ret_target)
		return err_oom(err);
	cJSON_ArrayForEach (item, targets) {
		if (!cJSON_IsString(item))
			return json_doc_refuse(
				doc, item, err, "targets: expected a list of profiles");
		(*ret_target)[*ret_count] = strdup(item->valuestring);
		if (!(*ret_target)[*ret_count])
			return err_oom(err);
		++*ret_count;
	}
	return 0;
}

/* The first field of the scope; -1: none. */
static int first_field(const struct condition *condition, enum field_scope scope)
{
	int field = -1;

	if (condition->kind == CONDITION_COMPARE)
		return field_scope(condition->field) == scope ? condition->field : -1;
	for (size_t i = 0; field < 0 && i < condition->child_count; i++)
		field = first_field(&condition->child[i], scope);
	return field;
}

/* Which field is shown as the place: the one that is named, else the first of the items
 * that are judged. */
static int read_place(const struct json_doc *doc, const cJSON *object,
	struct check *check, struct err *err)
{
	const char *name = json_doc_text(object, "at", NULL), *near = NULL;

	check->at = first_field(&check->when, check->scope);
	if (!name)
		return 0;
	check->at = field_find(name, &near);
	if (check->at < 0)
		return json_doc_refuse(doc, object, err,
			"check.at: there is no field \"%.60s\"%s%s%s", name,
			near ? ", did you mean \"" : "", near ? near : "",
			near ? "\"?" : "");
	return 0;
}

static int read_softer(const struct json_doc *doc, const cJSON *object,
	struct check *check, struct err *err)
{
	static const struct json_field fields[] = {
		{ "when", JSON_FIELD_OBJECT, true, false, 0, 0 },
		{ "severity", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "remedy", JSON_FIELD_TEXT, false, false, 0, 0 },
	};
	const cJSON *softer = cJSON_GetObjectItemCaseSensitive(object, "softer");
	int severity = 0, scope, r;

	if (!softer)
		return 0;
	r = json_doc_check_object(
		doc, softer, "check.softer", fields, ARRAY_LEN(fields), err);
	if (r == 0)
		r = check_read_choice(
			doc, softer, "severity", check_severities, &severity, err);
	if (r == 0)
		r = condition_parse(doc,
			cJSON_GetObjectItemCaseSensitive(softer, "when"),
			&check->softer.when, err);
	if (r == 0)
		r = read_string(
			doc, softer, "remedy", false, &check->softer.remedy, err);
	if (r < 0)
		return r;
	scope = condition_scope(&check->softer.when);
	if (scope != SCOPE_WORKLOAD && scope != (int)check->scope)
		return json_doc_refuse(doc, softer, err,
			"check.softer: asks for other items than the check does");
	check->softer.severity = (enum check_severity)severity;
	check->softer.is_there = true;
	return 0;
}

static int read_check(const struct json_doc *doc, const cJSON *object,
	struct check *check, struct err *err)
{
	static const struct json_field fields[] = {
		{ "id", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "severity", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "unknown", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "when", JSON_FIELD_OBJECT, true, false, 0, 0 },
		{ "at", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "softer", JSON_FIELD_OBJECT, false, false, 0, 0 },
		{ "text", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "remedy", JSON_FIELD_TEXT, false, true, 0, 0 },
		{ "ask", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "source", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "checked", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "valid_from", JSON_FIELD_TEXT, false, true, 0, 0 },
		{ "valid_to", JSON_FIELD_TEXT, false, true, 0, 0 },
	};
	const struct {
		const char *name;
		char **to;
		bool is_date;
	} texts[] = { { "id", &check->id, false }, { "text", &check->text, false },
		{ "remedy", &check->remedy, false }, { "ask", &check->ask, false },
		{ "source", &check->source, false },
		{ "checked", &check->checked, true },
		{ "valid_from", &check->valid_from, true },
		{ "valid_to", &check->valid_to, true } };
	int severity = 0, unknown, r;

	r = json_doc_check_object(doc, object, "check", fields, ARRAY_LEN(fields), err);
	if (r == 0)
		r = check_read_choice(
			doc, object, "severity", check_severities, &severity, err);
	/* who cannot look at a blocker must not go on; the rest is silent */
	unknown = severity == CHECK_BLOCKER ? UNKNOWN_BLOCKER : UNKNOWN_SILENT;
	if (r == 0)
		r = check_read_choice(
			doc, object, "unknown", check_unknowns, &unknown, err);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(texts); i++)
		r = read_string(
			doc, object, texts[i].name, texts[i].is_date, texts[i].to, err);
	if (r == 0)
		r = condition_parse(doc,
			cJSON_GetObjectItemCaseSensitive(object, "when"), &check->when,
			err);
	if (r < 0)
		return r;
	check->severity = (enum check_severity)severity;
	check->unknown = (enum check_unknown)unknown;
	check->scope = (enum field_scope)condition_scope(&check->when);
	r = read_place(doc, object, check, err);
	return r < 0 ? r : read_softer(doc, object, check, err);
}

static int read_needed_file(const struct json_doc *doc, const cJSON *object,
	struct needed_file *file, struct err *err)
{
	static const struct json_field fields[] = {
		{ "file", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "held_by", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "when", JSON_FIELD_OBJECT, true, false, 0, 0 },
		{ "source", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "checked", JSON_FIELD_TEXT, true, false, 0, 0 },
	};
	int r = json_doc_check_object(
		doc, object, "files[]", fields, ARRAY_LEN(fields), err);

	if (r == 0)
		r = read_string(doc, object, "file", false, &file->file, err);
	if (r == 0)
		r = read_string(doc, object, "held_by", false, &file->held_by, err);
	if (r == 0)
		r = read_string(doc, object, "source", false, &file->source, err);
	if (r == 0)
		r = read_string(doc, object, "checked", true, &file->checked, err);
	if (r == 0)
		r = condition_parse(doc,
			cJSON_GetObjectItemCaseSensitive(object, "when"), &file->when,
			err);
	if (r == 0 && condition_scope(&file->when) != SCOPE_WORKLOAD)
		r = json_doc_refuse(doc, object, err,
			"files[].when: expected a condition on the machine as a whole");
	return r;
}

static bool has_check(const struct check_list *list, const char *id)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->check[i].id && strcmp(list->check[i].id, id) == 0)
			return true;
	}
	return false;
}

static int read_checks(const struct json_doc *doc, const cJSON *checks,
	const cJSON *targets, struct check_list *list, struct err *err)
{
	const cJSON *item;

	list->check =
		calloc((size_t)cJSON_GetArraySize(checks) + 1, sizeof(*list->check));
	if (!list->check)
		return err_oom(err);
	cJSON_ArrayForEach (item, checks) {
		struct check *check = &list->check[list->count];
		struct check read = { .line = json_doc_line(doc, item) };
		int r = read_check(doc, item, &read, err);

		if (r == 0)
			r = copy_targets(
				doc, targets, &read.target, &read.target_count, err);
		read.path = strdup(doc->path);
		if (r == 0 && !read.path)
			r = err_oom(err);
		if (r == 0 && has_check(list, read.id))
			r = json_doc_refuse(doc, item, err,
				"check.id: \"%.60s\" is given twice", read.id);
		*check = read;
		list->count++;
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_files(const struct json_doc *doc, const cJSON *files,
	const cJSON *targets, struct check_list *list, struct err *err)
{
	const cJSON *item;

	list->file = calloc((size_t)cJSON_GetArraySize(files) + 1, sizeof(*list->file));
	if (!list->file)
		return err_oom(err);
	cJSON_ArrayForEach (item, files) {
		struct needed_file *file = &list->file[list->file_count++];
		int r = read_needed_file(doc, item, file, err);

		if (r == 0)
			r = copy_targets(
				doc, targets, &file->target, &file->target_count, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int check_list_parse(
	const struct json_doc *doc, struct check_list *ret_list, struct err *err)
{
	static const struct json_field fields[] = {
		{ "schema", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "comment", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "targets", JSON_FIELD_ARRAY, true, false, 0, 0 },
		{ "checks", JSON_FIELD_ARRAY, true, false, 0, 0 },
		{ "files", JSON_FIELD_ARRAY, false, false, 0, 0 },
	};
	struct check_list list = { .count = 0 };
	const cJSON *checks, *files, *targets;
	int r = json_doc_check_object(
		doc, doc->root, "checks file", fields, ARRAY_LEN(fields), err);

	if (r < 0)
		return r;
	targets = cJSON_GetObjectItemCaseSensitive(doc->root, "targets");
	checks = cJSON_GetObjectItemCaseSensitive(doc->root, "checks");
	files = cJSON_GetObjectItemCaseSensitive(doc->root, "files");
	if (cJSON_GetArraySize(checks) > CHECKS_MAX ||
		cJSON_GetArraySize(files) > CHECKS_MAX)
		return json_doc_refuse(doc, checks, err,
			"checks: more than %d rows in a file", CHECKS_MAX);
	r = read_checks(doc, checks, targets, &list, err);
	if (r == 0 && files)
		r = read_files(doc, files, targets, &list, err);
	if (r < 0) {
		check_list_done(&list);
		return r;
	}
	*ret_list = list;
	return 0;
}
