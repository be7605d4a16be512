/*
 * What a command changed in the store: a sentence for people, names and numbers for
 * programs.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_CHANGE_DOCUMENT_H
#define ANALYZE_REPORT_CHANGE_DOCUMENT_H

#include "analyze/document/document.h"

#include <stddef.h>
#include <stdint.h>

struct change_view {
	const char *
		what; /* "exclude", "undo", "accept", "rename" ...: the command's word */
	const char
		*name; /* of the rule or workload; NULL: there are several, or none */
	size_t count;  /* of workloads, facts or documents */
	const int64_t *id; /* of what was made or undone */
	size_t id_count;
};

/* text: a sentence, or one for each id, between them a newline. */
struct document *change_document(const struct change_view *view, const char *text);

/* Names alone, for scripts: in text one a line; key: of their list in JSON. */
struct document *names_document(
	const char *schema, const char *key, const char *const *name, size_t count);

#endif
