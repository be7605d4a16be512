/* From the ring to staging. */
#include "collectord/recorder/recorder_take.h"

#include "collectord/recorder/recorder_folder.h"
#include "collectord/recorder/recorder_layout.h"
#include "collectord/recorder/recorder_subject.h"
#include "collectord/recorder/recorder_trouble.h"
#include "common/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* At a time; all events go with the first ticks, so that none comes after its own. */
enum { TAKE_TICKS = RING_SEATS, TAKE_MAX = TAKE_TICKS + RING_EVENTS };

/* One producer: its ring, and the folder in which it describes what is in it. */
struct intake {
	struct ring *ring;
	const char *dir;
};

/* ---- taking ---------------------------------------------------------------------- */

/* What was taken from the ring and is not yet in staging. */
struct frame_draft {
	struct record record[TAKE_MAX];
	size_t count;
	uint64_t sequence; /* the ring up to here is in it, or passed over */
	uint64_t event_sequence;
	int64_t last_stamp_s;
	uint64_t last_number;
	int64_t booted_at_s;
	uint64_t boot_key;
	bool has_own;    /* ticks of the own machine, whose boot the frame tells */
	uint64_t layout; /* ... and the layout of the last, which is kept */
};

uint64_t recorder_ring_waiting(const struct ring *ring)
{
	return ring ? ring_released(ring) - ring_acknowledged(ring) : 0;
}

uint64_t recorder_waiting(const struct recorder *recorder)
{
	return recorder_ring_waiting(recorder->ring) +
		recorder_ring_waiting(recorder->poller_ring);
}

static void append_tick(
	struct frame_draft *taking, const struct ring_seat *seat, uint64_t subject)
{
	struct record record = { .kind = RECORD_TICK,
		.flags = seat->flags & 0xff,
		.number = seat->sequence,
		.stamp_s = seat->stamp_s,
		.layout = seat->layout_id,
		.values = seat->values,
		.count = seat->count };

	if (subject != SUBJECT_OWN) {
		record.subject.id = subject;
		memcpy(record.subject.boot_id, &seat->boot_key, sizeof(seat->boot_key));
		record.subject.booted_at_s =
			seat->stamp_s - seat->boottime_ns / NS_PER_S;
	}
	taking->record[taking->count++] = record;
}

/* As take_ring_seat, of another workload. */
static int take_seat_of(struct recorder *recorder, const struct intake *intake,
	struct frame_draft *taking, const struct ring_seat *seat, struct err *err)
{
	struct recorder_subject *of = NULL;
	int r = recorder_subject_meet(recorder, intake->dir, seat->subject, &of, err);

	if (r == 0 && seat->stamp_s <= of->taken_stamp_s)
		return 1; /* we died after staging it and before we said so */
	if (r == 0)
		r = recorder_layout_keep(
			recorder, intake->dir, of, seat->layout_id, err);
	if (r == -ENOENT || r == -EBADMSG || r == -E2BIG) {
		ring_count(intake->ring, RING_COUNT_CORRUPT, 1);
		log_error(&recorder->log, "a tick of another machine is dropped: %s",
			err->text);
		return 1;
	}
	if (r < 0)
		return r;
	of->taken_stamp_s = seat->stamp_s;
	of->values = seat->count;
	append_tick(taking, seat, seat->subject);
	return 1;
}

/* What sums and differences bear: a checksum keeps no writer from any number. */
#define STAMP_MOST ((int64_t)1 << 40)

static bool is_time_sound(const struct ring_seat *seat)
{
	return seat->stamp_s >= 0 && seat->stamp_s <= STAMP_MOST &&
		seat->boottime_ns >= 0;
}

/* One seat; 1: taken or passed over, 0: not in this frame, or a negative errno. */
static int take_ring_seat(struct recorder *recorder, const struct intake *intake,
	struct frame_draft *taking, uint64_t sequence, struct err *err)
{
	const struct ring_seat *seat;
	int r = ring_peek(intake->ring, sequence, &seat);

	if (r == -EBADMSG || (r == 0 && !is_time_sound(seat))) {
		ring_count(intake->ring, RING_COUNT_CORRUPT, 1);
		return 1;
	}
	if (r < 0 || seat->flags & RING_DISCARD)
		return 1; /* acknowledged meanwhile, or counted by the sampler */
	if (seat->subject != SUBJECT_OWN)
		return take_seat_of(recorder, intake, taking, seat, err);
	if (seat->stamp_s <= taking->last_stamp_s) {
		if (seat->sequence > taking->last_number)
			ring_count(intake->ring, RING_COUNT_DISCARDED, 1);
		return 1; /* else we died after staging it and before we said so */
	}
	if (taking->has_own && taking->boot_key != seat->boot_key)
		return 0;
	/* looked for once in a frame: a hundred ticks in a row have the same */
	r = taking->has_own && taking->layout == seat->layout_id
		? 0
		: recorder_layout_keep(
			  recorder, intake->dir, NULL, seat->layout_id, err);
	if (r == -ENOENT || r == -EBADMSG) {
		ring_count(intake->ring, RING_COUNT_CORRUPT, 1);
		log_error(&recorder->log, "a tick without its layout is dropped: %s",
			err->text);
		return 1;
	}
	if (r < 0)
		return r;
	if (!taking->has_own)
		taking->booted_at_s = seat->stamp_s - seat->boottime_ns / NS_PER_S;
	taking->has_own = true;
	taking->layout = seat->layout_id;
	taking->boot_key = seat->boot_key;
	taking->last_stamp_s = seat->stamp_s;
	taking->last_number = seat->sequence;
	append_tick(taking, seat, SUBJECT_OWN);
	return 1;
}

