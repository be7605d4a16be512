/*
 * One batch: what staging holds behind its mark goes into the RRD files.
 *
 * Begins with recovery where a batch before was interrupted: the saved headers are put
 * back, and since the mark has not moved the same ticks are written again.  Needs the
 * writer lock; opens neither settings nor database.
 */
#ifndef COLLECTORD_WRITER_WRITER_H
#define COLLECTORD_WRITER_WRITER_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct writer_result {
	uint64_t ticks;   /* read from staging */
	uint64_t skipped; /* of those: older than what a file holds already */
	uint64_t lost; /* ticks or frames that cannot be read back or have no layout */
	size_t files, created, rebuilt;
	size_t set_aside; /* damaged files, moved to <data>/damaged and begun anew */
	size_t headers_restored;
	char note[256]; /* the first of what was lost or set aside; "" for none */
};

/*
 * writer_run - write the batch, sync it, save the headers, move the mark
 *
 * gives_up  what the disk does not give is lost; else the batch fails and is repeated
 *
 * Returns 0 (also when there was nothing to do), -EEXIST when the files have another
 * step, or a negative errno with the text set: then the mark has not moved, and the
 * next run repeats the batch.
 */
int writer_run(const char *data_dir, bool gives_up, struct writer_result *ret_result,
	struct err *err);

#endif
