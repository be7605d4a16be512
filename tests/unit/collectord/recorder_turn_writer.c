/* The writer over what staging may hold, and over archives that are not as it left them. */
#include "tests/unit/collectord/recorder_turn_world.h"

#include "tests/store_fixture.h"

#include "collectord/link/staging_file.h"
#include "collectord/link/subject.h"
#include "collectord/link/tick_layout.h"
#include "collectord/recorder/recorder_store.h"
#include "collectord/writer/writer.h"
#include "common/checksum.h"
#include "store/db/workloads.h"
#include "store/rrd/header_copies.h"
#include "store/rrd/rrd_file.h"
#include "store/rrd/series_store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct writer_result wrote(struct turn_world *world, bool gives_up)
{
	struct writer_result result = { .ticks = 0 };
	struct err err = ERR_INIT;

	store_fixture_ok(writer_run(world->data, gives_up, &result, &err), &err);
	store_fixture_ok(staging_refresh(world->recorder.staging, &err), &err);
	assert_int_equal(turn_status(world).newest, turn_status(world).mark);
	store_fixture_ok(recorder_record(&world->recorder, &err), &err);
	return result;
}

static void refused(struct turn_world *world, int code, const char *expected)
{
	struct writer_result result;
	struct err err = ERR_INIT;
	int r = writer_run(world->data, false, &result, &err);

	if (r != code || !strstr(err.text, expected))
		fail_msg("%d: %s", r, err.text);
}

static int64_t stamp_of(int tick)
{
	return TURN_FIRST_S + TURN_STEP_S * (int64_t)tick;
}

static const double two_values[] = { 1e9, 100e9, 5 };

static struct record tick_of(const struct turn_world *world, int tick)
{
	return (struct record){ .kind = RECORD_TICK,
		.number = (uint64_t)tick,
		.stamp_s = stamp_of(tick),
		.layout = world->layout_id,
		.values = two_values,
		.count = 2 };
}

static double stored(const struct turn_world *world, int tick)
{
	struct store *store = store_fixture_open(world->data);
	struct workload workload;
	struct series series;
	struct err err = ERR_INIT;
	double value = NAN;

	store_fixture_ok(store_workload_get(store, "w", &workload, &err), &err);
	if (store_read_series(store, &workload, "memory", "used_bytes", 0,
		    stamp_of(tick - 1), stamp_of(tick), &series, &err) == 0) {
		assert_int_equal(series.count, 1);
		value = series.mean[0];
		series_done(&series);
	}
	workload_done(&workload);
	store_close(store);
	return value;
}

/* ---- ticks -------------------------------------------------------------------------------- */

static void what_does_not_fit_is_lost_and_told(void **state)
{
	struct turn_world *world = *state;
	struct record record[5];
	struct writer_result result;

	turn_staged(world, 1);
	for (int i = 0; i < 5; i++)
		record[i] = tick_of(world, i + 2);
	record[0].count = 1;             /* fewer than its layout has */
	record[1].stamp_s += 1;          /* between two slots */
	record[2].stamp_s = stamp_of(1); /* staged twice */
	record[3].layout = 0xdead;
	turn_append(world, record, ARRAY_LEN(record));
	result = wrote(world, false);
	assert_int_equal(result.lost, 3);
	assert_int_equal(result.ticks, 2);
	assert_string_equal(result.note, "a tick does not fit its layout");
	assert_near(stored(world, 6), 1e9, 1e-9);
}

/* A layout that cannot be read may be another time, unless there is no room to wait. */
static void what_cannot_be_read_is_waited_for(void **state)
{
	struct turn_world *world = *state;
	char name[LAYOUT_FILE_NAME_BYTES], path[PATH_MAX];
	struct record record = tick_of(world, 2);
	struct writer_result result;

	turn_staged(world, 1);
	layout_file_name(5, name);
	snprintf(path, sizeof(path), "%.99s/layouts/%s", world->data, name);
	assert_int_equal(mkdir(path, 0700), 0);
	record.layout = 5;
	turn_append(world, &record, 1);
	refused(world, -EISDIR, name);
	assert_int_equal(turn_status(world).pending_ticks, 2);
	result = wrote(world, true);
	assert_int_equal(result.lost, 1);
	assert_int_equal(result.ticks, 1);
}

