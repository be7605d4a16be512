/* Files made whole in a folder of their own, published with a transaction. */
#include "store/incoming.h"

#include "common/array.h"
#include "store/dir/data_dir.h"
#include "store/dir/folder.h"
#include "store/dir/path.h"
#include "store/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Over this many files one syncfs is cheaper than an fsync for each. */
#define SYNC_EACH_MAX 16

static void remove_flat(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry = NULL;

	if (!folder)
		return;
	while ((entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(folder), entry->d_name, 0);
	closedir(folder);
	rmdir(path);
}

/* What an import that was killed left behind: its process is gone. */
static void remove_stale(const char *dir)
{
	char path[PATH_MAX];
	struct dirent *entry = NULL;
	DIR *folder = NULL;

	if (data_path(dir, DATA_INCOMING, path, NULL) < 0)
		return;
	folder = opendir(path);
	if (!folder)
		return;
	while ((entry = readdir(folder)) != NULL) {
		char *end = NULL;
		long pid = strtol(entry->d_name, &end, 10);

		if (pid <= 0 || *end != '-' || kill((pid_t)pid, 0) == 0 ||
			errno != ESRCH)
			continue;
		if (data_path_format(dir, path, NULL, "%s/%s", data_name(DATA_INCOMING),
			    entry->d_name) == 0)
			remove_flat(path);
	}
	closedir(folder);
}

static int incoming_open(struct store *store, struct err *err)
{
	char path[PATH_MAX], dir[sizeof(store->work->incoming_dir)];
	uint32_t random = 0;
	int length = 0;
	int r = 0;

	if (store->work->incoming_dir[0])
		return 0;
	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return err_errno(err, "random numbers");
	if (!pending_is_left(store))
		remove_stale(store->dir);
	snprintf(dir, sizeof(dir), "%s/%ld-%08x", data_name(DATA_INCOMING),
		(long)getpid(), random);
	length = snprintf(path, sizeof(path), "%s/x", dir);
	if (length < 0)
		return err_set(err, -EINVAL, "incoming");
	r = folder_make(store->dir, err);
	if (r == 0)
		r = folder_make_parents(store->dir, path, err);
	if (r == 0)
		memcpy(store->work->incoming_dir, dir, sizeof(dir));
	return r;
}

static int incoming_path(const struct store *store, unsigned handle,
	char path[DATA_PATH_BYTES], struct err *err)
{
	return data_path_format(
		store->dir, path, err, "%s/%u.rrd", store->work->incoming_dir, handle);
}

int incoming_new(struct store *store, unsigned *ret_handle,
	char ret_path[DATA_PATH_BYTES], struct err *err)
{
	int r = incoming_open(store, err);

	if (r == 0)
		r = incoming_path(store, store->work->next_handle + 1, ret_path, err);
	if (r < 0)
		return r;
	*ret_handle = ++store->work->next_handle;
	return 0;
}

int incoming_remember(
	struct store *store, unsigned handle, uint64_t hash, struct err *err)
{
	if (ARRAY_RESERVE(store->work->incoming, store->work->incoming_allocated,
		    store->work->incoming_count + 1) < 0)
		return err_oom(err);
	store->work->incoming[store->work->incoming_count++] =
		(struct incoming_file){ .handle = handle, .hash = hash };
	return 0;
}

/* Handles rise, and an import of 20,000 workloads asks for each of 80,000. */
static struct incoming_file *incoming_find(struct store *store, unsigned handle)
{
	size_t low = 0, high = store->work->incoming_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (store->work->incoming[middle].handle < handle)
			low = middle + 1;
		else
			high = middle;
	}
	return low < store->work->incoming_count &&
			store->work->incoming[low].handle == handle
		? &store->work->incoming[low]
		: NULL;
}

static int sync_file(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r = 0;

	if (fd < 0 || fsync(fd) < 0)
		r = err_errno(err, "%s", path);
	if (fd >= 0)
		close(fd);
	return r;
}

int incoming_sync(struct store *store, struct err *err)
{
	char path[PATH_MAX];
	size_t published = 0;
	int r = 0;

	for (size_t i = 0; i < store->work->incoming_count; i++)
		published += store->work->incoming[i].is_published;
	if (published > SYNC_EACH_MAX) {
		int fd = open(store->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0 || syncfs(fd) < 0)
			r = err_errno(err, "%s", store->dir);
		if (fd >= 0)
			close(fd);
		return r;
	}
	for (size_t i = 0; i < store->work->incoming_count && r == 0; i++) {
		if (!store->work->incoming[i].is_published)
			continue;
		r = incoming_path(store, store->work->incoming[i].handle, path, err);
		if (r == 0)
			r = sync_file(path, err);
	}
	return r;
}

