/* All documents x all formats: each can be written in each, JSON is JSON, every row of CSV
 * has as many fields, and no format drops a cell that is for it. */
#include "tests/every_format.h"
#include "tests/support.h"

#include "common/json_out.h"
#include "common/safe_text.h"
#include "common/timefmt.h"
#include "analyze/document/parts.h"
#include "analyze/migrate/wave_build.h"
#include "analyze/report/alerts_document.h"
#include "analyze/report/cells.h"
#include "analyze/report/backtest_document.h"
#include "analyze/report/explain_document.h"
#include "analyze/report/fsck_document.h"
#include "analyze/report/graph_document.h"
#include "analyze/report/handover.h"
#include "analyze/report/import_document.h"
#include "analyze/report/inventory_document.h"
#include "analyze/report/moves_document.h"
#include "analyze/report/peaks_document.h"
#include "analyze/report/plan_document.h"
#include "analyze/report/profiles_document.h"
#include "analyze/report/statements.h"
#include "analyze/report/status_document.h"
#include "analyze/report/targets_document.h"
#include "analyze/report/verdict_document.h"
#include "analyze/report/waves_document.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOSTILE "=<b>\"a,b\"</b>\n\033[1m"

/* ---- documents ---------------------------------------------------------------------- */

static struct document *every_cell(void)
{
	static const struct doc_column columns[] = {
		{ "name", "NAME", COLUMN_NAME | COLUMN_CUT, 0, NULL },
		{ "group.number", "NUMBER", COLUMN_RIGHT, 2, "number" },
		{ "group.share", "SHARE", COLUMN_RIGHT, 1, NULL },
		{ "at", "AT", 0, 0, NULL },
		{ "flag", "FLAG", 0, 0, NULL },
		{ "why", "WHY", COLUMN_WRAP | COLUMN_LAST, 0, NULL },
		{ "items", NULL, IN_JSON | IN_CSV, 0, NULL },
		{ NULL, "PEOPLE", 0, 0, NULL },
		{ "machine", NULL, 0, 0, NULL },
	};
	struct document *d = document_new("test");
	struct doc_table *list = doc_list(d), *table;

	doc_item(list, cell_text("first"));
	doc_item(list, cell_text("second"));
	doc_fact(d, 0, "fact.inner", "a fact", cell_text("fact-text"));
	doc_fact(d, IN_JSON | IN_KV, "fact.count", NULL, cell_count(7));
	table = doc_table(d, 0, "rows", TABLE_ROWS, columns, ARRAY_LEN(columns));
	DOC_ROW(table, cell_text("one"), cell_number(1.5, UNIT_MHZ), cell_share(0.25),
		cell_moment(1772323200, MOMENT_LONG), cell_bool(true),
		cell_text("a reason, with a comma"), cell_table(list),
		cell_text("for-people"), cell_text("for-machines"));
	DOC_ROW(table, cell_text("two"), cell_absent(), cell_absent(),
		cell_moment(0, MOMENT_LONG), cell_bool(false),
		cell_unknown("nobody knows"), cell_table(list), cell_text(""),
		cell_count(12345));
	doc_heading(d, "a heading");
	doc_line(d, "a line");
	doc_span(d, COLOR_BAD, " that is bad");
	return d;
}

static struct document *unfolded(void)
{
	static const struct doc_column outer[] = {
		{ "name", "NAME", COLUMN_NAME, 0, "workload" },
		{ "resources", NULL, COLUMN_UNFOLD, 0, NULL },
	};
	static const struct doc_column inner[] = {
		{ "resource", "RESOURCE", COLUMN_NAME, 0, NULL },
		{ "curve.300", "CURVE", COLUMN_RIGHT, 0, NULL },
	};
	struct document *d = document_new("test");
	struct doc_table *table =
		doc_table(d, 0, "workloads", TABLE_ROWS, outer, ARRAY_LEN(outer));
	struct doc_table *figures;

