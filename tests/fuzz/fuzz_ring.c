/*
 * A ring that somebody edited, or any bytes in its place: opened as the recorder opens it and
 * read to the end; then taken over as the sampler takes it over, of either version.
 *
 * The first byte: 1 any bytes; 2 the checksums are made right; 4 the sampler's side; 8 a ring
 * of version 1.
 */
#include "tests/fuzz/fuzz_edit.h"
#include "tests/fuzz/fuzz_folder.h"

#include "collectord/link/ring_file.h"
#include "common/checksum.h"

#include <stddef.h>

enum { SEATS = 4, VALUES = 6, SEAT_BYTES = 128 };

/* Version 1 had two counters less, which moves all behind them by a line of the cache, and
 * makes its head a page shorter. */
enum { OLD_SHIFT = 64, OLD_HEADER_BYTES = 16384 };

#define RING_BYTES (RING_HEADER_BYTES + (size_t)SEATS * SEAT_BYTES)
#define OLD_BYTES (OLD_HEADER_BYTES + (size_t)SEATS * SEAT_BYTES)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct ring_config fuzz_ring_config = { .store_id = { 1 },
	.boot_id = { 2 },
	.seat_count = SEATS,
	.value_count = VALUES,
	.step_s = 10 };
static char fuzz_ring_path[FUZZ_FOLDER_BYTES + 8];
static uint8_t fuzz_ring_base[RING_BYTES], fuzz_ring_old[OLD_BYTES];

static void ring_tick(struct ring *ring, int64_t stamp, bool is_withheld)
{
	struct ring_seat *seat = ring_reserve(ring, VALUES);

	if (!seat)
		return;
	seat->layout_id = 5;
	seat->stamp_s = stamp;
	seat->boottime_ns = stamp * 1000;
	seat->boot_key = 2;
	seat->step_s = 10;
	for (unsigned i = 0; i < VALUES; i++)
		seat->values[i] = i;
	ring_publish(ring, is_withheld);
}

static void sum_at(uint8_t *at, size_t skip, size_t end)
{
	uint64_t sum = checksum64(at + skip, end - skip, RING_MAGIC);

	memcpy(at + skip - sizeof(sum), &sum, sizeof(sum));
}

/* The checksum stands behind what it covers in the shape, before it in seats and events. */
static void ring_repair(uint8_t *bytes, size_t size, bool is_old)
{
	size_t shape = offsetof(struct ring_shape, checksum);
	size_t event = offsetof(struct ring_header, event) - (is_old ? OLD_SHIFT : 0);
	size_t head =
		is_old ? offsetof(struct ring_seat, subject) : sizeof(struct ring_seat);
	uint64_t sum = checksum64(bytes, shape, RING_MAGIC);

	memcpy(bytes + shape, &sum, sizeof(sum));
	for (size_t i = 0; i < RING_EVENTS; i++)
		sum_at(bytes + event + i * sizeof(struct ring_event), sizeof(uint64_t),
			sizeof(struct ring_event));
	for (size_t at = is_old ? OLD_HEADER_BYTES : RING_HEADER_BYTES;
		at + SEAT_BYTES <= size; at += SEAT_BYTES) {
		uint32_t count;
		size_t end;

		memcpy(&count, bytes + at + offsetof(struct ring_seat, count),
			sizeof(count));
		end = head + (size_t)count * sizeof(double);
		if (end <= SEAT_BYTES)
			sum_at(bytes + at, sizeof(uint64_t), end);
	}
}

/* Its seats had no subject. */
static void ring_make_old(void)
{
	size_t gauge = offsetof(struct ring_header, gauge);
	size_t version = offsetof(struct ring_shape, version);
	const uint32_t one = 1;
	struct ring *ring = NULL;
	char note[160];

	memcpy(fuzz_ring_old, fuzz_ring_base, gauge - OLD_SHIFT);
	memcpy(fuzz_ring_old + gauge - OLD_SHIFT, fuzz_ring_base + gauge,
		sizeof(struct ring_header) - gauge);
	memcpy(fuzz_ring_old + OLD_HEADER_BYTES, fuzz_ring_base + RING_HEADER_BYTES,
		OLD_BYTES - OLD_HEADER_BYTES);
	memcpy(fuzz_ring_old + version, &one, sizeof(one));
	ring_repair(fuzz_ring_old, OLD_BYTES, true);
	fuzz_folder_put("ring", fuzz_ring_old, OLD_BYTES);
	if (ring_create(fuzz_ring_path, &fuzz_ring_config, &ring, note, NULL) < 0 ||
		*note || ring_head(ring) != SEATS || ring_event_head(ring) != 2)
		abort(); /* it was not taken over */
	ring_close(ring);
}

