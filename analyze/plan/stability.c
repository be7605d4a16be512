#include "analyze/plan/stability.h"

#include "analyze/plan/candidates.h"
#include "analyze/plan/plan_series.h"
#include "analyze/plan/resample.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define PACK_LIMIT_S 1.0
#define DRAW_LIMIT_S 0.2
#define SEED 1

static int stability_draw(const struct estate *estate, const struct host_list *hosts,
	struct candidates *candidates, double *ret_same_ratio, struct err *err)
{
	struct plan_request request = { .factors = &candidates->factors,
		.hosts = hosts,
		.workload = candidates->workload,
		.workload_count = candidates->count,
		.packing = { .time_limit_s = PACK_LIMIT_S,
			.seed = SEED,
			.without_solver = true } };
	struct resample_days days = { .days = 0 };
	struct resample_result result;
	struct plan_series series;
	struct plan plan;
	int r = plan_make(&request, &plan, err);

	if (r < 0)
		return r;
	plan_series_open(&series, estate, candidates->measured);
	r = plan_series_days(&series, candidates, &days, err);
	if (r == 0)
		r = resample_plan(&request, &days, plan.host_count, STABILITY_RESAMPLES,
			SEED, DRAW_LIMIT_S, NULL, NULL, &result, err);
	if (r == 0)
		*ret_same_ratio = (double)result.same_count / (double)result.resamples;
	free(days.highest);
	plan_series_close(&series);
	plan_done(&plan);
	return r;
}

int stability_of_hosts(const struct estate *estate, const char *hosts_path,
	double *ret_same_ratio, struct err *err)
{
	struct candidates_request wanted = { .include = INCLUDE_PASS | INCLUDE_REVIEW |
			INCLUDE_UNKNOWN | INCLUDE_INSUFFICIENT };
	struct candidates candidates = { .count = 0 };
	struct host_list hosts;
	int r = host_list_load(hosts_path, &hosts, err);

	if (r < 0)
		return r;
	*ret_same_ratio = NAN;
	wanted.hosts = &hosts;
	r = candidates_gather(estate, &wanted, &candidates, err);
	if (r == 0 && candidates.to > candidates.from) /* there is one at least */
		r = stability_draw(estate, &hosts, &candidates, ret_same_ratio, err);
	candidates_done(&candidates);
	host_list_done(&hosts);
	return r;
}
