#include "store/rrd/header_copies.h"

#include "common/io.h"
#include "store/rrd/checksum.h"
#include "store/rrd/header_match.h"
#include "store/rrd/row_sums_log.h"
#include "store/dir/data_dir.h"
#include "store/dir/folder.h"
#include "store/dir/path.h"
#include "store/rrd/rrd_file.h"
#include "store/rrd/rrd_lock.h"
#include "store/rrd/rrd_format.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/*
 * A copy: struct copy_head, then for each file struct copy_entry, folder, file (both
 * with their NUL) and the header bytes.  The checksum covers all behind copy_head.
 */
#define COPY_MAGIC 0x31544f4c53445248u /* "HRDSLOT1" */
#define COPY_BYTES_MAX ((size_t)1024 * 1024 * 1024)
#define LOCK_WAIT_MS 10000

struct copy_head {
	uint64_t magic;
	uint64_t number; /* rises with each save: the newest wins */
	uint64_t mark;
	uint64_t bytes; /* behind this head */
	uint64_t entries;
	uint64_t checksum;
};

struct copy_entry {
	uint32_t folder_bytes, file_bytes;
	uint64_t header_bytes;
};

struct copy {
	struct copy_head head;
	char *bytes;
};

static uint64_t copy_checksum(const struct copy *copy)
{
	uint64_t seed = CHECKSUM_SEED ^ copy->head.number ^ (copy->head.mark << 1) ^
		(copy->head.bytes << 2) ^ (copy->head.entries << 3);

	return checksum_add(seed, copy->bytes, copy->head.bytes);
}

static int copy_path(const char *data_dir, unsigned which, char path[DATA_PATH_BYTES],
	struct err *err)
{
	return data_path(data_dir, which ? DATA_HEADERS_1 : DATA_HEADERS_0, path, err);
}

/* ---- read ---------------------------------------------------------------------------- */

