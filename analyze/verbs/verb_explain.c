/* analyze explain: how a number came about, and the dossier of each excursion. */
#include "analyze/estate/source.h"
#include "analyze/plan/hosts.h"
#include "analyze/report/explain_document.h"
#include "analyze/verbs/engine_options.h"
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
	SOURCE_OPTIONS,
	{ "push-down", NULL, "figures by queries that the engine computes" },
	{ NULL, NULL, NULL },
};

#define QUESTIONS_BYTES ((size_t)1 << 20)

struct explain_run {
	const struct context *context;
	struct estate estate;
	struct assess_run run;
	struct assessment assessment;
	struct load_set set;
	struct exclusion_list exclusions;
	int only;                     /* enum explained; -1: all */
	struct strbuf asked, queries; /* of an engine */
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
	struct device_peaks_list devices = { .count = 0 };
	struct explain_subject subject = { .assessment = &x->assessment,
		.request = &x->run.request,
		.set = &x->set,
		.exclusions = &x->exclusions,
		.evidence = evidence,
		.evidence_count = ARRAY_LEN(evidence),
		.given_back = find_given_back(x),
		.devices = &devices,
		.only = x->only };
	/* an engine has no devices */
	int r = x->estate.source
		? 0
		: device_peaks_read(x->estate.store, x->assessment.workload,
			  x->set.period.step_s, x->set.period.from, x->set.period.to,
			  &devices, err);

	if (r < 0)
		return r;
	if (x->estate.source)
		subject.asked = strbuf_text(&x->asked);
	if (x->queries.length)
		subject.queries = strbuf_text(&x->queries);
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

/* "sustained 900 s: max_over_time(...)", a line each. */
static void note_question(void *closure, const char *figure, const char *text)
{
	struct explain_run *x = closure;

	strbuf_addf(&x->queries, "%s%s%s%s", x->queries.length ? "\n" : "",
		figure ? "  " : "", figure ? figure : text, figure ? ": " : "");
	if (figure)
		strbuf_add(&x->queries, text);
}

/* The figures by the engine's own reductions take the place of those of the slots. */
static int ask_source(
	struct explain_run *x, const struct workload *workload, struct err *err)
{
	struct series_source *source = x->estate.source;
	const struct load_request *span = &x->run.request.span;
	struct workload_peaks peaks;
	int r;

	strbuf_clear(&x->asked);
	strbuf_clear(&x->queries);
	if (!source)
		return 0;
	source->tell(source, workload, span, &x->asked);
	if (!source->peaks)
		return 0;
	r = source->peaks(source, workload, span, &peaks, note_question, x, err);
	if (r == 0)
		x->assessment.peaks = peaks;
	return r == -ENOTSUP ? 0 : r;
}

static int explain_workload(
	struct explain_run *x, const struct workload *workload, struct err *err)
{
	struct store *store = x->estate.store;
	struct facts facts;
	int r = assess_facts(store, workload, &facts, err);

	if (r == 0)
		r = assess_workload(&x->estate, workload, &x->run.request, &facts,
			&x->assessment, err);
	if (r == 0)
		r = load_set_read(
			&x->estate, workload, &x->run.request.span, &x->set, err);
	if (r == 0)
		r = ask_source(x, workload, err);
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
	strbuf_init(&x.asked, QUESTIONS_BYTES);
	strbuf_init(&x.queries, QUESTIONS_BYTES);
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
	strbuf_done(&x.asked);
	strbuf_done(&x.queries);
	estate_close(&x.estate);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
