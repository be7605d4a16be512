/* The way of the numbers of one workload, for people. */
#ifndef ANALYZE_REPORT_EXPLAIN_PAGE_H
#define ANALYZE_REPORT_EXPLAIN_PAGE_H

#include "analyze/report/explain_subject.h"

void explain_page(struct document *document, const struct explain_subject *subject);

#endif
