#include "schema/condition.h"

#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const op_names[OP_COUNT] = {
	[OP_EQUALS] = "equals",
	[OP_NOT_EQUALS] = "not_equals",
	[OP_GREATER] = "greater",
	[OP_GREATER_OR_EQUAL] = "greater_or_equal",
	[OP_LESS] = "less",
	[OP_LESS_OR_EQUAL] = "less_or_equal",
	[OP_IN] = "in",
	[OP_NOT_IN] = "not_in",
	[OP_CONTAINS] = "contains",
	[OP_CONTAINS_ANY] = "contains_any",
	[OP_STARTS_WITH] = "starts_with",
	[OP_KNOWN] = "known",
};

const char *condition_op_name(enum condition_op op)
{
	return op_names[op];
}

void operand_done(struct operand *operand)
{
	for (size_t i = 0; i < operand->list_count; i++)
		free(operand->list[i]);
	free(operand->list);
	free(operand->text);
	*operand = (struct operand){ .kind = OPERAND_NUMBER };
}

void condition_done(struct condition *condition)
{
	for (size_t i = 0; i < condition->child_count; i++)
		condition_done(&condition->child[i]);
	free(condition->child);
	operand_done(&condition->operand);
	*condition = (struct condition){ .kind = CONDITION_ALL };
}

static int condition_refuse_name(const struct json_doc *doc, const cJSON *json,
	struct err *err, const char *what, const char *near)
{
	return json_doc_refuse(doc, json, err, "there is no %s \"%.60s\"%s%s%s", what,
		json->valuestring, near ? ", did you mean \"" : "", near ? near : "",
		near ? "\"?" : "");
}

/* {"setting": S} or {"field": F} */
static int parse_reference(const struct json_doc *doc, const cJSON *json,
	const char *where, struct operand *operand, struct err *err)
{
	const cJSON *only = json->child;
	const char *near = NULL;
	bool is_setting;

	if (!only || only->next || !cJSON_IsString(only) ||
		(strcmp(only->string, "setting") != 0 &&
			strcmp(only->string, "field") != 0))
		return json_doc_refuse(doc, json, err,
			"%s: expected a value, {\"setting\": NAME} or {\"field\": "
			"NAME}",
			where);
	is_setting = strcmp(only->string, "setting") == 0;
	operand->kind = is_setting ? OPERAND_SETTING : OPERAND_FIELD;
	operand->index = is_setting ? factor_find(only->valuestring, &near)
				    : field_find(only->valuestring, &near);
	if (operand->index < 0)
		return condition_refuse_name(doc, only, err, only->string, near);
	return 0;
}

static int parse_list(const struct json_doc *doc, const cJSON *json, const char *where,
	struct operand *operand, struct err *err)
{
	size_t count = (size_t)cJSON_GetArraySize(json);
	const cJSON *item;

	operand->kind = OPERAND_LIST;
	if (count == 0 || count > 10000)
		return json_doc_refuse(doc, json, err,
			"%s: expected a list of 1 to 10000 texts", where);
	operand->list = calloc(count, sizeof(*operand->list));
	if (!operand->list)
		return err_oom(err);
	cJSON_ArrayForEach (item, json) {
		if (!cJSON_IsString(item))
			return json_doc_refuse(
				doc, item, err, "%s: expected a list of texts", where);
		operand->list[operand->list_count] = strdup(item->valuestring);
		if (!operand->list[operand->list_count])
			return err_oom(err);
		operand->list_count++;
	}
	return 0;
}

int operand_parse(const struct json_doc *doc, const cJSON *json, const char *where,
	struct operand *ret_operand, struct err *err)
{
	struct operand operand = { .kind = OPERAND_NUMBER };
	int r = 0;

