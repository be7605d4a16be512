/*
 * Before and after a move, side by side.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_COMPARE_DOCUMENT_H
#define ANALYZE_REPORT_COMPARE_DOCUMENT_H

#include "analyze/compare/compare.h"
#include "analyze/document/document.h"

/* has_detail: people get every figure, not only those that are sized by. */
struct document *compare_document(const struct comparison *comparison,
	const struct workload *before, const struct workload *after, bool has_detail);

#endif
