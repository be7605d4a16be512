#include "collectord/recorder/recorder.h"

#include "collectord/link/footprint.h"
#include "collectord/link/tick_layout.h"
#include "common/io.h"
#include "store/rrd/header_slots.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	TAKE_MAX = RING_SLOTS, /* records at a time */
	UNREADABLE_TRIES = 8,
	LAYOUTS_MOST = 64, /* kept beside staging before old ones go */
	BACKOFF_FIRST_MS = 500,
	BACKOFF_MAX_MS = 10000,
};

int64_t recorder_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

unsigned recorder_step_s(const struct recorder *recorder)
{
	return (unsigned)recorder->settings.interval.number;
}

void recorder_failed(struct recorder *recorder, struct recorder_trouble *trouble,
	const char *what, const struct err *err)
{
	trouble->backoff_ms =
		trouble->backoff_ms ? 2 * trouble->backoff_ms : BACKOFF_FIRST_MS;
	if (trouble->backoff_ms > BACKOFF_MAX_MS)
		trouble->backoff_ms = BACKOFF_MAX_MS;
	trouble->retry_ms = recorder_now_ms() + trouble->backoff_ms;
	if (trouble->has_failed)
		return; /* told once, however long it lasts */
	log_warning(&recorder->log, "%s: %s; ticks are held, next try in %.1f s", what,
		err->text, (double)trouble->backoff_ms / 1000);
	trouble->since_ms = recorder_now_ms();
	snprintf(trouble->why, sizeof(trouble->why), "%s: %.180s", what, err->text);
	trouble->has_failed = true;
}

void recorder_trouble_text(const struct recorder_trouble *trouble,
	char ret_text[static RECORDER_NOTE_BYTES])
{
	snprintf(ret_text, RECORDER_NOTE_BYTES,
		"for %.1f s nothing could be stored: %s",
		(double)(recorder_now_ms() - trouble->since_ms) / 1000, trouble->why);
}

void recorder_succeeded(struct recorder *recorder, struct recorder_trouble *trouble)
{
	if (trouble->has_failed)
		log_notice(&recorder->log, "all is well again");
	/* a batch writes its own event with what it stores */
	if (trouble->has_failed && trouble == &recorder->staging_trouble)
		recorder_trouble_text(trouble, recorder->trouble_note);
	*trouble = (struct recorder_trouble){ .has_failed = false };
}

/* ---- ring and staging ------------------------------------------------------------ */

static void id_from_text(const char *text, unsigned char ret_id[static 16])
{
	memset(ret_id, 0, 16);
	for (unsigned i = 0; i < 32 && text[i]; i++) {
		const char *digits = "0123456789abcdef";
		const char *found = strchr(digits, text[i]);
		unsigned digit = found ? (unsigned)(found - digits) : 0;

		ret_id[i / 2] |= (unsigned char)(i % 2 ? digit : digit << 4);
	}
}

static void ring_connect(struct recorder *recorder)
{
	unsigned char store_id[16];
	char path[RECORDER_PATH_BYTES];
	struct err err = ERR_INIT;
	int r;

	if (recorder->ring && !ring_is_superseded(recorder->ring))
		return;
	ring_close(recorder->ring);
	recorder->ring = NULL;
	if (recorder->is_one_shot)
		return;
	id_from_text(recorder->settings.store_id, store_id);
	snprintf(path, sizeof(path), "%s/ring", recorder->settings.runtime);
	r = ring_open(path, store_id, &recorder->ring, &err);
	if (r < 0 && r != -ENOENT)
		log_warning(&recorder->log, "%s", err.text);
}

void recorder_identity(
	const struct recorder *recorder, struct staging_identity *identity)
{
	const struct settings *settings = &recorder->settings;

	memset(identity, 0, sizeof(*identity)); /* its padding is under a checksum */
	id_from_text(settings->store_id, identity->store_id);
	snprintf(identity->name, sizeof(identity->name), "%.127s", settings->name.text);
	identity->step_s = recorder_step_s(recorder);
	identity->rows = (struct rra_settings){
		.base_keep_s = (uint64_t)settings->keep_base.number,
		.fine_step_s = (unsigned)settings->fine_step.number,
		.fine_keep_s = (uint64_t)settings->keep_fine.number,
		.coarse_step_s = (unsigned)settings->coarse_step.number,
		.coarse_keep_s = (uint64_t)settings->keep_coarse.number,
	};
}

