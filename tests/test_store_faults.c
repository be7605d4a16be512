/* The store when something breaks: damage, crashes in between, rights, newer versions. */
#include "tests/support.h"
#include "tests/scratch_dir.h"

#include "store/db.h"
#include "store/events.h"
#include "store/fsck.h"
#include "store/header_slots.h"
#include "store/health.h"
#include "store/imports.h"
#include "store/series_store.h"
#include "store/workloads.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void ok(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%s", err->text);
}

static struct store *open_store(const char *dir)
{
	struct store *store = NULL;
	struct err err = ERR_INIT;

	ok(store_open(dir, &store, &err), &err);
	return store;
}

static const char *const used[] = { "used" };

/* One workload with one imported file: memory at 300 s, row i is value + i. */
static void import(const char *dir, const char *name, double value, int64_t first,
	size_t rows, int64_t import_id)
{
	struct store *store = open_store(dir);
	struct workload workload;
	struct err err = ERR_INIT;
	double values[64];
	unsigned handle = 0;

	for (size_t i = 0; i < rows; i++)
		values[i] = value + (double)i;
	ok(store_stage_rows(store, used, 1, 300, first, rows, values, &handle, &err), &err);
	ok(store_begin(store, 0, &err), &err);
	ok(store_workload_ensure(store, name, SOURCE_IMPORTED, 300, 0, &workload, &err),
		&err);
	ok(store_publish(store, handle, &workload, "memory", import_id, &err), &err);
	ok(store_workload_set_span(store, workload.id, first,
		   first + 300 * ((int64_t)rows - 1), &err),
		&err);
	ok(store_commit(store, &err), &err);
	workload_done(&workload);
	store_close(store);
}

/* The value of the slot stamped `when`, NAN when there is none. */
static double value_at_step(
	struct store *store, const char *name, int64_t when, unsigned step_s)
{
	struct workload workload;
	struct series series;
	struct err err = ERR_INIT;
	double value = NAN;

	ok(store_workload_get(store, name, &workload, &err), &err);
	if (store_read_series(store, &workload, "memory", "used", 0, when - step_s,
		    when, &series, &err) == 0) {
		assert_int_equal(series.count, 1);
		value = series.mean[0];
		series_done(&series);
	}
	workload_done(&workload);
	return value;
}

static double value_at(struct store *store, const char *name, int64_t when)
{
	return value_at_step(store, name, when, 300);
}

static void path_in(const char *dir, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", dir, name);
}

static void overwrite(const char *path, off_t offset, const char *bytes, size_t size)
{
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, size, offset), size);
	close(fd);
}

static void run_sql(const char *dir, const char *sql)
{
	char path[PATH_MAX];
	sqlite3 *db = NULL;

	path_in(dir, "headroom.db", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	sqlite3_close(db);
}

static void the_database_is_strict_and_as_the_migrations_say(void **state)
{
	char path[PATH_MAX];
	sqlite3 *db = NULL;
	sqlite3_stmt *statement = NULL;
	size_t tables = 0;
	struct stat status;

	import(*state, "a", 1, 3000, 4, 0);
	path_in(*state, "headroom.db", path);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0640);
	assert_int_equal(stat(*state, &status), 0);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
				 "SELECT name, strict FROM pragma_table_list WHERE "
				 "schema = 'main' AND name NOT LIKE 'sqlite_%'",
				 -1, &statement, NULL),
		SQLITE_OK);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		tables++;
		assert_int_equal(sqlite3_column_int(statement, 1), 1);
	}
	sqlite3_finalize(statement);
	sqlite3_close(db);
	assert_true(tables >= 15);
}

static void a_newer_database_is_refused_and_left_alone(void **state)
{
	struct store *store = NULL;
	struct err err = ERR_INIT;
	char back[48];

	import(*state, "a", 1, 3000, 4, 0);
	run_sql(*state, "PRAGMA user_version = 9000");
	assert_int_equal(store_open(*state, &store, &err), -EPROTO);
	assert_non_null(strstr(err.text, "newer version"));
	snprintf(back, sizeof(back), "PRAGMA user_version = %d", db_newest_version());
	run_sql(*state, back);
	store = open_store(*state);
	assert_true(value_at(store, "a", 3000) == 1);
	store_close(store);
}

