/* Files of tasks (schema/tasks.h): the built-in ones load, what could leave its quoting or
 * names nothing is refused with its place. */
#include "tests/support.h"

#include "schema/tasks.h"

#include <errno.h>
#include <string.h>

/* ---- built in ---------------------------------------------------------------------------- */

/* What others' migrations failed at; each runbook of a machine has a task against each. */
static const char *const pains[] = { "addresses", "attached", "firmware", "hibernation",
	"overcommit", "scratch", "snapshots", "storage-driver", "unsupported",
	"window" };
static const char *const movers[] = { "kvm", "proxmox", "hyper-v-2019",
	"hyper-v-2008-r2", "virtual-server-2005-r2" };

static bool prevents(const struct tasks *tasks, const char *pain)
{
	for (size_t i = 0; i < tasks->count; i++) {
		for (size_t k = 0; k < tasks->task[i].prevent_count; k++) {
			if (strcmp(tasks->task[i].prevent[k], pain) == 0)
				return true;
		}
	}
	return false;
}

static void every_built_in_target_loads(void **state)
{
	struct strbuf targets;
	char *line, *rest;

	(void)state;
	strbuf_init(&targets, 4096);
	tasks_add_targets(&targets);
	assert_true(targets.length > 0);
	rest = targets.text;
	while ((line = strsep(&rest, "\n")) && *line) {
		struct tasks tasks;
		struct err err = ERR_INIT;

		if (tasks_load(NULL, line, &tasks, &err) < 0)
			fail_msg("%s: %s", line, err.text);
		assert_true(tasks.count > 0 && tasks.phase_count > 0);
		assert_non_null(tasks_setting(&tasks, "memory_mb"));
		tasks_done(&tasks);
	}
	strbuf_done(&targets);
}

static void each_pain_is_prevented(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(movers); i++) {
		struct tasks tasks;
		struct err err = ERR_INIT;

		assert_int_equal(tasks_load(NULL, movers[i], &tasks, &err), 0);
		for (size_t k = 0; k < ARRAY_LEN(pains); k++) {
			if (!prevents(&tasks, pains[k]))
				fail_msg(
					"%s: no step prevents %s", movers[i], pains[k]);
		}
		tasks_done(&tasks);
	}
}

/* ---- refused ------------------------------------------------------------------------------ */

struct refusal_case {
	const char *name;
	const char *task;   /* members of the task beside those that every one has */
	const char *wanted; /* part of the message; NULL: it is taken */
};

#define SH(line) \
	"\"files\":[{\"path\":\"a.sh\",\"format\":\"sh\",\"lines\":[" line "]}]"
#define PS1(line) \
	"\"files\":[{\"path\":\"a.ps1\",\"format\":\"ps1\",\"lines\":[" line "]}]"
#define CMD(line) \
	"\"files\":[{\"path\":\"a.cmd\",\"format\":\"cmd\",\"lines\":[" line "]}]"
#define XML(line) \
	"\"files\":[{\"path\":\"a.xml\",\"format\":\"xml\",\"lines\":[" line "]}]"
#define JSON(line) \
	"\"files\":[{\"path\":\"a.json\",\"format\":\"json\",\"lines\":[" line "]}]"

