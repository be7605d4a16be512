#include "analyze/import/import.h"

#include "analyze/import/import_remarks.h"
#include "analyze/import/import_run.h"
#include "common/array.h"
#include "common/util.h"
#include "store/db/facts.h"
#include "store/db/imports.h"
#include "store/db/workloads.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Readings of this many bytes stay in memory, the others go to a nameless file. */
#define SPOOL_MEMORY_BYTES ((size_t)12 << 20)
#define STEP_MAX_S (7 * 86400)
/* ---- files ---------------------------------------------------------------------------- */

const char *import_file_outcome(const struct import_file *file)
{
	return file->is_refused ? "refused" : account_outcome(&file->account);
}

/* Looked at before any of it is taken: what is refused must leave nothing. */
static int read_dry(struct import_run *run, struct import_file *file, struct err *err)
{
	struct import_sink dry;
	int r;

	import_sink_dry(&dry, NULL);
	r = import_read_source(run, file, &dry, err);
	if (r >= 0 || r == -ENOMEM)
		return r;
	file->is_refused = true;
	file->reason = strdup(err->text);
	if (!file->reason)
		return err_oom(err);
	run->report->refused++;
	run->bytes_done += file->bytes;
	return 0;
}

static int import_read_file(struct import_run *run, const char *path, struct err *err)
{
	struct import_file *file = &run->report->file[run->report->files];
	int r = 0;

	*file = (struct import_file){ .path = path };
	run->report->files++;
	if (run->request->is_keeping_going)
		r = read_dry(run, file, err);
	if (r < 0 || file->is_refused)
		return r;
	run->sink.account = &file->account;
	r = import_read_source(run, file, &run->sink, err);
	run->sink.account = NULL;
	run->bytes_done += file->bytes;
	if (r < 0)
		run->report->refused++;
	return r;
}

/* ---- workloads ------------------------------------------------------------------------- */

static struct import_item *add_report_item(struct import_run *run, const char *name)
{
	struct import_report *report = run->report;
	struct import_item *item;

	if (ARRAY_RESERVE(report->item, run->item_room, report->items + 1) < 0)
		return NULL;
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
		[ORIGIN_SAMPLED] = "is sampled on this machine",
		[ORIGIN_STORE] = "was taken over from another machine's store",
		[ORIGIN_SAMPLE] = "is a SAMPLE workload",
	};

	if (workload->origin == ORIGIN_IMPORTED)
		return 0;
	return err_set(err, -EEXIST,
		"the workload %s %s, an import must not be mixed with it: rename the "
		"file or the workload (analyze workload rename)",
		workload->name, why[workload->origin]);
}

static int keep_waiting(struct import_run *run, size_t item,
	const struct grid_index *index, struct err *err)
{
	size_t bytes = packed_reading_bytes(index->entry[0].reading->known);
	struct import_waiting *waiting;

	if (ARRAY_RESERVE(run->waiting, run->waiting_room, run->waitings + 1) < 0)
		return err_oom(err);
	waiting = &run->waiting[run->waitings];
	waiting->item = item;
	waiting->reading = malloc(bytes);
	if (!waiting->reading)
		return err_oom(err);
	memcpy(waiting->reading, index->entry[0].reading, bytes);
	run->waitings++;
	return 0;
}

static int merge_item(struct import_run *run, struct import_item *item,
	const struct workload *existing, const struct grid_index *index,
	unsigned step_s, struct err *err)
{
	struct workload known;
	int phase_s, r;

	if (existing && existing->last > 0)
		phase_s = existing->phase_s;
	else if (grid_find_phase(index, step_s, &phase_s) < 0)
		return err_oom(err);
	if (existing) {
		/* one of which only facts are known takes any step */
		known = *existing;
		known.step_s = step_s;
		known.phase_s = phase_s;
	}
	r = merge_workload(run->store, existing ? &known : NULL, index, step_s, phase_s,
		&item->merged, err);
	return r < 0 ? err_wrap(err, r, "workload %s", item->name) : 0;
}

/* What the store has of an import already is nothing new. */
static void drop_known_facts(struct import_item *item, const struct fact_list *known)
{
	size_t kept = 0;

	for (size_t i = 0; i < item->facts; i++) {
		struct import_fact *fact = &item->fact[i];
		const char *key = fact_table[fact->fact].key;
		bool is_known = false;

		for (size_t k = 0; k < known->count; k++)
			is_known |= !strcmp(known->fact[k].key, key) &&
				!strcmp(known->fact[k].origin,
					fact_origin_name(FACT_ORIGIN_IMPORT)) &&
				!strcmp(known->fact[k].value, fact->value);
		if (is_known)
			free(fact->value);
		else
			item->fact[kept++] = *fact;
	}
	item->facts = kept;
}

