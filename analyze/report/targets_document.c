#include "analyze/report/targets_document.h"

#include "analyze/report/cells.h"

#include <string.h>

struct targets_view {
	const struct library *library;
	const struct assessment *assessment;
	size_t count;
};

static const char *target_id(const struct targets_view *view, size_t target)
{
	return view->library->profile[target].id;
}

/* Profiles that are there for a runbook alone are no targets. */
static bool is_target(const struct targets_view *view, size_t profile)
{
	return view->library->profile[profile].is_target;
}

static int64_t count_under(
	const struct targets_view *view, size_t target, enum verdict verdict)
{
	int64_t count = 0;

	for (size_t w = 0; w < view->count; w++)
		count += view->assessment[w].under[target] == verdict;
	return count;
}

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
	size_t number = 0;

	doc_whole(table); /* the numbers of the grid's columns are its rows */
	for (size_t p = 0; p < view->library->profile_count; p++) {
		int64_t counts[VERDICT_INSUFFICIENT + 1];

		if (!is_target(view, p))
			continue;
		for (int v = 0; v <= VERDICT_INSUFFICIENT; v++)
			counts[v] = count_under(view, p, (enum verdict)v);
		DOC_ROW(table,
			cell_shown(cell_text(target_id(view, p)),
				doc_keep(document, "%zu %s", ++number,
					target_id(view, p))),
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
	for (size_t w = 0; w < view->count; w++) {
		struct doc_table *pairs = doc_inner(table);

		for (size_t p = 0; p < view->library->profile_count; p++)
			if (is_target(view, p))
				doc_pair(pairs, target_id(view, p),
					cell_verdict(view->assessment[w].under[p]));
		DOC_ROW(table, cell_text(view->assessment[w].workload->name),
			cell_table(pairs));
	}
}

/* For people: a column for each target, numbered as in the table above it. */
static void add_grid(struct document *document, const struct targets_view *view)
{
	static const char *const words[] = { "pass", "rev", "unk", "DISQ", "ins" };
	size_t most = view->library->profile_count + 1, count = 1;
	struct doc_column *columns = doc_memory(document, most * sizeof(*columns));
	struct cell *cells = doc_memory(document, most * sizeof(*cells));
	struct doc_table *table;

	if (!columns || !cells)
		return;
	columns[0] = (struct doc_column){ NULL, "WORKLOAD", COLUMN_CUT, 0, NULL };
	for (size_t p = 0; p < view->library->profile_count; p++) {
		if (!is_target(view, p))
			continue;
		columns[count] = (struct doc_column){ .title = doc_keep(
							      document, "%zu", count) };
		count++;
	}
	doc_gap(document);
	table = doc_table(document, IN_TEXT, NULL, TABLE_ROWS, columns, count);
	for (size_t w = 0; w < view->count; w++) {
		const struct assessment *assessment = &view->assessment[w];

		cells[0] = cell_workload(assessment->workload);
		count = 1;
		for (size_t p = 0; p < view->library->profile_count; p++) {
			enum verdict v = assessment->under[p];

			if (is_target(view, p))
				cells[count++] = cell_shown(cell_verdict(v), words[v]);
		}
		doc_row(table, cells, count);
	}
}

#define LIST_WIDTH 78

/* A list goes on in lines of its own, on paper too, where no terminal breaks it. */
void targets_line(struct document *document, const struct assess_request *request,
	const struct assessment *assessments, size_t count)
{
	const struct targets_view view = { request->library, assessments, count };
	size_t profiles = request->library->profile_count;
	size_t without = 0, targets = 0, width = 16;
	bool is_first = true;

	doc_line(document, "of %zu pass:", count);
	for (size_t p = 0; p < profiles; p++) {
		int64_t pass = count_under(&view, p, VERDICT_PASS);
		size_t wide = strlen(target_id(&view, p)) + 8;

		if (!is_target(&view, p))
			continue;
		targets++;
		without += pass == 0;
		if (pass == 0)
			continue;
		if (width + wide > LIST_WIDTH) {
			doc_span(document, COLOR_NONE, ",");
			doc_line(document, " ");
			width = 0;
		} else if (!is_first) {
			doc_span(document, COLOR_NONE, ",");
		}
		doc_span(document, COLOR_NONE, " %s %lld", target_id(&view, p),
			(long long)pass);
		width += wide;
		is_first = false;
	}
	if (without == targets)
		doc_span(document, COLOR_NONE, " none under any of %zu targets",
			targets);
	else if (without)
		doc_span(document, COLOR_NONE, "; none under %zu", without);
	doc_line(document, "each of them: analyze verdict --profile all");
}

struct document *targets_document(const struct assess_request *request,
	const struct assessment *assessments, size_t count)
{
	struct document *document = document_new("targets");
	const struct targets_view view = { request->library, assessments, count };

	add_target_counts(document, &view);
	add_verdicts_by_target(document, &view);
	add_grid(document, &view);
	doc_gap(document);
	doc_line(document, "The numbers are those of the targets above, on %s.",
		request->day);
	doc_line(document,
		"rev: review, unk: unknown, DISQ: disqualified, ins: not enough data; "
		"why: analyze verdict WORKLOAD --profile TARGET");
	return document;
}
