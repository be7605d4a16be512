/* One turn of the loop: what it does when, how long it sleeps, what it goes on without. */
#include "tests/unit/collectord/recorder_turn_world.h"

#include "tests/store_fixture.h"

#include "collectord/link/remote_hosts.h"
#include "collectord/link/ring_file.h"
#include "collectord/link/tick_layout.h"
#include "collectord/recorder/recorder_alert.h"
#include "collectord/recorder/recorder_batch.h"
#include "collectord/recorder/recorder_connect.h"
#include "collectord/recorder/recorder_enter.h"
#include "collectord/recorder/recorder_health.h"
#include "collectord/recorder/recorder_store.h"
#include "collectord/recorder/recorder_take.h"
#include "collectord/recorder/recorder_turn.h"
#include "common/clock.h"
#include "store/dir/lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void turn_at(struct turn_world *world, int64_t now_ms)
{
	world->now_ms = now_ms;
	recorder_turn(&world->recorder, now_ms, false);
}

static void ticks_are_taken_when_their_time_has_come(void **state)
{
	struct turn_world *world = *state;
	struct recorder *recorder = &world->recorder;

	turn_staged(world, 3);
	turn_publish(world, 2, 1e9);
	turn_at(world, recorder->staged_ms + recorder->wait_ms - 1);
	assert_int_equal(turn_status(world).pending_ticks, 3);
	turn_at(world, recorder->staged_ms + recorder->wait_ms);
	assert_int_equal(turn_status(world).pending_ticks, 5);
	turn_publish(world, 1, 1e9);
	turn_at(world, recorder->staged_ms);
	assert_int_equal(turn_status(world).pending_ticks, 5);
	recorder->is_draining = true; /* the end does not wait */
	turn_program(world, "collectord-writer", "exit 1");
	turn_at(world, recorder->staged_ms);
	assert_int_equal(turn_status(world).pending_ticks, 6);
	turn_await_writer(world);
	assert_true(ring_gauge(world->ring, RING_RECORDER_BEAT_S) > 0);
}

/* It sleeps shorter where a ring fills faster than its step says, as long as it does. */
static void the_sleep_follows_the_ring(void **state)
{
	struct turn_world *world = *state;
	struct recorder *recorder = &world->recorder;
	int64_t usual_ms;

	turn_staged(world, 1);
	for (int i = 0; i < 20; i++)
		turn_once(world);
	usual_ms = recorder->wait_ms;
	assert_int_equal(usual_ms, 60000 - 1500);
	turn_publish(world, 70, 1e9);
	turn_once(world);
	assert_int_equal(recorder->wait_ms, usual_ms / 2);
	turn_publish(world, 40, 1e9); /* neither much nor little */
	turn_once(world);
	assert_int_equal(recorder->wait_ms, usual_ms / 2);
	for (int i = 0; i < 20; i++) {
		turn_publish(world, 70, 1e9);
		turn_once(world);
	}
	assert_int_equal(recorder->wait_ms, RECORDER_WAIT_LEAST_MS);
	for (int i = 0; i < 20; i++)
		turn_once(world);
	assert_int_equal(recorder->wait_ms, usual_ms);
	recorder->wait_ms = 2 * usual_ms; /* of settings that were */
	turn_once(world);
	assert_int_equal(recorder->wait_ms, usual_ms);
	/* half of the seats at a step of a second are sooner than a minute */
	recorder->settings.interval.number = 1;
	recorder->settings.stage_interval.number = 600;
	turn_once(world);
	assert_int_equal(recorder->wait_ms, RING_SEATS / 2 * 1000 - 1500);
	recorder->settings.stage_interval.number = 2;
	turn_once(world);
	assert_int_equal(recorder->wait_ms, 2000);
}

