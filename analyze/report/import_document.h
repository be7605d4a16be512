/*
 * What an import did, what there is to import, and what was imported.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_IMPORT_DOCUMENT_H
#define ANALYZE_REPORT_IMPORT_DOCUMENT_H

#include "analyze/document/document.h"
#include "analyze/import/import.h"
#include "analyze/import/import_store.h"
#include "store/db/imports.h"

/* format: as it was asked for. */
struct document *import_document(
	const char *format, const struct import_report *report);
/* Of another machine's store. */
struct document *import_store_document(const struct import_store_report *report);
struct document *import_undo_document(int64_t id, size_t removed, size_t restored);
/* The formats there are, and the imports so far. */
struct document *import_list_document(const struct import_list *list);

#endif
