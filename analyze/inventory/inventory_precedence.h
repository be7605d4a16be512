/*
 * Which statement about a workload holds: a person's before the machine's before an
 * import's (enum fact_origin).  The one place where this is decided.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_INVENTORY_INVENTORY_PRECEDENCE_H
#define ANALYZE_INVENTORY_INVENTORY_PRECEDENCE_H

#include "schema/fact.h"
#include "store/db/facts.h"

/*
 * inventory_choose - keep of each key the statement that holds, free the others
 *
 * list    by key, as store_facts gives it; stays in that order
 */
void inventory_choose(struct fact_list *list);

/* All facts of a workload that hold, as texts: fact_list_done when finished.  Returns 0,
 * -ENOMEM or what the store answers. */
int inventory_in_force(struct store *store, int64_t workload_id,
	struct fact_list *ret_list, struct err *err);

/*
 * inventory_facts - the same, typed
 *
 * A key or a value that only a newer program knows is left out.  facts_done when
 * finished; untouched on failure.
 */
int inventory_facts(struct store *store, int64_t workload_id, struct facts *ret_facts,
	struct err *err);

#endif
