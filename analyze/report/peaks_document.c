#include "analyze/report/peaks_document.h"

#include "common/timefmt.h"
#include "analyze/document/quantity.h"
#include "analyze/report/cells.h"
#include "analyze/report/forecast_document.h"
#include "analyze/report/peaks_page.h"

#include <math.h>
#include <string.h>

/* ---- what all rows have in common ------------------------------------------------ */

struct peaks_wording {
	bool has_curve;   /* somebody has a figure over 15 minutes */
	bool is_short;    /* under two hours in all: seconds are told, the day is not */
	bool is_one_year; /* all within it: it stands below the table */
	int64_t any;      /* a moment of it */
	size_t coarse, samples;
};

/* Every workload's period begins and ends in the same year. */
static bool has_one_year(
	const struct workload_judgement *judged, size_t count, int64_t *ret_any)
{
	char first[TIME_TEXT_SIZE] = "", text[TIME_TEXT_SIZE];

	*ret_any = 0;
	for (size_t i = 0; i < count; i++) {
		const struct workload_peaks *peaks = &judged[i].peaks;

		if (!peaks->to)
			continue;
		if (!*first)
			time_text_year(peaks->to, first);
		*ret_any = peaks->to;
		if (strcmp(time_text_year(peaks->from + 1, text), first) != 0 ||
			strcmp(time_text_year(peaks->to, text), first) != 0)
			return false;
	}
	return true;
}

static struct peaks_wording look_at(
	const struct workload_judgement *judged, size_t count)
{
	struct peaks_wording look = { .is_short = true };

	look.is_one_year = has_one_year(judged, count, &look.any);
	for (size_t i = 0; i < count; i++) {
		const struct workload_peaks *peaks = &judged[i].peaks;

		look.coarse += peaks->is_coarse;
		look.samples += peaks->samples;
		if (peaks->to - peaks->from >= 7200)
			look.is_short = false;
		for (unsigned r = 0; r < RESOURCE_COUNT; r++)
			if (!isnan(peaks->resource[r].sustained[DURATION_15_MIN]))
				look.has_curve = true;
	}
	return look;
}

static struct cell cell_at(const struct peaks_wording *look, int64_t at)
{
	return cell_moment(at,
		look->is_short              ? MOMENT_CLOCK
			: look->is_one_year ? MOMENT_WITHIN_YEAR
					    : MOMENT_DAY);
}

/* ---- the table ---------------------------------------------------------------------- */

#define FIGURES_MAX (16 + 2 * DURATION_COUNT + FORECAST_CELLS_MAX)

static const struct doc_column workload_columns[] = {
	{ "name", "WORKLOAD", COLUMN_CUT | COLUMN_NAME, 0, "workload" },
	{ "step_s", NULL, 0, 0, NULL },
	{ "from", NULL, IN_CSV, 0, NULL },
	{ "to", NULL, IN_CSV, 0, NULL },
	{ "samples", NULL, IN_JSON | IN_KV, 0, NULL },
	{ "coverage", NULL, IN_JSON, 0, NULL },
	{ "sufficiency.grade", NULL, IN_JSON, 0, NULL },
	{ "sufficiency.reasons", NULL, IN_JSON, 0, NULL },
	{ "sufficiency.earliest", NULL, IN_JSON, 0, NULL },
	{ "resources", NULL, COLUMN_UNFOLD, 0, NULL },
};

/* Places are those for people; 15 min comes before the percentiles. */
static const struct doc_column figure_columns[] = {
	{ "resource", "RESOURCE", COLUMN_NAME, 0, NULL },
	{ "unit", NULL, IN_JSON | IN_CSV, 0, NULL },
	{ "peak", "PEAK", COLUMN_RIGHT, 1, NULL },
	{ "peak_at", "AT", 0, 2, NULL },
	{ "mean", "MEAN", COLUMN_RIGHT, 5, NULL },
	{ "p50", NULL, 0, 0, NULL },
	{ "p90", NULL, 0, 0, NULL },
	{ "p95", "P95", COLUMN_RIGHT, 4, NULL },
	{ "p99", NULL, 0, 0, NULL },
};

static struct doc_column curve_column(
	struct document *document, const char *curve, unsigned d)
{
	struct doc_column column = { .key = doc_keep(
					     document, "%s.%u", curve, duration_s[d]) };

