#include "analyze/import/archive_compare.h"

#include "store/rrd/rrd_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool same_shape(const struct rrd_file *a, const struct rrd_file *b)
{
	if (a->step_s != b->step_s || a->last_update != b->last_update ||
		a->column_count != b->column_count ||
		a->archive_count != b->archive_count)
		return false;
	for (size_t i = 0; i < a->column_count; i++) {
		if (strcmp(a->column[i].name, b->column[i].name) != 0)
			return false;
	}
	for (size_t i = 0; i < a->archive_count; i++) {
		const struct rrd_archive *x = &a->archive[i], *y = &b->archive[i];

		if (strcmp(x->cf_name, y->cf_name) != 0 || x->step_s != y->step_s ||
			x->rows != y->rows || x->last != y->last)
			return false;
	}
	return true;
}

/* Rows of one file in time order; blocks end where its ring does. */
struct reader {
	struct rrd_rows rows;
	double *buffer;
	size_t at; /* next row of the block */
};

/* 1: there is a row at reader->at, 0: the end. */
static int reader_fill(struct reader *reader, struct err *err)
{
	int r;

	if (reader->at < reader->rows.count)
		return 1;
	r = rrd_rows_next(&reader->rows, reader->buffer, RRD_BLOCK_BYTES, err);
	reader->at = 0;
	if (r <= 0)
		reader->rows.count = 0;
	return r;
}

/* The rows bit for bit; the unfinished ones follow from equal stamps and rows. */
static int same_rows(const struct rrd_file *a, const struct rrd_file *b, size_t archive,
	double *buffer, bool *is_same, struct err *err)
{
	struct reader x = { .buffer = buffer };
	struct reader y = { .buffer = buffer + RRD_BLOCK_BYTES / sizeof(*buffer) };
	size_t stride = a->column_count;
	int r, s;

	rrd_rows_begin(&x.rows, a, archive, INT64_MIN, INT64_MAX);
	rrd_rows_begin(&y.rows, b, archive, INT64_MIN, INT64_MAX);
	for (;;) {
		size_t count;

		r = reader_fill(&x, err);
		s = r < 0 ? 0 : reader_fill(&y, err);
		if (r <= 0 || s <= 0)
			break;
		count = x.rows.count - x.at < y.rows.count - y.at ? x.rows.count - x.at
								  : y.rows.count - y.at;
		if (memcmp(x.buffer + x.at * stride, y.buffer + y.at * stride,
			    count * stride * sizeof(*buffer)) != 0) {
			*is_same = false;
			return 0;
		}
		x.at += count;
		y.at += count;
	}
	if (r >= 0 && s >= 0 && r != s)
		*is_same = false;
	return r < 0 ? r : s < 0 ? s : 0;
}

static int same_content(const struct rrd_file *a, const struct rrd_file *b,
	bool *ret_is_same, struct err *err)
{
	double *buffer;
	bool is_same = same_shape(a, b);
	int r = 0;

	buffer = is_same ? malloc(2 * (size_t)RRD_BLOCK_BYTES) : NULL;
	if (is_same && !buffer)
		return err_oom(err);
	for (size_t i = 0; r >= 0 && is_same && i < a->archive_count; i++)
		r = same_rows(a, b, i, buffer, &is_same, err);
	free(buffer);
	*ret_is_same = is_same;
	return r;
}

static uint64_t count_rows(const struct rrd_file *file)
{
	uint64_t rows = 0;

	for (size_t i = 0; i < file->archive_count; i++)
		rows += file->archive[i].rows;
	return rows;
}

int archive_compare(const char *there, const char *here, bool *ret_is_new,
	bool *ret_is_same, uint64_t *ret_rows, struct err *err)
{
	struct rrd_file a, b;
	int r;

	r = rrd_file_open(there, &a, err);
	if (r < 0)
		return err_wrap(err, r, "%s", there);
	*ret_rows = count_rows(&a);
	*ret_is_same = false;
	r = here ? rrd_file_open(here, &b, NULL) : -ENOENT;
	*ret_is_new = r == -ENOENT;
	if (r >= 0) {
		r = same_content(&a, &b, ret_is_same, err);
		rrd_file_close(&b);
	} else {
		r = 0; /* none here, or a damaged one: it is replaced */
	}
	rrd_file_close(&a);
	return r;
}
