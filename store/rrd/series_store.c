#include "store/rrd/series_store.h"

#include "store/dir/data_dir.h"
#include "store/dir/folder.h"
#include "store/dir/path.h"
#include "store/rrd/row_sums.h"
#include "store/rrd/rrd_format.h"
#include "store/rrd/series_file.h"
#include "common/clock.h"
#include "common/grid.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Where a file is made before it gets its name. */
struct paths {
	char folder[PATH_MAX];
	char file[PATH_MAX];
	char made[PATH_MAX + 32];  /* by us */
	char small[PATH_MAX + 32]; /* by librrd */
};

static int paths_of(const char *data_dir, const char *folder, const char *file,
	struct paths *ret_paths, struct err *err)
{
	char *slash = NULL;
	int r = path_series(
		data_dir, folder, file, ret_paths->file, sizeof(ret_paths->file), err);

	if (r < 0)
		return r;
	memcpy(ret_paths->folder, ret_paths->file, sizeof(ret_paths->folder));
	slash = strrchr(ret_paths->folder, '/');
	*slash = '\0';
	snprintf(ret_paths->made, sizeof(ret_paths->made), "%s/.%s.new",
		ret_paths->folder, slash + 1);
	snprintf(ret_paths->small, sizeof(ret_paths->small), "%s/.%s.small",
		ret_paths->folder, slash + 1);
	return 0;
}

static int series_store_make_folders(
	const char *data_dir, const struct paths *paths, struct err *err)
{
	char rrd[PATH_MAX];
	int r = folder_make(data_dir, err);

	if (r == 0)
		r = data_path(data_dir, DATA_RRD, rrd, err);
	if (r == 0)
		r = folder_make(rrd, err);
	return r < 0 ? r : folder_make(paths->folder, err);
}

