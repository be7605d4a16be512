#include "analyze/report/verdict_document.h"

#include "analyze/report/cells.h"
#include "analyze/report/targets_document.h"
#include "analyze/report/verdict_page.h"
#include "common/units.h"

#include <math.h>
#include <string.h>

struct verdict_counts verdict_count(const struct assessment *assessments, size_t count)
{
	struct verdict_counts counts = { { 0 } };

	for (size_t i = 0; i < count; i++)
		counts.of[assessments[i].verdict]++;
	return counts;
}

/* ---- one workload as a row --------------------------------------------------------- */

static const struct doc_column verdict_columns[] = {
	{ "name", "WORKLOAD", COLUMN_CUT, 0, "workload" },
	{ "verdict", "VERDICT", 0, 0, NULL },
	{ "headings.memory", "MEM", 0, 0, "memory" },
	{ "headings.processor", "PRO", 0, 0, "processor" },
	{ "headings.network", "NET", 0, 0, "network" },
	{ "headings.storage", "STO", 0, 0, "storage" },
	{ "headings.hardware", "HW", 0, 0, "hardware" },
	{ "headings.operational", "OP", 0, 0, "operational" },
	{ "requirement.vm_alloc_mb", NULL, 0, 0, "vm_alloc_mb" },
	{ "requirement.vm_memory_mb", "MEMORY", COLUMN_RIGHT, 0, "vm_memory_mb" },
	{ "requirement.cpu_mhz", "CPU", COLUMN_RIGHT, 0, "cpu_mhz" },
	{ "requirement.reserved_percent", NULL, 0, 0, "reserved_percent" },
	{ "requirement.network_mbps", "NETWORK", COLUMN_RIGHT, 0, "network_mbps" },
	{ "requirement.storage_gb", NULL, 0, 0, "storage_gb" },
	{ "has.memory_mb", NULL, 0, 0, "has_memory_mb" },
	{ "has.cores", NULL, 0, 0, "has_cores" },
	{ "has.core_mhz", NULL, 0, 0, "has_core_mhz" },
	{ "sufficiency.grade", NULL, 0, 0, "sufficiency" },
	{ "sufficiency.reasons", NULL, IN_JSON, 0, NULL },
	{ "sufficiency.earliest", NULL, 0, 0, "earliest" },
	{ "findings", NULL, IN_JSON, 0, NULL },
	{ "excursions", NULL, IN_JSON, 0, NULL },
	{ "excursions", NULL, IN_CSV, 0, NULL },
	{ "findings", NULL, IN_CSV, 0, NULL },
};

static struct cell cell_heading(const struct assessment *a, int heading)
{
	static const char *const words[] = { "pass", "rev", "unk", "DISQ" };

	if (!a->has_heading[heading])
		return cell_text(NULL);
	return cell_shown(
		cell_outcome(a->heading[heading]), words[a->heading[heading]]);
}

static struct doc_table *findings_of(
	struct document *document, const struct assessment *a)
{
	static const struct doc_column columns[] = {
		{ "rule", NULL, 0, 0, NULL },
		{ "heading", NULL, 0, 0, NULL },
		{ "outcome", NULL, 0, 0, NULL },
		{ "needed", NULL, 0, 0, NULL },
		{ "allowed", NULL, 0, 0, NULL },
		{ "unit", NULL, 0, 0, NULL },
		{ "at", NULL, 0, 0, NULL },
		{ "text", NULL, 0, 0, NULL },
		{ "source", NULL, 0, 0, NULL },
		{ "checked", NULL, 0, 0, NULL },
	};
	struct doc_table *table =
		doc_nested(document, TABLE_ROWS, columns, ARRAY_LEN(columns));
	char text[1024];

	for (size_t i = 0; i < a->findings.count; i++) {
		const struct finding *f = &a->findings.finding[i];

		assess_finding_text(a, i, text, sizeof(text));
		DOC_ROW(table, cell_text(f->rule->id),
			cell_text(heading_name(f->rule->heading)),
			cell_outcome(f->outcome), cell_plain_number(f->needed),
			cell_plain_number(f->allowed), cell_text(f->rule->unit),
			cell_moment(f->at, MOMENT_SHORT), cell_text(text),
			cell_text(f->rule->source), cell_text(f->rule->checked));
	}
	return table;
}

static struct doc_table *verdict_document_rules_of(
	struct document *document, const struct assessment *a)
{
	struct doc_table *rules = doc_list(document);

	for (size_t i = 0; i < a->findings.count; i++)
		doc_item(rules, cell_text(a->findings.finding[i].rule->id));
	return rules;
}

