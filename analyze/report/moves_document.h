/*
 * From one plan to the next, and where one workload more should go.
 *
 * A document is the caller's to document_free; NULL is out of memory.
 */
#ifndef ANALYZE_REPORT_MOVES_DOCUMENT_H
#define ANALYZE_REPORT_MOVES_DOCUMENT_H

#include "analyze/document/document.h"
#include "analyze/migrate/moves.h"
#include "analyze/plan/plan_file.h"

/* Both plans as one problem; all borrowed. */
struct moves_view {
	size_t hosts_before, hosts_after;
	double cost_before, cost_after;
	bool is_beneficial; /* fewer hosts, less cost, or more workloads placed */
	const struct plan_workload *workload;
	size_t workload_count;
	char *const *host_name;
	const size_t *to; /* host of each workload; PACKING_NONE: left out */
	const struct move_plan *moves;
	const struct plan_file *before, *after;
	const struct plan_factors *factors;
	const char *overfull_host; /* the plan of before no longer fits there; NULL */
	const char *overfull_row;  /* by its dimension */
};

struct document *moves_document(const struct moves_view *view);

struct addition_host {
	const char *name;
	size_t workload_count;
	bool fits;
	const char *reason; /* what refuses it; NULL: it fits */
	double ratio;       /* fullest dimension with it; NAN: does not fit */
};

struct document *addition_document(const char *workload, const char *best,
	const struct addition_host *hosts, size_t count);

#endif
