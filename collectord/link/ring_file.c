/* The file of the ring: its geometry, made, taken over, widened. */
#include "collectord/link/ring_file.h"

#include "collectord/link/ring_v1.h"
#include "common/checksum.h"
#include "common/each_tick.h"
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

/* ---- geometry and checksums ------------------------------------------------- */

static size_t seat_bytes_for(unsigned value_count)
{
	size_t bytes = sizeof(struct ring_seat) + value_count * sizeof(double);

	return (bytes + 63) & ~(size_t)63;
}

static size_t ring_file_bytes(const struct ring_shape *shape)
{
	return RING_HEADER_BYTES + (size_t)shape->seat_count * shape->seat_bytes;
}

EACH_TICK unsigned ring_seat_capacity(const struct ring_shape *shape)
{
	return (unsigned)((shape->seat_bytes - sizeof(struct ring_seat)) /
		sizeof(double));
}

EACH_TICK struct ring_seat *ring_seat_at(const struct ring *ring, uint64_t sequence)
{
	const struct ring_shape *shape = &ring->header->shape;

	return (struct ring_seat *)(void *)(ring->seats +
		(size_t)(sequence % shape->seat_count) * shape->seat_bytes);
}

struct ring_event *ring_event_at(const struct ring *ring, uint64_t sequence)
{
	return &ring->header->event[sequence % RING_EVENTS];
}

static uint64_t shape_checksum(const struct ring_shape *shape)
{
	return checksum64(shape, offsetof(struct ring_shape, checksum), RING_MAGIC);
}

EACH_TICK uint64_t ring_seat_checksum(const struct ring_seat *seat)
{
	const char *from = (const char *)seat + sizeof(seat->checksum);

	return checksum64(from,
		sizeof(*seat) - sizeof(seat->checksum) + seat->count * sizeof(double),
		RING_MAGIC);
}

uint64_t ring_event_checksum(const struct ring_event *event)
{
	return checksum64(
		&event->sequence, sizeof(*event) - sizeof(event->checksum), RING_MAGIC);
}

