/* analyze plan: who runs where, on how few hosts; its other forms in their own files. */
#include "analyze/plan/plan_run.h"
#include "analyze/report/plan_document.h"
#include "analyze/verbs/plan_verbs.h"
#include "analyze/verbs/verbs.h"
#include "schema/builtin.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLAN_UNMET 1 /* printed, but not all that was asked for holds */

struct planning {
	const struct context *context;
	size_t resamples; /* 0: the plan's stability is not asked for */
	struct screen screen;
	struct estate estate;
	struct plan_run run;
	struct progress progress;
};

/* ---- while it runs ---------------------------------------------------------------- */

static volatile sig_atomic_t is_cancelled;

static void plan_cancel(int signal_number)
{
	(void)signal_number;
	is_cancelled = 1;
}

static void show_packing(void *closure, const struct packing_progress *state)
{
	struct planning *planning = closure;
	char detail[120];

	(void)snprintf(detail, sizeof(detail), "%s: %lld, bound %lld", state->phase,
		(long long)state->value, (long long)state->lower_bound);
	progress_show(&planning->progress,
		state->seconds / planning->run.request.packing.time_limit_s, detail);
}

static void show_resample(void *closure, double done_ratio)
{
	struct planning *planning = closure;

	progress_show(&planning->progress, done_ratio, "resamples");
}

/* ---- stages ------------------------------------------------------------------------- */

static int load_plan_hosts(
	const struct planning *planning, struct host_list *hosts, struct err *err)
{
	const struct context *context = planning->context;
	int r = host_list_load(context_option(context, "hosts"), hosts, err);

	for (size_t i = 0; r == 0 && i < hosts->type_count; i++) {
		if (!hosts->type[i].is_host_memory_stated)
			context_say(context,
				"%s: type %s: host_memory_mb is not stated: 0 MB are "
				"counted for the host itself (MEM-9)",
				hosts->path, hosts->type[i].name);
	}
	return r;
}

static int pack(struct planning *planning, struct plan *ret_plan, struct err *err)
{
	struct sigaction action = { .sa_handler = plan_cancel }, before;
	struct packing_options *options = &planning->run.request.packing;
	int r;

	is_cancelled = 0;
	options->is_cancelled = &is_cancelled;
	options->report = show_packing;
	options->closure = planning;
	(void)sigaction(SIGINT, &action, &before); /* the best so far, not nothing */
	progress_begin(&planning->progress, planning->context, "packing");
	r = plan_make(&planning->run.request, ret_plan, err);
	progress_done(&planning->progress);
	(void)sigaction(SIGINT, &before, NULL);
	return r;
}

static int resample(struct planning *planning, const struct plan *plan,
	struct plan_confidence *ret_confidence, struct err *err)
{
	struct resample_result result;
	int r;

	if (planning->resamples == 0 || planning->run.candidates.count == 0)
		return 0;
	progress_begin(&planning->progress, planning->context, "resampling");
	r = plan_run_resample(&planning->run, plan, planning->resamples, show_resample,
		planning, &result, err);
	progress_done(&planning->progress);
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

/* ---- document ------------------------------------------------------------------------- */

/* Kept in the store beside what it was made from; who may only read goes without. */
static void keep_plan(const struct planning *planning, const struct document *document)
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
	if (plan_run_keep(&planning->run, planning->context->now, text, &err) < 0)
		context_say(planning->context, "the plan is not kept in the store: %s",
			err.text);
	free(text);
}

static int print_plan(
	struct planning *planning, const struct plan *plan, struct err *err)
{
	const struct plan_run *run = &planning->run;
	struct plan_view view = { .request = &run->request,
		.plan = plan,
		.from = run->candidates.from,
		.to = run->candidates.to,
		.excluded = run->candidates.excluded,
		.excluded_count = run->candidates.excluded_count,
		.filled_ratio = run->filled_ratio,
		.has_settings = context_option(planning->context, "settings") != NULL };
	struct document *document;
	int r = resample(planning, plan, &view.confidence, err);

	if (r < 0)
		return r;
	document = plan_document(&view);
	if (planning->estate.count > 0)
		keep_plan(planning, document);
	return document_print(document, planning->context, err);
}

/* A constraint holds for those that take part: who does not is told, where it is named. */
static void say_constraints_of_left_out(const struct planning *planning)
{
	const struct plan_run *run = &planning->run;
	const struct host_list *hosts = &run->hosts;

	for (size_t c = 0; c < hosts->constraint_count; c++) {
		const struct host_constraint *constraint = &hosts->constraint[c];

		for (size_t i = 0; i < constraint->workload_count; i++)
			for (size_t k = 0; k < run->candidates.excluded_count; k++)
				if (strcmp(constraint->workload[i],
					    run->candidates.excluded[k].name) == 0)
					context_say(planning->context,
						"%s:%u: %s is left out of the plan, the "
						"constraint does without it",
						hosts->path, constraint->line,
						constraint->workload[i]);
	}
}

/* There are workloads, and the verdicts let none of them take part. */
static bool is_nobody_placed(const struct plan_run *run)
{
	return run->candidates.count == 0 && run->candidates.excluded_count > 0;
}

static int make_plan(struct planning *planning, struct err *err)
{
	struct plan plan;
	int r = load_plan_hosts(planning, &planning->run.hosts, err);

	if (r == 0)
		r = screen_open_estate(&planning->screen, planning->context, 0, 0,
			&planning->estate, err);
	if (r == 0)
		r = plan_run_read(&planning->run, &planning->estate, err);
	if (r == 0)
		say_constraints_of_left_out(planning);
	if (r == 0)
		r = pack(planning, &plan, err);
	if (r < 0)
		return r;
	r = print_plan(planning, &plan, err);
	if (r == 0 &&
		(plan.unplaced_count > 0 || is_nobody_placed(&planning->run) ||
			(plan.failover > 0 && !plan.is_failover_met)))
		r = PLAN_UNMET;
	plan_done(&plan);
	return r;
}

int verb_plan(struct context *context, struct err *err)
{
	struct planning planning = { .context = context };
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
	if (plan_options_take(context, &planning.run, &planning.resamples, err) < 0)
		return EXIT_USAGE;
	r = make_plan(&planning, err);
	plan_run_done(&planning.run);
	estate_close(&planning.estate);
	return r < 0 ? EXIT_FAILED : r == PLAN_UNMET ? EXIT_LACKING : EXIT_OK;
}
