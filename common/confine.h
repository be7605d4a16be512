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
/* Exactly that many: 1, 0 at the end before the first of them; -EBADMSG for a part. */
int confine_read_full(
	struct confined *child, void *buffer, size_t size, struct err *err);

/*
 * confine_finish - how it ended; ends it where it has not
 *
 * Returns 0 when the work returned 0; what the work returned, with its text; -EBADMSG
 * when the bytes made it crash or run out of processor time; -ENOMEM when it wanted more
 * memory than it may have; -ETIMEDOUT.  Frees the child; NULL is a no-op.
 */
int confine_finish(struct confined *child, struct err *err);

/* In the work: all of it to the parent; a negative errno when the parent is gone. */
int confine_write(int answer_fd, const void *bytes, size_t size);

/*
 * confine_self - give up everything but the kept descriptors, 0 to 2 and the memory
 *
 * For a program of its own that reads foreign bytes (it has no way back).  Returns 0,
 * -ENOTSUP or another negative errno.
 */
int confine_self(const struct confine_options *options, struct err *err);

#endif
