/*
 * Whole reads and writes: the only place that knows of short counts and EINTR.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef COMMON_IO_H
#define COMMON_IO_H

#include "common/err.h"
#include "common/strbuf.h"

#include <stddef.h>
#include <sys/types.h>

/* All of it or a negative errno; a write that makes no progress is -EIO. */
int io_write_full(int fd, const void *bytes, size_t count);
int io_pwrite_full(int fd, const void *bytes, size_t count, off_t offset);
/* Reads until count or the end of the file; returns the number of bytes. */
ssize_t io_read_full(int fd, void *bytes, size_t count);
ssize_t io_pread_full(int fd, void *bytes, size_t count, off_t offset);

/* Appends a whole file; -EFBIG over the ceiling of the buffer.  dir_fd as in openat;
 * a symbolic link in the last place is refused (-ELOOP). */
int io_read_file(int dir_fd, const char *path, struct strbuf *out, struct err *err);

enum io_durability { IO_VOLATILE, IO_DURABLE };

/*
 * io_replace_file - the file is the old one or the new one, never half of it
 *
 * Written as "<path>.new", with IO_DURABLE synced, renamed, and the folder synced.
 * mode: permission bits, set whatever the umask says.
 */
int io_replace_file(int dir_fd, const char *path, const void *bytes, size_t count,
	unsigned mode, enum io_durability durability, struct err *err);

/* mkdir -p with this mode for what is new; existing folders are left as they are. */
int io_make_folders(const char *path, unsigned mode, struct err *err);

#endif