/* F31: the reader says so or mends, the writer moves it aside and goes on. */
static void a_damaged_database_is_moved_aside_and_rebuilt_from_its_backup(void **state)
{
	static const char noise[] = "this is not a database at all, not even nearly";
	struct workload_list list;
	struct event_list events;
	struct store *store = NULL;
	struct err err = ERR_INIT;
	char path[PATH_MAX];

	import(*state, "in the backup", 1, 3000, 4, 0);
	import(*state, "after it", 5, 3000, 4, 0); /* the backup is a day old at most */
	path_in(*state, "headroom.db", path);
	overwrite(path, 0, noise, sizeof(noise));
	store = open_store(*state);
	assert_non_null(strstr(store_notice(store), "damaged"));
	assert_non_null(strstr(store_notice(store), "backup"));
	ok(store_workloads(store, &list, &err), &err);
	assert_int_equal(list.count, 2);
	assert_non_null(workload_list_find(&list, "after it"));
	workload_list_done(&list);
	assert_true(value_at(store, "after it", 3300) == 6);
	ok(store_events(store, 0, "damage", 0, INT64_MAX, &events, &err), &err);
	assert_int_equal(events.count, 1);
	event_list_done(&events);
	store_close(store);
}

static void without_a_backup_workloads_are_found_by_their_archives(void **state)
{
	struct store *store = NULL;
	char path[PATH_MAX];

	import(*state, "odd/name", 7, 3000, 4, 0);
	path_in(*state, "headroom.db.backup", path);
	assert_int_equal(unlink(path), 0);
	path_in(*state, "headroom.db", path);
	overwrite(path, 0, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
	store = open_store(*state);
	assert_true(value_at(store, "odd/name", 3000) == 7);
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
		import(*state, name, i, 3000, 4, 0);
	}
	memset(noise, 0x5a, sizeof(noise));
	path_in(*state, "headroom.db", path);
	run_sql(*state, "PRAGMA wal_checkpoint(TRUNCATE)");
	overwrite(path, 4096, noise, sizeof(noise));
	store = NULL;
	if (store_open(*state, &store, &err) == 0) {
		ok(fsck_run(store, 1000, &report, &err), &err);
		assert_true(report.lost > 0);
		fsck_report_done(&report);
		store_close(store);
	}
	store = open_store(*state);
	ok(fsck_run(store, 1000, &report, &err), &err);
	assert_int_equal(report.lost, 0);
	assert_true(report.whole >= 20);
	fsck_report_done(&report);
	assert_true(value_at(store, "vm19", 3000) == 19);
	store_close(store);
}

