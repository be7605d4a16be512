#include "analyze/report/compare_document.h"

#include "analyze/document/quantity.h"
#include "analyze/report/cells.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* "mean", "p95", "sustained_900", "peak". */
static const char *figure_key(struct document *document, unsigned figure)
{
	static const char *const names[] = { [COMPARE_MEAN] = "mean",
		[COMPARE_P50] = "p50",
		[COMPARE_P90] = "p90",
		[COMPARE_P95] = "p95",
		[COMPARE_P99] = "p99" };

	if (figure == COMPARE_PEAK)
		return "peak";
	if (figure < COMPARE_SUSTAINED)
		return names[figure];
	return doc_keep(
		document, "sustained_%u", duration_s[figure - COMPARE_SUSTAINED]);
}

static const char *figure_title(struct document *document, unsigned figure)
{
	char text[QUANTITY_SIZE];

	if (figure < COMPARE_SUSTAINED || figure == COMPARE_PEAK)
		return figure_key(document, figure);
	return doc_keep(document, "%s",
		quantity_duration(duration_s[figure - COMPARE_SUSTAINED], text));
}

static double change_of(double before, double after)
{
	return before > 0 ? after / before - 1 : NAN;
}

/* "+12 %", "-0.4 %". */
static struct cell cell_change(struct document *document, double ratio)
{
	struct cell cell = cell_plain_number(ratio);
	double percent = 100 * ratio;

	if (isnan(ratio))
		return cell;
	if (fabs(percent) < 0.05)
		return cell_shown(cell, "0 %");
	return cell_shown(cell,
		doc_keep(document, fabs(percent) < 10 ? "%+.1f %%" : "%+.0f %%",
			percent));
}

/* Also of what was always 0 before: any change there would show. */
static struct cell cell_noticed(struct document *document, const struct shift *shift)
{
	double ratio = shift->noticed / shift->before;
	struct cell cell = cell_plain_number(isfinite(ratio) ? ratio : NAN);

	return isfinite(ratio)
		? cell_shown(cell,
			  doc_keep(document, ratio < 0.1 ? "%.1f %%" : "%.0f %%",
				  100 * ratio))
		: cell;
}

static struct cell cell_compare_outcome(enum compare_outcome outcome)
{
	static const enum color tones[] = { [COMPARE_ALIKE] = COLOR_GOOD,
		[COMPARE_UNKNOWN] = COLOR_WARN,
		[COMPARE_DIFFERS] = COLOR_BAD };

	return cell_toned(cell_text(compare_outcome_name(outcome)), tones[outcome]);
}

/* Why nothing can be said of a figure; NULL: it can. */
static const char *why_text(struct document *document,
	const struct compared_resource *resource, const struct compared_figure *figure)
{
	switch (figure->why) {
	case COMPARE_WHY_NONE:
		return NULL;
	case COMPARE_WHY_NOT_BEFORE:
		return "never counted before";
	case COMPARE_WHY_NOT_AFTER:
		return "never counted after";
	case COMPARE_WHY_READINGS:
		return "the steps differ, and a shorter reading peaks higher";
	case COMPARE_WHY_FEW_DAYS:
		break;
	}
	if (resource->more_days == SIZE_MAX)
		return doc_keep(document,
			"%zu whole days before and %zu after are of the same weekdays: "
			"before is too short",
			resource->match.before, resource->match.after);
	return doc_keep(document,
		"%zu whole days before and %zu after are of the same weekdays: %zu more "
		"after would do",
		resource->match.before, resource->match.after, resource->more_days);
}

/* ---- for machines ------------------------------------------------------------------ */

static const struct doc_column figure_columns_of_both[] = {
	{ "figure", NULL, COLUMN_NAME, 0, NULL },
	{ "before", NULL, 0, 0, NULL },
	{ "after", NULL, 0, 0, NULL },
	{ "change", NULL, 0, 0, NULL },
	{ "outcome", NULL, 0, 0, NULL },
	{ "reason", NULL, IN_JSON | IN_CSV, 0, NULL },
	{ "p", NULL, 0, 0, NULL },
	{ "matched.before", NULL, 0, 0, NULL },
	{ "matched.after", NULL, 0, 0, NULL },
	{ "matched.change", NULL, 0, 0, NULL },
	{ "matched.noticed", NULL, 0, 0, NULL },
	{ "matched.follows", NULL, IN_JSON, 0, NULL },
};

