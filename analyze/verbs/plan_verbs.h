/* The forms of `analyze plan` in files of their own. */
#ifndef ANALYZE_VERBS_PLAN_VERBS_H
#define ANALYZE_VERBS_PLAN_VERBS_H

#include "analyze/plan/plan_run.h"
#include "analyze/verbs/screen.h"

/* What the command line asks of a plan: into what is asked for of run, and into its request.
 * Returns 0, or -EINVAL with the text set. */
int plan_options_take(const struct context *context, struct plan_run *run,
	size_t *ret_resamples, struct err *err);

/* Of `analyze plan diff A.json B.json`, `plan add PLAN.json WORKLOAD...`: each returns
 * an EXIT_ code of the program, with the text of a failure set. */
int plan_diff(struct context *context, struct err *err);
int plan_add(struct context *context, struct err *err);
/* Of `analyze plan list` and `analyze plan show ID`; likewise. */
int plan_list(struct context *context, struct err *err);
int plan_show(struct context *context, struct err *err);

#endif
