/* A fold for each workload: its course, its figures, what was found of it. */
#include "analyze/report/handover.h"

#include "common/timefmt.h"
#include "analyze/report/cells.h"
#include "common/units.h"
#include "schema/duration.h"

#include <math.h>

#define CHARTS 4 /* the resources that are drawn; operations have their figures */
#define LABELS 3
#define EXCURSIONS_SHOWN 5

/* Where the window of the sized figure lies among the columns. */
static void mark_window(struct chart *chart, const struct outline *outline, int64_t at)
{
	double span = (double)(outline->to - outline->from);
	double end = (double)(at - outline->from) / span * (OUTLINE_COLUMNS - 1);
	double begin = (double)(at - DURATION_15_MIN_S - outline->from) / span *
		(OUTLINE_COLUMNS - 1);

	if (!at || !(span > 0) || begin < 0 || end >= OUTLINE_COLUMNS)
		return;
	chart->mark_begin = (size_t)begin;
	chart->mark_end = (size_t)end + 1 < OUTLINE_COLUMNS ? (size_t)end + 1
							    : OUTLINE_COLUMNS - 1;
}

static void add_course(struct document *document, const struct assessment *a,
	const struct outline *outline, enum resource resource)
{
	static const char *const names[RESOURCE_COUNT] = { "Memory", "CPU", "Network",
		"Disk", "Disk operations" };
	const struct outline_course *course = &outline->course[resource];
	const struct peaks *p = &a->peaks.resource[resource];
	struct chart_series series = {
		.mean = course->mean, .low = course->low, .high = course->high
	};
	char day[LABELS][TIME_TEXT_SIZE];
	const char *labels[LABELS];
	struct chart chart = { .kind = CHART_LINE,
		.title = doc_keep(
			document, "%s: mean, lowest to highest", names[resource]),
		.unit = unit_of_resource(resource),
		.count = OUTLINE_COLUMNS,
		.series = &series,
		.series_count = 1,
		.limit = NAN,
		.mark_name = "the 15 minutes it is sized by",
		.label = labels,
		.label_count = LABELS };

	if (!course->is_known)
		return;
	for (int i = 0; i < LABELS; i++)
		labels[i] = time_text_day(
			outline->from + (outline->to - outline->from) * i / LABELS,
			day[i]);
	if (resource == RESOURCE_MEMORY && !isnan(a->limit_bytes)) {
		chart.limit = a->limit_bytes;
		chart.limit_name = "limit of one VM";
	}
	if (resource == RESOURCE_CPU || resource == RESOURCE_DISK)
		mark_window(&chart, outline, p->sustained_at[DURATION_15_MIN]);
	doc_chart(document, chart_keep(document, &chart));
}

static void handover_dossiers_add_figures(
	struct document *document, const struct assessment *a)
{
	static const struct doc_column columns[] = {
		{ NULL, "Resource", 0, 0, NULL },
		{ NULL, "Peak", COLUMN_RIGHT, 0, NULL },
		{ NULL, "At", 0, 0, NULL },
		{ NULL, "15 min", COLUMN_RIGHT, 0, NULL },
		{ NULL, "8 h", COLUMN_RIGHT, 0, NULL },
		{ NULL, "P95", COLUMN_RIGHT, 0, NULL },
		{ NULL, "Mean", COLUMN_RIGHT, 0, NULL },
	};
	struct doc_table *table = doc_table(
		document, IN_HTML, NULL, TABLE_ROWS, columns, ARRAY_LEN(columns));

	doc_title(table, doc_keep(document, "Figures of %s", a->workload->name));
	for (int i = 0; i < RESOURCE_COUNT; i++) {
		const struct peaks *p = &a->peaks.resource[i];
		enum resource r = (enum resource)i;

		if (!p->is_counted)
			continue;
		DOC_ROW(table, cell_text(resource_table[i].name),
			cell_resource(p->peak, r),
			cell_moment(p->peak_at + a->peaks.phase_s, MOMENT_SHORT),
			cell_resource(p->sustained[DURATION_15_MIN], r),
			cell_resource(p->sustained[DURATION_COUNT - 1], r),
			cell_resource(p->p95, r), cell_resource(p->mean, r));
	}
}

