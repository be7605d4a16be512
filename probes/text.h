/*
 * Walking the kernel's text: lines, words and numbers, without copying and without a
 * limit to a line.  Inline: this is the steady state; but for lists of numbers, whose one
 * copy is warm when the next file needs it.
 */
#ifndef PROBES_TEXT_H
#define PROBES_TEXT_H

#include "common/parse.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
	const char *at, *end;
};

/* The bytes stay the caller's and need no NUL behind them. */
static inline struct text text_of(const char *text, size_t length)
{
	return (struct text){ text, text + length };
}

/* The next line without its newline and carriage return; false at the end. */
static inline bool text_line(struct text *text, struct text *ret_line)
{
	const char *newline;

	if (text->at >= text->end)
		return false;
	newline = memchr(text->at, '\n', (size_t)(text->end - text->at));
	ret_line->at = text->at;
	ret_line->end = newline ? newline : text->end;
	text->at = newline ? newline + 1 : text->end;
	if (ret_line->end > ret_line->at && ret_line->end[-1] == '\r')
		ret_line->end--;
	return true;
}

/* Passes over blanks and tabs. */
static inline void text_blanks(struct text *line)
{
	while (line->at < line->end && (*line->at == ' ' || *line->at == '\t'))
		line->at++;
}

/* The next word; false when there is none, or when it holds a NUL (damaged text). */
static inline bool text_word(struct text *line, struct text *ret_word)
{
	text_blanks(line);
	ret_word->at = line->at;
	while (line->at < line->end && *line->at != ' ' && *line->at != '\t') {
		if (*line->at == '\0')
			return false;
		line->at++;
	}
	ret_word->end = line->at;
	return ret_word->end > ret_word->at;
}

/* The word is this text, whole. */
static inline bool text_is(const struct text *word, const char *text)
{
	size_t length = strlen(text);

	return (size_t)(word->end - word->at) == length &&
		memcmp(word->at, text, length) == 0;
}

/* Takes the prefix away when the line begins with it. */
static inline bool text_prefix(struct text *line, const char *prefix)
{
	size_t length = strlen(prefix);

	if ((size_t)(line->end - line->at) < length ||
		memcmp(line->at, prefix, length) != 0)
		return false;
	line->at += length;
	return true;
}

/* The next number, which must end at a blank or with the line. */
static inline bool text_u64(struct text *line, uint64_t *ret_value)
{
	const char *first;
	uint64_t value = 0;

	text_blanks(line);
	first = line->at;
	while (line->at < line->end && (unsigned char)(*line->at - '0') <= 9)
		value = value * 10 + (uint64_t)(*line->at++ - '0');
	if (line->at == first ||
		(line->at < line->end && *line->at != ' ' && *line->at != '\t'))
		return false;
	if (line->at - first >= 20) { /* may be over 64 bits: the slow way decides */
		const char *cursor = first;

		if (!parse_scan_u64(&cursor, line->end, &value))
			return false;
	}
	*ret_value = value;
	return true;
}

/* As many numbers as there are, at most max; what is damaged ends the list. */
size_t text_u64_list(struct text *line, uint64_t *ret_values, size_t max);

/* Nothing but blanks is left. */
static inline bool text_is_done(struct text *line)
{
	text_blanks(line);
	return line->at == line->end;
}

#endif
