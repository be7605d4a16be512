/*
 * A program of ours beside this one: started by path, watched, ended in order.  It is
 * trusted: it may write files and take its time.  Where a stranger's program is read, with
 * a deadline and limits: analyze/import/readers/child.h.
 */
#ifndef COMMON_PROGRAM_RUN_H
#define COMMON_PROGRAM_RUN_H

#include "common/err.h"
#include "common/strbuf.h"

#include <stdbool.h>
#include <sys/types.h>

struct program_child {
	pid_t pid;     /* 0: none, or ended */
	int exit_code; /* when ended; 128 + signal when killed */
};

/*
 * program_start - run argv[0] (a path) with stdin from /dev/null
 *
 * output  a descriptor for its stdout and stderr; stays open here
 *
 * Returns 0, or a negative errno where it cannot be run; then nothing is left to stop.
 */
int program_start(
	struct program_child *child, char *const *argv, int output, struct err *err);
/* Has it ended?  Never waits. */
bool program_has_ended(struct program_child *child);
/* SIGTERM, and SIGKILL when that took over timeout_ms; waits until it is gone. */
void program_stop(struct program_child *child, int timeout_ms);

/*
 * program_read - run it to its end and keep what it wrote to stdout
 *
 * output         of the caller, who frees it; -EFBIG past its ceiling
 * ret_exit_code  128 + signal when it was killed
 *
 * Returns 0 however it ended, or a negative errno where it could not be run.
 */
int program_read(
	char *const *argv, struct strbuf *output, int *ret_exit_code, struct err *err);

#endif
