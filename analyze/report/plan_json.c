#include "analyze/report/plan_document.h"

#include "analyze/console/json_out.h"

#include <math.h>

static void put_use(struct json_out *json, const struct plan_document *document,
	const struct plan_host *host)
{
	const struct plan_request *request = document->request;

	json_open_object(json, "use");
	for (int d = 0; d < PLAN_DIMENSION_COUNT; d++) {
		const struct plan_use *use = &host->use[d];

		json_open_object(json, plan_dimension_table[d].name);
		json_put_number(json, "needed", use->needed);
		json_put_number(
			json, "capacity", use->is_counted ? use->capacity : NAN);
		json_put_text(json, "unit",
			plan_unit(request->factors, (enum plan_dimension)d));
		if (request->is_aligned) {
			json_put_number(json, "sum_of_peaks", use->sum_of_peaks);
			json_put_time(json, "at", use->at);
		}
		json_close_object(json);
	}
	json_close_object(json);
}

static void put_host(struct json_out *json, const struct plan_document *document,
	const struct plan_host *host)
{
	const struct plan_request *request = document->request;

	json_open_object(json, NULL);
	json_put_text(json, "name", host->name);
	json_put_text(json, "type", request->hosts->type[host->type].name);
	json_open_array(json, "workloads");
	for (size_t i = 0; i < host->workload_count; i++)
		json_put_text(json, NULL, request->workload[host->workload[i]].name);
	json_close_array(json);
	put_use(json, document, host);
	json_put_number(
		json, "memory_to_buy_gb", plan_even_gb(host->use[PLAN_MEMORY].needed));
	json_close_object(json);
}

static void put_unplaced(
	struct json_out *json, const char *name, const char *rule, const char *reason)
{
	json_open_object(json, NULL);
	json_put_text(json, "name", name);
	json_put_text(json, "rule", rule);
	json_put_text(json, "reason", reason);
	json_close_object(json);
}

static void put_workload(struct json_out *json, const struct plan_document *document,
	const struct plan_host *host, const struct plan_workload *workload)
{
	struct plan_settings settings =
		plan_settings_of(document->request, host, workload);

	json_open_object(json, NULL);
	json_put_text(json, "name", workload->name);
	json_put_text(json, "host", host->name);
	json_put_text(json, "environment", workload->environment);
	json_put_text(json, "assumed", workload->assumed);
	json_put_number(json, "memory_mb",
		plan_from_resource(PLAN_MEMORY, plan_footprint(workload)));
	json_put_number(json, "memory_shortfall_mb",
		plan_from_resource(PLAN_MEMORY, workload->shortfall_bytes));
	json_put_number(json, "cpu_mhz", workload->need.of[RESOURCE_CPU]);
	json_put_number(json, "performance_factor",
		workload->cpu_factor > 0 ? workload->cpu_factor : 1);
	json_put_number(json, "network_mbps",
		plan_from_resource(PLAN_NETWORK, workload->need.of[RESOURCE_NETWORK]));
	json_put_number(json, "storage_gb",
		plan_from_resource(PLAN_STORAGE, workload->storage_bytes));
	json_put_number(json, "disk_mb_s",
		plan_from_resource(PLAN_DISK, workload->need.of[RESOURCE_DISK]));
	json_put_number(json, "disk_ops", workload->need.of[RESOURCE_DISK_OPS]);
	json_open_object(json, "settings");
	json_put_number(json, "vm_alloc_mb", settings.alloc_mb);
	json_put_number(json, "reserved_percent", settings.reserved_percent);
	json_put_integer(json, "relative_weight", settings.relative_weight);
	json_put_integer(json, "maximum_percent", settings.maximum_percent);
	json_put_number(json, "storage_gb", settings.storage_gb);
	json_put_integer(json, "dedicated_adapters", settings.adapters);
	json_close_object(json);
	json_close_object(json);
}

/* The types that are used, so that a back-test can stand on the plan alone. */
static void put_type(struct json_out *json, const struct host_type *type)
{
	static const char *const uses[] = { "host", "shared", "dedicated" };

	json_open_object(json, NULL);
	json_put_text(json, "type", type->name);
	json_put_integer(json, "count", (int64_t)type->count);
	json_put_integer(json, "cores", type->cores);
	json_put_number(json, "core_mhz", type->core_mhz);
	json_put_number(json, "memory_mb", type->memory_mb);
	json_put_number(json, "host_memory_mb", type->host_memory_mb);
	if (type->has_nics) {
		json_open_array(json, "nics");
		for (size_t i = 0; i < type->nic_count; i++) {
			json_open_object(json, NULL);
			json_put_number(json, "mbps", type->nic[i].mbps);
			json_put_text(json, "use", uses[type->nic[i].use]);
			json_close_object(json);
		}
		json_close_array(json);
	}
	json_put_number(json, "disk_gb", type->disk_gb);
	json_put_number(json, "disk_mb_s", type->disk_mb_s);
	json_put_number(json, "disk_iops", type->disk_iops);
	json_put_number(json, "cost", type->cost);
	json_put_text(json, "zone", type->zone);
	json_open_object(json, "used");
	json_put_number(json, "memory_mb", type->used_memory_mb);
	json_put_number(json, "cpu_percent", type->used_cpu_percent);
	json_put_number(json, "network_mbps", type->used_network_mbps);
	json_put_number(json, "storage_gb", type->used_storage_gb);
	json_close_object(json);
	json_close_object(json);
}

static void put_names(
	struct json_out *json, const char *key, char *const *names, size_t count)
{
	json_open_array(json, key);
	for (size_t i = 0; i < count; i++)
		json_put_text(json, NULL, names[i]);
	json_close_array(json);
}

