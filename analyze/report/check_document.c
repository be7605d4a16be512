#include "analyze/report/check_document.h"

#include "common/util.h"

#include <stdlib.h>
#include <string.h>

static void put_performance(
	struct document *document, const struct check_figure *figure)
{
	const char *fields[] = { figure->warning, figure->critical, figure->minimum,
		figure->maximum };
	size_t count = ARRAY_LEN(fields);

	while (count > 0 && !fields[count - 1])
		count--;
	doc_span(document, COLOR_NONE, " %s=%s%s", figure->name, figure->value,
		figure->unit);
	for (size_t i = 0; i < count; i++)
		doc_span(document, COLOR_NONE, ";%s", fields[i] ? fields[i] : "");
}

static struct cell cell_of(const char *text)
{
	return text && *text ? cell_text(text) : cell_unknown(NULL);
}

static void add_figures(struct document *document, const struct check_view *view)
{
	static const struct doc_column columns[] = {
		{ "name", NULL, COLUMN_NAME, 0, NULL },
		{ "value", NULL, 0, 0, NULL },
		{ "unit", NULL, 0, 0, NULL },
		{ "warning", NULL, 0, 0, NULL },
		{ "critical", NULL, 0, 0, NULL },
	};
	struct doc_table *table = doc_table(
		document, IN_JSON, "figures", TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < view->count; i++) {
		const struct check_figure *figure = &view->figure[i];

		DOC_ROW(table, cell_text(figure->name),
			cell_plain_number(strtod(figure->value, NULL)),
			cell_of(figure->unit), cell_of(figure->warning),
			cell_of(figure->critical));
	}
}

struct document *check_document(const struct check_view *view)
{
	static const char *const states[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };
	struct document *document = document_new("check");

	doc_unbroken(document);
	doc_json(document, "state", cell_text(states[view->code]));
	doc_json(document, "code", cell_count(view->code));
	doc_json(document, "text", cell_text(view->text));
	doc_json(document, "workload", cell_of(view->workload));
	add_figures(document, view);
	doc_line(document, "HEADROOM %s - %s%s", states[view->code], view->text,
		view->count ? " |" : "");
	for (size_t i = 0; i < view->count; i++)
		put_performance(document, &view->figure[i]);
	for (const char *line = view->details; *line;) {
		size_t length = strcspn(line, "\n");

		doc_line(document, "%.*s", (int)length, line);
		line += length + (line[length] == '\n');
	}
	return document;
}
