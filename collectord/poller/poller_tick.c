/* From the texts of a machine to a tick in the ring. */
#include "collectord/poller/poller.h"

#include "collectord/link/snapshot_columns.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

int poller_put_text(const struct polled *polled, const char *path, const char *text,
	size_t length, struct err *err)
{
	char whole[POLLER_PATH_BYTES + 256];
	char *slash;
	int fd, r;

	snprintf(whole, sizeof(whole), "%s/%.200s", polled->folder, path);
	fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0 && errno == ENOENT) {
		slash = strrchr(whole, '/');
		*slash = '\0';
		r = io_make_folders(whole, 0750, err);
		if (r < 0)
			return r;
		*slash = '/';
		fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
			0640);
	}
	if (fd < 0)
		return err_errno(err, "%s", whole);
	r = io_write_full(fd, text, length);
	close(fd);
	return r < 0 ? err_set(err, r, "%s: %s", whole, strerror(-r)) : 0;
}

static int change_layout(struct poller *poller, struct polled *polled,
	const struct snapshot *snapshot, struct err *err)
{
	struct layout layout;
	int r;

	layout_init(&layout, polled->subject.step_s);
	r = layout_of_snapshot(snapshot, polled->subject.step_s, &layout, err);
	if (r == 0)
		r = ring_widen(poller->ring, (unsigned)layout.column_count, err);
	if (r == 0)
		r = layout_save(&layout, poller->folder, err);
	if (r < 0) {
		layout_done(&layout);
		return r;
	}
	layout_done(&polled->layout);
	polled->layout = layout;
	polled->snapshot_layout_id = snapshot->layout_id;
	return 0;
}

static void poller_tick_publish(
	struct poller *poller, struct polled *polled, int64_t boottime_ns)
{
	const struct snapshot *snapshot = collect_snapshot(polled->collect);
	struct ring_seat *seat;
	struct err err = ERR_INIT;

	if (snapshot->layout_id != polled->snapshot_layout_id &&
		change_layout(poller, polled, snapshot, &err) < 0) {
		log_warning(&poller->log, "%s: %s", polled->host->name, err.text);
		polled->flags |= RING_AFTER_DROP;
		return;
	}
	seat = ring_reserve(poller->ring, (unsigned)snapshot->column_count);
	if (!seat) {
		ring_count(poller->ring, RING_COUNT_DROPPED, 1);
		polled->flags |= RING_AFTER_DROP;
		return;
	}
	seat->subject = polled->subject.id;
	seat->layout_id = polled->layout.id;
	seat->stamp_s = polled->asked_s;
	seat->boottime_ns = polled->booted_at_s
		? (polled->asked_s - polled->booted_at_s) * NS_PER_S
		: boottime_ns;
	seat->boot_key = (uint64_t)polled->booted_at_s;
	seat->step_s = polled->subject.step_s;
	seat->flags = polled->flags;
	memcpy(seat->values, snapshot->value, snapshot->column_count * sizeof(double));
	ring_publish(poller->ring, false);
	ring_count(poller->ring, RING_COUNT_TICKS, 1);
	polled->last_stamp_s = polled->asked_s;
	polled->flags = 0;
}

void poller_take(struct poller *poller, struct polled *polled)
{
	struct clock clock;
	struct clock_now now;
	struct rate_instant instant;
	char text[RING_EVENT_TEXT_BYTES];

	clock_init_kernel(&clock);
	clock.read(&clock, &now);
	instant = (struct rate_instant){ now.monotonic_ns, now.boottime_ns, 0 };
	if (polled->source_ns) /* the clock of who counts */
		instant = (struct rate_instant){ polled->source_ns, polled->source_ns,
			0 };
	collect_read(polled->collect, &instant);
	if (polled->is_primed && polled->asked_s > polled->last_stamp_s)
		poller_tick_publish(poller, polled, now.boottime_ns);
	polled->is_primed = true;
	if (polled->failures > 0) {
		log_notice(&poller->log, "%s answers again", polled->host->name);
		snprintf(
			text, sizeof(text), "%.100s answers again", polled->host->name);
		ring_add_event_of(poller->ring, polled->subject.id,
			RING_EVENT_SOURCE_WELL, polled->asked_s, 0, text);
	}
	polled->failures = 0;
	polled->asked_s = 0;
	poller->look_ns = 0;
}

void poller_fail(struct poller *poller, struct polled *polled, const char *why)
{
	char text[RING_EVENT_TEXT_BYTES];
	int64_t wait_s = polled->subject.step_s;

	snprintf(polled->why, sizeof(polled->why), "%s", why);
	if (polled->failures++ == 0) { /* told once, however long it lasts */
		log_warning(&poller->log, "%s: %s; its slots are unknown",
			polled->host->name, why);
		snprintf(text, sizeof(text), "%.60s: %.120s", polled->host->name, why);
		ring_add_event_of(poller->ring, polled->subject.id,
			RING_EVENT_SOURCE_LATE, polled->due_s, 0, text);
	}
	polled->flags |= RING_AFTER_MISSED;
	polled->asked_s = 0;
	poller->look_ns = 0;
	/* the next slot, then every second one, every fourth ... */
	for (unsigned i = 1; i < polled->failures && wait_s < POLLER_BACKOFF_MOST_S;
		i++)
		wait_s *= 2;
	if (wait_s > POLLER_BACKOFF_MOST_S)
		wait_s = POLLER_BACKOFF_MOST_S;
	polled->due_s += wait_s - polled->subject.step_s;
	polled->due_s -= polled->due_s % polled->subject.step_s;
}
