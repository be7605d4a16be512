/* analyze plan: who runs where, on how few hosts; `diff` and `add` in their own files. */
#include "analyze/peaks/growth.h"
#include "analyze/plan/candidates.h"
#include "analyze/plan/plan_series.h"
#include "analyze/report/plan_document.h"
#include "analyze/verbs/engine_options.h"
#include "analyze/verbs/plan_verbs.h"
#include "analyze/verbs/verbs.h"
#include "schema/builtin.h"
#include "store/db/health.h"
#include "store/db/plans.h"
#include "store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Over this many figures the common axis has whole hours unless steps are asked for. */
#define STEP_AXIS_VALUES_MAX 2000000
#define HOUR_S 3600u
#define KEEP_WAIT_MS 2000
#define PLAN_UNMET 1 /* printed, but not all that was asked for holds */

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

const struct option_spec verb_plan_options[] = {
	{ "hosts", "FILE", "the candidate hosts and constraints (JSON)" },
	{ "example-hosts", NULL, "print a hosts file to change, and end" },
	{ "include", "LIST",
		"also place workloads with these verdicts: review,unknown,insufficient,disqualified" },
	{ "demand", "peak|aligned",
		"sum of the peaks (default), or peak of the sum on the common time "
		"axis" },
	{ "axis", "step|hour",
		"slots of the aligned axis; hours where there are many" },
	{ "align-memory", NULL, "with --demand aligned: align memory as well" },
	{ "failover", "K", "survive the loss of any K hosts (0 to 2)" },
	{ "separate-environments", NULL, "production, test ... never on one host" },
	{ "time-limit", "S",
		"seconds to search, 10 unless given; Ctrl-C ends it earlier" },
	{ "seed", "N", "another order of the random parts" },
	{ "no-solver", NULL, "bounds and heuristics alone" },
	{ "resamples", "N",
		"check how stable the number of hosts is, by N random draws of days (try 100)" },
	{ "horizon", "TIME", "with the growth until then, such as 12months" },
	{ "strict", NULL,
		"a fact that nobody stated is UNKNOWN, never taken as absent" },
	{ "internal-network", NULL,
		"with the step for a network between each host and its VMs" },
	{ "settings", NULL, "also print the settings to give each VM" },
	SOURCE_OPTIONS,
	{ NULL, NULL, NULL },
};

static volatile sig_atomic_t is_cancelled;

static void plan_cancel(int signal_number)
{
	(void)signal_number;
	is_cancelled = 1;
}

static void show_packing(void *closure, const struct packing_progress *state)
{
	struct plan_run *run = closure;
	char detail[120];

	(void)snprintf(detail, sizeof(detail), "%s: %lld, bound %lld", state->phase,
		(long long)state->value, (long long)state->lower_bound);
	progress_show(&run->progress,
		state->seconds / run->request.packing.time_limit_s, detail);
}

static void show_resample(void *closure, double done_ratio)
{
	struct plan_run *run = closure;

	progress_show(&run->progress, done_ratio, "resamples");
}

/* ---- options ---------------------------------------------------------------------- */

static int plan_read_choice(const struct context *context, const char *name,
	const char *first, const char *second, bool *ret_is_second, struct err *err)
{
	const char *value = context_option(context, name);

	if (!value)
		return 0;
	if (strcmp(value, first) != 0 && strcmp(value, second) != 0)
		return err_set(err, -EINVAL, "--%s: expected %s or %s, found \"%.40s\"",
			name, first, second, value);
	*ret_is_second = strcmp(value, second) == 0;
	return 0;
}

