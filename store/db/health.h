/*
 * Health of the daemon, maintenance windows, profiles used, plans, and meta values.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef STORE_DB_HEALTH_H
#define STORE_DB_HEALTH_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store; /* store/store.h */

/* Counters since the store was made; one row per sampled workload. */
struct collector_health {
	int64_t workload_id;
	int64_t pid;        /* of the sampler; 0: stopped in order */
	int64_t started_at; /* of this run */
	int64_t last;       /* stamp of the last tick taken */
	int64_t ticks, stored;
	int64_t pending; /* in the ring or in staging; "held" in JSON */
	int64_t dropped, late, restarts;
	int64_t errors;        /* failed source readings */
	double disk_left_days; /* NAN: unknown */
	int64_t updated_at;
};

/* In a transaction; replaces the row of that workload. */
int store_health_set(
	struct store *store, const struct collector_health *health, struct err *err);
/* -ENOENT when that workload never had a daemon; workload_id 0: the one updated last. */
int store_health_get(struct store *store, int64_t workload_id,
	struct collector_health *ret_health, struct err *err);

/* Maintenance windows: alerts are held back; begin < t <= end. */
struct maintenance {
	int64_t id;
	int64_t workload_id; /* 0: all */
	int64_t begin_at, end_at;
	char *reason;
};

struct maintenance_list {
	struct maintenance *window; /* by begin_at */
	size_t count;
};

/* In a transaction; end after begin, or -EINVAL. */
int store_maintenance_add(
	struct store *store, const struct maintenance *window, struct err *err);
int store_maintenance_remove(struct store *store, int64_t id, struct err *err);
/* By their beginning. maintenance_list_done. */
int store_maintenance(
	struct store *store, struct maintenance_list *ret_list, struct err *err);
void maintenance_list_done(struct maintenance_list *list);

/* Small values by key ("alert_state", "packed_until" ...); *ret_value is the caller's
 * to free, NULL: none. */
int store_meta_set(
	struct store *store, const char *key, const char *value, struct err *err);
int store_meta_get(
	struct store *store, const char *key, char **ret_value, struct err *err);

/* Which version of which profile a plan used. */
int store_profile_used(struct store *store, const char *profile_id, const char *hash,
	int64_t at, struct err *err);

#endif
