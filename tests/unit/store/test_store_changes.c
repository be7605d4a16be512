/* The store when it is changed: versions, undo, names, exclusions, rights. */
#include "store/incoming.h"
#include "store/store.h"
#include "tests/support.h"
#include "tests/scratch_dir.h"
#include "tests/store_fixture.h"

#include "store/db/db.h"
#include "store/db/facts.h"
#include "store/db/health.h"
#include "store/db/imports.h"
#include "store/db/workloads.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void the_database_is_strict_and_as_the_migrations_say(void **state)
{
	char path[PATH_MAX];
	sqlite3 *db = NULL;
	sqlite3_stmt *statement = NULL;
	size_t tables = 0;
	struct stat status;

	store_fixture_import(*state, "a", 1, 3000, 4, 0);
	store_fixture_path(*state, "headroom.db", path);
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

	store_fixture_import(*state, "a", 1, 3000, 4, 0);
	store_fixture_sql(*state, "PRAGMA user_version = 9000");
	assert_int_equal(store_open(*state, &store, &err), -EPROTO);
	assert_non_null(strstr(err.text, "newer version"));
	snprintf(back, sizeof(back), "PRAGMA user_version = %d", db_newest_version());
	store_fixture_sql(*state, back);
	store = store_fixture_open(*state);
	assert_true(store_fixture_value_at(store, "a", 3000) == 1);
	store_close(store);
}

static void an_import_can_be_undone(void **state)
{
	struct workload workload;
	struct store *store = NULL;
	struct err err = ERR_INIT;
	char path[PATH_MAX];

	store_fixture_import(*state, "a", 1, 3000, 4, 1);
	store_fixture_import(*state, "a", 50, 3000, 8, 2);
	store = store_fixture_open(*state);
	assert_true(store_fixture_value_at(store, "a", 3000) == 50);
	store_fixture_ok(store_workload_get(store, "a", &workload, &err), &err);
	store_fixture_ok(store_begin(store, 0, &err), &err);
	store_fixture_ok(store_undo_file(store, 2, &workload, "memory", &err), &err);
	store_fixture_ok(store_commit(store, &err), &err);
	assert_true(store_fixture_value_at(store, "a", 3000) == 1);
	store_fixture_ok(store_begin(store, 0, &err), &err);
	store_fixture_ok(store_undo_file(store, 1, &workload, "memory", &err), &err);
	store_fixture_ok(store_undo_forget(store, 1, &err), &err);
	store_fixture_ok(store_undo_forget(store, 2, &err), &err);
	store_fixture_ok(store_commit(store, &err), &err);
	store_fixture_path(*state, "rrd/a/memory.rrd", path);
	assert_int_equal(access(path, F_OK), -1);
	store_fixture_path(*state, "undo/2", path);
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

	store_fixture_import(*state, "a", 1, 3000, 4, 0);
	store_fixture_import(*state, "b", 2, 3000, 4, 0);
	store = store_fixture_open(*state);
	store_fixture_ok(store_workload_get(store, "a", &workload, &err), &err);
	store_fixture_ok(store_begin(store, 0, &err), &err);
	assert_int_equal(store_workload_rename(store, workload.id, "b", &err), -EEXIST);
	store_fixture_ok(store_workload_rename(store, workload.id, "new", &err), &err);
	store_fixture_ok(store_commit(store, &err), &err);
	assert_true(store_fixture_value_at(store, "new", 3000) == 1);
	store_close(store);
	store_fixture_import(
		*state, "a", 9, 3000, 4, 0); /* the old name, another folder */
	store = store_fixture_open(*state);
	assert_true(store_fixture_value_at(store, "new", 3000) == 1);
	assert_true(store_fixture_value_at(store, "a", 3000) == 9);
	store_fixture_ok(store_begin(store, 0, &err), &err);
	store_fixture_ok(store_workload_forget(store, workload.id, &err), &err);
	store_fixture_ok(store_commit(store, &err), &err);
	workload_done(&workload);
	assert_int_equal(store_workload_get(store, "new", &workload, &err), -ENOENT);
	store_fixture_path(*state, "rrd/a/memory.rrd", path);
	assert_int_equal(access(path, F_OK), -1);
	assert_true(store_fixture_value_at(store, "a", 3000) == 9);
	store_close(store);
}