static int sync_path(const char *path, int flags, struct err *err)
{
	int fd = open(path, flags | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return err_errno(err, "%s", path);
	if (fsync(fd) < 0 && errno != EINVAL)
		r = err_errno(err, "cannot write %s", path);
	close(fd);
	return r;
}

/* The whole file takes its name, for good. */
static int give_name(const struct paths *paths, struct err *err)
{
	if (rename(paths->made, paths->file) < 0)
		return err_errno(err, "cannot rename %s", paths->made);
	return sync_path(paths->folder, O_RDONLY | O_DIRECTORY, err);
}

/* What was made (r == 0) gets its name once it is on the disk; else nothing of it stays. */
static int put_in_name(const struct paths *paths, int fd, int r, struct err *err)
{
	if (fd >= 0) {
		int finished = file_finish(fd, paths->made, r == 0 ? err : NULL);

		r = r == 0 ? finished : r;
	}
	if (r == 0)
		r = give_name(paths, err);
	if (r < 0)
		unlink(paths->made);
	return r;
}

/* ---- create ------------------------------------------------------------------------ */

static int series_store_create_file(
	const struct paths *paths, const struct series_spec *spec, struct err *err)
{
	const struct rra_set *archives = spec->archives;
	struct skeleton skeleton;
	uint64_t rows = 0;
	int fd = -1;
	int r = skeleton_make(paths->small, archives, spec->column, spec->column_count,
		grid_floor(spec->begin, archives->step_s), &skeleton, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < archives->count; i++)
		rows += archives->rra[i].rows;
	r = file_create(paths->made, &fd, err);
	if (r == 0)
		r = file_write(fd, paths->made, skeleton.bytes, skeleton.size, err);
	if (r == 0)
		r = file_write_unknown(fd, paths->made, rows * spec->column_count, err);
	skeleton_done(&skeleton);
	return put_in_name(paths, fd, r, err);
}

/* ---- rebuild ------------------------------------------------------------------------ */

/* The old file, and what the new one takes from where. */
struct rebuild {
	struct rrd_file old;
	struct row_sums *sums; /* of the old one's rows */
	char *old_header;
	struct rra_set archives;        /* of the new file */
	int old_archive[RRA_COUNT_MAX]; /* for each new archive; -1: none */
	const char **column; /* of the new file: the old ones, then the added */
	size_t column_count;
	bool is_changed;
};

static void rebuild_done(struct rebuild *rebuild)
{
	rrd_file_close(&rebuild->old);
	row_sums_close(rebuild->sums);
	free(rebuild->old_header);
	free(rebuild->column);
}

/* Rows never get fewer here: what was stored stays until it rolls over. */
static int plan_archives(
	struct rebuild *rebuild, const struct rra_set *wanted, struct err *err)
{
	struct rra_set *archives = &rebuild->archives;

	*archives = *wanted;
	/* what we do not make is left out: librrd would obey it, unchecked */
	rebuild->is_changed = !rrd_file_is_of_our_kind(&rebuild->old);
	for (size_t i = 0; i < archives->count; i++) {
		struct rra *rra = &archives->rra[i];
		int old = rrd_file_find_archive(
			&rebuild->old, rra->cf, rra->pdp_per_row * archives->step_s);

		rebuild->old_archive[i] = old;
		if (old < 0) {
			rebuild->is_changed = true;
			continue;
		}
		if (rebuild->old.archive[old].rows < rra->rows)
			rebuild->is_changed = true;
		else
			rra->rows = rebuild->old.archive[old].rows;
	}
	for (size_t k = 0; k < rebuild->old.archive_count; k++) {
		const struct rrd_archive *archive = &rebuild->old.archive[k];
		bool is_taken = !archive->has_cf;

		for (size_t i = 0; i < archives->count && !is_taken; i++)
			is_taken = archives->rra[i].cf == archive->cf &&
				archives->rra[i].pdp_per_row == archive->pdp_per_row;
		if (is_taken)
			continue;
		if (archives->count == RRA_COUNT_MAX)
			return err_set(
				err, -E2BIG, "more than %d archives", RRA_COUNT_MAX);
		rebuild->old_archive[archives->count] = (int)k;
		archives->rra[archives->count++] = (struct rra){
			.cf = archive->cf,
			.pdp_per_row = archive->pdp_per_row,
			.rows = archive->rows,
		};
	}
	return 0;
}

static int plan_columns(
	struct rebuild *rebuild, const struct series_spec *spec, struct err *err)
{
	size_t old = rebuild->old.column_count;

	rebuild->column = calloc(old + spec->column_count, sizeof(*rebuild->column));
	if (!rebuild->column)
		return err_oom(err);
	for (size_t i = 0; i < old; i++)
		rebuild->column[rebuild->column_count++] = rebuild->old.column[i].name;
	for (size_t i = 0; i < spec->column_count; i++) {
		if (rrd_file_find_column(&rebuild->old, spec->column[i]) >= 0)
			continue;
		rebuild->column[rebuild->column_count++] = spec->column[i];
		rebuild->is_changed = true;
	}
	return 0;
}

/* The unfinished step and rows of the columns that stay, into the new header. */
static void copy_unfinished(const struct rebuild *rebuild, struct skeleton *skeleton)
{
	size_t old_count = rebuild->old.column_count;
	struct rrd_offsets from = rrd_offsets_of(old_count, rebuild->old.archive_count);
	struct rrd_offsets to =
		rrd_offsets_of(skeleton->column_count, skeleton->archive_count);

	memcpy(skeleton->bytes + to.live_head, rebuild->old_header + from.live_head,
		sizeof(struct rrd_live_head));
	memcpy(skeleton->bytes + to.pdp_prep, rebuild->old_header + from.pdp_prep,
		old_count * sizeof(struct rrd_pdp_prep));
	for (size_t i = 0; i < old_count; i++) {
		struct rrd_pdp_prep *prep =
			(void *)(skeleton->bytes + to.pdp_prep + i * sizeof(*prep));

		prep->last_reading[sizeof(prep->last_reading) - 1] = '\0';
	}
	for (size_t i = 0; i < rebuild->archives.count; i++) {
		if (rebuild->old_archive[i] < 0)
			continue;
		memcpy(skeleton->bytes + to.cdp_prep +
				i * skeleton->column_count *
					sizeof(struct rrd_cdp_prep),
			rebuild->old_header + from.cdp_prep +
				(size_t)rebuild->old_archive[i] * old_count *
					sizeof(struct rrd_cdp_prep),
			old_count * sizeof(struct rrd_cdp_prep));
	}
}

/* The rows of one archive in time order, widened by unknown columns. */
static int series_store_copy_rows(const struct rebuild *rebuild, size_t index, int fd,
	const char *path, struct err *err)
{
	size_t old_count = rebuild->old.column_count, count = rebuild->column_count;
	int old = rebuild->old_archive[index];
	uint64_t missing = rebuild->archives.rra[index].rows;
	double *block = NULL, *wide = NULL;
	size_t block_bytes = RRD_BLOCK_BYTES;
	struct rrd_rows rows;
	int r = 0;

	if (old >= 0)
		missing -= rebuild->old.archive[old].rows;
	r = file_write_unknown(fd, path, missing * count, err);
	if (old < 0 || r < 0)
		return r;
	if (block_bytes < old_count * sizeof(double))
		block_bytes = old_count * sizeof(double);
	block = malloc(block_bytes);
	wide = malloc(block_bytes / old_count * count);
	if (!block || !wide)
		r = err_oom(err);
	rrd_rows_begin(&rows, &rebuild->old, (size_t)old, INT64_MIN, INT64_MAX);
	while (r == 0 && (r = rrd_rows_next(&rows, block, block_bytes, err)) > 0) {
		for (size_t i = 0; i < rows.count; i++) {
			memcpy(wide + i * count, block + i * old_count,
				old_count * sizeof(*block));
			for (size_t k = old_count; k < count; k++)
				wide[i * count + k] = NAN;
		}
		r = file_write(fd, path, wide, rows.count * count * sizeof(*wide), err);
	}
	free(block);
	free(wide);
	return r;
}

static int write_rebuilt(
	const struct paths *paths, const struct rebuild *rebuild, struct err *err)
{
	struct skeleton skeleton;
	int fd = -1;
	int r = skeleton_make(paths->small, &rebuild->archives, rebuild->column,
		rebuild->column_count, rebuild->old.last_update, &skeleton, err);

	if (r < 0)
		return r;
	copy_unfinished(rebuild, &skeleton);
	r = file_create(paths->made, &fd, err);
	if (r == 0)
		r = file_write(fd, paths->made, skeleton.bytes, skeleton.size, err);
	for (size_t i = 0; i < rebuild->archives.count && r == 0; i++)
		r = series_store_copy_rows(rebuild, i, fd, paths->made, err);
	skeleton_done(&skeleton);
	return put_in_name(paths, fd, r, err);
}

static int read_old_header(struct rebuild *rebuild, struct err *err)
{
	size_t size = rebuild->old.header_bytes;

	rebuild->old_header = malloc(size);
	if (!rebuild->old_header)
		return err_oom(err);
	if (pread(rebuild->old.fd, rebuild->old_header, size, 0) != (ssize_t)size)
		return err_set(err, -EIO, "cannot read the header");
	return 0;
}

/* The file is there and open: does it do, or must it be rebuilt? */
static int series_store_check_file(const struct paths *paths, struct rebuild *rebuild,
	const struct series_spec *spec, enum series_outcome *ret_outcome,
	struct err *err)
{
	int r = 0;

	if (rebuild->old.step_s != spec->archives->step_s)
		return err_set(err, -EEXIST,
			"%s holds samples of every %u s, the settings want %u s: keep "
			"the interval, or use another data folder",
			paths->file, rebuild->old.step_s, spec->archives->step_s);
	r = plan_archives(rebuild, spec->archives, err);
	if (r == 0)
		r = plan_columns(rebuild, spec, err);
	if (r == 0 && rebuild->is_changed) {
		r = row_sums_attach_path(
			paths->file, &rebuild->old, &rebuild->sums, err);
		if (r >= 0)
			r = read_old_header(rebuild, err);
		if (r == 0)
			r = write_rebuilt(paths, rebuild, err);
	}
	if (r < 0)
		return r;
	if (!rebuild->is_changed)
		*ret_outcome = SERIES_UNCHANGED;
	else if (row_sums_view(&rebuild->old) &&
		row_sums_view(&rebuild->old)->damaged_count > 0)
		*ret_outcome = SERIES_REBUILT_DAMAGED;
	else
		*ret_outcome = SERIES_REBUILT;
	return 0;
}

int series_ensure(const char *data_dir, const char *folder, const char *file,
	const struct series_spec *spec, enum series_outcome *ret_outcome,
	struct err *err)
{
	struct rebuild rebuild = { .old = { .fd = -1 } };
	struct paths paths;
	int r = paths_of(data_dir, folder, file, &paths, err);

	if (r < 0)
		return r;
	r = rrd_file_open(paths.file, &rebuild.old, err);
	if (r == -ENOENT) {
		r = series_store_make_folders(data_dir, &paths, err);
		if (r == 0)
			r = series_store_create_file(&paths, spec, err);
		if (r == 0)
			*ret_outcome = SERIES_CREATED;
		return r;
	}
	if (r == 0)
		r = series_store_check_file(&paths, &rebuild, spec, ret_outcome, err);
	rebuild_done(&rebuild);
	return r;
}

int series_sync(
	const char *data_dir, const char *folder, const char *file, struct err *err)
{
	struct paths paths;
	int r = paths_of(data_dir, folder, file, &paths, err);

	return r < 0 ? r : sync_path(paths.file, O_RDONLY, err);
}

int series_set_aside(
	const char *data_dir, const char *folder, const char *file, struct err *err)
{
	char target[PATH_MAX], damaged[PATH_MAX], encoded[PATH_NAME_MAX + 1];
	struct paths paths;
	int r = paths_of(data_dir, folder, file, &paths, err);

	if (r == 0)
		r = path_encode(file, encoded, sizeof(encoded), err);
	if (r < 0)
		return r;
	r = data_path(data_dir, DATA_DAMAGED, damaged, err);
	if (r == 0)
		r = data_path_format(data_dir, target, err, "%s/%.40s-%.160s-%lld.rrd",
			data_name(DATA_DAMAGED), folder, encoded,
			(long long)clock_wall_s());
	if (r == 0)
		r = folder_make(damaged, err);
	if (r == 0 && rename(paths.file, target) < 0)
		r = err_errno(err, "cannot move %s", paths.file);
	if (r == 0)
		r = sync_path(paths.folder, O_RDONLY | O_DIRECTORY, err);
	return r;
}
