#include "analyze/report/plan_settings.h"

#include "common/units.h"

#include <math.h>

struct plan_settings plan_settings_of(const struct plan_request *request,
	const struct plan_host *host, const struct plan_workload *workload)
{
	const struct plan_factors *factors = request->factors;
	const struct host_type *type = &request->hosts->type[host->type];

	double cpu = workload->need.of[RESOURCE_CPU];
	double limit = plan_core_limit(factors, type);
	double most = limit / type->core_mhz;
	double cores = fmax(1, units_round_up(cpu / type->core_mhz));

	return (struct plan_settings){
		.alloc_mb = plan_from_resource(
			PLAN_MEMORY, workload->need.of[RESOURCE_MEMORY]),
		.reserved_percent = factors->has_reservations
			? plan_demand_of(factors, type, workload, PLAN_CPU,
				  workload->need.of[RESOURCE_CPU])
			: NAN,
		.relative_weight = workload->weight ? workload->weight : 100,
		.maximum_percent = 100,
		.storage_gb =
			plan_from_resource(PLAN_STORAGE, workload->storage_bytes) *
			factors->storage_factor,
		.vcpus = (unsigned)(cores > most ? most : cores),
		.cpu_shortfall_mhz =
			workload->is_capped_to_a_core && cpu > limit ? cpu - limit : 0,
		.adapters = plan_adapters(factors, request->hosts, workload),
	};
}

double plan_workload_figure(
	const struct plan_workload *w, enum plan_dimension dimension)
{
	double value = dimension == PLAN_MEMORY ? plan_footprint(w)
		: dimension == PLAN_STORAGE
		? w->storage_bytes
		: w->need.of[plan_dimension_table[dimension].resource];

	return plan_from_resource(dimension, value);
}

double plan_even_gb(double needed_mb)
{
	return 2 * units_round_up(needed_mb / 1024 / 2);
}

/* Cores whose free part is that many: of all of them a share, or all but one core. */
static double cores_for(
	const struct plan_factors *factors, const struct host_type *type, double needed)
{
	double cores = needed / plan_available_ratio(factors, type);

	if (factors->keeps_one_core && needed + 1 < cores && !type->has_cpu_reserve)
		cores = needed + 1;
	return fmax(1, units_round_up(cores));
}

static double adapters_for(const struct plan_factors *factors,
	const struct host_type *type, const struct plan_host *host)
{
	double largest = 0, needed = host->use[PLAN_ADAPTERS].needed;

	if (!type->has_nics)
		return NAN;
	for (size_t i = 0; i < type->nic_count; i++) {
		if (type->nic[i].use == NIC_SHARED)
			largest = fmax(largest, type->nic[i].mbps);
	}
	if (largest > 0 &&
		host->use[PLAN_NETWORK].needed > 0) /* one is in it already */
		needed += fmax(0,
			units_round_up(host->use[PLAN_NETWORK].needed /
				(largest * factors->network_ratio)) -
				1);
	return needed;
}

struct plan_purchase plan_purchase_of_all(
	const struct plan_request *request, const struct plan_host *host, size_t count)
{
	struct plan_purchase sum = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct plan_purchase one = plan_purchase_of(request, &host[i]);

		sum.memory_gb += one.memory_gb;
		sum.cores += one.cores;
		sum.adapters += one.adapters;
		sum.disk_gb += one.disk_gb;
	}
	return sum;
}

struct plan_purchase plan_purchase_of(
	const struct plan_request *request, const struct plan_host *host)
{
	const struct plan_factors *factors = request->factors;
	const struct host_type *type = &request->hosts->type[host->type];
	double cpu = host->use[PLAN_CPU].needed /
		(factors->has_reservations ? 100 : type->core_mhz);

	return (struct plan_purchase){
		.memory_gb = plan_even_gb(host->use[PLAN_MEMORY].needed),
		.cores = cores_for(factors, type, cpu),
		.adapters = adapters_for(factors, type, host),
		.disk_gb = units_round_up(host->use[PLAN_STORAGE].needed),
	};
}
