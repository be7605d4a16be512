/*
 * What `analyze check` answers: the line of a monitoring plugin, with its performance data,
 * and the same for programs.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_CHECK_DOCUMENT_H
#define ANALYZE_REPORT_CHECK_DOCUMENT_H

#include "analyze/document/document.h"

#include <stddef.h>

enum { CHECK_FIGURES_MAX = 16, CHECK_NUMBER_SIZE = 32 };

/* label=value[unit];warning;critical;minimum;maximum of the performance data: "" is an
 * empty field; a last one that is NULL, and those before it that are, are left out. */
struct check_figure {
	const char *name, *unit;
	char value[CHECK_NUMBER_SIZE];
	const char *warning, *critical, *minimum, *maximum;
};

/* All borrowed. */
struct check_view {
	int code;             /* 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN */
	const char *text;     /* why, in a few words */
	const char *workload; /* that was asked for; NULL: the daemon and all */
	struct check_figure figure[CHECK_FIGURES_MAX];
	size_t count;
	const char *details; /* lines for people below the first; "": none */
};

struct document *check_document(const struct check_view *view);

#endif
