/* Folders of a store: made, and their entries brought to the disk. */
#ifndef STORE_DIR_FOLDER_H
#define STORE_DIR_FOLDER_H

#include "common/err.h"

/* mkdir of every folder on the way to the last part of dir/path (0750).  Returns 0,
 * -ENAMETOOLONG or another negative errno. */
int folder_make_parents(const char *dir, const char *path, struct err *err);

/* fsync of the folder itself: the names in it.  A file system that cannot is no error. */
int folder_sync(const char *path, struct err *err);

#endif
