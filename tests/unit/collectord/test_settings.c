/* Settings: values, ranges, the file with its messages, the children's copy. */
#include "tests/support.h"

#include "collectord/sampler/command_line.h"
#include "collectord/link/settings.h"
#include "collectord/link/settings_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct value_case {
	const char *name, *setting, *text;
	int expected;
	int64_t number;
	const char *message; /* part of it */
};

static struct value_case values[] = {
	{ "a span without a unit is seconds", "interval", "5", 0, 5, NULL },
	{ "a span in minutes", "interval", "2m", 0, 120, NULL },
	{ "weeks", "keep_fine", "13w", 0, 13 * 7 * 86400, NULL },
	{ "years have 365 days", "keep_coarse", "3y", 0, 3 * 365 * 86400, NULL },
	{ "zero keeps nothing", "keep_base", "0", 0, 0, NULL },
	{ "a span over the range", "interval", "1h", -EINVAL, 0, "from 1s to 5m" },
	{ "a span below it", "interval", "0", -EINVAL, 0, "found \"0\"" },
	{ "an unknown unit", "interval", "10q", -EINVAL, 0, "time span" },
	{ "a fraction", "interval", "1.5", -EINVAL, 0, "time span" },
	{ "a decimal comma", "interval", "1,5", -EINVAL, 0, "time span" },
	{ "a blank before", "interval", " 5", -EINVAL, 0, "time span" },
	{ "nothing", "interval", "", -EINVAL, 0, "time span" },
	{ "more than 64 bits hold", "keep_fine", "99999999999999999999w", -EINVAL, 0,
		"span" },
	{ "more than 64 bits hold, by the unit", "keep_fine", "9999999999999999w",
		-EINVAL, 0, "span" },
	{ "a number", "instances_max", "64", 0, 64, NULL },
	{ "a number over its range", "instances_max", "65", -EINVAL, 0,
		"from 1 to 64" },
	{ "a number with rubbish", "instances_max", "6x", -EINVAL, 0, "found \"6x\"" },
	{ "yes", "sensors", "Yes", 0, 1, NULL },
	{ "off", "sensors", "off", 0, 0, NULL },
	{ "neither yes nor no", "sensors", "maybe", -EINVAL, 0, "yes or no" },
	{ "a control character", "name", "a\033[31m", -EINVAL, 0, "position 2" },
	{ "an empty folder", "data", "", -EINVAL, 0, "1 to 511" },
};

static void check_value(void **state)
{
	const struct value_case *c = *state;
	struct settings settings;
	const struct setting *setting = setting_find(c->setting);
	struct err err = ERR_INIT;

	assert_non_null(setting);
	settings_init(&settings);
	assert_int_equal(settings_set(&settings, setting, c->text, &err), c->expected);
	if (c->expected == 0)
		assert_int_equal(
			*(int64_t *)(void *)((char *)&settings + setting->offset),
			c->number);
	if (c->message && !strstr(err.text, c->message))
		fail_msg("\"%s\" lacks \"%s\"", err.text, c->message);
}

struct file_case {
	const char *name, *text;
	int expected;
	const char *message;
};

static struct file_case files[] = {
	{ "nothing", "", 0, NULL },
	{ "only a comment", "# nothing\n", 0, NULL },
	{ "values with and without quotes", "interval = 5s\nname = \"web 1\"\n", 0,
		NULL },
	{ "an unknown name gets the nearest", "\n\nintervall = 5s\n", -EINVAL,
		"f.conf:3: there is no setting \"intervall\", did you mean interval?" },
	{ "nothing is near", "xyzzy = 1\n", -EINVAL,
		"f.conf:1: there is no setting \"xyzzy\"" },
	{ "out of range, with the line", "name = a\ninterval = 600\n", -EINVAL,
		"f.conf:2: interval: expected a time span from 1s to 5m, such as 10s; "
		"found \"600\"" },
	{ "no value", "interval =\n", -EINVAL, "f.conf:" },
	{ "no equals sign", "interval 5\n", -EINVAL, "f.conf:" },
	{ "an open quote", "name = \"a\n", -EINVAL, "f.conf" },
	{ "a section", "alerts { a = 1 }\n", -EINVAL, "f.conf:1" },
};

static void check_file(void **state)
{
	const struct file_case *c = *state;
	struct settings settings;
	struct err err = ERR_INIT;

	settings_init(&settings);
	assert_int_equal(settings_read_text(c->text, strlen(c->text), "f.conf",
				 &settings, NULL, &err),
		c->expected);
	if (c->message && !strstr(err.text, c->message))
		fail_msg("\"%s\" lacks \"%s\"", err.text, c->message);
	if (c->expected < 0)
		assert_int_equal(settings.interval.number, 10); /* untouched */
}

