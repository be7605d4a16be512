/*
 * Cores and memory that an import brought: facts of the workload, resizes as events.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_IMPORT_SIZES_H
#define ANALYZE_IMPORT_IMPORT_SIZES_H

#include "analyze/import/merge.h"
#include "store/store.h"

/*
 * import_note_sizes - the latest sizes as facts, the resizes as events
 *
 * In a transaction; what was noted of an earlier import of the workload is replaced.
 */
int import_note_sizes(struct store *store, int64_t workload_id,
	const struct merged *merged, int64_t now, struct err *err);

#endif