static int take_facts(struct import_run *run, struct import_item *item,
	uint32_t workload, const struct workload *existing, struct err *err)
{
	struct import_brought *brought = import_brought_of(run, workload, err);
	struct fact_list known;
	int r;

	if (!brought)
		return -ENOMEM;
	item->fact = brought->fact;
	item->facts = brought->facts;
	brought->fact = NULL;
	brought->facts = 0;
	if (!existing || item->facts == 0)
		return 0;
	r = store_facts(run->store, existing->id, &known, err);
	if (r < 0)
		return r;
	drop_known_facts(item, &known);
	fact_list_done(&known);
	return 0;
}

/* The step that the readings have, unless the store has rows of the workload already. */
static int merge_readings(struct import_run *run, struct import_item *item,
	const struct workload *existing, const struct grid_index *index,
	struct err *err)
{
	int64_t step_s;
	int r;

	if (existing && existing->last > 0)
		return merge_item(run, item, existing, index, existing->step_s, err);
	r = grid_find_step(index, &step_s);
	if (r < 0)
		return err_oom(err);
	if (r == 0)
		return keep_waiting(
			run, (size_t)(item - run->report->item), index, err);
	/* two readings weeks apart say nothing of a step */
	if (step_s > STEP_MAX_S)
		step_s = GRID_FALLBACK_STEP_S;
	return merge_item(run, item, existing, index, (unsigned)step_s, err);
}

/* The readings of one workload are complete. */
int import_finish_workload(
	struct import_run *run, uint32_t workload, const char *name, struct err *err)
{
	const struct workload *existing = workload_list_find(&run->stored, name);
	struct import_item *item = add_report_item(run, name);
	struct reading_block block = { .bytes = NULL };
	struct grid_index index = { .entry = NULL };
	int r;

	if (!item)
		return err_oom(err);
	item->is_new = !existing;
	r = import_sink_reduce(run, workload, err);
	if (r >= 0)
		r = take_facts(run, item, workload, existing, err);
	if (r >= 0)
		r = spool_load(run->spool, workload, &block, err);
	/* facts may come to any workload, figures to an imported one alone */
	if (r >= 0 && existing && block.count > 0)
		r = check_source(existing, err);
	if (r >= 0)
		r = grid_index_build(&block, &index, err);
	if (r < 0)
		goto out;
	item->rows = block.count;
	item->repeated = index.repeated;
	item->conflicting = index.conflicting;
	item->unordered = index.unordered;
	r = import_remark(&run->report->remarks, name, &index, run->request->now, err);
	if (r < 0)
		goto out;
	if (index.count > 0) /* else a header alone, or facts */
		r = merge_readings(run, item, existing, &index, err);
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

int import_finish_waiting(struct import_run *run, struct err *err)
{
	unsigned step_s = common_step(run->report);

	for (size_t i = 0; i < run->waitings; i++) {
		struct import_waiting *waiting = &run->waiting[i];
		struct grid_entry entry = { waiting->reading->stamp, waiting->reading };
		struct grid_index index = {
			.entry = &entry, .count = 1, .known = waiting->reading->known
		};
		struct import_item *item = &run->report->item[waiting->item];
		int r = merge_item(run, item,
			workload_list_find(&run->stored, item->name), &index, step_s,
			err);

		if (r < 0)
			return r;
		free(waiting->reading);
		waiting->reading = NULL;
	}
	run->waitings = 0;
	return 0;
}

struct grouped_path {
	uint32_t name; /* number of its workload, in the order of the paths */
	size_t path;
};

static int import_by_name(const void *a, const void *b)
{
	const struct grouped_path *x = a, *y = b;

	if (x->name != y->name)
		return x->name < y->name ? -1 : 1;
	return x->path < y->path ? -1 : x->path > y->path;
}

/* Which files hold the same workload. */
static int group_paths(
	struct import_run *run, struct grouped_path *grouped, struct err *err)
{
	const struct import_request *request = run->request;

	for (size_t i = 0; i < run->report->walked.count; i++) {
		const char *name = NULL;
		size_t length = 0;
		int r;

		r = request->importer->name_of_path(
			run->report->walked.path[i], &name, &length, err);
		if (r >= 0)
			r = run->sink.find_workload(
				&run->sink, name, length, &grouped[i].name, err);
		if (r < 0)
			return r;
		grouped[i].path = i;
	}
	qsort(grouped, run->report->walked.count, sizeof(*grouped), import_by_name);
	return 0;
}

/* Files whose names say which workload they hold: one workload after the other. */
static int read_grouped(struct import_run *run, struct err *err)
{
	struct grouped_path *grouped =
		calloc(run->report->walked.count, sizeof(*grouped));
	int r;

	if (!grouped)
		return err_oom(err);
	r = group_paths(run, grouped, err);
	for (size_t i = 0; r >= 0 && i < run->report->walked.count; i++) {
		run->base = grouped[i].name;
		r = import_read_file(
			run, run->report->walked.path[grouped[i].path], err);
		if (r < 0 ||
			(i + 1 < run->report->walked.count &&
				grouped[i + 1].name == grouped[i].name))
			continue;
		r = import_finish_workload(
			run, 0, run->names.name[grouped[i].name], err);
		spool_clear(run->spool);
	}
	free(grouped);
	return r;
}

/* Files whose rows name the workloads: all of them, then one workload at a time. */
static int read_mixed(struct import_run *run, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < run->report->walked.count; i++)
		r = import_read_file(run, run->report->walked.path[i], err);
	for (uint32_t i = 0; r >= 0 && i < run->names.count; i++)
		r = import_finish_workload(run, i, run->names.name[i], err);
	return r;
}

