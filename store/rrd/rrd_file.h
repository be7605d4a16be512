/*
 * The RRD file format (librrd 1.7.2, versions 3 to 5, x86-64) read and written by
 * us: bounds-checked, for files of our own and of strangers; librrd is not needed.
 *
 * Layout: stat_head, ds_def[], rra_def[], live_head, pdp_prep[], cdp_prep[rra][ds],
 * rra_ptr[], then per archive rows x data sources of doubles, a ring whose newest row
 * is rra_ptr and is stamped last_update rounded down to the row's step.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef STORE_RRD_RRD_FILE_H
#define STORE_RRD_RRD_FILE_H

#include "common/err.h"
#include "schema/rra.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RRD_NAME_SIZE 20
#define RRD_COLUMNS_MAX 8192
#define RRD_ARCHIVES_MAX 256
#define RRD_BLOCK_BYTES ((size_t)128 * 1024)

struct rrd_column {
	char name[RRD_NAME_SIZE];
	char type[RRD_NAME_SIZE]; /* "GAUGE" in files of ours */
	uint64_t heartbeat_s;
};

struct rrd_archive {
	char cf_name[RRD_NAME_SIZE];
	bool has_cf; /* false: a function we do not read (HWPREDICT ...) */
	enum rra_cf cf;
	unsigned pdp_per_row;
	unsigned step_s; /* of a row */
	uint64_t rows;
	uint64_t newest;       /* index of the newest row in the ring */
	uint64_t offset_bytes; /* of row 0 in the file */
	int64_t first, last;   /* stamps of the oldest and the newest row */
	double xff;
};

struct rrd_file;

/*
 * Who looks at the rows before the reader of a file gets them (row_sums.h): whole blocks
 * of the ring, each beginning at a multiple of block_rows.
 */
struct rrd_checker {
	uint64_t block_rows;
	/* `first` is the ring's row in rows[0]; wrong rows become NAN.  0, -ENOMEM */
	int (*check)(struct rrd_checker *checker, const struct rrd_file *file,
		size_t archive, uint64_t first, double *rows, uint64_t count,
		struct err *err);
	void (*free)(struct rrd_checker *checker);
};

struct rrd_file {
	int fd;
	uint64_t size_bytes;
	uint64_t header_bytes;
	unsigned step_s;
	int64_t last_update;
	struct rrd_column *column;
	size_t column_count;
	struct rrd_archive *archive;
	size_t archive_count;
	struct rrd_checker *checker; /* freed with the file; NULL: rows are read as
				      * they are */
};

/*
 * rrd_file_open - read and check the header
 *
 * Everything in the header is checked against the size of the file before it is
 * believed.  A shared lock is held until rrd_file_close, so that no update runs
 * meanwhile (librrd's own lock never waits; our writer tries again).
 *
 * Returns 0, -ENOENT, -EBADMSG for what is not a whole RRD file of this format, or
 * another negative errno.
 */
int rrd_file_open(const char *path, struct rrd_file *ret_file, struct err *err);
void rrd_file_close(struct rrd_file *file);

/*
 * rrd_file_parse - the same for a header in memory (`bytes` long, whole) of a file of
 * size_bytes; without a file descriptor, closed as any other
 */
int rrd_file_parse(const void *header, uint64_t bytes, uint64_t size_bytes,
	struct rrd_file *ret_file, struct err *err);

/* Are all data sources and archives of the kinds that we make?  librrd obeys others by
 * indices that nobody checks: such a file never reaches it. */
bool rrd_file_is_of_our_kind(const struct rrd_file *file);

/* Index of a data source or -1. */
int rrd_file_find_column(const struct rrd_file *file, const char *name);
/* Index of the archive with that function and row step, or -1. */
int rrd_file_find_archive(const struct rrd_file *file, enum rra_cf cf, unsigned step_s);

/*
 * Rows of one archive in time order, block by block into the caller's buffer:
 *
 *	struct rrd_rows rows;
 *	rrd_rows_begin(&rows, file, archive, from, to);
 *	while ((r = rrd_rows_next(&rows, buffer, RRD_BLOCK_BYTES, err)) > 0)
 *		... rows.count rows, the first stamped rows.first, rows.stride doubles each
 */
struct rrd_rows {
	const struct rrd_file *file; /* borrowed */
	const struct rrd_archive *archive;
	uint64_t next, end; /* rows since the oldest one */
	size_t stride;      /* doubles per row: one per data source */
	int64_t first;      /* stamp of the first row of the block */
	size_t count;       /* rows in the block */
};

/* Rows with from < stamp <= to. */
void rrd_rows_begin(struct rrd_rows *rows, const struct rrd_file *file,
	size_t archive_index, int64_t from, int64_t to);
/* 1: a block was read; 0: the end; or a negative errno. buffer holds one row at least,
 * RRD_BLOCK_BYTES where the rows are checked (else -EINVAL). */
int rrd_rows_next(
	struct rrd_rows *rows, double *buffer, size_t buffer_bytes, struct err *err);

#endif
