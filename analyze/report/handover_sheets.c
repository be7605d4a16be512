/* The sheets of the workbook.  vInfo has the columns that others read (RVTools). */
#include "analyze/report/handover.h"

#include "analyze/report/cells.h"
#include "analyze/report/verdict_document.h"
#include "common/units.h"
#include "schema/duration.h"

#include <math.h>

static struct doc_table *add_sheet(struct document *document, const char *title,
	const struct doc_column *columns, size_t count)
{
	struct doc_table *table =
		doc_table(document, IN_XLSX, NULL, TABLE_ROWS, columns, count);

	doc_title(table, title);
	return table;
}

static void sheet_summary(struct document *document, const struct handover *h)
{
	static const struct doc_column columns[] = {
		{ NULL, "What", 0, 0, NULL },
		{ NULL, "Value", 0, 0, NULL },
	};
	struct doc_table *table =
		add_sheet(document, "Summary", columns, ARRAY_LEN(columns));
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

static void sheet_vinfo(struct document *document, const struct handover *h)
{
	static const struct doc_column columns[] = {
		{ NULL, "VM", 0, 0, NULL },
		{ NULL, "Powerstate", 0, 0, NULL },
		{ NULL, "Template", 0, 0, NULL },
		{ NULL, "CPUs", 0, 0, NULL },
		{ NULL, "Memory", 0, 0, NULL },
		{ NULL, "Provisioned MiB", 0, 0, NULL },
		{ NULL, "In Use MiB", 0, 0, NULL },
		{ NULL, "Cluster", 0, 0, NULL },
		{ NULL, "Host", 0, 0, NULL },
		{ NULL, "Datacenter", 0, 0, NULL },
		{ NULL, "Firmware", 0, 0, NULL },
		{ NULL, "OS according to the configuration file", 0, 0, NULL },
		{ NULL, "VM UUID", 0, 0, NULL },
	};
	struct doc_table *table =
		add_sheet(document, "vInfo", columns, ARRAY_LEN(columns));

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
			cell_text("Headroom"), cell_text("bios"),
			cell_text(facts_text(&a->facts, FACT_OS, NULL)),
			cell_text(NULL));
	}
}

