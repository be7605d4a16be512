#include "analyze/document/document.h"

#include <string.h>

static const float *keep_values(
	struct document *document, const float *values, size_t count)
{
	float *copy = values ? doc_memory(document, count * sizeof(*copy)) : NULL;

	return copy ? memcpy(copy, values, count * sizeof(*copy)) : NULL;
}

static const char *keep_name(struct document *document, const char *name)
{
	return name ? doc_keep(document, "%s", name) : NULL;
}

static const struct chart_bar *keep_bars(
	struct document *document, const struct chart *chart)
{
	struct chart_bar *bar =
		doc_memory(document, (chart->bar_count + 1) * sizeof(*bar));

	for (size_t i = 0; bar && i < chart->bar_count; i++) {
		bar[i] = chart->bar[i];
		bar[i].name = keep_name(document, chart->bar[i].name);
		bar[i].hint = keep_name(document, chart->bar[i].hint);
	}
	return bar;
}

const struct chart *chart_keep(struct document *document, const struct chart *chart)
{
	struct chart *copy = doc_memory(document, sizeof(*copy));
	struct chart_series *series =
		doc_memory(document, chart->series_count * sizeof(*series));
	const char **labels =
		doc_memory(document, (chart->label_count + 1) * sizeof(*labels));

	if (!copy || !series || !labels)
		return NULL;
	for (size_t i = 0; i < chart->series_count; i++) {
		const struct chart_series *from = &chart->series[i];

		series[i] = (struct chart_series){
			.name = keep_name(document, from->name),
			.mean = keep_values(document, from->mean, chart->count),
			.low = keep_values(document, from->low, chart->count),
			.high = keep_values(document, from->high, chart->count),
		};
	}
	for (size_t i = 0; i < chart->label_count; i++)
		labels[i] = keep_name(document, chart->label[i]);
	*copy = *chart;
	copy->title = keep_name(document, chart->title);
	copy->limit_name = keep_name(document, chart->limit_name);
	copy->mark_name = keep_name(document, chart->mark_name);
	copy->series = series;
	copy->bar = keep_bars(document, chart);
	if (!copy->bar)
		return NULL;
	copy->label = labels;
	return copy;
}
