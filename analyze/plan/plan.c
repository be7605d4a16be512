#include "analyze/plan/plan.h"

#include "analyze/plan/plan_model.h"
#include "analyze/plan/plan_notes.h"
#include "analyze/plan/plan_reasons.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A plan in the making: the model, the engine's answer and what they become. */
struct plan_draft {
	const struct plan_request *request;
	struct plan_model model;
	struct packing_result result;
	struct plan *plan;
};

static int64_t plan_slot_stamp(
	const struct plan_draft *making, int dimension, size_t slot)
{
	size_t column = making->model.dimension_of[dimension];

	if (making->model.problem.dimension[column].slots == 1)
		return 0;
	return making->request->axis.first +
		(int64_t)slot * (int64_t)making->request->axis.step_s;
}

/* ---- hosts ------------------------------------------------------------------------- */

/* Numbers of the hosts of one type in order, without those that stand alone. */
static size_t next_number(const struct plan_draft *making, size_t type, size_t number)
{
	do {
		number++;
	} while (plan_model_is_single(&making->model, type, number));
	return number;
}

static int name_hosts(struct plan_draft *making)
{
	const struct host_list *hosts = making->request->hosts;
	size_t *last = calloc(hosts->type_count, sizeof(*last));
	int r = 0;

	if (!last)
		return -ENOMEM;
	for (size_t i = 0; i < making->result.host_count && r == 0; i++) {
		const struct plan_model_type *entry =
			&making->model.type[making->result.host_type[i]];
		struct plan_host *host = &making->plan->host[i];
		size_t number = entry->single;

		if (number == 0)
			number = last[entry->type] =
				next_number(making, entry->type, last[entry->type]);
		host->type = entry->type;
		if (asprintf(&host->name, "%s-%zu", hosts->type[entry->type].name,
			    number) < 0) {
			host->name = NULL;
			r = -ENOMEM;
		}
	}
	free(last);
	return r;
}

/* The last ones of a type; where there are as many as are wanted, the next ones. */
static size_t first_spare(const struct plan_draft *making, size_t type)
{
	const struct host_type *host = &making->request->hosts->type[type];
	size_t last = 0;

	if (!host->is_any_count)
		return host->count - host->spare + 1;
	for (size_t h = 0; h < making->plan->host_count; h++) {
		const char *name = making->plan->host[h].name;
		size_t found, number;

		if (making->plan->host[h].type == type &&
			host_list_find(making->request->hosts, name, &found, &number) &&
			number > last)
			last = number;
	}
	return last + 1;
}

static int name_spares(struct plan_draft *making)
{
	const struct host_list *hosts = making->request->hosts;
	struct plan *plan = making->plan;
	size_t count = 0;

	for (size_t t = 0; t < hosts->type_count; t++)
		count += hosts->type[t].spare;
	plan->spare = calloc(count + 1, sizeof(*plan->spare));
	if (!plan->spare)
		return -ENOMEM;
	for (size_t t = 0; t < hosts->type_count; t++) {
		size_t first = first_spare(making, t);

		for (size_t i = 0; i < hosts->type[t].spare; i++) {
			struct plan_spare *spare = &plan->spare[plan->spare_count++];

			spare->type = t;
			if (asprintf(&spare->name, "%s-%zu", hosts->type[t].name,
				    first + i) < 0) {
				spare->name = NULL;
				return -ENOMEM;
			}
		}
	}
	return 0;
}

static int place_workloads(struct plan_draft *making)
{
	struct plan *plan = making->plan;
	size_t count = making->request->workload_count;

	for (size_t h = 0; h < plan->host_count; h++) {
		struct plan_host *host = &plan->host[h];

		for (size_t i = 0; i < count; i++)
			host->workload_count += making->result.host_of[i] == h;
		host->workload =
			calloc(host->workload_count + 1, sizeof(*host->workload));
		host->volume = calloc(host->workload_count + 1, sizeof(*host->volume));
		if (!host->workload || !host->volume)
			return -ENOMEM;
		host->workload_count = 0;
		for (size_t i = 0; i < count; i++) {
			if (making->result.host_of[i] != h)
				continue;
			host->volume[host->workload_count] =
				making->result.volume_of[i];
			host->workload[host->workload_count++] = i;
		}
	}
	return 0;
}

