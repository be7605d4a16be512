/* The sampler proper: readings into the ring. */
#include "collectord/sampler/sampler.h"

#include "collectord/link/staging.h"
#include "collectord/sampler/sampler_event.h"
#include "collectord/sampler/sampler_helper.h"
#include "collectord/sampler/sampler_layout.h"
#include "probes/probe.h"
#include "schema/metric.h"
#include "store/dir/path.h"
#include "store/history.h"
#include "common/each_tick.h"
#include "common/hex.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES 4096
#define BOOT_ID_PATH "proc/sys/kernel/random/boot_id"

/* ---- start ------------------------------------------------------------------ */

int sampler_disabled_probes(const char *words, char text[static SETTING_TEXT_BYTES],
	const char **names, struct err *err)
{
	size_t count = 0;

	snprintf(text, SETTING_TEXT_BYTES, "%s", words);
	for (char *at = text; *(at += strspn(at, " ,\t"));) {
		size_t length = strcspn(at, " ,\t");
		char *next = at + length + (at[length] != '\0');

		at[length] = '\0';
		if (!probe_find(at))
			return err_set(err, -EINVAL,
				"probes_off: there is no probe \"%.40s\" "
				"(--list-probes)",
				at);
		if (count == SAMPLER_PROBES_MAX)
			return err_set(err, -EINVAL, "probes_off: too many names");
		names[count++] = at;
		at = next;
	}
	names[count] = NULL;
	return 0;
}

static void read_boot_id(const struct host_root *root, unsigned char ret_id[static 16])
{
	char text[64] = "";
	unsigned digits = 0;

	memset(ret_id, 0, 16);
	if (hostroot_read_text(root, BOOT_ID_PATH, text, sizeof(text)) < 0)
		return; /* a recorded root without one: always the same boot */
	for (const char *at = text; *at && digits < 32; at++) {
		int digit = hex_digit(*at);

		if (digit < 0)
			continue;
		ret_id[digits / 2] = (unsigned char)(ret_id[digits / 2] << 4 | digit);
		digits++;
	}
}

/* Which folder is filled: as staging says, since the workload may have got another name or
 * a new history; by its name where there is no staging yet.  And what waits in staging:
 * the archives end before it, by a batch or by a backup that came back. */
static int history_folder(const struct settings *settings,
	char ret_folder[PATH_NAME_MAX + 1], int64_t *ret_staged_s, struct err *err)
{
	struct staging_status status;
	struct staging *staging = NULL;
	struct err ignored = ERR_INIT;
	int r = path_encode(settings->name.text, ret_folder, PATH_NAME_MAX + 1, err);

	if (r < 0 ||
		staging_open(settings->data.text, STAGING_READ, &staging, &ignored) < 0)
		return r;
	if (staging_identity(staging)->folder[0] &&
		strlen(staging_identity(staging)->folder) <= PATH_NAME_MAX &&
		strcmp(staging_identity(staging)->name, settings->name.text) == 0)
		memcpy(ret_folder, staging_identity(staging)->folder,
			strlen(staging_identity(staging)->folder) + 1);
	staging_get_status(staging, &status);
	*ret_staged_s = status.last_stamp_s;
	staging_close(staging);
	return 0;
}

/* The step of what is there must be ours; its last stamp tells where history ends. */
int sampler_history(
	const struct settings *settings, int64_t *ret_last_s, struct err *err)
{
	struct store_history history;
	char folder[PATH_NAME_MAX + 1];
	int64_t staged_s = 0;
	int r = history_folder(settings, folder, &staged_s, err);

	if (r == 0)
		r = store_history_end(settings->data.text, folder,
			metric_file_name(METRIC_CPU_USED_MHZ), &history, err);
	if (r == 0 && staged_s > *ret_last_s)
		*ret_last_s = staged_s;
	if (r < 0 || history.step_s == 0) /* none yet: the recorder's business */
		return r;
	if (history.step_s != (unsigned)settings->interval.number)
		return err_set(err, -EINVAL,
			"%s was made with a step of %u s, the interval is %lld s: set "
			"the interval back, or take another data folder or name",
			history.path, history.step_s,
			(long long)settings->interval.number);
	if (history.last_s > *ret_last_s)
		*ret_last_s = history.last_s;
	return 0;
}

