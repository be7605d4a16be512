/*
 * Names below an open folder, from a database or a file that may be somebody else's: no
 * name leads out of the folder, and no symbolic link is followed on the way (openat2 with
 * RESOLVE_BENEATH; where the kernel has none, part by part).
 *
 * All functions return 0 or a negative errno with the text set; -EXDEV or -ELOOP for a
 * name that leads out.
 */
#ifndef STORE_DIR_BENEATH_H
#define STORE_DIR_BENEATH_H

#include "common/err.h"

#include <stdbool.h>

/*
 * A plain relative name: parts of [A-Za-z0-9._%~-] that do not begin with a dot, each at
 * most 250 bytes, between single slashes.
 */
bool beneath_is_plain(const char *name);

/* A folder below dir_fd, for the ...at() calls; the caller closes it.  -ENOENT. */
int beneath_open_folder(int dir_fd, const char *name, int *ret_fd, struct err *err);
/* The folder that holds the last part, and that part (borrowed from name).  With
 * is_made, folders that are absent are made (0750). */
int beneath_open_parent(int dir_fd, const char *name, bool is_made, int *ret_fd,
	const char **ret_leaf, struct err *err);

/* Is there a file or a folder of that name?  A name that leads out does not exist. */
bool beneath_exists(int dir_fd, const char *name);
/* What is not there is done already: 0. */
int beneath_rename(int dir_fd, const char *from, const char *to, struct err *err);
/* A file, or a folder with all in it, without following any link. */
int beneath_remove(int dir_fd, const char *name, struct err *err);

#endif
