#include "collectord/inventory/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMAND_NOT_FOUND = 127 };

static int64_t now_ms(void)
{
	struct timespec now = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void command_become(const char *const *argv, int output)
{
	/* execvp takes them as they were: it changes neither the list nor the words */
	union {
		const char *const *words;
		char *const *argv;
	} arguments = { .words = argv };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(null, 2) < 0)
		_exit(COMMAND_NOT_FOUND);
	(void)setenv("LC_ALL", "C", 1);
	(void)setenv("SYSTEMD_PAGER", "", 1);
	(void)execvp(argv[0], arguments.argv);
	_exit(COMMAND_NOT_FOUND);
}

/* Until the other end is closed; negative when it must be killed. */
static int read_until(int fd, int64_t deadline, struct strbuf *output)
{
	char piece[8192];

	for (;;) {
		struct pollfd poller = { .fd = fd, .events = POLLIN };
		int64_t left = deadline - now_ms();
		ssize_t count;

		if (left <= 0 || poll(&poller, 1, (int)left) == 0)
			return -ETIME;
		count = read(fd, piece, sizeof(piece));
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return count < 0 ? -errno : 0;
		strbuf_add_bytes(output, piece, (size_t)count);
		if (strbuf_failed(output))
			return strbuf_failed(output);
	}
}

int command_read(const char *const *argv, int deadline_ms, struct strbuf *output)
{
	int64_t deadline = now_ms() + deadline_ms;
	int pipes[2], status = 0, r;
	pid_t child;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	child = fork();
	if (child == 0)
		command_become(argv, pipes[1]);
	r = child < 0 ? -errno : 0;
	close(pipes[1]);
	if (r == 0) {
		r = read_until(pipes[0], deadline, output);
		if (r < 0)
			(void)kill(child, SIGKILL);
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(pipes[0]);
	if (r < 0)
		return r;
	if (WIFEXITED(status) && WEXITSTATUS(status) == COMMAND_NOT_FOUND)
		return -ENOENT;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}
