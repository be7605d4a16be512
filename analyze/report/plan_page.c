#include "analyze/report/plan_page.h"
#include "analyze/report/plan_build.h"
#include "analyze/report/plan_purchase.h"
#include "analyze/report/plan_settings.h"

#include "common/timefmt.h"
#include "analyze/report/cells.h"
#include "common/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BAR_CELLS 3 /* seven columns of them stay within 80 */
#define ASSUMED_SHOWN_MAX 10
#define ASSUMED_NAMES_MAX 5 /* of each kind */
#define NAME_ROOM 320

static void plan_page_add_answer(
	struct document *document, const struct plan_view *view)
{
	const struct plan *plan = view->plan;
	double value = plan->is_bound_in_hosts ? (double)plan->host_count : plan->cost;
	size_t placed = view->request->workload_count - plan->unplaced_count;

	if (plan->unplaced_count)
		doc_line(document,
			"%zu of %zu workloads find no room; the other %zu are on %zu "
			"host%s",
			plan->unplaced_count, view->request->workload_count, placed,
			plan->host_count, plural(plan->host_count));
	else
		doc_line(document, "%zu workload%s on %zu host%s", placed,
			plural(placed), plan->host_count, plural(plan->host_count));
	if (!plan->is_bound_in_hosts)
		doc_span(document, COLOR_NONE, ", cost %.6g", plan->cost);
	if (plan->host_count == 0)
		return;
	if (plan->is_proven_optimal)
		doc_span(document, COLOR_NONE, "%s",
			plan->is_bound_in_hosts ? ": proven, no fewer will do"
						: ": proven, no cheaper will do");
	else
		doc_span(document, COLOR_NONE,
			": at least %.6g %s needed (%s bound), gap %.1f %%",
			plan->lower_bound,
			!plan->is_bound_in_hosts         ? "in cost is"
				: plan->lower_bound == 1 ? "is"
							 : "are",
			plan->bound_name,
			value > 0 ? 100 * (value - plan->lower_bound) / value : 0);
	if (!plan->is_proven_optimal && plan->is_cut_by_clock)
		doc_line(document,
			"The search was cut by its time: a longer --time-limit may find "
			"better.");
}

static void add_uncounted_figure(struct document *document, const char *figure,
	size_t without, const struct plan_request *request)
{
	if (without)
		doc_line(document,
			"%s is not counted: no figure for %zu of %zu workload%s",
			figure, without, request->workload_count,
			plural(request->workload_count));
}

/* "Proven" is of what was counted: what was not is told at once. */
static void plan_page_add_uncounted(
	struct document *document, const struct plan_request *request)
{
	const struct plan_uncounted without = plan_count_uncounted(request);

	add_uncounted_figure(document, "Memory", without.memory, request);
	add_uncounted_figure(document, "CPU", without.cpu, request);
}

static void plan_page_add_terms(struct document *document, const struct plan_view *view)
{
	const struct plan_request *request = view->request;
	const struct plan *plan = view->plan;
	char when[TIME_TEXT_SIZE];

	doc_line(document, "Profile %s, %s demand", request->factors->profile,
		request->is_aligned ? "aligned (peak of the sum)"
				    : "peak (sum of the peaks)");
	if (plan->binding_dimension >= 0)
		doc_span(document, COLOR_NONE, "; limited by %s",
			plan_dimension_table[plan->binding_dimension].label);
	if (plan->binding_dimension >= 0 && plan->binding_at)
		doc_span(document, COLOR_NONE, " at %s",
			time_text(plan->binding_at, when));
	if (request->is_aligned)
		doc_line(document,
			"Time axis: slots of %s; %.1f %% of the slots were unknown and "
			"filled",
			time_text_length(request->axis.step_s, when),
			100 * view->filled_ratio);
	if (*plan->exact_note)
		doc_line(document, "The exact phase is missing: %s", plan->exact_note);
	if (*plan->conflict)
		doc_line(document, "These cannot be met together: %s", plan->conflict);
}

static void plan_page_add_confidence(
	struct document *document, const struct plan_view *view)
{
	const struct plan_confidence *confidence = &view->confidence;

