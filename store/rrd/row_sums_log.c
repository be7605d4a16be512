#include "store/rrd/row_sums_log.h"

#include "common/checksum.h"
#include "common/clock.h"
#include "store/dir/data_dir.h"
#include "store/dir/folder.h"
#include "store/dir/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOG_MAGIC 0x31534d5553445248u /* "HRDSUMS1" */
#define LOG_BYTES_MAX (1024u * 1024 * 1024)
/* The log grows by whole pieces of zeros, so that most appends change no size. */
#define GROW_BYTES 65536u
/* Below this it is not worth to begin anew. */
#define COMPACT_MIN_BYTES 65536u

enum entry_kind {
	ENTRY_ALL = 1, /* the first: all sums */
	ENTRY_BEGIN,   /* a batch begins; no body */
	ENTRY_END,     /* what it changed */
	ENTRY_CHANGE,  /* what was changed outside of a batch */
};

struct log_entry {
	uint64_t magic;
	uint64_t generation; /* rises with each log that is begun: the newest wins */
	uint64_t number;     /* in the log; 0: ENTRY_ALL */
	uint32_t kind, unused;
	int64_t until;  /* ENTRY_BEGIN */
	uint64_t bytes; /* behind this head, a multiple of 8 */
	uint64_t checksum;
};

/* A log in memory while it is read. */
struct image {
	char *bytes;
	uint64_t size;
	unsigned copy;
};

static uint64_t entry_checksum(const struct log_entry *entry, const char *body)
{
	struct log_entry head = *entry;

	head.checksum = 0;
	return checksum64(body, entry->bytes, checksum64(&head, sizeof(head), 0));
}

static int log_path(const char *data_dir, unsigned copy, char path[DATA_PATH_BYTES],
	struct err *err)
{
	return data_path(data_dir, copy ? DATA_SUMS_1 : DATA_SUMS_0, path, err);
}

/* ---- read ------------------------------------------------------------------------------ */

static int image_read_fd(int fd, const char *path, struct image *image, struct err *err)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return err_errno(err, "%s", path);
	if (!S_ISREG(status.st_mode) || status.st_size > (off_t)LOG_BYTES_MAX)
		return 0;
	image->bytes = malloc((size_t)status.st_size + 1);
	if (!image->bytes)
		return err_oom(err);
	while (image->size < (uint64_t)status.st_size) {
		ssize_t got = pread(fd, image->bytes + image->size,
			(size_t)status.st_size - image->size, (off_t)image->size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(err, "%s", path);
		if (got == 0)
			break;
		image->size += (uint64_t)got;
	}
	return 0;
}

/* 1; 0 when there is none; or the errno of a disk that may answer another time. */
static int image_read(
	const char *data_dir, unsigned copy, struct image *image, struct err *err)
{
	char path[PATH_MAX];
	int fd;
	int r = log_path(data_dir, copy, path, err);

	*image = (struct image){ .copy = copy };
	if (r < 0)
		return r;
	/* O_NONBLOCK: a FIFO in place of a file must not stop us */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return errno == ENOENT ? 0 : err_errno(err, "%s", path);
	r = image_read_fd(fd, path, image, err);
	close(fd);
	return r < 0 ? r : 1;
}

/* The entry at that place, whole and with that number (and generation, when not 0). */
static bool entry_at(const struct image *image, uint64_t at, uint64_t generation,
	uint64_t number, struct log_entry *ret_entry)
{
	struct log_entry entry;

	if (at > image->size || image->size - at < sizeof(entry))
		return false;
	memcpy(&entry, image->bytes + at, sizeof(entry));
	if (entry.magic != LOG_MAGIC || entry.number != number ||
		(generation && entry.generation != generation) ||
		entry.bytes % 8 != 0 ||
		entry.bytes > image->size - at - sizeof(entry) ||
		entry_checksum(&entry, image->bytes + at + sizeof(entry)) !=
			entry.checksum)
		return false;
	*ret_entry = entry;
	return true;
}

/* Nothing whole stands behind the end of a log, except where it was damaged. */
static bool has_more(const struct image *image, const struct sums_table *table)
{
	static const uint64_t magic = LOG_MAGIC;
	struct log_entry entry;

	for (uint64_t at = table->end; at + sizeof(entry) <= image->size; at += 8) {
		uint64_t number;

		if (memcmp(image->bytes + at, &magic, sizeof(magic)) != 0)
			continue;
		memcpy(&number, image->bytes + at + offsetof(struct log_entry, number),
			sizeof(number));
		if (number > table->number &&
			entry_at(image, at, table->generation, number, &entry))
			return true;
	}
	return false;
}

static void begin_noted(struct sums_table *table, int64_t until)
{
	table->open_batches++;
	if (table->open_batches == 1 || until > table->open_until)
		table->open_until = until;
	table->begun_until = until;
}

