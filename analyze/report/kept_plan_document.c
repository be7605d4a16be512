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

/* For people: who runs where with how much, then who was left out and why. */
static void add_kept_pages(struct document *document, const cJSON *root)
{
	static const struct doc_column columns[] = {
		{ NULL, "WORKLOAD", COLUMN_WRAP, 0, NULL },
		{ NULL, "HOST", COLUMN_WRAP, 0, NULL },
		{ NULL, "MEMORY", COLUMN_RIGHT, 0, NULL },
		{ NULL, "VCPUs", COLUMN_RIGHT, 0, NULL },
		{ NULL, "RESERVED", COLUMN_RIGHT, 0, NULL },
		{ NULL, "SPACE", COLUMN_RIGHT, 0, NULL },
	};
	static const struct doc_column left_out_columns[] = {
		{ NULL, "LEFT OUT", COLUMN_WRAP, 0, NULL },
		{ NULL, "RULE", 0, 0, NULL },
		{ NULL, "REASON", COLUMN_WRAP, 0, NULL },
	};
	const cJSON *unplaced = cJSON_GetObjectItemCaseSensitive(root, "unplaced");
	struct doc_table *table = doc_table(
		document, IN_TEXT, NULL, TABLE_ROWS, columns, ARRAY_LEN(columns));
	bool has_reserve = false;
	const cJSON *one;

	cJSON_ArrayForEach (one, cJSON_GetObjectItemCaseSensitive(root, "workloads")) {
		double reserved = kept_setting(one, "reserved_percent");
		double space_gb = kept_setting(one, "storage_gb");

		has_reserve |= !isnan(reserved);
		DOC_ROW(table, cell_text(json_doc_text(one, "name", "?")),
			cell_text(json_doc_text(one, "host", NULL)),
			cell_number(
				kept_setting(one, "vm_alloc_mb") * 1048576, UNIT_BYTES),
			cell_number(kept_setting(one, "vcpus"), UNIT_NONE),
			isnan(reserved)
				? cell_unknown(NULL)
				: cell_text(doc_keep(document, "%.0f %%", reserved)),
			space_gb > 0 ? cell_number(space_gb, UNIT_GB)
				     : cell_unknown(NULL)); /* no disk was listed */
	}
	if (!has_reserve)
		doc_hide(table, "RESERVED");
	if (cJSON_GetArraySize(unplaced) == 0)
		return;
	doc_gap(document);
	table = doc_table(document, IN_TEXT, NULL, TABLE_ROWS, left_out_columns,
		ARRAY_LEN(left_out_columns));
	cJSON_ArrayForEach (one, unplaced)
		DOC_ROW(table, cell_text(json_doc_text(one, "name", "?")),
			cell_text(json_doc_text(one, "rule", NULL)),
			cell_text(json_doc_text(one, "reason", NULL)));
}

struct document *kept_plan_document(int64_t id, const cJSON *root)
{
	static const struct doc_column columns[] = {
		{ "workload", NULL, 0, 0, NULL },
		{ "host", NULL, 0, 0, NULL },
		{ "vm_alloc_mb", NULL, 0, 0, NULL },
		{ "vcpus", NULL, 0, 0, NULL },
		{ "reserved_percent", NULL, 0, 0, NULL },
		{ "storage_gb", NULL, 0, 0, NULL },
		{ "left_out_by", NULL, 0, 0, NULL },
		{ "reason", NULL, 0, 0, NULL },
	};
	struct document *document = document_new("plan");
	struct doc_table *table;
	const cJSON *one;

	doc_line(document, "Plan %" PRId64 ": profile %s, %s demand", id,
		json_doc_text(root, "profile", "?"),
		json_doc_text(root, "demand", "?"));
	add_kept_hosts(document, root);
	add_kept_pages(document, root);
	table = doc_table(document, IN_MACHINE, "placement", TABLE_ROWS, columns,
		ARRAY_LEN(columns));
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
