/* What the folder of a workload holds. */
#include "store/files.h"

#include "common/array.h"
#include "store/dir/data_dir.h"
#include "store/dir/path.h"
#include "store/rrd/rrd_file.h"
#include "store/internal.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every archive of one row step is one entry; NULL: out of memory. */
static struct store_archive *describe_archives(
	const struct rrd_file *rrd, size_t *ret_count)
{
	struct store_archive *list = calloc(rrd->archive_count, sizeof(*list));
	size_t count = 0;

	for (size_t i = 0; list && i < rrd->archive_count; i++) {
		const struct rrd_archive *from = &rrd->archive[i];
		struct store_archive *to = NULL;

		if (!from->has_cf)
			continue;
		for (size_t k = 0; k < count && !to; k++)
			if (list[k].step_s == from->step_s)
				to = &list[k];
		if (!to)
			to = &list[count++];
		to->step_s = from->step_s;
		to->has_average |= from->cf == RRA_AVERAGE;
		to->has_min |= from->cf == RRA_MIN;
		to->has_max |= from->cf == RRA_MAX;
		if (from->rows > to->rows) {
			to->rows = from->rows;
			to->first = from->first;
			to->last = from->last;
		}
	}
	*ret_count = count;
	return list;
}

static int compare_archives(const void *left, const void *right)
{
	const struct store_archive *a = left;
	const struct store_archive *b = right;

	return a->step_s < b->step_s ? -1 : a->step_s > b->step_s;
}

static int files_describe(const struct rrd_file *rrd, const char *name,
	struct store_file *ret_file, struct err *err)
{
	struct store_file file = {
		.step_s = rrd->step_s,
		.last_update = rrd->last_update,
	};

	file.name = strdup(name);
	file.column = calloc(rrd->column_count, sizeof(*file.column));
	if (!file.name || !file.column)
		goto no_memory;
	for (size_t i = 0; i < rrd->column_count; i++) {
		file.column[i] = strdup(rrd->column[i].name);
		if (!file.column[i])
			goto no_memory;
		file.column_count++;
	}
	file.archive = describe_archives(rrd, &file.archive_count);
	if (!file.archive)
		goto no_memory;
	qsort(file.archive, file.archive_count, sizeof(*file.archive),
		compare_archives);
	*ret_file = file;
	return 0;
no_memory:
	store_file_done(&file);
	return err_oom(err);
}

void store_file_done(struct store_file *file)
{
	free(file->name);
	for (size_t i = 0; i < file->column_count; i++)
		free(file->column[i]);
	free(file->column);
	free(file->archive);
	*file = (struct store_file){ .step_s = 0 };
}

void store_file_list_done(struct store_file_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		store_file_done(&list->file[i]);
	free(list->file);
	*list = (struct store_file_list){ .count = 0 };
}

int store_locate(const struct store *store, const char *folder, const char *file,
	char path[DATA_PATH_BYTES], struct err *err)
{
	const char *where = NULL;
	int r = path_series(store->dir, folder, file, path, DATA_PATH_BYTES, err);

	if (r < 0 || store->work->pending.count == 0)
		return r;
	where = pending_where(
		&store->work->pending, store->dir, data_path_below(store->dir, path));
	if (!where)
		return err_set(err, -ENOENT, "%s: no such file", path);
	if (where == data_path_below(store->dir, path))
		return 0;
	return data_path_format(store->dir, path, err, "%s", where);
}

int store_file_info(struct store *store, const struct workload *workload,
	const char *file, struct store_file *ret_file, struct err *err)
{
	char path[PATH_MAX];
	struct rrd_file rrd = { .fd = -1 };
	int r = store_locate(store, workload->folder, file, path, err);

	if (r == 0)
		r = rrd_file_open(path, &rrd, err);
	if (r < 0)
		return r;
	r = files_describe(&rrd, file, ret_file, err);
	rrd_file_close(&rrd);
	return r;
}

