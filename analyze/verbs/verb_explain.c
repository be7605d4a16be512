/* analyze explain: how a number came about, and the dossier of each excursion. */
#include "analyze/assess/dossier.h"
#include "analyze/assess/explain.h"
#include "analyze/console/json_out.h"
#include "analyze/console/safe_text.h"
#include "analyze/console/timefmt.h"
#include "analyze/plan/hosts.h"
#include "analyze/report/verdict_out.h"
#include "analyze/verbs/verbs.h"
#include "common/units.h"
#include "common/util.h"
#include "store/store.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DOSSIERS_TEXT_MAX 20

const struct option_spec verb_explain_options[] = {
	{ "hosts", "FILE", "candidate hosts: their fastest core is the target core" },
	{ NULL, NULL, NULL },
};

struct explain_run {
	const struct context *context;
	struct store *store;
	struct assess_run run;
	struct assessment assessment;
	struct load_set set;
	struct exclusion_list exclusions;
	int only; /* enum explained; -1: all */
};

/* ---- SMP evidence: what the kernel said of waiting at that time ------------------- */

struct evidence {
	const char *name;
	enum metric_id metric;
	const char *unit;
	double scale;
};
static const struct evidence evidences[] = {
	{ "tasks running or ready, mean of those 15 min", METRIC_RUN_QUEUE, "tasks",
		1 },
	{ "time in which a task waited for a CPU", METRIC_PRESSURE_CPU_SOME_RATIO, "%",
		100 },
	{ "load average of 15 min", METRIC_LOAD15, "tasks", 1 },
};

/* The mean over the window of the sized figure; NAN where it is not there. */
static double evidence_mean(
	const struct explain_run *x, const struct evidence *evidence)
{
	int64_t to = x->assessment.peaks.resource[RESOURCE_CPU]
			     .sustained_at[DURATION_15_MIN];
	struct err ignored = ERR_INIT;
	struct series series;
	double sum = 0;
	size_t known = 0;

	if (!to ||
		store_read_metric(x->store, x->assessment.workload, evidence->metric,
			x->set.period.step_s, to - DURATION_15_MIN_S, to, &series,
			&ignored) < 0)
		return NAN;
	for (size_t i = 0; i < series.count; i++) {
		if (isnan(series.mean[i]))
			continue;
		sum += series.mean[i];
		known++;
	}
	series_done(&series);
	return known ? evidence->scale * sum / (double)known : NAN;
}

/* ---- text ---------------------------------------------------------------------------- */

static void print_source(const struct explain_run *x, const struct explanation *e)
{
	FILE *out = x->context->out;
	const struct load_period *period = &x->set.period;
	char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE];
	int phase_s = x->assessment.peaks.phase_s;

	if (!e->file || period->count == 0)
		return;
	fprintf(out, "  archive   %s.rrd, %s, rows of %u s: %s\n", e->file,
		e->data_source, period->step_s, e->functions);
	fprintf(out, "  period    %s to %s\n", time_text(period->from + phase_s, from),
		time_text(period->to + phase_s, to));
	fprintf(out, "  samples   %zu of %zu slots known (%.2f %%)\n", e->known,
		e->expected,
		e->expected ? 100.0 * (double)e->known / (double)e->expected : 0);
	for (size_t i = 0; i < x->exclusions.count; i++) {
		const struct exclusion *one = &x->exclusions.exclusion[i];

		fprintf(out, "  excluded  %s to %s: ",
			time_text_short(one->begin + phase_s, from),
			time_text_short(one->end + phase_s, to));
		safe_print_terminal(out, one->reason);
		fprintf(out, " (exclusion %lld)\n", (long long)one->id);
	}
}

