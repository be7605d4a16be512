/*
 * What `analyze waves` is asked: the workloads with their bytes, the windows file, the
 * rules of order; and the problem (waves.h) that they make.
 */
#ifndef ANALYZE_MIGRATE_WAVE_REQUEST_H
#define ANALYZE_MIGRATE_WAVE_REQUEST_H

#include "analyze/migrate/waves.h"
#include "common/json_doc.h"

/* GB = 10^9 bytes, rates in GB per minute; the defaults are the book's (CAP-1). */
struct wave_settings {
	double link_mbps; /* NAN: not said */
	double slow_gb_per_min, fast_gb_per_min;
	double measured_gb_per_min;   /* NAN: nobody measured */
	double initialise_gb_per_min; /* NAN: takes no time */
	double completion_minutes;
	bool restores; /* from the image store again: the transfer counts twice */
	double image_store_gb;
	double scratch_gb;   /* NAN: no limit */
	unsigned concurrent; /* 0: the link says */
	unsigned source_concurrent, workloads_per_wave;
};

/* One thing that is done to a workload; most have the one task "move". */
struct wave_task {
	char *workload, *kind; /* "move", or a step of the JSON */
	char *label;           /* "name", or "name:step" where the task is not "move" */
	char *source_host;
	char **role;
	size_t role_count;
	double bytes;         /* NAN: nobody says */
	double largest_bytes; /* its largest disk; NAN: nobody says */
	/* of one transfer: at the book's two rates, at the measured one (NAN: nobody
	 * measured), and at the one that counts */
	double minutes_slow, minutes_fast, minutes_measured, minutes_planned;
	double restore_minutes, initialise_minutes, completion_minutes;
	bool *may_window; /* [windows]; NULL: every window */
};

struct wave_request {
	struct json_doc doc; /* root NULL: no file was given */
	struct wave_settings settings;
	struct wave_task *task;
	size_t task_count, task_allocated;
	struct wave_window *window;
	size_t window_count;
	struct order_rule *rule;
	size_t rule_count, rule_allocated;
	struct json_doc *rule_doc; /* texts of the rules are borrowed from these */
	size_t rule_doc_count;

	struct wave_item *item; /* the problem: one for each task */
	struct wave_edge *edge;
	size_t edge_count, edge_allocated;
	unsigned *source_limit;
	size_t source_count;
	char **source_name; /* borrowed from the tasks */
	size_t *order;      /* [tasks] wave of an order made by hand; NULL: none */
	struct wave_problem problem;
};

/* What moves before what, wherever both are there (schema/order). */
struct order_rule {
	const char *id, *text; /* borrowed from its document */
	const cJSON *before, *after;
	bool is_same_workload;
	bool is_warning;
};

/* No windows, no limits, the usual durations. */
void wave_request_init(struct wave_request *request);
void wave_request_done(struct wave_request *request);

/*
 * wave_request_load - the windows file
 *
 * path  NULL: none, the defaults hold
 *
 * Refused with path, line, field and reason.  Returns 0 or a negative errno.
 */
int wave_request_load(struct wave_request *request, const char *path, struct err *err);

/*
 * wave_request_add - a workload that moves
 *
 * bytes, largest_bytes, roles  as the inventory says; what the windows file says of it
 *                              holds instead
 *
 * Returns 0 or -ENOMEM.
 */
int wave_request_add(struct wave_request *request, const char *name, double bytes,
	double largest_bytes, char *const *roles, size_t role_count, struct err *err);

/* Scratch space of a conversion: an overlay and the converted copy of its largest disk. */
#define WAVE_SCRATCH_COPIES 2

/* One more edge between the tasks with these numbers; -ENOMEM. */
int wave_request_edge(struct wave_request *request, size_t before, size_t after,
	const char *rule, bool is_preference, struct err *err);

/* ---- figures of CAP-1 to CAP-3 -------------------------------------------------------- */

/* Minutes in which so many bytes are transferred at GB (10^9 bytes) per minute. */
double wave_transfer_minutes(double bytes, double gb_per_min);
/* Planned: the next whole minute, an exact one stays. */
double wave_planned_minutes(double minutes);
/* Transfers that 75 % of a link carries, each at the fast rate: at least 1.  ret_bound:
 * the link itself is slower than one transfer. */
unsigned wave_concurrent(double link_mbps, double fast_gb_per_min, bool *ret_bound);

#endif
