/* Completion for shells, made from the tables of verbs and options. */
#ifndef ANALYZE_CONSOLE_COMPLETION_H
#define ANALYZE_CONSOLE_COMPLETION_H

#include "analyze/console/verb.h"

/* shell: "bash", "zsh" or "fish"; false for another. */
bool completion_print(
	FILE *out, const char *shell, const struct verb *verbs, size_t count);

#endif
