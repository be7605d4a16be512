/* Traffic per network adapter: proc/net/dev and sys/class/net. */
#ifndef PROBES_HOST_NETWORK_H
#define PROBES_HOST_NETWORK_H

#include "probes/probe.h"
#include "probes/text.h"

#include <stdbool.h>
#include <stdint.h>

enum { NETWORK_COLUMNS = 16 };

/* One adapter's line; its numbers are read by network_parse_values. */
struct network_line {
	struct text name, rest;
};

/* The numbers: received bytes packets errs drop fifo frame compressed multicast,
 * then sent bytes packets errs drop fifo colls carrier compressed. */
struct network_values {
	uint64_t value[NETWORK_COLUMNS];
};

/*
 * network_next - the next adapter of proc/net/dev
 *
 * Header lines are passed over; lines with a name that is none are damaged and counted in
 * *skipped.  "eth0:1234" without a blank is understood.  Returns false at the end.  Pure.
 */
bool network_next(struct text *all, struct network_line *ret_line, unsigned *skipped);

/* At least 12 numbers (where sent drops end) and nothing else, or false: damaged. */
bool network_parse_values(struct text rest, struct network_values *ret_values);

enum network_kind {
	NETWORK_VIRTUAL,     /* not counted */
	NETWORK_HARDWARE,    /* counted; its link speed is a bound */
	NETWORK_PARAVIRTUAL, /* counted; its link speed is only a label */
};

/*
 * network_judge - is this adapter counted? (docs/method.md, "What is counted")
 *
 * An adapter with a device below sys/class/net/<if> is, unless its master has one too
 * (the pair of a paravirtual adapter and its pass-through half would count twice).
 */
enum network_kind network_judge(const struct host_root *root, const char *name);

/* By the name alone, where sysfs is not there: what is not known to be virtual. */
bool network_is_virtual_name(const char *name);

/* Link speed in bits per second, NAN where the driver does not say. */
double network_speed_bps(const struct host_root *root, const char *name);

extern const struct probe network_probe;

#endif
