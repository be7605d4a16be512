/*
 * A host root in memory.  Linked into a test it takes the kernel's calls by name, and while a
 * tree is served those of probes/hostroot.c are answered from it: the program's own code reads
 * it, and no file system stands in between.  One machine at a time, one thread.
 */
#ifndef TESTS_UNIT_PROBES_MACHINES_ROOT_H
#define TESTS_UNIT_PROBES_MACHINES_ROOT_H

#include <stdbool.h>
#include <stddef.h>

/* An empty tree from now on; paths below a host root ("proc/stat") are of it. */
void memory_root_begin(void);
/* Host roots are the file system's again. */
void memory_root_end(void);
bool memory_root_is_served(void);

/* A file of that text, in place of an earlier one; its folders are made.  What does not fit
 * ends the program. */
void memory_root_put(const char *path, const char *text, size_t length);
/* A link whose target is not there. */
void memory_root_link(const char *path, const char *target);

#endif
