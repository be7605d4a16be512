/* The main loop: sleep, tick, look after the children. */
#include "collectord/sampler/loop.h"

#include "collectord/sampler/runtime.h"
#include "collectord/sampler/sampler_event.h"
#include "common/clock.h"
#include "common/each_tick.h"
#include "common/util.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DRAIN_NS (15 * NS_PER_S)
#define DRAIN_VIRTUAL_NS (120 * NS_PER_S) /* weeks of samples go in minutes there */
#define POLLER_END_NS (2 * NS_PER_S)
#define INVENTORY_DELAY_NS (30 * NS_PER_S) /* the first ticks are not disturbed */
#define RECORDER_SILENT_NS (30 * NS_PER_S)
#define RECORDER_START_NS (900 * NS_PER_S)
#define TRIM_NS (3600 * NS_PER_S)
#define STATUS_NS (60 * NS_PER_S)
#define RUNTIME_NS (60 * NS_PER_S)
#define KEEP_UP_NS (NS_PER_S / 5000)
#define KEEP_UP_TRIES 300000 /* one minute of them */

/* Blocked for ever: the sleep takes them, one at a time. */
static void loop_block_signals(sigset_t *ret_signals)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD };

	sigemptyset(ret_signals);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		sigaddset(ret_signals, numbers[i]);
	(void)sigprocmask(SIG_BLOCK, ret_signals, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

static void take_signal(struct loop *loop, int number)
{
	if (number == SIGHUP)
		loop->is_reload_asked = true;
	else if (number == SIGCHLD)
		loop->has_child_ended = true;
	else if (number > 0)
		loop->is_end_asked = true;
}

/* Children live in the kernel's time, whatever the clock of the ticks says. */
static void nap(struct loop *loop, int64_t ns, const sigset_t *signals)
{
	struct clock kernel;

	clock_init_kernel(&kernel);
	take_signal(
		loop, kernel.sleep_until(&kernel, clock_monotonic_ns() + ns, signals));
}

/* ---- children ---------------------------------------------------------------- */

static void reap_children(struct loop *loop)
{
	static const enum ring_counter counters[CHILD_COUNT] = {
		[CHILD_RECORDER] = RING_COUNT_RECORDER_RESTARTS,
		[CHILD_HELPER] = RING_COUNT_HELPER_RESTARTS,
		[CHILD_NOTIFIER] = RING_COUNT_NOTIFIER_RESTARTS,
		[CHILD_POLLER] = RING_COUNT_POLLER_RESTARTS,
		[CHILD_SENDER] = RING_COUNT_SENDER_RESTARTS,
	};
	struct child_death death;

	loop->has_child_ended = false;
	while (supervise_reap(&loop->supervisor, clock_monotonic_ns(), &death)) {
		if (!death.was_wanted)
			continue;
		ring_count(loop->sampler.ring, counters[death.id], 1);
		sampler_event(&loop->sampler, RING_EVENT_CHILD_DIED, (int32_t)death.pid,
			"%s", death.text);
	}
}

/* From the settings, when they are read. */
static void set_patience(struct loop *loop)
{
	const struct settings *settings = loop->settings;

	loop->helper_silent_ns = (10 + 3 * settings->helper_interval.number) * NS_PER_S;
	loop->recorder_silent_ns =
		RECORDER_SILENT_NS + 3 * settings->stage_interval.number * NS_PER_S;
}

/* The helper guards its children; who guards the helper?  A turn in which all sources
 * that can be are late, and some patience: then it is killed, and started again. */
static void watch_helper(struct loop *loop, int64_t now_ns)
{
	int64_t beat_s = atomic_load(&loop->sampler.page->beat_s);
	int64_t turn_ms = atomic_load(&loop->sampler.page->longest_turn_ms);
	int64_t most_ns = loop->helper_silent_ns + turn_ms * (NS_PER_S / 1000);

	if (supervise_is_silent(&loop->helper_watch,
		    supervise_is_running(&loop->supervisor, CHILD_HELPER), beat_s,
		    now_ns, most_ns, most_ns))
		supervise_signal(&loop->supervisor, CHILD_HELPER, SIGKILL);
}

/* One that hangs lets the ring run full without a word.  What it has acknowledged is
 * durable: to kill it costs nothing.  Its start may mend a database and make a staging
 * of a gigabyte, and has more patience. */
static void watch_recorder(struct loop *loop, int64_t now_ns)
{
	int64_t most_ns = loop->recorder_silent_ns;

	if (!supervise_is_silent(&loop->recorder_watch,
		    supervise_is_running(&loop->supervisor, CHILD_RECORDER),
		    ring_gauge(loop->sampler.ring, RING_RECORDER_BEAT_S), now_ns,
		    most_ns, RECORDER_START_NS))
		return;
	log_error(loop->log,
		"collectord-recorder has hung for %lld s: it is killed and started "
		"again",
		(long long)(most_ns / NS_PER_S));
	supervise_signal(&loop->supervisor, CHILD_RECORDER, SIGKILL);
}

static void mend_runtime(struct loop *loop)
{
	runtime_mend(&loop->sampler, &loop->supervisor, loop->hosts, &loop->runtime_fd);
}

/* Out of line: a usual tick does not touch the room for the text. */
__attribute__((noinline)) static void start_children(struct loop *loop, int64_t now_ns)
{
	struct err err = ERR_INIT;

	mend_runtime(loop);
	if (supervise_start_due(&loop->supervisor, now_ns, &err) < 0)
		log_error(loop->log, "%s", err.text);
}

EACH_TICK static void look_after_children(struct loop *loop, int64_t now_ns)
{
	if (loop->has_child_ended)
		reap_children(loop);
	watch_helper(loop, now_ns);
	watch_recorder(loop, now_ns);
	supervise_want(&loop->supervisor, CHILD_NOTIFIER,
		ring_gauge(loop->sampler.ring, RING_NOTIFIER_WANTED) != 0);
	if (supervise_next_start_ns(&loop->supervisor) <= now_ns)
		start_children(loop, now_ns);
	if (now_ns - loop->runtime_ns >= RUNTIME_NS) {
		loop->runtime_ns = now_ns;
		mend_runtime(loop);
	}
}

/* Half of the ring waits, or withheld ticks were let go: tell the recorder, once for each
 * time that it came by. */
static void wake_recorder(struct loop *loop)
{
	struct ring *ring = loop->sampler.ring;
	uint64_t acknowledged = ring_acknowledged(ring);

	if (ring_released(ring) - acknowledged < ring_seat_count(ring) / 2 ||
		loop->woken_at_ack == acknowledged + 1)
		return;
	loop->woken_at_ack = acknowledged + 1;
	supervise_signal(&loop->supervisor, CHILD_RECORDER, SIGUSR1);
}

/* A scripted clock runs faster than the recorder writes: wait for it.  Never with the
 * kernel's clock. */
static void let_recorder_keep_up(struct loop *loop, const sigset_t *signals)
{
	struct ring *ring = loop->sampler.ring;

	for (unsigned i = 0; i < KEEP_UP_TRIES && !loop->is_end_asked; i++) {
		uint64_t acknowledged = ring_acknowledged(ring);

		/* what is withheld waits for the clock, not for the recorder */
		if (ring_head(ring) - acknowledged < ring_seat_count(ring) - 2 ||
			ring_released(ring) == acknowledged)
			return;
		if (i % 64 == 0)
			supervise_signal(&loop->supervisor, CHILD_RECORDER, SIGUSR1);
		nap(loop, KEEP_UP_NS, signals);
		look_after_children(loop, clock_monotonic_ns());
	}
}

/* ---- service manager, reload ---------------------------------------------------- */

static void tell_manager(struct loop *loop, int64_t now_ns)
{
	struct ring *ring = loop->sampler.ring;
	char text[256] = "WATCHDOG=1";

	if (loop->notify.fd < 0)
		return;
	if (now_ns - loop->status_ns >= STATUS_NS) {
		loop->status_ns = now_ns;
		snprintf(text, sizeof(text),
			"WATCHDOG=1\nSTATUS=%llu ticks, %llu missed, %lld held, %llu "
			"dropped",
			(unsigned long long)ring_counter(ring, RING_COUNT_TICKS),
			(unsigned long long)ring_counter(ring, RING_COUNT_MISSED),
			(long long)ring_gauge(ring, RING_WITHHELD_NOW),
			(unsigned long long)ring_counter(ring, RING_COUNT_DROPPED));
	} else if (loop->notify.watchdog_ns == 0 ||
		now_ns - loop->watchdog_ns < loop->notify.watchdog_ns) {
		return;
	}
	loop->watchdog_ns = now_ns;
	notify_send(&loop->notify, text);
}

/* Once the first ticks have shown what is used, and again now and then: an event or a
 * signal brings in what a tick does not need. */
static void loop_stay_small(struct loop *loop, int64_t now_ns)
{
	if (loop->sampler.published < 2 ||
		(loop->trimmed_ns > 0 && now_ns - loop->trimmed_ns < TRIM_NS))
		return;
	if (loop->trimmed_ns == 0)
		footprint_find(&loop->footprint);
	footprint_trim(&loop->footprint);
	loop->trimmed_ns = now_ns;
}

/* What a running daemon cannot change is named, and stays as it is. */
static void keep_fixed(const struct loop *loop, struct settings *settings)
{
	const struct settings *old = loop->settings;

	if (strcmp(old->data.text, settings->data.text) != 0 ||
		strcmp(old->name.text, settings->name.text) != 0 ||
		old->interval.number != settings->interval.number ||
		strcmp(old->probes_off.text, settings->probes_off.text) != 0 ||
		old->slow_interval.number != settings->slow_interval.number ||
		old->instances_max.number != settings->instances_max.number ||
		old->nominal_mhz.number != settings->nominal_mhz.number ||
		strcmp(old->user.text, settings->user.text) != 0)
		log_warning(loop->log,
			"reload: data, name, user, interval, slow_interval, "
			"probes_off, instances_max and nominal_mhz change with a restart only");
	settings->data = old->data;
	settings->name = old->name;
	settings->interval = old->interval;
	settings->probes_off = old->probes_off;
	settings->slow_interval = old->slow_interval;
	settings->instances_max = old->instances_max;
	settings->nominal_mhz = old->nominal_mhz;
	settings->user = old->user;
	memcpy(settings->root, old->root, sizeof(old->root));
	memcpy(settings->runtime, old->runtime, sizeof(old->runtime));
	memcpy(settings->libexec, old->libexec, sizeof(old->libexec));
	memcpy(settings->store_id, old->store_id, sizeof(old->store_id));
}

static void loop_reload(struct loop *loop)
{
	struct settings settings;
	struct err err = ERR_INIT;
	int r;

	loop->is_reload_asked = false;
	notify_send(&loop->notify, "RELOADING=1");
	r = loop->reload(loop->reload_context, &settings, &err);
	if (r == 0) {
		keep_fixed(loop, &settings);
		mend_runtime(loop);
		r = settings_save(&settings, &err);
	}
	if (r == 0) {
		*loop->settings = settings;
		set_patience(loop);
		supervise_signal(&loop->supervisor, CHILD_COUNT, SIGHUP);
		sampler_event(
			&loop->sampler, RING_EVENT_RELOADED, 0, "settings read anew");
	} else {
		log_error(loop->log, "reload: %s; the settings stay as they were",
			err.text);
	}
	notify_send(&loop->notify, "READY=1");
}

/* ---- the loop ------------------------------------------------------------------ */

/* The recorder drains ring and staging to the RRDs and ends; the others just end. */
static int stop_children(struct loop *loop, const sigset_t *signals, struct err *err)
{
	int64_t end_ns = clock_monotonic_ns() +
		(loop->clock->is_virtual ? DRAIN_VIRTUAL_NS : DRAIN_NS);
	uint64_t left;

	for (unsigned i = 0; i < CHILD_COUNT; i++)
		supervise_want(&loop->supervisor, (enum child_id)i, false);
	supervise_signal(&loop->supervisor, CHILD_COUNT, SIGTERM);
	while (clock_monotonic_ns() < end_ns) {
		reap_children(loop);
		if (!supervise_is_running(&loop->supervisor, CHILD_RECORDER) &&
			!supervise_is_running(&loop->supervisor, CHILD_HELPER) &&
			!supervise_is_running(&loop->supervisor, CHILD_NOTIFIER) &&
			!supervise_is_running(&loop->supervisor, CHILD_POLLER) &&
			!supervise_is_running(&loop->supervisor, CHILD_SENDER))
			break;
		nap(loop, NS_PER_S / 20, signals);
	}
	supervise_signal(&loop->supervisor, CHILD_HELPER, SIGKILL);
	supervise_signal(&loop->supervisor, CHILD_NOTIFIER, SIGKILL);
	supervise_signal(&loop->supervisor, CHILD_POLLER, SIGKILL);
	supervise_signal(&loop->supervisor, CHILD_SENDER, SIGKILL);
	loop->is_all_stored = ring_head(loop->sampler.ring) ==
			ring_acknowledged(loop->sampler.ring) &&
		ring_event_head(loop->sampler.ring) ==
			ring_event_acknowledged(loop->sampler.ring);
	left = ring_released(loop->sampler.ring) -
		ring_acknowledged(loop->sampler.ring);
	if (left > 0)
		return err_set(err, -ETIME,
			"%llu ticks are not stored yet, they stay in the ring for the "
			"next start",
			(unsigned long long)left);
	return 0;
}

/* The next tick, unless a child is to be started or the manager wants to hear from us
 * before: a step may be longer than either can wait. */
static int64_t next_wake_ns(const struct loop *loop)
{
	int64_t tick_ns = schedule_deadline_ns(&loop->sampler.schedule);
	int64_t start_ns = supervise_next_start_ns(&loop->supervisor);

	if (loop->clock->is_virtual)
		return tick_ns;
	if (loop->notify.fd >= 0 && loop->notify.watchdog_ns > 0 &&
		tick_ns > loop->watchdog_ns + loop->notify.watchdog_ns)
		tick_ns = loop->watchdog_ns + loop->notify.watchdog_ns;
	return start_ns < tick_ns ? start_ns : tick_ns;
}

static bool is_enough(const struct loop *loop)
{
	return loop->ticks_wanted > 0 && loop->sampler.published >= loop->ticks_wanted;
}

/* A machine whose clock is scripted is none that has an inventory. */
static void want_inventory(struct loop *loop)
{
	if (!loop->with_helper || loop->clock->is_virtual)
		return;
	supervise_want(&loop->supervisor, CHILD_INVENTORY, true);
	supervise_start_at(&loop->supervisor, CHILD_INVENTORY,
		clock_monotonic_ns() + INVENTORY_DELAY_NS);
}

/* Signals are blocked before the first child is started, so that the end of none is missed;
 * after each sleep the children are looked after, whether it was a tick or a signal. */
EACH_TICK int loop_run(struct loop *loop, struct err *err)
{
	struct clock *clock = loop->clock;
	struct clock_now now;
	sigset_t signals;
	int64_t now_ns;

	loop_block_signals(&signals);
	set_patience(loop);
	supervise_want(&loop->supervisor, CHILD_RECORDER, true);
	supervise_want(&loop->supervisor, CHILD_HELPER, loop->with_helper);
	supervise_want(&loop->supervisor, CHILD_POLLER, loop->with_poller);
	supervise_want(&loop->supervisor, CHILD_SENDER,
		loop->settings->engine_url.text[0] != '\0');
	want_inventory(loop);
	look_after_children(loop, clock_monotonic_ns());
	notify_send(&loop->notify, "READY=1");
	while (!loop->is_end_asked && !is_enough(loop)) {
		int number = clock->sleep_until(clock, next_wake_ns(loop), &signals);

		take_signal(loop, number);
		if (loop->is_reload_asked)
			loop_reload(loop);
		if (number == 0) {
			if (clock->is_virtual)
				let_recorder_keep_up(loop, &signals);
			clock->read(clock, &now);
			sampler_wake(&loop->sampler, &now,
				loop->sampler.schedule.guard.state == CLOCK_FREE &&
					clock->is_synchronised(clock));
			wake_recorder(loop);
		}
		now_ns = clock_monotonic_ns();
		look_after_children(loop, now_ns);
		loop_stay_small(loop, now_ns);
		tell_manager(loop, now_ns);
	}
	notify_send(&loop->notify, "STOPPING=1\nSTATUS=storing what was sampled");
	sampler_end(&loop->sampler);
	return stop_children(loop, &signals, err);
}
