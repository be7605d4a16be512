/*
 * The peak report.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_PEAKS_DOCUMENT_H
#define ANALYZE_REPORT_PEAKS_DOCUMENT_H

#include "analyze/report/peaks_request.h"

struct document *peaks_document(const struct peaks_request *request);

#endif
