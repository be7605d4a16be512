#include "analyze/document/chart.h"

#include <math.h>

#define BLOCKS_MAX 72 /* of a line on the terminal */

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

static double highest_of(const float *values, size_t begin, size_t end)
{
	double highest = NAN;

	for (size_t i = begin; i < end; i++) {
		if (!isnan(values[i]) && !((double)values[i] <= highest))
			highest = (double)values[i];
	}
	return highest;
}

void chart_blocks(const struct chart *chart, struct strbuf *out)
{
	static const char *const blocks[] = { "\u2581", "\u2582", "\u2583", "\u2584",
		"\u2585", "\u2586", "\u2587", "\u2588" };
	size_t fold = (chart->count + BLOCKS_MAX - 1) / BLOCKS_MAX;
	double top = chart_top(chart);

	for (size_t i = 0; chart->series_count && i < chart->count; i += fold) {
		const struct chart_series *series = &chart->series[0];
		double value = highest_of(series->high ? series->high : series->mean, i,
			i + fold < chart->count ? i + fold : chart->count);
		int height = top > 0 && value > 0 ? (int)(7.999 * value / top) : 0;

		if (isnan(value))
			strbuf_add(out, " ");
		else if (terminal_has_utf8())
			strbuf_add(out, blocks[height > 7 ? 7 : height]);
		else
			strbuf_addf(out, "%d", height > 7 ? 7 : height);
	}
}
