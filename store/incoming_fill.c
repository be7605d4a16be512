/* Whole RRD files of imported rows, for store_publish. */
#include "store/incoming.h"

#include "store/rrd/checksum.h"
#include "store/internal.h"
#include "store/rrd/rrd_format.h"
#include "store/rrd/series_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Thousands of files with the same columns: librrd makes the header of the first. */
static char *skeleton_key(
	unsigned step_s, const char *const *column, size_t column_count)
{
	size_t size = 16 + column_count * (RRD_NAME_SIZE + 1);
	char *key = malloc(size);
	size_t used = 0;

	if (!key)
		return NULL;
	used = (size_t)snprintf(key, size, "%u", step_s);
	for (size_t i = 0; i < column_count && used < size; i++)
		used += (size_t)snprintf(key + used, size - used, " %s", column[i]);
	return key;
}

static int skeleton_of(struct store *store, const char *path,
	const struct rra_set *archives, const char *const *column, size_t column_count,
	struct skeleton *ret_skeleton, struct err *err)
{
	struct skeleton_cache *cache = NULL;
	char small[PATH_MAX + 16];
	char *key = skeleton_key(archives->step_s, column, column_count);
	int r = 0;

	if (!key)
		return err_oom(err);
	for (size_t i = 0; i < SKELETON_CACHE_SIZE; i++) {
		cache = &store->work->skeleton[i];
		if (!cache->key || strcmp(cache->key, key) != 0)
			continue;
		*ret_skeleton = (struct skeleton){
			.bytes = cache->bytes,
			.size = cache->size,
			.column_count = column_count,
			.archive_count = archives->count,
		};
		free(key);
		return 0;
	}
	snprintf(small, sizeof(small), "%s.small", path);
	r = skeleton_make(small, archives, column, column_count, 0, ret_skeleton, err);
	if (r < 0) {
		free(key);
		return r;
	}
	/* the cache owns the bytes; the oldest entry makes room */
	cache = &store->work
			 ->skeleton[store->work->next_skeleton++ % SKELETON_CACHE_SIZE];
	free(cache->key);
	free(cache->bytes);
	*cache = (struct skeleton_cache){
		.key = key, .bytes = ret_skeleton->bytes, .size = ret_skeleton->size
	};
	return 0;
}

static int write_file(const char *path, const struct skeleton *skeleton,
	const double *values, size_t count, struct err *err)
{
	int fd = -1;
	int r = file_create(path, &fd, err);

	if (r < 0)
		return r;
	r = file_write(fd, path, skeleton->bytes, skeleton->size, err);
	if (r == 0)
		r = file_write(fd, path, values, count * sizeof(*values), err);
	if (close(fd) < 0 && r == 0)
		r = err_errno(err, "cannot write %s", path);
	if (r < 0)
		unlink(path);
	return r;
}

int store_incoming_rows(struct store *store, const char *const *column,
	size_t column_count, unsigned step_s, int64_t first, size_t rows,
	const double *values, unsigned *ret_handle, struct err *err)
{
	struct rra_set archives;
	struct skeleton skeleton;
	char path[PATH_MAX];
	unsigned handle = 0;
	int r = 0;

	if (rows == 0 || step_s == 0 || first % (int64_t)step_s != 0 || first < step_s)
		return err_set(err, -EINVAL,
			"%zu rows of %u s from %lld cannot be stored", rows, step_s,
			(long long)first);
	rra_set_import(step_s, rows, &archives);
	r = incoming_new(store, &handle, path, err);
	if (r == 0)
		r = skeleton_of(
			store, path, &archives, column, column_count, &skeleton, err);
	if (r < 0)
		return r;
	skeleton_set_rows(&skeleton, 0, rows);
	skeleton_set_last_update(&skeleton, first + ((int64_t)rows - 1) * step_s);
	r = write_file(path, &skeleton, values, rows * column_count, err);
	if (r == 0)
		r = incoming_remember(store, handle,
			checksum_add(CHECKSUM_SEED, values,
				rows * column_count * sizeof(*values)),
			err);
	if (r == 0)
		*ret_handle = handle;
	return r;
}

/* ---- a file of given archives, row by row ------------------------------------------- */

struct incoming_rows {
	struct store *store; /* borrowed */
	char path[PATH_MAX];
	unsigned handle;
	int fd;
	uint64_t left; /* values that are still to come */
	uint64_t hash;
};

int store_incoming_begin(struct store *store, const struct rra_set *archives,
	const char *const *column, size_t column_count, int64_t last_update,
	struct incoming_rows **ret_rows, struct err *err)
{
	struct incoming_rows *rows = calloc(1, sizeof(*rows));
	struct skeleton skeleton = { .bytes = NULL };
	char small[PATH_MAX + 16];
	int r;

	if (!rows)
		return err_oom(err);
	*rows = (struct incoming_rows){
		.store = store, .fd = -1, .hash = CHECKSUM_SEED
	};
	r = incoming_new(store, &rows->handle, rows->path, err);
	if (r == 0) {
		snprintf(small, sizeof(small), "%s.small", rows->path);
		r = skeleton_make(small, archives, column, column_count, last_update,
			&skeleton, err);
	}
	if (r == 0)
		r = file_create(rows->path, &rows->fd, err);
	if (r == 0)
		r = file_write(
			rows->fd, rows->path, skeleton.bytes, skeleton.size, err);
	for (size_t i = 0; i < archives->count; i++)
		rows->left += archives->rra[i].rows * column_count;
	skeleton_done(&skeleton);
	if (r < 0) {
		store_incoming_abort(rows);
		return r;
	}
	*ret_rows = rows;
	return 0;
}

int store_incoming_add(
	struct incoming_rows *rows, const double *values, size_t count, struct err *err)
{
	if (count > rows->left)
		return err_set(err, -EINVAL, "more rows than the archives hold");
	rows->left -= count;
	rows->hash = checksum_add(rows->hash, values, count * sizeof(*values));
	return file_write(rows->fd, rows->path, values, count * sizeof(*values), err);
}

int store_incoming_end(
	struct incoming_rows *rows, unsigned *ret_handle, struct err *err)
{
	int fd = rows->fd;
	int r = rows->left ? err_set(err, -EINVAL, "rows are missing in an archive")
			   : 0;

	rows->fd = -1;
	if (close(fd) < 0 && r == 0)
		r = err_errno(err, "cannot write %s", rows->path);
	if (r == 0)
		r = incoming_remember(rows->store, rows->handle, rows->hash, err);
	if (r == 0)
		*ret_handle = rows->handle;
	else
		unlink(rows->path);
	free(rows);
	return r;
}

void store_incoming_abort(struct incoming_rows *rows)
{
	if (!rows)
		return;
	if (rows->fd >= 0) {
		close(rows->fd);
		unlink(rows->path);
	}
	free(rows);
}
