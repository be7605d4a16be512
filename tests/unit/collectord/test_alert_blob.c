/* What the alerts remember comes from the database, and so from anybody: no field of it is
 * used before it was looked at, and what is begun anew goes on with the open alerts. */
#include "tests/support.h"

#include "tests/scratch_dir.h"
#include "tests/store_fixture.h"

#include "collectord/recorder/alerts_state.h"
#include "collectord/recorder/recorder_identity.h"
#include "collectord/recorder/recorder_state.h"
#include "store/db/alerts.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define STAMP ((int64_t)1700006400)
#define FIELD(name) offsetof(struct alert_watch, name)

/* A watch that has seen some life. */
static struct alert_watch lively(bool is_rolling)
{
	struct alert_change changes[2];
	struct alert_watch watch;

	alert_watch_init(&watch, is_rolling ? ALERT_SMP_NEED : ALERT_MEMORY_LIMIT,
		"subject", 10, 100, 5, is_rolling);
	for (int i = 0; i < 500; i++)
		(void)alert_feed(
			&watch, 0, STAMP + (int64_t)i * 10, i % 100 + 50, changes);
	return watch;
}

struct flaw {
	const char *name;
	size_t offset;
	uint64_t value;
	size_t size;
	const char *expected;
};
static struct flaw flaws[] = {
	{ "a kind that is none", FIELD(kind), ALERT_KIND_COUNT, 4, "kind" },
	{ "a huge kind", FIELD(kind), UINT32_MAX, 4, "kind" },
	{ "an offset that is no number", FIELD(offset), UINT64_MAX, 8, "offset" },
	{ "a limit that is no number", FIELD(limit.limit), UINT64_MAX, 8, "limit" },
	{ "a level to clear at that is no number", FIELD(limit.clear_at), UINT64_MAX, 8,
		"limit" },
	{ "no time to sustain", FIELD(limit.sustain_s), 0, 4, "limit" },
	{ "samples without a step", FIELD(builder.sample_s), 0, 4, "slot" },
	{ "slots without a step", FIELD(builder.slot_s), 0, 4, "slot" },
	{ "slots of another step", FIELD(builder.slot_s), 1, 4, "slot" },
	{ "a huge step", FIELD(builder.sample_s), UINT32_MAX, 4, "slot" },
	{ "more samples than a slot has", FIELD(builder.known), 61, 4, "slot" },
	{ "a bool of 2", FIELD(builder.has_slot), 2, 1, "slot" },
	{ "a negative stamp", FIELD(builder.last), UINT64_MAX, 8, "slot" },
	{ "the last stamp there is", FIELD(builder.stamp), INT64_MAX, 8, "slot" },
	{ "a mean over too many slots", FIELD(roll.slots), 16, 4, "mean" },
	{ "a mean over other slots", FIELD(roll.slots), 14, 4, "mean" },
	{ "a huge mean", FIELD(roll.slots), 0x7fffffff, 4, "mean" },
	{ "an index behind the slots", FIELD(roll.at), 15, 4, "mean" },
	{ "a negative index", FIELD(roll.at), UINT32_MAX, 4, "mean" },
	{ "a huge index", FIELD(roll.at), 50000001, 4, "mean" },
	{ "more slots seen than there are", FIELD(roll.seen), 16, 4, "mean" },
	{ "a mean of the far future", FIELD(roll.last), INT64_MAX, 8, "mean" },
	{ "a state's bool of 255", FIELD(state.is_over), 255, 1, "state" },
	{ "a state before all time", FIELD(state.last), (uint64_t)INT64_MIN, 8,
		"state" },
	{ "calm since the far future", FIELD(state.calm_from), INT64_MAX, 8, "state" },
	{ "a negative alert", FIELD(alert_id), UINT64_MAX, 8, "alert" },
};

static void a_flaw_is_named(void **state)
{
	const struct flaw *flaw = *state;
	struct alert_watch watch = lively(true);

	assert_null(alert_watch_flaw(&watch));
	memcpy((char *)&watch + flaw->offset, &flaw->value, flaw->size);
	assert_non_null(alert_watch_flaw(&watch));
	assert_string_equal(alert_watch_flaw(&watch), flaw->expected);
}

