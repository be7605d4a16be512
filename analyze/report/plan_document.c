#include "analyze/report/plan_document.h"
#include "analyze/report/plan_build.h"
#include "analyze/report/plan_rows.h"
#include "analyze/report/plan_settings.h"

#include "analyze/report/plan_page.h"
#include "common/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the answer --------------------------------------------------------------------- */

struct plan_uncounted plan_count_uncounted(const struct plan_request *request)
{
	struct plan_uncounted count = { 0, 0 };

	for (size_t i = 0; i < request->workload_count; i++) {
		count.memory += request->workload[i].has_no_memory;
		count.cpu += request->workload[i].has_no_cpu;
	}
	return count;
}

static void plan_document_add_uncounted(
	struct document *document, const struct plan_request *request)
{
	const struct plan_uncounted without = plan_count_uncounted(request);

	if (without.memory)
		doc_json(document, "not_counted.memory",
			cell_count((int64_t)without.memory));
	if (without.cpu)
		doc_json(document, "not_counted.cpu", cell_count((int64_t)without.cpu));
}

/* One list, in the order of the contract: a reader of the JSON finds it as it is written. */
static void plan_document_add_summary(
	struct document *document, const struct plan_view *view)
{
	const struct plan_request *request = view->request;
	const struct plan *plan = view->plan;
	double value = plan->is_bound_in_hosts ? (double)plan->host_count : plan->cost;
	const unsigned in = IN_JSON | IN_KV;

	doc_kv_capitals(document);
	doc_fact(document, in, "profile", NULL, cell_text(request->factors->profile));
	doc_fact(document, in, "demand", NULL,
		cell_text(request->is_aligned ? "aligned" : "peak"));
	doc_fact(document, in, "hosts_used", NULL,
		cell_count((int64_t)plan->host_count));
	doc_fact(document, in, "lower_bound", NULL,
		cell_plain_number(plan->lower_bound));
	doc_fact(document, in, "proven_optimal", NULL,
		cell_bool(plan->is_proven_optimal));
	doc_fact(document, in, "cost", NULL, cell_plain_number(plan->cost));
	doc_json(document, "gap",
		cell_plain_number(value > 0 ? (value - plan->lower_bound) / value : 0));
	doc_json(document, "bound", cell_text(plan->bound_name));
	doc_json(document, "binding.resource",
		cell_text(plan->binding_dimension < 0
				? NULL
				: plan_dimension_table[plan->binding_dimension].name));
	doc_json(document, "binding.at", cell_moment(plan->binding_at, MOMENT_LONG));
	doc_json(document, "period.from", cell_moment(view->from, MOMENT_LONG));
	doc_json(document, "period.to", cell_moment(view->to, MOMENT_LONG));
	doc_json(document, "step_s",
		cell_count(request->is_aligned ? request->axis.step_s : 0));
	doc_json(document, "memory_aligned", cell_bool(request->is_memory_aligned));
	doc_json(document, "filled",
		cell_share(request->is_aligned ? view->filled_ratio : 0));
	doc_json(document, "exact_phase_missing", cell_text_or_none(plan->exact_note));
	doc_json(document, "conflict", cell_text_or_none(plan->conflict));
	doc_json(document, "cut_by_clock", cell_bool(plan->is_cut_by_clock));
	plan_document_add_uncounted(document, request);
	doc_fact(document, IN_KV, "unplaced", NULL,
		cell_count((int64_t)(plan->unplaced_count + view->excluded_count)));
}

/* ---- hosts ---------------------------------------------------------------------------- */

static const struct doc_column use_columns[] = {
	{ "dimension", NULL, COLUMN_NAME, 0, NULL },
	{ "needed", NULL, 0, 0, NULL },
	{ "capacity", NULL, 0, 0, NULL },
	{ "unit", NULL, 0, 0, NULL },
	{ "sum_of_peaks", NULL, 0, 0, NULL },
	{ "at", NULL, 0, 0, NULL },
};

