/*
 * Checksums of the rows of archives that the daemon writes.
 *
 * The ring of each archive is cut into blocks of up to 64 rows; one 32-bit sum covers
 * all bytes of a block, rows of the lap before included.  The sums stand in a log
 * (row_sums_log.h) to which each batch adds those of the blocks it touched, after the
 * rows are synced and before the mark is moved (row_sums_batch.h).
 *
 * A file's sums are as of a stamp.  Where the file's header is newer or older (a batch
 * at work, one that was cut short, a restored backup), the blocks that hold rows
 * between the two are not covered; nor is a file of another structure than the sums
 * were taken of.  A covered block that does not match is damaged.  While a batch is open
 * its rows are unknown, unless their block is as it was before.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef STORE_RRD_ROW_SUMS_H
#define STORE_RRD_ROW_SUMS_H

#include "common/err.h"
#include "store/rrd/rrd_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct row_sums; /* opaque: what is read of the sums of one data folder */

/* Nothing is read before the first file is looked at. */
int row_sums_open(const char *data_dir, struct row_sums **ret_sums, struct err *err);
void row_sums_close(struct row_sums *sums); /* NULL is a no-op */

/* Rows of one archive's ring, of which row 0 is the first in the file. */
struct row_range {
	size_t archive;
	uint64_t first, count;
};

/* What is checked while one open file is read; freed by rrd_file_close. */
struct row_view {
	struct rrd_checker checker;    /* first: what rrd_file.checker points to */
	struct row_sums *sums;         /* borrowed */
	const struct sums_file *entry; /* lives as long as sums */
	char *folder, *name;
	struct row_range *flux;    /* of each archive: what is not covered now */
	struct row_range *damaged; /* the blocks that did not match */
	size_t damaged_count, damaged_room;
	uint64_t rows_checked, rows_unchecked;
	bool is_open;  /* a batch is: what is not covered is its rows */
	bool is_fresh; /* the log was read again since the first that did not match */
};

/*
 * row_sums_attach - from now on rrd_rows_next checks what it reads of the file, and
 * gives the rows of a damaged block as unknown
 *
 * folder, name  as in struct workload; not encoded
 *
 * Any number of threads at once.  Returns 1, 0 when the file is not covered (it is read
 * as it is), -ENOMEM.  A log that cannot be read covers nothing.
 */
int row_sums_attach(struct row_sums *sums, const char *folder, const char *name,
	struct rrd_file *file, struct err *err);

/* The same, for who shows the rows: header_settle.h gives the function that is asked, under
 * the lock, how a file in a batch is to be read.  It returns 0 or -ENOMEM. */
struct sums_table;
typedef int row_settle(const char *data_dir, const char *folder, const char *name,
	const struct sums_table *table, struct rrd_file *file, struct err *err);
int row_sums_attach_settled(struct row_sums *sums, const char *folder, const char *name,
	row_settle *settle, struct rrd_file *file, struct err *err);

/* The same for one file of any data folder, given by its path
 * (<data>/rrd/<folder>/<file>.rrd); the sums are the caller's to close, after the file. */
int row_sums_attach_path(const char *path, struct rrd_file *file,
	struct row_sums **ret_sums, struct err *err);

/* Who is told of damage: once for each file, one line of text, no two at a time. */
void row_sums_tell(
	struct row_sums *sums, void (*tell)(void *whom, const char *text), void *whom);
/* What the view of the file has met so far. */
void row_sums_report(struct row_sums *sums, const struct rrd_file *file);

/* Rows of a block of a file with that many data sources, so that it fits in 64 KiB. */
uint64_t row_block_rows(size_t column_count);
uint32_t row_block_sum(const void *rows, size_t bytes);

/* The view that row_sums_attach gave the file; NULL: it has none. */
const struct row_view *row_sums_view(const struct rrd_file *file);

/* "2026-11-21T07:30:00Z to ...": the stamps of the rows of the range, in text;
 * across the newest row both ends of the ring are meant. */
#define ROW_RANGE_TEXT_SIZE 160
const char *row_range_text(const struct rrd_file *file, const struct row_range *range,
	char text[ROW_RANGE_TEXT_SIZE]);

#endif
