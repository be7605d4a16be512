#include "store/rrd/header_settle.h"
#include "store/fsck.h"

#include "store/rrd/checksum.h"
#include "store/db/events.h"
#include "store/rrd/header_copies.h"
#include "store/dir/data_dir.h"
#include "store/dir/path.h"
#include "store/internal.h"
#include "store/rrd/row_sums_batch.h"
#include "store/rrd/rrd_file.h"
#include "store/db/workloads.h"
#include "common/array.h"
#include "common/clock.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct fsck_run {
	struct store *store;
	struct fsck_report report;
	size_t allocated;
	bool may_write;
	double *block;
};

void fsck_report_done(struct fsck_report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		free(report->item[i].what);
		free(report->item[i].text);
	}
	free(report->item);
	*report = (struct fsck_report){ .count = 0 };
}

static int fsck_note(struct fsck_run *check, const char *what, enum fsck_state state,
	const char *text, struct err *err)
{
	struct fsck_report *report = &check->report;
	struct fsck_item item = { .state = state };

	report->whole += state == FSCK_WHOLE;
	report->rebuilt += state == FSCK_REBUILT;
	report->lost += state == FSCK_LOST;
	if (state == FSCK_WHOLE)
		return 0;
	if (ARRAY_RESERVE(report->item, check->allocated, report->count + 1) < 0)
		return err_oom(err);
	item.what = strdup(what);
	item.text = strdup(text);
	if (!item.what || !item.text) {
		free(item.what);
		free(item.text);
		return err_oom(err);
	}
	report->item[report->count++] = item;
	return 0;
}

/* ---- RRD files ---------------------------------------------------------------------- */

/* Every row of every archive; the checksum of all of them. */
static int read_open(struct fsck_run *check, const struct rrd_file *file,
	uint64_t *ret_hash, struct err *err)
{
	uint64_t hash = CHECKSUM_SEED;
	int r = 0;

	check->report.bytes_read += file->header_bytes;
	for (size_t i = 0; i < file->archive_count && r >= 0; i++) {
		struct rrd_rows rows;

		rrd_rows_begin(&rows, file, i, INT64_MIN, INT64_MAX);
		while ((r = rrd_rows_next(&rows, check->block, RRD_BLOCK_BYTES, err)) >
			0) {
			size_t size = rows.count * rows.stride * sizeof(double);

			hash = checksum_add(hash, check->block, size);
			check->report.bytes_read += size;
		}
	}
	if (r == 0)
		*ret_hash = hash;
	return r;
}

/* One line for each run of damaged blocks. */
static int fsck_note_damage(struct fsck_run *check, const char *what,
	const struct rrd_file *file, bool is_mended, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < row_sums_view(file)->damaged_count && r == 0; i++) {
		const struct row_range *range = &row_sums_view(file)->damaged[i];
		const struct rrd_archive *archive = &file->archive[range->archive];
		char stamps[ROW_RANGE_TEXT_SIZE], text[ROW_RANGE_TEXT_SIZE + 160];

		snprintf(text, sizeof(text),
			"%llu rows of %u s (%s) do not match their checksum%s: %s",
			(unsigned long long)range->count, archive->step_s,
			archive->cf_name, is_mended ? " and were made unknown" : "",
			row_range_text(file, range, stamps));
		r = fsck_note(check, what, FSCK_LOST, text, err);
	}
	return r;
}

/* So that `analyze status` tells of it, too, when fsck ran unseen. */
static int add_event(struct fsck_run *check, const struct workload *workload,
	const char *name, const struct rrd_file *file, struct err *err)
{
	const struct row_range *range = &row_sums_view(file)->damaged[0];
	char stamps[ROW_RANGE_TEXT_SIZE], text[ROW_RANGE_TEXT_SIZE + 160];
	char kind[] = "damage";
	struct event event = { .workload_id = workload->id,
		.at = clock_wall_s(),
		.kind = kind,
		.text = text };

	snprintf(text, sizeof(text),
		"%.60s: rows of %u s did not match their checksums and were made "
		"unknown: %s%s",
		name, file->archive[range->archive].step_s,
		row_range_text(file, range, stamps),
		row_sums_view(file)->damaged_count > 1 ? ", and more" : "");
	return store_event_add(check->store, &event, err);
}

/*
 * The same for a file by its name.  Rows that do not match their sums are noted and made
 * unknown; 1 when there were any.
 */