	if (confidence->resamples == 0)
		return;
	doc_line(document, "%zu host%s in %.0f %% of %zu resamples by days (%zu to %zu",
		view->plan->host_count, plural(view->plan->host_count),
		100.0 * (double)confidence->same_count / (double)confidence->resamples,
		confidence->resamples, confidence->fewest, confidence->most);
	if (!view->plan->is_bound_in_hosts)
		doc_span(document, COLOR_NONE, ", cost %.6g to %.6g",
			confidence->cheapest, confidence->dearest);
	doc_span(document, COLOR_NONE, ")");
}

/* ---- hosts -------------------------------------------------------------------------- */

/* Six cells and a percentage; red over 100 %, which only a replay can show. */
static struct cell cell_bar(struct document *document, const struct plan_use *use)
{
	bool has_utf8 = terminal_has_utf8();
	double ratio = use->capacity > 0 ? use->needed / use->capacity : 0;
	int full = (int)lround(ratio * BAR_CELLS);
	char text[64];
	size_t used = 0;

	if (!use->is_counted)
		return cell_text(NULL);
	for (int i = 0; i < BAR_CELLS; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s",
			i < full ? (has_utf8 ? "\u2588" : "#")
				 : (has_utf8 ? "\u2591" : "."));
	return cell_toned(
		cell_text(doc_keep(document, "%s%4.0f%%", text, floor(100 * ratio))),
		ratio > 1 + 1e-9       ? COLOR_BAD
			: ratio > 0.95 ? COLOR_WARN
				       : COLOR_GOOD);
}

static bool plan_page_is_shown(const struct plan *plan, int dimension)
{
	if (dimension == PLAN_ADAPTERS)
		return false; /* a count of two or three says little as a bar */
	for (size_t h = 0; h < plan->host_count; h++) {
		const struct plan_use *use = &plan->host[h].use[dimension];

		if (use->is_counted && use->needed > 0)
			return true;
	}
	return false;
}

static void plan_page_add_hosts(struct document *document, const struct plan *plan)
{
	struct doc_column columns[PLAN_DIMENSION_COUNT + 3] = {
		{ NULL, "HOST", COLUMN_WRAP, 0, NULL },
		{ NULL, "VMs", COLUMN_RIGHT, 0, NULL },
	};
	struct cell cells[PLAN_DIMENSION_COUNT + 3];
	struct doc_table *table;
	size_t count = 2;

	for (int d = 0; d < PLAN_DIMENSION_COUNT; d++) {
		if (plan_page_is_shown(plan, d))
			columns[count++] = (struct doc_column){
				.title = plan_dimension_table[d].label
			};
	}
	columns[count++] =
		(struct doc_column){ .title = "NEEDED", .flags = COLUMN_RIGHT };
	table = doc_table(document, IN_TEXT, NULL, TABLE_ROWS,
		doc_columns(document, columns, count), count);
	for (size_t h = 0; h < plan->host_count; h++) {
		const struct plan_host *host = &plan->host[h];
		size_t n = 0;

		cells[n++] = cell_text(host->name);
		cells[n++] = cell_count((int64_t)host->workload_count);
		for (int d = 0; d < PLAN_DIMENSION_COUNT; d++) {
			if (plan_page_is_shown(plan, d))
				cells[n++] = cell_bar(document, &host->use[d]);
		}
		cells[n++] = cell_text(doc_keep(document, "%.0f GB",
			plan_even_gb(host->use[PLAN_MEMORY].needed)));
		doc_row(table, cells, n);
	}
}

static void plan_page_add_spares(struct document *document, const struct plan *plan)
{
	if (plan->spare_count == 0)
		return;
	doc_line(document, "Kept empty for what a lost host ran:");
	for (size_t i = 0; i < plan->spare_count; i++)
		doc_span(document, COLOR_NONE, "%s%s", i ? ", " : " ",
			plan->spare[i].name);
}

static void add_members(struct document *document, const struct plan_view *view)
{
	doc_gap(document);
	for (size_t h = 0; h < view->plan->host_count; h++) {
		const struct plan_host *host = &view->plan->host[h];

		doc_line(document, "%s:", host->name);
		for (size_t i = 0; i < host->workload_count; i++)
			doc_span(document, COLOR_NONE, "%s%s", i ? ", " : " ",
				view->request->workload[host->workload[i]].name);
		if (host->workload_count == 0)
			doc_span(document, COLOR_NONE, " -");
	}
}