static struct cell use_of(struct document *document, const struct plan_view *view,
	const struct plan_host *host)
{
	struct doc_table *table =
		doc_nested(document, TABLE_KEYED, use_columns, ARRAY_LEN(use_columns));

	if (!view->request->is_aligned) {
		doc_hide(table, "sum_of_peaks");
		doc_hide(table, "at");
	}
	for (int d = 0; d < PLAN_DIMENSION_COUNT; d++) {
		const struct plan_use *use = &host->use[d];

		DOC_ROW(table, cell_text(plan_dimension_table[d].name),
			cell_plain_number(use->needed),
			cell_plain_number(use->is_counted ? use->capacity : NAN),
			cell_text(plan_unit(
				view->request->factors, (enum plan_dimension)d)),
			cell_plain_number(use->sum_of_peaks),
			cell_moment(use->at, MOMENT_SHORT));
	}
	return cell_table(table);
}

static void plan_document_add_hosts(
	struct document *document, const struct plan_view *view)
{
	static const struct doc_column columns[] = {
		{ "name", NULL, 0, 0, NULL },
		{ "type", NULL, 0, 0, NULL },
		{ "workloads", NULL, 0, 0, NULL },
		{ "use", NULL, 0, 0, NULL },
		{ "memory_to_buy_gb", NULL, 0, 0, NULL },
		{ "to_buy.cores", NULL, 0, 0, NULL },
		{ "to_buy.adapters", NULL, 0, 0, NULL },
		{ "to_buy.disk_gb", NULL, 0, 0, NULL },
	};
	const struct plan_request *request = view->request;
	struct doc_table *table = doc_table(
		document, IN_JSON, "hosts", TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t h = 0; h < view->plan->host_count; h++) {
		const struct plan_host *host = &view->plan->host[h];
		struct doc_table *names = doc_list(document);
		struct plan_purchase buy = plan_purchase_of(request, host);

		for (size_t i = 0; i < host->workload_count; i++)
			doc_item(names,
				cell_text(request->workload[host->workload[i]].name));
		DOC_ROW(table, cell_text(host->name),
			cell_text(request->hosts->type[host->type].name),
			cell_table(names), use_of(document, view, host),
			cell_number(buy.memory_gb, UNIT_GB),
			cell_plain_number(buy.cores), cell_plain_number(buy.adapters),
			cell_number(buy.disk_gb, UNIT_GB));
	}
}

static void plan_document_add_spares(
	struct document *document, const struct plan_view *view)
{
	static const struct doc_column columns[] = {
		{ "name", NULL, 0, 0, NULL },
		{ "type", NULL, 0, 0, NULL },
	};
	const struct plan *plan = view->plan;
	struct doc_table *table;

	if (plan->spare_count == 0)
		return;
	table = doc_table(
		document, IN_JSON, "spares", TABLE_ROWS, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < plan->spare_count; i++)
		DOC_ROW(table, cell_text(plan->spare[i].name),
			cell_text(
				view->request->hosts->type[plan->spare[i].type].name));
}

/* What would have to be there for what found no room, and what to buy of all. */
static void plan_document_add_missing(
	struct document *document, const struct plan_view *view)
{
	static const struct doc_column columns[] = {
		{ "type", NULL, 0, 0, NULL },
		{ "workloads", NULL, 0, 0, NULL },
		{ "use", NULL, 0, 0, NULL },
		{ "memory_to_buy_gb", NULL, 0, 0, NULL },
		{ "to_buy.cores", NULL, 0, 0, NULL },
		{ "to_buy.adapters", NULL, 0, 0, NULL },
		{ "to_buy.disk_gb", NULL, 0, 0, NULL },
	};
	const struct plan_request *request = view->request;
	const struct plan *plan = view->plan;
	struct doc_table *table;

	if (plan->missing_count == 0)
		return;
	table = doc_table(
		document, IN_JSON, "missing", TABLE_ROWS, columns, ARRAY_LEN(columns));
	for (size_t h = 0; h < plan->missing_count; h++) {
		const struct plan_host *host = &plan->missing[h];
		struct doc_table *names = doc_list(document);
		struct plan_purchase buy = plan_purchase_of(request, host);

		for (size_t i = 0; i < host->workload_count; i++)
			doc_item(names,
				cell_text(request->workload[host->workload[i]].name));
		DOC_ROW(table, cell_text(request->hosts->type[host->type].name),
			cell_table(names), use_of(document, view, host),
			cell_number(buy.memory_gb, UNIT_GB),
			cell_plain_number(buy.cores), cell_plain_number(buy.adapters),
			cell_number(buy.disk_gb, UNIT_GB));
	}
}

