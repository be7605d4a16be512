#include "analyze/plan/plan_reasons.h"

#include "analyze/plan/plan_units.h"

#include "common/strbuf.h"
#include "common/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void plan_describe_conflict(const struct plan_request *request,
	const struct plan_model *model, const struct packing_result *result,
	struct plan *plan)
{
	struct strbuf text;

	strbuf_init(&text, sizeof(plan->conflict) - 1);
	for (size_t i = 0; i < result->conflict_count; i++) {
		size_t index = model->constraint_of[result->conflict[i]];
		const struct host_constraint *constraint =
			&request->hosts->constraint[index];

		strbuf_addf(&text, "%sconstraints[%zu] (line %u, %s)", i ? ", " : "",
			index, constraint->line,
			host_constraint_word(constraint->kind));
	}
	(void)snprintf(
		plan->conflict, sizeof(plan->conflict), "%s", strbuf_text(&text));
	strbuf_done(&text);
}

/* What one workload may have of an empty host: of its space the largest volume. */
static bool capacity_for_one(const struct plan_factors *factors,
	const struct host_type *type, enum plan_dimension dimension,
	double *ret_capacity)
{
	double largest = 0;

	if (dimension != PLAN_STORAGE || type->volume_count == 0)
		return plan_capacity(factors, type, dimension, ret_capacity);
	for (size_t v = 0; v < type->volume_count; v++)
		largest = fmax(largest, type->volume[v].gb - type->volume[v].used_gb);
	*ret_capacity = largest;
	return true;
}

/* What a workload needs of a dimension, alone on a host of the type, and what is there. */
struct fit_alone {
	const char *type; /* NULL: something else keeps it off each */
	double needed, capacity;
};

/* The type on which a workload alone comes nearest to fitting in a dimension.  may: of
 * these types; NULL: of all. */
static struct fit_alone nearest_fit(const struct plan_request *request,
	const struct plan_workload *workload, enum plan_dimension dimension,
	const bool *may)
{
	struct fit_alone best = { 0 };
	double best_ratio = INFINITY;

	for (size_t i = 0; i < request->hosts->type_count; i++) {
		const struct host_type *type = &request->hosts->type[i];
		double value = plan_sized(
			request->factors, request->hosts, workload, dimension);
		double needed = plan_needed(request->factors, type, dimension,
			plan_demand_of(
				request->factors, type, workload, dimension, value));
		double capacity, own, allowed;

		if ((may && !may[i]) ||
			plan_obstacle(request->factors, request->hosts, type, workload,
				&own, &allowed) != PLAN_NO_OBSTACLE ||
			!capacity_for_one(
				request->factors, type, dimension, &capacity) ||
			(best.type && needed / capacity >= best_ratio))
			continue;
		best_ratio = needed / capacity;
		best = (struct fit_alone){ type->name, needed, capacity };
	}
	return best;
}

static void describe_too_large(const struct plan_request *request,
	const struct plan_workload *workload, enum plan_dimension dimension,
	struct plan_unplaced *unplaced)
{
	struct fit_alone best = nearest_fit(request, workload, dimension, NULL);

	if (best.type && !(best.capacity > 0))
		(void)snprintf(unplaced->reason, sizeof(unplaced->reason),
			"fits no host alone: %s: nothing is left on %.60s, %.6g %s needed",
			plan_dimension_table[dimension].label, best.type, best.needed,
			plan_unit_shown(request->factors, dimension));
	else
		(void)snprintf(unplaced->reason, sizeof(unplaced->reason),
			"fits no host alone: %s %.6g %s needed, %.6g on the nearest type "
			"(%.60s)",
			plan_dimension_table[dimension].label, best.needed,
			plan_unit_shown(request->factors, dimension), best.capacity,
			best.type ? best.type : "");
}

/* Each obstacle is told with what is needed and what would be allowed: a person can
 * act on nothing less. */
static void word_obstacle(enum plan_obstacle obstacle, double needed, double allowed,
	const char *where, struct plan_unplaced *unplaced)
{
	char *text = unplaced->reason;
	size_t size = sizeof(unplaced->reason);

	(void)snprintf(unplaced->rule, sizeof(unplaced->rule), "%s",
		obstacle == PLAN_OVER_CORES               ? "cpu"
			: obstacle == PLAN_OVER_NUMA_NODE ? "numa"
							  : "adapters");
	switch (obstacle) {
	case PLAN_OVER_CORES:
		(void)snprintf(text, size,
			"needs %.6g MHz, more than the %.6g MHz that one VM may have on "
			"%.60s",
			needed, allowed, where);
		break;
	case PLAN_OVER_NUMA_NODE:
		(void)snprintf(text, size,
			"needs %.6g, one NUMA node of %.60s has %.6g (MB of memory or "
			"MHz): it would run across nodes",
			needed, where, allowed);
		break;
	case PLAN_NO_HOST_ADAPTER:
		(void)snprintf(text, size,
			"%.60s has no adapter for the host itself (NET-3): list one "
			"with \"use\":\"host\" beside those of its VMs",
			where);
		break;
	case PLAN_NO_ADAPTERS:
		(void)snprintf(text, size,
			"needs %.0f adapter(s) for itself or to share, %.60s has %.0f",
			needed, where, allowed);
		break;
	case PLAN_SLOW_ADAPTERS:
		(void)snprintf(text, size,
			"its peak of %.6g Mb/s is more than the %.6g Mb/s that the "
			"adapters of %.60s carry for it",
			needed, allowed, where);
		break;
	case PLAN_NO_OBSTACLE:
		break;
	}
}

