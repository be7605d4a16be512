/*
 * The recorder's loop: a flush over the socket with the writer as a child, deliveries with a
 * notifier, the ticks of polled machines, staging and layouts that were removed, a drain.
 */
#include "tests/unit/store/each_fault_daemon.h"

#include "tests/store_fixture.h"
#include "tests/support.h"

#include "collectord/link/remote_hosts.h"
#include "collectord/link/subject.h"
#include "collectord/recorder/alerts_state.h"
#include "collectord/recorder/recorder_batch.h"
#include "collectord/recorder/recorder_connect.h"
#include "collectord/recorder/recorder_enter.h"
#include "collectord/recorder/recorder_identity.h"
#include "collectord/recorder/recorder_socket.h"
#include "collectord/recorder/recorder_store.h"
#include "collectord/recorder/recorder_subject.h"
#include "collectord/recorder/recorder_take.h"
#include "collectord/recorder/recorder_turn.h"
#include "collectord/writer/writer.h"
#include "common/clock.h"
#include "common/hex.h"
#include "common/io.h"
#include "store/db/alerts.h"
#include "store/dir/lock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000 };

int each_fault_as_writer(int argc, char **argv)
{
	struct writer_result result;
	struct err err = ERR_INIT;

	return argc < 5 || writer_run(argv[2], argc == 6, &result, &err) < 0;
}

/* ---- programs ------------------------------------------------------------------------------ */

static void programs_in(const char *dir)
{
	char path[PATH_MAX], self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	struct err err = ERR_INIT;
	FILE *file;

	assert_true(length > 0);
	self[length] = '\0';
	store_fixture_path(dir, "bin", path);
	store_fixture_ok(io_make_folders(path, 0750, &err), &err);
	/* by a script: what a folder is copied by does not know links */
	store_fixture_path(dir, "bin/collectord-writer", path);
	file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file, "#!/bin/bash\nexec -a collectord-writer '%s' \"$@\"\n", self);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0755), 0);
	store_fixture_path(dir, "bin/collectord-notifier", path);
	file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file,
		"#!/bin/sh\ntee -a \"$0.in\" | sed -n "
		"'s/^{\"id\":\\([0-9]*\\),.*}$/{\"id\":\\1,\"ok\":true}/p' 2>/dev/null\n");
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0755), 0);
}

static int up_with_programs(const char *dir, struct err *err)
{
	int r = fault_recorder_up(dir, err);

	(void)signal(SIGPIPE, SIG_IGN); /* as the recorder has it */
	snprintf(fault_recorder.settings.libexec,
		sizeof(fault_recorder.settings.libexec), "%.200s/bin", dir);
	fault_recorder.settings.batch_interval.number = 86400; /* only who asks */
	fault_recorder.batch_ms = clock_monotonic_ms();
	return r;
}

/* So that what is asked of it afterwards is the same each time. */
static void await_end(pid_t pid)
{
	siginfo_t info;

	each_fault_pause(true);
	if (pid > 0)
		(void)waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	each_fault_pause(false);
}

static void wait_for(pid_t pid)
{
	if (pid > 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
}

static void down_with_programs(void)
{
	struct recorder_alerts *alerts = fault_recorder.alerts;

	each_fault_pause(true);
	wait_for(fault_recorder.child.pid);
	if (fault_recorder.child.pid && fault_recorder.child.note_fd >= 0)
		close(fault_recorder.child.note_fd);
	if (alerts && alerts->notifier) {
		wait_for(alerts->notifier);
		if (alerts->in_fd >= 0)
			close(alerts->in_fd);
		if (alerts->out_fd >= 0)
			close(alerts->out_fd);
	}
	each_fault_pause(false);
	recorder_hang_up(&fault_recorder);
	fault_recorder_down();
}

/* ---- a reader asks for a flush ---------------------------------------------------------------- */

static void a_reader_may_ask(const char *dir)
{
	fault_staged_ticks(dir);
	programs_in(dir);
}

static int ask_for_flush(const char *dir, int *ret_fd, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int r = 0;

	snprintf(address.sun_path, sizeof(address.sun_path), "%.60s/data/recorder.sock",
		dir);
	each_fault_pause(true);
	*ret_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(*ret_fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
		send(*ret_fd, "flush\n", 6, MSG_NOSIGNAL) != 6)
		r = err_errno(err, "asking");
	each_fault_pause(false);
	return r;
}

/* Turns until there is an answer, or the recorder has hung up. */
static int turn_until_answered(int fd, struct err *err)
{
	int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
	char answer[64] = "";
	ssize_t got = -1;

	while (got < 0 && clock_monotonic_ms() < until_ms) {
		struct pollfd set[1 + RECORDER_CLIENTS];
		size_t count = recorder_poll_set(&fault_recorder, set);

		each_fault_pause(true);
		(void)poll(set, count, 1);
		each_fault_pause(false);
		recorder_serve(&fault_recorder, set, count, clock_monotonic_ms());
		recorder_turn(&fault_recorder, clock_monotonic_ms(), false);
		await_end(fault_recorder.child.pid);
		each_fault_pause(true);
		got = recv(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT);
		each_fault_pause(false);
	}
	if (strncmp(answer, "ok 17", 5) == 0)
		return 0;
	return err_set(err, -EAGAIN, "answered \"%s\": %s, %s", answer,
		fault_recorder.batch_trouble.why, fault_recorder.staging_trouble.why);
}

static int flush_for_reader(const char *dir, const void *what, struct err *err)
{
	int r = up_with_programs(dir, err), fd = -1;

	(void)what;
	THEN(recorder_listen(&fault_recorder, err));
	THEN(ask_for_flush(dir, &fd, err));
	THEN(turn_until_answered(fd, err));
	each_fault_pause(true);
	if (fd >= 0)
		close(fd);
	each_fault_pause(false);
	down_with_programs();
	return r;
}

static int64_t count_of(const char *dir, const char *sql)
{
	char path[PATH_MAX];
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	int64_t count = -1;

	store_fixture_path(dir, "data/headroom.db", path);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
		sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_ROW)
		count = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return count;
}