/* ntopng#3681: a page that is damaged must not fail each transaction for ever. */
static void a_writer_mends_a_damaged_page_by_itself(void **state)
{
	struct store *store = NULL;
	struct err err = ERR_INIT;
	char path[PATH_MAX], noise[8192];

	import(*state, "a", 1, 3000, 4, 0);
	run_sql(*state, "PRAGMA wal_checkpoint(TRUNCATE)");
	memset(noise, 0x5a, sizeof(noise));
	path_in(*state, "headroom.db", path);
	overwrite(path, 4096, noise, sizeof(noise));
	import(*state, "b", 2, 3000, 4, 0);
	store = open_store(*state);
	assert_true(value_at(store, "a", 3000) == 1);
	assert_true(value_at(store, "b", 3000) == 2);
	ok(store_begin(store, 0, &err), &err);
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

	import(*state, "gone", 1, 3000, 4, 0);
	import(*state, "cut", 1, 3000, 4, 0);
	import(*state, "changed", 1, 3000, 4, 0);
	import(*state, "whole", 1, 3000, 4, 0);
	path_in(*state, "rrd/gone/memory.rrd", path);
	assert_int_equal(unlink(path), 0);
	path_in(*state, "rrd/cut/memory.rrd", path);
	assert_int_equal(truncate(path, 700), 0);
	path_in(*state, "rrd/changed/memory.rrd", path);
	assert_int_equal(stat(path, &status), 0);
	overwrite(path, status.st_size - 16, "\0\0\0\0\0\0\0\0", 8); /* a silent zero */
	store = open_store(*state);
	ok(fsck_run(store, 1000, &report, &err), &err);
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
	struct rra_layout layout;
	struct series_spec spec = { .layout = &layout, .source = used, .source_count = 1,
		.begin = 1000000000 };
	enum series_outcome outcome = SERIES_UNCHANGED;
	int64_t stamp[] = { 1000000010 };
	double value[] = { 42 };
	struct series_batch batch = { .source = used, .source_count = 1, .stamp = stamp,
		.value = value, .rows = 1, .latest = INT64_MAX };
	struct series_appended appended;
	struct fsck_report report;
	struct workload workload;
	struct store *store = open_store(*state);
	struct err err = ERR_INIT;
	char path[PATH_MAX], zeros[256] = "";

	ok(rra_layout_daemon(&rra_settings_demo, 10, true, &layout, &err), &err);
	ok(store_begin(store, 0, &err), &err);
	ok(store_workload_ensure(store, "host", SOURCE_SAMPLED, 10, 0, &workload, &err), &err);
	ok(series_ensure(*state, "host", "memory", &spec, &outcome, &err), &err);
	ok(series_append(*state, "host", "memory", &batch, &appended, &err), &err);
	ok(header_slots_save(*state, &name, 1, 7, &err), &err);
	ok(store_archive_note(store, workload.id, "memory", &err), &err);
	ok(store_commit(store, &err), &err);
	workload_done(&workload);
	path_in(*state, "rrd/host/memory.rrd", path);
	overwrite(path, 0, zeros, sizeof(zeros));
	for (size_t run = 0; run < 2; run++) {
		ok(fsck_run(store, 1000, &report, &err), &err);
		assert_int_equal(report.rebuilt, run == 0);
		assert_int_equal(report.lost, 0);
		fsck_report_done(&report);
	}
	assert_true(value_at_step(store, "host", 1000000010, 10) == 42);
	store_close(store);
}

static void fsck_of_an_empty_store_is_content_and_makes_nothing(void **state)
{
	struct fsck_report report;
	struct store *store = open_store(*state);
	struct err err = ERR_INIT;
	char path[PATH_MAX];

	ok(fsck_run(store, 1000, &report, &err), &err);
	assert_int_equal(report.lost + report.rebuilt + report.whole, 0);
	fsck_report_done(&report);
	store_close(store);
	path_in(*state, "headroom.db", path);
	assert_int_equal(access(path, F_OK), -1);
}

/* A kill between the commit and its renames: the next writer finishes them. */
static void renames_of_a_commit_are_finished_by_the_next_writer(void **state)
{
	struct store *store = NULL;
	char from[PATH_MAX], to[PATH_MAX];

	import(*state, "a", 1, 3000, 4, 0);
	import(*state, "a", 50, 3000, 4, 0);
	/* as if the second import had been killed after its commit */
	path_in(*state, "incoming", to);
	mkdir(to, 0750);
	path_in(*state, "incoming/999999999-00c0ffee", to);
	mkdir(to, 0750);
	path_in(*state, "rrd/a/memory.rrd", from);
	path_in(*state, "incoming/999999999-00c0ffee/7.rrd", to);
	assert_int_equal(rename(from, to), 0);
	run_sql(*state, "INSERT INTO pending_files (source, target) VALUES "
			"('incoming/999999999-00c0ffee/7.rrd', 'rrd/a/memory.rrd'), "
			"(NULL, 'rrd/none'), ('incoming/done', 'rrd/a/done.rrd')");
	/* the next import makes its own files first: it must not clear away these */
	import(*state, "b", 9, 3000, 4, 0);
	store = open_store(*state);
	assert_true(value_at(store, "a", 3000) == 50);
	assert_true(value_at(store, "b", 3000) == 9);
	store_close(store);
	assert_int_equal(access(from, F_OK), 0);
}

