#include "store/rrd/header_slots.h"

#include "common/io.h"
#include "store/rrd/checksum.h"
#include "store/dir/data_dir.h"
#include "store/dir/folder.h"
#include "store/dir/path.h"
#include "store/rrd/rrd_file.h"
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
 * A slot: struct slot_head, then for each file struct slot_entry, folder, file (both
 * with their NUL) and the header bytes.  The checksum covers all behind slot_head.
 */
#define SLOT_MAGIC 0x31544f4c53445248u /* "HRDSLOT1" */
#define SLOT_BYTES_MAX ((size_t)1024 * 1024 * 1024)
#define LOCK_WAIT_MS 10000

struct slot_head {
	uint64_t magic;
	uint64_t number; /* rises with each save: the newest wins */
	uint64_t mark;
	uint64_t bytes; /* behind this head */
	uint64_t entries;
	uint64_t checksum;
};

struct slot_entry {
	uint32_t folder_bytes, file_bytes;
	uint64_t header_bytes;
};

struct slot {
	struct slot_head head;
	char *bytes;
};

static uint64_t slot_checksum(const struct slot *slot)
{
	uint64_t seed = CHECKSUM_SEED ^ slot->head.number ^ (slot->head.mark << 1) ^
		(slot->head.bytes << 2) ^ (slot->head.entries << 3);

	return checksum_add(seed, slot->bytes, slot->head.bytes);
}

