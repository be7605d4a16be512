/*
 * Alerts are those of the definition whoever reads when: random histories of ticks pass
 * through ring, staging and database while readers ask for flushes, the recorder is
 * killed between any two of its steps, started again, and staging is drained where no
 * daemon runs.  What the database then holds has to be what one rule says that saw
 * every tick once, and what the verdict says of the same slots.
 *
 * The writer is left out: moving staging's mark is all that the alerts see of it.
 */
#include "tests/support.h"

#include "tests/scratch_dir.h"
#include "tests/store_fixture.h"

#include "collectord/link/tick_layout.h"
#include "collectord/recorder/alert.h"
#include "collectord/recorder/recorder_alert.h"
#include "collectord/recorder/recorder_connect.h"
#include "collectord/recorder/recorder_enter.h"
#include "collectord/recorder/recorder_identity.h"
#include "collectord/recorder/recorder_store.h"
#include "collectord/recorder/recorder_take.h"
#include "common/hex.h"
#include "common/io.h"
#include "store/db/alerts.h"
#include "store/dir/lock.h"
#include "store/store.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	TICKS_MOST = 300,
	HISTORIES = 1000,
	GAP_LEAST_S = 300,
	PATH_SIZE = 300,
};

#define LIMIT_BYTES 1000.0
#define FIRST_S ((int64_t)1700006400)

struct tick {
	int64_t stamp_s;
	double used;
	unsigned jumps; /* of the clock, told before it */
};

struct life {
	char data[PATH_SIZE], runtime[PATH_SIZE];
	char store_id[STORE_ID_SIZE];
	unsigned step_s;
	uint64_t random;
	struct ring *ring; /* the sampler's side */
	uint64_t layout_id;
	struct tick tick[TICKS_MOST];
	size_t count;
	int64_t now_s;
	struct recorder recorder;
	bool is_running, has_started;
	unsigned kills, drains, flushes;
};

static void ok(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%d: %s", r, err->text);
}

/* ---- the world ------------------------------------------------------------------- */

static void make_layout(struct life *life)
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

static void make_ring(struct life *life)
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

/* Runs over and under the limit, spikes, unknown values, and now and then a silence. */
static void sample(struct life *life)
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

static void start(struct life *life)
{
	settle(life, &life->recorder);
	recorder_connect(&life->recorder);
	life->is_running = life->has_started = true;
	assert_non_null(life->recorder.staging);
}

/* What a kill leaves is what the files hold. */
static void drop(struct recorder *recorder)
{
	recorder_alerts_free(recorder->alerts);
	ring_close(recorder->ring);
	staging_close(recorder->staging);
	recorder->alerts = NULL;
	recorder->ring = NULL;
	recorder->staging = NULL;
}

static void kill_it(struct life *life)
{
	drop(&life->recorder);
	life->is_running = false;
	life->kills++;
}

/* As far as the alerts can tell, all that a writer does. */
static void write_rrd(struct recorder *recorder)
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

static void turn(struct life *life)
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

/* ---- what has to come out ----------------------------------------------------------- */

struct expected {
	struct alert_excursion excursion[TICKS_MOST];
	size_t excursions;
	struct {
		int64_t opened, disqualified, closed;
	} alert[TICKS_MOST];
	size_t alerts;
};

/* One rule that sees each tick once. */
static void expect(const struct life *life, enum alert_kind kind, bool is_clock,
	struct expected *out)
{
	int64_t allowed_s = 3 * (int64_t)life->step_s;
	struct alert_watch watch;

