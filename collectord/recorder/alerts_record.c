/* What the rules found and what they remember, in the database. */
#include "collectord/recorder/alerts_state.h"

#include "collectord/recorder/recorder_identity.h"
#include "common/array.h"
#include "common/clock.h"
#include "store/db/alerts.h"
#include "store/db/health.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the state between processes ------------------------------------------------------ */

/* Nothing of the bytes is used before all of it was looked at: they may be of a page that
 * was lost, of another build or of somebody's hand.  NULL: they are sound. */
static const char *memory_flaw(const struct alert_memory *memory)
{
	for (int i = 0; i < PROBLEM_COUNT; i++)
		if (!(memory->problem[i] >= 0 && isfinite(memory->problem[i])))
			return "problem";
	return memory->event_number < 0 || memory->event_ring < 0 ? "event" : NULL;
}

static const char *watches_flaw(
	const struct alert_watch *watch, size_t count, const struct alert_list *open)
{
	for (size_t i = 0; i < count; i++) {
		const char *flaw = alert_watch_flaw(&watch[i]);
		bool is_known = watch[i].alert_id == 0;

		if (flaw)
			return flaw;
		for (size_t k = 0; k < i; k++)
			if (watch[k].kind == watch[i].kind &&
				strcmp(watch[k].subject, watch[i].subject) == 0)
				return "watch, which is there twice";
		for (size_t k = 0; k < open->count; k++)
			if (open->alert[k].id == watch[i].alert_id)
				is_known = true;
		if (!is_known)
			return "alert, which is not open";
	}
	return NULL;
}

/* The state as the database has it.  0, -ENOMEM, or -EBADMSG with the field that is
 * wrong.  A state of the build that had the watches alone is taken as well. */
static int state_take(struct workload_rules *rules, const void *state, size_t size,
	const struct alert_list *open, const char **ret_flaw)
{
	size_t rest = size % sizeof(struct alert_watch);
	size_t count = size / sizeof(struct alert_watch);
	struct alert_memory memory = { .event_number = 0 };
	const char *bytes = state;

	*ret_flaw = "size";
	if ((rest != 0 && rest != sizeof(memory)) || count > ALERT_WATCHES_MAX)
		return -EBADMSG;
	while (rules->room < count) {
		rules->count = rules->room;
		if (workload_rules_grow(rules) < 0) {
			rules->count = 0;
			return -ENOMEM;
		}
	}
	rules->count = 0;
	if (count > 0)
		memcpy(rules->watch, bytes, count * sizeof(struct alert_watch));
	if (rest > 0)
		memcpy(&memory, bytes + count * sizeof(struct alert_watch),
			sizeof(memory));
	*ret_flaw = memory_flaw(&memory);
	if (!*ret_flaw)
		*ret_flaw = watches_flaw(rules->watch, count, open);
	if (*ret_flaw)
		return -EBADMSG;
	rules->count = count;
	rules->memory = memory;
	/* the collector's own troubles are fed with every tick */
	for (size_t i = 0; i < count; i++)
		if (rules->watch[i].kind == ALERT_HEALTH &&
			rules->watch[i].builder.last > rules->last_stamp_s)
			rules->last_stamp_s = rules->watch[i].builder.last;
	return 0;
}

/* Begun anew: alerts that are open would stay so for ever, and be opened once more.
 * Their watches get steps and limit when the layout is bound. */
static int state_begin(struct workload_rules *rules, const struct alert_list *open)
{
	for (size_t i = 0; i < open->count && rules->count < ALERT_WATCHES_MAX; i++) {
		const struct alert *alert = &open->alert[i];
		size_t kind = 0;

		while (kind < ALERT_KIND_COUNT &&
			strcmp(alert_kind_names[kind], alert->kind) != 0)
			kind++;
		if (kind == ALERT_KIND_COUNT ||
			alert->workload_id != rules->workload_id || alert->opened < 0 ||
			alert->opened > ALERT_STAMP_MAX || alert->disqualified < 0 ||
			alert->disqualified > ALERT_STAMP_MAX)
			continue;
		if (workload_rules_grow(rules) < 0)
			return -ENOMEM;
		alert_watch_init(&rules->watch[rules->count], (enum alert_kind)kind,
			alert->subject, rules->step_s, alert->limit, 0, false);
		alert_watch_adopt(&rules->watch[rules->count], alert->id, alert->opened,
			alert->disqualified, alert->height);
		rules->count++;
	}
	return 0;
}

