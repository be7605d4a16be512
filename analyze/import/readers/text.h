/*
 * Text files from outside, line by line, with a ceiling for everything: what all
 * import formats made of lines share.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_READERS_TEXT_H
#define ANALYZE_IMPORT_READERS_TEXT_H

#include "analyze/import/readers/bytes.h"
#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_LINE_MAX_BYTES ((size_t)64 << 10)
#define TEXT_NAME_MAX_BYTES 200 /* of a workload */
#define TEXT_QUOTE_SIZE 128

/* Where a parser is, for its messages. */
struct text_place {
	const char *path;
	uint64_t line; /* from 1 */
};

/* "PATH:LINE: field NAME: expected WANTED, found "FOUND""; returns -EINVAL. */
#define text_refuse(place, field, wanted, found, length, err) \
	err_code(-EINVAL,                                     \
		text_put_refusal(                             \
			(place), (field), (wanted), (found), (length), (err)))
int text_put_refusal(const struct text_place *place, const char *field,
	const char *wanted, const char *found, size_t length, struct err *err);

/* A stranger's text for a message: cut, and without control characters. */
const char *text_quote(const char *found, size_t length, char quoted[TEXT_QUOTE_SIZE]);

/* What text_number takes, without a message. */
bool text_is_number(const char *text, size_t length, double *ret_value);

/*
 * text_number - a finite number >= 0 (and <= 10^18) with a decimal point
 *
 * Refuses everything else by text_refuse.
 */
int text_number(const struct text_place *place, const char *field, const char *text,
	size_t length, double *ret_value, struct err *err);

/*
 * text_time - Unix seconds, Unix milliseconds (from 10^11 on) or ISO 8601 with a zone,
 * rounded half up to whole seconds; from 1971 to 2100
 */
int text_time(const struct text_place *place, const char *field, const char *text,
	size_t length, int64_t *ret_stamp, struct err *err);

/* A workload's name: 1 to TEXT_NAME_MAX_BYTES of UTF-8 without control characters. */
int text_name(const struct text_place *place, const char *field, const char *text,
	size_t length, struct err *err);

struct text_lines; /* opaque */

/*
 * text_lines_of - the lines of a source, which stays the caller's and outlives them
 *
 * line_max  bytes of a line at most; the buffer grows to twice of it when needed
 */
int text_lines_of(struct bytes *bytes, size_t line_max, struct text_lines **ret_lines,
	struct err *err);
/* The lines of a file, up to TEXT_LINE_MAX_BYTES; errors as bytes_open has. */
int text_lines_open(const char *path, struct text_lines **ret_lines, struct err *err);
void text_lines_close(struct text_lines *lines);

/*
 * text_lines_next - the next line without its end (LF or CR LF)
 *
 * ret_line  valid until the next call, not NUL-terminated
 *
 * Returns 1, 0 at the end of the file, or a negative errno: UTF-16, a NUL, a line
 * over line_max, a last line without an end, an empty file.  A UTF-8 byte
 * order mark is skipped.  The line is borrowed, until the next is asked for.
 */
int text_lines_next(struct text_lines *lines, const char **ret_line, size_t *ret_length,
	struct err *err);
const struct text_place *text_lines_place(const struct text_lines *lines);

#endif
