#include "common/program_run.h"

#include "common/spawn.h"
#include "common/util.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static int start_program(
	pid_t *ret_pid, char *const *argv, int output, int messages, struct err *err)
{
	const struct spawn_fd fd[] = { { SPAWN_DEV_NULL, 0 }, { output, 1 },
		{ messages, 2 } };

	return spawn_program(
		argv[0], argv, fd, ARRAY_LEN(fd), SPAWN_OWN_GROUP, ret_pid, err);
}

int program_start(
	struct program_child *child, char *const *argv, int output, struct err *err)
{
	*child = (struct program_child){ .pid = 0 };
	return start_program(&child->pid, argv, output, output, err);
}

static void note_end(struct program_child *child, int status)
{
	child->pid = 0;
	child->exit_code =
		WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool program_has_ended(struct program_child *child)
{
	int status;

	if (child->pid > 0 && waitpid(child->pid, &status, WNOHANG) == child->pid)
		note_end(child, status);
	return child->pid == 0;
}

void program_stop(struct program_child *child, int timeout_ms)
{
	int status;

	if (child->pid <= 0 || program_has_ended(child))
		return;
	kill(child->pid, SIGTERM);
	for (int waited_ms = 0; waited_ms < timeout_ms; waited_ms += 50) {
		if (program_has_ended(child))
			return;
		poll(NULL, 0, 50);
	}
	kill(child->pid, SIGKILL);
	if (waitpid(child->pid, &status, 0) == child->pid)
		note_end(child, status);
}

int program_read(
	char *const *argv, struct strbuf *output, int *ret_exit_code, struct err *err)
{
	struct program_child child = { .pid = 0 };
	char bytes[4096];
	int pipe_fd[2], quiet, status = 0, r;
	ssize_t count;

	quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (quiet < 0 || pipe2(pipe_fd, O_CLOEXEC) != 0) {
		r = err_errno(err, "pipe");
		if (quiet >= 0)
			close(quiet);
		return r;
	}
	r = start_program(&child.pid, argv, pipe_fd[1], quiet, err);
	close(pipe_fd[1]);
	close(quiet);
	while (r == 0 && (count = read(pipe_fd[0], bytes, sizeof(bytes))) != 0) {
		if (count > 0)
			strbuf_add_bytes(output, bytes, (size_t)count);
		else if (errno != EINTR)
			break;
	}
	close(pipe_fd[0]);
	if (r == 0 && waitpid(child.pid, &status, 0) == child.pid) {
		note_end(&child, status);
		*ret_exit_code = child.exit_code;
	}
	return r == 0 ? strbuf_failed(output) : r;
}
