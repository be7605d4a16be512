/* The words that rules ask for, in the spellings that people use. */
#ifndef SCHEMA_FACT_WORDS_H
#define SCHEMA_FACT_WORDS_H

#include "common/err.h"

#include <stdbool.h>

/* Equal but for case, and for blanks, hyphens and underscores, which count alike. */
bool fact_words_alike(const char *a, const char *b);

/* The role that rules know for a word, borrowed from the table: "DC" and "Domain_Controller"
 * are domain-controller.  -EINVAL for one that nobody knows: the text lists the roles. */
int fact_words_role(const char *text, const char **ret_word, struct err *err);

/* The product that rules name, "ISA 2004" being ISA Server 2004; text itself for another:
 * products are without number. */
const char *fact_words_product(const char *text);

#endif
