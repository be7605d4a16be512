/* A new history: the workload that was filled keeps its own under another name. */
#include "collectord/recorder/recorder_renew.h"

#include "collectord/recorder/recorder_db.h"
#include "collectord/recorder/recorder_enter.h"
#include "collectord/recorder/recorder_health.h"
#include "collectord/recorder/recorder_identity.h"
#include "common/clock.h"
#include "common/timefmt.h"
#include "store/db/events.h"
#include "store/db/health.h"
#include "store/db/workloads.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	RENEW_LOCK_WAIT_MS = 10000,
	NAMES_MOST = 100,
	DATE_BYTES = 10, /* of a time as text: the day */
};

/* "web-1 until 2033-05-18"; a number behind it where that is taken. */
static int rename_old(struct store *store, const struct workload *old, const char *name,
	struct err *err)
{
	char text[256], time[TIME_TEXT_SIZE];
	int r = -EEXIST;

	time_text(old->last, time);
	for (unsigned i = 1; i <= NAMES_MOST && r == -EEXIST; i++) {
		if (i == 1)
			snprintf(text, sizeof(text), "%.100s until %.*s", name,
				DATE_BYTES, time);
		else
			snprintf(text, sizeof(text), "%.100s until %.*s (%u)", name,
				DATE_BYTES, time, i);
		r = store_workload_rename(store, old->id, text, err);
	}
	return r;
}

/* No gap reaches from the one history into the other. */
static int forget_stamp(struct store *store, struct err *err)
{
	int64_t recorded[RECORDED_COUNT] = { 0 };
	size_t found = 0;
	int r = recorder_meta_numbers(
		store, recorder_recorded_key, recorded, RECORDED_COUNT, &found, err);

	if (r < 0)
		return r;
	recorded[RECORDED_STAMP] = 0;
	return recorder_meta_set_numbers(
		store, recorder_recorded_key, recorded, RECORDED_COUNT, err);
}

static int renew_tell(
	struct store *store, int64_t workload_id, int64_t last_s, struct err *err)
{
	char text[200], kind[] = "clock", time[TIME_TEXT_SIZE];
	const struct event event = { .workload_id = workload_id,
		.at = clock_wall_s(),
		.kind = kind,
		.text = text };

	snprintf(text, sizeof(text),
		"the history until %s was in the future: it has another name, and this "
		"one begins",
		time_text(last_s, time));
	return store_event_add(store, &event, err);
}

/* Who asks how the daemon is asks of the workload it fills now. */
static int move_health(
	struct store *store, int64_t old_id, int64_t new_id, struct err *err)
{
	struct collector_health health;
	int r = store_health_get(store, old_id, &health, err);

	if (r == 0) {
		health.updated_at = 0;
		r = store_health_set(store, &health, err);
	}
	if (r < 0 && r != -ENOENT)
		return r;
	health = (struct collector_health){ .workload_id = new_id,
		.disk_left_days = NAN,
		.updated_at = clock_wall_s() };
	return store_health_set(store, &health, err);
}

static int renew_in(struct recorder *recorder, struct store *store,
	struct staging_identity *identity, struct err *err)
{
	struct workload old = { .id = 0 }, new = { .id = 0 };
	int r = recorder_workload_of(store, identity->folder, &old, err);

	if (r == 0)
		r = rename_old(store, &old, identity->name, err);
	if (r == 0)
		r = store_workload_ensure(store, identity->name, ORIGIN_SAMPLED,
			recorder_step_s(recorder), 0, &new, err);
	if (r == 0)
		r = recorder_fills_leave(store, new.id, identity->name, err);
	if (r == 0)
		r = forget_stamp(store, err);
	if (r == 0)
		r = move_health(store, old.id, new.id, err);
	if (r == 0)
		r = renew_tell(store, new.id, old.last, err);
	if (r == 0)
		snprintf(identity->folder, sizeof(identity->folder), "%s", new.folder);
	workload_done(&new);
	return r;
}

int recorder_renew(struct recorder *recorder, struct err *err)
{
	struct staging_identity identity = *staging_identity(recorder->staging);
	struct staging_status status;
	struct store *store = NULL;
	int r = recorder_open_store(recorder, &store, err);

	if (r < 0)
		return r;
	r = store_begin(store, RENEW_LOCK_WAIT_MS, err);
	if (r == 0) {
		r = renew_in(recorder, store, &identity, err);
		if (r == 0)
			r = recorder_commit(store, err);
		else
			store_rollback(store);
	}
	store_close(store);
	if (r < 0)
		return r;
	staging_get_status(recorder->staging, &status);
	return staging_create(recorder->settings.data.text, &identity,
		status.bytes + STAGING_HEADS_BYTES, status.newest + 1, 0, err);
}
