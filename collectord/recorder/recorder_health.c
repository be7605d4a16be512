#include "collectord/recorder/recorder_health.h"

#include "store/db/health.h"
#include "common/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

enum {
	DAY_S = 86400,
	DISK_HALF_WINDOW_S = 7 * DAY_S / 2,
};

/* ---- meta values ------------------------------------------------------------------ */

int recorder_meta_numbers(struct store *store, const char *key, int64_t *values,
	size_t count, size_t *ret_found, struct err *err)
{
	char *text = NULL;
	char *at;
	int r = store_meta_get(store, key, &text, err);

	*ret_found = 0;
	if (r < 0)
		return r;
	at = text;
	for (size_t i = 0; at && i < count; i++) {
		char *end = NULL;
		long long value = strtoll(at, &end, 10);

		if (end == at)
			break;
		values[(*ret_found)++] = value;
		at = end;
	}
	free(text);
	return 0;
}

int recorder_meta_set_numbers(struct store *store, const char *key,
	const int64_t *values, size_t count, struct err *err)
{
	char text[256];
	size_t length = 0;

	for (size_t i = 0; i < count && length < sizeof(text); i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length,
			"%s%" PRId64, i ? " " : "", values[i]);
	return store_meta_set(store, key, text, err);
}

/* ---- health -------------------------------------------------------------------------- */

void recorder_health_now(
	const struct recorder *recorder, struct collector_health *health)
{
	const struct ring *ring = recorder->ring;

	if (!ring)
		return;
	health->workload_id = recorder->workload_id;
	health->updated_at = clock_wall_s();
	health->pid = ring_gauge(ring, RING_SAMPLER_PID);
	health->last = ring_gauge(ring, RING_LAST_STAMP_S);
	health->dropped = (int64_t)(ring_counter(ring, RING_COUNT_DROPPED) +
		ring_counter(ring, RING_COUNT_DISCARDED) +
		ring_counter(ring, RING_COUNT_CORRUPT));
	health->ticks = (int64_t)(ring_counter(ring, RING_COUNT_TICKS) +
		ring_counter(ring, RING_COUNT_DROPPED));
	health->late = (int64_t)ring_counter(ring, RING_COUNT_LATE);
	health->errors = (int64_t)ring_counter(ring, RING_COUNT_PROBE_ERRORS);
	health->restarts = (int64_t)(ring_counter(ring, RING_COUNT_RECORDER_RESTARTS) +
		ring_counter(ring, RING_COUNT_HELPER_RESTARTS) +
		ring_counter(ring, RING_COUNT_NOTIFIER_RESTARTS));
	if (ring_counter(ring, RING_COUNT_SAMPLER_STARTS) > 1)
		health->restarts +=
			(int64_t)ring_counter(ring, RING_COUNT_SAMPLER_STARTS) - 1;
}

/* The counters of the ring count since it was made (a boot, often); those of the store
 * since the store was: totals of all rings before, kept under the ring's own number.
 * What a ring before had counted after the last batch went with it; its ticks that were
 * staged count where they turn up. */
enum {
	BASE_RING,
	BASE_TICKS,
	BASE_DROPPED,
	BASE_LATE,
	BASE_RESTARTS,
	BASE_ERRORS,
	BASE_COUNT
};

static int add_base(struct recorder *recorder, struct store *store,
	const struct collector_health *before, int64_t accounted,
	struct collector_health *health, struct err *err)
{
	int64_t base[BASE_COUNT] = { 0 };
	int64_t incarnation;
	size_t found = 0;
	int r = recorder_meta_numbers(
		store, "recorder.base", base, BASE_COUNT, &found, err);

	if (r < 0)
		return r;
	incarnation = (int64_t)(ring_incarnation(recorder->ring) >> 1);
	if (found != BASE_COUNT || base[BASE_RING] != incarnation) {
		base[BASE_RING] = incarnation;
		base[BASE_DROPPED] = before->dropped;
		accounted += health->dropped + before->dropped - health->ticks;
		base[BASE_TICKS] =
			accounted > before->ticks ? accounted : before->ticks;
		base[BASE_LATE] = before->late;
		base[BASE_RESTARTS] = before->restarts;
		base[BASE_ERRORS] = before->errors;
		r = recorder_meta_set_numbers(
			store, "recorder.base", base, BASE_COUNT, err);
	}
	health->ticks += base[BASE_TICKS];
	health->dropped += base[BASE_DROPPED];
	health->late += base[BASE_LATE];
	health->restarts += base[BASE_RESTARTS];
	health->errors += base[BASE_ERRORS];
	return r;
}

