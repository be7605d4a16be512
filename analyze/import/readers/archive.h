/* Members of a ZIP archive (a workbook is one), each a source of bytes. */
#ifndef ANALYZE_IMPORT_READERS_ARCHIVE_H
#define ANALYZE_IMPORT_READERS_ARCHIVE_H

#include "analyze/import/readers/bytes.h"

#define ARCHIVE_MEMBERS_MAX 10000
/* What a member may unpack to beside its packed length, and 64 MiB more. */
#define ARCHIVE_RATIO_MAX 250 /* sheets of an RVTools export: 9 to 14 */
#define ARCHIVE_BYTES_MAX ((size_t)128 << 20)

struct archive; /* opaque */

/* All of a source, which stays the caller's: an archive is read from its end.  -EINVAL
 * with the text set for what is none or encrypted, -EFBIG for more than
 * ARCHIVE_MEMBERS_MAX members or ARCHIVE_BYTES_MAX. */
int archive_open(struct bytes *bytes, struct archive **ret_archive, struct err *err);
void archive_close(struct archive *archive); /* NULL is a no-op */

/* By its whole name, letters of either case; -1: there is none. */
long archive_find(const struct archive *archive, const char *name);

/* The member as a source of bytes; bytes_close it before the archive is closed.
 * Reading returns -EINVAL for damage, -EFBIG for a bomb. */
int archive_member(struct archive *archive, size_t number, struct bytes **ret_bytes,
	struct err *err);

#endif
