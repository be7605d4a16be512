/*
 * Every workload under every target.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_TARGETS_DOCUMENT_H
#define ANALYZE_REPORT_TARGETS_DOCUMENT_H

#include "analyze/assess/assess.h"
#include "analyze/document/document.h"

/* Of assessments that were judged under all profiles (assess_request.is_of_all). */
struct document *targets_document(const struct assess_request *request,
	const struct assessment *assessments, size_t count);

/* "passes: kvm 31, plain 40 of 40; ..." for the end of a verdict. */
void targets_line(struct document *document, const struct assess_request *request,
	const struct assessment *assessments, size_t count);

#endif
