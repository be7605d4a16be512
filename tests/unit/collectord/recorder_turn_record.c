/* What is entered and recorded, over a database and a staging that say odd things. */
#include "tests/unit/collectord/recorder_turn_world.h"

#include "tests/scratch_dir.h"
#include "tests/store_fixture.h"

#include "collectord/link/subject.h"
#include "collectord/link/tick_layout.h"
#include "collectord/recorder/recorder_connect.h"
#include "collectord/recorder/recorder_enter.h"
#include "collectord/recorder/recorder_folder.h"
#include "collectord/recorder/recorder_layout.h"
#include "collectord/recorder/recorder_renew.h"
#include "collectord/recorder/recorder_store.h"
#include "collectord/recorder/recorder_subject.h"
#include "collectord/recorder/recorder_turn.h"
#include "common/hex.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void recorded(struct turn_world *world)
{
	struct err err = ERR_INIT;

	turn_move_mark(world);
	store_fixture_ok(recorder_record(&world->recorder, &err), &err);
}

/* A staging that knows no folder yet, as one that is made anew. */
static void forget_folder(struct turn_world *world)
{
	struct staging_identity identity = *staging_identity(world->recorder.staging);
	struct err err = ERR_INIT;

	memset(identity.folder, 0, sizeof(identity.folder));
	store_fixture_ok(
		staging_set_identity(world->recorder.staging, &identity, &err), &err);
	recorder_enter_again(&world->recorder);
}

/* ---- who is filled ------------------------------------------------------------------------- */

struct filled {
	const char *text; /* of the database; NULL: none */
	bool is_known;
};
static const struct filled fills[] = {
	{ "1 w", true },
	{ NULL, false },
	{ "", false },
	{ "1", false },
	{ "1w", false },
	{ "1 other", false },
	{ "99 w", false },
};

/* The workload was renamed; a new staging goes on with it where the database says so. */
static void a_renamed_workload_is_found_by_what_the_database_says(void **state)
{
	struct turn_world *world = *state;
	struct err err = ERR_INIT;

	turn_staged(world, 2);
	for (size_t i = 0; i < ARRAY_LEN(fills); i++) {
		char sql[200];

		store_fixture_sql(world->data, "DELETE FROM workloads WHERE id <> 1");
		store_fixture_sql(world->data, "UPDATE workloads SET name = 'renamed'");
		store_fixture_sql(
			world->data, "DELETE FROM meta WHERE key = 'recorder.fills'");
		snprintf(sql, sizeof(sql),
			"INSERT INTO meta (key, value) VALUES ('recorder.fills', '%s')",
			fills[i].text);
		if (fills[i].text)
			store_fixture_sql(world->data, sql);
		forget_folder(world);
		store_fixture_ok(recorder_enter(&world->recorder, &err), &err);
		if ((world->recorder.workload_id == 1) != fills[i].is_known)
			fail_msg("%s: %d", fills[i].text,
				(int)world->recorder.workload_id);
	}
}

/* Staging was filled under another name than the settings have now: a history of its own. */
static void another_name_in_the_settings_begins_another_history(void **state)
{
	struct turn_world *world = *state;
	struct err err = ERR_INIT;

	turn_staged(world, 2);
	snprintf(world->recorder.settings.name.text, 64, "v");
	recorder_enter_again(&world->recorder);
	store_fixture_ok(recorder_enter(&world->recorder, &err), &err);
	assert_int_equal(world->recorder.workload_id, 2);
	assert_string_equal(staging_identity(world->recorder.staging)->folder, "v");
}

/* ---- other machines ---------------------------------------------------------------------------- */

static struct subject polled(
	struct turn_world *world, const char *name, unsigned step_s)
{
	struct subject subject;
	struct err err = ERR_INIT;
	char path[PATH_MAX];

	store_fixture_ok(subject_init(&subject, name, step_s, &err), &err);
	turn_path(world, "run/poller", path);
	store_fixture_ok(subject_save(&subject, path, false, &err), &err);
	return subject;
}

/* The poller's ring with ticks of one machine after the other. */
static struct ring *polled_ring(struct turn_world *world)
{
	static const struct turn_column memory[] = { { "memory", "used_bytes", 0 } };
	struct ring_config config = {
		.seat_count = RING_SEATS, .value_count = 2, .step_s = TURN_STEP_S
	};
	struct ring *ring = NULL;
	struct err err = ERR_INIT;
	char path[PATH_MAX], note[160];

