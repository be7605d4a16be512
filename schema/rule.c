#include "schema/rule.h"

#include "common/util.h"
#include "schema/date.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const outcomes[] = { "PASS", "REVIEW", "UNKNOWN", "DISQUALIFIED" };
static const char *const severities[] = { "note", "review", "unknown", "disqualify" };
static const char *const headings[] = { "memory", "processor", "network", "storage",
	"hardware", "operational" };

const char *outcome_name(enum outcome outcome)
{
	return outcomes[outcome];
}

const char *severity_name(enum severity severity)
{
	return severities[severity];
}

const char *heading_name(enum heading heading)
{
	return headings[heading];
}

void rule_done(struct rule *rule)
{
	for (size_t i = 0; i < rule->profile_count; i++)
		free(rule->profile[i]);
	free(rule->profile);
	condition_done(&rule->when);
	operand_done(&rule->allowed);
	free(rule->id);
	free(rule->text);
	free(rule->remedy);
	free(rule->source);
	free(rule->checked);
	free(rule->valid_from);
	free(rule->valid_to);
	free(rule->unit);
	free(rule->path);
	*rule = (struct rule){ .id = NULL };
}

void rule_list_done(struct rule_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		rule_done(&list->rule[i]);
	free(list->rule);
	*list = (struct rule_list){ .count = 0 };
}

bool rule_is_of(const struct rule *rule, const char *profile_id)
{
	for (size_t i = 0; i < rule->profile_count; i++) {
		if (strcmp(rule->profile[i], profile_id) == 0)
			return true;
	}
	return false;
}

bool rule_holds_on(const struct rule *rule, const char *day)
{
	return (!rule->valid_from || strcmp(rule->valid_from, day) <= 0) &&
		(!rule->valid_to || strcmp(rule->valid_to, day) >= 0);
}

static int read_word(const struct json_doc *doc, const cJSON *object, const char *name,
	const char *const *words, size_t count, int *ret_index, struct err *err)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, name);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(value->valuestring, words[i]) == 0) {
			*ret_index = (int)i;
			return 0;
		}
	}
	return json_doc_refuse(doc, value, err,
		"rule.%s: \"%.40s\" is none of %s, %s, %s, %s%s", name,
		value->valuestring, words[0], words[1], words[2], words[3],
		count > 4 ? " ..." : "");
}

static int read_date(const struct json_doc *doc, const cJSON *object, const char *name,
	char **ret_date, struct err *err)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, name);

	if (!cJSON_IsString(value))
		return 0;
	if (!date_is_valid(value->valuestring))
		return json_doc_refuse(doc, value, err,
			"rule.%s: expected a date YYYY-MM-DD, found \"%.40s\"", name,
			value->valuestring);
	*ret_date = strdup(value->valuestring);
	return *ret_date ? 0 : err_oom(err);
}

static int read_text(
	const cJSON *object, const char *name, char **ret_text, struct err *err)
{
	const char *text = json_doc_text(object, name, NULL);

	if (!text)
		return 0;
	*ret_text = strdup(text);
	return *ret_text ? 0 : err_oom(err);
}

static int rule_read_figures(const struct json_doc *doc, const cJSON *object,
	struct rule *rule, struct err *err)
{
	const cJSON *needed = cJSON_GetObjectItemCaseSensitive(object, "needed");
	const cJSON *allowed = cJSON_GetObjectItemCaseSensitive(object, "allowed");
	const char *near = NULL;
	int r;

	rule->needed = -1;
	if (needed) {
		rule->needed = field_find(needed->valuestring, &near);
		if (rule->needed < 0)
			return json_doc_refuse(doc, needed, err,
				"rule.needed: there is no field \"%.60s\"%s%s",
				needed->valuestring, near ? ", did you mean " : "",
				near ? near : "");
		if (field_type(rule->needed) != FIELD_NUMBER)
			return json_doc_refuse(doc, needed, err,
				"rule.needed: \"%s\" is not a number",
				needed->valuestring);
	}
	if (!allowed)
		return 0;
	r = operand_parse(doc, allowed, "rule.allowed", &rule->allowed, err);
	rule->has_allowed = r == 0;
	return r;
}