static void an_import_can_be_undone(void **state)
{
	struct workload workload;
	struct store *store = NULL;
	struct err err = ERR_INIT;
	char path[PATH_MAX];

	import(*state, "a", 1, 3000, 4, 1);
	import(*state, "a", 50, 3000, 8, 2);
	store = open_store(*state);
	assert_true(value_at(store, "a", 3000) == 50);
	ok(store_workload_get(store, "a", &workload, &err), &err);
	ok(store_begin(store, 0, &err), &err);
	ok(store_undo_file(store, 2, &workload, "memory", &err), &err);
	ok(store_commit(store, &err), &err);
	assert_true(value_at(store, "a", 3000) == 1);
	ok(store_begin(store, 0, &err), &err);
	ok(store_undo_file(store, 1, &workload, "memory", &err), &err);
	ok(store_undo_forget(store, 1, &err), &err);
	ok(store_undo_forget(store, 2, &err), &err);
	ok(store_commit(store, &err), &err);
	path_in(*state, "rrd/a/memory.rrd", path);
	assert_int_equal(access(path, F_OK), -1);
	path_in(*state, "undo/2", path);
	assert_int_equal(access(path, F_OK), -1);
	workload_done(&workload);
	store_close(store);
}

static void forget_removes_and_rename_keeps(void **state)
{
	struct workload workload;
	struct store *store = NULL;
	struct err err = ERR_INIT;
	char path[PATH_MAX];

	import(*state, "a", 1, 3000, 4, 0);
	import(*state, "b", 2, 3000, 4, 0);
	store = open_store(*state);
	ok(store_workload_get(store, "a", &workload, &err), &err);
	ok(store_begin(store, 0, &err), &err);
	assert_int_equal(
		store_workload_rename(store, workload.id, "b", &err), -EEXIST);
	ok(store_workload_rename(store, workload.id, "new", &err), &err);
	ok(store_commit(store, &err), &err);
	assert_true(value_at(store, "new", 3000) == 1);
	store_close(store);
	import(*state, "a", 9, 3000, 4, 0); /* the old name, another folder */
	store = open_store(*state);
	assert_true(value_at(store, "new", 3000) == 1);
	assert_true(value_at(store, "a", 3000) == 9);
	ok(store_begin(store, 0, &err), &err);
	ok(store_workload_forget(store, workload.id, &err), &err);
	ok(store_commit(store, &err), &err);
	workload_done(&workload);
	assert_int_equal(store_workload_get(store, "new", &workload, &err), -ENOENT);
	path_in(*state, "rrd/a/memory.rrd", path);
	assert_int_equal(access(path, F_OK), -1);
	assert_true(value_at(store, "a", 3000) == 9);
	store_close(store);
}

static void excluded_windows_read_as_unknown_until_they_are_removed(void **state)
{
	struct store *store = NULL;

	import(*state, "a", 1, 3000, 8, 0);
	run_sql(*state, "INSERT INTO exclusions (workload_id, begin_at, end_at, reason, "
			"created_at) SELECT id, 3300, 3901, 'test', 0 FROM workloads");
	store = open_store(*state);
	assert_true(value_at(store, "a", 3300) == 2);
	assert_true(isnan(value_at(store, "a", 3600)));
	assert_true(isnan(value_at(store, "a", 3900)));
	assert_true(isnan(value_at(store, "a", 4200))); /* touched by one second */
	assert_true(value_at(store, "a", 4500) == 6);
	store_close(store);
	run_sql(*state, "UPDATE exclusions SET removed_at = 1");
	store = open_store(*state);
	assert_true(value_at(store, "a", 3600) == 3);
	store_close(store);
}

