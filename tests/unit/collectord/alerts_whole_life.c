#include "tests/unit/collectord/alerts_whole_life.h"

void ok(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%d: %s", r, err->text);
}

/* ---- the world ------------------------------------------------------------------- */

void make_layout(struct life *life)
{
	struct err err = ERR_INIT;
	struct layout layout;

	layout_init(&layout, life->step_s);
	ok(layout_add_file(&layout, "memory", &err), &err);
	ok(layout_add_column(&layout, "used_bytes", LAYOUT_KEEP_MAX, &err), &err);
	ok(layout_seal(&layout, &err), &err);
	ok(layout_save(&layout, life->runtime, &err), &err);
	life->layout_id = layout.id;
	layout_done(&layout);
}

void make_ring(struct life *life)
{
	struct ring_config config = { .seat_count = RING_SEATS,
		.value_count = 1,
		.step_s = life->step_s,
		.boot_id = { 1 } };
	struct err err = ERR_INIT;
	char path[PATH_SIZE + 8], note[160];

	hex_read(life->store_id, config.store_id, sizeof(config.store_id));
	snprintf(path, sizeof(path), "%s/ring", life->runtime);
	ok(ring_create(path, &config, &life->ring, note, &err), &err);
}

static void publish(struct life *life, double used)
{
	struct ring_seat *seat = ring_reserve(life->ring, 1);
	unsigned jumps = 0;

	if (support_uniform(&life->random) < 0.01) {
		ring_add_event(life->ring, RING_EVENT_CLOCK_JUMP, life->now_s, 1,
			"the clock jumped");
		jumps++;
	}
	assert_non_null(seat);
	seat->layout_id = life->layout_id;
	seat->stamp_s = life->now_s;
	seat->boottime_ns = life->now_s * 1000;
	seat->boot_key = 1;
	seat->step_s = life->step_s;
	seat->values[0] = used;
	ring_publish(life->ring, false);
	life->tick[life->count++] = (struct tick){ life->now_s, used, jumps };
}

void sample(struct life *life)
{
	size_t length = 1 + support_random(&life->random) % 60;
	bool is_high = support_uniform(&life->random) < 0.45;
	bool is_unknown = support_uniform(&life->random) < 0.05;

	if (support_uniform(&life->random) < 0.12)
		life->now_s += (int64_t)life->step_s *
			(int64_t)(1 + support_random(&life->random) % 60);
	while (length-- > 0 && life->count < TICKS_MOST &&
		ring_head(life->ring) - ring_acknowledged(life->ring) < RING_SEATS) {
		double used = (is_high ? 1.2 : 0.7) * LIMIT_BYTES *
			(0.9 + 0.2 * support_uniform(&life->random));

		if (is_unknown || support_uniform(&life->random) < 0.02)
			used = NAN;
		life->now_s += life->step_s;
		publish(life, used);
	}
}

/* ---- the recorder ----------------------------------------------------------------- */

static void settle(struct life *life, struct recorder *recorder)
{
	struct settings *settings = &recorder->settings;

	recorder_init(recorder);
	recorder->log.level = LOG_LEVEL_ERROR;
	settings_init(settings);
	snprintf(settings->data.text, sizeof(settings->data.text), "%s", life->data);
	snprintf(settings->runtime, sizeof(settings->runtime), "%s", life->runtime);
	snprintf(settings->name.text, sizeof(settings->name.text), "w");
	snprintf(settings->store_id, sizeof(settings->store_id), "%s", life->store_id);
	settings->interval.number = life->step_s;
	settings->alert_memory_limit_bytes.number = (int64_t)LIMIT_BYTES;
	settings->alert_memory_overhead_mb.number = 0;
	settings->alert_disk_percent.number = 0;
	settings->batch_interval.number = 600;
	recorder->are_limits_known = true;
	recorder->alerts = recorder_alerts_new();
	assert_non_null(recorder->alerts);
}

void start(struct life *life)
{
	settle(life, &life->recorder);
	recorder_connect(&life->recorder);
	life->is_running = life->has_started = true;
	assert_non_null(life->recorder.staging);
}

