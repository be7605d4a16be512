/*
 * One recorder, many workloads: ticks of all of them pass mixed through the poller's ring,
 * staging, writer and database while the recorder is killed and started again between any
 * two of its steps; every tick is stored once, in the archives of its own workload.
 */
#include "tests/support.h"

#include "tests/scratch_dir.h"

#include "collectord/link/subject.h"
#include "collectord/link/tick_layout.h"
#include "collectord/recorder/recorder_alert.h"
#include "collectord/recorder/recorder_connect.h"
#include "collectord/recorder/recorder_enter.h"
#include "collectord/recorder/recorder_identity.h"
#include "collectord/recorder/recorder_store.h"
#include "collectord/recorder/recorder_subject.h"
#include "collectord/recorder/recorder_take.h"
#include "collectord/writer/writer.h"
#include "common/clock.h"
#include "common/hex.h"
#include "common/io.h"
#include "store/db/alerts.h"
#include "store/db/events.h"
#include "store/dir/lock.h"
#include "store/store.h"

#include <errno.h>
#include <string.h>

enum { MACHINES = 24, TICKS = 120, PATH_SIZE = 300, RING_ROOM = 4096 };

#define FIRST_S ((int64_t)1700006400)

struct machine {
	struct subject subject;
	uint64_t layout[2]; /* the second one has a disk more */
	size_t count;
	int64_t now_s;
	int64_t stamp[TICKS];
	double used[TICKS];
	unsigned boots;
};

struct fleet {
	char data[PATH_SIZE], runtime[PATH_SIZE], poller[PATH_SIZE];
	char store_id[STORE_ID_SIZE];
	uint64_t random;
	struct ring *own, *ring;
	struct machine *machine;
	size_t machines;
	uint64_t own_layout;
	int64_t own_s;
	struct recorder recorder;
	bool is_running;
	unsigned kills;
};

static void ok(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%d: %s", r, err->text);
}

static uint64_t make_layout(const char *dir, unsigned step_s, bool has_disk)
{
	struct err err = ERR_INIT;
	struct layout layout;
	uint64_t id;

	layout_init(&layout, step_s);
	ok(layout_add_file(&layout, "memory", &err), &err);
	ok(layout_add_column(&layout, "used_bytes", LAYOUT_KEEP_MAX, &err), &err);
	if (has_disk) {
		ok(layout_add_file(&layout, "disk", &err), &err);
		ok(layout_add_column(&layout, "total_bps", LAYOUT_KEEP_MAX, &err),
			&err);
	}
	ok(layout_seal(&layout, &err), &err);
	ok(layout_save(&layout, dir, &err), &err);
	id = layout.id;
	layout_done(&layout);
	return id;
}

static struct ring *make_ring(
	const struct fleet *fleet, const char *dir, unsigned seats)
{
	struct ring_config config = {
		.seat_count = seats, .value_count = 2, .step_s = 10, .boot_id = { 1 }
	};
	struct err err = ERR_INIT;
	char path[PATH_SIZE + 8], note[160];
	struct ring *ring = NULL;

	hex_read(fleet->store_id, config.store_id, sizeof(config.store_id));
	snprintf(path, sizeof(path), "%s/ring", dir);
	ok(ring_create(path, &config, &ring, note, &err), &err);
	return ring;
}

static void fleet_begin(struct fleet *fleet, const char *dir, size_t machines)
{
	static const unsigned steps[] = { 15, 30, 60 };
	struct err err = ERR_INIT;

	snprintf(fleet->data, sizeof(fleet->data), "%.200s/data", dir);
	snprintf(fleet->runtime, sizeof(fleet->runtime), "%.200s/run", dir);
	snprintf(fleet->poller, sizeof(fleet->poller), "%.200s/run/poller", dir);
	ok(io_make_folders(fleet->data, 0750, &err), &err);
	ok(io_make_folders(fleet->poller, 0750, &err), &err);
	ok(store_id_ensure(fleet->data, fleet->store_id, &err), &err);
	fleet->own = make_ring(fleet, fleet->runtime, RING_SEATS);
	fleet->ring = make_ring(fleet, fleet->poller, RING_ROOM);
	fleet->own_layout = make_layout(fleet->runtime, 10, false);
	fleet->own_s = FIRST_S;
	fleet->machines = machines;
	fleet->machine = calloc(machines, sizeof(*fleet->machine));
	assert_non_null(fleet->machine);
	for (size_t i = 0; i < machines; i++) {
		struct machine *machine = &fleet->machine[i];
		char name[40];

		snprintf(name, sizeof(name), "host %zu/%c", i, (char)('a' + i % 26));
		ok(subject_init(
			   &machine->subject, name, steps[i % ARRAY_LEN(steps)], &err),
			&err);
		ok(subject_save(&machine->subject, fleet->poller, false, &err), &err);
		machine->now_s = FIRST_S;
		for (unsigned k = 0; k < 2; k++)
			machine->layout[k] = make_layout(
				fleet->poller, machine->subject.step_s, k == 1);
	}
}

