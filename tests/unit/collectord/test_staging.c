/* The staging ring and its packing: T04, T05 and T17 of the records themselves. */
#include "tests/support.h"

#include "collectord/link/record.h"
#include "collectord/link/staging.h"
#include "collectord/link/staging_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const unsigned char boot[16] = { 1, 2, 3 };

struct place {
	char dir[64];
	struct staging_identity identity;
};

static int place_setup(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	strcpy(place->dir, "/tmp/headroom-staging-XXXXXX");
	assert_non_null(mkdtemp(place->dir));
	place->identity.step_s = 10;
	place->identity.store_id[0] = 7;
	strcpy(place->identity.name, "host");
	*state = place;
	return 0;
}

static int place_teardown(void **state)
{
	struct place *place = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/staging", place->dir);
	unlink(path);
	rmdir(place->dir);
	free(place);
	return 0;
}

/* ---- packing ------------------------------------------------------------------- */

static double odd_value(uint64_t *seed)
{
	switch (support_random(seed) % 8) {
	case 0:
		return NAN;
	case 1:
		return INFINITY;
	case 2:
		return -0.0;
	case 3:
		return 0x1p-1074;
	case 4:
		return (double)(support_random(seed) % 1000000);
	default:
		return support_uniform(seed) * 1e9;
	}
}

/* Any values and any stamps come back bit for bit. */
static void packing_is_lossless(void **state)
{
	uint64_t seed = support_seed(20260101);
	struct record_state pack, unpack;
	unsigned char *bytes = malloc(1 << 20);
	double values[40][50];
	struct record in[40], out;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	record_state_init(&pack);
	record_state_init(&unpack);
	for (unsigned round = 0; round < 200; round++) {
		size_t used = 0, at = 0;
		struct err err = ERR_INIT;

		record_state_restart(&pack);
		record_state_restart(&unpack);
		for (unsigned i = 0; i < 40; i++) {
			size_t count = support_random(&seed) % 4
				? 50
				: support_random(&seed) % 51;
			bool is_event = support_random(&seed) % 7 == 0;

			for (unsigned v = 0; v < 50; v++)
				values[i][v] = i && support_random(&seed) % 3
					? values[i - 1][v]
					: odd_value(&seed);
			in[i] = (struct record){ .kind = is_event ? RECORD_EVENT
								  : RECORD_TICK,
				.flags = (unsigned)support_random(&seed) & 0xff,
				.number = support_random(&seed),
				.stamp_s = (int64_t)support_random(&seed),
				.layout = support_random(&seed) % 3,
				.values = values[i],
				.count = is_event ? 0 : count,
				.text = is_event ? "restart\tsampler" : NULL,
				.length = is_event ? 15 : 0 };
			assert_int_equal(
				record_pack(&pack, &in[i], bytes, 1 << 20, &used, &err),
				0);
		}
		for (unsigned i = 0; i < 40; i++) {
			assert_int_equal(
				record_unpack(&unpack, bytes, used, &at, &out, &err),
				1);
			assert_int_equal(out.kind, in[i].kind);
			assert_int_equal(out.flags, in[i].flags);
			assert_true(out.number == in[i].number);
			assert_true(out.stamp_s == in[i].stamp_s);
			assert_int_equal(out.count, in[i].count);
			if (out.kind == RECORD_TICK) {
				assert_true(out.layout == in[i].layout);
				if (out.count)
					assert_memory_equal(out.values, in[i].values,
						out.count * sizeof(double));
			} else {
				assert_memory_equal(out.text, in[i].text, out.length);
			}
		}
		assert_int_equal(
			record_unpack(&unpack, bytes, used, &at, &out, &err), 0);
	}
	record_state_done(&pack);
	record_state_done(&unpack);
	free(bytes);
}

/* Bytes from anywhere are refused without reading outside them (run under ASan). */
static void garbage_is_refused(void **state)
{
	uint64_t seed = support_seed(7);
	struct record_state unpack;

	(void)state;
	record_state_init(&unpack);
	for (unsigned round = 0; round < 20000; round++) {
		size_t size = support_random(&seed) % 64, used = 0;
		unsigned char *bytes = malloc(size ? size : 1);
		struct err err = ERR_INIT;
		struct record out;
		int r;

		for (size_t i = 0; i < size; i++)
			bytes[i] =
				(unsigned char)(i == 0 ? 1 + support_random(&seed) % 2
						       : support_random(&seed));
		record_state_restart(&unpack);
		do
			r = record_unpack(&unpack, bytes, size, &used, &out, &err);
		while (r > 0);
		assert_true(r == 0 || r == -EBADMSG);
		free(bytes);
	}
	record_state_done(&unpack);
}