static int take_seats(struct recorder *recorder, const struct intake *intake,
	struct frame_draft *taking, struct err *err)
{
	uint64_t released = ring_released(intake->ring);

	while (taking->sequence < released && taking->count < TAKE_TICKS) {
		int r = take_ring_seat(
			recorder, intake, taking, taking->sequence + 1, err);

		if (r < 0)
			return r;
		if (r == 0)
			break;
		taking->sequence++;
	}
	return 0;
}

/* Before the tick that it came with or before: what the alerts make of an event must not
 * depend on how many ticks happen to be taken together. */
static void insert_event(struct frame_draft *taking, const struct record *event)
{
	size_t at = taking->count;

	while (at > 0 && taking->record[at - 1].kind == RECORD_TICK &&
		taking->record[at - 1].stamp_s >= event->stamp_s &&
		taking->record[at - 1].subject.id == event->subject.id)
		at--;
	memmove(&taking->record[at + 1], &taking->record[at],
		(taking->count - at) * sizeof(taking->record[0]));
	taking->record[at] = *event;
	taking->count++;
}

/* Kind and text with a tab between. */
static void take_events(struct recorder *recorder, const struct intake *intake,
	struct frame_draft *taking)
{
	unsigned incarnation = (unsigned)ring_incarnation(intake->ring) & 0xff;
	size_t used = 0;
	const struct ring_event *event;

	while (taking->count < TAKE_MAX && used < RING_EVENTS &&
		taking->event_sequence < ring_event_head(intake->ring)) {
		int r = ring_peek_event(
			intake->ring, taking->event_sequence + 1, &event);

		taking->event_sequence++;
		/* of a workload that has no tick yet nothing can be told */
		if (r < 0 ||
			(event->subject != SUBJECT_OWN &&
				!recorder_subject_find(recorder, event->subject)))
			continue;
		snprintf(recorder->event_text[used], sizeof(recorder->event_text[used]),
			"%s\t%.*s", ring_event_kind_name(event->kind),
			RING_EVENT_TEXT_BYTES - 1, event->text);
		insert_event(taking,
			&(struct record){ .kind = RECORD_EVENT,
				.flags = incarnation,
				.stamp_s = event->when_s,
				.number = event->sequence,
				.subject.id = event->subject,
				.text = recorder->event_text[used],
				.length = strlen(recorder->event_text[used]) });
		used++;
	}
}

/* Appends it all, each frame durable when staging_append returns (O_DSYNC); then, and
 * not before, the ring may forget it: the tick is acknowledged. */
static int stage_taking(struct recorder *recorder, const struct intake *intake,
	const struct frame_draft *taking, struct err *err)
{
	const unsigned char *boot_id = ring_boot_id(intake->ring);

	for (size_t done = 0; done < taking->count;) {
		size_t taken = 0;
		int r = staging_append(recorder->staging, taking->record + done,
			taking->count - done, boot_id, taking->booted_at_s, &taken,
			err);

		if (r < 0)
			return r;
		done += taken;
	}
	ring_acknowledge(intake->ring, taking->sequence);
	ring_acknowledge_events(intake->ring, taking->event_sequence);
	return 0;
}

/* As long as something waits in this ring. */
static int take_from(
	struct recorder *recorder, const struct intake *intake, struct err *err)
{
	struct staging_status status;
	int r = 0;

	staging_get_status(recorder->staging, &status);
	do {
		struct frame_draft taking = { .sequence =
						      ring_acknowledged(intake->ring),
			.event_sequence = ring_event_acknowledged(intake->ring),
			.last_stamp_s = status.last_stamp_s,
			.last_number = status.last_number };

		for (size_t i = 0; i < recorder->subject_count; i++)
			recorder->subject[i]->taken_stamp_s =
				recorder->subject[i]->last_stamp_s;
		r = take_seats(recorder, intake, &taking, err);
		if (r == 0)
			take_events(recorder, intake, &taking);
		if (r == 0)
			r = stage_taking(recorder, intake, &taking, err);
		for (size_t i = 0; i < recorder->subject_count && r == 0; i++)
			recorder->subject[i]->last_stamp_s =
				recorder->subject[i]->taken_stamp_s;
		staging_get_status(recorder->staging, &status);
	} while (r == 0 && recorder_ring_waiting(intake->ring) > 0);
	return r;
}

/* Not while a writer runs, which has the file open, too. */
static int keep_staging(struct recorder *recorder, struct err *err)
{
	const char *data = recorder->settings.data.text;
	int r = recorder_folder_check(recorder, err);

	return r < 0 || recorder->child.pid
		? r
		: staging_keep(recorder->staging, data, err);
}

int recorder_take(struct recorder *recorder, struct err *err)
{
	char dir[RECORDER_PATH_BYTES];
	struct intake own = { recorder->ring, recorder->settings.runtime };
	struct intake poller = { recorder->poller_ring, dir };
	int r = 0;

	if (!recorder->ring || !recorder->staging)
		return 0;
	snprintf(dir, sizeof(dir), "%s/" RECORDER_POLLER_FOLDER,
		recorder->settings.runtime);
	r = keep_staging(recorder, err);
	if (r == 0)
		r = take_from(recorder, &own, err);
	if (r == 0 && recorder->poller_ring)
		r = take_from(recorder, &poller, err);
	if (r == 0) {
		recorder->staged_ms = clock_monotonic_ms();
		recorder_succeeded(recorder, &recorder->staging_trouble);
	}
	return r;
}