static int plan_read_options(struct plan_run *run, struct err *err)
{
	const struct context *context = run->context;
	const char *include = context_option(context, "include");
	double failover = 0, seed = 1, resamples = 0, limit = 10;

	run->include = INCLUDE_PASS;
	if (include && candidates_parse_include(include, &run->include, err) < 0)
		return -EINVAL;
	if (plan_read_choice(context, "demand", "peak", "aligned",
		    &run->request.is_aligned, err) < 0 ||
		plan_read_choice(
			context, "axis", "step", "hour", &run->is_hour_axis, err) < 0 ||
		context_number(context, "failover", 0, 2, &failover, err) < 0 ||
		context_number(context, "seed", 0, 1e15, &seed, err) < 0 ||
		context_number(context, "resamples", 1, 100000, &resamples, err) < 0 ||
		context_number(context, "time-limit", 0.01, 86400, &limit, err) < 0)
		return -EINVAL;
	if (failover != floor(failover) || resamples != floor(resamples))
		return err_set(err, -EINVAL, "--%s: expected a whole number",
			failover != floor(failover) ? "failover" : "resamples");
	run->has_axis = context_option(context, "axis") != NULL;
	run->resamples = (size_t)resamples;
	run->request.failover = (unsigned)failover;
	run->request.is_memory_aligned =
		context_option(context, "align-memory") != NULL;
	run->request.has_internal_network =
		context_option(context, "internal-network") != NULL;
	run->request.separates_environments =
		context_option(context, "separate-environments") != NULL;
	run->request.packing = (struct packing_options){ .time_limit_s = limit,
		.seed = (uint64_t)seed,
		.without_solver = context_option(context, "no-solver") != NULL,
		.is_cancelled = &is_cancelled,
		.report = show_packing,
		.closure = run };
	if (!context_option(context, "hosts"))
		return err_set(err, -EINVAL,
			"--hosts FILE is needed: the candidate hosts (see `analyze "
			"help hosts`)");
	if (context_option(context, "horizon") &&
		growth_parse_horizon(
			context_option(context, "horizon"), &run->horizon_days) < 0)
		return err_set(err, -EINVAL,
			"--horizon: expected a time such as 12months or 90d, found "
			"\"%.40s\"",
			context_option(context, "horizon"));
	return 0;
}

/* ---- reading ------------------------------------------------------------------------ */

/* A constraint on a workload that nobody knows is a typing error, not a wish. */
static int plan_check_names(const struct host_list *hosts,
	const struct workload_list *list, struct err *err)
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

static int plan_choose_axis(struct plan_run *run, struct err *err)
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

static int plan_read_series(struct plan_run *run, struct err *err)
{
	int r = plan_choose_axis(run, err);

	if (r < 0 || run->request.axis.slots == 0)
		return r;
	return plan_series_align(&run->series, &run->candidates, &run->request.axis,
		&run->values, &run->filled_ratio, err);
}

static int resample(struct plan_run *run, const struct plan *plan,
	struct plan_confidence *ret_confidence, struct err *err)
{
	struct resample_result result;
	struct resample_days days;
	int r = plan_series_days(&run->series, &run->candidates, &days, err);

	if (r < 0)
		return r;
	progress_begin(&run->progress, run->context, "resampling");
	r = resample_plan(&run->request, &days, plan->host_count, run->resamples,
		run->request.packing.seed, 0.5, show_resample, run, &result, err);
	progress_done(&run->progress);
	free(days.highest);
	if (r == 0)
		*ret_confidence =
			(struct plan_confidence){ .resamples = result.resamples,
				.same_count = result.same_count,
				.fewest = result.fewest,
				.most = result.most,
				.cheapest = result.cheapest,
				.dearest = result.dearest };
	return r;
}

/* ---- the whole ------------------------------------------------------------------------- */

/* Reads hosts, store and assessment into request; always followed by plan_run_close. */
static int plan_run_open(struct plan_run *run, struct err *err)
{
	struct candidates_request wanted = { .include = run->include,
		.hosts = &run->hosts,
		.horizon_days = run->horizon_days };
	int r = host_list_load(context_option(run->context, "hosts"), &run->hosts, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < run->hosts.type_count; i++) {
		if (!run->hosts.type[i].is_host_memory_stated)
			context_say(run->context,
				"%s: type %s: host_memory_mb is not stated: 0 MB are "
				"counted for the host itself (MEM-9)",
				run->hosts.path, run->hosts.type[i].name);
	}
	r = screen_open_estate(&run->screen, run->context, 0, 0, &run->estate, err);
	if (r < 0)
		return r;
	r = plan_check_names(&run->hosts, &run->estate.list, err);
	if (r < 0)
		return r;
	r = candidates_gather(&run->estate, &wanted, &run->candidates, err);
	if (r < 0)
		return r;
	plan_series_open(&run->series, &run->estate, run->candidates.measured);
	run->request.factors = &run->candidates.factors;
	run->request.hosts = &run->hosts;
	run->request.workload = run->candidates.workload;
	run->request.workload_count = run->candidates.count;
	return 0;
}

static void plan_run_close(struct plan_run *run)
{
	plan_series_close(&run->series);
	candidates_done(&run->candidates);
	estate_close(&run->estate);
	host_list_done(&run->hosts);
	free(run->values);
}

