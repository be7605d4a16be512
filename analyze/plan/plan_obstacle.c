/* What keeps a workload off a type of host by itself: analyze/plan/plan.h. */
#include "analyze/plan/plan_units.h"
#include "common/units.h"

#include <math.h>

/* The most that count adapters of this use can carry, the fastest first; -1: there are not
 * so many. */
static double fastest_adapters(
	const struct host_type *type, enum nic_use use, unsigned count)
{
	bool is_taken[HOST_NICS_MAX] = { false };
	double sum = 0;

	for (unsigned n = 0; n < count; n++) {
		size_t best = HOST_NICS_MAX;

		for (size_t i = 0; i < type->nic_count; i++) {
			if (type->nic[i].use == use && !is_taken[i] &&
				(best == HOST_NICS_MAX ||
					type->nic[i].mbps > type->nic[best].mbps))
				best = i;
		}
		if (best == HOST_NICS_MAX)
			return -1;
		is_taken[best] = true;
		sum += type->nic[best].mbps;
	}
	return sum;
}

static unsigned count_adapters(const struct host_type *type, enum nic_use use)
{
	unsigned count = 0;

	for (size_t i = 0; i < type->nic_count; i++)
		count += type->nic[i].use == use;
	return count;
}

static enum plan_obstacle adapter_obstacle(const struct plan_factors *factors,
	const struct host_list *hosts, const struct host_type *type,
	const struct plan_workload *workload, double *ret_needed, double *ret_allowed)
{
	double peak =
		plan_from_resource(PLAN_NETWORK, workload->need.of[RESOURCE_NETWORK]);
	unsigned own = plan_adapters(factors, hosts, workload);
	enum nic_use use = own ? NIC_DEDICATED : NIC_SHARED;
	double carried = fastest_adapters(type, use, own ? own : 1);

	*ret_needed = own ? own : 1;
	*ret_allowed = count_adapters(type, use);
	if (!type->has_nics)
		return own == 0 ? PLAN_NO_OBSTACLE : PLAN_NO_ADAPTERS;
	if (factors->wants_host_adapter && count_adapters(type, NIC_HOST) == 0)
		return PLAN_NO_HOST_ADAPTER;
	if (carried < 0)
		return own == 0 && peak == 0 && !factors->wants_host_adapter
			? PLAN_NO_OBSTACLE
			: PLAN_NO_ADAPTERS;
	/* what has an adapter to itself was measured on such a link: all of it counts */
	*ret_needed = peak;
	*ret_allowed = own ? carried : carried * factors->network_ratio;
	return units_exceeds(*ret_needed, *ret_allowed) ? PLAN_SLOW_ADAPTERS
							: PLAN_NO_OBSTACLE;
}

enum plan_obstacle plan_obstacle(const struct plan_factors *factors,
	const struct host_list *hosts, const struct host_type *type,
	const struct plan_workload *workload, double *ret_needed, double *ret_allowed)
{
	double limit = plan_core_limit(factors, type);
	double cpu = workload->need.of[RESOURCE_CPU];

	if (!isnan(limit) && !workload->is_capped_to_a_core &&
		units_exceeds(cpu, limit)) {
		*ret_needed = cpu;
		*ret_allowed = limit;
		return PLAN_OVER_CORES;
	}
	if (type->numa_nodes > 1) {
		*ret_needed = plan_sized(factors, hosts, workload, PLAN_MEMORY);
		*ret_allowed = type->memory_mb / type->numa_nodes;
		if (units_exceeds(*ret_needed, *ret_allowed))
			return PLAN_OVER_NUMA_NODE;
		*ret_needed = cpu;
		*ret_allowed = type->cores * type->core_mhz / type->numa_nodes;
		if (units_exceeds(*ret_needed, *ret_allowed) &&
			!workload->is_capped_to_a_core)
			return PLAN_OVER_NUMA_NODE;
	}
	return adapter_obstacle(
		factors, hosts, type, workload, ret_needed, ret_allowed);
}
