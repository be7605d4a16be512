/* Rows into a file by librrd: the fewest calls, the fewest bytes of text. */
#include "store/rrd/series_store.h"

#include "store/rrd/number.h"
#include "store/dir/data_dir.h"
#include "store/rrd/rrd_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <rrd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOCK_WAIT_MS 10000
/* Rows handed over by one call: enough that the call itself costs nothing. */
#define CALL_ROWS 512
#define CALL_TEXT_BYTES ((size_t)256 * 1024)

/* What is needed of the file, known before librrd opens it. */
struct append_target {
	char path[PATH_MAX];
	unsigned step_s;
	int64_t last;   /* stamp of the last row in the file and in the text */
	char *template; /* "a:b:c", NULL: the columns are the file's */
};

/* The text of one call. */
struct call {
	char *text;
	size_t used, allocated;
	size_t offset[CALL_ROWS]; /* of each row in text */
	const char *row[CALL_ROWS];
	size_t rows;
	size_t stored; /* of the rows, in this call */
};

/* ---- the file ----------------------------------------------------------------------- */

static int make_template(
	const struct series_rows *rows, char **ret_template, struct err *err)
{
	char *template = malloc(rows->column_count * RRD_NAME_SIZE + 1);
	size_t used = 0;

	if (!template)
		return err_oom(err);
	for (size_t i = 0; i < rows->column_count; i++)
		used += (size_t)snprintf(template + used, RRD_NAME_SIZE + 1, "%s%s",
			i ? ":" : "", rows->column[i]);
	*ret_template = template;
	return 0;
}

static int series_append_look_at_file(
	struct append_target *target, const struct series_rows *rows, struct err *err)
{
	struct rrd_file file;
	bool is_same = false;
	int r = rrd_file_open(target->path, &file, err);

	if (r < 0)
		return r;
	if (!rrd_file_is_of_our_kind(&file))
		r = err_set(err, -EBADMSG,
			"%s has archives or data sources that we do not make",
			target->path);
	is_same = file.column_count == rows->column_count;
	for (size_t i = 0; i < rows->column_count && r == 0; i++) {
		int at = rrd_file_find_column(&file, rows->column[i]);

		if (at < 0)
			r = err_set(err, -ENOENT, "%s has no data source %.40s",
				target->path, rows->column[i]);
		is_same = is_same && at == (int)i;
	}
	target->step_s = file.step_s;
	target->last = file.last_update;
	/* what a backup or a copy has read lies in large pages of the cache, and one small
	 * store would write back the whole of each: 44 MB a batch for 1.1 MB, measured */
	posix_fadvise(file.fd, 0, 0, POSIX_FADV_DONTNEED);
	rrd_file_close(&file); /* and its lock: librrd's would fail */
	if (r == 0 && !is_same)
		r = make_template(rows, &target->template, err);
	return r;
}

/* ---- text ------------------------------------------------------------------------------ */

static int call_room(struct call *call, size_t bytes, struct err *err)
{
	char *grown = NULL;

	if (call->allocated - call->used >= bytes)
		return 0;
	grown = realloc(call->text, 2 * call->allocated + bytes);
	if (!grown)
		return err_oom(err);
	call->text = grown;
	call->allocated = 2 * call->allocated + bytes;
	return 0;
}

/* "stamp:value:value"; values NULL: all unknown. */
static int call_add(struct call *call, int64_t stamp, const double *values,
	size_t count, struct err *err)
{
	int r = call_room(call, 24 + count * (NUMBER_SIZE + 1), err);
	char *to = NULL;

	if (r < 0)
		return r;
	assert(call->text);
	call->offset[call->rows++] = call->used;
	to = call->text + call->used;
	to += number_write_integer(to, (uint64_t)stamp);
	for (size_t i = 0; i < count; i++) {
		*to++ = ':';
		if (values)
			to += number_write(to, values[i]);
		else
			*to++ = 'U';
	}
	*to++ = '\0';
	call->used = (size_t)(to - call->text);
	return 0;
}

/* ---- librrd ------------------------------------------------------------------------------ */

static int update_error(const char *text, const char *path, struct err *err)
{
	int code = -EIO;

	if (strstr(text, "could not lock"))
		code = -EBUSY;
	else if (strstr(text, "No space"))
		code = -ENOSPC;
	return err_set(
		err, code, "%s: %s", path, text[0] ? text : "librrd gave no reason");
}

