/*
 * Each field of the files of rules and of checks, one by one: left out, null, a day that does
 * not exist.  What is required is refused without it, what may be absent is taken.
 */
#include "tests/support.h"

#include "schema/check.h"
#include "schema/profile.h"
#include "schema/rule.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
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

static const struct file_field softer_fields[] = {
	{ "when", A_MACHINE_CONDITION, true, false, false },
	{ "severity", "\"warning\"", true, false, false },
	{ "remedy", "\"r\"", false, false, false },
};

#define A_CHECK                                                                  \
	"{\"id\":\"A-1\",\"severity\":\"blocker\",\"when\":" A_MACHINE_CONDITION \
	",\"text\":\"t\",\"source\":\"s\",\"checked\":" A_DAY

static const struct file_field check_file_fields[] = {
	{ "schema", "\"headroom/checks/1\"", true, false, false },
	{ "comment", "\"c\"", false, false, false },
	{ "targets", "[\"kvm\"]", true, false, false },
	{ "checks", "[" A_CHECK "}]", true, false, false },
	{ "files", "[]", false, false, false },
};

static const struct file_field rule_file_fields[] = {
	{ "schema", "\"headroom/rules/1\"", true, false, false },
	{ "profiles", "[\"plain\"]", true, false, false },
	{ "rules", "[]", true, false, false },
};

static const struct file_field profile_fields[] = {
	{ "schema", "\"headroom/profile/1\"", true, false, false },
	{ "id", "\"p\"", true, false, false },
	{ "title", "\"t\"", true, false, false },
	{ "source", "\"s\"", true, false, false },
	{ "checked", A_DAY, false, true, true },
	{ "comment", "\"c\"", false, false, false },
	{ "base", "\"plain\"", false, false, false },
	{ "unstated_facts", "\"none\"", false, false, false },
	{ "settings", "{}", true, false, false },
};

static int parse_profile(const struct json_doc *doc, struct err *err)
{
	struct profile profile;
	int r = profile_parse(doc, NULL, &profile, err);

	if (r == 0)
		profile_done(&profile);
	return r;
}

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
	{ "{\"schema\":\"headroom/checks/1\",\"targets\":[\"kvm\"],\"checks\":[" A_CHECK
	  ",\"softer\":{",
		"}}]}", softer_fields, ARRAY_LEN(softer_fields), parse_checks },
	{ "{", "}", check_file_fields, ARRAY_LEN(check_file_fields), parse_checks },
	{ "{", "}", rule_file_fields, ARRAY_LEN(rule_file_fields), parse_rules },
	{ "{", "}", profile_fields, ARRAY_LEN(profile_fields), parse_profile },
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

/* ---- the settings of a profile ----------------------------------------------------- */

