#include "store/rrd/rrd_file.h"

#include "store/rrd/rrd_lock.h"

#include "store/rrd/rrd_format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK_WAIT_MS 5000
/* Bounds of what a header may claim: a century a row, stamps of 34,000 years. */
#define ROW_STEP_MAX_S 3200000000u
#define STAMP_MAX ((int64_t)1 << 40)

/* Reads all of it or fails: a short read is a truncated file, never zeros. */
static int rrd_file_read_all(
	int fd, void *buffer, size_t bytes, uint64_t offset, struct err *err)
{
	char *at = buffer;

	while (bytes > 0) {
		ssize_t got = pread(fd, at, bytes, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(err, "read");
		if (got == 0)
			return err_set(err, -EBADMSG, "the file ends too early");
		at += got;
		offset += (uint64_t)got;
		bytes -= (size_t)got;
	}
	return 0;
}

static int take_lock(int fd, struct err *err)
{
	return rrd_file_take_lock(fd, false, LOCK_WAIT_MS) == 0
		? 0
		: err_set(err, -EBUSY, "an update holds its lock");
}

/* A name ends inside its field and has the letters librrd allows. */
static int copy_name(char to[RRD_NAME_SIZE], const char from[RRD_NAME_SIZE])
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789_-";
	size_t length = strnlen(from, RRD_NAME_SIZE);

	if (length == 0 || length == RRD_NAME_SIZE)
		return -EBADMSG;
	memcpy(to, from, length + 1);
	return strspn(to, allowed) == length ? 0 : -EBADMSG;
}

static int check_stat_head(
	const struct rrd_stat_head *head, uint64_t size_bytes, struct err *err)
{
	double cookie = RRD_FLOAT_COOKIE;

	if (memcmp(head->cookie, "RRD", 4) != 0)
		return err_set(err, -EBADMSG, "not an RRD file");
	if (memcmp(head->version, "0003", 5) != 0 &&
		memcmp(head->version, "0004", 5) != 0 &&
		memcmp(head->version, "0005", 5) != 0)
		return err_set(err, -EBADMSG, "an RRD file of another version");
	/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): bit for bit, as librrd */
	if (memcmp(&head->float_cookie, &cookie, sizeof(cookie)) != 0)
		return err_set(err, -EBADMSG, "an RRD file of another kind of machine");
	if (head->column_count == 0 || head->column_count > RRD_COLUMNS_MAX)
		return err_set(err, -EBADMSG, "the header claims %llu data sources",
			(unsigned long long)head->column_count);
	if (head->archive_count == 0 || head->archive_count > RRD_ARCHIVES_MAX)
		return err_set(err, -EBADMSG, "the header claims %llu archives",
			(unsigned long long)head->archive_count);
	if (head->step_s == 0 || head->step_s > ROW_STEP_MAX_S)
		return err_set(err, -EBADMSG, "the header claims a step of %llu s",
			(unsigned long long)head->step_s);
	if (rrd_offsets_of(head->column_count, head->archive_count).rows > size_bytes)
		return err_set(err, -EBADMSG, "the file is shorter than its header");
	return 0;
}

static int parse_columns(
	struct rrd_file *file, const struct rrd_ds_def *def, struct err *err)
{
	for (size_t i = 0; i < file->column_count; i++) {
		struct rrd_column *column = &file->column[i];

		if (copy_name(column->name, def[i].name) < 0 ||
			copy_name(column->type, def[i].type) < 0)
			return err_set(err, -EBADMSG,
				"the name of data source %zu is damaged", i + 1);
		column->heartbeat_s = def[i].par[0].count;
	}
	return 0;
}

static int parse_archive(struct rrd_file *file, struct rrd_archive *archive,
	const struct rrd_rra_def *def, uint64_t newest, uint64_t offset,
	struct err *err)
{
	uint64_t row_bytes = file->column_count * sizeof(double);
	unsigned number = (unsigned)(archive - file->archive) + 1;

