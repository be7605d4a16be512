/*
 * What a store knows of a workload beside its archives, copied to another store.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_IMPORT_NOTES_H
#define ANALYZE_IMPORT_IMPORT_NOTES_H

#include "store/store.h"

/*
 * import_notes_copy - events, gaps, boots, devices and facts that `to` does not have
 *
 * In a transaction of `to`.  What is stated here stays.  *changed
 * grows by what was added.
 */
int import_notes_copy(struct store *from, int64_t from_id, struct store *to,
	int64_t to_id, size_t *changed, struct err *err);

#endif
