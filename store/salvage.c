/* What the archives say when the database was lost. */
#include "store/internal.h"

#include "store/db/db_mend.h"
#include "store/dir/data_dir.h"
#include "store/dir/path.h"
#include "store/rrd/rrd_file.h"
#include "common/clock.h"

#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What one folder of archives says of itself. */
struct found {
	unsigned step_s;
	int64_t first, last;
	bool is_sampled; /* has rows coarser than its step: the daemon wrote it */
};

/* The first stamp with anything known; 0: there is none, or it cannot be read. */
static int64_t salvage_first_known(const struct rrd_file *file)
{
	const struct rrd_archive *archive = &file->archive[0];
	double *block = malloc(RRD_BLOCK_BYTES);
	struct rrd_rows rows;
	int64_t found = 0;

	if (!block)
		return 0;
	rrd_rows_begin(&rows, file, 0, archive->first - archive->step_s, archive->last);
	while (!found && rrd_rows_next(&rows, block, RRD_BLOCK_BYTES, NULL) > 0)
		for (size_t i = 0; i < rows.count * rows.stride && !found; i++)
			if (!isnan(block[i]))
				found = rows.first +
					(int64_t)(i / rows.stride) * archive->step_s;
	free(block);
	return found;
}

static void salvage_look_at_file(const char *path, struct found *found)
{
	struct rrd_file file;
	int64_t first;

	if (rrd_file_open(path, &file, NULL) < 0)
		return;
	if (found->step_s == 0)
		found->step_s = file.step_s;
	if (file.last_update > found->last)
		found->last = file.archive[0].last;
	first = salvage_first_known(&file);
	if (first && (found->first == 0 || first < found->first))
		found->first = first;
	if (file.archive_count > 1)
		found->is_sampled = true;
	rrd_file_close(&file);
}

/* Each archive, as far as it is one: those of a folder. */
typedef int archive_visit(const char *file, const char *name, void *context);

static int each_archive(const char *path, archive_visit *visit, void *context)
{
	DIR *folder = opendir(path);
	struct dirent *entry = NULL;
	char file[PATH_MAX];
	int r = 0;

	if (!folder)
		return 0;
	while (r == 0 && (entry = readdir(folder)) != NULL) {
		size_t length = strlen(entry->d_name);

		if (entry->d_name[0] == '.' || length <= 4 ||
			strcmp(entry->d_name + length - 4, ".rrd") != 0)
			continue;
		if (snprintf(file, sizeof(file), "%s/%s", path, entry->d_name) <
			(int)sizeof(file))
			r = visit(file, entry->d_name, context);
	}
	closedir(folder);
	return r;
}

static int look_visit(const char *file, const char *name, void *found)
{
	(void)name;
	salvage_look_at_file(file, found);
	return 0;
}

static int add_found(
	sqlite3 *db, const char *folder, const struct found *found, struct err *err)
{
	char name[NAME_MAX + 1];

	if (path_decode(folder, name, sizeof(name)) < 0)
		snprintf(name, sizeof(name), "%s", folder);
	return db_run(db, err,
		"INSERT OR IGNORE INTO workloads "
		"(name, folder, source, step_s, first_at, last_at) VALUES (?, ?, ?, ?, ?, ?)",
		"sssiii", name, folder, found->is_sampled ? "sampled" : "imported",
		(int64_t)found->step_s, found->first, found->last);
}

struct salvage_noting {
	sqlite3 *db;
	const char *folder;
	struct err *err;
};

/* Readers go by this list, not by what lies in the folder. */
static int note_visit(const char *file, const char *encoded, void *context)
{
	const struct salvage_noting *noting = context;
	char name[NAME_MAX + 1], stem[NAME_MAX + 1];
	struct rrd_file rrd;

	if (rrd_file_open(file, &rrd, NULL) < 0)
		return 0;
	rrd_file_close(&rrd);
	snprintf(stem, sizeof(stem), "%.*s", (int)(strlen(encoded) - 4), encoded);
	if (path_decode(stem, name, sizeof(name)) < 0)
		return 0;
	return db_run(noting->db, noting->err,
		"INSERT OR IGNORE INTO archives (workload_id, file) "
		"SELECT id, ? FROM workloads WHERE folder = ?",
		"ss", name, noting->folder);
}

static int salvage_folders(
	const char *dir, sqlite3 *db, unsigned *ret_added, struct err *err)
{
	char path[PATH_MAX];
	DIR *folder = NULL;
	struct dirent *entry = NULL;
	unsigned added = 0;
	int r = 0;

	r = data_path(dir, DATA_RRD, path, err);
	folder = r == 0 ? opendir(path) : NULL;
	while (folder && r == 0 && (entry = readdir(folder)) != NULL) {
		struct found found = { .step_s = 0 };

		if (entry->d_name[0] == '.' ||
			data_path_workload(dir, entry->d_name, path, NULL) < 0)
			continue;
		(void)each_archive(path, look_visit, &found);
		if (found.step_s == 0)
			continue;
		r = add_found(db, entry->d_name, &found, err);
		if (r == 0)
			added += (unsigned)sqlite3_changes(db);
		if (r == 0)
			r = each_archive(path, note_visit,
				&(struct salvage_noting){ db, entry->d_name, err });
	}
	if (folder)
		closedir(folder);
	if (r == 0)
		*ret_added = added;
	return r;
}

int salvage_workloads(
	const char *dir, sqlite3 *db, char *notice, size_t notice_size, struct err *err)
{
	unsigned added = 0;
	size_t used = strlen(notice);
	int r = 0;

	r = db_begin(db, err);
	if (r < 0)
		return r;
	r = salvage_folders(dir, db, &added, err);
	if (r == 0 && added > 0)
		snprintf(notice + used, notice_size - used,
			"; %u workloads were found again by their archives", added);
	if (r == 0)
		r = db_run(db, err,
			"INSERT INTO events (at, kind, text) VALUES (?, 'damage', ?)",
			"is", clock_wall_s(), notice);
	if (r == 0)
		r = db_commit(db, err);
	if (r < 0)
		db_rollback(db);
	return r;
}

int salvage_replace(struct store *store, sqlite3 **ret_db, struct err *err)
{
	char *notice = store->work->notice;
	size_t size = sizeof(store->work->notice);
	sqlite3 *db = NULL;
	int r = db_replace(store->dir, &db, notice, size, err);

	if (r < 0)
		return r;
	r = salvage_workloads(store->dir, db, notice, size, err);
	if (r < 0) {
		db_close_writer(db);
		return r;
	}
	*ret_db = db;
	return 0;
}