static struct refusal_case cases[] = {
	{ "sh: a word", SH("\"name={{machine.name}}\""), NULL },
	{ "sh: behind quotes that are closed", SH("\"x \\\"a\\\"{{machine.name}}'b'\""),
		NULL },
	{ "sh: within double quotes", SH("\"x \\\"{{machine.name}}\\\"\""),
		"within quotes" },
	{ "sh: within single quotes", SH("\"x 'a {{machine.name}}'\""),
		"within quotes" },
	{ "sh: within $() within quotes", SH("\"x \\\"$(y {{machine.name}})\\\"\""),
		"within quotes" },
	{ "sh: behind an escaped quote", SH("\"x \\\\\\\"{{machine.name}}\""), NULL },
	{ "sh: in a comment", SH("\"x # {{machine.name}}\""), "comment" },
	{ "sh: # within a word is none", SH("\"x${a#b}{{machine.name}}\""), NULL },
	{ "sh: a number may stand anywhere",
		SH("\"x \\\"{{vm.vcpus}}\\\" # {{vm.vcpus}}\""), NULL },
	{ "sh: a safe name of a file too", SH("\"x \\\"{{file:machine.name}}\\\"\""),
		NULL },
	{ "sh: and a plain text", SH("\"x '{{plain:machine.name}}'\""), NULL },
	{ "sh: a line that ends within quotes", SH("\"x 'a\""), "ends within quotes" },
	{ "ps1: an argument", PS1("\"Get-VM -Name {{machine.name}}\""), NULL },
	{ "ps1: in a list", PS1("\"x @({{machine.name}}, {{target}})\""), NULL },
	{ "ps1: within quotes", PS1("\"Get-VM -Name \\\"{{machine.name}}\\\"\""),
		"within quotes" },
	{ "ps1: beside another text", PS1("\"Get-VM -Name a{{machine.name}}\""),
		"no argument of its own" },
	{ "ps1: in a comment", PS1("\"x # {{machine.name}}\""), "comment" },
	{ "cmd: an argument", CMD("\"x /name:{{machine.name}}\""), NULL },
	{ "cmd: within quotes", CMD("\"x \\\"a {{machine.name}}\\\"\""),
		"within quotes" },
	{ "cmd: in a remark", CMD("\"rem {{machine.name}}\""), "comment" },
	{ "xml: text and attribute",
		XML("\"<a b=\\\"{{machine.name}}\\\">{{target}}</a>\""), NULL },
	{ "xml: in a comment", XML("\"<!-- {{machine.name}} -->\""), "comment" },
	{ "json: a string", JSON("\"{\\\"a\\\": {{machine.name}}}\""), NULL },
	{ "json: within a string", JSON("\"{\\\"a {{machine.name}}\\\"}\""),
		"within quotes" },
	{ "an unknown value", SH("\"x {{machine.nam}}\""),
		"did you mean \\\"machine.name\\\"" },
	{ "an unknown setting", SH("\"x {{set.nam}}\""), "there is no setting" },
	{ "a placeholder without its end", SH("\"x {{machine.name\""), "without }}" },
	{ "a value of a disk outside", SH("\"x {{disk.device}}\""), "each disk" },
	{ "and inside", SH("{\"each\":\"disk\",\"lines\":[\"x {{disk.device}}\"]}"),
		NULL },
	{ "a partition without a disk",
		SH("{\"each\":\"partition\",\"lines\":[\"x {{number}}\"]}"),
		"lines for each disk" },
	{ "a condition on a field that is none",
		"\"when\":{\"field\":\"os.famly\",\"equals\":\"x\"}", "os.famly" },
	{ "a condition on fields of disks",
		"\"when\":{\"field\":\"hard_disk.bus\",\"equals\":\"x\"}",
		"not repeated here" },
	{ "a gate on a value that is none", "\"with\":\"machine.nam\"",
		"did you mean" },
	{ "an end of line in a line", SH("\"x\\ny\""), "end of line" },
	{ "a need that is none", "\"needs\":[\"other\"]", "no step here" },
	{ "a need of itself", "\"needs\":[\"one\"]", "stands after it" },
	{ "a path from the root",
		"\"files\":[{\"path\":\"/a\",\"format\":\"sh\",\"lines\":[]}]",
		"plain relative path" },
	{ "a path that climbs",
		"\"files\":[{\"path\":\"a/../../b\",\"format\":\"sh\",\"lines\":[]}]",
		"plain relative path" },
	{ "a name in a path",
		"\"files\":[{\"path\":\"{{machine.name}}\",\"format\":\"sh\",\"lines\":[]}]",
		"file:NAME" },
	{ "a format that is none",
		"\"files\":[{\"path\":\"a\",\"format\":\"bash\",\"lines\":[]}]",
		"format:" },
	{ "a field that is none", "\"texts\":[]", "texts" },
};

static const char head[] =
	"{\"schema\":\"headroom/steps/1\",\"targets\":[\"t\"],"
	"\"phases\":[{\"id\":\"p\",\"title\":\"P\"}],\"steps\":[{\"id\":\"one\","
	"\"phase\":\"p\",\"order\":1,\"title\":\"T\",\"where\":\"host\",\"text\":[\"x\"],"
	"\"check\":[\"y\"],\"source\":\"s\",\"checked\":\"2026-11-30\",";

static int parse(const char *text, struct tasks *tasks, struct err *err)
{
	struct json_doc doc;
	bool is_of = false;
	int r = json_doc_parse("steps.json", text, strlen(text), &doc, err);

	if (r < 0)
		return r;
	r = tasks_parse(&doc, "t", false, tasks, &is_of, err);
	json_doc_done(&doc);
	if (r == 0)
		assert_true(is_of);
	return r == 0 ? tasks_check(tasks, err) : r;
}

static void check_refusal(void **state)
{
	const struct refusal_case *row = *state;
	struct tasks tasks = { .count = 0 };
	struct err err = ERR_INIT;
	char text[2000], wanted[100];
	size_t length = 0;
	int r;

	(void)snprintf(text, sizeof(text), "%s%s}]}", head, row->task);
	r = parse(text, &tasks, &err);
	tasks_done(&tasks);
	if (!row->wanted) {
		if (r != 0)
			fail_msg("%s", err.text);
		return;
	}
	assert_int_equal(r, -EINVAL);
	for (const char *at = row->wanted; *at; at++) {
		if (*at != '\\')
			wanted[length++] = *at;
	}
	wanted[length] = '\0';
	if (!strstr(err.text, wanted))
		fail_msg("\"%s\" does not say \"%s\"", err.text, wanted);
	assert_int_equal(strncmp(err.text, "steps.json:", 11), 0);
}

