/*
 * Where the kernel's files are: "/" in the daemon, a recorded tree in the tests.
 * Nothing outside the root is reached, not even through a link inside it.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef PROBES_HOSTROOT_H
#define PROBES_HOSTROOT_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct host_root {
	int fd;
	bool is_live; /* "/": descriptors are kept; a recorded tree is opened anew each time */
	unsigned long_bits; /* of the kernel's unsigned long: 32 or 64 */
};

/* A path that is no folder fails; hostroot_close. */
int hostroot_open(struct host_root *ret_root, const char *path, struct err *err);
void hostroot_close(struct host_root *root);

/* Opens a path below the root, whatever links and ".." it has; a descriptor, or a negative
 * errno. */
int hostroot_open_below(const struct host_root *root, const char *path, int flags);

/* A file that is read again and again. */
struct host_file {
	const struct host_root *root; /* borrowed */
	const char *path;             /* borrowed; "proc/stat" */
	int fd;                       /* -1: not open */
};

/* Does not open yet; a file that is absent now may come later. */
void hostroot_file_init(
	struct host_file *file, const struct host_root *root, const char *path);
void hostroot_file_done(struct host_file *file);

/*
 * hostroot_file_read - the whole text, by pread on the kept descriptor
 *
 * Reads until there is nothing more: a seq_file gives whole records of at most a page a
 * call, and a short piece may only mean that the next record is a long one.  After a
 * failure the file is opened anew by the next call.
 *
 * Returns 0, -ENOENT when this kernel has no such file, -EFBIG when the text is longer
 * than size, or another negative errno.  Sets err's text for all but -ENOENT.
 */
int hostroot_file_read(struct host_file *file, char *text, size_t size,
	size_t *ret_length, struct err *err);

/*
 * hostroot_file_read_short - the same of a file whose records are all under 1 kB
 *
 * Saves the last call: a piece that ends with a newline and leaves room for one more
 * record is the last.  True of stat (which comes whole), meminfo, net/dev, diskstats,
 * loadavg and pressure; not of mountinfo or cpuinfo.
 */
int hostroot_file_read_short(struct host_file *file, char *text, size_t size,
	size_t *ret_length, struct err *err);

/* One pread from the beginning: a page of the text at most, whole records or not. */
int hostroot_file_read_begin(struct host_file *file, char *text, size_t size,
	size_t *ret_length, struct err *err);

/* ---- once-only reads, for discovery and inventory: not in the steady state ------ */

/* The text of a small file without trailing blanks, NUL-terminated; longer is cut. */
int hostroot_read_text(
	const struct host_root *root, const char *path, char *text, size_t size);
/* The same, of a file that holds one decimal number. */
int hostroot_read_u64(
	const struct host_root *root, const char *path, uint64_t *ret_value);
bool hostroot_exists(const struct host_root *root, const char *path);
/* The last component of a link's target, NUL-terminated. */
int hostroot_read_link(
	const struct host_root *root, const char *path, char *name, size_t size);

/*
 * hostroot_find - is there a name in a folder that matches?
 *
 * In the order of the kernel, at most max of them; allocates nothing.
 */
bool hostroot_find(const struct host_root *root, const char *path, size_t max,
	bool (*matches)(const void *context, const char *name), const void *context);

/* The whole target as it is written, NUL-terminated. */
int hostroot_read_link_path(
	const struct host_root *root, const char *path, char *target, size_t size);

/*
 * hostroot_list - call visit for each name of a folder, in byte order
 *
 * At most max names are looked at, without "." and "..".  visit returns 0 to go on;
 * anything else ends the walk and is returned.
 */
int hostroot_list(const struct host_root *root, const char *path, size_t max,
	int (*visit)(void *context, const char *name), void *context);

#endif
