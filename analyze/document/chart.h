/* What a chart shows, and how it becomes SVG; sizes are columns and fractions, not pixels. */
#ifndef ANALYZE_DOCUMENT_CHART_H
#define ANALYZE_DOCUMENT_CHART_H

#include "analyze/document/cell.h"
#include "common/strbuf.h"

#include <stddef.h>

/* count values each, NAN where unknown; low and high NULL: no band. */
struct chart_series {
	const char *name;
	const float *mean, *low, *high;
};

enum chart_kind {
	CHART_LINE,  /* band and mean of one series */
	CHART_STACK, /* areas of several, one upon the other */
	CHART_SPARK, /* a small line without axes, for a cell */
	CHART_BARS,  /* rows of bars along one axis: who does what when (Gantt) */
};

/* A bar; with a name it begins a row of its own. */
struct chart_bar {
	const char *name; /* NULL: in the row of the one before */
	const char *hint; /* what it is, beside its name; NULL: nothing */
	double begin, length;
	unsigned tone; /* which of the page's colours, and their patterns */
};

struct chart {
	enum chart_kind kind;
	const char *title; /* also what a screen reader says */
	enum unit unit;
	size_t count;
	const struct chart_series *series;
	size_t series_count;
	double limit; /* a line across; NAN: none */
	const char *limit_name;
	/* Slots of a window to be marked; both 0: none. */
	size_t mark_begin, mark_end;
	const char *mark_name;
	/* CHART_BARS alone; the axis runs from 0 to span. */
	const struct chart_bar *bar;
	size_t bar_count;
	double span;
	/* Evenly spaced below the axis, the first at its beginning. */
	const char *const *label;
	size_t label_count;
};

/* Adds <svg>...</svg>: classes for colours and patterns, real text, no style. */
void chart_svg(const struct chart *chart, struct strbuf *out);

/* Of its picture, in units of which a chart with axes is CHART_WIDTH wide. */
#define CHART_WIDTH 540
/* Returns it, at least 1. */
int chart_height(const struct chart *chart);

/* CHART_BARS: the rows between the frame of the picture. */
void chart_bars(const struct chart *chart, struct strbuf *out);

/* The highest value of the chart (of the stack, with the limit), at least 0. */
double chart_top(const struct chart *chart);

/* Eight heights of block characters, or digits where the terminal has none. */
void chart_blocks(const struct chart *chart, struct strbuf *out);

/* CHART_LINE for a terminal: rows of blocks up to the mean, lighter ones up to the highest,
 * with what the top and the bottom are; '#' and ':' where it has none. */
void chart_plot(const struct chart *chart, struct strbuf *out);

#endif
