/*
 * The ring's file from anybody's hand: each field of it out of its range, with a checksum that
 * is right, in the layout of today and in that of version 1, which is taken over where it is
 * whole.
 */
#include "tests/support.h"

#include "tests/scratch_dir.h"

#include "collectord/link/ring_file.h"
#include "common/checksum.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

enum { SEATS = 8, VALUES = 5, STEP_S = 10, TICKS = 5, EVENTS = 3 };

static const struct ring_config as_made = { .store_id = { 7, 7 },
	.boot_id = { 3 },
	.seat_count = SEATS,
	.value_count = VALUES,
	.step_s = STEP_S };

static char path_of_ring[PATH_MAX];

static int begin_folder(void **state)
{
	int r = scratch_dir_setup(state);

	if (r == 0)
		snprintf(path_of_ring, sizeof(path_of_ring), "%s/ring",
			(const char *)*state);
	return r;
}

static void put_bytes(size_t offset, const void *bytes, size_t size)
{
	int fd = open(path_of_ring, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, size, (off_t)offset), size);
	close(fd);
}

static void get_bytes(size_t offset, void *bytes, size_t size)
{
	int fd = open(path_of_ring, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, bytes, size, (off_t)offset), size);
	close(fd);
}

/* ---- today's ----------------------------------------------------------------------------- */

static void a_sound_ring(void)
{
	struct ring *ring = NULL;
	struct err err = ERR_INIT;
	char note[160];

	if (ring_create(path_of_ring, &as_made, &ring, note, &err) < 0)
		fail_msg("%s", err.text);
	for (int i = 1; i <= TICKS; i++) {
		struct ring_seat *seat = ring_reserve(ring, VALUES);

		seat->stamp_s = i * 10;
		ring_publish(ring, false);
	}
	for (int i = 1; i <= EVENTS; i++)
		ring_add_event(ring, RING_EVENT_START, i, i, "it starts");
	ring_close(ring);
}

static void seal_shape(void)
{
	struct ring_shape shape;

	get_bytes(0, &shape, sizeof(shape));
	shape.checksum =
		checksum64(&shape, offsetof(struct ring_shape, checksum), RING_MAGIC);
	put_bytes(offsetof(struct ring_shape, checksum), &shape.checksum, 8);
}

struct ring_damage {
	const char *name;
	size_t offset, size;
	uint64_t value;
	bool is_sealed; /* with a checksum that is right */
	const char *expected;
};
#define OF(field) \
	offsetof(struct ring_header, field), sizeof(((struct ring_header *)0)->field)
static struct ring_damage damages[] = {
	{ "another magic", OF(shape.magic), 1, true, "this is not a ring" },
	{ "a version to come", OF(shape.version), 3, true,
		"ring of version 3, this program knows 2" },
	{ "a wrong checksum", OF(shape.checksum), 1, false, "header is damaged" },
	{ "a single seat", OF(shape.seat_count), 1, true, "does not match" },
	{ "more seats than any", OF(shape.seat_count), RING_SEATS_MAX + 1, true,
		"does not match" },
	{ "one seat more", OF(shape.seat_count), SEATS + 1, true, "does not match" },
	{ "seats of nothing", OF(shape.seat_bytes), 0, true, "does not match" },
	{ "seats without alignment", OF(shape.seat_bytes), 129, true,
		"does not match" },
	{ "seats of a gigabyte", OF(shape.seat_bytes), 1 << 30, true,
		"does not match" },
	{ "released beyond the head", OF(released), TICKS + 1, false, "sequence" },
	{ "acknowledged beyond the released", OF(acknowledged), TICKS + 1, false,
		"sequence" },
	{ "a head that nobody counted to", OF(head), UINT64_MAX, false, "sequence" },
	{ "more ticks than seats", OF(head), SEATS + 1, false, "sequence" },
	{ "an event acknowledged beyond the head", OF(event_acknowledged), EVENTS + 1,
		false, "sequence" },
	{ "events that nobody counted to", OF(event_head), UINT64_MAX, false,
		"sequence" },
	{ "more events than places", OF(event_head), RING_EVENTS + 1, false,
		"sequence" },
};

