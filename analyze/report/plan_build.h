/* What an administrator builds for each VM of a plan: disks, adapter, address. */
#ifndef ANALYZE_REPORT_PLAN_BUILD_H
#define ANALYZE_REPORT_PLAN_BUILD_H

#include "analyze/report/plan_view.h"

#define PLAN_LINK_SIZE 80

/* "shared adapter 2", "own adapter 3, 4": the numbers are those of the hosts file, from 1,
 * each of which is one virtual network; "" where the file lists no adapters. */
struct plan_link {
	char text[PLAN_LINK_SIZE];
};

/*
 * plan_links - the adapters of a host, given to its VMs in their order
 *
 * A VM that shares is put on the shared adapter with the most room left for what it
 * needs; ret_links has one for each workload of the host.
 */
void plan_links(const struct plan_request *request, const struct plan_host *host,
	struct plan_link *ret_links);

/* NULL: the target has no choice of its own that the plan knows. */
const char *plan_controller(const struct plan_factors *factors);

/* Its disks, for JSON. */
struct cell plan_disks_cell(struct document *document,
	const struct plan_factors *factors, const struct plan_workload *workload);

/* The volume of a host on which its workload at this place is whole; NULL: it has one. */
const char *plan_volume(
	const struct plan_request *request, const struct plan_host *host, size_t place);

/* The table for people, and the step that the adapters need. */
void plan_page_add_builds(struct document *document, const struct plan_view *view);

#endif