/* librrd's lock never waits: a reader would cost us the batch. */
static int call_update(
	struct call *call, const struct append_target *target, struct err *err)
{
	long pause_ms = 1;

	/* librrd keeps its errors here, and does not look whether it got the memory */
	if (!rrd_get_context())
		return err_oom(err);
	for (size_t i = 0; i < call->rows; i++)
		call->row[i] = call->text + call->offset[i];
	for (long waited_ms = 0;; waited_ms += pause_ms) {
		char text[300];

		rrd_clear_error();
		if (rrd_updatex_r(target->path, target->template, 0, (int)call->rows,
			    call->row) == 0)
			break;
		snprintf(text, sizeof(text), "%s", rrd_get_error());
		rrd_clear_error();
		if (!strstr(text, "could not lock") || waited_ms >= LOCK_WAIT_MS)
			return update_error(text, target->path, err);
		if (waited_ms > 0 && pause_ms < 64)
			pause_ms *= 2;
		nanosleep(&(struct timespec){ .tv_nsec = pause_ms * 1000000 }, NULL);
	}
	call->rows = 0;
	call->used = 0;
	return 0;
}

/* ---- the rows --------------------------------------------------------------------------- */

static int check_stamp(const struct series_rows *rows, size_t row,
	const struct append_target *target, struct err *err)
{
	int64_t stamp = rows->stamp[row];

	if (stamp % (int64_t)target->step_s != 0)
		return err_set(err, -EINVAL, "%s: stamp %lld is not a multiple of %u s",
			target->path, (long long)stamp, target->step_s);
	if (stamp > rows->latest)
		return err_set(err, -ERANGE,
			"%s: stamp %lld is later than the clock allows (%lld)",
			target->path, (long long)stamp, (long long)rows->latest);
	if (row > 0 && stamp <= rows->stamp[row - 1])
		return err_set(err, -EINVAL, "%s: stamp %lld comes after %lld",
			target->path, (long long)stamp,
			(long long)rows->stamp[row - 1]);
	return 0;
}

static int append_rows(const struct series_rows *rows, struct append_target *target,
	struct call *call, struct series_appended *appended, struct err *err)
{
	int r = 0;

	for (size_t row = 0; row < rows->count && r == 0; row++) {
		int64_t stamp = rows->stamp[row];

		if (stamp <= target->last) {
			appended->skipped++;
			continue;
		}
		/* librrd would stretch this reading over the slots that were missed */
		if (stamp - target->last > (int64_t)target->step_s)
			r = call_add(call, stamp - target->step_s, NULL,
				rows->column_count, err);
		if (r == 0)
			r = call_add(call, stamp,
				rows->value + row * rows->column_count,
				rows->column_count, err);
		if (r == 0) {
			target->last = stamp;
			appended->stored++;
		}
		if (r == 0 &&
			(call->rows + 2 > CALL_ROWS || call->used > CALL_TEXT_BYTES))
			r = call_update(call, target, err);
	}
	if (r == 0 && call->rows > 0)
		r = call_update(call, target, err);
	return r;
}

int series_append(const char *data_dir, const char *folder, const char *file,
	const struct series_rows *rows, struct series_appended *ret_appended,
	struct err *err)
{
	struct append_target target = { .template = NULL };
	struct series_appended appended = { .stored = 0 };
	struct call *call = NULL;
	int r = path_series(
		data_dir, folder, file, target.path, sizeof(target.path), err);

	if (r == 0 && rows->column_count == 0)
		r = err_set(err, -EINVAL, "%s: rows without columns", target.path);
	if (r == 0)
		r = series_append_look_at_file(&target, rows, err);
	/* all are checked before the first is stored */
	for (size_t row = 0; row < rows->count && r == 0; row++)
		r = check_stamp(rows, row, &target, err);
	if (r == 0) {
		call = calloc(1, sizeof(*call));
		if (!call)
			r = err_oom(err);
	}
	if (r == 0)
		r = append_rows(rows, &target, call, &appended, err);
	if (r == 0) {
		appended.last = target.last;
		*ret_appended = appended;
	}
	if (call)
		free(call->text);
	free(call);
	free(target.template);
	return r;
}