static void plan_document_add_purchase(
	struct document *document, const struct plan_view *view)
{
	const struct plan *plan = view->plan;
	struct plan_purchase buy =
		plan_purchase_of_all(view->request, plan->host, plan->host_count);
	struct plan_purchase more =
		plan_purchase_of_all(view->request, plan->missing, plan->missing_count);

	doc_json(document, "purchase.memory_gb",
		cell_number(buy.memory_gb + more.memory_gb, UNIT_GB));
	doc_json(document, "purchase.cores", cell_plain_number(buy.cores + more.cores));
	doc_json(document, "purchase.adapters",
		cell_plain_number(buy.adapters + more.adapters));
	doc_json(document, "purchase.disk_gb",
		cell_number(buy.disk_gb + more.disk_gb, UNIT_GB));
}

static void plan_document_add_notes(struct document *document, const struct plan *plan)
{
	static const struct doc_column columns[] = {
		{ "rule", NULL, 0, 0, NULL },
		{ "severity", NULL, 0, 0, NULL },
		{ "text", NULL, 0, 0, NULL },
	};
	struct doc_table *table;

	if (plan->note_count == 0)
		return;
	table = doc_table(
		document, IN_JSON, "notes", TABLE_ROWS, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < plan->note_count; i++)
		DOC_ROW(table, cell_text(plan->note[i].rule),
			cell_text(plan->note[i].is_warning ? "warning" : "note"),
			cell_text(plan->note[i].text));
}

/* ---- who is where ---------------------------------------------------------------------- */

static void plan_document_add_unplaced(
	struct document *document, const struct plan_view *view)
{
	static const struct doc_column columns[] = {
		{ "name", NULL, 0, 0, NULL },
		{ "rule", NULL, 0, 0, NULL },
		{ "reason", NULL, 0, 0, NULL },
	};
	struct doc_table *table = doc_table(
		document, IN_JSON, "unplaced", TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < view->plan->unplaced_count; i++) {
		const struct plan_unplaced *one = &view->plan->unplaced[i];

		DOC_ROW(table, cell_text(view->request->workload[one->workload].name),
			cell_text(one->rule), cell_text(one->reason));
	}
	for (size_t i = 0; i < view->excluded_count; i++)
		DOC_ROW(table, cell_text(view->excluded[i].name),
			cell_text(view->excluded[i].rule),
			cell_text(view->excluded[i].reason));
}

static void plan_document_add_failover(
	struct document *document, const struct plan *plan)
{
	static const struct doc_column columns[] = {
		{ "hosts", NULL, 0, 0, NULL },
		{ "survived", NULL, 0, 0, NULL },
		{ "proven", NULL, 0, 0, NULL },
		{ "moved", NULL, 0, 0, NULL },
	};
	struct doc_table *table;

	if (plan->failover == 0)
		return;
	doc_json(document, "failover.k", cell_count(plan->failover));
	doc_json(document, "failover.met", cell_bool(plan->is_failover_met));
	doc_json(document, "failover.refuted", cell_bool(plan->is_failover_refuted));
	table = doc_table(document, IN_JSON, "failover.losses", TABLE_ROWS, columns,
		ARRAY_LEN(columns));
	for (size_t i = 0; i < plan->loss_count; i++)
		DOC_ROW(table, cell_text(plan->loss[i].hosts),
			cell_bool(plan->loss[i].is_survived),
			cell_bool(plan->loss[i].is_proven),
			cell_count((int64_t)plan->loss[i].moved_count));
}

