/* What the forms of `analyze plan` share. */
#ifndef ANALYZE_VERBS_PLAN_VERBS_H
#define ANALYZE_VERBS_PLAN_VERBS_H

#include "analyze/plan/candidates.h"
#include "analyze/plan/plan_series.h"
#include "analyze/report/plan_document.h"
#include "analyze/verbs/screen.h"

/* One run: everything that is read before a plan can be made. */
struct plan_run {
	const struct context *context;
	unsigned include;
	bool has_axis, is_hour_axis;
	size_t resamples;
	double horizon_days;
	struct host_list hosts;
	struct screen screen;
	struct estate estate; /* everybody: a plan chooses by verdict */
	struct candidates candidates;
	struct plan_series series;
	double *values; /* of the series of an aligned plan */
	double filled_ratio;
	struct plan_request request;
	struct progress progress;
};

/* Reads hosts, store and assessment into request; always followed by plan_run_close. */
int plan_run_open(struct plan_run *run, struct err *err);
void plan_run_close(struct plan_run *run);

/* `analyze plan diff A.json B.json` and `analyze plan add PLAN.json WORKLOAD...` */
int plan_diff(struct context *context, struct err *err);
int plan_add(struct context *context, struct err *err);
/* `analyze plan list` and `analyze plan show ID` */
int plan_list(struct context *context, struct err *err);
int plan_show(struct context *context, struct err *err);

#endif