	if (d == DURATION_15_MIN && strcmp(curve, "sustained") == 0) {
		column.title = "15 MIN";
		column.flags = COLUMN_RIGHT;
		column.place = 3;
	}
	return column;
}

static size_t collect_figure_columns(struct document *document,
	const struct peaks_request *request, struct doc_column columns[FIGURES_MAX])
{
	size_t count = ARRAY_LEN(figure_columns);

	memcpy(columns, figure_columns, sizeof(figure_columns));
	for (unsigned d = 0; d < DURATION_COUNT; d++)
		columns[count++] = curve_column(document, "sustained", d);
	for (unsigned d = 0; d < DURATION_COUNT; d++)
		columns[count++] = curve_column(document, "held", d);
	columns[count++] =
		(struct doc_column){ "coverage", "KNOWN", COLUMN_RIGHT, 6, NULL };
	if (request->forecast)
		count += forecast_columns(request->ahead, columns + count);
	return count;
}

static void peaks_document_add_figures(struct doc_table *figures,
	const struct peaks_wording *look, const struct peaks_request *request, size_t i,
	enum resource resource)
{
	const struct workload_peaks *w = &request->judged[i].peaks;
	const struct peaks *p = &w->resource[resource];
	const double means[] = { p->mean, p->p50, p->p90, p->p95, p->p99 };
	struct cell cells[FIGURES_MAX];
	size_t n = 0;

	if (!p->is_counted) {
		doc_row_null(figures, resource_table[resource].name);
		return;
	}
	cells[n++] = cell_text(resource_table[resource].name);
	cells[n++] = cell_text(resource_table[resource].unit);
	cells[n++] = cell_resource(p->peak, resource);
	cells[n++] = cell_at(look, p->peak_at + w->phase_s);
	for (size_t m = 0; m < ARRAY_LEN(means); m++)
		cells[n++] = cell_resource(means[m], resource);
	for (unsigned d = 0; d < DURATION_COUNT; d++)
		cells[n++] = cell_resource(p->sustained[d], resource);
	for (unsigned d = 0; d < DURATION_COUNT; d++)
		cells[n++] = cell_resource(p->held[d], resource);
	cells[n++] = cell_coverage(p->coverage);
	if (request->forecast)
		n += forecast_cells(request->ahead,
			&request->forecast[i * RESOURCE_COUNT + resource], cells + n);
	doc_row(figures, cells, n);
}

static void peaks_document_add_workloads(struct document *document,
	const struct peaks_request *request, const struct peaks_wording *look)
{
	struct doc_column columns[FIGURES_MAX];
	size_t count = collect_figure_columns(document, request, columns);
	bool is_shown = request->view == PEAKS_TABLE;
	struct doc_table *table = doc_table(document, is_shown ? IN_ALL : IN_MACHINE,
		"workloads", TABLE_ROWS, workload_columns, ARRAY_LEN(workload_columns));
	struct doc_table *shape = doc_shape(
		table, TABLE_KEYED, doc_columns(document, columns, count), count);

	doc_empty(shape, "nothing known");
	doc_empty(table,
		"no workloads are stored yet; start with `collectord` or `analyze "
		"import`");
	if (!look->has_curve)
		doc_hide(shape, "15 MIN");
	for (size_t i = 0; i < request->count; i++) {
		const struct workload_peaks *w = &request->judged[i].peaks;
		struct doc_table *figures = doc_inner(table);
		struct cell s[SUFFICIENCY_CELLS];

		cells_sufficiency(document, judged_sufficiency(&request->judged[i]), s);
		for (unsigned r = 0; r < RESOURCE_COUNT; r++)
			peaks_document_add_figures(
				figures, look, request, i, (enum resource)r);
		DOC_ROW(table, cell_workload(request->workload[i]),
			cell_count(w->step_s),
			cell_moment(w->from + w->phase_s, MOMENT_SHORT),
			cell_moment(w->to + w->phase_s, MOMENT_SHORT),
			cell_count((int64_t)w->samples),
			cell_share(w->to ? w->coverage : NAN), s[0], s[1], s[2],
			cell_table(figures));
	}
}

