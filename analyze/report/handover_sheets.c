/* The sheets of the workbook.  vInfo has the columns that others read (RVTools). */
#include "analyze/report/handover.h"

#include "analyze/report/cells.h"
#include "analyze/report/verdict_document.h"
#include "common/units.h"
#include "schema/duration.h"

#include <math.h>

static void sheet_summary(struct doc_table *table, const struct handover *h)
{
	struct verdict_counts counts = verdict_count(h->assessments, h->count);

	DOC_ROW(table, cell_text("Target"), cell_text(h->request->profile->id));
	DOC_ROW(table, cell_text("Rules of"), cell_text(h->request->day));
	DOC_ROW(table, cell_text("Data from (UTC)"),
		cell_moment(h->from, MOMENT_SHORT));
	DOC_ROW(table, cell_text("Data to (UTC)"), cell_moment(h->to, MOMENT_SHORT));
	DOC_ROW(table, cell_text("Workloads"), cell_count((int64_t)h->count));
	for (int v = 0; v <= VERDICT_INSUFFICIENT; v++)
		DOC_ROW(table, cell_text(verdict_name((enum verdict)v)),
			cell_count((int64_t)counts.of[v]));
	if (!h->plan)
		return;
	DOC_ROW(table, cell_text("Hosts of the plan"),
		cell_plain_number(handover_number(h->plan, "hosts_used")));
	DOC_ROW(table, cell_text("Lower bound"),
		cell_plain_number(handover_number(h->plan, "lower_bound")));
	DOC_ROW(table, cell_text("Proven optimal"),
		cell_bool(cJSON_IsTrue(
			cJSON_GetObjectItemCaseSensitive(h->plan, "proven_optimal"))));
}

/* A figure of MiB, whole as the others have it. */
static struct cell cell_mib(double mb)
{
	return cell_plain_number(isnan(mb) ? mb : ceil(mb));
}

static void sheet_vinfo(struct doc_table *table, const struct handover *h)
{
	for (size_t i = 0; i < h->count; i++) {
		const struct assessment *a = &h->assessments[i];
		double cores = facts_number(&a->facts, FACT_CPU_CORES);
		double bytes = facts_number(&a->facts, FACT_MEMORY_TOTAL_BYTES);
		double disks_mb = a->requirement.disks_gb * 1024;

		DOC_ROW(table, cell_text(a->workload->name), cell_text("poweredOn"),
			cell_bool(false), cell_plain_number(cores),
			cell_mib(bytes / BYTES_PER_MB), cell_mib(disks_mb),
			cell_mib(disks_mb), cell_text("Headroom"),
			cell_text(handover_host_of(h, a->workload->name)),
			cell_text("Headroom"),
			cell_text(facts_text(&a->facts, FACT_FIRMWARE, NULL)),
			cell_text(facts_text(&a->facts, FACT_OS, NULL)),
			cell_text(NULL));
	}
}

static void sheet_vhost(struct doc_table *table, const struct handover *h)
{
	const cJSON *host;

	cJSON_ArrayForEach (host, cJSON_GetObjectItemCaseSensitive(h->plan, "hosts")) {
		const cJSON *use = cJSON_GetObjectItemCaseSensitive(host, "use");
		const cJSON *memory = cJSON_GetObjectItemCaseSensitive(use, "memory");
		const cJSON *cpu = cJSON_GetObjectItemCaseSensitive(use, "cpu");

		DOC_ROW(table, cell_text(handover_text(host, "name")),
			cell_text(handover_text(host, "type")),
			cell_count(cJSON_GetArraySize(
				cJSON_GetObjectItemCaseSensitive(host, "workloads"))),
			cell_plain_number(handover_number(memory, "needed")),
			cell_plain_number(handover_number(memory, "capacity")),
			cell_plain_number(handover_number(cpu, "needed")),
			cell_plain_number(handover_number(cpu, "capacity")),
			cell_text(handover_text(cpu, "unit")));
	}
}