/* A file that cannot be used is kept for whoever wants to look. */
static void staging_set_aside(struct recorder *recorder, const struct err *why)
{
	const char *data = recorder->settings.data.text;
	char from[RECORDER_PATH_BYTES], to[RECORDER_PATH_BYTES];

	snprintf(from, sizeof(from), "%s/%s", data, STAGING_NAME);
	snprintf(to, sizeof(to), "%s/%s.damaged", data, STAGING_NAME);
	log_error(
		&recorder->log, "%s; it is moved to %s and begun anew", why->text, to);
	if (rename(from, to) < 0)
		log_error(&recorder->log, "%s: %s", from, strerror(errno));
}

static int staging_make(struct recorder *recorder, uint64_t first_number,
	int64_t last_stamp_s, struct err *err)
{
	struct staging_identity identity;
	uint64_t bytes =
		staging_size_for(recorder->values_most, recorder_step_s(recorder),
			(unsigned)recorder->settings.batch_interval.number);
	uint64_t saved = 0;
	int r;

	recorder_identity(recorder, &identity);
	if (recorder->staging)
		memcpy(identity.folder, staging_identity(recorder->staging)->folder,
			sizeof(identity.folder));
	/* numbers go on behind what the saved headers and the database know */
	r = header_slots_mark(recorder->settings.data.text, &saved, err);
	if (r < 0 && r != -ENOENT)
		return r;
	if (first_number <= saved)
		first_number = saved + 1;
	if (first_number <= recorder->recorded)
		first_number = recorder->recorded + 1;
	return staging_create(recorder->settings.data.text, &identity, bytes,
		first_number, last_stamp_s, err);
}

/* Made for another step: begun anew when nothing was ever in it, else refused. */
static int staging_other_step(struct recorder *recorder, struct err *err)
{
	unsigned step_s = staging_identity(recorder->staging)->step_s;
	struct staging_status status;
	int r;

	staging_get_status(recorder->staging, &status);
	staging_close(recorder->staging);
	recorder->staging = NULL;
	if (status.last_stamp_s > 0) {
		recorder->has_other_step = true;
		return err_set(err, -EEXIST,
			"the store was sampled at %u s, the setting interval says %u s",
			step_s, recorder_step_s(recorder));
	}
	r = staging_make(recorder, status.newest + 1, 0, err);
	if (r == 0)
		r = staging_open(recorder->settings.data.text, STAGING_WRITE,
			&recorder->staging, err);
	return r;
}

/* A disk that does not give some blocks may give them a little later; when it does not,
 * the rest is used. */
static int staging_check_readable(struct recorder *recorder, struct err *err)
{
	struct staging_status status;

	staging_get_status(recorder->staging, &status);
	if (!status.unreadable || recorder->unreadable_tries++ >= UNREADABLE_TRIES)
		return 0;
	staging_close(recorder->staging);
	recorder->staging = NULL;
	return err_set(err, -EIO, "%llu blocks of staging cannot be read",
		(unsigned long long)status.unreadable);
}

static int staging_connect(struct recorder *recorder, struct err *err)
{
	const char *data = recorder->settings.data.text;
	int r = staging_open(data, STAGING_WRITE, &recorder->staging, err);

	if (r == -EBADMSG)
		staging_set_aside(recorder, err);
	if ((r == -ENOENT || r == -EBADMSG) && !recorder->is_one_shot) {
		r = staging_make(recorder, 1, 0, err);
		if (r == 0)
			r = staging_open(data, STAGING_WRITE, &recorder->staging, err);
	}
	if (r < 0)
		return r;
	r = staging_check_readable(recorder, err);
	if (r < 0)
		return r;
	if (!recorder->is_one_shot &&
		staging_identity(recorder->staging)->step_s !=
			recorder_step_s(recorder))
		return staging_other_step(recorder, err);
	return 0;
}

void recorder_connect(struct recorder *recorder)
{
	struct err err = ERR_INIT;
	struct staging_status status;
	int r = 0;

	ring_connect(recorder);
	if (!recorder->ring && !recorder->is_one_shot)
		return;
	if (recorder->ring &&
		ring_value_capacity(recorder->ring) > recorder->values_most)
		recorder->values_most = ring_value_capacity(recorder->ring);
	if (!recorder->staging &&
		recorder_now_ms() >= recorder->staging_trouble.retry_ms) {
		r = staging_connect(recorder, &err);
		if (r < 0)
			recorder_failed(
				recorder, &recorder->staging_trouble, "staging", &err);
		else
			recorder_succeeded(recorder, &recorder->staging_trouble);
		/* ticks are staged whatever the database says; the batch asks again */
		if (r == 0 && recorder->workload_id == 0)
			r = recorder_enter(recorder, &err);
		if (r == -EEXIST)
			recorder->has_other_step = true;
	}
	if (recorder->ring && recorder->staging) {
		staging_get_status(recorder->staging, &status);
		ring_set_gauge(recorder->ring, RING_STORE_LAST_S, status.last_stamp_s);
		ring_set_gauge(recorder->ring, RING_STORE_READY, 1);
	}
}

