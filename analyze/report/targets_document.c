#include "analyze/report/targets_document.h"

#include "analyze/report/cells.h"

#define COLUMNS_MAX 64

static void add_target_counts(
	struct document *document, const struct targets_view *view)
{
	static const struct doc_column columns[] = {
		{ "profile", "TARGET", COLUMN_NAME, 0, NULL },
		{ "pass", "PASS", COLUMN_RIGHT, 0, NULL },
		{ "review", "REVIEW", COLUMN_RIGHT, 0, NULL },
		{ "unknown", "UNKNOWN", COLUMN_RIGHT, 0, NULL },
		{ "disqualified", "DISQUALIFIED", COLUMN_RIGHT, 0, NULL },
		{ "insufficient", "INSUFFICIENT", COLUMN_RIGHT, 0, NULL },
	};
	struct doc_table *table = doc_table(document, IN_TEXT | IN_JSON | IN_KV,
		"targets", TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t p = 0; p < view->profile_count; p++) {
		int64_t counts[VERDICT_INSUFFICIENT + 1] = { 0 };

		for (size_t w = 0; w < view->workload_count; w++)
			counts[view->verdict[p * view->workload_count + w]]++;
		DOC_ROW(table,
			cell_shown(cell_text(view->profile[p]),
				doc_keep(document, "%zu %s", p + 1, view->profile[p])),
			cell_toned(cell_count(counts[VERDICT_PASS]),
				counts[VERDICT_PASS] ? COLOR_GOOD : COLOR_NONE),
			cell_count(counts[VERDICT_REVIEW]),
			cell_count(counts[VERDICT_UNKNOWN]),
			cell_count(counts[VERDICT_DISQUALIFIED]),
			cell_count(counts[VERDICT_INSUFFICIENT]));
	}
}

/* For machines: a row per workload and target. */
static void add_verdicts_by_target(
	struct document *document, const struct targets_view *view)
{
	static const struct doc_column columns[] = {
		{ "name", NULL, 0, 0, "workload" },
		{ "verdicts", NULL, COLUMN_UNFOLD, 0, NULL },
	};
	static const struct doc_column verdicts[] = {
		{ "profile", NULL, COLUMN_NAME, 0, NULL },
		{ "verdict", NULL, 0, 0, NULL },
	};
	struct doc_table *table = doc_table(document, IN_JSON | IN_CSV, "workloads",
		TABLE_ROWS, columns, ARRAY_LEN(columns));

	(void)doc_shape(table, TABLE_PAIRS, verdicts, ARRAY_LEN(verdicts));
	for (size_t w = 0; w < view->workload_count; w++) {
		struct doc_table *pairs = doc_inner(table);

		for (size_t p = 0; p < view->profile_count; p++)
			doc_pair(pairs, view->profile[p],
				cell_verdict(
					view->verdict[p * view->workload_count + w]));
		DOC_ROW(table, cell_text(view->workload[w]->name), cell_table(pairs));
	}
}

/* For people: a column for each target, numbered as in the table above it. */
static void add_grid(struct document *document, const struct targets_view *view)
{
	static const char *const words[] = { "pass", "rev", "unk", "DISQ", "ins" };
	struct doc_column columns[COLUMNS_MAX] = { { NULL, "WORKLOAD", COLUMN_CUT, 0,
		NULL } };
	struct cell cells[COLUMNS_MAX];
	size_t count = view->profile_count < COLUMNS_MAX - 1 ? view->profile_count
							     : COLUMNS_MAX - 1;
	struct doc_table *table;

	for (size_t p = 0; p < count; p++)
		columns[p + 1] = (struct doc_column){ .title = doc_keep(
							      document, "%zu", p + 1) };
	doc_gap(document);
	table = doc_table(document, IN_TEXT, NULL, TABLE_ROWS,
		doc_columns(document, columns, count + 1), count + 1);
	for (size_t w = 0; w < view->workload_count; w++) {
		cells[0] = cell_workload(view->workload[w]);
		for (size_t p = 0; p < count; p++) {
			enum verdict v = view->verdict[p * view->workload_count + w];

			cells[p + 1] = cell_shown(cell_verdict(v), words[v]);
		}
		doc_row(table, cells, count + 1);
	}
}

struct document *targets_document(const struct targets_view *view)
{
	struct document *document = document_new("targets");

	add_target_counts(document, view);
	add_verdicts_by_target(document, view);
	add_grid(document, view);
	doc_gap(document);
	doc_line(document, "The numbers are those of the targets above, on %s.",
		view->day);
	doc_line(document,
		"rev: review, unk: unknown, DISQ: disqualified, ins: not enough data; "
		"why: analyze verdict WORKLOAD --profile TARGET");
	return document;
}
