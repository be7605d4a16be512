/* All documents x all formats: each can be written in each, JSON is JSON, every row of CSV
 * has as many fields, and no format drops a cell that is for it. */
#ifndef TESTS_EVERY_FORMAT_H
#define TESTS_EVERY_FORMAT_H

#include "analyze/document/document.h"

#include <stddef.h>

#define EVERY_FORMAT_CASES_MAX 64

struct document_case {
	const char *name;
	struct document *(*make)(void);
};

/* One test for each; returns how many failed, as a test program's main does. */
int every_format_run(const char *group, struct document_case *cases, size_t count);

#endif
