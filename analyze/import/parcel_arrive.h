/*
 * Archives of another store as they arrive: what came, and what is here already, become
 * files that a transaction publishes.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_IMPORT_PARCEL_ARRIVE_H
#define ANALYZE_IMPORT_PARCEL_ARRIVE_H

#include "analyze/import/parcel_source.h"
#include "store/incoming.h"

/* An archive that is new or changed. */
struct arrived_file {
	char *name;
	unsigned handle; /* for store_publish */
	bool is_new;
};

struct arrivals {
	struct store *store;         /* borrowed: where it goes to */
	const struct workload *here; /* borrowed; NULL: not here yet */
	struct arrived_file *file;
	size_t files;
	uint64_t rows; /* of the changed archives */
	/* readings that stand here and have another value there or none, and the first stamp
	 * of one: what was sampled never changes, so they are another machine's */
	uint64_t contradicted;
	int64_t contradicted_at;
};

/*
 * arrive - all of one workload, which was asked for (parcel_ask)
 *
 * source  its messages until DONE
 * notes   what is no archive is added
 *
 * -EBADMSG for what makes no sense.  What arrived is the caller's, also after an error:
 * arrivals_done.
 */
int arrive(struct arrivals *arrivals, struct parcel_source *source,
	struct parcel_notes *notes, struct err *err);
void arrivals_done(struct arrivals *arrivals);

#endif
