#include "analyze/import/readers/child.h"

#include "common/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_NO_PROGRAM 127
#define CHILD_WORDS_MAX 200 /* of its messages */
#define CHILD_FILES 16

struct child {
	const char *name;
	pid_t pid; /* 0: it has ended and was waited for */
	int output, words;
	struct child_limits limits;
	int64_t deadline_ms;
	uint64_t done;
	char said[CHILD_WORDS_MAX + 1];
	size_t said_length;
};

static void end_child(struct child *child)
{
	int status;

	if (child->pid == 0)
		return;
	/* it leads a group of its own: whatever it started goes with it */
	kill(-child->pid, SIGKILL);
	kill(child->pid, SIGKILL);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	child->pid = 0;
}

static void child_close(void *data)
{
	struct child *child = data;

	end_child(child);
	if (child->output >= 0)
		close(child->output);
	if (child->words >= 0)
		close(child->words);
	free(child);
}

/* What it says on its standard error, as far as we keep it, without control codes. */
static void hear_words(struct child *child)
{
	char text[512];
	ssize_t got = read(child->words, text, sizeof(text));

	for (ssize_t i = 0; i < got && child->said_length < CHILD_WORDS_MAX; i++) {
		char c = text[i];

		if (c == '\n')
			c = ' ';
		child->said[child->said_length++] =
			(unsigned char)c < ' ' || (unsigned char)c >= 0x7f ? '?' : c;
	}
	child->said[child->said_length] = '\0';
	if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) {
		close(child->words);
		child->words = -1;
	}
}

/* It has closed its output: how did it end? */
static int judge_end(struct child *child, struct err *err)
{
	int64_t left = child->deadline_ms - clock_monotonic_ms();
	int status = 0;
	pid_t ended = 0;

	while (child->words >= 0)
		hear_words(child);
	while ((ended = waitpid(child->pid, &status, WNOHANG)) == 0 && left > 0) {
		poll(NULL, 0, 5);
		left = child->deadline_ms - clock_monotonic_ms();
	}
	if (ended == 0) {
		end_child(child);
		return err_set(err, -ETIMEDOUT, "%s did not end within %d s",
			child->name, child->limits.deadline_s);
	}
	child->pid = 0;
	while (child->said_length > 0 && child->said[child->said_length - 1] == ' ')
		child->said[--child->said_length] = '\0';
	if (ended > 0 && WIFSIGNALED(status))
		return err_set(err, -ECHILD, "%s crashed (signal %d, %s)", child->name,
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == CHILD_NO_PROGRAM)
		return err_set(err, -ENOENT, "%s is not installed", child->name);
	if (ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) != 0)
		return err_set(err, -EINVAL, "%s ended with code %d: %s", child->name,
			WEXITSTATUS(status),
			*child->said ? child->said : "it said nothing");
	return 0;
}

/* Waits for output; hears words meanwhile. */
static int wait_output(struct child *child, struct err *err)
{
	for (;;) {
		int64_t left = child->deadline_ms - clock_monotonic_ms();
		struct pollfd ready[2] = { { child->output, POLLIN, 0 },
			{ child->words, POLLIN, 0 } };
		int count;

		if (left <= 0) {
			end_child(child);
			return err_set(err, -ETIMEDOUT, "%s did not end within %d s",
				child->name, child->limits.deadline_s);
		}
		count = poll(ready, child->words >= 0 ? 2 : 1,
			left > 1000 ? 1000 : (int)left);
		if (count < 0 && errno != EINTR)
			return err_errno(err, "%s", child->name);
		if (count > 0 && child->words >= 0 && ready[1].revents)
			hear_words(child);
		if (count > 0 && ready[0].revents)
			return 0;
	}
}

static int child_read(
	void *data, char *to, size_t size, size_t *ret_got, struct err *err)
{
	struct child *child = data;
	ssize_t got;
	int r = wait_output(child, err);

	if (r < 0)
		return r;
	do
		got = read(child->output, to, size);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_errno(err, "%s: cannot read its output", child->name);
	child->done += (uint64_t)got;
	if (child->done > child->limits.output_bytes) {
		end_child(child);
		return err_set(err, -EFBIG,
			"%s: expected at most %llu MiB of output, found more",
			child->name,
			(unsigned long long)(child->limits.output_bytes >> 20));
	}
	*ret_got = (size_t)got;
	return got == 0 ? judge_end(child, err) : 0;
}

static const struct bytes_origin child_origin = { child_read, child_close };

static void child_set_limit(__rlimit_resource_t what, rlim_t value)
{
	const struct rlimit limit = { value, value };

	setrlimit(what, &limit);
}

/* In the child, before it runs anything. */
static void limit_self(const struct child_limits *limits)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	child_set_limit(RLIMIT_AS, limits->memory_bytes);
	child_set_limit(RLIMIT_CPU, limits->cpu_s);
	child_set_limit(RLIMIT_FSIZE, 0);
	child_set_limit(RLIMIT_CORE, 0);
	child_set_limit(RLIMIT_NOFILE, CHILD_FILES);
}

static void run_program(char *const *argv, const struct child_limits *limits)
	__attribute__((noreturn));
static void run_program(char *const *argv, const struct child_limits *limits)
{
	signal(SIGPIPE, SIG_DFL);
	limit_self(limits);
	execvp(argv[0], argv);
	_exit(errno == ENOENT ? CHILD_NO_PROGRAM : 126);
}

static int open_pipes(int out[2], int words[2], struct err *err)
{
	if (pipe2(out, O_CLOEXEC) < 0)
		return err_errno(err, "cannot make a pipe");
	if (pipe2(words, O_CLOEXEC) < 0) {
		int r = err_errno(err, "cannot make a pipe");

		close(out[0]);
		close(out[1]);
		return r;
	}
	return 0;
}

int child_run(const char *name, char *const *argv, const struct child_limits *limits,
	struct bytes **ret_bytes, struct err *err)
{
	struct child *child = calloc(1, sizeof(*child));
	int out[2], words[2], r;

	if (!child)
		return err_oom(err);
	r = open_pipes(out, words, err);
	if (r < 0) {
		free(child);
		return r;
	}
	*child = (struct child){ .name = name,
		.output = out[0],
		.words = words[0],
		.limits = *limits,
		.deadline_ms =
			clock_monotonic_ms() + (int64_t)limits->deadline_s * 1000 };
	fflush(NULL);
	child->pid = fork();
	if (child->pid == 0) {
		int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

		dup2(nothing, STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		dup2(words[1], STDERR_FILENO);
		run_program(argv, limits);
	}
	close(out[1]);
	close(words[1]);
	if (child->pid < 0) {
		r = err_errno(err, "%s: cannot start a child", name);
		child->pid = 0;
		child_close(child);
		return r;
	}
	setpgid(child->pid, child->pid);
	return bytes_of(name, &child_origin, child, ret_bytes, err);
}
