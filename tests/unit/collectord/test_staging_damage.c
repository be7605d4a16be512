/*
 * The staging ring from anybody's hand, and on file systems that do not give what others do:
 * each field of its heads and frames out of its range with a checksum that is right, a file
 * that was cut, removed or replaced under an open handle, writes past the cache refused.
 */
#include "tests/support.h"
#include "tests/unit/collectord/staging_damage_refusals.h"

#include "tests/scratch_dir.h"

#include "collectord/link/record.h"
#include "collectord/link/staging.h"
#include "collectord/link/staging_file.h"
#include "common/checksum.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- a ring with two frames ------------------------------------------------------------------ */

static const unsigned char some_boot[16] = { 4 };
static const struct staging_identity an_identity = {
	.store_id = { 7 }, .name = "host", .folder = "host", .step_s = 10
};

static int add_frame(
	struct staging *staging, uint64_t first, size_t ticks, size_t values)
{
	static double value[200000];
	struct record record[4];
	struct err err = ERR_INIT;
	size_t taken = 0;

	for (size_t i = 0; i < values; i++)
		value[i] = (double)i * 1.7;
	for (size_t i = 0; i < ticks; i++)
		record[i] = (struct record){ .kind = RECORD_TICK,
			.number = first + i,
			.stamp_s = 1000 + 10 * (int64_t)(first + i),
			.layout = 5,
			.values = value,
			.count = values };
	return staging_append(staging, record, ticks, some_boot, 900, &taken, &err);
}

static struct staging *opened(const char *dir)
{
	struct staging *staging = NULL;
	struct err err = ERR_INIT;

	if (staging_open(dir, STAGING_WRITE, &staging, &err) < 0)
		fail_msg("%s", err.text);
	return staging;
}

static void staging_path(const char *dir, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/staging", dir);
}

/* The first in block 2, the second in block 3. */
static void two_frames(const char *dir)
{
	struct staging *staging;
	char path[PATH_MAX];

	staging_path(dir, path);
	(void)unlink(path);
	assert_int_equal(
		staging_create(dir, &an_identity, STAGING_BYTES_MIN, 1, 0, NULL), 0);
	staging = opened(dir);
	assert_int_equal(add_frame(staging, 1, 2, 3), 0);
	assert_int_equal(add_frame(staging, 3, 2, 3), 0);
	staging_close(staging);
}

static void at_block(
	const char *dir, unsigned block, void *bytes, size_t size, bool puts)
{
	char path[PATH_MAX];
	int fd;

	staging_path(dir, path);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(puts ? pwrite(fd, bytes, size, block * STAGING_BLOCK_BYTES)
			      : pread(fd, bytes, size, block * STAGING_BLOCK_BYTES),
		size);
	close(fd);
}

static size_t pending_ticks(const char *dir)
{
	struct staging *staging = opened(dir);
	struct staging_status status;

	staging_get_status(staging, &status);
	staging_close(staging);
	return (size_t)status.pending_ticks;
}

/* ---- heads -------------------------------------------------------------------------------------- */

struct field {
	const char *name;
	size_t offset, size;
	uint64_t value;
	bool is_sealed;
	const char *expected; /* of the text, or NULL */
};
#define IN(type, field) offsetof(struct type, field), sizeof(((struct type *)0)->field)
#define HEAD(field) IN(staging_head, field)
static const char damaged_text[] = "both of its heads are damaged";
static const struct field head_fields[] = {
	{ "magic", HEAD(magic), 1, true, damaged_text },
	{ "checksum", HEAD(checksum), 1, false, damaged_text },
	{ "no block but the heads", HEAD(blocks), 2, true, damaged_text },
	{ "more blocks than any", HEAD(blocks), UINT64_MAX, true, damaged_text },
	{ "more blocks than there are", HEAD(blocks), 4096, true, "it was cut to" },
	{ "no step", HEAD(identity.step_s), 0, true, damaged_text },
};

static void seal_head(struct staging_head *head)
{
	size_t skip = offsetof(struct staging_head, generation);

	head->checksum =
		checksum64((unsigned char *)head + skip, sizeof(*head) - skip, 0);
}

static void check_heads(
	const char *dir, struct staging_head *head, const struct field *field)
{
	struct staging *staging = NULL;
	struct err err = ERR_INIT;

	if (field->is_sealed)
		seal_head(head);
	at_block(dir, 0, head, sizeof(*head), true);
	at_block(dir, 1, head, sizeof(*head), true);
	assert_int_equal(staging_open(dir, STAGING_WRITE, &staging, &err), -EBADMSG);
	if (!strstr(err.text, field->expected))
		fail_msg("%s: %s", field->name, err.text);
}

