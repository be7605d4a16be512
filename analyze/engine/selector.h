/*
 * Which series: matchers of labels, as PromQL writes them between braces.
 */
#ifndef ANALYZE_ENGINE_SELECTOR_H
#define ANALYZE_ENGINE_SELECTOR_H

#include "common/err.h"
#include "common/strbuf.h"

#include <stddef.h>

enum { SELECTOR_MATCHERS_MAX = 32, SELECTOR_TEXT_MAX = 16384 };

enum matcher_type { MATCH_EQUAL, MATCH_NOT_EQUAL, MATCH_REGEX, MATCH_NOT_REGEX };

struct matcher {
	enum matcher_type type;
	char *name, *value;
};

struct selector { /* start with all zero */
	struct matcher matcher[SELECTOR_MATCHERS_MAX];
	size_t count;
};

void selector_done(struct selector *selector);
/* Its texts are copied; -E2BIG, -ENOMEM. */
int selector_add(struct selector *selector, enum matcher_type type, const char *name,
	const char *value, struct err *err);
/* What a person gave: {job="node",env!~"test.*"}, with or without braces, or NAME{...}. */
int selector_parse(struct selector *selector, const char *text, struct err *err);
/* {__name__=~"...",workload="..."} */
void selector_write(const struct selector *selector, struct strbuf *out);
/* A text in the quotes of PromQL, without them. */
void selector_quote(const char *text, struct strbuf *out);
/* A text that stands for itself in a regular expression. */
void selector_quote_regex(const char *text, struct strbuf *out);

#endif
