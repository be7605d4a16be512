/* Charts as SVG: whole units, relative moves, so that hundreds of them stay small. */
#include "analyze/document/chart.h"

#include "common/safe_text.h"

#include <math.h>

#define WIDTH 476 /* 4 for each of 120 columns; CHART_WIDTH with the rest */
#define HEIGHT 64 /* chart_height with the labels */
#define LEFT 62   /* room for the figures of the axis */
#define BELOW 14  /* for the labels */
#define SPARK_WIDTH 90
#define SPARK_HEIGHT 18
#define PATTERNS 6 /* areas of a stack, in turn; the page has as many */

struct plot {
	struct strbuf *out;
	double top;
	int left, width, height;
	size_t count;
};

static int x_of(const struct plot *plot, size_t i)
{
	return plot->left +
		(int)lrint((double)i * plot->width /
			(double)(plot->count > 1 ? plot->count - 1 : 1));
}

static int y_of(const struct plot *plot, double value)
{
	double ratio = plot->top > 0 ? value / plot->top : 0;

	return 2 + (int)lrint((plot->height - 2) * (1 - fmin(1, fmax(0, ratio))));
}

/* A pen that writes the difference to where it was: "l4 0"; a level stretch is one
 * stroke, which waits until it ends. */
struct pen {
	struct strbuf *out;
	int x, y, waiting; /* what is level and not written yet ends at x */
	bool is_down, is_first;
};

static void pen_write(struct pen *pen, int dx, int dy)
{
	/* a sign separates as well as a blank does */
	strbuf_addf(pen->out, "%s%d%s%d", dx < 0 || pen->is_first ? "" : " ", dx,
		dy < 0 ? "" : " ", dy);
	pen->is_first = false;
}

static void pen_flush(struct pen *pen)
{
	if (pen->is_down && pen->waiting)
		pen_write(pen, pen->waiting, 0);
	pen->waiting = 0;
}

static void pen_to(struct pen *pen, int x, int y)
{
	if (!pen->is_down) {
		strbuf_addf(pen->out, "M%d %dl", x, y);
		pen->is_first = true;
	} else if (y == pen->y) {
		pen->waiting += x - pen->x;
	} else {
		int dx = x - pen->x, dy = y - pen->y;

		pen_flush(pen);
		pen_write(pen, dx, dy);
	}
	pen->x = x;
	pen->y = y;
	pen->is_down = true;
}

static void pen_up(struct pen *pen)
{
	pen_flush(pen);
	pen->is_down = false;
}

static void add_line(const struct plot *plot, const float *values, const char *class)
{
	struct pen pen = { .out = plot->out };

	strbuf_addf(plot->out, "<path class=\"%s\" d=\"", class);
	for (size_t i = 0; i < plot->count; i++) {
		if (isnan(values[i]))
			pen_up(&pen);
		else
			pen_to(&pen, x_of(plot, i), y_of(plot, values[i]));
	}
	pen_up(&pen);
	strbuf_add(plot->out, "\"/>");
}

/* The stretches in which both bounds are known, each a closed area. */
static void add_area(const struct plot *plot, const float *low, const float *high,
	const char *class, const char *name)
{
	size_t end;

	strbuf_addf(plot->out, "<path class=\"%s\" d=\"", class);
	for (size_t begin = 0; begin < plot->count; begin = end) {
		struct pen pen = { .out = plot->out };

		end = begin + 1;
		if (isnan(high[begin]) || isnan(low[begin]))
			continue;
		while (end < plot->count && !isnan(high[end]) && !isnan(low[end]))
			end++;
		for (size_t i = begin; i < end; i++)
			pen_to(&pen, x_of(plot, i), y_of(plot, high[i]));
		for (size_t i = end; i-- > begin;)
			pen_to(&pen, x_of(plot, i), y_of(plot, low[i]));
		pen_up(&pen);
		strbuf_add(plot->out, "z");
	}
	if (name) {
		strbuf_add(plot->out, "\"><title>");
		safe_add_html(plot->out, name);
		strbuf_add(plot->out, "</title></path>");
	} else {
		strbuf_add(plot->out, "\"/>");
	}
}