void incoming_settle(struct store *store, bool is_committed)
{
	char path[PATH_MAX];
	size_t kept = 0;

	for (size_t i = 0; i < store->work->incoming_count; i++) {
		if (!store->work->incoming[i].is_published) {
			store->work->incoming[kept++] = store->work->incoming[i];
			continue;
		}
		if (!is_committed &&
			incoming_path(store, store->work->incoming[i].handle, path,
				NULL) == 0)
			unlink(path);
	}
	store->work->incoming_count = kept;
}

void incoming_close(struct store *store)
{
	char path[PATH_MAX];

	if (!store->work->incoming_dir[0] || store->work->keeps_incoming)
		return;
	if (data_path_format(store->dir, path, NULL, "%s", store->work->incoming_dir) ==
		0)
		remove_flat(path);
	if (data_path(store->dir, DATA_INCOMING, path, NULL) == 0)
		rmdir(path); /* when nobody else is importing */
	store->work->incoming_dir[0] = '\0';
}

/* ---- publishing ---------------------------------------------------------------------- */

/* "rrd/<folder>/<file>.rrd", or "undo/<id>/<folder>/<file>.rrd" */
static int relative_path(const char *top, const struct workload *workload,
	const char *file, char *path, size_t size, struct err *err)
{
	char encoded[PATH_NAME_MAX + 1];
	int length = 0;
	int r = path_encode(file, encoded, sizeof(encoded), err);

	if (r < 0)
		return r;
	length = snprintf(path, size, "%s/%s/%s.rrd", top, workload->folder, encoded);
	if (length < 0 || (size_t)length >= size)
		return err_set(err, -ENAMETOOLONG, "a path in the store is too long");
	return 0;
}

static bool exists(const struct store *store, const char *relative)
{
	char path[PATH_MAX];

	return data_path_format(store->dir, path, NULL, "%s", relative) == 0 &&
		access(path, F_OK) == 0;
}

int store_publish(struct store *store, unsigned handle, const struct workload *workload,
	const char *file, int64_t import_id, struct err *err)
{
	struct incoming_file *incoming = incoming_find(store, handle);
	char target[PATH_MAX], kept[PATH_MAX], from[128], top[48], hash[24];
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	if (r < 0)
		return r;
	if (!incoming || incoming->is_published)
		return err_set(err, -EINVAL, "no such incoming file");
	r = relative_path("rrd", workload, file, target, sizeof(target), err);
	if (r < 0)
		return r;
	if (import_id) {
		snprintf(top, sizeof(top), "undo/%lld", (long long)import_id);
		r = relative_path(top, workload, file, kept, sizeof(kept), err);
		if (r == 0 && exists(store, target) && !exists(store, kept))
			r = pending_add(store, target, kept, err);
		if (r < 0)
			return r;
	}
	snprintf(from, sizeof(from), "%s/%u.rrd", store->work->incoming_dir, handle);
	snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)incoming->hash);
	r = pending_add(store, from, target, err);
	if (r == 0)
		r = db_run(db, err,
			"INSERT INTO archives (workload_id, file, hash) VALUES (?, ?, "
			"?) ON CONFLICT DO UPDATE SET hash = excluded.hash",
			"iss", workload->id, file, hash);
	if (r == 0)
		incoming->is_published = true;
	return r;
}

int store_undo_file(struct store *store, int64_t import_id,
	const struct workload *workload, const char *file, struct err *err)
{
	char target[PATH_MAX], kept[PATH_MAX], top[48];
	sqlite3 *db = NULL;
	int r = store_writer(store, &db, err);

	snprintf(top, sizeof(top), "undo/%lld", (long long)import_id);
	if (r == 0)
		r = relative_path("rrd", workload, file, target, sizeof(target), err);
	if (r == 0)
		r = relative_path(top, workload, file, kept, sizeof(kept), err);
	if (r < 0)
		return r;
	if (exists(store, kept)) {
		r = db_run(db, err,
			"UPDATE archives SET hash = NULL WHERE workload_id = ? AND "
			"file = ?",
			"is", workload->id, file);
		return r < 0 ? r : pending_add(store, kept, target, err);
	}
	r = db_run(db, err, "DELETE FROM archives WHERE workload_id = ? AND file = ?",
		"is", workload->id, file);
	return r < 0 ? r : pending_add(store, NULL, target, err);
}

int store_undo_forget(struct store *store, int64_t import_id, struct err *err)
{
	char top[48];

	snprintf(top, sizeof(top), "undo/%lld", (long long)import_id);
	return pending_add(store, NULL, top, err);
}
