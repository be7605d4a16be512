/* What a batch brings to the database: gaps, boots, events, the span, health. */
#include "collectord/recorder/recorder_store.h"

#include "collectord/link/tick_layout.h"
#include "collectord/recorder/recorder_alert.h"
#include "collectord/recorder/recorder_db.h"
#include "collectord/recorder/recorder_health.h"
#include "collectord/recorder/recorder_identity.h"
#include "collectord/recorder/recorder_trouble.h"
#include "common/clock.h"
#include "common/hex.h"
#include "common/util.h"
#include "store/db/events.h"
#include "store/dir/data_dir.h"
#include "store/store.h"
#include "store/db/workloads.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	LOCK_WAIT_MS = 20, /* staging goes on meanwhile: asked again soon */
	BOOT_TEXT_BYTES = 37,
};

/* Frames up to here were recorded, the stamp of their last tick, and the last event: its
 * number and its ring (an event may be staged twice when a kill came in between). */
enum { RECORDED_NUMBER, RECORDED_STAMP, RECORDED_EVENT, RECORDED_RING, RECORDED_COUNT };
static const char recorded_key[] = "recorder.recorded";

/* ---- the workload ------------------------------------------------------------------ */

/* The workload that this daemon has filled so far, whatever it is called by now. */
static int workload_of_folder(struct store *store, const char *folder,
	struct workload *ret_workload, struct err *err)
{
	struct workload_list list;
	int r = store_workloads(store, &list, err);

	if (r < 0)
		return r;
	r = -ENOENT;
	for (size_t i = 0; i < list.count && r == -ENOENT; i++) {
		if (list.workload[i].source != SOURCE_SAMPLED ||
			strcmp(list.workload[i].folder, folder) != 0)
			continue;
		*ret_workload = list.workload[i];
		ret_workload->name = NULL; /* not ours, and not asked for */
		ret_workload->folder = NULL;
		r = 0;
	}
	workload_list_done(&list);
	return r;
}

static int workload_enter(struct recorder *recorder, struct store *store,
	struct staging_identity *identity, struct err *err)
{
	const struct staging_identity *before = staging_identity(recorder->staging);
	struct workload workload = { .id = 0 };
	int r = -ENOENT;

	if (before->folder[0] && strcmp(before->name, identity->name) == 0)
		r = workload_of_folder(store, before->folder, &workload, err);
	if (r == 0) {
		memcpy(identity->folder, before->folder, sizeof(identity->folder));
		if (workload.step_s != recorder_step_s(recorder))
			return err_set(err, -EEXIST,
				"the store was sampled at %u s, the setting interval "
				"says %u s",
				workload.step_s, recorder_step_s(recorder));
	} else if (r == -ENOENT) {
		r = store_workload_ensure(store, identity->name, SOURCE_SAMPLED,
			recorder_step_s(recorder), 0, &workload, err);
		if (r < 0)
			return r;
		snprintf(identity->folder, sizeof(identity->folder), "%s",
			workload.folder);
	}
	if (r == 0)
		recorder->workload_id = workload.id;
	workload_done(&workload);
	return r;
}

/* ---- limits: as the daemon has them, for who drains staging where none runs --------- */

enum {
	LIMIT_MEMORY,
	LIMIT_OVERHEAD,
	LIMIT_CORE,
	LIMIT_DISK,
	LIMIT_SATURATION,
	LIMIT_CELSIUS,
	LIMIT_WEBHOOK,
	LIMIT_MAIL,
	LIMIT_COUNT
};
static const char limits_key[] = "recorder.limits";

static int limits_leave(struct recorder *recorder, struct store *store, struct err *err)
{
	const struct settings *settings = &recorder->settings;
	const int64_t limits[LIMIT_COUNT] = {
		[LIMIT_MEMORY] = settings->alert_memory_limit_bytes.number,
		[LIMIT_OVERHEAD] = settings->alert_memory_overhead_mb.number,
		[LIMIT_CORE] = settings->alert_core_mhz.number,
		[LIMIT_DISK] = settings->alert_disk_percent.number,
		[LIMIT_SATURATION] = settings->alert_saturation_percent.number,
		[LIMIT_CELSIUS] = settings->alert_celsius.number,
		[LIMIT_WEBHOOK] = *settings->alert_webhook.text != '\0',
		[LIMIT_MAIL] = *settings->alert_mail_to.text != '\0',
	};

	recorder->are_limits_known = true;
	recorder->has_webhook = limits[LIMIT_WEBHOOK];
	recorder->has_mail = limits[LIMIT_MAIL];
	return recorder_meta_set_numbers(store, limits_key, limits, LIMIT_COUNT, err);
}

