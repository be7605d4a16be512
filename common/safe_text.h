/*
 * Text from outside on its way out: no terminal codes, no spreadsheet formulas, no
 * markup, no broken UTF-8, whatever a workload is called.
 */
#ifndef COMMON_SAFE_TEXT_H
#define COMMON_SAFE_TEXT_H

#include "common/err.h"
#include "common/strbuf.h"

#include <stdio.h>

/* Control codes, bidirectional overrides and broken UTF-8 as \xNN and \u{NNNN}. */
void safe_add_terminal(struct strbuf *buffer, const char *text);
/* A quoted JSON string; broken UTF-8 becomes U+FFFD, control codes \uNNNN. */
void safe_add_json(struct strbuf *buffer, const char *text);
/*
 * One CSV field (RFC 4180), quoted where needed.  A text that begins with one of
 * = + - @ ' tab or return gets a ' before it, which `import csv` takes away again.
 * Broken UTF-8 and the codes of terminals, which no imported name has, become U+FFFD and
 * \xNN.
 */
void safe_add_csv(struct strbuf *buffer, const char *text);
/* The text with & < > " ' as entities, the rest as safe_add_terminal. */
void safe_add_html(struct strbuf *buffer, const char *text);

/* The same straight to a stream. */
void safe_print_terminal(FILE *out, const char *text);
/* A message of several lines: as safe_print_terminal, but for its ends of lines. */
void safe_print_message(FILE *out, const char *text);
void safe_print_json(FILE *out, const char *text);
void safe_print_csv(FILE *out, const char *text);
void safe_print_html(FILE *out, const char *text);

/* A part of a key of kv output: all but letters, digits, _ and - as %XX. */
void safe_print_key(FILE *out, const char *text);

/* The value of a label of Prometheus: backslash, quote and newline have escapes there;
 * broken UTF-8 becomes U+FFFD. */
void safe_print_label(FILE *out, const char *text);

/* The terminal form in memory of its own; free it; NULL when out of memory. */
char *safe_terminal_dup(const char *text);

/* "<path>:<line>: <words>" as the text of err, for words that quote a file; returns 0, for
 * err_code. */
int safe_put_words(struct err *err, const char *path, unsigned line, const char *words);

/* Columns on a terminal of a text that is already safe. */
unsigned safe_width(const char *text);

#endif
