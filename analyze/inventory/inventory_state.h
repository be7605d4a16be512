/*
 * What a command states, into the store as the word of a person.
 */
#ifndef ANALYZE_INVENTORY_INVENTORY_STATE_H
#define ANALYZE_INVENTORY_INVENTORY_STATE_H

#include "analyze/inventory/stated.h"
#include "store/db/workloads.h"

/*
 * inventory_state - in a transaction of the caller
 *
 * list    every workload there is
 * chosen  those of the command line: what names no workload is for them
 * path    of the file that names workloads, for the text of a failure; NULL: none
 *
 * Returns 0, -ENOENT where the file names a workload that there is not, or what the store
 * answers; ret_done counts the facts that were stated or forgotten.
 */
int inventory_state(struct store *store, const struct stated_list *stated,
	const char *path, const struct workload_list *list,
	const struct workload *const *chosen, size_t count, int64_t now,
	size_t *ret_done, struct err *err);

#endif
