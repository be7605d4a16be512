#include "analyze/plan/plan_run.h"

#include "store/db/health.h"
#include "store/db/plans.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Over this many figures the common axis has whole hours unless steps are asked for. */
#define STEP_AXIS_VALUES_MAX 2000000
#define HOUR_S 3600u
#define KEEP_WAIT_MS 2000
#define DRAW_LIMIT_S 0.5

/* A constraint on a workload that nobody knows is a typing error, not a wish. */
static int check_names(const struct host_list *hosts, const struct workload_list *list,
	struct err *err)
{
	for (size_t i = 0; i < hosts->constraint_count; i++) {
		const struct host_constraint *constraint = &hosts->constraint[i];

		for (size_t j = 0; j < constraint->workload_count; j++) {
			if (!workload_list_find(list, constraint->workload[j]))
				return err_set(err, -EINVAL,
					"%s:%u: constraints[%zu].workloads: no "
					"workload is called \"%.60s\"",
					hosts->path, constraint->line, i,
					constraint->workload[j]);
		}
	}
	return 0;
}

static int choose_axis(struct plan_run *run, struct err *err)
{
	struct candidates *candidates = &run->candidates;
	unsigned step_s =
		candidates->coarsest_step_s ? candidates->coarsest_step_s : HOUR_S;
	int64_t span = candidates->to - candidates->from;
	double values = (double)candidates->count * (double)span / (double)step_s;

	if (candidates->count == 0 || span <= 0)
		return 0;
	if (run->has_axis ? run->is_hour_axis : values > STEP_AXIS_VALUES_MAX)
		step_s = step_s > HOUR_S ? step_s : HOUR_S;
	if (timeline_span(
		    candidates->from, candidates->to, step_s, &run->request.axis) < 0)
		return err_set(err, -ERANGE, "the common time axis has too many slots");
	return 0;
}

static int read_series(struct plan_run *run, struct err *err)
{
	int r = choose_axis(run, err);

	if (r < 0 || run->request.axis.slots == 0)
		return r;
	return plan_series_align(&run->series, &run->candidates, &run->request.axis,
		&run->values, &run->filled_ratio, err);
}

int plan_run_read(struct plan_run *run, const struct estate *estate, struct err *err)
{
	struct candidates_request wanted = { .include = run->include,
		.hosts = &run->hosts,
		.horizon_days = run->horizon_days };
	int r = check_names(&run->hosts, &estate->list, err);

	run->estate = estate;
	if (r == 0)
		r = candidates_gather(estate, &wanted, &run->candidates, err);
	if (r < 0)
		return r;
	plan_series_open(&run->series, estate, run->candidates.measured);
	run->request.factors = &run->candidates.factors;
	run->request.hosts = &run->hosts;
	run->request.workload = run->candidates.workload;
	run->request.workload_count = run->candidates.count;
	return run->request.is_aligned ? read_series(run, err) : 0;
}

void plan_run_done(struct plan_run *run)
{
	plan_series_close(&run->series);
	candidates_done(&run->candidates);
	host_list_done(&run->hosts);
	free(run->values);
}

int plan_run_resample(struct plan_run *run, const struct plan *plan, size_t resamples,
	void (*progress)(void *closure, double done_ratio), void *closure,
	struct resample_result *ret_result, struct err *err)
{
	struct resample_days days;
	int r = plan_series_days(&run->series, &run->candidates, &days, err);

	if (r < 0)
		return r;
	r = resample_plan(&run->request, &days, plan->host_count, resamples,
		run->request.packing.seed, DRAW_LIMIT_S, progress, closure, ret_result,
		err);
	free(days.highest);
	return r;
}

int plan_run_keep(
	const struct plan_run *run, int64_t now, const char *json, struct err *err)
{
	const struct plan_factors *factors = run->request.factors;
	struct store *store = run->estate->store;
	char hash[17];
	int64_t id;
	int r = store_begin(store, KEEP_WAIT_MS, err);

	if (r < 0)
		return r;
	(void)snprintf(hash, sizeof(hash), "%016" PRIx64, factors->profile_checksum);
	r = store_plan_add(store, now, factors->profile,
		run->request.is_aligned ? "aligned" : "peak", json, &id, err);
	if (r == 0)
		r = store_profile_used(store, factors->profile, hash, now, err);
	if (r == 0)
		return store_commit(store, err);
	store_rollback(store);
	return r;
}