static bool is_flushed(const char *dir)
{
	char path[PATH_MAX];
	struct staging *staging = NULL;
	struct staging_status status = { .newest = 1 };

	store_fixture_path(dir, "data", path);
	if (staging_open(path, STAGING_READ, &staging, NULL) == 0)
		staging_get_status(staging, &status);
	staging_close(staging);
	return status.newest == status.mark &&
		count_of(dir, "SELECT last_at FROM workloads") ==
		FAULT_FIRST_S + FAULT_STEP_S * (FAULT_TICKS + 9);
}

/* ---- deliveries ----------------------------------------------------------------------------------- */

static void deliveries_are_due(const char *dir)
{
	static const char *const channels[] = { "journal", "webhook", "mail" };
	struct err err = ERR_INIT;
	struct store *store;
	char data[PATH_MAX];
	int64_t id = 0;

	fault_recorded_ticks(dir);
	programs_in(dir);
	store_fixture_path(dir, "data", data);
	store = store_fixture_open(data);
	store_fixture_ok(store_begin(store, 1000, &err), &err);
	store_fixture_ok(store_alert_open(store, 1, "disk_space", "a \"subject\"",
				 FAULT_FIRST_S, 0.96, 0.9, "ratio", &id, &err),
		&err);
	for (size_t i = 0; i < ARRAY_LEN(channels); i++)
		store_fixture_ok(store_delivery_add(store, id, channels[i], "opened",
					 FAULT_FIRST_S, 0, NULL, &err),
			&err);
	store_fixture_ok(store_commit(store, &err), &err);
	store_close(store);
}

static const char open_sql[] = "SELECT count(*) FROM deliveries WHERE delivered_at IS "
			       "NULL";

/* Until nothing is due: what failed is tried again at once. */
static int deliver_all(const char *dir, const void *what, struct err *err)
{
	struct settings *settings = &fault_recorder.settings;
	int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
	int r;

	(void)what;
	each_fault_pause(true); /* what failed is due again */
	(void)count_of(dir, "UPDATE deliveries SET next_try_at = NULL RETURNING id");
	each_fault_pause(false);
	r = up_with_programs(dir, err);
	snprintf(settings->alert_webhook.text, 64, "http://127.0.0.1:9/alerts");
	snprintf(settings->alert_smtp.text, 64, "smtp://127.0.0.1:9");
	snprintf(settings->alert_mail_from.text, 64, "from@here");
	snprintf(settings->alert_mail_to.text, 64, "to@there");
	for (int round = 0; r == 0 && round < 2; round++) {
		int64_t now_ms = clock_monotonic_ms();

		fault_recorder.alerts->next_look_ms = 0;
		fault_recorder.alerts->has_open = round > 0; /* and again */
		fault_recorder.alerts->next_resend_ms = 0;
		do {
			recorder_deliver(&fault_recorder, now_ms);
			await_end(fault_recorder.alerts->notifier);
		} while (fault_recorder.alerts->notifier &&
			clock_monotonic_ms() < until_ms);
	}
	down_with_programs();
	each_fault_pause(true);
	if (r == 0 && count_of(dir, open_sql) != 0)
		r = err_set(err, -EAGAIN, "not all of it is delivered");
	each_fault_pause(false);
	return r;
}

