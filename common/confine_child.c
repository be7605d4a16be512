#include "common/confine.h"

#include "common/clock.h"
#include "common/confine_inside.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* How the child ended, from the child. */
struct ending {
	int code;
	char text[512]; /* as struct err */
};

/* ---- in the child ------------------------------------------------------------------ */

int confine_write(int answer_fd, const void *bytes, size_t size)
{
	return io_write_full(answer_fd, bytes, size);
}

/* Nothing that the child prints reaches a terminal; a sanitizer's report does. */
static void silence(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return;
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(null, STDOUT_FILENO);
#ifndef __SANITIZE_ADDRESS__
	(void)dup2(null, STDERR_FILENO);
#endif
	if (null > STDERR_FILENO)
		close(null);
}

/* Never returns; nothing of the parent's is flushed or freed. */
static void child_run(const struct confine_options *given, confine_work *work,
	void *context, int answer_fd, int ending_fd)
{
	struct confine_options options = *given;
	struct ending ending = { .code = 0, .text = "" };
	struct err err = ERR_INIT;

	signal(SIGPIPE, SIG_IGN);
	silence();
	options.keep_fd[options.keep_count++] = answer_fd;
	options.keep_fd[options.keep_count++] = ending_fd;
	ending.code = confine_self(&options, &err);
	if (ending.code == 0)
		ending.code = work(context, answer_fd, &err);
	snprintf(ending.text, sizeof(ending.text), "%s", err.text);
	(void)io_write_full(ending_fd, &ending, sizeof(ending));
	_exit(0);
}

/* ---- in the parent ------------------------------------------------------------------- */

void confine_forget(struct confined *child)
{
	if (!child)
		return;
	if (child->answer_fd >= 0)
		close(child->answer_fd);
	if (child->words_fd >= 0)
		close(child->words_fd);
	free(child);
}

int confine_prepare(const struct confine_options *options, int answer_pipe[2],
	int words_pipe[2], struct confined **ret_child, struct err *err)
{
	struct confined *child = calloc(1, sizeof(*child));
	int r;

	if (!child)
		return err_oom(err);
	if (pipe2(answer_pipe, O_CLOEXEC) < 0) {
		r = err_errno(err, "pipe");
		free(child);
		return r;
	}
	if (pipe2(words_pipe, O_CLOEXEC) < 0) {
		r = err_errno(err, "pipe");
		close(answer_pipe[0]);
		close(answer_pipe[1]);
		free(child);
		return r;
	}
	child->owner = getpid();
	child->answer_fd = answer_pipe[0];
	child->words_fd = words_pipe[0];
	child->deadline_ms = confine_deadline_ms(options);
	child->until_ms = clock_monotonic_ms() + child->deadline_ms;
	child->answer_bytes = child->left_bytes =
		options->answer_bytes ? options->answer_bytes : CONFINE_ANSWER_BYTES;
	snprintf(child->what, sizeof(child->what), "%s", options->what);
	*ret_child = child;
	return 0;
}

int confine_start(const struct confine_options *options, confine_work *work,
	void *context, struct confined **ret_child, struct err *err)
{
	int answer[2], words[2];
	struct confined *child = NULL;
	int r;

	if (options->keep_count > CONFINE_KEEP_MAX - 2)
		return err_set(
			err, -EINVAL, "too many descriptors for a confined child");
	r = confine_prepare(options, answer, words, &child, err);
	if (r < 0)
		return r;
	child->pid = fork();
	if (child->pid == 0)
		child_run(options, work, context, answer[1], words[1]);
	r = child->pid < 0
		? err_errno(err, "cannot start a process to read %s", options->what)
		: 0;
	close(answer[1]);
	close(words[1]);
	if (r < 0)
		confine_forget(child);
	else
		*ret_child = child;
	return r;
}

int confine_fd(const struct confined *child)
{
	return child->answer_fd;
}

