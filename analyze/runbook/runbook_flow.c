#include "analyze/runbook/runbook_render.h"

#include "common/safe_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 80

struct flow {
	struct strbuf *out;
	struct strbuf words;  /* of the paragraph or item that is being filled */
	unsigned first, rest; /* blanks before its first line, before the others */
	unsigned long last;   /* number of the last item */
};

/* The length of the marker of an item, "- " or "3. "; 0: it is none.  Numbers go on from 1: a
 * sentence that ends with a number at the beginning of a line is no item. */
static size_t marker_length(struct flow *flow, const char *line)
{
	size_t digits = strspn(line, "0123456789");
	unsigned long number;

	if (strncmp(line, "- ", 2) == 0)
		return 2;
	if (digits == 0 || strncmp(line + digits, ". ", 2) != 0)
		return 0;
	number = strtoul(line, NULL, 10);
	if (number != 1 && number != flow->last + 1)
		return 0;
	flow->last = number;
	return digits + 2;
}

/* To the next blank that is in no code span. */
static size_t word_length(const char *text)
{
	size_t length = 0, open = 0;

	while (text[length] && (text[length] != ' ' || open)) {
		size_t ticks = strspn(text + length, "`");

		if (ticks > 0)
			open = open == 0 ? ticks : open == ticks ? 0 : open;
		length += ticks > 0 ? ticks : 1;
	}
	return length;
}

static void flow_end(struct flow *flow)
{
	const char *at = strbuf_text(&flow->words);
	unsigned column = flow->first;

	if (!*at)
		return;
	strbuf_addf(flow->out, "%*s", (int)flow->first, "");
	for (size_t length; *at; at += length + strspn(at + length, " ")) {
		unsigned width;
		char *word;

		length = word_length(at);
		word = strndup(at, length);
		width = word ? safe_width(word) : (unsigned)length;
		if (column > flow->rest && at != strbuf_text(&flow->words) &&
			column + 1 + width > WIDTH) {
			strbuf_addf(flow->out, "\n%*s", (int)flow->rest, "");
			column = flow->rest;
		} else if (at != strbuf_text(&flow->words)) {
			strbuf_add(flow->out, " ");
			column++;
		}
		strbuf_add_bytes(flow->out, at, length);
		column += width;
		free(word);
	}
	strbuf_add(flow->out, "\n");
	strbuf_clear(&flow->words);
}

static void flow_line(struct flow *flow, const char *line, unsigned indent)
{
	unsigned blanks = (unsigned)strspn(line, " ");
	size_t marker = marker_length(flow, line + blanks);

	if (!line[blanks] || line[blanks] == '|') {
		flow_end(flow);
		if (line[blanks])
			strbuf_addf(flow->out, "%*s%s\n", (int)indent, "", line);
		else
			strbuf_add(flow->out, "\n");
		return;
	}
	if (marker > 0 || flow->words.length == 0) {
		flow_end(flow);
		flow->first = indent + blanks;
		flow->rest = flow->first + (unsigned)marker;
	}
	strbuf_addf(&flow->words, "%s%s", flow->words.length ? " " : "", line + blanks);
}

void runbook_flow(const char *text, unsigned indent, struct strbuf *out)
{
	struct flow flow = { .out = out };

	strbuf_init(&flow.words, out->ceiling);
	while (*text) {
		size_t length = strcspn(text, "\n");
		char *line = strndup(text, length);

		if (line)
			flow_line(&flow, line, indent);
		else
			out->error = -ENOMEM;
		free(line);
		text += length + (text[length] == '\n');
	}
	flow_end(&flow);
	if (strbuf_failed(&flow.words) < 0)
		out->error = strbuf_failed(&flow.words);
	strbuf_done(&flow.words);
}
