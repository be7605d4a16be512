#include "analyze/document/chart.h"

#include <math.h>

double chart_top(const struct chart *chart)
{
	double top = isnan(chart->limit) ? 0 : chart->limit;

	for (size_t i = 0; i < chart->count; i++) {
		double sum = 0;

		for (size_t s = 0; s < chart->series_count; s++) {
			const struct chart_series *series = &chart->series[s];
			double value = series->high ? series->high[i] : series->mean[i];

			if (isnan(value))
				continue;
			sum = chart->kind == CHART_STACK ? sum + value
				: value > sum            ? value
							 : sum;
		}
		top = sum > top ? sum : top;
	}
	return top;
}

void chart_blocks(const struct chart *chart, struct strbuf *out)
{
	static const char *const blocks[] = { "\u2581", "\u2582", "\u2583", "\u2584",
		"\u2585", "\u2586", "\u2587", "\u2588" };
	double top = chart_top(chart);

	for (size_t i = 0; chart->series_count && i < chart->count; i++) {
		double value = chart->series[0].mean[i];
		int height = top > 0 && value > 0 ? (int)(7.999 * value / top) : 0;

		if (isnan(value))
			strbuf_add(out, " ");
		else if (terminal_has_utf8())
			strbuf_add(out, blocks[height > 7 ? 7 : height]);
		else
			strbuf_addf(out, "%d", height > 7 ? 7 : height);
	}
}