/* The scope of the condition, and of the figure that is shown. */
static int check_scope(const struct json_doc *doc, const cJSON *object,
	struct rule *rule, struct err *err)
{
	rule->scope = (enum field_scope)condition_scope(&rule->when);
	if (rule->needed >= 0 && field_scope(rule->needed) != SCOPE_WORKLOAD &&
		field_scope(rule->needed) != rule->scope)
		return json_doc_refuse(doc, object, err,
			"rule.needed: \"%s\" is not of the condition's devices, disks "
			"or excursions",
			field_name(rule->needed));
	return 0;
}

static int read_strings(const struct json_doc *doc, const cJSON *object,
	struct rule *rule, struct err *err)
{
	static const struct {
		const char *name;
		size_t offset;
		bool is_date;
	} rows[] = {
		{ "id", offsetof(struct rule, id), false },
		{ "text", offsetof(struct rule, text), false },
		{ "remedy", offsetof(struct rule, remedy), false },
		{ "source", offsetof(struct rule, source), false },
		{ "unit", offsetof(struct rule, unit), false },
		{ "checked", offsetof(struct rule, checked), true },
		{ "valid_from", offsetof(struct rule, valid_from), true },
		{ "valid_to", offsetof(struct rule, valid_to), true },
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(rows) && r == 0; i++) {
		char **target = (char **)(void *)((char *)rule + rows[i].offset);

		r = rows[i].is_date ? read_date(doc, object, rows[i].name, target, err)
				    : read_text(object, rows[i].name, target, err);
	}
	return r;
}

/* The condition comes before figures and scope: by the fields that it asks both are
 * judged. */
static int read_rule(const struct json_doc *doc, const cJSON *object, struct rule *rule,
	struct err *err)
{
	static const struct json_field fields[] = {
		{ "id", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "severity", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "heading", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "when", JSON_FIELD_OBJECT, true, false, 0, 0 },
		{ "text", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "remedy", JSON_FIELD_TEXT, false, true, 0, 0 },
		{ "source", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "checked", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "valid_from", JSON_FIELD_TEXT, false, true, 0, 0 },
		{ "valid_to", JSON_FIELD_TEXT, false, true, 0, 0 },
		{ "verified", JSON_FIELD_BOOL, false, false, 0, 0 },
		{ "needed", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "allowed", JSON_FIELD_ANY, false, false, 0, 0 },
		{ "unit", JSON_FIELD_TEXT, false, true, 0, 0 },
	};
	int severity = 0, heading = 0;
	int r = json_doc_check_object(
		doc, object, "rule", fields, ARRAY_LEN(fields), err);

	if (r == 0)
		r = read_word(doc, object, "severity", severities,
			ARRAY_LEN(severities), &severity, err);
	if (r == 0)
		r = read_word(doc, object, "heading", headings, ARRAY_LEN(headings),
			&heading, err);
	if (r == 0)
		r = read_strings(doc, object, rule, err);
	if (r == 0 && rule->valid_from && rule->valid_to &&
		strcmp(rule->valid_to, rule->valid_from) < 0)
		r = json_doc_refuse(doc,
			cJSON_GetObjectItemCaseSensitive(object, "valid_to"), err,
			"rule.valid_to: %s is before valid_from %s", rule->valid_to,
			rule->valid_from);
	if (r == 0)
		r = condition_parse(doc,
			cJSON_GetObjectItemCaseSensitive(object, "when"), &rule->when,
			err);
	if (r == 0)
		r = rule_read_figures(doc, object, rule, err);
	if (r == 0)
		r = check_scope(doc, object, rule, err);
	rule->severity = (enum severity)severity;
	rule->heading = (enum heading)heading;
	rule->is_verified = json_doc_bool(object, "verified", true);
	return r;
}

