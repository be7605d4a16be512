#include "analyze/engine/selector.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char *const matcher_signs[] = {
	[MATCH_EQUAL] = "=",
	[MATCH_NOT_EQUAL] = "!=",
	[MATCH_REGEX] = "=~",
	[MATCH_NOT_REGEX] = "!~",
};

void selector_done(struct selector *selector)
{
	for (size_t i = 0; i < selector->count; i++) {
		free(selector->matcher[i].name);
		free(selector->matcher[i].value);
	}
	*selector = (struct selector){ .count = 0 };
}

int selector_add(struct selector *selector, enum matcher_type type, const char *name,
	const char *value, struct err *err)
{
	struct matcher *matcher = &selector->matcher[selector->count];

	if (selector->count == SELECTOR_MATCHERS_MAX)
		return err_set(err, -E2BIG, "expected at most %d matchers, found more",
			SELECTOR_MATCHERS_MAX);
	*matcher = (struct matcher){ type, strdup(name), strdup(value) };
	if (!matcher->name || !matcher->value) {
		free(matcher->name);
		free(matcher->value);
		return err_oom(err);
	}
	selector->count++;
	return 0;
}

/* ---- what a person gave -------------------------------------------------------------- */

struct selector_text {
	const char *all, *at;
};

static int selector_refuse(
	const struct selector_text *text, const char *wanted, struct err *err)
{
	return err_set(err, -EINVAL,
		"--match: expected %s at character %zu of %.100s, for example "
		"'{job=\"node\"}'",
		wanted, (size_t)(text->at - text->all) + 1, text->all);
}

static void selector_skip_blanks(struct selector_text *text)
{
	text->at += strspn(text->at, " \t\r\n");
}

static bool is_name_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == ':';
}

static int take_label_name(struct selector_text *text, struct strbuf *name)
{
	strbuf_clear(name);
	while (is_name_byte(*text->at))
		strbuf_add_bytes(name, text->at++, 1);
	return strbuf_text(name)[0] != '\0';
}

/* "..." or '...', with \\, \", \' and \n resolved; other escapes are left as they are. */
static int selector_take_quoted(
	struct selector_text *text, struct strbuf *value, struct err *err)
{
	char quote = *text->at;

	strbuf_clear(value);
	if (quote != '"' && quote != '\'')
		return selector_refuse(text, "a value in quotes", err);
	for (text->at++; *text->at && *text->at != quote; text->at++) {
		char c = *text->at;

		if (c == '\\' && text->at[1] && strchr("\\\"'n", text->at[1]))
			c = *++text->at == 'n' ? '\n' : *text->at;
		strbuf_add_bytes(value, &c, 1);
	}
	if (*text->at != quote)
		return selector_refuse(text, "the end of the quotes", err);
	text->at++;
	return 0;
}

static int take_sign(
	struct selector_text *text, enum matcher_type *ret_type, struct err *err)
{
	static const enum matcher_type order[] = { MATCH_REGEX, MATCH_NOT_REGEX,
		MATCH_NOT_EQUAL, MATCH_EQUAL };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		size_t length = strlen(matcher_signs[order[i]]);

		if (strncmp(text->at, matcher_signs[order[i]], length) != 0)
			continue;
		text->at += length;
		*ret_type = order[i];
		return 0;
	}
	return selector_refuse(text, "=, !=, =~ or !~", err);
}

static int take_matchers(struct selector *selector, struct selector_text *text,
	struct strbuf *name, struct strbuf *value, struct err *err)
{
	enum matcher_type type = MATCH_EQUAL;
	int r = 0;

	for (;;) {
		selector_skip_blanks(text);
		if (*text->at == '}' || *text->at == '\0')
			return 0;
		if (!take_label_name(text, name))
			return selector_refuse(text, "the name of a label", err);
		selector_skip_blanks(text);
		r = take_sign(text, &type, err);
		selector_skip_blanks(text);
		if (r == 0)
			r = selector_take_quoted(text, value, err);
		if (r == 0)
			r = selector_add(selector, type, strbuf_text(name),
				strbuf_text(value), err);
		if (r < 0)
			return r;
		selector_skip_blanks(text);
		if (*text->at == ',')
			text->at++;
		else if (*text->at != '}' && *text->at != '\0')
			return selector_refuse(text, "a comma or the end", err);
	}
}

int selector_parse(struct selector *selector, const char *given, struct err *err)
{
	struct selector_text text = { given, given };
	struct strbuf name, value;
	bool has_brace;
	int r = 0;

	strbuf_init(&name, SELECTOR_TEXT_MAX);
	strbuf_init(&value, SELECTOR_TEXT_MAX);
	selector_skip_blanks(&text);
	/* NAME{...}: the name is a matcher, too */
	if (strchr(given, '{') && is_name_byte(*text.at) &&
		take_label_name(&text, &name))
		r = selector_add(
			selector, MATCH_EQUAL, "__name__", strbuf_text(&name), err);
	selector_skip_blanks(&text);
	has_brace = *text.at == '{';
	text.at += has_brace;
	if (r == 0)
		r = take_matchers(selector, &text, &name, &value, err);
	if (r == 0 && has_brace && *text.at != '}')
		r = selector_refuse(&text, "a closing brace", err);
	if (r == 0 && *text.at == '}') {
		text.at++;
		selector_skip_blanks(&text);
		if (!has_brace || *text.at)
			r = selector_refuse(&text, "nothing more", err);
	}
	if (r == 0)
		r = strbuf_failed(&name) < 0 ? strbuf_failed(&name)
					     : strbuf_failed(&value);
	strbuf_done(&name);
	strbuf_done(&value);
	return r;
}

/* ---- what an engine gets --------------------------------------------------------------- */

void selector_quote(const char *text, struct strbuf *out)
{
	for (; *text; text++) {
		if (*text == '\n') {
			strbuf_add(out, "\\n");
			continue;
		}
		if (*text == '"' || *text == '\\')
			strbuf_add(out, "\\");
		strbuf_add_bytes(out, text, 1);
	}
}

void selector_quote_regex(const char *text, struct strbuf *out)
{
	for (; *text; text++) {
		if (strchr("\\.+*?()|[]{}^$", *text))
			strbuf_add(out, "\\");
		strbuf_add_bytes(out, text, 1);
	}
}

void selector_write(const struct selector *selector, struct strbuf *out)
{
	strbuf_add(out, "{");
	for (size_t i = 0; i < selector->count; i++) {
		const struct matcher *matcher = &selector->matcher[i];

		strbuf_addf(out, "%s%s%s\"", i ? "," : "", matcher->name,
			matcher_signs[matcher->type]);
		selector_quote(matcher->value, out);
		strbuf_add(out, "\"");
	}
	strbuf_add(out, "}");
}
