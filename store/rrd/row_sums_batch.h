/*
 * What a writer does for the row sums of the files it changes.  Needs the writer lock.
 *
 *	row_sums_batch_begin
 *	row_sums_batch_add(file) ... every file, whole, synced and not yet appended to
 *	row_sums_batch_open(newest stamp of the batch)
 *	series_append ... all;  series_sync ... all
 *	row_sums_batch_commit
 *	row_sums_batch_end
 *
 * A file's blocks that the batch writes only parts of are checked first: what is wrong
 * there would get a right sum.  Sums are no reason to lose a tick: where they cannot be
 * kept the rows are not covered until they can.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef STORE_RRD_ROW_SUMS_BATCH_H
#define STORE_RRD_ROW_SUMS_BATCH_H

#include "common/err.h"
#include "store/rrd/rrd_file.h"
#include "store/rrd/row_sums.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct row_sums_batch; /* opaque */

int row_sums_batch_begin(
	const char *data_dir, struct row_sums_batch **ret_batch, struct err *err);
void row_sums_batch_end(struct row_sums_batch *batch); /* NULL is a no-op */

/*
 * row_sums_batch_add - this file is going to be appended to
 *
 * is_new  all its rows are unknown.  Another file without sums is read as a whole, once
 *         (64 MiB of such files a batch; the others wait for the next).
 */
int row_sums_batch_add(struct row_sums_batch *batch, const char *folder,
	const char *name, bool is_new, struct err *err);

/* Notes in the log that rows until that stamp may be half written from here on, and
 * makes unknown what is damaged in the blocks that are about to be written to. */
int row_sums_batch_open(struct row_sums_batch *batch, int64_t until, struct err *err);

/* The sums of all blocks that changed, to the disk. */
int row_sums_batch_commit(struct row_sums_batch *batch, struct err *err);

/* The sums of all files go: nothing is covered until a batch sums it anew.  0, or the errno
 * of a disk that does not let them. */
int row_sums_forget(const char *data_dir, struct err *err);

/* What was damaged, gone or begun anew; "" for nothing. */
const char *row_sums_batch_note(const struct row_sums_batch *batch);

/*
 * row_sums_mend - makes the rows that the file's view has found damaged unknown, and
 * notes their new sums
 *
 * file  open for reading; its lock is given up
 */
int row_sums_mend(const char *data_dir, const char *folder, const char *name,
	struct rrd_file *file, struct err *err);

#endif
