/* The transaction of an import. */
#include "analyze/import/import.h"

#include "analyze/import/import_sizes.h"
#include "analyze/import/undo.h"
#include "store/db/facts.h"
#include "store/db/imports.h"
#include "store/db/workloads.h"
#include "store/incoming.h"
#include "store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int import_newest(struct store *store, int64_t *ret_id, struct err *err)
{
	struct import_list list;
	int r;

	r = store_imports(store, &list, err);
	if (r < 0)
		return r;
	*ret_id = list.count ? list.import[list.count - 1].id : 0;
	import_list_done(&list);
	return 0;
}

/* What the files said of the machine; what imports said before is kept for the undo. */
static int publish_facts(struct store *store, const struct workload *workload,
	const struct import_item *item, int64_t now, struct undo_fact *undo,
	struct err *err)
{
	struct fact_list known;
	int r;

	if (item->facts == 0)
		return 0;
	r = store_facts(store, workload->id, &known, err);
	if (r < 0)
		return r;
	for (size_t i = 0; r >= 0 && i < item->facts; i++) {
		undo[i].key = fact_table[item->fact[i].fact].key;
		for (size_t k = 0; r >= 0 && k < known.count; k++) {
			if (strcmp(known.fact[k].key, undo[i].key) != 0 ||
				strcmp(known.fact[k].origin,
					fact_origin_name(FACT_ORIGIN_IMPORT)) != 0)
				continue;
			undo[i].prior = strdup(known.fact[k].value);
			if (!undo[i].prior)
				r = err_oom(err);
		}
		if (r >= 0)
			r = store_fact_set(store, workload->id, undo[i].key,
				item->fact[i].value, FACT_ORIGIN_IMPORT, now, err);
	}
	fact_list_done(&known);
	return r;
}

static int publish_files(struct store *store, int64_t import_id,
	const struct workload *workload, const struct import_item *item, int64_t now,
	struct err *err)
{
	const struct merged *merged = &item->merged;
	struct undo_fact *fact = calloc(item->facts + 1, sizeof(*fact));
	struct undo_file undo[FIGURE_FILE_COUNT];
	size_t count = 0;
	int r = fact ? 0 : err_oom(err);

	for (size_t i = 0; r >= 0 && i < FIGURE_FILE_COUNT; i++) {
		if (!merged->file[i].is_changed)
			continue;
		undo[count].name = figure_files_name(i);
		r = undo_is_new(store, workload, figure_files_name(i),
			&undo[count++].is_new, err);
		if (r >= 0)
			r = store_publish(store, merged->file[i].handle, workload,
				figure_files_name(i), import_id, err);
	}
	if (r >= 0 && merged->last > 0)
		r = import_note_sizes(store, workload->id, merged, now, err);
	if (r >= 0)
		r = publish_facts(store, workload, item, now, fact, err);
	if (r >= 0)
		r = undo_note(store, import_id, workload->id, now,
			&(struct undo_made){ .file = undo,
				.files = count,
				.fact = fact,
				.facts = item->facts,
				.origin = FACT_ORIGIN_IMPORT },
			err);
	for (size_t i = 0; fact && i < item->facts; i++)
		free(fact[i].prior);
	free(fact);
	return r;
}

static int commit_item(struct store *store, const struct import_request *request,
	int64_t import_id, const struct import_item *item, struct err *err)
{
	const struct merged *merged = &item->merged;
	struct workload workload;
	struct import_workload touched;
	int r;

	if (!merged->is_changed && !(item->is_new && merged->last > 0) &&
		item->facts == 0)
		return 0;
	if (merged->last > 0)
		r = store_workload_ensure(store, item->name, ORIGIN_IMPORTED,
			merged->step_s, merged->phase_s, &workload, err);
	else if (item->is_new)
		r = store_workload_ensure(store, item->name, ORIGIN_IMPORTED,
			GRID_FALLBACK_STEP_S, 0, &workload, err);
	else
		r = store_workload_get(store, item->name, &workload, err);
	if (r < 0)
		return r;
	touched = (struct import_workload){ .workload_id = workload.id,
		.first = merged->brought_first,
		.last = merged->brought_last,
		.slots = merged->slots,
		.was_new = item->is_new,
		.prior_first = workload.first,
		.prior_last = workload.last };
	r = store_import_add_workload(store, import_id, &touched, err);
	if (r >= 0)
		r = publish_files(store, import_id, &workload, item, request->now, err);
	if (r >= 0 && merged->last > 0)
		r = store_workload_set_span(
			store, workload.id, merged->first, merged->last, err);
	workload_done(&workload);
	return r;
}

static int import_commit_commit_all(struct store *store,
	const struct import_request *request, struct import_report *report,
	int64_t newest_import, struct err *err)
{
	struct import import = { .at = request->now,
		.rows = report->rows,
		.repeated = report->repeated,
		.conflicting = report->conflicting,
		.repaired = report->repaired,
		.refused = report->refused };
	char format[32];
	int64_t newest, id;
	int r;

	r = import_newest(store, &newest, err);
	if (r < 0)
		return r;
	if (newest != newest_import)
		return err_set(err, -EAGAIN,
			"another import was stored meanwhile: nothing was changed, run "
			"it again");
	snprintf(format, sizeof(format), "%s",
		request->importer ? request->importer->name : "auto");
	import.format = format;
	r = store_import_add(store, &import, &id, err);
	for (size_t i = 0; r >= 0 && i < report->files; i++)
		r = store_import_add_file(store, id, report->file[i].path,
			report->file[i].hash, report->file[i].bytes, err);
	for (size_t i = 0; r >= 0 && i < report->items; i++)
		r = commit_item(store, request, id, &report->item[i], err);
	if (r >= 0)
		r = undo_forget_old(store, err);
	if (r >= 0)
		report->id = id;
	return r;
}

int import_commit(struct store *store, const struct import_request *request,
	struct import_report *report, int64_t newest_import, struct err *err)
{
	int r;

	r = store_begin(store, request->lock_timeout_ms, err);
	if (r < 0)
		return r;
	r = import_commit_commit_all(store, request, report, newest_import, err);
	if (r >= 0)
		r = store_commit(store, err);
	if (r < 0)
		store_rollback(
			store); /* after a commit, whatever came of it: a no-op */
	if (r < 0 && r != -EINPROGRESS)
		report->id = 0;
	return r;
}