static void a_head_out_of_its_range_is_refused(void **state)
{
	static const struct field names[] = {
		{ "name", HEAD(identity.name), 0, true, damaged_text },
		{ "folder", HEAD(identity.folder), 0, true, damaged_text },
	};
	struct staging_head sound, head;

	two_frames(*state);
	at_block(*state, 0, &sound, sizeof(sound), false);
	for (size_t i = 0; i < ARRAY_LEN(head_fields); i++) {
		head = sound;
		memcpy((char *)&head + head_fields[i].offset, &head_fields[i].value,
			head_fields[i].size);
		check_heads(*state, &head, &head_fields[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		head = sound;
		memset((char *)&head + names[i].offset, 'x', names[i].size);
		check_heads(*state, &head, &names[i]);
	}
}

/* The other one says what it said before. */
static void one_damaged_head_is_no_loss(void **state)
{
	char noise[64];

	memset(noise, 0x5a, sizeof(noise));
	for (unsigned i = 0; i < STAGING_HEAD_BLOCKS; i++) {
		two_frames(*state);
		at_block(*state, i, noise, sizeof(noise), true);
		assert_int_equal(pending_ticks(*state), 4);
	}
}

/* ---- frames ---------------------------------------------------------------------------------------- */

#define FRAME(field) IN(staging_frame_head, field)
static const struct field frame_fields[] = {
	{ "magic", FRAME(magic), 1, true, NULL },
	{ "checksum", FRAME(checksum), 1, false, NULL },
	{ "another store", FRAME(store_id), 0, true, NULL },
	{ "no block", FRAME(blocks), 0, true, NULL },
	{ "blocks beyond the end", FRAME(blocks), 256, true, NULL },
	{ "less than a head", FRAME(used_bytes), 8, true, NULL },
	{ "more than its blocks", FRAME(used_bytes), 4097, true, NULL },
	{ "of before the ring", FRAME(number), 0, true, NULL },
};

static void seal_frame(unsigned char block[static STAGING_BLOCK_BYTES])
{
	struct staging_frame_head head;
	size_t skip = offsetof(struct staging_frame_head, store_id);

	memcpy(&head, block, sizeof(head));
	head.checksum = head.used_bytes > skip && head.used_bytes <= STAGING_BLOCK_BYTES
		? checksum64(block + skip, head.used_bytes - skip, 0)
		: 0;
	memcpy(block, &head, sizeof(head));
}

static void a_frame_out_of_its_range_costs_itself(void **state)
{
	unsigned char sound[STAGING_BLOCK_BYTES], block[STAGING_BLOCK_BYTES];

	two_frames(*state);
	at_block(*state, 2, sound, sizeof(sound), false);
	memcpy(block, sound, sizeof(block));
	seal_frame(block);
	assert_memory_equal(block, sound, sizeof(block)); /* we seal as it does */
	for (size_t i = 0; i < ARRAY_LEN(frame_fields); i++) {
		const struct field *field = &frame_fields[i];
		struct staging_frame_head head;

		memcpy(block, sound, sizeof(block));
		memcpy(&head, block, sizeof(head));
		memset((char *)&head + field->offset, 0, field->size);
		memcpy((char *)&head + field->offset, &field->value,
			field->size < 8 ? field->size : 8);
		memcpy(block, &head, sizeof(head));
		if (field->is_sealed)
			seal_frame(block);
		at_block(*state, 2, block, sizeof(block), true);
		if (pending_ticks(*state) != 2)
			fail_msg("%s: %zu ticks", field->name, pending_ticks(*state));
	}
}

/* Damaged or overwritten after it was found. */
static void a_frame_that_is_no_longer_there_is_told(void **state)
{
	unsigned char first[STAGING_BLOCK_BYTES], second[STAGING_BLOCK_BYTES];
	struct staging *staging;
	struct err err = ERR_INIT;

	two_frames(*state);
	staging = opened(*state);
	at_block(*state, 2, first, sizeof(first), false);
	at_block(*state, 3, second, sizeof(second), false);
	at_block(*state, 2, second, sizeof(second), true);
	assert_int_equal(staging_pending_check(staging, &err), -EBADMSG);
	assert_string_equal(err.text, "frame 1 cannot be read back");
	at_block(*state, 2, first, sizeof(first), true);
	second[100] ^= 1;
	at_block(*state, 3, second, sizeof(second), true);
	assert_int_equal(staging_pending_check(staging, &err), -EBADMSG);
	assert_string_equal(err.text, "frame 2 cannot be read back");
	staging_close(staging);
}

static void what_is_too_large_is_refused_in_words(void **state)
{
	static double value[RECORD_VALUES_MAX + 1];
	static char text[RECORD_TEXT_MAX + 2];
	struct record tick = { .kind = RECORD_TICK,
		.stamp_s = 10,
		.values = value,
		.count = RECORD_VALUES_MAX + 1 };
	struct record event = {
		.kind = RECORD_EVENT, .text = text, .length = RECORD_TEXT_MAX + 1
	};
	struct staging *staging;
	struct err err = ERR_INIT;
	size_t taken = 0;

	two_frames(*state);
	staging = opened(*state);
	assert_int_equal(
		staging_append(staging, &tick, 1, some_boot, 900, &taken, &err),
		-EFBIG);
	assert_string_equal(err.text, "a tick of 65537 values is over the limit");
	assert_int_equal(
		staging_append(staging, &event, 1, some_boot, 900, &taken, &err),
		-EFBIG);
	assert_string_equal(err.text, "an event of 4097 bytes is over the limit");
	assert_int_equal(add_frame(staging, 5, 1, 200000), -EFBIG);
	assert_int_equal(
		staging_append(staging, &tick, 0, some_boot, 900, &taken, &err),
		-EINVAL);
	assert_string_equal(err.text, "nothing to append");
	staging_close(staging);
	assert_int_equal(pending_ticks(*state), 4);
}

/* One frame is no longer than a write of its size should be. */
static void wide_ticks_go_into_frames_of_their_own(void **state)
{
	static double value[20000];
	struct record record[3];
	struct staging *staging;
	struct err err = ERR_INIT;
	size_t taken = 0;

	two_frames(*state);
	staging = opened(*state);
	for (size_t i = 0; i < ARRAY_LEN(record); i++)
		record[i] = (struct record){ .kind = RECORD_TICK,
			.number = 5 + i,
			.stamp_s = 2000 + 10 * (int64_t)i,
			.values = value,
			.count = ARRAY_LEN(value) };
	assert_int_equal(staging_append(staging, record, ARRAY_LEN(record), some_boot,
				 900, &taken, &err),
		0);
	assert_int_equal(taken, 1);
	staging_close(staging);
	assert_int_equal(pending_ticks(*state), 5);
}

/* ---- the file under an open handle ------------------------------------------------------------------ */

static void a_file_that_was_cut_or_removed_stands_there_again(void **state)
{
	enum { REMOVED = -1, REMOVED_LONGER = -2 };
	static const off_t left[] = { REMOVED, REMOVED_LONGER, 0,
		3 * STAGING_BLOCK_BYTES, 100000 };
	struct err err = ERR_INIT;
	char path[PATH_MAX];

	staging_path(*state, path);
	for (size_t i = 0; i < ARRAY_LEN(left); i++) {
		struct staging *staging;
		struct stat status;

		two_frames(*state);
		staging = opened(*state);
		if (left[i] == REMOVED_LONGER)
			assert_int_equal(truncate(path, 2 * STAGING_BYTES_MIN), 0);
		if (left[i] < 0)
			assert_int_equal(unlink(path), 0);
		else
			assert_int_equal(truncate(path, left[i]), 0);
		assert_int_equal(staging_keep(staging, *state, &err), 0);
		assert_int_equal(stat(path, &status), 0);
		assert_true((uint64_t)status.st_size >= STAGING_BYTES_MIN);
		assert_int_equal(staging_check_place(staging, *state, &err), 0);
		/* what is appended from here on is found by the next */
		assert_int_equal(add_frame(staging, 5, 1, 3), 0);
		staging_close(staging);
		assert_int_equal(pending_ticks(*state),
			left[i] < 0                 ? 5
				: left[i] == 0      ? 1
				: left[i] == 100000 ? 5
						    : 3);
	}
}

static void a_file_that_is_another_is_no_place_to_write(void **state)
{
	char path[PATH_MAX], other[PATH_MAX], gone[PATH_MAX], file[PATH_MAX];
	struct staging *staging;
	struct err err = ERR_INIT;

	two_frames(*state);
	staging_path(*state, path);
	snprintf(other, sizeof(other), "%s/other", (const char *)*state);
	snprintf(gone, sizeof(gone), "%s/gone", (const char *)*state);
	snprintf(file, sizeof(file), "%s/other/below", (const char *)*state);
	staging = opened(*state);
	assert_int_equal(close(open(other, O_WRONLY | O_CREAT, 0600)), 0);
	assert_int_equal(staging_check_place(staging, *state, &err), 0);
	assert_int_equal(staging_check_place(staging, gone, &err), -ESTALE);
	assert_int_equal(staging_check_place(staging, file, &err), 0);
	assert_int_equal(rename(other, path), 0);
	assert_int_equal(staging_check_place(staging, *state, &err), -ESTALE);
	assert_non_null(strstr(err.text, "is not the staging that was opened"));
	assert_int_equal(staging_keep(staging, *state, &err), 0);
	assert_int_equal(staging_check_place(staging, *state, &err), 0);
	staging_close(staging);
	assert_int_equal(pending_ticks(*state), 4);
}

/* ---- file systems ------------------------------------------------------------------------------------- */

static void writes_past_the_cache_may_be_refused(void **state)
{
	static const enum refusal refusals[] = { REFUSES_DIRECT_OPEN,
		REFUSES_DIRECT_WRITE };

	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		struct staging_status status;
		struct staging *staging;

		two_frames(*state);
		refusal = refusals[i];
		staging = opened(*state);
		staging->is_direct |= refusals[i] == REFUSES_DIRECT_WRITE;
		assert_int_equal(add_frame(staging, 5, 1, 3), 0);
		refusal = REFUSES_NOTHING;
		staging_get_status(staging, &status);
		assert_false(status.is_direct);
		staging_close(staging);
		assert_int_equal(pending_ticks(*state), 5);
	}
}

/* Refused for another reason, or for good: the tick is not taken. */
static void a_refused_write_is_no_tick_taken(void **state)
{
	static const enum refusal refusals[] = { REFUSES_FLAGS, REFUSES_FLAGS,
		REFUSES_TO_TELL };

	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		struct staging *staging;

		two_frames(*state);
		staging = opened(*state);
		staging->is_direct = i > 0;
		refusal = refusals[i];
		assert_int_equal(add_frame(staging, 5, 1, 3), -EINVAL);
		refusal = REFUSES_NOTHING;
		assert_int_equal(add_frame(staging, 5, 2, 3), 0);
		staging_close(staging);
		assert_int_equal(pending_ticks(*state), 6);
	}
}

