/* The waves of a migration as a document: who moves when, what holds it up. */
#ifndef ANALYZE_REPORT_WAVES_DOCUMENT_H
#define ANALYZE_REPORT_WAVES_DOCUMENT_H

#include "analyze/document/document.h"
#include "analyze/migrate/wave_rules.h"

/* Both are borrowed while the document is made. */
struct document *waves_document(
	const struct wave_request *request, const struct wave_plan *plan);

/* Room in the given array for the labels of a cycle: "a waits for b, b waits for a". */
void waves_cycle_text(const struct wave_request *request, const size_t *cycle,
	size_t count, char *ret_text, size_t size);

#endif