/* F33: as another user, who may read but not write. */
static void a_reader_without_the_right_to_write_can_read(void **state)
{
	pid_t child = 0;
	int status = 0;

	if (geteuid() != 0)
		skip(); /* needs a second user */
	import(*state, "a", 1, 3000, 4, 0);
	for (int with_shm = 1; with_shm >= 0; with_shm--) {
		char command[PATH_MAX];

		if (!with_shm) {
			path_in(*state, "headroom.db-shm", command);
			unlink(command);
			path_in(*state, "headroom.db-wal", command);
			unlink(command);
		}
		child = fork();
		if (child == 0) {
			struct store *store = NULL;
			struct workload_list list;
			struct err err = ERR_INIT;

			if (setgid(65534) < 0 || setuid(65534) < 0)
				_exit(2);
			if (store_open(*state, &store, &err) < 0)
				_exit(3);
			if (store_workloads(store, &list, &err) < 0 || list.count != 1)
				_exit(4);
			if (store_begin(store, 0, &err) != -EACCES)
				_exit(5);
			_exit(0);
		}
		waitpid(child, &status, 0);
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

static int open_to_all(
	const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)where;
	return chmod(path, type == FTW_D ? 0755 : 0644);
}

static void a_reader_of_another_user(void **state)
{
	import(*state, "a", 1, 3000, 4, 0);
	nftw(*state, open_to_all, 16, FTW_PHYS);
	a_reader_without_the_right_to_write_can_read(state);
}

static void health_and_small_values_are_kept(void **state)
{
	struct collector_health health = { .pid = 42, .ticks = 10, .stored = 8, .held = 2,
		.last = 99, .disk_left_days = NAN, .updated_at = 100 };
	struct collector_health back;
	struct store *store = NULL;
	struct workload workload;
	struct err err = ERR_INIT;
	char *value = NULL;

	import(*state, "a", 1, 3000, 4, 0);
	store = open_store(*state);
	assert_int_equal(store_health_get(store, 0, &back, &err), -ENOENT);
	ok(store_workload_get(store, "a", &workload, &err), &err);
	health.workload_id = workload.id;
	ok(store_begin(store, 0, &err), &err);
	ok(store_health_set(store, &health, &err), &err);
	ok(store_meta_set(store, "k", "v", &err), &err);
	ok(store_fact_set(store, workload.id, "environment", "test", "user", 5, &err), &err);
	ok(store_commit(store, &err), &err);
	ok(store_health_get(store, 0, &back, &err), &err);
	assert_int_equal(back.pid, 42);
	assert_int_equal(back.held, 2);
	assert_true(isnan(back.disk_left_days));
	ok(store_meta_get(store, "k", &value, &err), &err);
	assert_string_equal(value, "v");
	free(value);
	ok(store_meta_get(store, "none", &value, &err), &err);
	assert_null(value);
	ok(store_fact_get(store, workload.id, "environment", &value, &err), &err);
	assert_string_equal(value, "test");
	free(value);
	workload_done(&workload);
	store_close(store);
}

/* ---- T06: a file system of 1 MiB in a namespace of our own ---------------------------- */

static void write_whole(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(77);
	close(fd);
}

static void mount_small(const char *dir)
{
	char map[64];
	unsigned uid = geteuid(), gid = getegid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		_exit(77);
	snprintf(map, sizeof(map), "0 %u 1", uid);
	write_whole("/proc/self/setgroups", "deny");
	write_whole("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	write_whole("/proc/self/gid_map", map);
	if (mount("none", dir, "tmpfs", 0, "size=1m") < 0)
		_exit(77);
}

/* What an import and a new file of the daemon do when there is no room: exits 0 when
 * both say so and leave nothing. */
static void fill_small_disk(const char *dir)
{
	struct rra_layout layout;
	struct series_spec spec = { .layout = &layout, .source = used, .source_count = 1,
		.begin = 1000000000 };
	enum series_outcome outcome = SERIES_UNCHANGED;
	double *values = calloc(200000, sizeof(*values));
	struct err err = ERR_INIT;
	struct store *store = NULL;
	char path[PATH_MAX];
	unsigned handle = 0;

	mount_small(dir);
	if (rra_layout_daemon(&rra_settings_default, 10, true, &layout, &err) < 0 ||
		store_open(dir, &store, &err) < 0 || !values)
		_exit(2);
	if (series_ensure(dir, "w", "cpu", &spec, &outcome, &err) != -ENOSPC ||
		!strstr(err.text, "No space"))
		_exit(3);
	if (store_stage_rows(store, used, 1, 300, 3000, 200000, values, &handle, &err) !=
			-ENOSPC ||
		!strstr(err.text, "No space"))
		_exit(4);
	path_in(dir, "rrd/w/cpu.rrd", path);
	if (access(path, F_OK) == 0)
		_exit(5);
	path_in(dir, "rrd/w/.cpu.rrd.new", path);
	if (access(path, F_OK) == 0)
		_exit(6);
	/* what is small still goes */
	if (store_stage_rows(store, used, 1, 300, 3000, 100, values, &handle, &err) < 0)
		_exit(7);
	store_close(store);
	free(values);
	_exit(0);
}

static void a_full_disk_gives_a_message_and_leaves_nothing(void **state)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0)
		fill_small_disk(*state);
	waitpid(child, &status, 0);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip(); /* no namespaces here */
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* T04 for the store: killed at any moment of an import, all of it or nothing of it. */
static void a_killed_import_is_whole_or_absent(void **state)
{
	uint64_t random = support_seed(4);
	unsigned whole = 0, absent = 0;

	import(*state, "before", 3, 3000, 4, 0);
	for (int round = 0; round < 40; round++) {
		struct workload_list list;
		struct fsck_report report;
		struct store *store = NULL;
		struct err err = ERR_INIT;
		pid_t child = 0;
		char name[32];

		snprintf(name, sizeof(name), "vm%d", round);
		child = fork();
		if (child == 0) {
			import(*state, name, 5, 3000, 4, 0);
			_exit(0);
		}
		usleep((useconds_t)(support_random(&random) % 12000));
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		store = open_store(*state);
		ok(fsck_run(store, 1000, &report, &err), &err);
		assert_int_equal(report.lost, 0);
		fsck_report_done(&report);
		ok(store_workloads(store, &list, &err), &err);
		if (workload_list_find(&list, name)) {
			whole++;
			assert_true(value_at(store, name, 3900) == 8);
		} else {
			absent++;
		}
		workload_list_done(&list);
		assert_true(value_at(store, "before", 3000) == 3);
		store_close(store);
	}
	print_message("%u whole, %u absent\n", whole, absent);
}

/* ---- T17: random damage to any file ----------------------------------------------------- */

static const char *const victims[] = { "headroom.db", "headroom.db-wal", "headroom.db-shm",
	"headroom.db.backup", "store.id", "rrd/vm0/memory.rrd", "rrd/vm1/memory.rrd" };

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
	struct store *store = open_store(dir);
	struct err err = ERR_INIT;
	bool is_reported = false;

	ok(fsck_run(store, 1000, &report, &err), &err);
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
			fail_msg("%s is gone after damage to %s", name, victims[victim]);
		workload_done(&workload);
		value = value_at(store, name, 3300);
		if (strcmp(file, victims[victim]) == 0 && is_reported)
			continue;
		if (value != 10 * i + 1 && !(strcmp(file, victims[victim]) == 0 && isnan(value)))
			fail_msg("%s holds %g after damage to %s", name, value,
				victims[victim]);
	}
	store_close(store);
	import(dir, "later", 7, 3000, 4, 0);
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
			import(dir, name, 10 * i, 3000, 60, 0);
		}
		path_in(dir, victims[victim], path);
		damage(path, &random);
		use_damaged(dir, victim, &lost);
	}
	print_message("25 damaged stores, %u with something lost\n", lost);
}