static int open_collect(struct sampler *sampler, struct err *err)
{
	const struct settings *settings = sampler->settings;
	const char *disabled[SAMPLER_PROBES_MAX + 1];
	char words[SETTING_TEXT_BYTES];
	struct collect_options options = {
		.step_s = (double)settings->interval.number,
		.slow_every = (unsigned)((settings->slow_interval.number +
						 settings->interval.number - 1) /
			settings->interval.number),
		.instances_max = (unsigned)settings->instances_max.number,
		.nominal_mhz = (double)settings->nominal_mhz.number,
		.disabled = disabled,
	};
	int r = sampler_disabled_probes(
		settings->probes_off.text, words, disabled, err);

	if (r < 0)
		return r;
	r = hostroot_open(&sampler->root, settings->root, err);
	if (r < 0)
		return r;
	return collect_open(&sampler->collect, &sampler->root, &options, err);
}

/* The first reading tells how wide the ring must be; it gives no rates. */
static int sampler_open_ring(
	struct sampler *sampler, const struct clock_now *now, struct err *err)
{
	const struct settings *settings = sampler->settings;
	struct rate_instant instant = { now->monotonic_ns, now->boottime_ns, 0 };
	struct ring_config config = { .seat_count = RING_SEATS,
		.step_s = (unsigned)settings->interval.number };
	char path[PATH_BYTES], note[160];
	int r;

	collect_read(sampler->collect, &instant);
	read_boot_id(&sampler->root, config.boot_id);
	memcpy(&sampler->boot_key, config.boot_id, sizeof(sampler->boot_key));
	hex_read(settings->store_id, config.store_id, sizeof(config.store_id));
	/* room for the helper's values and a few devices, so that it seldom grows */
	config.value_count =
		(unsigned)collect_snapshot(sampler->collect)->column_count * 5 / 4 + 32;
	snprintf(path, sizeof(path), "%s/ring", settings->runtime);
	r = ring_create(path, &config, &sampler->ring, note, err);
	if (r == 0 && note[0])
		log_warning(sampler->log, "%s", note);
	return r;
}

/* Withheld ticks get the stamps of the line there is now; what would not rise, or is of
 * another boot, is discarded.  Returns how many. */
static uint64_t restamp_withheld(struct sampler *sampler, int64_t last_s)
{
	struct ring *ring = sampler->ring;
	uint64_t head = ring_head(ring);
	uint64_t discarded = 0;

	for (uint64_t s = ring_released(ring) + 1; s <= head; s++) {
		int64_t stamp_s = schedule_nearest_stamp_s(
			&sampler->schedule, ring_boottime_ns(ring, s));
		bool is_usable =
			stamp_s > last_s && ring_boot_key(ring, s) == sampler->boot_key;

		ring_settle(ring, s, is_usable ? stamp_s : 0,
			RING_WAS_WITHHELD | RING_AFTER_CLOCK |
				(is_usable ? 0 : RING_DISCARD));
		if (is_usable)
			last_s = stamp_s;
		else
			discarded++;
	}
	ring_count(ring, RING_COUNT_DISCARDED, discarded);
	sampler->last_stamp_s = last_s;
	return discarded;
}

/* Ticks that the process before us left withheld: still in doubt, or settled now. */
static void settle_inherited(
	struct sampler *sampler, const struct clock_reference *reference)
{
	struct ring *ring = sampler->ring;
	uint64_t released = ring_released(ring), head = ring_head(ring);
	enum clock_state state = sampler->schedule.guard.state;
	bool is_same_boot =
		head > released && ring_boot_key(ring, head) == sampler->boot_key;
	uint64_t discarded = 0;

