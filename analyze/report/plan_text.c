/* The plan for people: the answer first, then a bar per host and resource, then who
 * runs where, then what is left out and why. */
#include "analyze/report/plan_document.h"

#include "analyze/console/safe_text.h"
#include "analyze/console/table.h"
#include "analyze/console/terminal.h"
#include "analyze/console/timefmt.h"
#include "common/util.h"

#include <math.h>
#include <string.h>

#define BAR_CELLS 6
#define ASSUMED_SHOWN_MAX 10

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static void print_answer(const struct plan_document *document, FILE *out)
{
	const struct plan *plan = document->plan;
	double value = plan->is_bound_in_hosts ? (double)plan->host_count : plan->cost;
	size_t placed = document->request->workload_count - plan->unplaced_count;
	char when[TIME_TEXT_SIZE];

	if (document->request->workload_count == 0) {
		fprintf(out,
			"No workload may move: %zu left out, see why below.  With "
			"--include review,unknown,insufficient\nmore take part, and "
			"the plan says what it assumed of them.\n",
			document->excluded_count);
		return;
	}
	fprintf(out, "%zu workload%s on %zu host%s", placed, plural(placed),
		plan->host_count, plural(plan->host_count));
	if (!plan->is_bound_in_hosts)
		fprintf(out, ", cost %.6g", plan->cost);
	if (plan->is_proven_optimal)
		fputs(plan->is_bound_in_hosts ? ": proven, no fewer will do"
					      : ": proven, no cheaper will do",
			out);
	else
		fprintf(out, ": at least %.6g %s needed (%s bound), gap %.1f %%",
			plan->lower_bound,
			!plan->is_bound_in_hosts         ? "in cost is"
				: plan->lower_bound == 1 ? "is"
							 : "are",
			plan->bound_name,
			value > 0 ? 100 * (value - plan->lower_bound) / value : 0);
	fputs("\nProfile ", out);
	safe_print_terminal(out, document->request->factors->profile);
	fprintf(out, ", %s demand",
		document->request->is_aligned ? "aligned (peak of the sum)"
					      : "peak (sum of the peaks)");
	if (plan->binding_dimension >= 0) {
		fprintf(out, "; what binds: %s",
			plan_dimension_table[plan->binding_dimension].name);
		if (plan->binding_at)
			fprintf(out, " at %s", time_text(plan->binding_at, when));
	}
	fputs("\n", out);
	if (document->request->is_aligned)
		fprintf(out,
			"Time axis: slots of %s; %.1f %% of the slots were unknown and "
			"filled\n",
			time_text_length(document->request->axis.step_s, when),
			100 * document->filled_ratio);
	if (*plan->exact_note)
		fprintf(out, "The exact phase is missing: %s\n", plan->exact_note);
	if (*plan->conflict)
		fprintf(out, "These cannot be met together: %s\n", plan->conflict);
}

/* Six cells and a percentage; red over 100 %, which only a replay can show. */
static void bar_cell(struct table *table, const struct plan_use *use)
{
	bool has_utf8 = terminal_has_utf8();
	double ratio = use->capacity > 0 ? use->needed / use->capacity : 0;
	int full = (int)lround(ratio * BAR_CELLS);
	char text[64];
	size_t used = 0;

	if (!use->is_counted) {
		table_cell(table, NULL);
		return;
	}
	if (full > BAR_CELLS)
		full = BAR_CELLS;
	for (int i = 0; i < BAR_CELLS; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s",
			i < full ? (has_utf8 ? "\u2588" : "#")
				 : (has_utf8 ? "\u2591" : "."));
	(void)snprintf(text + used, sizeof(text) - used, "%4.0f%%", floor(100 * ratio));
	table_cell_colored(table, text,
		ratio > 1 + 1e-9       ? COLOR_BAD
			: ratio > 0.95 ? COLOR_WARN
				       : COLOR_GOOD);
}

static bool is_shown(const struct plan *plan, int dimension)
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

static int print_hosts(const struct plan_document *document,
	const struct context *context, struct err *err)
{
	struct table_column columns[PLAN_DIMENSION_COUNT + 3] = {
		{ "HOST", TABLE_CUT },
		{ "VMs", TABLE_RIGHT },
	};
	const struct plan *plan = document->plan;
	size_t count = 2;
	struct table *table;

	for (int d = 0; d < PLAN_DIMENSION_COUNT; d++) {
		if (is_shown(plan, d))
			columns[count++] =
				(struct table_column){ plan_dimension_table[d].label,
					TABLE_LEFT };
	}
	columns[count++] = (struct table_column){ "BUY", TABLE_RIGHT };
	table = table_new(context, columns, count);
	for (size_t h = 0; h < plan->host_count; h++) {
		table_row(table);
		table_cell(table, plan->host[h].name);
		table_cellf(table, "%zu", plan->host[h].workload_count);
		for (int d = 0; d < PLAN_DIMENSION_COUNT; d++) {
			if (is_shown(plan, d))
				bar_cell(table, &plan->host[h].use[d]);
		}
		table_cellf(table, "%.0f GB",
			plan_even_gb(plan->host[h].use[PLAN_MEMORY].needed));
	}
	return table_print(table, err);
}

