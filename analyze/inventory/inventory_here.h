/* What this machine says of itself. */
#ifndef ANALYZE_INVENTORY_INVENTORY_HERE_H
#define ANALYZE_INVENTORY_INVENTORY_HERE_H

#include "analyze/inventory/inventory_keys.h"
#include "analyze/inventory/stated.h"

/*
 * inventory_here - the facts among the keys
 *
 * A value that is not one of the fact's is left out: what the kernel calls unknown is no
 * fact.  Returns 0 or -ENOMEM.
 */
int inventory_here(
	const struct inventory_keys *keys, struct stated_list *list, struct err *err);

#endif
