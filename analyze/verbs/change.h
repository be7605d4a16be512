/* One change to the store by a verb: one transaction, all of it or none. */
#ifndef ANALYZE_VERBS_CHANGE_H
#define ANALYZE_VERBS_CHANGE_H

#include "analyze/console/verb.h"
#include "store/store.h"

typedef int change_function(const struct context *context, struct store *store,
	void *data, struct err *err);

/* Opens the store, takes the lock, calls change, commits or rolls back. */
int change_store(const struct context *context, change_function *change, void *data,
	struct err *err);

#endif
