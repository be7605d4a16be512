/* The plan for people: the answer first, then a bar per host and resource, then who runs
 * where, then what is left out and why. */
#ifndef ANALYZE_REPORT_PLAN_PAGE_H
#define ANALYZE_REPORT_PLAN_PAGE_H

#include "analyze/report/plan_view.h"

void plan_page(struct document *document, const struct plan_view *view);

#endif