/* As in the hosts file, so that a plan can be added to under the same constraints. */
static void put_constraint(
	struct json_out *json, const struct host_constraint *constraint)
{
	json_open_object(json, NULL);
	json_put_text(json, "kind", host_constraint_word(constraint->kind));
	put_names(json, "workloads", constraint->workload, constraint->workload_count);
	if (constraint->host_count > 0)
		put_names(json, "hosts", constraint->host, constraint->host_count);
	if (constraint->n > 0)
		json_put_integer(json, "n", constraint->n);
	json_close_object(json);
}

static void put_failover(struct json_out *json, const struct plan *plan)
{
	if (plan->failover == 0)
		return;
	json_open_object(json, "failover");
	json_put_integer(json, "k", plan->failover);
	json_put_bool(json, "met", plan->is_failover_met);
	json_put_bool(json, "refuted", plan->is_failover_refuted);
	json_open_array(json, "losses");
	for (size_t i = 0; i < plan->loss_count; i++) {
		json_open_object(json, NULL);
		json_put_text(json, "hosts", plan->loss[i].hosts);
		json_put_bool(json, "survived", plan->loss[i].is_survived);
		json_put_bool(json, "proven", plan->loss[i].is_proven);
		json_put_integer(json, "moved", (int64_t)plan->loss[i].moved_count);
		json_close_object(json);
	}
	json_close_array(json);
	json_close_object(json);
}

static void put_summary(struct json_out *json, const struct plan_document *document)
{
	const struct plan *plan = document->plan;
	double value = plan->is_bound_in_hosts ? (double)plan->host_count : plan->cost;

	json_put_text(json, "profile", document->request->factors->profile);
	json_put_text(
		json, "demand", document->request->is_aligned ? "aligned" : "peak");
	json_put_integer(json, "hosts_used", (int64_t)plan->host_count);
	json_put_number(json, "lower_bound", plan->lower_bound);
	json_put_bool(json, "proven_optimal", plan->is_proven_optimal);
	json_put_number(json, "cost", plan->cost);
	json_put_number(
		json, "gap", value > 0 ? (value - plan->lower_bound) / value : 0);
	json_put_text(json, "bound", plan->bound_name);
	json_open_object(json, "binding");
	json_put_text(json, "resource",
		plan->binding_dimension < 0
			? NULL
			: plan_dimension_table[plan->binding_dimension].name);
	json_put_time(json, "at", plan->binding_at);
	json_close_object(json);
	json_open_object(json, "period");
	json_put_time(json, "from", document->from);
	json_put_time(json, "to", document->to);
	json_close_object(json);
	json_put_integer(json, "step_s",
		document->request->is_aligned ? document->request->axis.step_s : 0);
	json_put_bool(json, "memory_aligned", document->request->is_memory_aligned);
	json_put_number(json, "filled",
		document->request->is_aligned ? document->filled_ratio : 0);
	json_put_text(json, "exact_phase_missing",
		*plan->exact_note ? plan->exact_note : NULL);
	json_put_text(json, "conflict", *plan->conflict ? plan->conflict : NULL);
	json_put_bool(json, "cut_by_clock", plan->is_cut_by_clock);
}

static void put_confidence(
	struct json_out *json, const struct plan_confidence *confidence)
{
	if (confidence->resamples == 0)
		return;
	json_open_object(json, "confidence");
	json_put_integer(json, "resamples", (int64_t)confidence->resamples);
	json_put_number(json, "same_hosts_ratio",
		(double)confidence->same_count / (double)confidence->resamples);
	json_put_integer(json, "fewest", (int64_t)confidence->fewest);
	json_put_integer(json, "most", (int64_t)confidence->most);
	json_put_number(json, "cheapest", confidence->cheapest);
	json_put_number(json, "dearest", confidence->dearest);
	json_close_object(json);
}

void plan_print_json(const struct plan_document *document, FILE *out)
{
	const struct plan_request *request = document->request;
	const struct plan *plan = document->plan;
	struct json_out json;

	json_begin(&json, out, "plan");
	put_summary(&json, document);
	json_open_array(&json, "hosts");
	for (size_t h = 0; h < plan->host_count; h++)
		put_host(&json, document, &plan->host[h]);
	json_close_array(&json);
	json_open_array(&json, "unplaced");
	for (size_t i = 0; i < plan->unplaced_count; i++)
		put_unplaced(&json, request->workload[plan->unplaced[i].workload].name,
			plan->unplaced[i].rule, plan->unplaced[i].reason);
	for (size_t i = 0; i < document->excluded_count; i++)
		put_unplaced(&json, document->excluded[i].name,
			document->excluded[i].rule, document->excluded[i].reason);
	json_close_array(&json);
	put_failover(&json, plan);
	put_confidence(&json, &document->confidence);
	json_open_array(&json, "workloads");
	for (size_t h = 0; h < plan->host_count; h++) {
		const struct plan_host *host = &plan->host[h];

		for (size_t i = 0; i < host->workload_count; i++)
			put_workload(&json, document, host,
				&request->workload[host->workload[i]]);
	}
	json_close_array(&json);
	json_open_array(&json, "host_types");
	for (size_t i = 0; i < request->hosts->type_count; i++)
		put_type(&json, &request->hosts->type[i]);
	json_close_array(&json);
	json_open_array(&json, "constraints");
	for (size_t i = 0; i < request->hosts->constraint_count; i++)
		put_constraint(&json, &request->hosts->constraint[i]);
	json_close_array(&json);
	json_end(&json);
}
