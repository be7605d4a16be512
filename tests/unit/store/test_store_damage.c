/* The store when something in it is damaged: mended, rebuilt from what is left, or told. */
#include "store/incoming.h"
#include "store/rrd/rrd_file.h"
#include "store/store.h"
#include "tests/support.h"
#include "tests/scratch_dir.h"
#include "tests/store_fixture.h"

#include "store/db/events.h"
#include "store/fsck.h"
#include "store/rrd/header_copies.h"
#include "store/db/imports.h"
#include "store/rrd/series_store.h"
#include "store/db/workloads.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* F31: the reader says so or mends, the writer moves it aside and goes on. */
static void a_damaged_database_is_moved_aside_and_rebuilt_from_its_backup(void **state)
{
	static const char noise[] = "this is not a database at all, not even nearly";
	struct workload_list list;
	struct event_list events;
	struct store *store = NULL;
	struct err err = ERR_INIT;
	char path[PATH_MAX];

	store_fixture_import(*state, "in the backup", 1, 3000, 4, 0);
	store_fixture_import(*state, "after it", 5, 3000, 4,
		0); /* the backup is a day old at most */
	store_fixture_path(*state, "headroom.db", path);
	store_fixture_overwrite(path, 0, noise, sizeof(noise));
	store = store_fixture_open(*state);
	assert_non_null(strstr(store_notice(store), "damaged"));
	assert_non_null(strstr(store_notice(store), "backup"));
	store_fixture_ok(store_workloads(store, &list, &err), &err);
	assert_int_equal(list.count, 2);
	assert_non_null(workload_list_find(&list, "after it"));
	workload_list_done(&list);
	assert_true(store_fixture_value_at(store, "after it", 3300) == 6);
	store_fixture_ok(
		store_events(store, 0, "damage", 0, INT64_MAX, &events, &err), &err);
	assert_int_equal(events.count, 1);
	event_list_done(&events);
	store_close(store);
}