static void add_excursions(struct doc_table *table, const void *data)
{
	const struct assessment *a = data;

	for (size_t i = 0; i < a->excursion_count; i++) {
		const struct rule *rule = assess_excursion_rule(a, &a->excursion[i]);
		struct cell cells[1 + EXCURSION_CELLS];

		cells[0] = cell_text(rule ? rule->id : NULL);
		cells_excursion(a, &a->excursion[i], cells + 1);
		doc_row(table, cells, ARRAY_LEN(cells));
	}
}

/* Some have thousands, 500 bytes each as cells: they are made while they are written. */
static struct doc_table *verdict_document_excursions_of(
	struct document *document, const struct assessment *a)
{
	static const struct doc_column columns[] = { { "rule", NULL, 0, 0, NULL },
		EXCURSION_COLUMNS };
	struct doc_table *table =
		doc_nested(document, TABLE_ROWS, columns, ARRAY_LEN(columns));

	if (a->excursion_count)
		doc_rows_later(table, add_excursions, a);
	return table;
}

static void add_verdict_row(
	struct document *document, struct doc_table *table, const struct assessment *a)
{
	const struct requirement *q = &a->requirement;
	struct installed has = assess_installed(&a->facts);
	struct cell cells[ARRAY_LEN(verdict_columns)];
	size_t n = 0;

	cells[n++] = cell_workload(a->workload);
	cells[n++] = cell_verdict(a->verdict);
	for (int h = 0; h < HEADING_COUNT; h++)
		cells[n++] = cell_heading(a, h);
	cells[n++] = cell_number(q->alloc_bytes / BYTES_PER_MB, UNIT_MB);
	cells[n++] = cell_number(q->vm_memory_bytes / BYTES_PER_MB, UNIT_MB);
	cells[n++] = cell_number(q->cpu_mhz, UNIT_MHZ);
	cells[n++] = cell_number(q->reserved_percent, UNIT_PERCENT);
	cells[n++] =
		cell_number(q->sized.of[RESOURCE_NETWORK] / BPS_PER_MBPS, UNIT_MBPS);
	cells[n++] = cell_number(q->storage_gb, UNIT_GB);
	cells[n++] = cell_number(has.memory_bytes / BYTES_PER_MB, UNIT_MB);
	cells[n++] = cell_plain_number(has.cores);
	cells[n++] = cell_number(has.core_mhz, UNIT_MHZ);
	cells_sufficiency(document, &a->sufficiency, &cells[n]);
	n += SUFFICIENCY_CELLS;
	cells[n++] = cell_table(findings_of(document, a));
	cells[n++] = cell_table(verdict_document_excursions_of(document, a));
	cells[n++] = cell_count((int64_t)a->excursion_count);
	cells[n++] = cell_table(verdict_document_rules_of(document, a));
	doc_row(table, cells, n);
}

/* ---- has and needs ------------------------------------------------------------------ */

static void add_has_and_needs_table(
	struct document *document, const struct assessment *assessments, size_t count)
{
	static const struct doc_column columns[] = {
		{ NULL, "WORKLOAD", COLUMN_CUT, 0, NULL },
		{ NULL, "VERDICT", 0, 0, NULL },
		{ NULL, "MEMORY", COLUMN_RIGHT, 0, NULL },
		{ NULL, "OF", COLUMN_RIGHT, 0, NULL },
		{ NULL, "USE", COLUMN_RIGHT, 0, NULL },
		{ NULL, "CORES", COLUMN_RIGHT, 0, NULL },
		{ NULL, "OF", COLUMN_RIGHT, 0, NULL },
		{ NULL, "CPU", COLUMN_RIGHT, 0, NULL },
		{ NULL, "USE", COLUMN_RIGHT, 0, NULL },
	};
	struct doc_table *table = doc_table(
		document, IN_TEXT, NULL, TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < count; i++) {
		const struct assessment *a = &assessments[i];
		struct installed has = assess_installed(&a->facts);
		double bytes = a->requirement.vm_memory_bytes,
		       cores = a->requirement.cpu_mhz / has.core_mhz;

		DOC_ROW(table, cell_workload(a->workload), cell_verdict(a->verdict),
			cell_number(bytes, UNIT_BYTES),
			cell_number(has.memory_bytes, UNIT_BYTES),
			cell_share(bytes / has.memory_bytes),
			isnan(cores) ? cell_unknown(NULL)
				     : cell_text(doc_keep(document, "%.2f", cores)),
			cell_plain_number(has.cores),
			cell_number(a->requirement.cpu_mhz, UNIT_MHZ),
			cell_share(cores / has.cores));
	}
	doc_gap(document);
	doc_line(document,
		"memory, cores, CPU: what it needs, by the factors of the profile;");
	doc_line(document, "of: what it has now; use: the share of that");
}

