/* Conditions: what is refused and why, and each operator on each type of field, against the
 * meaning of its word (docs/method.md, "Verdict"). */
#include "tests/support.h"

#include "schema/check.h"
#include "schema/condition.h"
#include "schema/profile.h"
#include "schema/rule.h"

#include <string.h>

#define OF(field, op) "{\"field\":\"" field "\"," op "}"
#define YES OF("sensitive", "\"equals\":true")

static const struct refused {
	const char *text, *why;
} refused[] = {
	{ "{}", "condition: expected an object" },
	{ "[]", "condition: expected an object" },
	{ "{\"equals\":1}", "expected \"all\", \"any\", \"not\" or \"field\"" },
	{ "{\"field\":1,\"equals\":1}",
		"expected \"all\", \"any\", \"not\" or \"field\"" },
	{ OF("os_bitz", "\"equals\":1"),
		"there is no field \"os_bitz\", did you mean \"os_bits\"?" },
	{ OF("os_bits", "\"is\":1"), "condition: unknown operator \"is\"" },
	{ OF("os_bits", "\"less\":1,\"greater\":3"), "one operator for one field" },
	{ "{\"field\":\"os_bits\"}", "condition: the operator is missing" },
	{ OF("os_bits", "\"less\":null"),
		"less: expected a number, text, list or bool" },
	{ OF("os_bits", "\"less\":{}"), "less: expected a value, {\"setting\": NAME}" },
	{ OF("os_bits", "\"less\":{\"sett\":\"a\"}"), "less: expected a value" },
	{ OF("os_bits", "\"less\":{\"setting\":1}"), "less: expected a value" },
	{ OF("os_bits",
		  "\"less\":{\"setting\":\"disk_limit_gb\",\"field\":\"os_bits\"}"),
		"less: expected a value" },
	{ OF("os_bits", "\"less\":{\"setting\":\"disk_limit\"}"),
		"there is no setting \"disk_limit\", did you mean \"disk_limit_gb\"?" },
	{ OF("os_bits", "\"less\":{\"field\":\"xyzzy\"}"),
		"there is no field \"xyzzy\"" },
	{ OF("os", "\"in\":[]"), "in: expected a list of 1 to 10000 texts" },
	{ OF("os", "\"in\":[1]"), "in: expected a list of texts" },
	{ "{\"all\":[]}", "expected a list of 1 to" },
	{ "{\"any\":1}", "expected a list of 1 to" },
	{ "{\"all\":[" YES "],\"any\":[" YES "]}", "\"all\" stands alone" },
	{ "{\"not\":[" YES "]}", "condition: expected an object" },
	{ "{\"all\":[" OF("disk.size_gb", "\"greater\":1") "," OF(
		  "device.class", "\"equals\":\"usb\"") "]}",
		"fields of devices, disks and excursions cannot be mixed" },
	{ OF("disk.size_gb", "\"greater\":{\"field\":\"excursion.length_s\"}"),
		"cannot be mixed" },
	{ "{\"not\":{\"all\":[" OF("disk.size_gb",
		  "\"greater\":{\"field\":\"excursion.length_s\"}") "]}}",
		"cannot be mixed" },
	/* what does not suit a field */
	{ OF("os_bits", "\"equals\":\"64\""), "does not suit the field \"os_bits\"" },
	{ OF("os_bits", "\"equals\":true"), "does not suit" },
	{ OF("os_bits", "\"in\":[\"64\"]"), "does not suit" },
	{ OF("os_bits", "\"contains\":64"), "does not suit" },
	{ OF("os_bits", "\"less\":{\"field\":\"os\"}"), "does not suit" },
	{ OF("os_bits", "\"known\":1"), "does not suit" },
	{ OF("sensitive", "\"less\":true"), "does not suit" },
	{ OF("sensitive", "\"equals\":1"), "does not suit" },
	{ OF("os", "\"equals\":1"), "does not suit" },
	{ OF("os", "\"greater\":\"x\""), "does not suit" },
	{ OF("os", "\"in\":\"x\""), "does not suit" },
	{ OF("os", "\"not_in\":\"x\""), "does not suit" },
	{ OF("os", "\"contains\":[\"x\"]"), "does not suit" },
	{ OF("os", "\"contains_any\":\"x\""), "does not suit" },
	{ OF("roles", "\"equals\":\"x\""), "does not suit" },
	{ OF("roles", "\"contains\":[\"x\"]"), "does not suit" },
	{ OF("roles", "\"contains_any\":\"x\""), "does not suit" },
	{ OF("disks", "\"equals\":1"), "does not suit" },
};

