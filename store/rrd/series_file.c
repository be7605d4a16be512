#include "store/rrd/series_file.h"

#include "store/dir/folder.h"

#include "store/rrd/rrd_format.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <rrd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* librrd 1.7 wants a first entry after 1980. */
#define LIBRRD_EARLIEST 400000000

/* ---- what librrd says ------------------------------------------------------------ */

/* On a full disk librrd fails without a word: look at the disk ourselves. */
static int create_error(const char *path, struct err *err)
{
	char folder[4096];
	struct statvfs disk;
	char *slash = NULL;
	char text[300];

	snprintf(text, sizeof(text), "%s", rrd_get_error());
	rrd_clear_error();
	if (text[0])
		return err_set(err, -EIO, "cannot create %s: %s", path, text);
	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (slash)
		*slash = '\0';
	if (statvfs(folder, &disk) == 0 &&
		(disk.f_bavail < 16 || (disk.f_files > 0 && disk.f_favail == 0)))
		return err_set(err, -ENOSPC,
			"cannot create %s: no space or no inode is left on the file system",
			path);
	return err_set(err, -EIO, "cannot create %s: librrd gave no reason", path);
}

/* ---- definitions as text ------------------------------------------------------------ */

static int column_text(
	char *to, size_t size, const char *name, unsigned heartbeat_s, struct err *err)
{
	size_t length = strlen(name);

	if (length == 0 || length >= RRD_NAME_SIZE ||
		strspn(name,
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") !=
			length)
		return err_set(
			err, -EINVAL, "\"%.40s\" is no name for a data source", name);
	snprintf(to, size, "DS:%s:GAUGE:%u:U:U", name, heartbeat_s);
	return 0;
}

/* xff in thousandths, so that no locale can put a comma into it. */
static void archive_text(char *to, size_t size, const struct rra *rra, double xff)
{
	unsigned thousandths = (unsigned)lround(xff * 1000);

	snprintf(to, size, "RRA:%s:%u.%03u:%u:1", rra_cf_name(rra->cf),
		thousandths / 1000, thousandths % 1000, rra->pdp_per_row);
}

#define DEFINITION_SIZE 64

static int create_small(const char *path, const struct rra_set *archives,
	const char *const *column, size_t column_count, int64_t last_update,
	struct err *err)
{
	size_t count = column_count + archives->count;
	char(*text)[DEFINITION_SIZE] = calloc(count, sizeof(*text));
	const char **argument = calloc(count, sizeof(*argument));
	int r = text && argument ? 0 : err_oom(err);

	for (size_t i = 0; i < column_count && r == 0; i++)
		r = column_text(text[i], sizeof(text[i]), column[i],
			archives->heartbeat_s, err);
	for (size_t i = 0; i < archives->count && r == 0; i++)
		archive_text(text[column_count + i], sizeof(text[0]), &archives->rra[i],
			archives->xff);
	for (size_t i = 0; i < count && r == 0; i++)
		argument[i] = text[i];
	/* librrd keeps its errors here, and does not look whether it got the memory */
	if (r == 0 && !rrd_get_context())
		r = err_oom(err);
	if (r == 0) {
		rrd_clear_error();
		if (rrd_create_r(path, archives->step_s, (time_t)last_update,
			    (int)count, argument) != 0)
			r = create_error(path, err);
	}
	free(text);
	free(argument);
	return r;
}

/* ---- skeleton ---------------------------------------------------------------------- */

static int read_skeleton(const char *path, const struct rra_set *archives,
	const struct rrd_offsets *at, struct skeleton *skeleton, struct err *err)
{
	struct rrd_file file;
	int r = rrd_file_open(path, &file, err); /* it is what we think it is */

	if (r < 0)
		return r;
	/* a decimal comma in the locale has turned xff into 0 before (rrdtool#617) */
	for (size_t i = 0; i < file.archive_count && r == 0; i++)
		if (file.archive[i].xff != archives->xff)
			r = err_set(err, -EBADMSG, "%s: librrd read its xff as %g",
				path, file.archive[i].xff);
	if (file.header_bytes != at->rows ||
		file.column_count != skeleton->column_count ||
		file.archive_count != skeleton->archive_count)
		r = err_set(err, -EBADMSG,
			"%s: librrd made another file than asked for", path);
	if (r == 0) {
		skeleton->size = at->rows;
		skeleton->bytes = malloc(skeleton->size);
		if (!skeleton->bytes)
			r = err_oom(err);
	}
	if (r == 0 &&
		pread(file.fd, skeleton->bytes, skeleton->size, 0) !=
			(ssize_t)skeleton->size)
		r = err_set(err, -EIO, "%s: cannot read it back", path);
	rrd_file_close(&file);
	return r;
}

int skeleton_make(const char *made_path, const struct rra_set *archives,
	const char *const *column, size_t column_count, int64_t last_update,
	struct skeleton *ret_skeleton, struct err *err)
{
	struct skeleton skeleton = {
		.column_count = column_count,
		.archive_count = archives->count,
	};
	struct rrd_offsets at = rrd_offsets_of(column_count, archives->count);
	int64_t week = last_update;
	int r = 0;

	if (column_count == 0 || column_count > RRD_COLUMNS_MAX)
		return err_set(err, -EINVAL, "a file of %zu data sources, at most %d",
			column_count, RRD_COLUMNS_MAX);
	/* an early stamp is moved by whole weeks past 1980: steps divide a week, or the
	 * file holds base rows alone, whose state does not depend on the stamp */
	while (week < LIBRRD_EARLIEST)
		week += (int64_t)7 * 86400 * archives->step_s;
	unlink(made_path);
	r = create_small(made_path, archives, column, column_count, week, err);
	if (r == 0)
		r = read_skeleton(made_path, archives, &at, &skeleton, err);
	unlink(made_path);
	if (r < 0) {
		skeleton_done(&skeleton);
		return r;
	}
	skeleton_set_last_update(&skeleton, last_update);
	for (size_t i = 0; i < archives->count; i++)
		skeleton_set_rows(&skeleton, i, archives->rra[i].rows);
	*ret_skeleton = skeleton;
	return 0;
}

void skeleton_done(struct skeleton *skeleton)
{
	free(skeleton->bytes);
	*skeleton = (struct skeleton){ .bytes = NULL };
}

void skeleton_set_last_update(struct skeleton *skeleton, int64_t last_update)
{
	struct rrd_offsets at =
		rrd_offsets_of(skeleton->column_count, skeleton->archive_count);
	struct rrd_live_head live = { .last_update = last_update };

	assert(skeleton->bytes);
	memcpy(skeleton->bytes + at.live_head, &live, sizeof(live));
}

void skeleton_set_rows(struct skeleton *skeleton, size_t archive, uint64_t rows)
{
	struct rrd_offsets at =
		rrd_offsets_of(skeleton->column_count, skeleton->archive_count);
	uint64_t newest = rows - 1;

	memcpy(skeleton->bytes + at.rra_def + archive * sizeof(struct rrd_rra_def) +
			offsetof(struct rrd_rra_def, rows),
		&rows, sizeof(rows));
	memcpy(skeleton->bytes + at.rra_ptr + archive * sizeof(newest), &newest,
		sizeof(newest));
}

/* ---- files --------------------------------------------------------------------------- */

int file_create(const char *path, int *ret_fd, struct err *err)
{
	int fd = -1;
	int r = 0;

	if (unlink(path) < 0 && errno != ENOENT)
		return err_errno(err, "cannot replace %s", path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return err_errno(err, "cannot create %s", path);
	r = fchmod(fd, 0640) < 0 ? err_errno(err, "cannot create %s", path)
				 : folder_adopt(fd, path, err);
	if (r < 0) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

int file_write(
	int fd, const char *path, const void *bytes, size_t size, struct err *err)
{
	const char *at = bytes;

	while (size > 0) {
		ssize_t done = write(fd, at, size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_errno(err, "cannot write %s", path);
		at += done;
		size -= (size_t)done;
	}
	return 0;
}

int file_write_unknown(int fd, const char *path, uint64_t values, struct err *err)
{
	double block[RRD_BLOCK_BYTES / sizeof(double)];
	int r = 0;

	for (size_t i = 0; i < sizeof(block) / sizeof(block[0]); i++)
		block[i] = NAN;
	while (values > 0 && r == 0) {
		uint64_t now = sizeof(block) / sizeof(block[0]);

		if (now > values)
			now = values;
		r = file_write(fd, path, block, now * sizeof(double), err);
		values -= now;
	}
	return r;
}

int file_finish(int fd, const char *path, struct err *err)
{
	int r = fsync(fd) < 0 ? err_errno(err, "cannot write %s", path) : 0;

	/* librrd stores through a mapping: into a large page left in the cache here, one
	 * small store would write the whole of it back (93 times as much, measured) */
	if (r == 0)
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (close(fd) < 0 && r == 0)
		r = err_errno(err, "cannot write %s", path);
	return r;
}
