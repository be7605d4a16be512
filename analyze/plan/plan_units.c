/* What every stage after the requirement must compute alike: capacities, demands and
 * the factors of a host. */
#include "analyze/plan/plan_units.h"

#include "analyze/assess/requirement.h"
#include "common/units.h"

#include <math.h>

const struct plan_dimension_info plan_dimension_table[PLAN_DIMENSION_COUNT] = {
	[PLAN_MEMORY] = { "memory", "Memory", RESOURCE_MEMORY, 16384 }, /* 64 bytes */
	[PLAN_CPU] = { "cpu", "CPU", RESOURCE_CPU, 1000 },
	[PLAN_NETWORK] = { "network", "Network", RESOURCE_NETWORK, 1e6 }, /* bit/s */
	[PLAN_ADAPTERS] = { "adapters", "Adapters", -1, 1 },
	[PLAN_STORAGE] = { "storage", "Storage", -1, 1048576 },     /* KiB */
	[PLAN_DISK] = { "disk", "Disk MB/s", RESOURCE_DISK, 1024 }, /* KiB/s */
	[PLAN_DISK_OPS] = { "disk_ops", "Disk IOPS", RESOURCE_DISK_OPS, 1000 },
};

const char *plan_unit(const struct plan_factors *factors, enum plan_dimension dimension)
{
	switch (dimension) {
	case PLAN_MEMORY:
		return "mb";
	case PLAN_CPU:
		return factors->has_reservations ? "percent_of_core" : "mhz";
	case PLAN_NETWORK:
		return "mbps";
	case PLAN_ADAPTERS:
		return "adapters";
	case PLAN_STORAGE:
		return "gb";
	case PLAN_DISK:
		return "mb_per_s";
	case PLAN_DISK_OPS:
	case PLAN_DIMENSION_COUNT:
		break;
	}
	return "ops_per_s";
}

const char *plan_unit_shown(
	const struct plan_factors *factors, enum plan_dimension dimension)
{
	static const char *const shown[PLAN_DIMENSION_COUNT] = { [PLAN_MEMORY] = "MB",
		[PLAN_CPU] = "MHz",
		[PLAN_NETWORK] = "Mb/s",
		[PLAN_ADAPTERS] = "adapters",
		[PLAN_STORAGE] = "GB",
		[PLAN_DISK] = "MB/s",
		[PLAN_DISK_OPS] = "op/s" };

	return dimension == PLAN_CPU && factors->has_reservations ? "% of one core"
								  : shown[dimension];
}

/* Natural units in one unit of the dimension. */
static double natural_units(enum plan_dimension dimension)
{
	switch (dimension) {
	case PLAN_MEMORY:
	case PLAN_DISK:
		return BYTES_PER_MB;
	case PLAN_STORAGE:
		return BYTES_PER_GB;
	case PLAN_NETWORK:
		return BPS_PER_MBPS;
	default:
		return 1;
	}
}

double plan_from_resource(enum plan_dimension dimension, double value)
{
	return value / natural_units(dimension);
}

double plan_to_resource(enum plan_dimension dimension, double value)
{
	return value * natural_units(dimension);
}

double plan_footprint(const struct plan_workload *workload)
{
	return workload->need.of[RESOURCE_MEMORY] + workload->overhead_bytes;
}

static double adapter_sum(const struct host_type *type, enum nic_use use)
{
	double sum = 0;

	for (size_t i = 0; i < type->nic_count; i++)
		sum += type->nic[i].use == use ? type->nic[i].mbps : 0;
	return sum;
}

static size_t adapter_count(const struct host_type *type, enum nic_use use)
{
	size_t count = 0;

	for (size_t i = 0; i < type->nic_count; i++)
		count += type->nic[i].use == use;
	return count;
}

/* A host's own adapter and the shared ones count once each, as in what is needed. */
static double adapters_that_count(
	const struct plan_factors *factors, const struct host_type *type)
{
	bool has_own = factors->wants_host_adapter && adapter_count(type, NIC_HOST) > 0;
	bool has_shared = adapter_count(type, NIC_SHARED) > 0;

	return (double)has_own + (double)has_shared +
		(double)adapter_count(type, NIC_DEDICATED);
}

double plan_available_ratio(
	const struct plan_factors *factors, const struct host_type *type)
{
	return type->has_cpu_reserve ? 1 - type->cpu_reserve_percent / 100
				     : factors->cpu_available_ratio;
}

