/* One turn of the recorder's loop. */
#include "collectord/recorder/recorder_turn.h"

#include "collectord/recorder/recorder_alert.h"
#include "collectord/recorder/recorder_batch.h"
#include "collectord/recorder/recorder_connect.h"
#include "collectord/recorder/recorder_enter.h"
#include "collectord/recorder/recorder_identity.h"
#include "collectord/recorder/recorder_socket.h"
#include "collectord/recorder/recorder_take.h"
#include "collectord/recorder/recorder_trouble.h"
#include "common/clock.h"
#include "common/util.h"

enum {
	WAIT_CHILD_MS = 1000,
	WAIT_CONNECT_MS = 100,
	STAGE_MARGIN_MS = 1500, /* before the 60 s are over */
};

static int64_t stage_interval_ms(const struct recorder *recorder)
{
	int64_t interval_ms = recorder->settings.stage_interval.number * 1000;
	int64_t half_ring_ms =
		(int64_t)recorder_step_s(recorder) * 1000 * RING_SEATS / 2;

	if (interval_ms > half_ring_ms)
		interval_ms = half_ring_ms;
	return interval_ms > (int64_t)2 * STAGE_MARGIN_MS
		? interval_ms - STAGE_MARGIN_MS
		: interval_ms;
}

/* More than one seat of so many waits, in one of the rings. */
static bool has_filled(const struct recorder *recorder, unsigned of)
{
	const struct ring *rings[] = { recorder->ring, recorder->poller_ring };

	for (size_t i = 0; i < ARRAY_LEN(rings); i++)
		if (rings[i] &&
			recorder_ring_waiting(rings[i]) >
				ring_seat_count(rings[i]) / of)
			return true;
	return false;
}

/* Shorter sleeps when a ring fills faster than the step says (a scripted clock, or a
 * backlog), the ordinary ones again when it does not. */
static void adapt_wait(struct recorder *recorder)
{
	int64_t usual_ms = stage_interval_ms(recorder);

	if (recorder->wait_ms <= 0 || recorder->wait_ms > usual_ms)
		recorder->wait_ms = usual_ms;
	if (has_filled(recorder, 2))
		recorder->wait_ms /= 2;
	else if (!has_filled(recorder, 4))
		recorder->wait_ms *= 2;
	if (recorder->wait_ms < RECORDER_WAIT_LEAST_MS)
		recorder->wait_ms = RECORDER_WAIT_LEAST_MS;
	if (recorder->wait_ms > usual_ms)
		recorder->wait_ms = usual_ms;
}

static int64_t sooner(int64_t wait_ms, int64_t other_ms)
{
	return other_ms > 0 && other_ms < wait_ms ? other_ms : wait_ms;
}

int64_t recorder_wait_ms(const struct recorder *recorder, int64_t now_ms)
{
	int64_t wait_ms = recorder->staged_ms + recorder->wait_ms - now_ms;
	int64_t batch_ms = recorder->batch_ms +
		recorder->settings.batch_interval.number * 1000 - now_ms;

	if (!recorder->ring || !recorder->staging)
		wait_ms = WAIT_CONNECT_MS;
	if (recorder_is_behind(recorder) && batch_ms < wait_ms)
		wait_ms = batch_ms;
	wait_ms = sooner(wait_ms, recorder->staging_trouble.retry_ms - now_ms);
	wait_ms = sooner(wait_ms, recorder->batch_trouble.retry_ms - now_ms);
	wait_ms = sooner(wait_ms, recorder->accept_ms - now_ms);
	if (recorder_deliver_wait_ms(recorder, now_ms) < wait_ms)
		wait_ms = recorder_deliver_wait_ms(recorder, now_ms);
	if (recorder->child.pid && wait_ms > WAIT_CHILD_MS)
		wait_ms = WAIT_CHILD_MS;
	if ((recorder->is_draining || recorder_flush_is_wanted(recorder)) &&
		wait_ms > 100)
		wait_ms = 100;
	return wait_ms < 1 ? 1 : wait_ms;
}

static void take_if_due(struct recorder *recorder, int64_t now_ms, bool is_take_asked)
{
	struct err err = ERR_INIT;
	int r;

	if (!recorder->is_draining && !is_take_asked &&
		now_ms < recorder->staged_ms + recorder->wait_ms)
		return;
	if (now_ms < recorder->staging_trouble.retry_ms && !recorder->is_draining)
		return;
	if (recorder->ring)
		adapt_wait(recorder);
	if (recorder_take(recorder, &err) < 0) {
		recorder_failed(recorder, &recorder->staging_trouble, "staging", &err);
		return;
	}
	/* after a reload, or where the database was busy: else nothing is judged */
	if ((recorder->workload_id == 0 || recorder->has_unentered) &&
		recorder->staging)
		(void)recorder_enter(recorder, &err);
	r = recorder_alerts_judge(recorder, &err);
	if (r == 0) {
		if (recorder->workload_id) /* else nothing was judged */
			recorder->has_alert_trouble = false;
		return;
	}
	if (r == -EBUSY && recorder->child.pid)
		return; /* our own writer: its end asks again */
	if (!recorder->has_alert_trouble)
		log_warning(&recorder->log, "alerts: %s; next try soon", err.text);
	recorder->has_alert_trouble = true;
}

static void beat(struct recorder *recorder)
{
	if (!recorder->ring)
		return;
	ring_set_gauge(recorder->ring, RING_RECORDER_BEAT_S, clock_boot_s());
}

void recorder_turn(struct recorder *recorder, int64_t now_ms, bool is_take_asked)
{
	recorder_connect(recorder);
	take_if_due(recorder, now_ms, is_take_asked);
	recorder_batch_continue(recorder, now_ms);
	recorder_batch_begin(recorder, now_ms);
	recorder_deliver(recorder, clock_monotonic_ms());
	beat(recorder);
}

bool recorder_is_drained(const struct recorder *recorder)
{
	if (recorder->child.pid || recorder_is_behind(recorder))
		return false;
	return recorder_waiting(recorder) == 0 || !recorder->staging;
}