/* ---- what each host needs ------------------------------------------------------------ */

static double demand_at(const struct plan_request *request,
	const struct plan_host *host, enum plan_dimension dimension,
	const struct plan_workload *workload, size_t slot)
{
	const struct host_type *type = &request->hosts->type[host->type];
	int resource = plan_dimension_table[dimension].resource;
	double value =
		plan_sized(request->factors, request->hosts, workload, dimension);
	bool is_shared = dimension != PLAN_NETWORK || value > 0;

	if (resource >= 0 && workload->series[resource] && is_shared &&
		(dimension != PLAN_MEMORY || request->is_memory_aligned)) {
		value = plan_from_resource(dimension, workload->series[resource][slot]);
		if (dimension == PLAN_MEMORY)
			value +=
				plan_from_resource(dimension, workload->overhead_bytes);
	}
	return plan_demand_of(request->factors, type, workload, dimension, value);
}

static double sum_of_peaks(const struct plan_request *request,
	const struct plan_host *host, enum plan_dimension dimension)
{
	const struct host_type *type = &request->hosts->type[host->type];
	double sum = 0;
	bool is_shared = false;

	for (size_t i = 0; i < host->workload_count; i++) {
		const struct plan_workload *workload =
			&request->workload[host->workload[i]];
		double sized = plan_sized(
			request->factors, request->hosts, workload, dimension);

		is_shared = is_shared || sized == 0;
		sum += plan_demand_of(
			request->factors, type, workload, dimension, sized);
	}
	if (dimension == PLAN_ADAPTERS && is_shared)
		sum += 1; /* one for all that have none of their own */
	return sum;
}

static void use_of_host(const struct plan_draft *making, struct plan_host *host,
	enum plan_dimension dimension)
{
	const struct plan_request *request = making->request;
	const struct host_type *type = &request->hosts->type[host->type];
	struct plan_use *use = &host->use[dimension];
	size_t column = making->model.dimension_of[dimension];
	size_t slots = column == PACKING_NONE
		? 1
		: making->model.problem.dimension[column].slots;
	double highest = -1;

	use->is_counted = column != PACKING_NONE &&
		plan_capacity(request->factors, type, dimension, &use->capacity);
	use->sum_of_peaks = plan_needed(request->factors, type, dimension,
		sum_of_peaks(request, host, dimension));
	use->needed = use->sum_of_peaks;
	if (slots == 1)
		return;
	for (size_t k = 0; k < slots; k++) {
		double sum = 0;

		for (size_t i = 0; i < host->workload_count; i++)
			sum += demand_at(request, host, dimension,
				&request->workload[host->workload[i]], k);
		if (sum > highest) {
			highest = sum;
			use->at = plan_slot_stamp(making, (int)dimension, k);
		}
	}
	use->needed = plan_needed(request->factors, type, dimension, highest);
}

/* ---- what is left out, and why: plan_reasons.c ----------------------------------------- */

static int list_unplaced(struct plan_draft *making)
{
	struct plan *plan = making->plan;

	plan->unplaced =
		calloc(making->result.unplaced_count + 1, sizeof(*plan->unplaced));
	if (!plan->unplaced)
		return -ENOMEM;
	for (size_t i = 0; i < making->request->workload_count; i++) {
		if (making->result.host_of[i] == PACKING_NONE)
			plan_describe_unplaced(making->request, &making->model,
				&making->result, plan, i,
				&plan->unplaced[plan->unplaced_count++]);
	}
	return 0;
}

/* ---- failover ----------------------------------------------------------------------------- */