/* What a message would say; of no alert and of no excursion nothing is said. */
static void a_height_that_is_no_number_is_refused(void **state)
{
	for (int is_open = 0; is_open < 2; is_open++) {
		struct alert_watch alert = lively(false), under_way = alert,
				   filling = alert;

		(void)state;
		alert.state.is_alert_open = is_open;
		alert.state.alert_height = NAN;
		under_way.state.is_over = is_open;
		under_way.state.current.height = INFINITY;
		filling.builder.known = (unsigned)is_open;
		filling.builder.highest = -INFINITY;
		if (is_open) {
			assert_string_equal(alert_watch_flaw(&alert), "state");
			assert_string_equal(alert_watch_flaw(&under_way), "state");
			assert_string_equal(alert_watch_flaw(&filling), "slot");
		} else {
			assert_null(alert_watch_flaw(&alert));
			assert_null(alert_watch_flaw(&under_way));
			assert_null(alert_watch_flaw(&filling));
		}
	}
}

static void a_subject_without_an_end_and_zeros_are_refused(void **state)
{
	struct alert_watch watch = lively(false);

	(void)state;
	assert_null(alert_watch_flaw(&watch));
	memset(watch.subject, 'x', sizeof(watch.subject));
	assert_string_equal(alert_watch_flaw(&watch), "subject");
	memset(&watch, 0, sizeof(watch));
	assert_string_equal(alert_watch_flaw(&watch), "limit");
}

/* Bytes of a sound one changed at random: what is still taken can be fed. */
static void what_is_taken_can_be_fed(void **state)
{
	uint64_t seed = support_seed(12), random = seed;
	const struct alert_watch sound[2] = { lively(false), lively(true) };
	size_t taken = 0, refused = 0;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	for (int round = 0; round < 20000; round++) {
		struct alert_watch watch = sound[round % 2];
		unsigned char bytes[sizeof(watch)];
		struct alert_change changes[2];

		memcpy(bytes, &watch, sizeof(watch));
		for (uint64_t n = 1 + support_random(&random) % 4; n > 0; n--)
			bytes[support_random(&random) % sizeof(watch)] =
				(unsigned char)support_random(&random);
		memcpy(&watch, bytes, sizeof(watch));
		if (alert_watch_flaw(&watch)) {
			refused++;
			continue;
		}
		taken++;
		for (int i = 0; i < 40; i++)
			(void)alert_feed(&watch, 0, STAMP + 10000 + i * 30,
				i % 5 ? 1 : 1000, changes);
	}
	assert_true(taken > 1000 && refused > 1000);
}

/* ---- through the database ---------------------------------------------------------- */

struct blob_store {
	char dir[PATH_MAX];
	struct recorder recorder;
	int64_t alert_id;
};

static void blob_store_begin(struct blob_store *blob, int64_t number,
	const struct alert_watch *watch, size_t bytes)
{
	struct err err = ERR_INIT;
	struct store *store;

	snprintf(blob->dir, sizeof(blob->dir), "/tmp/headroom-test.XXXXXX");
	assert_non_null(mkdtemp(blob->dir));
	store_fixture_import(blob->dir, "w", 1, STAMP, 3, 1);
	store = store_fixture_open(blob->dir);
	store_fixture_ok(store_begin(store, 1000, &err), &err);
	store_fixture_ok(store_alert_open(store, 1, "memory_limit", "", STAMP, 120, 100,
				 "bytes", &blob->alert_id, &err),
		&err);
	store_fixture_ok(
		store_alert_state_set(store, 1, number, watch, bytes, &err), &err);
	store_fixture_ok(store_commit(store, &err), &err);
	store_close(store);
}

static struct workload_rules *blob_store_load(struct blob_store *blob)
{
	struct err err = ERR_INIT;
	struct store *store = store_fixture_open(blob->dir);

	recorder_init(&blob->recorder);
	blob->recorder.log.fd = -1;
	blob->recorder.alerts = recorder_alerts_new();
	assert_non_null(blob->recorder.alerts);
	blob->recorder.workload_id = 1;
	blob->recorder.settings.interval.number = 10;
	store_fixture_ok(recorder_alerts_enter(&blob->recorder, store, &err), &err);
	store_close(store);
	assert_int_equal(blob->recorder.alerts->rules_count, 1);
	return blob->recorder.alerts->rules[0];
}

static void blob_store_end(struct blob_store *blob)
{
	recorder_alerts_free(blob->recorder.alerts);
	scratch_dir_remove(blob->dir);
}

