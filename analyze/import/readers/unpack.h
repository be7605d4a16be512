/*
 * Files that were compressed as a whole (gzip, xz, bzip2): their text as a source.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_READERS_UNPACK_H
#define ANALYZE_IMPORT_READERS_UNPACK_H

#include "analyze/import/readers/bytes.h"

/* What comes out may be this many times as long as what went in, and 64 MiB more. */
#define UNPACK_RATIO_MAX 2000
#define UNPACK_FREE_BYTES ((uint64_t)64 << 20)

/* "gzip", "xz", "bzip2" by the first bytes; NULL: not compressed. */
const char *unpack_kind(const char *head, size_t length);

/*
 * unpack_open - the unpacked text of a source, which stays the caller's
 *
 * kind  of unpack_kind
 *
 * Reading returns -EINVAL for what is damaged or cut short, -EFBIG for a bomb.
 */
int unpack_open(struct bytes *inner, const char *kind, struct bytes **ret_bytes,
	struct err *err);

/*
 * unpack_confined - the same in a confined child, which bytes_fd of the source is left to
 *
 * The source is shared with it (bytes_share): its count and sum are of what the child read.
 * bytes_close of what comes back ends the child.
 */
int unpack_confined(struct bytes *inner, const char *kind, struct bytes **ret_bytes,
	struct err *err);

#endif
