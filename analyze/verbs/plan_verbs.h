/* The forms of `analyze plan` in files of their own. */
#ifndef ANALYZE_VERBS_PLAN_VERBS_H
#define ANALYZE_VERBS_PLAN_VERBS_H

#include "analyze/plan/candidates.h"
#include "analyze/plan/plan_series.h"
#include "analyze/report/plan_document.h"
#include "analyze/verbs/screen.h"

/* Of `analyze plan diff A.json B.json`, `plan add PLAN.json WORKLOAD...`: each returns
 * an EXIT_ code of the program, with the text of a failure set. */
int plan_diff(struct context *context, struct err *err);
int plan_add(struct context *context, struct err *err);
/* Of `analyze plan list` and `analyze plan show ID`; likewise. */
int plan_list(struct context *context, struct err *err);
int plan_show(struct context *context, struct err *err);

#endif