static int pack(struct plan_run *run, struct plan *ret_plan, struct err *err)
{
	struct sigaction action = { .sa_handler = plan_cancel }, before;
	int r;

	is_cancelled = 0;
	(void)sigaction(SIGINT, &action, &before); /* the best so far, not nothing */
	progress_begin(&run->progress, run->context, "packing");
	r = plan_make(&run->request, ret_plan, err);
	progress_done(&run->progress);
	(void)sigaction(SIGINT, &before, NULL);
	return r;
}

/* In one transaction: the plan, and which version of which profile it used. */
static int store_plan(struct plan_run *run, const struct plan_request *request,
	const char *json, struct err *err)
{
	const struct plan_factors *factors = request->factors;
	char hash[17];
	int64_t id;
	int r = store_begin(run->estate.store, KEEP_WAIT_MS, err);

	if (r < 0)
		return r;
	(void)snprintf(hash, sizeof(hash), "%016" PRIx64, factors->profile_checksum);
	r = store_plan_add(run->estate.store, run->context->now, factors->profile,
		request->is_aligned ? "aligned" : "peak", json, &id, err);
	if (r == 0)
		r = store_profile_used(run->estate.store, factors->profile, hash,
			run->context->now, err);
	if (r == 0)
		return store_commit(run->estate.store, err);
	store_rollback(run->estate.store);
	return r;
}

/* Kept in the store beside what it was made from; who may only read goes without. */
static void keep_plan(struct plan_run *run, const struct document *document)
{
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	struct err err = ERR_INIT;

	if (!memory)
		return;
	if (document_write(document, FORMAT_JSON, NULL, memory, &err) < 0) {
		(void)fclose(memory);
		free(text);
		return;
	}
	(void)fclose(memory);
	if (store_plan(run, &run->request, text, &err) < 0)
		context_say(run->context, "the plan is not kept in the store: %s",
			err.text);
	free(text);
}

static int print_plan(struct plan_run *run, const struct plan *plan, struct err *err)
{
	struct plan_view view = { .request = &run->request,
		.plan = plan,
		.from = run->candidates.from,
		.to = run->candidates.to,
		.excluded = run->candidates.excluded,
		.excluded_count = run->candidates.excluded_count,
		.filled_ratio = run->filled_ratio,
		.has_settings = context_option(run->context, "settings") != NULL };
	struct document *document;
	int r = 0;

	if (run->resamples > 0 && run->candidates.count > 0)
		r = resample(run, plan, &view.confidence, err);
	if (r < 0)
		return r;
	document = plan_document(&view);
	if (run->estate.count > 0)
		keep_plan(run, document);
	return document_print(document, run->context, err);
}

static int make_plan(struct plan_run *run, struct err *err)
{
	struct plan plan;
	int r = plan_run_open(run, err);

	if (r < 0)
		return r;
	if (run->request.is_aligned) {
		r = plan_read_series(run, err);
		if (r < 0)
			return r;
	}
	r = pack(run, &plan, err);
	if (r < 0)
		return r;
	r = print_plan(run, &plan, err);
	if (r == 0 &&
		(plan.unplaced_count > 0 ||
			(plan.failover > 0 && !plan.is_failover_met)))
		r = PLAN_UNMET;
	plan_done(&plan);
	return r;
}

int verb_plan(struct context *context, struct err *err)
{
	struct plan_run run = { .context = context };
	int r;

	if (context_option(context, "example-hosts")) {
		r = document_print_text(
			builtin_find("help/hosts.json")->data, context, err);
		return r < 0 ? EXIT_FAILED : EXIT_OK;
	}

	if (context->argument_count > 0 && strcmp(context->arguments[0], "diff") == 0)
		return plan_diff(context, err);
	if (context->argument_count > 0 && strcmp(context->arguments[0], "add") == 0)
		return plan_add(context, err);
	if (context->argument_count > 0 && strcmp(context->arguments[0], "list") == 0)
		return plan_list(context, err);
	if (context->argument_count > 0 && strcmp(context->arguments[0], "show") == 0)
		return plan_show(context, err);
	if (context->argument_count > 0) {
		err_set(err, -EINVAL,
			"\"%.60s\": expected nothing, `list`, `show ID`, `diff A.json "
			"B.json` or `add PLAN.json WORKLOAD...`",
			context->arguments[0]);
		return EXIT_USAGE;
	}
	if (plan_read_options(&run, err) < 0)
		return EXIT_USAGE;
	r = make_plan(&run, err);
	plan_run_close(&run);
	return r < 0 ? EXIT_FAILED : r == PLAN_UNMET ? EXIT_LACKING : EXIT_OK;
}
