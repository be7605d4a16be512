/* Deliveries: what the notifier may answer, and what becomes of what it does not. */
#include "tests/unit/collectord/recorder_turn_world.h"

#include "tests/store_fixture.h"

#include "collectord/recorder/recorder_turn.h"
#include "common/clock.h"

#include <string.h>
#include <unistd.h>

/* A receipt of each message, as the notifier writes it. */
#define EACH(receipt) "sed -n 's/^{\"id\":\\([0-9]*\\),.*/" receipt "/p'"
#define ALL_WELL EACH("{\"id\":\\1,\"ok\":true}")
/* Beside it what it was given. */
#define KEEPS "tee -a \"$0.in\" | "

static void told_of(struct turn_world *world)
{
	struct settings *settings = &world->recorder.settings;

	snprintf(settings->alert_webhook.text, 64, "http://127.0.0.1:9/alerts");
	snprintf(settings->alert_smtp.text, 64, "smtp://127.0.0.1:9");
	snprintf(settings->alert_mail_from.text, 64, "from@here");
	snprintf(settings->alert_mail_to.text, 64, "to@there");
	turn_staged(world, 3);
	recorder_deliver(&world->recorder, world->now_ms + 2000); /* of before: none */
	assert_false(world->recorder.alerts->has_deliveries);
	assert_int_equal(world->recorder.alerts->notifier, 0);
}

/* An open alert with a delivery over each of the channels, "jwm"; its id. */
static int64_t alert_with(
	struct turn_world *world, int64_t workload_id, const char *channels)
{
	struct store *store = store_fixture_open(world->data);
	static unsigned number;
	struct err err = ERR_INIT;
	char subject[32];
	int64_t id = 0;

	snprintf(subject, sizeof(subject), "sub-%u", number++);
	store_fixture_ok(store_begin(store, 1000, &err), &err);
	store_fixture_ok(store_alert_open(store, workload_id, "disk_space", subject,
				 1700000000, 0.96, 0.9, "ratio", &id, &err),
		&err);
	for (const char *channel = channels; *channel; channel++)
		store_fixture_ok(store_delivery_add(store, id,
					 *channel == 'j'           ? "journal"
						 : *channel == 'w' ? "webhook"
						 : *channel == 'm' ? "mail"
								   : "pigeon",
					 "opened", 1700000000, 0, NULL, &err),
			&err);
	store_fixture_ok(store_commit(store, &err), &err);
	store_close(store);
	world->recorder.alerts->has_deliveries = true;
	world->recorder.alerts->next_look_ms = 0;
	return id;
}

static void deliver_now(struct turn_world *world)
{
	recorder_deliver(&world->recorder, world->now_ms);
	turn_await_notifier(world);
}

static int64_t delivered(const struct turn_world *world)
{
	return turn_number(world,
		"SELECT count(*) FROM deliveries WHERE delivered_at > 1700000000");
}

static void each_channel_has_its_message(void **state)
{
	struct turn_world *world = *state;
	static char text[1 << 16];
	char path[PATH_MAX];
	size_t length;
	FILE *file;

	told_of(world);
	snprintf(world->recorder.settings.alert_webhook_secret_file.text, 64, "/a/key");
	snprintf(world->recorder.settings.alert_smtp_secret_file.text, 64, "/a/word");
	turn_program(world, "collectord-notifier", KEEPS ALL_WELL);
	alert_with(world, 1, "jwmp");
	deliver_now(world);
	assert_int_equal(delivered(world), 3); /* nobody knows of pigeons */
	assert_true(turn_said(world, "alert 1: w: disk_space of sub-"));
	turn_path(world, "bin/collectord-notifier.in", path);
	file = fopen(path, "re");
	assert_non_null(file);
	length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = '\0';
	fclose(file);
	assert_non_null(strstr(text,
		"\"channel\":\"webhook\",\"url\":\"http://127.0.0.1:9/alerts\","
		"\"secret_file\":\"/a/key\",\"key\":\"headroom-"));
	assert_non_null(strstr(text, "\"body\":\"[{\\\"labels\\\":{"));
	assert_non_null(strstr(text,
		"\"channel\":\"mail\",\"url\":\"smtp://127.0.0.1:9\",\"secret_file\":"
		"\"/a/word\",\"from\":\"from@here\",\"to\":\"to@there\",\"body\":"
		"\"From: from@here\\u000d\\u000a"));
}

