/*
 * Words of a text with their line numbers, for the parsers of packing instances.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_PACKING_TOKENS_H
#define ANALYZE_PACKING_TOKENS_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tokens {
	const char *path; /* borrowed */
	char *cursor;     /* into the text, which is cut into words as it is read */
	char *end;
	size_t line;      /* of the word read last */
	size_t next_line; /* of what follows */
};

/* text is cut into words in place; it and path are borrowed. */
void tokens_init(struct tokens *tokens, const char *path, char *text, size_t length);

/* The next word, NUL-terminated in place (within the borrowed text); -EINVAL at the
 * end of the file. */
int tokens_word(
	struct tokens *tokens, const char *what, char **ret_word, struct err *err);

/* A whole number within bounds. */
int tokens_number(struct tokens *tokens, const char *what, int64_t minimum,
	int64_t maximum, int64_t *ret_value, struct err *err);

/* The next word must be this one. */
int tokens_expect(struct tokens *tokens, const char *word, struct err *err);

/* Nothing may follow. */
int tokens_end(struct tokens *tokens, struct err *err);

/* "path:line: " before the text. */
#define tokens_error(tokens, code, err, ...) \
	err_code((code), tokens_put((tokens), (err), __VA_ARGS__))
int tokens_put(const struct tokens *tokens, struct err *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
