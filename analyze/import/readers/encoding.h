/*
 * Texts that are not UTF-8: what they are in, and a source that decodes them.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_READERS_ENCODING_H
#define ANALYZE_IMPORT_READERS_ENCODING_H

#include "analyze/import/readers/bytes.h"

/* "UTF-16LE" or "UTF-16BE" by a mark or by the noughts of its first characters; NULL for
 * texts of bytes, whose code page only their words can tell. */
const char *encoding_of_head(const char *head, size_t length);

/* Valid UTF-8, but for a character that the end may have cut. */
bool encoding_is_utf8(const char *text, size_t length);

/*
 * encoding_open - the same text in UTF-8
 *
 * from   a name that iconv knows: "UTF-16LE", "CP1251"; -EINVAL with the text set else
 * inner  stays the caller's; closed by nobody here
 *
 * What cannot be decoded becomes "?".
 */
int encoding_open(struct bytes *inner, const char *from, struct bytes **ret_bytes,
	struct err *err);

/* A short text; cut at size, NUL-terminated. */
int encoding_text(const char *from, const char *text, size_t length, char *to,
	size_t size, struct err *err);

#endif
