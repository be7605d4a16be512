#include "analyze/plan/plan_model.h"

#include "analyze/plan/plan_constrain.h"
#include "analyze/plan/plan_units.h"
#include "common/units.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COST_DECIMALS_MAX 6

/* Whole units of the model: a demand is rounded up, a capacity down. */
static int64_t units_up(double value)
{
	double exact = units_round_up(value);

	if (exact >= (double)PACKING_SIZE_MAX)
		return PACKING_SIZE_MAX;
	return exact > 0 ? (int64_t)exact : 0;
}

static int64_t units_down(double value)
{
	double exact = units_round_down(value);

	if (exact >= (double)PACKING_SIZE_MAX)
		return PACKING_SIZE_MAX;
	return exact > 0 ? (int64_t)exact : 0;
}

/* Integers per unit of a dimension; a reservation is a whole per cent already. */
static double units_of(
	const struct plan_factors *factors, enum plan_dimension dimension)
{
	if (dimension == PLAN_CPU && factors->has_reservations)
		return 1;
	return plan_dimension_table[dimension].units;
}

bool plan_model_is_single(const struct plan_model *model, size_t type, size_t number)
{
	for (size_t i = 0; i < model->problem.type_count; i++) {
		if (model->type[i].type == type && model->type[i].single == number)
			return true;
	}
	return false;
}

/* ---- types: one per row of the hosts file, and one per host named alone ------------ */

static bool has_single(
	const struct plan_model_type *types, size_t count, size_t type, size_t number)
{
	for (size_t i = 0; i < count; i++) {
		if (types[i].type == type && types[i].single == number)
			return true;
	}
	return false;
}

static int list_types(const struct host_list *hosts, struct plan_model_type **ret_types,
	size_t *ret_count)
{
	size_t most = hosts->type_count, count = 0;
	struct plan_model_type *types;

	for (size_t i = 0; i < hosts->constraint_count; i++)
		most += hosts->constraint[i].host_count;
	types = calloc(most, sizeof(*types));
	if (!types)
		return -ENOMEM;
	for (size_t i = 0; i < hosts->type_count; i++)
		types[count++] = (struct plan_model_type){ .type = i };
	for (size_t i = 0; i < hosts->constraint_count; i++) {
		for (size_t j = 0; j < hosts->constraint[i].host_count; j++) {
			size_t type, number;

			if (!host_list_find(hosts, hosts->constraint[i].host[j], &type,
				    &number) ||
				number == 0 || has_single(types, count, type, number))
				continue;
			types[count++] = (struct plan_model_type){ .type = type,
				.single = number };
		}
	}
	*ret_types = types;
	*ret_count = count;
	return 0;
}

static size_t singles_of(const struct plan_model *model, size_t type)
{
	size_t count = 0;

	for (size_t i = 0; i < model->problem.type_count; i++)
		count += model->type[i].type == type && model->type[i].single > 0;
	return count;
}

/* ---- costs ------------------------------------------------------------------------- */

static double plan_model_cost_of(const struct host_type *type)
{
	return isnan(type->cost) ? 1 : type->cost;
}

/* The least power of ten that makes every cost a whole number. */
static int cost_scale(const struct host_list *hosts, double *ret_units, struct err *err)
{
	double units = 1;

	for (int decimals = 0; decimals <= COST_DECIMALS_MAX; decimals++, units *= 10) {
		bool is_whole = true;

		for (size_t i = 0; i < hosts->type_count; i++) {
			double scaled = plan_model_cost_of(&hosts->type[i]) * units;

			is_whole = is_whole && fabs(scaled - round(scaled)) < 1e-6;
			if (scaled > (double)PACKING_COST_MAX)
				return err_set(err, -EINVAL,
					"%s: hosts[%zu].cost: too large to be counted "
					"exactly",
					hosts->path, i);
		}
		if (is_whole) {
			*ret_units = units;
			return 0;
		}
	}
	return err_set(err, -EINVAL, "%s: costs have more than %d decimals",
		hosts->path, COST_DECIMALS_MAX);
}

/* ---- dimensions ---------------------------------------------------------------------- */

static bool is_aligned(
	const struct plan_request *request, enum plan_dimension dimension)
{
	/* without a workload that was measured there is no axis */
	if (!request->is_aligned || request->axis.slots == 0 ||
		plan_dimension_table[dimension].resource < 0)
		return false;
	return dimension != PLAN_MEMORY || request->is_memory_aligned;
}

/*
 * A dimension is in the model when a host has a limit in it.  Network and space are
 * never left out silently: when workloads need them, every host must say what it has.
 */
