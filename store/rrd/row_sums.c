#include "store/rrd/row_sums.h"

#include "common/array.h"
#include "store/dir/path.h"
#include "store/rrd/row_sums_log.h"
#include "store/rrd/rrd_file.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct row_sums {
	char *data_dir;
	pthread_mutex_t lock;
	struct sums_table *table; /* the newest that was read; NULL: none yet */
	void (*tell)(void *whom, const char *text);
	void *whom;
	char **told; /* "folder/name" of the files that were told of */
	size_t told_count;
};

int row_sums_open(const char *data_dir, struct row_sums **ret_sums, struct err *err)
{
	struct row_sums *sums = calloc(1, sizeof(*sums));

	if (sums)
		sums->data_dir = strdup(data_dir);
	if (!sums || !sums->data_dir) {
		free(sums);
		return err_oom(err);
	}
	pthread_mutex_init(&sums->lock, NULL);
	*ret_sums = sums;
	return 0;
}

void row_sums_close(struct row_sums *sums)
{
	if (!sums)
		return;
	pthread_mutex_destroy(&sums->lock);
	sums_table_free(sums->table);
	for (size_t i = 0; i < sums->told_count; i++)
		free(sums->told[i]);
	free(sums->told);
	free(sums->data_dir);
	free(sums);
}

void row_sums_tell(
	struct row_sums *sums, void (*tell)(void *whom, const char *text), void *whom)
{
	sums->tell = tell;
	sums->whom = whom;
}

/* Under the lock; false when it was told before, or there is no memory to note it. */
static bool is_news(struct row_sums *sums, const char *what)
{
	for (size_t i = 0; i < sums->told_count; i++)
		if (strcmp(sums->told[i], what) == 0)
			return false;
	if (ARRAY_EXTEND(sums->told, sums->told_count) < 0)
		return false;
	sums->told[sums->told_count] = strdup(what);
	if (!sums->told[sums->told_count])
		return false;
	sums->told_count++;
	return true;
}

void row_sums_report(struct row_sums *sums, const struct rrd_file *file)
{
	const struct row_view *view = row_sums_view(file);
	char what[PATH_MAX], range[ROW_RANGE_TEXT_SIZE], text[PATH_MAX + 400];

	if (!view || view->damaged_count == 0 || !sums->tell)
		return;
	snprintf(what, sizeof(what), "%s/%s", view->folder, view->name);
	snprintf(text, sizeof(text),
		"%s: rows of %u s do not match their checksums and are read as "
		"unknown: %s%s; `analyze fsck` lists what is damaged",
		what, file->archive[view->damaged[0].archive].step_s,
		row_range_text(file, &view->damaged[0], range),
		view->damaged_count > 1 ? ", and more" : "");
	pthread_mutex_lock(&sums->lock);
	if (is_news(sums, what))
		sums->tell(sums->whom, text);
	pthread_mutex_unlock(&sums->lock);
}

/* Under the lock.  Who still uses the table before keeps it until row_sums_close. */
static int read_again(struct row_sums *sums, struct err *err)
{
	struct sums_table *table = NULL;
	int r = sums_table_load(sums->data_dir, &table, err);

	if (r < 0)
		return r;
	if (sums->table && sums->table->generation == table->generation &&
		sums->table->number == table->number) {
		sums_table_free(table);
		return 0;
	}
	table->older = sums->table;
	sums->table = table;
	return 0;
}

/* ---- views ----------------------------------------------------------------------------- */

static void row_view_free(struct row_view *view)
{
	if (!view)
		return;
	free(view->folder);
	free(view->name);
	free(view->flux);
	free(view->damaged);
	free(view);
}

/* The checker is the first member of its view. */
static struct row_view *row_sums_view_of(struct rrd_checker *checker)
{
	return (struct row_view *)checker;
}

static void view_free(struct rrd_checker *checker)
{
	row_view_free(row_sums_view_of(checker));
}

const struct row_view *row_sums_view(const struct rrd_file *file)
{
	return file->checker ? row_sums_view_of(file->checker) : NULL;
}

/* Rows that a batch wrote, is writing or has yet to write again. */
static void set_flux(struct row_view *view, const struct rrd_file *file,
	const struct sums_table *table)
{
	int64_t sums_last = view->entry->last;
	int64_t lo = sums_last < file->last_update ? sums_last : file->last_update;
	int64_t hi = sums_last > file->last_update ? sums_last : file->last_update;

	if (table->open_batches > 0 && table->open_until > hi)
		hi = table->open_until;
	for (size_t i = 0; i < file->archive_count; i++)
		view->flux[i] = sums_range_of(file, i, lo, hi);
}

