/* What a batch brings to the database: gaps, boots, events, the span, health. */
#include "collectord/recorder/recorder_store.h"

#include "collectord/link/tick_layout.h"
#include "collectord/recorder/recorder_alert.h"
#include "collectord/recorder/recorder_db.h"
#include "collectord/recorder/recorder_enter.h"
#include "collectord/recorder/recorder_health.h"
#include "collectord/recorder/recorder_identity.h"
#include "collectord/recorder/recorder_subject.h"
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
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	LOCK_WAIT_MS = 20, /* staging goes on meanwhile: asked again soon */
	BOOT_TEXT_BYTES = 37,
};

/* ---- the frames of a batch --------------------------------------------------------- */

/* What a walk finds of one workload. */
struct recording_of {
	int64_t workload_id;
	unsigned step_s;
	uint64_t *noted_layout;              /* borrowed */
	int64_t first_stamp_s, last_stamp_s; /* of its ticks; 0: none */
	int64_t previous_stamp_s;            /* of the tick before; 0: there was none */
	uint64_t ticks;
	int64_t event_number, event_ring; /* the last event */
	struct record_subject boot; /* the newest, and its ticks; id 0: none yet */
	int64_t boot_first_s;
};

/* A walk over the frames that are not yet in the database. */
struct recording {
	struct recorder *recorder;
	struct store *store;
	struct recording_of *of; /* the own machine, then recorder->subject in order */
	size_t near;             /* where the last of these was */
	uint64_t number;         /* the last frame */
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

static int note_gap(struct recording *recording, struct recording_of *of,
	const struct record *tick, struct err *err)
{
	char reason[16] = "lost";
	struct gap gap = { .workload_id = of->workload_id,
		.from = of->previous_stamp_s,
		.to = tick->stamp_s - (int64_t)of->step_s,
		.reason = reason };

	if (of->previous_stamp_s == 0 || gap.from >= gap.to)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(gap_reasons); i++)
		if (tick->flags & gap_reasons[i].flag) {
			snprintf(reason, sizeof(reason), "%s", gap_reasons[i].reason);
			break;
		}
	return store_gap_add(recording->store, &gap, err);
}

static int note_event(struct recording *recording, struct recording_of *of,
	const struct record *record, struct err *err)
{
	char kind[32] = "event", text[RECORD_TEXT_MAX];
	const char *tab = memchr(record->text, '\t', record->length);
	size_t skip = tab ? (size_t)(tab - record->text) + 1 : 0;
	struct event event = { .workload_id = of->workload_id,
		.at = record->stamp_s,
		.kind = kind,
		.text = text };

	if (record->flags == (unsigned)of->event_ring &&
		(int64_t)record->number <= of->event_number)
		return 0; /* staged twice */
	of->event_ring = record->flags;
	of->event_number = (int64_t)record->number;
	if (tab)
		snprintf(kind, sizeof(kind), "%.*s", (int)(skip - 1), record->text);
	snprintf(text, sizeof(text), "%.*s", (int)(record->length - skip),
		record->text + skip);
	return store_event_add(recording->store, &event, err);
}

static int note_files(struct recording *recording, struct recording_of *of, uint64_t id,
	struct err *err)
{
	struct recorder *recorder = recording->recorder;
	char folder[RECORDER_PATH_BYTES];
	struct layout layout;
	int r;

	if (*of->noted_layout == id)
		return 0;
	r = data_path(recorder->settings.data.text, DATA_LAYOUTS, folder, err);
	if (r < 0)
		return r;
	if (layout_load(folder, id, &layout, err) < 0)
		return 0; /* the writer has told of it */
	r = 0;
	for (size_t i = 0; r == 0 && i < layout.file_count; i++)
		if (layout.file[i].count)
			r = store_archive_note(recording->store, of->workload_id,
				layout.file[i].name, err);
	layout_done(&layout);
	*of->noted_layout = id;
	return r;
}

static int boot_add(struct recording *recording, int64_t workload_id,
	const unsigned char id[static 16], const struct boot *times, struct err *err)
{
	char text[BOOT_TEXT_BYTES], digits[2 * 16 + 1];
	struct boot boot = *times;

	boot.workload_id = workload_id;
	boot.boot_id = text;
	hex_write(id, 16, digits);
	(void)snprintf(text, sizeof(text), "%.8s-%.4s-%.4s-%.4s-%s", digits, digits + 8,
		digits + 12, digits + 16, digits + 20);
	return store_boot_note(recording->store, &boot, err);
}

