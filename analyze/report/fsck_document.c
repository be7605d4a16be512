#include "analyze/report/fsck_document.h"

#include "analyze/document/quantity.h"

#include <inttypes.h>

static void add_fsck_items(struct document *document, const struct fsck_report *report)
{
	static const struct doc_column columns[] = {
		{ "what", NULL, 0, 0, NULL },
		{ "state", NULL, 0, 0, NULL },
		{ "text", NULL, 0, 0, NULL },
	};
	struct doc_table *table = doc_table(document, IN_JSON | IN_CSV, "items",
		TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < report->count; i++) {
		const struct fsck_item *item = &report->item[i];
		bool is_lost = item->state == FSCK_LOST;
		const char *state = is_lost ? "lost" : "rebuilt";

		DOC_ROW(table, cell_text(item->what), cell_text(state),
			cell_text(item->text));
		doc_line(document, "%s", "");
		doc_span(document, is_lost ? COLOR_BAD : COLOR_WARN, "%-8s", state);
		doc_span(document, COLOR_NONE, " %s%s%s", item->what,
			item->text ? ": " : "", item->text ? item->text : "");
	}
}

struct document *fsck_document(const struct fsck_report *report)
{
	struct document *document = document_new("fsck");
	const unsigned in = IN_JSON | IN_KV;
	char bytes[QUANTITY_SIZE];

	doc_json(document, "ok", cell_bool(report->lost == 0));
	doc_fact(document, in, "rebuilt", NULL, cell_count((int64_t)report->rebuilt));
	doc_fact(document, in, "lost", NULL, cell_count((int64_t)report->lost));
	doc_fact(document, in, "whole", NULL, cell_count((int64_t)report->whole));
	doc_json(document, "rows_checked", cell_count((int64_t)report->rows_checked));
	doc_json(document, "rows_unchecked",
		cell_count((int64_t)report->rows_unchecked));
	add_fsck_items(document, report);
	doc_line(document, "%zu files whole, %zu rebuilt, %zu lost; %s read",
		report->whole, report->rebuilt, report->lost,
		quantity_bytes((double)report->bytes_read, bytes));
	if (report->rows_unchecked > 0)
		doc_line(document,
			"%" PRIu64 " of %" PRIu64
			" sampled rows have no checksum yet: read, but not checked",
			(uint64_t)report->rows_unchecked,
			(uint64_t)(report->rows_unchecked + report->rows_checked));
	return document;
}
