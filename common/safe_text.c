#include "common/safe_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define TEXT_CEILING (1u << 20)

/* Where a text goes: printing it needs no memory that could be refused. */
struct text_target {
	struct strbuf *buffer; /* NULL: to file */
	FILE *file;
};

static void put_bytes(const struct text_target *to, const char *bytes, size_t length)
{
	if (to->buffer)
		strbuf_add_bytes(to->buffer, bytes, length);
	else
		(void)fwrite(bytes, 1, length, to->file);
}

static void put_text(const struct text_target *to, const char *text)
{
	put_bytes(to, text, strlen(text));
}

/* A number in hexadecimal, of so many digits at least, between two texts. */
static void put_code(const struct text_target *to, const char *before, int digits,
	unsigned code, const char *after)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%s%0*x%s", before, digits, code, after);
	put_text(to, text);
}

/*
 * The code point at text and its length in bytes; length 1 and UINT32_MAX for a byte
 * that is no valid UTF-8 (overlong forms and surrogates included).
 */
static uint32_t safe_text_decode(const unsigned char *text, size_t *ret_length)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = text[0] < 0x80              ? 1
		: text[0] >= 0xc2 && text[0] < 0xe0 ? 2
		: text[0] >= 0xe0 && text[0] < 0xf0 ? 3
		: text[0] >= 0xf0 && text[0] < 0xf5 ? 4
						    : 0;
	uint32_t point;

	*ret_length = 1;
	if (length <= 1)
		return length ? text[0] : UINT32_MAX;
	point = text[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return UINT32_MAX;
		point = point << 6 | (text[i] & 0x3f);
	}
	if (point < least[length] || point > 0x10ffff ||
		(point >= 0xd800 && point < 0xe000))
		return UINT32_MAX;
	*ret_length = length;
	return point;
}

/* Moves the cursor, turns the line or its reading order round, or hides itself. */
static bool is_hostile(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0xad ||
		point == 0x61c || (point >= 0x200b && point <= 0x200f) ||
		(point >= 0x2028 && point <= 0x202e) ||
		(point >= 0x2060 && point <= 0x206f) || point == 0xfeff ||
		point == UINT32_MAX;
}

static void add_escaped(
	const struct text_target *to, uint32_t point, unsigned char byte)
{
	if (point == UINT32_MAX || point < 0x80)
		put_code(to, "\\x", 2, byte, "");
	else
		put_code(to, "\\u{", 4, point, "}");
}

static void put_terminal(const struct text_target *to, const char *text)
{
	const unsigned char *cursor = (const unsigned char *)text;
	size_t length;

	for (; *cursor; cursor += length) {
		uint32_t point = safe_text_decode(cursor, &length);

		if (is_hostile(point))
			add_escaped(to, point, *cursor);
		else
			put_bytes(to, (const char *)cursor, length);
	}
}

static void put_json(const struct text_target *to, const char *text)
{
	const unsigned char *cursor = (const unsigned char *)text;
	size_t length;

	put_bytes(to, "\"", 1);
	for (; *cursor; cursor += length) {
		uint32_t point = safe_text_decode(cursor, &length);

		if (point == '"')
			put_text(to, "\\\"");
		else if (point == '\\')
			put_text(to, "\\\\");
		else if (point == UINT32_MAX)
			put_text(to, "\\ufffd");
		else if (is_hostile(point))
			put_code(to, "\\u", 4, point, "");
		else
			put_bytes(to, (const char *)cursor, length);
	}
	put_bytes(to, "\"", 1);
}

static void put_csv(const struct text_target *to, const char *text)
{
	bool is_formula = *text && strchr("=+-@'\t\r", *text);
	bool is_quoted = strpbrk(text, ",\"\r\n") || text[0] == ' ';

	if (is_quoted)
		put_bytes(to, "\"", 1);
	if (is_formula)
		put_bytes(to, "'", 1);
	for (size_t length; *text; text += length) {
		uint32_t point = safe_text_decode((const unsigned char *)text, &length);

		if (point == UINT32_MAX)
			put_text(to, "\xef\xbf\xbd");
		else if ((point < 0x20 && !strchr("\n\r\t", (int)point)) ||
			(point >= 0x7f && point < 0xa0))
			add_escaped(to, point, (unsigned char)*text);
		else if (point == '"')
			put_text(to, "\"\"");
		else
			put_bytes(to, text, length);
	}
	if (is_quoted)
		put_bytes(to, "\"", 1);
}