/* Names that only look different, among those that are here or come. */
static int remark_names(struct import_run *run, struct err *err)
{
	size_t count = 0;
	const char **name =
		calloc(run->names.count + run->stored.count + 1, sizeof(*name));
	int r;

	if (!name)
		return err_oom(err);
	for (uint32_t i = 0; i < run->names.count; i++)
		name[count++] = run->names.name[i];
	for (size_t i = 0; i < run->stored.count; i++)
		name[count++] = run->stored.workload[i].name;
	r = import_remark_names(&run->report->remarks, name, count, err);
	free(name);
	return r;
}

void import_sum_up(struct import_report *report)
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

bool import_has_change(const struct import_report *report)
{
	for (size_t i = 0; i < report->items; i++) {
		if (report->item[i].merged.is_changed || report->item[i].facts > 0 ||
			(report->item[i].is_new && report->item[i].rows > 0))
			return true;
	}
	return false;
}

/* Sizes for the progress bar; what cannot be read is refused when its turn comes. */
static void add_sizes(struct import_run *run)
{
	struct stat info;

	for (size_t i = 0; i < run->report->walked.count; i++) {
		if (stat(run->report->walked.path[i], &info) == 0 &&
			S_ISREG(info.st_mode))
			run->bytes_total += (uint64_t)info.st_size;
	}
}

static int look_at_store(struct import_run *run, struct err *err)
{
	int r;

	r = import_newest(run->store, &run->newest_import, err);
	if (r < 0)
		return r;
	return store_workloads(run->store, &run->stored, err);
}

static int import_prepare(struct import_run *run, struct err *err)
{
	size_t count;
	int r;

	if (run->request->origin) {
		r = import_walk_origin(run->request->origin, &run->report->walked, err);
	} else {
		if (run->request->path_count == 0)
			return err_set(err, -EINVAL, "expected at least one file");
		r = import_walk(run->request->paths, run->request->path_count,
			!run->request->importer || run->request->importer->walks,
			&run->report->walked, err);
	}
	if (r < 0)
		return r;
	count = run->report->walked.count;
	if (count == 0)
		return err_set(err, -ENOENT, "%s: there are no files below it",
			run->request->paths[0]);
	run->report->file = calloc(count, sizeof(*run->report->file));
	if (!run->report->file)
		return err_oom(err);
	if (run->request->origin)
		run->bytes_total = count;
	else
		add_sizes(run);
	return spool_new(store_dir(run->store), SPOOL_MEMORY_BYTES, &run->spool, err);
}

/* Whatever fails, the report is complete: who asked is told what was read up to
 * there, and the commit at the end has not begun. */
int import_run(struct store *store, const struct import_request *request,
	struct import_report *ret_report, struct err *err)
{
	struct import_report report = { .id = 0 };
	struct import_run run = {
		.store = store, .request = request, .report = &report
	};
	int r;

	import_sink_init(&run);
	r = import_prepare(&run, err);
	if (r >= 0)
		r = look_at_store(&run, err);
	if (r >= 0 && request->origin)
		r = import_read_origin(&run, err);
	else if (r >= 0)
		r = request->importer && request->importer->name_of_path
			? read_grouped(&run, err)
			: read_mixed(&run, err);
	if (r >= 0 && !request->origin)
		r = import_finish_waiting(&run, err);
	if (r >= 0)
		r = remark_names(&run, err);
	import_sum_up(&report);
	report.repaired = run.sink.repaired + report.unordered;
	if (r >= 0 && !request->origin && import_has_change(&report))
		r = import_commit(store, request, &report, run.newest_import, err);
	if (r < 0 && report.refused == 0)
		report.refused = 1;
	for (uint32_t i = 0; i < run.brought_room; i++)
		import_brought_done(&run.brought[i]);
	free(run.brought);
	for (size_t i = 0; i < run.waitings; i++)
		free(run.waiting[i].reading);
	free(run.waiting);
	names_done(&run.names);
	spool_free(run.spool);
	spool_free(run.parts);
	workload_list_done(&run.stored);
	*ret_report = report;
	return r;
}

void import_report_done(struct import_report *report)
{
	for (size_t i = 0; i < report->items; i++) {
		struct import_item *item = &report->item[i];

		for (size_t k = 0; k < item->facts; k++)
			free(item->fact[k].value);
		free(item->fact);
		free(item->name);
		merged_done(&item->merged);
	}
	for (size_t i = 0; i < report->files; i++) {
		account_done(&report->file[i].account);
		free(report->file[i].reason);
	}
	account_done(&report->remarks);
	free(report->host);
	free(report->item);
	free(report->file);
	import_paths_done(&report->walked);
	*report = (struct import_report){ .id = 0 };
}
