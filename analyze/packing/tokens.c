/* One place for line numbers, ranges and "expected, found". */
#include "analyze/packing/tokens.h"

#include "common/parse.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void tokens_init(struct tokens *tokens, const char *path, char *text, size_t length)
{
	*tokens = (struct tokens){ .path = path,
		.cursor = text,
		.end = text + length,
		.line = 1,
		.next_line = 1 };
}

int tokens_put(const struct tokens *tokens, struct err *err, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return err_put(err, "%s:%zu: %s", tokens->path, tokens->line, text);
}

static bool tokens_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_blanks(struct tokens *tokens)
{
	while (tokens->cursor < tokens->end && tokens_is_blank(*tokens->cursor)) {
		tokens->next_line += *tokens->cursor == '\n';
		tokens->cursor++;
	}
}

/* What a message may show of a word from outside. */
static void printable(const char *word, char text[32])
{
	size_t i = 0;

	for (; i < 28 && word[i]; i++)
		text[i] = word[i];
	if (word[i]) {
		memcpy(text + i, "...", 3);
		i += 3;
	}
	text[i] = '\0';
	for (i = 0; text[i]; i++)
		if (text[i] < 0x20 || text[i] == 0x7f)
			text[i] = '?';
}

int tokens_word(
	struct tokens *tokens, const char *what, char **ret_word, struct err *err)
{
	char *word = NULL;

	skip_blanks(tokens);
	tokens->line = tokens->next_line;
	if (tokens->cursor == tokens->end)
		return tokens_error(tokens, -EINVAL, err,
			"expected %s, found the end of the file", what);
	word = tokens->cursor;
	while (tokens->cursor < tokens->end && !tokens_is_blank(*tokens->cursor)) {
		if (!*tokens->cursor)
			return tokens_error(tokens, -EINVAL, err,
				"a zero byte: this is not a text file");
		/* words are shown in messages, on terminals too */
		if ((unsigned char)*tokens->cursor < ' ' || *tokens->cursor == 0x7f)
			return tokens_error(tokens, -EINVAL, err,
				"a control character in %s", what);
		tokens->cursor++;
	}
	/* the blank behind a word gives way to its NUL; the text ends in one of its own */
	if (tokens->cursor < tokens->end) {
		tokens->next_line += *tokens->cursor == '\n';
		*tokens->cursor++ = '\0';
	}
	*ret_word = word;
	return 0;
}

int tokens_number(struct tokens *tokens, const char *what, int64_t minimum,
	int64_t maximum, int64_t *ret_value, struct err *err)
{
	char *word = NULL;
	char shown[32];
	int64_t value = 0;
	int r = tokens_word(tokens, what, &word, err);

	if (r < 0)
		return r;
	printable(word, shown);
	r = parse_i64(word, strlen(word), &value);
	if (r == -ERANGE)
		return tokens_error(tokens, -EINVAL, err, "%s: %s has too many digits",
			what, shown);
	if (r < 0)
		return tokens_error(tokens, -EINVAL, err,
			"expected %s, a whole number, found \"%s\"", what, shown);
	if (value < minimum || value > maximum)
		return tokens_error(tokens, -EINVAL, err,
			"%s is %lld, must be between %lld and %lld", what,
			(long long)value, (long long)minimum, (long long)maximum);
	*ret_value = value;
	return 0;
}

int tokens_expect(struct tokens *tokens, const char *word, struct err *err)
{
	char *found = NULL;
	char shown[32];
	int r = tokens_word(tokens, word, &found, err);

	if (r < 0)
		return r;
	printable(found, shown);
	if (strcmp(found, word) != 0)
		return tokens_error(tokens, -EINVAL, err,
			"expected \"%s\", found \"%s\"", word, shown);
	return 0;
}

int tokens_end(struct tokens *tokens, struct err *err)
{
	char *word = NULL;
	char shown[32];

	skip_blanks(tokens);
	if (tokens->cursor == tokens->end)
		return 0;
	if (tokens_word(tokens, "the end of the file", &word, err) < 0)
		return -EINVAL;
	printable(word, shown);
	return tokens_error(tokens, -EINVAL, err,
		"expected the end of the file, found \"%s\"", shown);
}
