/*
 * Each field of the files of rules and of checks, one by one: left out, null, a day that does
 * not exist.  What is required is refused without it, what may be absent is taken.
 */
#include "tests/support.h"

#include "schema/check.h"
#include "schema/rule.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct file_field {
	const char *name, *value;
	bool is_required, may_be_null, is_day;
};

#define A_DAY "\"2026-01-02\""
#define A_CONDITION "{\"field\":\"sensitive\",\"equals\":true}"
#define A_MACHINE_CONDITION "{\"field\":\"kind\",\"equals\":\"vm\"}"

static const struct file_field rule_fields[] = {
	{ "id", "\"A-1\"", true, false, false },
	{ "severity", "\"review\"", true, false, false },
	{ "heading", "\"memory\"", true, false, false },
	{ "when", A_CONDITION, true, false, false },
	{ "text", "\"t\"", true, false, false },
	{ "remedy", "\"r\"", false, true, false },
	{ "source", "\"s\"", true, false, false },
	{ "checked", A_DAY, true, false, true },
	{ "valid_from", A_DAY, false, true, true },
	{ "valid_to", A_DAY, false, true, true },
	{ "verified", "true", false, false, false },
	{ "needed", "\"requirement.cores\"", false, false, false },
	{ "allowed", "4", false, false, false },
	{ "unit", "\"MB\"", false, true, false },
};

static const struct file_field check_fields[] = {
	{ "id", "\"A-1\"", true, false, false },
	{ "severity", "\"blocker\"", true, false, false },
	{ "unknown", "\"silent\"", false, false, false },
	{ "when", A_MACHINE_CONDITION, true, false, false },
	{ "softer",
		"{\"when\":" A_MACHINE_CONDITION
		",\"severity\":\"warning\",\"remedy\":\"r\"}",
		false, false, false },
	{ "text", "\"t\"", true, false, false },
	{ "remedy", "\"r\"", false, true, false },
	{ "source", "\"s\"", true, false, false },
	{ "checked", A_DAY, true, false, true },
	{ "valid_from", A_DAY, false, true, true },
	{ "valid_to", A_DAY, false, true, true },
};

static const struct file_field needed_fields[] = {
	{ "file", "\"a.sys\"", true, false, false },
	{ "held_by", "\"a.cab\"", true, false, false },
	{ "when", A_MACHINE_CONDITION, true, false, false },
	{ "source", "\"s\"", true, false, false },
	{ "checked", A_DAY, true, false, true },
};

static int parse_rules(const struct json_doc *doc, struct err *err)
{
	struct rule_list list;
	int r = rule_list_parse(doc, &list, err);

	if (r == 0)
		rule_list_done(&list);
	return r;
}

static int parse_checks(const struct json_doc *doc, struct err *err)
{
	struct check_list list;
	int r = check_list_parse(doc, &list, err);

	if (r == 0)
		check_list_done(&list);
	return r;
}

static const struct kind_of_row {
	const char *before, *after;
	const struct file_field *field;
	size_t count;
	int (*parse)(const struct json_doc *doc, struct err *err);
} kinds[] = {
	{ "{\"schema\":\"headroom/rules/1\",\"profiles\":[\"plain\"],\"rules\":[{",
		"}]}", rule_fields, ARRAY_LEN(rule_fields), parse_rules },
	{ "{\"schema\":\"headroom/checks/1\",\"targets\":[\"kvm\"],\"checks\":[{",
		"}]}", check_fields, ARRAY_LEN(check_fields), parse_checks },
	{ "{\"schema\":\"headroom/checks/1\",\"targets\":[\"kvm\"],\"checks\":[],"
	  "\"files\":[{",
		"}]}", needed_fields, ARRAY_LEN(needed_fields), parse_checks },
};

/* The row with another value for one field; NULL: without it. */
static int parse_with(const struct kind_of_row *kind, const char *name,
	const char *value, struct err *err)
{
	struct json_doc doc;
	char text[4096];
	size_t used = (size_t)snprintf(text, sizeof(text), "%s", kind->before);
	bool is_first = true;
	int r;

	for (size_t i = 0; i < kind->count; i++) {
		const struct file_field *field = &kind->field[i];
		bool is_it = name && !strcmp(field->name, name);

		if (is_it && !value)
			continue;
		used += (size_t)snprintf(text + used, sizeof(text) - used,
			"%s\"%s\":%s", is_first ? "" : ",", field->name,
			is_it ? value : field->value);
		is_first = false;
	}
	(void)snprintf(text + used, sizeof(text) - used, "%s", kind->after);
	r = json_doc_parse("fields.json", text, strlen(text), &doc, err);
	assert_int_equal(r, 0);
	r = kind->parse(&doc, err);
	json_doc_done(&doc);
	return r;
}

static void expect(const struct kind_of_row *kind, const struct file_field *field,
	const char *value, bool is_taken)
{
	struct err err = ERR_INIT;
	int r = parse_with(kind, field->name, value, &err);

	if (r != (is_taken ? 0 : -EINVAL))
		fail_msg("%.40s... %s %s: %d, %s", kind->before, field->name,
			value ? value : "left out", r, err.text);
	if (!is_taken && !strstr(err.text, field->name))
		fail_msg("%s: the reason does not name it: %s", field->name, err.text);
}

static void test_each_field(void **state)
{
	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		const struct kind_of_row *kind = &kinds[k];
		struct err err = ERR_INIT;

		if (parse_with(kind, NULL, NULL, &err) < 0)
			fail_msg("%s", err.text);
		for (size_t i = 0; i < kind->count; i++) {
			const struct file_field *field = &kind->field[i];

			expect(kind, field, NULL, !field->is_required);
			expect(kind, field, "null", field->may_be_null);
			if (field->is_day)
				expect(kind, field, "\"2026-02-30\"", false);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_field),
	};

	return cmocka_run_group_tests_name("fields of files", tests, NULL, NULL);
}
