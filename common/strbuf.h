/* Growing text with a ceiling given at creation. */
#ifndef COMMON_STRBUF_H
#define COMMON_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Failures are kept: append as much as you like, then ask strbuf_failed once.
 * A failed buffer stays valid text (what fitted before the failure).
 */
struct strbuf {
	char *text; /* always NUL-terminated after the first append, else NULL */
	size_t length;
	size_t allocated;
	size_t ceiling; /* bytes, without the NUL */
	int error;      /* 0, -ENOMEM or -EFBIG */
};

void strbuf_init(struct strbuf *buffer, size_t ceiling);
void strbuf_done(struct strbuf *buffer);
void strbuf_clear(
	struct strbuf *buffer); /* empties, keeps the memory, forgets the error */
void strbuf_add(struct strbuf *buffer, const char *text);
void strbuf_add_bytes(struct strbuf *buffer, const char *bytes, size_t count);
void strbuf_addf(struct strbuf *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void strbuf_vaddf(struct strbuf *buffer, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
/* The text, "" when nothing was added; borrowed. */
const char *strbuf_text(const struct strbuf *buffer);
/* Gives the text away (free it); NULL on failure or out of memory. */
char *strbuf_take(struct strbuf *buffer);
/* 0, or what failed: -EFBIG over the ceiling, -ENOMEM, -EINVAL for a format. */
int strbuf_failed(const struct strbuf *buffer);

#endif