/* Both numbers: what the peaks add up to, and the peak of the sum. */
static void add_coincidence(struct document *document, const struct plan *plan,
	const struct plan_factors *factors)
{
	static const struct doc_column columns[] = {
		{ NULL, "HOST", COLUMN_WRAP, 0, NULL },
		{ NULL, "RESOURCE", 0, 0, NULL },
		{ NULL, "SUM OF PEAKS", COLUMN_RIGHT, 0, NULL },
		{ NULL, "PEAK OF SUM", COLUMN_RIGHT, 0, NULL },
		{ NULL, "CAPACITY", COLUMN_RIGHT, 0, NULL },
		{ NULL, "WHEN", 0, 0, NULL },
	};
	struct doc_table *table;

	doc_gap(document);
	doc_line(document, "Sum of the peaks against peak of the sum");
	table = doc_table(
		document, IN_TEXT, NULL, TABLE_ROWS, columns, ARRAY_LEN(columns));
	for (size_t h = 0; h < plan->host_count; h++) {
		for (int d = 0; d < PLAN_DIMENSION_COUNT; d++) {
			const struct plan_use *use = &plan->host[h].use[d];
			const char *unit = plan_unit(factors, (enum plan_dimension)d);

			if (!use->is_counted || !use->at)
				continue;
			DOC_ROW(table, cell_text(plan->host[h].name),
				cell_text(plan_dimension_table[d].label),
				cell_in_unit(document, use->sum_of_peaks, unit),
				cell_in_unit(document, use->needed, unit),
				cell_in_unit(document, use->capacity, unit),
				cell_moment(use->at, MOMENT_SHORT));
		}
	}
}

/* Memory is rounded up: a part of a MB too little would be a VM over its limit. */
static void add_settings(struct document *document, const struct plan_view *view)
{
	static const struct doc_column columns[] = {
		{ NULL, "VM", COLUMN_CUT, 0, NULL },
		{ NULL, "HOST", COLUMN_WRAP, 0, NULL },
		{ NULL, "MEMORY MB", COLUMN_RIGHT, 0, NULL },
		{ NULL, "VCPUs", COLUMN_RIGHT, 0, NULL },
		{ NULL, "RESERVED %", COLUMN_RIGHT, 0, NULL },
		{ NULL, "MAX %", COLUMN_RIGHT, 0, NULL },
		{ NULL, "WEIGHT", COLUMN_RIGHT, 0, NULL },
		{ NULL, "SPACE GB", COLUMN_RIGHT, 0, NULL },
		{ NULL, "NETWORK", 0, 0, NULL },
	};
	struct doc_table *table;

	doc_gap(document);
	doc_line(document, "Settings of each VM");
	table = doc_table(
		document, IN_TEXT, NULL, TABLE_ROWS, columns, ARRAY_LEN(columns));
	for (size_t h = 0; h < view->plan->host_count; h++) {
		const struct plan_host *host = &view->plan->host[h];

		for (size_t i = 0; i < host->workload_count; i++) {
			const struct plan_workload *w =
				&view->request->workload[host->workload[i]];
			struct plan_settings s =
				plan_settings_of(view->request, host, w);

			DOC_ROW(table, cell_text(w->name), cell_text(host->name),
				cell_text(doc_keep(
					document, "%.0f", units_round_up(s.alloc_mb))),
				cell_count(s.vcpus),
				cell_number(s.reserved_percent, UNIT_PERCENT),
				cell_count(s.maximum_percent),
				cell_count(s.relative_weight),
				cell_text(doc_keep(document, "%.2f", s.storage_gb)),
				cell_text(s.adapters ? doc_keep(document, "%u own",
							       s.adapters)
						     : "shared"));
		}
	}
}

/* ---- what is left out, assumed, survived --------------------------------------------- */

