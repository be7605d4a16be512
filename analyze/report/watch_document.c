#include "analyze/report/watch_document.h"

#include "analyze/document/quantity.h"
#include "common/timefmt.h"

#include <math.h>

#define BAR_CELLS 16

/* Of what the machine has; of the day's peak where nobody says how much that is. */
static double watch_share(
	const struct watch_view *view, int resource, bool *ret_is_of_has)
{
	double has = resource == RESOURCE_MEMORY ? view->has.memory_bytes
		: resource == RESOURCE_CPU       ? view->has.cores * view->has.core_mhz
						 : NAN;

	*ret_is_of_has = has > 0;
	return view->live->of[resource] / (has > 0 ? has : view->today.day[resource]);
}

static struct cell bar_cell(struct document *document, double share, bool is_of_has)
{
	char bar[3 * BAR_CELLS + 4];

	quantity_bar(share > 0 ? fmin(share, 1) : 0, BAR_CELLS, bar, sizeof(bar));
	return cell_toned(cell_text(doc_keep(document, "%s", bar)),
		is_of_has && share > 0.9 ? COLOR_WARN : COLOR_NONE);
}

static struct cell course_cell(
	struct document *document, const struct watch_view *view, int resource)
{
	struct chart_series series = { .mean = view->course[resource] };
	struct chart chart = { .kind = CHART_SPARK,
		.count = WATCH_COURSE,
		.series = &series,
		.series_count = 1,
		.limit = NAN };

	return cell_chart(chart_keep(document, &chart));
}

static void add_resources(struct document *document, const struct watch_view *view)
{
	static const struct doc_column columns[] = {
		{ NULL, "", 0, 0, NULL },
		{ NULL, "NOW", COLUMN_RIGHT, 0, NULL },
		{ NULL, "OF ALL OR DAY", 0, 0, NULL },
		{ NULL, "", COLUMN_RIGHT, 0, NULL },
		{ NULL, "HOUR", COLUMN_RIGHT, 0, NULL },
		{ NULL, "DAY", COLUMN_RIGHT, 0, NULL },
		{ NULL, "LAST", 0, 0, NULL },
	};
	struct doc_table *table = doc_table(
		document, IN_TEXT, NULL, TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (int r = 0; r < RESOURCE_COUNT; r++) {
		bool is_of_has;
		double share = watch_share(view, r, &is_of_has);

		DOC_ROW(table, cell_text(resource_table[r].name),
			cell_resource(view->live->of[r], (enum resource)r),
			bar_cell(document, share, is_of_has),
			is_of_has ? cell_share(share) : cell_text(""),
			cell_resource(view->today.hour[r], (enum resource)r),
			cell_resource(view->today.day[r], (enum resource)r),
			course_cell(document, view, r));
	}
}

struct document *watch_document(const struct watch_view *view)
{
	struct document *document = document_new("watch");
	const struct live_figures *live = view->live;
	char time[TIME_TEXT_SIZE], text[3][QUANTITY_SIZE];

	doc_line(document, "%s", "");
	doc_span(document, COLOR_BOLD, "%s", view->name);
	doc_span(document, COLOR_NONE, "  %s, every %u s", time_text(live->stamp, time),
		live->step_s);
	if (view->is_silent)
		doc_span(document, COLOR_BAD, "  no new sample");
	doc_gap(document);
	add_resources(document, view);
	doc_gap(document);
	doc_line(document, "tasks waited for CPU %s, memory %s, I/O %s of the time",
		quantity_percent(live->of[LIVE_PRESSURE_CPU], text[0]),
		quantity_percent(live->of[LIVE_PRESSURE_MEMORY], text[1]),
		quantity_percent(live->of[LIVE_PRESSURE_IO], text[2]));
	doc_line(document,
		"hour, day: the highest since it began, local time;  q or Ctrl-C ends");
	return document;
}

/* ---- a line a tick --------------------------------------------------------------------- */

static void add_tick_line(struct document *document, const struct watch_view *view)
{
	const struct live_figures *live = view->live;
	char text[QUANTITY_SIZE], time[TIME_TEXT_SIZE];

	doc_line(document, "%s", time_text_utc(live->stamp, time));
	for (int r = 0; r < RESOURCE_COUNT; r++)
		doc_span(document, COLOR_NONE, " %s %s", resource_table[r].name,
			quantity_text(live->of[r], (enum resource)r, text));
}

struct document *watch_line_document(const struct watch_view *view)
{
	static const char *const waits[] = { "waits.cpu", "waits.memory", "waits.io" };
	struct document *document = document_new("watch");
	const struct live_figures *live = view->live;

	doc_unbroken(document);
	add_tick_line(document, view);
	doc_json(document, "name", cell_text(view->name));
	doc_json(document, "at", cell_moment(live->stamp, MOMENT_SHORT));
	doc_json(document, "step_s", cell_count(live->step_s));
	for (int r = 0; r < RESOURCE_COUNT; r++) {
		const char *name = resource_table[r].name;

		doc_json(document, doc_keep(document, "%s.now", name),
			cell_resource(live->of[r], (enum resource)r));
		doc_json(document, doc_keep(document, "%s.hour", name),
			cell_resource(view->today.hour[r], (enum resource)r));
		doc_json(document, doc_keep(document, "%s.day", name),
			cell_resource(view->today.day[r], (enum resource)r));
	}
	for (int i = 0; i < 3; i++)
		doc_json(document, waits[i],
			cell_share(live->of[LIVE_PRESSURE_CPU + i]));
	return document;
}
