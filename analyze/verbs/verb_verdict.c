/* analyze verdict: may each workload move, and if not, why. */
#include "analyze/document/arrange.h"
#include "analyze/assess/assess.h"
#include "analyze/peaks/growth.h"
#include "analyze/plan/hosts.h"
#include "analyze/plan/stability.h"
#include "analyze/report/targets_document.h"
#include "analyze/report/verdict_document.h"
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
	ARRANGE_OPTIONS,
	{ NULL, NULL, NULL },
};

/* The fourth score of sufficiency, where hosts are given. */
static int add_stability(const struct context *context, struct store *store,
	const struct workload_list *list, const struct assess_request *request,
	struct assessment *assessments, size_t count, struct err *err)
{
	const char *hosts = context_option(context, "hosts");
	double same_ratio = NAN;
	struct err why = ERR_INIT;
	int r = hosts
		? stability_of_hosts(context, store, list, hosts, &same_ratio, &why)
		: 0;

	if (r == -ENOMEM)
		return err_set(err, r, "%s", why.text);
	/* hosts that no plan can be made for still have a fastest core: the verdict goes
	 * on without this score, and says so */
	if (r < 0)
		context_say(context, "stability is not scored: %s", why.text);
	if (r < 0 || isnan(same_ratio))
		return 0;
	for (size_t i = 0; i < count; i++)
		assess_add_stability(&assessments[i], same_ratio, &request->settings);
	return 0;
}

/* ---- every target ----------------------------------------------------------------- */

/* The verdicts of one target; the day comes with them. */
static int judge_target(const struct context *context, const char *profile,
	struct store *store, const struct workload *const *chosen, size_t count,
	double core_mhz, enum verdict *verdicts, char day[11], struct err *err)
{
	struct context own = *context;
	struct assessment *assessments = NULL;
	struct assess_run run;
	int r;

	own.profile = profile;
	own.has_progress = false;
	r = assess_begin(&own, store, core_mhz, &run, err);
	if (r < 0)
		return r;
	memcpy(day, run.request.day, sizeof(run.request.day));
	r = assess_all(&own, store, &run.request, chosen, count, &assessments, err);
	for (size_t i = 0; r == 0 && i < count; i++)
		verdicts[i] = assessments[i].verdict;
	assessments_free(assessments, count);
	assess_end(&run);
	return r;
}

static int print_targets(const struct context *context, struct store *store,
	const struct library *library, const struct workload *const *chosen,
	size_t count, double core_mhz, struct err *err)
{
	size_t profiles = library->profile_count;
	const char **names = calloc(profiles + 1, sizeof(*names));
	enum verdict *verdicts = calloc(profiles * count + 1, sizeof(*verdicts));
	char day[11] = "";
	int r = names && verdicts ? 0 : err_oom(err);

	for (size_t p = 0; r == 0 && p < profiles; p++) {
		names[p] = library->profile[p].id;
		r = judge_target(context, names[p], store, chosen, count, core_mhz,
			verdicts + p * count, day, err);
	}
	if (r == 0) {
		struct targets_view view = { names, profiles, chosen, count, verdicts,
			day };

		r = document_print(targets_document(&view), context, err);
	}
	free(names);
	free(verdicts);
	return r;
}

static int verdict_of_all(struct context *context, struct err *err)
{
	struct workload_list list = { .count = 0 };
	const struct workload **chosen = NULL;
	struct library library = { .profile_count = 0 };
	struct store *store = NULL;
	size_t count = 0;
	double core_mhz;
	int r = host_list_fastest_core(
		context_option(context, "hosts"), &core_mhz, err);

	if (r == 0)
		r = load_open(context, &store, err);
	if (r == 0)
		r = store_workloads(store, &list, err);
	if (r == 0)
		r = load_choose(context, 0, &list, &chosen, &count, err);
	if (r == 0)
		r = library_load(context->config_dir, &library, err);
	if (r == 0)
		r = print_targets(
			context, store, &library, chosen, count, core_mhz, err);
	library_done(&library);
	free(chosen);
	workload_list_done(&list);
	store_close(store);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}

int verb_verdict(struct context *context, struct err *err)
{
	struct workload_list list = { .count = 0 };
	const struct workload **chosen = NULL;
	struct assessment *assessments = NULL;
	struct assess_run run;
	struct store *store = NULL;
	size_t count = 0;
	const char *horizon = context_option(context, "horizon");
	double core_mhz, horizon_days = NAN;
	bool has_run = false;
	int r;

	if (context->profile && strcmp(context->profile, "all") == 0)
		return verdict_of_all(context, err);
	if (horizon && growth_parse_horizon(horizon, &horizon_days) < 0) {
		err_set(err, -EINVAL,
			"--horizon: expected a time such as 12months or 90d");
		return EXIT_USAGE;
	}
	r = host_list_fastest_core(context_option(context, "hosts"), &core_mhz, err);

	if (r == 0)
		r = load_open(context, &store, err);
	if (r == 0)
		r = store_workloads(store, &list, err);
	if (r == 0)
		r = load_choose(context, 0, &list, &chosen, &count, err);
	if (r == 0) {
		r = assess_begin(context, store, core_mhz, &run, err);
		has_run = r == 0;
	}
	if (r == 0) {
		run.request.horizon_days = horizon_days;
		r = assess_all(
			context, store, &run.request, chosen, count, &assessments, err);
	}
	if (r == 0)
		r = add_stability(
			context, store, &list, &run.request, assessments, count, err);
	if (r == 0)
		r = document_print(verdict_document(&run.request, assessments, count,
					   context_option(context, "detail") ||
						   context->argument_count > 0),
			context, err);
	assessments_free(assessments, count);
	if (has_run)
		assess_end(&run);
	free(chosen);
	workload_list_done(&list);
	store_close(store);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