/* What a person reads: GB, MHz, Mb/s, MB/s, operations. */
static const struct {
	const char *unit;
	double divisor;
} peak_units[RESOURCE_COUNT] = {
	[RESOURCE_MEMORY] = { "GB (2^30)", BYTES_PER_GB },
	[RESOURCE_CPU] = { "MHz", 1 },
	[RESOURCE_NETWORK] = { "Mb/s", BPS_PER_MBPS },
	[RESOURCE_DISK] = { "MB/s (2^20)", BYTES_PER_MB },
	[RESOURCE_DISK_OPS] = { "op/s", 1 },
};

static void sheet_peaks(struct doc_table *table, const struct handover *h)
{
	for (size_t n = 0; n < h->count * RESOURCE_COUNT; n++) {
		const struct workload_peaks *w =
			&h->assessments[n / RESOURCE_COUNT].peaks;
		enum resource r = (enum resource)(n % RESOURCE_COUNT);
		const struct peaks *p = &w->resource[r];
		double by = peak_units[r].divisor;

		if (!p->is_counted)
			continue;
		DOC_ROW(table, cell_text(w->name), cell_text(resource_table[r].name),
			cell_text(peak_units[r].unit), cell_plain_number(p->peak / by),
			cell_moment(p->peak_at + w->phase_s, MOMENT_SHORT),
			cell_plain_number(p->sustained[DURATION_15_MIN] / by),
			cell_plain_number(p->sustained[DURATION_1_H] / by),
			cell_plain_number(p->sustained[DURATION_8_H] / by),
			cell_plain_number(p->p95 / by), cell_plain_number(p->p99 / by),
			cell_plain_number(p->mean / by), cell_share(p->coverage));
	}
}

static void sheet_verdicts(struct doc_table *table, const struct handover *h)
{
	for (size_t i = 0; i < h->count; i++) {
		const struct assessment *a = &h->assessments[i];
		const struct requirement *q = &a->requirement;

		DOC_ROW(table, cell_text(a->workload->name), cell_verdict(a->verdict),
			cell_plain_number(q->vm_memory_bytes / BYTES_PER_MB),
			cell_plain_number(q->cpu_mhz),
			cell_plain_number(q->sized.of[RESOURCE_NETWORK] / BPS_PER_MBPS),
			cell_plain_number(q->storage_gb),
			cell_text(grade_name(a->sufficiency.grade)),
			cell_text_or_none(a->sufficiency.earliest),
			cell_count((int64_t)a->excursion_count));
	}
}

static void sheet_findings(struct doc_table *table, const struct handover *h)
{
	char text[1024];

	for (size_t i = 0; i < h->count; i++) {
		const struct assessment *a = &h->assessments[i];

		for (size_t k = 0; k < a->findings.count; k++) {
			const struct finding *f = &a->findings.finding[k];

			assess_finding_text(a, k, text, sizeof(text));
			DOC_ROW(table, cell_text(a->workload->name),
				cell_text(f->rule->id),
				cell_text(heading_name(f->rule->heading)),
				cell_outcome(f->outcome), cell_plain_number(f->needed),
				cell_plain_number(f->allowed), cell_text(f->rule->unit),
				cell_text(text), cell_text(f->rule->source),
				cell_text(f->rule->checked));
		}
	}
}

static void sheet_plan(struct doc_table *table, const struct handover *h)
{
	const cJSON *one;

	cJSON_ArrayForEach (one, cJSON_GetObjectItemCaseSensitive(h->plan, "workloads"))
		DOC_ROW(table, cell_text(handover_text(one, "name")),
			cell_text(handover_text(one, "host")),
			cell_plain_number(handover_number(one, "memory_mb")),
			cell_plain_number(handover_number(one, "cpu_mhz")),
			cell_plain_number(handover_number(one, "network_mbps")),
			cell_plain_number(handover_number(one, "storage_gb")),
			cell_text(NULL), cell_text(handover_text(one, "assumed")));
	cJSON_ArrayForEach (one, cJSON_GetObjectItemCaseSensitive(h->plan, "unplaced"))
		DOC_ROW(table, cell_text(handover_text(one, "name")), cell_text(NULL),
			cell_unknown(NULL), cell_unknown(NULL), cell_unknown(NULL),
			cell_unknown(NULL), cell_text(handover_text(one, "rule")),
			cell_text(handover_text(one, "reason")));
}