static bool find_entry(struct row_view *view, const struct rrd_file *file,
	const struct sums_table *table)
{
	view->entry = sums_table_find(table, view->folder, view->name);
	if (!view->entry || !sums_are_of(view->entry, file))
		view->entry = NULL;
	view->is_open = sums_is_in_batch(table, file->last_update);
	if (view->entry)
		set_flux(view, file, table);
	return view->entry != NULL;
}

/* ---- blocks ---------------------------------------------------------------------------- */

static int row_sums_note_damage(struct row_view *view, size_t archive, uint64_t first,
	uint64_t count, struct err *err)
{
	struct row_range *last =
		view->damaged_count ? &view->damaged[view->damaged_count - 1] : NULL;

	assert(view->damaged || view->damaged_count == 0);
	if (last && last->archive == archive && last->first + last->count == first) {
		last->count += count;
		return 0;
	}
	for (size_t i = 0; i < view->damaged_count; i++)
		if (view->damaged[i].archive == archive &&
			first >= view->damaged[i].first &&
			first < view->damaged[i].first + view->damaged[i].count)
			return 0; /* read twice */
	if (ARRAY_RESERVE(view->damaged, view->damaged_room, view->damaged_count + 1) <
		0)
		return err_oom(err);
	view->damaged[view->damaged_count++] = (struct row_range){
		.archive = archive, .first = first, .count = count
	};
	return 0;
}

/* A batch or a repair may have changed the block after the log was read: once more,
 * with the log of now.  We hold the file's lock. */
static int look_again(
	struct row_view *view, const struct rrd_file *file, struct err *err)
{
	int r = 0;

	if (view->is_fresh)
		return 0;
	view->is_fresh = true;
	pthread_mutex_lock(&view->sums->lock);
	r = read_again(view->sums, err);
	if (r == 0)
		find_entry(view, file, view->sums->table);
	pthread_mutex_unlock(&view->sums->lock);
	return r == -ENOMEM ? r : 0;
}

enum block_state { BLOCK_WHOLE, BLOCK_UNCOVERED, BLOCK_IN_BATCH, BLOCK_DAMAGED };

static enum block_state block_state(const struct row_view *view,
	const struct rrd_file *file, size_t archive, uint64_t first, const double *rows,
	uint64_t count)
{
	const struct sums_file *entry = view->entry;
	bool is_flux = entry &&
		sums_range_meets(&view->flux[archive], file->archive[archive].rows,
			first, count);

	if (!entry || (is_flux && !view->is_open))
		return BLOCK_UNCOVERED;
	if (row_block_sum(rows, count * file->column_count * sizeof(*rows)) ==
		entry->archive[archive].sum[first / entry->block_rows]) {
		/* the header was put back: the sums are those of the batch's rows */
		if (is_flux && entry->last > file->last_update)
			return BLOCK_IN_BATCH;
		return is_flux ? BLOCK_UNCOVERED : BLOCK_WHOLE;
	}
	return is_flux ? BLOCK_IN_BATCH : BLOCK_DAMAGED;
}

/* A power cut may have kept a new header over them, and of each row one half. */
static void make_unknown_in_batch(const struct row_view *view,
	const struct rrd_file *file, size_t archive, uint64_t first, double *rows,
	uint64_t count)
{
	size_t columns = file->column_count;

	for (uint64_t i = 0; i < count; i++)
		for (size_t k = 0; k < columns &&
			sums_range_meets(&view->flux[archive],
				file->archive[archive].rows, first + i, 1);
			k++)
			rows[i * columns + k] = NAN;
}

