/*
 * Ticks of staging as matrices: what a batch gives to each RRD file.  For writer.c alone.
 *
 * A run is ticks of one subject and one layout, in their order.  One reading gathers
 * runs of all subjects that are met, until they hold BATCH_BYTES: so a file is opened
 * once for many ticks, however the subjects' ticks are mixed in staging.
 */
#ifndef COLLECTORD_WRITER_WRITER_BATCH_H
#define COLLECTORD_WRITER_WRITER_BATCH_H

#include "collectord/link/staging.h"
#include "collectord/link/subject.h"
#include "collectord/link/tick_layout.h"
#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

struct writer_subject {
	struct subject subject;
	int64_t read_stamp_s; /* ticks up to here were met in this pass; 0: none */
	int64_t newest_s;     /* of its ticks in this batch: no row may be later */
	bool is_refused;      /* its archives have another step: its ticks are lost */
	size_t newest_run;    /* its last one of this reading + 1; 0: none */
};

struct writer_run {
	struct writer_subject *subject; /* borrowed from the batch */
	struct layout layout;
	int64_t *stamp;
	double *value; /* rows x layout.column_count */
	size_t rows, room;
};

struct writer_batch {
	struct writer_run *run; /* in the order of their first ticks */
	size_t run_count, run_room;
	struct writer_subject **subject; /* each met so far; the own machine is [0] */
	size_t subject_count, subject_room;
	size_t subject_near;                  /* where the last one was found */
	size_t bytes;                         /* of values, in all runs */
	uint64_t own_ticks, last_tick_number; /* of the own machine, in this reading */
	uint64_t lost;
	char note[256];
	bool gives_up; /* what cannot be read now is lost: else the batch fails */
	const char *layouts_dir, *subjects_dir; /* borrowed */
};

/* Where reading has got to: a frame and a byte in it. */
struct writer_cursor {
	uint64_t number; /* the frame being read, or read to its end */
	size_t used;     /* bytes of it that were read; 0: none yet */
	bool is_done;    /* with that frame */
};

/* own: as the head of staging says.  0 or -ENOMEM. */
int writer_batch_init(struct writer_batch *batch, const struct staging_identity *own,
	const char *layouts_dir, const char *subjects_dir, struct err *err);
void writer_batch_done(struct writer_batch *batch);

/* Another pass over the same frames. */
void writer_batch_again(struct writer_batch *batch);

/* What could not be used; the first text stays. */
void writer_batch_lose(struct writer_batch *batch, uint64_t ticks, const char *why);

/*
 * writer_batch_read - runs of the ticks behind the cursor, as many as are held at a time
 *
 * A frame, layout or subject that is damaged or gone is counted as lost and passed over;
 * a subject whose folder is not known yet is -EAGAIN.  A tick at or before the last of
 * its subject is left out.  Returns 1 with runs in the batch, 0 at the end of the staging
 * ring (frames up to `through`), or a negative errno.
 */
int writer_batch_read(struct writer_batch *batch, struct staging *staging,
	uint64_t through, struct writer_cursor *cursor, struct err *err);

#endif