static void add_stack(const struct plot *plot, const struct chart *chart)
{
	float low[512], high[512];
	char class[16];
	size_t count = chart->count < 512 ? chart->count : 512;

	for (size_t i = 0; i < count; i++)
		high[i] = 0;
	for (size_t s = 0; s < chart->series_count; s++) {
		for (size_t i = 0; i < count; i++) {
			float value = chart->series[s].mean[i];

			low[i] = high[i];
			high[i] += isnan(value) ? 0 : value;
		}
		(void)snprintf(class, sizeof(class), "a%zu", s % PATTERNS);
		add_area(plot, low, high, class, chart->series[s].name);
	}
}

static void add_label(
	const struct plot *plot, int x, int y, const char *anchor, const char *text)
{
	strbuf_addf(plot->out, "<text x=\"%d\" y=\"%d\"%s>", x, y, anchor);
	safe_add_html(plot->out, text);
	strbuf_add(plot->out, "</text>");
}

static void add_axes(const struct plot *plot, const struct chart *chart)
{
	struct cell cell = cell_number(plot->top, chart->unit);
	char text[CELL_TEXT_SIZE];
	int right = plot->left + plot->width;

	strbuf_addf(plot->out, "<path class=\"x\" d=\"M%d 2V%dH%d\"/>", plot->left,
		plot->height, right);
	add_label(
		plot, plot->left - 4, 11, " class=\"e\"", cell_for_people(&cell, text));
	add_label(plot, plot->left - 4, plot->height, " class=\"e\"", "0");
	for (size_t i = 0; i < chart->label_count; i++)
		add_label(plot,
			plot->left +
				(int)(i * (size_t)plot->width / chart->label_count),
			plot->height + BELOW - 2, "", chart->label[i]);
	if (!isnan(chart->limit)) {
		int y = y_of(plot, chart->limit);

		strbuf_addf(plot->out, "<path class=\"m\" d=\"M%d %dH%d\"/>",
			plot->left, y, right);
		if (chart->limit_name)
			add_label(
				plot, right, y + 11, " class=\"e\"", chart->limit_name);
	}
}

static void add_mark(const struct plot *plot, const struct chart *chart)
{
	int x = x_of(plot, chart->mark_begin);
	int width = x_of(plot, chart->mark_end) - x;

	if (chart->mark_end == 0 || chart->mark_end <= chart->mark_begin)
		return;
	strbuf_addf(plot->out,
		"<rect class=\"w\" x=\"%d\" y=\"2\" width=\"%d\" height=\"%d\">", x,
		width > 2 ? width : 2, plot->height - 2);
	if (chart->mark_name) {
		strbuf_add(plot->out, "<title>");
		safe_add_html(plot->out, chart->mark_name);
		strbuf_add(plot->out, "</title>");
	}
	strbuf_add(plot->out, "</rect>");
}

void chart_svg(const struct chart *chart, struct strbuf *out)
{
	bool has_bars = chart->kind == CHART_BARS;
	bool is_small = chart->kind == CHART_SPARK;
	struct plot plot = { .out = out,
		.top = chart_top(chart),
		.left = is_small ? 0 : LEFT,
		.width = is_small ? SPARK_WIDTH : WIDTH,
		.height = is_small ? SPARK_HEIGHT : HEIGHT,
		.count = chart->count };

	strbuf_addf(out, "<svg class=\"%s\" viewBox=\"0 0 %d %d\"",
		is_small ? "s" : "c",
		has_bars ? CHART_WIDTH : plot.left + plot.width + (is_small ? 0 : 2),
		has_bars ? chart_height(chart) : plot.height + (is_small ? 2 : BELOW));
	if (is_small) {
		strbuf_add(out, " role=\"img\" aria-label=\"");
		safe_add_html(out, chart->title ? chart->title : "");
		strbuf_add(out, "\">");
	} else {
		/* its title stands below it as text, its figures in a table */
		strbuf_add(out, " aria-hidden=\"true\">");
	}
	if (!is_small && !has_bars)
		add_mark(&plot, chart);
	if (has_bars) {
		chart_bars(chart, out);
	} else if (chart->kind == CHART_STACK) {
		add_stack(&plot, chart);
	} else if (chart->series_count) {
		const struct chart_series *series = &chart->series[0];

		if (series->low && series->high)
			add_area(&plot, series->low, series->high, "b", NULL);
		add_line(&plot, series->mean, "l");
	}
	if (!is_small && !has_bars)
		add_axes(&plot, chart);
	strbuf_add(out, "</svg>");
}