static void without_a_backup_workloads_are_found_by_their_archives(void **state)
{
	struct store *store = NULL;
	char path[PATH_MAX];

	store_fixture_import(*state, "odd/name", 7, 3000, 4, 0);
	store_fixture_path(*state, "headroom.db.backup", path);
	assert_int_equal(unlink(path), 0);
	store_fixture_path(*state, "headroom.db", path);
	store_fixture_overwrite(
		path, 0, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
	store = store_fixture_open(*state);
	assert_true(store_fixture_value_at(store, "odd/name", 3000) == 7);
	store_close(store);
}

/* A page in the middle: only a full check finds it. */
static void fsck_finds_a_damaged_page_and_a_second_run_is_content(void **state)
{
	struct fsck_report report;
	struct store *store = NULL;
	struct err err = ERR_INIT;
	char path[PATH_MAX], noise[8192];

	for (int i = 0; i < 20; i++) {
		char name[16];

		snprintf(name, sizeof(name), "vm%d", i);
		store_fixture_import(*state, name, i, 3000, 4, 0);
	}
	memset(noise, 0x5a, sizeof(noise));
	store_fixture_path(*state, "headroom.db", path);
	store_fixture_sql(*state, "PRAGMA wal_checkpoint(TRUNCATE)");
	store_fixture_overwrite(path, 4096, noise, sizeof(noise));
	store = NULL;
	if (store_open(*state, &store, &err) == 0) {
		store_fixture_ok(fsck_run(store, 1000, &report, &err), &err);
		assert_true(report.lost > 0);
		fsck_report_done(&report);
		store_close(store);
	}
	store = store_fixture_open(*state);
	store_fixture_ok(fsck_run(store, 1000, &report, &err), &err);
	assert_int_equal(report.lost, 0);
	assert_true(report.whole >= 20);
	fsck_report_done(&report);
	assert_true(store_fixture_value_at(store, "vm19", 3000) == 19);
	store_close(store);
}

/* ntopng#3681: a page that is damaged must not fail each transaction for ever. */
static void a_writer_mends_a_damaged_page_by_itself(void **state)
{
	struct store *store = NULL;
	struct err err = ERR_INIT;
	char path[PATH_MAX], noise[8192];

	store_fixture_import(*state, "a", 1, 3000, 4, 0);
	store_fixture_sql(*state, "PRAGMA wal_checkpoint(TRUNCATE)");
	memset(noise, 0x5a, sizeof(noise));
	store_fixture_path(*state, "headroom.db", path);
	store_fixture_overwrite(path, 4096, noise, sizeof(noise));
	store_fixture_import(*state, "b", 2, 3000, 4, 0);
	store = store_fixture_open(*state);
	assert_true(store_fixture_value_at(store, "a", 3000) == 1);
	assert_true(store_fixture_value_at(store, "b", 3000) == 2);
	store_fixture_ok(store_begin(store, 0, &err), &err);
	assert_string_equal(store_notice(store), "");
	store_close(store);
}

static void fsck_names_what_is_lost(void **state)
{
	struct fsck_report report;
	struct store *store = NULL;
	struct err err = ERR_INIT;
	char path[PATH_MAX];
	struct stat status;

	store_fixture_import(*state, "gone", 1, 3000, 4, 0);
	store_fixture_import(*state, "cut", 1, 3000, 4, 0);
	store_fixture_import(*state, "changed", 1, 3000, 4, 0);
	store_fixture_import(*state, "whole", 1, 3000, 4, 0);
	store_fixture_path(*state, "rrd/gone/memory.rrd", path);
	assert_int_equal(unlink(path), 0);
	store_fixture_path(*state, "rrd/cut/memory.rrd", path);
	assert_int_equal(truncate(path, 700), 0);
	store_fixture_path(*state, "rrd/changed/memory.rrd", path);
	assert_int_equal(stat(path, &status), 0);
	store_fixture_overwrite(
		path, status.st_size - 16, "\0\0\0\0\0\0\0\0", 8); /* a silent zero */
	store = store_fixture_open(*state);
	store_fixture_ok(fsck_run(store, 1000, &report, &err), &err);
	assert_int_equal(report.lost, 3);
	assert_int_equal(report.whole, 2); /* the database too */
	assert_string_equal(report.item[0].what, "rrd/changed/memory.rrd");
	assert_string_equal(report.item[1].what, "rrd/cut/memory.rrd");
	assert_string_equal(report.item[2].what, "rrd/gone/memory.rrd");
	fsck_report_done(&report);
	store_close(store);
}

static void fsck_puts_a_saved_header_back(void **state)
{
	const struct header_name name = { .folder = "host", .file = "memory" };
	struct rra_set archives;
	struct series_spec spec = { .archives = &archives,
		.column = store_fixture_used,
		.column_count = 1,
		.begin = 1000000000 };
	enum series_outcome outcome = SERIES_UNCHANGED;
	int64_t stamp[] = { 1000000010 };
	double value[] = { 42 };
	struct series_rows given = { .column = store_fixture_used,
		.column_count = 1,
		.stamp = stamp,
		.value = value,
		.count = 1,
		.latest = INT64_MAX };
	struct series_appended appended;
	struct fsck_report report;
	struct workload workload;
	struct store *store = store_fixture_open(*state);
	struct err err = ERR_INIT;
	char path[PATH_MAX], zeros[256] = "";

	store_fixture_ok(
		rra_set_daemon(&rra_settings_demo, 10, true, &archives, &err), &err);
	store_fixture_ok(store_begin(store, 0, &err), &err);
	store_fixture_ok(store_workload_ensure(
				 store, "host", ORIGIN_SAMPLED, 10, 0, &workload, &err),
		&err);
	store_fixture_ok(
		series_ensure(*state, "host", "memory", &spec, &outcome, &err), &err);
	store_fixture_ok(
		series_append(*state, "host", "memory", &given, &appended, &err), &err);
	store_fixture_ok(header_copies_save(*state, &name, 1, 7, &err), &err);
	store_fixture_ok(store_archive_note(store, workload.id, "memory", &err), &err);
	store_fixture_ok(store_commit(store, &err), &err);
	workload_done(&workload);
	store_fixture_path(*state, "rrd/host/memory.rrd", path);
	store_fixture_overwrite(path, 0, zeros, sizeof(zeros));
	for (size_t run = 0; run < 2; run++) {
		store_fixture_ok(fsck_run(store, 1000, &report, &err), &err);
		assert_int_equal(report.rebuilt, run == 0);
		assert_int_equal(report.lost, 0);
		fsck_report_done(&report);
	}
	assert_true(store_fixture_value_at_step(store, "host", 1000000010, 10) == 42);
	store_close(store);
}

/* What only the database knew is in the backup: without it the archives alone would be
 * found again. */
static void a_database_that_is_gone_comes_back_from_its_backup(void **state)
{
	static const char *const endings[] = { "", "-wal", "-shm" };
	struct store *store = NULL;
	struct err err = ERR_INIT;
	struct event_list events;
	char path[PATH_MAX], name[32];

	store_fixture_import(*state, "known", 1, 3000, 4, 0);
	store_fixture_sql(*state,
		"INSERT INTO events (at, kind, text) VALUES (5, 'note', 'only here')");
	store_fixture_path(*state, "headroom.db.backup", path);
	unlink(path); /* so that the next commit makes one of now */
	store_fixture_import(*state, "after it", 5, 3000, 4, 0);
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		snprintf(name, sizeof(name), "headroom.db%s", endings[i]);
		store_fixture_path(*state, name, path);
		unlink(path);
	}
	store = store_fixture_open(*state);
	store_fixture_ok(store_begin(store, 1000, &err), &err);
	store_fixture_ok(store_commit(store, &err), &err);
	assert_non_null(strstr(store_notice(store), "backup took its place"));
	store_fixture_ok(
		store_events(store, 0, "note", 0, INT64_MAX, &events, &err), &err);
	assert_int_equal(events.count, 1);
	event_list_done(&events);
	assert_true(store_fixture_value_at(store, "known", 3000) == 1);
	assert_true(store_fixture_value_at(store, "after it", 3000) == 5);
	store_close(store);
}