static int limits_find(struct recorder *recorder, struct store *store, struct err *err)
{
	struct settings *settings = &recorder->settings;
	int64_t limits[LIMIT_COUNT] = { 0 };
	size_t found = 0;
	int r = recorder_meta_numbers(
		store, limits_key, limits, LIMIT_COUNT, &found, err);

	if (r < 0 || found != LIMIT_COUNT)
		return r;
	settings->alert_memory_limit_bytes.number = limits[LIMIT_MEMORY];
	settings->alert_memory_overhead_mb.number = limits[LIMIT_OVERHEAD];
	settings->alert_core_mhz.number = limits[LIMIT_CORE];
	settings->alert_disk_percent.number = limits[LIMIT_DISK];
	settings->alert_saturation_percent.number = limits[LIMIT_SATURATION];
	settings->alert_celsius.number = limits[LIMIT_CELSIUS];
	recorder->has_webhook = limits[LIMIT_WEBHOOK];
	recorder->has_mail = limits[LIMIT_MAIL];
	recorder->are_limits_known = true;
	return 0;
}

/* A frame may be overwritten once it is in the database and judged. */
static void release_frames(struct recorder *recorder)
{
	uint64_t kept = recorder_alerts_kept(recorder);

	staging_release(recorder->staging,
		kept < recorder->recorded ? kept : recorder->recorded);
}

static int enter_in(struct recorder *recorder, struct store *store, struct err *err)
{
	int64_t recorded[RECORDED_COUNT] = { 0 };
	struct staging_identity identity;
	size_t found = 0;
	int r;

	recorder_identity(recorder, &identity);
	r = workload_enter(recorder, store, &identity, err);
	if (r == 0)
		r = recorder_meta_numbers(
			store, recorded_key, recorded, RECORDED_COUNT, &found, err);
	if (r == 0)
		r = recorder->is_one_shot ? limits_find(recorder, store, err)
					  : limits_leave(recorder, store, err);
	if (r == 0)
		r = recorder_alerts_enter(recorder, store, err);
	if (r < 0)
		return r;
	recorder->recorded = (uint64_t)recorded[RECORDED_NUMBER];
	recorder->is_recorded_known = true;
	release_frames(recorder);
	/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): padding is zero in both */
	if (memcmp(&identity, staging_identity(recorder->staging), sizeof(identity)) ==
		0)
		return 0;
	return staging_set_identity(recorder->staging, &identity, err);
}

int recorder_enter(struct recorder *recorder, struct err *err)
{
	struct store *store = NULL;
	int r = recorder_open_store(recorder, &store, err);

	if (r < 0)
		return r;
	r = store_begin(store, LOCK_WAIT_MS, err);
	if (r == 0) {
		if (store_notice(store)[0])
			log_warning(&recorder->log, "%s", store_notice(store));
		r = enter_in(recorder, store, err);
		if (r == 0)
			r = recorder_commit(store, err);
		else
			store_rollback(store);
	}
	if (r < 0)
		recorder->workload_id = 0;
	store_close(store);
	return r;
}

/* ---- the frames of a batch --------------------------------------------------------- */

/* A walk over the frames that are not yet in the database. */
struct recording {
	struct recorder *recorder;
	struct store *store;
	int64_t first_stamp_s, last_stamp_s; /* of its ticks; 0: none */
	int64_t previous_stamp_s;            /* of the tick before; 0: there was none */
	uint64_t ticks;
	uint64_t number;                  /* the last frame */
	int64_t event_number, event_ring; /* the last event */
};

static const struct {
	unsigned flag;
	const char *reason;
} gap_reasons[] = {
	{ RING_AFTER_SUSPEND, "suspend" },
	{ RING_AFTER_CLOCK, "clock" },
	{ RING_AFTER_START, "restart" },
	{ RING_AFTER_DROP, "dropped" },
	{ RING_AFTER_MISSED, "missed" },
};

static int note_gap(
	struct recording *recording, const struct record *tick, struct err *err)
{
	char reason[16] = "lost";
	struct gap gap = { .workload_id = recording->recorder->workload_id,
		.from = recording->previous_stamp_s,
		.to = tick->stamp_s - (int64_t)recorder_step_s(recording->recorder),
		.reason = reason };