static void rules_clear(struct workload_rules *rules)
{
	rules->count = 0;
	rules->number = 0;
	rules->last_stamp_s = 0;
	rules->has_layout = false;
	rules->is_touched = false;
	rules->memory = (struct alert_memory){ .event_number = 0 };
}

int workload_rules_grow(struct workload_rules *rules)
{
	size_t room = rules->room ? 2 * rules->room : 16;
	struct alert_watch *watch;
	struct alert_input *input;
	int64_t *before;

	if (rules->count < rules->room)
		return 0;
	watch = reallocarray(rules->watch, room, sizeof(*watch));
	if (watch)
		rules->watch = watch;
	input = reallocarray(rules->input, room, sizeof(*input));
	if (input)
		rules->input = input;
	before = reallocarray(rules->alert_id_before, room, sizeof(*before));
	if (before)
		rules->alert_id_before = before;
	if (!watch || !input || !before)
		return -ENOMEM;
	memset(input + rules->count, 0, (room - rules->count) * sizeof(*input));
	rules->room = room;
	return 0;
}

void workload_rules_free(struct workload_rules *rules)
{
	if (!rules)
		return;
	free(rules->watch);
	free(rules->input);
	free(rules->alert_id_before);
	free(rules);
}

static int rules_add(struct recorder_alerts *alerts, uint64_t subject,
	struct workload_rules **ret_rules, struct err *err)
{
	struct workload_rules *rules;

	if (ARRAY_RESERVE(alerts->rules, alerts->rules_room, alerts->rules_count + 1) <
		0)
		return err_oom(err);
	rules = calloc(1, sizeof(*rules));
	if (!rules)
		return err_oom(err);
	rules->subject = subject;
	alerts->rules[alerts->rules_count++] = rules;
	*ret_rules = rules;
	return 0;
}

/* A number beyond what staging ever had would hide every frame up to it. */
static uint64_t number_within(const struct recorder *recorder, int64_t number)
{
	struct staging_status status = { .newest = UINT64_MAX };

	if (number < 0)
		return 0;
	if (recorder->staging)
		staging_get_status(recorder->staging, &status);
	return (uint64_t)number < status.newest ? (uint64_t)number : status.newest;
}

/* The alerts that are open, of all workloads: read once, by the first that asks. */
struct open_alerts {
	struct alert_list list;
	bool is_read;
};

static int open_alerts_read(
	struct open_alerts *open, struct store *store, struct err *err)
{
	int r = open->is_read ? 0 : store_alerts(store, true, 0, &open->list, err);

	open->is_read = open->is_read || r == 0;
	return r;
}

static int rules_read(struct recorder *recorder, struct store *store,
	struct workload_rules *rules, struct open_alerts *open, struct err *err)
{
	const char *flaw = "";
	void *state = NULL;
	int64_t number = 0;
	size_t size = 0;
	int r = open_alerts_read(open, store, err);

	if (r < 0)
		return r;
	r = store_alert_state_get(
		store, rules->workload_id, &number, &state, &size, err);
	if (r == 0) {
		r = state_take(rules, state, size, &open->list, &flaw);
		rules->number = number_within(recorder, number);
	}
	if (r == -EBADMSG)
		log_warning(&recorder->log,
			"what the alerts remember of workload %" PRId64
			" is damaged in the database (%s): begun anew, alerts that are "
			"open go on",
			rules->workload_id, flaw);
	if (r == -EBADMSG || r == -ENOENT)
		r = state_begin(rules, &open->list);
	free(state);
	return r == -ENOMEM ? err_oom(err) : r;
}