/* Of the own machine: the frame tells. */
static int note_boot(
	struct recording *recording, const struct staging_frame *frame, struct err *err)
{
	struct boot boot = { .booted_at = frame->booted_at_s,
		.first_tick = frame->first_stamp_s,
		.last_tick = frame->last_stamp_s };

	if (frame->ticks == 0)
		return 0;
	return boot_add(
		recording, recording->of[0].workload_id, frame->boot_id, &boot, err);
}

/* Of another: when the next one begins, and at the end. */
static int note_boot_of(
	struct recording *recording, struct recording_of *of, struct err *err)
{
	struct boot boot = { .booted_at = of->boot.booted_at_s,
		.first_tick = of->boot_first_s,
		.last_tick = of->last_stamp_s };

	if (of->boot.id == SUBJECT_OWN)
		return 0;
	return boot_add(recording, of->workload_id, of->boot.boot_id, &boot, err);
}

static int follow_boot(struct recording *recording, struct recording_of *of,
	const struct record *tick, struct err *err)
{
	int r = 0;

	if (tick->subject.id == SUBJECT_OWN ||
		(of->boot.id &&
			memcmp(of->boot.boot_id, tick->subject.boot_id,
				sizeof(of->boot.boot_id)) == 0))
		return 0;
	r = note_boot_of(recording, of, err);
	of->boot = tick->subject;
	of->boot_first_s = tick->stamp_s;
	return r;
}

/* NULL: a workload that is not stored. */
static struct recording_of *recording_find(
	struct recording *recording, uint64_t subject)
{
	const struct recorder *recorder = recording->recorder;
	size_t at;

	if (subject == SUBJECT_OWN)
		return &recording->of[0];
	at = recorder_subject_index(recorder, subject, recording->near);
	if (at == SIZE_MAX)
		return NULL;
	recording->near = at;
	return recording->of[at + 1].workload_id ? &recording->of[at + 1] : NULL;
}

static int note_record(struct recording *recording, struct recording_of *of,
	const struct record *record, struct err *err)
{
	int r;

	if (record->kind == RECORD_EVENT)
		return note_event(recording, of, record, err);
	if (record->stamp_s <= of->previous_stamp_s)
		return 0; /* staged twice */
	r = follow_boot(recording, of, record, err);
	if (r == 0)
		r = note_gap(recording, of, record, err);
	if (r == 0)
		r = note_files(recording, of, record->layout, err);
	if (of->first_stamp_s == 0)
		of->first_stamp_s = record->stamp_s;
	of->last_stamp_s = record->stamp_s;
	of->previous_stamp_s = record->stamp_s;
	of->ticks++;
	return r;
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
		struct recording_of *of = recording_find(recording, record.subject.id);

		r = of ? note_record(recording, of, &record, err) : 0;
		if (r < 0)
			break;
	}
	record_state_done(&state);
	if (r < 0 && r != -EBADMSG)
		return r;
	return note_boot(recording, &copy, err);
}

/* ---- the transaction ------------------------------------------------------------------ */

static int span_note(struct recording *recording, const struct recording_of *of,
	const char *folder, struct err *err)
{
	struct workload workload;
	int r;

	if (of->last_stamp_s == 0)
		return 0;
	r = recorder_workload_of(recording->store, folder, &workload, err);
	if (r == -ENOENT)
		return err_set(err, r, "the workload is no longer in the database");
	if (r < 0)
		return r;
	return store_workload_set_span(recording->store, workload.id,
		workload.first ? workload.first : of->first_stamp_s, of->last_stamp_s,
		err);
}

