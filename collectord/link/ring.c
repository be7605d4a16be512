/* The ring of ticks between sampler and recorder: a file on tmpfs that both map. */
#include "collectord/link/ring.h"

#include "common/checksum.h"
#include "common/io.h"
#include "common/util.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC 0x31474e5252444148u /* "HADRRNG1" */
#define VERSION 1
#define PATH_BYTES 4096
#define PAGE_BYTES 4096
#define SLOTS_MAX 65536

/* Written once, when the file is made; the checksum covers what stands before it. */
struct ring_shape {
	uint64_t magic;
	uint32_t version;
	uint32_t step_s;
	uint32_t slot_count;
	uint32_t slot_bytes;
	uint64_t incarnation;
	unsigned char store_id[16];
	uint64_t checksum;
};

struct ring_header {
	struct ring_shape shape;
	unsigned char boot_id[16]; /* of the producer that opened it last */
	/* the two sides write on cache lines of their own */
	alignas(64) _Atomic uint64_t head;
	_Atomic uint64_t released;
	_Atomic uint64_t event_head;
	_Atomic uint32_t is_superseded;
	alignas(64) _Atomic uint64_t acknowledged;
	_Atomic uint64_t event_acknowledged;
	alignas(64) _Atomic uint64_t counter[RING_COUNTER_COUNT];
	alignas(64) _Atomic int64_t gauge[RING_GAUGE_COUNT];
	alignas(64) struct ring_event event[RING_EVENTS];
};

#define HEADER_BYTES \
	((sizeof(struct ring_header) + PAGE_BYTES - 1) & ~(size_t)(PAGE_BYTES - 1))

struct ring {
	struct ring_header *header;
	char *slots;
	size_t mapped_bytes;
	char path[PATH_BYTES];
	struct ring_slot *reserved;
};

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

/* ---- geometry and checksums ------------------------------------------------- */

static size_t slot_bytes_for(unsigned value_count)
{
	size_t bytes = sizeof(struct ring_slot) + value_count * sizeof(double);

	return (bytes + 63) & ~(size_t)63;
}

static size_t ring_file_bytes(const struct ring_shape *shape)
{
	return HEADER_BYTES + (size_t)shape->slot_count * shape->slot_bytes;
}

static unsigned slot_capacity(const struct ring_shape *shape)
{
	return (unsigned)((shape->slot_bytes - sizeof(struct ring_slot)) /
		sizeof(double));
}

static struct ring_slot *slot_at(const struct ring *ring, uint64_t sequence)
{
	const struct ring_shape *shape = &ring->header->shape;

	return (struct ring_slot *)(void *)(ring->slots +
		(size_t)(sequence % shape->slot_count) * shape->slot_bytes);
}

static struct ring_event *event_at(const struct ring *ring, uint64_t sequence)
{
	return &ring->header->event[sequence % RING_EVENTS];
}

static uint64_t shape_checksum(const struct ring_shape *shape)
{
	return checksum64(shape, offsetof(struct ring_shape, checksum), MAGIC);
}

static uint64_t ring_slot_checksum(const struct ring_slot *slot)
{
	const char *from = (const char *)slot + sizeof(slot->checksum);

	return checksum64(from,
		sizeof(*slot) - sizeof(slot->checksum) + slot->count * sizeof(double),
		MAGIC);
}

static uint64_t event_checksum(const struct ring_event *event)
{
	return checksum64(
		&event->sequence, sizeof(*event) - sizeof(event->checksum), MAGIC);
}

static int shape_check(const struct ring_shape *shape, size_t size, struct err *err)
{
	if (size < HEADER_BYTES || shape->magic != MAGIC)
		return err_set(err, -EBADMSG, "this is not a ring");
	if (shape->version != VERSION)
		return err_set(err, -EBADMSG,
			"ring of version %u, this program knows %d", shape->version,
			VERSION);
	if (shape->checksum != shape_checksum(shape))
		return err_set(err, -EBADMSG, "the ring's header is damaged");
	if (shape->slot_count < 2 || shape->slot_count > SLOTS_MAX ||
		shape->slot_bytes < sizeof(struct ring_slot) ||
		shape->slot_bytes % 64 || slot_capacity(shape) > RING_VALUES_MAX + 8 ||
		size != ring_file_bytes(shape))
		return err_set(
			err, -EBADMSG, "the ring's size does not match its header");
	return 0;
}

