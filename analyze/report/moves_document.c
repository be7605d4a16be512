#include "analyze/report/moves_document.h"

#include "analyze/report/cells.h"
#include "analyze/report/plan_settings.h"
#include "common/units.h"

#include <math.h>
#include <string.h>

static void add_moves(struct document *document, const struct moves_view *view)
{
	static const struct doc_column columns[] = {
		{ "step", "STEP", IN_CSV | IN_TEXT | COLUMN_RIGHT, 0, NULL },
		{ "workload", "WORKLOAD", COLUMN_CUT, 0, NULL },
		{ "from", "FROM", COLUMN_CUT, 0, NULL },
		{ "to", "TO", COLUMN_CUT, 0, NULL },
		{ "detour", "", 0, 0, NULL },
	};
	struct doc_table *table = doc_table(
		document, 0, "moves", TABLE_ROWS, columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < view->moves->count; i++) {
		const struct move *m = &view->moves->move[i];

		DOC_ROW(table, cell_count((int64_t)i + 1),
			cell_text(view->workload[m->item].name),
			cell_text(m->from == PACKING_NONE ? NULL
							  : view->host_name[m->from]),
			cell_text(view->host_name[m->to]),
			cell_shown(cell_bool(m->is_detour),
				m->is_detour ? "out of the way" : ""));
	}
}

static void moves_document_add_left_out(
	struct document *document, const struct moves_view *view)
{
	struct doc_table *list = doc_list(document);

	for (size_t i = 0; i < view->workload_count; i++) {
		if (view->to[i] == PACKING_NONE)
			doc_item(list, cell_text(view->workload[i].name));
	}
	doc_json(document, "left_out", cell_table(list));
}

/* In what the two plans are unlike comes first: the moves below it are judged by the
 * later plan alone. */
static void moves_document_add_summary(
	struct document *document, const struct moves_view *view)
{
	const struct move_plan *moves = view->moves;

	if (strcmp(view->before->profile, view->after->profile) != 0)
		doc_line(document,
			"The plans were made under %s and %s; steps and settings are those "
			"of %s",
			view->before->profile, view->after->profile,
			view->after->profile);
	if (view->before->is_aligned != view->after->is_aligned)
		doc_line(document,
			"The plans were made for %s and %s demand; steps are checked for "
			"aligned demand",
			view->before->is_aligned ? "aligned" : "peak",
			view->after->is_aligned ? "aligned" : "peak");
	doc_line(document, "%zu host%s before, %zu after; cost %.6g before, %.6g after",
		view->hosts_before, plural(view->hosts_before), view->hosts_after,
		view->cost_before, view->cost_after);
	if (moves->differing == 0) {
		doc_line(document, "Nobody moves: the placements are the same");
		return;
	}
	if (view->overfull_host)
		doc_line(document,
			"The old plan no longer fits: %s is over its %s; these moves mend "
			"it",
			view->overfull_host, view->overfull_row);
	else if (!view->is_beneficial)
		doc_line(document,
			"No beneficial move: the new plan needs no fewer hosts and "
			"costs no less");
	doc_line(document, "%zu workload%s their host, in %zu move%s%s",
		moves->differing, moves->differing == 1 ? " changes" : "s change",
		moves->count, plural(moves->count),
		moves->is_fewest ? " (proven: no fewer will do)" : "");
	if (!moves->is_complete)
		doc_line(document,
			"After these moves nothing fits any more: free a host first");
}

/* ---- what is set otherwise (CPU-13) ---------------------------------------------------- */

enum setting {
	SETTING_ALLOC,
	SETTING_RESERVED,
	SETTING_WEIGHT,
	SETTING_STORAGE,
	SETTING_VCPUS,
	SETTING_ADAPTERS,
	SETTING_COUNT,
};
static const char *const setting_names[SETTING_COUNT] = { "vm_alloc_mb",
	"reserved_percent", "relative_weight", "storage_gb", "vcpus",
	"dedicated_adapters" };

/* The settings of a workload in one of the plans; false: it has no place there. */
static bool settings_in(const struct moves_view *view, const struct plan_file *file,
	const char *name, double ret_value[SETTING_COUNT])
{
	const struct plan_request request = { .factors = view->factors,
		.hosts = &file->hosts };
	size_t at = name_index_find(&file->workload_at, name);
	struct plan_host host;
	struct plan_settings s;

	if (at == NAME_INDEX_NONE)
		return false;
	host = (struct plan_host){ .type = file->host[file->words[at].host].type };
	s = plan_settings_of(&request, &host, &file->workload[at]);
	ret_value[SETTING_ALLOC] = units_round_up(s.alloc_mb);
	ret_value[SETTING_RESERVED] = s.reserved_percent;
	ret_value[SETTING_WEIGHT] = s.relative_weight;
	ret_value[SETTING_STORAGE] = s.storage_gb;
	ret_value[SETTING_VCPUS] = s.vcpus;
	ret_value[SETTING_ADAPTERS] = s.adapters;
	return true;
}

