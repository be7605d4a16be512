#include "analyze/report/plan_purchase.h"
#include "analyze/report/plan_settings.h"

#include "analyze/report/cells.h"

#include <math.h>

static void add_bought(struct document *document, struct plan_purchase buy)
{
	doc_span(document, COLOR_NONE,
		"%.0f GB of memory, %.0f core%s, %.0f GB of disk", buy.memory_gb,
		buy.cores, plural((size_t)buy.cores), buy.disk_gb);
	if (!isnan(buy.adapters))
		doc_span(document, COLOR_NONE, ", %.0f adapter%s", buy.adapters,
			plural((size_t)buy.adapters));
}

/* How many hosts more, of which type, and what they would have to be. */
void plan_page_add_missing(struct document *document, const struct plan_view *view)
{
	const struct plan *plan = view->plan;
	const struct host_list *hosts = view->request->hosts;
	size_t found = 0;
	bool is_first = true;

	if (plan->missing_count == 0)
		return;
	for (size_t h = 0; h < plan->missing_count; h++)
		found += plan->missing[h].workload_count;
	doc_gap(document);
	doc_line(document, "With");
	for (size_t t = 0; t < hosts->type_count; t++) {
		size_t count = 0;

		for (size_t h = 0; h < plan->missing_count; h++)
			count += plan->missing[h].type == t;
		if (count == 0)
			continue;
		doc_span(document, COLOR_NONE, "%s %zu more host%s of type %s",
			is_first ? "" : " and", count, plural(count),
			hosts->type[t].name);
		is_first = false;
	}
	if (plan->spare_count)
		doc_span(document, COLOR_NONE, ", beside the %zu kept empty,",
			plan->spare_count);
	doc_span(document, COLOR_NONE,
		" %zu workload%s more would find room.  Needed there: ", found,
		plural(found));
	add_bought(document,
		plan_purchase_of_all(
			view->request, plan->missing, plan->missing_count));
	if (plan->failover > 0)
		doc_line(document,
			plan->is_missing_safe
				? "Among themselves they survive the loss of %u, too."
				: "By themselves they have no room for the loss of %u: list "
				  "more of them in the hosts file and plan again.",
			plan->failover);
}

void plan_page_add_purchase(struct document *document, const struct plan_view *view)
{
	size_t placed = view->request->workload_count - view->plan->unplaced_count;

	doc_gap(document);
	doc_line(document,
		"needed: memory with all factors, an even number of GB, for a new host");
	for (size_t h = 0; view->has_settings && h < view->plan->host_count; h++) {
		const struct plan_host *host = &view->plan->host[h];
		const struct host_type *type = &view->request->hosts->type[host->type];
		struct plan_purchase buy = plan_purchase_of(view->request, host);

		doc_line(document,
			"  %s, if new: %.0f GB of memory, %.0f core%s of %.0f MHz, %.0f "
			"GB of disk",
			host->name, buy.memory_gb, buy.cores, buy.cores > 1 ? "s" : "",
			type->core_mhz, buy.disk_gb);
		if (!isnan(buy.adapters))
			doc_span(document, COLOR_NONE, ", %.0f adapter%s", buy.adapters,
				buy.adapters == 1 ? "" : "s");
	}
	if (view->has_settings && view->plan->host_count > 1) {
		doc_line(document, "  all of them, if new: ");
		add_bought(document,
			plan_purchase_of_all(view->request, view->plan->host,
				view->plan->host_count));
	}
	doc_line(document, "%zu workload%s -> %zu host%s", placed, plural(placed),
		view->plan->host_count, plural(view->plan->host_count));
}
