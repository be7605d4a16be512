/*
 * Saved headers: the bytes before the first row of each RRD file the daemon writes,
 * in two copies (<data>/headers.0 and .1) used in turn.
 *
 * An RRD update is not idempotent, a killed one leaves a header half changed, and a
 * power cut may keep a new header over old rows.  So: sync the files, save their
 * headers, then move the mark; at recovery put the newest saved headers
 * back and append all since the mark again.
 *
 *	series_ensure ... all; if one was created or rebuilt: save with the old mark
 *	series_append ... all;  series_sync ... all;  save with the new mark;  move the mark
 */
#ifndef STORE_RRD_HEADER_COPIES_H
#define STORE_RRD_HEADER_COPIES_H

#include "common/err.h"

#include <stddef.h>
#include <stdint.h>

struct header_name {
	const char *folder; /* as in struct workload */
	const char *file;   /* not encoded */
};

/*
 * header_copies_save - all of them into the older copy, checksummed and synced
 *
 * mark  of the caller (number of the batch or tick): what header_copies_restore returns
 */
int header_copies_save(const char *data_dir, const struct header_name *name,
	size_t count, uint64_t mark, struct err *err);

struct header_restored {
	uint64_t mark;    /* of the copy that was used; 0 when there was none */
	size_t restored;  /* headers put back */
	size_t unchanged; /* were as saved */
	size_t kept; /* files that are others than the saved headers are of, or gone */
	size_t damaged; /* of the restored: no batch explains what stood there */
};

/*
 * header_copies_restore - puts the newest whole copy back and syncs the files
 *
 * until  the newest stamp of the ticks that are repeated; 0: there are none
 *
 * Only where the file is the one that the header was saved of (header_match.h): its
 * header is as a batch up to `until` leaves it, or cannot be of those rows, which are
 * as their sums say.  A restored backup, an older or newer copy, what rrdtool made
 * stays.  Headers of the damaged are kept in <data>/headers.before, in the form of a
 * copy.  No copy at all: 0, with ret_restored all zero.
 */
int header_copies_restore(const char *data_dir, int64_t until,
	struct header_restored *ret_restored, struct err *err);

/* The same for one file (fsck): 1 when its header was put back, 0 when the newest copy
 * has none that belongs to it. */
int header_copies_restore_file(
	const char *data_dir, const struct header_name *name, struct err *err);

/* The header of one file in the newest whole copy, the caller's to free; -ENOENT. */
int header_copies_find(const char *data_dir, const struct header_name *name,
	char **ret_header, uint64_t *ret_bytes, struct err *err);

/* The mark of the newest whole copy; -ENOENT. */
int header_copies_mark(const char *data_dir, uint64_t *ret_mark, struct err *err);

#endif
