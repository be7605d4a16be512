/* analyze verdict: may each workload move, and if not, why. */
#include "analyze/document/arrange.h"
#include "analyze/assess/assess.h"
#include "analyze/peaks/growth.h"
#include "analyze/plan/hosts.h"
#include "analyze/plan/stability.h"
#include "analyze/report/targets_document.h"
#include "analyze/report/verdict_document.h"
#include "analyze/verbs/engine_options.h"
#include "analyze/verbs/screen.h"
#include "analyze/verbs/verbs.h"
#include "store/store.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct option_spec verb_verdict_options[] = {
	{ "hosts", "FILE", "candidate hosts: their fastest core is the target core" },
	{ "horizon", "TIME", "add clear growth until then: 12months, 90d" },
	{ "detail", NULL, "the findings of every workload, as for one by name" },
	{ "sizes", NULL, "what each workload has beside what it needs" },
	{ "strict", NULL,
		"a fact that nobody stated is UNKNOWN, never taken as absent" },
	ARRANGE_OPTIONS,
	SOURCE_OPTIONS,
	{ NULL, NULL, NULL },
};

/* The fourth score of sufficiency, where hosts are given. */
static int add_stability(const struct context *context, const struct estate *estate,
	const struct assess_request *request, struct assessment *assessments,
	struct err *err)
{
	const char *hosts = context_option(context, "hosts");
	double same_ratio = NAN;
	struct err why = ERR_INIT;
	int r = hosts ? stability_of_hosts(estate, hosts, &same_ratio, &why) : 0;

	if (r == -ENOMEM)
		return err_set(err, r, "%s", why.text);
	/* hosts that no plan can be made for still have a fastest core: the verdict goes
	 * on without this score, and says so */
	if (r < 0)
		context_say(context, "stability is not scored: %s", why.text);
	if (r < 0 || isnan(same_ratio))
		return 0;
	for (size_t i = 0; i < estate->count; i++)
		assess_add_stability(&assessments[i], same_ratio, &request->settings);
	return 0;
}

/* ---- every target ----------------------------------------------------------------- */

static int print_targets(const struct context *context, const struct estate *estate,
	double core_mhz, struct err *err)
{
	struct estate own = *estate;
	struct assessment *assessments = NULL;
	struct assess_run run;
	int r;

	own.request.profile = NULL; /* any: it is judged under all of them */
	r = assess_begin(&own, core_mhz, &run, err);
	if (r < 0)
		return r;
	run.request.is_of_all = true;
	r = assess_all(&own, &run.request, &assessments, err);
	if (r == 0)
		r = document_print(
			targets_document(&run.request, assessments, own.count), context,
			err);
	assessments_free(assessments, own.count);
	assess_end(&run);
	return r;
}

/* ---- one target ------------------------------------------------------------------- */

static enum verdict_view verdict_view_of(const struct context *context)
{
	if (context_option(context, "sizes"))
		return VERDICT_SIZES;
	return context_option(context, "detail") || context->argument_count > 0
		? VERDICT_DETAIL
		: VERDICT_TABLE;
}

static int print_verdicts(const struct context *context, const struct estate *estate,
	double core_mhz, double horizon_days, struct err *err)
{
	struct assessment *assessments = NULL;
	struct assess_run run;
	int r = assess_begin(estate, core_mhz, &run, err);

	if (r < 0)
		return r;
	run.request.horizon_days = horizon_days;
	/* only people read the line that says so */
	run.request.is_of_all = context->format == FORMAT_TEXT;
	r = assess_all(estate, &run.request, &assessments, err);
	if (r == 0)
		r = add_stability(context, estate, &run.request, assessments, err);
	if (r == 0)
		r = document_print(verdict_document(&run.request, assessments,
					   estate->count, verdict_view_of(context)),
			context, err);
	assessments_free(assessments, estate->count);
	assess_end(&run);
	return r;
}

int verb_verdict(struct context *context, struct err *err)
{
	bool is_of_all = context->profile && strcmp(context->profile, "all") == 0;
	const char *horizon = context_option(context, "horizon");
	double core_mhz, horizon_days = NAN;
	struct screen screen;
	struct estate estate;
	int r;

	if (!is_of_all && horizon && growth_parse_horizon(horizon, &horizon_days) < 0) {
		err_set(err, -EINVAL,
			"--horizon: expected a time such as 12months or 90d");
		return EXIT_USAGE;
	}
	if (host_list_fastest_core(context_option(context, "hosts"), &core_mhz, err) <
			0 ||
		screen_open_estate(
			&screen, context, 0, SCREEN_NAMES_ALL, &estate, err) < 0)
		return EXIT_FAILED;
	r = is_of_all ? print_targets(context, &estate, core_mhz, err)
		      : print_verdicts(context, &estate, core_mhz, horizon_days, err);
	estate_close(&estate);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