/* What keeps it off the type where it comes nearest, if anything but a constraint does.
 * may: as in nearest_fit. */
static bool describe_obstacle(const struct plan_request *request,
	const struct plan_workload *workload, const bool *may, bool is_for_all,
	struct plan_unplaced *unplaced)
{
	double best_ratio = -1, best_needed = 0, best_allowed = 0;
	enum plan_obstacle best = PLAN_NO_OBSTACLE;
	const char *where = "";

	for (size_t i = 0; i < request->hosts->type_count; i++) {
		const struct host_type *type = &request->hosts->type[i];
		double needed, allowed;
		enum plan_obstacle obstacle = plan_obstacle(request->factors,
			request->hosts, type, workload, &needed, &allowed);

		if (obstacle == PLAN_NO_OBSTACLE && is_for_all)
			return false; /* a pin or an exclusion keeps it off this one */
		if (obstacle == PLAN_NO_OBSTACLE || (may && !may[i]))
			continue;
		if (allowed / needed <= best_ratio)
			continue;
		best_ratio = allowed / needed;
		best = obstacle;
		best_needed = needed;
		best_allowed = allowed;
		where = type->name;
	}
	if (best == PLAN_NO_OBSTACLE)
		return false;
	word_obstacle(best, best_needed, best_allowed, where, unplaced);
	return true;
}

/* The dimension that most of the hosts in use lack for it. */
static int scarcest_dimension(const struct plan_request *request,
	const struct plan *plan, const struct plan_workload *workload,
	size_t *ret_lacking)
{
	size_t lacking[PLAN_DIMENSION_COUNT] = { 0 };
	int scarcest = -1;

	for (size_t h = 0; h < plan->host_count; h++) {
		const struct plan_host *host = &plan->host[h];
		const struct host_type *type = &request->hosts->type[host->type];

		for (int d = 0; d < PLAN_DIMENSION_COUNT; d++) {
			enum plan_dimension dimension = (enum plan_dimension)d;
			double value = plan_sized(
				request->factors, request->hosts, workload, dimension);
			double alone = plan_needed(request->factors, type, dimension,
					       plan_demand_of(request->factors, type,
						       workload, dimension, value)) -
				plan_needed(request->factors, type, dimension, 0);

			lacking[d] += host->use[d].is_counted &&
				units_exceeds(host->use[d].needed + alone,
					host->use[d].capacity);
		}
	}
	*ret_lacking = 0;
	for (int d = 0; d < PLAN_DIMENSION_COUNT; d++) {
		if (lacking[d] > *ret_lacking) {
			*ret_lacking = lacking[d];
			scarcest = d;
		}
	}
	return scarcest;
}

/* Alone it fits no host: on some types for their size, on others for what they are. */
static void describe_fits_none(const struct plan_request *request,
	const struct plan_workload *workload, enum plan_dimension dimension,
	struct plan_unplaced *unplaced)
{
	struct plan_unplaced other = *unplaced;
	size_t used;

	describe_too_large(request, workload, dimension, unplaced);
	if (!describe_obstacle(request, workload, NULL, false, &other))
		return;
	used = strlen(unplaced->reason);
	(void)snprintf(unplaced->reason + used, sizeof(unplaced->reason) - used, "; %s",
		other.reason);
}

static void describe_no_room(const struct plan_request *request,
	const struct plan *plan, const struct plan_workload *workload,
	struct plan_unplaced *unplaced)
{
	size_t lacking;
	int dimension = scarcest_dimension(request, plan, workload, &lacking);
	const char *words = plan->is_unplaced_proven
		? "no room: the hosts listed do not suffice (proven)"
		: "no room was found on the hosts listed";

	(void)snprintf(unplaced->rule, sizeof(unplaced->rule), "%s",
		dimension < 0 ? "capacity" : plan_dimension_table[dimension].name);
	if (dimension < 0)
		(void)snprintf(unplaced->reason, sizeof(unplaced->reason), "%s", words);
	else
		(void)snprintf(unplaced->reason, sizeof(unplaced->reason),
			"%s; %s is short on %zu of %zu%s", words,
			plan_dimension_table[dimension].label, lacking,
			plan->host_count,
			dimension == PLAN_CPU && request->factors->has_reservations
				? ": a VM over the available capacity is not turned on "
				  "(event 1042)"
				: "");
}

