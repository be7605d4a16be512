/*
 * The demands of candidates on a common time axis, read from the store.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_PLAN_PLAN_SERIES_H
#define ANALYZE_PLAN_PLAN_SERIES_H

#include "analyze/plan/candidates.h"
#include "analyze/plan/resample.h"
#include "analyze/plan/timeline.h"

/* One store, many folds: what backtest_request.fold needs. */
struct plan_series {
	const struct estate *estate;
	const struct workload *const *measured; /* [workload]; NULL: not in the store */
	/* The set read last, so that the resources of one workload read it once. */
	size_t cached;
	void *set;
};

/* Both are borrowed until plan_series_close. */
void plan_series_open(struct plan_series *series, const struct estate *estate,
	const struct workload *const *measured);
void plan_series_close(struct plan_series *series);

/* Folds one resource; closure is a struct plan_series. */
int plan_series_fold(void *closure, size_t workload, enum resource resource,
	enum timeline_measure measure, const struct timeline *axis, double *ret_values,
	struct err *err);

/*
 * plan_series_align - fills workload[].series for an aligned plan, by load_each
 *
 * ret_values   one block for all of them; free it after the plan
 * ret_filled   share of the slots that had to be filled, 0..1
 */
int plan_series_align(const struct plan_series *series, struct candidates *candidates,
	const struct timeline *axis, double **ret_values, double *ret_filled,
	struct err *err);

/* The daily figures for resample_plan; free ret_days->highest. */
int plan_series_days(struct plan_series *series, const struct candidates *candidates,
	struct resample_days *ret_days, struct err *err);

#endif