/* 100 values at a 10 s step: what reaches the device stays in its budget. */
static void frames_are_small(void **state)
{
	uint64_t seed = support_seed(3);
	unsigned char *bytes = malloc(1 << 20);
	struct record_state pack;
	struct err err = ERR_INIT;
	double values[100];
	size_t used = 0;

	(void)state;
	record_state_init(&pack);
	for (unsigned tick = 0; tick < 6; tick++) {
		struct record record = { .kind = RECORD_TICK,
			.number = tick + 1,
			.stamp_s = 1700000000 + 10 * tick,
			.layout = 99,
			.values = values,
			.count = 100 };

		/* a third stands still, a third are whole numbers, a third is noise */
		for (unsigned i = 0; i < 100; i++)
			if (tick == 0 || i % 3)
				values[i] = i % 3 == 1
					? (double)(support_random(&seed) % 100000)
					: support_uniform(&seed) * 1e9;
		assert_int_equal(
			record_pack(&pack, &record, bytes, 1 << 20, &used, &err), 0);
	}
	print_message("6 ticks of 100 values: %zu bytes\n", used);
	assert_true(used + sizeof(struct staging_frame_head) <= STAGING_BLOCK_BYTES);
	record_state_done(&pack);
	free(bytes);
}

/* ---- the ring --------------------------------------------------------------------- */

static struct staging *open_staging(const struct place *place)
{
	struct staging *staging = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(staging_open(place->dir, STAGING_WRITE, &staging, &err), 0);
	return staging;
}

static void create(const struct place *place, uint64_t bytes)
{
	struct err err = ERR_INIT;

	assert_int_equal(
		staging_create(place->dir, &place->identity, bytes, 1, 0, &err), 0);
}

static int append(
	struct staging *staging, uint64_t number, unsigned ticks, double value)
{
	struct record record[16];
	double values[3] = { value, -value, NAN };
	size_t taken = 0;
	struct err err = ERR_INIT;
	int r;

	for (unsigned i = 0; i < ticks; i++)
		record[i] = (struct record){ .kind = RECORD_TICK,
			.number = number + i,
			.stamp_s = 1000 + 10 * (int64_t)(number + i),
			.layout = 5,
			.values = values,
			.count = 3 };
	r = staging_append(staging, record, ticks, boot, 900, &taken, &err);
	if (r == 0)
		assert_int_equal(taken, ticks);
	return r;
}

/* The numbers of all ticks behind the mark, in order. */
static size_t read_numbers(struct staging *staging, uint64_t *numbers, size_t max)
{
	const struct staging_frame *frame;
	struct staging_status status;
	struct record_state unpack;
	size_t count = 0;
	uint64_t at;

	staging_get_status(staging, &status);
	at = status.mark;
	record_state_init(&unpack);
	while ((frame = staging_next(staging, at)) != NULL) {
		const unsigned char *bytes;
		size_t size = 0, used = 0;
		struct record record;
		struct err err = ERR_INIT;

		at = frame->number;
		assert_int_equal(staging_load(staging, frame, &bytes, &size, &err), 0);
		record_state_restart(&unpack);
		while (record_unpack(&unpack, bytes, size, &used, &record, &err) > 0) {
			assert_true(count < max);
			numbers[count++] = record.number;
		}
	}
	record_state_done(&unpack);
	return count;
}

static void what_is_appended_is_there_after_a_restart(void **state)
{
	struct place *place = *state;
	struct staging_status status;
	struct staging *staging;
	uint64_t numbers[64];

	create(place, 0);
	staging = open_staging(place);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(append(staging, 1 + 6 * i, 6, i), 0);
	staging_close(staging);
	staging = open_staging(place);
	assert_int_equal(read_numbers(staging, numbers, 64), 30);
	for (unsigned i = 0; i < 30; i++)
		assert_int_equal(numbers[i], i + 1);
	staging_get_status(staging, &status);
	assert_int_equal(status.last_stamp_s, 1300);
	assert_int_equal(status.pending_ticks, 30);
	assert_int_equal(status.damaged, 0);
	staging_close(staging);
}

/* A thousand machines need room for a thousand machines' ticks. */
static void the_ring_is_for_all_who_fill_it(void **state)
{
	struct staging_load load = { .ticks = 0 };

	(void)state;
	staging_load_add(&load, 60, 15, 3600);
	/* two hours, four a minute, at most nine bytes a value */
	assert_true(load.bytes >= 480 * 60 * 9);
	assert_int_equal(staging_size_for(&load, 3600), STAGING_BYTES_MIN);
	for (int i = 1; i < 1000; i++)
		staging_load_add(&load, 60, 15, 3600);
	assert_true(load.bytes >= 480000 * 60 * 9);
	assert_true(staging_size_for(&load, 3600) >= load.bytes);
	load.bytes = UINT64_MAX / 2;
	assert_int_equal(staging_size_for(&load, 3600), STAGING_BYTES_MAX);
}

