/* The words that rules ask for, in the spellings that people use. */
#ifndef SCHEMA_FACT_WORDS_H
#define SCHEMA_FACT_WORDS_H

#include "common/err.h"
#include "schema/fact.h"

#include <stdbool.h>

/* Equal but for case, and for blanks, hyphens and underscores, which count alike. */
bool fact_words_alike(const char *a, const char *b);

/*
 * fact_words_settle - the word that rules know for an entry of a list
 *
 * ret_word  borrowed from the tables, or text itself
 *
 * "DC" and "Domain_Controller" are domain-controller, "ISA 2004" is ISA Server 2004.
 * Returns 0, or -EINVAL for a role that nobody knows: the text lists the roles.  Products
 * are without number: one that no rule names is taken as it is.
 */
int fact_words_settle(
	enum fact_id fact, const char *text, const char **ret_word, struct err *err);

#endif
