/* analyze backtest: the recorded weeks replayed on a plan. */
#include "analyze/estate/load.h"
#include "analyze/plan/backtest.h"
#include "analyze/plan/plan_file.h"
#include "analyze/plan/plan_series.h"
#include "analyze/report/backtest_document.h"
#include "analyze/verbs/engine_options.h"
#include "analyze/verbs/screen.h"
#include "analyze/verbs/verbs.h"
#include "common/util.h"
#include "store/store.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

const struct option_spec verb_backtest_options[] = {
	{ "out-of-sample", NULL,
		"replay only what was recorded after the plan's period" },
	SOURCE_OPTIONS,
	{ NULL, NULL, NULL },
};

struct replay_run {
	struct context *context;
	struct plan_file file;
	struct plan_factors factors;
	struct screen screen;
	struct estate estate;
	const struct workload **measured;
	struct backtest_host *host;
	struct plan_series series;
	struct timeline axis;
	size_t absent; /* workloads of the plan that the store does not have */
	struct backtest result;
	struct progress progress;
};

static void backtest_run_done(struct replay_run *run)
{
	backtest_done(&run->result);
	plan_series_close(&run->series);
	free(run->measured);
	free(run->host);
	estate_close(&run->estate);
	plan_file_done(&run->file);
}

static int fold(void *closure, size_t workload, enum resource resource,
	enum timeline_measure measure, const struct timeline *axis, double *ret_values,
	struct err *err)
{
	struct replay_run *run = closure;

	return plan_series_fold(
		&run->series, workload, resource, measure, axis, ret_values, err);
}

static void show(void *closure, double done_ratio)
{
	struct replay_run *run = closure;

	progress_show(&run->progress, done_ratio, "hosts");
}

/* The axis: steps of the coarsest workload over the union of what is stored. */
static int backtest_choose_axis(struct replay_run *run, struct err *err)
{
	int64_t from = INT64_MAX, to = 0;
	unsigned step_s = 0;

	for (size_t i = 0; i < run->file.workload_count; i++) {
		struct load_period period;
		int r;

		run->measured[i] = workload_list_find(
			&run->estate.list, run->file.workload[i].name);
		if (!run->measured[i]) {
			run->absent++;
			continue;
		}
		r = load_period_of(&run->estate, run->measured[i],
			&run->estate.request.span, &period, err);
		if (r < 0)
			return r;
		if (period.count == 0)
			continue;
		from = period.from < from ? period.from : from;
		to = period.to > to ? period.to : to;
		step_s = period.step_s > step_s ? period.step_s : step_s;
	}
	if (context_option(run->context, "out-of-sample") && from < run->file.to)
		from = run->file.to;
	if (step_s == 0 || from >= to)
		return context_option(run->context, "out-of-sample")
			? err_set(err, -ENODATA,
				  "%s: nothing was recorded to replay after the plan's "
				  "period",
				  run->file.path)
			: err_set(err, -ENODATA,
				  "%s: nothing was recorded to replay: no workload of the "
				  "plan has data in %s; --data DIR names another store",
				  run->file.path, run->context->data_dir);
	return timeline_span(from, to, step_s, &run->axis) < 0
		? err_set(err, -ERANGE, "the period has too many slots")
		: 0;
}

/* A plan that does not say how it sized counts with what was recorded. */
static void complete_figures(struct replay_run *run)
{
	for (size_t i = 0; i < run->file.workload_count; i++) {
		struct plan_workload *workload = &run->file.workload[i];

		if (isnan(workload->overhead_bytes))
			workload->overhead_bytes = 0;
		for (int r = 0; r < RESOURCE_COUNT; r++) {
			if (isnan(workload->need.of[r]))
				workload->need.of[r] = 0;
		}
	}
}

static int open_run(struct replay_run *run, struct err *err)
{
	int r = plan_file_load(run->context->arguments[0], &run->file, err);

	if (r == 0)
		r = candidates_factors(run->context->config_dir, run->file.profile,
			&run->factors, err);
	if (r == 0)
		r = screen_open_estate(
			&run->screen, run->context, 0, 0, &run->estate, err);
	if (r < 0)
		return r;
	run->measured =
		calloc(run->file.workload_count + 1, sizeof(const struct workload *));
	run->host = calloc(run->file.host_count + 1, sizeof(*run->host));
	if (!run->measured || !run->host)
		return err_oom(err);
	for (size_t h = 0; h < run->file.host_count; h++) {
		const struct plan_file_host *host = &run->file.host[h];

		run->host[h] = (struct backtest_host){ .name = host->name,
			.type = host->type,
			.workload = host->workload,
			.workload_count = host->workload_count };
	}
	complete_figures(run);
	return backtest_choose_axis(run, err);
}

static int replay(struct replay_run *run, struct err *err)
{
	struct backtest_request request = { .factors = &run->factors,
		.hosts = &run->file.hosts,
		.workload = run->file.workload,
		.workload_count = run->file.workload_count,
		.host = run->host,
		.host_count = run->file.host_count,
		.axis = run->axis,
		.fold = fold,
		.progress = show,
		.closure = run };
	int r;

	plan_series_open(&run->series, &run->estate, run->measured);
	progress_begin(&run->progress, run->context, "replaying");
	r = backtest_replay(&request, &run->result, err);
	progress_done(&run->progress);
	return r;
}

int verb_backtest(struct context *context, struct err *err)
{
	struct replay_run run = { .context = context };
	int r;

	if (context->argument_count != 1) {
		err_set(err, -EINVAL,
			"expected one plan, as `analyze plan --json` writes it");
		return EXIT_USAGE;
	}
	r = open_run(&run, err);
	if (r == 0)
		r = replay(&run, err);
	if (r == 0) {
		struct backtest_view view = { .factors = &run.factors,
			.axis = &run.axis,
			.host = run.host,
			.result = &run.result,
			.absent = run.absent };

		r = document_print(backtest_document(&view), context, err);
	}
	backtest_run_done(&run);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