	if (copy_name(archive->cf_name, def->cf_name) < 0)
		return err_set(
			err, -EBADMSG, "the function of archive %u is damaged", number);
	if (def->rows == 0 || def->rows > (file->size_bytes - offset) / row_bytes)
		return err_set(err, -EBADMSG,
			"archive %u claims %llu rows, more than the file holds", number,
			(unsigned long long)def->rows);
	if (def->pdp_per_row == 0 || def->pdp_per_row > ROW_STEP_MAX_S / file->step_s)
		return err_set(err, -EBADMSG, "archive %u claims %llu steps a row",
			number, (unsigned long long)def->pdp_per_row);
	if (newest >= def->rows)
		return err_set(
			err, -EBADMSG, "archive %u points outside its rows", number);
	for (enum rra_cf cf = RRA_AVERAGE; cf <= RRA_MAX; cf++) {
		if (strcmp(archive->cf_name, rra_cf_name(cf)) == 0) {
			archive->has_cf = true;
			archive->cf = cf;
		}
	}
	archive->pdp_per_row = (unsigned)def->pdp_per_row;
	archive->step_s = file->step_s * archive->pdp_per_row;
	archive->rows = def->rows;
	archive->newest = newest;
	archive->offset_bytes = offset;
	archive->xff = def->par[0].value;
	archive->last =
		file->last_update - file->last_update % (int64_t)archive->step_s;
	archive->first =
		archive->last - (int64_t)(def->rows - 1) * (int64_t)archive->step_s;
	return 0;
}

/* The whole header is in bytes; every number of it is checked before it is used. */
static int parse_header(struct rrd_file *file, const char *bytes, struct err *err)
{
	const struct rrd_stat_head *head = (const void *)bytes;
	struct rrd_offsets at = rrd_offsets_of(head->column_count, head->archive_count);
	const struct rrd_rra_def *rra_def = (const void *)(bytes + at.rra_def);
	const struct rrd_live_head *live = (const void *)(bytes + at.live_head);
	const uint64_t *newest = (const void *)(bytes + at.rra_ptr);
	uint64_t offset = at.rows;
	int r = 0;

	file->header_bytes = at.rows;
	file->step_s = (unsigned)head->step_s;
	file->column_count = head->column_count;
	file->archive_count = head->archive_count;
	file->last_update = live->last_update;
	if (file->last_update < 0 || file->last_update > STAMP_MAX)
		return err_set(err, -EBADMSG, "its last update is damaged");
	file->column = calloc(file->column_count, sizeof(*file->column));
	file->archive = calloc(file->archive_count, sizeof(*file->archive));
	if (!file->column || !file->archive)
		return err_oom(err);
	r = parse_columns(file, (const void *)(bytes + at.ds_def), err);
	for (size_t i = 0; i < file->archive_count && r == 0; i++) {
		r = parse_archive(
			file, &file->archive[i], &rra_def[i], newest[i], offset, err);
		offset += file->archive[i].rows * file->column_count * sizeof(double);
	}
	if (r == 0 && offset != file->size_bytes)
		r = err_set(err, -EBADMSG, "%llu bytes where its header wants %llu",
			(unsigned long long)file->size_bytes,
			(unsigned long long)offset);
	return r;
}

/* Reads what most headers fit in at once, the rest only when it is believable. */
static int read_header(struct rrd_file *file, struct err *err)
{
	struct rrd_stat_head head;
	uint64_t bytes = 0;
	char *header = NULL;
	int r = 0;

	if (file->size_bytes < sizeof(head))
		return err_set(err, -EBADMSG, "%llu bytes are no RRD file",
			(unsigned long long)file->size_bytes);
	r = rrd_file_read_all(file->fd, &head, sizeof(head), 0, err);
	if (r == 0)
		r = check_stat_head(&head, file->size_bytes, err);
	if (r < 0)
		return r;
	bytes = rrd_offsets_of(head.column_count, head.archive_count).rows;
	header = malloc(bytes);
	if (!header)
		return err_oom(err);
	memcpy(header, &head, sizeof(head));
	r = rrd_file_read_all(file->fd, header + sizeof(head), bytes - sizeof(head),
		sizeof(head), err);
	if (r == 0)
		r = parse_header(file, header, err);
	free(header);
	return r;
}