	if (allowed_s < GAP_LEAST_S)
		allowed_s = GAP_LEAST_S;
	memset(out, 0, sizeof(*out));
	alert_watch_init(&watch, kind, "", life->step_s,
		kind == ALERT_HEALTH ? 0 : LIMIT_BYTES, 0, false);
	for (size_t i = 0; i < life->count; i++) {
		bool is_late = i > 0 &&
			life->tick[i].stamp_s - life->tick[i - 1].stamp_s > allowed_s;
		struct alert_change changes[2];
		size_t count = alert_feed(&watch, 0, life->tick[i].stamp_s,
			kind != ALERT_HEALTH ? life->tick[i].used
				: is_clock   ? life->tick[i].jumps
					     : is_late,
			changes);

		for (size_t k = 0; k < count; k++) {
			const struct alert_change *change = &changes[k];

			if (change->events & EXCURSION_ENDED)
				out->excursion[out->excursions++] =
					(struct alert_excursion){
						.from = change->ended.from,
						.to = change->ended.to,
						.height = change->ended.height,
						.is_sustained =
							change->ended.is_sustained
					};
			if (change->events & EXCURSION_ALERT_OPENED)
				out->alert[out->alerts++].opened = change->stamp;
			if (change->events & EXCURSION_ALERT_DISQUALIFIED)
				out->alert[out->alerts - 1].disqualified =
					change->stamp;
			if (change->events & EXCURSION_ALERT_CLOSED)
				out->alert[out->alerts - 1].closed = change->stamp;
		}
	}
}

/* The verdict's way: whole slots of the archives, scanned at once.  The last slot may
 * still be filling, and an excursion may still be under way: both are left out. */
static void check_verdict(const struct life *life, const struct expected *seen)
{
	static double highest[TICKS_MOST * 61], samples[TICKS_MOST * 61];
	struct excursion_limit limit = { .limit = LIMIT_BYTES,
		.sustain_s = EXCURSION_SUSTAIN_S };
	unsigned slot_s = life->step_s > 60 ? life->step_s : 60;
	size_t per_slot = slot_s / life->step_s, slots, list_count = 0;
	int64_t first = (FIRST_S / (int64_t)slot_s) * (int64_t)slot_s;
	size_t total = (size_t)((life->now_s - first) / (int64_t)life->step_s);
	struct excursion *list = NULL;

	for (size_t i = 0; i < total; i++)
		samples[i] = NAN;
	for (size_t i = 0; i < life->count; i++)
		samples[(life->tick[i].stamp_s - first) / (int64_t)life->step_s - 1] =
			life->tick[i].used;
	slots = total / per_slot;
	for (size_t k = 0; k < slots; k++) {
		size_t known = 0;

		highest[k] = -INFINITY;
		for (size_t i = k * per_slot; i < (k + 1) * per_slot; i++)
			if (!isnan(samples[i])) {
				highest[k] = fmax(highest[k], samples[i]);
				known++;
			}
		if (2 * known < per_slot)
			highest[k] = NAN;
	}
	assert_int_equal(excursion_scan(&limit, first + slot_s, slot_s, highest, slots,
				 0, &list, &list_count),
		0);
	while (list_count > 0 &&
		list[list_count - 1].to >= first + (int64_t)(slots * slot_s))
		list_count--; /* under way */
	assert_true(seen->excursions >= list_count);
	for (size_t i = 0; i < list_count; i++) {
		assert_int_equal(seen->excursion[i].from, list[i].from);
		assert_int_equal(seen->excursion[i].to, list[i].to);
		assert_near(seen->excursion[i].height, list[i].height, 1e-12);
		assert_int_equal(seen->excursion[i].is_sustained, list[i].is_sustained);
	}
	free(list);
}