static void a_damaged_ring_is_refused_and_made_anew(void **state)
{
	char note[160];
	struct ring *ring = NULL;
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(damages); i++) {
		const struct ring_damage *damage = &damages[i];

		(void)unlink(path_of_ring);
		a_sound_ring();
		put_bytes(damage->offset, &damage->value, damage->size);
		if (damage->is_sealed)
			seal_shape();
		err.text[0] = '\0';
		assert_int_equal(ring_open(path_of_ring, as_made.store_id, &ring, &err),
			-EBADMSG);
		if (!strstr(err.text, damage->expected))
			fail_msg("%s: %s", damage->name, err.text);
		assert_int_equal(
			ring_create(path_of_ring, &as_made, &ring, note, &err), 0);
		assert_non_null(strstr(note, damage->expected));
		assert_int_equal(ring_head(ring), 0);
		ring_close(ring);
	}
}

static void only_what_is_there_is_given_out(void **state)
{
	const struct ring_event *event = NULL;
	const struct ring_seat *seat = NULL;
	struct ring *ring = NULL;
	uint64_t wrong = 77;

	(void)state;
	a_sound_ring();
	assert_int_equal(ring_open(path_of_ring, NULL, &ring, NULL), 0);
	assert_int_equal(ring_look(ring, 0, &seat), -ENOENT);
	assert_int_equal(ring_look(ring, TICKS + 1, &seat), -ENOENT);
	assert_int_equal(ring_look(ring, TICKS, &seat), 0);
	assert_int_equal(seat->stamp_s, TICKS * 10);
	ring_seat_at(ring, 1)->count = VALUES + 1000;
	assert_int_equal(ring_look(ring, 1, &seat), -EBADMSG);
	ring_seat_at(ring, 2)->sequence = wrong;
	assert_int_equal(ring_look(ring, 2, &seat), -EBADMSG);
	ring_seat_at(ring, 3)->checksum = wrong;
	assert_int_equal(ring_look(ring, 3, &seat), -EBADMSG);

	assert_int_equal(ring_peek_event(ring, 0, &event), -ENOENT);
	assert_int_equal(ring_peek_event(ring, EVENTS + 1, &event), -ENOENT);
	ring_event_at(ring, 1)->sequence = wrong;
	assert_int_equal(ring_peek_event(ring, 1, &event), -EBADMSG);
	ring_event_at(ring, 2)->checksum = wrong;
	assert_int_equal(ring_peek_event(ring, 2, &event), -EBADMSG);
	memset(ring_event_at(ring, 3)->text, 'x', RING_EVENT_TEXT_BYTES);
	ring_event_at(ring, 3)->checksum = ring_event_checksum(ring_event_at(ring, 3));
	assert_int_equal(ring_peek_event(ring, 3, &event), -EBADMSG);
	ring_acknowledge_events(ring, EVENTS + 1); /* of no effect, as one of before */
	assert_int_equal(ring_event_acknowledged(ring), 0);
	ring_acknowledge_events(ring, 2);
	ring_acknowledge_events(ring, 1);
	assert_int_equal(ring_event_acknowledged(ring), 2);
	ring_close(ring);
}

/* The same store with another number of seats: none but the tests have one. */
static void another_number_of_seats_makes_a_new_ring(void **state)
{
	struct ring_config config = as_made;
	struct ring *ring = NULL;
	char note[160];

	(void)state;
	a_sound_ring();
	config.seat_count = 2 * SEATS;
	assert_int_equal(ring_create(path_of_ring, &config, &ring, note, NULL), 0);
	assert_int_equal(ring_head(ring), 0);
	assert_int_equal(ring_seat_count(ring), 2 * SEATS);
	ring_close(ring);
}

