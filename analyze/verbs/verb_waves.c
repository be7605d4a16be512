/* analyze waves: in which order workloads move, and which of them together. */
#include "analyze/inventory/inventory_precedence.h"
#include "analyze/migrate/wave_build.h"
#include "analyze/plan/plan_file.h"
#include "analyze/report/waves_document.h"
#include "analyze/verbs/verbs.h"
#include "store/db/plans.h"
#include "store/store.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct option_spec verb_waves_options[] = {
	{ "plan", "PLAN.json",
		"who moves: those on its hosts; else the newest stored plan, "
		"else every workload" },
	{ "windows", "FILE",
		"windows, rates, dependencies, an order to check (analyze help "
		"waves)" },
	{ NULL, NULL, NULL },
};

/* Bytes of all disks that somebody stated; NAN: nobody did. */
static double bytes_of_disks(const struct facts *facts)
{
	const struct fact_value *disks = &facts->value[FACT_DISKS];
	double gb = 0;

	if (!disks->is_known)
		return facts_number(facts, FACT_DISK_SIZE_BYTES);
	for (size_t i = 0; i < disks->count; i++)
		gb += disks->disk[i].size_gb;
	return gb * 1073741824.0; /* a disk's GB is 2^30 (UNIT-2) */
}

static int add_workload_facts(struct wave_request *request, struct store *store,
	const struct workload_list *known, const char *name, struct err *err)
{
	const struct workload *workload = workload_list_find(known, name);
	struct facts facts = { .value = { { .is_known = false } } };
	int r = workload ? inventory_facts(store, workload->id, &facts, err) : 0;

	if (r == 0)
		r = wave_request_add(request, name,
			workload ? bytes_of_disks(&facts) : NAN,
			facts.value[FACT_ROLES].list, facts.value[FACT_ROLES].count,
			err);
	facts_done(&facts);
	return r;
}

static int add_planned(struct wave_request *request, struct store *store,
	const struct workload_list *known, const struct plan_file *plan,
	struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->workload_count; i++)
		r = add_workload_facts(
			request, store, known, plan->workload[i].name, err);
	return r;
}

/* Those of the plan that was given, of the newest that is stored, or all. */
static int waves_add_workloads(const struct context *context,
	struct wave_request *request, struct store *store, struct err *err)
{
	const char *path = context_option(context, "plan");
	struct workload_list known = { .count = 0 };
	struct plan_file plan = { .path = NULL };
	char *stored = NULL;
	int r = store_workloads(store, &known, err);

	if (r == 0 && !path)
		r = store_plan_newest(store, &stored, err);
	if (r == 0 && path)
		r = plan_file_load(path, &plan, err);
	else if (r == 0 && stored)
		r = plan_file_parse(
			"the stored plan", stored, strlen(stored), &plan, err);
	if (r == 0 && (path || stored)) {
		r = add_planned(request, store, &known, &plan, err);
		plan_file_done(&plan);
	} else {
		for (size_t i = 0; r == 0 && i < known.count; i++)
			r = add_workload_facts(
				request, store, &known, known.workload[i].name, err);
	}
	workload_list_done(&known);
	free(stored);
	return r;
}

static int refuse_cycle(const struct wave_request *request, struct err *err)
{
	size_t *cycle = calloc(request->step_count + 1, sizeof(*cycle));
	char text[400];
	size_t count = cycle ? waves_cycle(&request->problem, cycle) : 0;
	int r = 0;

	if (!cycle)
		r = err_oom(err);
	waves_cycle_text(request, cycle, count, text, sizeof(text));
	if (count > 0)
		r = err_set(err, -EINVAL, "a circle that no order can keep: %s", text);
	free(cycle);
	return r;
}

static int plan_waves(
	struct wave_request *request, struct wave_plan *plan, struct err *err)
{
	int r = refuse_cycle(request, err);

	if (r < 0)
		return r;
	if (request->order)
		return waves_check(&request->problem, request->order, plan, err);
	return waves_plan(&request->problem, plan, err);
}

/* Something that was asked for does not hold: as with a plan. */
static bool is_lacking(const struct wave_plan *plan)
{
	for (size_t i = 0; i < plan->violation_count; i++) {
		if (!plan->violation[i].is_warning)
			return true;
	}
	return plan->unplaced_count > 0;
}

int verb_waves(struct context *context, struct err *err)
{
	struct wave_request request;
	struct wave_plan plan = { .wave_count = 0 };
	struct store *store = NULL;
	int r, code = EXIT_OK;

	wave_request_init(&request);
	r = wave_request_load(&request, context_option(context, "windows"), err);
	if (r == 0)
		r = store_open(context->data_dir, &store, err);
	if (r == 0)
		r = waves_add_workloads(context, &request, store, err);
	if (r == 0)
		r = wave_request_close(&request, context->config_dir, err);
	if (r == 0)
		r = plan_waves(&request, &plan, err);
	if (r == 0)
		r = document_print(waves_document(&request, &plan), context, err);
	if (r < 0)
		code = EXIT_FAILED;
	else if (is_lacking(&plan))
		code = EXIT_LACKING;
	wave_plan_done(&plan);
	wave_request_done(&request);
	store_close(store);
	return code;
}
