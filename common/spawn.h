/*
 * A program started as a child: with the descriptors that it is given and none of ours
 * beside them (all of ours are close-on-exec), and with no signal blocked.
 *
 * An int is 0 or a negative errno with the text set; then nothing was started and no
 * descriptor is left open.
 */
#ifndef COMMON_SPAWN_H
#define COMMON_SPAWN_H

#include "common/err.h"

#include <stddef.h>
#include <sys/types.h>

#define SPAWN_DEV_NULL (-1)

struct spawn_fd {
	int ours; /* stays open here; SPAWN_DEV_NULL */
	int its;  /* its number there, never that of ours */
};

enum spawn_flag {
	SPAWN_BY_NAME = 1 << 0, /* program is looked for in $PATH */
	/* the terminal's ^C reaches us alone, who end it in order; SIGINT and SIGTERM do to
	 * it what they do to any program */
	SPAWN_OWN_GROUP = 1 << 1,
	SPAWN_MUTE = 1 << 2,  /* with pipes: its stderr is /dev/null */
	SPAWN_WORDS = 1 << 3, /* with pipes: its stderr is a pipe as well */
};

/* Where its path or its name leads nowhere, that is the error, of here and not of a child.
 * argv ends with NULL; the environment is ours. */
int spawn_program(const char *program, char *const *argv, const struct spawn_fd *fd,
	size_t fd_count, unsigned flags, pid_t *ret_pid, struct err *err);

/* Our ends, which the caller closes. */
struct spawn_pipes {
	pid_t pid;
	int to_fd;    /* its stdin */
	int from_fd;  /* its stdout */
	int words_fd; /* its stderr with SPAWN_WORDS; else -1 */
};

int spawn_with_pipes(const char *program, char *const *argv, unsigned flags,
	struct spawn_pipes *ret_pipes, struct err *err);

#endif
