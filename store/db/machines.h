/* The machine document of a workload: the latest one, and what it changed. */
#ifndef STORE_DB_MACHINES_H
#define STORE_DB_MACHINES_H

#include "schema/machine.h"
#include "store/db/workloads.h"

/*
 * store_machine_take - keep a document in place of the one before (in a transaction)
 *
 * What differs from the one before becomes events of the kind "inventory", one for each
 * value, and one for each list of software in which more than MACHINE_EVENTS_MAX names
 * changed.  What it states becomes the facts of the source "machine"; what it no longer
 * states is forgotten.  The first document makes no events.
 *
 * now          when it is taken; the moment of the events is the document's own, where it
 *              has one
 * ret_changes  how many values differ; may be NULL
 *
 * Returns 0, -ENOMEM or what the store answers.
 */
#define MACHINE_EVENTS_MAX 20
int store_machine_take(struct store *store, int64_t workload_id,
	const struct machine *machine, int64_t now, size_t *ret_changes,
	struct err *err);

/* The latest document; -ENOENT when there is none.  machine_done when finished. */
int store_machine_get(struct store *store, int64_t workload_id,
	struct machine *ret_machine, struct err *err);

#endif
