/* All documents x all formats: each can be written in each, JSON is JSON, every row of CSV
 * has as many fields, and no format drops a cell that is for it.  What is said, whole, stands
 * in tests/golden/made for those cases that have a golden file. */
#ifndef TESTS_EVERY_FORMAT_H
#define TESTS_EVERY_FORMAT_H

#include "analyze/document/document.h"

#include <stdbool.h>
#include <stddef.h>

#define EVERY_FORMAT_CASES_MAX 64

struct document_case {
	const char *name;
	struct document *(*make)(void);
	const char *golden; /* its file, without .txt; NULL: none */
	bool is_page;       /* also as a page and as a picture */
};

/* As it is; whole against its golden file; that as a page and as a picture too. */
#define DOCUMENT_CASE(name, make)       \
	{                               \
		name, make, NULL, false \
	}
#define DOCUMENT_WHOLE(name, make)       \
	{                                \
		name, make, #make, false \
	}
#define DOCUMENT_PAGE(name, make)       \
	{                               \
		name, make, #make, true \
	}

/* One test for each; returns how many failed, as a test program's main does. */
int every_format_run(const char *group, struct document_case *cases, size_t count);

#endif