static int choose_dimensions(const struct plan_request *request,
	bool is_chosen[PLAN_DIMENSION_COUNT], struct err *err)
{
	const struct host_list *hosts = request->hosts;

	for (int d = 0; d < PLAN_DIMENSION_COUNT; d++) {
		bool is_needed = false;
		double capacity;

		is_chosen[d] = false;
		for (size_t i = 0; i < hosts->type_count; i++) {
			if (plan_capacity(request->factors, &hosts->type[i],
				    (enum plan_dimension)d, &capacity))
				is_chosen[d] = true;
		}
		for (size_t i = 0; i < request->workload_count; i++) {
			const struct plan_workload *workload = &request->workload[i];

			is_needed = is_needed ||
				(d == PLAN_NETWORK &&
					workload->need.of[RESOURCE_NETWORK] > 0) ||
				(d == PLAN_STORAGE && workload->storage_bytes > 0);
		}
		for (size_t i = 0; is_needed && i < hosts->type_count; i++) {
			if (!plan_capacity(request->factors, &hosts->type[i],
				    (enum plan_dimension)d, &capacity))
				return err_set(err, -EINVAL,
					"%s: hosts[%zu] (%s) lists no %s, and "
					"workloads need it",
					hosts->path, i, hosts->type[i].name,
					d == PLAN_NETWORK ? "nics" : "disk_gb");
		}
	}
	return 0;
}

/* ---- figures --------------------------------------------------------------------------- */

/* What remains for the demands alone, after the host's own share and its factor. */
static double net_capacity(const struct plan_factors *factors,
	const struct host_type *type, enum plan_dimension dimension)
{
	double capacity;

	if (!plan_capacity(factors, type, dimension, &capacity))
		return INFINITY; /* this host has no limit here */
	switch (dimension) {
	case PLAN_MEMORY:
		return capacity / factors->memory_factor -
			(factors->counts_host_memory ? type->host_memory_mb : 0);
	case PLAN_ADAPTERS:
		return capacity - (factors->wants_host_adapter ? 1 : 0);
	case PLAN_STORAGE:
		return capacity / factors->storage_factor;
	default:
		return capacity;
	}
}

/* The type's volumes as parts of its capacity, each less what has to stay free of it. */
static void fill_volumes(const struct plan_request *request,
	struct packing_host_type *type, const struct host_type *host, int64_t *capacity)
{
	double units = units_of(request->factors, PLAN_STORAGE);

	if (!host->volume_count)
		return;
	type->volume_count = host->volume_count;
	*capacity = 0;
	for (size_t v = 0; v < host->volume_count; v++) {
		double free_gb = fmax(0, host->volume[v].gb - host->volume[v].used_gb);

		type->volume[v] =
			units_down(free_gb / request->factors->storage_factor * units);
		*capacity += type->volume[v];
	}
}

static void fill_types(const struct plan_request *request, struct plan_model *model)
{
	struct packing_problem *problem = &model->problem;

	problem->volume_dimension = model->dimension_of[PLAN_STORAGE];
	for (size_t i = 0; i < problem->type_count; i++) {
		const struct plan_model_type *entry = &model->type[i];
		const struct host_type *host = &request->hosts->type[entry->type];
		struct packing_host_type *type = &problem->type[i];

		type->name = host->name;
		type->count = entry->single  ? 1
			: host->is_any_count ? PACKING_UNLIMITED
					     : (int64_t)(host->count - host->spare -
						       singles_of(model, entry->type));
		type->spare = entry->single ? 0 : (int64_t)host->spare;
		type->cost =
			(int64_t)llround(plan_model_cost_of(host) * model->cost_units);
		type->zone = host_list_zone(request->hosts, entry->type);
		type->variant = request->factors->has_reservations ? entry->type : 0;
		for (int d = 0; d < PLAN_DIMENSION_COUNT; d++) {
			size_t column = model->dimension_of[d];

			if (column == PACKING_NONE)
				continue;
			problem->capacity[i * problem->dimension_count + column] =
				units_down(net_capacity(request->factors, host,
						   (enum plan_dimension)d) *
					units_of(request->factors,
						(enum plan_dimension)d));
		}
		if (problem->volume_dimension != PACKING_NONE)
			fill_volumes(request, type, host,
				problem->capacity + i * problem->dimension_count +
					problem->volume_dimension);
	}
}

static void fill_rows(const struct plan_request *request,
	const struct plan_model *model, size_t variant, size_t item,
	enum plan_dimension dimension)
{
	const struct plan_workload *workload = &request->workload[item];
	const struct host_type *type = &request->hosts->type[variant];
	const struct packing_problem *problem = &model->problem;
	size_t column = model->dimension_of[dimension];
	size_t first = problem->dimension[column].first_row;
	size_t slots = problem->dimension[column].slots;
	double units = units_of(request->factors, dimension);
	double sized =
		plan_sized(request->factors, request->hosts, workload, dimension);
	int resource = plan_dimension_table[dimension].resource;
	const double *series =
		slots > 1 && resource >= 0 ? workload->series[resource] : NULL;
	int64_t *rows = packing_size(problem, variant, item) + first;
	/* Memory on the axis is the use alone; the VM's overhead is added to each slot. */
	double overhead = dimension == PLAN_MEMORY
		? plan_from_resource(dimension, workload->overhead_bytes)
		: 0;

