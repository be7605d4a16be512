#include "analyze/plan/plan_waves.h"

#include "analyze/plan/candidates.h"
#include "analyze/plan/plan_model.h"
#include "analyze/plan/plan_units.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void plan_waves_done(struct plan_waves *waves)
{
	free(waves->from);
	free(waves->to);
	free(waves->room);
	free(waves->need_from);
	free(waves->need_to);
	*waves = (struct plan_waves){ .source_count = 0 };
}

static size_t host_called(const struct plan_file *plan, const char *name)
{
	for (size_t h = 0; name && h < plan->host_count; h++) {
		if (strcmp(plan->host[h].name, name) == 0)
			return h;
	}
	return WAVE_NONE;
}

static size_t workload_called(const struct plan_file *plan, const char *name)
{
	for (size_t i = 0; i < plan->workload_count; i++) {
		if (strcmp(plan->workload[i].name, name) == 0)
			return i;
	}
	return WAVE_NONE;
}

static size_t host_of_workload(const struct plan_file *plan, size_t workload)
{
	for (size_t h = 0; h < plan->host_count; h++) {
		for (size_t k = 0; k < plan->host[h].workload_count; k++) {
			if (plan->host[h].workload[k] == workload)
				return h;
		}
	}
	return WAVE_NONE;
}

/* Where each task's workload is and goes; tasks that are no move change nothing. */
static int find_hosts(const struct plan_file *plan, const struct wave_request *request,
	struct plan_waves *waves, struct err *err)
{
	waves->from = calloc(request->task_count + 1, sizeof(*waves->from));
	waves->to = calloc(request->task_count + 1, sizeof(*waves->to));
	if (!waves->from || !waves->to)
		return err_oom(err);
	for (size_t i = 0; i < request->task_count; i++) {
		const struct wave_task *task = &request->task[i];
		size_t workload = workload_called(plan, task->workload);

		waves->from[i] = waves->to[i] = WAVE_NONE;
		if (strcmp(task->kind, "move") != 0 || workload == WAVE_NONE)
			continue;
		waves->to[i] = host_of_workload(plan, workload);
		waves->from[i] = host_called(plan, task->source_host);
		waves->source_count += waves->from[i] != WAVE_NONE;
	}
	return 0;
}

static const char *why_unchecked(const struct plan_file *plan)
{
	if (plan->is_aligned)
		return "the plan is of coincident demand, which no single figure of a "
		       "workload stands for";
	for (size_t i = 0; i < plan->workload_count; i++) {
		if (isnan(plan_footprint(&plan->workload[i])) ||
			isnan(plan->workload[i].need.of[RESOURCE_CPU]))
			return "the plan does not say the figures of every workload";
	}
	return NULL;
}

static void fill_room(const struct packing_problem *problem, size_t type, int64_t *room)
{
	for (size_t d = 0; d < problem->dimension_count; d++) {
		size_t cell = type * problem->dimension_count + d;

		room[d] = problem->capacity[cell] - problem->used[cell];
		if (d == problem->setup_dimension)
			room[d] -= problem->setup_amount;
	}
}

static void fill_need(
	const struct packing_problem *problem, size_t type, size_t item, int64_t *need)
{
	memcpy(need, packing_size(problem, problem->type[type].variant, item),
		problem->row_count * sizeof(*need));
}

static int fill_states(const struct plan_file *plan, const struct wave_request *request,
	const struct plan_model *model, struct plan_waves *waves, struct err *err)
{
	const struct packing_problem *problem = &model->problem;
	size_t rows = problem->row_count, n = request->task_count;
	size_t *type = calloc(plan->host_count + 1, sizeof(*type));

	waves->room = calloc(plan->host_count * rows + 1, sizeof(*waves->room));
	waves->need_from = calloc(n * rows + 1, sizeof(*waves->need_from));
	waves->need_to = calloc(n * rows + 1, sizeof(*waves->need_to));
	if (!type || !waves->room || !waves->need_from || !waves->need_to) {
		free(type);
		return err_oom(err);
	}
	for (size_t h = 0; h < plan->host_count; h++) {
		type[h] = plan_file_model_type(
			model, &plan->hosts, plan->host[h].type, plan->host[h].name);
		fill_room(problem, type[h], waves->room + h * rows);
	}
	for (size_t i = 0; i < n; i++) {
		size_t item = workload_called(plan, request->task[i].workload);

		if (waves->from[i] != WAVE_NONE)
			fill_need(problem, type[waves->from[i]], item,
				waves->need_from + i * rows);
		if (waves->to[i] != WAVE_NONE)
			fill_need(problem, type[waves->to[i]], item,
				waves->need_to + i * rows);
	}
	free(type);
	waves->states = (struct wave_states){ .host_count = plan->host_count,
		.row_count = rows,
		.room = waves->room,
		.from = waves->from,
		.to = waves->to,
		.need_from = waves->need_from,
		.need_to = waves->need_to };
	return 0;
}

int plan_waves_states(const struct plan_file *plan, const char *config_dir,
	struct wave_request *request, struct plan_waves *ret_waves, struct err *err)
{
	struct plan_factors factors;
	struct plan_request asked = { .factors = &factors,
		.hosts = &plan->hosts,
		.workload = plan->workload,
		.workload_count = plan->workload_count };
	struct plan_model model;
	int r;

	*ret_waves = (struct plan_waves){ .source_count = 0 };
	r = find_hosts(plan, request, ret_waves, err);
	if (r < 0 || ret_waves->source_count == 0)
		return r;
	ret_waves->unchecked = why_unchecked(plan);
	if (ret_waves->unchecked)
		return 0;
	r = candidates_factors(config_dir, plan->profile, &factors, err);
	if (r == 0)
		r = plan_model_build(&asked, &model, err);
	if (r < 0)
		return r;
	r = fill_states(plan, request, &model, ret_waves, err);
	plan_model_done(&model);
	if (r == 0)
		request->problem.states = &ret_waves->states;
	return r;
}
