/* The text that travels with an error code. */
#ifndef COMMON_ERR_H
#define COMMON_ERR_H

#include <assert.h>
#include <errno.h>
#include <stddef.h>

/* One line, no newline at its end.  Start with ERR_INIT. */
struct err {
	char text[512];
};
#define ERR_INIT           \
	{                  \
		.text = "" \
	}

/*
 * err_set - replace the text and hand the code back, for `return err_set(...)`
 *
 * err   may be NULL
 * code  a negative errno; returned as it is
 */
#define err_set(err, code, ...) err_code((code), err_put((err), __VA_ARGS__))

/* err_wrap - put what this level knows before the text: "proc/meminfo: <text>" */
#define err_wrap(err, code, ...) err_code((code), err_prefix((err), __VA_ARGS__))

/* err_errno - the text of errno behind the given words; returns -errno */
#define err_errno(err, ...) err_code(err_of_errno(), err_put_errno((err), __VA_ARGS__))

/*
 * err_oom - the one text for memory that cannot be had; returns -ENOMEM
 * err_oom_for - with what it was wanted for before it: "alerts: out of memory"
 */
#define OUT_OF_MEMORY "out of memory"
#define err_oom(err) err_set((err), -ENOMEM, OUT_OF_MEMORY)
#define err_oom_for(err, what) err_set((err), -ENOMEM, "%s: " OUT_OF_MEMORY, (what))

/*
 * The parts of the above.  The code does not pass through a function of another file, so
 * that the compiler and the analyzers see that an error which was told is an error.
 * The text functions return 0 and leave errno alone.
 */
static inline int err_code(int code, int told)
{
	(void)told;
	return code;
}
int err_number(void); /* -errno; -EIO where it is 0 */
static inline int err_of_errno(void)
{
	int code = err_number();

	assert(code < 0);
	return code;
}
int err_put(struct err *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int err_prefix(struct err *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int err_put_errno(struct err *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