struct receipt {
	const char *name, *program;
	const char *error; /* NULL: delivered */
};
static const struct receipt receipts[] = {
	{ "delivered", ALL_WELL, NULL },
	{ "refused", EACH("{\"id\":\\1,\"ok\":false,\"error\":\"HTTP 500\"}"),
		"HTTP 500" },
	{ "refused without a word", EACH("{\"id\":\\1,\"ok\":false}"), "refused" },
	{ "refused in half a line", EACH("{\"id\":\\1,\"error\":\"HTT"), "refused" },
	{ "no word", "cat >/dev/null", "the notifier gave no receipt" },
	{ "no end of the line", "cat >/dev/null; printf '{\"id\":1,\"ok\":true}'",
		"the notifier gave no receipt" },
	{ "of others",
		"cat >/dev/null; echo '{\"id\":999,\"ok\":true}'; echo; "
		"echo '{\"id\":-1,\"ok\":true}'; echo '{\"ok\":true}'",
		"the notifier gave no receipt" },
	{ "killed", "cat >/dev/null; kill -9 $$", "the notifier gave no receipt" },
	{ "said twice",
		"cat >\"$0.in\"; " EACH(
			"{\"id\":\\1,\"ok\":true}") " \"$0.in\" \"$0.in\"",
		NULL },
};

static void a_receipt_decides_what_becomes_of_it(void **state)
{
	struct turn_world *world = *state;

	told_of(world);
	for (size_t i = 0; i < ARRAY_LEN(receipts); i++) {
		const struct receipt *receipt = &receipts[i];
		int64_t before = clock_wall_s();
		char sql[300];

		turn_number(world, "SELECT 0");
		alert_with(world, 1, "w");
		turn_program(world, "collectord-notifier", receipt->program);
		deliver_now(world);
		assert_int_equal(world->recorder.alerts->in_flight_count, 0);
		assert_int_equal(world->recorder.alerts->in_fd, -1);
		assert_true(world->recorder.alerts->has_deliveries);
		snprintf(sql, sizeof(sql),
			receipt->error
				? "SELECT attempts = 1 AND delivered_at IS NULL AND "
				  "next_try_at BETWEEN %lld AND %lld AND error = '%s' "
				  "FROM deliveries ORDER BY id DESC LIMIT 1"
				: "SELECT delivered_at >= %lld AND delivered_at <= "
				  "%lld AND attempts <= 1 FROM deliveries ORDER BY id "
				  "DESC LIMIT 1",
			(long long)before + (receipt->error != NULL),
			(long long)clock_wall_s() + 1, receipt->error);
		if (turn_number(world, sql) != 1)
			fail_msg("%s", receipt->name);
		store_fixture_sql(world->data,
			"UPDATE deliveries SET given_up_at = 1 WHERE delivered_at IS "
			"NULL");
	}
}

/* One that hangs, one that talks without an end. */
static void a_notifier_that_does_not_end_is_ended(void **state)
{
	static const char *const programs[] = { "exec sleep 60",
		"head -c 70000 /dev/zero | tr '\\0' x; exec sleep 60" };
	struct turn_world *world = *state;
	struct recorder_alerts *alerts = world->recorder.alerts;

	told_of(world);
	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		alert_with(world, 1, "w");
		turn_program(world, "collectord-notifier", programs[i]);
		recorder_deliver(&world->recorder, world->now_ms);
		assert_int_not_equal(alerts->notifier, 0);
		assert_int_equal(
			recorder_deliver_wait_ms(&world->recorder, world->now_ms), 100);
		if (i == 0) {
			recorder_deliver(&world->recorder, world->now_ms + 59999);
			assert_int_not_equal(alerts->notifier, 0);
			recorder_deliver(&world->recorder, world->now_ms + 60000);
			assert_int_equal(alerts->notifier, 0);
		} else {
			turn_await_notifier(world); /* it is not waited for */
		}
		assert_int_equal(turn_number(world,
					 "SELECT attempts FROM deliveries ORDER BY id "
					 "DESC LIMIT 1"),
			1);
	}
}

/* The journal is ours, and says it once; the rest waits for a program that can be run. */
static void without_a_notifier_the_journal_has_it_once(void **state)
{
	struct turn_world *world = *state;

	told_of(world);
	alert_with(world, 1, "jw");
	deliver_now(world);
	assert_true(turn_said(world, "cannot be run"));
	assert_int_equal(delivered(world), 1);
	assert_int_equal(turn_number(world,
				 "SELECT attempts FROM deliveries WHERE channel = "
				 "'webhook'"),
		0);
	assert_int_equal(world->recorder.alerts->in_flight_count, 0);
	assert_int_equal(world->recorder.alerts->next_look_ms, world->now_ms + 1000);
	recorder_deliver(&world->recorder, world->now_ms + 999); /* not yet */
	turn_program(world, "collectord-notifier", ALL_WELL);
	recorder_deliver(&world->recorder, world->now_ms + 1000);
	turn_await_notifier(world);
	assert_int_equal(delivered(world), 2);
}