/* ---- ticks --------------------------------------------------------------------------- */

static void put_tick(struct fleet *fleet, struct machine *machine)
{
	bool has_disk = machine->count > TICKS / 2;
	struct ring_seat *seat = ring_reserve(fleet->ring, has_disk ? 2 : 1);

	assert_non_null(seat);
	machine->now_s += machine->subject.step_s;
	if (support_uniform(&fleet->random) < 0.03) /* it was silent */
		machine->now_s += machine->subject.step_s *
			(int64_t)(1 + support_random(&fleet->random) % 5);
	if (support_uniform(&fleet->random) < 0.01 || machine->boots == 0)
		machine->boots++;
	seat->subject = machine->subject.id;
	seat->layout_id = machine->layout[has_disk];
	seat->stamp_s = machine->now_s;
	seat->boot_key = machine->boots;
	seat->boottime_ns = 1000 * NS_PER_S;
	seat->step_s = machine->subject.step_s;
	seat->values[0] = floor(1e9 * support_uniform(&fleet->random));
	if (has_disk)
		seat->values[1] = 5;
	machine->stamp[machine->count] = machine->now_s;
	machine->used[machine->count++] = seat->values[0];
	ring_publish(fleet->ring, false);
}

static void put_own(struct fleet *fleet)
{
	struct ring_seat *seat = ring_reserve(fleet->own, 1);

	if (!seat)
		return;
	fleet->own_s += 10;
	seat->layout_id = fleet->own_layout;
	seat->stamp_s = fleet->own_s;
	seat->boot_key = 1;
	seat->step_s = 10;
	seat->values[0] = (double)fleet->own_s;
	ring_publish(fleet->own, false);
}

/* ---- the recorder ---------------------------------------------------------------------- */

static void start(struct fleet *fleet)
{
	struct settings *settings = &fleet->recorder.settings;

	recorder_init(&fleet->recorder);
	fleet->recorder.log.level = LOG_LEVEL_ERROR;
	settings_init(settings);
	snprintf(settings->data.text, sizeof(settings->data.text), "%s", fleet->data);
	snprintf(settings->runtime, sizeof(settings->runtime), "%s", fleet->runtime);
	snprintf(settings->name.text, sizeof(settings->name.text), "hub");
	snprintf(settings->store_id, sizeof(settings->store_id), "%s", fleet->store_id);
	settings->interval.number = 10;
	settings->batch_interval.number = 600;
	settings->keep_base.number = 4 * 3600;
	settings->keep_fine.number = 86400;
	settings->keep_coarse.number = 86400;
	settings->alert_disk_percent.number = 0;
	settings->alert_memory_limit_bytes.number = 990000000;
	settings->alert_memory_overhead_mb.number = 0;
	fleet->recorder.are_limits_known = true;
	fleet->recorder.alerts = recorder_alerts_new();
	recorder_connect(&fleet->recorder);
	assert_non_null(fleet->recorder.staging);
	fleet->is_running = true;
}

static void stop(struct fleet *fleet)
{
	recorder_alerts_free(fleet->recorder.alerts);
	ring_close(fleet->recorder.ring);
	ring_close(fleet->recorder.poller_ring);
	recorder_subjects_done(&fleet->recorder);
	staging_close(fleet->recorder.staging);
	fleet->is_running = false;
}

static bool is_killed(struct fleet *fleet)
{
	if (support_uniform(&fleet->random) >= 0.15)
		return false;
	stop(fleet);
	fleet->kills++;
	return true;
}

static void flush(struct fleet *fleet, bool may_die)
{
	struct writer_result result;
	struct err err = ERR_INIT;

	ok(recorder_take(&fleet->recorder, &err), &err);
	if (may_die && is_killed(fleet))
		return;
	if (fleet->recorder.has_unentered || fleet->recorder.workload_id == 0)
		ok(recorder_enter(&fleet->recorder, &err), &err);
	if (may_die && is_killed(fleet))
		return;
	ok(writer_run(fleet->data, false, &result, &err), &err);
	assert_string_equal(result.note, "");
	if (may_die && is_killed(fleet))
		return;
	ok(staging_refresh(fleet->recorder.staging, &err), &err);
	ok(recorder_record(&fleet->recorder, &err), &err);
	if (may_die)
		(void)is_killed(fleet);
}

