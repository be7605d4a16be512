/*
 * A run of ticks of one layout as a matrix: what a batch gives to each RRD file.
 * For writer.c alone.
 */
#ifndef COLLECTORD_WRITER_WRITER_BATCH_H
#define COLLECTORD_WRITER_WRITER_BATCH_H

#include "collectord/link/tick_layout.h"
#include "collectord/link/staging.h"
#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

struct writer_batch {
	struct layout layout;
	int64_t *stamp;
	double *value; /* rows x layout.source_count */
	size_t rows, room;
	uint64_t last_tick_number;
	uint64_t lost;
	char note[256];
	bool gives_up; /* what cannot be read now is lost: else the batch fails */
};

/* Where reading has got to: a frame and a byte in it. */
struct writer_cursor {
	uint64_t number; /* the frame being read, or read to its end */
	size_t used;     /* bytes of it that were read; 0: none yet */
	bool is_done;    /* with that frame */
};

void writer_batch_init(struct writer_batch *batch);
void writer_batch_done(struct writer_batch *batch);

/*
 * writer_batch_read - ticks behind the cursor, as long as they have one layout and
 * fit into WRITER_BATCH_BYTES
 *
 * A frame or layout that is damaged or gone is counted as lost and passed over.  Ticks at
 * or before *last_stamp_s are left out; *last_stamp_s moves on.  Returns 1 with rows in
 * the batch, 0 at the end of the staging ring (frames up to `through`), or a negative
 * errno.
 */
int writer_batch_read(struct writer_batch *batch, struct staging *staging,
	const char *layouts_dir, uint64_t through, struct writer_cursor *cursor,
	int64_t *last_stamp_s, struct err *err);

#endif