	(void)doc_shape(table, TABLE_KEYED, inner, ARRAY_LEN(inner));
	figures = doc_inner(table);
	DOC_ROW(figures, cell_text("memory"), cell_plain_number(1.25));
	doc_row_null(figures, "cpu");
	DOC_ROW(figures, cell_text("disk"), cell_plain_number(NAN));
	DOC_ROW(table, cell_text("web"), cell_table(figures));
	figures = doc_inner(table);
	doc_empty(figures, "nothing known");
	DOC_ROW(table, cell_text("idle"), cell_table(figures));
	return d;
}

/* Numbers up to so many, and a text that is the document's own. */
static void count_up(struct doc_table *table, const void *data)
{
	const int *count = data;
	char text[32];

	for (int i = 1; i <= *count; i++) {
		(void)snprintf(text, sizeof(text), "%d of %d", i, *count);
		DOC_ROW(table, cell_count(i), cell_text(text));
	}
}

static struct document *rows_made_later(void)
{
	static const struct doc_column outer[] = {
		{ "name", "NAME", COLUMN_NAME, 0, NULL },
		{ "numbers", NULL, IN_JSON, 0, NULL },
	};
	static const struct doc_column inner[] = {
		{ "number", NULL, 0, 0, NULL },
		{ "text", NULL, 0, 0, NULL },
	};
	static const int three = 3, two = 2;
	struct document *d = document_new("test");
	struct doc_table *table =
		doc_table(d, 0, "rows", TABLE_ROWS, outer, ARRAY_LEN(outer));
	struct doc_table *numbers = doc_nested(d, TABLE_ROWS, inner, ARRAY_LEN(inner));

	doc_rows_later(numbers, count_up, &three);
	DOC_ROW(table, cell_text("three"), cell_table(numbers));
	numbers = doc_nested(d, TABLE_ROWS, inner, ARRAY_LEN(inner));
	DOC_ROW(numbers, cell_count(0), cell_text("that was there before"));
	doc_rows_later(numbers, count_up, &two);
	DOC_ROW(table, cell_text("two more"), cell_table(numbers));
	return d;
}

static struct document *hostile(void)
{
	static const struct doc_column columns[] = {
		{ "name", "NAME", COLUMN_NAME | COLUMN_CUT, 0, NULL },
		{ "value", "VALUE", 0, 0, NULL },
	};
	struct document *d = document_new("test");
	struct doc_table *table =
		doc_table(d, 0, "rows", TABLE_ROWS, columns, ARRAY_LEN(columns));

	DOC_ROW(table, cell_text(HOSTILE), cell_text("\xff\xfe"));
	doc_line(d, "%s", HOSTILE);
	return d;
}

static struct document *no_rows(void)
{
	static const struct doc_column columns[] = { { "name", "NAME", 0, 0, NULL } };
	struct document *d = document_new("test");

	doc_empty(doc_table(d, 0, "rows", TABLE_ROWS, columns, 1), "no rows at all");
	return d;
}

static char text_web[] = "web", text_rule[] = "MEM-1", text_ana[] = "ana";
static char text_reason[] = "month end, again", text_kind[] = "memory_limit";
static char text_empty[] = "", text_unit[] = "bytes";
static struct workload workload_web = { .id = 1, .name = text_web, .step_s = 60 };

static struct document *reviews(void)
{
	struct workload_list names = { .workload = &workload_web, .count = 1 };
	struct review review[2] = {
		{ .id = 1,
			.workload_id = 1,
			.rule_id = text_rule,
			.is_accepted = true,
			.decided_by = text_ana,
			.reason = text_reason,
			.decided_at = 1772323200 },
		{ .id = 2,
			.workload_id = 9,
			.rule_id = text_rule,
			.decided_by = text_ana,
			.reason = text_reason,
			.decided_at = 1772323200,
			.until = 1772323201 },
	};
	struct review_list list = { .review = review, .count = 2 };

	return review_document(&names, &list, 1772330000);
}