/* ---- the whole ------------------------------------------------------------------------ */

/* "taken as absent, for nobody stated them: devices (12), roles (3)" */
static void add_assumed(
	struct document *document, const struct assessment *assessments, size_t count)
{
	size_t assumed[FIELD_COUNT] = { 0 };
	bool is_any = false;

	for (size_t i = 0; i < count; i++) {
		bool seen[FIELD_COUNT] = { false };

		for (size_t k = 0; k < assessments[i].findings.count; k++) {
			const struct finding *f = &assessments[i].findings.finding[k];

			for (int n = 0; f->is_assumed && n < FIELD_COUNT; n++)
				seen[n] |= f->missing.is_missing[n];
		}
		for (int n = 0; n < FIELD_COUNT; n++)
			assumed[n] += seen[n];
	}
	for (int n = 0; n < FIELD_COUNT; n++) {
		if (!assumed[n])
			continue;
		if (!is_any)
			doc_line(document,
				"taken as absent, for nobody stated it (--strict: UNKNOWN):");
		doc_line(document, "  %s of %zu", field_name(n), assumed[n]);
		is_any = true;
	}
}

static void add_legend(struct document *document, const struct assess_request *request)
{
	doc_line(document, "MB = 2^20 bytes, Mb = 10^6 bits");
	doc_line(document, "one core of the target: %.0f MHz (%s)",
		request->settings.target_core_mhz,
		request->is_core_of_hosts ? "the fastest of the hosts file"
					  : "a setting of the profile");
}

/* The last paragraph: first-look shows it alone. */
static void add_totals(struct document *document, const struct assess_request *request,
	const struct verdict_counts *counts, size_t count)
{
	doc_gap(document);
	doc_line(document, "%zu workload%s under %s on %s:", count, plural(count),
		request->profile->id, request->day);
	doc_line(document, " ");
	for (int v = 0; v <= VERDICT_INSUFFICIENT; v++)
		doc_span(document, COLOR_NONE, "%s %zu %s", v ? "," : "", counts->of[v],
			verdict_name((enum verdict)v));
}

static void add_count_facts(
	struct document *document, const struct verdict_counts *counts, size_t count)
{
	doc_fact(document, IN_KV, "workloads", NULL, cell_count((int64_t)count));
	for (int v = 0; v <= VERDICT_INSUFFICIENT; v++)
		doc_fact(document, IN_KV, verdict_name((enum verdict)v), NULL,
			cell_count((int64_t)counts->of[v]));
}

/* The parts in the order in which they are read: rows, pages, legend, what it adds up to. */
struct document *verdict_document(const struct assess_request *request,
	const struct assessment *assessments, size_t count, enum verdict_view view)
{
	struct document *document = document_new("verdict");
	struct verdict_counts counts = verdict_count(assessments, count);
	unsigned in = view == VERDICT_SIZES ? 0 : IN_TEXT;
	struct doc_table *table;

	doc_kv_capitals(document);
	doc_fact(document, IN_JSON | IN_KV, "profile", NULL,
		cell_text(request->profile->id));
	doc_fact(document, IN_JSON | IN_KV, "as_of", NULL, cell_text(request->day));
	add_count_facts(document, &counts, count);
	table = doc_table(document, in | IN_JSON | IN_CSV, "workloads", TABLE_ROWS,
		verdict_columns, ARRAY_LEN(verdict_columns));
	doc_empty(table,
		"no workloads are stored yet; start with `collectord` or `analyze "
		"import`");
	for (size_t i = 0; i < count; i++)
		add_verdict_row(document, table, &assessments[i]);
	for (size_t i = 0; view == VERDICT_DETAIL && i < count; i++)
		verdict_page(document, &assessments[i], request->horizon_days);
	if (count == 0)
		return document;
	if (view == VERDICT_SIZES) {
		add_has_and_needs_table(document, assessments, count);
	} else {
		doc_gap(document);
		doc_line(document,
			"MEM PRO NET STO HW OP: the headings (rev: review, unk: unknown)");
	}
	add_legend(document, request);
	add_assumed(document, assessments, count);
	if (view != VERDICT_DETAIL)
		doc_line(document,
			"reasons: analyze verdict WORKLOAD, or --detail for all");
	add_totals(document, request, &counts, count);
	if (request->is_of_all)
		targets_line(document, request, assessments, count);
	return document;
}