static int shape_check(const struct ring_shape *shape, size_t size, struct err *err)
{
	if (size < RING_HEADER_BYTES || shape->magic != RING_MAGIC)
		return err_set(err, -EBADMSG, "this is not a ring");
	if (shape->version != RING_VERSION)
		return err_set(err, -EBADMSG,
			"ring of version %u, this program knows %d", shape->version,
			RING_VERSION);
	if (shape->checksum != shape_checksum(shape))
		return err_set(err, -EBADMSG, "the ring's header is damaged");
	if (shape->seat_count < 2 || shape->seat_count > RING_SEATS_MAX ||
		shape->seat_bytes < sizeof(struct ring_seat) ||
		shape->seat_bytes % 64 ||
		ring_seat_capacity(shape) > RING_VALUES_MAX + 8 ||
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

	/* a number that counting never reaches: no walk up to it would end */
	return acknowledged <= released && released <= head && head <= INT64_MAX &&
		head - acknowledged <= header->shape.seat_count &&
		event_acknowledged <= event_head && event_head <= INT64_MAX &&
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
	ring->seats = (char *)map + RING_HEADER_BYTES;
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
	char temporary[RING_PATH_BYTES + 8];
	struct ring_shape shape = { .magic = RING_MAGIC, .version = RING_VERSION };
	int r, fd;

	if (config->value_count > RING_VALUES_MAX)
		return err_set(err, -E2BIG,
			"%u values in a tick, at most %d are possible",
			config->value_count, RING_VALUES_MAX);
	shape.step_s = config->step_s;
	shape.seat_count = config->seat_count;
	shape.seat_bytes = (uint32_t)seat_bytes_for(config->value_count);
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
	char temporary[RING_PATH_BYTES + 8];

	snprintf(temporary, sizeof(temporary), "%s.new", path);
	if (rename(temporary, path) < 0)
		return err_errno(err, "cannot rename %s", temporary);
	return 0;
}

/* Everything that goes on in a wider file: figures, events, ticks not acknowledged. */
static void copy_pending(struct ring *to, const struct ring *from)
{
	struct ring_header *target = to->header;
	const struct ring_header *old = from->header;
	uint64_t head = atomic_load(&old->head);
	uint64_t acknowledged = atomic_load(&old->acknowledged);

	for (unsigned i = 0; i < RING_COUNTER_COUNT; i++)
		atomic_store(&target->counter[i], atomic_load(&old->counter[i]));
	for (unsigned i = 0; i < RING_GAUGE_COUNT; i++)
		atomic_store(&target->gauge[i], atomic_load(&old->gauge[i]));
	memcpy(target->event, old->event, sizeof(target->event));
	memcpy(target->boot_id, old->boot_id, sizeof(target->boot_id));
	for (uint64_t sequence = acknowledged + 1; sequence <= head; sequence++)
		memcpy(ring_seat_at(to, sequence), ring_seat_at(from, sequence),
			old->shape.seat_bytes);
	atomic_store(
		&target->event_acknowledged, atomic_load(&old->event_acknowledged));
	atomic_store(&target->event_head, atomic_load(&old->event_head));
	atomic_store(&target->acknowledged, acknowledged);
	atomic_store(&target->released, atomic_load(&old->released));
	atomic_store(&target->head, head);
}

/* In a new file under the same name, with all that is pending; the old mapping says to those
 * who still have it that it is no longer the ring. */
static int ring_move(struct ring *ring, unsigned value_count, struct err *err)
{
	struct ring_config config = {
		.seat_count = ring->header->shape.seat_count,
		.value_count = value_count,
		.step_s = ring->header->shape.step_s,
	};
	struct ring *wider = NULL;
	int r;

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

int ring_widen(struct ring *ring, unsigned value_count, struct err *err)
{
	return value_count <= ring_seat_capacity(&ring->header->shape)
		? 0
		: ring_move(ring, value_count, err);
}

/* A seat of so many values has room for some more: the same room is made of no more. */
int ring_put_back(struct ring *ring, struct err *err)
{
	unsigned capacity = ring_seat_capacity(&ring->header->shape);

	return ring_move(
		ring, capacity < RING_VALUES_MAX ? capacity : RING_VALUES_MAX, err);
}

/* As copy_pending, from the layout of version 1; what is damaged there is damaged here. */
static void copy_old_version(struct ring *to, const struct ring_v1 *old)
{
	struct ring_header *target = to->header;

	for (unsigned i = 0; i < RING_COUNT_POLLER_RESTARTS; i++)
		atomic_store(&target->counter[i], old->counter[i]);
	atomic_store(
		&target->counter[RING_COUNT_STORED], old->counter[old->counters - 1]);
	for (unsigned i = 0; i < old->gauges; i++)
		atomic_store(&target->gauge[i], old->gauge[i]);
	memcpy(target->boot_id, old->boot_id, sizeof(target->boot_id));
	for (uint64_t s = old->acknowledged + 1; s <= old->head; s++) {
		struct ring_seat *seat = ring_seat_at(to, s);

		if (ring_v1_seat(old, s, seat, ring_seat_capacity(&target->shape)))
			seat->checksum = ring_seat_checksum(seat);
	}
	for (uint64_t s = old->event_acknowledged + 1; s <= old->event_head; s++)
		if (ring_v1_event(old, s, ring_event_at(to, s)))
			ring_event_at(to, s)->checksum =
				ring_event_checksum(ring_event_at(to, s));
	atomic_store(&target->event_acknowledged, old->event_acknowledged);
	atomic_store(&target->event_head, old->event_head);
	atomic_store(&target->acknowledged, old->acknowledged);
	atomic_store(&target->released, old->released);
	atomic_store(&target->head, old->head);
}

/* Damaged seats stay in the sequence, but as ticks that are to be discarded. */
static unsigned mend_seats(struct ring *ring)
{
	struct ring_header *header = ring->header;
	uint64_t head = atomic_load(&header->head);
	unsigned damaged = 0;

	for (uint64_t s = atomic_load(&header->acknowledged) + 1; s <= head; s++) {
		struct ring_seat *seat = ring_seat_at(ring, s);

		if (seat->count <= ring_seat_capacity(&header->shape) &&
			seat->sequence == s &&
			seat->checksum == ring_seat_checksum(seat))
			continue;
		memset(seat, 0, sizeof(*seat));
		seat->sequence = s;
		seat->flags = RING_DISCARD;
		seat->step_s = header->shape.step_s;
		seat->checksum = ring_seat_checksum(seat);
		damaged++;
	}
	ring_count(ring, RING_COUNT_CORRUPT, damaged);
	return damaged;
}

static int ring_take_over(struct ring *ring, const struct ring_config *config,
	char ret_note[static 160], struct err *err)
{
	unsigned damaged = mend_seats(ring);

	if (damaged > 0)
		snprintf(ret_note, 160, "%u of the ticks kept in the ring were damaged",
			damaged);
	memcpy(ring->header->boot_id, config->boot_id, sizeof(config->boot_id));
	return ring_widen(ring, config->value_count, err);
}

/* In place of a ring of version 1 of the same store one that goes on with what it holds;
 * what cannot be taken over is left to the caller's judgement. */
static void take_old_version(const char *path, const struct ring_config *config)
{
	struct ring_v1 old;
	struct ring *ring = NULL;
	struct err why = ERR_INIT;
	int r = ring_v1_open(path, config->store_id, &old);

	if (r < 0)
		return;
	if (old.step_s == config->step_s && old.seat_count == config->seat_count) {
		struct ring_config same = *config;

		if (same.value_count < old.value_capacity)
			same.value_count = old.value_capacity;
		r = make_file(path, &same, old.incarnation, &ring, &why);
		if (r == 0) {
			copy_old_version(ring, &old);
			(void)put_in_place(path, &why);
		}
		ring_close(ring);
	}
	ring_v1_close(&old);
}

/* A ring that fits is taken over with the ticks in it.  One of another step, or one
 * that cannot be read, is replaced, and the note says what was there. */
int ring_create(const char *path, const struct ring_config *config,
	struct ring **ret_ring, char ret_note[static 160], struct err *err)
{
	struct err why = ERR_INIT;
	struct ring *ring = NULL;
	uint64_t incarnation = 0;
	int r;

	ret_note[0] = '\0';
	take_old_version(path, config);
	r = ring_open(path, config->store_id, &ring, &why);
	if (r == 0 && ring->header->shape.step_s == config->step_s &&
		ring->header->shape.seat_count == config->seat_count) {
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
