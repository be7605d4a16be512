#include "store/rrd/row_sums_batch.h"

#include "common/array.h"
#include "common/util.h"
#include "store/dir/data_dir.h"
#include "store/rrd/row_sums_log.h"
#include "store/rrd/rrd_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOCK_WAIT_MS 10000
/* Files without sums that are read in one batch. */
#define ADOPT_BYTES ((uint64_t)64 * 1024 * 1024)

/* A file that this batch appends to, and has sums. */
struct batch_member {
	char *folder, *name;
	bool is_adopted; /* since this batch has it: the log has no sums of it */
};

struct row_sums_batch {
	char *data_dir;
	struct sums_table *table;
	unsigned open_before; /* batches cut short before this one */
	int64_t until;
	struct batch_member *member;
	size_t member_count, member_room;
	uint64_t adopted_bytes;
	bool has_unsummed; /* a file that is neither new nor in the sums */
	double *block;     /* RRD_BLOCK_BYTES */
	char note[256];
};

const char *row_sums_batch_note(const struct row_sums_batch *batch)
{
	return batch->note;
}

int row_sums_batch_begin(
	const char *data_dir, struct row_sums_batch **ret_batch, struct err *err)
{
	struct row_sums_batch *batch = calloc(1, sizeof(*batch));
	int r = 0;

	if (batch) {
		batch->data_dir = strdup(data_dir);
		batch->block = malloc(RRD_BLOCK_BYTES);
	}
	if (!batch || !batch->data_dir || !batch->block)
		r = err_oom(err);
	else
		r = sums_table_load(data_dir, &batch->table, err);
	if (r < 0) {
		row_sums_batch_end(batch);
		return r;
	}
	batch->open_before = batch->table->open_batches;
	if (batch->table->is_damaged)
		snprintf(batch->note, sizeof(batch->note),
			"the checksums of the stored rows were damaged: rows since "
			"then are summed anew");
	*ret_batch = batch;
	return 0;
}

void row_sums_batch_end(struct row_sums_batch *batch)
{
	if (!batch)
		return;
	for (size_t i = 0; i < batch->member_count; i++) {
		free(batch->member[i].folder);
		free(batch->member[i].name);
	}
	free(batch->member);
	sums_table_free(batch->table);
	free(batch->block);
	free(batch->data_dir);
	free(batch);
}

int row_sums_forget(const char *data_dir, struct err *err)
{
	static const enum data_name logs[] = { DATA_SUMS_0, DATA_SUMS_1 };
	char path[DATA_PATH_BYTES];
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(logs) && r == 0; i++) {
		r = data_path(data_dir, logs[i], path, err);
		if (r == 0 && unlink(path) < 0 && errno != ENOENT)
			r = err_errno(err, "%s", path);
	}
	return r;
}

static struct batch_member *find_member(
	const struct row_sums_batch *batch, const char *folder, const char *name)
{
	for (size_t i = 0; i < batch->member_count; i++)
		if (strcmp(batch->member[i].name, name) == 0 &&
			strcmp(batch->member[i].folder, folder) == 0)
			return &batch->member[i];
	return NULL;
}

static int row_sums_batch_put_member(struct row_sums_batch *batch, const char *folder,
	const char *name, bool is_adopted, struct err *err)
{
	struct batch_member *member = find_member(batch, folder, name);
	struct batch_member added = { .is_adopted = is_adopted };

	if (member) {
		member->is_adopted = member->is_adopted || is_adopted;
		return 0;
	}
	if (ARRAY_RESERVE(batch->member, batch->member_room, batch->member_count + 1) <
		0)
		return err_oom(err);
	added.folder = strdup(folder);
	added.name = strdup(name);
	if (!added.folder || !added.name) {
		free(added.folder);
		free(added.name);
		return err_oom(err);
	}
	batch->member[batch->member_count++] = added;
	return 0;
}

static int row_sums_batch_open_file(const struct row_sums_batch *batch,
	const char *folder, const char *name, struct rrd_file *ret_file,
	struct err *err)
{
	char path[PATH_MAX];
	int r = path_series(batch->data_dir, folder, name, path, sizeof(path), err);

