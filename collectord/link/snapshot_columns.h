/* From the snapshot of the probes' collector to the layout of a tick. */
#ifndef COLLECTORD_LINK_SNAPSHOT_COLUMNS_H
#define COLLECTORD_LINK_SNAPSHOT_COLUMNS_H

#include "collectord/link/tick_layout.h"
#include "common/err.h"
#include "probes/collect.h"

/*
 * layout_of_snapshot - the files and data sources of a snapshot, sealed
 *
 * layout  layout_init'ed before; what it held is freed.  On failure it has to be
 *         layout_done'd all the same.
 *
 * Returns 0 or a negative errno with the text set.
 */
int layout_of_snapshot(const struct snapshot *snapshot, unsigned step_s,
	struct layout *layout, struct err *err);

#endif
