/*
 * A staging ring that somebody edited, or any bytes in its place: opened as the recorder and
 * the writer open it, read to the end, and appended to.
 *
 * The first byte: 1 any bytes; 2 the checksums of heads and frames are made right.
 */
#include "tests/fuzz/fuzz_edit.h"
#include "tests/fuzz/fuzz_folder.h"

#include "collectord/link/staging_file.h"
#include "common/checksum.h"

#include <stddef.h>

enum { BLOCKS = 8, BASE_BYTES = BLOCKS * 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t staging_base[BASE_BYTES];

static void append_records(struct staging *staging, int64_t stamp)
{
	static const double value[3] = { 1, 2, 3 };
	static const unsigned char boot[16] = { 7 };
	const struct record record[] = {
		{ .kind = RECORD_TICK,
			.number = 1,
			.stamp_s = stamp,
			.layout = 5,
			.values = value,
			.count = 3 },
		{ .kind = RECORD_EVENT,
			.stamp_s = stamp,
			.text = "start\tit",
			.length = 8 },
	};
	size_t taken = 0;
	struct err err = ERR_INIT;

	if (staging_append(staging, record, 2, boot, 0, &taken, &err) < 0)
		fuzz_refusal(&err);
}

/* The smallest ring that staging_create makes is longer than a fuzzer likes: its head says
 * that it is shorter. */
static void cut_base(void)
{
	struct staging_head head;

	fuzz_folder_get("staging", staging_base, sizeof(staging_base));
	for (size_t i = 0; i < STAGING_HEAD_BLOCKS; i++) {
		uint8_t *at = staging_base + i * STAGING_BLOCK_BYTES;
		size_t skip = offsetof(struct staging_head, generation);

		memcpy(&head, at, sizeof(head));
		if (head.magic != STAGING_HEAD_MAGIC)
			continue;
		head.blocks = BLOCKS;
		head.checksum =
			checksum64((char *)&head + skip, sizeof(head) - skip, 0);
		memcpy(at, &head, sizeof(head));
	}
}

static void make_base(void)
{
	struct staging_identity identity = {
		.store_id = { 1 }, .name = "w", .folder = "w", .step_s = 10
	};
	struct staging *staging = NULL;

	if (staging_create(fuzz_folder(), &identity, STAGING_BYTES_MIN, 1, 0, NULL) <
			0 ||
		staging_open(fuzz_folder(), STAGING_WRITE, &staging, NULL) < 0)
		abort();
	append_records(staging, 1700000000);
	append_records(staging, 1700000010);
	append_records(staging, 1700000020);
	staging_close(staging);
	cut_base();
	fuzz_folder_put("staging", staging_base, sizeof(staging_base));
	if (staging_open(fuzz_folder(), STAGING_READ, &staging, NULL) < 0 ||
		staging->frame_count != 3)
		abort();
	staging_close(staging);
}

static void repair(uint8_t *bytes, size_t size)
{
	for (size_t at = 0; at + STAGING_BLOCK_BYTES <= size;
		at += STAGING_BLOCK_BYTES) {
		bool is_head = at < STAGING_HEADS_BYTES;
		size_t skip = is_head ? offsetof(struct staging_head, generation)
				      : offsetof(struct staging_frame_head, store_id);
		size_t length = sizeof(struct staging_head);
		uint32_t used;
		uint64_t sum;

		if (!is_head) {
			memcpy(&used,
				bytes + at +
					offsetof(struct staging_frame_head, used_bytes),
				sizeof(used));
			length = used;
		}
		if (length < skip || length > size - at)
			continue;
		sum = checksum64(bytes + at + skip, length - skip, 0);
		memcpy(bytes + at + sizeof(uint64_t), &sum, sizeof(sum));
	}
}

static void read_all_frames(struct staging *staging)
{
	const struct staging_frame *frame;
	struct record_state state;
	struct record record;
	uint64_t number = 0;

	record_state_init(&state);
	while ((frame = staging_next(staging, number))) {
		const unsigned char *bytes;
		struct err err = ERR_INIT;
		size_t length = 0, used = 0;
		int r = staging_load(staging, frame, &bytes, &length, &err);

		number = frame->number;
		record_state_restart(&state);
		while (r >= 0 &&
			(r = record_unpack(
				 &state, bytes, length, &used, &record, &err)) > 0)
			;
		if (r < 0)
			fuzz_refusal(&err);
	}
	record_state_done(&state);
}

static void go_on(struct staging *staging)
{
	struct staging_batch batch = {
		.number = staging->newest, .last_stamp_s = 1700000020, .ticks = 3
	};
	struct staging_status status;

	append_records(staging, 1700000030);
	staging_get_status(staging, &status);
	if (status.bytes_used > status.bytes)
		abort();
	(void)staging_move_mark(staging, &batch, NULL);
	staging_release(staging, staging->newest);
	append_records(staging, 1700000040);
	if (staging_refresh(staging, NULL) == 0)
		read_all_frames(staging);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t bytes[BASE_BYTES];
	struct fuzz_input input = { data, size };
	struct staging *staging = NULL;
	struct err err = ERR_INIT;
	unsigned word;

	if (!staging_base[0])
		make_base();
	word = fuzz_byte(&input);
	if (word & 1) {
		size = input.left < sizeof(bytes) ? input.left : sizeof(bytes);
		memset(bytes, 0, sizeof(bytes));
		if (size)
			memcpy(bytes, input.at, size);
	} else {
		memcpy(bytes, staging_base, sizeof(bytes));
		size = fuzz_edit(&input, bytes, sizeof(bytes), 32);
	}
	if (word & 2)
		repair(bytes, size);
	fuzz_folder_put("staging", bytes, size);
	if (staging_open(fuzz_folder(), word & 4 ? STAGING_READ : STAGING_WRITE,
		    &staging, &err) < 0) {
		fuzz_refusal(&err);
		return 0;
	}
	read_all_frames(staging);
	if (!(word & 4))
		go_on(staging);
	staging_close(staging);
	return 0;
}
