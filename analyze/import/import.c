#include "analyze/import/import.h"

#include "analyze/import/names.h"
#include "common/util.h"
#include "store/db/imports.h"
#include "store/db/workloads.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Readings of this many bytes stay in memory, the others go to a nameless file. */
#define SPOOL_MEMORY_BYTES ((size_t)12 << 20)
#define PROGRESS_EVERY_ROWS 20000

/* A workload with fewer than two stamps waits for the step of the others. */
struct waiting {
	size_t item;
	struct packed_reading *reading; /* its only one */
};

struct run {
	struct import_sink sink; /* first: the sink is the run */
	struct store *store;
	const struct import_request *request;
	struct import_report *report;
	struct workload_list stored;
	struct spool *spool;
	struct names names;
	struct waiting *waiting;
	size_t waitings, waiting_room, item_room;
	uint32_t base; /* number of the name that is the spool's workload 0 */
	uint64_t bytes_total, bytes_done;
	struct text_lines *lines; /* of the file that is being read */
	int64_t newest_import;    /* when we looked at the store */
	bool is_grouped;
};

static void show_progress(struct run *run, const char *detail)
{
	uint64_t done =
		run->bytes_done + (run->lines ? text_lines_bytes(run->lines) : 0);

	if (run->request->progress && run->bytes_total > 0)
		run->request->progress(run->request->progress_data,
			(double)done / (double)run->bytes_total, detail);
}

static int sink_find_workload(struct import_sink *sink, const char *name, size_t length,
	uint32_t *ret_workload, struct err *err)
{
	struct run *run = (struct run *)sink;
	uint32_t number;
	int r;

	r = names_number(
		&run->names, name, length, run->request->workloads_max, &number);
	if (r == -EMFILE)
		return err_set(err, -EFBIG,
			"expected at most %u workloads in one import, found more "
			"(--max-workloads sets the limit)",
			run->request->workloads_max);
	if (r < 0)
		return err_oom(err);
	*ret_workload = number - run->base;
	return 0;
}

static int sink_put(struct import_sink *sink, uint32_t workload,
	const struct reading *reading, struct err *err)
{
	struct run *run = (struct run *)sink;

	if (++run->report->rows % PROGRESS_EVERY_ROWS == 0)
		show_progress(run, run->report->file[run->report->files - 1].path);
	return spool_put(run->spool, workload, reading, err);
}

static int read_file(struct run *run, const char *path, struct err *err)
{
	struct import_file *file = &run->report->file[run->report->files];
	int r;

	r = text_lines_open(path, &run->lines, err);
	if (r < 0) {
		run->lines = NULL;
		return r;
	}
	*file = (struct import_file){ .path = path };
	run->report->files++;
	r = run->request->importer->read(path, run->lines, &run->sink, err);
	file->bytes = text_lines_bytes(run->lines);
	snprintf(file->hash, sizeof(file->hash), "%016" PRIx64,
		text_lines_hash(run->lines));
	run->bytes_done += file->bytes;
	text_lines_close(run->lines);
	run->lines = NULL;
	return r;
}

static struct import_item *add_item(struct run *run, const char *name)
{
	struct import_report *report = run->report;
	struct import_item *item;

	if (report->items == run->item_room) {
		size_t room = run->item_room ? run->item_room * 2 : 64;

		item = realloc(report->item, room * sizeof(*item));
		if (!item)
			return NULL;
		report->item = item;
		run->item_room = room;
	}
	item = &report->item[report->items];
	*item = (struct import_item){ .name = strdup(name) };
	if (!item->name)
		return NULL;
	report->items++;
	return item;
}

static int check_source(const struct workload *workload, struct err *err)
{
	static const char *const why[] = {
		[SOURCE_SAMPLED] = "is sampled on this machine",
		[SOURCE_STORE] = "was taken over from another machine's store",
		[SOURCE_SAMPLE] = "is a SAMPLE workload",
	};

	if (workload->source == SOURCE_IMPORTED)
		return 0;
	return err_set(err, -EEXIST,
		"the workload %s %s, an import must not be mixed with it: rename the "
		"file or the workload (analyze workload rename)",
		workload->name, why[workload->source]);
}

static int keep_waiting(
	struct run *run, size_t item, const struct grid_index *index, struct err *err)
{
	size_t bytes = packed_reading_bytes(index->entry[0].reading->known);
	struct waiting *waiting;