static void the_sleep_ends_with_the_first_that_is_due(void **state)
{
	struct turn_world *world = *state;
	struct recorder *recorder = &world->recorder;
	int64_t now_ms = 1000000;
	struct recorder_alerts *alerts;

	assert_int_equal(recorder_wait_ms(recorder, now_ms), 100); /* no ring */
	turn_staged(world, 3);
	alerts = recorder->alerts;
	alerts->has_deliveries = false;
	recorder->staged_ms = now_ms;
	recorder->batch_ms = now_ms;
	recorder->wait_ms = 50000;
	assert_int_equal(recorder_wait_ms(recorder, now_ms), 50000);
	recorder->settings.batch_interval.number = 40;
	assert_int_equal(recorder_wait_ms(recorder, now_ms), 40000);
	recorder->batch_trouble.retry_ms = now_ms + 30000;
	assert_int_equal(recorder_wait_ms(recorder, now_ms), 30000);
	recorder->staging_trouble.retry_ms = now_ms + 20000;
	assert_int_equal(recorder_wait_ms(recorder, now_ms), 20000);
	recorder->accept_ms = now_ms + 10000;
	assert_int_equal(recorder_wait_ms(recorder, now_ms), 10000);
	alerts->has_deliveries = true;
	alerts->next_look_ms = now_ms + 5000;
	assert_int_equal(recorder_wait_ms(recorder, now_ms), 5000);
	recorder->child.pid = 1;
	assert_int_equal(recorder_wait_ms(recorder, now_ms), 1000);
	recorder->child.pid = 0;
	recorder->is_draining = true;
	assert_int_equal(recorder_wait_ms(recorder, now_ms), 100);
	assert_int_equal(recorder_wait_ms(recorder, now_ms + 60000), 1);
	recorder->is_draining = false;
	turn_move_mark(world);
	recorder->recorded = turn_status(world).newest;
	assert_false(recorder_is_behind(recorder));
}

/* No staging: ticks are held, it is told once, and tried again at its time. */
static void a_staging_that_cannot_be_made_is_tried_again(void **state)
{
	struct turn_world *world = *state;
	struct recorder *recorder = &world->recorder;
	char path[PATH_MAX], kept[PATH_MAX];
	int64_t first_ms;

	turn_path(world, "data/staging", path);
	assert_int_equal(mkdir(path, 0700), 0);
	turn_publish(world, 3, 1e9);
	turn_once(world);
	assert_true(recorder->staging_trouble.has_failed);
	assert_null(recorder->staging);
	assert_true(recorder_is_drained(recorder)); /* nobody could take them */
	assert_true(recorder_wait_ms(recorder, world->now_ms) <= 100);
	first_ms = recorder->staging_trouble.backoff_ms;
	assert_int_equal(first_ms, 500);
	turn_once(world); /* not yet */
	assert_int_equal(recorder->staging_trouble.backoff_ms, first_ms);
	for (int i = 0; i < 8; i++) {
		recorder->staging_trouble.retry_ms = 0;
		turn_once(world);
	}
	assert_int_equal(recorder->staging_trouble.backoff_ms, 10000);
	assert_int_equal(rmdir(path), 0);
	recorder->staging_trouble.retry_ms = 0;
	turn_once(world);
	assert_non_null(recorder->staging);
	assert_int_equal(turn_status(world).pending_ticks, 3);
	assert_false(recorder->staging_trouble.has_failed);
	assert_non_null(strstr(recorder->trouble_note, "nothing could be stored"));
	/* the folder is gone while it runs: what it has is held, and asked for again */
	turn_path(world, "kept", kept);
	assert_int_equal(rename(world->data, kept), 0);
	turn_publish(world, 1, 1e9);
	turn_once(world);
	assert_true(recorder->staging_trouble.has_failed);
	assert_int_equal(ring_acknowledged(world->ring), 3);
	turn_once(world);
	assert_int_equal(recorder->staging_trouble.backoff_ms, 500);
	assert_int_equal(rename(kept, world->data), 0);
	recorder->is_draining = true; /* the end tries at once */
	turn_program(world, "collectord-writer", "exit 1");
	turn_once(world);
	assert_int_equal(ring_acknowledged(world->ring), 4);
	turn_await_writer(world);
}