static void add_machine_figures(struct document *document, struct doc_table *list,
	const struct compared_resource *resource, enum resource which)
{
	for (unsigned f = 0; f < COMPARE_FIGURES; f++) {
		const struct compared_figure *figure = &resource->figure[f];
		const struct shift *shift = &figure->shift;

		DOC_ROW(list, cell_text(figure_key(document, f)),
			cell_resource(figure->before, which),
			cell_resource(figure->after, which),
			cell_change(document, change_of(figure->before, figure->after)),
			cell_text(compare_outcome_name(figure->outcome)),
			cell_text_or_none(why_text(document, resource, figure)),
			cell_plain_number(shift->p),
			cell_resource(shift->before, which),
			cell_resource(shift->after, which),
			cell_change(document, change_of(shift->before, shift->after)),
			cell_noticed(document, shift),
			cell_plain_number(shift->follows));
	}
}

static void add_machine_resources(
	struct document *document, const struct comparison *comparison)
{
	static const struct doc_column columns[] = {
		{ "resource", NULL, COLUMN_NAME, 0, NULL },
		{ "unit", NULL, IN_JSON | IN_CSV, 0, NULL },
		{ "days_before", NULL, IN_JSON | IN_CSV, 0, NULL },
		{ "days_after", NULL, IN_JSON | IN_CSV, 0, NULL },
		{ "more_days", NULL, IN_JSON, 0, NULL },
		{ "figures", NULL, COLUMN_UNFOLD, 0, NULL },
	};
	struct doc_table *table = doc_table(document, IN_MACHINE, "resources",
		TABLE_KEYED, columns, ARRAY_LEN(columns));

	(void)doc_shape(table, TABLE_KEYED, figure_columns_of_both,
		ARRAY_LEN(figure_columns_of_both));
	for (unsigned i = 0; i < RESOURCE_COUNT; i++) {
		const struct compared_resource *resource = &comparison->resource[i];
		struct doc_table *figures = doc_inner(table);

		if (!resource->is_counted) {
			doc_row_null(table, resource_table[i].name);
			continue;
		}
		add_machine_figures(document, figures, resource, (enum resource)i);
		DOC_ROW(table, cell_text(resource_table[i].name),
			cell_text(resource_table[i].unit),
			cell_count((int64_t)resource->match.before),
			cell_count((int64_t)resource->match.after),
			resource->more_days == SIZE_MAX
				? cell_unknown("before is too short")
				: cell_count((int64_t)resource->more_days),
			cell_table(figures));
	}
}

static void add_machine_side(struct document *document, const char *side,
	const struct workload *workload, const struct workload_peaks *peaks)
{
	doc_json(document, doc_keep(document, "%s.name", side),
		cell_text(workload->name));
	doc_json(document, doc_keep(document, "%s.from", side),
		cell_moment(peaks->from + peaks->phase_s, MOMENT_LONG));
	doc_json(document, doc_keep(document, "%s.to", side),
		cell_moment(peaks->to + peaks->phase_s, MOMENT_LONG));
	doc_json(document, doc_keep(document, "%s.step_s", side),
		cell_count(peaks->step_s));
	doc_json(document, doc_keep(document, "%s.coverage", side),
		cell_share(peaks->coverage));
}

/* ---- for people -------------------------------------------------------------------- */

static bool is_sized_by(unsigned figure)
{
	return figure == COMPARE_MEAN || figure == COMPARE_P95 ||
		figure == COMPARE_PEAK || figure == COMPARE_SUSTAINED + DURATION_15_MIN;
}

static void add_people_side(struct document *document, const char *side,
	const struct workload *workload, const struct workload_peaks *peaks)
{
	char coverage[QUANTITY_SIZE];
	struct cell from = cell_moment(peaks->from + peaks->phase_s, MOMENT_SHORT);
	struct cell to = cell_moment(peaks->to + peaks->phase_s, MOMENT_SHORT);
	char texts[2][CELL_TEXT_SIZE];

	doc_line(document, "%-6s  %s, %s to %s, %s known", side, workload->name,
		cell_for_people(&from, texts[0]), cell_for_people(&to, texts[1]),
		quantity_percent(peaks->coverage, coverage));
}

