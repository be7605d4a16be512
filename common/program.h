/* Where the other programs of the project lie, built or installed. */
#ifndef COMMON_PROGRAM_H
#define COMMON_PROGRAM_H

#include <stddef.h>

/*
 * program_find - the path of a program by its name
 *
 * Beside this program (build/), in the folder above it (build/tests/), in
 * ../libexec/headroom as installed under any prefix, then where the build's own prefix
 * would have put it.  Returns 0, -ENOENT when it is in none of them (ret_path then
 * holds the last place looked at), or -ENAMETOOLONG.
 */
int program_find(const char *name, char *ret_path, size_t size);

#endif
