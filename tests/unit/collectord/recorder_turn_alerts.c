/* The alerts as a turn judges them: of each kind of layout, and of what the database holds. */
#include "tests/unit/collectord/recorder_turn_world.h"

#include "tests/store_fixture.h"

#include "collectord/recorder/recorder_enter.h"
#include "collectord/recorder/recorder_store.h"
#include "collectord/recorder/recorder_turn.h"
#include "store/db/health.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/statvfs.h>

/* ---- the disk of the store ----------------------------------------------------------------- */

static enum { DISK_AS_IT_IS, DISK_FULL, DISK_OF_NOTHING } disk;

int statvfs(const char *path, struct statvfs *ret_disk)
{
	int r = ((__typeof__(&statvfs))dlsym(RTLD_NEXT, "statvfs"))(path, ret_disk);

	if (r == 0 && disk == DISK_FULL)
		ret_disk->f_bavail = ret_disk->f_blocks / 100;
	if (r == 0 && disk == DISK_OF_NOTHING)
		ret_disk->f_blocks = ret_disk->f_bavail = 0;
	return r;
}

/* ---- ticks of any layout -------------------------------------------------------------------- */

/* So many ticks of the first `there` columns, then a turn. */
static void any_ticks(struct turn_world *world, unsigned ticks,
	const struct turn_column *column, size_t count, size_t there)
{
	uint64_t layout_id = turn_layout(world->run, column, count);
	struct err err = ERR_INIT;

	if (ring_value_capacity(world->ring) < there)
		store_fixture_ok(ring_widen(world->ring, (unsigned)there, &err), &err);
	for (unsigned i = 0; i < ticks; i++) {
		struct ring_seat *seat = ring_reserve(world->ring, (unsigned)there);
		int64_t stamp = TURN_FIRST_S + TURN_STEP_S * ++world->ticks;

		assert_non_null(seat);
		seat->layout_id = layout_id;
		seat->stamp_s = stamp;
		seat->boottime_ns = stamp * 1000;
		seat->boot_key = 1;
		seat->step_s = TURN_STEP_S;
		for (size_t k = 0; k < there; k++)
			seat->values[k] = column[k].value;
		ring_publish(world->ring, false);
	}
	turn_once(world);
}

static int64_t alerts_of(const struct turn_world *world, const char *condition)
{
	char sql[300];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM alerts WHERE %.200s",
		condition);
	return turn_number(world, sql);
}

static void limits(struct turn_world *world)
{
	struct settings *settings = &world->recorder.settings;

	settings->alert_memory_limit_bytes.number = 0;
	settings->alert_core_mhz.number = 0;
	settings->alert_saturation_percent.number = 90;
	settings->alert_disk_percent.number = 90;
	settings->alert_celsius.number = 80;
}

/* A name is that of a sensor's temperature, or of something else in the same file. */
static void each_hot_sensor_is_an_alert(void **state)
{
	static const struct turn_column hot[] = {
		{ "sensors", "fan_rpm", 3000 },
		{ "sensors", "t", 99 },
		{ "sensors", "t_cpu", 99 },
		{ "sensors", "t_disk", 40 },
		{ "sensors", "tx", 99 },
	};
	struct turn_world *world = *state;

	limits(world);
	any_ticks(world, 30, hot, ARRAY_LEN(hot), ARRAY_LEN(hot));
	assert_int_equal(alerts_of(world, "kind = 'sensor'"), 1);
	assert_int_equal(alerts_of(world, "subject = 't_cpu' AND height = 99"), 1);
}

/* What the layout promises and the tick lacks is not known, and neither is half of nothing. */
static void values_that_are_not_there_are_unknown(void **state)
{
	static const struct turn_column rows[] = {
		{ "fs-%2Fa", "used_bytes", 100 },
		{ "fs-%2Fa", "size_bytes", 100 },
		{ "fs-%2Fa", "read_only", 0 },
		{ "memory", "used_bytes", 100 },
		{ "memory", "total_bytes", 0 },
	};
	struct turn_world *world = *state;

	limits(world);
	any_ticks(world, 5, rows, ARRAY_LEN(rows), 0);
	any_ticks(world, 20, rows, ARRAY_LEN(rows), 1);
	assert_int_equal(alerts_of(world, "kind <> 'health'"), 0);
	any_ticks(world, 30, rows, ARRAY_LEN(rows), 2); /* read_only: not known */
	assert_int_equal(alerts_of(world, "kind = 'disk_space'"), 1);
	any_ticks(world, 20, rows, ARRAY_LEN(rows), 5);
	assert_int_equal(alerts_of(world, "kind = 'saturation'"), 0);
}