	if (cJSON_IsObject(json)) {
		r = parse_reference(doc, json, where, &operand, err);
	} else if (cJSON_IsArray(json)) {
		r = parse_list(doc, json, where, &operand, err);
	} else if (cJSON_IsNumber(json) && isfinite(json->valuedouble)) {
		operand.number = json->valuedouble;
	} else if (cJSON_IsBool(json)) {
		operand.kind = OPERAND_BOOL;
		operand.is_true = cJSON_IsTrue(json);
	} else if (cJSON_IsString(json)) {
		operand.kind = OPERAND_TEXT;
		operand.text = strdup(json->valuestring);
		r = operand.text ? 0 : err_oom(err);
	} else {
		r = json_doc_refuse(doc, json, err,
			"%s: expected a number, text, list or bool", where);
	}
	if (r < 0) {
		operand_done(&operand);
		return r;
	}
	*ret_operand = operand;
	return 0;
}

/* What an operator can be asked of a field of a type, with which operand. */
static bool is_suited(
	enum field_type type, enum condition_op op, const struct operand *operand)
{
	bool is_number = operand->kind == OPERAND_NUMBER ||
		operand->kind == OPERAND_SETTING ||
		(operand->kind == OPERAND_FIELD &&
			field_type(operand->index) == FIELD_NUMBER);

	if (op == OP_KNOWN)
		return operand->kind == OPERAND_BOOL;
	switch (type) {
	case FIELD_NUMBER:
		return op <= OP_LESS_OR_EQUAL && is_number;
	case FIELD_BOOL:
		return op <= OP_NOT_EQUALS && operand->kind == OPERAND_BOOL;
	case FIELD_TEXT:
		if (op == OP_IN || op == OP_NOT_IN || op == OP_CONTAINS_ANY)
			return operand->kind == OPERAND_LIST;
		return (op <= OP_NOT_EQUALS || op == OP_CONTAINS ||
			       op == OP_STARTS_WITH) &&
			operand->kind == OPERAND_TEXT;
	case FIELD_LIST:
		return (op == OP_CONTAINS && operand->kind == OPERAND_TEXT) ||
			(op == OP_CONTAINS_ANY && operand->kind == OPERAND_LIST);
	case FIELD_PRESENCE:
		break;
	}
	return false;
}

/* The operator is the one member beside "field"; a second one is refused, since only
 * one could hold and the other would be passed over in silence. */
static int parse_compare(const struct json_doc *doc, const cJSON *json,
	struct condition *condition, struct err *err)
{
	const cJSON *name = cJSON_GetObjectItemCaseSensitive(json, "field");
	const cJSON *member, *given = NULL;
	const char *near = NULL;
	int r;

	if (!cJSON_IsString(name))
		return json_doc_refuse(doc, json, err,
			"condition: expected \"all\", \"any\", \"not\" or \"field\"");
	condition->kind = CONDITION_COMPARE;
	condition->field = field_find(name->valuestring, &near);
	if (condition->field < 0)
		return condition_refuse_name(doc, name, err, "field", near);
	cJSON_ArrayForEach (member, json) {
		size_t op = 0;

		if (member == name)
			continue;
		while (op < OP_COUNT && strcmp(op_names[op], member->string) != 0)
			op++;
		if (op == OP_COUNT)
			return json_doc_refuse(doc, member, err,
				"condition: unknown operator \"%.60s\"",
				member->string);
		if (given)
			return json_doc_refuse(doc, member, err,
				"condition: one operator for one field");
		given = member;
		condition->op = (enum condition_op)op;
	}
	if (!given)
		return json_doc_refuse(
			doc, json, err, "condition: the operator is missing");
	r = operand_parse(doc, given, given->string, &condition->operand, err);
	if (r < 0)
		return r;
	if (!is_suited(
		    field_type(condition->field), condition->op, &condition->operand))
		return json_doc_refuse(doc, given, err,
			"condition: \"%s\" with this value does not suit the field "
			"\"%s\"",
			given->string, name->valuestring);
	return 0;
}

static int parse_node(const struct json_doc *doc, const cJSON *json, unsigned depth,
	struct condition *condition, struct err *err);

static int parse_children(const struct json_doc *doc, const cJSON *json, unsigned depth,
	struct condition *condition, struct err *err)
{
	bool is_not = condition->kind == CONDITION_NOT;
	size_t count = is_not ? 1 : (size_t)cJSON_GetArraySize(json);
	const cJSON *item = is_not ? json : json->child;

