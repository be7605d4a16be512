/*
 * The condition of a rule: all / any / not over comparisons of fields, judged in three
 * values, since a figure that is missing is neither true nor false.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef SCHEMA_CONDITION_H
#define SCHEMA_CONDITION_H

#include "schema/field.h"
#include "schema/profile.h"

#define CONDITION_DEPTH_MAX 12
#define CONDITION_CHILDREN_MAX 200

enum condition_kind {
	CONDITION_ALL,
	CONDITION_ANY,
	CONDITION_NOT,
	CONDITION_COMPARE,
};

enum condition_op {
	OP_EQUALS,
	OP_NOT_EQUALS,
	OP_GREATER,
	OP_GREATER_OR_EQUAL,
	OP_LESS,
	OP_LESS_OR_EQUAL,
	OP_IN,
	OP_NOT_IN,
	OP_CONTAINS,
	OP_CONTAINS_ANY,
	OP_STARTS_WITH,
	OP_KNOWN,
	OP_COUNT,
};
/* As it stands in a rule: "equals", "greater_or_equal" ...; never NULL. */
const char *condition_op_name(enum condition_op op);

enum operand_kind {
	OPERAND_NUMBER,
	OPERAND_TEXT,
	OPERAND_BOOL,
	OPERAND_LIST,    /* of texts */
	OPERAND_SETTING, /* of the profile, by index in factor_table */
	OPERAND_FIELD,
};

struct operand {
	enum operand_kind kind;
	double number;
	bool is_true;
	char *text;
	char **list;
	size_t list_count;
	int index; /* setting or field */
};

struct condition {
	enum condition_kind kind;
	struct condition *child;
	size_t child_count;
	int field; /* of a comparison */
	enum condition_op op;
	struct operand operand;
};

/*
 * condition_parse - {"all": [...]}, {"any": [...]}, {"not": {...}}, or a comparison
 * {"field": F, "<op>": value}; a value may be {"setting": S} or {"field": F}
 *
 * Refused with path, line and reason: a field or setting that does not exist, an
 * operator that does not suit the field's type, fields of two scopes, deep nesting.
 */
int condition_parse(const struct json_doc *doc, const cJSON *json,
	struct condition *ret_condition, struct err *err);
void condition_done(struct condition *condition);

/* {"setting": S}, {"field": F}, number, text, true, list of texts */
int operand_parse(const struct json_doc *doc, const cJSON *json, const char *where,
	struct operand *ret_operand, struct err *err);
void operand_done(struct operand *operand);
/* The number an operand stands for; NAN: none. */
double operand_number(const struct operand *operand, const struct rule_subject *subject,
	const struct field_item *item, const struct profile_settings *settings);

enum truth { TRUTH_FALSE, TRUTH_TRUE, TRUTH_UNKNOWN };

/* Which fields would have to be known: the reason of TRUTH_UNKNOWN. */
struct missing {
	bool is_missing[FIELD_COUNT];
};

/*
 * condition_judge - Kleene's logic: false wins in "all", true wins in "any"
 *
 * item         whose fields the scoped ones are; NULL: all of them unknown
 * missing      may be NULL; only added to, and only what kept it from an answer
 *
 * A comparison with a setting that the profile leaves open (no limit) is false.
 */
enum truth condition_judge(const struct condition *condition,
	const struct rule_subject *subject, const struct field_item *item,
	const struct profile_settings *settings, struct missing *missing);

/* The scope of its fields; -1 when there are several besides the workload. */
int condition_scope(const struct condition *condition);

#endif