/* What cannot be made wide enough is left as it is, with what is in it. */
static void one_that_cannot_be_widened_is_not_replaced(void **state)
{
	struct ring_config config = as_made;
	struct ring *ring = NULL;
	struct err err = ERR_INIT;
	char note[160];

	(void)state;
	a_sound_ring();
	config.value_count = RING_VALUES_MAX + 1;
	assert_int_equal(ring_create(path_of_ring, &config, &ring, note, &err), -E2BIG);
	assert_null(ring);
	assert_int_equal(ring_open(path_of_ring, NULL, &ring, NULL), 0);
	assert_int_equal(ring_head(ring), TICKS);
	ring_close(ring);
}

/* ---- version 1: before a tick had a subject, byte for byte ----------------------------------- */

enum {
	V1_SHAPE_CHECKSUM = 48,
	V1_SEAT_COUNT = 16,
	V1_SEAT_BYTES = 20,
	V1_HEAD = 128,
	V1_RELEASED = 136,
	V1_EVENT_HEAD = 144,
	V1_ACKNOWLEDGED = 192,
	V1_EVENT_ACKNOWLEDGED = 200,
	V1_COUNTER = 256,
	V1_GAUGE = 384,
	V1_EVENT = 512,
	V1_EVENT_BYTES = 248,
	V1_SEATS = 16384,
	V1_SEAT_HEAD = 64,
	V1_ROOM = V1_SEAT_HEAD + 64, /* eight values */
	V1_COUNTERS_THERE = 15,
};
static const size_t v1_bytes = V1_SEATS + SEATS * V1_ROOM;

static void put_number(unsigned char *bytes, size_t at, uint64_t number, size_t size)
{
	memcpy(bytes + at, &number, size); /* as the machine has it */
}

static void v1_seal(unsigned char *bytes, size_t at, size_t size)
{
	put_number(bytes, at, checksum64(bytes + at + 8, size - 8, RING_MAGIC), 8);
}

static void v1_put_tick(unsigned char *bytes, uint64_t sequence, uint32_t count)
{
	size_t at = V1_SEATS + sequence % SEATS * V1_ROOM;

	put_number(bytes, at + 8, sequence, 8);
	put_number(bytes, at + 16, 0xabc, 8);
	put_number(bytes, at + 24, sequence * 10, 8);
	put_number(bytes, at + 48, STEP_S, 4);
	put_number(bytes, at + 60, count, 4);
	for (uint32_t i = 0; i < count; i++) {
		double value = (double)sequence + i;

		memcpy(bytes + at + V1_SEAT_HEAD + i * sizeof(value), &value,
			sizeof(value));
	}
	v1_seal(bytes, at, V1_SEAT_HEAD + count * sizeof(double));
}

static void v1_put_event(unsigned char *bytes, uint64_t sequence)
{
	size_t at = V1_EVENT + sequence % 64 * V1_EVENT_BYTES;

	put_number(bytes, at + 8, sequence, 8);
	put_number(bytes, at + 16, 1000 + sequence, 8);
	put_number(bytes, at + 24, RING_EVENT_HOTPLUG, 4);
	memcpy(bytes + at + 32, "came: net-eth1", 14);
	v1_seal(bytes, at, V1_EVENT_BYTES);
}

static void v1_seal_shape(unsigned char *bytes)
{
	put_number(bytes, V1_SHAPE_CHECKSUM,
		checksum64(bytes, V1_SHAPE_CHECKSUM, RING_MAGIC), 8);
}

/* Ticks 3 to 6 and the events 2 and 3 are pending. */
static unsigned char *v1_ring(void)
{
	unsigned char *bytes = calloc(1, v1_bytes);

	assert_non_null(bytes);
	put_number(bytes, 0, RING_MAGIC, 8);
	put_number(bytes, 8, 1, 4);
	put_number(bytes, 12, STEP_S, 4);
	put_number(bytes, V1_SEAT_COUNT, SEATS, 4);
	put_number(bytes, V1_SEAT_BYTES, V1_ROOM, 4);
	put_number(bytes, 24, 4711, 8);
	memcpy(bytes + 32, as_made.store_id, 16);
	v1_seal_shape(bytes);
	put_number(bytes, V1_HEAD, 6, 8);
	put_number(bytes, V1_RELEASED, 5, 8);
	put_number(bytes, V1_ACKNOWLEDGED, 2, 8);
	put_number(bytes, V1_EVENT_HEAD, 3, 8);
	put_number(bytes, V1_EVENT_ACKNOWLEDGED, 1, 8);
	put_number(bytes, V1_COUNTER + 8 * RING_COUNT_TICKS, 6, 8);
	put_number(bytes, V1_COUNTER + 8 * (V1_COUNTERS_THERE - 1), 2, 8);
	put_number(bytes, V1_GAUGE + 8 * RING_LAST_STAMP_S, 60, 8);
	for (uint64_t i = 1; i <= 6; i++)
		v1_put_tick(bytes, i, VALUES);
	for (uint64_t i = 1; i <= 3; i++)
		v1_put_event(bytes, i);
	return bytes;
}

