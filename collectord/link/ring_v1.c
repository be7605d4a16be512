/* The ring of version 1, read to be taken over. */
#include "collectord/link/ring_v1.h"

#include "common/checksum.h"

#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define V1_MAGIC 0x31474e5252444148u /* "HADRRNG1" */
#define V1_EVENT_TEXT_BYTES 216

enum {
	V1_PAGE_BYTES = 4096,
	V1_SEATS_MAX = 65536,
	V1_COUNTERS = 15,
	V1_GAUGES = 13,
	V1_EVENTS = 64,
};
_Static_assert(
	(int)V1_GAUGES <= (int)RING_GAUGE_COUNT, "today's ring has room for them");

struct v1_shape {
	uint64_t magic;
	uint32_t version;
	uint32_t step_s;
	uint32_t seat_count;
	uint32_t seat_bytes;
	uint64_t incarnation;
	unsigned char store_id[16];
	uint64_t checksum;
};

struct v1_seat {
	uint64_t checksum; /* of all that follows, up to the last value */
	uint64_t sequence;
	uint64_t layout_id;
	int64_t stamp_s;
	int64_t boottime_ns;
	uint64_t boot_key;
	uint32_t step_s;
	uint32_t flags;
	uint32_t late_us;
	uint32_t count;
	double values[];
};

struct v1_event {
	uint64_t checksum; /* of all that follows */
	uint64_t sequence;
	int64_t when_s;
	uint32_t kind;
	int32_t amount;
	char text[V1_EVENT_TEXT_BYTES];
};

struct v1_header {
	struct v1_shape shape;
	unsigned char boot_id[16];
	alignas(64) uint64_t head;
	uint64_t released;
	uint64_t event_head;
	uint32_t is_superseded;
	alignas(64) uint64_t acknowledged;
	uint64_t event_acknowledged;
	alignas(64) uint64_t counter[V1_COUNTERS];
	alignas(64) int64_t gauge[V1_GAUGES];
	alignas(64) struct v1_event event[V1_EVENTS];
};

#define V1_HEADER_BYTES \
	((sizeof(struct v1_header) + V1_PAGE_BYTES - 1) & ~(size_t)(V1_PAGE_BYTES - 1))

static int v1_check(const struct v1_header *header, size_t size,
	const unsigned char store_id[static 16])
{
	const struct v1_shape *shape = &header->shape;

	if (shape->magic != V1_MAGIC || shape->version != 1 ||
		shape->checksum !=
			checksum64(
				shape, offsetof(struct v1_shape, checksum), V1_MAGIC) ||
		shape->seat_count < 2 || shape->seat_count > V1_SEATS_MAX ||
		shape->seat_bytes < sizeof(struct v1_seat) || shape->seat_bytes % 64 ||
		size != V1_HEADER_BYTES + (size_t)shape->seat_count * shape->seat_bytes)
		return -EBADMSG;
	if (header->acknowledged > header->released ||
		header->released > header->head || header->head > INT64_MAX ||
		header->event_head > INT64_MAX ||
		header->head - header->acknowledged > shape->seat_count ||
		header->event_acknowledged > header->event_head ||
		header->event_head - header->event_acknowledged > V1_EVENTS)
		return -EBADMSG;
	return memcmp(shape->store_id, store_id, sizeof(shape->store_id)) == 0
		? 0
		: -ESTALE;
}

static void v1_describe(struct ring_v1 *ring, const struct v1_header *header)
{
	ring->seat_count = header->shape.seat_count;
	ring->seat_bytes = header->shape.seat_bytes;
	ring->step_s = header->shape.step_s;
	ring->value_capacity = (unsigned)((ring->seat_bytes - sizeof(struct v1_seat)) /
		sizeof(double));
	ring->incarnation = header->shape.incarnation;
	ring->head = header->head;
	ring->released = header->released;
	ring->acknowledged = header->acknowledged;
	ring->event_head = header->event_head;
	ring->event_acknowledged = header->event_acknowledged;
	memcpy(ring->boot_id, header->boot_id, sizeof(ring->boot_id));
	ring->counter = header->counter;
	ring->gauge = header->gauge;
	ring->counters = V1_COUNTERS;
	ring->gauges = V1_GAUGES;
}

int ring_v1_open(const char *path, const unsigned char store_id[static 16],
	struct ring_v1 *ret_ring)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct ring_v1 ring = { .map = MAP_FAILED };
	struct stat status;
	int r;

	if (fd < 0)
		return -errno;
	r = fstat(fd, &status) < 0                         ? -errno
		: (size_t)status.st_size < V1_HEADER_BYTES ? -EBADMSG
							   : 0;
	if (r == 0) {
		ring.bytes = (size_t)status.st_size;
		ring.map = mmap(NULL, ring.bytes, PROT_READ, MAP_PRIVATE, fd, 0);
		r = ring.map == MAP_FAILED ? -errno : 0;
	}
	close(fd);
	if (r < 0)
		return r;
	r = v1_check((const void *)ring.map, ring.bytes, store_id);
	if (r < 0) {
		ring_v1_close(&ring);
		return r;
	}
	v1_describe(&ring, (const void *)ring.map);
	*ret_ring = ring;
	return 0;
}

void ring_v1_close(struct ring_v1 *ring)
{
	/* munmap takes what mmap gave, though we only read it */
	union {
		const unsigned char *read;
		void *given;
	} map = { .read = ring->map };

	munmap(map.given, ring->bytes);
}

bool ring_v1_seat(const struct ring_v1 *ring, uint64_t sequence, struct ring_seat *seat,
	unsigned capacity)
{
	const struct v1_seat *old = (const void *)(ring->map + V1_HEADER_BYTES +
		(size_t)(sequence % ring->seat_count) * ring->seat_bytes);

	if (old->count > ring->value_capacity || old->count > capacity ||
		old->sequence != sequence ||
		old->checksum !=
			checksum64(&old->sequence,
				sizeof(*old) - sizeof(old->checksum) +
					old->count * sizeof(double),
				V1_MAGIC))
		return false;
	*seat = (struct ring_seat){ .sequence = old->sequence,
		.layout_id = old->layout_id,
		.stamp_s = old->stamp_s,
		.boottime_ns = old->boottime_ns,
		.boot_key = old->boot_key,
		.step_s = old->step_s,
		.flags = old->flags,
		.late_us = old->late_us,
		.count = old->count };
	memcpy(seat->values, old->values, old->count * sizeof(double));
	return true;
}

bool ring_v1_event(
	const struct ring_v1 *ring, uint64_t sequence, struct ring_event *event)
{
	const struct v1_header *header = (const void *)ring->map;
	const struct v1_event *old = &header->event[sequence % V1_EVENTS];

	if (old->sequence != sequence ||
		old->checksum !=
			checksum64(&old->sequence, sizeof(*old) - sizeof(old->checksum),
				V1_MAGIC))
		return false;
	memset(event, 0, sizeof(*event));
	event->sequence = old->sequence;
	event->when_s = old->when_s;
	event->kind = old->kind;
	event->amount = old->amount;
	memcpy(event->text, old->text, sizeof(event->text) - 1);
	return true;
}
