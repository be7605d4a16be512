/* The command line: common options, a verb of the table, its own options. */
#ifndef ANALYZE_CONSOLE_OPTIONS_H
#define ANALYZE_CONSOLE_OPTIONS_H

#include "analyze/console/verb.h"

extern const struct option_spec options_common[]; /* ends with name NULL */

enum options_want {
	OPTIONS_RUN,  /* run context->verb */
	OPTIONS_HELP, /* print the help of context->verb, or of all when NULL */
	OPTIONS_VERSION,
};

/*
 * options_parse - fill the context from argv and the environment
 *
 * context    data_dir, config_dir, now and program_dir are set by the caller before
 * arguments  room for argc pointers; becomes context->arguments
 *
 * Returns 0, or -EINVAL with a text that names the nearest right word.
 */
int options_parse(struct context *context, const struct verb *verbs, size_t verb_count,
	int argc, char **argv, char **arguments, enum options_want *ret_want,
	struct err *err);

/* NULL when there is none; within verbs. */
const struct verb *options_find_verb(
	const struct verb *verbs, size_t count, const char *name);

/* Its short form, by its help; '\0': none. */
char option_letter(const struct option_spec *option);

/* What --format takes for a verb (NULL: for some): "text json". */
void options_format_words(const struct verb *verb, char *words, size_t size);

/* -EINVAL: "unknown verb ..., did you mean ...?" */
int options_unknown_verb(
	const struct verb *verbs, size_t count, const char *name, struct err *err);

#endif