/* T16: writers of several processes take turns, readers never fail. */
static void many_writers_and_readers_lose_nothing(void **state)
{
	enum { WRITERS = 3, READERS = 2, ROUNDS = 15 };
	pid_t child[WRITERS + READERS];
	struct event_list events;
	struct fsck_report report;
	struct store *store = NULL;
	struct err err = ERR_INIT;
	char kind[] = "test", text[] = "x";

	import(*state, "a", 1, 3000, 4, 0);
	for (int i = 0; i < WRITERS + READERS; i++) {
		child[i] = fork();
		if (child[i] != 0)
			continue;
		if (store_open(*state, &store, &err) < 0)
			_exit(1);
		for (int round = 0; round < ROUNDS; round++) {
			struct event event = { .at = 100 * i + round, .kind = kind,
				.text = text };

			if (i >= WRITERS) {
				if (store_events(store, -1, NULL, 0, 9999, &events, &err) < 0)
					_exit(2);
				event_list_done(&events);
				usleep(3000);
				continue;
			}
			if (store_begin(store, 30000, &err) < 0 ||
				store_event_add(store, &event, &err) < 0 ||
				store_commit(store, &err) < 0)
				_exit(3);
		}
		_exit(0);
	}
	for (int i = 0; i < WRITERS + READERS; i++) {
		int status = 0;

		waitpid(child[i], &status, 0);
		assert_int_equal(status, 0);
	}
	store = open_store(*state);
	ok(store_events(store, -1, "test", -1, 9999, &events, &err), &err);
	assert_int_equal(events.count, WRITERS * ROUNDS);
	event_list_done(&events);
	ok(fsck_run(store, 1000, &report, &err), &err);
	assert_int_equal(report.lost, 0);
	fsck_report_done(&report);
	store_close(store);
}