static void check_kind(const struct alert_list *list, const char *kind,
	const char *subject, const struct expected *wanted, struct expected *seen)
{
	seen->alerts = seen->excursions = 0;
	for (size_t i = 0; i < list->count; i++) {
		const struct alert *alert = &list->alert[i];

		if (strcmp(alert->kind, kind) != 0 ||
			strcmp(alert->subject, subject) != 0)
			continue;
		seen->alert[seen->alerts].opened = alert->opened;
		seen->alert[seen->alerts].disqualified = alert->disqualified;
		seen->alert[seen->alerts++].closed = alert->closed;
		for (size_t k = 0; k < alert->excursion_count; k++)
			seen->excursion[seen->excursions++] = alert->excursion[k];
	}
	assert_int_equal(seen->alerts, wanted->alerts);
	assert_int_equal(seen->excursions, wanted->excursions);
	for (size_t i = 0; i < wanted->alerts; i++) {
		assert_int_equal(seen->alert[i].opened, wanted->alert[i].opened);
		assert_int_equal(
			seen->alert[i].disqualified, wanted->alert[i].disqualified);
		assert_int_equal(seen->alert[i].closed, wanted->alert[i].closed);
	}
	for (size_t i = 0; i < wanted->excursions; i++) {
		assert_int_equal(seen->excursion[i].from, wanted->excursion[i].from);
		assert_int_equal(seen->excursion[i].to, wanted->excursion[i].to);
		assert_near(
			seen->excursion[i].height, wanted->excursion[i].height, 1e-12);
	}
}

static size_t check_life(const struct life *life)
{
	static struct expected wanted, seen;
	struct alert_list list;
	struct err err = ERR_INIT;
	struct store *store = NULL;
	size_t alerts;

	ok(store_open(life->data, &store, &err), &err);
	ok(store_alerts(store, false, 0, &list, &err), &err);
	expect(life, ALERT_MEMORY_LIMIT, false, &wanted);
	check_kind(&list, "memory_limit", "", &wanted, &seen);
	check_verdict(life, &seen);
	alerts = wanted.alerts;
	expect(life, ALERT_HEALTH, false, &wanted);
	check_kind(&list, "health", "gap", &wanted, &seen);
	alerts += wanted.alerts;
	expect(life, ALERT_HEALTH, true, &wanted);
	check_kind(&list, "health", "clock", &wanted, &seen);
	alerts += wanted.alerts;
	alert_list_done(&list);
	store_close(store);
	return alerts;
}

/* ---- one history ----------------------------------------------------------------------- */

#define FRESH_EVERY 10 /* so many histories begin without a database */

static void copy_file(const char *from, const char *to)
{
	static char bytes[1 << 16];
	FILE *in = fopen(from, "rb"), *out = in ? fopen(to, "wb") : NULL;
	size_t size;

	if (!in)
		return; /* there is none of that kind */
	assert_non_null(out);
	while ((size = fread(bytes, 1, sizeof(bytes), in)) > 0)
		assert_int_equal(fwrite(bytes, 1, size, out), size);
	assert_int_equal(fclose(out), 0);
	fclose(in);
}

/* The tables of a database take half of a history's time to make.  The first history's
 * are kept, before anything is in them, and most of the others begin with them. */
static void provide_database(struct life *life, const char *dir, bool is_first)
{
	static const char *const parts[] = { "", "-wal", "-shm" };
	struct store *store = NULL;
	struct err err = ERR_INIT;

	if (is_first) {
		ok(store_open(life->data, &store, &err), &err);
		ok(store_begin(store, 1000, &err), &err);
		ok(store_commit(store, &err), &err);
		store_close(store);
	}
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		char own[PATH_SIZE + 32], kept[PATH_SIZE + 32];

		snprintf(own, sizeof(own), "%s/headroom.db%s", life->data, parts[i]);
		snprintf(kept, sizeof(kept), "%.200s/kept.db%s", dir, parts[i]);
		if (is_first)
			copy_file(own, kept);
		else
			copy_file(kept, own);
	}
}

static void begin(struct life *life, const char *dir, uint64_t seed, size_t number)
{
	static const unsigned steps[] = { 10, 30, 60, 120 };
	struct err err = ERR_INIT;

	memset(life, 0, sizeof(*life));
	life->random = seed;
	life->step_s = steps[support_random(&life->random) % ARRAY_LEN(steps)];
	life->now_s = FIRST_S;
	snprintf(life->data, sizeof(life->data), "%.200s/data", dir);
	snprintf(life->runtime, sizeof(life->runtime), "%.200s/run", dir);
	ok(io_make_folders(life->data, 0750, &err), &err);
	ok(io_make_folders(life->runtime, 0750, &err), &err);
	ok(store_id_ensure(life->data, life->store_id, &err), &err);
	if (number == 0 || number % FRESH_EVERY != 0)
		provide_database(life, dir, number == 0);
	make_layout(life);
	make_ring(life);
}