int rrd_file_open(const char *path, struct rrd_file *ret_file, struct err *err)
{
	struct rrd_file file = { .fd = -1 };
	struct stat status;
	int r = 0;

	/* O_NONBLOCK: a FIFO in place of a file must not stop us */
	file.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file.fd < 0)
		return err_errno(err, "%s", path);
	if (fstat(file.fd, &status) < 0) {
		r = err_errno(err, "%s", path);
		goto out;
	}
	if (!S_ISREG(status.st_mode)) {
		r = err_set(err, -EBADMSG, "%s: not a file", path);
		goto out;
	}
	/* Read-ahead would put large pages into the cache, and librrd's next small store
	 * would then write back the whole of each: 1.7 MB a batch for 70 kB, measured. */
	posix_fadvise(file.fd, 0, 0, POSIX_FADV_RANDOM);
	r = take_lock(file.fd, err);
	/* the size again, now that no rebuild or update is at work */
	if (r == 0 && fstat(file.fd, &status) < 0)
		r = err_errno(err, "fstat");
	if (r == 0) {
		file.size_bytes = (uint64_t)status.st_size;
		r = read_header(&file, err);
	}
	/* one archive: an import, which is never updated */
	if (r == 0 && file.archive_count == 1)
		posix_fadvise(file.fd, 0, 0, POSIX_FADV_NORMAL);
	if (r < 0)
		r = err_wrap(err, r, "%s", path);
out:
	if (r < 0) {
		rrd_file_close(&file);
		return r;
	}
	*ret_file = file;
	return 0;
}

void rrd_file_close(struct rrd_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	if (file->checker)
		file->checker->free(file->checker);
	free(file->column);
	free(file->archive);
	*file = (struct rrd_file){ .fd = -1 };
}

int rrd_file_parse(const void *header, uint64_t bytes, uint64_t size_bytes,
	struct rrd_file *ret_file, struct err *err)
{
	struct rrd_file file = { .fd = -1, .size_bytes = size_bytes };
	struct rrd_stat_head head;
	char *aligned = NULL;
	int r = 0;

	if (bytes < sizeof(head) || bytes > size_bytes)
		return err_set(err, -EBADMSG, "%llu bytes are no header",
			(unsigned long long)bytes);
	memcpy(&head, header, sizeof(head));
	r = check_stat_head(&head, size_bytes, err);
	if (r == 0 &&
		rrd_offsets_of(head.column_count, head.archive_count).rows != bytes)
		r = err_set(err, -EBADMSG, "a header of another length");
	if (r < 0)
		return r;
	aligned = malloc(bytes);
	if (!aligned)
		return err_oom(err);
	memcpy(aligned, header, bytes);
	r = parse_header(&file, aligned, err);
	free(aligned);
	if (r < 0) {
		rrd_file_close(&file);
		return r;
	}
	*ret_file = file;
	return 0;
}

bool rrd_file_is_of_our_kind(const struct rrd_file *file)
{
	for (size_t i = 0; i < file->column_count; i++)
		if (strcmp(file->column[i].type, "GAUGE") != 0)
			return false;
	for (size_t i = 0; i < file->archive_count; i++)
		if (!file->archive[i].has_cf)
			return false;
	return true;
}

int rrd_file_find_column(const struct rrd_file *file, const char *name)
{
	for (size_t i = 0; i < file->column_count; i++)
		if (strcmp(file->column[i].name, name) == 0)
			return (int)i;
	return -1;
}