/* Starts over it; the bytes are given away. */
static struct ring *v1_start(
	unsigned char *bytes, const struct ring_config *config, char note[static 160])
{
	struct ring *ring = NULL;
	struct err err = ERR_INIT;
	FILE *file = fopen(path_of_ring, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, v1_bytes, file), v1_bytes);
	assert_int_equal(fclose(file), 0);
	free(bytes);
	if (ring_create(path_of_ring, config, &ring, note, &err) < 0)
		fail_msg("%s", err.text);
	return ring;
}

static void version_1_goes_on_with_what_is_pending(void **state)
{
	const struct ring_event *event = NULL;
	const struct ring_seat *seat = NULL;
	char note[160];
	struct ring *ring = v1_start(v1_ring(), &as_made, note);

	(void)state;
	assert_string_equal(note, "");
	assert_int_equal(ring_incarnation(ring), 4711);
	assert_int_equal(ring_head(ring), 6);
	assert_int_equal(ring_released(ring), 5);
	assert_int_equal(ring_acknowledged(ring), 2);
	assert_int_equal(ring_counter(ring, RING_COUNT_TICKS), 6);
	assert_int_equal(ring_counter(ring, RING_COUNT_STORED), 2);
	assert_int_equal(ring_gauge(ring, RING_LAST_STAMP_S), 60);
	assert_int_equal(ring_peek(ring, 5, &seat), 0);
	assert_int_equal(seat->stamp_s, 50);
	assert_int_equal(seat->layout_id, 0xabc);
	assert_int_equal(seat->subject, 0);
	assert_int_equal(seat->count, VALUES);
	assert_near(seat->values[4], 9, 0);
	assert_int_equal(ring_peek_event(ring, 1, &event), -ENOENT);
	assert_int_equal(ring_peek_event(ring, 3, &event), 0);
	assert_string_equal(event->text, "came: net-eth1");
	assert_int_equal(event->when_s, 1003);
	ring_close(ring);
}

/* Damage to a seat or an event costs it alone. */
static void damage_in_version_1_costs_what_it_hits(void **state)
{
	unsigned char *bytes = v1_ring();
	const struct ring_event *event = NULL;
	const struct ring_seat *seat = NULL;
	struct ring *ring;
	char note[160];

	(void)state;
	bytes[V1_SEATS + 3 * V1_ROOM + V1_SEAT_HEAD] ^= 1;
	put_number(bytes, V1_SEATS + 4 * V1_ROOM + 60, 1000, 4);
	put_number(bytes, V1_SEATS + 5 * V1_ROOM + 8, 13, 8);
	bytes[V1_EVENT + 2 * V1_EVENT_BYTES + 33] ^= 1;
	put_number(bytes, V1_EVENT + 3 * V1_EVENT_BYTES + 8, 67, 8);
	ring = v1_start(bytes, &as_made, note);
	assert_string_equal(note, "3 of the ticks kept in the ring were damaged");
	assert_int_equal(ring_counter(ring, RING_COUNT_CORRUPT), 3);
	for (uint64_t i = 3; i <= 5; i++) {
		assert_int_equal(ring_peek(ring, i, &seat), 0);
		assert_int_equal(seat->flags, RING_DISCARD);
	}
	ring_release(ring);
	assert_int_equal(ring_peek(ring, 6, &seat), 0);
	assert_int_equal(seat->stamp_s, 60);
	assert_int_equal(ring_peek_event(ring, 2, &event), -EBADMSG);
	assert_int_equal(ring_peek_event(ring, 3, &event), -EBADMSG);
	ring_close(ring);
}