	return r < 0 ? r : rrd_file_open(path, ret_file, err);
}

/* ---- sums of what is in the file --------------------------------------------------------- */

static int row_sums_batch_read_rows(const struct rrd_file *file, size_t archive,
	uint64_t first, uint64_t count, double *to, struct err *err)
{
	size_t row_bytes = file->column_count * sizeof(*to);
	size_t bytes = count * row_bytes, done = 0;

	while (done < bytes) {
		ssize_t got = pread(file->fd, (char *)to + done, bytes - done,
			(off_t)(file->archive[archive].offset_bytes +
				first * row_bytes + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return err_set(err, got < 0 ? -errno : -EBADMSG,
				"rows cannot be read: %s",
				got < 0 ? strerror(errno) : "");
		done += (size_t)got;
	}
	return 0;
}

/* The blocks first..end - 1 of one archive. */
static int sum_blocks(struct row_sums_batch *batch, const struct rrd_file *file,
	struct sums_file *entry, uint32_t archive, uint32_t first, uint32_t end,
	struct err *err)
{
	struct sums_archive *sums = &entry->archive[archive];
	size_t row_bytes = file->column_count * sizeof(double);
	uint32_t room = (uint32_t)(RRD_BLOCK_BYTES / (entry->block_rows * row_bytes));

	while (first < end) {
		uint32_t blocks = end - first < room ? end - first : room;
		uint64_t begin = (uint64_t)first * entry->block_rows;
		uint64_t rows = (uint64_t)blocks * entry->block_rows;
		int r;

		if (rows > sums->rows - begin)
			rows = sums->rows - begin;
		r = row_sums_batch_read_rows(
			file, archive, begin, rows, batch->block, err);
		if (r < 0)
			return r;
		for (uint64_t at = 0; at < rows; at += entry->block_rows) {
			uint64_t now = rows - at < entry->block_rows
				? rows - at
				: entry->block_rows;

			sums->sum[first++] =
				row_block_sum(batch->block + at * file->column_count,
					now * row_bytes);
		}
	}
	return 0;
}

static int sum_all(struct row_sums_batch *batch, const struct rrd_file *file,
	struct sums_file *entry, struct err *err)
{
	int r = 0;

	for (uint32_t i = 0; i < entry->archive_count && r == 0; i++)
		r = sum_blocks(batch, file, entry, i, 0, entry->archive[i].blocks, err);
	return r;
}

/* ---- before ---------------------------------------------------------------------------- */

/* A file that has no sums of its present structure. */
static int adopt(struct row_sums_batch *batch, const char *folder, const char *name,
	const struct rrd_file *file, bool is_new, struct err *err)
{
	struct sums_file *entry = NULL;
	int r;

	if (!is_new) {
		if (!batch->table->has_log)
			batch->has_unsummed = true;
		if (batch->adopted_bytes > 0 &&
			batch->adopted_bytes + file->size_bytes > ADOPT_BYTES)
			return 0;
		batch->adopted_bytes += file->size_bytes;
	}
	r = sums_table_put(batch->table, folder, name, file, &entry, err);
	if (r == 0 && !is_new)
		r = sum_all(batch, file, entry, err);
	if (r == 0)
		r = row_sums_batch_put_member(batch, folder, name, true, err);
	else if (entry)
		entry->key = 0; /* of no file */
	return r;
}

int row_sums_batch_add(struct row_sums_batch *batch, const char *folder,
	const char *name, bool is_new, struct err *err)
{
	struct sums_file *entry = NULL;
	struct rrd_file file;
	int r = row_sums_batch_open_file(batch, folder, name, &file, err);

	if (r < 0)
		return r;
	entry = sums_table_find(batch->table, folder, name);
	if (entry && sums_are_of(entry, &file)) {
		entry->before = file.last_update;
		r = row_sums_batch_put_member(batch, folder, name, false, err);
	} else {
		r = adopt(batch, folder, name, &file, is_new, err);
		entry = sums_table_find(batch->table, folder, name);
		if (entry)
			entry->before = file.last_update;
	}
	rrd_file_close(&file);
	return r;
}

/* ---- repair ---------------------------------------------------------------------------- */

static int write_unknown(int fd, const char *path, const struct rrd_file *file,
	const struct row_range *range, struct err *err)
{
	size_t row_bytes = file->column_count * sizeof(double);
	double *row = malloc(row_bytes);
	int r = row ? 0 : err_oom(err);

	for (size_t i = 0; row && i < file->column_count; i++)
		row[i] = NAN;
	for (uint64_t k = 0; k < range->count && r == 0; k++)
		if (pwrite(fd, row, row_bytes,
			    (off_t)(file->archive[range->archive].offset_bytes +
				    (range->first + k) * row_bytes)) !=
			(ssize_t)row_bytes)
			r = err_errno(err, "cannot write %s", path);
	free(row);
	return r;
}

/* Makes the view's damaged rows unknown in the file and sums them anew. */
static int repair_rows(struct row_sums_batch *batch, struct rrd_file *file,
	struct sums_file *entry, struct err *err)
{
	const struct row_range *range = row_sums_view(file)->damaged;
	size_t count = row_sums_view(file)->damaged_count;
	char path[PATH_MAX];
	int fd = -1;
	int r = path_series(
		batch->data_dir, entry->folder, entry->name, path, sizeof(path), err);

	if (r < 0)
		return r;
	/* our own shared lock is in the way */
	fcntl(file->fd, F_OFD_SETLK,
		&(struct flock){ .l_type = F_UNLCK, .l_whence = SEEK_SET });
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return err_errno(err, "%s", path);
	/* exclusive: no reader sees a block that is half made unknown. */
	r = rrd_file_take_lock(fd, true, LOCK_WAIT_MS) == 0
		? 0
		: err_set(err, -EBUSY, "%s: a reader holds its lock", path);
	for (size_t i = 0; i < count && r == 0; i++)
		r = write_unknown(fd, path, file, &range[i], err);
	if (r == 0 && fdatasync(fd) < 0)
		r = err_errno(err, "cannot write %s", path);
	for (size_t i = 0; i < count && r == 0; i++)
		r = sum_blocks(batch, file, entry, (uint32_t)range[i].archive,
			(uint32_t)(range[i].first / entry->block_rows),
			(uint32_t)((range[i].first + range[i].count - 1) /
					entry->block_rows +
				1),
			err);
	close(fd);
	return r;
}

static int put_ranges(struct row_sums_batch *batch, const struct sums_file *entry,
	const struct row_range *range, size_t count, struct sums_body *body)
{
	size_t record = 0;
	int r = sums_record_begin(body, batch->table, entry, false, &record);

	for (size_t i = 0; i < count && r == 0; i++) {
		uint64_t first = range[i].first / entry->block_rows;
		uint64_t last =
			(range[i].first + range[i].count - 1) / entry->block_rows;

		r = sums_record_run(body, record, entry, (uint32_t)range[i].archive,
			(uint32_t)first, (uint32_t)(last - first + 1));
	}
	return r < 0 ? r : sums_record_end(body, record);
}

int row_sums_mend(const char *data_dir, const char *folder, const char *name,
	struct rrd_file *file, struct err *err)
{
	struct row_sums_batch *batch = NULL;
	struct sums_body body = { .bytes = NULL };
	struct sums_file *entry = NULL;
	int r = row_sums_batch_begin(data_dir, &batch, err);

	if (r < 0)
		return r;
	entry = sums_table_find(batch->table, folder, name);
	if (!entry || !sums_are_of(entry, file)) {
		r = err_set(err, -ESTALE, "%s has no sums any more", name);
		goto out;
	}
	r = repair_rows(batch, file, entry, err);
	if (r == 0 &&
		put_ranges(batch, entry, row_sums_view(file)->damaged,
			row_sums_view(file)->damaged_count, &body) < 0)
		r = err_oom(err);
	if (r == 0)
		r = sums_log_change(data_dir, batch->table, &body, err);
out:
	free(body.bytes);
	row_sums_batch_end(batch);
	return r;
}

/* ---- open ------------------------------------------------------------------------------ */

/* The block of that row, when the batch leaves a part of it as it is. */
static int check_partial(struct row_sums_batch *batch, struct rrd_file *file,
	size_t archive, const struct row_range *written, uint64_t row, struct err *err)
{
	uint64_t rows = file->archive[archive].rows;
	uint64_t block_rows = row_block_rows(file->column_count);
	uint64_t first = row - row % block_rows;
	uint64_t count = rows - first < block_rows ? rows - first : block_rows;
	bool is_whole = true;
	int r;

	for (uint64_t i = first; i < first + count && is_whole; i++)
		is_whole = sums_range_meets(written, rows, i, 1);
	if (is_whole)
		return 0;
	r = row_sums_batch_read_rows(file, archive, first, count, batch->block, err);
	return r < 0 ? r
		     : file->checker->check(file->checker, file, archive, first,
			       batch->block, count, err);
}

static int check_member(struct row_sums_batch *batch, struct row_sums *sums,
	const struct batch_member *member, struct err *err)
{
	struct sums_file *entry =
		sums_table_find(batch->table, member->folder, member->name);
	struct rrd_file file;
	int r = row_sums_batch_open_file(
		batch, member->folder, member->name, &file, err);

	if (r < 0)
		return r;
	r = row_sums_attach(sums, member->folder, member->name, &file, err);
	for (size_t i = 0; i < file.archive_count && r > 0; i++) {
		struct row_range written =
			sums_range_of(&file, i, file.last_update, batch->until);
		uint64_t rows = file.archive[i].rows;

		if (written.count == 0 || written.count == rows)
			continue;
		r = check_partial(batch, &file, i, &written, written.first, err);
		if (r == 0)
			r = check_partial(batch, &file, i, &written,
				(written.first + written.count - 1) % rows, err);
		r = r < 0 ? r : 1;
	}
	if (r > 0 && entry && row_sums_view(&file)->damaged_count > 0) {
		char text[ROW_RANGE_TEXT_SIZE];

		snprintf(batch->note, sizeof(batch->note),
			"%.40s: rows of %u s did not match their checksums and were "
			"made unknown: %s",
			member->name,
			file.archive[row_sums_view(&file)->damaged[0].archive].step_s,
			row_range_text(&file, &row_sums_view(&file)->damaged[0], text));
		r = repair_rows(batch, &file, entry, err);
	}
	rrd_file_close(&file);
	return r < 0 ? r : 0;
}

/*
 * The log has sums of every file before a batch writes to it: where it is cut short, they
 * tell a reader, who finds half of a header, by which one the rows stand at their times.
 */
static int tell_adopted(struct row_sums_batch *batch, struct err *err)
{
	struct sums_body body = { .bytes = NULL };
	int r = 0;

	for (size_t i = 0; i < batch->member_count && r == 0; i++) {
		struct batch_member *member = &batch->member[i];
		const struct sums_file *entry =
			sums_table_find(batch->table, member->folder, member->name);

		if (!member->is_adopted || !entry)
			continue;
		if (sums_record_whole(&body, batch->table, entry) < 0)
			r = err_oom(err);
	}
	/* a log that is not there yet begins with all of them */
	if (r == 0 && body.used > 0 && batch->table->has_log)
		r = sums_log_change(batch->data_dir, batch->table, &body, err);
	free(body.bytes);
	return r;
}

int row_sums_batch_open(struct row_sums_batch *batch, int64_t until, struct err *err)
{
	struct row_sums *sums = NULL;
	int r = 0;

	batch->until = until;
	if (batch->has_unsummed && !batch->note[0])
		snprintf(batch->note, sizeof(batch->note),
			"the checksums of the stored rows were %s and are begun anew",
			batch->table->had_log ? "damaged" : "not there");
	/* as of now, while the log says that nothing is under way */
	r = row_sums_open(batch->data_dir, &sums, err);
	for (size_t i = 0; i < batch->member_count && r == 0; i++)
		if (!batch->member[i].is_adopted)
			r = check_member(batch, sums, &batch->member[i], err);
	row_sums_close(sums);
	if (r == 0)
		r = tell_adopted(batch, err);
	return r < 0 ? r : sums_log_begin(batch->data_dir, batch->table, until, err);
}

/* ---- after ----------------------------------------------------------------------------- */

/* Does it go less far than one that was cut short?  What that one wrote stays open. */
static bool is_short(const struct row_sums_batch *batch)
{
	return batch->table->begun_until < batch->table->open_until;
}

/* Every block with rows that changed since the sums were taken; of a short batch without
 * the last, where rows of the other one may stand. */
static int sum_changed(struct row_sums_batch *batch, const struct rrd_file *file,
	struct sums_file *entry, struct sums_body *body, struct err *err)
{
	int64_t lo = entry->last < entry->before ? entry->last : entry->before;
	int64_t hi = entry->last > file->last_update ? entry->last : file->last_update;
	size_t record = 0;
	int r = 0;

	if (batch->table->open_until > hi && !is_short(batch))
		hi = batch->table->open_until;
	entry->last = file->last_update;
	r = sums_record_begin(body, batch->table, entry, false, &record);
	for (uint32_t i = 0; i < entry->archive_count && r == 0; i++) {
		struct row_range range = sums_range_of(file, i, lo, hi);
		const struct sums_archive *sums = &entry->archive[i];
		/* the ring's end, and what goes on at its begin */
		uint64_t end = range.first + range.count;
		uint64_t over = end > sums->rows ? end - sums->rows : 0;
		uint64_t part[2][2] = { { range.first, end - over }, { 0, over } };

		for (unsigned k = 0; k < 2 && r == 0; k++) {
			uint32_t first = (uint32_t)(part[k][0] / entry->block_rows);
			uint32_t last;

			if (is_short(batch))
				part[k][1] -= part[k][1] % entry->block_rows;
			if (part[k][1] <= part[k][0])
				continue;
			last = (uint32_t)((part[k][1] - 1) / entry->block_rows);
			r = sum_blocks(batch, file, entry, i, first, last + 1, err);
			if (r == 0)
				r = sums_record_run(body, record, entry, i, first,
					last - first + 1);
		}
	}
	if (r == 0)
		r = sums_record_end(body, record);
	return r == -ENOMEM ? err_oom(err) : r;
}

static int commit_file(struct row_sums_batch *batch, const char *folder,
	const char *name, struct sums_body *body, struct err *err)
{
	struct sums_file *entry = sums_table_find(batch->table, folder, name);
	struct rrd_file file;
	int r;

	if (!entry)
		return 0;
	r = row_sums_batch_open_file(batch, folder, name, &file, err);
	if (r < 0)
		return r;
	if (sums_are_of(entry, &file))
		r = sum_changed(batch, &file, entry, body, err);
	entry->is_taken = true;
	rrd_file_close(&file);
	return r;
}

int row_sums_batch_commit(struct row_sums_batch *batch, struct err *err)
{
	struct sums_body body = { .bytes = NULL };
	int r = 0;

	for (size_t i = 0; i < batch->member_count && r == 0; i++)
		r = commit_file(batch, batch->member[i].folder, batch->member[i].name,
			&body, err);
	/* a batch that was cut short may have written to files that this one does not */
	for (size_t i = 0; batch->open_before > 0 && !is_short(batch) &&
		i < batch->table->count && r == 0;
		i++) {
		struct sums_file *entry = batch->table->file[i];

		if (entry->is_taken)
			continue;
		entry->before = entry->last;
		if (commit_file(batch, entry->folder, entry->name, &body, err) ==
			-ENOMEM)
			r = -ENOMEM;
	}
	if (r == 0)
		r = sums_log_end(batch->data_dir, batch->table, &body, err);
	free(body.bytes);
	return r;
}
