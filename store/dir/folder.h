/*
 * Folders of a store: made, and their entries brought to the disk.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef STORE_DIR_FOLDER_H
#define STORE_DIR_FOLDER_H

#include "common/err.h"

/* mkdir of every folder on the way to the last part of dir/path (0750).  Returns 0,
 * -ENAMETOOLONG or another negative errno. */
int folder_make_parents(const char *dir, const char *path, struct err *err);

/* fsync of the folder itself: the names in it.  A file system that cannot is no error. */
int folder_sync(const char *path, struct err *err);

/*
 * What root makes in somebody's store is that somebody's: a file or a folder that was just
 * made (open as fd) gets the owner and the group of the folder it lies in.
 *
 * Called by anybody but root it does nothing.  Returns 0 or a negative errno: what would
 * lock the owner out is not left behind.
 */
int folder_adopt(int fd, const char *path, struct err *err);
/* mkdir (0750), and the same for it; a folder that is there already is no error. */
int folder_make(const char *path, struct err *err);

/* Has the folder nothing in it but what a store consists of (data_dir.c)?  An empty one
 * has not either.  1, 0, or a negative errno. */
int folder_is_store(int dir_fd, struct err *err);
/* That folder with all in it to another owner; links are given, not followed. */
int folder_give(int dir_fd, unsigned uid, unsigned gid, struct err *err);

#endif