static void fsck_of_an_empty_store_is_content_and_makes_nothing(void **state)
{
	struct fsck_report report;
	struct store *store = store_fixture_open(*state);
	struct err err = ERR_INIT;
	char path[PATH_MAX];

	store_fixture_ok(fsck_run(store, 1000, &report, &err), &err);
	assert_int_equal(report.lost + report.rebuilt + report.whole, 0);
	fsck_report_done(&report);
	store_close(store);
	store_fixture_path(*state, "headroom.db", path);
	assert_int_equal(access(path, F_OK), -1);
}

/* ---- T17: random damage to any file ----------------------------------------------------- */

static const char *const victims[] = { "headroom.db", "headroom.db-wal",
	"headroom.db-shm", "headroom.db.backup", "store.id", "rrd/vm0/memory.rrd",
	"rrd/vm1/memory.rrd" };

/* Flip, zero, cut, or write noise over up to 4 KiB at a random place. */
static void damage(const char *path, uint64_t *random)
{
	unsigned char bytes[4096];
	size_t size = 1 + support_random(random) % sizeof(bytes);
	struct stat status;
	off_t at = 0;
	int fd = open(path, O_RDWR);

	if (fd < 0 || fstat(fd, &status) < 0 || status.st_size == 0) {
		if (fd >= 0)
			close(fd);
		return;
	}
	at = (off_t)(support_random(random) % (uint64_t)status.st_size);
	switch (support_random(random) % 4) {
	case 0:
		assert_int_equal(ftruncate(fd, at), 0);
		break;
	case 1:
		memset(bytes, 0, size);
		break;
	case 2:
		for (size_t i = 0; i < size; i++)
			bytes[i] = (unsigned char)support_random(random);
		break;
	default:
		size = 1;
		assert_int_equal(pread(fd, bytes, 1, at), 1);
		bytes[0] ^= (unsigned char)(1u << support_random(random) % 8);
	}
	if ((off_t)size > status.st_size - at)
		size = (size_t)(status.st_size - at);
	assert_true(pwrite(fd, bytes, size, at) >= 0);
	close(fd);
}

/* Everything a reader and a writer do, on a store that is damaged somewhere. */
static void use_damaged(const char *dir, size_t victim, unsigned *lost)
{
	struct fsck_report report;
	struct store *store = store_fixture_open(dir);
	struct err err = ERR_INIT;
	bool is_reported = false;

	store_fixture_ok(fsck_run(store, 1000, &report, &err), &err);
	*lost += report.lost > 0;
	for (size_t i = 0; i < report.count; i++)
		is_reported |= strcmp(report.item[i].what, victims[victim]) == 0;
	fsck_report_done(&report);
	/* what was not damaged is as it was; what was is right, unknown or reported */
	for (int i = 0; i < 4; i++) {
		struct workload workload;
		char name[16], file[48];
		double value = NAN;

		snprintf(name, sizeof(name), "vm%d", i);
		snprintf(file, sizeof(file), "rrd/vm%d/memory.rrd", i);
		if (store_workload_get(store, name, &workload, &err) < 0)
			fail_msg(
				"%s is gone after damage to %s", name, victims[victim]);
		workload_done(&workload);
		value = store_fixture_value_at(store, name, 3300);
		if (strcmp(file, victims[victim]) == 0 && is_reported)
			continue;
		if (value != 10 * i + 1 &&
			!(strcmp(file, victims[victim]) == 0 && isnan(value)))
			fail_msg("%s holds %g after damage to %s", name, value,
				victims[victim]);
	}
	store_close(store);
	store_fixture_import(dir, "later", 7, 3000, 4, 0);
}