/* The archives of another store, one whole and one that lies about itself. */
static void a_foreign_archive_is_copied_whole_or_refused(void **state)
{
	struct rra_layout layout;
	struct series_spec spec = { .layout = &layout, .source = used, .source_count = 1,
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
	struct series_batch batch = { .source = used, .source_count = 1, .stamp = stamp,
		.value = value, .rows = 120, .latest = INT64_MAX };
	unsigned handle = 0;

	path_in(*state, "other", other);
	ok(rra_layout_daemon(&rra_settings_demo, 10, true, &layout, &err), &err);
	ok(series_ensure(other, "w", "memory", &spec, &outcome, &err), &err);
	for (int i = 0; i < 120; i++) {
		stamp[i] = 1000000000 + 10 * (i + 1);
		value[i] = i;
	}
	ok(series_append(other, "w", "memory", &batch, &appended, &err), &err);
	snprintf(path, sizeof(path), "%s/other/rrd/w/memory.rrd", (char *)*state);
	store = open_store(*state);
	ok(store_stage_copy(store, path, &handle, &err), &err);
	ok(store_begin(store, 0, &err), &err);
	ok(store_workload_ensure(store, "w", SOURCE_STORE, 10, 0, &workload, &err), &err);
	ok(store_publish(store, handle, &workload, "memory", 0, &err), &err);
	ok(store_commit(store, &err), &err);
	ok(store_read_series(store, &workload, "memory", "used", 10, 1000000000, 1000001200,
		   &series, &err),
		&err);
	for (int i = 0; i < 120; i++)
		assert_true(series.mean[i] == i);
	series_done(&series);
	overwrite(path, 24, "\xff\xff\xff\xff\xff\xff\xff\x7f", 8);
	assert_int_equal(store_stage_copy(store, path, &handle, &err), -EBADMSG);
	workload_done(&workload);
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function)                   \
	cmocka_unit_test_setup_teardown( \
		function, scratch_dir_setup, scratch_dir_teardown)
		TEST(the_database_is_strict_and_as_the_migrations_say),
		TEST(a_newer_database_is_refused_and_left_alone),
		TEST(a_damaged_database_is_moved_aside_and_rebuilt_from_its_backup),
		TEST(without_a_backup_workloads_are_found_by_their_archives),
		TEST(fsck_finds_a_damaged_page_and_a_second_run_is_content),
		TEST(a_writer_mends_a_damaged_page_by_itself),
		TEST(fsck_names_what_is_lost),
		TEST(fsck_puts_a_saved_header_back),
		TEST(fsck_of_an_empty_store_is_content_and_makes_nothing),
		TEST(renames_of_a_commit_are_finished_by_the_next_writer),
		TEST(an_import_can_be_undone),
		TEST(forget_removes_and_rename_keeps),
		TEST(excluded_windows_read_as_unknown_until_they_are_removed),
		TEST(a_reader_of_another_user),
		TEST(health_and_small_values_are_kept),
		TEST(a_full_disk_gives_a_message_and_leaves_nothing),
		TEST(a_killed_import_is_whole_or_absent),
		TEST(random_damage_is_survived_and_reported),
		TEST(many_writers_and_readers_lose_nothing),
		TEST(a_foreign_archive_is_copied_whole_or_refused),
	};

	return cmocka_run_group_tests_name("store_faults", tests, NULL, NULL);
}