static void one_that_does_not_read_is_tried_again(void **state)
{
	struct turn_world *world = *state;
	static char long_name[200001];
	char *sql = NULL;

	told_of(world);
	memset(long_name, 'x', sizeof(long_name) - 1);
	alert_with(world, 1, "w");
	assert_true(asprintf(&sql, "UPDATE alerts SET subject = '%s'", long_name) > 0);
	store_fixture_sql(world->data, sql); /* more than a pipe takes */
	free(sql);
	turn_program(world, "collectord-notifier", "exec <&-; exec sleep 0.2");
	recorder_deliver(&world->recorder, world->now_ms);
	assert_true(turn_said(world, "the notifier does not take messages"));
	turn_await_notifier(world);
	assert_int_equal(delivered(world), 0);
	turn_program(world, "collectord-notifier", ALL_WELL);
	deliver_now(world);
	assert_int_equal(delivered(world), 1);
}

static void only_so_many_go_at_once(void **state)
{
	struct turn_world *world = *state;

	told_of(world);
	turn_program(world, "collectord-notifier", ALL_WELL);
	for (int i = 0; i < DELIVERIES_AT_ONCE + 2; i++)
		alert_with(world, 1, "jw");
	deliver_now(world);
	assert_int_equal(delivered(world), 2 * DELIVERIES_AT_ONCE);
	assert_int_equal(world->recorder.alerts->next_look_ms, 0);
	deliver_now(world);
	assert_int_equal(delivered(world), 2 * DELIVERIES_AT_ONCE + 4);
	world->recorder.alerts->next_look_ms = 0;
	deliver_now(world);
	assert_false(world->recorder.alerts->has_deliveries);
}

/* The alert of a machine that is polled is told as our own are. */
static void what_was_polled_is_delivered_too(void **state)
{
	struct turn_world *world = *state;

	told_of(world);
	store_fixture_sql(world->data,
		"INSERT INTO workloads (id, name, folder, source, step_s) SELECT 7, "
		"'polled', 'polled', source, step_s FROM workloads WHERE id = 1");
	turn_program(world, "collectord-notifier", ALL_WELL);
	alert_with(world, 7, "jw");
	deliver_now(world);
	assert_int_equal(delivered(world), 2);
}

static void failing_deliveries_wait_longer_and_a_minute_at_most(void **state)
{
	static const struct {
		const char *sql;
		int64_t wait_s;
	} rows[] = { { "UPDATE deliveries SET attempts = 0, next_try_at = 0", 1 },
		{ "UPDATE deliveries SET attempts = 5, next_try_at = 0", 32 },
		{ "UPDATE deliveries SET attempts = 6, next_try_at = 0", 60 },
		{ "UPDATE deliveries SET attempts = 99, next_try_at = 0", 60 } };
	struct turn_world *world = *state;
	struct recorder_alerts *alerts = world->recorder.alerts;

	told_of(world);
	turn_program(world, "collectord-notifier", "cat >/dev/null");
	alert_with(world, 1, "w");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t before = clock_wall_s(), next;

		store_fixture_sql(world->data, rows[i].sql);
		alerts->next_look_ms = 0;
		deliver_now(world);
		next = turn_number(world, "SELECT next_try_at FROM deliveries");
		assert_true(next >= before + rows[i].wait_s);
		assert_true(next <= clock_wall_s() + rows[i].wait_s);
	}
	/* nor is it looked at before */
	recorder_deliver(&world->recorder, world->now_ms);
	assert_true(alerts->next_look_ms >= world->now_ms + 59000);
	assert_true(alerts->next_look_ms <= world->now_ms + 60000);
	assert_int_equal(recorder_deliver_wait_ms(&world->recorder, world->now_ms),
		alerts->next_look_ms - world->now_ms);
	store_fixture_sql(
		world->data, "UPDATE deliveries SET next_try_at = next_try_at + 3600");
	alerts->next_look_ms = 0;
	recorder_deliver(&world->recorder, world->now_ms);
	assert_int_equal(alerts->next_look_ms, world->now_ms + 60000);
}