struct v1_damage {
	size_t offset, size;
	uint64_t value;
};
static const struct v1_damage v1_damages[] = {
	{ 0, 8, 5 },
	{ 8, 4, 3 },
	{ V1_SHAPE_CHECKSUM, 8, 5 },
	{ V1_SEAT_COUNT, 4, 1 },
	{ V1_SEAT_COUNT, 4, 65537 },
	{ V1_SEAT_COUNT, 4, SEATS - 1 },
	{ V1_SEAT_BYTES, 4, 0 },
	{ V1_SEAT_BYTES, 4, 65 },
	{ V1_ACKNOWLEDGED, 8, 6 },
	{ V1_RELEASED, 8, 7 },
	{ V1_HEAD, 8, UINT64_MAX },
	{ V1_HEAD, 8, 2 + SEATS + 1 },
	{ V1_EVENT_HEAD, 8, UINT64_MAX },
	{ V1_EVENT_ACKNOWLEDGED, 8, 4 },
	{ V1_EVENT_HEAD, 8, 66 },
	{ 32, 4, 99 }, /* another store's */
	{ 12, 4, 2 * STEP_S },
};

static void a_damaged_version_1_is_not_taken_over(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(v1_damages); i++) {
		const struct v1_damage *damage = &v1_damages[i];
		unsigned char *bytes = v1_ring();
		struct ring *ring;
		char note[160];

		put_number(bytes, damage->offset, damage->value, damage->size);
		if (damage->offset != V1_SHAPE_CHECKSUM)
			v1_seal_shape(bytes);
		ring = v1_start(bytes, &as_made, note);
		if (ring_head(ring) != 0 || ring_event_head(ring) != 0 || !note[0])
			fail_msg("row %zu is taken over: %s", i, note);
		ring_close(ring);
	}
}

static void version_1_of_other_seats_is_not_taken_over(void **state)
{
	struct ring_config config = as_made;
	struct ring *ring;
	char note[160];

	(void)state;
	config.seat_count = 2 * SEATS;
	ring = v1_start(v1_ring(), &config, note);
	assert_int_equal(ring_head(ring), 0);
	assert_non_null(strstr(note, "a new ring is made"));
	ring_close(ring);
}

/* Into seats that are wider than the old ones were, and wider than the settings ask. */
static void version_1_becomes_as_wide_as_the_wider(void **state)
{
	static const unsigned wanted[] = { 1, 40 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		struct ring_config config = as_made;
		const struct ring_seat *seat = NULL;
		struct ring *ring;
		char note[160];

		config.value_count = wanted[i];
		ring = v1_start(v1_ring(), &config, note);
		assert_string_equal(note, "");
		assert_true(ring_value_capacity(ring) >= wanted[i]);
		assert_int_equal(ring_peek(ring, 4, &seat), 0);
		assert_near(seat->values[VALUES - 1], 8, 0);
		ring_close(ring);
	}
}

#define IN_FOLDER(test) \
	cmocka_unit_test_setup_teardown(test, begin_folder, scratch_dir_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(a_damaged_ring_is_refused_and_made_anew),
		IN_FOLDER(only_what_is_there_is_given_out),
		IN_FOLDER(another_number_of_seats_makes_a_new_ring),
		IN_FOLDER(one_that_cannot_be_widened_is_not_replaced),
		IN_FOLDER(version_1_goes_on_with_what_is_pending),
		IN_FOLDER(damage_in_version_1_costs_what_it_hits),
		IN_FOLDER(a_damaged_version_1_is_not_taken_over),
		IN_FOLDER(version_1_of_other_seats_is_not_taken_over),
		IN_FOLDER(version_1_becomes_as_wide_as_the_wider),
	};

	return cmocka_run_group_tests_name("ring_damage", tests, NULL, NULL);
}