	if (head == released || (is_same_boot && state != CLOCK_TRUSTED))
		return;
	if (reference->boot_ns > 0 && !reference->is_trusted && is_same_boot)
		sampler->last_stamp_s += (int64_t)(head - released) *
			sampler->schedule
				.step_s; /* the line was right: they keep theirs */
	else
		discarded = restamp_withheld(sampler, sampler->last_stamp_s);
	ring_release(ring);
	sampler->released_stamp_s = sampler->last_stamp_s;
	sampler_event(sampler, RING_EVENT_CLOCK_SETTLED, (int32_t)(head - released),
		"%llu ticks that were held before the restart are settled, %llu of "
		"them discarded",
		(unsigned long long)(head - released), (unsigned long long)discarded);
}

static void open_schedule(struct sampler *sampler, const struct clock_now *now,
	int64_t history_last_s, bool trust_clock)
{
	struct ring *ring = sampler->ring;
	struct clock_reference reference = {
		.history_last_s = history_last_s,
		.withheld = (unsigned)(ring_head(ring) - ring_released(ring)),
		.is_trusted = trust_clock,
	};

	sampler->last_stamp_s = ring_gauge(ring, RING_LAST_STAMP_S);
	if (history_last_s > sampler->last_stamp_s)
		sampler->last_stamp_s = history_last_s;
	if (reference.history_last_s < sampler->last_stamp_s)
		reference.history_last_s = sampler->last_stamp_s;
	sampler->released_stamp_s = sampler->last_stamp_s;
	if ((uint64_t)ring_gauge(ring, RING_LAST_BOOT_KEY) == sampler->boot_key &&
		ring_gauge(ring, RING_LAST_STAMP_S) > 0) {
		reference.real_ns = ring_gauge(ring, RING_LAST_STAMP_S) * NS_PER_S;
		reference.boot_ns = ring_gauge(ring, RING_LAST_BOOTTIME_NS);
	}
	schedule_init(&sampler->schedule, (unsigned)sampler->settings->interval.number,
		&reference, now, sampler->last_stamp_s);
	settle_inherited(sampler, &reference);
}

int sampler_open(struct sampler *sampler, const struct settings *settings,
	const struct log *log, const struct clock_now *now, bool trust_clock,
	struct err *err)
{
	int64_t history_last_s = 0;
	int r;

	memset(sampler, 0, sizeof(*sampler));
	sampler->settings = settings;
	sampler->log = log;
	sampler->root.fd = -1;
	layout_init(&sampler->layout, 0);
	r = sampler_history(settings, &history_last_s, err);
	if (r == 0)
		r = open_collect(sampler, err);
	if (r == 0)
		r = sampler_open_ring(sampler, now, err);
	if (r == 0)
		r = helper_page_create(settings->runtime, &sampler->page, err);
	if (r < 0) {
		sampler_close(sampler);
		return r;
	}
	open_schedule(sampler, now, history_last_s, trust_clock);
	r = sampler_change_layout(sampler, collect_snapshot(sampler->collect), err);
	if (r < 0) {
		sampler_close(sampler);
		return r;
	}
	sampler->flags = RING_AFTER_START;
	ring_count(sampler->ring, RING_COUNT_SAMPLER_STARTS, 1);
	ring_set_gauge(sampler->ring, RING_SAMPLER_PID, getpid());
	ring_set_gauge(sampler->ring, RING_LATE_MAX_US, 0);
	sampler_event(sampler, RING_EVENT_START, (int32_t)getpid(),
		"sampling starts, one tick every %lld s, %zu values",
		(long long)settings->interval.number, sampler->layout.column_count);
	return 0;
}

void sampler_close(struct sampler *sampler)
{
	collect_close(sampler->collect);
	ring_close(sampler->ring);
	helper_page_close(sampler->page);
	layout_done(&sampler->layout);
	if (sampler->root.fd >= 0)
		hostroot_close(&sampler->root);
	memset(sampler, 0, sizeof(*sampler));
	sampler->root.fd = -1;
}

/* ---- a tick ------------------------------------------------------------------- */