/* Spans and boots of all workloads. */
static int spans_note(struct recording *recording, struct err *err)
{
	const struct recorder *recorder = recording->recorder;
	int r = span_note(recording, &recording->of[0],
		staging_identity(recorder->staging)->folder, err);

	for (size_t i = 0; i < recorder->subject_count && r == 0; i++) {
		struct recording_of *of = &recording->of[i + 1];

		r = span_note(recording, of, recorder->subject[i]->subject.folder, err);
		if (r == 0 && of->ticks)
			r = note_boot_of(recording, of, err);
	}
	return r;
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

/* How far it came (recorded) is written in the same transaction: after a crash it
 * goes on behind what is in the database, and no event stands there twice. */
static int record_in(struct recording *recording, struct err *err)
{
	struct recorder *recorder = recording->recorder;
	struct recording_of *own = &recording->of[0];
	int64_t recorded[RECORDED_COUNT] = { 0 };
	const struct staging_frame *frame;
	struct staging_status status;
	size_t found = 0;
	int r;

	r = recorder_meta_numbers(recording->store, recorder_recorded_key, recorded,
		RECORDED_COUNT, &found, err);
	if (r < 0)
		return r;
	staging_get_status(recorder->staging, &status);
	own->previous_stamp_s = recorded[RECORDED_STAMP];
	recording->number = (uint64_t)recorded[RECORDED_NUMBER];
	own->event_number = recorded[RECORDED_EVENT];
	own->event_ring = recorded[RECORDED_RING];
	while ((frame = staging_next(recorder->staging, recording->number)) != NULL &&
		frame->number <= status.mark) {
		r = note_frame(recording, frame, err);
		if (r < 0)
			return r;
	}
	if (recording->number < status.mark)
		recording->number = status.mark;
	r = spans_note(recording, err);
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
		r = recorder_note_health(recorder, recording->store, own->ticks, err);
	if (r == 0)
		r = recorder_alerts_save(recorder, recording->store, err);
	recorded[RECORDED_NUMBER] = (int64_t)recording->number;
	if (own->last_stamp_s > 0)
		recorded[RECORDED_STAMP] = own->last_stamp_s;
	recorded[RECORDED_EVENT] = own->event_number;
	recorded[RECORDED_RING] = own->event_ring;
	if (r == 0)
		r = recorder_meta_set_numbers(recording->store, recorder_recorded_key,
			recorded, RECORDED_COUNT, err);
	return r;
}

/* Each workload as it was left. */
static int recording_begin(struct recording *recording, struct err *err)
{
	struct recorder *recorder = recording->recorder;

	recording->of = calloc(recorder->subject_count + 1, sizeof(*recording->of));
	if (!recording->of)
		return err_oom(err);
	recording->of[0] = (struct recording_of){ .workload_id = recorder->workload_id,
		.step_s = recorder_step_s(recorder),
		.noted_layout = &recorder->noted_layout };
	for (size_t i = 0; i < recorder->subject_count; i++) {
		struct recorder_subject *of = recorder->subject[i];

		recording->of[i + 1] =
			(struct recording_of){ .workload_id = of->workload_id,
				.step_s = of->subject.step_s,
				.previous_stamp_s = of->recorded_s,
				.noted_layout = &of->noted_layout };
	}
	return 0;
}

/* It is in the database now. */
static void recording_done(struct recording *recording)
{
	struct recorder *recorder = recording->recorder;

	recorder->note[0] = '\0';
	recorder->trouble_note[0] = '\0';
	recorder->recorded = recording->number;
	for (size_t i = 0; i < recorder->subject_count; i++)
		if (recording->of[i + 1].last_stamp_s > 0)
			recorder->subject[i]->recorded_s =
				recording->of[i + 1].last_stamp_s;
	recorder_release_frames(recorder);
	if (recorder->ring)
		ring_count(recorder->ring, RING_COUNT_STORED, recording->of[0].ticks);
}

int recorder_record(struct recorder *recorder, struct err *err)
{
	struct recording recording = { .recorder = recorder };
	int r = recorder->workload_id && !recorder->has_unentered
		? 0
		: recorder_enter(recorder, err);

	if (r == 0)
		r = recording_begin(&recording, err);
	if (r == 0)
		r = recorder_open_store(recorder, &recording.store, err);
	if (r < 0) {
		free(recording.of);
		return r;
	}
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
	if (r == 0) {
		recording_done(&recording);
	} else if (r != -EBUSY) {
		recorder_enter_again(recorder); /* forgotten, perhaps */
	}
	free(recording.of);
	return r;
}