static void ring_base_make(void)
{
	struct ring *ring = NULL;
	char note[160];

	snprintf(fuzz_ring_path, sizeof(fuzz_ring_path), "%s/ring", fuzz_folder());
	if (ring_create(fuzz_ring_path, &fuzz_ring_config, &ring, note, NULL) < 0)
		abort();
	for (int i = 0; i < 4; i++)
		ring_tick(ring, 1700000000 + 10 * i, i == 3);
	ring_acknowledge(ring, 1);
	ring_add_event(ring, RING_EVENT_START, 1700000000, 1, "it starts");
	ring_add_event(ring, RING_EVENT_MISSED, 1700000010, 2, "two were missed");
	ring_close(ring);
	if (fuzz_folder_get("ring", fuzz_ring_base, RING_BYTES) != RING_BYTES)
		abort();
	ring_make_old();
}

static void ring_read_all(struct ring *ring)
{
	const struct ring_seat *seat;
	const struct ring_event *event;
	uint64_t from = ring_acknowledged(ring), head = ring_head(ring);

	if (head - from > ring_seat_count(ring))
		abort();
	for (uint64_t i = from; i <= head; i++)
		if (ring_peek(ring, i, &seat) == 0 &&
			seat->count > ring_value_capacity(ring))
			abort();
	for (uint64_t i = ring_event_acknowledged(ring); i <= ring_event_head(ring);
		i++) {
		if (ring_peek_event(ring, i, &event) == 0 &&
			(memchr(event->text, 0, sizeof(event->text)) == NULL ||
				!*ring_event_kind_name(event->kind)))
			abort();
	}
	(void)ring_look(ring, ring_released(ring), &seat);
	ring_acknowledge(ring, ring_released(ring));
	ring_acknowledge_events(ring, ring_event_head(ring));
}

static void consumer(void)
{
	struct ring *ring = NULL;
	struct err err = ERR_INIT;

	if (ring_open(fuzz_ring_path, NULL, &ring, &err) < 0) {
		fuzz_refusal(&err);
		return;
	}
	ring_read_all(ring);
	ring_close(ring);
}

/* Every seat that a sampler has taken over is whole. */
static void producer(unsigned value_count)
{
	struct ring_config config = fuzz_ring_config;
	struct ring *ring = NULL;
	struct err err = ERR_INIT;
	const struct ring_seat *seat;
	char note[160];

	config.value_count = value_count;
	if (ring_create(fuzz_ring_path, &config, &ring, note, &err) < 0) {
		fuzz_refusal(&err);
		return;
	}
	for (uint64_t i = ring_acknowledged(ring) + 1; i <= ring_released(ring); i++)
		if (ring_peek(ring, i, &seat) < 0)
			abort();
	ring_tick(ring, 1700000050, false);
	ring_add_event(ring, RING_EVENT_STOP, 1700000050, 0, "it ends");
	ring_release(ring);
	ring_read_all(ring);
	ring_close(ring);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t bytes[RING_BYTES];
	struct fuzz_input input = { data, size };
	size_t whole;
	unsigned word;

	if (!*fuzz_ring_path)
		ring_base_make();
	word = fuzz_byte(&input);
	whole = word & 8 ? OLD_BYTES : RING_BYTES;
	if (word & 1) {
		size = input.left < whole ? input.left : whole;
		memset(bytes, 0, sizeof(bytes));
		if (size)
			memcpy(bytes, input.at, size);
		size = word & 2 ? whole : size;
	} else {
		memcpy(bytes, word & 8 ? fuzz_ring_old : fuzz_ring_base, whole);
		size = fuzz_edit(&input, bytes, whole, 32);
	}
	if (word & 2)
		ring_repair(bytes, size, word & 8);
	fuzz_folder_put("ring", bytes, size);
	if (word & 4)
		producer(word & 16 ? 20 : VALUES);
	else
		consumer();
	return 0;
}