	turn_path(world, "run/poller", path);
	store_fixture_ok(io_make_folders(path, 0750, &err), &err);
	world->layout_id = turn_layout(path, memory, ARRAY_LEN(memory));
	hex_read(world->recorder.settings.store_id, config.store_id,
		sizeof(config.store_id));
	turn_path(world, "run/poller/ring", path);
	store_fixture_ok(ring_create(path, &config, &ring, note, &err), &err);
	return ring;
}

static void publish_of(const struct turn_world *world, struct ring *ring,
	const struct subject *subject, int tick)
{
	struct ring_seat *seat = ring_reserve(ring, 1);

	seat->layout_id = world->layout_id;
	seat->subject = subject->id;
	seat->stamp_s = TURN_FIRST_S + TURN_STEP_S * (int64_t)tick;
	seat->boot_key = 5;
	seat->step_s = TURN_STEP_S;
	seat->values[0] = 3e9;
	ring_publish(ring, false);
}

/* What is in use stays among the layouts, those of polled machines as well. */
static void check_tidy(struct turn_world *world)
{
	char name[LAYOUT_FILE_NAME_BYTES], path[PATH_MAX];

	for (uint64_t i = 1; i <= 80; i++) {
		layout_file_name(i, name);
		snprintf(path, sizeof(path), "%.99s/layouts/%s", world->data, name);
		assert_int_equal(close(open(path, O_CREAT | O_WRONLY, 0600)), 0);
	}
	recorded(world);
	recorder_tidy(&world->recorder);
	assert_int_equal(access(path, F_OK), -1);
	layout_file_name(world->layout_id, name);
	snprintf(path, sizeof(path), "%.99s/layouts/%s", world->data, name);
	assert_int_equal(access(path, F_OK), 0);
}

/* A recorder that is new knows of the staged ticks of polled machines of what layout they are,
 * and has it beside staging before a batch, whoever removed it. */
static void check_layout_again(struct turn_world *world)
{
	struct recorder *recorder = &world->recorder;
	char name[LAYOUT_FILE_NAME_BYTES], path[PATH_MAX];
	struct err err = ERR_INIT;

	for (size_t i = 0; i < recorder->subject_count; i++)
		recorder->subject[i]->kept_layout = 0;
	staging_close(recorder->staging);
	recorder->staging = NULL;
	turn_once(world);
	layout_file_name(world->layout_id, name);
	snprintf(path, sizeof(path), "%.99s/layouts/%s", world->data, name);
	assert_int_equal(unlink(path), 0);
	store_fixture_ok(recorder_layouts_keep(recorder, &err), &err);
	assert_int_equal(access(path, F_OK), 0);
}

/* An alert of it that is open is told again. */
static void check_resent(struct turn_world *world, const char *name)
{
	static char text[1 << 16];
	char sql[300], path[PATH_MAX];
	FILE *file;

	snprintf(sql, sizeof(sql),
		"INSERT INTO alerts (workload_id, kind, subject, opened_at, height, "
		"limit_value, unit) SELECT id, 'sensor', 't_x', 1700000000, 1, 1, '' "
		"FROM workloads WHERE name = '%s'",
		name);
	store_fixture_sql(world->data, sql);
	snprintf(
		world->recorder.settings.alert_webhook.text, 64, "http://127.0.0.1:9/");
	turn_program(world, "collectord-notifier", "cat >\"$0.in\"");
	world->recorder.alerts->has_open = true;
	world->recorder.alerts->next_resend_ms = 0;
	recorder_deliver(&world->recorder, world->now_ms);
	turn_await_notifier(world);
	turn_path(world, "bin/collectord-notifier.in", path);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	snprintf(sql, sizeof(sql), "\\\"instance\\\":\\\"%s\\\"", name);
	assert_non_null(strstr(text, sql));
}

/* A name that is another workload's, or our own, is not ours to fill: told, and no reason not
 * to store the others. */