static int refuse_late(struct confined *child, struct err *err)
{
	if (child->is_program)
		return err_set(err, -ETIMEDOUT, "%s did not end within %d s",
			child->what, child->deadline_ms / 1000);
	return err_set(err, -ETIMEDOUT, "%s: reading it takes too long", child->what);
}

/* 1 when there is something to read, or the end; -ETIMEDOUT. */
static int confine_wait(struct confined *child, int fd, struct err *err)
{
	for (;;) {
		struct pollfd set[2] = { { .fd = fd, .events = POLLIN },
			{ .fd = child->words_fd, .events = POLLIN } };
		int64_t left_ms = child->until_ms - clock_monotonic_ms();
		/* a program whose messages nobody takes would stand still */
		bool hears = child->is_program && child->words_fd >= 0;
		int r = left_ms > 0 ? poll(set, hears ? 2 : 1, (int)left_ms) : 0;

		if (r < 0 && errno != EINTR)
			return err_errno(err, "%s", child->what);
		if (r == 0)
			return refuse_late(child, err);
		if (r > 0 && hears && set[1].revents)
			confine_hear(child);
		if (r > 0 && set[0].revents)
			return 1;
	}
}

static int refuse_much(struct confined *child, struct err *err)
{
	if (child->is_program)
		return err_set(err, -EFBIG,
			"%s: expected at most %llu MiB of output, found more",
			child->what, (unsigned long long)(child->answer_bytes >> 20));
	return err_set(err, -EFBIG, "%s: more comes out of it than is believable",
		child->what);
}

ssize_t confine_read(struct confined *child, void *buffer, size_t size, struct err *err)
{
	ssize_t got;
	int r = confine_wait(child, child->answer_fd, err);

	if (r < 0) {
		child->failed = r;
		return r;
	}
	do {
		got = read(child->answer_fd, buffer, size);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		got = err_errno(err, "%s", child->what);
	else if ((uint64_t)got > child->left_bytes)
		got = refuse_much(child, err);
	else
		child->left_bytes -= (uint64_t)got;
	if (got < 0 && child->failed == 0)
		child->failed = (int)got;
	return got;
}

/* The child is gone: what it said last, else what killed it. */
static int read_ending(struct confined *child, const struct ending *ending, int status,
	struct err *err)
{
	if (ending) {
		if (ending->code == 0)
			return 0;
		return err_set(err, ending->code < 0 ? ending->code : -EBADMSG, "%.*s",
			(int)sizeof(ending->text) - 1, ending->text);
	}
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
		return err_set(err, -EBADMSG,
			"%s: reading it takes more processor time than is believable",
			child->what);
	if (WIFSIGNALED(status))
		return err_set(err, -EBADMSG,
			"%s: it is not what it says it is (reading it ended with signal "
			"%d)",
			child->what, WTERMSIG(status));
	return err_set(
		err, -EBADMSG, "%s: reading it ended without a result", child->what);
}

/* The work's last words, where it came so far. */
static int finish_work(struct confined *child, struct err *err)
{
	struct ending ending;
	bool has_ending = false;
	int status = 0, r = child->failed;

	if (r == 0)
		r = confine_wait(child, child->words_fd, err);
	if (r > 0)
		has_ending = io_read_full(child->words_fd, &ending, sizeof(ending)) ==
			(ssize_t)sizeof(ending);
	else
		(void)kill(child->pid, SIGKILL);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	return r < 0 ? r : read_ending(child, has_ending ? &ending : NULL, status, err);
}

int confine_finish(struct confined *child, struct err *err)
{
	int r = 0;

	if (!child)
		return 0;
	if (child->owner != getpid()) {
		confine_forget(child);
		return 0;
	}
	if (child->is_program) {
		r = confine_judge_program(child, err);
	} else {
		close(child->answer_fd); /* what nobody reads need not be told */
		child->answer_fd = -1;
		r = finish_work(child, err);
	}
	confine_forget(child);
	return r;
}

void confine_abort(struct confined *child)
{
	if (!child)
		return;
	child->failed = -ECANCELED;
	(void)confine_finish(child, NULL);
}