/* Nothing but events, or a layout without a column: the mark moves, no archive is made. */
static void frames_without_values_are_passed(void **state)
{
	static const struct turn_column nothing[] = { { "memory", NULL, 0 } };
	struct turn_world *world = *state;
	struct record event = { .kind = RECORD_EVENT,
		.stamp_s = stamp_of(1),
		.text = "start\tx",
		.length = 7 };
	struct record tick = tick_of(world, 2);
	char path[PATH_MAX];
	struct writer_result result;

	turn_staged(world, 1);
	(void)wrote(world, false);
	turn_append(world, &event, 1);
	result = wrote(world, false);
	assert_int_equal(result.files, 0);
	turn_path(world, "data/layouts", path);
	tick.layout = turn_layout(path, nothing, ARRAY_LEN(nothing));
	tick.count = 0;
	turn_append(world, &tick, 1);
	result = wrote(world, false);
	assert_int_equal(result.ticks, 1);
	assert_int_equal(result.files, 0);
	assert_int_equal(result.lost, 0);
}

static void seal_block(const char *path, off_t at, size_t offset, unsigned char byte)
{
	unsigned char block[STAGING_BLOCK_BYTES];
	struct staging_frame_head head;
	size_t skip = offsetof(struct staging_frame_head, store_id);
	int fd = open(path, O_RDWR);

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, block, sizeof(block), at), sizeof(block));
	block[offset] = byte;
	memcpy(&head, block, sizeof(head));
	head.checksum = checksum64(block + skip, head.used_bytes - skip, 0);
	memcpy(block, &head, sizeof(head));
	assert_int_equal(pwrite(fd, block, sizeof(block), at), sizeof(block));
	close(fd);
}

/* Bytes that are no record, in a frame whose checksum is right: the rest of it is lost. */
static void a_record_that_is_none_costs_the_rest_of_its_frame(void **state)
{
	struct turn_world *world = *state;
	struct record record = tick_of(world, 2);
	struct writer_result result;
	char path[PATH_MAX];

	turn_staged(world, 1);
	turn_append(world, &record, 1);
	turn_path(world, "data/staging", path);
	/* the second, which the alerts have not judged yet */
	seal_block(
		path, 3 * STAGING_BLOCK_BYTES, sizeof(struct staging_frame_head), 99);
	result = wrote(world, false);
	assert_int_equal(result.lost, 1);
	assert_non_null(strstr(result.note, "is no record"));
	assert_near(stored(world, 1), 1e9, 1e-9);
	assert_int_equal(world->recorder.alerts->kept, 2);
}

static void a_damaged_frame_is_told(void **state)
{
	struct turn_world *world = *state;
	struct record record[2];
	struct writer_result result;
	char path[PATH_MAX], noise[64];

	turn_staged(world, 1);
	for (int i = 0; i < 2; i++) {
		record[i] = tick_of(world, i + 2);
		turn_append(world, &record[i], 1);
	}
	turn_path(world, "data/staging", path);
	memset(noise, 0x5a, sizeof(noise));
	store_fixture_overwrite(path, 3 * STAGING_BLOCK_BYTES, noise, sizeof(noise));
	result = wrote(world, false);
	assert_string_equal(
		result.note, "frames of staging were damaged: their ticks are lost");
	assert_near(stored(world, 3), 1e9, 1e-9);
	assert_true(isnan(stored(world, 2)));
}

/* ---- other machines --------------------------------------------------------------------------- */

static struct subject a_subject(const struct turn_world *world, const char *name,
	unsigned step_s, const char *folder, bool is_refused)
{
	struct subject subject;
	struct err err = ERR_INIT;
	char path[PATH_MAX];

	store_fixture_ok(subject_init(&subject, name, step_s, &err), &err);
	snprintf(subject.folder, sizeof(subject.folder), "%s", folder);
	subject.is_refused = is_refused;
	turn_path(world, "data/subjects", path);
	store_fixture_ok(subject_save(&subject, path, true, &err), &err);
	return subject;
}

static void append_of(struct turn_world *world, const struct subject *subject, int tick)
{
	struct record record = tick_of(world, tick);

	record.subject.id = subject->id;
	turn_append(world, &record, 1);
}

