/*
 * The ring of version 1 (before a tick had a subject), read to be taken over: only its
 * seats and events were laid out otherwise.
 */
#ifndef COLLECTORD_LINK_RING_V1_H
#define COLLECTORD_LINK_RING_V1_H

#include "collectord/link/ring.h"

struct ring_v1 {
	const unsigned char *map;
	size_t bytes;
	unsigned seat_count, seat_bytes, step_s, value_capacity;
	uint64_t incarnation;
	uint64_t head, released, acknowledged, event_head, event_acknowledged;
	unsigned char boot_id[16];
	const uint64_t *counter; /* borrowed from the map, as gauge */
	const int64_t *gauge;
	unsigned counters, gauges;
};

/* A whole one of that store, else -EBADMSG, -ESTALE or the errno of the file. */
int ring_v1_open(const char *path, const unsigned char store_id[static 16],
	struct ring_v1 *ret_ring);
void ring_v1_close(struct ring_v1 *ring);

/* The tick or event of that sequence in today's layout, without its checksum; false where
 * it is damaged or does not fit. */
bool ring_v1_seat(const struct ring_v1 *ring, uint64_t sequence, struct ring_seat *seat,
	unsigned capacity);
bool ring_v1_event(
	const struct ring_v1 *ring, uint64_t sequence, struct ring_event *event);

#endif
