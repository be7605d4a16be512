/*
 * The output of a foreign program (sadf) as a source.  It may crash, hang or print without
 * end: a deadline, a ceiling and limits of memory and processor time hold for it, and
 * what it did is said.  Where code of ours reads a stranger's bytes: confined.h.
 */
#ifndef ANALYZE_IMPORT_READERS_CHILD_H
#define ANALYZE_IMPORT_READERS_CHILD_H

#include "analyze/import/readers/bytes.h"

struct child_limits {
	int deadline_s;        /* of the wall clock, over all of it */
	uint64_t output_bytes; /* at most */
	uint64_t memory_bytes; /* of its address space */
	unsigned cpu_s;
};

/*
 * child_run - a program, found by PATH, with its standard output as the source
 *
 * name  of messages; borrowed
 * argv  as of execvp
 *
 * The child has no standard input, its messages are kept for ours, and it may not write
 * files.  Reading returns a negative errno where it ended by a signal (-ECHILD), with
 * another code than 0 (-EINVAL), passed its deadline (-ETIMEDOUT) or its ceiling (-EFBIG);
 * -ENOENT where there is no such program.  Closing ends it.
 */
int child_run(const char *name, char *const *argv, const struct child_limits *limits,
	struct bytes **ret_bytes, struct err *err);

#endif