/* Archives of another step are no reason to stop the others. */
static void a_machine_of_another_step_is_refused_alone(void **state)
{
	static const struct turn_column two_files[] = { { "cpu", "used_mhz", 0 },
		{ "memory", "used_bytes", 0 } };
	struct turn_world *world = *state;
	struct subject first, other;
	struct writer_result result;
	struct record record;
	char path[PATH_MAX];

	turn_staged(world, 1);
	first = a_subject(world, "v", TURN_STEP_S, "v", false);
	other = a_subject(world, "u", TURN_STEP_S / 2, "v", false);
	turn_path(world, "data/layouts", path);
	world->layout_id = turn_layout(path, two_files, ARRAY_LEN(two_files));
	append_of(world, &first, 1);
	result = wrote(world, false);
	assert_string_equal(result.note, "");
	append_of(world, &other, 2);
	record = tick_of(world, 2);
	turn_append(world, &record, 1);
	result = wrote(world, false);
	assert_non_null(strstr(result.note, "u: "));
	assert_int_equal(result.ticks, 1);
	/* said once in its text: its ticks are passed without a word */
	other = a_subject(world, "u", TURN_STEP_S / 2, "", true);
	append_of(world, &other, 3);
	record = tick_of(world, 3);
	turn_append(world, &record, 1);
	result = wrote(world, false);
	assert_string_equal(result.note, "");
	assert_int_equal(result.ticks, 1);
}

static void a_machine_that_nobody_entered_is_waited_for(void **state)
{
	struct turn_world *world = *state;
	struct writer_result result;
	struct subject subject;

	turn_staged(world, 1);
	subject = a_subject(world, "v", TURN_STEP_S, "", false);
	append_of(world, &subject, 1);
	refused(world, -EAGAIN, "v is not in the database yet");
	result = wrote(world, true);
	assert_int_equal(result.lost, 1);
	assert_int_equal(result.ticks, 1);
	/* nor is anybody known whose text is gone */
	subject.id ^= 1;
	append_of(world, &subject, 2);
	result = wrote(world, false);
	assert_int_equal(result.lost, 1);
}

/* ---- archives ---------------------------------------------------------------------------------- */

static void a_store_of_another_step_is_not_written(void **state)
{
	struct turn_world *world = *state;
	struct staging_identity identity;
	struct record record = tick_of(world, 2);
	struct err err = ERR_INIT;

	turn_staged(world, 1);
	(void)wrote(world, false);
	identity = *staging_identity(world->recorder.staging);
	identity.step_s = TURN_STEP_S / 2;
	store_fixture_ok(
		staging_set_identity(world->recorder.staging, &identity, &err), &err);
	turn_append(world, &record, 1);
	refused(world, -EEXIST, "memory: ");
	identity.folder[0] = '\0';
	store_fixture_ok(
		staging_set_identity(world->recorder.staging, &identity, &err), &err);
	refused(world, -EAGAIN, "the workload is not in the database yet");
}

static void archives_that_are_gone_are_begun_anew_and_told(void **state)
{
	struct turn_world *world = *state;
	struct record record = tick_of(world, 3);
	struct writer_result result;
	char path[PATH_MAX];

	turn_staged(world, 2);
	assert_int_equal(wrote(world, false).created, 1);
	turn_path(world, "data/rrd/w/memory.rrd", path);
	assert_int_equal(unlink(path), 0);
	turn_append(world, &record, 1);
	result = wrote(world, false);
	assert_string_equal(result.note, "1 archives were gone and begun anew");
	assert_near(stored(world, 3), 1e9, 1e-9);
	/* one whose head is none gets the saved one back */
	store_fixture_overwrite(path, 0, (char[64]){ "" }, 64);
	record = tick_of(world, 4);
	turn_append(world, &record, 1);
	result = wrote(world, false);
	assert_int_equal(result.set_aside, 0);
	assert_non_null(strstr(result.note, "headers of archives were damaged"));
	assert_near(stored(world, 3), 1e9, 1e-9);
	/* where none is saved it is kept aside, and is not called gone */
	store_fixture_overwrite(path, 0, (char[64]){ "" }, 64);
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%.99s/headers.%d", world->data, i);
		assert_int_equal(unlink(path), 0);
	}
	record = tick_of(world, 5);
	turn_append(world, &record, 1);
	result = wrote(world, false);
	assert_int_equal(result.set_aside, 1);
	assert_non_null(strstr(result.note, "was damaged and begun anew"));
	assert_near(stored(world, 5), 1e9, 1e-9);
}

