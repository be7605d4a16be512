/*
 * A format read in a confined child (common/confine.h): what it puts into its sink goes
 * through a pipe, and into the real sink here.  The child is not believed: every number,
 * length, name and value that comes from it is checked as a stranger's.
 */
#ifndef ANALYZE_IMPORT_RELAY_H
#define ANALYZE_IMPORT_RELAY_H

#include "analyze/import/importer.h"

/*
 * relay_read - importer->read, in a child
 *
 * Returns what that returned, with its text; -EBADMSG where the bytes broke the child or
 * its answer makes no sense; -ENOTSUP where this kernel cannot confine.
 */
int relay_read(const struct importer *importer, const struct import_source *source,
	struct import_sink *sink, struct err *err);

#endif
