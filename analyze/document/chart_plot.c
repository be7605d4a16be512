/* A line chart in letters. */
#include "analyze/document/chart.h"

#include "analyze/console/terminal.h"

#include <math.h>

#define PLOT_ROWS 8
#define PLOT_COLUMNS 60
#define AXIS_WIDTH 10
#define EIGHTHS 8

struct plot_column {
	double mean, high; /* NAN: nothing is known */
};

/* Several values of the chart in one column: the mean of the means, the highest. */
static struct plot_column plot_column_of(const struct chart *chart, size_t column)
{
	const struct chart_series *series = &chart->series[0];
	size_t begin = column * chart->count / PLOT_COLUMNS,
	       end = (column + 1) * chart->count / PLOT_COLUMNS, known = 0;
	struct plot_column c = { .mean = 0, .high = NAN };

	for (size_t i = begin; i < end || i == begin; i++) {
		double mean = (double)series->mean[i],
		       high = series->high ? (double)series->high[i] : mean;

		if (isnan(mean))
			continue;
		c.mean += mean;
		known++;
		if (!(high <= c.high))
			c.high = high;
	}
	c.mean = known ? c.mean / (double)known : NAN;
	return c;
}

static const char *plot_cell(const struct plot_column *c, double below, double height)
{
	static const char *const parts[] = { " ", "\u2581", "\u2582", "\u2583",
		"\u2584", "\u2585", "\u2586", "\u2587", "\u2588" };
	bool has_utf8 = terminal_has_utf8();
	double part = (c->mean - below) / height;

	if (isnan(c->mean))
		return below > 0 ? " " : has_utf8 ? "\u00b7" : "?";
	if (part >= 1)
		return has_utf8 ? parts[EIGHTHS] : "#";
	if (part * EIGHTHS >= 0.5)
		return has_utf8 ? parts[(int)lrint(part * EIGHTHS)] : "#";
	if (c->high > below + height / 2)
		return has_utf8 ? "\u2591" : ":";
	return " ";
}

void chart_plot(const struct chart *chart, struct strbuf *out)
{
	double top = chart_top(chart);
	struct cell highest = cell_number(top, chart->unit);
	struct plot_column columns[PLOT_COLUMNS];
	char text[CELL_TEXT_SIZE];

	top = top > 0 ? top : 1;
	for (size_t i = 0; i < PLOT_COLUMNS; i++)
		columns[i] = plot_column_of(chart, i);
	for (int row = PLOT_ROWS - 1; row >= 0; row--) {
		const char *name = row == PLOT_ROWS - 1
			? cell_for_people(&highest, text)
			: row == 0 ? "0"
				   : "";

		strbuf_addf(out, "%*s |", AXIS_WIDTH, name);
		for (size_t i = 0; i < PLOT_COLUMNS; i++)
			strbuf_add(out,
				plot_cell(&columns[i], top * row / PLOT_ROWS,
					top / PLOT_ROWS));
		strbuf_add(out, row ? "\n" : "");
	}
}
