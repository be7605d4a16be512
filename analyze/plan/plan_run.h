/*
 * Everything that is read before a plan can be made: the candidates of an estate by their
 * verdicts, and their demands on the common time axis where the plan is aligned.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_PLAN_PLAN_RUN_H
#define ANALYZE_PLAN_PLAN_RUN_H

#include "analyze/plan/candidates.h"
#include "analyze/plan/plan_series.h"

struct plan_run {
	/* asked for */
	unsigned include; /* enum include */
	bool has_axis, is_hour_axis;
	double horizon_days;
	struct host_list hosts; /* owned */
	/* read */
	const struct estate
		*estate; /* everybody: a plan chooses by verdict; borrowed */
	struct candidates candidates;
	struct plan_series series;
	double *values; /* of the series of an aligned plan */
	double filled_ratio;
	struct plan_request request;
};

/*
 * plan_run_read - candidates, and the series of an aligned plan, into run->request
 *
 * run     what is asked for is set, the hosts are loaded; plan_run_done in either case
 * estate  with every workload, open until plan_run_done
 */
int plan_run_read(struct plan_run *run, const struct estate *estate, struct err *err);
void plan_run_done(struct plan_run *run);

/* How stable the number of hosts is, by so many draws of days; request->packing.seed. */
int plan_run_resample(struct plan_run *run, const struct plan *plan, size_t resamples,
	void (*progress)(void *closure, double done_ratio), void *closure,
	struct resample_result *ret_result, struct err *err);

/* In one transaction: the plan as JSON, and which version of which profile it used. */
int plan_run_keep(
	const struct plan_run *run, int64_t now, const char *json, struct err *err);

#endif