/* The heads are damaged: what is there is kept for whoever wants to look. */
static void a_damaged_staging_is_set_aside(void **state)
{
	struct turn_world *world = *state;
	char path[PATH_MAX], noise[2 * STAGING_BLOCK_BYTES];

	turn_staged(world, 3);
	staging_close(world->recorder.staging);
	world->recorder.staging = NULL;
	turn_path(world, "data/staging", path);
	memset(noise, 0x5a, sizeof(noise));
	store_fixture_overwrite(path, 0, noise, sizeof(noise));
	turn_once(world);
	assert_true(turn_said(world, "and begun anew"));
	turn_path(world, "data/staging.damaged", path);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(turn_status(world).pending_ticks, 0);
	turn_publish(world, 1, 1e9);
	turn_once(world);
	assert_int_equal(turn_status(world).pending_ticks, 1);
}

/* Another step: begun anew where nothing was ever in it, else refused with both numbers. */
static void another_step_is_refused_once_there_are_ticks(void **state)
{
	struct turn_world *world = *state;
	struct recorder *recorder = &world->recorder;

	turn_once(world);
	staging_close(recorder->staging);
	recorder->staging = NULL;
	store_fixture_sql(world->data, "UPDATE workloads SET step_s = 30");
	recorder->settings.interval.number = 30;
	recorder_enter_again(recorder);
	turn_once(world);
	assert_non_null(recorder->staging);
	assert_int_equal(staging_identity(recorder->staging)->step_s, 30);
	assert_false(recorder->has_other_step);
	turn_publish(world, 2, 1e9);
	turn_once(world);
	staging_close(recorder->staging);
	recorder->staging = NULL;
	recorder->settings.interval.number = TURN_STEP_S;
	turn_once(world);
	assert_null(recorder->staging);
	assert_true(recorder->has_other_step);
	assert_non_null(strstr(recorder->staging_trouble.why,
		"sampled at 30 s, the setting interval says 60 s"));
}

/* The database has it with another step, and staging knows of none. */
static void another_step_in_the_database_is_refused(void **state)
{
	struct turn_world *world = *state;
	struct recorder *recorder = &world->recorder;

	turn_staged(world, 2);
	store_fixture_sql(world->data, "UPDATE workloads SET step_s = 30");
	staging_close(recorder->staging);
	recorder->staging = NULL;
	recorder_enter_again(recorder);
	turn_once(world);
	assert_true(recorder->has_other_step);
	assert_int_equal(recorder->workload_id, 0);
	assert_int_equal(turn_status(world).pending_ticks, 2); /* they are kept */
}

/* A busy database is no trouble while our own writer runs; else it is told once. */
static void alerts_that_cannot_be_kept_are_told_once(void **state)
{
	struct turn_world *world = *state;
	struct recorder *recorder = &world->recorder;
	struct err err = ERR_INIT;
	int lock_fd = -1;

	recorder->settings.alert_memory_limit_bytes.number = (int64_t)1e9;
	recorder->settings.alert_memory_overhead_mb.number = 0;
	turn_staged(world, 2);
	turn_publish(world, 30, 80e9);
	store_fixture_ok(store_lock_take(world->data, 0, &lock_fd, &err), &err);
	recorder->child.pid = 1;
	recorder->child.deadline_ms = INT64_MAX;
	assert_int_equal(recorder_take(recorder, &err), 0);
	recorder->staged_ms = 0;
	recorder->wait_ms = RECORDER_WAIT_LEAST_MS;
	recorder_turn(recorder, clock_monotonic_ms(), true);
	assert_false(recorder->has_alert_trouble);
	recorder->child.pid = 0;
	recorder_turn(recorder, clock_monotonic_ms(), true);
	assert_true(recorder->has_alert_trouble);
	assert_true(turn_said(world, "alerts: "));
	assert_int_equal(turn_number(world, "SELECT count(*) FROM alerts"), 0);
	close(lock_fd);
	turn_database_away(world, true);
	recorder_turn(recorder, clock_monotonic_ms(), true);
	assert_true(recorder->has_alert_trouble);
	turn_database_away(world, false);
	recorder_turn(recorder, clock_monotonic_ms(), true);
	assert_false(recorder->has_alert_trouble);
	assert_int_equal(turn_number(world,
				 "SELECT count(*) FROM alerts WHERE closed_at IS NULL "
				 "AND disqualified_at IS NOT NULL"),
		turn_number(world,
			"SELECT count(*) FROM alerts WHERE kind IN "
			"('memory_limit')"));
}