static bool is_order_right(const struct ring_header *header)
{
	uint64_t head = atomic_load(&header->head);
	uint64_t released = atomic_load(&header->released);
	uint64_t acknowledged = atomic_load(&header->acknowledged);
	uint64_t event_head = atomic_load(&header->event_head);
	uint64_t event_acknowledged = atomic_load(&header->event_acknowledged);

	return acknowledged <= released && released <= head &&
		head - acknowledged <= header->shape.slot_count &&
		event_acknowledged <= event_head &&
		event_head - event_acknowledged <= RING_EVENTS;
}

/* ---- files ------------------------------------------------------------------ */

static int map_file(
	int fd, size_t size, const char *path, struct ring **ret_ring, struct err *err)
{
	struct ring *ring = calloc(1, sizeof(*ring));
	void *map;

	if (!ring)
		return err_oom(err);
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		free(ring);
		return err_errno(err, "cannot map %s", path);
	}
	ring->header = map;
	ring->slots = (char *)map + HEADER_BYTES;
	ring->mapped_bytes = size;
	snprintf(ring->path, sizeof(ring->path), "%s", path);
	*ret_ring = ring;
	return 0;
}

int ring_open(const char *path, const unsigned char *store_id, struct ring **ret_ring,
	struct err *err)
{
	struct ring_shape shape;
	struct ring *ring = NULL;
	struct stat status;
	int r = 0;
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	ssize_t got = 0;

	if (fd < 0)
		return err_errno(err, "%s", path);
	if (fstat(fd, &status) < 0)
		r = err_errno(err, "%s", path);
	else if ((got = io_pread_full(fd, &shape, sizeof(shape), 0)) < 0)
		r = err_set(err, (int)got, "%s: %s", path, strerror((int)-got));
	else if (got != (ssize_t)sizeof(shape))
		r = err_set(err, -EBADMSG, "%s: too short for a ring", path);
	else if ((r = shape_check(&shape, (size_t)status.st_size, err)) < 0)
		err_wrap(err, r, "%s", path);
	if (r == 0 && store_id &&
		memcmp(shape.store_id, store_id, sizeof(shape.store_id)) != 0)
		r = err_set(err, -ESTALE, "%s belongs to another store", path);
	if (r == 0)
		r = map_file(fd, (size_t)status.st_size, path, &ring, err);
	close(fd);
	if (r == 0 && !is_order_right(ring->header)) {
		ring_close(ring);
		r = err_set(
			err, -EBADMSG, "%s: its sequence numbers are damaged", path);
	}
	if (r == 0)
		*ret_ring = ring;
	return r;
}

void ring_close(struct ring *ring)
{
	if (!ring)
		return;
	munmap(ring->header, ring->mapped_bytes);
	free(ring);
}

/* A new empty file under a name of its own; the caller renames it to path. */
static int make_file(const char *path, const struct ring_config *config,
	uint64_t incarnation, struct ring **ret_ring, struct err *err)
{
	char temporary[PATH_BYTES + 8];
	struct ring_shape shape = { .magic = MAGIC, .version = VERSION };
	int r, fd;

	if (config->value_count > RING_VALUES_MAX)
		return err_set(err, -E2BIG,
			"%u values in a tick, at most %d are possible",
			config->value_count, RING_VALUES_MAX);
	shape.step_s = config->step_s;
	shape.slot_count = config->slot_count;
	shape.slot_bytes = (uint32_t)slot_bytes_for(config->value_count);
	shape.incarnation = incarnation;
	memcpy(shape.store_id, config->store_id, sizeof(shape.store_id));
	shape.checksum = shape_checksum(&shape);

	snprintf(temporary, sizeof(temporary), "%s.new", path);
	(void)unlink(temporary);
	fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return err_errno(err, "cannot make %s", temporary);
	r = fchmod(fd, 0640) < 0 ? -errno : 0;
	if (r == 0) /* every page now: a full tmpfs must not become SIGBUS later */
		r = -posix_fallocate(fd, 0, (off_t)ring_file_bytes(&shape));
	if (r < 0)
		err_set(err, r, "%s: %s", temporary, strerror(-r));
	else
		r = map_file(fd, ring_file_bytes(&shape), path, ret_ring, err);
	close(fd);
	if (r < 0) {
		(void)unlink(temporary);
		return r;
	}
	assert(*ret_ring);
	memset((*ret_ring)->header, 0, (*ret_ring)->mapped_bytes);
	(*ret_ring)->header->shape = shape;
	memcpy((*ret_ring)->header->boot_id, config->boot_id, 16);
	return 0;
}

static int put_in_place(const char *path, struct err *err)
{
	char temporary[PATH_BYTES + 8];

	snprintf(temporary, sizeof(temporary), "%s.new", path);
	if (rename(temporary, path) < 0)
		return err_errno(err, "cannot rename %s", temporary);
	return 0;
}

