/*
 * A file in a batch, for who only reads it.  For the files of store/ alone.
 *
 * A batch that is under way has it before or behind its rows; one that a kill or a power cut
 * ended may have left a new header over old rows, or a header that is half new, by which
 * every row stands at another time.  The writer puts the saved header back before it goes
 * on; until it does a reader goes by that one, and takes the rows of the batch for unknown.
 */
#ifndef STORE_RRD_HEADER_SETTLE_H
#define STORE_RRD_HEADER_SETTLE_H

#include "common/err.h"
#include "store/rrd/row_sums.h"

/*
 * row_sums_attach_reader - as row_sums_attach, for who shows the rows
 *
 * While a batch is open (sums_table.open_batches) the file is as the saved header tells it,
 * where the sums are those of that header and the writer would put it back (header_match.h).
 * What cannot be read settles nothing.  Returns what row_sums_attach does.
 */
int row_sums_attach_reader(struct row_sums *sums, const char *folder, const char *name,
	struct rrd_file *file, struct err *err);

#endif
