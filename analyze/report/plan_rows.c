#include "analyze/report/plan_rows.h"

#include "analyze/report/plan_build.h"
#include "analyze/report/plan_settings.h"
#include "common/units.h"

#include <math.h>

/* In the order of the columns below; what a kind of row has nothing to say of is empty. */
enum place_column {
	PLACE_WORKLOAD,
	PLACE_HOST,
	PLACE_TYPE,
	PLACE_ALLOC,
	PLACE_MEMORY,
	PLACE_CPU,
	PLACE_RESERVED,
	PLACE_WEIGHT,
	PLACE_MAXIMUM,
	PLACE_NETWORK,
	PLACE_ADAPTERS,
	PLACE_STORAGE,
	PLACE_DISK,
	PLACE_DISK_OPS,
	PLACE_LEFT_OUT_BY,
	PLACE_REASON,
	PLACE_ROW,
	PLACE_ENVIRONMENT,
	PLACE_VERDICT,
	PLACE_ASSUMED,
	PLACE_SHORTFALL,
	PLACE_VCPUS,
	PLACE_VOLUME,
	PLACE_USE,
	PLACE_BUY = PLACE_USE + 2 * PLAN_DIMENSION_COUNT,
	PLACE_COLUMNS = PLACE_BUY + 4,
};

static const struct doc_column place_columns[] = {
	{ "workload", NULL, 0, 0, NULL },
	{ "host", NULL, 0, 0, NULL },
	{ "type", NULL, 0, 0, NULL },
	{ "vm_alloc_mb", NULL, 0, 0, NULL },
	{ "memory_mb", NULL, 0, 0, NULL },
	{ "cpu_mhz", NULL, 0, 0, NULL },
	{ "reserved_percent", NULL, 0, 0, NULL },
	{ "relative_weight", NULL, 0, 0, NULL },
	{ "maximum_percent", NULL, 0, 0, NULL },
	{ "network_mbps", NULL, 0, 0, NULL },
	{ "dedicated_adapters", NULL, 0, 0, NULL },
	{ "storage_gb", NULL, 0, 0, NULL },
	{ "disk_mb_s", NULL, 0, 0, NULL },
	{ "disk_ops", NULL, 0, 0, NULL },
	{ "left_out_by", NULL, 0, 0, NULL },
	{ "reason", NULL, 0, 0, NULL },
	{ "row", NULL, 0, 0, NULL },
	{ "environment", NULL, 0, 0, NULL },
	{ "verdict", NULL, 0, 0, NULL },
	{ "assumed", NULL, 0, 0, NULL },
	{ "memory_shortfall_mb", NULL, 0, 0, NULL },
	{ "vcpus", NULL, 0, 0, NULL },
	{ "volume", NULL, 0, 0, NULL },
	{ "memory_needed", NULL, 0, 0, NULL },
	{ "memory_capacity", NULL, 0, 0, NULL },
	{ "cpu_needed", NULL, 0, 0, NULL },
	{ "cpu_capacity", NULL, 0, 0, NULL },
	{ "network_needed", NULL, 0, 0, NULL },
	{ "network_capacity", NULL, 0, 0, NULL },
	{ "adapters_needed", NULL, 0, 0, NULL },
	{ "adapters_capacity", NULL, 0, 0, NULL },
	{ "storage_needed", NULL, 0, 0, NULL },
	{ "storage_capacity", NULL, 0, 0, NULL },
	{ "disk_needed", NULL, 0, 0, NULL },
	{ "disk_capacity", NULL, 0, 0, NULL },
	{ "disk_ops_needed", NULL, 0, 0, NULL },
	{ "disk_ops_capacity", NULL, 0, 0, NULL },
	{ "memory_to_buy_gb", NULL, 0, 0, NULL },
	{ "cores_to_buy", NULL, 0, 0, NULL },
	{ "adapters_to_buy", NULL, 0, 0, NULL },
	{ "disk_to_buy_gb", NULL, 0, 0, NULL },
};
_Static_assert(
	ARRAY_LEN(place_columns) == PLACE_COLUMNS, "a column for each, in their order");

static void empty_row(struct cell cells[PLACE_COLUMNS], const char *row)
{
	for (size_t i = 0; i < PLACE_COLUMNS; i++)
		cells[i] = cell_unknown(NULL);
	cells[PLACE_ROW] = cell_text(row);
}

