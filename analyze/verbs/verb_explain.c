/* analyze explain: how a number came about, and the dossier of each excursion. */
#include "analyze/plan/hosts.h"
#include "analyze/report/explain_document.h"
#include "analyze/verbs/screen.h"
#include "analyze/verbs/verbs.h"
#include "common/util.h"
#include "schema/metric.h"
#include "store/store.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

const struct option_spec verb_explain_options[] = {
	{ "hosts", "FILE", "candidate hosts: their fastest core is the target core" },
	{ "strict", NULL,
		"a fact that nobody stated is UNKNOWN, never taken as absent" },
	{ NULL, NULL, NULL },
};

struct explain_run {
	const struct context *context;
	struct estate estate;
	struct assess_run run;
	struct assessment assessment;
	struct load_set set;
	struct exclusion_list exclusions;
	int only; /* enum explained; -1: all */
};

/* ---- SMP evidence: what the kernel said of waiting at that time ------------------- */

static const struct {
	const char *name;
	enum metric_id metric;
	const char *unit;
	double scale;
} evidences[] = {
	{ "tasks running or ready, mean of those 15 min", METRIC_RUN_QUEUE, "tasks",
		1 },
	{ "time in which a task waited for a CPU", METRIC_PRESSURE_CPU_SOME_RATIO, "%",
		100 },
	{ "load average of 15 min", METRIC_LOAD15, "tasks", 1 },
};

/* The mean over (from, to]; NAN where the metric is not there. */
static double mean_between(
	const struct explain_run *x, enum metric_id metric, int64_t from, int64_t to)
{
	struct err ignored = ERR_INIT;
	struct series series;
	double sum = 0;
	size_t known = 0;

	if (store_read_metric(x->estate.store, x->assessment.workload, metric,
		    x->set.period.step_s, from, to, &series, &ignored) < 0)
		return NAN;
	for (size_t i = 0; i < series.count; i++) {
		if (isnan(series.mean[i]))
			continue;
		sum += series.mean[i];
		known++;
	}
	series_done(&series);
	return known ? sum / (double)known : NAN;
}

/* Over the window of the sized figure of the CPU. */
static double evidence_mean(const struct explain_run *x, enum metric_id metric)
{
	int64_t to = x->assessment.peaks.resource[RESOURCE_CPU]
			     .sustained_at[DURATION_15_MIN];

	return to ? mean_between(x, metric, to - DURATION_15_MIN_S, to) : NAN;
}

static struct explain_given_back find_given_back(const struct explain_run *x)
{
	int64_t from, to;

	if (!explain_span(&x->assessment, &x->run.request, &x->set, EXPLAIN_MEMORY,
		    &from, &to))
		return (struct explain_given_back){ NAN, NAN, NAN };
	return (struct explain_given_back){
		.arc = mean_between(x, METRIC_MEMORY_ARC_BYTES, from, to),
		.huge_free = mean_between(x, METRIC_MEMORY_HUGE_BYTES, from, to),
		.balloon = mean_between(x, METRIC_MEMORY_BALLOON_BYTES, from, to),
	};
}

/* ---- run ------------------------------------------------------------------------------ */

static int print_explained(const struct explain_run *x, struct err *err)
{
	struct explain_evidence evidence[ARRAY_LEN(evidences)];
	struct device_peaks_list devices;
	struct explain_subject subject = { .assessment = &x->assessment,
		.request = &x->run.request,
		.set = &x->set,
		.exclusions = &x->exclusions,
		.evidence = evidence,
		.evidence_count = ARRAY_LEN(evidence),
		.given_back = find_given_back(x),
		.devices = &devices,
		.only = x->only };
	int r = device_peaks_read(x->estate.store, x->assessment.workload,
		x->set.period.step_s, x->set.period.from, x->set.period.to, &devices,
		err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_LEN(evidence); i++) {
		double scale = evidences[i].scale;

		evidence[i] = (struct explain_evidence){ .key = metric_data_source(
								 evidences[i].metric),
			.name = evidences[i].name,
			.unit = evidences[i].unit,
			.scale = scale,
			.value = evidence_mean(x, evidences[i].metric) };
	}
	r = document_print(explain_document(&subject), x->context, err);
	device_peaks_done(&devices);
	return r;
}

static int explain_workload(
	struct explain_run *x, const struct workload *workload, struct err *err)
{
	struct store *store = x->estate.store;
	struct facts facts;
	int r = assess_facts(store, workload, &facts, err);

	if (r == 0)
		r = assess_workload(
			store, workload, &x->run.request, &facts, &x->assessment, err);
	if (r == 0)
		r = load_set_read(store, workload, &x->run.request.span, &x->set, err);
	if (r == 0)
		r = store_exclusions(store, workload->id, &x->exclusions, err);
	if (r == 0)
		r = print_explained(x, err);
	load_set_done(&x->set);
	exclusion_list_done(&x->exclusions);
	assessment_done(&x->assessment);
	return r;
}

static int read_arguments(const struct context *context, int *ret_only, struct err *err)
{
	*ret_only = -1;
	if (context->argument_count < 1 || context->argument_count > 2)
		return err_set(err, -EINVAL,
			"expected WORKLOAD and perhaps memory, cpu, network, disk or "
			"storage");
	if (context->argument_count == 1)
		return 0;
	*ret_only = explained_find(context->arguments[1]);
	return *ret_only >= 0
		? 0
		: err_set(err, -EINVAL,
			  "expected memory, cpu, network, disk or storage, found "
			  "\"%.40s\"",
			  context->arguments[1]);
}

int verb_explain(struct context *context, struct err *err)
{
	struct explain_run x = { .context = context };
	struct screen screen;
	double core_mhz;
	int r;

	if (read_arguments(context, &x.only, err) < 0)
		return EXIT_USAGE;
	if (host_list_fastest_core(context_option(context, "hosts"), &core_mhz, err) <
			0 ||
		screen_open_estate(&screen, context, 0, 1, &x.estate, err) < 0)
		return EXIT_FAILED;
	r = assess_begin(&x.estate, core_mhz, &x.run, err);
	if (r == 0) {
		if (x.estate.count > 1 && context->format != FORMAT_TEXT)
			r = err_set(
				err, -EINVAL, "one workload at a time in JSON and CSV");
		for (size_t i = 0; r == 0 && i < x.estate.count; i++)
			r = explain_workload(&x, x.estate.chosen[i], err);
		assess_end(&x.run);
	}
	estate_close(&x.estate);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
