/*
 * Documents of what people state about workloads: reviews, exclusions.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_STATEMENTS_H
#define ANALYZE_REPORT_STATEMENTS_H

#include "analyze/document/document.h"
#include "store/db/exclusions.h"
#include "store/db/reviews.h"
#include "store/db/workloads.h"

/* now: Unix seconds, for what has run out.  Both own what they say; NULL: out of memory. */
struct document *review_document(const struct workload_list *workloads,
	const struct review_list *list, int64_t now);
struct document *exclude_document(
	const struct workload_list *workloads, const struct exclusion_list *list);

#endif
