#include "analyze/report/plan_settings.h"

#include <math.h>

struct plan_settings plan_settings_of(const struct plan_request *request,
	const struct plan_host *host, const struct plan_workload *workload)
{
	const struct plan_factors *factors = request->factors;
	const struct host_type *type = &request->hosts->type[host->type];

	return (struct plan_settings){
		.alloc_mb = plan_from_resource(
			PLAN_MEMORY, workload->need.of[RESOURCE_MEMORY]),
		.reserved_percent = factors->has_reservations
			? plan_demand(factors, type, PLAN_CPU,
				  workload->need.of[RESOURCE_CPU])
			: NAN,
		.relative_weight = 100,
		.maximum_percent = 100,
		.storage_gb =
			plan_from_resource(PLAN_STORAGE, workload->storage_bytes) *
			factors->storage_factor,
		.adapters = plan_adapters(factors, request->hosts, workload),
	};
}

double plan_even_gb(double needed_mb)
{
	return 2 * ceil(needed_mb / 1024 / 2 - 1e-9);
}
