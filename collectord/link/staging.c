#include "collectord/link/staging_file.h"

#include "common/io.h"
#include "store/dir/data_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	TICK_HEAD_BYTES = 64, /* a record's own bytes, generously */
	FRAME_PERIOD_S = 60,  /* a frame is written at least so often */
};

/* ---- creation -------------------------------------------------------------- */

/* Every block is written: a hole or an unwritten extent would cost journal blocks, or
 * be refused on a full disk, later. */
static int staging_fill(int fd, uint64_t bytes)
{
	static const unsigned char zeros[64 * 1024];

	for (uint64_t done = 0; done < bytes;) {
		size_t part = bytes - done < sizeof(zeros) ? (size_t)(bytes - done)
							   : sizeof(zeros);
		int r = io_pwrite_full(fd, zeros, part, (off_t)done);

		if (r < 0)
			return r;
		done += part;
	}
	return 0;
}

static int folder_sync(int dir)
{
	return fsync(dir) < 0 ? -errno : 0;
}

int staging_create(const char *data_dir, const struct staging_identity *identity,
	uint64_t bytes, uint64_t first_number, int64_t last_stamp_s, struct err *err)
{
	struct staging_head head = { .magic = STAGING_HEAD_MAGIC,
		.first_number = first_number,
		.mark = first_number - 1,
		.last_stamp_s = last_stamp_s,
		.identity = *identity };
	struct staging temporary = { .fd = -1 };
	int dir = open(data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = 0;

	if (dir < 0)
		return err_errno(err, "%s", data_dir);
	bytes = bytes < STAGING_BYTES_MIN ? STAGING_BYTES_MIN : bytes;
	bytes = bytes > STAGING_BYTES_MAX ? STAGING_BYTES_MAX : bytes;
	head.blocks = bytes / STAGING_BLOCK_BYTES;
	/* one of an earlier try that stays would be met as a file that is there (-EEXIST) */
	if (unlinkat(dir, data_name(DATA_STAGING_NEW), 0) < 0 && errno != ENOENT) {
		r = -errno;
		goto out;
	}
	temporary.fd = openat(dir, data_name(DATA_STAGING_NEW),
		O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (temporary.fd < 0) {
		r = -errno;
		goto out;
	}
	r = staging_fill(temporary.fd, head.blocks * STAGING_BLOCK_BYTES);
	/* both heads are valid from the beginning */
	if (r == 0)
		r = staging_head_write(&temporary, &head);
	if (r == 0)
		r = staging_head_write(&temporary, &head);
	if (r == 0 && fsync(temporary.fd) < 0)
		r = -errno;
	if (r == 0 &&
		renameat(dir, data_name(DATA_STAGING_NEW), dir,
			data_name(DATA_STAGING)) < 0)
		r = -errno;
	if (r == 0)
		r = folder_sync(dir);
	if (r < 0)
		(void)unlinkat(dir, data_name(DATA_STAGING_NEW), 0);
out:
	if (r < 0)
		err_set(err, r, "%s/%s: cannot be created: %s", data_dir,
			data_name(DATA_STAGING), strerror(-r));
	if (temporary.fd >= 0)
		close(temporary.fd);
	if (temporary.buffer)
		munmap(temporary.buffer, temporary.buffer_bytes);
	close(dir);
	return r;
}

void staging_load_add(
	struct staging_load *load, size_t values, unsigned step_s, unsigned batch_s)
{
	uint64_t ticks = 2 * ((uint64_t)batch_s / step_s + 1);

	load->ticks += ticks;
	load->bytes += ticks * (TICK_HEAD_BYTES + values / 8 + 9 * (uint64_t)values);
}

uint64_t staging_size_for(const struct staging_load *load, unsigned batch_s)
{
	uint64_t frames = 2 * ((uint64_t)batch_s / FRAME_PERIOD_S + 1);
	uint64_t bytes;

	if (frames > load->ticks) /* none is without a tick */
		frames = load->ticks;
	bytes = load->bytes +
		frames * (STAGING_BLOCK_BYTES + sizeof(struct staging_frame_head));

	bytes += STAGING_HEAD_BLOCKS * STAGING_BLOCK_BYTES;
	bytes = (bytes + 0xffff) & ~(uint64_t)0xffff;
	if (bytes < STAGING_BYTES_MIN)
		return STAGING_BYTES_MIN;
	return bytes > STAGING_BYTES_MAX ? STAGING_BYTES_MAX : bytes;
}

/* ---- open ------------------------------------------------------------------ */

static int file_open(struct staging *staging, const char *data_dir, struct err *err)
{
	int dir = open(data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int flags = O_NOFOLLOW | O_CLOEXEC;

	if (dir < 0)
		return err_errno(err, "%s", data_dir);
	flags |= staging->is_writable ? O_RDWR | O_DSYNC : O_RDONLY;
	/* tmpfs and some others refuse O_DIRECT */
	staging->is_direct = staging->is_writable;
	staging->fd = openat(dir, data_name(DATA_STAGING),
		flags | (staging->is_direct ? O_DIRECT : 0));
	if (staging->fd < 0 && errno == EINVAL && staging->is_direct) {
		staging->is_direct = false;
		staging->fd = openat(dir, data_name(DATA_STAGING), flags);
	}
	if (staging->fd < 0)
		err_errno(err, "%s/%s", data_dir, data_name(DATA_STAGING));
	int r = staging->fd < 0 ? -errno : 0;

	close(dir);
	return r;
}

int staging_open(const char *data_dir, enum staging_mode mode,
	struct staging **ret_staging, struct err *err)
{
	struct staging *staging = calloc(1, sizeof(*staging));
	int r = 0;

	if (!staging)
		return err_oom(err);
	staging->fd = -1;
	staging->is_writable = mode == STAGING_WRITE;
	record_state_init(&staging->pack);
	r = file_open(staging, data_dir, err);
	if (r < 0)
		goto out;
	r = staging_head_read(staging, err);
	if (r == 0)
		r = staging_scan(staging, err);
	if (r < 0) {
		err_wrap(err, r, "%s/%s", data_dir, data_name(DATA_STAGING));
		goto out;
	}
	*ret_staging = staging;
	staging = NULL;
out:
	staging_close(staging);
	return r;
}

static size_t file_bytes(const struct staging *staging)
{
	return (size_t)staging->head.blocks * STAGING_BLOCK_BYTES;
}

/* All of it from the handle, which outlives the name; where somebody cut it short, as far as
 * it goes, and what is missing is zeros.  Aligned, as O_DIRECT wants it. */
static int file_write_again(
	const struct staging *staging, const char *path, size_t left, struct err *err)
{
	size_t size = file_bytes(staging), done = 0;
	char *bytes = aligned_alloc(STAGING_BLOCK_BYTES, size);
	ssize_t got = 1;
	int r = 0;

	if (!bytes)
		return err_oom(err);
	if (left > size)
		left = size;
	memset(bytes, 0, size);
	while (done < left && got > 0) {
		got = pread(staging->fd, bytes + done, size - done, (off_t)done);
		done += got > 0 ? (size_t)got : 0;
	}
	if (done < left)
		r = err_set(err, got < 0 ? -errno : -EIO,
			"%s: it was removed and cannot be read any more", path);
	else
		r = io_replace_file(AT_FDCWD, path, bytes, size, 0640, IO_DURABLE, err);
	free(bytes);
	return r;
}

/* Ours, or one that cannot be looked at just now; not where it is gone or is another. */
static bool is_file_at(const char *path, const struct stat *ours)
{
	struct stat there;

	if (stat(path, &there) < 0)
		return errno != ENOENT;
	return there.st_dev == ours->st_dev && there.st_ino == ours->st_ino;
}

int staging_check_place(
	const struct staging *staging, const char *data_dir, struct err *err)
{
	char path[DATA_PATH_BYTES];
	struct stat ours;
	int r = data_path(data_dir, DATA_STAGING, path, err);

	if (r < 0)
		return r;
	if (fstat(staging->fd, &ours) < 0)
		return err_errno(err, "%s", path);
	return is_file_at(path, &ours)
		? 0
		: err_set(err, -ESTALE,
			  "%s is not the staging that was opened: is the "
			  "folder moved, or its file system not mounted?",
			  path);
}

int staging_pending_check(struct staging *staging, struct err *err)
{
	const struct staging_frame *frame;
	uint64_t number = staging->head.mark;
	int r = 0;

	while (r == 0 && (frame = staging_next(staging, number)) != NULL) {
		const unsigned char *bytes;
		size_t size;

		number = frame->number;
		r = staging_load(staging, frame, &bytes, &size, err);
	}
	return r;
}

int staging_keep(struct staging *staging, const char *data_dir, struct err *err)
{
	char path[DATA_PATH_BYTES];
	struct stat status;
	int looked = fstat(staging->fd, &status) < 0 ? -errno : 0;
	bool is_stale = looked == -ESTALE;
	bool is_short = looked == 0 && (size_t)status.st_size < file_bytes(staging);
	int old = staging->fd;
	int r = data_path(data_dir, DATA_STAGING, path, err);

	if (r == 0 && looked < 0 && !is_stale)
		r = err_set(err, looked, "%s: %s", path, strerror(-looked));
	if (r < 0 || (!is_stale && !is_short && is_file_at(path, &status)))
		return r;
	if (!is_stale)
		r = file_write_again(staging, path, (size_t)status.st_size, err);
	if (r == 0)
		r = file_open(staging, data_dir, err);
	if (r < 0)
		staging->fd = old;
	else
		close(old);
	/* the heads may have been cut off, too */
	for (unsigned i = 0; r == 0 && is_short && i < STAGING_HEAD_BLOCKS; i++) {
		r = staging_head_write(staging, &staging->head);
		if (r < 0)
			err_set(err, r, "%s: %s", path, strerror(-r));
	}
	return r;
}

void staging_close(struct staging *staging)
{
	if (!staging)
		return;
	if (staging->fd >= 0)
		close(staging->fd);
	staging_read_ahead_end(staging);
	if (staging->buffer)
		munmap(staging->buffer, staging->buffer_bytes);
	record_state_done(&staging->pack);
	free(staging->frame);
	free(staging);
}

/* ---- what is asked and told ------------------------------------------------- */

const struct staging_identity *staging_identity(const struct staging *staging)
{
	return &staging->head.identity;
}

void staging_get_status(
	const struct staging *staging, struct staging_status *ret_status)
{
	struct staging_status status = { .newest = staging->newest,
		.mark = staging->head.mark,
		.released = staging->released,
		.last_stamp_s = staging->last_stamp_s,
		.last_number = staging->last_tick_number,
		.marked_ticks = staging->head.marked_ticks,
		.bytes = (staging->head.blocks - STAGING_HEAD_BLOCKS) *
			STAGING_BLOCK_BYTES,
		.damaged = staging->damaged,
		.unreadable = staging->unreadable,
		.is_direct = staging->is_direct };

	for (size_t i = 0; i < staging->frame_count; i++) {
		const struct staging_frame *frame = &staging->frame[i];

		status.bytes_used += (uint64_t)frame->blocks * STAGING_BLOCK_BYTES;
		if (frame->number > staging->head.mark)
			status.pending_ticks += frame->ticks;
	}
	*ret_status = status;
}

int staging_refresh(struct staging *staging, struct err *err)
{
	int r = staging_head_read(staging, err);

	if (r < 0)
		return err_wrap(err, r, "%s", data_name(DATA_STAGING));
	staging_release(staging, staging->released);
	return 0;
}

void staging_release(struct staging *staging, uint64_t number)
{
	size_t gone = 0;

	if (number > staging->released)
		staging->released = number;
	if (number > staging->head.mark)
		number = staging->head.mark;
	while (gone < staging->frame_count && staging->frame[gone].number <= number)
		gone++;
	if (gone == 0)
		return;
	staging->frame_count -= gone;
	memmove(staging->frame, staging->frame + gone,
		staging->frame_count * sizeof(*staging->frame));
}

int staging_set_identity(struct staging *staging,
	const struct staging_identity *identity, struct err *err)
{
	struct staging_head head = staging->head;
	int r;

	head.identity = *identity;
	r = staging_head_write(staging, &head);
	if (r < 0)
		return err_set(
			err, r, "%s: head: %s", data_name(DATA_STAGING), strerror(-r));
	staging->head = head;
	return 0;
}

uint64_t staging_files_key(const struct staging *staging)
{
	return staging->head.files_key;
}

int staging_move_mark(
	struct staging *staging, const struct staging_batch *batch, struct err *err)
{
	struct staging_head head = staging->head;
	int r;

	if (batch->number <= head.mark)
		return 0;
	head.mark = batch->number;
	head.marked_ticks += batch->ticks;
	head.files_key = batch->files_key;
	if (batch->last_stamp_s > head.last_stamp_s) {
		head.last_stamp_s = batch->last_stamp_s;
		head.last_tick_number = batch->last_tick_number;
	}
	r = staging_head_write(staging, &head);
	if (r < 0)
		return err_set(
			err, r, "%s: head: %s", data_name(DATA_STAGING), strerror(-r));
	staging->head = head;
	return 0;
}
