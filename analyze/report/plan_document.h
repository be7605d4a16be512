/*
 * The plan as a document.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_PLAN_DOCUMENT_H
#define ANALYZE_REPORT_PLAN_DOCUMENT_H

#include "analyze/report/plan_view.h"

struct document *plan_document(const struct plan_view *view);

#endif
