#include "analyze/import/import_store.h"

#include "analyze/import/decided.h"
#include "analyze/import/import.h"
#include "analyze/import/import_notes.h"
#include "analyze/import/parcel_arrive.h"
#include "analyze/import/parcel_source.h"
#include "analyze/import/undo.h"
#include "common/array.h"
#include "common/timefmt.h"
#include "store/dir/data_dir.h"
#include "store/db/decisions.h"
#include "store/db/facts.h"
#include "store/db/imports.h"
#include "store/db/workloads.h"
#include "store/files.h"
#include "store/incoming.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A workload of another store. */
struct other_workload {
	const struct other_store *other; /* borrowed */
	const struct workload *there;    /* borrowed: of other's list */
	bool is_here;                    /* here is filled */
	struct workload here;
	struct arrivals arrivals;
	struct parcel_notes notes;
};

struct other_store {
	const char *dir;
	struct parcel_source *source;
};

struct store_import {
	struct store *store;
	const struct import_store_request *request;
	struct other_store *other;
	size_t others;
	struct other_workload *taken;
	size_t takens;
	struct import_store_report *report;
};

/* ---- taking one workload ----------------------------------------------------------------- */

static int have_file(struct store_import *run, struct other_workload *taken,
	const char *name, struct err *err)
{
	char path[PATH_MAX], own_name[PATH_MAX];
	struct rrd_file file;
	int r = path_series(store_dir(run->store), taken->here.folder, name, path,
		sizeof(path), err);

	if (r < 0)
		return r;
	if (rrd_file_open(path, &file, NULL) < 0)
		return 0; /* theirs takes its place */
	snprintf(own_name, sizeof(own_name), "%s", name);
	r = parcel_have(taken->other->source, &file, own_name, err);
	rrd_file_close(&file);
	return r;
}

/* What stands here need not come again. */
static int have_files(
	struct store_import *run, struct other_workload *taken, struct err *err)
{
	struct store_file_list list = { .count = 0 };
	int r = store_files(run->store, &taken->here, &list, err);

	for (size_t i = 0; r >= 0 && i < list.count; i++)
		r = have_file(run, taken, list.file[i].name, err);
	store_file_list_done(&list);
	return r;
}

static int take_contents(struct store_import *run, struct other_workload *taken,
	struct import_store_item *item, struct err *err)
{
	struct parcel_source *source = taken->other->source;
	const struct workload_list *list = parcel_source_list(source);
	int r = parcel_want(source, (size_t)(taken->there - list->workload), err);

	if (r >= 0 && taken->is_here)
		r = have_files(run, taken, err);
	if (r >= 0)
		r = parcel_ask(source, err);
	taken->arrivals = (struct arrivals){ .store = run->store,
		.here = taken->is_here ? &taken->here : NULL };
	if (r >= 0)
		r = arrive(&taken->arrivals, source, &taken->notes, err);
	item->files = taken->arrivals.files;
	item->rows = taken->arrivals.rows;
	return r;
}

/* Machines cloned from one image share the id of the store in it, and often the name too; and
 * a copy from a backup is older than what is here.  Neither takes the place of what stands. */
