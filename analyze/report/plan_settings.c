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
			workload->is_held_to_a_core && cpu > limit ? cpu - limit : 0,
		.adapters = plan_adapters(factors, request->hosts, workload),
	};
}

double plan_even_gb(double needed_mb)
{
	return 2 * units_round_up(needed_mb / 1024 / 2);
}
