/* What persons decided of a workload, as it stands at a moment: what an import took back. */
#ifndef ANALYZE_IMPORT_DECIDED_H
#define ANALYZE_IMPORT_DECIDED_H

#include "common/err.h"
#include "store/db/decisions.h"
#include "store/db/exclusions.h"
#include "store/db/reviews.h"

#include <stdint.h>

struct store; /* store/store.h */

struct decided {
	struct exclusion_list exclusions; /* that stand */
	struct review_list reviews;       /* all */
};

/* 0 or a negative errno with the text set; decided_done in any case, of one that began as
 * zeros. */
int decided_now(struct store *store, int64_t workload_id, struct decided *ret_decided,
	struct err *err);
void decided_done(struct decided *decided);

/*
 * decided_taken_back - the numbers of what stood before and stands no more
 *
 * to   room for all reviews and exclusions of before, as many as their counts; the lists of
 *      *ret_back are in it, borrowed
 */
void decided_taken_back(const struct decided *before, const struct decided *after,
	int64_t *to, struct decisions_back *ret_back);

#endif
