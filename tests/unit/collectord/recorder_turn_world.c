#include "tests/unit/collectord/recorder_turn_world.h"

#include "tests/scratch_dir.h"
#include "tests/store_fixture.h"

#include "collectord/link/tick_layout.h"
#include "collectord/recorder/recorder_batch.h"
#include "collectord/recorder/recorder_identity.h"
#include "collectord/recorder/recorder_socket.h"
#include "collectord/recorder/recorder_subject.h"
#include "collectord/recorder/recorder_turn.h"
#include "collectord/writer/writer.h"
#include "common/clock.h"
#include "common/hex.h"
#include "common/io.h"
#include "store/dir/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000 };

void turn_path(const struct turn_world *world, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", world->dir, name);
}

/* ---- folders, ring, recorder -------------------------------------------------------------- */

uint64_t turn_layout(const char *folder, const struct turn_column *column, size_t count)
{
	struct err err = ERR_INIT;
	struct layout layout;
	uint64_t id;

	layout_init(&layout, TURN_STEP_S);
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || strcmp(column[i].file, column[i - 1].file) != 0)
			store_fixture_ok(
				layout_add_file(&layout, column[i].file, &err), &err);
		if (column[i].column)
			store_fixture_ok(layout_add_column(&layout, column[i].column,
						 LAYOUT_KEEP_MAX, &err),
				&err);
	}
	store_fixture_ok(layout_seal(&layout, &err), &err);
	store_fixture_ok(layout_save(&layout, folder, &err), &err);
	id = layout.id;
	layout_done(&layout);
	return id;
}

static void make_ring(struct turn_world *world, const char *store_id)
{
	struct ring_config config = { .seat_count = RING_SEATS,
		.value_count = 2,
		.step_s = TURN_STEP_S,
		.boot_id = { 1 } };
	char path[PATH_MAX], note[160];
	struct err err = ERR_INIT;

	hex_read(store_id, config.store_id, sizeof(config.store_id));
	turn_path(world, "run/ring", path);
	store_fixture_ok(ring_create(path, &config, &world->ring, note, &err), &err);
}