static void sheet_vhost(struct document *document, const struct handover *h)
{
	static const struct doc_column columns[] = {
		{ NULL, "Host", 0, 0, NULL },
		{ NULL, "Type", 0, 0, NULL },
		{ NULL, "# VMs", 0, 0, NULL },
		{ NULL, "Memory needed (MB)", 0, 0, NULL },
		{ NULL, "Memory capacity (MB)", 0, 0, NULL },
		{ NULL, "CPU needed", 0, 0, NULL },
		{ NULL, "CPU capacity", 0, 0, NULL },
		{ NULL, "CPU unit", 0, 0, NULL },
	};
	struct doc_table *table =
		add_sheet(document, "vHost", columns, ARRAY_LEN(columns));
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

static void sheet_peaks(struct document *document, const struct handover *h)
{
	static const struct doc_column columns[] = {
		{ NULL, "Workload", 0, 0, NULL },
		{ NULL, "Resource", 0, 0, NULL },
		{ NULL, "Unit", 0, 0, NULL },
		{ NULL, "Peak", 0, 0, NULL },
		{ NULL, "Peak at (UTC)", 0, 0, NULL },
		{ NULL, "15 min", 0, 0, NULL },
		{ NULL, "1 h", 0, 0, NULL },
		{ NULL, "8 h", 0, 0, NULL },
		{ NULL, "P95", 0, 0, NULL },
		{ NULL, "P99", 0, 0, NULL },
		{ NULL, "Mean", 0, 0, NULL },
		{ NULL, "Known", 0, 0, NULL },
	};
	struct doc_table *table =
		add_sheet(document, "Peaks", columns, ARRAY_LEN(columns));

	for (size_t n = 0; n < h->count * RESOURCE_COUNT; n++) {
		const struct workload_peaks *w =
			&h->assessments[n / RESOURCE_COUNT].peaks;
		enum resource r = (enum resource)(n % RESOURCE_COUNT);
		const struct peaks *p = &w->resource[r];

		if (!p->is_counted)
			continue;
		DOC_ROW(table, cell_text(w->name), cell_text(resource_table[r].name),
			cell_text(resource_table[r].unit), cell_plain_number(p->peak),
			cell_moment(p->peak_at + w->phase_s, MOMENT_SHORT),
			cell_plain_number(p->sustained[DURATION_15_MIN]),
			cell_plain_number(p->sustained[DURATION_1_H]),
			cell_plain_number(p->sustained[DURATION_8_H]),
			cell_plain_number(p->p95), cell_plain_number(p->p99),
			cell_plain_number(p->mean), cell_share(p->coverage));
	}
}

static void sheet_verdicts(struct document *document, const struct handover *h)
{
	static const struct doc_column columns[] = {
		{ NULL, "Workload", 0, 0, NULL },
		{ NULL, "Verdict", 0, 0, NULL },
		{ NULL, "Memory (MB)", 0, 0, NULL },
		{ NULL, "CPU (MHz)", 0, 0, NULL },
		{ NULL, "Network (Mb/s)", 0, 0, NULL },
		{ NULL, "Storage (GB)", 0, 0, NULL },
		{ NULL, "Data", 0, 0, NULL },
		{ NULL, "Earliest", 0, 0, NULL },
		{ NULL, "Excursions", 0, 0, NULL },
	};
	struct doc_table *table =
		add_sheet(document, "Verdicts", columns, ARRAY_LEN(columns));

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

static void sheet_findings(struct document *document, const struct handover *h)
{
	static const struct doc_column columns[] = {
		{ NULL, "Workload", 0, 0, NULL },
		{ NULL, "Rule", 0, 0, NULL },
		{ NULL, "Heading", 0, 0, NULL },
		{ NULL, "Outcome", 0, 0, NULL },
		{ NULL, "Needs", 0, 0, NULL },
		{ NULL, "Limit", 0, 0, NULL },
		{ NULL, "Unit", 0, 0, NULL },
		{ NULL, "Text", 0, 0, NULL },
		{ NULL, "Source", 0, 0, NULL },
		{ NULL, "Checked", 0, 0, NULL },
	};
	struct doc_table *table =
		add_sheet(document, "Findings", columns, ARRAY_LEN(columns));
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

static void sheet_plan(struct document *document, const struct handover *h)
{
	static const struct doc_column columns[] = {
		{ NULL, "Workload", 0, 0, NULL },
		{ NULL, "Host", 0, 0, NULL },
		{ NULL, "Memory (MB)", 0, 0, NULL },
		{ NULL, "CPU (MHz)", 0, 0, NULL },
		{ NULL, "Network (Mb/s)", 0, 0, NULL },
		{ NULL, "Storage (GB)", 0, 0, NULL },
		{ NULL, "Left out by", 0, 0, NULL },
		{ NULL, "Reason, or what was assumed", 0, 0, NULL },
	};
	struct doc_table *table =
		add_sheet(document, "Plan", columns, ARRAY_LEN(columns));
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

static void sheet_quality(struct document *document, const struct handover *h)
{
	static const struct doc_column columns[] = {
		{ NULL, "Workload", 0, 0, NULL },
		{ NULL, "Step (s)", 0, 0, NULL },
		{ NULL, "From (UTC)", 0, 0, NULL },
		{ NULL, "To (UTC)", 0, 0, NULL },
		{ NULL, "Samples", 0, 0, NULL },
		{ NULL, "Known", 0, 0, NULL },
		{ NULL, "Coarse rows", 0, 0, NULL },
		{ NULL, "Data", 0, 0, NULL },
	};
	struct doc_table *table =
		add_sheet(document, "Quality", columns, ARRAY_LEN(columns));

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

static void sheet_method(struct document *document, const struct handover *h)
{
	static const struct doc_column columns[] = {
		{ NULL, "Factor", 0, 0, NULL },
		{ NULL, "Value", 0, 0, NULL },
		{ NULL, "What it does", 0, 0, NULL },
	};
	struct doc_table *table =
		add_sheet(document, "Method", columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < factor_count; i++)
		DOC_ROW(table, cell_text(factor_table[i].name),
			cell_plain_number(factor_get(&h->request->settings, i)),
			cell_text(factor_table[i].help));
}

void handover_sheets(struct document *document, const struct handover *h)
{
	sheet_summary(document, h);
	sheet_vinfo(document, h);
	sheet_vhost(document, h);
	sheet_peaks(document, h);
	sheet_verdicts(document, h);
	sheet_findings(document, h);
	sheet_plan(document, h);
	sheet_quality(document, h);
	sheet_method(document, h);
}