/* Once: it seldom changes, and then by a setting. */
static void report_clock(struct sampler *sampler, const struct collect_report *report)
{
	if (sampler->has_told_clock || !report->is_clock_unknown)
		return;
	sampler->has_told_clock = true;
	if (report->are_cores_known)
		sampler_event(sampler, RING_EVENT_PROBE_FAILING, 0,
			"cpu: this machine does not say the clock of its processors, the CPU demand is unknown; set nominal_mhz");
	else
		sampler_event(sampler, RING_EVENT_PROBE_FAILING, 0,
			"cpu: proc/stat, proc/cpuinfo and sysfs speak of different processors, the CPU demand is unknown");
}

/* Out of line, as what else has a text of an error in its frame: a usual tick touches
 * none of that. */
__attribute__((noinline)) static void report_probes(struct sampler *sampler)
{
	struct err err = ERR_INIT;
	const char *name;
	int r;

	sampler->has_failing = false;
	for (size_t i = 0; i < SAMPLER_PROBES_MAX; i++) {
		r = collect_probe_error(sampler->collect, i, &name, &err);
		if (r > 0)
			break;
		if (r < 0)
			ring_count(sampler->ring, RING_COUNT_PROBE_ERRORS, 1);
		sampler->has_failing |= r < 0;
		if ((r < 0) == sampler->probe_fails[i])
			continue;
		sampler->probe_fails[i] = r < 0;
		if (r < 0)
			sampler_event(sampler, RING_EVENT_PROBE_FAILING, 0, "%s: %s",
				name, err.text);
		else
			sampler_event(sampler, RING_EVENT_PROBE_WELL, 0,
				"%s: well again", name);
	}
}

static void report_reading(struct sampler *sampler)
{
	const struct collect_report *report = collect_report(sampler->collect);
	bool has_resets = report->outcome[RATE_RESET] > 0;

	if (report->failed_probes > 0 || sampler->has_failing)
		report_probes(sampler);
	report_clock(sampler, report);
	ring_count(
		sampler->ring, RING_COUNT_COUNTER_RESETS, report->outcome[RATE_RESET]);
	if (has_resets && !sampler->has_resets)
		sampler_event(sampler, RING_EVENT_COUNTER_RESET,
			(int32_t)report->outcome[RATE_RESET],
			"%u counters began anew, no rates for this interval",
			report->outcome[RATE_RESET]);
	sampler->has_resets = has_resets;
}

static void report_gaps(struct sampler *sampler, const struct schedule_tick *tick)
{
	if (tick->missed > 0) {
		sampler->missed_run += tick->missed;
		sampler->flags |= RING_AFTER_MISSED;
		ring_count(sampler->ring, RING_COUNT_MISSED, tick->missed);
	}
	if (tick->suspended_s > 0) {
		sampler->flags |= RING_AFTER_SUSPEND;
		sampler_event(sampler, RING_EVENT_SUSPEND, (int32_t)tick->suspended_s,
			"the machine slept for %lld s", (long long)tick->suspended_s);
	}
	if (tick->is_taken && sampler->missed_run > 0) {
		sampler_event(sampler, RING_EVENT_MISSED, (int32_t)sampler->missed_run,
			"%llu ticks were missed: the sampler was not scheduled in time",
			(unsigned long long)sampler->missed_run);
		sampler->missed_run = 0;
	}
	if (tick->late_us > (int64_t)sampler->schedule.step_s * 100000)
		ring_count(sampler->ring, RING_COUNT_LATE, 1);
	if (tick->late_us > ring_gauge(sampler->ring, RING_LATE_MAX_US))
		ring_set_gauge(sampler->ring, RING_LATE_MAX_US, tick->late_us);
}

/* Ticks get their new stamps before they are released: the recorder takes what is
 * released at once and never looks back. */