/* The rules of one workload as the database has them, where memory has another's. */
static int rules_load(struct recorder *recorder, struct store *store,
	const struct workload_rules *wanted, struct open_alerts *open, struct err *err)
{
	const uint64_t subject = wanted->subject;
	struct recorder_alerts *alerts = recorder->alerts;
	struct workload_rules *rules = NULL;
	int r = 0;

	for (size_t i = 0; i < alerts->rules_count && !rules; i++)
		if (alerts->rules[i]->subject == subject)
			rules = alerts->rules[i];
	if (rules && rules->workload_id == wanted->workload_id)
		return 0;
	if (!rules)
		r = rules_add(alerts, subject, &rules, err);
	if (r < 0)
		return r;
	rules_clear(rules);
	rules->step_s = wanted->step_s;
	rules->workload_id = wanted->workload_id;
	r = rules_read(recorder, store, rules, open, err);
	if (r < 0) {
		rules->workload_id = 0; /* not loaded: asked again */
		return r;
	}
	for (size_t i = 0; i < rules->count; i++) {
		alerts->has_open = alerts->has_open || rules->watch[i].alert_id;
		rules->alert_id_before[i] = rules->watch[i].alert_id;
	}
	if (subject != SUBJECT_OWN)
		return 0;
	alerts->pending_count = 0;
	alerts->number = alerts->kept = rules->number;
	alerts->is_loaded = true;
	return 0;
}

bool alerts_are_loaded(const struct recorder *recorder)
{
	const struct recorder_alerts *alerts = recorder->alerts;

	return alerts->is_loaded &&
		alerts->rules[0]->workload_id == recorder->workload_id &&
		alerts->rules_count > recorder->subject_count - recorder->refused_count;
}

int alerts_load(struct recorder *recorder, struct store *store, struct err *err)
{
	struct open_alerts open = { .is_read = false };
	struct workload_rules wanted = { .subject = SUBJECT_OWN,
		.workload_id = recorder->workload_id,
		.step_s = recorder_step_s(recorder) };
	int r = rules_load(recorder, store, &wanted, &open, err);

	for (size_t i = 0; i < recorder->subject_count && r == 0; i++) {
		const struct recorder_subject *of = recorder->subject[i];

		wanted = (struct workload_rules){ .subject = of->subject.id,
			.workload_id = of->workload_id,
			.step_s = of->subject.step_s };
		if (of->workload_id)
			r = rules_load(recorder, store, &wanted, &open, err);
	}
	alert_list_done(&open.list);
	return r;
}

static int state_keep(
	struct workload_rules *rules, struct store *store, struct err *err)
{
	size_t bytes = rules->count * sizeof(struct alert_watch);
	unsigned char *state = malloc(bytes + sizeof(struct alert_memory));
	int r;

	if (!state)
		return err_oom(err);
	if (bytes > 0)
		memcpy(state, rules->watch, bytes);
	memcpy(state + bytes, &rules->memory, sizeof(struct alert_memory));
	r = store_alert_state_set(store, rules->workload_id, (int64_t)rules->number,
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

static int in_maintenance(struct store *store, int64_t workload_id, int64_t stamp,
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
				window->workload_id == workload_id))
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
	const struct alert_pending *pending, struct err *err)
{
	const struct alert_change *change = &pending->change;
	int64_t workload_id = pending->rules->workload_id;
	struct alert_watch *watch = &pending->rules->watch[change->watch];
	const char *held_back;
	bool is_maintained = false;
	int r = in_maintenance(store, workload_id, change->stamp, &is_maintained, err);

	held_back = is_maintained ? "held back: maintenance" : NULL;
	if (r == 0 && change->events & EXCURSION_ENDED && watch->alert_id)
		r = record_excursion(store, watch->alert_id, &change->ended, err);
	if (r == 0 && change->events & EXCURSION_ALERT_OPENED) {
		r = store_alert_open(store, workload_id, alert_kind_names[watch->kind],
			watch->subject, change->opened, change->height,
			watch->limit.limit, alert_kind_units[watch->kind],
			&watch->alert_id, err);
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
	for (size_t i = 0; i < alerts->rules_count && r == 0; i++)
		if (i == 0 || alerts->rules[i]->is_touched)
			r = state_keep(alerts->rules[i], store, err);
	return r;
}