/* What is taken at the least and at the most, what is refused beyond; NULL: nothing is. */
static const struct setting_row {
	const char *name, *below, *least, *most, *above;
	bool may_be_null;
} settings[] = {
	{ "memory_overhead_mb", "-1", "0", "1000000", "1000001", false },
	{ "memory_growth_factor", "0.99", "1", "10", "10.1", false },
	{ "memory_limit_mb", "0.9", "1", "1000000000", "1000000001", true },
	{ "memory_notice_mb", "0.9", "1", "1000000000", "1000000001", true },
	{ "memory_sizing", "\"mean\"", "\"peak\"", "\"sustained\"", "1", false },
	{ "excursion_sustain_s", "0", "1", "1000000", "1000001", false },
	{ "sizing_window_s", "299", "300", "28800", "28801", false },
	{ "cpu_sizing", "\"mean\"", "\"peak\"", "\"sustained\"", "1", false },
	{ "max_cores_per_vm", "0.9", "1", "8192", "8193", true },
	{ "target_core_mhz", "0.9", "1", "20000", "20001", false },
	{ "performance_factor", "0.009", "0.01", "100", "100.1", false },
	{ "cpu_reserve_ratio", "-0.1", "0", "0.99", "1", false },
	{ "cpu_reserve_one_core", "0", "false", "true", "1", false },
	{ "cpu_reservations", "0", "false", "true", "1", false },
	{ "network_sizing", "\"mean\"", "\"peak\"", "\"sustained\"", "1", false },
	{ "network_efficiency_ratio", "0", "0.01", "1", "1.01", false },
	{ "host_adapter", "0", "false", "true", "1", false },
	{ "max_adapters_per_vm", "0", "1", "1000", "1001", true },
	{ "save_state", "0", "false", "true", "1", false },
	{ "storage_overhead_ratio", "-0.1", "0", "0.99", "1", false },
	{ "storage_overhead_of_grand_total", "0", "false", "true", "1", false },
	{ "disk_limit_gb", "0", "1", "1000000000", "1000000001", true },
	{ "max_disks_per_vm", "0", "1", "100000", "100001", true },
	{ "own_disks_ratio", "0", "0.01", "1", "1.01", false },
	{ "toolkit_workloads", "0", "1", "1000000", "1000001", true },
	{ "disk_sizing", "\"mean\"", "\"peak\"", "\"sustained\"", "1", false },
	{ "coverage_full_ratio", "-0.1", "0", "1", "1.01", false },
	{ "coverage_minimum_ratio", "-0.1", "0", "1", "1.01", false },
	{ "stability_full_ratio", "-0.1", "0", "1", "1.01", false },
	{ "stability_minimum_ratio", "-0.1", "0", "1", "1.01", false },
};

static int parse_setting(const char *name, const char *value,
	struct profile_settings *ret_settings, struct err *err)
{
	struct profile profile;
	struct json_doc doc;
	char text[300];
	int r;

	(void)snprintf(text, sizeof(text),
		"{\"schema\":\"headroom/profile/1\",\"id\":\"p\",\"title\":\"t\","
		"\"source\":\"s\",\"settings\":{\"%s\":%s}}",
		name, value);
	assert_int_equal(json_doc_parse("p.json", text, strlen(text), &doc, err), 0);
	r = profile_parse(&doc, NULL, &profile, err);
	json_doc_done(&doc);
	if (r == 0) {
		*ret_settings = profile.settings;
		profile_done(&profile);
	}
	return r;
}

static void try_setting(const char *name, const char *value, bool is_taken)
{
	struct profile_settings read = { 0 };
	struct err err = ERR_INIT;
	int r = parse_setting(name, value, &read, &err);
	double wanted = !strcmp(value, "null")    ? NAN
		: !strcmp(value, "true")          ? 1
		: !strcmp(value, "false")         ? 0
		: !strcmp(value, "\"peak\"")      ? SIZING_PEAK
		: !strcmp(value, "\"sustained\"") ? SIZING_SUSTAINED
						  : strtod(value, NULL);
	double got;

	if (r != (is_taken ? 0 : -EINVAL))
		fail_msg("%s: %s is %s", name, value, r == 0 ? "taken" : err.text);
	if (!is_taken)
		return;
	got = factor_get(&read, (size_t)factor_find(name, NULL));
	if (got != wanted && !(isnan(got) && isnan(wanted)))
		fail_msg("%s: %s is read as %g", name, value, got);
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		size_t at = (size_t)factor_find(settings[i].name, NULL);
		double other = factor_get(&read, at),
		       fallback = factor_table[at].fallback;

		if (strcmp(settings[i].name, name) != 0 && other != fallback &&
			!(isnan(other) && isnan(fallback)))
			fail_msg("%s changes %s", name, settings[i].name);
	}
}

static void each_setting_at_its_bounds(void **state)
{
	(void)state;
	assert_int_equal(ARRAY_LEN(settings), factor_count);
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		const struct setting_row *row = &settings[i];

		try_setting(row->name, row->below, false);
		try_setting(row->name, row->least, true);
		try_setting(row->name, row->most, true);
		try_setting(row->name, row->above, false);
		try_setting(row->name, "null", row->may_be_null);
	}
}

/* ---- the days on which a rule holds -------------------------------------------------- */

