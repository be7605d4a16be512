/* The forms of `analyze inventory` that are about a machine document. */
#ifndef ANALYZE_VERBS_INVENTORY_MACHINES_H
#define ANALYZE_VERBS_INVENTORY_MACHINES_H

#include "analyze/console/verb.h"
#include "store/db/workloads.h"

/* Of --here, alone or with --machine: returns an EXIT_ code, with the text of a failure set. */
int inventory_here(const struct context *context, struct err *err);

/* The file of --load where it is a machine; likewise, or -1: it is something else. */
int inventory_load_machine(const struct context *context, struct err *err);

/* --machine: the document of the one workload that is chosen.  Returns 0 or a negative
 * errno with the text set. */
int inventory_show_machine(const struct context *context, struct store *store,
	const struct workload **chosen, size_t count, struct err *err);

#endif