	if (recording->previous_stamp_s == 0 || gap.from >= gap.to)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(gap_reasons); i++)
		if (tick->flags & gap_reasons[i].flag) {
			snprintf(reason, sizeof(reason), "%s", gap_reasons[i].reason);
			break;
		}
	return store_gap_add(recording->store, &gap, err);
}

static int note_event(
	struct recording *recording, const struct record *record, struct err *err)
{
	char kind[32] = "event", text[RECORD_TEXT_MAX];
	const char *tab = memchr(record->text, '\t', record->length);
	size_t skip = tab ? (size_t)(tab - record->text) + 1 : 0;
	struct event event = { .workload_id = recording->recorder->workload_id,
		.at = record->stamp_s,
		.kind = kind,
		.text = text };

	if (record->flags == (unsigned)recording->event_ring &&
		(int64_t)record->number <= recording->event_number)
		return 0; /* staged twice */
	recording->event_ring = record->flags;
	recording->event_number = (int64_t)record->number;
	if (tab)
		snprintf(kind, sizeof(kind), "%.*s", (int)(skip - 1), record->text);
	snprintf(text, sizeof(text), "%.*s", (int)(record->length - skip),
		record->text + skip);
	return store_event_add(recording->store, &event, err);
}

static int note_files(struct recording *recording, uint64_t id, struct err *err)
{
	struct recorder *recorder = recording->recorder;
	char folder[RECORDER_PATH_BYTES];
	struct layout layout;
	int r;

	if (recorder->noted_layout == id)
		return 0;
	r = data_path(recorder->settings.data.text, DATA_LAYOUTS, folder, err);
	if (r < 0)
		return r;
	if (layout_load(folder, id, &layout, err) < 0)
		return 0; /* the writer has told of it */
	r = 0;
	for (size_t i = 0; r == 0 && i < layout.file_count; i++)
		if (layout.file[i].count)
			r = store_archive_note(recording->store, recorder->workload_id,
				layout.file[i].name, err);
	layout_done(&layout);
	recorder->noted_layout = id;
	return r;
}

static int note_record(
	struct recording *recording, const struct record *record, struct err *err)
{
	int r;

	if (record->kind == RECORD_EVENT)
		return note_event(recording, record, err);
	if (record->stamp_s <= recording->previous_stamp_s)
		return 0; /* staged twice */
	r = note_gap(recording, record, err);
	if (r == 0)
		r = note_files(recording, record->layout, err);
	if (recording->first_stamp_s == 0)
		recording->first_stamp_s = record->stamp_s;
	recording->last_stamp_s = record->stamp_s;
	recording->previous_stamp_s = record->stamp_s;
	recording->ticks++;
	return r;
}

static int note_boot(
	struct recording *recording, const struct staging_frame *frame, struct err *err)
{
	char text[BOOT_TEXT_BYTES];
	struct boot boot = { .workload_id = recording->recorder->workload_id,
		.boot_id = text,
		.booted_at = frame->booted_at_s,
		.first_tick = frame->first_stamp_s,
		.last_tick = frame->last_stamp_s };
	char digits[2 * sizeof(frame->boot_id) + 1];

	if (frame->ticks == 0)
		return 0;
	hex_write(frame->boot_id, sizeof(frame->boot_id), digits);
	(void)snprintf(text, sizeof(text), "%.8s-%.4s-%.4s-%.4s-%s", digits, digits + 8,
		digits + 12, digits + 16, digits + 20);
	return store_boot_note(recording->store, &boot, err);
}

static int note_frame(
	struct recording *recording, const struct staging_frame *frame, struct err *err)
{
	struct staging *staging = recording->recorder->staging;
	const struct staging_frame copy = *frame; /* the index may move */
	const unsigned char *bytes;
	struct record_state state;
	struct record record;
	size_t size = 0, used = 0;
	int r = staging_load(staging, &copy, &bytes, &size, err);

	recording->number = copy.number;
	if (r < 0)
		return r == -EBADMSG ? 0 : r; /* its ticks are a gap from here */
	record_state_init(&state);
	while ((r = record_unpack(&state, bytes, size, &used, &record, err)) > 0) {
		r = note_record(recording, &record, err);
		if (r < 0)
			break;
	}
	record_state_done(&state);
	if (r < 0 && r != -EBADMSG)
		return r;
	return note_boot(recording, &copy, err);
}