/* Nobody was given half a message. */
static bool are_messages_whole(const char *dir)
{
	static char line[1 << 16];
	char path[PATH_MAX];
	bool is_whole = true;
	FILE *file;

	store_fixture_path(dir, "bin/collectord-notifier.in", path);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		const char *end = line + strlen(line);
		bool is_mail = strstr(line, "\"channel\":\"mail\"") != NULL;
		const char *tail = is_mail ? "\\u000d\\u000a\"}\n" : "}]\"}\n";

		if ((size_t)(end - line) < strlen(tail) ||
			strcmp(end - strlen(tail), tail) != 0 ||
			!strstr(line, "disk_space of a \\") ||
			(is_mail && !strstr(line, "Message-ID: <headroom-")) ||
			(!is_mail && !strstr(line, "startsAt")))
			is_whole = false;
	}
	if (file)
		fclose(file);
	return is_whole && count_of(dir, open_sql) == 0;
}

/* ---- polled machines --------------------------------------------------------------------------------- */

/* Two of them, and a host in the settings that has no tick yet. */
static void polled_ticks(const char *dir)
{
	struct ring_config config = { .seat_count = RING_SEATS,
		.value_count = 3,
		.step_s = FAULT_STEP_S,
		.boot_id = { 1 } };
	char poller[PATH_MAX], run[PATH_MAX], data[PATH_MAX], path[PATH_MAX], note[160];
	char store_id[STORE_ID_SIZE];
	struct remote_host host = { .source = HOST_EXPORTER,
		.name = "none-yet",
		.address = "http://127.0.0.1:9/metrics",
		.interval_s = 60 };
	struct remote_hosts hosts = { .count = 0 };
	struct ring *ring = NULL;
	struct err err = ERR_INIT;
	uint64_t layout_id;

	fault_filled_ring(dir);
	store_fixture_path(dir, "data", data);
	store_fixture_path(dir, "run", run);
	store_fixture_path(dir, "run/poller", poller);
	store_fixture_path(dir, "run/poller/ring", path);
	store_fixture_ok(remote_hosts_add(&hosts, &host, &err), &err);
	store_fixture_ok(remote_hosts_save(&hosts, run, &err), &err);
	remote_hosts_done(&hosts);
	store_fixture_ok(io_make_folders(poller, 0750, &err), &err);
	store_fixture_ok(store_id_read(data, store_id, &err), &err);
	hex_read(store_id, config.store_id, sizeof(config.store_id));
	store_fixture_ok(ring_create(path, &config, &ring, note, &err), &err);
	layout_id = fault_layout(poller, false);
	for (int i = 0; i < 2 * FAULT_TICKS; i++) {
		struct subject subject;
		struct ring_seat *seat = ring_reserve(ring, 2);

		store_fixture_ok(subject_init(&subject, i % 2 ? "web-1" : "web-2",
					 FAULT_STEP_S, &err),
			&err);
		store_fixture_ok(subject_save(&subject, poller, false, &err), &err);
		seat->subject = subject.id;
		seat->layout_id = layout_id;
		seat->stamp_s = FAULT_FIRST_S + FAULT_STEP_S * (1 + i / 2);
		seat->boottime_ns = 1000;
		seat->boot_key = 1 + (uint64_t)(i > FAULT_TICKS);
		seat->step_s = FAULT_STEP_S;
		seat->values[0] = 80e9;
		seat->values[1] = 100e9;
		ring_publish(ring, false);
		if (i < 2)
			ring_add_event_of(ring, subject.id, RING_EVENT_START,
				seat->stamp_s, 1, "it is polled");
	}
	ring_close(ring);
}

/* As a turn does. */
static int take_polled(const char *dir, const void *what, struct err *err)
{
	int r = fault_recorder_up(dir, err);

	(void)what;
	if (r == 0 && !fault_recorder.poller_ring)
		r = err_set(err, -EAGAIN, "the poller's ring is not open yet");
	THEN(recorder_take(&fault_recorder, err));
	if (r == 0 && fault_recorder.has_unentered)
		r = recorder_enter(&fault_recorder, err);
	THEN(recorder_alerts_judge(&fault_recorder, err));
	fault_recorder_down();
	return r;
}

static void polled_staged(const char *dir)
{
	struct err err = ERR_INIT;

	polled_ticks(dir);
	store_fixture_ok(take_polled(dir, NULL, &err), &err);
}

static void polled_written(const char *dir)
{
	struct err err = ERR_INIT;

	polled_staged(dir);
	store_fixture_ok(fault_write_staged(dir, &fault_waits, &err), &err);
}

/* Where the newer head of staging cannot be read the older one says that nothing is written
 * yet: the loop goes on from there. */
static int record_polled(const char *dir, const void *what, struct err *err)
{
	int r = fault_recorder_up(dir, err);
	struct staging_status status = { .newest = 0 };

	(void)what;
	if (r == 0)
		staging_get_status(fault_recorder.staging, &status);
	if (status.newest > status.mark)
		r = err_set(err, -EAGAIN, "it is not in the archives yet");
	fault_recorder_down();
	return r < 0 ? r : fault_record_batch(dir, NULL, err);
}

