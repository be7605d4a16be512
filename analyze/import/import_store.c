#include "analyze/import/import_store.h"

#include "analyze/import/archive_compare.h"
#include "analyze/import/import.h"
#include "analyze/import/import_notes.h"
#include "analyze/import/undo.h"
#include "common/array.h"
#include "store/db/exclusions.h"
#include "store/db/reviews.h"
#include "store/db/imports.h"
#include "store/dir/data_dir.h"
#include "store/dir/path.h"
#include "store/db/workloads.h"
#include "store/incoming.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX 4096 /* archives of one workload */

/* An archive that is new or changed. */
struct other_file {
	char *name;
	unsigned handle;
	bool is_new;
};

/* A workload of another store. */
struct other_workload {
	struct store *from;           /* borrowed */
	const struct workload *there; /* borrowed: of from's list */
	int64_t here_id;              /* 0: not here yet */
	int64_t here_first, here_last;
	char *here_folder;
	struct other_file *file;
	size_t files;
};

struct other_store {
	const char *dir;
	struct store *store;
	struct workload_list list;
};

struct store_import {
	struct store *store;
	struct other_store *other;
	size_t others;
	struct other_workload *taken;
	size_t takens;
	struct import_store_report *report;
};

/* ---- taking the archives of one workload --------------------------------------------- */

static int take_file(struct store_import *run, struct other_workload *taken,
	struct import_store_item *item, const char *name, struct err *err)
{
	char there[PATH_MAX], here[PATH_MAX];
	struct other_file *file;
	bool is_same = false;
	uint64_t rows = 0;
	int r;

	r = path_series(store_dir(taken->from), taken->there->folder, name, there,
		sizeof(there), err);
	if (r >= 0 && taken->here_id)
		r = path_series(store_dir(run->store), taken->here_folder, name, here,
			sizeof(here), err);
	if (r < 0)
		return r;
	if (ARRAY_EXTEND(taken->file, taken->files) < 0)
		return err_oom(err);
	file = &taken->file[taken->files];
	r = archive_compare(there, taken->here_id ? here : NULL, &file->is_new,
		&is_same, &rows, err);
	if (r < 0 || is_same)
		return r;
	r = store_incoming_copy(run->store, there, &file->handle, err);
	if (r < 0)
		return r;
	file->name = strdup(name);
	if (!file->name)
		return err_oom(err);
	taken->files++;
	item->files++;
	item->rows += rows;
	return 0;
}

static int is_archive(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 4 &&
		!strcmp(entry->d_name + length - 4, ".rrd");
}

/* Every archive in the workload's folder, by name. */
static int take_files(struct store_import *run, struct other_workload *taken,
	struct import_store_item *item, struct err *err)
{
	char path[PATH_MAX], name[PATH_NAME_MAX + 1];
	struct dirent **entries;
	int count, r;

	/* path_series refuses a folder that is no plain name */
	r = path_series(store_dir(taken->from), taken->there->folder, "x", path,
		sizeof(path), err);
	if (r < 0)
		return r;
	*strrchr(path, '/') = '\0';
	count = scandir(path, &entries, is_archive, alphasort);
	if (count < 0)
		return errno == ENOENT ? 0 : err_errno(err, "%s", path);
	if (count > FILES_MAX)
		r = err_set(err, -EFBIG, "%s: expected at most %d archives, found %d",
			path, FILES_MAX, count);
	for (int i = 0; i < count; i++) {
		char *file = entries[i]->d_name;

		file[strlen(file) - 4] = '\0';
		if (r >= 0 && path_decode(file, name, sizeof(name)) < 0)
			r = err_set(err, -EINVAL,
				"%s: an archive's name there is none of ours", path);
		if (r >= 0)
			r = take_file(run, taken, item, name, err);
		free(entries[i]);
	}
	free(entries);
	return r;
}

/* ---- which workload is which ----------------------------------------------------------- */

static int refuse_clash(const struct other_store *other, const struct workload *there,
	const char *by, struct err *err)
{
	return err_set(err, -EEXIST,
		"%s: a workload called %s is here already (%s): give one of them "
		"another name with `analyze workload rename` first",
		other->dir, there->name, by);
}

/* Where it came from decides; a name alone never does. */
static int find_here(struct store_import *run, const struct other_store *other,
	struct other_workload *taken, struct import_store_item *item, struct err *err)
{
	struct workload here;
	int r;