	if (dimension == PLAN_NETWORK && sized == 0)
		series = NULL; /* it has adapters of its own */
	for (size_t k = 0; k < slots; k++) {
		double value = series
			? plan_from_resource(dimension, series[k]) + overhead
			: sized;

		rows[k] = units_up(plan_demand_of(request->factors, type, workload,
					   dimension, value) *
			units);
	}
}

/*
 * Workloads of different numbers share no host, once environments are kept apart or one of
 * them is sensitive, which is in the company of nobody.
 */
static int company_of(const struct plan_request *request, size_t item)
{
	const struct plan_workload *own = &request->workload[item];

	for (size_t j = 0; j < item && !own->is_sensitive; j++) {
		const struct plan_workload *other = &request->workload[j];

		if (!other->is_sensitive &&
			(!request->separates_environments ||
				strcmp(other->environment, own->environment) == 0))
			return company_of(request, j);
	}
	return (int)item;
}

static void fill_items(const struct plan_request *request, struct plan_model *model)
{
	struct packing_problem *problem = &model->problem;

	for (size_t i = 0; i < problem->item_count; i++) {
		const struct plan_workload *workload = &request->workload[i];

		problem->item[i].name = workload->name;
		problem->item[i].is_sharing =
			plan_adapters(request->factors, request->hosts, workload) == 0;
		problem->item[i].environment = company_of(request, i);
		problem->separates_environments |= workload->is_sensitive;
		for (size_t v = 0; v < problem->variant_count; v++) {
			for (int d = 0; d < PLAN_DIMENSION_COUNT; d++) {
				if (model->dimension_of[d] != PACKING_NONE)
					fill_rows(request, model, v, i,
						(enum plan_dimension)d);
			}
		}
	}
}

/* ---- what cannot run where --------------------------------------------------------------- */

static int forbid_types(const struct plan_request *request, struct plan_model *model)
{
	for (size_t i = 0; i < request->workload_count; i++) {
		for (size_t t = 0; t < model->problem.type_count; t++) {
			double needed, allowed;

			if (plan_obstacle(request->factors, request->hosts,
				    &request->hosts->type[model->type[t].type],
				    &request->workload[i], &needed, &allowed) &&
				packing_forbid(&model->problem, i, t) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

/* ---- the whole ----------------------------------------------------------------------------- */

static int init_problem(
	const struct plan_request *request, struct plan_model *model, struct err *err)
{
	struct packing_dimension dimensions[PLAN_DIMENSION_COUNT];
	bool is_chosen[PLAN_DIMENSION_COUNT];
	size_t count = 0, type_count = 0;
	int r = choose_dimensions(request, is_chosen, err);

	if (r < 0)
		return r;
	for (int d = 0; d < PLAN_DIMENSION_COUNT; d++) {
		model->dimension_of[d] = is_chosen[d] ? count : PACKING_NONE;
		if (!is_chosen[d])
			continue;
		dimensions[count++] = (struct packing_dimension){
			.name = plan_dimension_table[d].name,
			.slots = is_aligned(request, (enum plan_dimension)d)
				? request->axis.slots
				: 1,
		};
	}
	r = list_types(request->hosts, &model->type, &type_count);
	if (r < 0)
		return err_oom(err);
	return packing_problem_init(&model->problem, dimensions, count, type_count,
		request->factors->has_reservations ? request->hosts->type_count : 1,
		request->workload_count, err);
}

int plan_model_build(const struct plan_request *request, struct plan_model *ret_model,
	struct err *err)
{
	struct plan_model model = { .type = NULL };
	int r = cost_scale(request->hosts, &model.cost_units, err);

	if (r < 0)
		return r;
	r = init_problem(request, &model, err);
	if (r < 0)
		goto out;
	model.constraint_of = calloc(
		request->hosts->constraint_count + 1, sizeof(*model.constraint_of));
	if (!model.constraint_of) {
		r = err_oom(err);
		goto out;
	}
	fill_types(request, &model);
	fill_items(request, &model);
	model.problem.separates_environments |= request->separates_environments;
	model.problem.failover = request->failover;
	if (model.dimension_of[PLAN_ADAPTERS] != PACKING_NONE) {
		model.problem.setup_dimension = model.dimension_of[PLAN_ADAPTERS];
		model.problem.setup_amount = 1;
	}
	r = forbid_types(request, &model);
	if (r < 0) {
		err_oom(err);
		goto out;
	}
	r = plan_constrain(request, &model, err);
	if (r == 0) {
		*ret_model = model;
		return 0;
	}
out:
	plan_model_done(&model);
	return r;
}

int plan_model_dimension(const struct plan_model *model, size_t row, size_t *ret_slot)
{
	size_t column;
	int d = 0;

	if (row == PACKING_NONE)
		return -1;
	column = packing_row_dimension(&model->problem, row, ret_slot);
	while (model->dimension_of[d] != column) {
		d++;
		assert(d < PLAN_DIMENSION_COUNT); /* each column is that of one */
	}
	return d;
}

void plan_model_done(struct plan_model *model)
{
	packing_problem_done(&model->problem);
	free(model->type);
	free(model->constraint_of);
	*model = (struct plan_model){ .type = NULL };
}
