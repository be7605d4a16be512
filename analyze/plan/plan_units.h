/* What a host can take and what a workload adds to it: parts that the plan, the back-test
 * and the exports share. */
#ifndef ANALYZE_PLAN_PLAN_UNITS_H
#define ANALYZE_PLAN_PLAN_UNITS_H

#include "analyze/plan/plan_types.h"

/* Is this dimension limited on a host of this type?  ret_capacity: what remains. */
bool plan_capacity(const struct plan_factors *factors, const struct host_type *type,
	enum plan_dimension dimension, double *ret_capacity);

/*
 * plan_demand - what one workload adds in a dimension, before the host's factor
 *
 * value  in the unit of the dimension (MB, MHz, Mb/s, GB, MB/s, operations per s)
 *
 * CPU under a profile with reservations becomes a whole per cent of the type's core,
 * rounded up (an exact integer stays).
 */
double plan_demand(const struct plan_factors *factors, const struct host_type *type,
	enum plan_dimension dimension, double value);

/* MHz of the cores of that type which one VM may have; NAN: no limit. */
double plan_core_limit(
	const struct plan_factors *factors, const struct host_type *type);

/* The demand of one workload: as plan_demand, but for a review of its processor that was
 * accepted, which holds it to the cores that one VM may have. */
double plan_demand_of(const struct plan_factors *factors, const struct host_type *type,
	const struct plan_workload *workload, enum plan_dimension dimension,
	double value);

/* Why a workload can stand on no host of a type, whatever else stands there. */
enum plan_obstacle {
	PLAN_NO_OBSTACLE,
	PLAN_OVER_CORES, /* more than the cores of that type which one VM may have */
	PLAN_OVER_NUMA_NODE,  /* larger than one NUMA node of that type */
	PLAN_NO_HOST_ADAPTER, /* the host itself has no adapter (NET-3) */
	PLAN_NO_ADAPTERS,     /* too few for it alone, or none to share */
	PLAN_SLOW_ADAPTERS,   /* they do not carry its peak */
};
/* ret_needed, ret_allowed: in MHz, MB or Mb/s; adapters in number. */
enum plan_obstacle plan_obstacle(const struct plan_factors *factors,
	const struct host_list *hosts, const struct host_type *type,
	const struct plan_workload *workload, double *ret_needed, double *ret_allowed);

/* The host's own share and factor on a sum of demands: (host + sum) x 1.25 and so on. */
double plan_needed(const struct plan_factors *factors, const struct host_type *type,
	enum plan_dimension dimension, double sum);

/*
 * plan_adapters - adapters of its own that a workload gets
 *
 * What it states; else one when its peak is over what the largest shared adapter of
 * any candidate host carries (NET-1); else 0: it shares.
 */
unsigned plan_adapters(const struct plan_factors *factors,
	const struct host_list *hosts, const struct plan_workload *workload);

/* The sized figure of a workload in a dimension; adapters: its own ones; network: 0
 * where it does not share. */
double plan_sized(const struct plan_factors *factors, const struct host_list *hosts,
	const struct plan_workload *workload, enum plan_dimension dimension);

/* Natural units (bytes, bps ...) to the dimension's (MB, Mb/s ...), and back. */
double plan_from_resource(enum plan_dimension dimension, double value);
double plan_to_resource(enum plan_dimension dimension, double value);

/* Memory that a workload takes of its host, in bytes. */
double plan_footprint(const struct plan_workload *workload);

/* What a recorded value of a resource counts on the target: with the growth that the
 * plan looks ahead to, MHz times the factor. */
double plan_recorded(
	const struct plan_workload *workload, enum resource resource, double value);

/* "MB", or for CPU "percent of one core" where the profile has reservations. */
const char *plan_unit(
	const struct plan_factors *factors, enum plan_dimension dimension);
/* The same for people. */
const char *plan_unit_shown(
	const struct plan_factors *factors, enum plan_dimension dimension);

/* The share of a host's CPU that its VMs may have: by the host, else by the profile. */
double plan_available_ratio(
	const struct plan_factors *factors, const struct host_type *type);

#endif