/* As after a reload: the next turn enters again, or the batch does. */
static void a_workload_that_is_forgotten_is_entered_again(void **state)
{
	struct turn_world *world = *state;
	struct recorder *recorder = &world->recorder;

	turn_staged(world, 2);
	recorder_enter_again(recorder);
	assert_int_equal(recorder->workload_id, 0);
	turn_database_away(world, true);
	turn_once(world);
	assert_int_equal(recorder->workload_id, 0);
	turn_database_away(world, false);
	turn_once(world);
	assert_int_equal(recorder->workload_id, 1);
	assert_int_equal(turn_status(world).pending_ticks, 2);
}

/* The sampler has made a wider one: opened again, and nothing is taken twice. */
static void a_wider_ring_is_followed(void **state)
{
	struct turn_world *world = *state;
	struct err err = ERR_INIT;

	turn_staged(world, 3);
	turn_publish(world, 1, 1e9);
	store_fixture_ok(ring_widen(world->ring, 500, &err), &err);
	turn_publish(world, 1, 1e9);
	turn_once(world);
	assert_int_equal(turn_status(world).pending_ticks, 5);
	assert_int_equal(ring_acknowledged(world->ring), 5);
}

/* One that belongs to another store is told, and nothing of it is taken. */
static void the_ring_of_another_store_is_not_taken(void **state)
{
	struct turn_world *world = *state;
	struct recorder *recorder = &world->recorder;
	char was[sizeof(recorder->settings.store_id)];

	memcpy(was, recorder->settings.store_id, sizeof(was));
	memset(recorder->settings.store_id, '0', sizeof(was) - 1);
	turn_publish(world, 1, 1e9);
	turn_once(world);
	assert_null(recorder->ring);
	assert_true(turn_said(world, "belongs to another store"));
	memcpy(recorder->settings.store_id, was, sizeof(was));
	turn_once(world);
	assert_int_equal(turn_status(world).pending_ticks, 1);
}

/* The boot changes: a frame tells of one boot, so the next begins with the other. */
static void a_frame_is_of_one_boot(void **state)
{
	struct turn_world *world = *state;
	struct ring_seat *seat;

	turn_publish(world, 2, 1e9);
	seat = ring_reserve(world->ring, 2);
	seat->layout_id = world->layout_id;
	seat->stamp_s = TURN_FIRST_S + 10 * TURN_STEP_S;
	seat->boottime_ns = 5;
	seat->boot_key = 2;
	seat->step_s = TURN_STEP_S;
	ring_publish(world->ring, false);
	turn_once(world);
	assert_int_equal(turn_status(world).pending_ticks, 3);
	assert_int_equal(turn_status(world).newest, 2);
}

