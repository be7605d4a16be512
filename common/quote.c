#include "common/quote.h"

#include "common/utf8.h"
#include "common/util.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static const char *const format_names[QUOTE_FORMAT_COUNT] = {
	[QUOTE_SH] = "sh",
	[QUOTE_PS1] = "ps1",
	[QUOTE_XML] = "xml",
	[QUOTE_CMD] = "cmd",
	[QUOTE_JSON] = "json",
	[QUOTE_PLAIN] = "plain",
	[QUOTE_TEXT] = "text",
};

const char *quote_format_name(enum quote_format format)
{
	return format < QUOTE_FORMAT_COUNT ? format_names[format] : "none";
}

enum quote_format quote_format_find(const char *name)
{
	int format = 0;

	while (format < QUOTE_FORMAT_COUNT && strcmp(format_names[format], name) != 0)
		format++;
	return (enum quote_format)format;
}

/* ---- what a format cannot say ------------------------------------------------------ */

static int refuse_character(enum quote_format format, uint32_t point, struct err *err)
{
	static const char *const why[QUOTE_FORMAT_COUNT] = {
		[QUOTE_PS1] = "a PowerShell script has no literal for it",
		[QUOTE_XML] = "XML 1.0 has no way to write it",
		[QUOTE_CMD] =
			"a batch file is read in the code page of the machine and its "
			"arguments have no way to write it",
		[QUOTE_PLAIN] =
			"only letters, digits and . _ : @ / + - can stand there",
	};

	if (point >= 0x20 && point < 0x7f)
		return err_set(err, -EINVAL, "it holds the character %c: %s",
			(int)point, why[format]);
	return err_set(err, -EINVAL, "it holds the character U+%04X: %s",
		(unsigned)point, why[format]);
}

static bool can_say(enum quote_format format, uint32_t point)
{
	switch (format) {
	case QUOTE_PS1:
		/* a carriage return would be lost where a tool mends line ends */
		return point != '\r' && point != 0xfeff;
	case QUOTE_XML:
		return (point >= 0x20 || strchr("\t\n\r", (int)point)) &&
			point != 0xfffe && point != 0xffff;
	case QUOTE_CMD:
		return point >= 0x20 && point < 0x7f && point != '"';
	case QUOTE_PLAIN:
		return point < 0x7f &&
			(isalnum((int)point) || strchr("._:@/+-", (int)point));
	case QUOTE_SH:
	case QUOTE_JSON:
	case QUOTE_TEXT:
	case QUOTE_FORMAT_COUNT:
		break;
	}
	return true;
}

static int check_text(enum quote_format format, const char *text, struct err *err)
{
	const unsigned char *at = (const unsigned char *)text;
	uint32_t point;

	if (format == QUOTE_SH || format == QUOTE_TEXT) /* any bytes */
		return 0;
	while (*at) {
		unsigned length = utf8_decode(at, &point);

		if (length == 0)
			return err_set(err, -EINVAL,
				"its byte %02X is no UTF-8, which %s files are written in",
				*at, quote_format_name(format));
		if (!can_say(format, point))
			return refuse_character(format, point, err);
		at += length;
	}
	return 0;
}

/* ---- the formats --------------------------------------------------------------------- */

static void quote_sh(struct strbuf *out, const char *text)
{
	strbuf_add(out, "'");
	for (; *text; text++) {
		if (*text == '\'')
			strbuf_add(out, "'\\''");
		else
			strbuf_add_bytes(out, text, 1);
	}
	strbuf_add(out, "'");
}

static void quote_ps1(struct strbuf *out, const char *text)
{
	strbuf_add(out, "'");
	while (*text) {
		uint32_t point = 0;
		unsigned length = utf8_decode((const unsigned char *)text, &point);

		if (point == '\'' || (point >= 0x2018 && point <= 0x201b))
			strbuf_add_bytes(out, text, length);
		strbuf_add_bytes(out, text, length);
		text += length;
	}
	strbuf_add(out, "'");
}

static void quote_xml(struct strbuf *out, const char *text)
{
	static const struct {
		char character;
		const char *reference;
	} rows[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" },
		{ '"', "&quot;" }, { '\'', "&apos;" }, { '\t', "&#9;" },
		{ '\n', "&#10;" }, { '\r', "&#13;" } };

	for (; *text; text++) {
		const char *reference = NULL;

		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			if (rows[i].character == *text)
				reference = rows[i].reference;
		}
		if (reference)
			strbuf_add(out, reference);
		else
			strbuf_add_bytes(out, text, 1);
	}
}

static void quote_cmd(struct strbuf *out, const char *text)
{
	size_t length = strlen(text), tail = 0;

	/* \" would be a quote to the program that reads the argument */
	while (tail < length && text[length - 1 - tail] == '\\')
		tail++;
	strbuf_add(out, "\"");
	for (; *text; text++)
		strbuf_add_bytes(out, *text == '%' ? "%%" : text, *text == '%' ? 2 : 1);
	for (size_t i = 0; i < tail; i++)
		strbuf_add(out, "\\");
	strbuf_add(out, "\"");
}

static void quote_json(struct strbuf *out, const char *text)
{
	strbuf_add(out, "\"");
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			strbuf_addf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			strbuf_addf(out, "\\u%04x", c);
		else
			strbuf_add_bytes(out, text, 1);
	}
	strbuf_add(out, "\"");
}

/* A code span ends at as many backticks as it begins with: one more than the text has. */
static void quote_text(struct strbuf *out, const char *text)
{
	size_t longest = 0, run = 0;

	for (const char *at = text; *at; at++) {
		run = *at == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	for (size_t i = 0; i <= longest; i++)
		strbuf_add(out, "`");
	if (longest > 0 || !*text)
		strbuf_add(out, " ");
	while (*text) {
		uint32_t point = (unsigned char)*text;
		unsigned length = utf8_decode((const unsigned char *)text, &point);

		if (length > 0 && utf8_is_plain(point))
			strbuf_add_bytes(out, text, length);
		else if (point < 0x100)
			strbuf_addf(out, "\\x%02X", (unsigned)point);
		else
			strbuf_addf(out, "\\u{%04X}", (unsigned)point);
		text += length > 0 ? length : 1;
	}
	if (longest > 0)
		strbuf_add(out, " ");
	for (size_t i = 0; i <= longest; i++)
		strbuf_add(out, "`");
}

int quote_add(
	struct strbuf *out, enum quote_format format, const char *text, struct err *err)
{
	int r = check_text(format, text, err);

	if (r < 0)
		return r;
	switch (format) {
	case QUOTE_SH:
		quote_sh(out, text);
		break;
	case QUOTE_PS1:
		quote_ps1(out, text);
		break;
	case QUOTE_XML:
		quote_xml(out, text);
		break;
	case QUOTE_CMD:
		quote_cmd(out, text);
		break;
	case QUOTE_JSON:
		quote_json(out, text);
		break;
	case QUOTE_TEXT:
		quote_text(out, text);
		break;
	case QUOTE_PLAIN:
	case QUOTE_FORMAT_COUNT:
		strbuf_add(out, text);
		break;
	}
	return 0;
}

void quote_add_file_name(struct strbuf *out, const char *text)
{
	for (const char *at = text; *at; at++) {
		unsigned char c = (unsigned char)*at;
		bool is_kept = c < 0x80 &&
			(isalnum(c) || c == '_' || (at > text && strchr(".-", c)));

		if (is_kept)
			strbuf_add_bytes(out, at, 1);
		else
			strbuf_addf(out, "%%%02X", c);
	}
}
