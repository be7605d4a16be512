/* Whole RRD files of imported rows, for store_publish. */
#include "store/incoming.h"

#include "store/rrd/checksum.h"
#include "store/internal.h"
#include "store/rrd/row_sums.h"
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

/* ---- a copy of a stranger's file ---------------------------------------------------- */

static int copy_archive_set(
	const struct rrd_file *file, struct rra_set *ret_archives, struct err *err)
{
	struct rra_set archives = {
		.step_s = file->step_s,
		.heartbeat_s = 3 * file->step_s,
		.xff = 0.5,
	};

	for (size_t i = 0; i < file->column_count; i++)
		if (strcmp(file->column[i].type, "GAUGE") != 0)
			return err_set(err, -EBADMSG,
				"data source %s is a %s, the files of a store hold "
				"gauges",
				file->column[i].name, file->column[i].type);
	for (size_t i = 0; i < file->archive_count; i++) {
		const struct rrd_archive *archive = &file->archive[i];

		if (!archive->has_cf || archives.count == RRA_COUNT_MAX)
			return err_set(err, -EBADMSG,
				"its archives are not those of a store (%s, %zu "
				"archives)",
				archive->cf_name, file->archive_count);
		archives.rra[archives.count++] = (struct rra){
			.cf = archive->cf,
			.pdp_per_row = archive->pdp_per_row,
			.rows = archive->rows,
		};
	}
	*ret_archives = archives;
	return 0;
}

/* The rows in time order behind a header that librrd made for us. */
static int incoming_fill_copy_rows(const struct rrd_file *file, int fd,
	const char *path, uint64_t *hash, struct err *err)
{
	size_t bytes = RRD_BLOCK_BYTES;
	double *block = NULL;
	int r = 0;

	if (bytes < file->column_count * sizeof(double))
		bytes = file->column_count * sizeof(double);
	block = malloc(bytes);
	if (!block)
		return err_oom(err);
	for (size_t i = 0; i < file->archive_count && r >= 0; i++) {
		struct rrd_rows rows;

		rrd_rows_begin(&rows, file, i, INT64_MIN, INT64_MAX);
		while (r >= 0 && (r = rrd_rows_next(&rows, block, bytes, err)) > 0) {
			size_t size = rows.count * rows.stride * sizeof(*block);

			*hash = checksum_add(*hash, block, size);
			r = file_write(fd, path, block, size, err);
		}
	}
	free(block);
	return r;
}

static int incoming_fill_copy_file(const struct rrd_file *file, const char *path,
	uint64_t *ret_hash, struct err *err)
{
	const char **column = calloc(file->column_count, sizeof(*column));
	struct skeleton skeleton = { .bytes = NULL };
	struct rra_set archives;
	char small[PATH_MAX + 16];
	uint64_t hash = CHECKSUM_SEED;
	int fd = -1;
	int r = column ? copy_archive_set(file, &archives, err) : err_oom(err);

	for (size_t i = 0; i < file->column_count && column; i++)
		column[i] = file->column[i].name;
	snprintf(small, sizeof(small), "%s.small", path);
	if (r == 0)
		r = skeleton_make(small, &archives, column, file->column_count,
			file->last_update, &skeleton, err);
	if (r == 0)
		r = file_create(path, &fd, err);
	if (r == 0)
		r = file_write(fd, path, skeleton.bytes, skeleton.size, err);
	if (r == 0)
		r = incoming_fill_copy_rows(file, fd, path, &hash, err);
	if (fd >= 0 && close(fd) < 0 && r == 0)
		r = err_errno(err, "cannot write %s", path);
	if (r < 0)
		unlink(path);
	else
		*ret_hash = hash;
	skeleton_done(&skeleton);
	free(column);
	return r;
}

int store_incoming_copy(struct store *store, const char *rrd_path, unsigned *ret_handle,
	struct err *err)
{
	struct rrd_file file;
	char path[PATH_MAX];
	unsigned handle = 0;
	uint64_t hash = 0;
	struct row_sums *sums = NULL;
	int r = rrd_file_open(rrd_path, &file, err);

	if (r < 0)
		return r;
	r = row_sums_attach_path(rrd_path, &file, &sums, err);
	if (r >= 0)
		r = incoming_new(store, &handle, path, err);
	if (r == 0)
		r = incoming_fill_copy_file(&file, path, &hash, err);
	if (r == 0 && row_sums_view(&file) && row_sums_view(&file)->damaged_count > 0) {
		char text[ROW_RANGE_TEXT_SIZE];

		unlink(path);
		r = err_set(err, -EBADMSG,
			"rows do not match their checksums (%s): `analyze fsck` makes "
			"them unknown",
			row_range_text(&file, &row_sums_view(&file)->damaged[0], text));
	}
	if (r < 0)
		r = err_wrap(err, r, "%s", rrd_path);
	rrd_file_close(&file);
	row_sums_close(sums);
	if (r == 0)
		r = incoming_remember(store, handle, hash, err);
	if (r == 0)
		*ret_handle = handle;
	return r;
}