static bool are_polled_alerts_open(const char *dir)
{
	return count_of(dir,
		       "SELECT count(*) FROM alerts JOIN workloads ON "
		       "workloads.id = workload_id WHERE kind = 'memory_limit' "
		       "AND name LIKE 'web-_' AND closed_at IS NULL") == 2;
}

static bool are_polled_recorded(const char *dir)
{
	return are_polled_alerts_open(dir) &&
		count_of(dir,
			"SELECT count(*) FROM workloads WHERE name LIKE 'web-_' "
			"AND last_at = 1700008200") == 2 &&
		count_of(dir,
			"SELECT count(*) FROM boots JOIN workloads ON "
			"workloads.id = workload_id WHERE name LIKE 'web-_'") == 4;
}

/* ---- what somebody removed -------------------------------------------------------------------------------- */

static int keep_what_is_gone(const char *dir, const void *what, struct err *err)
{
	int r = fault_recorder_up(dir, err);
	char path[PATH_MAX];

	(void)what;
	THEN(recorder_take(&fault_recorder, err));
	if (r == 0) {
		each_fault_pause(true);
		store_fixture_path(dir, "data/staging", path);
		(void)unlink(path);
		each_fault_pause(false);
	}
	/* where it cannot be looked at nothing is said against it: the next look decides */
	THEN(recorder_take(&fault_recorder, err));
	THEN(recorder_take(&fault_recorder, err));
	fault_recorder_down();
	return r;
}

static bool are_ticks_staged(const char *dir)
{
	struct staging_status status = { .newest = 0 };
	struct staging *staging = NULL;
	char path[PATH_MAX];

	store_fixture_path(dir, "data", path);
	if (staging_open(path, STAGING_READ, &staging, NULL) == 0)
		staging_get_status(staging, &status);
	staging_close(staging);
	return status.pending_ticks == FAULT_TICKS;
}

/* ---- no daemon runs ------------------------------------------------------------------------------------------ */

/* As `collectord-recorder --drain`, but for its writer, which was there. */
static int drain_staged(const char *dir, const void *what, struct err *err)
{
	struct settings *settings = &fault_recorder.settings;
	char data[PATH_MAX];
	int r;

	(void)what;
	store_fixture_path(dir, "data", data);
	recorder_init(&fault_recorder);
	fault_recorder.log.level = (enum log_level)0;
	settings_init(settings);
	snprintf(settings->data.text, sizeof(settings->data.text), "%.200s", data);
	snprintf(settings->name.text, sizeof(settings->name.text), "w");
	settings->interval.number = FAULT_STEP_S;
	fault_recorder.is_one_shot = true;
	fault_recorder.alerts = recorder_alerts_new();
	r = fault_recorder.alerts ? 0 : err_oom(err);
	if (r == 0)
		recorder_connect(&fault_recorder);
	if (r == 0 && !fault_recorder.staging)
		r = err_set(err, -EAGAIN, "%s", fault_recorder.staging_trouble.why);
	THEN(recorder_enter(&fault_recorder, err));
	THEN(recorder_record(&fault_recorder, err));
	if (r == 0)
		recorder_tidy(&fault_recorder);
	fault_recorder_down();
	return r;
}

/* A file that ends early is a damaged one: what it held is passed over. */
#define WHOLE_FILES (PLAIN_FAULTS & ~FAULT_BIT(FAULT_END))

struct fault_scenario each_fault_turn[] = {
	{ "a flush over the socket", a_reader_may_ask, flush_for_reader, NULL,
		is_flushed, WHOLE_FILES | ONE_OF(8), true },
	{ "deliveries", deliveries_are_due, deliver_all, NULL, are_messages_whole,
		PLAIN_FAULTS | ONE_OF(4), true },
	{ "polled machines are taken", polled_ticks, take_polled, NULL,
		are_polled_alerts_open, PLAIN_FAULTS | ONE_OF(4), true },
	{ "polled machines are taken again", polled_staged, take_polled, NULL,
		are_polled_alerts_open, PLAIN_FAULTS, true },
	{ "the writer of polled machines", polled_staged, fault_write_staged,
		&fault_waits, NULL, PLAIN_FAULTS, true },
	{ "the record of polled machines", polled_written, record_polled, NULL,
		are_polled_recorded, WHOLE_FILES | ONE_OF(4), true },
	{ "staging is removed", fault_filled_ring, keep_what_is_gone, NULL,
		are_ticks_staged, WHOLE_FILES & ~FAULT_BIT(FAULT_DEAD), false },
	{ "a drain", fault_written_ticks, drain_staged, NULL, NULL, PLAIN_FAULTS,
		true },
};
const size_t each_fault_turn_count = ARRAY_LEN(each_fault_turn);
