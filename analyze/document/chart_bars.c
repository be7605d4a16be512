/* Rows of bars: each row a name and its bars along one axis. */
#include "analyze/document/chart.h"

#include "common/safe_text.h"

#include <math.h>

#define ROW 13
#define NAMES \
	140 /* room for the names; what is longer is cut, its hint has all of it */
#define RIGHT (CHART_WIDTH - 2)
#define AXIS 14

static size_t rows_of(const struct chart *chart)
{
	size_t rows = 0;

	for (size_t i = 0; i < chart->bar_count; i++)
		rows += chart->bar[i].name || i == 0 ? 1 : 0;
	return rows;
}

int chart_height(const struct chart *chart)
{
	return chart->kind == CHART_BARS ? (int)rows_of(chart) * ROW + AXIS + 2 : 78;
}

static int at_x(const struct chart *chart, double value)
{
	double ratio = chart->span > 0 ? value / chart->span : 0;

	return NAMES + (int)lrint((RIGHT - NAMES) * fmin(1, fmax(0, ratio)));
}

static void add_row_name(const char *name, int y, struct strbuf *out)
{
	/* a picture in the picture, so that a long name ends at its edge */
	strbuf_addf(out,
		"<svg x=\"0\" y=\"%d\" width=\"%d\" height=\"%d\"><text x=\"0\" "
		"y=\"10\">",
		y, NAMES - 6, ROW);
	safe_add_html(out, name);
	strbuf_add(out, "</text></svg>");
}

static void add_bar(const struct chart *chart, const struct chart_bar *bar,
	const char *name, int y, struct strbuf *out)
{
	int from = at_x(chart, bar->begin);
	int width = at_x(chart, bar->begin + bar->length) - from;

	strbuf_addf(out,
		"<rect class=\"a%u\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\">"
		"<title>",
		bar->tone, from, y + 2, width > 1 ? width : 1, ROW - 4);
	safe_add_html(out, name);
	if (bar->hint) {
		strbuf_add(out, ": ");
		safe_add_html(out, bar->hint);
	}
	strbuf_add(out, "</title></rect>");
}

void chart_bars(const struct chart *chart, struct strbuf *out)
{
	int y = 2 - ROW, bottom = chart_height(chart) - AXIS;
	const char *name = "";

	for (size_t i = 0; i < chart->bar_count; i++) {
		const struct chart_bar *bar = &chart->bar[i];

		if (bar->name || i == 0) {
			name = bar->name ? bar->name : "";
			y += ROW;
			add_row_name(name, y, out);
		}
		if (bar->length > 0)
			add_bar(chart, bar, name, y, out);
	}
	strbuf_addf(out, "<path class=\"x\" d=\"M%d 2V%dH%d\"/>", NAMES, bottom, RIGHT);
	for (size_t i = 0; i < chart->label_count; i++) {
		strbuf_addf(out, "<text x=\"%d\" y=\"%d\">",
			NAMES + (int)(i * (RIGHT - NAMES) / chart->label_count),
			bottom + AXIS - 3);
		safe_add_html(out, chart->label[i]);
		strbuf_add(out, "</text>");
	}
}
