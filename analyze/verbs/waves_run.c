#include "analyze/verbs/waves_run.h"

#include "analyze/inventory/inventory_precedence.h"
#include "analyze/migrate/wave_build.h"
#include "analyze/report/waves_document.h"
#include "common/units.h"
#include "store/db/plans.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of all disks that somebody stated, and of the largest; NAN: nobody did. */
static double bytes_of_disks(const struct facts *facts, double *ret_largest)
{
	const struct fact_value *disks = &facts->value[FACT_DISKS];
	double gb = 0, largest = 0;

	*ret_largest = NAN;
	if (!disks->is_known)
		return facts_number(facts, FACT_DISK_SIZE_BYTES);
	for (size_t i = 0; i < disks->count; i++) {
		gb += disks->disk[i].size_gb;
		largest = fmax(largest, disks->disk[i].size_gb);
	}
	*ret_largest = largest * BYTES_PER_GB; /* a disk's GB is 2^30 (UNIT-2) */
	return gb * BYTES_PER_GB;
}

static int add_workload_facts(struct wave_request *request, struct store *store,
	const struct workload_list *known, const char *name, struct err *err)
{
	const struct workload *workload = workload_list_find(known, name);
	struct facts facts = { .value = { { .is_known = false } } };
	double bytes = NAN, largest = NAN;
	int r = workload ? inventory_facts(store, workload->id, &facts, err) : 0;

	if (r == 0 && workload)
		bytes = bytes_of_disks(&facts, &largest);
	if (r == 0)
		r = wave_request_add(request, name, bytes, largest,
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
static int waves_add_workloads(const struct context *context, struct waves_run *run,
	struct store *store, struct err *err)
{
	const char *path = context_option(context, "plan");
	struct workload_list known = { .count = 0 };
	char *stored = NULL;
	int r = store_workloads(store, &known, err);

	if (r == 0 && !path)
		r = store_plan_newest(store, &stored, err);
	if (r == 0 && path)
		r = plan_file_load(path, &run->hosts, err);
	else if (r == 0 && stored)
		r = plan_file_parse(
			"the stored plan", stored, strlen(stored), &run->hosts, err);
	run->has_hosts = r == 0 && (path || stored);
	if (run->has_hosts)
		r = add_planned(&run->request, store, &known, &run->hosts, err);
	for (size_t i = 0; r == 0 && !run->has_hosts && i < known.count; i++)
		r = add_workload_facts(
			&run->request, store, &known, known.workload[i].name, err);
	workload_list_done(&known);
	free(stored);
	return r;
}

static int refuse_cycle(const struct wave_request *request, struct err *err)
{
	size_t *cycle = calloc(request->task_count + 1, sizeof(*cycle));
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

int waves_run(const struct context *context, struct store *store, struct waves_run *run,
	struct err *err)
{
	int r;

	*run = (struct waves_run){ .has_hosts = false };
	wave_request_init(&run->request);
	r = wave_request_load(&run->request, context_option(context, "windows"), err);
	if (r == 0)
		r = waves_add_workloads(context, run, store, err);
	if (r == 0)
		r = wave_request_close(&run->request, context->config_dir, err);
	if (r == 0 && run->has_hosts)
		r = plan_waves_states(&run->hosts, context->config_dir, &run->request,
			&run->states, err);
	return r == 0 ? plan_waves(&run->request, &run->plan, err) : r;
}

void waves_run_done(struct waves_run *run)
{
	wave_plan_done(&run->plan);
	plan_waves_done(&run->states);
	if (run->has_hosts)
		plan_file_done(&run->hosts);
	wave_request_done(&run->request);
}
