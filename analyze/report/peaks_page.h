/* The peak report of one workload by name: a page for people. */
#ifndef ANALYZE_REPORT_PEAKS_PAGE_H
#define ANALYZE_REPORT_PEAKS_PAGE_H

#include "analyze/report/peaks_request.h"

/* A page for each workload of the request. */
void peaks_pages(struct document *document, const struct peaks_request *request);

#endif
