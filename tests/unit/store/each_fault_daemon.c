/* Ticks go from the ring to staging, to the archives and to the database; alerts are judged. */
#include "tests/unit/store/each_fault_daemon.h"

#include "tests/store_fixture.h"
#include "tests/support.h"

#include "collectord/link/tick_layout.h"
#include "collectord/recorder/recorder_alert.h"
#include "collectord/recorder/recorder_connect.h"
#include "collectord/recorder/recorder_identity.h"
#include "collectord/recorder/recorder_renew.h"
#include "collectord/recorder/recorder_store.h"
#include "collectord/recorder/recorder_subject.h"
#include "collectord/recorder/recorder_take.h"
#include "collectord/writer/writer.h"
#include "common/hex.h"
#include "common/io.h"
#include "store/dir/lock.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LAYOUTS = 2 }; /* the second has a data source more */

/* ---- what waits in the ring --------------------------------------------------------------- */

uint64_t fault_layout(const char *runtime, bool is_wider)
{
	struct err err = ERR_INIT;
	struct layout layout;
	uint64_t id;

	layout_init(&layout, FAULT_STEP_S);
	store_fixture_ok(layout_add_file(&layout, "memory", &err), &err);
	store_fixture_ok(
		layout_add_column(&layout, "used_bytes", LAYOUT_KEEP_MAX, &err), &err);
	store_fixture_ok(
		layout_add_column(&layout, "total_bytes", LAYOUT_KEEP_MIN, &err), &err);
	if (is_wider) {
		store_fixture_ok(layout_add_file(&layout, "cpu", &err), &err);
		store_fixture_ok(layout_add_column(&layout, "used_mhz", 0, &err), &err);
	}
	store_fixture_ok(layout_seal(&layout, &err), &err);
	store_fixture_ok(layout_save(&layout, runtime, &err), &err);
	id = layout.id;
	layout_done(&layout);
	return id;
}

static void publish_tick(struct ring *ring, uint64_t layout_id, unsigned values,
	int64_t stamp, double used)
{
	struct ring_seat *seat = ring_reserve(ring, values);

	assert_non_null(seat);
	seat->layout_id = layout_id;
	seat->stamp_s = stamp;
	seat->boottime_ns = stamp * 1000;
	seat->boot_key = 1;
	seat->step_s = FAULT_STEP_S;
	seat->values[0] = used;
	seat->values[1] = 100e9;
	ring_publish(ring, false);
}

/* Half an hour of too much memory, then little; with a gap and events. */
void fault_filled_ring(const char *dir)
{
	struct ring_config config = { .seat_count = RING_SEATS,
		.value_count = 3,
		.step_s = FAULT_STEP_S,
		.boot_id = { 1 } };
	char data[PATH_MAX], runtime[PATH_MAX], path[PATH_MAX], note[160];
	char store_id[STORE_ID_SIZE];
	struct ring *ring = NULL;
	struct err err = ERR_INIT;
	uint64_t layout_id[LAYOUTS];

	store_fixture_path(dir, "data", data);
	store_fixture_path(dir, "run", runtime);
	store_fixture_path(dir, "run/ring", path);
	store_fixture_ok(io_make_folders(data, 0750, &err), &err);
	store_fixture_ok(io_make_folders(runtime, 0750, &err), &err);
	store_fixture_ok(store_id_ensure(data, store_id, &err), &err);
	for (int i = 0; i < LAYOUTS; i++)
		layout_id[i] = fault_layout(runtime, i > 0);
	hex_read(store_id, config.store_id, sizeof(config.store_id));
	store_fixture_ok(ring_create(path, &config, &ring, note, &err), &err);
	ring_add_event(ring, RING_EVENT_START, FAULT_FIRST_S, 1, "it starts");
	for (int i = 1; i <= FAULT_TICKS; i++)
		publish_tick(ring, layout_id[i > 20], i > 20 ? 3 : 2,
			FAULT_FIRST_S + FAULT_STEP_S * (i > 10 ? i + 9 : i),
			i < 15 ? 80e9 : 1e9);
	ring_add_event(ring, RING_EVENT_CLOCK_JUMP, FAULT_FIRST_S + 900, 1, "a jump");
	ring_close(ring);
}

