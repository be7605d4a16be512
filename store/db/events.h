/*
 * What happened and when: events, gaps, boots.  Writers need an open transaction.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef STORE_DB_EVENTS_H
#define STORE_DB_EVENTS_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store; /* store/store.h */

struct event {
	int64_t id;          /* given by the store */
	int64_t workload_id; /* 0: the store as a whole */
	int64_t at;          /* Unix seconds UTC */
	char *kind; /* "resize", "start", "stop", "clock", "device", "damage", "trouble" ... */
	char *text; /* one line for people */
	char *data; /* JSON object for programs; NULL: none */
};

struct event_list {
	struct event *event; /* by time, then id */
	size_t count;
};

int store_event_add(struct store *store, const struct event *event, struct err *err);
/* What a repeated import states anew; 0 when there is no such event either. */
int store_event_remove(struct store *store, int64_t id, struct err *err);
/* workload_id -1: all; kind NULL: all; from < at <= to. */
int store_events(struct store *store, int64_t workload_id, const char *kind,
	int64_t from, int64_t to, struct event_list *ret_list, struct err *err);
void event_list_done(struct event_list *list);

/* A run of slots that were not stored: from < stamp <= to. */
struct gap {
	int64_t workload_id;
	int64_t from, to;
	char *reason; /* "restart", "missed", "suspend", "clock", "dropped" ... */
};

struct gap_list {
	struct gap *gap; /* by time */
	size_t count;
};

/* Adding the same gap again changes nothing (a replayed batch); -EINVAL when from
 * is not before to. */
int store_gap_add(struct store *store, const struct gap *gap, struct err *err);
int store_gaps(struct store *store, int64_t workload_id, int64_t from, int64_t to,
	struct gap_list *ret_list, struct err *err);
void gap_list_done(struct gap_list *list);

struct boot {
	int64_t workload_id;
	char *boot_id;
	int64_t booted_at;
	int64_t first_tick, last_tick; /* stamps sampled in it; 0: none yet */
};

struct boot_list {
	struct boot *boot; /* by booted_at */
	size_t count;
};

/* Adds it or moves its last_tick (the first booted_at and first_tick stay). */
int store_boot_note(struct store *store, const struct boot *boot, struct err *err);
int store_boots(struct store *store, int64_t workload_id, struct boot_list *ret_list,
	struct err *err);
void boot_list_done(struct boot_list *list);

/* Devices of a workload, as last seen.  data: JSON object or NULL. */
struct device {
	int64_t workload_id;
	char *kind; /* "net", "disk", "fs", "sensor", "usb", "pci" ... */
	char *name;
	char *data;
	int64_t first_seen, last_seen;
};

struct device_list {
	struct device *device; /* by kind, then name */
	size_t count;
};

/* Known by workload, kind and name: seen again, or added (in a transaction). */
int store_device_note(
	struct store *store, const struct device *device, struct err *err);
/* Ordered by kind and name. device_list_done. */
int store_devices(struct store *store, int64_t workload_id,
	struct device_list *ret_list, struct err *err);
void device_list_done(struct device_list *list);

#endif