static void a_sound_state_is_taken(void **state)
{
	static struct blob_store blob;
	struct alert_watch watch = lively(true);
	const struct workload_rules *rules;

	(void)state;
	watch.alert_id = 0;
	blob_store_begin(&blob, 7, &watch, sizeof(watch));
	rules = blob_store_load(&blob);
	assert_int_equal(rules->count, 1);
	assert_int_equal(rules->number, 7);
	assert_memory_equal(&rules->watch[0], &watch, sizeof(watch));
	blob_store_end(&blob);
}

/* A mean over more slots than there is room for, as many as those slots would be. */
static void a_mean_over_more_than_its_room_is_refused(void **state)
{
	struct alert_watch watch = lively(true);

	(void)state;
	watch.builder.slot_s = 1;
	watch.builder.sample_s = 1;
	watch.roll.slots = 900;
	assert_non_null(alert_watch_flaw(&watch));
}

/* The open alert goes on, and no second one is opened beside it. */
static void check_begun_anew(
	const struct alert_watch *watch, size_t bytes, int64_t number)
{
	static struct blob_store blob;
	const struct workload_rules *rules;

	blob_store_begin(&blob, number, watch, bytes);
	rules = blob_store_load(&blob);
	assert_int_equal(rules->count, 1);
	assert_int_equal(rules->watch[0].kind, ALERT_MEMORY_LIMIT);
	assert_int_equal(rules->watch[0].alert_id, blob.alert_id);
	assert_true(rules->watch[0].state.is_alert_open);
	assert_null(alert_watch_flaw(&rules->watch[0]));
	assert_true(blob.recorder.alerts->has_open);
	assert_int_equal(rules->number, number < 0 ? 0 : number);
	blob_store_end(&blob);
}

static void a_damaged_state_is_begun_anew(void **state)
{
	struct alert_watch two[2] = { lively(true), lively(true) };
	struct alert_watch watch = lively(true);

	(void)state;
	memset((char *)&watch + 200, 0, sizeof(watch) - 200); /* a page of zeros */
	watch.builder.slot_s = 0;
	check_begun_anew(&watch, sizeof(watch), 3);
	check_begun_anew(two, sizeof(two), 3); /* the same twice */
	check_begun_anew(two, sizeof(two[0]) - 1, 3);
	check_begun_anew(two, sizeof(two[0]) - 1, -5);
	two[0].alert_id = 999; /* the foreign key would fail each batch from then on */
	check_begun_anew(two, sizeof(two[0]), 3);
}

/* What the rules remember beside the watches. */
static void a_damaged_memory_is_begun_anew(void **state)
{
	static const struct alert_memory memories[] = {
		{ .problem = { [PROBLEM_CLOCK] = -1 } },
		{ .problem = { [PROBLEM_DISK] = INFINITY } },
		{ .problem = { [PROBLEM_GAP] = NAN } },
		{ .event_number = -1 },
		{ .event_ring = -1 },
	};
	struct {
		struct alert_watch watch;
		struct alert_memory memory;
	} blob = { .watch = lively(true) };
	struct alert_watch *many;

	(void)state;
	_Static_assert(offsetof(__typeof__(blob), memory) == sizeof(blob.watch),
		"one behind the other");
	for (size_t i = 0; i < ARRAY_LEN(memories); i++) {
		blob.memory = memories[i];
		check_begun_anew(&blob.watch, sizeof(blob), 3);
	}
	/* more watches than there may be */
	many = calloc(ALERT_WATCHES_MAX + 1, sizeof(*many));
	assert_non_null(many);
	check_begun_anew(many, (ALERT_WATCHES_MAX + 1) * sizeof(*many), 3);
	free(many);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(flaws) + 7] = {
		cmocka_unit_test(a_height_that_is_no_number_is_refused),
		cmocka_unit_test(a_subject_without_an_end_and_zeros_are_refused),
		cmocka_unit_test(what_is_taken_can_be_fed),
		cmocka_unit_test(a_sound_state_is_taken),
		cmocka_unit_test(a_damaged_state_is_begun_anew),
		cmocka_unit_test(a_mean_over_more_than_its_room_is_refused),
		cmocka_unit_test(a_damaged_memory_is_begun_anew),
	};

	for (size_t i = 0; i < ARRAY_LEN(flaws); i++)
		tests[i + 7] = (struct CMUnitTest){ .name = flaws[i].name,
			.test_func = a_flaw_is_named,
			.initial_state = &flaws[i] };
	return cmocka_run_group_tests_name("alert_blob", tests, NULL, NULL);
}
