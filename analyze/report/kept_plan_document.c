#include "analyze/report/kept_plan_document.h"

#include "analyze/report/cells.h"

#include <inttypes.h>
#include <math.h>

struct document *kept_plans_document(const struct kept_plan_list *list)
{
	static const struct doc_column columns[] = {
		{ "id", "ID", COLUMN_RIGHT, 0, NULL },
		{ "at", "MADE", 0, 0, NULL },
		{ "profile", "PROFILE", COLUMN_CUT, 0, NULL },
		{ "demand", "DEMAND", 0, 0, NULL },
		{ "hosts", "HOSTS", COLUMN_RIGHT, 0, NULL },
		{ "placed", "PLACED", COLUMN_RIGHT, 0, NULL },
		{ "left_out", "LEFT OUT", COLUMN_RIGHT, 0, NULL },
	};
	struct document *document = document_new("plans");
	struct doc_table *table = doc_table(
		document, 0, "plans", TABLE_ROWS, columns, ARRAY_LEN(columns));

	doc_empty(table, "no plans are kept in this store: analyze plan --hosts FILE");
	for (size_t i = 0; i < list->count; i++) {
		const struct kept_plan *p = &list->plan[i];

		DOC_ROW(table, cell_count(p->id), cell_moment(p->at, MOMENT_SHORT),
			cell_text(p->profile_id), cell_text(p->demand),
			cell_count(p->hosts), cell_count(p->placed),
			cell_count(p->left_out));
	}
	return document;
}

/* ---- one of them ---------------------------------------------------------------------- */

/* "settings.vm_alloc_mb" of a workload; NAN where that plan does not say it. */
static double kept_setting(const cJSON *workload, const char *name)
{
	const cJSON *settings = cJSON_GetObjectItemCaseSensitive(workload, "settings");

	return settings ? json_doc_number(settings, name, NAN) : NAN;
}

static void add_kept_hosts(struct document *document, const cJSON *root)
{
	const cJSON *host, *name;

	doc_gap(document);
	cJSON_ArrayForEach (host, cJSON_GetObjectItemCaseSensitive(root, "hosts")) {
		const char *between = " ";

		doc_line(document, "%s:", json_doc_text(host, "name", "?"));
		cJSON_ArrayForEach (
			name, cJSON_GetObjectItemCaseSensitive(host, "workloads")) {
			if (cJSON_IsString(name))
				doc_span(document, COLOR_NONE, "%s%s", between,
					name->valuestring);
			between = ", ";
		}
	}
	doc_gap(document);
}

struct document *kept_plan_document(int64_t id, const cJSON *root)
{
	static const struct doc_column columns[] = {
		{ "workload", "WORKLOAD", COLUMN_CUT, 0, NULL },
		{ "host", "HOST", COLUMN_CUT, 0, NULL },
		{ "vm_alloc_mb", "MEMORY MB", COLUMN_RIGHT, 0, NULL },
		{ "vcpus", "VCPUs", COLUMN_RIGHT, 0, NULL },
		{ "reserved_percent", "RESERVED %", COLUMN_RIGHT, 0, NULL },
		{ "storage_gb", "SPACE GB", COLUMN_RIGHT, 0, NULL },
		{ "left_out_by", "LEFT OUT BY", 0, 0, NULL },
		{ "reason", "REASON", COLUMN_WRAP | COLUMN_LAST, 0, NULL },
	};
	struct document *document = document_new("plan");
	struct doc_table *table;
	const cJSON *one;

	doc_line(document, "Plan %" PRId64 ": profile %s, %s demand", id,
		json_doc_text(root, "profile", "?"),
		json_doc_text(root, "demand", "?"));
	add_kept_hosts(document, root);
	table = doc_table(
		document, 0, "placement", TABLE_ROWS, columns, ARRAY_LEN(columns));
	cJSON_ArrayForEach (one, cJSON_GetObjectItemCaseSensitive(root, "workloads"))
		DOC_ROW(table, cell_text(json_doc_text(one, "name", "?")),
			cell_text(json_doc_text(one, "host", NULL)),
			cell_number(kept_setting(one, "vm_alloc_mb"), UNIT_NONE),
			cell_number(kept_setting(one, "vcpus"), UNIT_NONE),
			cell_number(kept_setting(one, "reserved_percent"), UNIT_NONE),
			cell_number(kept_setting(one, "storage_gb"), UNIT_NONE),
			cell_text(NULL), cell_text(NULL));
	cJSON_ArrayForEach (one, cJSON_GetObjectItemCaseSensitive(root, "unplaced"))
		DOC_ROW(table, cell_text(json_doc_text(one, "name", "?")),
			cell_text(NULL), cell_unknown(NULL), cell_unknown(NULL),
			cell_unknown(NULL), cell_unknown(NULL),
			cell_text(json_doc_text(one, "rule", NULL)),
			cell_text(json_doc_text(one, "reason", NULL)));
	return document;
}