static int parse(const char *text, struct condition *ret, struct err *err)
{
	struct json_doc doc;
	int r;

	if (json_doc_parse("c.json", text, strlen(text), &doc, err) < 0)
		fail_msg("%s: %s", text, err->text);
	r = condition_parse(&doc, doc.root, ret, err);
	json_doc_done(&doc);
	return r;
}

static void what_is_no_condition_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct err err = ERR_INIT;
		struct condition condition;

		if (parse(refused[i].text, &condition, &err) == 0)
			fail_msg("%s is taken", refused[i].text);
		if (!strstr(err.text, refused[i].why) ||
			strncmp(err.text, "c.json:1: ", 10) != 0)
			fail_msg("%s: %s", refused[i].text, err.text);
	}
}

static void nested(char *text, size_t size, int depth)
{
	*text = '\0';
	for (int i = 1; i < depth; i++)
		(void)snprintf(text + strlen(text), size - strlen(text), "{\"not\":");
	(void)snprintf(text + strlen(text), size - strlen(text), "%s", YES);
	for (int i = 1; i < depth; i++)
		(void)snprintf(text + strlen(text), size - strlen(text), "}");
}

static void so_deep_and_no_deeper(void **state)
{
	struct err err = ERR_INIT;
	struct condition condition;
	char text[4096];

	(void)state;
	nested(text, sizeof(text), CONDITION_DEPTH_MAX);
	assert_int_equal(parse(text, &condition, &err), 0);
	condition_done(&condition);
	nested(text, sizeof(text), CONDITION_DEPTH_MAX + 1);
	assert_int_not_equal(parse(text, &condition, &err), 0);
	assert_non_null(strstr(err.text, "nested deeper than"));
}