	r = store_workload_by_origin(
		run->store, store_id(other->store), taken->there->name, &here, NULL);
	if (r == -ENOENT) {
		r = store_workload_get(run->store, taken->there->name, &here, NULL);
		if (r == -ENOENT) {
			item->is_new = true;
			item->name = strdup(taken->there->name);
			return item->name ? 0 : err_oom(err);
		}
		if (r >= 0) {
			r = refuse_clash(other, taken->there,
				workload_origin_name(here.origin), err);
			workload_done(&here);
		}
		return r;
	}
	if (r < 0)
		return err_set(err, r, "the workloads of this store cannot be read");
	if (here.step_s != taken->there->step_s) {
		r = err_set(err, -EINVAL,
			"%s: %s has a step of %u s there and of %u s here: forget it "
			"here first (analyze workload forget)",
			other->dir, taken->there->name, taken->there->step_s,
			here.step_s);
	} else {
		taken->here_id = here.id;
		taken->here_first = here.first;
		taken->here_last = here.last;
		taken->here_folder = strdup(here.folder);
		item->name = strdup(here.name);
		r = taken->here_folder && item->name ? 0 : err_oom(err);
	}
	workload_done(&here);
	return r;
}

/* Two stores of one command may hold the same name. */
static int check_others(const struct store_import *run, const struct other_store *other,
	struct err *err)
{
	const struct import_store_report *report = run->report;
	const struct import_store_item *item = &report->item[report->items - 1];

	for (size_t i = 0; i + 1 < report->items; i++) {
		if (item->is_new && !strcmp(report->item[i].name, item->name))
			return refuse_clash(other, run->taken[run->takens - 1].there,
				report->item[i].dir, err);
	}
	return 0;
}

static int take_workload(struct store_import *run, const struct other_store *other,
	const struct workload *there, struct err *err)
{
	struct import_store_item *item = &run->report->item[run->report->items++];
	struct other_workload *taken = &run->taken[run->takens++];
	int r;

	*item = (struct import_store_item){ .dir = other->dir };
	*taken = (struct other_workload){ .from = other->store, .there = there };
	r = find_here(run, other, taken, item, err);
	if (r >= 0)
		r = check_others(run, other, err);
	return r < 0 ? r : take_files(run, taken, item, err);
}

/* ---- the stores -------------------------------------------------------------------------- */

static int open_source(struct store_import *run, const char *dir, struct err *err)
{
	struct other_store *other = &run->other[run->others];
	int r;

	r = store_open(dir, &other->store, err);
	if (r < 0)
		return err_wrap(err, r, "%s", dir);
	other->dir = dir;
	run->others++;
	if (!*store_id(other->store))
		return err_set(err, -ENOENT, "%s: expected a store, found none", dir);
	if (!strcmp(store_id(other->store), store_id(run->store)))
		return err_set(err, -EINVAL,
			"%s: expected another machine's store, found this one (or a "
			"copy of it)",
			dir);
	r = store_workloads(other->store, &other->list, err);
	return r < 0 ? err_wrap(err, r, "%s", dir) : 0;
}

static int open_sources(
	struct store_import *run, char *const *dirs, size_t count, struct err *err)
{
	size_t workloads = 0;
	int r = 0;

	run->other = calloc(count, sizeof(*run->other));
	if (!run->other)
		return err_oom(err);
	for (size_t i = 0; r >= 0 && i < count; i++) {
		r = open_source(run, dirs[i], err);
		workloads += run->other[i].list.count;
	}
	if (r < 0)
		return r;
	run->report->stores = count;
	run->taken = calloc(workloads + 1, sizeof(*run->taken));
	run->report->item = calloc(workloads + 1, sizeof(*run->report->item));
	return run->taken && run->report->item ? 0 : err_oom(err);
}

static int count_decisions(
	struct store_import *run, const struct other_store *other, struct err *err)
{
	struct exclusion_list exclusions = { .count = 0 };
	struct review_list reviews = { .count = 0 };
	int r = store_exclusions(other->store, -1, &exclusions, err);

	if (r == 0)
		r = store_reviews(other->store, -1, &reviews, err);
	run->report->exclusions_left_out += exclusions.count;
	run->report->reviews_left_out += reviews.count;
	exclusion_list_done(&exclusions);
	review_list_done(&reviews);
	return r;
}

static int take_all(struct store_import *run, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < run->others; i++) {
		const struct other_store *other = &run->other[i];

		if (r >= 0)
			r = count_decisions(run, other, err);

		for (size_t k = 0; r >= 0 && k < other->list.count; k++) {
			const struct workload *there = &other->list.workload[k];

			if (there->origin == ORIGIN_SAMPLE)
				run->report->samples_left_out++;
			else
				r = take_workload(run, other, there, err);
		}
	}
	return r;
}

/* ---- the transaction ------------------------------------------------------------------- */

static int import_store_publish(struct store_import *run, int64_t import_id,
	const struct other_workload *taken, const struct workload *here, int64_t now,
	struct err *err)
{
	struct undo_file *undo = calloc(taken->files + 1, sizeof(*undo));
	int r = undo ? 0 : err_oom(err);