static void a_stale_handle_is_opened_anew(void **state)
{
	struct staging *staging;
	struct err err = ERR_INIT;

	two_frames(*state);
	staging = opened(*state);
	refusal = REFUSES_STALE;
	assert_int_equal(staging_check_place(staging, *state, &err), -ESTALE);
	assert_int_equal(staging_keep(staging, *state, &err), 0);
	refusal = REFUSES_NOTHING;
	assert_int_equal(staging_check_place(staging, *state, &err), 0);
	assert_int_equal(add_frame(staging, 5, 1, 3), 0);
	staging_close(staging);
	assert_int_equal(pending_ticks(*state), 5);
}

/* A file that was cut gets its heads back, or is not called kept. */
static void heads_that_cannot_be_written_are_told(void **state)
{
	struct staging *staging;
	struct err err = ERR_INIT;
	char path[PATH_MAX];

	two_frames(*state);
	staging_path(*state, path);
	staging = opened(*state);
	staging->is_direct = false;
	assert_int_equal(truncate(path, 0), 0);
	refusal = REFUSES_FLAGS;
	assert_int_equal(staging_keep(staging, *state, &err), -EINVAL);
	refusal = REFUSES_NOTHING;
	assert_non_null(strstr(err.text, "staging: "));
	staging_close(staging);
}