static int copy_profiles(const struct json_doc *doc, const cJSON *profiles,
	struct rule *rule, struct err *err)
{
	size_t count = (size_t)cJSON_GetArraySize(profiles);
	const cJSON *item;

	rule->profile = calloc(count ? count : 1, sizeof(*rule->profile));
	if (!rule->profile)
		return err_oom(err);
	cJSON_ArrayForEach (item, profiles) {
		if (!cJSON_IsString(item))
			return json_doc_refuse(
				doc, item, err, "profiles: expected a list of ids");
		rule->profile[rule->profile_count] = strdup(item->valuestring);
		if (!rule->profile[rule->profile_count])
			return err_oom(err);
		rule->profile_count++;
	}
	return 0;
}

static int compare_ids(const void *a, const void *b)
{
	const struct rule *const *x = a, *const *y = b;
	int order = strcmp((*x)->id, (*y)->id);

	return order ? order : (*x > *y) - (*x < *y);
}

static int refuse_repeated_ids(const struct json_doc *doc, const cJSON *rules,
	const struct rule_list *list, struct err *err)
{
	const struct rule **sorted =
		calloc(list->count + 1, sizeof(const struct rule *));
	int r = 0;

	if (!sorted)
		return err_oom(err);
	for (size_t i = 0; i < list->count; i++)
		sorted[i] = &list->rule[i];
	qsort(sorted, list->count, sizeof(const struct rule *), compare_ids);
	for (size_t i = 1; i < list->count && r == 0; i++) {
		if (strcmp(sorted[i - 1]->id, sorted[i]->id) == 0)
			r = json_doc_refuse(doc,
				cJSON_GetArrayItem(
					rules, (int)(sorted[i] - list->rule)),
				err, "rule.id: \"%.60s\" is given twice",
				sorted[i]->id);
	}
	free(sorted);
	return r;
}

static int read_rules(const struct json_doc *doc, const cJSON *rules,
	const cJSON *profiles, struct rule_list *list, struct err *err)
{
	size_t count = (size_t)cJSON_GetArraySize(rules);
	const cJSON *item;
	int r;

	if (count > RULES_MAX)
		return json_doc_refuse(doc, rules, err,
			"rules: more than %d rules in a file", RULES_MAX);
	list->rule = calloc(count ? count : 1, sizeof(*list->rule));
	if (!list->rule)
		return err_oom(err);
	cJSON_ArrayForEach (item, rules) {
		struct rule *rule = &list->rule[list->count++];

		rule->path = strdup(doc->path);
		rule->line = json_doc_line(doc, item);
		r = rule->path ? read_rule(doc, item, rule, err) : err_oom(err);
		if (r == 0)
			r = copy_profiles(doc, profiles, rule, err);
		if (r < 0)
			return r;
	}
	return refuse_repeated_ids(doc, rules, list, err);
}

int rule_list_parse(
	const struct json_doc *doc, struct rule_list *ret_list, struct err *err)
{
	static const struct json_field fields[] = {
		{ "schema", JSON_FIELD_TEXT, true, false, 0, 0 },
		{ "comment", JSON_FIELD_TEXT, false, false, 0, 0 },
		{ "profiles", JSON_FIELD_ARRAY, true, false, 0, 0 },
		{ "rules", JSON_FIELD_ARRAY, true, false, 0, 0 },
	};
	struct rule_list list = { .count = 0 };
	int r = json_doc_check_object(
		doc, doc->root, "rules file", fields, ARRAY_LEN(fields), err);

	if (r < 0)
		return r;
	if (strcmp(json_doc_text(doc->root, "schema", ""), "headroom/rules/1") != 0)
		return json_doc_refuse(
			doc, doc->root, err, "schema: expected \"headroom/rules/1\"");
	r = read_rules(doc, cJSON_GetObjectItemCaseSensitive(doc->root, "rules"),
		cJSON_GetObjectItemCaseSensitive(doc->root, "profiles"), &list, err);
	if (r < 0) {
		rule_list_done(&list);
		return r;
	}
	*ret_list = list;
	return 0;
}