static int view_check(struct rrd_checker *checker, const struct rrd_file *file,
	size_t archive, uint64_t first, double *rows, uint64_t count, struct err *err)
{
	struct row_view *view = row_sums_view_of(checker);
	uint64_t block_rows = row_block_rows(file->column_count);

	for (uint64_t at = 0; at < count; at += block_rows) {
		uint64_t now = count - at < block_rows ? count - at : block_rows;
		double *block = rows + at * file->column_count;
		enum block_state state =
			block_state(view, file, archive, first + at, block, now);

		if (state == BLOCK_DAMAGED) {
			int r = look_again(view, file, err);

			if (r < 0)
				return r;
			state = block_state(
				view, file, archive, first + at, block, now);
		}
		if (state == BLOCK_IN_BATCH)
			make_unknown_in_batch(
				view, file, archive, first + at, block, now);
		if (state == BLOCK_UNCOVERED || state == BLOCK_IN_BATCH)
			view->rows_unchecked += now;
		else
			view->rows_checked += now;
		if (state != BLOCK_DAMAGED)
			continue;
		for (uint64_t i = 0; i < now * file->column_count; i++)
			block[i] = NAN;
		if (row_sums_note_damage(view, archive, first + at, now, err) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* ---- attaching ------------------------------------------------------------------------- */

int row_sums_attach_settled(struct row_sums *sums, const char *folder, const char *name,
	row_settle *settle, struct rrd_file *file, struct err *err)
{
	struct row_view *view = NULL;
	bool is_covered = false;
	int r = 0;

	pthread_mutex_lock(&sums->lock);
	if (!sums->table)
		r = read_again(sums, err);
	if (r == 0 && sums->table->count > 0) {
		const struct sums_file *entry =
			sums_table_find(sums->table, folder, name);

		is_covered = entry != NULL;
		/* the daemon went on since the log was read, or its batch has ended */
		if (entry &&
			(entry->last < file->last_update ||
				sums->table->open_batches > 0))
			r = read_again(sums, err);
	}
	if (r == 0 && is_covered && settle)
		r = settle(sums->data_dir, folder, name, sums->table, file, err);
	if (r == 0 && is_covered) {
		view = calloc(1, sizeof(*view));
		if (view) {
			view->sums = sums;
			view->folder = strdup(folder);
			view->name = strdup(name);
			view->flux = calloc(file->archive_count, sizeof(*view->flux));
		}
		if (!view || !view->folder || !view->name || !view->flux)
			r = err_oom(err);
		else
			is_covered = find_entry(view, file, sums->table);
	}
	pthread_mutex_unlock(&sums->lock);
	if (r < 0 || !view || !is_covered) {
		row_view_free(view);
		return r == -ENOMEM ? r : 0;
	}
	view->checker = (struct rrd_checker){ row_block_rows(file->column_count),
		view_check, view_free };
	file->checker = &view->checker;
	return 1;
}

int row_sums_attach(struct row_sums *sums, const char *folder, const char *name,
	struct rrd_file *file, struct err *err)
{
	return row_sums_attach_settled(sums, folder, name, NULL, file, err);
}

int row_sums_attach_path(const char *path, struct rrd_file *file,
	struct row_sums **ret_sums, struct err *err)
{
	char copy[PATH_MAX], name[PATH_NAME_MAX + 1];
	char *part[3] = { NULL }; /* file, folder, rrd */
	size_t length = strlen(path);
	int r = 0;

	*ret_sums = NULL;
	if (length < 4 || length >= sizeof(copy) ||
		strcmp(path + length - 4, ".rrd") != 0)
		return 0;
	memcpy(copy, path, length - 4);
	copy[length - 4] = '\0';
	for (unsigned i = 0; i < 3; i++) {
		char *slash = strrchr(copy, '/');

		if (!slash)
			return 0;
		*slash = '\0';
		part[i] = slash + 1;
	}
	if (strcmp(part[2], "rrd") != 0 || path_decode(part[0], name, sizeof(name)) < 0)
		return 0;
	r = row_sums_open(copy, ret_sums, err);
	return r < 0 ? r : row_sums_attach(*ret_sums, part[1], name, file, err);
}

/* ---- text ------------------------------------------------------------------------------ */

/* The stamp of a row of the ring. */
static int64_t stamp_of(const struct rrd_archive *archive, uint64_t row)
{
	uint64_t age = (archive->newest + archive->rows - row) % archive->rows;

	return archive->last - (int64_t)age * (int64_t)archive->step_s;
}

static void stamp_text(int64_t stamp, char *text, size_t size)
{
	time_t when = (time_t)stamp;
	struct tm parts;

	if (!gmtime_r(&when, &parts) || strftime(text, size, "%FT%TZ", &parts) == 0)
		snprintf(text, size, "@%lld", (long long)stamp);
}

const char *row_range_text(const struct rrd_file *file, const struct row_range *range,
	char text[ROW_RANGE_TEXT_SIZE])
{
	const struct rrd_archive *archive = &file->archive[range->archive];
	uint64_t last = range->first + range->count - 1;
	bool has_seam = range->first <= archive->newest && archive->newest < last;
	char from[32], to[32], newest[32], oldest[32];

	stamp_text(stamp_of(archive, range->first), from, sizeof(from));
	stamp_text(stamp_of(archive, last), to, sizeof(to));
	stamp_text(archive->last, newest, sizeof(newest));
	stamp_text(archive->first, oldest, sizeof(oldest));
	if (has_seam)
		snprintf(text, ROW_RANGE_TEXT_SIZE, "%s to %s and %s to %s", oldest, to,
			from, newest);
	else
		snprintf(text, ROW_RANGE_TEXT_SIZE, "%s to %s", from, to);
	return text;
}
