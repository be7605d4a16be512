#include "analyze/report/graph_document.h"

#include "common/timefmt.h"

#include <math.h>

#define LABELS 4

static void add_points(struct document *document, enum unit unit,
	const struct outline_course *course, int64_t from, int64_t to)
{
	static const struct doc_column columns[] = {
		{ "from", NULL, 0, 0, NULL },
		{ "to", NULL, 0, 0, NULL },
		{ "low", NULL, 0, 0, NULL },
		{ "mean", NULL, 0, 0, NULL },
		{ "high", NULL, 0, 0, NULL },
	};
	struct doc_table *table = doc_table(document, IN_JSON | IN_CSV, "points",
		TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (int64_t i = 0; i < OUTLINE_COLUMNS; i++)
		DOC_ROW(table,
			cell_moment(
				from + (to - from) * i / OUTLINE_COLUMNS, MOMENT_SHORT),
			cell_moment(from + (to - from) * (i + 1) / OUTLINE_COLUMNS,
				MOMENT_SHORT),
			cell_number((double)course->low[i], unit),
			cell_number((double)course->mean[i], unit),
			cell_number((double)course->high[i], unit));
}

struct document *graph_document(const char *workload, const char *what, enum unit unit,
	const struct outline_course *course, int64_t from, int64_t to)
{
	struct document *document = document_new("graph");
	struct chart_series series = {
		.mean = course->mean, .low = course->low, .high = course->high
	};
	char day[LABELS][TIME_TEXT_SIZE];
	const char *labels[LABELS];
	struct chart chart = { .kind = CHART_LINE,
		.title = doc_keep(document, "%s: %s, mean and from lowest to highest",
			workload, what),
		.unit = unit,
		.count = OUTLINE_COLUMNS,
		.series = &series,
		.series_count = 1,
		.limit = NAN,
		.label = labels,
		.label_count = LABELS };
	struct cell top = cell_number(chart_top(&chart), unit);
	char text[CELL_TEXT_SIZE], end[TIME_TEXT_SIZE];

	for (int i = 0; i < LABELS; i++)
		labels[i] = to - from < 3600
			? time_text_clock(from + (to - from) * i / LABELS, day[i])
			: to - from < 4 * 86400
			? time_text_within_year(from + (to - from) * i / LABELS, day[i])
			: time_text_day(from + (to - from) * i / LABELS, day[i]);
	doc_json(document, "workload", cell_text(workload));
	doc_json(document, "figure", cell_text(what));
	doc_chart(document, chart_keep(document, &chart));
	doc_line(document, "%s to %s, at most %s",
		to - from < 3600 ? time_text(from, day[0])
				 : time_text_short(from, day[0]),
		to - from < 3600 ? time_text(to, end) : time_text_short(to, end),
		cell_for_people(&top, text));
	add_points(document, unit, course, from, to);
	return document;
}

struct document *figures_document(
	const struct workload *workload, const struct store_file_list *files)
{
	static const struct doc_column columns[] = {
		{ "figure", "FIGURE", COLUMN_WRAP, 0, NULL },
		{ "step_s", NULL, 0, 0, NULL },
		{ "last", "LAST", 0, 0, NULL },
	};
	struct document *document = document_new("figures");
	struct doc_table *table;

	doc_json(document, "workload", cell_text(workload->name));
	table = doc_table(
		document, 0, "figures", TABLE_ROWS, columns, ARRAY_LEN(columns));
	doc_empty(table, "nothing is stored of it");
	for (size_t i = 0; i < files->count; i++) {
		const struct store_file *file = &files->file[i];

		for (size_t k = 0; k < file->column_count; k++)
			DOC_ROW(table,
				cell_text(doc_keep(document, "%s:%s", file->name,
					file->column[k])),
				cell_count(file->step_s),
				cell_moment(file->last_update, MOMENT_SHORT));
	}
	doc_gap(document);
	doc_line(document,
		"and the five: memory, cpu, network, disk, disk_ops; draw one: analyze "
		"graph %s FIGURE, with -o FILE.svg or FILE.png as a picture",
		workload->name);
	return document;
}