/* "host: a, b, c", folded at the width of the terminal. */
static void print_members(const struct plan_document *document,
	const struct plan_host *host, unsigned width, FILE *out)
{
	unsigned column = (unsigned)strlen(host->name) + 2;

	safe_print_terminal(out, host->name);
	fputs(": ", out);
	for (size_t i = 0; i < host->workload_count; i++) {
		const char *name = document->request->workload[host->workload[i]].name;
		unsigned length = (unsigned)strlen(name) + 2;

		if (width && i > 0 && column + length > width) {
			fputs("\n    ", out);
			column = 4;
		}
		safe_print_terminal(out, name);
		fputs(i + 1 < host->workload_count ? ", " : "\n", out);
		column += length;
	}
	if (host->workload_count == 0)
		fputs("-\n", out);
}

/* Both numbers: what the peaks add up to, and the peak of the sum. */
static int print_coincidence(const struct plan_document *document,
	const struct context *context, struct err *err)
{
	static const struct table_column columns[] = {
		{ "HOST", TABLE_CUT },
		{ "RESOURCE", TABLE_LEFT },
		{ "SUM OF PEAKS", TABLE_RIGHT },
		{ "PEAK OF SUM", TABLE_RIGHT },
		{ "CAPACITY", TABLE_RIGHT },
		{ "WHEN", TABLE_LEFT },
	};
	const struct plan *plan = document->plan;
	struct table *table = table_new(context, columns, ARRAY_LEN(columns));
	char when[TIME_TEXT_SIZE];

	fputs("\nSum of the peaks against peak of the sum\n", context->out);
	for (size_t h = 0; h < plan->host_count; h++) {
		for (int d = 0; d < PLAN_DIMENSION_COUNT; d++) {
			const struct plan_use *use = &plan->host[h].use[d];

			if (!use->is_counted || !use->at)
				continue;
			table_row(table);
			table_cell(table, plan->host[h].name);
			table_cell(table, plan_dimension_table[d].label);
			table_cellf(table, "%.6g", use->sum_of_peaks);
			table_cellf(table, "%.6g", use->needed);
			table_cellf(table, "%.6g", use->capacity);
			table_cell(table, time_text_short(use->at, when));
		}
	}
	return table_print(table, err);
}

static int print_settings(const struct plan_document *document,
	const struct context *context, struct err *err)
{
	static const struct table_column columns[] = {
		{ "VM", TABLE_CUT },
		{ "HOST", TABLE_CUT },
		{ "MEMORY MB", TABLE_RIGHT },
		{ "RESERVED %", TABLE_RIGHT },
		{ "MAX %", TABLE_RIGHT },
		{ "WEIGHT", TABLE_RIGHT },
		{ "DISK GB", TABLE_RIGHT },
		{ "NETWORK", TABLE_LEFT },
	};
	struct table *table = table_new(context, columns, ARRAY_LEN(columns));

	fputs("\nSettings of each VM\n", context->out);
	for (size_t h = 0; h < document->plan->host_count; h++) {
		const struct plan_host *host = &document->plan->host[h];

		for (size_t i = 0; i < host->workload_count; i++) {
			const struct plan_workload *workload =
				&document->request->workload[host->workload[i]];
			struct plan_settings settings =
				plan_settings_of(document->request, host, workload);

			table_row(table);
			table_cell(table, workload->name);
			table_cell(table, host->name);
			table_cellf(table, "%.0f", ceil(settings.alloc_mb - 1e-9));
			if (isnan(settings.reserved_percent))
				table_cell(table, NULL);
			else
				table_cellf(table, "%.0f", settings.reserved_percent);
			table_cellf(table, "%u", settings.maximum_percent);
			table_cellf(table, "%u", settings.relative_weight);
			table_cellf(table, "%.2f", settings.storage_gb);
			if (settings.adapters)
				table_cellf(table, "%u own", settings.adapters);
			else
				table_cell(table, "shared");
		}
	}
	return table_print(table, err);
}

