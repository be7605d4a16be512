#include "analyze/report/sparks_document.h"

#include "analyze/report/cells.h"
#include "common/timefmt.h"

#include <math.h>

#define SPARK_COLUMNS 40
#define SPARK_SHARE (OUTLINE_COLUMNS / SPARK_COLUMNS)

/* The highest of each share of the columns; in blocks what is seldom is still seen. */
static void fill_spark(const struct outline_course *course, float values[SPARK_COLUMNS],
	double *ret_peak)
{
	*ret_peak = NAN;
	for (size_t i = 0; i < SPARK_COLUMNS; i++) {
		values[i] = NAN;
		for (size_t k = i * SPARK_SHARE; k < (i + 1) * SPARK_SHARE; k++) {
			if (!isnan(course->high[k]) && !(course->high[k] <= values[i]))
				values[i] = course->high[k];
		}
		if (!isnan(values[i]) && !((double)values[i] <= *ret_peak))
			*ret_peak = (double)values[i];
	}
}

static void add_spark(struct document *document, struct doc_table *figures,
	const struct outline *outline, int resource)
{
	float values[SPARK_COLUMNS];
	struct chart_series series = { .mean = values };
	struct chart chart = { .kind = CHART_SPARK,
		.count = SPARK_COLUMNS,
		.series = &series,
		.series_count = 1,
		.limit = NAN };
	double peak;

	fill_spark(&outline->course[resource], values, &peak);
	DOC_ROW(figures, cell_text(resource_table[resource].name),
		cell_resource(peak, (enum resource)resource),
		cell_chart(chart_keep(document, &chart)));
}

struct document *sparks_document(
	const struct estate *estate, const struct outline *outlines)
{
	/* keys: what --sort and --top look for */
	static const struct doc_column columns[] = {
		{ "name", "WORKLOAD", COLUMN_CUT | COLUMN_NAME | IN_TEXT, 0, NULL },
		{ "resources", NULL, COLUMN_UNFOLD | IN_TEXT, 0, NULL },
	};
	static const struct doc_column figure_columns[] = {
		{ "resource", "RESOURCE", COLUMN_NAME | IN_TEXT, 0, NULL },
		{ "peak", "PEAK", COLUMN_RIGHT | IN_TEXT, 0, NULL },
		{ NULL, "COURSE", 0, 0, NULL },
	};
	struct document *document = document_new("sparks");
	struct doc_table *table = doc_table(
		document, IN_TEXT, NULL, TABLE_ROWS, columns, ARRAY_LEN(columns));
	struct doc_table *shape = doc_shape(
		table, TABLE_KEYED, figure_columns, ARRAY_LEN(figure_columns));
	char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE];
	int64_t first = 0, last = 0;

	doc_empty(table, "nothing is stored yet");
	doc_empty(shape, "nothing known");
	for (size_t i = 0; i < estate->count; i++) {
		struct doc_table *figures = doc_inner(table);

		if (outlines[i].from && (!first || outlines[i].from < first))
			first = outlines[i].from;
		last = outlines[i].to > last ? outlines[i].to : last;
		for (int r = 0; r < RESOURCE_COUNT; r++) {
			if (outlines[i].course[r].is_known)
				add_spark(document, figures, &outlines[i], r);
		}
		DOC_ROW(table, cell_workload(estate->chosen[i]), cell_table(figures));
	}
	if (last) {
		doc_gap(document);
		doc_line(document,
			"highest readings, each workload from its first to its last; all: "
			"%s to %s",
			time_text_short(first, from), time_text_short(last, to));
	}
	return document;
}
