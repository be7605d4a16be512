#include "analyze/report/alerts_document.h"

#include <string.h>

static struct cell deliveries_of(struct document *document, const struct alert *alert)
{
	static const struct doc_column columns[] = {
		{ "channel", NULL, 0, 0, NULL },
		{ "occasion", NULL, 0, 0, NULL },
		{ "attempts", NULL, 0, 0, NULL },
		{ "delivered", NULL, 0, 0, NULL },
		{ "held_back", NULL, 0, 0, NULL },
		{ "next_try", NULL, 0, 0, NULL },
		{ "error", NULL, 0, 0, NULL },
	};
	struct doc_table *table =
		doc_nested(document, TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < alert->delivery_count; i++) {
		const struct delivery *d = &alert->delivery[i];

		DOC_ROW(table, cell_text(d->channel), cell_text(d->occasion),
			cell_count(d->attempts),
			cell_moment(d->delivered_at, MOMENT_SHORT),
			cell_moment(d->given_up_at, MOMENT_SHORT),
			cell_moment(d->next_try_at, MOMENT_SHORT), cell_text(d->error));
	}
	return cell_table(table);
}

static struct cell alerts_document_excursions_of(
	struct document *document, const struct alert *alert)
{
	static const struct doc_column columns[] = {
		{ "from", NULL, 0, 0, NULL },
		{ "to", NULL, 0, 0, NULL },
		{ "height", NULL, 0, 0, NULL },
		{ "class", NULL, 0, 0, NULL },
	};
	struct doc_table *table =
		doc_nested(document, TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < alert->excursion_count; i++) {
		const struct alert_excursion *e = &alert->excursion[i];

		DOC_ROW(table, cell_moment(e->from, MOMENT_SHORT),
			cell_moment(e->to, MOMENT_SHORT), cell_plain_number(e->height),
			cell_text(e->is_sustained ? "sustained" : "short"));
	}
	return cell_table(table);
}

/* A figure in the unit that the alert names. */
static struct cell cell_height(
	struct document *document, double value, const char *unit)
{
	struct cell cell = cell_plain_number(value);

	if (cell.kind == CELL_UNKNOWN)
		return cell;
	if (strcmp(unit, "bytes") == 0)
		cell.shown = doc_keep(document, "%.2f GB", value / 1073741824);
	else if (strcmp(unit, "ratio") == 0)
		cell.shown = doc_keep(document, "%.1f %%", 100 * value);
	else
		cell.shown = doc_keep(document, "%.6g %s", value,
			strcmp(unit, "mhz") == 0 ? "MHz" : unit);
	return cell;
}

static struct cell cell_state(const struct alert *alert)
{
	if (alert->closed)
		return cell_text(alert->disqualified ? "was serious" : "closed");
	return alert->disqualified ? cell_toned(cell_text("DISQUALIFYING"), COLOR_BAD)
				   : cell_toned(cell_text("open"), COLOR_WARN);
}

static const char *delivery_words(const struct alert *alert)
{
	size_t waiting = 0, held = 0;

	for (size_t i = 0; i < alert->delivery_count; i++) {
		waiting += !alert->delivery[i].delivered_at &&
			!alert->delivery[i].given_up_at;
		held += alert->delivery[i].given_up_at != 0;
	}
	if (alert->delivery_count == 0)
		return "to nobody";
	return waiting ? "waiting" : held ? "held back" : "delivered";
}

struct document *alerts_document(const struct alert_list *list)
{
	static const struct doc_column columns[] = {
		{ "id", "ID", COLUMN_RIGHT, 0, NULL },
		{ "workload", "WORKLOAD", COLUMN_CUT, 0, NULL },
		{ "kind", "KIND", 0, 0, NULL },
		{ "subject", NULL, 0, 0, NULL },
		{ "opened", "OPENED", 0, 0, NULL },
		{ NULL, "STATE", 0, 0, NULL },
		{ "disqualified", NULL, 0, 0, NULL },
		{ "closed", NULL, 0, 0, NULL },
		{ "height", "HIGHEST", COLUMN_RIGHT, 0, NULL },
		{ "limit", "LIMIT", COLUMN_RIGHT, 0, NULL },
		{ "unit", NULL, 0, 0, NULL },
		{ "excursions", NULL, IN_JSON, 0, NULL },
		{ "deliveries", NULL, IN_JSON, 0, NULL },
		{ NULL, "SENT", 0, 0, NULL },
	};
	struct document *document = document_new("alerts");
	struct doc_table *table = doc_table(
		document, 0, "alerts", TABLE_ROWS, columns, ARRAY_LEN(columns));

	doc_empty(table, "No alerts");
	for (size_t i = 0; i < list->count; i++) {
		const struct alert *a = &list->alert[i];

		DOC_ROW(table, cell_count(a->id), cell_text(a->workload),
			cell_marked(
				cell_text(a->kind), *a->subject ? a->subject : NULL),
			cell_text(a->subject), cell_moment(a->opened, MOMENT_SHORT),
			cell_state(a), cell_moment(a->disqualified, MOMENT_SHORT),
			cell_moment(a->closed, MOMENT_SHORT),
			cell_height(document, a->height, a->unit),
			cell_height(document, a->limit, a->unit), cell_text(a->unit),
			alerts_document_excursions_of(document, a),
			deliveries_of(document, a), cell_text(delivery_words(a)));
	}
	return document;
}

struct document *maintenance_document(const struct maintenance_list *list)
{
	static const struct doc_column columns[] = {
		{ "id", "ID", COLUMN_RIGHT, 0, NULL },
		{ "from", "FROM", 0, 0, NULL },
		{ "to", "TO", 0, 0, NULL },
		{ "reason", "REASON", COLUMN_WRAP, 0, NULL },
	};
	struct document *document = document_new("maintenance");
	struct doc_table *table = doc_table(
		document, 0, "windows", TABLE_ROWS, columns, ARRAY_LEN(columns));

	doc_empty(table, "No maintenance windows");
	for (size_t i = 0; i < list->count; i++)
		DOC_ROW(table, cell_count(list->window[i].id),
			cell_moment(list->window[i].begin_at, MOMENT_SHORT),
			cell_moment(list->window[i].end_at, MOMENT_SHORT),
			cell_text(list->window[i].reason));
	return document;
}