static void plan_document_add_confidence(
	struct document *document, const struct plan_confidence *confidence)
{
	if (confidence->resamples == 0)
		return;
	doc_json(document, "confidence.resamples",
		cell_count((int64_t)confidence->resamples));
	doc_json(document, "confidence.same_hosts_ratio",
		cell_share((double)confidence->same_count /
			(double)confidence->resamples));
	doc_json(
		document, "confidence.fewest", cell_count((int64_t)confidence->fewest));
	doc_json(document, "confidence.most", cell_count((int64_t)confidence->most));
	doc_json(document, "confidence.cheapest",
		cell_plain_number(confidence->cheapest));
	doc_json(
		document, "confidence.dearest", cell_plain_number(confidence->dearest));
}

static void plan_document_add_workload_row(struct document *document,
	struct doc_table *table, const struct plan_view *view,
	const struct plan_host *host, size_t place, const struct plan_link *link)
{
	const struct plan_workload *w = &view->request->workload[host->workload[place]];
	const char *volume = plan_volume(view->request, host, place);
	struct plan_settings s = plan_settings_of(view->request, host, w);

	DOC_ROW(table, cell_text(w->name), cell_text(host->name),
		cell_text(w->environment), cell_text(w->verdict), cell_text(w->assumed),
		cell_number(plan_workload_figure(w, PLAN_MEMORY), UNIT_MB),
		cell_number(
			plan_from_resource(PLAN_MEMORY, w->shortfall_bytes), UNIT_MB),
		cell_number(plan_workload_figure(w, PLAN_CPU), UNIT_MHZ),
		cell_plain_number(w->cpu_factor > 0 ? w->cpu_factor : 1),
		cell_number(plan_workload_figure(w, PLAN_NETWORK), UNIT_MBPS),
		cell_number(plan_workload_figure(w, PLAN_STORAGE), UNIT_GB),
		cell_number(plan_workload_figure(w, PLAN_DISK), UNIT_MB_PER_S),
		cell_number(plan_workload_figure(w, PLAN_DISK_OPS), UNIT_OPS_PER_S),
		cell_number(s.alloc_mb, UNIT_MB),
		cell_number(s.reserved_percent, UNIT_PERCENT),
		cell_count(s.relative_weight), cell_count(s.maximum_percent),
		cell_number(s.storage_gb, UNIT_GB), cell_count(s.adapters),
		cell_count(s.vcpus), cell_number(s.cpu_shortfall_mhz, UNIT_MHZ),
		plan_disks_cell(document, view->request->factors, w),
		cell_number(w->save_state_bytes / BYTES_PER_GB, UNIT_GB),
		cell_text(volume), cell_text(link && *link->text ? link->text : NULL),
		cell_text(w->mac), cell_text(w->is_capped_to_a_core ? "yes" : NULL),
		cell_text(w->is_sensitive ? "yes" : NULL));
}

/* These names are the plan's format: plan_file.c reads them back, so that a plan can
 * be edited, compared and replayed. */
static void plan_document_add_workloads(
	struct document *document, const struct plan_view *view)
{
	static const struct doc_column columns[] = {
		{ "name", NULL, 0, 0, NULL },
		{ "host", NULL, 0, 0, NULL },
		{ "environment", NULL, 0, 0, NULL },
		{ "verdict", NULL, 0, 0, NULL },
		{ "assumed", NULL, 0, 0, NULL },
		{ "memory_mb", NULL, 0, 0, NULL },
		{ "memory_shortfall_mb", NULL, 0, 0, NULL },
		{ "cpu_mhz", NULL, 0, 0, NULL },
		{ "performance_factor", NULL, 0, 0, NULL },
		{ "network_mbps", NULL, 0, 0, NULL },
		{ "storage_gb", NULL, 0, 0, NULL },
		{ "disk_mb_s", NULL, 0, 0, NULL },
		{ "disk_ops", NULL, 0, 0, NULL },
		{ "settings.vm_alloc_mb", NULL, 0, 0, NULL },
		{ "settings.reserved_percent", NULL, 0, 0, NULL },
		{ "settings.relative_weight", NULL, 0, 0, NULL },
		{ "settings.maximum_percent", NULL, 0, 0, NULL },
		{ "settings.storage_gb", NULL, 0, 0, NULL },
		{ "settings.dedicated_adapters", NULL, 0, 0, NULL },
		{ "settings.vcpus", NULL, 0, 0, NULL },
		{ "settings.cpu_shortfall_mhz", NULL, 0, 0, NULL },
		{ "settings.disks", NULL, 0, 0, NULL },
		{ "settings.save_state_gb", NULL, 0, 0, NULL },
		{ "settings.volume", NULL, 0, 0, NULL },
		{ "settings.virtual_network", NULL, 0, 0, NULL },
		{ "settings.mac", NULL, 0, 0, NULL },
		{ "held_to_core", NULL, 0, 0, NULL },
		{ "sensitive", NULL, 0, 0, NULL },
	};
	struct doc_table *table = doc_table(document, IN_JSON, "workloads", TABLE_ROWS,
		columns, ARRAY_LEN(columns));

