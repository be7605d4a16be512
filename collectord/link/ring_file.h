/* The bytes of the ring; for ring.c and ring_file.c alone. */
#ifndef COLLECTORD_LINK_RING_FILE_H
#define COLLECTORD_LINK_RING_FILE_H

#include "collectord/link/ring.h"

#include <stdalign.h>

#define RING_MAGIC 0x31474e5252444148u /* "HADRRNG1" */
#define RING_VERSION 2
#define RING_PATH_BYTES 4096
#define RING_PAGE_BYTES 4096
#define RING_SEATS_MAX 65536

/* Written once, when the file is made; the checksum covers what stands before it. */
struct ring_shape {
	uint64_t magic;
	uint32_t version;
	uint32_t step_s;
	uint32_t seat_count;
	uint32_t seat_bytes;
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

#define RING_HEADER_BYTES                                     \
	((sizeof(struct ring_header) + RING_PAGE_BYTES - 1) & \
		~(size_t)(RING_PAGE_BYTES - 1))

struct ring {
	struct ring_header *header;
	char *seats;
	size_t mapped_bytes;
	struct ring_seat *reserved;
	char path[RING_PATH_BYTES]; /* behind what each tick touches */
};

/* Where a tick and an event of that sequence lie; within the map, until ring_close. */
struct ring_seat *ring_seat_at(const struct ring *ring, uint64_t sequence);
struct ring_event *ring_event_at(const struct ring *ring, uint64_t sequence);
/* Values that fit into a seat. */
unsigned ring_seat_capacity(const struct ring_shape *shape);
uint64_t ring_seat_checksum(const struct ring_seat *seat);
uint64_t ring_event_checksum(const struct ring_event *event);

#endif