/* ---- the recorder -------------------------------------------------------------------------- */

struct recorder fault_recorder;

/* What cannot be done now is tried again later: that is told by its text. */
int fault_recorder_up(const char *dir, struct err *err)
{
	struct settings *settings = &fault_recorder.settings;
	char data[PATH_MAX];
	int r;

	store_fixture_path(dir, "data", data);
	recorder_init(&fault_recorder);
	fault_recorder.log.level =
		(enum log_level)0; /* its words are not looked at here */
	settings_init(settings);
	snprintf(settings->data.text, sizeof(settings->data.text), "%.200s/data", dir);
	snprintf(settings->runtime, sizeof(settings->runtime), "%.200s/run", dir);
	snprintf(settings->name.text, sizeof(settings->name.text), "w");
	r = store_id_read(data, settings->store_id, err);
	if (r < 0)
		return r;
	settings->interval.number = FAULT_STEP_S;
	settings->alert_memory_limit_bytes.number = (int64_t)40e9;
	settings->batch_interval.number = 600;
	settings->keep_base.number = 7200; /* small files: each try has its own */
	settings->keep_fine.number = 86400;
	settings->keep_coarse.number = 2 * 86400;
	fault_recorder.are_limits_known = true;
	fault_recorder.alerts = recorder_alerts_new();
	if (!fault_recorder.alerts)
		return err_oom(err);
	recorder_connect(&fault_recorder);
	if (fault_recorder.ring && fault_recorder.staging)
		return 0;
	return err_set(err, -EAGAIN, "%s",
		fault_recorder.staging_trouble.has_failed
			? fault_recorder.staging_trouble.why
			: "no ring");
}

void fault_recorder_down(void)
{
	recorder_alerts_free(fault_recorder.alerts);
	ring_close(fault_recorder.ring);
	ring_close(fault_recorder.poller_ring);
	recorder_subjects_done(&fault_recorder);
	staging_close(fault_recorder.staging);
	memset(&fault_recorder, 0, sizeof(fault_recorder));
}

int fault_take_and_judge(const char *dir, const void *what, struct err *err)
{
	int r = fault_recorder_up(dir, err);

	(void)what;
	THEN(recorder_take(&fault_recorder, err));
	THEN(recorder_alerts_judge(&fault_recorder, err));
	fault_recorder_down();
	return r;
}

/* As after a batch. */
int fault_record_batch(const char *dir, const void *what, struct err *err)
{
	int r = fault_recorder_up(dir, err);

	(void)what;
	THEN(recorder_alerts_judge(&fault_recorder, err));
	THEN(recorder_record(&fault_recorder, err));
	if (r == 0)
		recorder_tidy(&fault_recorder);
	fault_recorder_down();
	return r;
}

static int begin_anew(const char *dir, const void *what, struct err *err)
{
	int r = fault_recorder_up(dir, err);

	(void)what;
	THEN(recorder_renew(&fault_recorder, err));
	fault_recorder_down();
	return r;
}

int fault_write_staged(const char *dir, const void *what, struct err *err)
{
	const bool *gives_up = what;
	struct writer_result result;
	char data[PATH_MAX];

	store_fixture_path(dir, "data", data);
	return writer_run(data, *gives_up, &result, err);
}

/* ---- what each begins with ------------------------------------------------------------------ */

const bool fault_waits = false;
static const bool gives_up_waiting = true;

void fault_staged_ticks(const char *dir)
{
	struct err err = ERR_INIT;

	fault_filled_ring(dir);
	store_fixture_ok(fault_take_and_judge(dir, NULL, &err), &err);
}

void fault_written_ticks(const char *dir)
{
	struct err err = ERR_INIT;

	fault_staged_ticks(dir);
	store_fixture_ok(fault_write_staged(dir, &fault_waits, &err), &err);
}

void fault_recorded_ticks(const char *dir)
{
	struct err err = ERR_INIT;

	fault_written_ticks(dir);
	store_fixture_ok(fault_record_batch(dir, NULL, &err), &err);
}

