/* The ring of ticks between sampler and recorder: what its two sides do. */
#include "collectord/link/ring_file.h"

#include "common/each_tick.h"
#include "common/util.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const kind_names[RING_EVENT_KIND_COUNT] = {
	[RING_EVENT_START] = "start",
	[RING_EVENT_STOP] = "stop",
	[RING_EVENT_MISSED] = "missed",
	[RING_EVENT_SUSPEND] = "suspend",
	[RING_EVENT_CLOCK_JUMP] = "clock_jump",
	[RING_EVENT_CLOCK_SETTLED] = "clock_settled",
	[RING_EVENT_DROPPED] = "dropped",
	[RING_EVENT_COUNTER_RESET] = "counter_reset",
	[RING_EVENT_HOTPLUG] = "hotplug",
	[RING_EVENT_PROBE_FAILING] = "probe_failing",
	[RING_EVENT_PROBE_WELL] = "probe_well",
	[RING_EVENT_SOURCE_LATE] = "source_late",
	[RING_EVENT_SOURCE_WELL] = "source_well",
	[RING_EVENT_CHILD_DIED] = "child_died",
	[RING_EVENT_RELOADED] = "reloaded",
};

const char *ring_event_kind_name(uint32_t kind)
{
	return kind < RING_EVENT_KIND_COUNT ? kind_names[kind] : "unknown";
}

/* ---- producer --------------------------------------------------------------- */

EACH_TICK struct ring_seat *ring_reserve(struct ring *ring, unsigned count)
{
	struct ring_header *header = ring->header;
	uint64_t head = atomic_load_explicit(&header->head, memory_order_relaxed);
	uint64_t acknowledged =
		atomic_load_explicit(&header->acknowledged, memory_order_acquire);
	struct ring_seat *seat;

	if (head - acknowledged >= header->shape.seat_count ||
		count > ring_seat_capacity(&header->shape))
		return NULL;
	seat = ring_seat_at(ring, head + 1);
	memset(seat, 0, sizeof(*seat));
	seat->count = count;
	for (unsigned i = 0; i < count; i++)
		seat->values[i] = (double)NAN;
	ring->reserved = seat;
	return seat;
}

EACH_TICK void ring_publish(struct ring *ring, bool is_withheld)
{
	struct ring_header *header = ring->header;
	struct ring_seat *seat = ring->reserved;
	uint64_t sequence =
		atomic_load_explicit(&header->head, memory_order_relaxed) + 1;

	seat->sequence = sequence;
	seat->checksum = ring_seat_checksum(seat);
	atomic_store_explicit(&header->head, sequence, memory_order_release);
	if (!is_withheld)
		atomic_store_explicit(
			&header->released, sequence, memory_order_release);
	ring->reserved = NULL;
}

void ring_settle(struct ring *ring, uint64_t sequence, int64_t stamp_s, uint32_t flags)
{
	struct ring_seat *seat = ring_seat_at(ring, sequence);

	seat->stamp_s = stamp_s;
	seat->flags = flags;
	seat->checksum = ring_seat_checksum(seat);
}

int64_t ring_boottime_ns(const struct ring *ring, uint64_t sequence)
{
	return ring_seat_at(ring, sequence)->boottime_ns;
}

uint64_t ring_boot_key(const struct ring *ring, uint64_t sequence)
{
	return ring_seat_at(ring, sequence)->boot_key;
}

void ring_release(struct ring *ring)
{
	atomic_store_explicit(&ring->header->released, atomic_load(&ring->header->head),
		memory_order_release);
}

void ring_add_event(struct ring *ring, enum ring_event_kind kind, int64_t when_s,
	int32_t amount, const char *text)
{
	ring_add_event_of(ring, 0, kind, when_s, amount, text);
}

void ring_add_event_of(struct ring *ring, uint64_t subject, enum ring_event_kind kind,
	int64_t when_s, int32_t amount, const char *text)
{
	struct ring_header *header = ring->header;
	uint64_t head = atomic_load_explicit(&header->event_head, memory_order_relaxed);
	uint64_t acknowledged =
		atomic_load_explicit(&header->event_acknowledged, memory_order_acquire);
	struct ring_event *event;

	if (head - acknowledged >= RING_EVENTS) {
		ring_count(ring, RING_COUNT_EVENTS_DROPPED, 1);
		return;
	}
	event = ring_event_at(ring, head + 1);
	memset(event, 0, sizeof(*event));
	event->sequence = head + 1;
	event->when_s = when_s;
	event->kind = (uint32_t)kind;
	event->amount = amount;
	event->subject = subject;
	snprintf(event->text, sizeof(event->text), "%s", text);
	event->checksum = ring_event_checksum(event);
	atomic_store_explicit(&header->event_head, head + 1, memory_order_release);
}