/* What is open is told again, once in alert_resend, until it closes. */
static void open_alerts_are_sent_again(void **state)
{
	struct turn_world *world = *state;
	struct recorder_alerts *alerts = world->recorder.alerts;
	int64_t disqualified, held, closed;
	char path[PATH_MAX], sql[200];

	told_of(world);
	alert_with(world, 1, "j");
	disqualified = alert_with(world, 1, "j");
	held = alert_with(world, 1, "jw");
	closed = alert_with(world, 1, "j");
	alert_with(world, 1, "");
	snprintf(sql, sizeof(sql),
		"UPDATE alerts SET disqualified_at = 1700000900 WHERE id = %lld",
		(long long)disqualified);
	store_fixture_sql(world->data, sql);
	snprintf(sql, sizeof(sql),
		"UPDATE alerts SET closed_at = 1700000900 WHERE id = %lld",
		(long long)closed);
	store_fixture_sql(world->data, sql);
	snprintf(sql, sizeof(sql),
		"UPDATE deliveries SET given_up_at = 5 WHERE alert_id = %lld",
		(long long)held);
	store_fixture_sql(world->data, sql);
	store_fixture_sql(world->data,
		"INSERT INTO workloads (id, name, folder, source, step_s) SELECT 7, "
		"'gone', 'gone', source, step_s FROM workloads WHERE id = 1");
	alert_with(world, 7, "");
	deliver_now(world); /* the journal's */
	alerts->has_open = true;
	alerts->next_resend_ms = world->now_ms + 500;
	turn_program(world, "collectord-notifier", KEEPS ALL_WELL);
	assert_int_equal(
		recorder_deliver_wait_ms(&world->recorder, world->now_ms), 500);
	deliver_now(world);
	turn_path(world, "bin/collectord-notifier.in", path);
	assert_int_equal(access(path, F_OK), -1);
	world->now_ms += 500;
	deliver_now(world);
	assert_int_equal(alerts->next_resend_ms, world->now_ms + 60000);
	assert_true(alerts->has_open);
	{
		static char text[1 << 16];
		FILE *file = fopen(path, "re");
		size_t lines = 0;

		assert_non_null(file);
		while (fgets(text, sizeof(text), file)) {
			lines++;
			assert_non_null(strstr(text, "{\"id\":0,"));
			assert_null(strstr(text, "\"gone\""));
		}
		fclose(file);
		assert_int_equal(lines, 3);
	}
	/* where no webhook is set none is told, and none is left open */
	world->recorder.settings.alert_webhook.text[0] = '\0';
	store_fixture_sql(world->data, "UPDATE alerts SET closed_at = 1700000900");
	world->now_ms += 60000;
	deliver_now(world);
	snprintf(
		world->recorder.settings.alert_webhook.text, 64, "http://127.0.0.1:9/");
	world->now_ms += 60000;
	deliver_now(world);
	assert_false(alerts->has_open);
}

static void receipts_that_cannot_be_kept_are_asked_for_again(void **state)
{
	struct turn_world *world = *state;
	struct recorder_alerts *alerts = world->recorder.alerts;

	told_of(world);
	turn_program(world, "collectord-notifier", "sleep 0.1; " ALL_WELL);
	alert_with(world, 1, "w");
	recorder_deliver(&world->recorder, world->now_ms);
	assert_int_not_equal(alerts->notifier, 0);
	turn_database_away(world, true);
	turn_await_notifier(world);
	assert_true(turn_said(world, "they are sent again"));
	assert_true(alerts->has_deliveries);
	recorder_deliver(&world->recorder, world->now_ms);
	assert_true(turn_said(world, "next try soon"));
	turn_database_away(world, false);
	alerts->next_look_ms = 0;
	deliver_now(world);
	assert_int_equal(delivered(world), 1);
}

static void nobody_is_told_where_nobody_samples(void **state)
{
	struct turn_world *world = *state;
	struct recorder *recorder = &world->recorder;
	struct recorder_alerts *alerts = recorder->alerts;

	told_of(world);
	alert_with(world, 1, "j");
	recorder->is_one_shot = true;
	recorder_deliver(recorder, world->now_ms);
	recorder->is_one_shot = false;
	recorder->workload_id = 0;
	recorder_deliver(recorder, world->now_ms);
	assert_true(recorder_deliver_wait_ms(recorder, world->now_ms) == INT64_MAX);
	recorder->workload_id = 1;
	recorder->alerts = NULL;
	recorder_deliver(recorder, world->now_ms);
	assert_true(recorder_deliver_wait_ms(recorder, world->now_ms) == INT64_MAX);
	recorder->alerts = alerts;
	assert_int_equal(delivered(world), 0);
	assert_int_equal(recorder_deliver_wait_ms(recorder, world->now_ms), 1);
	recorder_deliver(recorder, world->now_ms);
	assert_int_equal(delivered(world), 1);
}

static const struct CMUnitTest deliver_tests[] = {
	IN_WORLD(each_channel_has_its_message),
	IN_WORLD(a_receipt_decides_what_becomes_of_it),
	IN_WORLD(a_notifier_that_does_not_end_is_ended),
	IN_WORLD(without_a_notifier_the_journal_has_it_once),
	IN_WORLD(one_that_does_not_read_is_tried_again),
	IN_WORLD(only_so_many_go_at_once),
	IN_WORLD(what_was_polled_is_delivered_too),
	IN_WORLD(failing_deliveries_wait_longer_and_a_minute_at_most),
	IN_WORLD(open_alerts_are_sent_again),
	IN_WORLD(receipts_that_cannot_be_kept_are_asked_for_again),
	IN_WORLD(nobody_is_told_where_nobody_samples),
};
const struct turn_tests turn_deliver_tests = { deliver_tests,
	ARRAY_LEN(deliver_tests) };
