/*
 * The targets, their factors, and the rules of a day.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_PROFILES_DOCUMENT_H
#define ANALYZE_REPORT_PROFILES_DOCUMENT_H

#include "analyze/document/document.h"
#include "schema/library.h"

struct profiles_view {
	const struct library *library;
	const struct profile *only; /* NULL: all */
	const char *day;
	bool has_rules; /* those of all profiles; a profile by name shows its own */
};

struct document *profiles_document(const struct profiles_view *view);

/* What one target says of a guest system, by the rules that the system alone decides. */
struct os_view {
	const struct profile *profile;
	enum outcome outcome;
	size_t undecided; /* rules that wait for other facts */
	char rules[200];  /* ids of what decides */
};
struct document *guest_os_document(const struct guest_os *os, const char *day,
	const struct os_view *views, size_t count);

#endif
