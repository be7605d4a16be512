/* The data files of schema/ as they were when the program was built. */
#ifndef SCHEMA_BUILTIN_H
#define SCHEMA_BUILTIN_H

#include <stddef.h>

struct builtin_file {
	const char *path; /* below schema/, e.g. "profiles/plain.json" */
	const char *data; /* followed by a NUL that is not counted */
	size_t size;
};

/* Sorted by path within each folder; ends with a row whose path is NULL. */
extern const struct builtin_file builtin_files[];

/* One of them by its path below schema/; NULL where there is none. */
const struct builtin_file *builtin_find(const char *path);

#endif