static void random_damage_is_survived_and_reported(void **state)
{
	uint64_t seed = support_seed(17), random = seed;
	unsigned lost = 0;

	print_message("seed %llu\n", (unsigned long long)seed);
	for (int round = 0; round < 25; round++) {
		size_t victim = support_random(&random) % ARRAY_LEN(victims);
		char dir[PATH_MAX - 64], path[PATH_MAX];

		snprintf(dir, sizeof(dir), "%s/%d", (char *)*state, round);
		for (int i = 0; i < 4; i++) {
			char name[16];

			snprintf(name, sizeof(name), "vm%d", i);
			store_fixture_import(dir, name, 10 * i, 3000, 60, 0);
		}
		store_fixture_path(dir, victims[victim], path);
		damage(path, &random);
		use_damaged(dir, victim, &lost);
	}
	print_message("25 damaged stores, %u with something lost\n", lost);
}

/* The archives of another store, one whole and one that lies about itself. */
/* The file's rows into a new one; `more` than there are, or less, is refused. */
static void copy_rows(
	struct store *store, const char *path, int more, unsigned *ret_handle)
{
	struct rra_set archives = { .xff = 0.5 };
	struct incoming_rows *rows = NULL;
	struct err err = ERR_INIT;
	const double value = 1;
	double block[RRD_BLOCK_BYTES / sizeof(double)];
	struct rrd_file file;
	int r = 0;

	store_fixture_ok(rrd_file_open(path, &file, &err), &err);
	archives.step_s = file.step_s;
	archives.heartbeat_s = 3 * file.step_s;
	for (size_t i = 0; i < file.archive_count; i++)
		archives.rra[archives.count++] = (struct rra){ file.archive[i].cf,
			file.archive[i].pdp_per_row, file.archive[i].rows };
	store_fixture_ok(store_incoming_begin(store, &archives, store_fixture_used, 1,
				 file.last_update, &rows, &err),
		&err);
	for (size_t i = 0; i < file.archive_count; i++) {
		struct rrd_rows read;

		rrd_rows_begin(&read, &file, i, INT64_MIN, INT64_MAX);
		while ((r = rrd_rows_next(&read, block, sizeof(block), &err)) > 0)
			if (more >= 0 || i + 1 < file.archive_count)
				store_fixture_ok(store_incoming_add(
							 rows, block, read.count, &err),
					&err);
		store_fixture_ok(r, &err);
	}
	if (more > 0)
		assert_int_equal(store_incoming_add(rows, &value, 1, &err), -EINVAL);
	assert_int_equal(
		store_incoming_end(rows, ret_handle, &err), more < 0 ? -EINVAL : 0);
	rrd_file_close(&file);
}

static void rows_that_come_one_by_one_become_a_file_or_nothing(void **state)
{
	struct rra_set archives;
	struct series_spec spec = { .archives = &archives,
		.column = store_fixture_used,
		.column_count = 1,
		.begin = 1000000000 };
	enum series_outcome outcome = SERIES_UNCHANGED;
	struct series_appended appended;
	struct workload workload;
	struct store *store = NULL;
	struct err err = ERR_INIT;
	struct series series;
	char path[PATH_MAX], other[PATH_MAX];
	int64_t stamp[120];
	double value[120];
	struct series_rows given = { .column = store_fixture_used,
		.column_count = 1,
		.stamp = stamp,
		.value = value,
		.count = 120,
		.latest = INT64_MAX };
	unsigned handle = 0;

	store_fixture_path(*state, "other", other);
	store_fixture_ok(
		rra_set_daemon(&rra_settings_demo, 10, true, &archives, &err), &err);
	store_fixture_ok(
		series_ensure(other, "w", "memory", &spec, &outcome, &err), &err);
	for (int i = 0; i < 120; i++) {
		stamp[i] = 1000000000 + 10 * (i + 1);
		value[i] = i;
	}
	store_fixture_ok(
		series_append(other, "w", "memory", &given, &appended, &err), &err);
	snprintf(path, sizeof(path), "%s/other/rrd/w/memory.rrd", (char *)*state);
	store = store_fixture_open(*state);
	copy_rows(store, path, 0, &handle);
	store_fixture_ok(store_begin(store, 0, &err), &err);
	store_fixture_ok(
		store_workload_ensure(store, "w", ORIGIN_STORE, 10, 0, &workload, &err),
		&err);
	store_fixture_ok(
		store_publish(store, handle, &workload, "memory", 0, &err), &err);
	store_fixture_ok(store_commit(store, &err), &err);
	store_fixture_ok(store_read_series(store, &workload, "memory", "used", 10,
				 1000000000, 1000001200, &series, &err),
		&err);
	for (int i = 0; i < 120; i++)
		assert_true(series.mean[i] == i);
	series_done(&series);
	copy_rows(store, path, 1, &handle);
	copy_rows(store, path, -1, &handle);
	workload_done(&workload);
	store_close(store);
}