static int refuse_other_history(const struct other_workload *taken, struct err *err)
{
	const struct workload *there = taken->there, *here = &taken->here;
	char text[TIME_TEXT_SIZE], own[TIME_TEXT_SIZE];

	if (!taken->is_here || there->origin != ORIGIN_SAMPLED)
		return 0;
	if (taken->arrivals.contradicted > 0)
		return err_set(err, -EEXIST,
			"%s: %s has other readings than %s here, or has lost some, from "
			"%s on: two machines made from one image? Give one of them "
			"another name there (analyze workload rename), or forget it "
			"here first",
			taken->other->dir, there->name, here->name,
			time_text(taken->arrivals.contradicted_at, text));
	if (there->last < here->last)
		return err_set(err, -EEXIST,
			"%s: %s ends %s there and %s here: an older copy of the same "
			"machine's store brings nothing new",
			taken->other->dir, there->name, time_text(there->last, text),
			time_text(here->last, own));
	return 0;
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
static int find_here(struct store_import *run, struct other_workload *taken,
	struct import_store_item *item, struct err *err)
{
	const struct other_store *other = taken->other;
	struct workload here;
	int r;

	r = store_workload_by_origin(run->store, parcel_source_id(other->source),
		taken->there->name, &here, NULL);
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
	taken->here = here;
	taken->is_here = true;
	if (here.step_s != taken->there->step_s)
		return err_set(err, -EINVAL,
			"%s: %s has a step of %u s there and of %u s here: forget it "
			"here first (analyze workload forget)",
			other->dir, taken->there->name, taken->there->step_s,
			here.step_s);
	item->name = strdup(here.name);
	return item->name ? 0 : err_oom(err);
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

/* What is not whole is let go of. */
static void drop_last(struct store_import *run)
{
	struct import_store_item *item = &run->report->item[--run->report->items];
	struct other_workload *taken = &run->taken[--run->takens];

	free(item->name);
	*item = (struct import_store_item){ .name = NULL };
	arrivals_done(&taken->arrivals);
	parcel_notes_done(&taken->notes);
	if (taken->is_here)
		workload_done(&taken->here);
}

static int take_workload(struct store_import *run, const struct other_store *other,
	const struct workload *there, struct err *err)
{
	struct import_store_item *item;
	struct other_workload *taken;
	int r;

	if (ARRAY_EXTEND(run->report->item, run->report->items) < 0 ||
		ARRAY_EXTEND(run->taken, run->takens) < 0)
		return err_oom(err);
	item = &run->report->item[run->report->items++];
	taken = &run->taken[run->takens++];
	*item = (struct import_store_item){ .dir = other->dir };
	*taken = (struct other_workload){ .other = other, .there = there };
	r = find_here(run, taken, item, err);
	if (r >= 0)
		r = check_others(run, other, err);
	if (r >= 0)
		r = take_contents(run, taken, item, err);
	if (r >= 0)
		r = refuse_other_history(taken, err);
	if (r < 0)
		drop_last(run);
	return r;
}

/* ---- the stores -------------------------------------------------------------------------- */

static int refuse_own(const struct other_store *other, struct err *err)
{
	return err_set(err, -EINVAL,
		"%s: expected another machine's store, found this one (or a "
		"copy of it)",
		other->dir);
}

/* A child of ours has what SQLite knows of the open database: it must not open it. */
static bool is_own_folder(const struct store_import *run, const char *dir)
{
	struct stat there, here;

	return stat(dir, &there) == 0 && stat(store_dir(run->store), &here) == 0 &&
		there.st_dev == here.st_dev && there.st_ino == here.st_ino;
}

static int open_other(
	struct store_import *run, struct other_store *other, struct err *err)
{
	int r = is_own_folder(run, other->dir)
		? refuse_own(other, err)
		: parcel_source_open(other->dir, &other->source, err);

	if (r < 0)
		return r;
	for (const struct other_store *before = run->other; before < other; before++)
		if (before->source &&
			!strcmp(parcel_source_id(before->source),
				parcel_source_id(other->source)))
			return err_set(err, -EINVAL,
				"%s: the same store as %s (or a copy of it)",
				other->dir, before->dir);
	return strcmp(parcel_source_id(other->source), store_id(run->store)) != 0
		? 0
		: refuse_own(other, err);
}

static int take_other(
	struct store_import *run, struct other_store *other, struct err *err)
{
	const struct workload_list *list;
	int r = open_other(run, other, err);

	list = r < 0 ? NULL : parcel_source_list(other->source);
	for (size_t i = 0; r >= 0 && i < list->count; i++) {
		const struct workload *there = &list->workload[i];

		if (there->origin == ORIGIN_SAMPLE)
			run->report->samples_left_out++;
		else
			r = take_workload(run, other, there, err);
	}
	return r;
}

static int note_refused(struct store_import *run, const char *why, struct err *err)
{
	struct import_store_report *report = run->report;

	if (ARRAY_EXTEND(report->refused, report->refusals) < 0)
		return err_oom(err);
	report->refused[report->refusals] = strdup(why);
	if (!report->refused[report->refusals])
		return err_oom(err);
	report->refusals++;
	return 0;
}

/*
 * 1: what is whole may be kept although it is not all, and *err says what failed.  Of a
 * folder nothing is kept: it is there to be read again.
 */
static int take_all(struct store_import *run, struct err *err)
{
	const struct import_store_request *request = run->request;
	int r = 0;

	run->other = calloc(request->count, sizeof(*run->other));
	if (!run->other)
		return err_oom(err);
	run->report->stores = request->count;
	while (r >= 0 && run->others < request->count) {
		struct other_store *other = &run->other[run->others++];

		other->dir = request->dirs[run->others - 1];
		r = take_other(run, other, err);
		if (r == -ENOMEM || r == -ENOSPC)
			break;
		if (r < 0 && request->is_keeping_going)
			r = note_refused(run, err->text, err);
		else if (r < 0 && parcel_is_remote(other->dir) && run->takens > 0)
			return 1;
	}
	return r;
}

/* ---- the transaction ------------------------------------------------------------------- */

static bool has_change(const struct import_store_item *item)
{
	return item->is_new || item->files || item->taken.notes ||
		item->taken.exclusions || item->taken.reviews;
}

/* What the other store states here now, and what it stated before: NULL where nothing. */
static char *stated_by_store(const struct fact_list *list, const char *key)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->fact[i].key, key) == 0 &&
			fact_origin_find(list->fact[i].origin) == FACT_ORIGIN_STORE)
			return list->fact[i].value;
	}
	return NULL;
}