static void add_vm(struct doc_table *table, const struct plan_view *view,
	const struct plan_host *host, size_t place)
{
	const struct plan_workload *w = &view->request->workload[host->workload[place]];
	struct plan_settings s = plan_settings_of(view->request, host, w);
	struct cell cells[PLACE_COLUMNS];

	empty_row(cells, "vm");
	cells[PLACE_WORKLOAD] = cell_text(w->name);
	cells[PLACE_HOST] = cell_text(host->name);
	cells[PLACE_TYPE] = cell_text(view->request->hosts->type[host->type].name);
	cells[PLACE_ALLOC] = cell_number(units_round_up(s.alloc_mb), UNIT_MB);
	cells[PLACE_MEMORY] =
		cell_number(plan_workload_figure(w, PLAN_MEMORY), UNIT_MB);
	cells[PLACE_CPU] = cell_number(plan_workload_figure(w, PLAN_CPU), UNIT_MHZ);
	cells[PLACE_RESERVED] = cell_number(s.reserved_percent, UNIT_PERCENT);
	cells[PLACE_WEIGHT] = cell_count(s.relative_weight);
	cells[PLACE_MAXIMUM] = cell_count(s.maximum_percent);
	cells[PLACE_NETWORK] =
		cell_number(plan_workload_figure(w, PLAN_NETWORK), UNIT_MBPS);
	cells[PLACE_ADAPTERS] = cell_count(s.adapters);
	cells[PLACE_STORAGE] = cell_number(s.storage_gb, UNIT_GB);
	cells[PLACE_DISK] =
		cell_number(plan_workload_figure(w, PLAN_DISK), UNIT_MB_PER_S);
	cells[PLACE_DISK_OPS] =
		cell_number(plan_workload_figure(w, PLAN_DISK_OPS), UNIT_OPS_PER_S);
	cells[PLACE_ENVIRONMENT] = cell_text(w->environment);
	cells[PLACE_VERDICT] = cell_text(w->verdict);
	cells[PLACE_ASSUMED] = cell_text(w->assumed);
	cells[PLACE_SHORTFALL] = cell_number(
		plan_from_resource(PLAN_MEMORY, w->shortfall_bytes), UNIT_MB);
	cells[PLACE_VCPUS] = cell_count(s.vcpus);
	cells[PLACE_VOLUME] = cell_text(plan_volume(view->request, host, place));
	doc_row(table, cells, PLACE_COLUMNS);
}

/* A host of the plan, or one that is missing. */
static void plan_rows_add_host(struct doc_table *table, const struct plan_view *view,
	const struct plan_host *host, const char *row)
{
	struct plan_purchase buy = plan_purchase_of(view->request, host);
	struct cell cells[PLACE_COLUMNS];

	empty_row(cells, row);
	cells[PLACE_HOST] = cell_text(host->name);
	cells[PLACE_TYPE] = cell_text(view->request->hosts->type[host->type].name);
	for (size_t d = 0; d < PLAN_DIMENSION_COUNT; d++) {
		if (!host->use[d].is_counted)
			continue;
		cells[PLACE_USE + 2 * d] = cell_plain_number(host->use[d].needed);
		cells[PLACE_USE + 2 * d + 1] = cell_plain_number(host->use[d].capacity);
	}
	cells[PLACE_BUY] = cell_number(buy.memory_gb, UNIT_GB);
	cells[PLACE_BUY + 1] = cell_plain_number(buy.cores);
	cells[PLACE_BUY + 2] = cell_plain_number(buy.adapters);
	cells[PLACE_BUY + 3] = cell_number(buy.disk_gb, UNIT_GB);
	doc_row(table, cells, PLACE_COLUMNS);
}

static void add_absent(
	struct doc_table *table, const char *name, const char *rule, const char *reason)
{
	struct cell cells[PLACE_COLUMNS];

	empty_row(cells, "left out");
	cells[PLACE_WORKLOAD] = cell_text(name);
	cells[PLACE_LEFT_OUT_BY] = cell_text(rule);
	cells[PLACE_REASON] = cell_text(reason);
	doc_row(table, cells, PLACE_COLUMNS);
}

static void add_spare(struct doc_table *table, const struct plan_view *view,
	const struct plan_spare *spare)
{
	struct cell cells[PLACE_COLUMNS];

	empty_row(cells, "spare host");
	cells[PLACE_HOST] = cell_text(spare->name);
	cells[PLACE_TYPE] = cell_text(view->request->hosts->type[spare->type].name);
	doc_row(table, cells, PLACE_COLUMNS);
}

static void add_places(struct document *document, const struct plan_view *view)
{
	size_t number = 0;

	for (size_t h = 0; h < view->plan->host_count; h++) {
		const struct plan_host *host = &view->plan->host[h];

		for (size_t i = 0; i < host->workload_count; i++)
			doc_fact(document, IN_KV,
				doc_keep(document, "place_%zu", number++), NULL,
				cell_text(doc_keep(document, "%s %s",
					view->request->workload[host->workload[i]].name,
					host->name)));
	}
}

void plan_rows_add(struct document *document, const struct plan_view *view)
{
	struct doc_table *table = doc_table(document, IN_CSV, "placement", TABLE_ROWS,
		place_columns, PLACE_COLUMNS);
	const struct plan *plan = view->plan;

	add_places(document, view);
	for (size_t h = 0; h < plan->host_count; h++) {
		for (size_t i = 0; i < plan->host[h].workload_count; i++)
			add_vm(table, view, &plan->host[h], i);
	}
	for (size_t i = 0; i < plan->unplaced_count; i++)
		add_absent(table,
			view->request->workload[plan->unplaced[i].workload].name,
			plan->unplaced[i].rule, plan->unplaced[i].reason);
	for (size_t i = 0; i < view->excluded_count; i++)
		add_absent(table, view->excluded[i].name, view->excluded[i].rule,
			view->excluded[i].reason);
	for (size_t h = 0; h < plan->host_count; h++)
		plan_rows_add_host(table, view, &plan->host[h], "host");
	for (size_t i = 0; i < plan->spare_count; i++)
		add_spare(table, view, &plan->spare[i]);
	for (size_t h = 0; h < plan->missing_count; h++)
		plan_rows_add_host(table, view, &plan->missing[h], "missing host");
}
