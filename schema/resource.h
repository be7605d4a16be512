/* The five resources a workload is judged by (docs/method.md, "Demand"). */
#ifndef SCHEMA_RESOURCE_H
#define SCHEMA_RESOURCE_H

enum resource {
	RESOURCE_MEMORY,
	RESOURCE_CPU,
	RESOURCE_NETWORK,
	RESOURCE_DISK,
	RESOURCE_DISK_OPS,
	RESOURCE_COUNT,
};

struct resource_info {
	const char *name; /* as in JSON: "memory" */
	const char *unit; /* as in JSON: "bytes" */
	const char *file; /* RRD file below the workload's folder, without .rrd */
	const char *data_source; /* the demand in that file */
};

/* Indexed by enum resource. */
extern const struct resource_info resource_table[RESOURCE_COUNT];

#endif
