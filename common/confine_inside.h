/*
 * What a child gives up, shared by common/confine_*.c alone.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef COMMON_CONFINE_INSIDE_H
#define COMMON_CONFINE_INSIDE_H

#include "common/confine.h"

#include <stdbool.h>

#define CONFINE_MEMORY_BYTES ((uint64_t)256 << 20)
#define CONFINE_ANSWER_BYTES ((uint64_t)4 << 30)
#define CONFINE_DEADLINE_MS (10 * 60 * 1000)
#define CONFINE_WORDS_MAX 200 /* of a program's messages */

/* Milliseconds; that of the options, or the usual one. */
static inline int confine_deadline_ms(const struct confine_options *options)
{
	return options->deadline_ms ? options->deadline_ms : CONFINE_DEADLINE_MS;
}

struct confined {
	pid_t pid;
	pid_t owner; /* who started it; a child of that one may read, not judge */
	int answer_fd;
	int words_fd; /* how the work ended, or a program's messages; -1: at its end */
	int64_t until_ms;
	uint64_t left_bytes, answer_bytes;
	int deadline_ms;
	int failed; /* the first error of confine_read */
	bool is_program;
	char said[CONFINE_WORDS_MAX + 1];
	size_t said_length;
	char what[200];
};

/* A child's descriptors and limits, without the process: 0 or a negative errno.  The
 * ends of the child's pipes are the caller's. */
int confine_prepare(const struct confine_options *options, int answer_pipe[2],
	int words_pipe[2], struct confined **ret_child, struct err *err);
/* What a failed confine_prepare or fork leaves; NULL is a no-op. */
void confine_forget(struct confined *child);

/* In the child: memory on top of what is mapped already, time, no new rights. */
int confine_limit(
	const struct confine_options *options, uint64_t mapped_bytes, struct err *err);
/* Everything but the kept descriptors, 0 to 2 and the memory is given up, for good: 0,
 * -ENOTSUP or another negative errno. */
int confine_self(const struct confine_options *options, struct err *err);
void confine_close_others(const struct confine_options *options);

/* confine_beneath.c: the folder becomes the working folder, and what is not below it out
 * of reach; before the system calls are refused.  As confine_self. */
int confine_beneath(const char *folder, struct err *err);

/* A program's messages, as far as they are kept, without control codes. */
void confine_hear(struct confined *child);
/* The program has closed its output: how did it end? */
int confine_judge_program(struct confined *child, struct err *err);

#endif