/* What is typed in at the VMs that stay, where the new plan has other figures. */
static void add_changed_settings(
	struct document *document, const struct moves_view *view)
{
	static const struct doc_column columns[] = {
		{ "workload", "CHANGED SETTING OF", COLUMN_CUT, 0, NULL },
		{ "setting", "SETTING", 0, 0, NULL },
		{ "before", "BEFORE", COLUMN_RIGHT, 0, NULL },
		{ "after", "AFTER", COLUMN_RIGHT, 0, NULL },
	};
	struct doc_table *table = NULL;

	for (size_t i = 0; i < view->workload_count; i++) {
		const char *name = view->workload[i].name;
		double before[SETTING_COUNT], after[SETTING_COUNT];

		if (!settings_in(view, view->before, name, before) ||
			!settings_in(view, view->after, name, after))
			continue;
		for (int s = 0; s < SETTING_COUNT; s++) {
			double scale = fmax(1, fabs(before[s]));

			if (!(fabs(after[s] - before[s]) > 1e-9 * scale))
				continue;
			if (!table) {
				doc_gap(document);
				table = doc_table(document, IN_JSON | IN_TEXT,
					"settings", TABLE_ROWS, columns,
					ARRAY_LEN(columns));
			}
			DOC_ROW(table, cell_text(name), cell_text(setting_names[s]),
				cell_plain_number(before[s]),
				cell_plain_number(after[s]));
		}
	}
}

struct document *moves_document(const struct moves_view *view)
{
	struct document *document = document_new("plan-diff");
	const struct move_plan *moves = view->moves;

	doc_json(document, "hosts_before", cell_count((int64_t)view->hosts_before));
	doc_json(document, "hosts_after", cell_count((int64_t)view->hosts_after));
	doc_json(document, "cost_before", cell_plain_number(view->cost_before));
	doc_json(document, "cost_after", cell_plain_number(view->cost_after));
	doc_json(document, "overfull.host", cell_text(view->overfull_host));
	doc_json(document, "overfull.resource", cell_text(view->overfull_row));
	doc_json(document, "beneficial", cell_bool(view->is_beneficial));
	doc_json(document, "differing", cell_count((int64_t)moves->differing));
	doc_json(document, "complete", cell_bool(moves->is_complete));
	doc_json(document, "proven_fewest", cell_bool(moves->is_fewest));
	moves_document_add_summary(document, view);
	if (moves->count > 0)
		doc_gap(document);
	add_moves(document, view);
	moves_document_add_left_out(document, view);
	add_changed_settings(document, view);
	return document;
}

struct document *addition_document(const char *workload, const char *best,
	const struct addition_host *hosts, size_t count)
{
	static const struct doc_column columns[] = {
		{ "name", "HOST", COLUMN_CUT, 0, "host" },
		{ NULL, "VMs", COLUMN_RIGHT, 0, NULL },
		{ "fits", "FITS", 0, 0, NULL },
		{ "reason", "REFUSED BY", COLUMN_LAST, 0, NULL },
		{ "fullest_ratio", "FULLEST WITH IT", COLUMN_RIGHT, 0, NULL },
	};
	struct document *document = document_new("plan-add");
	struct doc_table *table;

	doc_json(document, "workload", cell_text(workload));
	doc_json(document, "host", cell_text(best));
	if (best)
		doc_line(document, "%s: best on %s (the fullest that still has room)",
			workload, best);
	else
		doc_line(document, "%s fits on no host of this plan", workload);
	doc_gap(document);
	table = doc_table(
		document, 0, "hosts", TABLE_ROWS, columns, ARRAY_LEN(columns));
	for (size_t h = 0; h < count; h++) {
		const struct addition_host *host = &hosts[h];
		struct cell ratio = cell_plain_number(host->ratio);

		if (host->fits)
			ratio.shown =
				doc_keep(document, "%.0f %%", floor(100 * host->ratio));
		DOC_ROW(table, cell_text(host->name),
			cell_count((int64_t)host->workload_count),
			cell_toned(cell_bool(host->fits),
				host->fits ? COLOR_GOOD : COLOR_BAD),
			cell_text(host->reason), ratio);
	}
	return document;
}
