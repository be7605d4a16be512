/* analyze report: a page or a workbook to hand over. */
#include "analyze/plan/hosts.h"
#include "analyze/report/handover.h"
#include "analyze/report/waves_document.h"
#include "analyze/verbs/engine_options.h"
#include "analyze/verbs/screen.h"
#include "analyze/verbs/verbs.h"
#include "analyze/verbs/waves_run.h"
#include "common/json_doc.h"
#include "store/db/plans.h"
#include "store/store.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PLAN_BYTES_MAX ((size_t)256 << 20)

const struct option_spec verb_report_options[] = {
	{ "plan", "PLAN.json",
		"a plan of `analyze plan --json`; else the newest one kept" },
	{ "backtest", "FILE.json", "its back-test, of `analyze backtest --json`" },
	{ "windows", "FILE",
		"in which order they move, too: the windows file of `analyze waves`" },
	{ "hosts", "FILE", "candidate hosts: their fastest core is the target core" },
	{ "strict", NULL,
		"a fact that nobody stated is UNKNOWN, never taken as absent" },
	SOURCE_OPTIONS,
	{ NULL, NULL, NULL },
};

struct report_run {
	struct context *context;
	struct screen screen;
	struct estate estate;
	struct assess_run run;
	bool has_run;
	struct assessment *assessments;
	struct outline *outlines;
	struct json_doc plan, backtest;
	struct waves_run waves;
	bool has_waves; /* asked for; to be released */
};

static void report_done(struct report_run *r)
{
	if (r->has_waves)
		waves_run_done(&r->waves);
	json_doc_done(&r->plan);
	json_doc_done(&r->backtest);
	free(r->outlines);
	assessments_free(r->assessments, r->estate.count);
	if (r->has_run)
		assess_end(&r->run);
	estate_close(&r->estate);
}

/* The format is that of the file's name, or of --format. */
static int choose_format(struct context *context, struct err *err)
{
	const char *path = context->output_path;
	const char *dot = path ? strrchr(path, '.') : NULL;

	if (context->argument_count > 0)
		return err_set(err, -EINVAL, "expected no arguments, found \"%.60s\"",
			context->arguments[0]);
	if (context->has_format && context->format >= FORMAT_HTML)
		return 0;
	if (dot && strcmp(dot, ".html") == 0)
		context->format = FORMAT_HTML;
	else if (dot && strcmp(dot, ".xlsx") == 0)
		context->format = FORMAT_XLSX;
	else
		return err_set(err, -EINVAL,
			"expected -o FILE.html or -o FILE.xlsx%s%.60s",
			path ? ", found " : "", path ? path : "");
	return 0;
}

static int check_schema(const struct json_doc *doc, const char *schema, struct err *err)
{
	const char *found = handover_text(doc->root, "schema");

	if (found && strcmp(found, schema) == 0)
		return 0;
	return err_set(err, -EINVAL, "%s: expected \"schema\":\"%s\", found \"%.60s\"",
		doc->path, schema, found ? found : "nothing");
}

/* The plan that is named, else the newest that the store keeps, else none. */
static int read_plan(struct report_run *r, struct err *err)
{
	const char *path = context_option(r->context, "plan");
	const char *backtest = context_option(r->context, "backtest");
	char *kept = NULL;
	int code = 0;

	if (path)
		code = json_doc_load(path, PLAN_BYTES_MAX, &r->plan, err);
	else if (store_plan_newest(r->estate.store, &kept, err) == 0 && kept)
		code = json_doc_parse(
			"the newest plan", kept, strlen(kept), &r->plan, err);
	free(kept);
	if (code == 0 && r->plan.root)
		code = check_schema(&r->plan, "headroom/plan/1", err);
	if (code == 0 && backtest)
		code = json_doc_load(backtest, PLAN_BYTES_MAX, &r->backtest, err);
	if (code == 0 && r->backtest.root)
		code = check_schema(&r->backtest, "headroom/backtest/1", err);
	return code;
}

static int report_read(struct report_run *r, struct err *err)
{
	struct context *context = r->context;
	double core_mhz;
	int code = host_list_fastest_core(
		context_option(context, "hosts"), &core_mhz, err);

	if (code == 0)
		code = screen_open_estate(
			&r->screen, context, 0, SCREEN_NAMES_ALL, &r->estate, err);
	if (code == 0) {
		code = assess_begin(&r->estate, core_mhz, &r->run, err);
		r->has_run = code == 0;
	}
	if (code == 0)
		code = assess_all(&r->estate, &r->run.request, &r->assessments, err);
	if (code == 0)
		code = outline_read(&r->estate, &r->outlines, err);
	if (code == 0)
		code = read_plan(r, err);
	if (code == 0 && context_option(context, "windows")) {
		r->has_waves = true;
		code = waves_run(context, r->estate.store, &r->waves, err);
	}
	return code;
}

static int report_print(struct report_run *r, struct err *err)
{
	struct waves_view waves = { &r->waves.request, &r->waves.plan,
		r->waves.states.source_count, r->waves.states.unchecked };
	struct handover handover = { .request = &r->run.request,
		.assessments = r->assessments,
		.outlines = r->outlines,
		.count = r->estate.count,
		.plan = r->plan.root,
		.backtest = r->backtest.root,
		.plan_path = context_option(r->context, "plan"),
		.waves = r->has_waves ? &waves : NULL };

	for (size_t i = 0; i < r->estate.count; i++) {
		const struct workload_peaks *p = &r->assessments[i].peaks;

		if (!p->to)
			continue;
		if (!handover.from || p->from + p->phase_s < handover.from)
			handover.from = p->from + p->phase_s;
		if (p->to + p->phase_s > handover.to)
			handover.to = p->to + p->phase_s;
	}
	return document_print(handover_document(&handover), r->context, err);
}

int verb_report(struct context *context, struct err *err)
{
	struct report_run r = { .context = context };
	int code;

	if (choose_format(context, err) < 0)
		return EXIT_USAGE;
	code = report_read(&r, err);
	if (code == 0)
		code = report_print(&r, err);
	report_done(&r);
	if (code == 0 && context->output_path)
		context_say(context, "the report is %s", context->output_path);
	return code < 0 ? EXIT_FAILED : EXIT_OK;
}