/* So many of the rows of 1e9 say something else. */
static void change_rows(const char *path, int rows)
{
	static char bytes[8 << 20];
	const double good = 1e9, wrong = 7e9;
	FILE *file = fopen(path, "r+e");
	size_t size;
	char *at = bytes;

	assert_non_null(file);
	size = fread(bytes, 1, sizeof(bytes), file);
	for (int i = 0; i < rows; i++) {
		at = memmem(at, size - (size_t)(at - bytes), &good, sizeof(good));
		assert_non_null(at);
		memcpy(at, &wrong, sizeof(wrong));
	}
	rewind(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

/* A column more: rows that nobody wrote so are not taken into the new file as they are. */
static void damaged_rows_are_unknown_in_a_wider_archive(void **state)
{
	static const struct turn_column wider[] = { { "memory", "used_bytes", 0 },
		{ "memory", "total_bytes", 0 }, { "memory", "free_bytes", 0 } };
	struct turn_world *world = *state;
	struct record record;
	struct writer_result result;
	char path[PATH_MAX];

	turn_staged(world, 20);
	(void)wrote(world, false);
	turn_path(world, "data/rrd/w/memory.rrd", path);
	change_rows(path, 3);
	turn_path(world, "data/layouts", path);
	world->layout_id = turn_layout(path, wider, ARRAY_LEN(wider));
	record = tick_of(world, 21);
	record.count = 3;
	turn_append(world, &record, 1);
	result = wrote(world, false);
	assert_int_equal(result.rebuilt, 1);
	assert_non_null(strstr(result.note, "were made unknown when it was rebuilt"));
	assert_near(stored(world, 21), 1e9, 1e-9);
}

/* ---- a batch that was cut short ------------------------------------------------------------------- */

static void copy_file_of(
	const struct turn_world *world, const char *from, const char *to)
{
	static char bytes[4 << 20];
	char path[PATH_MAX];
	FILE *file;
	size_t size;

	turn_path(world, from, path);
	file = fopen(path, "re");
	assert_non_null(file);
	size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	turn_path(world, to, path);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static void staging_of_before(struct turn_world *world)
{
	struct err err = ERR_INIT;

	copy_file_of(world, "kept", "data/staging");
	staging_close(world->recorder.staging);
	world->recorder.staging = NULL;
	store_fixture_ok(staging_open(world->data, STAGING_WRITE,
				 &world->recorder.staging, &err),
		&err);
}

/* All of the batch was there but the mark: it is moved, and nothing is written twice. */
static void a_mark_that_was_not_moved_is_moved(void **state)
{
	struct turn_world *world = *state;
	struct record event = { .kind = RECORD_EVENT,
		.stamp_s = stamp_of(1),
		.text = "start\tx",
		.length = 7 };
	struct writer_result result;

	world->recorder.settings.batch_interval.number = 600;
	turn_staged(world, 3);
	turn_append(world, &event, 1);
	copy_file_of(world, "data/staging", "kept");
	assert_int_equal(wrote(world, false).ticks, 3);
	staging_of_before(world);
	assert_int_equal(turn_status(world).mark, 0);
	result = wrote(world, false);
	assert_int_equal(result.ticks, 0);
	assert_int_equal(turn_status(world).marked_ticks, 3);
	assert_int_equal(turn_status(world).last_stamp_s, stamp_of(3));
	assert_near(stored(world, 3), 1e9, 1e-9);
}

/* Headers that were saved with a batch that this staging has never heard of, or that is long
 * over, are not put back. */
static void headers_of_another_batch_stay_where_they_are(void **state)
{
	struct turn_world *world = *state;
	struct record record;
	struct err err = ERR_INIT;
	char path[PATH_MAX];

	world->recorder.settings.batch_interval.number = 600;
	turn_once(world);
	copy_file_of(world, "data/staging", "kept"); /* nothing is in it yet */
	turn_staged(world, 3);
	(void)wrote(world, false);
	staging_of_before(world);
	assert_int_equal(turn_status(world).newest, 0);
	assert_int_equal(wrote(world, false).headers_restored, 0);
	/* one that begins behind it */
	turn_path(world, "data/staging", path);
	assert_int_equal(unlink(path), 0);
	store_fixture_ok(
		staging_create(world->data, staging_identity(world->recorder.staging),
			STAGING_BYTES_MIN, 100, stamp_of(3), &err),
		&err);
	staging_close(world->recorder.staging);
	world->recorder.staging = NULL;
	store_fixture_ok(staging_open(world->data, STAGING_WRITE,
				 &world->recorder.staging, &err),
		&err);
	record = tick_of(world, 4);
	turn_append(world, &record, 1);
	assert_int_equal(wrote(world, false).headers_restored, 0);
	assert_near(stored(world, 4), 1e9, 1e-9);
	assert_near(stored(world, 3), 1e9, 1e-9);
}

/* The last update that the saved header of the archive tells, of the two copies the older. */
static int64_t saved_before(const struct turn_world *world)
{
	const struct header_name name = { "w", "memory" };
	int64_t oldest = INT64_MAX;

	for (int i = 0; i < 2; i++) {
		struct rrd_file saved;
		struct stat status;
		struct err err = ERR_INIT;
		uint64_t bytes = 0;
		char path[PATH_MAX], aside[PATH_MAX + 8], *header = NULL;

		turn_path(world, "data/rrd/w/memory.rrd", path);
		assert_int_equal(stat(path, &status), 0);
		snprintf(path, sizeof(path), "%.99s/headers.%d", world->data, i);
		snprintf(aside, sizeof(aside), "%s.aside", path);
		assert_int_equal(rename(path, aside), 0);
		store_fixture_ok(
			header_copies_find(world->data, &name, &header, &bytes, &err),
			&err);
		assert_int_equal(rename(aside, path), 0);
		store_fixture_ok(rrd_file_parse(header, bytes, (uint64_t)status.st_size,
					 &saved, &err),
			&err);
		if (saved.last_update < oldest)
			oldest = saved.last_update;
		rrd_file_close(&saved);
		free(header);
	}
	return oldest;
}

/* Somebody has put an older archive back: a batch that is cut short is undone to where that
 * one stood, so its header is saved before the first row. */
static void of_an_older_archive_the_header_is_saved_anew(void **state)
{
	struct turn_world *world = *state;
	struct record record = tick_of(world, 5);

	turn_staged(world, 2);
	(void)wrote(world, false);
	copy_file_of(world, "data/rrd/w/memory.rrd", "kept");
	for (int tick = 3; tick <= 4; tick++) {
		record = tick_of(world, tick);
		turn_append(world, &record, 1);
		(void)wrote(world, false);
		assert_int_equal(saved_before(world), stamp_of(tick - 1));
	}
	copy_file_of(world, "kept", "data/rrd/w/memory.rrd");
	record = tick_of(world, 5);
	turn_append(world, &record, 1);
	assert_int_equal(wrote(world, false).headers_restored, 0);
	assert_int_equal(saved_before(world), stamp_of(2));
	assert_near(stored(world, 2), 1e9, 1e-9);
	assert_near(stored(world, 5), 1e9, 1e-9);
}

static const struct CMUnitTest writer_tests[] = {
	IN_WORLD(what_does_not_fit_is_lost_and_told),
	IN_WORLD(what_cannot_be_read_is_waited_for),
	IN_WORLD(frames_without_values_are_passed),
	IN_WORLD(a_record_that_is_none_costs_the_rest_of_its_frame),
	IN_WORLD(a_damaged_frame_is_told),
	IN_WORLD(a_machine_of_another_step_is_refused_alone),
	IN_WORLD(a_machine_that_nobody_entered_is_waited_for),
	IN_WORLD(a_store_of_another_step_is_not_written),
	IN_WORLD(archives_that_are_gone_are_begun_anew_and_told),
	IN_WORLD(damaged_rows_are_unknown_in_a_wider_archive),
	IN_WORLD(a_mark_that_was_not_moved_is_moved),
	IN_WORLD(headers_of_another_batch_stay_where_they_are),
	IN_WORLD(of_an_older_archive_the_header_is_saved_anew),
};
const struct turn_tests turn_writer_tests = { writer_tests, ARRAY_LEN(writer_tests) };
