/* Every workload under every target. */
#ifndef ANALYZE_REPORT_TARGETS_DOCUMENT_H
#define ANALYZE_REPORT_TARGETS_DOCUMENT_H

#include "analyze/assess/assess.h"
#include "analyze/document/document.h"

/* All borrowed. */
struct targets_view {
	const char *const *profile; /* [profile_count] */
	size_t profile_count;
	const struct workload *const *workload; /* [workload_count] */
	size_t workload_count;
	const enum verdict *verdict; /* [profile][workload] */
	const char *day;
};

struct document *targets_document(const struct targets_view *view);

#endif