/* What nothing can be made of is passed over, and counted where it is damage. */
static void ticks_that_cannot_be_stored_do_not_stop_the_others(void **state)
{
	static const struct {
		uint64_t layout, subject, corrupt;
		int64_t stamp_s;
		uint32_t flags;
	} rows[] = {
		{ 0xdead, 0, 1, 10, 0 },       /* no such layout */
		{ 0, 0, 0, 10, RING_DISCARD }, /* no stamp was found for it */
		{ 0, 77, 1, 10, 0 },           /* of a machine nobody described */
		{ 0, 0, 0, -10, 0 },           /* before one that is stored */
	};
	struct turn_world *world = *state;
	uint64_t corrupt = 0;

	turn_staged(world, 3);
	ring_add_event(world->ring, RING_EVENT_START, 5, 1, "x");
	ring_add_event_of(world->ring, 77, RING_EVENT_START, 5, 1, "of nobody");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ring_seat *seat = ring_reserve(world->ring, 2);

		seat->layout_id = rows[i].layout ? rows[i].layout : world->layout_id;
		seat->subject = rows[i].subject;
		seat->stamp_s =
			TURN_FIRST_S + 3 * TURN_STEP_S + rows[i].stamp_s * TURN_STEP_S;
		seat->flags = rows[i].flags;
		seat->step_s = TURN_STEP_S;
		seat->boot_key = 1;
		ring_publish(world->ring, false);
		corrupt += rows[i].corrupt;
	}
	/* damaged in the ring */
	turn_publish(world, 1, 1e9);
	ring_seat_at(world->ring, ring_head(world->ring))->values[0] += 1;
	ring_add_event(world->ring, RING_EVENT_START, 5, 1, "damaged");
	ring_event_at(world->ring, ring_event_head(world->ring))->when_s += 1;
	corrupt++;
	turn_once(world);
	assert_int_equal(ring_counter(world->ring, RING_COUNT_CORRUPT), corrupt);
	assert_int_equal(ring_counter(world->ring, RING_COUNT_DISCARDED), 1);
	assert_int_equal(ring_acknowledged(world->ring), 4 + ARRAY_LEN(rows));
	assert_int_equal(ring_event_acknowledged(world->ring), 3);
	assert_int_equal(turn_status(world).pending_ticks, 3);
	turn_publish(world, 1, 1e9);
	turn_once(world);
	assert_int_equal(turn_status(world).pending_ticks, 4);
}

/* Staging is gone, and numbers go on behind what the saved headers and the database know. */
static void a_new_staging_goes_on_behind_what_is_stored(void **state)
{
	struct turn_world *world = *state;
	struct recorder *recorder = &world->recorder;
	char path[PATH_MAX];

	turn_real_writer(world);
	turn_staged(world, 3);
	recorder->settings.batch_interval.number = 10;
	turn_once(world);
	turn_await_writer(world);
	assert_int_equal(recorder->recorded, 1);
	for (int i = 0; i < 2; i++) {
		staging_close(recorder->staging);
		recorder->staging = NULL;
		turn_path(world, "data/staging", path);
		assert_int_equal(unlink(path), 0);
		recorder_enter_again(recorder); /* as one that starts */
		turn_once(world);
		assert_int_equal(turn_status(world).newest, 1);
		turn_path(world, "data/headers.0", path);
		(void)unlink(path);
		turn_path(world, "data/headers.1", path);
		(void)unlink(path);
	}
	turn_publish(world, 1, 1e9);
	turn_once(world);
	turn_await_writer(world);
	assert_int_equal(recorder->recorded, 2);
}

/* ---- beside staging ------------------------------------------------------------------------ */

/* The text of a polled machine cannot be read: staging waits for it, and not for ever. */
static void a_subject_that_cannot_be_read_is_waited_for(void **state)
{
	struct turn_world *world = *state;
	struct recorder *recorder = &world->recorder;
	char path[PATH_MAX];
	unsigned tries = 0;

	turn_path(world, "data/subjects", path);
	assert_int_equal(mkdir(path, 0700), 0);
	turn_path(world, "data/subjects/subject-0123456789abcdef", path);
	assert_int_equal(mkdir(path, 0700), 0);
	turn_publish(world, 3, 1e9);
	turn_once(world);
	assert_null(recorder->staging);
	assert_non_null(
		strstr(recorder->staging_trouble.why, "subject-0123456789abcdef"));
	for (; !recorder->staging && tries < 20; tries++) {
		recorder->staging_trouble.retry_ms = 0;
		turn_once(world);
	}
	assert_int_equal(tries, 8);
	assert_int_equal(recorder->subject_count, 0);
	assert_int_equal(turn_status(world).pending_ticks, 3);
}

