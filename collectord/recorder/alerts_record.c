/* What the rules found and what they remember, in the database. */
#include "collectord/recorder/alerts_state.h"

#include "common/clock.h"
#include "store/db/alerts.h"
#include "store/db/health.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- the state between processes ------------------------------------------------------ */

/* A state of another build of the program is begun anew, but for the one that had the
 * watches alone. */
static void state_take(struct recorder_alerts *alerts, const void *state, size_t size)
{
	size_t rest = size % sizeof(struct alert_watch);
	size_t count = size / sizeof(struct alert_watch);
	const char *bytes = state;

	if ((rest != 0 && rest != sizeof(struct alert_memory)) ||
		count > ALERT_WATCHES_MAX)
		return;
	alerts->count = count;
	if (count > 0)
		memcpy(alerts->watch, bytes, count * sizeof(struct alert_watch));
	if (rest > 0)
		memcpy(&alerts->memory, bytes + count * sizeof(struct alert_watch),
			sizeof(alerts->memory));
	/* the collector's own troubles are fed with every tick */
	for (size_t i = 0; i < count; i++)
		if (alerts->watch[i].kind == ALERT_HEALTH &&
			alerts->watch[i].builder.last > alerts->last_stamp_s)
			alerts->last_stamp_s = alerts->watch[i].builder.last;
}

int alerts_load(struct recorder *recorder, struct store *store, struct err *err)
{
	struct recorder_alerts *alerts = recorder->alerts;
	void *state = NULL;
	int64_t number = 0;
	size_t size = 0;
	int r = 0;

	if (alerts->is_loaded && alerts->workload_id == recorder->workload_id)
		return 0;
	r = store_alert_state_get(
		store, recorder->workload_id, &number, &state, &size, err);
	if (r < 0 && r != -ENOENT)
		return r;
	alerts->count = 0;
	alerts->number = 0;
	alerts->last_stamp_s = 0;
	alerts->pending_count = 0;
	alerts->has_layout = false;
	alerts->memory = (struct alert_memory){ .event_number = 0 };
	if (r == 0) {
		state_take(alerts, state, size);
		alerts->number = (uint64_t)number;
	}
	free(state);
	for (size_t i = 0; i < alerts->count; i++) {
		alerts->has_open = alerts->has_open || alerts->watch[i].alert_id;
		alerts->alert_id_before[i] = alerts->watch[i].alert_id;
	}
	alerts->kept = alerts->number;
	alerts->is_loaded = true;
	alerts->workload_id = recorder->workload_id;
	return 0;
}

static int state_keep(struct recorder *recorder, struct store *store, struct err *err)
{
	struct recorder_alerts *alerts = recorder->alerts;
	size_t bytes = alerts->count * sizeof(struct alert_watch);
	unsigned char *state = malloc(bytes + sizeof(struct alert_memory));
	int r;

	if (!state)
		return err_oom(err);
	if (bytes > 0)
		memcpy(state, alerts->watch, bytes);
	memcpy(state + bytes, &alerts->memory, sizeof(struct alert_memory));
	r = store_alert_state_set(store, recorder->workload_id, (int64_t)alerts->number,
		state, bytes + sizeof(struct alert_memory), err);
	free(state);
	return r;
}

static int add_deliveries(struct recorder *recorder, struct store *store, int64_t id,
	const char *occasion, const char *held_back, struct err *err)
{
	int64_t now = clock_wall_s();
	const struct {
		const char *channel;
		bool is_wanted;
	} channels[] = {
		{ "journal", true },
		{ "webhook", recorder->has_webhook },
		{ "mail", recorder->has_mail },
	};

	for (size_t i = 0; i < sizeof(channels) / sizeof(channels[0]); i++) {
		int r = channels[i].is_wanted
			? store_delivery_add(store, id, channels[i].channel, occasion,
				  now, held_back ? now : 0, held_back, err)
			: 0;

		if (r < 0)
			return r;
	}
	return 0;
}

static int in_maintenance(struct recorder *recorder, struct store *store, int64_t stamp,
	bool *ret_is_in, struct err *err)
{
	struct maintenance_list list;
	int r = store_maintenance(store, &list, err);

	*ret_is_in = false;
	if (r < 0)
		return r;
	for (size_t i = 0; i < list.count; i++) {
		const struct maintenance *window = &list.window[i];

		if (window->begin_at < stamp && stamp <= window->end_at &&
			(window->workload_id == 0 ||
				window->workload_id == recorder->workload_id))
			*ret_is_in = true;
	}
	maintenance_list_done(&list);
	return 0;
}

static int record_excursion(struct store *store, int64_t id,
	const struct excursion *excursion, struct err *err)
{
	struct alert_excursion row = { .from = excursion->from,
		.to = excursion->to,
		.height = excursion->height,
		.is_sustained = excursion->is_sustained };

	return store_alert_excursion(store, id, &row, err);
}

/* One change, in the order of its events. */
static int record_change(struct recorder *recorder, struct store *store,
	const struct alert_change *change, struct err *err)
{
	struct alert_watch *watch = &recorder->alerts->watch[change->watch];
	const char *held_back;
	bool is_held = false;
	int r = in_maintenance(recorder, store, change->stamp, &is_held, err);

	held_back = is_held ? "held back: maintenance" : NULL;
	if (r == 0 && change->events & EXCURSION_ENDED && watch->alert_id)
		r = record_excursion(store, watch->alert_id, &change->ended, err);
	if (r == 0 && change->events & EXCURSION_ALERT_OPENED) {
		r = store_alert_open(store, recorder->workload_id,
			alert_kind_names[watch->kind], watch->subject, change->opened,
			change->height, watch->limit.limit,
			alert_kind_units[watch->kind], &watch->alert_id, err);
		if (r == 0)
			r = add_deliveries(recorder, store, watch->alert_id, "opened",
				held_back, err);
	}
	if (r == 0 && watch->alert_id)
		r = store_alert_height(store, watch->alert_id, change->height, err);
	if (r == 0 && change->events & EXCURSION_ALERT_DISQUALIFIED) {
		r = store_alert_disqualify(store, watch->alert_id, change->stamp, err);
		if (r == 0)
			r = add_deliveries(recorder, store, watch->alert_id,
				"disqualified", held_back, err);
	}
	if (r == 0 && change->events & EXCURSION_ALERT_CLOSED) {
		r = store_alert_close(store, watch->alert_id, change->stamp, err);
		if (r == 0)
			r = add_deliveries(recorder, store, watch->alert_id, "closed",
				held_back, err);
		watch->alert_id = 0;
	}
	return r;
}

int alerts_keep(struct recorder *recorder, struct store *store, struct err *err)
{
	struct recorder_alerts *alerts = recorder->alerts;
	int r = 0;

	for (size_t i = 0; i < alerts->pending_count && r == 0; i++)
		r = record_change(recorder, store, &alerts->pending[i], err);
	return r == 0 ? state_keep(recorder, store, err) : r;
}