static void the_scope_is_that_of_its_items(void **state)
{
	static const struct {
		const char *text;
		int scope;
	} rows[] = {
		{ YES, SCOPE_WORKLOAD },
		{ OF("disk.size_gb", "\"greater\":1"), SCOPE_DISK },
		{ OF("disk.size_gb", "\"greater\":{\"field\":\"os_bits\"}"),
			SCOPE_DISK },
		{ OF("os_bits", "\"greater\":{\"field\":\"disk.size_gb\"}"),
			SCOPE_DISK },
		{ OF("disk.size_gb", "\"greater\":{\"field\":\"disk.used_gb\"}"),
			SCOPE_DISK },
		{ "{\"all\":[" YES "," OF("device.class", "\"equals\":\"usb\"") "," YES
										"]}",
			SCOPE_DEVICE },
		{ "{\"not\":{\"any\":[" OF("device.class", "\"equals\":\"usb\"") "," OF(
			  "device.kind", "\"equals\":\"x\"") "]}}",
			SCOPE_DEVICE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		struct condition condition;

		if (parse(rows[i].text, &condition, &err) < 0)
			fail_msg("%s: %s", rows[i].text, err.text);
		assert_int_equal(condition_scope(&condition), rows[i].scope);
		condition_done(&condition);
	}
}

/* ---- what they say -------------------------------------------------------------------- */

#define T TRUTH_TRUE
#define F TRUTH_FALSE
#define U TRUTH_UNKNOWN

/* os_bits is 64 of a machine with 8 GB free, of Windows Server 2003 R2; its roles are mail
 * and Web; sensitive, not hibernated; nobody says what the service pack is. */
static const struct judged {
	const char *text;
	enum truth truth;
} judged[] = {
	{ OF("os_bits", "\"equals\":64"), T },
	{ OF("os_bits", "\"equals\":63"), F },
	{ OF("os_bits", "\"not_equals\":64"), F },
	{ OF("os_bits", "\"not_equals\":65"), T },
	{ OF("os_bits", "\"greater\":63.9"), T },
	{ OF("os_bits", "\"greater\":64"), F },
	{ OF("os_bits", "\"greater_or_equal\":64"), T },
	{ OF("os_bits", "\"greater_or_equal\":64.1"), F },
	{ OF("os_bits", "\"less\":64.1"), T },
	{ OF("os_bits", "\"less\":64"), F },
	{ OF("os_bits", "\"less_or_equal\":64"), T },
	{ OF("os_bits", "\"less_or_equal\":63.9"), F },
	{ OF("os_bits", "\"greater\":{\"field\":\"root_free_gb\"}"), T },
	{ OF("os_bits", "\"less\":{\"field\":\"root_free_gb\"}"), F },
	{ OF("os_bits", "\"less\":{\"field\":\"service_pack\"}"), U },
	{ OF("service_pack", "\"less\":1"), U },
	{ OF("service_pack", "\"known\":true"), F },
	{ OF("service_pack", "\"known\":false"), T },
	{ OF("os_bits", "\"known\":true"), T },
	{ OF("os_bits", "\"known\":false"), F },
	{ OF("os_bits", "\"greater\":{\"setting\":\"disk_limit_gb\"}"), T }, /* 60 */
	{ OF("os_bits", "\"less\":{\"setting\":\"memory_limit_mb\"}"),
		F }, /* no limit */
	{ OF("service_pack", "\"less\":{\"setting\":\"memory_limit_mb\"}"), F },
	{ OF("sensitive", "\"equals\":true"), T },
	{ OF("sensitive", "\"equals\":false"), F },
	{ OF("sensitive", "\"not_equals\":true"), F },
	{ OF("sensitive", "\"not_equals\":false"), T },
	{ OF("hibernated", "\"equals\":true"), F },
	{ OF("hibernated", "\"equals\":false"), T },
	{ OF("os", "\"equals\":\"windows SERVER 2003 r2\""), T },
	{ OF("os", "\"equals\":\"Windows\""), F },
	{ OF("os", "\"not_equals\":\"Windows Server 2003 R2\""), F },
	{ OF("os", "\"not_equals\":\"Windows\""), T },
	{ OF("os", "\"contains\":\"SERVER\""), T },
	{ OF("os", "\"contains\":\"2008\""), F },
	{ OF("os", "\"starts_with\":\"windows s\""), T },
	{ OF("os", "\"starts_with\":\"Server\""), F },
	{ OF("os", "\"in\":[\"x\",\"Windows Server 2003 R2\"]"), T },
	{ OF("os", "\"in\":[\"x\",\"2003\"]"), F },
	{ OF("os", "\"not_in\":[\"x\",\"2003\"]"), T },
	{ OF("os", "\"not_in\":[\"x\",\"Windows Server 2003 R2\"]"), F },
	{ OF("os", "\"contains_any\":[\"x\",\"2003\"]"), T },
	{ OF("os", "\"contains_any\":[\"y\",\"2008\"]"), F },
	{ OF("roles", "\"contains\":\"web\""), T },
	{ OF("roles", "\"contains\":\"dns\""), F },
	{ OF("roles", "\"contains_any\":[\"dns\",\"MAIL\"]"), T },
	{ OF("roles", "\"contains_any\":[\"dns\",\"dhcp\"]"), F },
	{ OF("applications", "\"contains\":\"x\""), U },
	/* false wins in all, true in any; not of unknown is unknown */
	{ "{\"all\":[" YES "," OF("service_pack", "\"less\":1") "]}", U },
	{ "{\"all\":[" OF("service_pack", "\"less\":1") "," OF(
		  "os_bits", "\"less\":1") "]}",
		F },
	{ "{\"all\":[" YES "," YES "]}", T },
	{ "{\"all\":[" YES "," OF("os_bits", "\"less\":1") "]}", F },
	{ "{\"any\":[" OF("service_pack", "\"less\":1") "," YES "]}", T },
	{ "{\"any\":[" OF("os_bits", "\"less\":1") "," OF(
		  "service_pack", "\"less\":1") "]}",
		U },
	{ "{\"any\":[" OF("os_bits", "\"less\":1") "," OF("os_bits", "\"less\":2") "]}",
		F },
	{ "{\"any\":[" OF("os_bits", "\"less\":1") "," YES "]}", T },
	{ "{\"not\":" YES "}", F },
	{ "{\"not\":" OF("os_bits", "\"less\":1") "}", T },
	{ "{\"not\":" OF("service_pack", "\"less\":1") "}", U },
};

static struct field_value *field_of(struct rule_subject *subject, const char *name)
{
	int field = field_find(name, NULL);

	assert_true(field >= 0);
	return &subject->value[field];
}

static void fill(struct rule_subject *subject)
{
	static const char *const roles[] = { "mail", "Web" };

	*subject = (struct rule_subject){ .name = "w" };
	field_set_number(field_of(subject, "os_bits"), 64);
	field_set_number(field_of(subject, "root_free_gb"), 8);
	field_set_text(field_of(subject, "os"), "Windows Server 2003 R2");
	field_set_bool(field_of(subject, "sensitive"), true);
	field_set_bool(field_of(subject, "hibernated"), false);
	*field_of(subject, "roles") = (struct field_value){
		.is_known = true, .number = NAN, .list = roles, .list_count = 2
	};
}

static void each_operator_on_each_type(void **state)
{
	struct profile_settings settings = { .disk_limit_gb = 60,
		.memory_limit_mb = NAN };
	struct rule_subject subject;

	(void)state;
	fill(&subject);
	for (size_t i = 0; i < ARRAY_LEN(judged); i++) {
		struct missing missing = { .is_missing = { false } };
		struct err err = ERR_INIT;
		struct condition condition;
		enum truth truth;
		bool is_any = false;

		if (parse(judged[i].text, &condition, &err) < 0)
			fail_msg("%s: %s", judged[i].text, err.text);
		truth = condition_judge(
			&condition, &subject, NULL, &settings, &missing);
		if (truth != judged[i].truth)
			fail_msg("%s: %d", judged[i].text, truth);
		for (int f = 0; f < FIELD_COUNT; f++)
			is_any = is_any || missing.is_missing[f];
		if (is_any != (truth == TRUTH_UNKNOWN))
			fail_msg("%s: what is missing", judged[i].text);
		assert_int_equal(
			condition_judge(&condition, &subject, NULL, &settings, NULL),
			truth); /* who does not ask is told nothing */
		condition_done(&condition);
	}
}

/* Of an item that is not there nothing is known; the missing fields are named. */
static void what_is_missing_is_named(void **state)
{
	static const char text[] =
		"{\"all\":[" OF("disk.size_gb", "\"greater\":5") "," OF(
			"os_bits", "\"less\":{\"field\":\"service_pack\"}") "]}";
	struct profile_settings settings = { .disk_limit_gb = 60 };
	struct missing missing = { .is_missing = { false } };
	struct err err = ERR_INIT;
	struct rule_subject subject;
	struct condition condition;

	(void)state;
	fill(&subject);
	assert_int_equal(parse(text, &condition, &err), 0);
	assert_int_equal(
		condition_judge(&condition, &subject, NULL, &settings, &missing),
		TRUTH_UNKNOWN);
	for (int f = 0; f < FIELD_COUNT; f++)
		assert_int_equal(missing.is_missing[f],
			f == field_find("disk.size_gb", NULL) ||
				f == field_find("service_pack", NULL));
	condition_done(&condition);
}

/* ---- files of rules, checks and profiles ------------------------------------------------ */

#define RULE(more)                                                                        \
	"{\"schema\":\"headroom/rules/1\",\"profiles\":[\"kvm\"],\"rules\":[{\"id\":"     \
	"\"A\",\"severity\":\"review\",\"heading\":\"memory\",\"text\":\"t\",\"source\":" \
	"\"s\",\"checked\":\"2026-01-02\"," more "}]}"
#define CHECK(more)                                                                    \
	"{\"schema\":\"headroom/checks/1\",\"targets\":[\"kvm\"],\"checks\":[{\"id\":" \
	"\"A\",\"text\":\"t\",\"source\":\"s\",\"checked\":\"2026-01-02\"," more "}]}"
#define PROFILE(more)                                                                            \
	"{\"schema\":\"headroom/profile/1\",\"id\":\"a\",\"title\":\"t\",\"source\":\"s\"," more \
	"}"
#define DISK OF("disk.size_gb", "\"greater\":1")

static const struct file_case {
	int kind; /* of rules, of checks, of a profile */
	const char *text, *why;
} file_cases[] = {
	{ 0, RULE("\"when\":" YES ",\"needed\":\"requirement.core\""),
		"rule.needed: there is no field \"requirement.core\", did you mean "
		"requirement.cores" },
	{ 0, RULE("\"when\":" YES ",\"needed\":\"os\""),
		"rule.needed: \"os\" is not a number" },
	{ 0, RULE("\"when\":" YES ",\"needed\":\"disk.size_gb\""),
		"rule.needed: \"disk.size_gb\" is not of the condition's" },
	{ 0, RULE("\"when\":" DISK ",\"needed\":\"excursion.length_s\""),
		"rule.needed: \"excursion.length_s\" is not of the condition's" },
	{ 0, RULE("\"when\":" YES ",\"allowed\":null"),
		"rule.allowed: expected a number" },
	{ 0,
		RULE("\"when\":" YES
		     ",\"valid_from\":\"2026-02-01\",\"valid_to\":\"2026-01-31\""),
		"rule.valid_to: 2026-01-31 is before valid_from 2026-02-01" },
	{ 0, RULE("\"when\":" YES ",\"valid_from\":\"2026-02-30\""),
		"rule.valid_from: expected a date YYYY-MM-DD, found \"2026-02-30\"" },
	{ 0, "{\"schema\":\"headroom/rules/2\",\"profiles\":[],\"rules\":[]}",
		"schema: expected \"headroom/rules/1\"" },
	{ 0,
		"{\"schema\":\"headroom/rules/1\",\"profiles\":[1],\"rules\":[{\"id\":\"A\","
		"\"severity\":\"note\",\"heading\":\"memory\",\"text\":\"t\",\"source\":\"s\","
		"\"checked\":\"2026-01-02\",\"when\":" YES "}]}",
		"profiles: expected a list of ids" },
	{ 1, CHECK("\"severity\":\"bad\",\"when\":" YES),
		"severity: \"bad\" is none of note, warning, blocker" },
	{ 1, CHECK("\"severity\":\"note\",\"unknown\":\"bad\",\"when\":" YES),
		"unknown: \"bad\" is none of" },
	{ 1, CHECK("\"severity\":\"note\",\"when\":" YES ",\"valid_to\":\"x\""),
		"valid_to: expected a date YYYY-MM-DD, found \"x\"" },
	{ 1, CHECK("\"severity\":\"note\",\"at\":\"kindd\",\"when\":" YES),
		"check.at: there is no field \"kindd\", did you mean \"kind\"?" },
	{ 1,
		CHECK("\"severity\":\"blocker\",\"when\":" YES
		      ",\"softer\":{\"severity\":"
		      "\"note\",\"when\":" DISK "}"),
		"check.softer: asks for other items than the check does" },
	{ 1,
		"{\"schema\":\"headroom/checks/1\",\"targets\":[1],\"checks\":[{\"id\":\"A\","
		"\"severity\":\"note\",\"text\":\"t\",\"source\":\"s\",\"checked\":"
		"\"2026-01-02\",\"when\":" YES "}]}",
		"targets: expected a list of profiles" },
	{ 1,
		"{\"schema\":\"headroom/checks/1\",\"targets\":[],\"checks\":[],\"files\":[{"
		"\"file\":\"f\",\"held_by\":\"h\",\"source\":\"s\",\"checked\":\"2026-01-02\","
		"\"when\":" DISK "}]}",
		"files[].when: expected a condition on the machine as a whole" },
	{ 2, PROFILE("\"settings\":{\"sizing_window_s\":600}"),
		"settings.sizing_window_s: expected 300, 900, 1800, 3600, 14400 or 28800" },
	{ 2, PROFILE("\"settings\":{\"cpu_sizing\":\"mean\"}"),
		"settings.cpu_sizing: expected \"peak\" or \"sustained\"" },
	{ 2, PROFILE("\"checked\":\"2026-13-01\",\"settings\":{}"),
		"checked: expected a date YYYY-MM-DD, found \"2026-13-01\"" },
	{ 2,
		"{\"schema\":\"headroom/profile/2\",\"id\":\"a\",\"title\":\"t\",\"source\":\"s\","
		"\"settings\":{}}",
		"schema: expected \"headroom/profile/1\"" },
};

static int parse_file(const struct json_doc *doc, int kind, struct err *err)
{
	struct rule_list rules;
	struct check_list checks;
	struct profile profile;
	int r;

	if (kind == 0) {
		r = rule_list_parse(doc, &rules, err);
		if (r == 0)
			rule_list_done(&rules);
	} else if (kind == 1) {
		r = check_list_parse(doc, &checks, err);
		if (r == 0)
			check_list_done(&checks);
	} else {
		r = profile_parse(doc, NULL, &profile, err);
		if (r == 0)
			profile_done(&profile);
	}
	return r;
}

static void what_is_wrong_in_a_file_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(file_cases); i++) {
		const struct file_case *row = &file_cases[i];
		struct json_doc doc;
		struct err err = ERR_INIT;

		if (json_doc_parse("f.json", row->text, strlen(row->text), &doc, &err) <
			0)
			fail_msg("%s", err.text);
		if (parse_file(&doc, row->kind, &err) == 0)
			fail_msg("taken: %s", row->text);
		if (!strstr(err.text, row->why) ||
			strncmp(err.text, "f.json:1: ", 10) != 0)
			fail_msg("%s: %s", row->why, err.text);
		json_doc_done(&doc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_condition_is_refused),
		cmocka_unit_test(so_deep_and_no_deeper),
		cmocka_unit_test(the_scope_is_that_of_its_items),
		cmocka_unit_test(each_operator_on_each_type),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(what_is_wrong_in_a_file_is_named),
	};

	return cmocka_run_group_tests_name("conditions", tests, NULL, NULL);
}