/* ---- settings ------------------------------------------------------------------------------- */

struct setting_case {
	const char *name;
	struct task_setting setting;
	const char *value;
	bool is_good;
};

static char slash_and_line[] = "/\n", red[] = "red";
static char *colours[] = { red };

static struct setting_case settings[] = {
	{ "a name", { .kind = SETTING_NAME }, "Web Server 1", true },
	{ "a name like an option", { .kind = SETTING_NAME }, "-rf", false },
	{ "a blank name", { .kind = SETTING_NAME }, "  ", false },
	{ "the folder above", { .kind = SETTING_NAME }, "..", false },
	{ "a forbidden character", { .kind = SETTING_NAME, .forbid = slash_and_line },
		"a/b", false },
	{ "a forbidden end of line", { .kind = SETTING_TEXT, .forbid = slash_and_line },
		"a\nb", false },
	{ "too long", { .kind = SETTING_TEXT, .length_max = 3 }, "abcd", false },
	{ "a DNS label", { .kind = SETTING_DNS_LABEL }, "web-1", true },
	{ "one with a dot", { .kind = SETTING_DNS_LABEL }, "web.1", false },
	{ "one that ends in -", { .kind = SETTING_DNS_LABEL }, "web-", false },
	{ "a host", { .kind = SETTING_HOST }, "kvm1.example.com", true },
	{ "a host like an option", { .kind = SETTING_HOST }, "-oProxyCommand=x",
		false },
	{ "a word", { .kind = SETTING_WORD }, "local-lvm", true },
	{ "a word with a blank", { .kind = SETTING_WORD }, "local lvm", false },
	{ "a path", { .kind = SETTING_PATH }, "/srv/it's here", true },
	{ "a path from here", { .kind = SETTING_PATH }, "srv", false },
	{ "a path of Windows", { .kind = SETTING_WINDOWS_PATH }, "C:\\My VMs", true },
	{ "a share", { .kind = SETTING_WINDOWS_PATH }, "\\\\server\\share", true },
	{ "a path of Windows with *", { .kind = SETTING_WINDOWS_PATH }, "C:\\*",
		false },
	{ "a path of Windows without a drive", { .kind = SETTING_WINDOWS_PATH }, "VMs",
		false },
	{ "a number", { .kind = SETTING_NUMBER, .minimum = 1, .maximum = 8 }, "8",
		true },
	{ "a number too high", { .kind = SETTING_NUMBER, .minimum = 1, .maximum = 8 },
		"9", false },
	{ "a number with a unit", { .kind = SETTING_NUMBER }, "8G", false },
	{ "a choice", { .kind = SETTING_CHOICE, .choice = colours, .choice_count = 1 },
		"red", true },
	{ "no choice", { .kind = SETTING_CHOICE, .choice = colours, .choice_count = 1 },
		"blue", false },
	{ "yes", { .kind = SETTING_YES }, "yes", true },
	{ "true", { .kind = SETTING_YES }, "true", false },
	{ "a MAC", { .kind = SETTING_MAC }, "52:54:00:12:34:56", true },
	{ "a MAC of many", { .kind = SETTING_MAC }, "53:54:00:12:34:56", false },
};

static void check_setting_case(void **state)
{
	struct setting_case *row = *state;
	struct err err = ERR_INIT;
	char key[] = "key";
	int r;

	row->setting.key = key;
	r = task_setting_check(&row->setting, row->value, &err);
	row->setting.key = NULL;
	assert_int_equal(r, row->is_good ? 0 : -EINVAL);
	assert_int_equal(strncmp(err.text, "key: ", 5) == 0, !row->is_good);
}

int main(void)
{
	static const struct CMUnitTest whole[] = {
		cmocka_unit_test(every_built_in_target_loads),
		cmocka_unit_test(each_pain_is_prevented),
	};
	struct CMUnitTest
		tests[ARRAY_LEN(cases) + ARRAY_LEN(settings) + ARRAY_LEN(whole)];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		tests[count++] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = check_refusal,
			.initial_state = &cases[i] };
	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		tests[count++] = (struct CMUnitTest){ .name = settings[i].name,
			.test_func = check_setting_case,
			.initial_state = &settings[i] };
	memcpy(tests + count, whole, sizeof(whole));
	return cmocka_run_group_tests_name("steps", tests, NULL, NULL);
}