/* ---- the transaction ------------------------------------------------------------------ */

static int span_note(struct recording *recording, struct err *err)
{
	const char *folder = staging_identity(recording->recorder->staging)->folder;
	struct workload workload;
	int r;

	if (recording->last_stamp_s == 0)
		return 0;
	r = workload_of_folder(recording->store, folder, &workload, err);
	if (r == -ENOENT)
		return err_set(err, r, "the workload is no longer in the database");
	if (r < 0)
		return r;
	return store_workload_set_span(recording->store, workload.id,
		workload.first ? workload.first : recording->first_stamp_s,
		recording->last_stamp_s, err);
}

/* An event of now, where there is a text. */
static int note_now(
	struct recording *recording, const char *what, char *text, struct err *err)
{
	char kind[32];
	struct event event = { .workload_id = recording->recorder->workload_id,
		.kind = kind,
		.text = text };

	if (!text[0])
		return 0;
	snprintf(kind, sizeof(kind), "%s", what);
	event.at = clock_wall_s();
	return store_event_add(recording->store, &event, err);
}

static int record_in(struct recording *recording, struct err *err)
{
	struct recorder *recorder = recording->recorder;
	int64_t recorded[RECORDED_COUNT] = { 0 };
	const struct staging_frame *frame;
	struct staging_status status;
	size_t found = 0;
	int r;

	r = recorder_meta_numbers(
		recording->store, recorded_key, recorded, RECORDED_COUNT, &found, err);
	if (r < 0)
		return r;
	staging_get_status(recorder->staging, &status);
	recording->previous_stamp_s = recorded[RECORDED_STAMP];
	recording->number = (uint64_t)recorded[RECORDED_NUMBER];
	recording->event_number = recorded[RECORDED_EVENT];
	recording->event_ring = recorded[RECORDED_RING];
	while ((frame = staging_next(recorder->staging, recording->number)) != NULL &&
		frame->number <= status.mark) {
		r = note_frame(recording, frame, err);
		if (r < 0)
			return r;
	}
	if (recording->number < status.mark)
		recording->number = status.mark;
	r = span_note(recording, err);
	if (r == 0)
		r = note_now(recording, "damage", recorder->note, err);
	if (r == 0)
		r = note_now(recording, "trouble", recorder->trouble_note, err);
	if (r == 0 && recorder->batch_trouble.has_failed) {
		char text[RECORDER_NOTE_BYTES];

		recorder_trouble_text(&recorder->batch_trouble, text);
		r = note_now(recording, "trouble", text, err);
	}
	if (r == 0)
		r = recorder_note_health(
			recorder, recording->store, recording->ticks, err);
	if (r == 0)
		r = recorder_alerts_save(recorder, recording->store, err);
	recorded[RECORDED_NUMBER] = (int64_t)recording->number;
	if (recording->last_stamp_s > 0)
		recorded[RECORDED_STAMP] = recording->last_stamp_s;
	recorded[RECORDED_EVENT] = recording->event_number;
	recorded[RECORDED_RING] = recording->event_ring;
	if (r == 0)
		r = recorder_meta_set_numbers(
			recording->store, recorded_key, recorded, RECORDED_COUNT, err);
	return r;
}

int recorder_record(struct recorder *recorder, struct err *err)
{
	struct recording recording = { .recorder = recorder };
	int r = recorder->workload_id ? 0 : recorder_enter(recorder, err);

	if (r == 0)
		r = recorder_open_store(recorder, &recording.store, err);
	if (r < 0)
		return r;
	r = store_begin(recording.store, LOCK_WAIT_MS, err);
	if (r == 0) {
		r = record_in(&recording, err);
		if (r == 0)
			r = recorder_commit(recording.store, err);
		else
			store_rollback(recording.store);
		recorder_alerts_saved(recorder, r == 0);
	}
	if (store_notice(recording.store)[0])
		log_warning(&recorder->log, "%s", store_notice(recording.store));
	store_close(recording.store);
	if (r < 0) {
		if (r != -EBUSY)
			recorder->workload_id =
				0; /* forgotten, perhaps: enter it anew */
		return r;
	}
	recorder->note[0] = '\0';
	recorder->trouble_note[0] = '\0';
	recorder->recorded = recording.number;
	release_frames(recorder);
	if (recorder->ring)
		ring_count(recorder->ring, RING_COUNT_STORED, recording.ticks);
	return 0;
}
