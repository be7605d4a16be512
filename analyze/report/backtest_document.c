#include "analyze/report/backtest_document.h"

#include "common/timefmt.h"
#include "analyze/report/cells.h"

#include <math.h>

static int64_t begin_of(const struct timeline *axis)
{
	return axis->first - (int64_t)axis->step_s;
}

static int64_t end_of(const struct timeline *axis)
{
	return axis->first + (int64_t)(axis->slots - 1) * (int64_t)axis->step_s;
}

static bool is_replayed(const struct backtest_result_host *host, int dimension)
{
	return plan_dimension_table[dimension].resource >= 0 &&
		!isnan(host->capacity[dimension]);
}

/* ---- JSON: hosts with what is over, and their worst intervals ------------------------ */

static struct cell backtest_document_minutes_of(
	struct document *document, const struct backtest_result_host *host)
{
	struct doc_table *pairs = doc_pairs(document);

	for (int d = 0; d < PLAN_DIMENSION_COUNT; d++) {
		if (plan_dimension_table[d].resource >= 0)
			doc_pair(pairs, plan_dimension_table[d].name,
				cell_plain_number(isnan(host->capacity[d])
						? NAN
						: host->minutes_over[d]));
	}
	return cell_table(pairs);
}

static struct cell single_slots_of(
	struct document *document, const struct backtest_result_host *host)
{
	struct doc_table *pairs = doc_pairs(document);

	for (int d = 0; d < PLAN_DIMENSION_COUNT; d++) {
		if (is_replayed(host, d))
			doc_pair(pairs, plan_dimension_table[d].name,
				cell_count((int64_t)host->single_slots_over[d]));
	}
	return cell_table(pairs);
}

static struct cell worst_of(struct document *document, const struct backtest_view *view,
	const struct backtest_result_host *host)
{
	static const struct doc_column columns[] = {
		{ "resource", NULL, 0, 0, NULL },
		{ "at", NULL, 0, 0, NULL },
		{ "needed", NULL, 0, 0, NULL },
		{ "capacity", NULL, 0, 0, NULL },
		{ "unit", NULL, 0, 0, NULL },
		{ "from", NULL, 0, 0, NULL },
		{ "to", NULL, 0, 0, NULL },
	};
	struct doc_table *table =
		doc_nested(document, TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < host->worst_count; i++) {
		const struct backtest_interval *w = &host->worst[i];

		DOC_ROW(table, cell_text(plan_dimension_table[w->dimension].name),
			cell_moment(w->at, MOMENT_SHORT), cell_plain_number(w->needed),
			cell_plain_number(w->capacity),
			cell_text(plan_unit(view->factors, w->dimension)),
			cell_moment(w->from, MOMENT_SHORT),
			cell_moment(w->to, MOMENT_SHORT));
	}
	return cell_table(table);
}

static void backtest_document_add_hosts(
	struct document *document, const struct backtest_view *view)
{
	static const struct doc_column columns[] = {
		{ "name", NULL, 0, 0, NULL },
		{ "minutes_over", NULL, 0, 0, NULL },
		{ "minutes_over_any", NULL, 0, 0, NULL },
		{ "minutes_memory_shortfall", NULL, 0, 0, NULL },
		{ "single_slots_over", NULL, 0, 0, NULL },
		{ "worst", NULL, 0, 0, NULL },
	};
	struct doc_table *table = doc_table(
		document, IN_JSON, "hosts", TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t h = 0; h < view->result->host_count; h++) {
		const struct backtest_result_host *host = &view->result->host[h];

		DOC_ROW(table, cell_text(view->host[h].name),
			backtest_document_minutes_of(document, host),
			cell_plain_number(host->minutes_over_any),
			cell_plain_number(host->minutes_shortfall),
			single_slots_of(document, host),
			worst_of(document, view, host));
	}
}

/* ---- a row for each host and resource: CSV and people --------------------------------- */

