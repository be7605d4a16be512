/* What is set for each VM, and what to buy, from a plan. */
#ifndef ANALYZE_REPORT_PLAN_SETTINGS_H
#define ANALYZE_REPORT_PLAN_SETTINGS_H

#include "analyze/plan/plan.h"

/* The settings the documented profile has for one VM on its host. */
struct plan_settings {
	double alloc_mb;
	double reserved_percent; /* of one core of the host; NAN without reservations */
	unsigned relative_weight; /* by its priority; 100 where none is stated */
	unsigned maximum_percent; /* of one core */
	double storage_gb;        /* with the factor */
	unsigned adapters;        /* of its own; 0: the shared virtual network */
	unsigned vcpus;           /* the fewest that carry what it needs */
	double cpu_shortfall_mhz; /* of an accepted review of its processor; 0: none */
};
struct plan_settings plan_settings_of(const struct plan_request *request,
	const struct plan_host *host, const struct plan_workload *workload);

/* A host of that core and those links that carries what one of the plan has to. */
struct plan_purchase {
	double memory_gb; /* an even number */
	double cores;     /* with what the host keeps for itself */
	double adapters; /* its own, dedicated and as many shared ones as it takes; NAN:
			     the hosts file lists none */
	double disk_gb;  /* whole */
};
struct plan_purchase plan_purchase_of(
	const struct plan_request *request, const struct plan_host *host);

/* The sum of them; adapters NAN where a host's are not known. */
struct plan_purchase plan_purchase_of_all(
	const struct plan_request *request, const struct plan_host *host, size_t count);

/* A sized figure of a workload in the unit of the dimension. */
double plan_workload_figure(
	const struct plan_workload *workload, enum plan_dimension dimension);

/* What to buy for a host: memory in an even number of GB (MEM-8). */
double plan_even_gb(double needed_mb);

#endif