static void turn(struct fleet *fleet)
{
	struct err err = ERR_INIT;

	if (!fleet->is_running)
		start(fleet);
	if (support_uniform(&fleet->random) < 0.3) {
		flush(fleet, true);
		return;
	}
	ok(recorder_take(&fleet->recorder, &err), &err);
	if (!is_killed(fleet))
		ok(recorder_alerts_judge(&fleet->recorder, &err), &err);
}

/* ---- what is stored --------------------------------------------------------------------- */

static void check_machine(struct store *store, const struct workload *workload,
	const struct machine *machine)
{
	struct err err = ERR_INIT;
	struct series series;
	size_t at = 0;

	assert_int_equal(workload->origin, ORIGIN_SAMPLED);
	assert_int_equal(workload->step_s, machine->subject.step_s);
	assert_int_equal(workload->first, machine->stamp[0]);
	assert_int_equal(workload->last, machine->stamp[machine->count - 1]);
	ok(store_read_series(store, workload, "memory", "used_bytes", 0, FIRST_S,
		   machine->now_s, &series, &err),
		&err);
	for (size_t i = 0; i < series.count; i++) {
		int64_t stamp = FIRST_S + (int64_t)(i + 1) * machine->subject.step_s;

		if (at < machine->count && machine->stamp[at] == stamp)
			assert_near(series.mean[i], machine->used[at++], 0);
		else
			assert_true(isnan(series.mean[i]));
	}
	assert_int_equal(at, machine->count);
	series_done(&series);
}

static void check_fleet(const struct fleet *fleet)
{
	struct workload_list list;
	struct err err = ERR_INIT;
	struct store *store = NULL;
	size_t found = 0;

	ok(store_open(fleet->data, &store, &err), &err);
	ok(store_workloads(store, &list, &err), &err);
	assert_int_equal(list.count, fleet->machines + 1);
	for (size_t i = 0; i < fleet->machines; i++) {
		const struct machine *machine = &fleet->machine[i];
		const struct workload *workload =
			workload_list_find(&list, machine->subject.name);
		struct gap_list gaps;
		size_t silences = 0;

		assert_non_null(workload);
		check_machine(store, workload, machine);
		for (size_t k = 1; k < machine->count; k++)
			silences += machine->stamp[k] - machine->stamp[k - 1] >
				(int64_t)machine->subject.step_s;
		ok(store_gaps(store, workload->id, 0, INT64_MAX, &gaps, &err), &err);
		assert_int_equal(gaps.count, silences);
		gap_list_done(&gaps);
		found++;
	}
	assert_int_equal(found, fleet->machines);
	workload_list_done(&list);
	store_close(store);
}

static void fleet_done(struct fleet *fleet)
{
	stop(fleet);
	ring_close(fleet->own);
	ring_close(fleet->ring);
	free(fleet->machine);
	fleet->machine = NULL;
}

static void every_tick_is_stored_once_with_its_own_workload(void **state)
{
	static struct fleet fleet;
	uint64_t seed = support_seed(1107);
	unsigned kills = 0;

	print_message("seed %llu\n", (unsigned long long)seed);
	for (unsigned round = 0; round < 2; round++) {
		char dir[PATH_SIZE];

		memset(&fleet, 0, sizeof(fleet));
		fleet.random = seed + round;
		snprintf(dir, sizeof(dir), "%s/%u", (const char *)*state, round);
		fleet_begin(&fleet, dir, MACHINES);
		for (size_t tick = 0; tick < TICKS; tick++) {
			for (size_t i = 0; i < fleet.machines; i++)
				put_tick(&fleet, &fleet.machine[i]);
			put_own(&fleet);
			if (tick % 4 == 3)
				turn(&fleet);
		}
		if (!fleet.is_running)
			start(&fleet);
		flush(&fleet, false);
		check_fleet(&fleet);
		kills += fleet.kills;
		fleet_done(&fleet);
	}
	print_message("%d workloads, %u kills\n", MACHINES, kills);
	assert_true(kills > 5);
}

static void one_recorder_carries_a_thousand(void **state)
{
	static struct fleet fleet;
	enum { THOUSAND = 1000, ROUNDS = 4 };
	int64_t begin_ms, staged_ms;
	struct err err = ERR_INIT;

	memset(&fleet, 0, sizeof(fleet));
	fleet.random = support_seed(1108);
	fleet_begin(&fleet, *state, THOUSAND);
	for (unsigned round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < fleet.machines; i++)
			put_tick(&fleet, &fleet.machine[i]);
	put_own(&fleet);
	start(&fleet);
	begin_ms = clock_monotonic_ms();
	ok(recorder_take(&fleet.recorder, &err), &err);
	staged_ms = clock_monotonic_ms();
	flush(&fleet, false);
	print_message("%d workloads, %d ticks: staged in %lld ms, stored in %lld ms\n",
		THOUSAND, THOUSAND * ROUNDS, (long long)(staged_ms - begin_ms),
		(long long)(clock_monotonic_ms() - staged_ms));
	check_fleet(&fleet);
	fleet_done(&fleet);
}