/* Everything that goes on in a wider file: figures, events, ticks not acknowledged. */
static void copy_pending(struct ring *to, const struct ring *from)
{
	struct ring_header *target = to->header;
	const struct ring_header *source = from->header;
	uint64_t head = atomic_load(&source->head);
	uint64_t acknowledged = atomic_load(&source->acknowledged);

	for (unsigned i = 0; i < RING_COUNTER_COUNT; i++)
		atomic_store(&target->counter[i], atomic_load(&source->counter[i]));
	for (unsigned i = 0; i < RING_GAUGE_COUNT; i++)
		atomic_store(&target->gauge[i], atomic_load(&source->gauge[i]));
	memcpy(target->event, source->event, sizeof(target->event));
	memcpy(target->boot_id, source->boot_id, sizeof(target->boot_id));
	for (uint64_t sequence = acknowledged + 1; sequence <= head; sequence++)
		memcpy(slot_at(to, sequence), slot_at(from, sequence),
			source->shape.slot_bytes);
	atomic_store(
		&target->event_acknowledged, atomic_load(&source->event_acknowledged));
	atomic_store(&target->event_head, atomic_load(&source->event_head));
	atomic_store(&target->acknowledged, acknowledged);
	atomic_store(&target->released, atomic_load(&source->released));
	atomic_store(&target->head, head);
}

int ring_widen(struct ring *ring, unsigned value_count, struct err *err)
{
	struct ring_config config = {
		.slot_count = ring->header->shape.slot_count,
		.value_count = value_count,
		.step_s = ring->header->shape.step_s,
	};
	struct ring *wider = NULL;
	int r;

	if (value_count <= slot_capacity(&ring->header->shape))
		return 0;
	memcpy(config.store_id, ring->header->shape.store_id, sizeof(config.store_id));
	r = make_file(
		ring->path, &config, ring->header->shape.incarnation, &wider, err);
	if (r < 0)
		return r;
	copy_pending(wider, ring);
	r = put_in_place(ring->path, err);
	if (r < 0) {
		ring_close(wider);
		return r;
	}
	atomic_store(&ring->header->is_superseded, 1);
	munmap(ring->header, ring->mapped_bytes);
	*ring = *wider;
	free(wider);
	return 0;
}

/* Damaged slots stay in the sequence, but as ticks that are to be discarded. */
static unsigned mend_slots(struct ring *ring)
{
	struct ring_header *header = ring->header;
	uint64_t head = atomic_load(&header->head);
	unsigned damaged = 0;

	for (uint64_t s = atomic_load(&header->acknowledged) + 1; s <= head; s++) {
		struct ring_slot *slot = slot_at(ring, s);

		if (slot->count <= slot_capacity(&header->shape) &&
			slot->sequence == s &&
			slot->checksum == ring_slot_checksum(slot))
			continue;
		memset(slot, 0, sizeof(*slot));
		slot->sequence = s;
		slot->flags = RING_DISCARD;
		slot->step_s = header->shape.step_s;
		slot->checksum = ring_slot_checksum(slot);
		damaged++;
	}
	ring_count(ring, RING_COUNT_CORRUPT, damaged);
	return damaged;
}

static int ring_take_over(struct ring *ring, const struct ring_config *config,
	char ret_note[static 160], struct err *err)
{
	unsigned damaged = mend_slots(ring);

	if (damaged > 0)
		snprintf(ret_note, 160, "%u of the ticks kept in the ring were damaged",
			damaged);
	memcpy(ring->header->boot_id, config->boot_id, sizeof(config->boot_id));
	return ring_widen(ring, config->value_count, err);
}

int ring_create(const char *path, const struct ring_config *config,
	struct ring **ret_ring, char ret_note[static 160], struct err *err)
{
	struct err why = ERR_INIT;
	struct ring *ring = NULL;
	uint64_t incarnation = 0;
	int r;

	ret_note[0] = '\0';
	r = ring_open(path, config->store_id, &ring, &why);
	if (r == 0 && ring->header->shape.step_s == config->step_s &&
		ring->header->shape.slot_count == config->slot_count) {
		r = ring_take_over(ring, config, ret_note, err);
		if (r < 0)
			ring_close(ring);
		else
			*ret_ring = ring;
		return r;
	}
	if (r == 0) {
		snprintf(ret_note, 160,
			"the ring was of a %u s step, a new one is made",
			ring->header->shape.step_s);
		ring_close(ring);
		ring = NULL;
	} else if (r != -ENOENT) {
		snprintf(ret_note, 160, "a new ring is made: %.120s", why.text);
	}
	if (getrandom(&incarnation, sizeof(incarnation), 0) !=
		(ssize_t)sizeof(incarnation))
		return err_errno(err, "no random numbers");
	r = make_file(path, config, incarnation, &ring, err);
	if (r == 0)
		r = put_in_place(path, err);
	if (r < 0)
		ring_close(ring);
	else
		*ret_ring = ring;
	return r;
}

