/* What was found of one workload, and what to do about it: a page for people. */
#ifndef ANALYZE_REPORT_VERDICT_PAGE_H
#define ANALYZE_REPORT_VERDICT_PAGE_H

#include "analyze/assess/assess.h"
#include "analyze/document/document.h"

/* horizon_days: of the growth that the figures include; NAN: none. */
void verdict_page(struct document *document, const struct assessment *assessment,
	double horizon_days);

#endif