static void print_explanation(const struct explain_run *x, const struct explanation *e)
{
	const struct context *context = x->context;
	char time[TIME_TEXT_SIZE];

	fprintf(context->out, "\n%s%s%s\n", terminal_color(context, COLOR_BOLD),
		explained_name(e->what), terminal_color(context, COLOR_NONE));
	print_source(x, e);
	for (size_t i = 0; i < e->step_count; i++) {
		const struct explain_step *step = &e->step[i];

		if (isnan(step->value))
			fprintf(context->out, "  %-24s %14s %-6s ", step->name,
				"unknown", "");
		else
			fprintf(context->out, "  %-24s %14.10g %-6s ", step->name,
				step->value, step->unit);
		safe_print_terminal(context->out, step->formula);
		fprintf(context->out, "%s%s%s\n", *step->source ? "  (" : "",
			step->source, *step->source ? ")" : "");
	}
	if (e->sample_count > 1)
		fprintf(context->out, "  the slots of the sized figure, %s:\n",
			e->sample_unit);
	else if (e->sample_count == 1)
		fprintf(context->out, "  the slot of the peak, %s:\n", e->sample_unit);
	for (size_t i = 0; i < e->sample_count; i++) {
		time_text_short(e->sample[i].at, time);
		if (isnan(e->sample[i].value))
			fprintf(context->out, "    %s  unknown, left out\n", time);
		else
			fprintf(context->out, "    %s  %.10g\n", time,
				e->sample[i].value);
	}
	if (e->samples_left_out)
		fprintf(context->out, "    and %zu more\n", e->samples_left_out);
}

static void print_evidence(const struct explain_run *x)
{
	const char *environment =
		facts_text(&x->assessment.facts, FACT_ENVIRONMENT, NULL);

	for (size_t i = 0; i < ARRAY_LEN(evidences); i++) {
		double value = evidence_mean(x, &evidences[i]);

		if (!isnan(value))
			fprintf(x->context->out, "  %-24s %14.4g %-6s %s\n",
				metric_data_source(evidences[i].metric), value,
				evidences[i].unit, evidences[i].name);
	}
	fprintf(x->context->out, "  %-24s %14s %-6s %s\n", "environment",
		environment ? environment : "production", "",
		environment ? "stated" : "nobody stated another");
}

static void print_rules(const struct explain_run *x, enum heading heading)
{
	const struct assessment *a = &x->assessment;
	FILE *out = x->context->out;
	char text[1024];

	for (size_t i = 0; i < a->findings.count; i++) {
		const struct finding *f = &a->findings.finding[i];

		if (f->rule->heading != heading)
			continue;
		assess_finding_text(a, i, text, sizeof(text));
		fprintf(out, "  rule %s: %s: ", f->rule->id, outcome_name(f->outcome));
		safe_print_terminal(out, text);
		fprintf(out, "\n       %s; checked %s\n", f->rule->source,
			f->rule->checked);
	}
	if (a->has_heading[heading])
		fprintf(out, "  heading %s: %s\n", heading_name(heading),
			outcome_name(a->heading[heading]));
}

static void print_dossier(const struct explain_run *x, const struct dossier *d)
{
	const struct assessment *a = &x->assessment;
	const struct excursion *e = &a->excursion[d->excursion];
	FILE *out = x->context->out;
	char time[TIME_TEXT_SIZE], length[TIME_TEXT_SIZE];

	fprintf(out,
		"\n  excursion %zu of %zu, %s: %s for %s, up to %.2f MB (%.2f over)\n",
		d->excursion + 1, a->excursion_count,
		e->is_sustained ? "sustained" : "short",
		time_text_short(e->from + a->peaks.phase_s, time),
		time_text_length((double)excursion_length_s(e), length),
		verdict_mb(e->height), verdict_mb(e->height - a->limit_bytes));
	fprintf(out,
		"    again     %zu other%s within an hour of this time of day (%zu of "
		"the same weekday), on %zu day%s\n",
		d->same_hour_count, d->same_hour_count == 1 ? "" : "s",
		d->same_weekday_count, d->days_seen, d->days_seen == 1 ? "" : "s");
	if (!isnan(d->period_s))
		fprintf(out, "    period    every %s\n",
			time_text_length(d->period_s, length));
	for (int r = 0; r < RESOURCE_COUNT; r++) {
		if (r != RESOURCE_MEMORY && !isnan(d->rank[r]))
			fprintf(out,
				"    %-9s at most %.4g %s, %s than %.1f %% of all "
				"slots\n",
				resource_table[r].name,
				r == RESOURCE_NETWORK ? d->height[r] / BPS_PER_MBPS
					: r == RESOURCE_DISK
					? d->height[r] / BYTES_PER_MB
					: d->height[r],
				r == RESOURCE_CPU               ? "MHz"
					: r == RESOURCE_NETWORK ? "Mb/s"
					: r == RESOURCE_DISK    ? "MB/s"
								: "op/s",
				"not lower", 100 * d->rank[r]);
	}
	fprintf(out,
		"    verdict   memory %s with it, %s without; overall %s, %s without\n",
		outcome_name(d->memory_with), outcome_name(d->memory_without),
		verdict_name(a->verdict), verdict_name(d->verdict_without));
}