static void nothing_is_overwritten_before_it_is_free(void **state)
{
	struct place *place = *state;
	struct staging_status status;
	struct staging *staging;
	struct err err = ERR_INIT;
	uint64_t frames = 0;

	create(place, 0);
	staging = open_staging(place);
	while (append(staging, frames + 1, 1, 1) == 0)
		frames++;
	staging_get_status(staging, &status);
	assert_int_equal(frames, status.bytes / STAGING_BLOCK_BYTES);
	/* in the RRDs, but not yet in the database */
	assert_int_equal(
		staging_move_mark(staging,
			&(struct staging_batch){
				.number = 10, .last_stamp_s = 1100, .ticks = 10 },
			&err),
		0);
	assert_int_equal(append(staging, frames + 1, 1, 1), -ENOSPC);
	staging_release(staging, 10);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(append(staging, frames + 1 + i, 1, 1), 0);
	assert_int_equal(append(staging, frames + 11, 1, 1), -ENOSPC);
	staging_close(staging);
	staging = open_staging(place);
	staging_get_status(staging, &status);
	assert_int_equal(status.newest, frames + 10);
	assert_int_equal(status.pending_ticks, frames);
	staging_close(staging);
}

/* Many times around, with every mark moved now and then and reopened at random. */
static void the_ring_goes_round(void **state)
{
	struct place *place = *state;
	uint64_t seed = support_seed(11), next = 1, marked = 0;
	struct staging *staging;
	uint64_t *numbers = malloc(4096 * sizeof(*numbers));
	struct err err = ERR_INIT;

	create(place, 0);
	staging = open_staging(place);
	for (unsigned round = 0; round < 1500; round++) {
		unsigned ticks = 1 + (unsigned)(support_random(&seed) % 16);
		struct staging_status status;
		size_t count;

		if (append(staging, next, ticks, (double)round) == 0)
			next += ticks;
		if (support_random(&seed) % 20 == 0) {
			staging_get_status(staging, &status);
			assert_int_equal(staging_move_mark(staging,
						 &(struct staging_batch){
							 .number = status.newest },
						 &err),
				0);
			staging_release(staging, status.newest);
			marked = next - 1;
		}
		if (support_random(&seed) % 20 == 0) {
			uint64_t released;

			staging_get_status(staging, &status);
			released = status.released;
			staging_close(staging);
			staging = open_staging(place);
			staging_release(staging, released);
		}
		count = read_numbers(staging, numbers, 4096);
		assert_int_equal(count, next - 1 - marked);
		for (size_t i = 0; i < count; i++)
			assert_int_equal(numbers[i], marked + 1 + i);
	}
	staging_close(staging);
	free(numbers);
}

/* T17: any damage to any block is seen; every other frame is kept. */
static void damage_costs_only_what_it_hits(void **state)
{
	struct place *place = *state;
	uint64_t seed = support_seed(5);
	char path[128];

	snprintf(path, sizeof(path), "%s/staging", place->dir);
	for (unsigned round = 0; round < 300; round++) {
		uint64_t block = support_random(&seed) % 22, numbers[64];
		off_t at = (off_t)(block * STAGING_BLOCK_BYTES +
			support_random(&seed) % 200);
		struct staging *staging;
		unsigned char byte;
		struct staging_status status;
		size_t count;
		int fd;

		create(place, 0);
		staging = open_staging(place);
		for (unsigned i = 0; i < 20; i++)
			assert_int_equal(append(staging, i + 1, 1, i + 0.5), 0);
		staging_close(staging);
		fd = open(path, O_RDWR);
		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= (unsigned char)(1u << (support_random(&seed) % 8));
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		close(fd);
		staging = open_staging(place);
		count = read_numbers(staging, numbers, 64);
		staging_get_status(staging, &status);
		assert_true(count == 20 || (block >= 2 && count == 19));
		/* the newest frame has none behind it that names it: it is as if torn */
		if (count == 19)
			assert_int_equal(status.damaged, block == 21 ? 0 : 1);
		staging_close(staging);
	}
}

static void both_heads_damaged_is_refused(void **state)
{
	struct place *place = *state;
	struct staging *staging = NULL;
	struct err err = ERR_INIT;
	char path[128];
	int fd;

	create(place, 0);
	snprintf(path, sizeof(path), "%s/staging", place->dir);
	fd = open(path, O_RDWR);
	assert_int_equal(pwrite(fd, "x", 1, 3), 1);
	assert_int_equal(pwrite(fd, "x", 1, STAGING_BLOCK_BYTES + 3), 1);
	close(fd);
	assert_int_equal(
		staging_open(place->dir, STAGING_WRITE, &staging, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "staging"));
	assert_int_equal(truncate(path, 100), 0);
	assert_int_equal(
		staging_open(place->dir, STAGING_WRITE, &staging, &err), -EBADMSG);
}