static void make_recorder(struct turn_world *world, const char *store_id)
{
	struct recorder *recorder = &world->recorder;
	struct settings *settings = &recorder->settings;
	char log[PATH_MAX];

	recorder_init(recorder);
	turn_path(world, "log", log);
	world->log_fd = open(log, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	assert_true(world->log_fd >= 0);
	log_init(&recorder->log, "recorder");
	recorder->log.fd = world->log_fd;
	settings_init(settings);
	snprintf(settings->data.text, sizeof(settings->data.text), "%.200s",
		world->data);
	snprintf(settings->runtime, sizeof(settings->runtime), "%.200s", world->run);
	snprintf(
		settings->libexec, sizeof(settings->libexec), "%.200s/bin", world->dir);
	snprintf(settings->name.text, sizeof(settings->name.text), "w");
	snprintf(settings->store_id, sizeof(settings->store_id), "%s", store_id);
	settings->interval.number = TURN_STEP_S;
	settings->alert_memory_limit_bytes.number = (int64_t)40e9;
	settings->batch_interval.number = 86400; /* what is due says the test */
	settings->keep_base.number = 7200;
	settings->keep_fine.number = 86400;
	settings->keep_coarse.number = 2 * 86400;
	recorder->alerts = recorder_alerts_new();
	assert_non_null(recorder->alerts);
	world->now_ms = clock_monotonic_ms();
	recorder->batch_ms = world->now_ms;
}

int turn_world_begin(void **state)
{
	static const struct turn_column memory[] = { { "memory", "used_bytes", 0 },
		{ "memory", "total_bytes", 0 } };
	struct turn_world *world = calloc(1, sizeof(*world));
	char store_id[STORE_ID_SIZE], bin[PATH_MAX];
	struct err err = ERR_INIT;

	assert_non_null(world);
	snprintf(world->dir, sizeof(world->dir), "%s/headroom-turn.XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(world->dir));
	(void)signal(SIGPIPE, SIG_IGN); /* as the recorder has it */
	turn_path(world, "data", world->data);
	turn_path(world, "run", world->run);
	turn_path(world, "bin", bin);
	store_fixture_ok(io_make_folders(world->data, 0750, &err), &err);
	store_fixture_ok(io_make_folders(world->run, 0750, &err), &err);
	store_fixture_ok(io_make_folders(bin, 0750, &err), &err);
	store_fixture_ok(store_id_ensure(world->data, store_id, &err), &err);
	world->layout_id = turn_layout(world->run, memory, ARRAY_LEN(memory));
	make_ring(world, store_id);
	make_recorder(world, store_id);
	*state = world;
	return 0;
}

static void end_child(pid_t pid)
{
	if (pid <= 0)
		return;
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

int turn_world_end(void **state)
{
	struct turn_world *world = *state;
	struct recorder *recorder = &world->recorder;

	end_child(recorder->child.pid);
	if (recorder->child.note_fd >= 0)
		close(recorder->child.note_fd);
	if (recorder->alerts) {
		end_child(recorder->alerts->notifier);
		if (recorder->alerts->in_fd >= 0)
			close(recorder->alerts->in_fd);
		if (recorder->alerts->out_fd >= 0)
			close(recorder->alerts->out_fd);
	}
	recorder_hang_up(recorder);
	recorder_alerts_free(recorder->alerts);
	ring_close(recorder->ring);
	ring_close(recorder->poller_ring);
	recorder_subjects_done(recorder);
	staging_close(recorder->staging);
	ring_close(world->ring);
	close(world->log_fd);
	scratch_dir_remove(world->dir);
	free(world);
	return 0;
}

/* ---- ticks ---------------------------------------------------------------------------------- */

void turn_publish(struct turn_world *world, unsigned ticks, double used)
{
	for (unsigned i = 0; i < ticks; i++) {
		struct ring_seat *seat = ring_reserve(world->ring, 2);
		int64_t stamp = TURN_FIRST_S + TURN_STEP_S * ++world->ticks;

		assert_non_null(seat);
		seat->layout_id = world->layout_id;
		seat->stamp_s = stamp;
		seat->boottime_ns = stamp * 1000;
		seat->boot_key = 1;
		seat->step_s = TURN_STEP_S;
		seat->values[0] = used;
		seat->values[1] = 100e9;
		ring_publish(world->ring, false);
	}
}

struct staging_status turn_status(const struct turn_world *world)
{
	struct staging_status status;

	staging_get_status(world->recorder.staging, &status);
	return status;
}

void turn_staged(struct turn_world *world, unsigned ticks)
{
	turn_publish(world, ticks, 1e9);
	turn_once(world);
	assert_non_null(world->recorder.staging);
	assert_true(world->recorder.workload_id > 0);
	assert_int_equal(turn_status(world).pending_ticks, ticks);
	assert_int_equal(world->recorder.child.pid, 0);
}

void turn_fill_staging(struct turn_world *world, unsigned percent)
{
	enum { VALUES = 25000, BYTES = VALUES * 9 };
	static const unsigned char boot_id[16] = { 1 };
	static double value[VALUES];
	struct staging_status status = turn_status(world);
	const uint64_t wanted = status.bytes / 100 * percent;
	uint64_t random = 7;
	struct err err = ERR_INIT;

	while (status.bytes_used <= wanted) {
		const uint64_t left = wanted - status.bytes_used;
		struct record record = { .kind = RECORD_TICK,
			.stamp_s = TURN_FIRST_S + TURN_STEP_S * ++world->ticks,
			.layout = 5,
			.values = value,
			.count = left < BYTES ? left / 9 + 1 : VALUES };
		size_t taken = 0;

		for (size_t i = 0; i < record.count; i++)
			value[i] = support_uniform(&random);
		store_fixture_ok(staging_append(world->recorder.staging, &record, 1,
					 boot_id, 900, &taken, &err),
			&err);
		status = turn_status(world);
	}
}

void turn_append(struct turn_world *world, const struct record *record, size_t count)
{
	static const unsigned char boot_id[16] = { 1 };
	struct err err = ERR_INIT;
	size_t taken = 0;

	store_fixture_ok(staging_append(world->recorder.staging, record, count, boot_id,
				 900, &taken, &err),
		&err);
	assert_int_equal(taken, count);
}

void turn_move_mark(struct turn_world *world)
{
	struct staging_batch done = { .number = turn_status(world).newest,
		.last_stamp_s = turn_status(world).last_stamp_s };
	struct err err = ERR_INIT;

	store_fixture_ok(staging_move_mark(world->recorder.staging, &done, &err), &err);
}

/* ---- programs --------------------------------------------------------------------------------- */

void turn_program(const struct turn_world *world, const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/bin/%s", world->dir, name);
	(void)unlink(path);
	file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file, "#!/bin/sh\n%s\n", text);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0755), 0);
}

