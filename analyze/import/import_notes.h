/*
 * What a store knows of a workload beside its archives, copied to another store.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_IMPORT_NOTES_H
#define ANALYZE_IMPORT_IMPORT_NOTES_H

#include "analyze/import/parcel.h"
#include "store/store.h"

/* What of it was new here. */
struct notes_taken {
	size_t notes;      /* events, gaps, boots, devices and facts */
	size_t exclusions; /* windows added, or taken back as they were there */
	size_t reviews;    /* decisions, likewise */
};

/*
 * import_notes_copy - what of `there` the workload does not have
 *
 * In a transaction of `to`.  What is stated here stays.  A window or a decision that was
 * taken back here stays so; one that was taken back there (now: when it is told) is taken
 * back here.  *taken grows by what was added.
 */
int import_notes_copy(const struct parcel_notes *there, struct store *to, int64_t to_id,
	int64_t now, struct notes_taken *taken, struct err *err);

#endif
