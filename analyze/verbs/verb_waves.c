/* analyze waves: in which order workloads move, and which of them together. */
#include "analyze/report/waves_document.h"
#include "analyze/verbs/verbs.h"
#include "analyze/verbs/waves_run.h"

#include <string.h>

const struct option_spec verb_waves_options[] = {
	{ "plan", "PLAN.json",
		"who moves: those on its hosts; else the newest stored plan, "
		"else every workload" },
	{ "windows", "FILE",
		"windows, rates, dependencies, an order to check (analyze help "
		"windows)" },
	{ NULL, NULL, NULL },
};

/* Something that was asked for does not hold: as with a plan. */
static bool is_lacking(const struct wave_plan *plan)
{
	for (size_t i = 0; i < plan->violation_count; i++) {
		if (!plan->violation[i].is_warning)
			return true;
	}
	return plan->unplaced_count > 0;
}

int verb_waves(struct context *context, struct err *err)
{
	struct waves_run run = { .has_hosts = false };
	struct store *store = NULL;
	int r, code = EXIT_OK;

	r = store_open(context->data_dir, &store, err);
	if (r == 0) {
		r = waves_run(context, store, &run, err);
		if (r == 0)
			r = document_print(
				waves_document(&(struct waves_view){ &run.request,
					&run.plan, run.states.source_count,
					run.states.unchecked }),
				context, err);
		if (r == 0 && is_lacking(&run.plan))
			code = EXIT_LACKING;
		waves_run_done(&run);
	}
	store_close(store);
	return r < 0 ? EXIT_FAILED : code;
}
