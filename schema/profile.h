/*
 * A target profile: every factor of the sizing as a setting with a default, read from
 * a file below profiles/, built in or from the configuration folder.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef SCHEMA_PROFILE_H
#define SCHEMA_PROFILE_H

#include "common/err.h"
#include "common/json_doc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sizing {
	SIZING_PEAK,      /* the highest slot */
	SIZING_SUSTAINED, /* the highest mean over sizing_window_s */
};

/* NAN: the profile has no such limit. */
struct profile_settings {
	double memory_overhead_mb;   /* added once per VM */
	double memory_growth_factor; /* on host + sum of VMs */
	double memory_limit_mb;      /* of one VM, with the overhead */
	double memory_notice_mb; /* the limit's other reading: a note between the two */
	double excursion_sustain_s;
	double max_cores_per_vm;
	double target_core_mhz;          /* where no hosts are given */
	double performance_factor;       /* where the workload states none */
	double cpu_reserve_ratio;        /* kept for the host OS */
	double network_efficiency_ratio; /* of an adapter's speed */
	double max_adapters_per_vm;
	double storage_overhead_ratio;
	double disk_limit_gb; /* of one virtual disk */
	double max_disks_per_vm;
	double own_disks_ratio; /* of a host's throughput: over it, disks of its own */
	double toolkit_workloads; /* more of them want other tools */
	double sizing_window_s;   /* of "sustained" */
	double coverage_full_ratio, coverage_minimum_ratio;
	double stability_full_ratio, stability_minimum_ratio;
	double memory_sizing, cpu_sizing, network_sizing, disk_sizing; /* enum sizing */
	double is_cpu_reserve_one_core; /* booleans are 0 or 1 */
	double has_reservations;        /* CPU in whole % of one core, rounded up */
	double wants_host_adapter;
	double counts_save_state;
	double is_overhead_of_grand_total;
	double takes_unstated_as_absent; /* "unstated_facts": "none" */
};

enum factor_type { FACTOR_NUMBER, FACTOR_BOOL, FACTOR_SIZING };

struct factor_info {
	const char *name; /* in the file: "memory_limit_mb" */
	enum factor_type type;
	size_t offset;   /* of the double in struct profile_settings */
	double fallback; /* where the file does not say; NAN: no limit */
	double minimum, maximum;
	const char *help;
};
extern const struct factor_info factor_table[];
extern const size_t factor_count;

/* -1 when there is none of that name; *ret_near gets the nearest (borrowed, or
 * NULL). */
int factor_find(const char *name, const char **ret_near);
double factor_get(const struct profile_settings *settings, size_t index);

struct profile {
	char *id;
	char *title;
	char *source;
	char *base;    /* the profile whose settings and rules it changes; NULL: none */
	char *checked; /* "YYYY-MM-DD"; NULL: none */
	char *path;    /* the file it came from */
	bool is_builtin;
	bool is_target; /* a place to run in; else "purpose": "runbook", an order of steps */
	uint64_t checksum; /* of that file: which version of it was used */
	struct profile_settings settings;
};

/*
 * One file holds one profile.  Refused with path, line, field and reason.
 *
 * base  the profile that the file names as "base"; NULL: it names none.  Its settings hold
 *       where the file says nothing; a reserve under its own is refused without a comment.
 */
int profile_parse(const struct json_doc *doc, const struct profile *base,
	struct profile *ret_profile, struct err *err);
void profile_done(struct profile *profile);

#endif
