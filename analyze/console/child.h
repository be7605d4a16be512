/* A program of ours beside this one: started by path, watched, ended in order. */
#ifndef ANALYZE_CONSOLE_CHILD_H
#define ANALYZE_CONSOLE_CHILD_H

#include "common/err.h"
#include "common/strbuf.h"

#include <stdbool.h>
#include <sys/types.h>

struct child {
	pid_t pid;     /* 0: none, or ended */
	int exit_code; /* when ended; 128 + signal when killed */
};

/*
 * child_start - run argv[0] (a path) with stdin from /dev/null
 *
 * output  a descriptor for its stdout and stderr; stays open here
 */
int child_start(struct child *child, char *const *argv, int output, struct err *err);
/* Has it ended?  Never waits. */
bool child_has_ended(struct child *child);
/* SIGTERM, and SIGKILL when that took over timeout_ms; waits until it is gone. */
void child_stop(struct child *child, int timeout_ms);

/* Run it to its end and keep what it wrote to stdout, up to the ceiling of output. */
int child_read(
	char *const *argv, struct strbuf *output, int *ret_exit_code, struct err *err);

#endif
