/*
 * Names from outside to names in the file system: [A-Za-z0-9._-] stay, all else is
 * percent-encoded, a leading dot too; what would be too long ends in a hash.
 */
#ifndef STORE_DIR_PATH_H
#define STORE_DIR_PATH_H

#include "common/err.h"

#include <stddef.h>

/* Longest encoded name: leaves room for ".rrd" and a temporary suffix in 255 bytes. */
#define PATH_NAME_MAX 200
/* Longest name that is accepted at all, in bytes. */
#define PATH_INPUT_MAX 1024

/*
 * path_encode - a file name for any name, one to one
 *
 * ret_encoded  at least PATH_NAME_MAX + 1 bytes
 *
 * Returns 0, -EINVAL for an empty name, -ENAMETOOLONG over PATH_INPUT_MAX bytes.
 */
int path_encode(const char *name, char *ret_encoded, size_t size, struct err *err);

/* The name again; -EINVAL when it is not what path_encode gives (or ends in a hash:
 * then only the database knows the name). ret_name: PATH_NAME_MAX + 1 bytes are enough. */
int path_decode(const char *encoded, char *ret_name, size_t size);

#endif