/* What rules ask for and nobody stated: one line for all. */
static void add_missing_facts(struct document *document, const struct assessment *a)
{
	enum outcome worst = OUTCOME_PASS;
	size_t missing = 0;

	for (size_t i = 0; i < a->findings.count; i++) {
		const struct finding *f = &a->findings.finding[i];

		if (!f->is_for_missing || f->outcome == OUTCOME_PASS)
			continue;
		worst = f->outcome > worst ? f->outcome : worst;
		missing++;
	}
	if (missing == 0)
		return;
	doc_line(document, "%s", "");
	doc_span(document, outcome_tone(worst), "%s", outcome_name(worst));
	doc_span(document, COLOR_NONE,
		" in %zu rule%s for want of facts; analyze verdict %s says which, and how "
		"to state them",
		missing, plural(missing), a->workload->name);
}

static void handover_dossiers_add_findings(
	struct document *document, const struct assessment *a)
{
	char text[1024];

	for (size_t i = 0; i < a->findings.count; i++) {
		const struct finding *f = &a->findings.finding[i];

		if (f->outcome == OUTCOME_PASS || f->is_for_missing)
			continue;
		assess_finding_text(a, i, text, sizeof(text));
		doc_line(document, "%s", "");
		doc_span(document, outcome_tone(f->outcome), "%s",
			outcome_name(f->outcome));
		doc_span(document, COLOR_NONE, " %s %s: %s",
			heading_name(f->rule->heading), f->rule->id, text);
	}
}

static void handover_dossiers_add_excursions(
	struct document *document, const struct assessment *a)
{
	char time[TIME_TEXT_SIZE], length[TIME_TEXT_SIZE];
	struct cell limit = cell_number(a->limit_bytes, UNIT_BYTES);
	char text[CELL_TEXT_SIZE], height[CELL_TEXT_SIZE];

	if (a->excursion_count == 0)
		return;
	doc_line(document, "Over %s: %zu time%s", cell_for_people(&limit, text),
		a->excursion_count, plural(a->excursion_count));
	for (size_t i = 0; i < a->excursion_count && i < EXCURSIONS_SHOWN; i++) {
		const struct excursion *e = &a->excursion[i];
		struct cell high = cell_number(e->height, UNIT_BYTES);

		doc_line(document, "%s for %s, up to %s, %s",
			time_text_short(e->from + a->peaks.phase_s, time),
			time_text_length((double)excursion_length_s(e), length),
			cell_for_people(&high, height),
			e->is_sustained ? "sustained" : "short");
	}
	if (a->excursion_count > EXCURSIONS_SHOWN)
		doc_line(document, "and %zu more",
			a->excursion_count - EXCURSIONS_SHOWN);
}

void handover_dossiers(struct document *document, const struct handover *h)
{
	doc_section(document, "dossiers", "Each workload");
	if (h->count > 0)
		doc_line(document,
			"One fold for each, with the course of its figures and its "
			"findings; on paper stand those that were opened.");
	for (size_t i = 0; i < h->count; i++) {
		const struct assessment *a = &h->assessments[i];

		doc_fold(document, handover_id(document, i),
			doc_keep(document, "%s: %s", a->workload->name,
				verdict_name(a->verdict)));
		for (int r = 0; r < CHARTS; r++)
			add_course(document, a, &h->outlines[i], (enum resource)r);
		handover_dossiers_add_figures(document, a);
		handover_dossiers_add_findings(document, a);
		add_missing_facts(document, a);
		handover_dossiers_add_excursions(document, a);
		doc_fold_end(document);
	}
}
