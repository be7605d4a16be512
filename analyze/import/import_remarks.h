/* What looks wrong in what was imported: a warning that names the likely cause. */
#ifndef ANALYZE_IMPORT_IMPORT_REMARKS_H
#define ANALYZE_IMPORT_IMPORT_REMARKS_H

#include "analyze/import/account.h"
#include "analyze/import/grid.h"

/*
 * import_remark - units, times and rows of one workload that cannot well be meant
 *
 * remarks  gets the warnings; nothing is refused or changed
 * now      Unix seconds: times after it are remarked
 *
 * Returns 0 or -ENOMEM.
 */
int import_remark(struct account *remarks, const char *name,
	const struct grid_index *index, int64_t now, struct err *err);

/* The same of names, of the import and of the store: those that only look different.  0 or
 * -ENOMEM. */
int import_remark_names(struct account *remarks, const char *const *names, size_t count,
	struct err *err);

#endif
