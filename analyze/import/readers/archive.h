/* Members of a ZIP archive (a workbook is one), each a source of bytes. */
#ifndef ANALYZE_IMPORT_READERS_ARCHIVE_H
#define ANALYZE_IMPORT_READERS_ARCHIVE_H

#include "analyze/import/readers/bytes.h"

#define ARCHIVE_MEMBERS_MAX 10000
/* What a member may unpack to beside its packed length, as unpack.h. */
#define ARCHIVE_RATIO_MAX 2000

struct archive; /* opaque */

/* By its path: an archive is read from its end.  -EINVAL with the text set for what is
 * none, has more than ARCHIVE_MEMBERS_MAX members or is encrypted. */
int archive_open(const char *path, struct archive **ret_archive, struct err *err);
void archive_close(struct archive *archive); /* NULL is a no-op */

size_t archive_count(const struct archive *archive);
/* "xl/workbook.xml"; borrowed, NULL for a number that there is not. */
const char *archive_name(const struct archive *archive, size_t number);
/* By its whole name, letters of either case; -1: there is none. */
long archive_find(const struct archive *archive, const char *name);

/* Close the member before the archive.  Reading returns -EINVAL for damage, -EFBIG for a
 * bomb. */
int archive_member(struct archive *archive, size_t number, struct bytes **ret_bytes,
	struct err *err);

#endif