/* One that was cut short has been written again by a batch that goes as far: not by one of
 * no ticks, of which there are some while layouts are missing. */
static void end_noted(struct sums_table *table)
{
	if (table->open_batches > 1 && table->begun_until < table->open_until) {
		table->open_batches--;
		return;
	}
	table->open_batches = 0;
	table->open_until = 0;
}

static int apply_entry(struct sums_table *table, const struct image *image,
	const struct log_entry *entry)
{
	int r = 0;

	if (entry->kind == ENTRY_BEGIN) {
		begin_noted(table, entry->until);
	} else {
		r = sums_table_apply(table, image->bytes + table->end + sizeof(*entry),
			entry->bytes);
		if (entry->kind == ENTRY_END)
			end_noted(table);
	}
	table->number = entry->number;
	table->end += sizeof(*entry) + entry->bytes;
	return r;
}

/* All entrys from the first. */
static int read_entrys(struct sums_table *table, const struct image *image,
	const struct log_entry *first)
{
	struct log_entry entry = *first;
	int r;

	table->has_log = true;
	table->copy = image->copy;
	table->generation = first->generation;
	table->size = image->size;
	do {
		r = apply_entry(table, image, &entry);
		if (r == -EBADMSG)
			table->is_damaged = true;
		if (r < 0)
			return r == -EBADMSG ? 0 : r;
	} while (entry_at(
		image, table->end, table->generation, table->number + 1, &entry));
	table->is_damaged = has_more(image, table);
	return 0;
}

bool sums_is_in_batch(const struct sums_table *table, int64_t last_update)
{
	return table->open_batches > 0 && !table->is_damaged &&
		last_update <= table->open_until;
}

int sums_table_load(
	const char *data_dir, struct sums_table **ret_table, struct err *err)
{
	struct sums_table *table = calloc(1, sizeof(*table));
	struct image image[2] = { { .bytes = NULL }, { .bytes = NULL } };
	struct log_entry first[2];
	int newest = -1;
	int r = table ? 0 : err_oom(err);

	for (unsigned copy = 0; copy < 2 && r == 0; copy++) {
		r = image_read(data_dir, copy, &image[copy], err);
		if (r <= 0)
			continue;
		r = 0;
		table->had_log = true;
		if (entry_at(&image[copy], 0, 0, 0, &first[copy]) &&
			first[copy].kind == ENTRY_ALL &&
			(newest < 0 ||
				first[copy].generation > first[newest].generation))
			newest = (int)copy;
	}
	if (r == 0 && newest >= 0 &&
		read_entrys(table, &image[newest], &first[newest]) < 0)
		r = err_oom(err);
	free(image[0].bytes);
	free(image[1].bytes);
	if (r < 0) {
		sums_table_free(table);
		return r;
	}
	*ret_table = table;
	return 0;
}

/* ---- write ----------------------------------------------------------------------------- */

