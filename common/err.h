/* The text that travels with an error code. */
#ifndef COMMON_ERR_H
#define COMMON_ERR_H

#include <stddef.h>

/* One line, no newline at its end.  Start with ERR_INIT. */
struct err {
	char text[512];
};
#define ERR_INIT { .text = "" }

/*
 * err_set - replace the text and hand the code back, for `return err_set(...)`
 *
 * err   may be NULL
 * code  a negative errno; returned as it is
 */
int err_set(struct err *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* err_wrap - put what this level knows before the text: "proc/meminfo: <text>" */
int err_wrap(struct err *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* err_errno - the text of errno behind the given words; returns -errno */
int err_errno(struct err *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