static void plan_page_add_left_out(
	struct document *document, const struct plan_view *view)
{
	static const struct doc_column columns[] = {
		{ NULL, "LEFT OUT", COLUMN_CUT, 0, NULL },
		{ NULL, "RULE", 0, 0, NULL },
		{ NULL, "REASON", COLUMN_WRAP, 0, NULL },
	};
	const struct plan *plan = view->plan;
	struct doc_table *table;

	if (plan->unplaced_count + view->excluded_count == 0)
		return;
	doc_gap(document);
	table = doc_table(
		document, IN_TEXT, NULL, TABLE_ROWS, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < plan->unplaced_count; i++)
		DOC_ROW(table,
			cell_text(view->request->workload[plan->unplaced[i].workload]
					  .name),
			cell_text(plan->unplaced[i].rule),
			cell_text(plan->unplaced[i].reason));
	for (size_t i = 0; i < view->excluded_count; i++)
		DOC_ROW(table, cell_text(view->excluded[i].name),
			cell_text(view->excluded[i].rule),
			cell_text(view->excluded[i].reason));
}

/* On the host where it stands; 0 where it stands nowhere. */
static double cpu_shortfall(const struct plan_view *view, const struct plan_workload *w)
{
	for (size_t h = 0; h < view->plan->host_count; h++) {
		const struct plan_host *host = &view->plan->host[h];

		for (size_t i = 0; i < host->workload_count; i++) {
			if (&view->request->workload[host->workload[i]] == w)
				return plan_settings_of(view->request, host, w)
					.cpu_shortfall_mhz;
		}
	}
	return 0;
}

/* What is assumed of several in the same words is told once: without their names. */
struct assumption {
	const char *text;
	size_t item, count; /* the first that it holds for, and how many */
	const char *names;
};

static const char *assumption_text(
	struct document *document, const struct plan_view *view, size_t item)
{
	const struct plan_workload *w = &view->request->workload[item];
	double short_mhz = cpu_shortfall(view, w);
	const char *text = "", *name;

	if (w->assumed) {
		char of[NAME_ROOM];

		/* "analyze inventory mail --set" holds for each of them */
		(void)snprintf(of, sizeof(of), "analyze inventory %s --", w->name);
		name = strstr(w->assumed, of);
		text = name ? doc_keep(document, "%.*sanalyze inventory WORKLOAD --%s",
				      (int)(name - w->assumed), w->assumed,
				      name + strlen(of))
			    : w->assumed;
	}
	if (w->shortfall_bytes > 0)
		text = doc_keep(document,
			"%s; memory is short by %.0f MB at its peak (review accepted)",
			text,
			ceil(plan_from_resource(PLAN_MEMORY, w->shortfall_bytes)));
	if (short_mhz > 0)
		text = doc_keep(document,
			"%s; held to the cores of one VM, CPU is short by %.0f MHz "
			"(review accepted)",
			text, ceil(short_mhz));
	if (w->is_sensitive)
		text = doc_keep(document, "%s; sensitive: alone on its host", text);
	return strncmp(text, "; ", 2) == 0 ? text + 2 : text;
}

static int compare_assumptions(const void *a, const void *b)
{
	const struct assumption *x = a, *y = b;
	int order = strcmp(x->text, y->text);

	return order ? order : (x->item > y->item) - (x->item < y->item);
}

static int compare_by_item(const void *a, const void *b)
{
	const struct assumption *x = a, *y = b;

	return (x->item > y->item) - (x->item < y->item);
}

/* Into groups, at the beginning of the list; returns how many. */
static size_t group_assumptions(struct document *document, const struct plan_view *view,
	struct assumption *list, size_t count)
{
	size_t groups = 0;

	qsort(list, count, sizeof(*list), compare_assumptions);
	for (size_t i = 0; i < count; i++) {
		const char *name = view->request->workload[list[i].item].name;
		struct assumption *last = groups ? &list[groups - 1] : NULL;

		if (!last || strcmp(last->text, list[i].text) != 0) {
			list[groups] = list[i];
			list[groups++].names = name;
		} else if (last->count++ < ASSUMED_NAMES_MAX) {
			last->names = doc_keep(document, "%s, %s", last->names, name);
		}
	}
	qsort(list, groups, sizeof(*list), compare_by_item);
	return groups;
}

