/*
 * Machine documents: from a file, from this machine, and into the store.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_INVENTORY_INVENTORY_MACHINE_H
#define ANALYZE_INVENTORY_INVENTORY_MACHINE_H

#include "schema/machine.h"
#include "store/db/machines.h"

/*
 * inventory_machine_load - a file, if it is a machine
 *
 * Returns 1 and the machine (machine_done), 0 where it is JSON or CSV of something else,
 * which inventory_load may read, or a negative errno with path, place and reason.
 */
int inventory_machine_load(
	const char *path, struct machine *ret_machine, struct err *err);

/*
 * inventory_hardware_load - the output of dmidecode or lscpu, for a workload by its name
 *
 * Completes the document that the store has, or begins one.  Returns 1 and the machine,
 * 0 where the file is something else, or a negative errno with path and reason.
 */
int inventory_hardware_load(struct store *store, const char *path, const char *name,
	struct machine *ret_machine, struct err *err);
/* Is the file one of those?  1, 0, or a negative errno. */
int inventory_is_hardware(const char *path, struct err *err);

/* What `collectord-inventory` beside this program says of this machine; -EIO when it
 * fails.  machine_done when finished. */
int inventory_machine_here(struct machine *ret_machine, struct err *err);

/*
 * inventory_machine_keep - into the store, for the workload of its name (a transaction)
 *
 * name         another name for it; NULL: its own
 * ret_changes  how many values differ from the document before; may be NULL
 *
 * A workload that is not there is made: nothing is counted of it yet, and it takes its
 * step from the first figures that come.
 */
int inventory_machine_keep(struct store *store, const struct machine *machine,
	const char *name, int64_t now, size_t *ret_changes, struct err *err);

/* The same for every workload that is sampled here; -ENOENT: there is none.  ret_kept counts
 * them, ret_changes their values that differ. */
int inventory_machine_keep_sampled(struct store *store, const struct machine *machine,
	int64_t now, size_t *ret_kept, size_t *ret_changes, struct err *err);

/* The document of a workload as the store has it; -ENOENT says how to get one. */
int inventory_machine_of(struct store *store, const struct workload *workload,
	struct machine *ret_machine, struct err *err);

#endif