static int list_losses(struct plan_draft *making)
{
	struct plan *plan = making->plan;

	plan->loss = calloc(making->result.recovery_count + 1, sizeof(*plan->loss));
	if (!plan->loss)
		return -ENOMEM;
	for (size_t i = 0; i < making->result.recovery_count; i++) {
		const struct packing_recovery *recovery = &making->result.recovery[i];
		bool has_second = recovery->lost[1] != PACKING_NONE;
		struct plan_loss *loss = &plan->loss[plan->loss_count++];

		loss->is_survived = recovery->is_survived;
		loss->is_proven = recovery->is_proven;
		loss->moved_count = recovery->moved_count;
		if (asprintf(&loss->hosts, "%s%s%s", plan->host[recovery->lost[0]].name,
			    has_second ? "," : "",
			    has_second ? plan->host[recovery->lost[1]].name : "") < 0) {
			loss->hosts = NULL;
			return -ENOMEM;
		}
	}
	return 0;
}

/* ---- the whole ------------------------------------------------------------------------------ */

static void take_figures(struct plan_draft *making)
{
	const struct packing_result *result = &making->result;
	const struct packing_problem *problem = &making->model.problem;
	struct plan *plan = making->plan;
	size_t slot = 0;
	int64_t spares = 0; /* they are bought too */

	for (size_t t = 0; t < problem->type_count; t++)
		spares += problem->type[t].spare * problem->type[t].cost;
	plan->cost = (double)(result->cost + spares) / making->model.cost_units;
	plan->is_bound_in_hosts = result->has_equal_costs;
	plan->lower_bound = result->has_equal_costs
		? (double)result->lower_bound
		: (double)(result->lower_bound + spares) / making->model.cost_units;
	plan->is_proven_optimal = result->is_proven_optimal;
	plan->is_unplaced_proven = result->is_unplaced_proven;
	plan->bound_name = packing_bound_names[result->bound_kind];
	plan->binding_dimension =
		plan_model_dimension(&making->model, result->binding_row, &slot);
	if (plan->binding_dimension >= 0)
		plan->binding_at =
			plan_slot_stamp(making, plan->binding_dimension, slot);
	plan->failover = making->request->failover;
	plan->is_failover_met = result->is_failover_met;
	plan->is_failover_refuted = result->is_failover_refuted;
	plan->is_cut_by_clock = result->is_cut_by_clock;
	plan->seconds = result->seconds;
	(void)snprintf(
		plan->exact_note, sizeof(plan->exact_note), "%s", result->exact_note);
}

static int read_result(struct plan_draft *making)
{
	struct plan *plan = making->plan;
	int r;

	plan->host_count = making->result.host_count;
	plan->host = calloc(plan->host_count + 1, sizeof(*plan->host));
	if (!plan->host)
		return -ENOMEM;
	take_figures(making);
	r = name_hosts(making);
	if (r < 0)
		return r;
	r = name_spares(making);
	if (r == 0)
		r = place_workloads(making);
	if (r < 0)
		return r;
	for (size_t h = 0; h < plan->host_count; h++) {
		for (int d = 0; d < PLAN_DIMENSION_COUNT; d++)
			use_of_host(making, &plan->host[h], (enum plan_dimension)d);
	}
	plan_describe_conflict(making->request, &making->model, &making->result, plan);
	r = list_unplaced(making);
	return r < 0 ? r : list_losses(making);
}

#define LEFT_LEAST_S 0.1
/* Of the time; the second where the first was cut before anything survived. */
static const double peaks_share[] = { 0.25, 0.55 };
/*
 * What survives by the sum of the peaks survives by the peak of the sum: an aligned plan
 * begins with it.  1: a packing that survives; 0: none; a negative errno.
 */
static int solve_by_peaks(const struct plan_request *request, double share,
	struct packing_result *ret_result, struct err *err)
{
	struct plan_request peaks = *request;
	struct plan_model model;
	int r;

	peaks.is_aligned = false;
	peaks.packing.time_limit_s *= share;
	r = plan_model_build(&peaks, &model, err);
	if (r < 0)
		return r;
	r = packing_solve(&model.problem, &peaks.packing, ret_result, err);
	if (r == 0)
		r = ret_result->is_failover_met;
	plan_model_done(&model);
	return r;
}