/* ---- consumer --------------------------------------------------------------- */

int ring_look(
	const struct ring *ring, uint64_t sequence, const struct ring_seat **ret_seat)
{
	const struct ring_seat *seat;

	if (sequence == 0 || sequence > ring_released(ring))
		return -ENOENT;
	seat = ring_seat_at(ring, sequence);
	if (seat->count > ring_seat_capacity(&ring->header->shape) ||
		seat->sequence != sequence ||
		seat->checksum != ring_seat_checksum(seat))
		return -EBADMSG;
	*ret_seat = seat;
	return 0;
}

int ring_peek(
	const struct ring *ring, uint64_t sequence, const struct ring_seat **ret_seat)
{
	return sequence <= ring_acknowledged(ring)
		? -ENOENT
		: ring_look(ring, sequence, ret_seat);
}

void ring_acknowledge(struct ring *ring, uint64_t sequence)
{
	if (sequence > ring_acknowledged(ring) && sequence <= ring_released(ring))
		atomic_store_explicit(
			&ring->header->acknowledged, sequence, memory_order_release);
}

int ring_peek_event(
	const struct ring *ring, uint64_t sequence, const struct ring_event **ret_event)
{
	const struct ring_event *event;

	if (sequence == 0 || sequence > ring_event_head(ring) ||
		sequence <= ring_event_acknowledged(ring))
		return -ENOENT;
	event = ring_event_at(ring, sequence);
	if (event->sequence != sequence ||
		event->checksum != ring_event_checksum(event) ||
		event->text[sizeof(event->text) - 1] != '\0')
		return -EBADMSG;
	*ret_event = event;
	return 0;
}

void ring_acknowledge_events(struct ring *ring, uint64_t sequence)
{
	if (sequence > ring_event_acknowledged(ring) &&
		sequence <= ring_event_head(ring))
		atomic_store_explicit(&ring->header->event_acknowledged, sequence,
			memory_order_release);
}

bool ring_is_superseded(const struct ring *ring)
{
	return atomic_load_explicit(&ring->header->is_superseded, memory_order_acquire);
}

/* ---- both ------------------------------------------------------------------- */

EACH_TICK uint64_t ring_head(const struct ring *ring)
{
	return atomic_load_explicit(&ring->header->head, memory_order_acquire);
}

EACH_TICK uint64_t ring_released(const struct ring *ring)
{
	return atomic_load_explicit(&ring->header->released, memory_order_acquire);
}

EACH_TICK uint64_t ring_acknowledged(const struct ring *ring)
{
	return atomic_load_explicit(&ring->header->acknowledged, memory_order_acquire);
}

uint64_t ring_event_head(const struct ring *ring)
{
	return atomic_load_explicit(&ring->header->event_head, memory_order_acquire);
}

uint64_t ring_event_acknowledged(const struct ring *ring)
{
	return atomic_load_explicit(
		&ring->header->event_acknowledged, memory_order_acquire);
}

EACH_TICK unsigned ring_seat_count(const struct ring *ring)
{
	return ring->header->shape.seat_count;
}

unsigned ring_value_capacity(const struct ring *ring)
{
	return ring_seat_capacity(&ring->header->shape);
}

unsigned ring_step_s(const struct ring *ring)
{
	return ring->header->shape.step_s;
}

uint64_t ring_incarnation(const struct ring *ring)
{
	return ring->header->shape.incarnation;
}

const unsigned char *ring_store_id(const struct ring *ring)
{
	return ring->header->shape.store_id;
}

const unsigned char *ring_boot_id(const struct ring *ring)
{
	return ring->header->boot_id;
}

EACH_TICK void ring_count(struct ring *ring, enum ring_counter counter, uint64_t more)
{
	atomic_fetch_add_explicit(
		&ring->header->counter[counter], more, memory_order_relaxed);
}

void ring_set_count(struct ring *ring, enum ring_counter counter, uint64_t value)
{
	atomic_store_explicit(
		&ring->header->counter[counter], value, memory_order_relaxed);
}

uint64_t ring_counter(const struct ring *ring, enum ring_counter counter)
{
	return atomic_load_explicit(
		&ring->header->counter[counter], memory_order_relaxed);
}

EACH_TICK void ring_set_gauge(struct ring *ring, enum ring_gauge gauge, int64_t value)
{
	atomic_store_explicit(&ring->header->gauge[gauge], value, memory_order_relaxed);
}

EACH_TICK int64_t ring_gauge(const struct ring *ring, enum ring_gauge gauge)
{
	return atomic_load_explicit(&ring->header->gauge[gauge], memory_order_relaxed);
}
