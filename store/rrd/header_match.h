/*
 * Does a saved header belong to the file that stands in its place now?  For the files of
 * store/ alone.
 *
 * Another file may have come there: a backup, a copy of another machine's, what rrdtool
 * restored.  It has the size, but its ring begins elsewhere, and a header that is not its
 * own would misplace every row.
 */
#ifndef STORE_RRD_HEADER_MATCH_H
#define STORE_RRD_HEADER_MATCH_H

#include "common/err.h"
#include "store/rrd/row_sums_log.h"

#include <stdint.h>

enum header_match {
	HEADER_OTHER, /* the file is another one, or newer or older: it stays */
	HEADER_SAME,  /* as saved */
	/* from here on the saved one is put back */
	HEADER_BATCH,   /* a batch that was cut short made this one of the saved one */
	HEADER_ENDED,   /* the same, and the log of sums has the batch's end */
	HEADER_DAMAGED, /* the rows are those of the saved one */
};

struct header_pair {
	int fd; /* of the file */
	uint64_t size_bytes;
	const char *now, *saved; /* both `bytes` long */
	uint64_t bytes;
	const char *folder, *name;
};

/*
 * header_match - compares the structure, where in its rings each of the two says the
 * newest row is, and the rows with their checksums as far as there are any
 *
 * until  the newest stamp that a batch since the save may have written
 *
 * Returns an enum header_match, -ENOMEM, or the errno of a disk that cannot be read.
 */
int header_match(const struct header_pair *pair, const struct sums_table *table,
	int64_t until, struct err *err);

#endif
