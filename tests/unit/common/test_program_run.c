#include "common/program_run.h"
#include "tests/support.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define SHELL "/bin/sh"

static char shell[] = SHELL, option[] = "-c";

static void what_it_wrote_and_how_it_ended(void **state)
{
	static const struct {
		const char *script;
		size_t ceiling;
		int result, exit_code;
		const char *text;
	} cases[] = {
		{ "echo hello; echo aside >&2", 100, 0, 0, "hello\n" },
		{ "echo half; exit 3", 100, 0, 3, "half\n" },
		{ "kill -9 $$", 100, 0, 128 + SIGKILL, "" },
		{ "read line || echo nothing", 100, 0, 0, "nothing\n" },
		{ "echo more than fits", 4, -EFBIG, 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char script[64];
		char *argv[] = { shell, option, script, NULL };
		struct strbuf output;
		struct err err = ERR_INIT;
		int code = -1;

		(void)snprintf(script, sizeof(script), "%s", cases[i].script);
		strbuf_init(&output, cases[i].ceiling);
		assert_int_equal(
			program_read(argv, &output, &code, &err), cases[i].result);
		assert_int_equal(code, cases[i].exit_code);
		if (cases[i].text)
			assert_string_equal(strbuf_text(&output), cases[i].text);
		strbuf_done(&output);
	}
}

static void one_that_is_not_there_is_named(void **state)
{
	char path[] = "/nonexistent/program";
	char *argv[] = { path, NULL };
	struct program_child child;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(program_start(&child, argv, STDERR_FILENO, &err), -ENOENT);
	assert_non_null(strstr(err.text, path));
	assert_true(program_has_ended(&child));
}

static void one_that_runs_is_ended(void **state)
{
	char wait[] = "exec sleep 60", deaf[] = "trap '' TERM; exec sleep 60";
	char *const scripts[] = { wait, deaf };
	static const int codes[] = { 128 + SIGTERM, 128 + SIGKILL };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
		char *argv[] = { shell, option, scripts[i], NULL };
		struct program_child child;
		struct err err = ERR_INIT;

		assert_int_equal(program_start(&child, argv, STDERR_FILENO, &err), 0);
		assert_false(program_has_ended(&child));
		(void)usleep(100000); /* until it has set its trap */
		program_stop(&child, 200);
		assert_true(program_has_ended(&child));
		assert_int_equal(child.exit_code, codes[i]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_wrote_and_how_it_ended),
		cmocka_unit_test(one_that_is_not_there_is_named),
		cmocka_unit_test(one_that_runs_is_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