/* More ticks behind those that are in the archives; an archive is damaged. */
static void a_damaged_archive(const char *dir)
{
	char path[PATH_MAX], zeros[256] = "";

	fault_recorded_ticks(dir);
	store_fixture_path(dir, "data/rrd/w/memory.rrd", path);
	store_fixture_overwrite(path, 0, zeros, sizeof(zeros));
	store_fixture_path(dir, "data/headers.0", path);
	unlink(path);
	store_fixture_path(dir, "data/headers.1", path);
	unlink(path);
	store_fixture_path(dir, "run/ring", path);
	unlink(path);
}

static void a_damaged_staging(const char *dir)
{
	char path[PATH_MAX], noise[2 * 4096];

	fault_staged_ticks(dir);
	memset(noise, 0x5a, sizeof(noise));
	store_fixture_path(dir, "data/staging", path);
	store_fixture_overwrite(path, 0, noise, sizeof(noise));
}

static void a_ring_of_before(const char *dir)
{
	struct ring_config config = { .seat_count = RING_SEATS,
		.value_count = 9,
		.step_s = FAULT_STEP_S,
		.boot_id = { 1 } };
	char path[PATH_MAX], note[160];
	struct ring *ring = NULL;
	struct err err = ERR_INIT;

	fault_filled_ring(dir);
	store_fixture_path(dir, "run/ring", path);
	store_fixture_ok(ring_open(path, NULL, &ring, &err), &err);
	memcpy(config.store_id, ring_store_id(ring), sizeof(config.store_id));
	ring_close(ring);
	store_fixture_ok(ring_create(path, &config, &ring, note, &err), &err);
	ring_close(ring);
}

/* The sampler's part: made, widened, put back. */
static int use_ring(const char *dir, const void *what, struct err *err)
{
	struct ring_config config = { .seat_count = RING_SEATS,
		.value_count = 3,
		.step_s = FAULT_STEP_S,
		.boot_id = { 1 } };
	char path[PATH_MAX], note[160];
	struct ring *ring = NULL;
	int r;

	(void)what;
	store_fixture_path(dir, "run/ring", path);
	r = ring_create(path, &config, &ring, note, err);
	THEN(ring_widen(ring, 40, err));
	if (r == 0)
		unlink(path);
	THEN(ring_put_back(ring, err));
	ring_close(ring);
	return r;
}

struct fault_scenario each_fault_daemon[] = {
	{ "a first turn of the recorder", fault_filled_ring, fault_take_and_judge, NULL,
		NULL, PLAIN_FAULTS, true },
	{ "a later turn", fault_staged_ticks, fault_take_and_judge, NULL, NULL,
		PLAIN_FAULTS, true },
	{ "a turn over damaged staging", a_damaged_staging, fault_take_and_judge, NULL,
		NULL, PLAIN_FAULTS, true },
	{ "the writer", fault_staged_ticks, fault_write_staged, &fault_waits, NULL,
		PLAIN_FAULTS, true },
	{ "the writer that gives up waiting", fault_staged_ticks, fault_write_staged,
		&gives_up_waiting, NULL, PLAIN_FAULTS, true },
	{ "the writer that has nothing to do", fault_written_ticks, fault_write_staged,
		&fault_waits, NULL, PLAIN_FAULTS, true },
	{ "the writer over a damaged archive", a_damaged_archive, fault_write_staged,
		&fault_waits, NULL, PLAIN_FAULTS, true },
	{ "the record of a batch", fault_written_ticks, fault_record_batch, NULL, NULL,
		PLAIN_FAULTS, true },
	{ "a new history", fault_recorded_ticks, begin_anew, NULL, NULL, PLAIN_FAULTS,
		false },
	{ "a ring is made", fault_filled_ring, use_ring, NULL, NULL, PLAIN_FAULTS,
		true },
	{ "a ring is taken over", a_ring_of_before, use_ring, NULL, NULL, PLAIN_FAULTS,
		true },
};
const size_t each_fault_daemon_count = ARRAY_LEN(each_fault_daemon);