/* The engine's answer, in the time that there is for all of it. */
static int solve_plan(struct plan_draft *making, struct err *err)
{
	const struct plan_request *request = making->request;
	struct packing_options options = request->packing;
	struct packing_result peaks = { .host_count = 0 };
	struct packing_start start;
	bool begins = request->is_aligned && request->failover > 0;
	int r = 0;

	for (size_t i = 0; begins && i < 2 && r == 0; i++) {
		packing_result_done(&peaks);
		r = solve_by_peaks(request, peaks_share[i], &peaks, err);
		options.time_limit_s =
			fmax(options.time_limit_s - peaks.seconds, LEFT_LEAST_S);
		begins = peaks.is_cut_by_clock;
	}
	if (r == 1) {
		start = (struct packing_start){ peaks.host_type, peaks.host_count,
			peaks.host_of };
		options.start = &start;
	}
	if (r >= 0)
		r = packing_solve(
			&making->model.problem, &options, &making->result, err);
	packing_result_done(&peaks);
	return r;
}

static int make_once(const struct plan_request *request, struct plan *ret_plan,
	enum packing_reason *ret_reason, struct err *err)
{
	struct plan plan = { .binding_dimension = -1 };
	struct plan_draft making = { .request = request, .plan = &plan };
	int r = plan_model_build(request, &making.model, err);

	if (r < 0)
		return r;
	r = solve_plan(&making, err);
	if (r < 0)
		goto out;
	r = read_result(&making);
	if (r == 0 && ret_reason)
		memcpy(ret_reason, making.result.reason,
			request->workload_count * sizeof(*ret_reason));
	packing_result_done(&making.result);
	if (r < 0) {
		err_oom(err);
		goto out;
	}
	*ret_plan = plan;
	plan = (struct plan){ .host = NULL };
out:
	plan_model_done(&making.model);
	plan_done(&plan);
	return r;
}

/* ---- the hosts that are missing -------------------------------------------------------- */

#define MISSING_SHARE 0.2 /* of the time, and no more than: */
#define MISSING_MOST_S 2.0

/* As many hosts of each type as are needed; no constraint that names one host alone. */
struct more_hosts {
	struct host_list list;
	struct plan_workload *workload;
	size_t *index; /* [count] in the request */
	size_t count;
};

static bool names_single(const struct host_list *hosts, const struct host_constraint *c)
{
	for (size_t i = 0; i < c->host_count; i++) {
		size_t type, number;

		if (host_list_find(hosts, c->host[i], &type, &number) && number > 0)
			return true;
	}
	return false;
}

/* No number of hosts more would help who may stand on one that is named alone. */
static bool is_pinned(const struct host_list *hosts, const char *workload)
{
	for (size_t i = 0; i < hosts->constraint_count; i++) {
		const struct host_constraint *c = &hosts->constraint[i];

		if (c->kind != CONSTRAINT_PIN || !names_single(hosts, c))
			continue;
		for (size_t j = 0; j < c->workload_count; j++) {
			if (strcmp(c->workload[j], workload) == 0)
				return true;
		}
	}
	return false;
}

static int list_more(const struct plan_request *request,
	const enum packing_reason *reason, struct more_hosts *more)
{
	const struct host_list *hosts = request->hosts;

	more->list = *hosts;
	more->list.constraint_count = 0;
	more->list.type = calloc(hosts->type_count + 1, sizeof(*more->list.type));
	more->list.constraint =
		calloc(hosts->constraint_count + 1, sizeof(*more->list.constraint));
	more->workload = calloc(request->workload_count + 1, sizeof(*more->workload));
	more->index = calloc(request->workload_count + 1, sizeof(*more->index));
	if (!more->list.type || !more->list.constraint || !more->workload ||
		!more->index)
		return -ENOMEM;
	for (size_t t = 0; t < hosts->type_count; t++) {
		more->list.type[t] = hosts->type[t];
		more->list.type[t].is_any_count = true;
		more->list.type[t].spare = 0;
	}
	for (size_t i = 0; i < hosts->constraint_count; i++) {
		if (!names_single(hosts, &hosts->constraint[i]))
			more->list.constraint[more->list.constraint_count++] =
				hosts->constraint[i];
	}
	for (size_t i = 0; i < request->workload_count; i++) {
		if (reason[i] != PACKING_NO_ROOM ||
			is_pinned(hosts, request->workload[i].name))
			continue;
		more->index[more->count] = i;
		more->workload[more->count++] = request->workload[i];
	}
	return 0;
}