/* The types that the pins and exclusions of the conflict leave to an item; false: none of
 * them is of the item. */
static bool types_left(const struct plan_model *model,
	const struct packing_result *result, size_t item, bool *may)
{
	const struct packing_problem *problem = &model->problem;
	bool is_pinned = false;

	for (size_t t = 0; t < problem->type_count; t++) {
		bool is_left = true;

		for (size_t i = 0; i < result->conflict_count; i++) {
			const struct packing_constraint *c =
				&problem->constraint[result->conflict[i]];
			bool is_of_item = false, is_listed = false;

			if (c->kind != PACKING_PIN && c->kind != PACKING_EXCLUDE)
				continue;
			for (size_t k = 0; k < c->item_count; k++)
				is_of_item = is_of_item || c->item[k] == item;
			for (size_t k = 0; k < c->type_count; k++)
				is_listed = is_listed || c->type[k] == t;
			is_pinned = is_pinned || is_of_item;
			is_left = is_left &&
				!(is_of_item &&
					is_listed == (c->kind == PACKING_EXCLUDE));
		}
		may[model->type[t].type] = may[model->type[t].type] || is_left;
	}
	return is_pinned;
}

/* It may stand only where it does not fit: on which type, what is short, by how much. */
static bool describe_pinned(const struct plan_request *request,
	const struct plan_model *model, const struct packing_result *result,
	const struct plan *plan, size_t item, struct plan_unplaced *unplaced)
{
	const struct plan_workload *workload = &request->workload[item];
	int dimension = plan_model_dimension(model, result->reason_row[item], NULL);
	bool *may = calloc(request->hosts->type_count + 1, sizeof(*may));
	struct plan_unplaced kept = *unplaced;
	struct fit_alone fit = { 0 };
	bool is_told = may && types_left(model, result, item, may);

	if (is_told && dimension >= 0)
		fit = nearest_fit(
			request, workload, (enum plan_dimension)dimension, may);
	if (is_told && dimension < 0)
		is_told = describe_obstacle(request, workload, may, false, &kept);
	else
		is_told = is_told && fit.type && fit.needed > fit.capacity;
	free(may);
	if (!is_told)
		return false;
	*unplaced = kept;
	if (dimension < 0) {
		(void)snprintf(unplaced->reason, sizeof(unplaced->reason),
			"%.80s: %.150s", plan->conflict, kept.reason);
		return true;
	}
	(void)snprintf(unplaced->rule, sizeof(unplaced->rule), "%s",
		plan_dimension_table[dimension].name);
	(void)snprintf(unplaced->reason, sizeof(unplaced->reason),
		"%.80s: %s %.6g %s needed, %.6g on %.60s: %.6g missing", plan->conflict,
		plan_dimension_table[dimension].label, fit.needed,
		plan_unit_shown(request->factors, (enum plan_dimension)dimension),
		fit.capacity, fit.type, fit.needed - fit.capacity);
	return true;
}

void plan_describe_unplaced(const struct plan_request *request,
	const struct plan_model *model, const struct packing_result *result,
	const struct plan *plan, size_t item, struct plan_unplaced *unplaced)
{
	const struct plan_workload *workload = &request->workload[item];
	int dimension = plan_model_dimension(model, result->reason_row[item], NULL);

	unplaced->workload = item;
	switch (result->reason[item]) {
	case PACKING_FITS_NO_HOST:
		(void)snprintf(unplaced->rule, sizeof(unplaced->rule), "%s",
			plan_dimension_table[dimension].name);
		describe_fits_none(
			request, workload, (enum plan_dimension)dimension, unplaced);
		break;
	case PACKING_NO_TYPE_ALLOWED:
		if (describe_obstacle(request, workload, NULL, true, unplaced))
			break;
		(void)snprintf(unplaced->rule, sizeof(unplaced->rule), "constraint");
		(void)snprintf(unplaced->reason, sizeof(unplaced->reason),
			"no host is allowed: pins and exclusions leave none on which it "
			"could stand");
		break;
	case PACKING_CONSTRAINT:
		if (describe_pinned(request, model, result, plan, item, unplaced))
			break;
		(void)snprintf(unplaced->rule, sizeof(unplaced->rule), "constraint");
		(void)snprintf(unplaced->reason, sizeof(unplaced->reason),
			"cannot be met together: %.200s", plan->conflict);
		break;
	case PACKING_NO_ROOM:
	case PACKING_PLACED:
		describe_no_room(request, plan, workload, unplaced);
		break;
	}
}