	if (!is_not &&
		(!cJSON_IsArray(json) || count == 0 || count > CONDITION_CHILDREN_MAX))
		return json_doc_refuse(doc, json, err,
			"condition: expected a list of 1 to %d conditions",
			CONDITION_CHILDREN_MAX);
	condition->child = calloc(count, sizeof(*condition->child));
	if (!condition->child)
		return err_oom(err);
	for (; condition->child_count < count; item = item->next) {
		int r = parse_node(doc, item, depth + 1,
			&condition->child[condition->child_count], err);

		condition->child_count++;
		if (r < 0)
			return r;
	}
	return 0;
}

static int parse_node(const struct json_doc *doc, const cJSON *json, unsigned depth,
	struct condition *condition, struct err *err)
{
	static const char *const words[] = { "all", "any", "not" };

	if (depth > CONDITION_DEPTH_MAX)
		return json_doc_refuse(doc, json, err,
			"condition: nested deeper than %d levels", CONDITION_DEPTH_MAX);
	if (!cJSON_IsObject(json) || !json->child)
		return json_doc_refuse(doc, json, err, "condition: expected an object");
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strcmp(json->child->string, words[i]) != 0)
			continue;
		if (json->child->next)
			return json_doc_refuse(doc, json->child->next, err,
				"condition: \"%s\" stands alone", words[i]);
		condition->kind = (enum condition_kind)i;
		return parse_children(doc, json->child, depth, condition, err);
	}
	return parse_compare(doc, json, condition, err);
}

int condition_parse(const struct json_doc *doc, const cJSON *json,
	struct condition *ret_condition, struct err *err)
{
	struct condition condition = { .kind = CONDITION_ALL };
	int r = parse_node(doc, json, 1, &condition, err);

	if (r == 0 && condition_scope(&condition) < 0)
		r = json_doc_refuse(doc, json, err,
			"condition: fields of devices, disks and excursions cannot be "
			"mixed");
	if (r < 0) {
		condition_done(&condition);
		return r;
	}
	*ret_condition = condition;
	return 0;
}

int condition_scope(const struct condition *condition)
{
	int scope = SCOPE_WORKLOAD;

	if (condition->kind == CONDITION_COMPARE) {
		scope = (int)field_scope(condition->field);
		if (condition->operand.kind == OPERAND_FIELD) {
			int other = (int)field_scope(condition->operand.index);

			if (scope == SCOPE_WORKLOAD)
				scope = other;
			else if (other != SCOPE_WORKLOAD && other != scope)
				return -1;
		}
		return scope;
	}
	for (size_t i = 0; i < condition->child_count; i++) {
		int other = condition_scope(&condition->child[i]);

		if (other < 0)
			return -1;
		if (other == SCOPE_WORKLOAD)
			continue;
		if (scope != SCOPE_WORKLOAD && scope != other)
			return -1;
		scope = other;
	}
	return scope;
}

static const struct field_value *value_of(
	int field, const struct rule_subject *subject, const struct field_item *item)
{
	static const struct field_value unknown = { .is_known = false };

	if (field_scope(field) == SCOPE_WORKLOAD)
		return &subject->value[field];
	return item ? field_item_get(item, field) : &unknown;
}

double operand_number(const struct operand *operand, const struct rule_subject *subject,
	const struct field_item *item, const struct profile_settings *settings)
{
	const struct field_value *value;

	switch (operand->kind) {
	case OPERAND_NUMBER:
		return operand->number;
	case OPERAND_SETTING:
		return factor_get(settings, (size_t)operand->index);
	case OPERAND_FIELD:
		value = value_of(operand->index, subject, item);
		return value->is_known ? value->number : NAN;
	case OPERAND_TEXT:
	case OPERAND_BOOL:
	case OPERAND_LIST:
		break;
	}
	return NAN;
}

static bool condition_contains(const char *text, const char *part)
{
	return strcasestr(text, part) != NULL;
}

static bool compare_text(
	enum condition_op op, const struct operand *operand, const char *text)
{
	bool is_in = false;

