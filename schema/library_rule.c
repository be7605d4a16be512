/* A rule by the word that a person typed. */
#include "common/suggest.h"
#include "schema/library.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BEGINNINGS_TOLD 6 /* rules that are named for the begin of one */

static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (; (text = strstr(text, word)); text += length)
		if (text[length] == '\0' || text[length] == ',')
			return true;
	return false;
}

/* "CPU-2" is how more than one begins: all of them, no guess. */
static void tell_beginnings(
	const struct library *library, const char *id, struct strbuf *out)
{
	unsigned told = 0;

	for (size_t i = 0; *id && i < library->rules.count && told < BEGINNINGS_TOLD;
		i++) {
		const char *one = library->rules.rule[i].id;

		/* a rule may stand there once for each edition */
		if (strncasecmp(one, id, strlen(id)) == 0 &&
			!has_word(strbuf_text(out), one))
			strbuf_addf(out, "%s%s", told++ ? ", " : "; so begin ", one);
	}
}

static int refuse_rule(const struct library *library, const char *id, struct err *err)
{
	const char **ids = calloc(library->rules.count + 1, sizeof(*ids));
	const char *near = NULL;
	struct strbuf begin;
	int r;

	strbuf_init(&begin, 300);
	tell_beginnings(library, id, &begin);
	for (size_t i = 0; ids && i < library->rules.count; i++)
		ids[i] = library->rules.rule[i].id;
	if (ids && !*strbuf_text(&begin))
		near = suggest_nearest(id, ids, library->rules.count);
	free(ids);
	r = err_set(err, -ENOENT, "there is no rule \"%.60s\"%s%s%s%s", id,
		near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "",
		strbuf_text(&begin));
	strbuf_done(&begin);
	return r;
}

int library_rule_get(const struct library *library, const char *id,
	const struct rule **ret_rule, struct err *err)
{
	*ret_rule = library_rule(library, id);
	return *ret_rule ? 0 : refuse_rule(library, id, err);
}