static struct document *exclusions(void)
{
	struct workload_list names = { .workload = &workload_web, .count = 1 };
	struct exclusion exclusion = { .id = 3,
		.workload_id = 1,
		.begin = 1772323200,
		.end = 1772326800,
		.reason = text_reason };
	struct exclusion_list list = { .exclusion = &exclusion, .count = 1 };

	return exclude_document(&names, &list);
}

static struct document *alerts(void)
{
	struct alert alert = { .id = 4,
		.workload = text_web,
		.kind = text_kind,
		.subject = text_empty,
		.unit = text_unit,
		.opened = 1772323200,
		.height = 4e9,
		.limit = NAN };
	struct alert_list list = { .alert = &alert, .count = 1 };

	return alerts_document(&list);
}

static struct document *windows(void)
{
	struct maintenance window = { .id = 5,
		.begin_at = 1772323200,
		.end_at = 1772326800,
		.reason = text_reason };
	struct maintenance_list list = { .window = &window, .count = 1 };

	return maintenance_document(&list);
}

static struct document *imports(void)
{
	struct import import = { .id = 6,
		.format = text_kind,
		.at = 1772323200,
		.file_count = 2,
		.workload_count = 3,
		.rows = 4 };
	struct import_list list = { .import = &import, .count = 1 };

	return import_list_document(&list);
}

static struct document *undone(void)
{
	return import_undo_document(7, 1, 2);
}

static struct document *fsck(void)
{
	struct fsck_report report = { .whole = 3, .rows_unchecked = 1 };

	return fsck_document(&report);
}

static struct document *additions(void)
{
	static const struct addition_host hosts[] = {
		{ "small-1", 3, true, NULL, 0.875 },
		{ "small-2", 4, false, "memory", NAN },
	};

	return addition_document("web", "small-1", hosts, ARRAY_LEN(hosts));
}

/* One is not in the plural; what is no word of a plural stays as it is. */
static struct document *figures_in_units(void)
{
	static const struct doc_column columns[] = {
		{ "unit", "UNIT", COLUMN_NAME, 0, NULL },
		{ "one", "ONE", 0, 0, NULL },
		{ "two", "TWO", 0, 0, NULL },
		{ "half", "HALF", 0, 0, NULL },
	};
	static const char *const unit[] = { "adapters", "bits", "cores", "disks",
		"service pack", "s", "gas", "ms", "kbps", "address", "I/Os", "IOPS",
		"MB", "mb", "GB", "gb", "MHz", "mhz", "Mb/s", "mbps", "mb_per_s",
		"ops_per_s", "percent_of_core", NULL };
	struct document *document = document_new("units");
	struct doc_table *table = doc_table(
		document, 0, "units", TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < ARRAY_LEN(unit); i++)
		DOC_ROW(table, cell_text_or_none(unit[i]),
			cell_in_unit(document, 1, unit[i]),
			cell_in_unit(document, 2, unit[i]),
			cell_in_unit(document, 0.5, unit[i]));
	return document;
}

static struct document_case documents[] = {
	DOCUMENT_PAGE("every kind of cell", every_cell),
	DOCUMENT_PAGE("a table unfolded in another", unfolded),
	DOCUMENT_PAGE("names that would like to be markup", hostile),
	DOCUMENT_WHOLE("a table without rows", no_rows),
	DOCUMENT_WHOLE("rows that are made later", rows_made_later),
	DOCUMENT_WHOLE("reviews", reviews),
	DOCUMENT_WHOLE("exclusions", exclusions),
	DOCUMENT_WHOLE("alerts", alerts),
	DOCUMENT_WHOLE("maintenance windows", windows),
	DOCUMENT_WHOLE("imports", imports),
	DOCUMENT_WHOLE("an import that was undone", undone),
	DOCUMENT_WHOLE("fsck", fsck),
	DOCUMENT_WHOLE("fact keys", fact_keys_document),
	DOCUMENT_WHOLE("where one more goes", additions),
	DOCUMENT_WHOLE("figures in units", figures_in_units),
};

int main(void)
{
	return every_format_run("document", documents, ARRAY_LEN(documents));
}
