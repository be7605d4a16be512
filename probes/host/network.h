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
 * An adapter with a device below sys/class/net/<if> is, unless it is a second view of
 * what another one carries: its master has a device too (the pass-through half of a
 * paravirtual adapter), it is a port of a switch chip whose conduit is here, a
 * representor of a function, the host's end of a Xen guest's adapter, a partition of an
 * InfiniBand adapter, or of a type that carries no IP (monitor, CAN).
 */
enum network_kind network_judge(const struct host_root *root, const char *name);
/* Has it a master that has a device of its own? */
bool network_has_master(const struct host_root *root, const char *name);

/* Where no adapter has a device (a container): one that is an end here.  Ethernet or venet,
 * no bridge, bond, tap or slave, on top of no adapter that is here, and not the host's end
 * of a pair, unless the default route leaves by it. */
bool network_is_plain_end(const struct host_root *root, const char *name);

/* Text of proc/net/route.  Pure. */
bool network_is_default_route(const char *text, size_t length, const char *name);

/* By the name alone, where sysfs is not there: what is not known to be virtual. */
bool network_is_virtual_name(const char *name);

/* One of the speeds that the kernel has a name for: others are no physical bound. */
bool network_is_link_speed(double bps);

/* Link speed in bits per second, NAN where the driver does not say. */
double network_speed_bps(const struct host_root *root, const char *name);

#endif