	for (size_t i = 0; i < operand->list_count; i++) {
		is_in |= op == OP_CONTAINS_ANY
			? condition_contains(text, operand->list[i])
			: strcasecmp(text, operand->list[i]) == 0;
	}
	switch (op) {
	case OP_EQUALS:
		return strcasecmp(text, operand->text) == 0;
	case OP_NOT_EQUALS:
		return strcasecmp(text, operand->text) != 0;
	case OP_CONTAINS:
		return condition_contains(text, operand->text);
	case OP_STARTS_WITH:
		return strncasecmp(text, operand->text, strlen(operand->text)) == 0;
	case OP_NOT_IN:
		return !is_in;
	default:
		return is_in;
	}
}

static bool condition_compare_list(
	const struct condition *condition, const struct field_value *value)
{
	for (size_t i = 0; i < value->list_count; i++) {
		if (compare_text(condition->op, &condition->operand, value->list[i]))
			return true;
	}
	return false;
}

static bool compare_number(enum condition_op op, double value, double other)
{
	switch (op) {
	case OP_EQUALS:
		return value == other;
	case OP_NOT_EQUALS:
		return value != other;
	case OP_GREATER:
		return value > other;
	case OP_GREATER_OR_EQUAL:
		return value >= other;
	case OP_LESS:
		return value < other;
	default:
		return value <= other;
	}
}

static enum truth judge_compare(const struct condition *condition,
	const struct rule_subject *subject, const struct field_item *item,
	const struct profile_settings *settings, struct missing *missing)
{
	const struct field_value *value = value_of(condition->field, subject, item);
	const struct operand *operand = &condition->operand;
	double other;

	if (condition->op == OP_KNOWN)
		return value->is_known == operand->is_true ? TRUTH_TRUE : TRUTH_FALSE;
	if (operand->kind == OPERAND_SETTING &&
		isnan(operand_number(operand, subject, item, settings)))
		return TRUTH_FALSE; /* no such limit */
	if (!value->is_known) {
		if (missing)
			missing->is_missing[condition->field] = true;
		return TRUTH_UNKNOWN;
	}
	switch (field_type(condition->field)) {
	case FIELD_BOOL:
		return (value->is_true == operand->is_true) ==
				(condition->op == OP_EQUALS)
			? TRUTH_TRUE
			: TRUTH_FALSE;
	case FIELD_TEXT:
		return compare_text(condition->op, operand, value->text) ? TRUTH_TRUE
									 : TRUTH_FALSE;
	case FIELD_LIST:
		return condition_compare_list(condition, value) ? TRUTH_TRUE
								: TRUTH_FALSE;
	case FIELD_NUMBER:
	case FIELD_PRESENCE:
		break;
	}
	other = operand_number(operand, subject, item, settings);
	if (isnan(other)) {
		if (missing && operand->kind == OPERAND_FIELD)
			missing->is_missing[operand->index] = true;
		return TRUTH_UNKNOWN;
	}
	return compare_number(condition->op, value->number, other) ? TRUTH_TRUE
								   : TRUTH_FALSE;
}

enum truth condition_judge(const struct condition *condition,
	const struct rule_subject *subject, const struct field_item *item,
	const struct profile_settings *settings, struct missing *missing)
{
	bool is_all = condition->kind == CONDITION_ALL;
	struct missing found = { .is_missing = { false } };
	enum truth truth, result;

	if (condition->kind == CONDITION_COMPARE)
		return judge_compare(condition, subject, item, settings, missing);
	if (condition->kind == CONDITION_NOT) {
		truth = condition_judge(
			&condition->child[0], subject, item, settings, missing);
		return truth == TRUTH_UNKNOWN ? truth
			: truth == TRUTH_TRUE ? TRUTH_FALSE
					      : TRUTH_TRUE;
	}
	result = is_all ? TRUTH_TRUE : TRUTH_FALSE;
	for (size_t i = 0; i < condition->child_count; i++) {
		truth = condition_judge(
			&condition->child[i], subject, item, settings, &found);
		if (truth == (is_all ? TRUTH_FALSE : TRUTH_TRUE))
			return truth; /* settled: what is missing elsewhere matters not */
		if (truth == TRUTH_UNKNOWN)
			result = truth;
	}
	for (size_t i = 0; missing && result == TRUTH_UNKNOWN && i < FIELD_COUNT; i++)
		missing->is_missing[i] |= found.is_missing[i];
	return result;
}