static void add_notes(
	struct document *document, const struct peaks_wording *look, size_t count)
{
	char zone[TIME_TEXT_SIZE], year[TIME_TEXT_SIZE];
	bool has_year = look->is_one_year && !look->is_short;

	if (!look->samples)
		return;
	doc_gap(document);
	doc_line(document, "peak: highest reading%s; mean, p95: of all slots",
		look->has_curve ? "; 15 min: highest mean over that" : "");
	doc_line(document, "times are local (%s)%s%s; MB = 2^20 bytes, Mb = 10^6 bits",
		time_text_offset(look->any, zone), has_year ? " of " : "",
		has_year ? time_text_year(look->any, year) : "");
	if (look->coarse)
		doc_line(document,
			"%zu of %zu workloads have only rows coarser than 5 minutes: "
			"short peaks are averaged away",
			look->coarse, count);
}

/* Why it is not known yet, where that is all. */
static struct cell cell_sustained(const struct peaks *peaks, enum resource resource)
{
	double value = peaks[resource].sustained[DURATION_15_MIN];
	struct cell cell = cell_resource(value, resource);

	return isnan(value) && !isnan(peaks[resource].peak)
		? cell_shown(cell, "<15 min")
		: cell;
}

static void add_brief(struct document *document, const struct peaks_request *request,
	const struct peaks_wording *look)
{
	static const struct doc_column columns[] = {
		{ NULL, "WORKLOAD", COLUMN_CUT, 0, NULL },
		{ NULL, "", 0, 0, NULL },
		{ NULL, "MEMORY", COLUMN_RIGHT, 0, NULL },
		{ NULL, "CPU", COLUMN_RIGHT, 0, NULL },
		{ NULL, "AT", 0, 0, NULL },
		{ NULL, "NETWORK", COLUMN_RIGHT, 0, NULL },
		{ NULL, "DISK", COLUMN_RIGHT, 0, NULL },
		{ NULL, "KNOWN", COLUMN_RIGHT, 0, NULL },
	};
	struct doc_table *table = doc_table(
		document, IN_TEXT, NULL, TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < request->count; i++) {
		const struct workload *workload = request->workload[i];
		const struct workload_peaks *w = &request->judged[i].peaks;
		const struct peaks *p = w->resource;
		int64_t at = p[RESOURCE_CPU].sustained_at[DURATION_15_MIN];

		DOC_ROW(table, cell_text(workload->name),
			cell_toned(cell_text(sample_mark(workload) ? SAMPLE_MARK : ""),
				COLOR_WARN),
			cell_resource(p[RESOURCE_MEMORY].peak, RESOURCE_MEMORY),
			cell_sustained(p, RESOURCE_CPU),
			cell_at(look, at ? at + w->phase_s : 0),
			cell_resource(p[RESOURCE_NETWORK].peak, RESOURCE_NETWORK),
			cell_sustained(p, RESOURCE_DISK), cell_coverage(w->coverage));
	}
}

static void add_period(struct document *document,
	const struct workload_judgement *judged, size_t count)
{
	int64_t from = 0, to = 0;

	for (size_t i = 0; i < count; i++) {
		const struct workload_peaks *w = &judged[i].peaks;

		if (!w->to)
			continue;
		if (!from || w->from + w->phase_s < from)
			from = w->from + w->phase_s;
		if (w->to + w->phase_s > to)
			to = w->to + w->phase_s;
	}
	doc_json(document, "period.from", cell_moment(from, MOMENT_LONG));
	doc_json(document, "period.to", cell_moment(to, MOMENT_LONG));
}

struct document *peaks_document(const struct peaks_request *request)
{
	struct document *document = document_new("peaks");
	struct peaks_wording look = look_at(request->judged, request->count);

	add_period(document, request->judged, request->count);
	peaks_document_add_workloads(document, request, &look);
	switch (request->view) {
	case PEAKS_BRIEF:
		add_brief(document, request, &look);
		return document;
	case PEAKS_DETAIL:
		peaks_pages(document, request);
		break;
	case PEAKS_TABLE:
		if (request->count)
			add_notes(document, &look, request->count);
		break;
	}
	if (request->forecast)
		forecast_tables(document, request->ahead, request->workload,
			request->forecast, request->count);
	return document;
}
