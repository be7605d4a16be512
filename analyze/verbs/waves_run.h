/* What `waves` and `report` plan alike: the request, the plan's hosts, and the waves. */
#ifndef ANALYZE_VERBS_WAVES_RUN_H
#define ANALYZE_VERBS_WAVES_RUN_H

#include "analyze/console/verb.h"
#include "analyze/plan/plan_waves.h"
#include "store/store.h"

struct waves_run {
	struct wave_request request;
	struct wave_plan plan;
	struct plan_waves
		states; /* of the plan's hosts; source_count 0: none matters */
	struct plan_file hosts;
	bool has_hosts;
};

/*
 * waves_run - by the options --plan and --windows of a verb
 *
 * Who moves: those of the plan, else of the newest one that is stored, else every
 * workload.  Free with waves_run_done, also where it fails.  Returns 0 or a negative errno.
 */
int waves_run(const struct context *context, struct store *store, struct waves_run *run,
	struct err *err);
void waves_run_done(struct waves_run *run);

#endif