/* A hashed name is known by the database alone. */
static int name_of_hashed(struct store *store, const struct workload *workload,
	const char *encoded, char *name, size_t size, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	char again[PATH_NAME_MAX + 1];
	bool is_found = false;
	sqlite3 *db = NULL;
	int r = store_reader(store, &db, err);

	if (r < 0 || !db)
		return r < 0 ? r : -ENOENT;
	r = db_prepare(db, &statement, err,
		"SELECT file FROM archives WHERE workload_id = ?", "i", workload->id);
	while (!is_found && r >= 0 && (r = db_step(statement, err)) > 0) {
		const char *file = NULL;

		if (db_text_at(statement, 0, &file) < 0) {
			r = err_oom(err);
			break;
		}
		if (!file || path_encode(file, again, sizeof(again), NULL) < 0 ||
			strcmp(again, encoded) != 0)
			continue;
		snprintf(name, size, "%s", file);
		is_found = true;
	}
	sqlite3_finalize(statement);
	return r < 0 ? r : is_found ? 0 : -ENOENT;
}

/* The name behind "<encoded>.rrd"; -ENOENT for what is none of ours. */
static int name_of(struct store *store, const struct workload *workload,
	const char *entry, char *name, size_t size, struct err *err)
{
	char encoded[NAME_MAX + 1];
	size_t length = strlen(entry);

	if (entry[0] == '.' || length <= 4 || strcmp(entry + length - 4, ".rrd") != 0)
		return -ENOENT;
	memcpy(encoded, entry, length - 4);
	encoded[length - 4] = '\0';
	if (path_decode(encoded, name, size) == 0)
		return 0;
	return name_of_hashed(store, workload, encoded, name, size, err);
}

static int compare_files(const void *left, const void *right)
{
	return strcmp(((const struct store_file *)left)->name,
		((const struct store_file *)right)->name);
}

/* One entry of the folder; what is none of ours, or cannot be read, is left out. */
static int list_entry(struct store *store, const struct workload *workload,
	const char *entry, struct store_file_list *list, struct err *err)
{
	char name[PATH_INPUT_MAX + 1];
	struct store_file file;
	int r = name_of(store, workload, entry, name, sizeof(name), err);

	if (r == -ENOENT)
		return 0;
	for (size_t i = 0; i < list->count && r == 0; i++)
		if (strcmp(list->file[i].name, name) == 0)
			return 0;
	if (r == 0)
		r = store_file_info(store, workload, name, &file, err);
	if (r == -EBADMSG || r == -ENOENT || r == -EACCES || r == -EIO)
		return 0;
	if (r < 0)
		return r;
	if (ARRAY_EXTEND(list->file, list->count) < 0) {
		store_file_done(&file);
		return err_oom(err);
	}
	list->file[list->count++] = file;
	return 0;
}

static int list_folder(struct store *store, const struct workload *workload,
	DIR *folder, struct store_file_list *list, struct err *err)
{
	struct dirent *entry = NULL;
	int r = 0;

	while (r == 0 && (entry = readdir(folder)) != NULL)
		r = list_entry(store, workload, entry->d_name, list, err);
	return r;
}

/* Files that a commit has yet to move into the folder. */
static int list_pending(struct store *store, const struct workload *workload,
	const char *below, struct store_file_list *list, struct err *err)
{
	const struct pending_list *pending = &store->work->pending;
	size_t length = strlen(below);
	int r = 0;

	for (size_t i = 0; i < pending->count && r == 0; i++) {
		const struct pending_move *move = &pending->move[i];

		if (move->from && strncmp(move->target, below, length) == 0 &&
			move->target[length] == '/')
			r = list_entry(
				store, workload, move->target + length + 1, list, err);
	}
	return r;
}

int store_files(struct store *store, const struct workload *workload,
	struct store_file_list *ret_list, struct err *err)
{
	struct store_file_list list = { .count = 0 };
	char path[PATH_MAX];
	DIR *folder = NULL;
	int r = 0;

	r = data_path_workload(store->dir, workload->folder, path, err);
	if (r < 0)
		return err_wrap(err, r, "%s", workload->name);
	folder = opendir(path);
	if (folder) {
		r = list_folder(store, workload, folder, &list, err);
		closedir(folder);
	} else if (errno != ENOENT) {
		r = err_errno(err, "%s", path);
	}
	if (r == 0)
		r = list_pending(
			store, workload, data_path_below(store->dir, path), &list, err);
	if (r < 0) {
		store_file_list_done(&list);
		return r;
	}
	if (list.count > 1)
		qsort(list.file, list.count, sizeof(*list.file), compare_files);
	*ret_list = list;
	return 0;
}