/* ---- layouts --------------------------------------------------------------------- */

/* The layout is beside staging, durable, before the first tick that uses it. */
static int layout_keep(struct recorder *recorder, uint64_t id, struct err *err)
{
	char folder[RECORDER_PATH_BYTES], path[RECORDER_PATH_BYTES + 32];
	char name[LAYOUT_FILE_NAME_BYTES];
	struct layout layout;
	struct strbuf text;
	int r;

	for (size_t i = 0; i < RECORDER_KNOWN_LAYOUTS; i++)
		if (recorder->known_layout[i] == id)
			return 0;
	layout_file_name(id, name);
	snprintf(folder, sizeof(folder), "%s/%s", recorder->settings.data.text,
		LAYOUTS_FOLDER);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (access(path, F_OK) < 0) {
		r = layout_load(recorder->settings.runtime, id, &layout, err);
		if (r < 0)
			return r;
		strbuf_init(&text, LAYOUT_TEXT_MAX);
		r = layout_print(&layout, &text, err);
		if (r == 0)
			r = io_make_folders(folder, 0750, err);
		if (r == 0)
			r = io_replace_file(AT_FDCWD, path, strbuf_text(&text),
				text.length, 0640, IO_DURABLE, err);
		strbuf_done(&text);
		layout_done(&layout);
		if (r < 0)
			return r;
	}
	recorder->known_layout[recorder->known_next++ % RECORDER_KNOWN_LAYOUTS] = id;
	return 0;
}

/* Layouts that nothing in staging uses any more, once there are many. */
static void layouts_tidy(const struct recorder *recorder)
{
	char folder[RECORDER_PATH_BYTES], name[LAYOUT_FILE_NAME_BYTES];
	struct dirent *entry;
	unsigned count = 0;
	DIR *dir;

	snprintf(folder, sizeof(folder), "%s/%s", recorder->settings.data.text,
		LAYOUTS_FOLDER);
	dir = opendir(folder);
	if (!dir)
		return;
	while (readdir(dir) != NULL)
		count++;
	rewinddir(dir);
	while (count > LAYOUTS_MOST && (entry = readdir(dir)) != NULL) {
		bool is_known = entry->d_name[0] == '.';

		for (size_t i = 0; i < RECORDER_KNOWN_LAYOUTS && !is_known; i++) {
			layout_file_name(recorder->known_layout[i], name);
			is_known = strcmp(entry->d_name, name) == 0;
		}
		if (!is_known)
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	}
	closedir(dir);
}

/* More adapters or disks than the ring was made for: two batches must fit. */
static void staging_grow(struct recorder *recorder, const struct staging_status *status)
{
	uint64_t wanted =
		staging_size_for(recorder->values_most, recorder_step_s(recorder),
			(unsigned)recorder->settings.batch_interval.number);
	struct staging *grown = NULL;
	struct err err = ERR_INIT;
	int r;

	if (wanted <= status->bytes + STAGING_HEADS_BYTES)
		return;
	r = staging_make(recorder, status->newest + 1, status->last_stamp_s, &err);
	if (r == 0)
		r = staging_open(
			recorder->settings.data.text, STAGING_WRITE, &grown, &err);
	if (r < 0) {
		log_warning(&recorder->log, "%s; it stays as it is", err.text);
		return;
	}
	staging_close(recorder->staging);
	recorder->staging = grown;
	staging_release(recorder->staging, recorder->recorded);
}

void recorder_tidy(struct recorder *recorder)
{
	struct staging_status status;

	staging_get_status(recorder->staging, &status);
	if (recorder->is_one_shot || status.newest > status.mark ||
		recorder->recorded < status.mark)
		return; /* something is still on its way */
	layouts_tidy(recorder);
	staging_grow(recorder, &status);
	/* also where ticks come so fast that it never rests: free memory would be in pieces */
	footprint_shrink();
}

/* ---- taking ---------------------------------------------------------------------- */

/* What was taken from the ring and is not yet in staging. */
struct taking {
	struct record record[TAKE_MAX];
	size_t count;
	uint64_t sequence; /* the ring up to here is in it, or passed over */
	uint64_t event_sequence;
	int64_t last_stamp_s;
	uint64_t last_number;
	int64_t booted_at_s;
	uint64_t boot_key;
};

uint64_t recorder_waiting(const struct recorder *recorder)
{
	if (!recorder->ring)
		return 0;
	return ring_released(recorder->ring) - ring_acknowledged(recorder->ring);
}