static void put_html(const struct text_target *to, const char *text)
{
	const unsigned char *cursor = (const unsigned char *)text;
	size_t length;

	for (; *cursor; cursor += length) {
		uint32_t point = safe_text_decode(cursor, &length);

		switch (point) {
		case '&':
			put_text(to, "&amp;");
			break;
		case '<':
			put_text(to, "&lt;");
			break;
		case '>':
			put_text(to, "&gt;");
			break;
		case '"':
			put_text(to, "&quot;");
			break;
		case '\'':
			put_text(to, "&#39;");
			break;
		default:
			if (is_hostile(point))
				add_escaped(to, point, *cursor);
			else
				put_bytes(to, (const char *)cursor, length);
		}
	}
}

void safe_add_terminal(struct strbuf *buffer, const char *text)
{
	const struct text_target to = { .buffer = buffer };

	put_terminal(&to, text);
}

void safe_print_terminal(FILE *out, const char *text)
{
	const struct text_target to = { .file = out };

	put_terminal(&to, text);
}

void safe_add_json(struct strbuf *buffer, const char *text)
{
	const struct text_target to = { .buffer = buffer };

	put_json(&to, text);
}

void safe_print_message(FILE *out, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");
		char line[1024];

		if (length >= sizeof(line))
			length = sizeof(line) - 1;
		memcpy(line, text, length);
		line[length] = '\0';
		safe_print_terminal(out, line);
		text += length;
		if (*text == '\n') {
			fputc('\n', out);
			text++;
		}
	}
}

void safe_print_json(FILE *out, const char *text)
{
	const struct text_target to = { .file = out };

	put_json(&to, text);
}

void safe_add_csv(struct strbuf *buffer, const char *text)
{
	const struct text_target to = { .buffer = buffer };

	put_csv(&to, text);
}

void safe_print_csv(FILE *out, const char *text)
{
	const struct text_target to = { .file = out };

	put_csv(&to, text);
}

void safe_add_html(struct strbuf *buffer, const char *text)
{
	const struct text_target to = { .buffer = buffer };

	put_html(&to, text);
}

void safe_print_html(FILE *out, const char *text)
{
	const struct text_target to = { .file = out };

	put_html(&to, text);
}

void safe_print_key(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if ((byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
			(byte >= 'A' && byte <= 'Z') || byte == '_' || byte == '-')
			fputc(byte, out);
		else
			fprintf(out, "%%%02X", byte);
	}
}

void safe_print_label(FILE *out, const char *text)
{
	const unsigned char *cursor = (const unsigned char *)text;
	size_t length;

	for (; *cursor; cursor += length) {
		uint32_t point = safe_text_decode(cursor, &length);

		if (point == UINT32_MAX)
			fputs("\357\277\275", out); /* U+FFFD */
		else if (point == '\n')
			fputs("\\n", out);
		else if (point == '\\' || point == '"')
			fprintf(out, "\\%c", (int)point);
		else
			fwrite(cursor, 1, length, out);
	}
}

char *safe_terminal_dup(const char *text)
{
	struct strbuf buffer;

	strbuf_init(&buffer, TEXT_CEILING);
	safe_add_terminal(&buffer, text);
	if (!buffer.length && !strbuf_failed(&buffer))
		return strdup("");
	return strbuf_take(&buffer);
}

int safe_put_words(struct err *err, const char *path, unsigned line, const char *words)
{
	char *shown = err ? safe_terminal_dup(words) : NULL;
	int told = err_put(err, "%s:%u: %s", path, line, shown ? shown : "");

	free(shown);
	return told;
}

unsigned safe_width(const char *text)
{
	const unsigned char *cursor = (const unsigned char *)text;
	unsigned width = 0;
	size_t length;

	for (; *cursor; cursor += length) {
		uint32_t point = safe_text_decode(cursor, &length);
		int columns = point == UINT32_MAX ? 1 : wcwidth((wchar_t)point);

		width += columns > 0 ? (unsigned)columns : 0;
	}
	return width;
}
