/* The frames of the staging ring: found at the start, appended, read back. */
#include "collectord/link/staging_file.h"

#include "common/array.h"
#include "common/checksum.h"
#include "common/io.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	/* larger frames are split: the buffer of a process that stays should stay small */
	FRAME_BYTES_AIM = 256 * 1024,
	AHEAD_BLOCKS = 128,
};

static uint64_t staging_frame_checksum(const unsigned char *bytes, size_t used_bytes)
{
	size_t skip = offsetof(struct staging_frame_head, store_id);

	return checksum64(bytes + skip, used_bytes - skip, 0);
}

/* ---- the index -------------------------------------------------------------- */

static int frame_index_add(struct staging *staging,
	const struct staging_frame_head *head, uint64_t block, struct err *err)
{
	struct staging_frame *frame;
	size_t at = staging->frame_count;

	if (ARRAY_RESERVE(
		    staging->frame, staging->frame_room, staging->frame_count + 1) < 0)
		return err_oom(err);
	while (at > 0 && staging->frame[at - 1].number > head->number)
		at--;
	frame = &staging->frame[at];
	memmove(frame + 1, frame, (staging->frame_count - at) * sizeof(*frame));
	*frame = (struct staging_frame){ .number = head->number,
		.block = (uint32_t)block,
		.blocks = head->blocks,
		.ticks = head->ticks,
		.records = head->records,
		.first_stamp_s = head->first_stamp_s,
		.last_stamp_s = head->last_stamp_s,
		.booted_at_s = head->booted_at_s };
	memcpy(frame->boot_id, head->boot_id, sizeof(frame->boot_id));
	staging->frame_count++;
	return 0;
}

/* ---- reading ahead ------------------------------------------------------------- */

