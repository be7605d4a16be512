#include "common/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static int set_attributes(posix_spawnattr_t *attributes, unsigned flags)
{
	short said = POSIX_SPAWN_SETSIGMASK;
	sigset_t none, normal;
	int code;

	sigemptyset(&none);
	code = posix_spawnattr_setsigmask(attributes, &none);
	if (code == 0 && flags & SPAWN_OWN_GROUP) {
		said |= POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP;
		sigemptyset(&normal);
		sigaddset(&normal, SIGINT);
		sigaddset(&normal, SIGTERM);
		code = posix_spawnattr_setsigdefault(attributes, &normal);
		if (code == 0)
			code = posix_spawnattr_setpgroup(attributes, 0);
	}
	return code ? code : posix_spawnattr_setflags(attributes, said);
}

static int add_descriptors(
	posix_spawn_file_actions_t *actions, const struct spawn_fd *fd, size_t count)
{
	int code = 0;

	for (size_t i = 0; i < count && code == 0; i++)
		code = fd[i].ours == SPAWN_DEV_NULL
			? posix_spawn_file_actions_addopen(
				  actions, fd[i].its, "/dev/null", O_RDWR, 0)
			: posix_spawn_file_actions_adddup2(
				  actions, fd[i].ours, fd[i].its);
	return code;
}

int spawn_program(const char *program, char *const *argv, const struct spawn_fd *fd,
	size_t fd_count, unsigned flags, pid_t *ret_pid, struct err *err)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	pid_t pid = 0;
	int code;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return err_oom(err);
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return err_oom(err);
	}
	code = set_attributes(&attributes, flags);
	if (code == 0)
		code = add_descriptors(&actions, fd, fd_count);
	if (code == 0)
		code = (flags & SPAWN_BY_NAME ? posix_spawnp : posix_spawn)(
			&pid, program, &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	if (code != 0)
		return err_set(
			err, -code, "%s: cannot be run: %s", program, strerror(code));
	*ret_pid = pid;
	return 0;
}

/* ---- pipes ------------------------------------------------------------------------------ */

static void close_ends(const int end[static 3])
{
	for (int i = 0; i < 3; i++)
		if (end[i] >= 0)
			close(end[i]);
}

/* For its descriptors 0, 1 and 2: it reads from the first and writes to the others. */
static int make_pipes(
	unsigned flags, int ours[static 3], int its[static 3], struct err *err)
{
	const int count = flags & SPAWN_WORDS ? 3 : 2;
	int both[2];

	for (int i = 0; i < count; i++) {
		if (pipe2(both, O_CLOEXEC) < 0)
			return err_errno(err, "pipe");
		ours[i] = i == STDIN_FILENO ? both[1] : both[0];
		its[i] = i == STDIN_FILENO ? both[0] : both[1];
	}
	return 0;
}

int spawn_with_pipes(const char *program, char *const *argv, unsigned flags,
	struct spawn_pipes *ret_pipes, struct err *err)
{
	int ours[3] = { -1, -1, -1 }, its[3] = { -1, -1, -1 };
	pid_t pid = 0;
	int r = make_pipes(flags, ours, its, err);

	if (r == 0) {
		const struct spawn_fd fd[3] = { { its[0], STDIN_FILENO },
			{ its[1], STDOUT_FILENO }, { its[2], STDERR_FILENO } };
		const size_t count = flags & (SPAWN_WORDS | SPAWN_MUTE) ? 3 : 2;

		r = spawn_program(program, argv, fd, count, flags, &pid, err);
	}
	close_ends(its);
	if (r < 0) {
		close_ends(ours);
		return r;
	}
	*ret_pipes = (struct spawn_pipes){
		.pid = pid, .to_fd = ours[0], .from_fd = ours[1], .words_fd = ours[2]
	};
	return 0;
}
