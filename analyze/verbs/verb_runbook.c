/* analyze runbook: the tasks and scripts by which a machine moves to a target. */
#include "analyze/runbook/runbook.h"
#include "analyze/plan/plan_file.h"
#include "analyze/report/runbook_document.h"
#include "analyze/verbs/machine_input.h"
#include "analyze/verbs/runbook_measured.h"
#include "analyze/verbs/verbs.h"
#include "common/array.h"
#include "schema/date.h"
#include "store/db/plans.h"
#include "store/store.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct option_spec verb_runbook_options[] = {
	{ "target", "PROFILE", "what it moves to; else --profile" },
	{ "set", "KEY=VALUE",
		"a setting of the runbook, or a fact for it alone; may be repeated" },
	{ "settings", NULL, "list the settings of the target and stop" },
	{ "plan", "PLAN.json", "whose host is named; else the newest stored plan" },
	{ NULL, NULL, NULL },
};

struct runbook_run {
	struct context *context;
	const char *target;
	char today[DATE_TEXT_SIZE];
	struct library library;
	struct machine_input input;
	char *host;
	struct runbook_request request;
	struct runbook runbook;
	struct runbook_measured measured;
};

/* ---- the plan ---------------------------------------------------------------------------- */

static int find_host(
	struct runbook_run *run, const struct plan_file *plan, struct err *err)
{
	for (size_t h = 0; h < plan->host_count; h++) {
		for (size_t i = 0; i < plan->host[h].workload_count; i++) {
			size_t at = plan->host[h].workload[i];

			if (strcmp(plan->workload[at].name, run->input.machine.name) !=
				0)
				continue;
			run->host = strdup(plan->host[h].name);
			return run->host ? 0 : err_oom(err);
		}
	}
	return 0;
}

static int find_planned_host(struct runbook_run *run, struct err *err)
{
	const char *path = context_option(run->context, "plan");
	struct plan_file plan = { .path = NULL };
	struct store *store = NULL;
	char *stored = NULL;
	int r = 0;

	if (!path && run->input.is_file)
		return 0;
	if (path) {
		r = plan_file_load(path, &plan, err);
	} else {
		r = store_open(run->context->data_dir, &store, err);
		if (r == 0)
			r = store_plan_newest(store, &stored, err);
		if (r == 0 && stored)
			r = plan_file_parse(
				"the stored plan", stored, strlen(stored), &plan, err);
	}
	if (r == 0 && (path || stored)) {
		r = find_host(run, &plan, err);
		plan_file_done(&plan);
	}
	free(stored);
	store_close(store);
	return r;
}

/* ---- the runbook ------------------------------------------------------------------------- */

static int say_what_stands_against(struct runbook_run *run, struct err *err)
{
	int r = document_print(
		runbook_document(&run->runbook, NULL), run->context, err);

	if (r < 0)
		return r;
	if (!run->runbook.validation.is_success)
		return err_set(err, -EINVAL,
			"%s is not ready for %s: nothing was written",
			run->input.machine.name, run->target);
	return err_set(err, -EINVAL, "%zu %s missing: nothing was written",
		run->runbook.missing_count,
		run->runbook.missing_count == 1 ? "setting is" : "settings are");
}

static int make_runbook(struct runbook_run *run, struct err *err)
{
	const char *dir = run->context->output_path;
	int r = runbook_prepare(&run->request, &run->runbook, err);

	if (r == 0)
		r = runbook_measured_blockers(
			&run->measured, &run->library, &run->runbook.validation, err);
	if (r < 0)
		return r;
	if (!run->runbook.validation.is_success || run->runbook.missing_count > 0)
		return say_what_stands_against(run, err);
	r = runbook_render(&run->runbook, err);
	if (r == 0)
		r = runbook_write(&run->runbook, dir, err);
	return r < 0 ? r
		     : document_print(
			       runbook_document(&run->runbook, dir), run->context, err);
}

static int run_with_words(struct runbook_run *run, struct err *err)
{
	size_t cursor = 0, count = 0;
	char *word[OPTIONS_MAX];
	const char *value;

	while (count < ARRAY_LEN(word) &&
		(value = context_option_next(run->context, "set", &cursor)))
		word[count++] = strdup(value);
	run->request.word = word;
	run->request.word_count = count;
	for (size_t i = 0; i < count; i++) {
		if (!word[i]) {
			while (count > 0)
				free(word[--count]);
			return err_oom(err);
		}
	}
	int r = make_runbook(run, err);
	runbook_done(&run->runbook);
	while (count > 0)
		free(word[--count]);
	return r;
}

static int move_machine(
	struct runbook_run *run, const struct profile *target, struct err *err)
{
	int r;

	run->request = (struct runbook_request){ .library = &run->library,
		.target = target,
		.config_dir = run->context->config_dir,
		.day = run->context->as_of
			? run->context->as_of
			: date_from_time(run->context->now, run->today),
		.machine = &run->input.machine,
		.stated = &run->input.facts,
		.alloc_bytes = NAN,
		.cores_needed = NAN,
		.reserved_percent = NAN };
	r = find_planned_host(run, err);
	run->request.host = run->host;
	if (r == 0 && !run->input.is_file)
		r = runbook_measure(
			run->context, run->target, &run->measured, &run->request, err);
	if (r == 0)
		r = run_with_words(run, err);
	runbook_measured_done(&run->measured);
	free(run->host);
	return r;
}

static int print_settings(const struct runbook_run *run, struct err *err)
{
	struct tasks tasks;
	int r = tasks_load(run->context->config_dir, run->target, &tasks, err);

	if (r < 0)
		return r;
	r = document_print(
		runbook_settings_document(&tasks, run->target), run->context, err);
	tasks_done(&tasks);
	return r;
}

static int check_arguments(const struct context *context, struct err *err)
{
	if (context_option(context, "settings"))
		return context->argument_count == 0
			? 0
			: err_set(err, -EINVAL,
				  "--settings: expected no workload beside it");
	if (context->argument_count != 1)
		return err_set(err, -EINVAL,
			"expected one workload, or a file with a machine document");
	if (!context->output_path)
		return err_set(err, -EINVAL,
			"expected -o DIR, the folder that is to be written");
	return 0;
}

int verb_runbook(struct context *context, struct err *err)
{
	struct runbook_run run = { .context = context };
	const struct profile *target = NULL;
	const char *id = context_option(context, "target");
	int r;

	if (check_arguments(context, err) < 0)
		return EXIT_USAGE;
	r = library_load(context->config_dir, &run.library, err);
	if (r < 0)
		return EXIT_FAILED;
	for (size_t i = 0; i < run.library.refusal_count; i++)
		context_say(context, "refused: %s", run.library.refusal[i]);
	id = id ? id : context->profile ? context->profile : DEFAULT_PROFILE;
	r = library_profile_get(&run.library, id, &target, err);
	run.target = target ? target->id : id;
	if (r == 0 && context_option(context, "settings")) {
		r = print_settings(&run, err);
	} else if (r == 0) {
		r = runbook_check_dir(context->output_path, err);
		if (r == 0)
			r = machine_input_read(
				context, context->arguments[0], &run.input, err);
		if (r == 0) {
			r = move_machine(&run, target, err);
			machine_input_done(&run.input);
		}
	}
	library_done(&run.library);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
