#include "schema/resource.h"

const struct resource_info resource_table[RESOURCE_COUNT] = {
	[RESOURCE_MEMORY] = { "memory", "bytes", METRIC_MEMORY_USED_BYTES },
	[RESOURCE_CPU] = { "cpu", "mhz", METRIC_CPU_USED_MHZ },
	[RESOURCE_NETWORK] = { "network", "bps", METRIC_NETWORK_DEMAND_BPS },
	[RESOURCE_DISK] = { "disk", "bytes_per_s", METRIC_DISK_BYTES_PER_S },
	[RESOURCE_DISK_OPS] = { "disk_ops", "ops_per_s", METRIC_DISK_OPS_PER_S },
};
