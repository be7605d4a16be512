/* A plan as rows: one for each workload, placed or not, and one for each host (CSV); who
 * is where (key=value). */
#ifndef ANALYZE_REPORT_PLAN_ROWS_H
#define ANALYZE_REPORT_PLAN_ROWS_H

#include "analyze/report/plan_view.h"

void plan_rows_add(struct document *document, const struct plan_view *view);

#endif