static int fsck_read_rows(struct fsck_run *check, const struct workload *workload,
	const char *name, const char *path, uint64_t *ret_hash, struct err *err)
{
	const char *what = data_path_below(check->store->dir, path);
	struct rrd_file file;
	bool is_damaged = false;
	int r = rrd_file_open(path, &file, err);

	if (r < 0)
		return r;
	r = row_sums_attach_reader(
		check->store->work->sums, workload->folder, name, &file, err);
	if (r >= 0)
		r = read_open(check, &file, ret_hash, err);
	if (r < 0)
		r = err_wrap(err, r, "%s", path);
	if (r == 0 && row_sums_view(&file)) {
		check->report.rows_checked += row_sums_view(&file)->rows_checked;
		check->report.rows_unchecked += row_sums_view(&file)->rows_unchecked;
		is_damaged = row_sums_view(&file)->damaged_count > 0;
	} else if (r == 0 && file.archive_count > 1) {
		for (size_t i = 0; i < file.archive_count; i++)
			check->report.rows_unchecked += file.archive[i].rows;
	}
	if (r == 0 && is_damaged) {
		bool is_mended = check->may_write &&
			row_sums_mend(check->store->dir, workload->folder, name, &file,
				NULL) == 0;

		r = fsck_note_damage(check, what, &file, is_mended, err);
		if (r == 0 && is_mended)
			r = add_event(check, workload, name, &file, err);
	}
	rrd_file_close(&file);
	return r < 0 ? r : is_damaged;
}

/* What the daemon does when it starts, for this file alone: the others are whole and
 * may be newer than what was saved. */
static bool restore_header(
	const struct fsck_run *check, const struct workload *workload, const char *file)
{
	const struct header_name name = { .folder = workload->folder, .file = file };

	return check->may_write &&
		header_copies_restore_file(check->store->dir, &name, NULL) > 0;
}

/* hash: as it was imported; NULL: written by the daemon, always changing. */
static int fsck_check_file(struct fsck_run *check, const struct workload *workload,
	const char *file, const char *hash, struct err *err)
{
	char path[PATH_MAX], what[PATH_MAX], text[24];
	struct err why = ERR_INIT;
	uint64_t found = 0;
	int r = path_series(
		check->store->dir, workload->folder, file, path, sizeof(path), err);

	if (r < 0)
		return r;
	snprintf(what, sizeof(what), "%s", data_path_below(check->store->dir, path));
	r = fsck_read_rows(check, workload, file, path, &found, &why);
	if (r > 0)
		return 0; /* noted, row by row */
	if (r == -EBADMSG && restore_header(check, workload, file) &&
		fsck_read_rows(check, workload, file, path, &found, NULL) == 0)
		return fsck_note(check, what, FSCK_REBUILT,
			"its header was damaged; the saved one was put back", err);
	if (r == -ENOENT)
		return fsck_note(check, what, FSCK_LOST, "the file is gone", err);
	if (r == -ENOMEM)
		return err_set(err, r, "%s", why.text);
	if (r < 0)
		return fsck_note(check, what, FSCK_LOST, why.text, err);
	snprintf(text, sizeof(text), "%016llx", (unsigned long long)found);
	if (hash && strcmp(hash, text) != 0)
		return fsck_note(check, what, FSCK_LOST,
			"its values are not those that were imported", err);
	return fsck_note(check, what, FSCK_WHOLE, NULL, err);
}

/* The files that the database knows; the rest of the folder comes after. */
static int check_noted(struct fsck_run *check, const struct workload *workload,
	sqlite3 *db, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	int r = db_prepare(db, &statement, err,
		"SELECT file, hash FROM archives WHERE workload_id = ? ORDER BY file",
		"i", workload->id);

	while (r >= 0 && (r = db_step(statement, err)) > 0) {
		const char *file = NULL, *hash = NULL;

		if (db_text_at(statement, 0, &file) < 0 ||
			db_text_at(statement, 1, &hash) < 0)
			r = err_oom(err);
		else if (file)
			r = fsck_check_file(check, workload, file, hash, err);
	}
	sqlite3_finalize(statement);
	return r;
}

static int is_noted(struct fsck_run *check, const struct workload *workload,
	const char *file, struct err *err)
{
	int64_t one = 0;

	return db_first(check->store, &db_row_number, &one, err,
		"SELECT 1 FROM archives WHERE workload_id = ? AND file = ?", "is",
		workload->id, file);
}