	for (size_t h = 0; h < view->plan->host_count; h++) {
		const struct plan_host *host = &view->plan->host[h];

		struct plan_link *links =
			calloc(host->workload_count + 1, sizeof(*links));

		if (links)
			plan_links(view->request, host, links);
		for (size_t i = 0; i < host->workload_count; i++)
			plan_document_add_workload_row(document, table, view, host, i,
				links ? &links[i] : NULL);
		free(links);
	}
}

/* ---- what the plan was made of: a back-test can stand on it alone -------------------- */

static struct cell nics_of(struct document *document, const struct host_type *type)
{
	static const struct doc_column columns[] = {
		{ "mbps", NULL, 0, 0, NULL },
		{ "use", NULL, 0, 0, NULL },
	};
	static const char *const uses[] = { "host", "shared", "dedicated" };
	struct doc_table *table;

	if (!type->has_nics)
		return cell_absent();
	table = doc_nested(document, TABLE_ROWS, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < type->nic_count; i++)
		DOC_ROW(table, cell_number(type->nic[i].mbps, UNIT_MBPS),
			cell_text(uses[type->nic[i].use]));
	return cell_table(table);
}

static struct cell names_of(struct document *document, char *const *names, size_t count)
{
	struct doc_table *list = doc_list(document);

	for (size_t i = 0; i < count; i++)
		doc_item(list, cell_text(names[i]));
	return cell_table(list);
}

static struct cell volumes_of(struct document *document, const struct host_type *type)
{
	static const struct doc_column columns[] = {
		{ "name", NULL, 0, 0, NULL },
		{ "gb", NULL, 0, 0, NULL },
		{ "used_gb", NULL, 0, 0, NULL },
		{ "os", NULL, 0, 0, NULL },
	};
	struct doc_table *table;

	if (type->volume_count == 0)
		return cell_absent();
	table = doc_nested(document, TABLE_ROWS, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < type->volume_count; i++)
		DOC_ROW(table, cell_text(type->volume[i].name),
			cell_number(type->volume[i].gb, UNIT_GB),
			cell_number(type->volume[i].used_gb, UNIT_GB),
			cell_bool(type->volume[i].is_os));
	return cell_table(table);
}

/* The hosts file goes into the plan with all that the plan used of it: the plan is
 * read back (plan_file.c) without that file. */