static int slot_path(const char *data_dir, unsigned which, char path[DATA_PATH_BYTES],
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

static int slot_read_fd(int fd, struct slot *slot)
{
	int r = read_fully(fd, &slot->head, sizeof(slot->head));

	if (r <= 0)
		return r;
	if (slot->head.magic != SLOT_MAGIC || slot->head.bytes > SLOT_BYTES_MAX)
		return 0;
	slot->bytes = malloc(slot->head.bytes ? slot->head.bytes : 1);
	if (!slot->bytes)
		return -ENOMEM;
	r = read_fully(fd, slot->bytes, slot->head.bytes);
	if (r <= 0)
		return r;
	return slot_checksum(slot) == slot->head.checksum;
}

/* 1; 0 for a slot that is absent, torn or damaged: the other one is used then; or the
 * errno of a disk that may answer another time. */
static int slot_read(
	const char *data_dir, unsigned which, struct slot *ret_slot, struct err *err)
{
	struct slot slot = { .bytes = NULL };
	char path[PATH_MAX];
	int fd, r;

	r = slot_path(data_dir, which, path, err);
	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_errno(err, "%s", path);
	r = slot_read_fd(fd, &slot);
	close(fd);
	if (r > 0) {
		*ret_slot = slot;
		return r;
	}
	free(slot.bytes);
	return r < 0 ? err_set(err, r, "%s: %s", path, strerror(-r)) : 0;
}

/* Which of the two is the newest whole slot; -ENOENT when there is none. */
static int slot_newest(const char *data_dir, struct slot *ret_slot, struct err *err)
{
	int newest = -ENOENT;

	for (unsigned which = 0; which < 2; which++) {
		struct slot slot;
		int r = slot_read(data_dir, which, &slot, err);

		if (r < 0) {
			if (newest >= 0)
				free(ret_slot->bytes);
			return r == -ENOENT ? -EIO : r;
		}
		if (r == 0)
			continue;
		if (newest >= 0 && slot.head.number <= ret_slot->head.number) {
			free(slot.bytes);
			continue;
		}
		if (newest >= 0)
			free(ret_slot->bytes);
		*ret_slot = slot;
		newest = (int)which;
	}
	return newest;
}

/* ---- save ---------------------------------------------------------------------------- */

/* Room for more at the end of slot->bytes; what is there is counted in head.bytes. */
static int slot_room(struct slot *slot, size_t *allocated, size_t more, struct err *err)
{
	char *grown = NULL;

	if (*allocated - slot->head.bytes >= more)
		return 0;
	if (slot->head.bytes + more > SLOT_BYTES_MAX)
		return err_set(err, -EFBIG, "the headers of all files are too long");
	*allocated = 2 * *allocated + more;
	grown = realloc(slot->bytes, *allocated);
	if (!grown)
		return err_oom(err);
	slot->bytes = grown;
	return 0;
}

static int slot_add(struct slot *slot, size_t *allocated, const char *data_dir,
	const struct header_name *name, struct err *err)
{
	struct slot_entry entry = {
		.folder_bytes = (uint32_t)strlen(name->folder) + 1,
		.file_bytes = (uint32_t)strlen(name->file) + 1,
	};
	char path[PATH_MAX];
	struct rrd_file file = { .fd = -1 };
	char *to = NULL;
	int r = path_series(
		data_dir, name->folder, name->file, path, sizeof(path), err);

	if (r == 0)
		r = rrd_file_open(path, &file, err);
	if (r < 0)
		return r;
	entry.header_bytes = file.header_bytes;
	r = slot_room(slot, allocated,
		sizeof(entry) + entry.folder_bytes + entry.file_bytes +
			entry.header_bytes,
		err);
	if (r == 0) {
		assert(slot->bytes);
		to = slot->bytes + slot->head.bytes;
		memcpy(to, &entry, sizeof(entry));
		to += sizeof(entry);
		memcpy(to, name->folder, entry.folder_bytes);
		to += entry.folder_bytes;
		memcpy(to, name->file, entry.file_bytes);
		to += entry.file_bytes;
		if (io_pread_full(file.fd, to, entry.header_bytes, 0) !=
			(ssize_t)entry.header_bytes)
			r = err_set(err, -EIO, "%s: cannot read its header", path);
		else
			slot->head.bytes =
				(uint64_t)(to - slot->bytes) + entry.header_bytes;
	}
	rrd_file_close(&file);
	return r;
}

static int slot_write(
	const char *data_dir, unsigned which, const struct slot *slot, struct err *err)
{
	char path[PATH_MAX];
	int fd = -1;
	int r = slot_path(data_dir, which, path, err);

	if (r < 0)
		return r;
	/* in place: a rename would cost the journal more than the slot itself; the other
	 * slot is whole until this one is */
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return err_errno(err, "%s", path);
	r = folder_adopt(fd, path, err);
	if (r < 0) {
		close(fd);
		return r;
	}
	r = io_pwrite_full(fd, &slot->head, sizeof(slot->head), 0);
	if (r == 0)
		r = io_pwrite_full(
			fd, slot->bytes, slot->head.bytes, sizeof(slot->head));
	if (r == 0 && fdatasync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r < 0 ? err_set(err, r, "cannot write %s: %s", path, strerror(-r)) : 0;
}

int header_slots_save(const char *data_dir, const struct header_name *name,
	size_t count, uint64_t mark, struct err *err)
{
	struct slot newest = { .bytes = NULL };
	struct slot slot = {
		.head = { .magic = SLOT_MAGIC, .mark = mark, .entries = count }
	};
	size_t allocated = 0;
	int which = slot_newest(data_dir, &newest, err);
	int r = 0;

	if (which < 0 && which != -ENOENT)
		return which;
	slot.head.number = which < 0 ? 1 : newest.head.number + 1;
	for (size_t i = 0; i < count && r == 0; i++)
		r = slot_add(&slot, &allocated, data_dir, &name[i], err);
	if (r == 0) {
		slot.head.checksum = slot_checksum(&slot);
		r = slot_write(data_dir, which == 0, &slot, err);
	}
	free(slot.bytes);
	if (which >= 0)
		free(newest.bytes);
	return r;
}

/* ---- restore --------------------------------------------------------------------------- */

/* Does the saved header belong to a file of that size? */
static bool fits_size(const char *saved, uint64_t bytes, uint64_t size_bytes)
{
	struct rrd_stat_head head;
	struct rrd_offsets at;
	uint64_t wanted = bytes;

	memcpy(&head, saved, sizeof(head));
	at = rrd_offsets_of(head.source_count, head.archive_count);
	for (uint64_t i = 0; i < head.archive_count; i++) {
		struct rrd_rra_def def;

		memcpy(&def, saved + at.rra_def + i * sizeof(def), sizeof(def));
		wanted += def.rows * head.source_count * sizeof(double);
	}
	return wanted == size_bytes;
}

/*
 * A rebuild adds sources or changes rows, so that the file has another size than the
 * saved header says: then it stays (it was not updated after the rebuild).  A header
 * that differs where the size fits was damaged, or belongs to an interrupted batch.
 */
static bool belongs(int fd, const char *saved, uint64_t bytes)
{
	struct stat status;

	return fstat(fd, &status) == 0 &&
		fits_size(saved, bytes, (uint64_t)status.st_size);
}

/* Exclusive: no reader sees a header that is half put back. */
static int header_slots_lock_exclusive(int fd, const char *path, struct err *err)
{
	for (int waited_ms = 0;; waited_ms++) {
		struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

		if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
			return 0;
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return 0; /* a file system without locks */
		if (waited_ms >= LOCK_WAIT_MS)
			return err_set(
				err, -EBUSY, "%s: a reader holds its lock", path);
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
}

static int put_back(int fd, const char *path, const char *saved, uint64_t bytes,
	struct header_restored *restored, struct err *err)
{
	char *now = malloc(bytes);
	ssize_t got;
	int r = 0;

	if (!now)
		return err_oom(err);
	got = io_pread_full(fd, now, bytes, 0);
	if (got < 0) { /* not another file: this one, another time */
		r = err_set(
			err, (int)got, "cannot read %s: %s", path, strerror((int)-got));
	} else if (got != (ssize_t)bytes || !belongs(fd, saved, bytes)) {
		restored->kept++;
	} else if (memcmp(now, saved, bytes) == 0) {
		restored->unchanged++;
	} else {
		r = io_pwrite_full(fd, saved, bytes, 0);
		if (r == 0 && fdatasync(fd) < 0)
			r = -errno;
		if (r < 0)
			err_set(err, r, "cannot write %s: %s", path, strerror(-r));
		restored->restored += r == 0;
	}
	free(now);
	return r;
}

static int restore_one(const char *data_dir, const struct header_name *name,
	const char *saved, uint64_t bytes, struct header_restored *restored,
	struct err *err)
{
	char path[PATH_MAX];
	int fd = -1;
	int r = path_series(
		data_dir, name->folder, name->file, path, sizeof(path), err);

	if (r < 0)
		return r;
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT) {
		restored->kept++;
		return 0;
	}
	if (fd < 0)
		return err_errno(err, "%s", path);
	r = header_slots_lock_exclusive(fd, path, err);
	if (r == 0)
		r = put_back(fd, path, saved, bytes, restored, err);
	close(fd);
	return r;
}

/* All entries of the newest slot, or the one of `only`. */
static int restore(const char *data_dir, const struct header_name *only,
	struct header_restored *restored, struct err *err)
{
	struct slot slot = { .bytes = NULL };
	const char *at = NULL, *end = NULL;
	int r = 0;

	r = slot_newest(data_dir, &slot, err);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = 0;
	restored->mark = slot.head.mark;
	at = slot.bytes;
	end = at + slot.head.bytes;
	/* the checksum was right: the lengths are those that we wrote */
	for (uint64_t i = 0; i < slot.head.entries && r == 0; i++) {
		struct slot_entry entry;
		struct header_name name;

		if ((size_t)(end - at) < sizeof(entry))
			break;
		memcpy(&entry, at, sizeof(entry));
		at += sizeof(entry);
		name.folder = at;
		name.file = at + entry.folder_bytes;
		at += entry.folder_bytes + entry.file_bytes;
		if (!only ||
			(strcmp(only->folder, name.folder) == 0 &&
				strcmp(only->file, name.file) == 0))
			r = restore_one(
				data_dir, &name, at, entry.header_bytes, restored, err);
		at += entry.header_bytes;
	}
	free(slot.bytes);
	return r;
}

int header_slots_restore(
	const char *data_dir, struct header_restored *ret_restored, struct err *err)
{
	struct header_restored restored = { .mark = 0 };
	int r = restore(data_dir, NULL, &restored, err);

	if (r == 0)
		*ret_restored = restored;
	return r;
}

int header_slots_restore_file(
	const char *data_dir, const struct header_name *name, struct err *err)
{
	struct header_restored restored = { .mark = 0 };
	int r = restore(data_dir, name, &restored, err);

	return r < 0 ? r : restored.restored > 0;
}

int header_slots_mark(const char *data_dir, uint64_t *ret_mark, struct err *err)
{
	struct slot slot = { .bytes = NULL };
	int r = slot_newest(data_dir, &slot, err);

	if (r == -ENOENT)
		return err_set(err, r, "no headers were saved yet");
	if (r < 0)
		return r;
	*ret_mark = slot.head.mark;
	free(slot.bytes);
	return 0;
}
