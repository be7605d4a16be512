#include "schema/resource.h"

const struct resource_info resource_table[RESOURCE_COUNT] = {
	[RESOURCE_MEMORY] = { "memory", "bytes", "memory", "used_bytes" },
	[RESOURCE_CPU] = { "cpu", "mhz", "cpu", "used_mhz" },
	[RESOURCE_NETWORK] = { "network", "bps", "network", "demand_bps" },
	[RESOURCE_DISK] = { "disk", "bytes_per_s", "disk", "bytes_per_s" },
	[RESOURCE_DISK_OPS] = { "disk_ops", "ops_per_s", "disk", "ops_per_s" },
};
