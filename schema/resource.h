/* The five resources a workload is judged by (docs/method.md, "Demand"). */
#ifndef SCHEMA_RESOURCE_H
#define SCHEMA_RESOURCE_H

#include "schema/metric.h"

enum resource {
	RESOURCE_MEMORY,
	RESOURCE_CPU,
	RESOURCE_NETWORK,
	RESOURCE_DISK,
	RESOURCE_DISK_OPS,
	RESOURCE_COUNT,
};

struct resource_info {
	const char *name;      /* as in JSON: "memory" */
	const char *unit;      /* as in JSON: "bytes" */
	enum metric_id metric; /* the demand */
};

/* Indexed by enum resource. */
extern const struct resource_info resource_table[RESOURCE_COUNT];

/* What a workload asks of a machine, or a machine has: one figure for each resource, in
 * natural units (bytes, MHz, bits per second, bytes per second, operations per second).
 * NAN: unknown. */
struct demand {
	double of[RESOURCE_COUNT];
};

#endif