static void add_people_figures(
	struct document *document, const struct comparison *comparison, bool has_detail)
{
	static const struct doc_column columns[] = {
		{ NULL, "RESOURCE", 0, 0, NULL },
		{ NULL, "FIGURE", 0, 0, NULL },
		{ NULL, "BEFORE", COLUMN_RIGHT, 0, NULL },
		{ NULL, "AFTER", COLUMN_RIGHT, 0, NULL },
		{ NULL, "CHANGE", COLUMN_RIGHT, 0, NULL },
		{ NULL, "SAME DAYS", COLUMN_RIGHT, 0, NULL },
		{ NULL, "WOULD SHOW", COLUMN_RIGHT, 0, NULL },
		{ NULL, "OUTCOME", 0, 0, NULL },
	};
	struct doc_table *table = doc_table(
		document, IN_TEXT, NULL, TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (unsigned i = 0; i < RESOURCE_COUNT; i++) {
		const struct compared_resource *resource = &comparison->resource[i];

		for (unsigned f = 0; resource->is_counted && f < COMPARE_FIGURES; f++) {
			const struct compared_figure *figure = &resource->figure[f];
			const struct shift *shift = &figure->shift;

			if (!has_detail && !is_sized_by(f) &&
				figure->outcome != COMPARE_DIFFERS)
				continue;
			DOC_ROW(table, cell_text(resource_table[i].name),
				cell_text(figure_title(document, f)),
				cell_resource(figure->before, (enum resource)i),
				cell_resource(figure->after, (enum resource)i),
				cell_change(document,
					change_of(figure->before, figure->after)),
				cell_change(document,
					change_of(shift->before, shift->after)),
				cell_noticed(document, shift),
				cell_compare_outcome(figure->outcome));
		}
	}
}

/* Of all its figures, or of the peak alone. */
static const char *resource_why(
	struct document *document, const struct compared_resource *resource)
{
	const char *why = why_text(document, resource, &resource->figure[COMPARE_MEAN]);
	const char *peak =
		why_text(document, resource, &resource->figure[COMPARE_PEAK]);

	return why || !peak ? why : doc_keep(document, "peak: %s", peak);
}

/* One line for each reason, with the resources that have it. */
static void add_people_reasons(
	struct document *document, const struct comparison *comparison)
{
	const char *why[RESOURCE_COUNT] = { NULL };

	for (unsigned i = 0; i < RESOURCE_COUNT; i++) {
		if (comparison->resource[i].is_counted)
			why[i] = resource_why(document, &comparison->resource[i]);
	}
	for (unsigned i = 0; i < RESOURCE_COUNT; i++) {
		const char *text = why[i];

		if (!text)
			continue;
		doc_line(document, "%s", resource_table[i].name);
		for (unsigned k = i + 1; k < RESOURCE_COUNT; k++) {
			if (!why[k] || strcmp(why[k], text) != 0)
				continue;
			doc_span(document, COLOR_NONE, ", %s", resource_table[k].name);
			why[k] = NULL;
		}
		doc_span(document, COLOR_NONE, ": %s", text);
	}
}

static void add_people_result(
	struct document *document, const struct comparison *comparison)
{
	size_t figures = comparison->known + comparison->unknown;

	doc_gap(document);
	if (comparison->outcome == COMPARE_DIFFERS)
		doc_line(document, "%zu of %zu figures differ by more than chance.",
			comparison->differing, figures);
	else if (comparison->outcome == COMPARE_ALIKE)
		doc_line(document, "No figure of %zu differs by more than chance.",
			comparison->known);
	else
		doc_line(document, "Nothing can be said yet.");
	if (comparison->outcome != COMPARE_DIFFERS && comparison->unknown &&
		comparison->known)
		doc_span(document, COLOR_WARN, " Of %zu nothing can be said.",
			comparison->unknown);
	add_people_reasons(document, comparison);
	if (!comparison->known)
		return;
	doc_line(document,
		"Judged by each day's own figures, days of the same weekday beside each "
		"other: the same days were dealt to before and after %d times (seed %u). "
		"Where nothing changed, one comparison in %.0f names a difference.",
		SHIFT_DEALS, SHIFT_SEED, 1 / COMPARE_FALSE_ALARM);
	doc_line(document,
		"change: of the whole periods; same days: of the days that were compared; "
		"would show: so large a change would have been noticed");
}

struct document *compare_document(const struct comparison *comparison,
	const struct workload *before, const struct workload *after, bool has_detail)
{
	struct document *document = document_new("compare");

	add_machine_side(document, "before", before, &comparison->before);
	add_machine_side(document, "after", after, &comparison->after);
	doc_json(document, "step_s", cell_count(comparison->step_s));
	doc_json(document, "false_alarm", cell_share(COMPARE_FALSE_ALARM));
	doc_json(document, "deals", cell_count(SHIFT_DEALS));
	doc_json(document, "seed", cell_count(SHIFT_SEED));
	doc_fact(document, IN_JSON | IN_KV, "outcome", NULL,
		cell_text(compare_outcome_name(comparison->outcome)));
	doc_fact(document, IN_JSON | IN_KV, "differing", NULL,
		cell_count((int64_t)comparison->differing));
	doc_fact(document, IN_JSON | IN_KV, "unknown", NULL,
		cell_count((int64_t)comparison->unknown));
	add_people_side(document, "before", before, &comparison->before);
	add_people_side(document, "after", after, &comparison->after);
	doc_gap(document);
	add_people_figures(document, comparison, has_detail);
	add_machine_resources(document, comparison);
	add_people_result(document, comparison);
	return document;
}