static void a_full_disk_of_the_store_is_an_alert_of_its_own(void **state)
{
	struct turn_world *world = *state;

	limits(world);
	disk = DISK_OF_NOTHING;
	turn_publish(world, 5, 1e9);
	turn_once(world);
	assert_int_equal(alerts_of(world, "1"), 0);
	disk = DISK_FULL;
	turn_publish(world, 5, 1e9);
	turn_once(world);
	assert_int_equal(
		alerts_of(world, "kind = 'health' AND subject = 'disk of the store'"),
		1);
	world->recorder.settings.alert_disk_percent.number = 0; /* nobody asked */
	turn_publish(world, 40, 1e9);
	turn_once(world);
	disk = DISK_AS_IT_IS;
	assert_int_equal(alerts_of(world, "closed_at IS NULL"), 0);
}

/* ---- maintenance ---------------------------------------------------------------------------- */

static void maintained(
	struct turn_world *world, int64_t workload_id, int64_t begin_at, int64_t end_at)
{
	static char reason[] = "work";
	struct maintenance window = { .workload_id = workload_id,
		.begin_at = begin_at,
		.end_at = end_at,
		.reason = reason };
	struct store *store = store_fixture_open(world->data);
	struct err err = ERR_INIT;

	store_fixture_ok(store_begin(store, 1000, &err), &err);
	store_fixture_ok(store_maintenance_add(store, &window, &err), &err);
	store_fixture_ok(store_commit(store, &err), &err);
	store_close(store);
}

struct window {
	const char *name;
	int64_t workload_id, begin_s, end_s; /* from the first tick */
	bool holds_back;
};
static const struct window windows[] = {
	{ "before", 0, -7200, 0, false },
	{ "behind", 0, 86400, 90000, false },
	{ "another machine's", 2, -60, 86400, false },
	{ "everybody's", 0, -60, 86400, true },
	{ "its own", 1, -60, 86400, true },
};

static void only_maintenance_of_then_and_there_holds_back(void **state)
{
	struct turn_world *world = *state;

	world->recorder.settings.alert_memory_limit_bytes.number = (int64_t)1e9;
	turn_once(world);
	store_fixture_sql(world->data,
		"INSERT INTO workloads (id, name, folder, source, step_s) SELECT 2, "
		"'v', 'v', source, step_s FROM workloads WHERE id = 1");
	for (size_t i = 0; i < ARRAY_LEN(windows); i++) {
		const struct window *window = &windows[i];
		int64_t now_s = TURN_FIRST_S + TURN_STEP_S * (int64_t)world->ticks;

		store_fixture_sql(world->data, "DELETE FROM maintenance");
		store_fixture_sql(world->data, "DELETE FROM deliveries");
		maintained(world, window->workload_id, now_s + window->begin_s,
			now_s + window->end_s);
		turn_publish(world, 30, 80e9);
		turn_once(world);
		world->recorder.alerts->has_deliveries = false;
		if (turn_number(world,
			    "SELECT count(*) FROM deliveries WHERE "
			    "given_up_at IS NOT NULL") !=
			turn_number(world,
				window->holds_back ? "SELECT count(*) FROM deliveries"
						   : "SELECT 0"))
			fail_msg("%s", window->name);
		assert_true(turn_number(world, "SELECT count(*) FROM deliveries") > 0);
		turn_publish(world, 60, 1e8); /* it closes */
		turn_once(world);
		assert_int_equal(alerts_of(world, "closed_at IS NULL"), 0);
	}
}

/* ---- what the database holds ------------------------------------------------------------------ */

/* An alert whose watch was lost goes on, and closes as it should. */
static void an_open_alert_without_a_state_goes_on(void **state)
{
	struct turn_world *world = *state;
	char sql[200];

	world->recorder.settings.alert_memory_limit_bytes.number = (int64_t)40e9;
	turn_once(world);
	snprintf(sql, sizeof(sql),
		"INSERT INTO alerts (workload_id, kind, subject, opened_at, height, "
		"limit_value, unit) VALUES (1, 'memory_limit', '', %lld, 5e10, 4e10, "
		"'bytes')",
		(long long)TURN_FIRST_S);
	store_fixture_sql(world->data, sql);
	store_fixture_sql(world->data, "DELETE FROM alert_state");
	world->recorder.alerts->rules[0]->workload_id = 0; /* as at a start */
	turn_publish(world, 10, 80e9);
	turn_once(world);
	assert_int_equal(alerts_of(world, "kind = 'memory_limit'"), 1);
	assert_int_equal(alerts_of(world, "closed_at IS NULL"), 1);
	turn_publish(world, 60, 1e9);
	turn_once(world);
	assert_int_equal(alerts_of(world, "closed_at > 0 AND height > 8e10"), 1);
}

