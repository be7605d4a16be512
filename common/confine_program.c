/* A program of the system that reads foreign bytes: what can be taken from it is taken. */
#include "common/clock.h"
#include "common/confine_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define NO_PROGRAM 127
#define PROGRAM_FILES 16

void confine_hear(struct confined *child)
{
	char text[512];
	ssize_t got = read(child->words_fd, text, sizeof(text));

	for (ssize_t i = 0; i < got && child->said_length < CONFINE_WORDS_MAX; i++) {
		char c = text[i];

		if (c == '\n')
			c = ' ';
		child->said[child->said_length++] =
			(unsigned char)c < ' ' || (unsigned char)c >= 0x7f ? '?' : c;
	}
	child->said[child->said_length] = '\0';
	if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) {
		close(child->words_fd);
		child->words_fd = -1;
	}
}

/* It leads a group of its own: whatever it started goes with it. */
static void end_program(const struct confined *child)
{
	int status;

	kill(-child->pid, SIGKILL);
	kill(child->pid, SIGKILL);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		continue;
}

/* Its last words and its end, until the deadline: its pid, or 0. */
static pid_t await_program(struct confined *child, int *ret_status)
{
	pid_t ended = 0;

	while (ended == 0) {
		int64_t left_ms = child->until_ms - clock_monotonic_ms();
		struct pollfd set = { .fd = child->words_fd, .events = POLLIN };

		ended = waitpid(child->pid, ret_status, WNOHANG);
		if (ended != 0 || left_ms <= 0)
			break;
		if (poll(&set, child->words_fd >= 0, left_ms < 5 ? (int)left_ms : 5) >
			0)
			confine_hear(child);
	}
	/* what is left in the pipe; one that it left behind may hold it open */
	while (ended > 0 && child->words_fd >= 0) {
		struct pollfd set = { .fd = child->words_fd, .events = POLLIN };

		if (poll(&set, 1, 0) <= 0)
			break;
		confine_hear(child);
	}
	return ended;
}

int confine_judge_program(struct confined *child, struct err *err)
{
	int status = 0;
	pid_t ended;

	if (child->failed < 0) {
		end_program(child);
		return child->failed;
	}
	ended = await_program(child, &status);
	if (ended == 0) {
		end_program(child);
		return err_set(err, -ETIMEDOUT, "%s did not end within %d s",
			child->what, child->deadline_ms / 1000);
	}
	while (child->said_length > 0 && child->said[child->said_length - 1] == ' ')
		child->said[--child->said_length] = '\0';
	if (ended > 0 && WIFSIGNALED(status))
		return err_set(err, -ECHILD, "%s crashed (signal %d, %s)", child->what,
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == NO_PROGRAM)
		return err_set(err, -ENOENT, "%s is not installed", child->what);
	if (ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) != 0)
		return err_set(err, -EINVAL, "%s ended with code %d: %s", child->what,
			WEXITSTATUS(status),
			*child->said ? child->said : "it said nothing");
	return 0;
}

static void become_program(const struct confine_options *options, char *const *argv,
	int output, int words) __attribute__((noreturn));
static void become_program(
	const struct confine_options *options, char *const *argv, int output, int words)
{
	const struct rlimit files = { PROGRAM_FILES, PROGRAM_FILES };
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(nothing, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
		dup2(words, STDERR_FILENO) < 0)
		_exit(NO_PROGRAM - 1);
	confine_close_others(options);
	if (setrlimit(RLIMIT_NOFILE, &files) < 0 || confine_limit(options, 0, NULL) < 0)
		_exit(NO_PROGRAM - 1);
	execvp(argv[0], argv);
	_exit(errno == ENOENT ? NO_PROGRAM : NO_PROGRAM - 1);
}

int confine_program(const struct confine_options *options, char *const *argv,
	struct confined **ret_child, struct err *err)
{
	struct confined *child = NULL;
	int output[2], words[2];
	int r = confine_prepare(options, output, words, &child, err);

	if (r < 0)
		return r;
	child->is_program = true;
	child->pid = fork();
	if (child->pid == 0)
		become_program(options, argv, output[1], words[1]);
	if (child->pid < 0)
		r = err_errno(err, "%s: cannot start a child", options->what);
	close(output[1]);
	close(words[1]);
	if (r < 0) {
		confine_forget(child);
		return r;
	}
	setpgid(child->pid, child->pid);
	*ret_child = child;
	return 0;
}