/* 1: all of it, 0: fewer bytes are there, or the errno of the disk. */
static int read_fully(int fd, void *bytes, size_t size)
{
	char *at = bytes;

	while (size > 0) {
		ssize_t got = read(fd, at, size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return 0;
		at += got;
		size -= (size_t)got;
	}
	return 1;
}

/* An entry of a copy as it lies there: the header is not aligned. */
struct copy_view {
	struct header_name name;
	const char *header;
	uint64_t header_bytes;
};

static const char *view_text(const char **at, const char *end, uint32_t bytes)
{
	const char *text = *at;

	if (bytes == 0 || bytes > (size_t)(end - text) ||
		strnlen(text, bytes) != bytes - 1)
		return NULL;
	*at += bytes;
	return text;
}

/* The one at *at, of which no length is believed before it was looked at: a checksum is
 * no secret.  Moves *at on.  1, or 0 where it does not fit. */
static int copy_entry_next(const char **at, const char *end, struct copy_view *view)
{
	struct copy_entry entry;

	if ((size_t)(end - *at) < sizeof(entry))
		return 0;
	memcpy(&entry, *at, sizeof(entry));
	*at += sizeof(entry);
	view->name.folder = view_text(at, end, entry.folder_bytes);
	if (view->name.folder)
		view->name.file = view_text(at, end, entry.file_bytes);
	if (!view->name.folder || !view->name.file ||
		entry.header_bytes > (uint64_t)(end - *at))
		return 0;
	view->header = *at;
	view->header_bytes = entry.header_bytes;
	*at += entry.header_bytes;
	return 1;
}

/* Its entries are as many as it says, and fill it. */
static bool copy_is_sound(const struct copy *copy)
{
	const char *at = copy->bytes, *end = copy->bytes + copy->head.bytes;
	struct copy_view view;

	for (uint64_t i = 0; i < copy->head.entries; i++)
		if (!copy_entry_next(&at, end, &view))
			return false;
	return at == end;
}

static int copy_read_fd(int fd, struct copy *copy)
{
	struct stat status;
	int r;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return 0;
	r = read_fully(fd, &copy->head, sizeof(copy->head));
	if (r <= 0)
		return r;
	if (copy->head.magic != COPY_MAGIC || copy->head.bytes > COPY_BYTES_MAX ||
		copy->head.bytes > (uint64_t)status.st_size)
		return 0;
	copy->bytes = malloc(copy->head.bytes ? copy->head.bytes : 1);
	if (!copy->bytes)
		return -ENOMEM;
	r = read_fully(fd, copy->bytes, copy->head.bytes);
	if (r <= 0)
		return r;
	return copy_checksum(copy) == copy->head.checksum && copy_is_sound(copy);
}

/* 1; 0 for a copy that is absent, torn or damaged: the other one is used then; or the
 * errno of a disk that may answer another time. */
static int copy_read(
	const char *data_dir, unsigned which, struct copy *ret_copy, struct err *err)
{
	struct copy copy = { .bytes = NULL };
	char path[PATH_MAX];
	int fd, r;

	r = copy_path(data_dir, which, path, err);
	if (r < 0)
		return r;
	/* O_NONBLOCK: a FIFO in place of a file must not stop us */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_errno(err, "%s", path);
	r = copy_read_fd(fd, &copy);
	close(fd);
	if (r > 0) {
		*ret_copy = copy;
		return r;
	}
	free(copy.bytes);
	return r < 0 ? err_set(err, r, "%s: %s", path, strerror(-r)) : 0;
}

/* Which of the two is the newest whole copy; -ENOENT when there is none. */
static int copy_newest(const char *data_dir, struct copy *ret_copy, struct err *err)
{
	int newest = -ENOENT;

	for (unsigned which = 0; which < 2; which++) {
		struct copy copy;
		int r = copy_read(data_dir, which, &copy, err);

		if (r < 0) {
			if (newest >= 0)
				free(ret_copy->bytes);
			return r == -ENOENT ? -EIO : r;
		}
		if (r == 0)
			continue;
		if (newest >= 0 && copy.head.number <= ret_copy->head.number) {
			free(copy.bytes);
			continue;
		}
		if (newest >= 0)
			free(ret_copy->bytes);
		*ret_copy = copy;
		newest = (int)which;
	}
	return newest;
}

/* ---- save ---------------------------------------------------------------------------- */

/* Room for more at the end of copy->bytes; what is there is counted in head.bytes. */
static int copy_room(struct copy *copy, size_t *allocated, size_t more, struct err *err)
{
	char *grown = NULL;

	if (*allocated - copy->head.bytes >= more)
		return 0;
	if (copy->head.bytes + more > COPY_BYTES_MAX)
		return err_set(err, -EFBIG, "the headers of all files are too long");
	*allocated = 2 * *allocated + more;
	grown = realloc(copy->bytes, *allocated);
	if (!grown)
		return err_oom(err);
	copy->bytes = grown;
	return 0;
}

/* Room for one more entry at *ret_header, which the caller fills. */
static int copy_put(struct copy *copy, size_t *allocated,
	const struct header_name *name, uint64_t header_bytes, char **ret_header,
	struct err *err)
{
	struct copy_entry entry = {
		.folder_bytes = (uint32_t)strlen(name->folder) + 1,
		.file_bytes = (uint32_t)strlen(name->file) + 1,
		.header_bytes = header_bytes,
	};
	size_t bytes =
		sizeof(entry) + entry.folder_bytes + entry.file_bytes + header_bytes;
	char *to = NULL;
	int r = copy_room(copy, allocated, bytes, err);

	if (r < 0)
		return r;
	assert(copy->bytes);
	to = copy->bytes + copy->head.bytes;
	memcpy(to, &entry, sizeof(entry));
	to += sizeof(entry);
	memcpy(to, name->folder, entry.folder_bytes);
	to += entry.folder_bytes;
	memcpy(to, name->file, entry.file_bytes);
	*ret_header = to + entry.file_bytes;
	copy->head.bytes += bytes;
	return 0;
}

static int copy_add(struct copy *copy, size_t *allocated, const char *data_dir,
	const struct header_name *name, struct err *err)
{
	char path[PATH_MAX];
	struct rrd_file file = { .fd = -1 };
	char *to = NULL;
	int r = path_series(
		data_dir, name->folder, name->file, path, sizeof(path), err);

	r = r < 0 ? r : rrd_file_open(path, &file, err);
	if (r < 0)
		return r;
	r = copy_put(copy, allocated, name, file.header_bytes, &to, err);
	if (r == 0 &&
		io_pread_full(file.fd, to, file.header_bytes, 0) !=
			(ssize_t)file.header_bytes)
		r = err_set(err, -EIO, "%s: cannot read its header", path);
	rrd_file_close(&file);
	return r;
}

static int copy_write(const char *data_dir, enum data_name which,
	const struct copy *copy, struct err *err)
{
	char path[PATH_MAX];
	int fd = -1;
	int r = data_path(data_dir, which, path, err);

	if (r < 0)
		return r;
	/* in place: a rename would cost the journal more than the copy itself; the other
	 * copy is whole until this one is */
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return err_errno(err, "%s", path);
	r = folder_adopt(fd, path, err);
	if (r < 0) {
		close(fd);
		return r;
	}
	r = io_pwrite_full(fd, &copy->head, sizeof(copy->head), 0);
	if (r == 0)
		r = io_pwrite_full(
			fd, copy->bytes, copy->head.bytes, sizeof(copy->head));
	if (r == 0 && fdatasync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r < 0 ? err_set(err, r, "cannot write %s: %s", path, strerror(-r)) : 0;
}

int header_copies_save(const char *data_dir, const struct header_name *name,
	size_t count, uint64_t mark, struct err *err)
{
	struct copy newest = { .bytes = NULL };
	struct copy copy = {
		.head = { .magic = COPY_MAGIC, .mark = mark, .entries = count }
	};
	size_t allocated = 0;
	int which = copy_newest(data_dir, &newest, err);
	int r = 0;

	if (which < 0 && which != -ENOENT)
		return which;
	copy.head.number = which < 0 ? 1 : newest.head.number + 1;
	for (size_t i = 0; i < count && r == 0; i++)
		r = copy_add(&copy, &allocated, data_dir, &name[i], err);
	if (r == 0) {
		copy.head.checksum = copy_checksum(&copy);
		r = copy_write(data_dir, which == 0 ? DATA_HEADERS_1 : DATA_HEADERS_0,
			&copy, err);
	}
	free(copy.bytes);
	if (which >= 0)
		free(newest.bytes);
	return r;
}

/* ---- restore --------------------------------------------------------------------------- */

/* What a restore does: first it looks at all files, then it writes. */
struct restore {
	const char *data_dir;
	const struct header_name *only; /* NULL: all */
	int64_t until;
	struct sums_table *table;
	struct copy copy;
	unsigned char *match; /* of each entry: an enum header_match */
	struct copy before;   /* headers of damaged files, as they were */
	size_t before_allocated;
	struct header_restored restored;
};

static int restore_open(struct restore *restore, const struct header_name *name,
	char path[PATH_MAX], int *ret_fd, struct err *err)
{
	int fd = -1;
	int r = path_series(
		restore->data_dir, name->folder, name->file, path, PATH_MAX, err);

	if (r < 0)
		return r;
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_errno(err, "%s", path);
	/* exclusive: no reader sees a header that is half put back. */
	r = rrd_file_take_lock(fd, true, LOCK_WAIT_MS) == 0
		? 0
		: err_set(err, -EBUSY, "%s: a reader holds its lock", path);
	if (r < 0)
		close(fd);
	else
		*ret_fd = fd;
	return r;
}

/* An enum header_match, or an error. */
static int restore_compare(struct restore *restore, const struct copy_view *view,
	int fd, const char *path, char *now, struct err *err)
{
	struct header_pair pair = { .fd = fd,
		.now = now,
		.saved = view->header,
		.bytes = view->header_bytes,
		.folder = view->name.folder,
		.name = view->name.file };
	struct stat status;
	ssize_t got = io_pread_full(fd, now, view->header_bytes, 0);
	char *kept = NULL;
	int r;

	if (got < 0) /* not another file: this one, another time */
		return err_set(
			err, (int)got, "cannot read %s: %s", path, strerror((int)-got));
	if (fstat(fd, &status) < 0)
		return err_errno(err, "%s", path);
	if (got != (ssize_t)view->header_bytes || !S_ISREG(status.st_mode))
		return HEADER_OTHER;
	pair.size_bytes = (uint64_t)status.st_size;
	r = header_match(&pair, restore->table, restore->until, err);
	if (r == HEADER_DAMAGED) {
		int put = copy_put(&restore->before, &restore->before_allocated,
			&view->name, view->header_bytes, &kept, err);

		if (put < 0)
			return put;
		memcpy(kept, now, view->header_bytes);
		restore->before.head.entries++;
	}
	return r;
}

static int restore_look(struct restore *restore, const struct copy_view *view,
	size_t index, struct err *err)
{
	char path[PATH_MAX];
	char *now = NULL;
	int fd = -1;
	int r = restore_open(restore, &view->name, path, &fd, err);

	restore->match[index] = HEADER_OTHER;
	if (r == -ENOENT || r == -EINVAL || r == -ELOOP || r == -ENXIO) {
		restore->restored.kept++; /* gone, or no file of ours */
		return 0;
	}
	if (r < 0)
		return r;
	now = malloc(view->header_bytes + 1);
	r = now ? restore_compare(restore, view, fd, path, now, err) : err_oom(err);
	free(now);
	close(fd);
	if (r < 0)
		return r;
	restore->match[index] = (unsigned char)r;
	restore->restored.kept += r == HEADER_OTHER;
	restore->restored.unchanged += r == HEADER_SAME;
	restore->restored.damaged += r == HEADER_DAMAGED;
	return 0;
}

static int restore_put(struct restore *restore, const struct copy_view *view,
	size_t index, struct err *err)
{
	char path[PATH_MAX];
	int fd = -1;
	int r = 0;

	if (restore->match[index] < HEADER_BATCH)
		return 0;
	r = restore_open(restore, &view->name, path, &fd, err);
	if (r < 0)
		return r;
	r = io_pwrite_full(fd, view->header, view->header_bytes, 0);
	if (r == 0 && fdatasync(fd) < 0)
		r = -errno;
	if (r < 0)
		err_set(err, r, "cannot write %s: %s", path, strerror(-r));
	restore->restored.restored += r == 0;
	close(fd);
	return r;
}

/* The log may say that the batch has ended which is put back and written again: readers are
 * to take its rows, where older ones were, for nothing. */
static int restore_tell(struct restore *restore, const struct copy_view *view,
	size_t index, struct err *err)
{
	const struct sums_file *sums =
		sums_table_find(restore->table, view->name.folder, view->name.file);

	if (!sums || restore->match[index] != HEADER_ENDED)
		return 0;
	return sums_log_open_again(restore->data_dir, restore->table, sums->last, err);
}

static int restore_each(struct restore *restore,
	int (*step)(struct restore *, const struct copy_view *, size_t, struct err *),
	struct err *err)
{
	const struct header_name *only = restore->only;
	const char *at = restore->copy.bytes;
	const char *end = at + restore->copy.head.bytes;
	struct copy_view view;
	int r = 0;

	for (size_t i = 0; r == 0 && i < restore->copy.head.entries &&
		copy_entry_next(&at, end, &view);
		i++)
		if (!only ||
			(strcmp(only->folder, view.name.folder) == 0 &&
				strcmp(only->file, view.name.file) == 0))
			r = step(restore, &view, i, err);
	return r;
}

/* Before the first of them is overwritten, all that will be is on the disk. */
static int restore_keep(struct restore *restore, struct err *err)
{
	if (restore->before.head.entries == 0)
		return 0;
	restore->before.head.magic = COPY_MAGIC;
	restore->before.head.mark = restore->copy.head.mark;
	restore->before.head.checksum = copy_checksum(&restore->before);
	return copy_write(
		restore->data_dir, DATA_HEADERS_BEFORE, &restore->before, err);
}

/* All entries of the newest copy, or the one of restore->only. */
static int restore_headers(struct restore *restore, struct err *err)
{
	int r = copy_newest(restore->data_dir, &restore->copy, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	restore->restored.mark = restore->copy.head.mark;
	/* an entry has bytes: no more of them than those */
	restore->match = calloc(restore->copy.head.entries + 1, 1);
	r = restore->match ? 0 : err_oom(err);
	r = r < 0 ? r : sums_table_load(restore->data_dir, &restore->table, err);
	r = r < 0 ? r : restore_each(restore, restore_look, err);
	r = r < 0 ? r : restore_keep(restore, err);
	r = r < 0 ? r : restore_each(restore, restore_tell, err);
	r = r < 0 ? r : restore_each(restore, restore_put, err);
	sums_table_free(restore->table);
	free(restore->match);
	free(restore->before.bytes);
	free(restore->copy.bytes);
	return r;
}

int header_copies_restore(const char *data_dir, int64_t until,
	struct header_restored *ret_restored, struct err *err)
{
	struct restore restore = { .data_dir = data_dir, .until = until };
	int r = restore_headers(&restore, err);

	if (r == 0)
		*ret_restored = restore.restored;
	return r;
}

int header_copies_restore_file(
	const char *data_dir, const struct header_name *name, struct err *err)
{
	struct restore restore = { .data_dir = data_dir, .only = name };
	int r = restore_headers(&restore, err);

	return r < 0 ? r : restore.restored.restored > 0;
}

int header_copies_find(const char *data_dir, const struct header_name *name,
	char **ret_header, uint64_t *ret_bytes, struct err *err)
{
	struct copy copy = { .bytes = NULL };
	struct copy_view view;
	int r = copy_newest(data_dir, &copy, err);
	const char *at = copy.bytes;

	if (r < 0)
		return r;
	r = -ENOENT;
	for (uint64_t i = 0; r == -ENOENT && i < copy.head.entries &&
		copy_entry_next(&at, copy.bytes + copy.head.bytes, &view);
		i++) {
		if (strcmp(name->folder, view.name.folder) != 0 ||
			strcmp(name->file, view.name.file) != 0)
			continue;
		*ret_header = malloc(view.header_bytes + 1);
		*ret_bytes = view.header_bytes;
		r = *ret_header ? 0 : err_oom(err);
		if (r == 0)
			memcpy(*ret_header, view.header, view.header_bytes);
	}
	free(copy.bytes);
	return r;
}

int header_copies_mark(const char *data_dir, uint64_t *ret_mark, struct err *err)
{
	struct copy copy = { .bytes = NULL };
	int r = copy_newest(data_dir, &copy, err);

	if (r == -ENOENT)
		return err_set(err, r, "no headers were saved yet");
	if (r < 0)
		return r;
	*ret_mark = copy.head.mark;
	free(copy.bytes);
	return 0;
}
