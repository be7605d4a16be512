/*
 * Where the bytes of an import come from: a file, memory, the output of a child, a
 * member of an archive, a server's answer.  Readers (lines, cells, JSON, XML) pull from
 * it and never see a file descriptor, so that each of them is a pure function of bytes
 * that a fuzzer can call.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_READERS_BYTES_H
#define ANALYZE_IMPORT_READERS_BYTES_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a source shows of itself before it is read (recognition by content). */
#define BYTES_HEAD_MAX ((size_t)64 << 10)

struct bytes; /* opaque */

/*
 * What stands behind a source.  read: up to size bytes into `to`, 0 at the end; a
 * negative errno with the text set.  close may be NULL.
 */
struct bytes_origin {
	int (*read)(
		void *data, char *to, size_t size, size_t *ret_got, struct err *err);
	void (*close)(void *data);
	/* The descriptor it reads from, for a child to keep; -1, NULL: none. */
	int (*fd)(const void *data);
};

/*
 * bytes_open - a file; "-EISDIR", "-EACCES" and the like with the text set
 *
 * path  borrowed: of messages, too
 */
int bytes_open(const char *path, struct bytes **ret_bytes, struct err *err);
/* Anything else; `data` goes to the origin's functions, and is closed on failure. */
int bytes_of(const char *name, const struct bytes_origin *origin, void *data,
	struct bytes **ret_bytes, struct err *err);
/* Memory that outlives the source. */
int bytes_of_text(
	const char *text, size_t length, struct bytes **ret_bytes, struct err *err);
void bytes_close(struct bytes *bytes); /* NULL is a no-op */

/* Up to size bytes; *ret_got is 0 only at the end. */
int bytes_read(
	struct bytes *bytes, char *to, size_t size, size_t *ret_got, struct err *err);

/*
 * bytes_head - the first BYTES_HEAD_MAX bytes, or all where there are fewer
 *
 * Before the first bytes_read; what is shown is read again by it.
 */
int bytes_head(struct bytes *bytes, const char **ret_head, size_t *ret_length,
	struct err *err);

/*
 * bytes_share - what a child reads of it is counted and summed here, too
 *
 * Before the child is started; -ENOMEM.
 */
int bytes_share(struct bytes *bytes, struct err *err);
int bytes_fd(const struct bytes *bytes); /* -1: there is none */

const char *bytes_name(const struct bytes *bytes);
uint64_t bytes_count(const struct bytes *bytes); /* that were read from the origin */
uint64_t bytes_hash(const struct bytes *bytes);  /* XXH3 of them, 64 bits */

/*
 * bytes_keep - all that is left, in memory that has a path for a child
 *
 * *ret_fd is the caller's, inherited by programs: its path is /proc/self/fd/N.  -EFBIG with
 * the text set for more than ceiling bytes.
 */
int bytes_keep(struct bytes *bytes, uint64_t ceiling, int *ret_fd, struct err *err);

/*
 * bytes_slurp - all that is left, NUL-terminated; free it
 *
 * -EFBIG with the text set for more than ceiling bytes.
 */
int bytes_slurp(struct bytes *bytes, size_t ceiling, char **ret_text,
	size_t *ret_length, struct err *err);

#endif
