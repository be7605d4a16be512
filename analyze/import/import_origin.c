/* An import from a server: one workload after the other, a hundred of them a transaction. */
#include "analyze/import/import_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORKLOADS_A_COMMIT 100

int import_walk_origin(
	struct import_origin *origin, struct import_paths *ret_paths, struct err *err)
{
	struct import_paths paths = { .path = calloc(
					      origin->count + 1, sizeof(char *)) };

	if (!paths.path)
		return err_oom(err);
	for (; paths.count < origin->count; paths.count++) {
		paths.path[paths.count] = strdup(origin->path(origin, paths.count));
		if (!paths.path[paths.count]) {
			import_paths_done(&paths);
			return err_oom(err);
		}
	}
	*ret_paths = paths;
	return 0;
}

/* What was read since the last transaction. */
struct origin_batch {
	size_t first_file, first_item;
};

/* The files and items of the batch as a report of their own: what it says is borrowed. */
static int commit_batch(
	struct import_run *run, struct origin_batch *batch, struct err *err)
{
	struct import_report *all = run->report;
	struct import_report part = { .file = all->file + batch->first_file,
		.files = all->files - batch->first_file,
		.item = all->item + batch->first_item,
		.items = all->items - batch->first_item };
	int r = import_finish_waiting(run, err);

	if (r < 0)
		return r;
	batch->first_file = all->files;
	batch->first_item = all->items;
	import_sum_up(&part);
	for (size_t i = 0; i < part.items; i++)
		part.rows += part.item[i].rows;
	part.repaired = part.unordered;
	if (!import_has_change(&part))
		return 0;
	r = import_commit(run->store, run->request, &part, run->newest_import, err);
	if (part.id) {
		run->newest_import = all->id = part.id;
		if (!all->first_id)
			all->first_id = part.id;
	}
	return r;
}

/* What a workload brought that is refused, and not committed. */
static int leave_out(struct import_run *run, struct import_file *file,
	const struct err *why, struct err *err)
{
	if (run->base < run->brought_room)
		import_brought_done(&run->brought[run->base]);
	spool_clear(run->spool);
	file->is_refused = true;
	run->report->refused++;
	free(file->reason);
	file->reason = strdup(why->text);
	return file->reason ? 0 : err_oom(err);
}

/* One that failed between its rows and its archives. */
static void forget_item(struct import_report *report)
{
	struct import_item *item = &report->item[--report->items];

	for (size_t i = 0; i < item->facts; i++)
		free(item->fact[i].value);
	free(item->fact);
	free(item->name);
	merged_done(&item->merged);
}

static int read_origin_workload(struct import_run *run, size_t index, struct err *err)
{
	struct import_origin *origin = run->request->origin;
	const char *name = origin->name(origin, index);
	struct import_file *file = &run->report->file[index];
	size_t items = run->report->items;
	int r;

	*file = (struct import_file){ .path = run->report->walked.path[index] };
	run->report->files = index + 1;
	run->sink.account = &file->account;
	r = run->sink.find_workload(&run->sink, name, strlen(name), &run->base, err);
	if (r >= 0)
		r = import_read_source(run, file, &run->sink, err);
	run->sink.account = NULL;
	if (r >= 0)
		r = import_finish_workload(run, 0, name, err);
	spool_clear(run->spool);
	run->bytes_done = index + 1;
	import_show_progress(run, name);
	if (r < 0 && run->report->items > items)
		forget_item(run->report);
	return r;
}

int import_read_origin(struct import_run *run, struct err *err)
{
	struct origin_batch batch = { 0, 0 };
	struct import_origin *origin = run->request->origin;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < origin->count; i++) {
		struct err why = ERR_INIT;

		run->base = 0;
		r = read_origin_workload(run, i, &why);
		if (r < 0 && r != -ENOMEM && run->request->is_keeping_going)
			r = leave_out(run, &run->report->file[i], &why, err);
		else if (r < 0 && err)
			*err = why;
		if (r >= 0 && (i + 1) % WORKLOADS_A_COMMIT == 0)
			r = commit_batch(run, &batch, err);
	}
	/* what is whole is kept, also where the server goes away */
	if (r >= 0 || (r != -ENOMEM && batch.first_item < run->report->items)) {
		struct err later = ERR_INIT;
		int committed = commit_batch(run, &batch, r < 0 ? &later : err);

		if (r >= 0)
			r = committed;
	}
	return r;
}
