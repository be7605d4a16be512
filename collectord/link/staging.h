/*
 * The staging ring <data>/staging: where ticks are safe until they are in the RRDs.
 *
 * Blocks of 4 KiB, all of them written once at creation.  Blocks 0 and 1 hold the
 * head in turn (identity, what the writer must know, the mark); the rest
 * is a ring of frames.  A frame is one aligned write (O_DIRECT and O_DSYNC where the
 * file system takes them) of numbered, checksummed, packed records.
 *
 * The recorder appends frames, the writer moves the mark; neither writes what the
 * other does, so that staging goes on while a batch is written.  A frame is free for
 * reuse when it is both in the RRDs (the mark) and in the database (staging_release).
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef COLLECTORD_LINK_STAGING_H
#define COLLECTORD_LINK_STAGING_H

#include "collectord/link/record.h"
#include "common/err.h"
#include "schema/rra.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STAGING_BLOCK_BYTES ((size_t)4096)
#define STAGING_HEADS_BYTES (2 * STAGING_BLOCK_BYTES)
#define STAGING_FOLDER_BYTES 256
#define STAGING_NAME_BYTES 128
#define STAGING_BYTES_MIN ((uint64_t)1 << 20) /* many short runs in a row, too */
#define STAGING_BYTES_MAX ((uint64_t)1 << 30)

/* What the writer needs beside the ticks: it runs without settings and database. */
struct staging_identity {
	unsigned char store_id[16];
	char name[STAGING_NAME_BYTES]; /* the daemon's word for the workload */
	char folder
		[STAGING_FOLDER_BYTES]; /* its, below <data>/rrd; "" until it is known */
	unsigned step_s;
	struct rra_settings rows;
};

/* One frame, as the index keeps it. */
struct staging_frame {
	uint64_t number;
	uint32_t block, blocks;
	uint32_t ticks, records;
	int64_t first_stamp_s, last_stamp_s; /* of its ticks; 0: none in it */
	int64_t booted_at_s;
	unsigned char boot_id[16];
};

struct staging; /* opaque */

struct staging_status {
	uint64_t newest;      /* number of the last frame; 0: none */
	uint64_t mark;        /* frames up to here are in the RRDs */
	uint64_t released;    /* frames up to here are free for reuse */
	int64_t last_stamp_s; /* of the last tick, staged or in the RRD files; 0: none */
	uint64_t last_number;       /* of that tick */
	uint64_t pending_ticks;     /* behind the mark; of the own machine */
	uint64_t marked_ticks;      /* since the file was made */
	uint64_t bytes, bytes_used; /* of the ring; used: what is not free */
	uint64_t damaged;           /* frames that were written and cannot be read */
	uint64_t unreadable;        /* blocks that the disk refused: frames, perhaps */
	bool is_direct;             /* O_DIRECT was accepted */
};

/*
 * staging_create - a new file in place of what is there; frames are numbered from
 * first_number
 *
 * Written as "staging.new" with all of its blocks, synced and renamed.  Returns 0,
 * -ENOSPC (nothing is left behind) or another negative errno.
 */
int staging_create(const char *data_dir, const struct staging_identity *identity,
	uint64_t bytes, uint64_t first_number, int64_t last_stamp_s, struct err *err);

enum staging_mode { STAGING_READ, STAGING_WRITE };

/*
 * staging_open - check heads and frames
 *
 * A torn or damaged frame is left out and counted.  Returns 0, -ENOENT, -EBADMSG when
 * neither head can be used, or another negative errno.
 */
int staging_open(const char *data_dir, enum staging_mode mode,
	struct staging **ret_staging, struct err *err);
void staging_close(struct staging *staging); /* NULL is a no-op */

/* As the file's head has it; lives as long as staging. */
const struct staging_identity *staging_identity(const struct staging *staging);
void staging_get_status(
	const struct staging *staging, struct staging_status *ret_status);

/* ---- recorder ---------------------------------------------------------------- */

/*
 * staging_append - as many of the records as fit into one frame, made durable
 *
 * Returns 0 with the number of records taken (>= 1); -ENOSPC when the ring has no free
 * room; -EFBIG when the first record alone is larger than the ring; or the errno of
 * the write (the frame then counts as not written).
 */
int staging_append(struct staging *staging, const struct record *records, size_t count,
	const unsigned char boot_id[static 16], int64_t booted_at_s, size_t *ret_taken,
	struct err *err);

/*
 * staging_keep - the file has its name and size: one that was removed, replaced or cut short
 * under us is written again with all that is left of it, a handle that went stale is opened
 * anew
 *
 * Not while a writer runs, which has the file open, too.  Returns 0 or a negative errno.
 */
int staging_keep(struct staging *staging, const char *data_dir, struct err *err);

/* 0: the open file is the one at the store's path; -ESTALE with the text set. */
int staging_check_place(
	const struct staging *staging, const char *data_dir, struct err *err);

/* Reads back every frame behind the mark; 0, or what of them cannot be read. */
int staging_pending_check(struct staging *staging, struct err *err);

/* Reads the head again, after a writer has moved the mark. */
int staging_refresh(struct staging *staging, struct err *err);

/* Frames up to number are in the database too; those also behind the mark are free. */
void staging_release(struct staging *staging, uint64_t number);

/* A changed name or retention: written into the head.  Under the writer lock. */
int staging_set_identity(struct staging *staging,
	const struct staging_identity *identity, struct err *err);

/* ---- writer ------------------------------------------------------------------ */

/* What a batch has done, as the head keeps it. */
struct staging_batch {
	uint64_t number;      /* of its last frame: the mark */
	int64_t last_stamp_s; /* of its last tick; 0: no tick in it */
	uint64_t last_tick_number;
	uint64_t ticks;
	uint64_t files_key; /* checksum of the names whose headers are saved */
};

/* Every frame up to batch.number is in the RRDs, synced, and their headers saved. */
int staging_move_mark(
	struct staging *staging, const struct staging_batch *batch, struct err *err);
/* Of the newest batch; 0: none. */
uint64_t staging_files_key(const struct staging *staging);

/* ---- both: reading frames in order -------------------------------------------- */

/* The next frame after number, or NULL. */
const struct staging_frame *staging_next(
	const struct staging *staging, uint64_t number);

/* From here on frames are read many at once (512 KiB of memory until staging_close);
 * for who reads them all. */
void staging_read_ahead(struct staging *staging);

/*
 * staging_load - read a frame's records into the buffer of staging
 *
 * ret_bytes is borrowed until the next call; give it to record_unpack.  -EBADMSG when
 * it is no longer what was indexed; another errno when the disk refused it this time.
 */
int staging_load(struct staging *staging, const struct staging_frame *frame,
	const unsigned char **ret_bytes, size_t *ret_size, struct err *err);

/* Two batches of ticks, of all workloads together, and their bytes at the worst. */
struct staging_load {
	uint64_t ticks, bytes;
};
/* One workload more, of ticks of so many values. */
void staging_load_add(
	struct staging_load *load, size_t values, unsigned step_s, unsigned batch_s);
/* Ring bytes for it. */
uint64_t staging_size_for(const struct staging_load *load, unsigned batch_s);

#endif
