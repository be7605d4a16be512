/* What `analyze import` says at its end. */
#ifndef ANALYZE_IMPORT_IMPORT_PRINT_H
#define ANALYZE_IMPORT_IMPORT_PRINT_H

#include "analyze/console/verb.h"
#include "analyze/import/import.h"
#include "analyze/import/import_store.h"

int import_print(const struct context *context, const char *format,
	const struct import_report *report, struct err *err);
int import_print_store(const struct context *context,
	const struct import_store_report *report, struct err *err);
void import_print_undo(
	const struct context *context, int64_t id, size_t removed, size_t restored);
/* The formats, and the imports so far. */
int import_print_list(
	const struct context *context, struct store *store, struct err *err);

#endif
