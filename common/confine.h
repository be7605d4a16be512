/*
 * A child that reads foreign bytes (DESIGN section 9): it has the descriptors that it is
 * given and a pipe to its parent, and nothing else.
 *
 * No file can be opened, no socket made, no process started or signalled (seccomp: every
 * other system call is refused with EPERM); memory, processor time and the size of the
 * answer have limits; the parent's deadline kills it.  Whatever the bytes do to the code
 * that reads them, the parent gets data that it checks, or an error.
 *
 *	struct confine_options options = { .what = path, .keep_fd = { fd }, .keep_count = 1,
 *		.memory_bytes = 64 << 20, .deadline_ms = 60000, .answer_bytes = 1 << 30 };
 *	r = confine_start(&options, read_foreign, &context, &child, err);
 *	while (r == 0 && (got = confine_read(child, buffer, size, err)) > 0)
 *		... check and use the bytes ...
 *	r = confine_finish(child, err);         also after an error: it ends the child
 *
 * Work that has to find its files by name, as SQLite does, is given one folder (beneath):
 * it can list it and read what is below it, and change nothing (Landlock, else a root
 * folder of its own).
 *
 * The work runs after fork() in a copy of the parent's memory: it may use what its
 * context points to, allocate, and read the kept descriptors.  It must not need a file
 * that is opened late (a locale, a time zone, a shared object).
 */
#ifndef COMMON_CONFINE_H
#define COMMON_CONFINE_H

#include "common/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CONFINE_KEEP_MAX 8

struct confine_options {
	const char *what;              /* for messages: the file that is read */
	int keep_fd[CONFINE_KEEP_MAX]; /* descriptors the work may use */
	size_t keep_count;
	const char
		*beneath; /* NULL: no file by name; else the work's folder, "." to it */
	uint64_t memory_bytes; /* on top of what the process has now; 0: 256 MiB */
	uint64_t answer_bytes; /* more is an error; 0: 4 GiB */
	int deadline_ms;       /* for all of it, from the start; 0: 10 minutes */
};

struct confined; /* opaque: a child at work */

/*
 * What the child does: bytes for the parent go to answer_fd (confine_write).  Returns 0,
 * or a negative errno with the text set: both travel to the parent's confine_finish.
 */
typedef int confine_work(void *context, int answer_fd, struct err *err);

/*
 * confine_start - fork, confine, run the work
 *
 * Returns 0; -ENOTSUP where this kernel cannot confine (then nothing was read), or another
 * negative errno.  *ret_child is the caller's until confine_finish.
 */
int confine_start(const struct confine_options *options, confine_work *work,
	void *context, struct confined **ret_child, struct err *err);

/* Bytes of the answer, as read(2): 0 at its end; -ETIMEDOUT, -EFBIG. */
ssize_t confine_read(
	struct confined *child, void *buffer, size_t size, struct err *err);

/*
 * confine_finish - how it ended; ends it where it has not
 *
 * Returns 0 when the work returned 0; what the work returned, with its text; -EBADMSG
 * when the bytes made it crash or run out of processor time; -ENOMEM when it wanted more
 * memory than it may have; -ETIMEDOUT.  Frees the child; NULL is a no-op.
 */
int confine_finish(struct confined *child, struct err *err);

/* For one whose answer is not wanted any more: it is killed.  NULL is a no-op. */
void confine_abort(struct confined *child);

/* Where the answer comes from, for another child's keep_fd: a child of the process that
 * started this one may read it by confine_read; how it ended is the starter's to ask. */
int confine_fd(const struct confined *child);

/*
 * confine_program - the same for a program of the system, whose output is the answer
 *
 * argv  as of execvp; it has no standard input and the kept descriptors
 *
 * It must open files and libraries to run, so no system call is refused.  It cannot write
 * a file, dump, gain rights, pass memory_bytes (of its whole address space), the deadline
 * or answer_bytes.  confine_finish returns -ECHILD where a signal ended it, -EINVAL for
 * another code than 0 (with what it said), -ENOENT where there is no such program; it
 * frees the child too.
 */
int confine_program(const struct confine_options *options, char *const *argv,
	struct confined **ret_child, struct err *err);

/* In the work: all of it to the parent; a negative errno when the parent is gone. */
int confine_write(int answer_fd, const void *bytes, size_t size);

#endif
