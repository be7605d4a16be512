#include "common/spawn.h"
#include "tests/support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char shell[] = "sh", option[] = "-c";

/* All that comes until its end, with a NUL behind it. */
static void read_all(int fd, char *text, size_t size)
{
	size_t length = 0;
	ssize_t got;

	while ((got = read(fd, text + length, size - 1 - length)) > 0)
		length += (size_t)got;
	assert_int_equal(got, 0);
	text[length] = '\0';
	close(fd);
}

static size_t open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* What the shell of the tests has left open is none of ours. */
static void keep_inherited(void)
{
	for (int fd = STDERR_FILENO + 1; fd < 1024; fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void what_goes_in_and_comes_out(void **state)
{
	static const struct {
		const char *script;
		unsigned flags;
		const char *out, *words;
	} cases[] = {
		{ "read x; echo got $x", 0, "got this\n", NULL },
		{ "echo aside >&2; echo said", SPAWN_MUTE, "said\n", NULL },
		{ "echo aside >&2; echo said", SPAWN_WORDS, "said\n", "aside\n" },
		/* none of ours: its own three, and the one by which ls reads the folder */
		{ "exec ls /proc/self/fd", 0, "0\n1\n2\n3\n", NULL },
		{ "grep SigBlk /proc/self/status", 0, "SigBlk:\t0000000000000000\n",
			NULL },
	};
	const size_t before = open_descriptors();
	sigset_t blocked;

	(void)state;
	keep_inherited();
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct spawn_pipes pipes;
		struct err err = ERR_INIT;
		char script[64], text[256];
		char *argv[] = { shell, option, script, NULL };
		int status;

		(void)snprintf(script, sizeof(script), "%s", cases[i].script);
		assert_int_equal(
			spawn_with_pipes("/bin/sh", argv, cases[i].flags, &pipes, &err),
			0);
		/* who does not read may be gone already */
		if (i == 0)
			assert_int_equal(write(pipes.to_fd, "this\n", 5), 5);
		close(pipes.to_fd);
		read_all(pipes.from_fd, text, sizeof(text));
		assert_string_equal(text, cases[i].out);
		assert_int_equal(pipes.words_fd >= 0, cases[i].words != NULL);
		if (cases[i].words) {
			read_all(pipes.words_fd, text, sizeof(text));
			assert_string_equal(text, cases[i].words);
		}
		assert_int_equal(waitpid(pipes.pid, &status, 0), pipes.pid);
		assert_int_equal(status, 0);
	}
	sigprocmask(SIG_UNBLOCK, &blocked, NULL);
	assert_int_equal(open_descriptors(), before);
}

static void a_program_that_is_not_there(void **state)
{
	static const struct {
		const char *program;
		unsigned flags;
		int result;
		const char *text;
	} cases[] = {
		{ "/nonexistent/sh", 0, -ENOENT,
			"/nonexistent/sh: cannot be run: No such file or directory" },
		{ "headroom-none", SPAWN_BY_NAME, -ENOENT,
			"headroom-none: cannot be run: No such file or directory" },
		{ "sh", 0, -ENOENT, "sh: cannot be run: No such file or directory" },
		{ "/etc/passwd", 0, -EACCES,
			"/etc/passwd: cannot be run: Permission denied" },
		{ "sh", SPAWN_BY_NAME, 0, "" },
	};
	const size_t before = open_descriptors();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char script[] = "exit 0";
		char *argv[] = { shell, option, script, NULL };
		struct spawn_pipes pipes = { .pid = -1 };
		struct err err = ERR_INIT;

		assert_int_equal(spawn_with_pipes(cases[i].program, argv,
					 cases[i].flags | SPAWN_WORDS, &pipes, &err),
			cases[i].result);
		assert_string_equal(err.text, cases[i].text);
		if (cases[i].result < 0) {
			assert_int_equal(pipes.pid, -1);
			continue;
		}
		close(pipes.to_fd);
		close(pipes.from_fd);
		close(pipes.words_fd);
		assert_int_equal(waitpid(pipes.pid, NULL, 0), pipes.pid);
	}
	assert_int_equal(open_descriptors(), before);
}

/* The group that it is in, and whether SIGTERM ends it though we ignore it. */
static void a_group_of_its_own(void **state)
{
	static const struct {
		unsigned flags;
		bool is_own, is_ended;
	} cases[] = { { 0, false, false }, { SPAWN_OWN_GROUP, true, true } };

	(void)state;
	signal(SIGTERM, SIG_IGN);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct spawn_fd fd = { SPAWN_DEV_NULL, STDIN_FILENO };
		char script[] = "kill -TERM $$; exit 7";
		char *argv[] = { shell, option, script, NULL };
		struct err err = ERR_INIT;
		siginfo_t info;
		pid_t pid = 0;
		int status;

		assert_int_equal(spawn_program("sh", argv, &fd, 1,
					 cases[i].flags | SPAWN_BY_NAME, &pid, &err),
			0);
		/* ended, and still there to be asked */
		assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
		assert_int_equal(getpgid(pid) == pid, cases[i].is_own);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(WIFSIGNALED(status), cases[i].is_ended);
		if (!cases[i].is_ended)
			assert_int_equal(WEXITSTATUS(status), 7);
	}
	signal(SIGTERM, SIG_DFL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_and_comes_out),
		cmocka_unit_test(a_program_that_is_not_there),
		cmocka_unit_test(a_group_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