static int print_left_out(const struct plan_document *document,
	const struct context *context, struct err *err)
{
	static const struct table_column columns[] = {
		{ "LEFT OUT", TABLE_CUT },
		{ "RULE", TABLE_LEFT },
		{ "REASON", TABLE_WRAP },
	};
	const struct plan *plan = document->plan;
	struct table *table;

	if (plan->unplaced_count + document->excluded_count == 0)
		return 0;
	fputs("\n", context->out);
	table = table_new(context, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < plan->unplaced_count; i++) {
		table_row(table);
		table_cell(table,
			document->request->workload[plan->unplaced[i].workload].name);
		table_cell(table, plan->unplaced[i].rule);
		table_cell(table, plan->unplaced[i].reason);
	}
	for (size_t i = 0; i < document->excluded_count; i++) {
		table_row(table);
		table_cell(table, document->excluded[i].name);
		table_cell(table, document->excluded[i].rule);
		table_cell(table, document->excluded[i].reason);
	}
	return table_print(table, err);
}

static void print_assumptions(const struct plan_document *document, FILE *out)
{
	size_t shown = 0;

	for (size_t i = 0; i < document->request->workload_count; i++) {
		const struct plan_workload *workload = &document->request->workload[i];

		if (!workload->assumed && workload->shortfall_bytes <= 0)
			continue;
		if (shown++ == 0)
			fputs("\nAssumed\n", out);
		if (shown > ASSUMED_SHOWN_MAX)
			continue;
		fputs("  ", out);
		safe_print_terminal(out, workload->name);
		if (workload->assumed) {
			fputs(": ", out);
			safe_print_terminal(out, workload->assumed);
		}
		if (workload->shortfall_bytes > 0)
			fprintf(out,
				"; memory is short by %.0f MB at its peak (review "
				"accepted)",
				ceil(plan_from_resource(
					PLAN_MEMORY, workload->shortfall_bytes)));
		fputs("\n", out);
	}
	if (shown > ASSUMED_SHOWN_MAX)
		fprintf(out,
			"  ... and of %zu more (all of them: --json or --format csv)\n",
			shown - ASSUMED_SHOWN_MAX);
}

static void print_failover(const struct plan *plan, FILE *out)
{
	size_t survived = 0;

	if (plan->failover == 0)
		return;
	for (size_t i = 0; i < plan->loss_count; i++)
		survived += plan->loss[i].is_survived;
	fprintf(out, "\nFailover %u: %zu of %zu losses survived%s\n", plan->failover,
		survived, plan->loss_count,
		plan->is_failover_met ? ""
			: plan->is_failover_refuted
			? "; no placement on these hosts survives all (proven)"
			: "; no placement that survives all was found");
	for (size_t i = 0; i < plan->loss_count; i++) {
		if (!plan->loss[i].is_survived)
			fprintf(out, "  without %s: not survived (%s)\n",
				plan->loss[i].hosts,
				plan->loss[i].is_proven ? "proven" : "none found");
	}
}

static void print_purchase(const struct plan_document *document, FILE *out)
{
	size_t retired =
		document->request->workload_count - document->plan->unplaced_count;

	fputs("\nBUY: memory of a new host, an even number of GB\n", out);
	fprintf(out, "Servers that can be retired once all have moved: %zu\n", retired);
}

static void print_confidence(const struct plan_document *document, FILE *out)
{
	const struct plan_confidence *confidence = &document->confidence;

	if (confidence->resamples == 0)
		return;
	fprintf(out, "%zu host%s in %.0f %% of %zu resamples by days (%zu to %zu",
		document->plan->host_count, plural(document->plan->host_count),
		100.0 * (double)confidence->same_count / (double)confidence->resamples,
		confidence->resamples, confidence->fewest, confidence->most);
	if (!document->plan->is_bound_in_hosts)
		fprintf(out, ", cost %.6g to %.6g", confidence->cheapest,
			confidence->dearest);
	fputs(")\n", out);
}

int plan_print_text(const struct plan_document *document, const struct context *context,
	struct err *err)
{
	const struct plan *plan = document->plan;
	int r;

	print_answer(document, context->out);
	print_confidence(document, context->out);
	if (plan->host_count > 0) {
		fputs("\n", context->out);
		r = print_hosts(document, context, err);
		if (r < 0)
			return r;
		fputs("\n", context->out);
		for (size_t h = 0; h < plan->host_count; h++)
			print_members(
				document, &plan->host[h], context->width, context->out);
	}
	if (document->request->is_aligned) {
		r = print_coincidence(document, context, err);
		if (r < 0)
			return r;
	}
	if (document->has_settings) {
		r = print_settings(document, context, err);
		if (r < 0)
			return r;
	}
	r = print_left_out(document, context, err);
	if (r < 0)
		return r;
	print_assumptions(document, context->out);
	print_failover(plan, context->out);
	if (plan->host_count > 0)
		print_purchase(document, context->out);
	return 0;
}