static void names_that_are_taken_are_refused_alone(void **state)
{
	struct turn_world *world = *state;
	struct subject imported, itself, free_one;
	struct recorder *recorder = &world->recorder;
	struct ring *ring;

	turn_staged(world, 2);
	store_fixture_sql(world->data,
		"INSERT INTO workloads (id, name, folder, source, step_s) VALUES (7, "
		"'imported', 'imported', 'imported', 60)");
	ring = polled_ring(world);
	imported = polled(world, "imported", TURN_STEP_S);
	itself = polled(world, "w", TURN_STEP_S);
	free_one = polled(world, "free", TURN_STEP_S);
	for (int tick = 1; tick <= 3; tick++) {
		publish_of(world, ring, &imported, tick);
		publish_of(world, ring, &itself, tick);
		publish_of(world, ring, &free_one, tick);
	}
	turn_once(world);
	turn_once(world);
	assert_int_equal(recorder->subject_count, 3);
	assert_int_equal(recorder->refused_count, 2);
	assert_true(turn_said(world, "that was not sampled; it is not stored"));
	assert_true(turn_said(world, "w is this machine itself; it is not stored"));
	recorded(world);
	assert_int_equal(turn_number(world,
				 "SELECT count(*) FROM workloads WHERE name = 'free' "
				 "AND last_at = 1700006580"),
		1);
	/* entered again: those that are refused stay so */
	publish_of(world, ring, &free_one, 4);
	turn_once(world);
	recorder->has_unentered = true;
	turn_once(world);
	assert_int_equal(recorder->refused_count, 2);
	/* taken twice: passed over by its stamp */
	publish_of(world, ring, &free_one, 4);
	turn_once(world);
	assert_int_equal(ring_acknowledged(ring), 11);
	/* staging opened anew: they are known */
	staging_close(recorder->staging);
	recorder->staging = NULL;
	turn_once(world);
	assert_int_equal(recorder->subject_count, 3);
	assert_int_equal(turn_status(world).pending_ticks, 0);
	check_layout_again(world);
	check_tidy(world);
	check_resent(world, "free");
	ring_close(ring);
}

/* ---- records of staging --------------------------------------------------------------------------- */

static void odd_records_are_recorded_as_far_as_they_go(void **state)
{
	static const struct turn_column nothing[] = { { "cpu", NULL, 0 },
		{ "memory", "used_bytes", 0 } };
	struct turn_world *world = *state;
	double value = 1e9;
	struct record records[] = {
		/* no kind before a tab */
		{ .kind = RECORD_EVENT,
			.number = 5,
			.stamp_s = TURN_FIRST_S,
			.text = "words",
			.length = 5 },
		/* of nobody */
		{ .kind = RECORD_EVENT,
			.number = 6,
			.stamp_s = TURN_FIRST_S,
			.subject.id = 77,
			.text = "start\tx",
			.length = 7 },
		/* staged twice */
		{ .kind = RECORD_TICK,
			.stamp_s = TURN_FIRST_S + TURN_STEP_S,
			.values = &value,
			.count = 1 },
		{ .kind = RECORD_TICK,
			.stamp_s = TURN_FIRST_S + 5 * TURN_STEP_S,
			.values = &value,
			.count = 1 },
	};
	char path[PATH_MAX];

	turn_staged(world, 2);
	turn_path(world, "data/layouts", path);
	records[2].layout = records[3].layout =
		turn_layout(path, nothing, ARRAY_LEN(nothing));
	turn_append(world, records, ARRAY_LEN(records));
	recorded(world);
	assert_int_equal(turn_number(world,
				 "SELECT count(*) FROM events WHERE kind = 'event' AND "
				 "text = 'words'"),
		1);
	assert_int_equal(turn_number(world, "SELECT count(*) FROM events"), 1);
	assert_int_equal(turn_number(world, "SELECT stored FROM collector_health"), 3);
	assert_int_equal(turn_number(world,
				 "SELECT count(*) FROM gaps WHERE begin_at = "
				 "1700006520 AND end_at = 1700006640"),
		1);
	assert_int_equal(
		turn_number(world, "SELECT count(*) FROM archives WHERE file = 'cpu'"),
		0);
}