static void a_rule_holds_from_its_first_day_to_its_last(void **state)
{
	static const struct {
		const char *day;
		bool holds;
	} days[] = { { "2026-01-31", false }, { "2026-02-01", true },
		{ "2026-02-02", true }, { "2026-02-28", true }, { "2026-03-01", false },
		{ "2025-02-10", false }, { "2027-02-10", false } };
	char from[] = "2026-02-01", to[] = "2026-02-28", eve[] = "2026-01-31";
	struct rule rule = { .valid_from = from, .valid_to = to };
	struct check check = { .valid_from = from, .valid_to = to };
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(days); i++) {
		assert_int_equal(rule_holds_on(&rule, days[i].day), days[i].holds);
		assert_int_equal(check_holds_on(&check, days[i].day), days[i].holds);
	}
	rule.valid_from = check.valid_from = NULL;
	assert_true(rule_holds_on(&rule, "1999-01-01") &&
		check_holds_on(&check, "1999-01-01"));
	/* one letter's difference is one day too */
	rule.valid_to = check.valid_to = eve;
	assert_false(rule_holds_on(&rule, "2026-02-01") ||
		check_holds_on(&check, "2026-02-01"));
	rule.valid_from = check.valid_from = to;
	rule.valid_to = check.valid_to = NULL;
	assert_false(rule_holds_on(&rule, "2026-02-27") ||
		check_holds_on(&check, "2026-02-27"));
	/* the last day may be the first one, not the day before */
	assert_int_equal(parse_with(&kinds[0], "valid_to", A_DAY, &err), 0);
	assert_int_equal(
		parse_with(&kinds[0], "valid_to", "\"2026-01-01\"", &err), -EINVAL);
	assert_non_null(strstr(err.text, "2026-01-01 is before valid_from 2026-01-02"));
}

/* Where a check is shown: at the field that is named, else at the first of its scope. */
static void test_place_of_a_check(void **state)
{
	static const struct {
		const char *when, *more, *at;
	} rows[] = {
		{ "{\"all\":[{\"field\":\"environment\",\"equals\":\"test\"},"
		  "{\"field\":\"os_bits\",\"equals\":64}]}",
			"", "environment" },
		{ "{\"all\":[{\"field\":\"os_bits\",\"equals\":64},"
		  "{\"field\":\"environment\",\"equals\":\"test\"}]}",
			"", "os_bits" },
		{ "{\"all\":[{\"field\":\"os_bits\",\"equals\":64},"
		  "{\"not\":{\"field\":\"volume.fs\",\"equals\":\"ntfs\"}},"
		  "{\"field\":\"volume.name\",\"equals\":\"C:\"}]}",
			"", "volume.fs" },
		{ "{\"all\":[{\"field\":\"environment\",\"equals\":\"test\"},"
		  "{\"field\":\"os_bits\",\"equals\":64}]}",
			",\"at\":\"os_bits\"", "os_bits" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		struct check_list list;
		struct json_doc doc;
		char text[1000];

		(void)snprintf(text, sizeof(text),
			"{\"schema\":\"headroom/checks/1\",\"targets\":[\"kvm\"],"
			"\"checks\":[{\"id\":\"A\",\"severity\":\"warning\","
			"\"when\":%s%s,\"text\":\"t\",\"source\":\"s\",\"checked\":" A_DAY
			",\"remedy\":null,\"valid_from\":null,"
			"\"valid_to\":null}]}",
			rows[i].when, rows[i].more);
		assert_int_equal(
			json_doc_parse("c.json", text, strlen(text), &doc, &err), 0);
		if (check_list_parse(&doc, &list, &err) < 0)
			fail_msg("%s", err.text);
		assert_string_equal(field_name(list.check[0].at), rows[i].at);
		check_list_done(&list);
		json_doc_done(&doc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_field),
		cmocka_unit_test(each_setting_at_its_bounds),
		cmocka_unit_test(a_rule_holds_from_its_first_day_to_its_last),
		cmocka_unit_test(test_place_of_a_check),
	};

	return cmocka_run_group_tests_name("fields of files", tests, NULL, NULL);
}