void staging_read_ahead(struct staging *staging)
{
	void *bytes;

	assert(!staging->ahead.bytes);
	bytes = mmap(NULL, AHEAD_BLOCKS * STAGING_BLOCK_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (bytes != MAP_FAILED) /* else block by block, as well */
		staging->ahead = (struct staging_ahead){ .bytes = bytes };
}

void staging_read_ahead_end(struct staging *staging)
{
	if (staging->ahead.bytes)
		munmap(staging->ahead.bytes, AHEAD_BLOCKS * STAGING_BLOCK_BYTES);
	staging->ahead = (struct staging_ahead){ .bytes = NULL };
}

/* The blocks out of what was read ahead, or NULL: then they are read alone.  Where one
 * of many cannot be read all of these are read alone. */
static const unsigned char *read_ahead(
	struct staging *staging, uint64_t block, size_t bytes)
{
	struct staging_ahead *ahead = &staging->ahead;
	uint64_t count = bytes / STAGING_BLOCK_BYTES;
	ssize_t got;

	if (!ahead->bytes || count > AHEAD_BLOCKS || block < ahead->alone_until)
		return NULL;
	if (block < ahead->first || block + count > ahead->first + ahead->count) {
		uint64_t left = staging->head.blocks - block;
		size_t wanted = (size_t)(left < AHEAD_BLOCKS ? left : AHEAD_BLOCKS) *
			STAGING_BLOCK_BYTES;

		ahead->count = 0;
		got = io_pread_full(staging->fd, ahead->bytes, wanted,
			(off_t)(block * STAGING_BLOCK_BYTES));
		if (got < 0 || (size_t)got != wanted) {
			ahead->alone_until = block + AHEAD_BLOCKS;
			return NULL;
		}
		ahead->first = block;
		ahead->count =
			wanted / STAGING_BLOCK_BYTES; /* all that is left, or more
							      * than is asked for */
	}
	return ahead->bytes + (block - ahead->first) * STAGING_BLOCK_BYTES;
}

/* 0, 1 when fewer bytes are there, or the errno of the disk. */
static int blocks_read(
	struct staging *staging, uint64_t block, size_t bytes, struct err *err)
{
	const unsigned char *known;
	ssize_t got;

	if (staging_buffer_fit(staging, bytes, err) < 0)
		return -ENOMEM;
	known = read_ahead(staging, block, bytes);
	if (known) {
		memcpy(staging->buffer, known, bytes);
		return 0;
	}
	got = io_pread_full(staging->fd, staging->buffer, bytes,
		(off_t)(block * STAGING_BLOCK_BYTES));
	if (got < 0)
		return err_set(err, (int)got, "block %llu cannot be read: %s",
			(unsigned long long)block, strerror((int)-got));
	return (size_t)got != bytes;
}

/* Reads the frame at this block into the buffer; 1 when it is whole, 0 when not, or the
 * errno of the disk: that may be another time, so it is no damage yet. */
static int frame_read(struct staging *staging, uint64_t block,
	struct staging_frame_head *ret_head, struct err *err)
{
	struct staging_frame_head head;
	size_t bytes;
	int r = blocks_read(staging, block, STAGING_BLOCK_BYTES, err);

	if (r != 0)
		return r < 0 ? r : 0;
	memcpy(&head, staging->buffer, sizeof(head));
	if (head.magic != STAGING_FRAME_MAGIC || head.blocks == 0 ||
		head.blocks > staging->head.blocks - block ||
		head.used_bytes < sizeof(head) ||
		head.used_bytes > (uint64_t)head.blocks * STAGING_BLOCK_BYTES ||
		memcmp(head.store_id, staging->head.identity.store_id,
			sizeof(head.store_id)) != 0)
		return 0;
	bytes = (size_t)head.blocks * STAGING_BLOCK_BYTES;
	if (bytes > STAGING_BLOCK_BYTES) {
		r = blocks_read(staging, block, bytes, err);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	if (staging_frame_checksum(staging->buffer, head.used_bytes) != head.checksum)
		return 0;
	*ret_head = head;
	return 1;
}

/* A frame names the one before it: what is named, not freed and not found is damaged. */
static void count_if_lost(struct staging *staging, uint64_t previous)
{
	if (previous < staging->head.first_number || previous <= staging->head.mark)
		return;
	for (size_t i = staging->frame_count; i > 0; i--)
		if (staging->frame[i - 1].number == previous)
			return;
	staging->damaged++;
}

/* One walk over the blocks; frames behind through are left for another time. */
static int scan_once(struct staging *staging, uint64_t through, struct err *err)
{
	struct staging_frame_head head;
	uint64_t *previous = NULL;
	size_t known = 0;
	int r;

	staging->frame_count = 0;
	staging->damaged = staging->unreadable = 0;
	staging->newest = staging->head.first_number - 1;
	if (staging->newest < staging->head.mark)
		staging->newest = staging->head.mark;
	staging->next_block = STAGING_HEAD_BLOCKS;
	staging->last_stamp_s = staging->head.last_stamp_s;
	staging->last_tick_number = staging->head.last_tick_number;
	previous = calloc((size_t)staging->head.blocks, sizeof(*previous));
	if (!previous)
		return err_oom(err);
	staging_read_ahead(staging);
	for (uint64_t block = STAGING_HEAD_BLOCKS; block < staging->head.blocks;) {
		r = frame_read(staging, block, &head, err);
		if (r == -ENOMEM)
			goto out;
		staging->unreadable += r < 0;
		if (r <= 0 || head.number < staging->head.first_number ||
			head.number > through) {
			block++;
			continue;
		}
		r = frame_index_add(staging, &head, block, err);
		if (r < 0)
			goto out;
		previous[known++] = head.previous;
		if (head.number >= staging->newest) {
			staging->newest = head.number;
			staging->next_block = block + head.blocks;
		}
		if (head.last_stamp_s > staging->last_stamp_s) {
			staging->last_stamp_s = head.last_stamp_s;
			staging->last_tick_number = head.last_tick_number;
		}
		block += head.blocks;
	}
	for (size_t i = 0; i < known; i++)
		count_if_lost(staging, previous[i]);
	r = 0;
out:
	staging_read_ahead_end(staging);
	free(previous);
	return r;
}

/*
 * The recorder may be appending while a writer or a reader walks: a frame that was
 * written behind its back is missed, the one after it found.  Whatever came before a
 * frame that was found is whole by now, so what a second walk up to that frame does not
 * find is damaged, and not before.
 */
int staging_scan(struct staging *staging, struct err *err)
{
	int r = scan_once(staging, UINT64_MAX, err);

	if (r < 0 || staging->damaged == 0)
		return r;
	r = staging_head_read(staging, err); /* what was freed meanwhile is no damage */
	return r < 0 ? r : scan_once(staging, staging->newest, err);
}

const struct staging_frame *staging_next(const struct staging *staging, uint64_t number)
{
	for (size_t i = 0; i < staging->frame_count; i++)
		if (staging->frame[i].number > number)
			return &staging->frame[i];
	return NULL;
}

int staging_load(struct staging *staging, const struct staging_frame *frame,
	const unsigned char **ret_bytes, size_t *ret_size, struct err *err)
{
	struct staging_frame_head head;
	uint64_t number = frame->number;
	int r = frame_read(staging, frame->block, &head, err);

	if (r < 0)
		return r;
	if (r == 0 || head.number != number)
		return err_set(err, -EBADMSG, "frame %llu cannot be read back",
			(unsigned long long)number);
	*ret_bytes = staging->buffer + sizeof(head);
	*ret_size = head.used_bytes - sizeof(head);
	return 0;
}

/* ---- append ----------------------------------------------------------------- */

/* Is any block of the range taken by a frame that is not free yet? */
static bool are_blocks_taken(
	const struct staging *staging, uint64_t block, uint64_t blocks)
{
	for (size_t i = 0; i < staging->frame_count; i++) {
		const struct staging_frame *frame = &staging->frame[i];

		if (frame->number <= staging->head.mark &&
			frame->number <= staging->released)
			continue;
		if (block < (uint64_t)frame->block + frame->blocks &&
			frame->block < block + blocks)
			return true;
	}
	return false;
}

/* Where so many blocks go: behind the last frame, else at the beginning. */
static uint64_t frame_place(const struct staging *staging, uint64_t blocks)
{
	uint64_t block = staging->next_block;

	if (block + blocks > staging->head.blocks)
		block = STAGING_HEAD_BLOCKS;
	return are_blocks_taken(staging, block, blocks) ? 0 : block;
}

/* As many records as fit; returns their number. */
static size_t pack_frame(struct staging *staging, const struct record *records,
	size_t count, struct staging_frame_head *head, struct err *err)
{
	size_t used = sizeof(*head), taken = 0;

	record_state_restart(&staging->pack);
	for (; taken < count; taken++) {
		const struct record *record = &records[taken];

		if (record_pack(&staging->pack, record, staging->buffer,
			    staging->buffer_bytes, &used, err) < 0)
			break;
		/* head and mark count the ticks of the daemon's own machine */
		if (record->kind != RECORD_TICK || record->subject.id != 0)
			continue;
		if (head->ticks++ == 0)
			head->first_stamp_s = record->stamp_s;
		head->last_stamp_s = record->stamp_s;
		head->last_tick_number = record->number;
	}
	head->records = (uint32_t)taken;
	head->used_bytes = (uint32_t)used;
	head->blocks =
		(uint32_t)((used + STAGING_BLOCK_BYTES - 1) / STAGING_BLOCK_BYTES);
	return taken;
}

static int buffer_for(struct staging *staging, const struct record *records,
	size_t count, struct err *err)
{
	size_t bytes =
		sizeof(struct staging_frame_head) + record_bound_bytes(&records[0]);

	if (bytes > (staging->head.blocks - STAGING_HEAD_BLOCKS) * STAGING_BLOCK_BYTES)
		return err_set(err, -EFBIG, "a tick is larger than the staging ring");
	for (size_t i = 1; i < count; i++) {
		size_t more = record_bound_bytes(&records[i]);

		if (bytes + more > FRAME_BYTES_AIM)
			break;
		bytes += more;
	}
	return staging_buffer_fit(staging, bytes, err);
}

static void appended(
	struct staging *staging, const struct staging_frame_head *head, uint64_t block)
{
	staging->newest = head->number;
	staging->next_block = block + head->blocks;
	if (head->ticks) {
		staging->last_stamp_s = head->last_stamp_s;
		staging->last_tick_number = head->last_tick_number;
	}
}

int staging_append(struct staging *staging, const struct record *records, size_t count,
	const unsigned char boot_id[static 16], int64_t booted_at_s, size_t *ret_taken,
	struct err *err)
{
	struct staging_frame_head head = { .magic = STAGING_FRAME_MAGIC,
		.booted_at_s = booted_at_s,
		.number = staging->newest + 1,
		.previous = staging->newest };
	size_t taken;
	uint64_t block;
	int r;

	if (count == 0)
		return err_set(err, -EINVAL, "nothing to append");
	r = buffer_for(staging, records, count, err);
	if (r < 0)
		return r;
	memcpy(head.store_id, staging->head.identity.store_id, sizeof(head.store_id));
	memcpy(head.boot_id, boot_id, sizeof(head.boot_id));
	taken = pack_frame(staging, records, count, &head, err);
	if (taken == 0)
		return -EFBIG;
	block = frame_place(staging, head.blocks);
	if (block == 0)
		return err_set(err, -ENOSPC, "the staging ring is full");
	memset(staging->buffer + head.used_bytes, 0,
		(size_t)head.blocks * STAGING_BLOCK_BYTES - head.used_bytes);
	memcpy(staging->buffer, &head, sizeof(head));
	head.checksum = staging_frame_checksum(staging->buffer, head.used_bytes);
	memcpy(staging->buffer, &head, sizeof(head));
	r = frame_index_add(
		staging, &head, block, err); /* first: then nothing can fail */
	if (r < 0)
		return r;
	r = staging_write_blocks(staging, staging->buffer,
		(size_t)head.blocks * STAGING_BLOCK_BYTES, block);
	if (r < 0) {
		staging->frame_count--; /* it was the newest, so the last */
		return err_set(err, r, "staging: cannot be written: %s", strerror(-r));
	}
	appended(staging, &head, block);
	*ret_taken = taken;
	return 0;
}