/* A frame of many blocks: there may be no memory for it, or not all of it on the disk. */
static void a_long_frame_needs_room_and_all_of_its_blocks(void **state)
{
	struct staging *staging;
	struct staging *again = NULL;
	const unsigned char *bytes;
	struct err err = ERR_INIT;
	char path[PATH_MAX];
	size_t size;

	two_frames(*state);
	staging_path(*state, path);
	staging = opened(*state);
	refusal = REFUSES_MEMORY;
	assert_int_equal(add_frame(staging, 5, 1, 20000), -ENOMEM);
	refusal = REFUSES_NOTHING;
	assert_int_equal(add_frame(staging, 5, 1, 20000), 0);
	refusal = REFUSES_MUCH; /* read block by block */
	assert_int_equal(staging_open(*state, STAGING_WRITE, &again, &err), 0);
	staging_close(again);
	refusal = REFUSES_NOTHING;
	assert_int_equal(add_frame(staging, 6, 1, 60000), 0);
	refusal = REFUSES_MUCH; /* this one does not fit */
	assert_int_equal(staging_open(*state, STAGING_WRITE, &again, &err), -ENOMEM);
	refusal = REFUSES_NOTHING;
	assert_int_equal(truncate(path, 6 * STAGING_BLOCK_BYTES), 0);
	assert_int_equal(
		staging_load(staging, staging_next(staging, 2), &bytes, &size, &err),
		-EBADMSG);
	staging_close(staging);
}

