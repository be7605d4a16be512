/* The bytes of the staging ring; for the three files of staging alone. */
#ifndef COLLECTORD_LINK_STAGING_FILE_H
#define COLLECTORD_LINK_STAGING_FILE_H

#include "collectord/link/staging.h"

#define STAGING_HEAD_MAGIC 0x31676174536f6448u  /* "HdoStag1" */
#define STAGING_FRAME_MAGIC 0x316d617246676453u /* "SdgFram1" */
#define STAGING_HEAD_BLOCKS 2u

/* One of the two heads; the valid one with the higher generation counts. */
struct staging_head {
	uint64_t magic;
	uint64_t checksum; /* of all that follows */
	uint64_t generation;
	uint64_t blocks;       /* of the whole file */
	uint64_t first_number; /* of the first frame ever in this file */
	uint64_t mark;
	int64_t last_stamp_s; /* of the ticks up to the mark */
	uint64_t last_tick_number;
	uint64_t marked_ticks;
	uint64_t files_key;
	struct staging_identity identity;
};

struct staging_frame_head {
	uint64_t magic;
	uint64_t checksum; /* of all that follows, up to the last record */
	unsigned char store_id[16];
	unsigned char boot_id[16];
	int64_t booted_at_s;
	uint64_t number;
	uint64_t previous; /* the frame that was written before this one */
	int64_t first_stamp_s, last_stamp_s;
	uint64_t last_tick_number;
	uint32_t blocks;
	uint32_t used_bytes; /* with this head */
	uint32_t records, ticks;
};

/* Many blocks read at once: a read of 4 KiB costs the time of a disk's turn. */
struct staging_ahead {
	unsigned char *bytes; /* NULL: no reading ahead */
	uint64_t first, count;
	uint64_t alone_until; /* blocks before this one are read alone */
};

struct staging {
	int fd;
	bool is_direct;
	bool is_writable;
	struct staging_head head;
	unsigned char *buffer; /* aligned to a block */
	size_t buffer_bytes;
	struct staging_ahead ahead;
	struct record_state pack;
	struct staging_frame *frame; /* by number */
	size_t frame_count, frame_room;
	uint64_t newest;
	uint64_t next_block; /* where the next frame goes */
	uint64_t released;
	int64_t last_stamp_s;
	uint64_t last_tick_number;
	uint64_t damaged, unreadable;
};

int staging_buffer_fit(struct staging *staging, size_t bytes, struct err *err);
/* One whole aligned write; without O_DIRECT from then on where it is refused. */
int staging_write_blocks(
	struct staging *staging, const void *blocks, size_t bytes, uint64_t block);
/* Into the older of the two blocks, with the next generation.  0 or the errno. */
int staging_head_write(struct staging *staging, struct staging_head *head);
/* The newer of the two heads that are whole. */
int staging_head_read(struct staging *staging, struct err *err);
void staging_read_ahead_end(struct staging *staging);
/* Finds every whole frame and puts it into the index. */
int staging_scan(struct staging *staging, struct err *err);

#endif