	if (run->waitings == run->waiting_room) {
		size_t room = run->waiting_room ? run->waiting_room * 2 : 64;

		waiting = realloc(run->waiting, room * sizeof(*waiting));
		if (!waiting)
			return err_oom(err);
		run->waiting = waiting;
		run->waiting_room = room;
	}
	waiting = &run->waiting[run->waitings];
	waiting->item = item;
	waiting->reading = malloc(bytes);
	if (!waiting->reading)
		return err_oom(err);
	memcpy(waiting->reading, index->entry[0].reading, bytes);
	run->waitings++;
	return 0;
}

static int merge_item(struct run *run, struct import_item *item,
	const struct workload *existing, const struct grid_index *index,
	unsigned step_s, struct err *err)
{
	int phase_s, r;

	if (existing)
		phase_s = existing->phase_s;
	else if (grid_find_phase(index, step_s, &phase_s) < 0)
		return err_oom(err);
	r = merge_workload(
		run->store, existing, index, step_s, phase_s, &item->merged, err);
	return r < 0 ? err_wrap(err, r, "workload %s", item->name) : 0;
}

/* The readings of one workload are complete. */
static int finish_workload(
	struct run *run, uint32_t workload, const char *name, struct err *err)
{
	const struct workload *existing = workload_list_find(&run->stored, name);
	struct import_item *item = add_item(run, name);
	struct reading_block block = { .bytes = NULL };
	struct grid_index index = { .entry = NULL };
	int64_t step_s;
	int r;

	if (!item)
		return err_oom(err);
	item->is_new = !existing;
	r = existing ? check_source(existing, err) : 0;
	if (r >= 0)
		r = spool_load(run->spool, workload, &block, err);
	if (r >= 0)
		r = grid_index_build(&block, &index, err);
	if (r < 0)
		goto out;
	item->rows = block.count;
	item->repeated = index.repeated;
	item->conflicting = index.conflicting;
	item->unordered = index.unordered;
	if (index.count == 0)
		goto out; /* a header alone */
	if (existing) {
		r = merge_item(run, item, existing, &index, existing->step_s, err);
		goto out;
	}
	r = grid_find_step(&index, &step_s);
	if (r < 0)
		r = err_oom(err);
	else if (r == 0)
		r = keep_waiting(run, (size_t)(item - run->report->item), &index, err);
	else if (step_s > INT_MAX)
		r = err_set(err, -EINVAL,
			"workload %s: expected a step of seconds or days, "
			"found %" PRId64 " s",
			name, step_s);
	else
		r = merge_item(run, item, NULL, &index, (unsigned)step_s, err);
out:
	grid_index_done(&index);
	reading_block_done(&block);
	return r;
}

/* The most frequent step of the workloads that have one; ties: the larger. */
static unsigned common_step(const struct import_report *report)
{
	struct {
		unsigned step_s;
		size_t count;
	} seen[64], *best = NULL;
	size_t count = 0;

	for (size_t i = 0; i < report->items; i++) {
		unsigned step_s = report->item[i].merged.step_s;
		size_t k = 0;

		while (k < count && seen[k].step_s != step_s)
			k++;
		if (step_s == 0 || (k == count && count == ARRAY_LEN(seen)))
			continue;
		if (k == count)
			seen[count++].count = 0;
		seen[k].step_s = step_s;
		seen[k].count++;
	}
	for (size_t k = 0; k < count; k++) {
		if (!best || seen[k].count > best->count ||
			(seen[k].count == best->count && seen[k].step_s > best->step_s))
			best = &seen[k];
	}
	return best ? best->step_s : GRID_FALLBACK_STEP_S;
}

static int finish_waiting(struct run *run, struct err *err)
{
	unsigned step_s = common_step(run->report);

	for (size_t i = 0; i < run->waitings; i++) {
		struct waiting *waiting = &run->waiting[i];
		struct grid_entry entry = { waiting->reading->stamp, waiting->reading };
		struct grid_index index = {
			.entry = &entry, .count = 1, .known = waiting->reading->known
		};
		int r = merge_item(run, &run->report->item[waiting->item], NULL, &index,
			step_s, err);

		if (r < 0)
			return r;
	}
	return 0;
}

struct grouped_path {
	uint32_t name; /* number of its workload, in the order of the paths */
	size_t path;
};

static int by_name(const void *a, const void *b)
{
	const struct grouped_path *x = a, *y = b;

	if (x->name != y->name)
		return x->name < y->name ? -1 : 1;
	return x->path < y->path ? -1 : x->path > y->path;
}

