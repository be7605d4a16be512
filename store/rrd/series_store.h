/*
 * Wide RRD files: create, append, rebuild.  The only users of librrd; needs the
 * writer lock, but neither the database nor struct store (the writer process links
 * no SQLite).
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef STORE_RRD_SERIES_STORE_H
#define STORE_RRD_SERIES_STORE_H

#include "common/err.h"
#include "schema/rra.h"

#include <stddef.h>
#include <stdint.h>

struct series_spec {
	const struct rra_set *archives;
	const char *const *column; /* data-source names, at most 15 characters */
	size_t column_count;
	int64_t begin; /* the first row that will be appended is later than this */
};

enum series_outcome {
	SERIES_UNCHANGED,
	SERIES_CREATED,
	SERIES_REBUILT, /* data sources were added, or the archives changed size */
	SERIES_REBUILT_DAMAGED, /* and rows that did not match their checksums are unknown */
};

/*
 * series_ensure - the file exists with this step and at least these data sources
 *
 * Created or rebuilt under another name, synced, its page cache dropped, renamed,
 * the folder synced.  A rebuild loses nothing: rows, unfinished rows and columns that
 * the spec does not name stay; but rows that do not match their checksums (row_sums.h)
 * are not copied as if they were right.
 *
 * Returns 0, -EEXIST when the file has another base step (text with both numbers),
 * -EBADMSG when it is damaged (it is left alone), -ENOSPC with a text.
 */
int series_ensure(const char *data_dir, const char *folder, const char *file,
	const struct series_spec *spec, enum series_outcome *ret_outcome,
	struct err *err);

struct series_rows {
	const char *const
		*column; /* the columns; columns of the file not named get U */
	size_t column_count;
	const int64_t *stamp; /* rising multiples of the base step */
	const double *value;  /* rows x column_count; NAN is unknown */
	size_t count;
	int64_t latest; /* no stamp after this (the clock guard's word): -ERANGE */
};

struct series_appended {
	size_t stored;  /* rows */
	size_t skipped; /* at or before the last row of the file: already there */
	int64_t last;   /* stamp of the last row now */
};

/*
 * series_append - many rows by few librrd calls
 *
 * Slots without a row (a missed tick, a restart) become unknown, although librrd
 * would fill them within the heartbeat.  A file that a reader has locked is tried
 * again for up to 10 s.  Not idempotent when it fails half-way: restore the saved
 * header (header_copies.h) and append all again.
 *
 * Returns 0, -ENOENT when the file or a column is missing (series_ensure first),
 * -EBUSY, -ERANGE, -EINVAL (a stamp off the grid), -EBADMSG, -EIO.
 */
int series_append(const char *data_dir, const char *folder, const char *file,
	const struct series_rows *rows, struct series_appended *ret_appended,
	struct err *err);

/* Rows and header to the disk (fdatasync). */
int series_sync(
	const char *data_dir, const char *folder, const char *file, struct err *err);

/* Moves a damaged file to <data>/damaged/<folder>-<file>-<time>.rrd. */
int series_set_aside(
	const char *data_dir, const char *folder, const char *file, struct err *err);

#endif