static int write_at(int fd, const char *path, const void *bytes, uint64_t size,
	uint64_t offset, struct err *err)
{
	const char *at = bytes;

	while (size > 0) {
		ssize_t done = pwrite(fd, at, size, (off_t)offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return err_errno(err, "cannot write %s", path);
		at += done;
		offset += (uint64_t)done;
		size -= (uint64_t)done;
	}
	return 0;
}

/* Zeros up to the next whole piece and one more: the next entrys find their room. */
static int row_sums_log_grow(
	int fd, const char *path, uint64_t from, uint64_t *size, struct err *err)
{
	uint64_t wanted = (from / GROW_BYTES + 2) * GROW_BYTES;
	char *zeros = calloc(1, GROW_BYTES);
	int r = zeros ? 0 : err_oom(err);

	while (r == 0 && *size < wanted) {
		uint64_t now =
			wanted - *size < GROW_BYTES ? wanted - *size : GROW_BYTES;

		r = write_at(fd, path, zeros, now, *size, err);
		if (r == 0)
			*size += now;
	}
	free(zeros);
	return r;
}

/* The entry behind the last one, and to the disk. */
static int row_sums_log_append(const char *data_dir, struct sums_table *table,
	struct log_entry *entry, const char *body, struct err *err)
{
	uint64_t bytes = sizeof(*entry) + entry->bytes;
	char path[PATH_MAX];
	struct stat status;
	int fd = -1;
	int r = log_path(data_dir, table->copy, path, err);

	if (r < 0)
		return r;
	entry->magic = LOG_MAGIC;
	entry->generation = table->generation;
	entry->checksum = entry_checksum(entry, body);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return err_errno(err, "%s", path);
	r = folder_adopt(fd, path, err);
	if (r == 0 && fstat(fd, &status) < 0)
		r = err_errno(err, "%s", path);
	else if (r == 0)
		table->size = (uint64_t)status.st_size;
	if (r == 0 && table->end + bytes > table->size)
		r = row_sums_log_grow(fd, path, table->end + bytes, &table->size, err);
	if (r == 0 && entry->bytes > 0)
		r = write_at(
			fd, path, body, entry->bytes, table->end + sizeof(*entry), err);
	if (r == 0)
		r = write_at(fd, path, entry, sizeof(*entry), table->end, err);
	if (r == 0 && fdatasync(fd) < 0)
		r = err_errno(err, "cannot write %s", path);
	if (close(fd) < 0 && r == 0)
		r = err_errno(err, "cannot write %s", path);
	if (r == 0) {
		table->number = entry->number;
		table->end += bytes;
		table->has_log = true;
	}
	return r;
}

/* A workload that was forgotten, a file that is no more. */
static void drop_gone(const char *data_dir, struct sums_table *table)
{
	size_t kept = 0;

	for (size_t i = 0; i < table->count; i++) {
		struct sums_file *file = table->file[i];
		char path[PATH_MAX];

		if (path_series(data_dir, file->folder, file->name, path, sizeof(path),
			    NULL) == 0 &&
			(access(path, F_OK) == 0 || errno != ENOENT)) {
			table->file[i] = table->file[kept];
			table->file[kept++] = file;
		}
	}
	/* those behind kept are gone: freed with a table of their own */
	while (table->count > kept)
		sums_table_drop_last(table);
}

/* All of it into the other log.  Until that is whole, this one stays in use. */
static int begin_anew(const char *data_dir, struct sums_table *table, struct err *err)
{
	struct sums_table next = *table;
	struct sums_body body = { .bytes = NULL };
	struct log_entry entry = { .kind = ENTRY_ALL };
	int r = 0;

	drop_gone(data_dir, table);
	for (size_t i = 0; i < table->count && r == 0; i++)
		r = sums_record_whole(&body, table, table->file[i]);
	if (r < 0) {
		free(body.bytes);
		return err_oom(err);
	}
	next.copy = table->has_log ? !table->copy : 0;
	/* without the old number: no entry that may still stand there has this one */
	next.generation =
		table->has_log ? table->generation + 1 : (uint64_t)clock_wall_ns();
	next.end = 0;
	entry.bytes = body.used;
	r = row_sums_log_append(data_dir, &next, &entry, body.bytes, err);
	free(body.bytes);
	if (r < 0)
		return r;
	table->copy = next.copy;
	table->generation = next.generation;
	table->number = next.number;
	table->end = next.end;
	table->size = next.size;
	table->has_log = true;
	table->open_batches = 0;
	table->open_until = 0;
	return 0;
}

int sums_log_begin(
	const char *data_dir, struct sums_table *table, int64_t until, struct err *err)
{
	struct log_entry entry = { .kind = ENTRY_BEGIN, .until = until };
	int r = 0;

	if (!table->has_log)
		r = begin_anew(data_dir, table, err);
	entry.number = table->number + 1;
	if (r == 0)
		r = row_sums_log_append(data_dir, table, &entry, "", err);
	if (r < 0)
		return r;
	begin_noted(table, until);
	return 0;
}

int sums_log_open_again(
	const char *data_dir, struct sums_table *table, int64_t until, struct err *err)
{
	if (!table->has_log || (table->open_batches > 0 && table->open_until >= until))
		return 0;
	return sums_log_begin(data_dir, table, until, err);
}

/* Bytes of a log that is begun now, nearly. */
static uint64_t live_bytes(const struct sums_table *table)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < table->count; i++) {
		bytes += 256;
		for (uint32_t a = 0; a < table->file[i]->archive_count; a++)
			bytes += 4 * (uint64_t)table->file[i]->archive[a].blocks;
	}
	return bytes;
}

int sums_log_change(const char *data_dir, struct sums_table *table,
	const struct sums_body *body, struct err *err)
{
	struct log_entry entry = {
		.kind = ENTRY_CHANGE, .number = table->number + 1, .bytes = body->used
	};

	return row_sums_log_append(data_dir, table, &entry, body->bytes, err);
}

int sums_log_end(const char *data_dir, struct sums_table *table,
	const struct sums_body *body, struct err *err)
{
	struct log_entry entry = { .kind = ENTRY_END, .bytes = body->used };
	int r = 0;

	if (!table->has_log)
		r = begin_anew(data_dir, table, err);
	entry.number = table->number + 1;
	if (r == 0)
		r = row_sums_log_append(
			data_dir, table, &entry, body->bytes ? body->bytes : "", err);
	if (r < 0)
		return r;
	end_noted(table);
	if (table->is_damaged ||
		(table->open_batches == 0 && table->end > COMPACT_MIN_BYTES &&
			table->end > 2 * live_bytes(table))) {
		r = begin_anew(data_dir, table, err);
		if (r == 0)
			table->is_damaged = false;
	}
	return r;
}