/* SQLite looks at NOT NULL and CHECK when it writes alone: what another one wrote is looked at
 * when it is read, before anybody compares a text that is none or divides by a step of 0. */
static void rows_that_no_schema_allows_are_refused_when_they_are_read(void **state)
{
	static const char *const spans[] = { "step_s = 0", "step_s = 4294967296",
		"phase_s = -1", "phase_s = 300", "first_at = -1",
		"last_at = first_at - 1", "last_at = 9223372036854775807" };
	struct workload_list list;
	struct gap_list gaps;
	struct store *store = NULL;
	struct err err = ERR_INIT;
	char sql[256];

	store_fixture_import(*state, "a", 1, 3000, 4, 0);
	for (size_t i = 0; i < ARRAY_LEN(spans); i++) {
		snprintf(sql, sizeof(sql),
			"CREATE TABLE kept AS SELECT * FROM workloads;"
			"PRAGMA ignore_check_constraints = 1;"
			"UPDATE workloads SET %s",
			spans[i]);
		store_fixture_sql(*state, sql);
		store = store_fixture_open(*state);
		assert_int_equal(store_workloads(store, &list, &err), -EBADMSG);
		assert_string_equal(
			err.text, "workloads: a row of the database is damaged");
		store_close(store);
		store_fixture_sql(*state,
			"UPDATE workloads SET (step_s, phase_s, first_at, last_at) = "
			"(SELECT step_s, phase_s, first_at, last_at FROM kept);"
			"DROP TABLE kept");
	}
	store_fixture_sql(*state,
		"PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = "
		"replace(sql, 'reason TEXT NOT NULL', 'reason TEXT') WHERE name = 'gaps'");
	store_fixture_sql(*state, "INSERT INTO gaps VALUES (1, 5, 6, NULL)");
	store_fixture_sql(*state,
		"PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = "
		"replace(sql, 'reason TEXT', 'reason TEXT NOT NULL') WHERE name = 'gaps'");
	store = store_fixture_open(*state);
	store_fixture_ok(store_workloads(store, &list, &err), &err);
	workload_list_done(&list);
	assert_int_equal(store_gaps(store, 1, 0, 100, &gaps, &err), -EBADMSG);
	assert_string_equal(err.text, "gaps: a row of the database is damaged");
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function)                   \
	cmocka_unit_test_setup_teardown( \
		function, scratch_dir_setup, scratch_dir_teardown)
		TEST(a_damaged_database_is_moved_aside_and_rebuilt_from_its_backup),
		TEST(a_database_that_is_gone_comes_back_from_its_backup),
		TEST(without_a_backup_workloads_are_found_by_their_archives),
		TEST(fsck_finds_a_damaged_page_and_a_second_run_is_content),
		TEST(a_writer_mends_a_damaged_page_by_itself),
		TEST(fsck_names_what_is_lost),
		TEST(rows_that_no_schema_allows_are_refused_when_they_are_read),
		TEST(fsck_puts_a_saved_header_back),
		TEST(fsck_of_an_empty_store_is_content_and_makes_nothing),
		TEST(random_damage_is_survived_and_reported),
		TEST(rows_that_come_one_by_one_become_a_file_or_nothing),
	};

	return cmocka_run_group_tests_name("store_damage", tests, NULL, NULL);
}