int rrd_file_find_archive(const struct rrd_file *file, enum rra_cf cf, unsigned step_s)
{
	int best = -1;

	for (size_t i = 0; i < file->archive_count; i++) {
		const struct rrd_archive *archive = &file->archive[i];

		if (archive->has_cf && archive->cf == cf && archive->step_s == step_s &&
			(best < 0 || archive->rows > file->archive[best].rows))
			best = (int)i;
	}
	return best;
}

/* Rows since the oldest that are stamped at or before `when`. */
static uint64_t rows_until(const struct rrd_archive *archive, int64_t when)
{
	if (when < archive->first)
		return 0;
	if (when >= archive->last)
		return archive->rows;
	return (uint64_t)((when - archive->first) / archive->step_s) + 1;
}

void rrd_rows_begin(struct rrd_rows *rows, const struct rrd_file *file,
	size_t archive_index, int64_t from, int64_t to)
{
	const struct rrd_archive *archive = &file->archive[archive_index];

	*rows = (struct rrd_rows){
		.file = file,
		.archive = archive,
		.next = rows_until(archive, from),
		.end = rows_until(archive, to),
		.stride = file->column_count,
	};
}

/*
 * Whole blocks of the ring, checked, and of them the rows at..at + *count - 1 at the
 * begin of the buffer.  The first read ends at the next block's begin, so that those
 * after it need no move.
 */
static int read_checked(const struct rrd_rows *rows, uint64_t at, uint64_t *count,
	double *buffer, uint64_t room, struct err *err)
{
	const struct rrd_archive *archive = rows->archive;
	struct rrd_checker *checker = rows->file->checker;
	uint64_t block_rows = checker->block_rows;
	uint64_t begin = at - at % block_rows;
	size_t row_bytes = rows->stride * sizeof(double);
	uint64_t end = at + *count;
	int r = 0;

	if (room < block_rows)
		return err_set(err, -EINVAL, "a buffer of %llu rows is too small",
			(unsigned long long)room);
	if (begin < at)
		end = begin + block_rows;
	if (end > begin + room / block_rows * block_rows)
		end = begin + room / block_rows * block_rows;
	if (end % block_rows != 0)
		end += block_rows - end % block_rows;
	if (end > archive->rows)
		end = archive->rows;
	r = rrd_file_read_all(rows->file->fd, buffer, (end - begin) * row_bytes,
		archive->offset_bytes + begin * row_bytes, err);
	if (r == 0)
		r = checker->check(checker, rows->file,
			(size_t)(archive - rows->file->archive), begin, buffer,
			end - begin, err);
	if (r < 0)
		return r;
	if (begin < at)
		memmove(buffer, buffer + (at - begin) * rows->stride,
			(end - at) * row_bytes);
	if (*count > end - at)
		*count = end - at;
	return 0;
}

int rrd_rows_next(
	struct rrd_rows *rows, double *buffer, size_t buffer_bytes, struct err *err)
{
	const struct rrd_archive *archive = rows->archive;
	size_t row_bytes = rows->stride * sizeof(double);
	uint64_t room = buffer_bytes / row_bytes;
	uint64_t at = 0, count = 0;
	int r = 0;

	if (room == 0)
		return err_set(err, -EINVAL, "a row of %zu data sources is too wide",
			rows->stride);
	if (rows->next >= rows->end)
		return 0;
	/* the oldest row lies behind the newest; one read never goes over the seam */
	at = archive->newest + 1 + rows->next;
	if (at >= archive->rows)
		at -= archive->rows;
	count = rows->end - rows->next;
	if (count > room)
		count = room;
	if (count > archive->rows - at)
		count = archive->rows - at;
	if (rows->file->checker)
		r = read_checked(rows, at, &count, buffer, room, err);
	else
		r = rrd_file_read_all(rows->file->fd, buffer, count * row_bytes,
			archive->offset_bytes + at * row_bytes, err);
	if (r < 0)
		return err_wrap(err, r, "rows of %s", archive->cf_name);
	rows->first = archive->first + (int64_t)rows->next * (int64_t)archive->step_s;
	rows->count = count;
	rows->next += count;
	return 1;
}