/* What nobody could have written is left alone. */
static void an_impossible_alert_is_not_adopted(void **state)
{
	static const char *const changes[] = {
		"opened_at = -5",
		"opened_at = 9000000000000000000",
		"disqualified_at = -5",
		"disqualified_at = 9000000000000000000",
		"workload_id = 2",
		"kind = 'no_such'",
	};
	struct turn_world *world = *state;
	char sql[300];

	turn_once(world);
	store_fixture_sql(world->data,
		"INSERT INTO workloads (id, name, folder, source, step_s) SELECT 2, "
		"'v', 'v', source, step_s FROM workloads WHERE id = 1");
	store_fixture_sql(world->data,
		"INSERT INTO alerts (workload_id, kind, subject, opened_at, height, "
		"limit_value, unit) VALUES (1, 'sensor', 't_x', 1700000000, 1, 1, '')");
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		size_t found = 0;
		const struct workload_rules *rules;

		snprintf(sql, sizeof(sql),
			"PRAGMA ignore_check_constraints = 1; UPDATE alerts SET %s",
			changes[i]);
		store_fixture_sql(world->data, sql);
		store_fixture_sql(world->data, "DELETE FROM alert_state");
		world->recorder.alerts->rules[0]->workload_id = 0;
		turn_publish(world, 1, 1e9);
		turn_once(world);
		rules = world->recorder.alerts->rules[0];
		assert_int_equal(rules->workload_id, 1);
		for (size_t k = 0; k < rules->count; k++)
			found += rules->watch[k].alert_id != 0;
		if (found != 0)
			fail_msg("%s", changes[i]);
		store_fixture_sql(world->data,
			"PRAGMA ignore_check_constraints = 1; UPDATE alerts SET "
			"workload_id = 1, opened_at = 1700000000, disqualified_at = "
			"NULL, kind = 'sensor'");
	}
}

/* A restored database knows the workload under another number. */
static void rules_follow_the_number_of_the_workload(void **state)
{
	struct turn_world *world = *state;
	struct recorder *recorder = &world->recorder;

	turn_staged(world, 3);
	store_fixture_sql(world->data,
		"PRAGMA foreign_keys = 0; UPDATE workloads SET "
		"id = 9; DELETE FROM alert_state");
	store_fixture_sql(world->data, "DELETE FROM meta WHERE key = 'recorder.fills'");
	recorder_enter_again(recorder);
	turn_publish(world, 1, 1e9);
	turn_once(world);
	assert_int_equal(recorder->workload_id, 9);
	assert_int_equal(recorder->alerts->rules[0]->workload_id, 9);
	assert_int_equal(recorder->alerts->rules_count, 1);
}

/* ---- without alerts --------------------------------------------------------------------------- */

static void record_all(struct turn_world *world)
{
	struct err err = ERR_INIT;

	turn_move_mark(world);
	store_fixture_ok(recorder_record(&world->recorder, &err), &err);
}

/* No memory was left for them at the start: ticks are stored all the same. */
static void a_recorder_without_alerts_stores(void **state)
{
	struct turn_world *world = *state;

	recorder_alerts_free(world->recorder.alerts);
	world->recorder.alerts = NULL;
	turn_staged(world, 5);
	turn_publish(world, 30, 80e9);
	turn_once(world);
	record_all(world);
	assert_int_equal(turn_status(world).bytes_used, 0);
	assert_int_equal(alerts_of(world, "1"), 0);
}

/* Nobody knows how the daemon would judge: nothing is, and nothing is lost to who does. */
static void without_limits_nothing_is_judged_and_nothing_lost(void **state)
{
	struct turn_world *world = *state;

	turn_staged(world, 5);
	world->recorder.are_limits_known = false;
	turn_publish(world, 30, 80e9);
	turn_once(world);
	record_all(world);
	assert_int_equal(alerts_of(world, "1"), 0);
	assert_true(turn_status(world).bytes_used > 0);
	world->recorder.are_limits_known = true;
	turn_once(world);
	assert_int_equal(alerts_of(world, "kind = 'memory_limit'"), 1);
}

static const struct CMUnitTest alerts_tests[] = {
	IN_WORLD(each_hot_sensor_is_an_alert),
	IN_WORLD(values_that_are_not_there_are_unknown),
	IN_WORLD(a_full_disk_of_the_store_is_an_alert_of_its_own),
	IN_WORLD(only_maintenance_of_then_and_there_holds_back),
	IN_WORLD(an_open_alert_without_a_state_goes_on),
	IN_WORLD(an_impossible_alert_is_not_adopted),
	IN_WORLD(rules_follow_the_number_of_the_workload),
	IN_WORLD(a_recorder_without_alerts_stores),
	IN_WORLD(without_limits_nothing_is_judged_and_nothing_lost),
};
const struct turn_tests turn_alerts_tests = { alerts_tests, ARRAY_LEN(alerts_tests) };
