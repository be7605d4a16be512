/*
 * What people state about workloads (reviews, exclusions, facts, names): one change to the
 * store is one transaction, all of it or none.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_VERBS_CHANGE_H
#define ANALYZE_VERBS_CHANGE_H

#include "analyze/console/verb.h"
#include "analyze/report/change_document.h"
#include "store/db/workloads.h"

typedef int change_function(const struct context *context, struct store *store,
	void *data, struct err *err);

/* Opens the store, takes the lock, calls change, commits or rolls back. */
int change_store(const struct context *context, change_function *change, void *data,
	struct err *err);

typedef int change_one_function(const struct context *context, struct store *store,
	const struct workload *workload, void *data, struct err *err);

/* Within a change: for each workload that the first argument names, a pattern too;
 * returns their number. */
int change_named(const struct context *context, struct store *store,
	change_one_function *one, void *data, struct err *err);

/* What was changed, once it is in the store: view and the sentence as a document, in the
 * format that was asked for. */
int change_tell(const struct context *context, const struct change_view *view,
	struct err *err, const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