static void add_assumptions(struct document *document, const struct plan_view *view)
{
	struct assumption *list =
		calloc(view->request->workload_count + 1, sizeof(*list));
	size_t count = 0, groups;

	if (!list)
		return;
	for (size_t i = 0; i < view->request->workload_count; i++) {
		const char *text = assumption_text(document, view, i);

		if (*text)
			list[count++] = (struct assumption){ text, i, 1, NULL };
	}
	groups = group_assumptions(document, view, list, count);
	if (groups) {
		doc_gap(document);
		doc_line(document, "Assumed");
	}
	for (size_t i = 0; i < groups && i < ASSUMED_SHOWN_MAX; i++) {
		doc_line(document, "  %s", list[i].names);
		if (list[i].count > ASSUMED_NAMES_MAX)
			doc_span(document, COLOR_NONE, " and %zu more",
				list[i].count - ASSUMED_NAMES_MAX);
		doc_span(document, COLOR_NONE, ": %s", list[i].text);
	}
	if (groups > ASSUMED_SHOWN_MAX)
		doc_line(document,
			"  ... and %zu more kind%s (all of them: --json or --format csv)",
			groups - ASSUMED_SHOWN_MAX, plural(groups - ASSUMED_SHOWN_MAX));
	free(list);
}

static void plan_page_add_failover(struct document *document, const struct plan *plan)
{
	size_t survived = 0;

	if (plan->failover == 0)
		return;
	for (size_t i = 0; i < plan->loss_count; i++)
		survived += plan->loss[i].is_survived;
	doc_gap(document);
	if (plan->unplaced_count > 0 && plan->loss_count == 0) {
		doc_line(document,
			"Failover %u: no loss was tried, since %zu workload%s no room "
			"as it is",
			plan->failover, plan->unplaced_count,
			plan->unplaced_count == 1 ? " finds" : "s find");
		return;
	}
	doc_line(document, "Failover %u: %zu of %zu losses survived%s", plan->failover,
		survived, plan->loss_count,
		plan->is_failover_met ? ""
			: plan->is_failover_refuted
			? "; no placement on these hosts survives all (proven)"
			: "; no placement that survives all was found");
	for (size_t i = 0; i < plan->loss_count; i++) {
		if (!plan->loss[i].is_survived)
			doc_line(document, "  without %s: not survived (%s)",
				plan->loss[i].hosts,
				plan->loss[i].is_proven ? "proven" : "none found");
	}
}

static void plan_page_add_notes(struct document *document, const struct plan *plan)
{
	if (plan->note_count == 0)
		return;
	doc_gap(document);
	doc_line(document, "To be seen to");
	for (size_t i = 0; i < plan->note_count; i++)
		doc_line(document, "  %s%s: %s", plan->note[i].rule,
			plan->note[i].is_warning ? ", warning" : "",
			plan->note[i].text);
}

void plan_page(struct document *document, const struct plan_view *view)
{
	if (view->request->workload_count == 0) {
		doc_line(document,
			"No workload may move: %zu left out, see why below.  With "
			"--include review,unknown,insufficient",
			view->excluded_count);
		doc_line(document,
			"more take part, and the plan says what it assumed of them.");
	} else {
		plan_page_add_answer(document, view);
		plan_page_add_uncounted(document, view->request);
		plan_page_add_terms(document, view);
	}
	plan_page_add_confidence(document, view);
	if (view->plan->host_count > 0) {
		doc_gap(document);
		plan_page_add_hosts(document, view->plan);
		add_members(document, view);
		plan_page_add_spares(document, view->plan);
		if (view->request->is_aligned)
			add_coincidence(document, view->plan, view->request->factors);
	}
	if (view->has_settings && view->plan->host_count > 0) {
		add_settings(document, view);
		plan_page_add_builds(document, view);
	}
	plan_page_add_left_out(document, view);
	plan_page_add_missing(document, view);
	add_assumptions(document, view);
	plan_page_add_failover(document, view->plan);
	if (view->plan->host_count > 0)
		plan_page_add_purchase(document, view);
	plan_page_add_notes(document, view->plan);
}