/* The hosts of a plan of those alone, as hosts beside those of the plan. */
static int take_missing(
	const struct more_hosts *more, struct plan *extra, struct plan *plan)
{
	for (size_t h = 0; h < extra->host_count; h++) {
		struct plan_host *host = &extra->host[h];
		char *name = NULL;

		for (size_t i = 0; i < host->workload_count; i++)
			host->workload[i] = more->index[host->workload[i]];
		if (asprintf(&name, "%s-new-%zu", more->list.type[host->type].name,
			    h + 1) < 0)
			return -ENOMEM;
		free(host->name);
		host->name = name;
	}
	plan->missing = extra->host;
	plan->missing_count = extra->host_count;
	plan->is_missing_safe = extra->failover == 0 || extra->is_failover_met;
	extra->host = NULL;
	extra->host_count = 0;
	return 0;
}

static int find_missing(const struct plan_request *request,
	const enum packing_reason *reason, struct plan *plan, struct err *err)
{
	struct plan_request wanted = *request;
	struct plan extra = { .host = NULL };
	struct more_hosts more = { .count = 0 };
	double limit_s = request->packing.time_limit_s * MISSING_SHARE;
	int r = list_more(request, reason, &more);

	wanted.hosts = &more.list;
	wanted.workload = more.workload;
	wanted.workload_count = more.count;
	wanted.packing.report = NULL;
	wanted.packing.time_limit_s =
		limit_s < MISSING_MOST_S ? limit_s : MISSING_MOST_S;
	if (r == 0 && more.count > 0) {
		r = make_once(&wanted, &extra, NULL, err);
		if (r == 0)
			r = take_missing(&more, &extra, plan);
	}
	plan_done(&extra);
	free(more.list.type);
	free(more.list.constraint);
	free(more.workload);
	free(more.index);
	return r == -ENOMEM ? err_oom(err) : r;
}

int plan_make(
	const struct plan_request *request, struct plan *ret_plan, struct err *err)
{
	enum packing_reason *reason =
		calloc(request->workload_count + 1, sizeof(*reason));
	struct plan plan = { .host = NULL };
	int r = reason ? make_once(request, &plan, reason, err) : err_oom(err);

	if (r == 0 && plan.unplaced_count > 0)
		r = find_missing(request, reason, &plan, err);
	if (r == 0 && plan_notes_add(request, &plan) < 0)
		r = err_oom(err);
	free(reason);
	if (r < 0) {
		plan_done(&plan);
		return r;
	}
	*ret_plan = plan;
	return 0;
}

static void free_hosts(struct plan_host *host, size_t count)
{
	/* counted, and no memory for them */
	for (size_t i = 0; host && i < count; i++) {
		free(host[i].name);
		free(host[i].workload);
		free(host[i].volume);
	}
	free(host);
}

void plan_done(struct plan *plan)
{
	free_hosts(plan->host, plan->host_count);
	free_hosts(plan->missing, plan->missing_count);
	for (size_t i = 0; plan->loss && i < plan->loss_count; i++)
		free(plan->loss[i].hosts);
	for (size_t i = 0; plan->spare && i < plan->spare_count; i++)
		free(plan->spare[i].name);
	free(plan->note);
	free(plan->spare);
	free(plan->unplaced);
	free(plan->loss);
	*plan = (struct plan){ .host = NULL };
}