/* Files made by a batch that was cut short before its transaction. */
static int check_unnoted(
	struct fsck_run *check, const struct workload *workload, struct err *err)
{
	char path[PATH_MAX], name[PATH_NAME_MAX + 1];
	struct dirent *entry = NULL;
	DIR *folder = NULL;
	int r = 0;

	if (data_path_workload(check->store->dir, workload->folder, path, NULL) < 0)
		return 0;
	folder = opendir(path);
	while (folder && r == 0 && (entry = readdir(folder)) != NULL) {
		size_t length = strlen(entry->d_name);

		if (length <= 4 || strcmp(entry->d_name + length - 4, ".rrd") != 0)
			continue;
		entry->d_name[length - 4] = '\0';
		if (path_decode(entry->d_name, name, sizeof(name)) < 0)
			continue;
		r = is_noted(check, workload, name, err);
		if (r == 0)
			r = fsck_check_file(check, workload, name, NULL, err);
		else if (r > 0)
			r = 0;
	}
	if (folder)
		closedir(folder);
	return r;
}

static int check_workloads(struct fsck_run *check, struct err *err)
{
	struct workload_list list = { .count = 0 };
	sqlite3 *db = NULL;
	int r = store_workloads(check->store, &list, err);

	if (r == 0)
		r = store_reader(check->store, &db, err);
	for (size_t i = 0; i < list.count && r == 0 && db; i++) {
		r = check_noted(check, &list.workload[i], db, err);
		if (r == 0)
			r = check_unnoted(check, &list.workload[i], err);
	}
	workload_list_done(&list);
	return r;
}

/* ---- the database ---------------------------------------------------------------------- */

/* Moves it aside under the lock and goes on with what could be rebuilt. */
static int replace_database(struct fsck_run *check, struct err *err)
{
	struct store *store = check->store;
	sqlite3 *db = NULL;
	int fd = -1;
	int r = 0;

	store_rollback(store);
	r = store_lock_take(store->dir, 10000, &fd, err);
	if (r < 0)
		return r;
	r = salvage_replace(store, &db, err);
	if (r == 0)
		db_close_writer(db);
	store_lock_drop(fd);
	return r < 0 ? r : store_begin(store, 10000, err);
}

static int fsck_check_database(struct fsck_run *check, struct err *err)
{
	char text[512];
	sqlite3 *db = NULL;
	int r = store_reader(check->store, &db, err);

	if (r < 0 || !db)
		return r;
	if (check->store->work->notice[0]) /* store_begin has met the damage already */
		return fsck_note(check, "headroom.db", FSCK_LOST,
			check->store->work->notice, err);
	r = db_check(db, true, text, sizeof(text));
	if (r < 0 && r != -EBADMSG) /* it could not be looked at */
		return err_set(err, r, "%s", text);
	if (r == 0)
		return fsck_note(check, "headroom.db", FSCK_WHOLE, NULL, err);
	if (!check->may_write)
		return fsck_note(check, "headroom.db", FSCK_LOST, text, err);
	r = replace_database(check, err);
	return r < 0 ? r
		     : fsck_note(check, "headroom.db", FSCK_LOST,
			       check->store->work->notice, err);
}

/* ---- all of it ------------------------------------------------------------------------- */

/* With the lock where we may write, without it where we may not. */
static int begin(struct fsck_run *check, int timeout_ms, struct err *err)
{
	char path[PATH_MAX];
	int r = 0;

	if (data_path(check->store->dir, DATA_DATABASE, path, NULL) < 0 ||
		access(path, F_OK) < 0)
		return 0; /* an empty store: nothing is made for it */
	r = store_begin(check->store, timeout_ms, err);
	if (r == 0)
		check->may_write = true;
	return r == -EACCES || r == -EROFS || r == -EPERM ? 0 : r;
}

int fsck_run(struct store *store, int timeout_ms, struct fsck_report *ret_report,
	struct err *err)
{
	struct fsck_run check = { .store = store };
	int r = 0;

	check.block = malloc(RRD_BLOCK_BYTES);
	if (!check.block)
		return err_oom(err);
	r = begin(&check, timeout_ms, err);
	if (r == 0)
		r = fsck_check_database(&check, err);
	if (r == 0)
		r = check_workloads(&check, err);
	if (store_in_transaction(store)) {
		int committed = r == 0 ? store_commit(store, err) : 0;

		store_rollback(store);
		r = r == 0 ? committed : r;
	}
	free(check.block);
	if (r < 0) {
		fsck_report_done(&check.report);
		return r;
	}
	*ret_report = check.report;
	return 0;
}