/* Machines of the settings that have no tick yet: room is made for them before the first. */
static void staging_has_room_for_the_hosts_of_the_settings(void **state)
{
	struct turn_world *world = *state;
	struct remote_host host = { .source = HOST_EXPORTER,
		.address = "http://127.0.0.1:9/metrics",
		.interval_s = 15 };
	struct remote_hosts hosts = { .count = 0 };
	struct err err = ERR_INIT;
	char path[PATH_MAX];
	uint64_t bytes;
	FILE *file;

	world->recorder.settings.batch_interval.number = 3600;
	turn_once(world);
	bytes = turn_status(world).bytes;
	for (int i = 0; i < 30; i++) {
		snprintf(host.name, sizeof(host.name), "host-%d", i);
		store_fixture_ok(remote_hosts_add(&hosts, &host, &err), &err);
	}
	store_fixture_ok(remote_hosts_save(&hosts, world->run, &err), &err);
	remote_hosts_done(&hosts);
	staging_close(world->recorder.staging);
	world->recorder.staging = NULL;
	turn_once(world);
	assert_true(turn_status(world).bytes > bytes);
	/* a list that cannot be read is told, and is no reason not to sample */
	turn_path(world, "run/hosts", path);
	file = fopen(path, "we");
	fputs("nonsense\n", file);
	fclose(file);
	staging_close(world->recorder.staging);
	world->recorder.staging = NULL;
	turn_once(world);
	assert_non_null(world->recorder.staging);
	assert_true(turn_said(world, "hosts"));
}

static size_t count_layouts(const struct turn_world *world)
{
	char path[PATH_MAX];
	size_t count = 0;
	DIR *dir;

	turn_path(world, "data/layouts", path);
	dir = opendir(path);
	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2;
}

/* After a batch the layouts that nothing uses go, once there are many; those in use stay. */
static void old_layouts_go_once_there_are_many(void **state)
{
	struct turn_world *world = *state;
	char name[LAYOUT_FILE_NAME_BYTES], path[PATH_MAX];

	turn_real_writer(world);
	turn_staged(world, 3);
	for (uint64_t i = 1; i <= 60; i++) {
		layout_file_name(i, name);
		snprintf(path, sizeof(path), "%.99s/layouts/%s", world->data, name);
		assert_int_equal(close(open(path, O_CREAT | O_WRONLY, 0600)), 0);
	}
	world->recorder.settings.batch_interval.number = 10;
	turn_once(world);
	turn_await_writer(world);
	assert_int_equal(count_layouts(world), 61);
	for (uint64_t i = 61; i <= 70; i++) {
		layout_file_name(i, name);
		snprintf(path, sizeof(path), "%.99s/layouts/%s", world->data, name);
		assert_int_equal(close(open(path, O_CREAT | O_WRONLY, 0600)), 0);
	}
	turn_publish(world, 1, 1e9);
	turn_once(world);
	turn_await_writer(world);
	assert_int_equal(count_layouts(world), 1);
	layout_file_name(world->layout_id, name);
	snprintf(path, sizeof(path), "%.99s/layouts/%s", world->data, name);
	assert_int_equal(access(path, F_OK), 0);
	assert_false(recorder_is_behind(&world->recorder));
}

static const struct CMUnitTest loop_tests[] = {
	IN_WORLD(a_new_staging_goes_on_behind_what_is_stored),
	IN_WORLD(a_subject_that_cannot_be_read_is_waited_for),
	IN_WORLD(staging_has_room_for_the_hosts_of_the_settings),
	IN_WORLD(old_layouts_go_once_there_are_many),
	IN_WORLD(ticks_are_taken_when_their_time_has_come),
	IN_WORLD(the_sleep_follows_the_ring),
	IN_WORLD(the_sleep_ends_with_the_first_that_is_due),
	IN_WORLD(a_staging_that_cannot_be_made_is_tried_again),
	IN_WORLD(a_damaged_staging_is_set_aside),
	IN_WORLD(another_step_is_refused_once_there_are_ticks),
	IN_WORLD(another_step_in_the_database_is_refused),
	IN_WORLD(alerts_that_cannot_be_kept_are_told_once),
	IN_WORLD(a_workload_that_is_forgotten_is_entered_again),
	IN_WORLD(a_wider_ring_is_followed),
	IN_WORLD(the_ring_of_another_store_is_not_taken),
	IN_WORLD(a_frame_is_of_one_boot),
	IN_WORLD(ticks_that_cannot_be_stored_do_not_stop_the_others),
};
const struct turn_tests turn_loop_tests = { loop_tests, ARRAY_LEN(loop_tests) };