/* What is written is not free before the recorder says so, nor what it says before. */
static void a_frame_is_free_when_both_have_done_with_it(void **state)
{
	struct staging_batch done = { .number = 2 };
	struct staging *staging;
	struct err err = ERR_INIT;
	int r = 0;

	two_frames(*state);
	staging = opened(*state);
	staging_release(staging, 1000); /* nothing is written: nothing is free */
	assert_non_null(staging_next(staging, 0));
	staging_close(staging);
	staging = opened(*state);
	assert_int_equal(staging_move_mark(staging, &done, &err), 0);
	for (uint64_t i = 5; r == 0 && i < 400; i++)
		r = add_frame(staging, i, 1, 3);
	assert_int_equal(r, -ENOSPC); /* the two are neither used again */
	staging_release(staging, 2);
	assert_int_equal(add_frame(staging, 500, 1, 3), 0);
	assert_int_equal(add_frame(staging, 501, 1, 3), 0);
	assert_int_equal(add_frame(staging, 502, 1, 3), -ENOSPC);
	staging_close(staging);
}

/* ---- records ------------------------------------------------------------------------------------------ */

/* A boot of another machine is told where it changes, and else not again. */
static void a_subject_stands_before_its_first_record(void **state)
{
	static const struct record_subject subjects[] = {
		{ .id = 0 },
		{ .id = 9, .boot_id = { 1 }, .booted_at_s = 100 },
		{ .id = 9, .boot_id = { 1 }, .booted_at_s = 100 },
		{ .id = 9, .boot_id = { 1 }, .booted_at_s = 200 },
		{ .id = 9, .boot_id = { 2 }, .booted_at_s = 200 },
		{ .id = 0 },
	};
	struct record_state pack, unpack;
	unsigned char bytes[4096];
	struct record out;
	struct err err = ERR_INIT;
	size_t size = 0, used = 0;

	(void)state;
	record_state_init(&pack);
	record_state_init(&unpack);
	for (size_t i = 0; i < ARRAY_LEN(subjects); i++) {
		struct record event = { .kind = RECORD_EVENT, .subject = subjects[i] };

		assert_int_equal(
			record_pack(&pack, &event, bytes, sizeof(bytes), &size, &err),
			0);
	}
	for (size_t i = 0; i < ARRAY_LEN(subjects); i++) {
		assert_int_equal(
			record_unpack(&unpack, bytes, size, &used, &out, &err), 1);
		assert_int_equal(out.subject.id, subjects[i].id);
		assert_int_equal(out.length, 0);
		if (subjects[i].id == 0)
			continue;
		assert_int_equal(out.subject.booted_at_s, subjects[i].booted_at_s);
		assert_memory_equal(out.subject.boot_id, subjects[i].boot_id, 16);
	}
	assert_int_equal(used, size);
	/* cut anywhere: nothing behind the end is read */
	for (size_t cut = 0; cut < size; cut++) {
		int r;

		used = 0;
		record_state_restart(&unpack);
		do
			r = record_unpack(&unpack, bytes, cut, &used, &out, &err);
		while (r > 0);
		assert_true(r == 0 || r == -EBADMSG);
	}
	record_state_done(&pack);
	record_state_done(&unpack);
}

#define IN_FOLDER(test) \
	cmocka_unit_test_setup_teardown(test, scratch_dir_setup, scratch_dir_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(a_head_out_of_its_range_is_refused),
		IN_FOLDER(one_damaged_head_is_no_loss),
		IN_FOLDER(a_frame_out_of_its_range_costs_itself),
		IN_FOLDER(a_frame_that_is_no_longer_there_is_told),
		IN_FOLDER(what_is_too_large_is_refused_in_words),
		IN_FOLDER(wide_ticks_go_into_frames_of_their_own),
		IN_FOLDER(a_file_that_was_cut_or_removed_stands_there_again),
		IN_FOLDER(a_file_that_is_another_is_no_place_to_write),
		IN_FOLDER(writes_past_the_cache_may_be_refused),
		IN_FOLDER(a_refused_write_is_no_tick_taken),
		IN_FOLDER(a_stale_handle_is_opened_anew),
		IN_FOLDER(heads_that_cannot_be_written_are_told),
		IN_FOLDER(a_long_frame_needs_room_and_all_of_its_blocks),
		IN_FOLDER(a_frame_is_free_when_both_have_done_with_it),
		cmocka_unit_test(a_subject_stands_before_its_first_record),
	};

	return cmocka_run_group_tests_name("staging_damage", tests, NULL, NULL);
}
