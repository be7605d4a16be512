/*
 * Names that come and go in a kernel text: adapters, disks.  Looked up in the order of
 * the text, where each name is found at the first try.
 */
#ifndef PROBES_HOST_DEVICES_H
#define PROBES_HOST_DEVICES_H

#include "probes/probe.h"
#include "probes/text.h"
#include "schema/metric.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DEVICES_MAX = 16384, /* names in one text, counted or not */
	DEVICES_BUCKETS = 2 * DEVICES_MAX,
	DEVICES_SPOTS_MAX = 4096, /* tracked_max of their kinds at most */
	DEVICES_NAME_MAX =
		64, /* bytes with the NUL; the kernel's limits are 16 and 32 */
};

struct host_device {
	char name[DEVICES_NAME_MAX];
	uint64_t watched; /* devices_watch: what it had counted in all */
	uint32_t seen;    /* the turn it was last seen in; 0: free */
	uint16_t spot;    /* the sink's, where is_counted */
	bool is_counted;
	bool is_waiting; /* would be counted, but there was no spot */
	bool is_watched;
	uint8_t flags; /* this and the next: the probe's own */
	double figure;
};

/* Large, and touched as far as there are devices: to be zeroed pages of the probe's. */
struct devices {
	size_t high;   /* beyond the last in use */
	size_t cursor; /* where the next name is expected */
	size_t spot_max;
	size_t ignored; /* of this turn: no room */
	size_t counted;
	bool has_new, is_moving_old; /* moving[] is of other names than the last */
	size_t bystanders,
		fresh; /* of this turn: not watched, watched for the first time */
	char moving[DEVICES_NAME_MAX]; /* one that is not counted and moved; "" none */
	uint32_t turn;
	enum metric_file file;
	struct host_device device[DEVICES_MAX];
	uint64_t spot_used[DEVICES_SPOTS_MAX / 64]; /* a bit per spot */
	uint16_t bucket[DEVICES_BUCKETS];           /* hash to index + 1 */
};

/* Of zeroed memory; touches no page that is not needed. */
void devices_init(struct devices *devices, enum metric_file file);

/* A turn begins: nothing is seen in it yet. */
void devices_begin(struct devices *devices);

/*
 * devices_seen - the device of this name, marked as seen in this turn
 *
 * ret_is_new  true when the caller has to judge it and call devices_count or leave it
 *
 * Returns NULL when there is no room or the name is unfit (too long, empty).
 */
struct host_device *devices_seen(
	struct devices *devices, const struct text *name, bool *ret_is_new);

/* Give a new device a spot and tell the sink; without room it is left out. */
void devices_count(
	struct devices *devices, struct host_device *device, struct sink *sink);

/* Not counted any more: its spot is free.  Of one that is not counted a no-op. */
void devices_uncount(
	struct devices *devices, struct host_device *device, struct sink *sink);

/*
 * devices_watch - one that is listed and not counted, and is no memory or loop
 *
 * Where nothing at all is counted the sum is 0, which must not be said of what moves.
 *
 * amount  anything that grows when it is used; NULL where something is counted, which
 *         saves the caller the reading of it
 */
void devices_watch(
	struct devices *devices, struct host_device *device, const uint64_t *amount);

/* What was not seen is gone.  Returns true when the names are others than before. */
bool devices_end(struct devices *devices, struct sink *sink);

enum devices_verdict {
	DEVICES_ADD_UP, /* what is counted is all */
	DEVICES_OPEN, /* nothing is counted, and what else there is was seen once only */
	DEVICES_MOVE, /* nothing is counted, but moving[] was used */
};
/* After devices_end. */
enum devices_verdict devices_verdict(const struct devices *devices);

#endif
