/*
 * The verdicts, with what they stand on.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_VERDICT_DOCUMENT_H
#define ANALYZE_REPORT_VERDICT_DOCUMENT_H

#include "analyze/assess/assess.h"
#include "analyze/document/document.h"

/* What people see of it; machines always get all. */
enum verdict_view {
	VERDICT_TABLE,  /* a row for each workload: its headings, what it needs */
	VERDICT_SIZES,  /* a row for each workload: what it has, what it needs */
	VERDICT_DETAIL, /* the findings, excursions and what to do as well */
};

struct document *verdict_document(const struct assess_request *request,
	const struct assessment *assessments, size_t count, enum verdict_view view);

/* How many of each verdict. */
struct verdict_counts {
	size_t of[VERDICT_INSUFFICIENT + 1];
};
struct verdict_counts verdict_count(const struct assessment *assessments, size_t count);

#endif