/* One slot; 1: taken or passed over, 0: not in this frame, or a negative errno. */
static int take_slot(struct recorder *recorder, struct taking *taking,
	uint64_t sequence, struct err *err)
{
	const struct ring_slot *slot;
	int r = ring_peek(recorder->ring, sequence, &slot);

	if (r == -EBADMSG) {
		ring_count(recorder->ring, RING_COUNT_CORRUPT, 1);
		return 1;
	}
	if (r < 0 || slot->flags & RING_DISCARD)
		return 1; /* acknowledged meanwhile, or counted by the sampler */
	if (slot->stamp_s <= taking->last_stamp_s) {
		if (slot->sequence > taking->last_number)
			ring_count(recorder->ring, RING_COUNT_DISCARDED, 1);
		return 1; /* else we died after staging it and before we said so */
	}
	if (taking->count && taking->boot_key != slot->boot_key)
		return 0;
	r = layout_keep(recorder, slot->layout_id, err);
	if (r == -ENOENT || r == -EBADMSG) {
		ring_count(recorder->ring, RING_COUNT_CORRUPT, 1);
		log_error(&recorder->log, "a tick without its layout is dropped: %s",
			err->text);
		return 1;
	}
	if (r < 0)
		return r;
	if (taking->count == 0)
		taking->booted_at_s = slot->stamp_s - slot->boottime_ns / 1000000000;
	taking->boot_key = slot->boot_key;
	taking->last_stamp_s = slot->stamp_s;
	taking->last_number = slot->sequence;
	taking->record[taking->count++] = (struct record){ .kind = RECORD_TICK,
		.flags = slot->flags & 0xff,
		.number = slot->sequence,
		.stamp_s = slot->stamp_s,
		.layout = slot->layout_id,
		.values = slot->values,
		.count = slot->count };
	return 1;
}

static int take_slots(struct recorder *recorder, struct taking *taking, struct err *err)
{
	uint64_t released = ring_released(recorder->ring);

	while (taking->sequence < released && taking->count < TAKE_MAX - 1) {
		int r = take_slot(recorder, taking, taking->sequence + 1, err);

		if (r < 0)
			return r;
		if (r == 0)
			break;
		taking->sequence++;
	}
	return 0;
}

/* Events follow the ticks of their frame; kind and text with a tab between. */
static void take_events(struct recorder *recorder, struct taking *taking)
{
	unsigned incarnation = (unsigned)ring_incarnation(recorder->ring) & 0xff;
	size_t used = 0;
	const struct ring_event *event;

	while (taking->count < TAKE_MAX && used < RING_EVENTS &&
		taking->event_sequence < ring_event_head(recorder->ring)) {
		int r = ring_peek_event(
			recorder->ring, taking->event_sequence + 1, &event);

		taking->event_sequence++;
		if (r < 0)
			continue;
		snprintf(recorder->event_text[used], sizeof(recorder->event_text[used]),
			"%s\t%.*s", ring_event_kind_name(event->kind),
			RING_EVENT_TEXT_BYTES - 1, event->text);
		taking->record[taking->count++] = (struct record){ .kind = RECORD_EVENT,
			.flags = incarnation,
			.stamp_s = event->when_s,
			.number = event->sequence,
			.text = recorder->event_text[used],
			.length = strlen(recorder->event_text[used]) };
		used++;
	}
}

/* Appends it all; then the ring may forget it. */
static int stage(
	struct recorder *recorder, const struct taking *taking, struct err *err)
{
	const unsigned char *boot_id = ring_boot_id(recorder->ring);

	for (size_t done = 0; done < taking->count;) {
		size_t taken = 0;
		int r = staging_append(recorder->staging, taking->record + done,
			taking->count - done, boot_id, taking->booted_at_s, &taken,
			err);

		if (r < 0)
			return r;
		done += taken;
	}
	ring_acknowledge(recorder->ring, taking->sequence);
	ring_acknowledge_events(recorder->ring, taking->event_sequence);
	return 0;
}

int recorder_take(struct recorder *recorder, struct err *err)
{
	struct staging_status status;
	int r = 0;

	if (!recorder->ring || !recorder->staging)
		return 0;
	staging_get_status(recorder->staging, &status);
	do {
		struct taking taking = { .sequence = ring_acknowledged(recorder->ring),
			.event_sequence = ring_event_acknowledged(recorder->ring),
			.last_stamp_s = status.last_stamp_s,
			.last_number = status.last_number };

		r = take_slots(recorder, &taking, err);
		if (r == 0)
			take_events(recorder, &taking);
		if (r == 0)
			r = stage(recorder, &taking, err);
		staging_get_status(recorder->staging, &status);
	} while (r == 0 && recorder_waiting(recorder) > 0);
	if (r == 0) {
		recorder->staged_ms = recorder_now_ms();
		recorder_succeeded(recorder, &recorder->staging_trouble);
	}
	return r;
}