	for (size_t i = 0; r >= 0 && i < taken->files; i++) {
		undo[i] = (struct undo_file){ taken->file[i].name,
			taken->file[i].is_new };
		r = store_publish(run->store, taken->file[i].handle, here,
			taken->file[i].name, import_id, err);
	}
	if (r >= 0)
		r = undo_note(run->store, import_id, here->id, now, undo, taken->files,
			NULL, 0, err);
	free(undo);
	return r;
}

static int commit_workload(struct store_import *run, int64_t import_id,
	const struct other_workload *taken, struct import_store_item *item, int64_t now,
	struct err *err)
{
	const struct workload *there = taken->there;
	struct import_workload touched = { .first = there->first,
		.last = there->last,
		.slots = item->rows,
		.was_new = item->is_new,
		.prior_first = taken->here_first,
		.prior_last = taken->here_last };
	struct workload here;
	int r;

	r = item->is_new ? store_workload_ensure(run->store, item->name, ORIGIN_STORE,
				   there->step_s, there->phase_s, &here, err)
			 : store_workload_get(run->store, item->name, &here, err);
	if (r < 0)
		return r;
	if (item->is_new)
		r = store_workload_set_origin(
			run->store, here.id, store_id(taken->from), there->name, err);
	touched.workload_id = here.id;
	if (r >= 0)
		r = import_notes_copy(
			taken->from, there->id, run->store, here.id, &item->notes, err);
	if (r >= 0 && (item->is_new || item->files || item->notes)) {
		r = store_import_add_workload(run->store, import_id, &touched, err);
		if (r >= 0)
			r = import_store_publish(
				run, import_id, taken, &here, now, err);
	}
	if (r >= 0 && item->files)
		r = store_workload_set_span(
			run->store, here.id, there->first, there->last, err);
	workload_done(&here);
	return r;
}

static bool import_store_has_change(const struct import_store_report *report)
{
	for (size_t i = 0; i < report->items; i++) {
		if (report->item[i].is_new || report->item[i].files ||
			report->item[i].notes)
			return true;
	}
	return false;
}

static int import_store_commit_all(
	struct store_import *run, int64_t newest_import, int64_t now, struct err *err)
{
	struct import import = { .format = (char[]){ "store" }, .at = now };
	int64_t newest;
	int r;

	r = import_newest(run->store, &newest, err);
	if (r < 0)
		return r;
	if (newest != newest_import)
		return err_set(err, -EAGAIN,
			"another import was stored meanwhile: nothing was changed, "
			"run it again");
	for (size_t i = 0; i < run->report->items; i++)
		import.rows += run->report->item[i].rows;
	r = store_import_add(run->store, &import, &run->report->id, err);
	for (size_t i = 0; r >= 0 && i < run->takens; i++)
		r = commit_workload(run, run->report->id, &run->taken[i],
			&run->report->item[i], now, err);
	if (r >= 0)
		r = undo_forget_old(run->store, err);
	return r;
}

static int commit(struct store_import *run, int64_t newest_import, int64_t now,
	int lock_timeout_ms, struct err *err)
{
	int r;

	r = store_begin(run->store, lock_timeout_ms, err);
	if (r < 0)
		return r;
	r = import_store_commit_all(run, newest_import, now, err);
	if (r >= 0 && import_store_has_change(run->report))
		return store_commit(run->store, err);
	store_rollback(run->store);
	run->report->id = 0;
	return r;
}

static void import_store_run_done(struct store_import *run)
{
	for (size_t i = 0; i < run->takens; i++) {
		for (size_t k = 0; k < run->taken[i].files; k++)
			free(run->taken[i].file[k].name);
		free(run->taken[i].file);
		free(run->taken[i].here_folder);
	}
	for (size_t i = 0; i < run->others; i++) {
		workload_list_done(&run->other[i].list);
		store_close(run->other[i].store);
	}
	free(run->taken);
	free(run->other);
}

int import_store(struct store *store, char *const *dirs, size_t dir_count, int64_t now,
	int lock_timeout_ms, struct import_store_report *ret_report, struct err *err)
{
	struct import_store_report report = { .id = 0 };
	struct store_import run = { .store = store, .report = &report };
	int64_t newest_import;
	int r;

	r = import_newest(store, &newest_import, err);
	if (r >= 0)
		r = open_sources(&run, dirs, dir_count, err);
	if (r >= 0)
		r = take_all(&run, err);
	if (r >= 0)
		r = commit(&run, newest_import, now, lock_timeout_ms, err);
	import_store_run_done(&run);
	if (r < 0)
		import_store_report_done(&report);
	else
		*ret_report = report;
	return r;
}

void import_store_report_done(struct import_store_report *report)
{
	for (size_t i = 0; i < report->items; i++)
		free(report->item[i].name);
	free(report->item);
	*report = (struct import_store_report){ .id = 0 };
}