static void another_stores_frames_are_not_taken(void **state)
{
	struct place *place = *state;
	struct staging *staging;
	struct staging_status status;
	struct err err = ERR_INIT;

	create(place, 0);
	staging = open_staging(place);
	assert_int_equal(append(staging, 1, 3, 1), 0);
	place->identity.store_id[0] = 9;
	assert_int_equal(staging_set_identity(staging, &place->identity, &err), 0);
	staging_close(staging);
	staging = open_staging(place);
	staging_get_status(staging, &status);
	assert_int_equal(status.pending_ticks, 0);
	staging_close(staging);
}

enum { WIDE_TICKS = 16, WIDE_VALUES = 150 };

/* A frame of one to six blocks. */
static int append_wide(struct staging *staging, uint64_t number)
{
	static double values[WIDE_TICKS][WIDE_VALUES];
	struct record record[WIDE_TICKS];
	unsigned ticks = 1 + (unsigned)(number * 7 % WIDE_TICKS);
	struct err err = ERR_INIT;
	size_t taken = 0;
	int r;

	for (unsigned i = 0; i < ticks; i++) {
		for (unsigned v = 0; v < WIDE_VALUES; v++)
			values[i][v] = (double)(number + i) * 1.7 + v;
		record[i] = (struct record){ .kind = RECORD_TICK,
			.number = number + i,
			.stamp_s = 1000 + 10 * (int64_t)(number + i),
			.layout = 5,
			.values = values[i],
			.count = WIDE_VALUES };
	}
	r = staging_append(staging, record, ticks, boot, 900, &taken, &err);
	return r < 0 ? r : (int)taken;
}

/* As the recorder, as fast as room is made; never returns. */
static void append_for_ever(const struct place *place)
{
	struct staging *staging = open_staging(place);
	struct staging_status status;
	struct err err = ERR_INIT;
	uint64_t number = 1;

	for (;;) {
		int r = append_wide(staging, number);

		if (r > 0) {
			number += (uint64_t)r;
			continue;
		}
		if (r != -ENOSPC || staging_refresh(staging, &err) < 0)
			_exit(1);
		staging_get_status(staging, &status);
		staging_release(staging, status.newest);
	}
}

/* A writer that opens it while the recorder appends misses no frame before the newest
 * that it has found: acknowledging that one would lose what was missed. */
static void frames_written_during_the_scan_are_not_missed(void **state)
{
	struct place *place = *state;
	uint64_t frames = 0;
	pid_t child;

	create(place, 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		append_for_ever(place);
	for (unsigned round = 0; round < 60; round++) {
		struct staging *staging = open_staging(place);
		struct staging_batch batch = { .number = 0 };
		struct staging_status status;
		struct err err = ERR_INIT;
		uint64_t number;

		staging_get_status(staging, &status);
		number = status.mark;
		for (const struct staging_frame *frame =
				staging_next(staging, status.mark);
			frame; frame = staging_next(staging, frame->number)) {
			if (frame->number != number + 1) {
				kill(child, SIGKILL);
				fail_msg("round %u: after frame %llu comes %llu", round,
					(unsigned long long)number,
					(unsigned long long)frame->number);
			}
			number = frame->number;
			frames++;
		}
		assert_int_equal(status.damaged, 0);
		batch.number = status.newest;
		assert_int_equal(staging_move_mark(staging, &batch, &err), 0);
		staging_close(staging);
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	print_message("# %llu frames\n", (unsigned long long)frames);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packing_is_lossless),
		cmocka_unit_test(garbage_is_refused),
		cmocka_unit_test(frames_are_small),
		cmocka_unit_test_setup_teardown(
			what_is_appended_is_there_after_a_restart, place_setup,
			place_teardown),
		cmocka_unit_test(the_ring_is_for_all_who_fill_it),
		cmocka_unit_test_setup_teardown(
			nothing_is_overwritten_before_it_is_free, place_setup,
			place_teardown),
		cmocka_unit_test_setup_teardown(
			the_ring_goes_round, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(
			damage_costs_only_what_it_hits, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(
			both_heads_damaged_is_refused, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(
			frames_written_during_the_scan_are_not_missed, place_setup,
			place_teardown),
		cmocka_unit_test_setup_teardown(another_stores_frames_are_not_taken,
			place_setup, place_teardown),
	};

	return cmocka_run_group_tests_name("staging", tests, NULL, NULL);
}