void turn_real_writer(const struct turn_world *world)
{
	char path[PATH_MAX], self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	assert_true(length > 0);
	self[length] = '\0';
	turn_path(world, "bin/collectord-writer", path);
	(void)unlink(path);
	assert_int_equal(symlink(self, path), 0);
}

int turn_as_writer(int argc, char **argv)
{
	struct writer_result result;
	struct err err = ERR_INIT;

	if (argc < 5)
		return 2;
	if (writer_run(argv[2], argc == 6, &result, &err) < 0) {
		puts(err.text);
		return 1;
	}
	return 0;
}

/* ---- turns -------------------------------------------------------------------------------------- */

void turn_once(struct turn_world *world)
{
	world->now_ms = clock_monotonic_ms();
	recorder_turn(&world->recorder, world->now_ms, true);
}

void turn_await_writer(struct turn_world *world)
{
	int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;

	while (world->recorder.child.pid) {
		assert_true(clock_monotonic_ms() < until_ms);
		usleep(1000);
		recorder_batch_continue(&world->recorder, world->now_ms);
	}
}

void turn_await_notifier(struct turn_world *world)
{
	int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;

	while (world->recorder.alerts->notifier) {
		assert_true(clock_monotonic_ms() < until_ms);
		usleep(1000);
		recorder_deliver(&world->recorder, world->now_ms);
	}
}

bool turn_said(const struct turn_world *world, const char *text)
{
	static char all[1 << 16];
	ssize_t got = pread(world->log_fd, all, sizeof(all) - 1, 0);

	assert_true(got >= 0);
	all[got] = '\0';
	return strstr(all, text) != NULL;
}

int64_t turn_number(const struct turn_world *world, const char *sql)
{
	char path[PATH_MAX];
	sqlite3 *db = NULL;
	sqlite3_stmt *statement = NULL;
	int64_t number;

	turn_path(world, "data/headroom.db", path);
	assert_int_equal(
		sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return number;
}

void turn_database_away(const struct turn_world *world, bool is_away)
{
	static const char *const suffix[] = { "", "-wal", "-shm" };
	char there[PATH_MAX], kept[PATH_MAX];

	for (size_t i = 0; i < ARRAY_LEN(suffix); i++) {
		snprintf(there, sizeof(there), "%s/data/headroom.db%s", world->dir,
			suffix[i]);
		snprintf(kept, sizeof(kept), "%s/kept.db%s", world->dir, suffix[i]);
		if (i == 0 && !is_away)
			assert_int_equal(rmdir(there), 0);
		if (rename(is_away ? there : kept, is_away ? kept : there) < 0)
			assert_int_not_equal(i, 0);
		if (i == 0 && is_away)
			assert_int_equal(mkdir(there, 0700), 0);
	}
}

/* ---- somebody who asks ---------------------------------------------------------------------------- */

int turn_ask(struct turn_world *world, const char *words)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int length = snprintf(address.sun_path, sizeof(address.sun_path),
		"%.60s/recorder.sock", world->data);

	assert_true(length < (int)sizeof(address.sun_path));
	assert_true(fd >= 0);
	assert_int_equal(
		connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	if (*words)
		assert_int_equal(write(fd, words, strlen(words)), strlen(words));
	return fd;
}

/* Lets in who waits, then hears them. */
void turn_serve(struct turn_world *world, int64_t now_ms)
{
	for (int i = 0; i < 2; i++) {
		struct pollfd set[1 + RECORDER_CLIENTS];
		size_t count = recorder_poll_set(&world->recorder, set);

		assert_true(poll(set, count, 0) >= 0);
		recorder_serve(&world->recorder, set, count, now_ms);
	}
}

bool turn_is_answered(int fd)
{
	struct pollfd set = { .fd = fd, .events = POLLIN };

	return poll(&set, 1, 0) > 0;
}

void turn_answered(int fd, const char *expected)
{
	char text[4096];
	size_t length = 0;
	ssize_t got = 0;

	assert_true(turn_is_answered(fd));
	while ((got = recv(fd, text + length, sizeof(text) - 1 - length,
			MSG_DONTWAIT)) > 0)
		length += (size_t)got;
	assert_true(got == 0 || errno == ECONNRESET); /* the recorder has hung up */
	text[length] = '\0';
	close(fd);
	if (strncmp(text, expected, strlen(expected)) != 0 ||
		(!*expected && length > 0))
		fail_msg("answered \"%s\", expected \"%s\"", text, expected);
}