double recorder_disk_days(struct disk_past *past, int64_t now_s, int64_t free_bytes)
{
	int64_t age_s = now_s - past->at;

	if (past->at == 0 || age_s < 0) {
		*past = (struct disk_past){ now_s, free_bytes, now_s, free_bytes };
		return NAN;
	}
	if (now_s - past->next_at >= DISK_HALF_WINDOW_S) {
		past->at = past->next_at;
		past->free_bytes = past->next_free_bytes;
		past->next_at = now_s;
		past->next_free_bytes = free_bytes;
		age_s = now_s - past->at;
	}
	if (age_s < DAY_S || past->free_bytes <= free_bytes)
		return NAN;
	return (double)free_bytes / (double)(past->free_bytes - free_bytes) *
		(double)age_s / DAY_S;
}

static double disk_left_days(
	struct recorder *recorder, struct store *store, int64_t now_s)
{
	int64_t kept[4] = { 0, 0, 0, 0 };
	struct err err = ERR_INIT;
	struct disk_past past = { .at = 0 };
	struct statvfs disk;
	size_t found = 0;
	double days;

	if (statvfs(recorder->settings.data.text, &disk) < 0)
		return NAN;
	if (recorder_meta_numbers(store, "recorder.disk", kept, 4, &found, &err) < 0)
		return NAN;
	if (found == 2) /* as it was kept at first: one moment */
		past = (struct disk_past){ kept[0], kept[1], kept[0], kept[1] };
	else if (found == 4)
		past = (struct disk_past){ kept[0], kept[1], kept[2], kept[3] };
	days = recorder_disk_days(
		&past, now_s, (int64_t)(disk.f_bavail * disk.f_frsize));
	if (found != 4 || past.at != kept[0] || past.next_at != kept[2]) {
		const int64_t keep[4] = { past.at, past.free_bytes, past.next_at,
			past.next_free_bytes };

		(void)recorder_meta_set_numbers(store, "recorder.disk", keep, 4, &err);
	}
	return days;
}

int recorder_note_health(
	struct recorder *recorder, struct store *store, uint64_t ticks, struct err *err)
{
	struct collector_health health = { .disk_left_days = NAN };
	struct collector_health before = { .workload_id = 0 };
	struct staging_status status;
	int64_t accounted; /* ticks stored, staged and in the ring */
	int64_t waiting;   /* ... of them the staged ones and those in the ring */
	int r = store_health_get(store, recorder->workload_id, &before, err);

	if (r < 0 && r != -ENOENT)
		return r;
	staging_get_status(recorder->staging, &status);
	waiting = (int64_t)status.pending_ticks;
	if (recorder->ring)
		waiting += (int64_t)(ring_head(recorder->ring) -
			ring_acknowledged(recorder->ring));
	accounted = before.stored + (int64_t)ticks + waiting;
	if (!recorder->ring) { /* no daemon: what is known of it stays */
		health = before;
	} else {
		recorder_health_now(recorder, &health);
		r = add_base(recorder, store, &before, accounted, &health, err);
		if (r < 0)
			return r;
	}
	health.workload_id = recorder->workload_id;
	health.updated_at = clock_wall_s();
	if (health.last == 0) /* a ring that is new: no tick of this boot yet */
		health.last = before.last;
	health.started_at = before.started_at;
	if (health.pid != before.pid || health.started_at == 0)
		health.started_at = clock_wall_s();
	if (recorder->is_draining)
		health.pid = 0;
	health.stored = before.stored + (int64_t)ticks;
	health.pending = health.ticks - health.stored - health.dropped;
	/* what a lost database had as stored is counted nowhere: it waits for nothing */
	if (health.pending > waiting)
		health.pending = waiting;
	if (health.pending < 0)
		health.pending = 0;
	health.disk_left_days = disk_left_days(recorder, store, clock_wall_s());
	return store_health_set(store, &health, err);
}