static void print_text(const struct explain_run *x)
{
	const struct assessment *a = &x->assessment;
	FILE *out = x->context->out;

	safe_print_terminal(out, a->workload->name);
	fprintf(out, " under %s on %s: %s\n", x->run.request.profile->id,
		x->run.request.day, verdict_name(a->verdict));
	for (int i = 0; i < EXPLAIN_COUNT; i++) {
		struct explanation e;

		if (x->only >= 0 && x->only != i)
			continue;
		explain_make(a, &x->run.request, &x->set, (enum explained)i, &e);
		print_explanation(x, &e);
		if (i == EXPLAIN_CPU)
			print_evidence(x);
		if (i != EXPLAIN_DISK || x->only >= 0)
			print_rules(x, explained_heading((enum explained)i));
		for (size_t k = 0; i == EXPLAIN_MEMORY && k < a->excursion_count; k++) {
			struct dossier d;

			if (k == DOSSIERS_TEXT_MAX) {
				fprintf(out,
					"\n  and %zu more excursions: --json has all\n",
					a->excursion_count - k);
				break;
			}
			dossier_make(a, &x->set, k, &d);
			print_dossier(x, &d);
		}
	}
	if (x->only < 0)
		fputs("\nhardware and operational headings: analyze verdict NAME\n",
			out);
}

/* ---- JSON ----------------------------------------------------------------------------- */

static void json_explanation(
	const struct explain_run *x, struct json_out *json, const struct explanation *e)
{
	json_open_object(json, explained_name(e->what));
	json_put_text(json, "file", e->file);
	json_put_text(json, "data_source", e->data_source);
	json_put_integer(json, "step_s", x->set.period.step_s);
	json_put_integer(json, "slots", (int64_t)e->expected);
	json_put_integer(json, "known", (int64_t)e->known);
	json_open_array(json, "steps");
	for (size_t i = 0; i < e->step_count; i++) {
		json_open_object(json, NULL);
		json_put_text(json, "name", e->step[i].name);
		json_put_text(json, "formula", e->step[i].formula);
		json_put_number(json, "value", e->step[i].value);
		json_put_text(json, "unit", e->step[i].unit);
		json_put_text(json, "source", e->step[i].source);
		json_close_object(json);
	}
	json_close_array(json);
	json_open_array(json, "samples");
	for (size_t i = 0; i < e->sample_count; i++) {
		json_open_object(json, NULL);
		json_put_time(json, "at", e->sample[i].at);
		json_put_number(json, "value", e->sample[i].value);
		json_put_text(json, "unit", e->sample_unit);
		json_close_object(json);
	}
	json_close_array(json);
	json_close_object(json);
}

static void json_dossier(
	const struct explain_run *x, struct json_out *json, const struct dossier *d)
{
	const struct assessment *a = &x->assessment;
	const struct excursion *e = &a->excursion[d->excursion];

	json_open_object(json, NULL);
	verdict_out_excursion(json, a, e);
	json_put_integer(json, "same_hour", (int64_t)d->same_hour_count);
	json_put_integer(json, "same_hour_and_weekday", (int64_t)d->same_weekday_count);
	json_put_integer(json, "days", (int64_t)d->days_seen);
	json_put_number(json, "period_s", d->period_s);
	json_open_object(json, "rank");
	for (int r = 0; r < RESOURCE_COUNT; r++)
		json_put_number(json, resource_table[r].name, d->rank[r]);
	json_close_object(json);
	json_put_text(json, "memory_with", outcome_name(d->memory_with));
	json_put_text(json, "memory_without", outcome_name(d->memory_without));
	json_put_text(json, "verdict_without", verdict_name(d->verdict_without));
	json_close_object(json);
}

static void json_excluded(const struct explain_run *x, struct json_out *json)
{
	int phase_s = x->assessment.peaks.phase_s;

	json_open_array(json, "excluded");
	for (size_t i = 0; i < x->exclusions.count; i++) {
		json_open_object(json, NULL);
		json_put_integer(json, "id", x->exclusions.exclusion[i].id);
		json_put_integer(
			json, "from", x->exclusions.exclusion[i].begin + phase_s);
		json_put_integer(json, "to", x->exclusions.exclusion[i].end + phase_s);
		json_put_text(json, "reason", x->exclusions.exclusion[i].reason);
		json_close_object(json);
	}
	json_close_array(json);
}