/* Which files hold the same workload. */
static int group_paths(struct run *run, struct grouped_path *grouped, struct err *err)
{
	const struct import_request *request = run->request;

	for (size_t i = 0; i < request->path_count; i++) {
		const char *name = NULL;
		size_t length = 0;
		int r;

		r = request->importer->name_of_path(
			request->paths[i], &name, &length, err);
		if (r >= 0)
			r = sink_find_workload(
				&run->sink, name, length, &grouped[i].name, err);
		if (r < 0)
			return r;
		grouped[i].path = i;
	}
	qsort(grouped, request->path_count, sizeof(*grouped), by_name);
	return 0;
}

/* Files whose names say which workload they hold: one workload after the other. */
static int read_grouped(struct run *run, struct err *err)
{
	const struct import_request *request = run->request;
	struct grouped_path *grouped = calloc(request->path_count, sizeof(*grouped));
	int r;

	if (!grouped)
		return err_oom(err);
	r = group_paths(run, grouped, err);
	for (size_t i = 0; r >= 0 && i < request->path_count; i++) {
		run->base = grouped[i].name;
		r = read_file(run, request->paths[grouped[i].path], err);
		if (r < 0 ||
			(i + 1 < request->path_count &&
				grouped[i + 1].name == grouped[i].name))
			continue;
		r = finish_workload(run, 0, run->names.name[grouped[i].name], err);
		spool_clear(run->spool);
	}
	free(grouped);
	return r;
}

/* Files whose rows name the workloads: all of them, then one workload at a time. */
static int read_mixed(struct run *run, struct err *err)
{
	const struct import_request *request = run->request;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < request->path_count; i++)
		r = read_file(run, request->paths[i], err);
	for (uint32_t i = 0; r >= 0 && i < run->names.count; i++)
		r = finish_workload(run, i, run->names.name[i], err);
	return r;
}

static void sum_up(struct import_report *report)
{
	for (size_t i = 0; i < report->items; i++) {
		const struct import_item *item = &report->item[i];

		report->repeated += item->repeated + item->merged.repeated;
		report->conflicting += item->conflicting + item->merged.conflicting;
		report->shared += item->merged.shared;
		report->shifted += item->merged.shifted;
		report->unordered += item->unordered;
	}
}

static bool has_change(const struct import_report *report)
{
	for (size_t i = 0; i < report->items; i++) {
		if (report->item[i].merged.is_changed ||
			(report->item[i].is_new && report->item[i].rows > 0))
			return true;
	}
	return false;
}

/* Sizes for the progress bar; what cannot be read is refused when its turn comes. */
static void add_sizes(struct run *run)
{
	struct stat info;

	for (size_t i = 0; i < run->request->path_count; i++) {
		if (stat(run->request->paths[i], &info) == 0 && S_ISREG(info.st_mode))
			run->bytes_total += (uint64_t)info.st_size;
	}
}

static int look_at_store(struct run *run, struct err *err)
{
	int r;

	r = import_newest(run->store, &run->newest_import, err);
	if (r < 0)
		return r;
	return store_workloads(run->store, &run->stored, err);
}

static int prepare(struct run *run, struct err *err)
{
	size_t count = run->request->path_count;

	if (count == 0)
		return err_set(err, -EINVAL, "expected at least one file");
	run->report->file = calloc(count, sizeof(*run->report->file));
	if (!run->report->file)
		return err_oom(err);
	add_sizes(run);
	return spool_new(store_dir(run->store), SPOOL_MEMORY_BYTES, &run->spool, err);
}

int import_run(struct store *store, const struct import_request *request,
	struct import_report *ret_report, struct err *err)
{
	struct import_report report = { .id = 0 };
	struct run run = { .sink = { .find_workload = sink_find_workload,
				   .put = sink_put },
		.store = store,
		.request = request,
		.report = &report };
	int r;

	r = prepare(&run, err);
	if (r >= 0)
		r = look_at_store(&run, err);
	if (r >= 0)
		r = request->importer->name_of_path ? read_grouped(&run, err)
						    : read_mixed(&run, err);
	if (r >= 0)
		r = finish_waiting(&run, err);
	sum_up(&report);
	report.repaired = run.sink.repaired + report.unordered;
	if (r >= 0 && has_change(&report))
		r = import_commit(store, request, &report, run.newest_import, err);
	if (r < 0)
		report.refused = 1;
	for (size_t i = 0; i < run.waitings; i++)
		free(run.waiting[i].reading);
	free(run.waiting);
	names_done(&run.names);
	spool_free(run.spool);
	workload_list_done(&run.stored);
	*ret_report = report;
	return r;
}

void import_report_done(struct import_report *report)
{
	for (size_t i = 0; i < report->items; i++) {
		free(report->item[i].name);
		merged_done(&report->item[i].merged);
	}
	free(report->item);
	free(report->file);
	*report = (struct import_report){ .id = 0 };
}
