/*
 * JSON as events, from a source of any length: an answer of a gigabyte in one line needs
 * no more memory than its longest text.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_READERS_JSON_STREAM_H
#define ANALYZE_IMPORT_READERS_JSON_STREAM_H

#include "analyze/import/readers/bytes.h"

#define JSON_STREAM_DEPTH_MAX 64
#define JSON_STREAM_TEXT_MAX ((size_t)1 << 20)

enum json_event {
	JSON_END, /* of the source, behind one whole value (or of each of many) */
	JSON_OBJECT,
	JSON_OBJECT_END,
	JSON_ARRAY,
	JSON_ARRAY_END,
	JSON_KEY,    /* text */
	JSON_TEXT,   /* text, escapes resolved */
	JSON_NUMBER, /* text, as it stands */
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL,
};

struct json_token {
	enum json_event event;
	const char *text; /* NUL-terminated; until the next call */
	size_t length;
	unsigned depth; /* of containers around it */
};

struct json_stream; /* opaque */

/*
 * json_stream_open - events of a source, which stays the caller's
 *
 * has_many  values follow each other (JSON lines, `/api/v1/export`)
 */
int json_stream_open(struct bytes *bytes, bool has_many,
	struct json_stream **ret_stream, struct err *err);
void json_stream_close(struct json_stream *stream); /* NULL is a no-op */

/* Returns 0, or a negative errno with "PATH: byte N: expected ..., found ...". */
int json_stream_next(
	struct json_stream *stream, struct json_token *ret_token, struct err *err);

/* The next token, which json_stream_next gives again. */
int json_stream_peek(
	struct json_stream *stream, struct json_token *ret_token, struct err *err);

/*
 * json_stream_numbers - as many as stand next in the array, by a shorter way
 *
 * Only what json_stream_next would give as JSON_NUMBER, one after the other, and
 * text_is_number would take; where it stops, the rest (or the reason) is json_stream_next's.
 * Returns how many are in `to`, 0 to room.
 */
size_t json_stream_numbers(struct json_stream *stream, double *to, size_t room);

/* Past the value that this token begins (a key: its value). */
int json_stream_skip(
	struct json_stream *stream, const struct json_token *token, struct err *err);

/* Refuses what stands here: returns -EINVAL with the place. */
int json_stream_refuse(const struct json_stream *stream, const char *wanted,
	const struct json_token *found, struct err *err);

#endif
