/* What the recorder takes from a ring whose writer it does not believe. */
#include "tests/support.h"
#include "tests/scratch_dir.h"

#include "collectord/link/tick_layout.h"
#include "collectord/recorder/recorder_layout.h"
#include "collectord/recorder/recorder_take.h"
#include "collectord/sampler/sampler.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void layout_put(const char *dir, uint64_t *ret_id)
{
	struct layout layout;

	layout_init(&layout, 10);
	assert_int_equal(layout_add_file(&layout, "cpu", NULL), 0);
	assert_int_equal(layout_add_column(&layout, "a", 0, NULL), 0);
	assert_int_equal(layout_seal(&layout, NULL), 0);
	assert_int_equal(layout_save(&layout, dir, NULL), 0);
	*ret_id = layout.id;
	layout_done(&layout);
}

static void recorder_put(struct recorder *recorder, const char *dir)
{
	const struct staging_identity identity = {
		.store_id = { 1 }, .name = "w", .folder = "w", .step_s = 10
	};
	const struct ring_config config = {
		.store_id = { 1 }, .seat_count = 8, .value_count = 1, .step_s = 10
	};
	char path[256], note[160];

	log_init(&recorder->log, "recorder");
	settings_init(&recorder->settings);
	snprintf(recorder->settings.data.text, sizeof(recorder->settings.data.text),
		"%s", dir);
	snprintf(recorder->settings.runtime, sizeof(recorder->settings.runtime), "%s",
		dir);
	snprintf(path, sizeof(path), "%s/ring", dir);
	assert_int_equal(ring_create(path, &config, &recorder->ring, note, NULL), 0);
	assert_int_equal(
		staging_create(dir, &identity, STAGING_BYTES_MIN, 1, 0, NULL), 0);
	assert_int_equal(staging_open(dir, STAGING_WRITE, &recorder->staging, NULL), 0);
}

static void tick_put(
	struct ring *ring, uint64_t layout_id, int64_t stamp, int64_t boottime_ns)
{
	struct ring_seat *seat = ring_reserve(ring, 1);

	assert_non_null(seat);
	seat->layout_id = layout_id;
	seat->stamp_s = stamp;
	seat->boottime_ns = boottime_ns;
	seat->step_s = 10;
	ring_publish(ring, false);
}

/* Times that nothing can be subtracted from are damage, though their checksum is right. */
static void ticks_of_no_time_are_damaged(void **state)
{
	static struct recorder recorder = { .lock_fd = -1, .listen_fd = -1 };
	struct staging_status status;
	struct err err = ERR_INIT;
	uint64_t layout_id = 0;

	layout_put(*state, &layout_id);
	recorder_put(&recorder, *state);
	tick_put(recorder.ring, layout_id, 1700000000, 5000000000);
	tick_put(recorder.ring, layout_id, INT64_MAX, 5000000000);
	tick_put(recorder.ring, layout_id, INT64_MIN, 5000000000);
	tick_put(recorder.ring, layout_id, 1700000010, INT64_MIN);
	tick_put(recorder.ring, layout_id, 1700000020, 5020000000);
	assert_int_equal(recorder_take(&recorder, &err), 0);
	assert_int_equal(ring_counter(recorder.ring, RING_COUNT_CORRUPT), 3);
	assert_int_equal(ring_acknowledged(recorder.ring), 5);
	staging_get_status(recorder.staging, &status);
	assert_int_equal(status.last_stamp_s, 1700000020);
	assert_int_equal(status.pending_ticks, 2);
	staging_close(recorder.staging);
	ring_close(recorder.ring);
}

/* Somebody removed it under the daemon: a batch without it would lose its ticks. */
static void a_layout_that_is_gone_stands_there_again(void **state)
{
	static struct recorder recorder = { .lock_fd = -1, .listen_fd = -1 };
	char name[LAYOUT_FILE_NAME_BYTES], path[512];
	struct err err = ERR_INIT;
	uint64_t layout_id = 0;

	layout_put(*state, &layout_id);
	recorder_put(&recorder, *state);
	tick_put(recorder.ring, layout_id, 1700000000, 5000000000);
	assert_int_equal(recorder_take(&recorder, &err), 0);
	layout_file_name(layout_id, name);
	snprintf(path, sizeof(path), "%s/layouts/%s", (const char *)*state, name);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(recorder_layouts_keep(&recorder, &err), 0);
	assert_int_equal(access(path, F_OK), 0);
	/* and with the next tick: the boot that would make it again may be over before a batch */
	assert_int_equal(unlink(path), 0);
	tick_put(recorder.ring, layout_id, 1700000010, 5010000000);
	assert_int_equal(recorder_take(&recorder, &err), 0);
	assert_int_equal(access(path, F_OK), 0);
	staging_close(recorder.staging);
	ring_close(recorder.ring);
}

/* The archives end before it: a tick of that time would be taken for one that was stored. */
static void what_waits_in_staging_is_history_for_the_sampler(void **state)
{
	const struct staging_identity identity = {
		.store_id = { 1 }, .name = "w", .folder = "w", .step_s = 10
	};
	static struct settings settings;
	struct err err = ERR_INIT;
	int64_t last_s = 0;

	settings_init(&settings);
	snprintf(settings.data.text, sizeof(settings.data.text), "%s",
		(const char *)*state);
	snprintf(settings.name.text, sizeof(settings.name.text), "w");
	assert_int_equal(staging_create(*state, &identity, STAGING_BYTES_MIN, 1,
				 1700000500, NULL),
		0);
	assert_int_equal(sampler_history(&settings, &last_s, &err), 0);
	assert_int_equal(last_s, 1700000500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ticks_of_no_time_are_damaged,
			scratch_dir_setup, scratch_dir_teardown),
		cmocka_unit_test_setup_teardown(
			a_layout_that_is_gone_stands_there_again, scratch_dir_setup,
			scratch_dir_teardown),
		cmocka_unit_test_setup_teardown(
			what_waits_in_staging_is_history_for_the_sampler,
			scratch_dir_setup, scratch_dir_teardown),
	};

	return cmocka_run_group_tests_name("recorder_take", tests, NULL, NULL);
}
