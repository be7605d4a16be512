#include "analyze/report/statements.h"

/* The workload of a statement; one that was forgotten since is called "?". */
static const struct workload *statement_workload(
	const struct workload_list *list, int64_t id)
{
	static char unknown_name[] = "?";
	static const struct workload forgotten = { .name = unknown_name };

	for (size_t i = 0; i < list->count; i++) {
		if (list->workload[i].id == id)
			return &list->workload[i];
	}
	return &forgotten;
}

static const char *review_state(const struct review *review, int64_t now)
{
	if (review->withdrawn_at)
		return "withdrawn";
	if (review->until && review->until <= now)
		return "run out";
	return review->is_accepted ? "accepted" : "rejected";
}

struct document *review_document(const struct workload_list *workloads,
	const struct review_list *list, int64_t now)
{
	static const struct doc_column columns[] = {
		{ "id", NULL, IN_JSON, 0, NULL },
		{ "workload", "WORKLOAD", COLUMN_CUT, 0, NULL },
		{ "profile", NULL, 0, 0, NULL },
		{ "rule", "RULE", 0, 0, NULL },
		{ "state", "STATE", 0, 0, NULL },
		{ "by", "BY", 0, 0, NULL },
		{ "reason", "REASON", COLUMN_WRAP | COLUMN_LAST, 0, NULL },
		{ "at", "AT", 0, 0, NULL },
		{ "until", "UNTIL", 0, 0, NULL },
	};
	struct document *document = document_new("review");
	struct doc_table *table = doc_table(
		document, 0, "reviews", TABLE_ROWS, columns, ARRAY_LEN(columns));

	doc_empty(table, "no reviews");
	for (size_t i = 0; i < list->count; i++) {
		const struct review *review = &list->review[i];

		DOC_ROW(table, cell_count(review->id),
			cell_text(statement_workload(workloads, review->workload_id)
					  ->name),
			cell_text(review->profile_id), cell_text(review->rule_id),
			cell_text(review_state(review, now)),
			cell_text(review->decided_by), cell_text(review->reason),
			cell_moment(review->decided_at, MOMENT_SHORT),
			cell_moment(review->until, MOMENT_SHORT));
	}
	return document;
}

struct document *exclude_document(
	const struct workload_list *workloads, const struct exclusion_list *list)
{
	static const struct doc_column columns[] = {
		{ "id", "ID", COLUMN_RIGHT, 0, NULL },
		{ "workload", "WORKLOAD", COLUMN_CUT, 0, NULL },
		{ "from", "FROM", 0, 0, NULL },
		{ "to", "TO", 0, 0, NULL },
		{ "reason", "REASON", COLUMN_WRAP | COLUMN_LAST, 0, NULL },
		{ "by", "BY", 0, 0, NULL },
	};
	struct document *document = document_new("exclude");
	struct doc_table *table = doc_table(
		document, 0, "exclusions", TABLE_ROWS, columns, ARRAY_LEN(columns));

	doc_empty(table, "nothing is excluded");
	for (size_t i = 0; i < list->count; i++) {
		const struct exclusion *e = &list->exclusion[i];
		const struct workload *w =
			statement_workload(workloads, e->workload_id);

		DOC_ROW(table, cell_count(e->id), cell_text(w->name),
			cell_moment(e->begin + w->phase_s, MOMENT_LONG),
			cell_moment(e->end + w->phase_s, MOMENT_LONG),
			cell_text(e->reason), cell_text(e->excluded_by));
	}
	return document;
}