void drop(struct recorder *recorder)
{
	recorder_alerts_free(recorder->alerts);
	ring_close(recorder->ring);
	staging_close(recorder->staging);
	recorder->alerts = NULL;
	recorder->ring = NULL;
	recorder->staging = NULL;
}

void kill_it(struct life *life)
{
	drop(&life->recorder);
	life->is_running = false;
	life->kills++;
}

void write_rrd(struct recorder *recorder)
{
	struct staging_status status;
	struct err err = ERR_INIT;
	struct staging_batch batch = { .number = 0 };

	staging_get_status(recorder->staging, &status);
	batch.number = status.newest;
	batch.last_stamp_s = status.last_stamp_s;
	batch.last_tick_number = status.last_number;
	batch.ticks = status.pending_ticks;
	ok(staging_move_mark(recorder->staging, &batch, &err), &err);
	ok(staging_refresh(recorder->staging, &err), &err);
}

/* True: a kill comes here. */
static bool is_killed(struct life *life)
{
	if (support_uniform(&life->random) >= 0.08)
		return false;
	kill_it(life);
	return true;
}

/* The recorder dies after a frame is durable and before the ring knows: the ring's file
 * is put back as it was. */
static void take_and_die(struct life *life)
{
	static char kept[1 << 20];
	struct err err = ERR_INIT;
	char path[PATH_SIZE + 8];
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "%s/ring", life->runtime);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	size = pread(fd, kept, sizeof(kept), 0);
	assert_true(size > 0 && (size_t)size < sizeof(kept));
	ok(recorder_take(&life->recorder, &err), &err);
	assert_true(pwrite(fd, kept, (size_t)size, 0) == size);
	close(fd);
	kill_it(life);
}

/* Ticks to staging and before the rules, as the recorder does by itself. */
static void stage_turn(struct life *life)
{
	struct err err = ERR_INIT;

	if (support_uniform(&life->random) < 0.1) {
		take_and_die(life);
		return;
	}
	ok(recorder_take(&life->recorder, &err), &err);
	if (is_killed(life))
		return;
	ok(recorder_alerts_judge(&life->recorder, &err), &err);
	(void)is_killed(life);
}

/* A reader's flush, or a batch that is due: nothing asks the rules in between. */
static void flush_turn(struct life *life)
{
	struct err err = ERR_INIT;

	life->flushes++;
	ok(recorder_take(&life->recorder, &err), &err);
	if (is_killed(life))
		return;
	write_rrd(&life->recorder);
	if (is_killed(life))
		return;
	ok(recorder_record(&life->recorder, &err), &err);
	if (is_killed(life))
		return;
	recorder_tidy(&life->recorder);
}

/* No daemon runs, and a reader drains staging. */
static void drain_turn(struct life *life)
{
	static struct recorder recorder;
	struct err err = ERR_INIT;

	settle(life, &recorder);
	recorder.is_one_shot = true;
	recorder.are_limits_known = false;
	settings_init(&recorder.settings); /* it knows none */
	snprintf(recorder.settings.data.text, sizeof(recorder.settings.data.text), "%s",
		life->data);
	snprintf(recorder.settings.name.text, sizeof(recorder.settings.name.text), "w");
	snprintf(recorder.settings.store_id, sizeof(recorder.settings.store_id), "%s",
		life->store_id);
	recorder.settings.interval.number = life->step_s;
	/* left by a build, or a daemon, that never told the database of its limits */
	if (support_uniform(&life->random) < 0.2 && life->has_started)
		store_fixture_sql(
			life->data, "DELETE FROM meta WHERE key='recorder.limits'");
	if (staging_open(life->data, STAGING_WRITE, &recorder.staging, &err) == 0) {
		ok(recorder_enter(&recorder, &err), &err);
		write_rrd(&recorder);
		ok(recorder_record(&recorder, &err), &err);
		life->drains++;
	}
	drop(&recorder);
}

void turn(struct life *life)
{
	double chance = support_uniform(&life->random);

	if (!life->is_running) {
		if (chance < 0.3)
			drain_turn(life);
		else
			start(life);
		return;
	}
	if (chance < 0.45)
		stage_turn(life);
	else if (chance < 0.95)
		flush_turn(life);
	else
		kill_it(life);
}