static void follow_clock(struct sampler *sampler, const struct schedule_tick *tick,
	enum clock_state before)
{
	struct ring *ring = sampler->ring;
	const struct clock_guard *guard = &sampler->schedule.guard;
	uint64_t withheld = ring_head(ring) - ring_released(ring);
	int64_t jump_s = guard->jump_ns / NS_PER_S;

	ring_set_gauge(ring, RING_CLOCK_STATE, guard->state);
	if (tick->is_clock_moved)
		sampler->flags |= RING_AFTER_CLOCK;
	if (tick->outcome == CLOCK_WITHHOLD && before == CLOCK_TRUSTED)
		sampler_event(sampler, RING_EVENT_CLOCK_JUMP, (int32_t)jump_s,
			"the clock jumped by %lld s: ticks are held until it is known "
			"which time is right",
			(long long)jump_s);
	if (tick->outcome == CLOCK_SETTLE_NEW) {
		uint64_t discarded =
			restamp_withheld(sampler, sampler->released_stamp_s);

		if (discarded > 0)
			sampler_event(sampler, RING_EVENT_CLOCK_SETTLED,
				(int32_t)discarded,
				"%llu held ticks are discarded: the store has that "
				"time already",
				(unsigned long long)discarded);
	}
	if (tick->outcome == CLOCK_SETTLE_OLD || tick->outcome == CLOCK_SETTLE_NEW) {
		ring_release(ring);
		sampler->released_stamp_s = sampler->last_stamp_s;
		sampler_event(sampler, RING_EVENT_CLOCK_SETTLED, (int32_t)withheld,
			guard->state == CLOCK_FREE
				? "the clock stayed away: %llu held ticks are stored, "
				  "and sampling goes on, by the time it had before; "
				  "if the clock is right now, restart with "
				  "--trust-clock"
				: "the clock is settled: %llu held ticks are released",
			(unsigned long long)withheld);
	}
	ring_set_gauge(ring, RING_WITHHELD_NOW,
		(int64_t)(ring_head(ring) - ring_released(ring)));
}

/* Returns the seat to fill, or NULL where the tick cannot be kept. */
static struct ring_seat *reserve_seat(struct sampler *sampler,
	const struct snapshot *snapshot, bool is_withheld, int64_t stamp_s)
{
	struct ring_seat *seat;

	/* while STARTING the stamp is not to be believed, it is given later */
	if (stamp_s <= sampler->last_stamp_s &&
		sampler->schedule.guard.state != CLOCK_STARTING) {
		/* the clock went back by a jump that was believed: taken, and no more */
		ring_count(sampler->ring, RING_COUNT_TICKS, 1);
		ring_count(sampler->ring, RING_COUNT_DISCARDED, 1);
		sampler->flags |= RING_AFTER_CLOCK;
		return NULL;
	}
	seat = ring_reserve(sampler->ring, (unsigned)snapshot->column_count);
	if (!seat) {
		sampler->dropped_run++;
		sampler->flags |= RING_AFTER_DROP;
		ring_count(sampler->ring, RING_COUNT_DROPPED, 1);
		if (sampler->dropped_run == 1)
			sampler_event(sampler, RING_EVENT_DROPPED, 0,
				is_withheld
					? "the ring is full of held ticks: new ones "
					  "are dropped"
					: "the recorder does not keep up: ticks are "
					  "dropped");
	} else if (sampler->dropped_run > 0) {
		sampler_event(sampler, RING_EVENT_DROPPED,
			(int32_t)sampler->dropped_run,
			"%llu ticks were dropped, sampling is stored again",
			(unsigned long long)sampler->dropped_run);
		sampler->dropped_run = 0;
	}
	return seat;
}