/* Somebody took it out of the database: entered again, and what waits is stored with it. */
static void a_workload_that_was_removed_is_entered_again(void **state)
{
	struct turn_world *world = *state;
	struct err err = ERR_INIT;

	turn_staged(world, 2);
	store_fixture_sql(
		world->data, "PRAGMA foreign_keys = 1; DELETE FROM workloads");
	turn_move_mark(world);
	assert_true(recorder_record(&world->recorder, &err) < 0);
	assert_int_equal(world->recorder.workload_id, 0);
	store_fixture_ok(recorder_record(&world->recorder, &err), &err);
	assert_int_equal(
		turn_number(world, "SELECT last_at FROM workloads"), 1700006520);
}

/* How the disk was a week ago, as a build of before has it, as ours has it, and damaged. */
static void what_is_kept_of_the_disk_may_be_of_before(void **state)
{
	static const char *const kept[] = { "1700000000 5", "1700000000 5 1700000000 5",
		"1700000000 5 1700000000 5 7", "x" };
	struct turn_world *world = *state;

	turn_staged(world, 1);
	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		char sql[200];

		snprintf(sql, sizeof(sql),
			"INSERT OR REPLACE INTO meta (key, value) VALUES "
			"('recorder.disk', '%s')",
			kept[i]);
		store_fixture_sql(world->data, sql);
		turn_publish(world, 1, 1e9);
		turn_once(world);
		recorded(world);
		assert_int_equal(
			turn_number(world,
				"SELECT length(value) - length(replace(value, ' "
				"', '')) FROM meta WHERE key = 'recorder.disk'"),
			3);
	}
}

/* The name that the old history would get is taken, and the next one as well. */
static void an_old_history_finds_a_name(void **state)
{
	struct turn_world *world = *state;
	struct err err = ERR_INIT;

	turn_staged(world, 2);
	recorded(world);
	store_fixture_sql(world->data,
		"INSERT INTO workloads (name, folder, source, step_s) VALUES ('w until "
		"2023-11-15', 'a', 'sampled', 60), ('w until 2023-11-15 (2)', 'b', "
		"'sampled', 60)");
	store_fixture_ok(recorder_renew(&world->recorder, &err), &err);
	assert_int_equal(
		turn_number(world,
			"SELECT count(*) FROM workloads WHERE id = 1 AND name = "
			"'w until 2023-11-15 (3)'"),
		1);
}

/* ---- events and layouts that are not as they should ------------------------------------------------ */

static void all_events_go_with_the_first_ticks(void **state)
{
	struct turn_world *world = *state;

	turn_staged(world, 1);
	for (int i = 0; i < RING_EVENTS; i++)
		ring_add_event(
			world->ring, RING_EVENT_HOTPLUG, TURN_FIRST_S, i, "came");
	turn_once(world);
	assert_int_equal(ring_event_acknowledged(world->ring), RING_EVENTS);
	/* more than one frame's worth, with ticks between */
	for (int i = 0; i < RING_EVENTS; i++)
		ring_add_event(world->ring, RING_EVENT_HOTPLUG,
			TURN_FIRST_S + 10 * TURN_STEP_S, i, "came");
	turn_publish(world, 20, 1e9);
	turn_once(world);
	recorded(world);
	assert_int_equal(
		turn_number(world, "SELECT count(*) FROM events"), 2 * RING_EVENTS);
}

/* One that cannot be read is no reason to drop its ticks: it may be another time. */
static void a_layout_that_cannot_be_read_holds_its_ticks(void **state)
{
	struct turn_world *world = *state;
	char name[LAYOUT_FILE_NAME_BYTES], path[PATH_MAX];
	struct err err = ERR_INIT;

	turn_staged(world, 1);
	layout_file_name(world->layout_id, name);
	snprintf(path, sizeof(path), "%.99s/layouts/%s", world->data, name);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%.99s/%s", world->run, name);
	assert_int_equal(unlink(path), 0);
	/* one that the sampler no longer has is not to be had: no trouble */
	store_fixture_ok(recorder_layouts_keep(&world->recorder, &err), &err);
	/* nor is a damaged one */
	store_fixture_ok(
		io_replace_file(AT_FDCWD, path, "x", 1, 0600, IO_VOLATILE, &err), &err);
	store_fixture_ok(recorder_layouts_keep(&world->recorder, &err), &err);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(recorder_layouts_keep(&world->recorder, &err), -EISDIR);
	turn_publish(world, 1, 1e9);
	turn_once(world);
	assert_int_equal(turn_status(world).pending_ticks, 1);
	assert_true(world->recorder.staging_trouble.has_failed);
	assert_int_equal(ring_acknowledged(world->ring), 1);
}

