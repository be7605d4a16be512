/* The command line: what is understood, and what is said about the rest. */
#include "tests/support.h"

#include "analyze/console/options.h"

#include <errno.h>
#include <string.h>

#define WORDS_MAX 12
#define NOW 1800000000

static const struct option_spec own[] = {
	{ "detail", NULL, "a switch" },
	{ "limit", "N", "-l N: a number" },
	{ "wide", NULL, "-w: a switch" },
	{ NULL, NULL, NULL },
};

static int never(struct context *context, struct err *err)
{
	(void)context;
	(void)err;
	return 0;
}

static const struct verb verbs[] = {
	{ "peaks", "[WORKLOAD...]", "peaks", "analyze peaks", CAN_ALL, false, own,
		never },
	{ "status", "", "status", "analyze status", CAN_TEXT | CAN_JSON, false, NULL,
		never },
};

struct option_case {
	const char *name;
	const char *words[WORDS_MAX];
	const char *error; /* NULL: it is understood */
};

static struct option_case cases[] = {
	{ "a verb alone", { "peaks" }, NULL },
	{ "common options before the verb", { "--data", "/x", "peaks", "a" }, NULL },
	{ "a value behind =", { "peaks", "--data=/x", "--limit=4" }, NULL },
	{ "everything behind -- is an argument", { "peaks", "--", "--json" }, NULL },
	{ "an unknown verb names the nearest", { "peeks" },
		"unknown verb \"peeks\", did you mean \"peaks\"?" },
	{ "an unknown verb far from all", { "xyzzy" },
		"unknown verb \"xyzzy\"; `analyze help` lists them" },
	{ "an unknown option names the nearest", { "peaks", "--jsn" },
		"unknown option --jsn, did you mean --json?" },
	{ "an own option of another verb is unknown", { "status", "--limit=1" },
		"unknown option --limit; `analyze status --help` lists them" },
	{ "a value that is missing", { "peaks", "--data" },
		"--data needs a value: --data DIR" },
	{ "a switch with a value", { "peaks", "--json=1" }, "--json takes no value" },
	{ "a format that does not exist", { "peaks", "--format", "xml" },
		"--format: \"xml\" is none of text, json, csv and kv" },
	{ "a format the verb does not print", { "status", "--format", "csv" },
		"--format csv: `status` prints text, json" },
	{ "a time that is none", { "peaks", "--since", "yesterday" },
		"--since: \"yesterday\" is not a time: expected an age like 4w, 3d or 12h, "
		"+2h for what comes, a time like 2026-11-21T08:30, or now" },
	{ "a period upside down", { "peaks", "--since", "1d", "--until", "2d" },
		"--since is not before --until" },
	{ "a day that does not exist", { "peaks", "--as-of", "2026-02-30" },
		"--as-of: \"2026-02-30\" is not a day, expected YYYY-MM-DD" },
	{ "a colour that is none", { "peaks", "--color=red" },
		"--color: \"red\" is none of always, never and auto" },
	{ "letters of the verb's own options", { "peaks", "-wql", "4" }, NULL },
	{ "a value behind its letter", { "peaks", "-l4", "-o", "/x" }, NULL },
	{ "a letter whose value is missing", { "peaks", "-wl" },
		"-l needs a value: -l N" },
	{ "a letter of another verb", { "status", "-w" },
		"unknown option -w; short ones are -o FILE, -q and -h" },
	{ "an unknown short option", { "peaks", "-x" },
		"unknown option -x; short ones are -o FILE, -q and -h" },
};

static int parse(const char *const *words, struct context *context,
	enum options_want *want, struct err *err)
{
	static char *arguments[WORDS_MAX + 2];
	static char text[WORDS_MAX][64];
	char *argv[WORDS_MAX + 2] = { text[0] };
	int argc = 1;

	for (size_t i = 0; i < WORDS_MAX && words[i]; i++) {
		snprintf(text[i], sizeof(text[i]), "%s", words[i]);
		argv[argc++] = text[i];
	}
	*context = (struct context){ .now = NOW, .data_dir = "/default" };
	return options_parse(
		context, verbs, ARRAY_LEN(verbs), argc, argv, arguments, want, err);
}

static void check_case(void **state)
{
	struct option_case *c = *state;
	struct err err = ERR_INIT;
	struct context context;
	enum options_want want;
	int r = parse(c->words, &context, &want, &err);

	assert_int_equal(r, c->error ? -EINVAL : 0);
	if (c->error)
		assert_string_equal(err.text, c->error);
}

static void values_arrive(void **unused)
{
	static const char *const words[WORDS_MAX] = { "-q", "peaks", "--since", "4w",
		"a", "--limit", "3", "--limit=7", "--detail", "-oout.txt", "b" };
	struct err err = ERR_INIT;
	struct context context;
	enum options_want want;
	double limit = 0;

	(void)unused;
	assert_int_equal(parse(words, &context, &want, &err), 0);
	assert_int_equal(want, OPTIONS_RUN);
	assert_true(context.is_quiet && context.has_since && !context.has_until);
	assert_int_equal(context.since, NOW - 4 * 604800);
	assert_int_equal(context.argument_count, 2);
	assert_string_equal(context.arguments[1], "b");
	assert_string_equal(context.output_path, "out.txt");
	assert_string_equal(context_option(&context, "limit"), "7");
	assert_non_null(context_option(&context, "detail"));
	assert_int_equal(context_number(&context, "limit", 1, 10, &limit, &err), 0);
	assert_near(limit, 7, 0);
	assert_int_equal(
		context_number(&context, "limit", 1, 5, &limit, &err), -EINVAL);
	assert_string_equal(err.text, "--limit: 7 is not between 1 and 5");
}

static void help_is_wanted_without_a_verb(void **unused)
{
	static const char *const none[WORDS_MAX] = { NULL };
	static const char *const verb[WORDS_MAX] = { "status", "-h" };
	struct err err = ERR_INIT;
	struct context context;
	enum options_want want;

	(void)unused;
	assert_int_equal(parse(none, &context, &want, &err), 0);
	assert_int_equal(want, OPTIONS_HELP);
	assert_null(context.verb);
	assert_int_equal(parse(verb, &context, &want, &err), 0);
	assert_int_equal(want, OPTIONS_HELP);
	assert_string_equal(context.verb->name, "status");
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(cases) + 2];
	size_t n = 0;

	for (; n < ARRAY_LEN(cases); n++)
		tests[n] = (struct CMUnitTest){ .name = cases[n].name,
			.test_func = check_case,
			.initial_state = &cases[n] };
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(values_arrive);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(help_is_wanted_without_a_verb);
	return _cmocka_run_group_tests("options", tests, n, NULL, NULL);
}