static void publish_tick(struct sampler *sampler, const struct schedule_tick *tick)
{
	const struct snapshot *snapshot = collect_snapshot(sampler->collect);
	bool is_withheld = tick->outcome == CLOCK_WITHHOLD;
	struct ring *ring = sampler->ring;
	struct ring_seat *seat =
		reserve_seat(sampler, snapshot, is_withheld, tick->stamp_s);

	if (!seat)
		return;
	seat->layout_id = sampler->layout.id;
	seat->stamp_s = tick->stamp_s;
	seat->boottime_ns = tick->boottime_ns;
	seat->boot_key = sampler->boot_key;
	seat->step_s = sampler->schedule.step_s;
	seat->flags = sampler->flags | (is_withheld ? RING_WAS_WITHHELD : 0);
	seat->late_us = (uint32_t)tick->late_us;
	memcpy(seat->values, snapshot->value, snapshot->column_count * sizeof(double));
	ring_publish(ring, is_withheld);
	sampler->flags = 0;
	sampler->published++;
	ring_count(ring, RING_COUNT_TICKS, 1);
	if (is_withheld)
		ring_count(ring, RING_COUNT_WITHHELD, 1);
	/* while STARTING the line is the doubtful clock's: nothing may rest on it */
	if (sampler->schedule.guard.state != CLOCK_STARTING)
		sampler->last_stamp_s = tick->stamp_s;
	if (!is_withheld) {
		sampler->released_stamp_s = tick->stamp_s;
		ring_set_gauge(ring, RING_LAST_BOOT_KEY, (int64_t)sampler->boot_key);
		ring_set_gauge(ring, RING_LAST_BOOTTIME_NS, tick->boottime_ns);
		ring_set_gauge(ring, RING_LAST_STAMP_S, tick->stamp_s);
	}
}

/* False where the tick cannot be kept. */
__attribute__((noinline)) static bool follow_layout(
	struct sampler *sampler, const struct snapshot *snapshot)
{
	struct err err = ERR_INIT;

	if (sampler_change_layout(sampler, snapshot, &err) == 0)
		return true;
	log_error(sampler->log, "the tick is dropped: %s", err.text);
	ring_count(sampler->ring, RING_COUNT_DROPPED, 1);
	sampler->flags |= RING_AFTER_DROP;
	return false;
}

static void take_tick(struct sampler *sampler, const struct clock_now *now,
	const struct schedule_tick *tick)
{
	struct rate_instant instant = { now->monotonic_ns, now->boottime_ns, 0 };
	const struct snapshot *snapshot;

	sampler_take_from_helper(sampler, now);
	collect_read(sampler->collect, &instant);
	report_reading(sampler);
	snapshot = collect_snapshot(sampler->collect);
	if (snapshot->layout_id != sampler->snapshot_layout_id &&
		!follow_layout(sampler, snapshot))
		return;
	if (sampler->is_primed)
		publish_tick(sampler, tick);
	sampler->is_primed = true;
	ring_set_gauge(sampler->ring, RING_SAMPLER_BEAT_S, now->boottime_ns / NS_PER_S);
}

EACH_TICK void sampler_wake(
	struct sampler *sampler, const struct clock_now *now, bool is_synchronised)
{
	enum clock_state before = sampler->schedule.guard.state;
	struct schedule_tick tick;

	schedule_wake(&sampler->schedule, now, is_synchronised, &tick);
	report_gaps(sampler, &tick);
	if (!tick.is_taken)
		return;
	follow_clock(sampler, &tick, before);
	take_tick(sampler, now, &tick);
}

void sampler_end(struct sampler *sampler)
{
	uint64_t withheld = ring_head(sampler->ring) - ring_released(sampler->ring);

	if (withheld > 0 && sampler->schedule.guard.state != CLOCK_STARTING) {
		ring_release(sampler->ring);
		ring_set_gauge(sampler->ring, RING_WITHHELD_NOW, 0);
		sampler_event(sampler, RING_EVENT_CLOCK_SETTLED, (int32_t)withheld,
			"sampling ends while the clock is in doubt: %llu held ticks "
			"are stored by the time it had before",
			(unsigned long long)withheld);
	} else if (withheld > 0) {
		log_warning(sampler->log,
			"the clock was never right: %llu ticks stay in the ring, "
			"until the machine is started again",
			(unsigned long long)withheld);
	}
	sampler_event(sampler, RING_EVENT_STOP, 0, "sampling ends");
}