static void a_workload_of_another_step_is_refused_alone(void **state)
{
	static struct fleet fleet;
	struct subject other;
	struct err err = ERR_INIT;
	struct writer_result result;
	struct machine *machine;

	memset(&fleet, 0, sizeof(fleet));
	fleet.random = 5;
	fleet_begin(&fleet, *state, 2);
	put_tick(&fleet, &fleet.machine[0]);
	put_own(&fleet);
	start(&fleet);
	flush(&fleet, false);
	/* the first comes back with another step */
	machine = &fleet.machine[0];
	ok(subject_init(&other, machine->subject.name, 30, &err), &err);
	assert_true(other.id != machine->subject.id);
	ok(subject_save(&other, fleet.poller, false, &err), &err);
	{
		struct machine changed = *machine;

		changed.subject = other;
		changed.layout[0] = make_layout(fleet.poller, 30, false);
		put_tick(&fleet, &changed);
	}
	put_tick(&fleet, &fleet.machine[1]);
	ok(recorder_take(&fleet.recorder, &err), &err);
	fleet.recorder.log.fd = -1; /* it says so, which is not the point here */
	ok(recorder_enter(&fleet.recorder, &err), &err);
	assert_int_equal(fleet.recorder.refused_count, 1);
	ok(writer_run(fleet.data, false, &result, &err), &err);
	ok(staging_refresh(fleet.recorder.staging, &err), &err);
	ok(recorder_record(&fleet.recorder, &err), &err);
	check_fleet(&fleet);
	fleet_done(&fleet);
}

static void a_subject_s_text_is_what_was_written_or_refused(void **state)
{
	static const char *const bad[] = { "",
		"headroom-subject 2\nstep 1\nname a\nend\n",
		"headroom-subject 1\nstep 0\nname a\nend\n",
		"headroom-subject 1\nstep 60\nend\n",
		"headroom-subject 1\nstep 60\nname \nend\n",
		"headroom-subject 1\nstep 60\nname a%0\nend\n",
		"headroom-subject 1\nstep 60\nname a%00b\nend\n",
		"headroom-subject 1\nstep 60\nname a\nfolder a%2Fb\nend\n",
		"headroom-subject 1\nstep 60\nname a\nfolder .%2E\nend\n",
		"headroom-subject 1\nstep 60\nname a\nend\nmore\n",
		"headroom-subject 1\nstep 60\nname a\n" };
	struct subject subject, again;
	struct err err = ERR_INIT;
	struct strbuf text;

	(void)state;
	ok(subject_init(&subject, "a b/\xc3\xa9%\n", 15, &err), &err);
	snprintf(subject.folder, sizeof(subject.folder), "a%%20b");
	subject.is_refused = true;
	strbuf_init(&text, 4096);
	ok(subject_print(&subject, &text, &err), &err);
	ok(subject_parse(strbuf_text(&text), text.length, &again, &err), &err);
	assert_int_equal(again.id, subject.id);
	assert_int_equal(again.step_s, 15);
	assert_string_equal(again.name, subject.name);
	assert_string_equal(again.folder, subject.folder);
	assert_true(again.is_refused);
	for (size_t i = 0; i < text.length; i++)
		assert_int_equal(
			subject_parse(strbuf_text(&text), i, &again, &err), -EBADMSG);
	strbuf_done(&text);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(
			subject_parse(bad[i], strlen(bad[i]), &again, &err), -EBADMSG);
}

static int setup(void **state)
{
	char template[] = "/dev/shm/headroom-subjects.XXXXXX";
	char *dir = mkdtemp(template);

	if (!dir)
		return scratch_dir_setup(state);
	*state = strdup(dir);
	return *state ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_subject_s_text_is_what_was_written_or_refused),
		cmocka_unit_test_setup_teardown(
			every_tick_is_stored_once_with_its_own_workload, setup,
			scratch_dir_teardown),
		cmocka_unit_test_setup_teardown(
			one_recorder_carries_a_thousand, setup, scratch_dir_teardown),
		cmocka_unit_test_setup_teardown(
			a_workload_of_another_step_is_refused_alone, setup,
			scratch_dir_teardown),
	};

	return cmocka_run_group_tests_name("subjects", tests, NULL, NULL);
}
