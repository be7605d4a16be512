/* The plan as a document. */
#ifndef ANALYZE_REPORT_PLAN_DOCUMENT_H
#define ANALYZE_REPORT_PLAN_DOCUMENT_H

#include "analyze/report/plan_view.h"

struct document *plan_document(const struct plan_view *view);

#endif