static void print_json(const struct explain_run *x)
{
	const struct assessment *a = &x->assessment;
	struct json_out json;

	json_begin(&json, x->context->out, "explain");
	json_put_text(&json, "workload", a->workload->name);
	json_put_text(&json, "profile", x->run.request.profile->id);
	json_put_text(&json, "as_of", x->run.request.day);
	json_put_text(&json, "verdict", verdict_name(a->verdict));
	json_excluded(x, &json);
	json_open_object(&json, "explained");
	for (int i = 0; i < EXPLAIN_COUNT; i++) {
		struct explanation e;

		if (x->only >= 0 && x->only != i)
			continue;
		explain_make(a, &x->run.request, &x->set, (enum explained)i, &e);
		json_explanation(x, &json, &e);
	}
	json_close_object(&json);
	json_open_object(&json, "evidence");
	for (size_t i = 0; i < ARRAY_LEN(evidences); i++)
		json_put_number(&json, metric_data_source(evidences[i].metric),
			evidence_mean(x, &evidences[i]) / evidences[i].scale);
	json_close_object(&json);
	json_open_array(&json, "excursions");
	for (size_t k = 0; k < a->excursion_count; k++) {
		struct dossier d;

		dossier_make(a, &x->set, k, &d);
		json_dossier(x, &json, &d);
	}
	json_close_array(&json);
	json_end(&json);
}

/* ---- CSV ------------------------------------------------------------------------------ */

static void print_csv(const struct explain_run *x)
{
	FILE *out = x->context->out;
	char number[JSON_NUMBER_SIZE];

	fputs("workload,explained,step,value,unit,formula,source\n", out);
	for (int i = 0; i < EXPLAIN_COUNT; i++) {
		struct explanation e;

		if (x->only >= 0 && x->only != i)
			continue;
		explain_make(&x->assessment, &x->run.request, &x->set,
			(enum explained)i, &e);
		for (size_t s = 0; s < e.step_count; s++) {
			safe_print_csv(out, x->assessment.workload->name);
			fprintf(out, ",%s,%s,%s,%s,", explained_name((enum explained)i),
				e.step[s].name,
				isnan(e.step[s].value)
					? ""
					: json_number_text(e.step[s].value, number),
				e.step[s].unit);
			safe_print_csv(out, e.step[s].formula);
			fputc(',', out);
			safe_print_csv(out, e.step[s].source);
			fputc('\n', out);
		}
	}
}

/* ---- run ------------------------------------------------------------------------------ */

static int explain_workload(
	struct explain_run *x, const struct workload *workload, struct err *err)
{
	struct facts facts;
	int r = assess_facts(x->store, workload, &facts, err);

	if (r == 0)
		r = assess_workload(x->store, workload, &x->run.request, &facts,
			&x->assessment, err);
	if (r == 0)
		r = load_set_read(
			x->store, workload, &x->run.request.span, &x->set, err);
	if (r == 0)
		r = store_exclusions(x->store, workload->id, &x->exclusions, err);
	if (r == 0 && x->context->format == FORMAT_JSON)
		print_json(x);
	else if (r == 0 && x->context->format == FORMAT_CSV)
		print_csv(x);
	else if (r == 0)
		print_text(x);
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
	struct workload_list list = { .count = 0 };
	const struct workload **chosen = NULL;
	struct context one = *context;
	size_t count = 0;
	double core_mhz;
	bool has_run = false;
	int r;

	if (read_arguments(context, &x.only, err) < 0)
		return EXIT_USAGE;
	one.argument_count = 1;
	r = host_list_fastest_core(context_option(context, "hosts"), &core_mhz, err);
	if (r == 0)
		r = load_open(context, &x.store, err);
	if (r == 0)
		r = store_workloads(x.store, &list, err);
	if (r == 0)
		r = load_choose(&one, 0, &list, &chosen, &count, err);
	if (r == 0) {
		r = assess_begin(context, x.store, core_mhz, &x.run, err);
		has_run = r == 0;
	}
	if (r == 0 && count > 1 && context->format != FORMAT_TEXT)
		r = err_set(err, -EINVAL, "one workload at a time in JSON and CSV");
	for (size_t i = 0; r == 0 && i < count; i++)
		r = explain_workload(&x, chosen[i], err);
	if (has_run)
		assess_end(&x.run);
	free(chosen);
	workload_list_done(&list);
	store_close(x.store);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
