/* Help and manual page, both made from the table of verbs. */
#ifndef ANALYZE_CONSOLE_HELP_H
#define ANALYZE_CONSOLE_HELP_H

#include "analyze/console/verb.h"

void help_all(FILE *out, const struct verb *verbs, size_t count);
/* A page on a kind of file: "hosts", "csv" ...; false where there is none. */
bool help_topic(FILE *out, const char *name);
bool help_has_topic(const char *name);
void help_verb(FILE *out, const struct verb *verb);
/* analyze.1 as roff. */
void help_man(FILE *out, const struct verb *verbs, size_t count);
/* analyze-VERB.1. */
void help_man_verb(FILE *out, const struct verb *verb);

#endif