static size_t live(struct life *life, const char *dir, uint64_t seed, size_t number)
{
	struct err err = ERR_INIT;
	size_t alerts;

	begin(life, dir, seed, number);
	while (life->count < TICKS_MOST) {
		sample(life);
		turn(life);
		if (ring_head(life->ring) - ring_acknowledged(life->ring) == RING_SEATS)
			turn(life); /* full: nothing is dropped here */
	}
	if (support_uniform(&life->random) < 0.2 && life->is_running)
		kill_it(life);
	/* somebody reads at the end, and nobody kills */
	if (!life->is_running)
		start(life);
	while (life->is_running && recorder_waiting(&life->recorder) > 0)
		ok(recorder_take(&life->recorder, &err), &err);
	write_rrd(&life->recorder);
	ok(recorder_record(&life->recorder, &err), &err);
	alerts = check_life(life);
	drop(&life->recorder);
	ring_close(life->ring);
	scratch_dir_remove(life->data);
	scratch_dir_remove(life->runtime);
	return alerts;
}

struct sums {
	size_t alerts, kills, drains, flushes;
};

/* Every second history from `first` on. */
static struct sums live_through(
	const char *dir, uint64_t seed, size_t first, size_t histories)
{
	static struct life life;
	struct sums sums = { 0 };
	char own[PATH_SIZE];

	snprintf(own, sizeof(own), "%.200s/%zu", dir, first);
	assert_int_equal(mkdir(own, 0750), 0);
	for (size_t i = first; i < histories; i += 2) {
		sums.alerts += live(&life, own, seed + i * 7919, i - first);
		sums.kills += life.kills;
		sums.drains += life.drains;
		sums.flushes += life.flushes;
	}
	return sums;
}

/* The odd ones are lived through by a process of their own: there are two processors. */
static void alerts_are_those_of_the_definition_whoever_reads_when(void **state)
{
	char dir[] = "/dev/shm/headroom-alerts.XXXXXX";
	const char *asked = getenv("HEADROOM_HISTORIES");
	size_t histories = asked ? strtoul(asked, NULL, 10) : HISTORIES;
	uint64_t seed = support_seed(1011);
	struct sums even, odd = { 0 };
	int ends[2], status = 0;
	pid_t child;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	if (!mkdtemp(dir)) {
		snprintf(dir, sizeof(dir), "%s", "/tmp/hr-alerts.XXXXXX");
		assert_non_null(mkdtemp(dir));
	}
	assert_int_equal(pipe(ends), 0);
	fflush(stdout);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		/* one that fails ends here with the test's own word and status */
		odd = live_through(dir, seed, 1, histories);
		_exit(write(ends[1], &odd, sizeof(odd)) != sizeof(odd));
	}
	even = live_through(dir, seed, 0, histories);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(read(ends[0], &odd, sizeof(odd)), sizeof(odd));
	close(ends[0]);
	close(ends[1]);
	scratch_dir_remove(dir);
	even.alerts += odd.alerts;
	even.flushes += odd.flushes;
	even.kills += odd.kills;
	even.drains += odd.drains;
	print_message("%zu histories, %zu alerts, %zu flushes, %zu kills, %zu drains\n",
		histories, even.alerts, even.flushes, even.kills, even.drains);
	assert_true(even.alerts > histories && even.flushes > histories &&
		even.kills > histories / 2 && even.drains > histories / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alerts_are_those_of_the_definition_whoever_reads_when),
	};

	return cmocka_run_group_tests_name("alerts_whole", tests, NULL, NULL);
}