static void excluded_windows_read_as_unknown_until_they_are_removed(void **state)
{
	struct store *store = NULL;

	store_fixture_import(*state, "a", 1, 3000, 8, 0);
	store_fixture_sql(*state,
		"INSERT INTO exclusions (workload_id, begin_at, end_at, reason, "
		"created_at) SELECT id, 3300, 3901, 'test', 0 FROM workloads");
	store = store_fixture_open(*state);
	assert_true(store_fixture_value_at(store, "a", 3300) == 2);
	assert_true(isnan(store_fixture_value_at(store, "a", 3600)));
	assert_true(isnan(store_fixture_value_at(store, "a", 3900)));
	assert_true(isnan(
		store_fixture_value_at(store, "a", 4200))); /* touched by one second */
	assert_true(store_fixture_value_at(store, "a", 4500) == 6);
	store_close(store);
	store_fixture_sql(*state, "UPDATE exclusions SET removed_at = 1");
	store = store_fixture_open(*state);
	assert_true(store_fixture_value_at(store, "a", 3600) == 3);
	store_close(store);
}

/* F33: as another user, who may read but not write. */
static void a_reader_without_the_right_to_write_can_read(void **state)
{
	pid_t child = 0;
	int status = 0;

	if (geteuid() != 0)
		support_skip("only root can become a second user");
	store_fixture_import(*state, "a", 1, 3000, 4, 0);
	for (int with_shm = 1; with_shm >= 0; with_shm--) {
		char command[PATH_MAX];

		if (!with_shm) {
			store_fixture_path(*state, "headroom.db-shm", command);
			unlink(command);
			store_fixture_path(*state, "headroom.db-wal", command);
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
	store_fixture_import(*state, "a", 1, 3000, 4, 0);
	nftw(*state, open_to_all, 16, FTW_PHYS);
	a_reader_without_the_right_to_write_can_read(state);
}

static void health_and_small_values_are_kept(void **state)
{
	struct collector_health health = { .pid = 42,
		.ticks = 10,
		.stored = 8,
		.pending = 2,
		.last = 99,
		.disk_left_days = NAN,
		.updated_at = 100 };
	struct collector_health back;
	struct store *store = NULL;
	struct workload workload;
	struct err err = ERR_INIT;
	struct fact_list facts = { .count = 0 };
	char *value = NULL;

	store_fixture_import(*state, "a", 1, 3000, 4, 0);
	store = store_fixture_open(*state);
	assert_int_equal(store_health_get(store, 0, &back, &err), -ENOENT);
	store_fixture_ok(store_workload_get(store, "a", &workload, &err), &err);
	health.workload_id = workload.id;
	store_fixture_ok(store_begin(store, 0, &err), &err);
	store_fixture_ok(store_health_set(store, &health, &err), &err);
	store_fixture_ok(store_meta_set(store, "k", "v", &err), &err);
	store_fixture_ok(store_fact_set(store, workload.id, "environment", "test",
				 FACT_ORIGIN_MACHINE, 5, &err),
		&err);
	store_fixture_ok(store_fact_set(store, workload.id, "environment", "training",
				 FACT_ORIGIN_PERSON, 6, &err),
		&err);
	store_fixture_ok(store_fact_set(store, workload.id, "environment",
				 "development", FACT_ORIGIN_PERSON, 7, &err),
		&err);
	store_fixture_ok(store_commit(store, &err), &err);
	store_fixture_ok(store_health_get(store, 0, &back, &err), &err);
	assert_int_equal(back.pid, 42);
	assert_int_equal(back.pending, 2);
	assert_true(isnan(back.disk_left_days));
	store_fixture_ok(store_meta_get(store, "k", &value, &err), &err);
	assert_string_equal(value, "v");
	free(value);
	store_fixture_ok(store_meta_get(store, "none", &value, &err), &err);
	assert_null(value);
	store_fixture_ok(store_facts(store, workload.id, &facts, &err), &err);
	assert_int_equal(facts.count, 2);
	assert_string_equal(facts.fact[0].value, "test");
	assert_string_equal(facts.fact[1].value, "development");
	assert_string_equal(facts.fact[1].origin, "person");
	fact_list_done(&facts);
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
		TEST(an_import_can_be_undone),
		TEST(forget_removes_and_rename_keeps),
		TEST(excluded_windows_read_as_unknown_until_they_are_removed),
		TEST(a_reader_of_another_user),
		TEST(health_and_small_values_are_kept),
	};

	return cmocka_run_group_tests_name("store_changes", tests, NULL, NULL);
}