/* Another folder at the same path: ours by its id, whoever made it anew. */
static void a_folder_is_known_by_its_id(void **state)
{
	struct turn_world *world = *state;
	struct recorder *recorder = &world->recorder;
	struct err err = ERR_INIT;
	char path[PATH_MAX];

	turn_staged(world, 1);
	recorder->folder_device++;
	store_fixture_ok(recorder_folder_check(recorder, &err), &err);
	recorder->folder_inode++;
	store_fixture_ok(recorder_folder_check(recorder, &err), &err);
	/* its id is lost or no id: a staging says whose it is */
	turn_path(world, "data/store.id", path);
	recorder->folder_inode++;
	assert_int_equal(unlink(path), 0);
	store_fixture_ok(recorder_folder_check(recorder, &err), &err);
	recorder->folder_inode++;
	store_fixture_ok(
		io_replace_file(AT_FDCWD, path, "no id", 5, 0600, IO_VOLATILE, &err),
		&err);
	store_fixture_ok(recorder_folder_check(recorder, &err), &err);
	turn_path(world, "data/staging", path);
	assert_int_equal(unlink(path), 0);
	recorder->folder_inode++;
	assert_int_equal(recorder_folder_check(recorder, &err), -ESTALE);
	/* a file where the folder was */
	snprintf(recorder->settings.data.text, 100, "%.60s/log/below", world->dir);
	assert_int_equal(recorder_folder_check(recorder, &err), -ESTALE);
}

/* A machine that has just started: its last sample is that of the boot before, which is as
 * old as it is, and not none at all. */
static void a_new_ring_leaves_the_last_sample_known(void **state)
{
	struct turn_world *world = *state;

	turn_staged(world, 2);
	ring_set_gauge(
		world->recorder.ring, RING_LAST_STAMP_S, TURN_FIRST_S + TURN_STEP_S);
	recorded(world);
	ring_set_gauge(world->recorder.ring, RING_LAST_STAMP_S, 0);
	recorded(world);
	assert_int_equal(turn_number(world, "SELECT last_at FROM collector_health"),
		TURN_FIRST_S + TURN_STEP_S);
}

/* Somebody removed the layouts while none ran: they are made again before a batch, which
 * would lose the ticks. */
static void a_new_recorder_knows_what_staged_ticks_are_of(void **state)
{
	struct turn_world *world = *state;
	struct recorder *recorder = &world->recorder;
	struct err err = ERR_INIT;
	char path[PATH_MAX];

	turn_staged(world, 2);
	turn_path(world, "data/layouts", path);
	assert_int_equal(scratch_dir_remove(path), 0);
	memset(recorder->known_layout, 0, sizeof(recorder->known_layout));
	store_fixture_ok(recorder_subjects_open(recorder, false, &err), &err);
	store_fixture_ok(recorder_layouts_keep(recorder, &err), &err);
	assert_int_equal(access(path, F_OK), 0);
}

static const struct CMUnitTest record_tests[] = {
	IN_WORLD(a_renamed_workload_is_found_by_what_the_database_says),
	IN_WORLD(another_name_in_the_settings_begins_another_history),
	IN_WORLD(names_that_are_taken_are_refused_alone),
	IN_WORLD(odd_records_are_recorded_as_far_as_they_go),
	IN_WORLD(a_workload_that_was_removed_is_entered_again),
	IN_WORLD(what_is_kept_of_the_disk_may_be_of_before),
	IN_WORLD(a_new_ring_leaves_the_last_sample_known),
	IN_WORLD(a_new_recorder_knows_what_staged_ticks_are_of),
	IN_WORLD(an_old_history_finds_a_name),
	IN_WORLD(all_events_go_with_the_first_ticks),
	IN_WORLD(a_layout_that_cannot_be_read_holds_its_ticks),
	IN_WORLD(a_folder_is_known_by_its_id),
};
const struct turn_tests turn_record_tests = { record_tests, ARRAY_LEN(record_tests) };