static void add_types(struct document *document, const struct host_list *hosts)
{
	static const struct doc_column columns[] = {
		{ "type", NULL, 0, 0, NULL },
		{ "count", NULL, 0, 0, NULL },
		{ "spare", NULL, 0, 0, NULL },
		{ "cores", NULL, 0, 0, NULL },
		{ "core_mhz", NULL, 0, 0, NULL },
		{ "memory_mb", NULL, 0, 0, NULL },
		{ "host_memory_mb", NULL, 0, 0, NULL },
		{ "numa_nodes", NULL, 0, 0, NULL },
		{ "nics", NULL, 0, 0, NULL },
		{ "volumes", NULL, 0, 0, NULL },
		{ "disk_gb", NULL, 0, 0, NULL },
		{ "disk_mb_s", NULL, 0, 0, NULL },
		{ "disk_iops", NULL, 0, 0, NULL },
		{ "cost", NULL, 0, 0, NULL },
		{ "zone", NULL, 0, 0, NULL },
		{ "cpu_reserve_percent", NULL, 0, 0, NULL },
		{ "roles", NULL, 0, 0, NULL },
		{ "site", NULL, 0, 0, NULL },
		{ "storage", NULL, 0, 0, NULL },
		{ "raid", NULL, 0, 0, NULL },
		{ "used.memory_mb", NULL, 0, 0, NULL },
		{ "used.cpu_percent", NULL, 0, 0, NULL },
		{ "used.network_mbps", NULL, 0, 0, NULL },
		{ "used.storage_gb", NULL, 0, 0, NULL },
	};
	struct doc_table *table = doc_table(document, IN_JSON, "host_types", TABLE_ROWS,
		columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < hosts->type_count; i++) {
		const struct host_type *t = &hosts->type[i];

		DOC_ROW(table, cell_text(t->name),
			t->is_any_count ? cell_text("any")
					: cell_count((int64_t)t->count),
			t->spare ? cell_count((int64_t)t->spare) : cell_absent(),
			cell_count(t->cores), cell_number(t->core_mhz, UNIT_MHZ),
			cell_number(t->memory_mb, UNIT_MB),
			cell_number(t->host_memory_mb, UNIT_MB),
			t->numa_nodes ? cell_count(t->numa_nodes) : cell_unknown(NULL),
			nics_of(document, t), volumes_of(document, t),
			t->volume_count ? cell_absent()
					: cell_number(t->disk_gb, UNIT_GB),
			cell_number(t->disk_mb_s, UNIT_MB_PER_S),
			cell_number(t->disk_iops, UNIT_OPS_PER_S),
			cell_plain_number(t->cost), cell_text(t->zone),
			t->has_cpu_reserve ? cell_plain_number(t->cpu_reserve_percent)
					   : cell_absent(),
			t->role_count ? names_of(document, t->role, t->role_count)
				      : cell_absent(),
			cell_text(t->site), cell_text(t->storage), cell_text(t->raid),
			cell_number(t->used_memory_mb, UNIT_MB),
			cell_number(t->used_cpu_percent, UNIT_PERCENT),
			cell_number(t->used_network_mbps, UNIT_MBPS),
			cell_number(t->used_storage_gb, UNIT_GB));
	}
}

/* A list of names, or of lists of them, one for each group. */
static struct cell constrained_names(
	struct document *document, const struct host_constraint *c)
{
	struct doc_table *list;
	size_t first = 0;

	if (!c->group)
		return names_of(document, c->workload, c->workload_count);
	list = doc_list(document);
	for (size_t g = 0; g < c->group_count; g++) {
		size_t end = first;

		while (end < c->workload_count && c->group[end] == g)
			end++;
		doc_item(list, names_of(document, c->workload + first, end - first));
		first = end;
	}
	return cell_table(list);
}

/* As in the hosts file, so that a plan can be added to under the same constraints. */
static void add_constraints(struct document *document, const struct host_list *hosts)
{
	static const struct doc_column columns[] = {
		{ "kind", NULL, 0, 0, NULL },
		{ "workloads", NULL, 0, 0, NULL },
		{ "hosts", NULL, 0, 0, NULL },
		{ "n", NULL, 0, 0, NULL },
	};
	struct doc_table *table = doc_table(document, IN_JSON, "constraints",
		TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < hosts->constraint_count; i++) {
		const struct host_constraint *c = &hosts->constraint[i];

		DOC_ROW(table, cell_text(host_constraint_word(c->kind)),
			constrained_names(document, c),
			c->host_count ? names_of(document, c->host, c->host_count)
				      : cell_absent(),
			c->n > 0 ? cell_count(c->n) : cell_absent());
	}
}

struct document *plan_document(const struct plan_view *view)
{
	struct document *document = document_new("plan");

	plan_document_add_summary(document, view);
	plan_document_add_hosts(document, view);
	plan_document_add_spares(document, view);
	plan_document_add_missing(document, view);
	plan_document_add_purchase(document, view);
	plan_document_add_notes(document, view->plan);
	plan_document_add_unplaced(document, view);
	plan_document_add_failover(document, view->plan);
	plan_document_add_confidence(document, &view->confidence);
	plan_document_add_workloads(document, view);
	plan_rows_add(document, view);
	add_types(document, view->request->hosts);
	add_constraints(document, view->request->hosts);
	plan_page(document, view);
	return document;
}
