/*
 * Texts from outside in scripts and files that others interpret.  What is appended is one
 * word, one literal, one value of its format, whatever the text holds; what a format cannot
 * say is refused with a reason, never left out or changed.
 */
#ifndef COMMON_QUOTE_H
#define COMMON_QUOTE_H

#include "common/err.h"
#include "common/strbuf.h"

enum quote_format {
	QUOTE_SH,    /* a shell word: '...' */
	QUOTE_PS1,   /* a PowerShell literal: '...' */
	QUOTE_XML,   /* text of an element, or between the quotes of an attribute */
	QUOTE_CMD,   /* an argument in a batch file: "..." */
	QUOTE_JSON,  /* a JSON string: "..." */
	QUOTE_PLAIN, /* as it is, if it is letters, digits and . _ : @ / + - */
	QUOTE_TEXT,  /* a code span of Markdown */
	QUOTE_FORMAT_COUNT,
};

/* "sh", "ps1", "xml", "cmd", "json", "plain", "text". */
const char *quote_format_name(enum quote_format format);
/* QUOTE_FORMAT_COUNT for a word that is none. */
enum quote_format quote_format_find(const char *name);

/*
 * quote_add - append the text, quoted
 *
 * sh      any bytes; ' is written '\''
 * ps1     UTF-8 without line ends other than \n; ' and U+2018 to U+201B, which PowerShell
 *         reads as ' too, are doubled
 * xml     UTF-8 without the control characters that XML 1.0 has no way to write; & < > " '
 *         and tab, newline, return as references
 * cmd     printable ASCII but ": a batch file is read in the code page of the machine and
 *         has no way to write " in an argument; % doubled, a last \ too
 * json    UTF-8; control characters as \u00NN
 * text    any bytes; what is no plain UTF-8 is shown as \xNN or \u{NNNN}
 *
 * Returns 0, or -EINVAL with what cannot be written and why; then nothing is appended.
 */
int quote_add(struct strbuf *out, enum quote_format format, const char *text,
	struct err *err);

/* A safe name of a file: letters, digits, . _ - are kept, the rest is %XX, as is a first
 * dot or hyphen; needs no quoting in any format but cmd, where % is doubled by quote_add. */
void quote_add_file_name(struct strbuf *out, const char *text);

#endif