static void sheet_quality(struct doc_table *table, const struct handover *h)
{
	for (size_t i = 0; i < h->count; i++) {
		const struct workload_peaks *p = &h->assessments[i].peaks;

		DOC_ROW(table, cell_text(h->assessments[i].workload->name),
			cell_count(p->step_s),
			cell_moment(p->to ? p->from + p->phase_s : 0, MOMENT_SHORT),
			cell_moment(p->to ? p->to + p->phase_s : 0, MOMENT_SHORT),
			cell_count((int64_t)p->samples),
			cell_share(p->to ? p->coverage : NAN), cell_bool(p->is_coarse),
			cell_text(grade_name(h->assessments[i].sufficiency.grade)));
	}
}

static void sheet_method(struct doc_table *table, const struct handover *h)
{
	for (size_t i = 0; i < factor_count; i++)
		DOC_ROW(table, cell_text(factor_table[i].name),
			factor_table[i].type == FACTOR_NUMBER
				? cell_plain_number(
					  factor_get(&h->request->settings, i))
				: cell_factor(NULL, &h->request->settings, i),
			cell_text(factor_table[i].help));
}

#define SHEET_COLUMNS_MAX 13

/* A sheet: the titles of its columns, and what writes a cell for each of them. */
static const struct sheet_form {
	const char *title;
	const char *column[SHEET_COLUMNS_MAX + 1]; /* NULL behind the last */
	void (*fill)(struct doc_table *table, const struct handover *h);
} sheet_forms[] = {
	{ "Summary", { "What", "Value" }, sheet_summary },
	{ "vInfo",
		{ "VM", "Powerstate", "Template", "CPUs", "Memory", "Provisioned MiB",
			"In Use MiB", "Cluster", "Host", "Datacenter", "Firmware",
			"OS according to the configuration file", "VM UUID" },
		sheet_vinfo },
	{ "vHost",
		{ "Host", "Type", "# VMs", "Memory needed (MB)", "Memory capacity (MB)",
			"CPU needed", "CPU capacity", "CPU unit" },
		sheet_vhost },
	{ "Peaks",
		{ "Workload", "Resource", "Unit", "Peak", "Peak at (UTC)", "15 min",
			"1 h", "8 h", "P95", "P99", "Mean", "Known" },
		sheet_peaks },
	{ "Verdicts",
		{ "Workload", "Verdict", "Memory (MB)", "CPU (MHz)", "Network (Mb/s)",
			"Storage (GB)", "Data", "Earliest", "Excursions" },
		sheet_verdicts },
	{ "Findings",
		{ "Workload", "Rule", "Heading", "Outcome", "Needs", "Limit", "Unit",
			"Text", "Source", "Checked" },
		sheet_findings },
	{ "Plan",
		{ "Workload", "Host", "Memory (MB)", "CPU (MHz)", "Network (Mb/s)",
			"Storage (GB)", "Left out by", "Reason, or what was assumed" },
		sheet_plan },
	{ "Quality",
		{ "Workload", "Step (s)", "From (UTC)", "To (UTC)", "Samples", "Known",
			"Coarse rows", "Data" },
		sheet_quality },
	{ "Method", { "Factor", "Value", "What it does" }, sheet_method },
};

void handover_sheets(struct document *document, const struct handover *h)
{
	for (size_t s = 0; s < ARRAY_LEN(sheet_forms); s++) {
		const struct sheet_form *form = &sheet_forms[s];
		struct doc_column columns[SHEET_COLUMNS_MAX] = { { .key = NULL } };
		size_t count = 0;
		struct doc_table *table;

		for (; form->column[count]; count++)
			columns[count].title = form->column[count];
		table = doc_table(document, IN_XLSX, NULL, TABLE_ROWS,
			doc_columns(document, columns, count), count);
		doc_title(table, form->title);
		form->fill(table, h);
	}
}
