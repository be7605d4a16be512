/* What a plan is made from and what it is: no functions, so that all of plan/ can include it. */
#ifndef ANALYZE_PLAN_PLAN_TYPES_H
#define ANALYZE_PLAN_PLAN_TYPES_H

#include "analyze/packing/packing.h"
#include "schema/fact_types.h"
#include "schema/resource.h"
#include "analyze/plan/hosts.h"
#include "analyze/plan/timeline.h"
#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One per dimension that a host can run out of, in the order they are shown. */
enum plan_dimension {
	PLAN_MEMORY,
	PLAN_CPU,
	PLAN_NETWORK,
	PLAN_ADAPTERS,
	PLAN_STORAGE,
	PLAN_DISK,
	PLAN_DISK_OPS,
	PLAN_DIMENSION_COUNT,
};

struct plan_dimension_info {
	const char *name;  /* key of "use" in JSON */
	const char *label; /* for people */
	int resource;      /* enum resource of its series on the time axis; -1: none */
	double units;      /* integers of the model per natural unit */
};
extern const struct plan_dimension_info plan_dimension_table[PLAN_DIMENSION_COUNT];

/* What a profile says of hosts; see schema/profiles. */
struct plan_factors {
	const char *profile;       /* id; borrowed */
	uint64_t profile_checksum; /* of its file */
	double memory_factor;      /* 1.25: (host + sum) x factor <= installed */
	bool counts_host_memory;
	double cpu_available_ratio; /* 0.75 of the capacity is for workloads */
	bool keeps_one_core; /* reserve: at most one core, whichever is less (CPU-6) */
	bool has_reservations; /* CPU in whole per cent of one core, each rounded up */
	double network_ratio;  /* 0.75 of a shared adapter's speed */
	bool wants_host_adapter;  /* one adapter for the host itself (NET-3) */
	double storage_factor;    /* 1.25: sum x factor <= space */
	double max_cores_per_vm;  /* NAN or 0: a VM may have any number */
	double own_disks_ratio;   /* of a host's rated throughput; 0: nothing is said */
	double toolkit_workloads; /* NAN or 0: no other tool is advised */
};

/* One candidate; what the plan counts, without the factors of the host. */
struct plan_workload {
	const char *name; /* borrowed */
	const char
		*assumed; /* borrowed; what an --include had to assume; NULL: nothing */
	bool has_no_memory, has_no_cpu; /* no figure: it counts as nothing */
	const char *environment;        /* borrowed; "production" where nobody said */
	const char *verdict;            /* borrowed; "PASS"; NULL: nobody judged it */
	/* Sized figures; memory: what the VM is given; CPU: on the target. */
	struct demand need;
	double overhead_bytes;  /* of the VM, held by its host beside that */
	double shortfall_bytes; /* of an accepted memory review; 0: none */
	double cpu_factor;      /* on the recorded MHz (CPU-4), in need already; 0: 1 */
	double storage_bytes; /* disks + save state + undo and differencing, no factor */
	unsigned dedicated_adapters; /* 0: shares */
	/* For who builds the VM; the plan itself counts the sum above. */
	const struct fact_disk *disk; /* borrowed; NULL: nobody listed them */
	size_t disk_count;
	double save_state_bytes; /* in storage_bytes */
	const char *mac;   /* borrowed; of the adapter it uses today; NULL: not known */
	unsigned weight;   /* of its stated priority; 0: none stated */
	bool is_sensitive; /* shares a host with nobody */
	bool is_capped_to_a_core; /* an accepted review: it may have less CPU than it needs */
	double growth[RESOURCE_COUNT]; /* in the sized figures; for slots of a series */
	const double
		*series[RESOURCE_COUNT]; /* borrowed; on the axis, every slot known;
		natural units of the resource; NULL where the sized figure counts */
};

/* A workload that was no candidate, and why: the verdict that kept it out. */
struct plan_excluded {
	const char *name; /* borrowed */
	const char *rule; /* id of the rule, or "verdict" */
	const char *reason;
};

struct plan_request {
	const struct plan_factors *factors; /* borrowed, as all below */
	const struct host_list *hosts;
	const struct plan_workload *workload;
	size_t workload_count;
	bool is_aligned;
	bool is_memory_aligned;
	struct timeline axis; /* of the series; aligned only */
	bool separates_environments;
	unsigned failover;         /* 0..2 */
	bool has_internal_network; /* between each host and its VMs (NET-6) */
	struct packing_options packing;
};

/* Of one host or of the whole plan, per dimension; natural units, see the JSON. */
struct plan_use {
	bool is_counted;     /* this host has a limit in this dimension */
	double needed;       /* with every factor */
	double capacity;     /* what remains; needed <= capacity is the fit test */
	double sum_of_peaks; /* as needed, from the sized figures */
	int64_t at;          /* aligned: the slot in which needed occurs; 0: none */
};

struct plan_host {
	char *name;       /* "small-1" */
	size_t type;      /* index in the hosts file */
	size_t *workload; /* indices in the request, in the order of their names */
	size_t *volume;   /* [workload_count] of the type's; PACKING_NONE: it has one */
	size_t workload_count;
	struct plan_use use[PLAN_DIMENSION_COUNT];
};

struct plan_spare { /* kept empty for what runs on a host that is lost */
	char *name;
	size_t type;
};

struct plan_unplaced {
	size_t workload; /* index in the request */
	char reason[240];
	char rule[24]; /* which limit: "memory", "constraint" ... */
};

/* What is to be seen to beside the placement; counted nowhere. */
struct plan_note {
	const char *rule; /* "STO-9" */
	bool is_warning;  /* else a piece of advice */
	char text[320];
};

struct plan_loss {
	char *hosts; /* names, by comma */
	bool is_survived, is_proven;
	size_t moved_count;
};

struct plan {
	struct plan_host *host; /* in the order of the hosts file, then by number */
	size_t host_count;
	struct plan_spare *spare; /* in the order of the hosts file */
	size_t spare_count;
	struct plan_unplaced *unplaced;
	size_t unplaced_count;
	struct plan_host *missing; /* hosts on which what found no room would stand */
	size_t missing_count;
	bool is_missing_safe; /* these survive as many losses among them as were asked */
	struct plan_note *note;
	size_t note_count;
	bool is_unplaced_proven;
	double cost;            /* of the hosts in use and of the spare ones */
	bool is_bound_in_hosts; /* all costs are equal */
	double lower_bound;     /* in hosts or in cost */
	bool is_proven_optimal;
	const char *bound_name;
	int binding_dimension;  /* enum plan_dimension; -1: none */
	int64_t binding_at;     /* 0: no slot */
	struct plan_loss *loss; /* with failover: every loss */
	size_t loss_count;
	unsigned failover;
	bool is_failover_met, is_failover_refuted;
	char conflict[1000];  /* constraints that cannot be met together; "" */
	char exact_note[200]; /* why the exact phase is missing; "" */
	bool is_cut_by_clock;
	double seconds;
};

#endif