/* The statements that came: borrowed from the two lists. */
static size_t find_new_facts(const struct fact_list *before,
	const struct fact_list *after, struct undo_fact *fact)
{
	size_t count = 0;

	for (size_t i = 0; i < after->count; i++) {
		const char *key = after->fact[i].key;
		char *prior = stated_by_store(before, key);

		if (fact_origin_find(after->fact[i].origin) != FACT_ORIGIN_STORE ||
			(prior && strcmp(prior, after->fact[i].value) == 0))
			continue;
		fact[count++] = (struct undo_fact){ key, prior };
	}
	return count;
}

static int import_store_publish(struct store_import *run, int64_t import_id,
	const struct other_workload *taken, const struct workload *here, int64_t now,
	struct undo_made *made, struct err *err)
{
	size_t files = taken->arrivals.files;
	struct undo_file *undo = calloc(files + 1, sizeof(*undo));
	int r = undo ? 0 : err_oom(err);

	for (size_t i = 0; r >= 0 && i < files; i++) {
		const struct arrived_file *file = &taken->arrivals.file[i];

		undo[i] = (struct undo_file){ file->name, file->is_new };
		r = store_publish(
			run->store, file->handle, here, file->name, import_id, err);
	}
	made->file = undo;
	made->files = files;
	if (r >= 0)
		r = undo_note(run->store, import_id, here->id, now, made, err);
	free(undo);
	return r;
}

/* The notes of the other store, and what an undo has to know of them. */
static int copy_notes(struct store_import *run, int64_t import_id,
	const struct other_workload *taken, struct import_store_item *item,
	const struct workload *here, const struct import_workload *touched, int64_t now,
	struct err *err)
{
	struct fact_list before = { .count = 0 }, after = { .count = 0 };
	struct decided stood = { .reviews = { .count = 0 } },
		       stands = { .reviews = { .count = 0 } };
	struct decision_mark from, to;
	int64_t *back = NULL;
	struct undo_made made = {
		.origin = FACT_ORIGIN_STORE, .before = &from, .after = &to
	};
	struct undo_fact *fact = NULL;
	int r = store_facts(run->store, here->id, &before, err);

