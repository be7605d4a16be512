/*
 * The space of a file system: full is an alert, a read-only image is not, however full it
 * was made, and neither is one that says that more is used than there is.  Ticks go the
 * way of the recorder, from the ring to the rows of the database.
 */
#include "tests/support.h"

#include "tests/scratch_dir.h"

#include "collectord/link/tick_layout.h"
#include "collectord/recorder/recorder_alert.h"
#include "collectord/recorder/recorder_connect.h"
#include "collectord/recorder/recorder_identity.h"
#include "collectord/recorder/recorder_store.h"
#include "collectord/recorder/recorder_take.h"
#include "common/hex.h"
#include "common/io.h"
#include "store/db/alerts.h"
#include "store/dir/lock.h"
#include "store/store.h"

#define FIRST_S INT64_C(1700006400)
#define STEP_S 60
#define TICKS 30
#define VALUES 3

struct space_case {
	const char *name;
	double used, size, read_only; /* NAN: not known */
	size_t alerts;
};

static struct space_case cases[] = {
	{ "full, and it can be written", 100, 100, 0, 1 },
	{ "89 of 100", 89, 100, 0, 0 },
	{ "a read-only image is as full as it was made", 100, 100, 1, 0 },
	{ "more used than there is: not known", 7.6e22, 100, 0, 0 },
	{ "nobody knows how full", NAN, 100, 0, 0 },
};

static void ok(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%d: %s", r, err->text);
}

static void make_layout(const char *runtime, uint64_t *ret_id)
{
	struct err err = ERR_INIT;
	struct layout layout;

	layout_init(&layout, STEP_S);
	ok(layout_add_file(&layout, "fs-%2Fusr", &err), &err);
	ok(layout_add_column(&layout, "used_bytes", LAYOUT_KEEP_MAX, &err), &err);
	ok(layout_add_column(&layout, "size_bytes", LAYOUT_KEEP_MAX, &err), &err);
	ok(layout_add_column(&layout, "read_only", LAYOUT_KEEP_MAX, &err), &err);
	ok(layout_seal(&layout, &err), &err);
	ok(layout_save(&layout, runtime, &err), &err);
	*ret_id = layout.id;
	layout_done(&layout);
}

static struct ring *fill_ring(const struct space_case *row, const char *runtime,
	const char *store_id, uint64_t layout_id)
{
	struct ring_config config = { .seat_count = RING_SEATS,
		.value_count = VALUES,
		.step_s = STEP_S,
		.boot_id = { 1 } };
	struct ring *ring = NULL;
	struct err err = ERR_INIT;
	char path[300], note[160];

	hex_read(store_id, config.store_id, sizeof(config.store_id));
	snprintf(path, sizeof(path), "%s/ring", runtime);
	ok(ring_create(path, &config, &ring, note, &err), &err);
	for (int i = 0; i < TICKS; i++) {
		struct ring_seat *seat = ring_reserve(ring, VALUES);

		assert_non_null(seat);
		seat->layout_id = layout_id;
		seat->stamp_s = FIRST_S + (int64_t)(i + 1) * STEP_S;
		seat->boottime_ns = seat->stamp_s * 1000;
		seat->boot_key = 1;
		seat->step_s = STEP_S;
		seat->values[0] = row->used;
		seat->values[1] = row->size;
		seat->values[2] = row->read_only;
		ring_publish(ring, false);
	}
	return ring;
}

static void record(const char *data, const char *runtime, const char *store_id)
{
	static struct recorder recorder;
	struct settings *settings = &recorder.settings;
	struct err err = ERR_INIT;

	recorder_init(&recorder);
	recorder.log.level = LOG_LEVEL_ERROR;
	settings_init(settings);
	snprintf(settings->data.text, sizeof(settings->data.text), "%s", data);
	snprintf(settings->runtime, sizeof(settings->runtime), "%s", runtime);
	snprintf(settings->name.text, sizeof(settings->name.text), "w");
	snprintf(settings->store_id, sizeof(settings->store_id), "%s", store_id);
	settings->interval.number = STEP_S;
	settings->alert_disk_percent.number = 90;
	settings->batch_interval.number = 600;
	recorder.are_limits_known = true;
	recorder.alerts = recorder_alerts_new();
	assert_non_null(recorder.alerts);
	recorder_connect(&recorder);
	assert_non_null(recorder.staging);
	while (recorder_waiting(&recorder) > 0)
		ok(recorder_take(&recorder, &err), &err);
	ok(recorder_alerts_judge(&recorder, &err), &err);
	ok(recorder_record(&recorder, &err), &err);
	recorder_alerts_free(recorder.alerts);
	ring_close(recorder.ring);
	staging_close(recorder.staging);
}

static void check_space(void **state)
{
	const struct space_case *row = *state;
	char dir[] = "/tmp/headroom-space.XXXXXX", data[200], runtime[200];
	char store_id[STORE_ID_SIZE];
	struct alert_list list;
	struct store *store = NULL;
	struct err err = ERR_INIT;
	struct ring *ring;
	uint64_t layout_id = 0;
	size_t found = 0;

	assert_non_null(mkdtemp(dir));
	snprintf(data, sizeof(data), "%s/data", dir);
	snprintf(runtime, sizeof(runtime), "%s/run", dir);
	ok(io_make_folders(data, 0750, &err), &err);
	ok(io_make_folders(runtime, 0750, &err), &err);
	ok(store_id_ensure(data, store_id, &err), &err);
	make_layout(runtime, &layout_id);
	ring = fill_ring(row, runtime, store_id, layout_id);
	record(data, runtime, store_id);
	ok(store_open(data, &store, &err), &err);
	ok(store_alerts(store, false, 0, &list, &err), &err);
	for (size_t i = 0; i < list.count; i++) {
		if (strcmp(list.alert[i].kind, "disk_space") != 0)
			continue;
		found++;
		assert_near(list.alert[i].height, 1, 1e-12);
	}
	alert_list_done(&list);
	store_close(store);
	ring_close(ring);
	scratch_dir_remove(dir);
	assert_int_equal(found, row->alerts);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(cases)];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		tests[i] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = check_space,
			.initial_state = &cases[i] };
	return cmocka_run_group_tests_name("alert_space", tests, NULL, NULL);
}