static void add_uses(struct document *document, const struct backtest_view *view)
{
	static const struct doc_column columns[] = {
		{ "host", "HOST", COLUMN_CUT, 0, NULL },
		{ "resource", "RESOURCE", 0, 0, NULL },
		{ "minutes_over", "MINUTES OVER", COLUMN_RIGHT, 0, NULL },
		{ "single_slots_over", "SLOTS BY MAXIMUM", COLUMN_RIGHT, 0, NULL },
		{ "highest_needed", "HIGHEST", COLUMN_RIGHT, 0, NULL },
		{ "capacity", "OF", COLUMN_RIGHT, 0, NULL },
		{ "unit", NULL, 0, 0, NULL },
	};
	struct doc_table *table = doc_table(document, IN_TEXT | IN_CSV, "uses",
		TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t h = 0; h < view->result->host_count; h++) {
		const struct backtest_result_host *host = &view->result->host[h];

		for (int d = 0; d < PLAN_DIMENSION_COUNT; d++) {
			const char *unit =
				plan_unit(view->factors, (enum plan_dimension)d);

			if (!is_replayed(host, d))
				continue;
			DOC_ROW(table, cell_text(view->host[h].name),
				cell_shown(cell_text(plan_dimension_table[d].name),
					plan_dimension_table[d].label),
				cell_toned(cell_plain_number(host->minutes_over[d]),
					host->minutes_over[d] > 0 ? COLOR_BAD
								  : COLOR_GOOD),
				cell_count((int64_t)host->single_slots_over[d]),
				cell_in_unit(document, host->highest_needed[d], unit),
				cell_in_unit(document, host->capacity[d], unit),
				cell_text(unit));
		}
	}
}

static void add_worst(struct document *document, const struct backtest_view *view)
{
	static const struct doc_column columns[] = {
		{ NULL, "WORST INTERVALS", COLUMN_CUT, 0, NULL },
		{ NULL, "RESOURCE", 0, 0, NULL },
		{ NULL, "FROM", 0, 0, NULL },
		{ NULL, "LENGTH", COLUMN_RIGHT, 0, NULL },
		{ NULL, "NEEDED", COLUMN_RIGHT, 0, NULL },
		{ NULL, "OF", COLUMN_RIGHT, 0, NULL },
	};
	struct doc_table *table = NULL;

	for (size_t h = 0; h < view->result->host_count; h++) {
		const struct backtest_result_host *host = &view->result->host[h];

		for (size_t i = 0; i < host->worst_count; i++) {
			const struct backtest_interval *w = &host->worst[i];
			const char *unit = plan_unit(view->factors, w->dimension);

			if (!table) {
				doc_gap(document);
				table = doc_table(document, IN_TEXT, NULL, TABLE_ROWS,
					columns, ARRAY_LEN(columns));
			}
			DOC_ROW(table, cell_text(view->host[h].name),
				cell_text(plan_dimension_table[w->dimension].label),
				cell_moment(w->from, MOMENT_SHORT),
				cell_number((double)(w->to - w->from), UNIT_SECONDS),
				cell_in_unit(document, w->needed, unit),
				cell_in_unit(document, w->capacity, unit));
		}
	}
}

static void backtest_document_add_answer(
	struct document *document, const struct backtest_view *view)
{
	char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE], step[TIME_TEXT_SIZE];
	const struct backtest *result = view->result;
	double shortfall = 0;

	doc_line(document, "%.6g minute%s over a limit, on %zu host%s, profile %s",
		result->minutes_over, result->minutes_over == 1 ? "" : "s",
		result->host_count, plural(result->host_count), view->factors->profile);
	doc_line(document,
		"Replayed %s to %s in slots of %s; %.1f %% were unknown and filled",
		time_text_short(begin_of(view->axis), from),
		time_text_short(end_of(view->axis), to),
		time_text_length(view->axis->step_s, step), 100 * result->filled_ratio);
	if (view->absent)
		doc_line(document,
			"%zu workload%s of the plan %s not in this store: counted with the "
			"sized demand",
			view->absent, plural(view->absent),
			view->absent == 1 ? "is" : "are");
	for (size_t h = 0; h < result->host_count; h++)
		shortfall += result->host[h].minutes_shortfall;
	if (shortfall > 0)
		doc_line(document,
			"%.6g minutes more only because memory reviews were accepted "
			"below the peak",
			shortfall);
	doc_gap(document);
}

struct document *backtest_document(const struct backtest_view *view)
{
	struct document *document = document_new("backtest");

	doc_json(document, "profile", cell_text(view->factors->profile));
	doc_json(document, "period.from",
		cell_moment(begin_of(view->axis), MOMENT_SHORT));
	doc_json(document, "period.to", cell_moment(end_of(view->axis), MOMENT_SHORT));
	doc_json(document, "step_s", cell_count(view->axis->step_s));
	doc_json(document, "minutes_over",
		cell_plain_number(view->result->minutes_over));
	doc_json(document, "filled", cell_share(view->result->filled_ratio));
	doc_json(document, "absent_workloads", cell_count((int64_t)view->absent));
	backtest_document_add_hosts(document, view);
	backtest_document_add_answer(document, view);
	add_uses(document, view);
	doc_gap(document);
	doc_line(document,
		"slots by maximum: single slots whose highest reading, not their mean, "
		"is over the limit");
	add_worst(document, view);
	return document;
}