/* ---- producer --------------------------------------------------------------- */

struct ring_slot *ring_reserve(struct ring *ring, unsigned count)
{
	struct ring_header *header = ring->header;
	uint64_t head = atomic_load_explicit(&header->head, memory_order_relaxed);
	uint64_t acknowledged =
		atomic_load_explicit(&header->acknowledged, memory_order_acquire);
	struct ring_slot *slot;

	if (head - acknowledged >= header->shape.slot_count ||
		count > slot_capacity(&header->shape))
		return NULL;
	slot = slot_at(ring, head + 1);
	memset(slot, 0, sizeof(*slot));
	slot->count = count;
	for (unsigned i = 0; i < count; i++)
		slot->values[i] = (double)NAN;
	ring->reserved = slot;
	return slot;
}

void ring_publish(struct ring *ring, bool is_held)
{
	struct ring_header *header = ring->header;
	struct ring_slot *slot = ring->reserved;
	uint64_t sequence =
		atomic_load_explicit(&header->head, memory_order_relaxed) + 1;

	slot->sequence = sequence;
	slot->checksum = ring_slot_checksum(slot);
	atomic_store_explicit(&header->head, sequence, memory_order_release);
	if (!is_held)
		atomic_store_explicit(
			&header->released, sequence, memory_order_release);
	ring->reserved = NULL;
}

void ring_settle(struct ring *ring, uint64_t sequence, int64_t stamp_s, uint32_t flags)
{
	struct ring_slot *slot = slot_at(ring, sequence);

	slot->stamp_s = stamp_s;
	slot->flags = flags;
	slot->checksum = ring_slot_checksum(slot);
}

int64_t ring_boottime_ns(const struct ring *ring, uint64_t sequence)
{
	return slot_at(ring, sequence)->boottime_ns;
}

uint64_t ring_boot_key(const struct ring *ring, uint64_t sequence)
{
	return slot_at(ring, sequence)->boot_key;
}

void ring_release(struct ring *ring)
{
	atomic_store_explicit(&ring->header->released, atomic_load(&ring->header->head),
		memory_order_release);
}

void ring_add_event(struct ring *ring, enum ring_event_kind kind, int64_t when_s,
	int32_t amount, const char *text)
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
	event = event_at(ring, head + 1);
	memset(event, 0, sizeof(*event));
	event->sequence = head + 1;
	event->when_s = when_s;
	event->kind = (uint32_t)kind;
	event->amount = amount;
	snprintf(event->text, sizeof(event->text), "%s", text);
	event->checksum = event_checksum(event);
	atomic_store_explicit(&header->event_head, head + 1, memory_order_release);
}

/* ---- consumer --------------------------------------------------------------- */

int ring_peek(
	const struct ring *ring, uint64_t sequence, const struct ring_slot **ret_slot)
{
	const struct ring_slot *slot;

	if (sequence == 0 || sequence > ring_released(ring) ||
		sequence <= ring_acknowledged(ring))
		return -ENOENT;
	slot = slot_at(ring, sequence);
	if (slot->count > slot_capacity(&ring->header->shape) ||
		slot->sequence != sequence ||
		slot->checksum != ring_slot_checksum(slot))
		return -EBADMSG;
	*ret_slot = slot;
	return 0;
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
	event = event_at(ring, sequence);
	if (event->sequence != sequence || event->checksum != event_checksum(event) ||
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

uint64_t ring_head(const struct ring *ring)
{
	return atomic_load_explicit(&ring->header->head, memory_order_acquire);
}

uint64_t ring_released(const struct ring *ring)
{
	return atomic_load_explicit(&ring->header->released, memory_order_acquire);
}

uint64_t ring_acknowledged(const struct ring *ring)
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

unsigned ring_slot_count(const struct ring *ring)
{
	return ring->header->shape.slot_count;
}

unsigned ring_value_capacity(const struct ring *ring)
{
	return slot_capacity(&ring->header->shape);
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

void ring_count(struct ring *ring, enum ring_counter counter, uint64_t more)
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

void ring_set_gauge(struct ring *ring, enum ring_gauge gauge, int64_t value)
{
	atomic_store_explicit(&ring->header->gauge[gauge], value, memory_order_relaxed);
}

int64_t ring_gauge(const struct ring *ring, enum ring_gauge gauge)
{
	return atomic_load_explicit(&ring->header->gauge[gauge], memory_order_relaxed);
}