static void binary_rubbish_is_refused_with_its_line(void **state)
{
	struct settings settings;
	struct err err = ERR_INIT;

	(void)state;
	settings_init(&settings);
	assert_int_equal(
		settings_read_text("a\n\0b", 4, "f.conf", &settings, NULL, &err),
		-EINVAL);
	assert_string_equal(err.text, "f.conf:2: this is not text");
}

/* What --check-config prints is a file that says the same. */
static void what_is_printed_can_be_read(void **state)
{
	struct settings settings, again;
	struct strbuf text;
	struct err err = ERR_INIT;

	(void)state;
	settings_init(&settings);
	assert_int_equal(settings_set(&settings, setting_find("name"),
				 "a \"b\" \\c $d #e", &err),
		0);
	assert_int_equal(
		settings_set(&settings, setting_find("keep_fine"), "90061s", &err), 0);
	strbuf_init(&text, 65536);
	settings_print_all(&settings, &text);
	settings_init(&again);
	if (settings_read_text(
		    strbuf_text(&text), text.length, "p", &again, NULL, &err) < 0)
		fail_msg("%s", err.text);
	assert_memory_equal(&settings, &again, sizeof(settings));
	strbuf_done(&text);
}

static void the_sample_file_changes_nothing(void **state)
{
	struct settings settings, standard;
	struct strbuf text;
	struct err err = ERR_INIT;

	(void)state;
	strbuf_init(&text, 65536);
	settings_print_sample(&text);
	settings_init(&settings);
	settings_init(&standard);
	assert_int_equal(settings_read_text(strbuf_text(&text), text.length, "s",
				 &settings, NULL, &err),
		0);
	assert_memory_equal(&settings, &standard, sizeof(settings));
	/* and with every '#' before a setting taken away it is still a file */
	for (char *at = text.text; (at = strstr(at, "\n#")) != NULL; at++)
		if (at[2] >= 'a' && at[2] <= 'z')
			at[1] = ' ';
	assert_int_equal(settings_read_text(strbuf_text(&text), text.length, "s",
				 &settings, NULL, &err),
		0);
	settings.name = standard.name; /* empty there: what uname says */
	assert_memory_equal(&settings, &standard, sizeof(settings));
	strbuf_done(&text);
}