	if (r >= 0)
		r = store_decision_mark(run->store, &from, err);
	if (r >= 0)
		r = decided_now(run->store, here->id, &stood, err);
	if (r >= 0)
		r = import_notes_copy(
			&taken->notes, run->store, here->id, now, &item->taken, err);
	if (r >= 0)
		r = store_decision_mark(run->store, &to, err);
	if (r >= 0)
		r = decided_now(run->store, here->id, &stands, err);
	if (r >= 0 &&
		!(back = calloc(stood.reviews.count + stood.exclusions.count + 1,
			  sizeof(*back))))
		r = err_oom(err);
	if (r >= 0)
		decided_taken_back(&stood, &stands, back, &made.back);
	if (r >= 0)
		r = store_facts(run->store, here->id, &after, err);
	if (r >= 0 && !(fact = calloc(after.count + 1, sizeof(*fact))))
		r = err_oom(err);
	if (r >= 0) {
		made.facts = find_new_facts(&before, &after, fact);
		made.fact = fact;
	}
	if (r >= 0 && has_change(item)) {
		r = store_import_add_workload(run->store, import_id, touched, err);
		if (r >= 0)
			r = import_store_publish(
				run, import_id, taken, here, now, &made, err);
	}
	free(fact);
	free(back);
	decided_done(&stood);
	decided_done(&stands);
	fact_list_done(&before);
	fact_list_done(&after);
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
		.prior_first = taken->here.first,
		.prior_last = taken->here.last };
	struct workload here;
	int r;

	r = item->is_new ? store_workload_ensure(run->store, item->name, ORIGIN_STORE,
				   there->step_s, there->phase_s, &here, err)
			 : store_workload_get(run->store, item->name, &here, err);
	if (r < 0)
		return r;
	if (item->is_new)
		r = store_workload_set_origin(run->store, here.id,
			parcel_source_id(taken->other->source), there->name, err);
	touched.workload_id = here.id;
	if (r >= 0)
		r = copy_notes(run, import_id, taken, item, &here, &touched, now, err);
	if (r >= 0 && item->files)
		r = store_workload_set_span(
			run->store, here.id, there->first, there->last, err);
	workload_done(&here);
	return r;
}

static bool import_store_has_change(const struct import_store_report *report)
{
	for (size_t i = 0; i < report->items; i++)
		if (has_change(&report->item[i]))
			return true;
	return false;
}

static int import_store_commit_all(
	struct store_import *run, int64_t newest_import, struct err *err)
{
	int64_t now = run->request->now;
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

static int commit(struct store_import *run, int64_t newest_import, struct err *err)
{
	int r;

	r = store_begin(run->store, run->request->lock_timeout_ms, err);
	if (r < 0)
		return r;
	r = import_store_commit_all(run, newest_import, err);
	if (r >= 0 && import_store_has_change(run->report))
		return store_commit(run->store, err);
	store_rollback(run->store);
	run->report->id = 0;
	return r;
}

static void import_store_run_done(struct store_import *run)
{
	for (size_t i = 0; i < run->takens; i++) {
		arrivals_done(&run->taken[i].arrivals);
		parcel_notes_done(&run->taken[i].notes);
		if (run->taken[i].is_here)
			workload_done(&run->taken[i].here);
	}
	while (run->others > 0) /* the last first: each restores what it found */
		parcel_source_close(run->other[--run->others].source);
	free(run->taken);
	free(run->other);
}

int import_store(struct store *store, const struct import_store_request *request,
	struct import_store_report *ret_report, struct err *err)
{
	struct import_store_report *report = ret_report;
	struct store_import run = {
		.store = store, .request = request, .report = report
	};
	struct err partial = ERR_INIT;
	int64_t newest_import;
	bool is_partial = false;
	int r;

	*report = (struct import_store_report){ .id = 0 };
	r = import_newest(store, &newest_import, err);
	if (r >= 0)
		r = take_all(&run, err);
	if (r > 0) {
		is_partial = true;
		partial = *err;
	}
	if (r >= 0)
		r = commit(&run, newest_import, err);
	if (r < 0)
		report->id = 0;
	if (r >= 0 && is_partial)
		r = err_set(err, -ECONNABORTED, "%s", partial.text);
	import_store_run_done(&run);
	return r;
}

void import_store_report_done(struct import_store_report *report)
{
	for (size_t i = 0; i < report->items; i++)
		free(report->item[i].name);
	for (size_t i = 0; i < report->refusals; i++)
		free(report->refused[i]);
	free(report->item);
	free(report->refused);
	*report = (struct import_store_report){ .id = 0 };
}