static double cpu_capacity(
	const struct plan_factors *factors, const struct host_type *type)
{
	double cores = (double)type->cores;
	double reserve = cores * (1 - plan_available_ratio(factors, type));
	double core = factors->has_reservations ? 100 : type->core_mhz;

	if (factors->keeps_one_core && reserve > 1 && !type->has_cpu_reserve)
		reserve = 1;
	return (cores - reserve) * core -
		type->used_cpu_percent * (factors->has_reservations ? 1 : core / 100);
}

bool plan_capacity(const struct plan_factors *factors, const struct host_type *type,
	enum plan_dimension dimension, double *ret_capacity)
{
	double capacity = NAN;

	switch (dimension) {
	case PLAN_MEMORY:
		capacity = type->memory_mb - type->used_memory_mb;
		break;
	case PLAN_CPU:
		capacity = cpu_capacity(factors, type);
		break;
	case PLAN_NETWORK:
		if (type->has_nics)
			capacity =
				adapter_sum(type, NIC_SHARED) * factors->network_ratio -
				type->used_network_mbps;
		break;
	case PLAN_ADAPTERS:
		if (type->has_nics)
			capacity = adapters_that_count(factors, type);
		break;
	case PLAN_STORAGE:
		capacity = type->disk_gb - type->used_storage_gb;
		break;
	case PLAN_DISK:
		capacity = type->disk_mb_s;
		break;
	case PLAN_DISK_OPS:
		capacity = type->disk_iops;
		break;
	case PLAN_DIMENSION_COUNT:
		break;
	}
	if (isnan(capacity))
		return false;
	*ret_capacity = capacity > 0 ? capacity : 0;
	return true;
}

double plan_demand(const struct plan_factors *factors, const struct host_type *type,
	enum plan_dimension dimension, double value)
{
	if (dimension != PLAN_CPU || !factors->has_reservations)
		return value;
	return requirement_reserved_percent(value, type->core_mhz);
}

double plan_core_limit(const struct plan_factors *factors, const struct host_type *type)
{
	return factors->max_cores_per_vm > 0
		? factors->max_cores_per_vm * type->core_mhz
		: NAN;
}

double plan_demand_of(const struct plan_factors *factors, const struct host_type *type,
	const struct plan_workload *workload, enum plan_dimension dimension,
	double value)
{
	double limit = plan_core_limit(factors, type);

	if (dimension == PLAN_CPU && workload->is_capped_to_a_core && value > limit)
		value = limit;
	return plan_demand(factors, type, dimension, value);
}

double plan_needed(const struct plan_factors *factors, const struct host_type *type,
	enum plan_dimension dimension, double sum)
{
	switch (dimension) {
	case PLAN_MEMORY:
		return (sum +
			       (factors->counts_host_memory ? type->host_memory_mb
							    : 0)) *
			factors->memory_factor;
	case PLAN_ADAPTERS:
		return sum + (factors->wants_host_adapter ? 1 : 0);
	case PLAN_STORAGE:
		return sum * factors->storage_factor;
	default:
		return sum;
	}
}

unsigned plan_adapters(const struct plan_factors *factors,
	const struct host_list *hosts, const struct plan_workload *workload)
{
	double largest = 0;

	if (workload->dedicated_adapters > 0)
		return workload->dedicated_adapters;
	for (size_t i = 0; i < hosts->type_count; i++) {
		const struct host_type *type = &hosts->type[i];

		for (size_t j = 0; j < type->nic_count; j++) {
			if (type->nic[j].use == NIC_SHARED &&
				type->nic[j].mbps > largest)
				largest = type->nic[j].mbps;
		}
	}
	/* Without shared adapters there is nothing to share: one of its own. */
	return units_exceeds(plan_from_resource(
				     PLAN_NETWORK, workload->need.of[RESOURCE_NETWORK]),
		       largest * factors->network_ratio)
		? 1
		: 0;
}

double plan_sized(const struct plan_factors *factors, const struct host_list *hosts,
	const struct plan_workload *workload, enum plan_dimension dimension)
{
	int resource = plan_dimension_table[dimension].resource;

	if (dimension == PLAN_ADAPTERS)
		return (double)plan_adapters(factors, hosts, workload);
	if (dimension == PLAN_STORAGE)
		return plan_from_resource(dimension, workload->storage_bytes);
	if (dimension == PLAN_MEMORY)
		return plan_from_resource(dimension, plan_footprint(workload));
	if (dimension == PLAN_NETWORK && plan_adapters(factors, hosts, workload))
		return 0;
	return plan_from_resource(dimension, workload->need.of[resource]);
}

double plan_recorded(
	const struct plan_workload *workload, enum resource resource, double value)
{
	double grown = value + workload->growth[resource];

	if (resource != RESOURCE_CPU || workload->cpu_factor <= 0)
		return grown;
	return grown * workload->cpu_factor;
}