static void blocks_of_hosts_are_checked(void **state)
{
	static const struct {
		const char *text,
			*wanted; /* wanted: in the message; NULL: it is taken */
	} rows[] = {
		{ "host a { address = \"http://x/\" }", NULL },
		{ "host a { source = ssh address = \"root@x\" interval = 10s }", NULL },
		{ "host a { }", "there is no address" },
		{ "host a { address = \"ftp://x/\" }", "expected http" },
		{ "host a { source = ssh address = \"-oProxyCommand=x\" }",
			"expected [user@]host" },
		{ "host a { source = telnet address = x }",
			"expected exporter, ssh or snmp" },
		{ "host a { source = snmp address = x }", "token_file" },
		{ "host a { source = snmp address = x token_file = y interval = 15s }",
			"at least 30s" },
		{ "host a { source = snmp address = x token_file = y }", NULL },
		{ "host a { address = \"http://x/\" interval = 10s }", "at least 15s" },
		{ "host a { address = \"http://x/\" interval = 17s }", "a part of" },
		{ "host a { address = \"http://x/\" }\nhost b { adress = x }",
			"adress" },
		{ "host a { address = \"http://x/\" }\nhost a { address = \"http://y/\" }",
			"duplicate" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct remote_hosts hosts = { .count = 0 };
		struct settings settings;
		struct err err = ERR_INIT;
		int r;

		settings_init(&settings);
		r = settings_read_text(rows[i].text, strlen(rows[i].text), "f",
			&settings, &hosts, &err);
		if (!rows[i].wanted) {
			assert_int_equal(r, 0);
			assert_int_equal(hosts.count, 1);
			assert_string_equal(hosts.host[0].name, "a");
			remote_hosts_done(&hosts);
			continue;
		}
		assert_int_equal(hosts.count, 0);
		if (r == 0 || !strstr(err.text, rows[i].wanted))
			fail_msg("%s: %d %s", rows[i].text, r, err.text);
	}
}

static void children_read_what_the_sampler_wrote(void **state)
{
	char dir[] = "/tmp/test_settings.XXXXXX", path[64];
	struct settings settings, again;
	struct err err = ERR_INIT;

	(void)state;
	assert_non_null(mkdtemp(dir));
	settings_init(&settings);
	assert_int_equal(
		settings_set(&settings, setting_find("name"), "web 1", &err), 0);
	snprintf(settings.runtime, sizeof(settings.runtime), "%s", dir);
	snprintf(settings.store_id, sizeof(settings.store_id),
		"0123456789abcdef0123456789abcdef");
	assert_int_equal(settings_save(&settings, &err), 0);
	assert_int_equal(settings_load(dir, &again, &err), 0);
	assert_memory_equal(&settings, &again, sizeof(settings));
	snprintf(path, sizeof(path), "%s/settings", dir);
	(void)unlink(path);
	assert_int_equal(settings_load(dir, &again, &err), -ENOENT);
	(void)rmdir(dir);
}

static void settings_that_do_not_fit_together_are_refused(void **state)
{
	struct settings settings;
	struct err err = ERR_INIT;

	(void)state;
	settings_init(&settings);
	assert_int_equal(settings_check(&settings, &err), 0);
	settings.interval.number = 7;
	assert_int_equal(settings_check(&settings, &err), -EINVAL);
	assert_non_null(strstr(err.text, "found 7 s"));
	settings.interval.number = 10;
	settings.data.text[0] = 'x';
	assert_int_equal(settings_check(&settings, &err), -EINVAL);
	settings.data.text[0] = '/';
	settings.fine_step.number = 55;
	assert_int_equal(settings_check(&settings, &err), -EINVAL);
	assert_non_null(strstr(err.text, "keep_"));
}

struct option_case {
	const char *name;
	char *argv[6];
	int expected;
	const char *message;
};

static struct option_case options[] = {
	{ "no options", { (char[]){ "c" } }, 0, NULL },
	{ "an unknown one gets the nearest",
		{ (char[]){ "c" }, (char[]){ "--chek-config" } }, -EINVAL,
		"did you mean --check-config?" },
	{ "a value is missing", { (char[]){ "c" }, (char[]){ "--data" } }, -EINVAL,
		"--data wants a value" },
	{ "a value where there is none", { (char[]){ "c" }, (char[]){ "--help=x" } },
		-EINVAL, "takes no value" },
	{ "ticks that are no number",
		{ (char[]){ "c" }, (char[]){ "--ticks" }, (char[]){ "many" } }, -EINVAL,
		"found \"many\"" },
	{ "a word", { (char[]){ "c" }, (char[]){ "start" } }, -EINVAL,
		"no option \"start\"" },
	{ "both ways to give a value",
		{ (char[]){ "c" }, (char[]){ "--ticks=5" }, (char[]){ "-c" },
			(char[]){ "f" } },
		0, NULL },
};

static void check_option(void **state)
{
	struct option_case *c = *state;
	struct command_line parsed = { .ticks = 99 };
	struct err err = ERR_INIT;
	int argc = 0;

	while (argc < 6 && c->argv[argc])
		argc++;
	assert_int_equal(command_line_parse(argc, c->argv, &parsed, &err), c->expected);
	if (c->message && !strstr(err.text, c->message))
		fail_msg("\"%s\" lacks \"%s\"", err.text, c->message);
	if (c->expected < 0)
		assert_int_equal(parsed.ticks, 99); /* untouched */
}

#define FIXED 6

int main(void)
{
	struct CMUnitTest tests[FIXED + ARRAY_LEN(values) + ARRAY_LEN(files) +
		ARRAY_LEN(options)] = {
		cmocka_unit_test(binary_rubbish_is_refused_with_its_line),
		cmocka_unit_test(what_is_printed_can_be_read),
		cmocka_unit_test(the_sample_file_changes_nothing),
		cmocka_unit_test(blocks_of_hosts_are_checked),
		cmocka_unit_test(children_read_what_the_sampler_wrote),
		cmocka_unit_test(settings_that_do_not_fit_together_are_refused),
	};
	size_t n = FIXED - 1;

	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		tests[n++] = (struct CMUnitTest){ .name = values[i].name,
			.test_func = check_value,
			.initial_state = &values[i] };
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		tests[n++] = (struct CMUnitTest){ .name = files[i].name,
			.test_func = check_file,
			.initial_state = &files[i] };
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		tests[n++] = (struct CMUnitTest){ .name = options[i].name,
			.test_func = check_option,
			.initial_state = &options[i] };
	return _cmocka_run_group_tests("settings", tests, n, NULL, NULL);
}
