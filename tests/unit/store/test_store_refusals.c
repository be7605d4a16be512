/* What the store refuses: bytes, names, rows of the database and answers that are none of ours;
 * each with its word.  What is refused changes nothing. */
#include "store/incoming.h"
#include "store/store.h"
#include "tests/scratch_dir.h"
#include "tests/store_fixture.h"
#include "tests/support.h"

#include "common/io.h"
#include "store/db/db.h"
#include "store/db/exclusions.h"
#include "store/db/health.h"
#include "store/db/reviews.h"
#include "store/dir/data_dir.h"
#include "store/dir/path.h"
#include "store/flush_client.h"
#include "store/live.h"
#include "store/rrd/row_sums_log.h"
#include "store/rrd/rrd_format.h"
#include "store/rrd/series_store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define IN_SCRATCH(function)             \
	cmocka_unit_test_setup_teardown( \
		function, scratch_dir_setup, scratch_dir_teardown)

/* ---- headers of archives -------------------------------------------------------------- */

/* What stands in a sound header instead of what belongs there. */
static const struct header_case {
	size_t at, size;
	uint64_t value;
	const char *wanted;
} header_cases[] = {
	{ 0, 1, 'X', "not an RRD file" },
	{ 7, 1, '9', "another version" },
	{ offsetof(struct rrd_stat_head, float_cookie), 8, 1,
		"another kind of machine" },
	{ offsetof(struct rrd_stat_head, column_count), 8, 0, "claims 0 data sources" },
	{ offsetof(struct rrd_stat_head, column_count), 8, UINT64_MAX, "data sources" },
	{ offsetof(struct rrd_stat_head, archive_count), 8, 0, "claims 0 archives" },
	{ offsetof(struct rrd_stat_head, archive_count), 8, 1 << 20, "archives" },
	{ offsetof(struct rrd_stat_head, step_s), 8, 0, "a step of 0 s" },
	{ offsetof(struct rrd_stat_head, step_s), 8, UINT64_MAX, "a step of" },
	{ offsetof(struct rrd_stat_head, column_count), 8, 8000,
		"shorter than its header" },
	{ 128, 1, 0, "data source 1 is damaged" },
	{ 128, 1, '/', "data source 1 is damaged" },
	{ 128 + 20, 1, 0, "data source 1 is damaged" },
	{ 128 + 240, 1, 0, "function of archive 1 is damaged" },
	{ 128 + 240 + 24, 8, 0, "claims 0 rows" },
	{ 128 + 240 + 24, 8, UINT64_MAX, "more than the file holds" },
	{ 128 + 240 + 32, 8, 0, "claims 0 steps" },
	{ 128 + 240 + 32, 8, UINT64_MAX, "steps a row" },
	{ 128 + 240 + 24, 8, 299, "points outside its rows" },
	{ 128 + 240 + 240, 8, UINT64_MAX, "last update is damaged" },
	{ 128 + 240 + 240, 8, (uint64_t)1 << 41, "last update is damaged" },
};

static void make_archive(const char *dir)
{
	static const char *const columns[] = { "a", "b" };
	struct rra_set archives = { .step_s = 10,
		.heartbeat_s = 30,
		.xff = 0.5,
		.rra = { { RRA_AVERAGE, 1, 300 }, { RRA_MAX, 6, 50 } },
		.count = 2 };
	struct series_spec spec = { .archives = &archives,
		.column = columns,
		.column_count = 2,
		.begin = 1700000000 };
	enum series_outcome outcome;
	struct err err = ERR_INIT;

	store_fixture_ok(series_ensure(dir, "w", "f", &spec, &outcome, &err), &err);
}

static void headers_are_looked_at_before_they_are_used(void **state)
{
	struct err err = ERR_INIT;
	char path[PATH_MAX];

	store_fixture_path(*state, "rrd/w/f.rrd", path);
	for (size_t i = 0; i < ARRAY_LEN(header_cases); i++) {
		const struct header_case *row = &header_cases[i];
		struct rrd_file file;
		char bytes[8];

		unlink(path);
		make_archive(*state);
		memcpy(bytes, &row->value, sizeof(bytes));
		store_fixture_overwrite(path, (off_t)row->at, bytes, row->size);
		assert_int_equal(rrd_file_open(path, &file, &err), -EBADMSG);
		if (!strstr(err.text, row->wanted))
			fail_msg("case %zu: %s, wanted %s", i, err.text, row->wanted);
	}
	unlink(path);
	make_archive(*state);
	assert_int_equal(truncate(path, 1 << 20), 0);
	assert_int_equal(rrd_file_open(path, &(struct rrd_file){ 0 }, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "bytes where its header wants"));
	assert_int_equal(truncate(path, 50), 0);
	assert_int_equal(rrd_file_open(path, &(struct rrd_file){ 0 }, &err), -EBADMSG);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0640), 0);
	assert_int_equal(rrd_file_open(path, &(struct rrd_file){ 0 }, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "not a file"));
}

/* ---- records of sums ------------------------------------------------------------------- */

struct raw_record {
	uint32_t bytes, index;
	uint64_t key;
	int64_t last;
	uint32_t runs, is_whole;
	uint32_t column_count, archive_count, folder_bytes, name_bytes;
	uint32_t rows[2];
	char folder[8], name[8];
	uint32_t archive, first, count, unused;
	uint32_t sum[2];
};

static const struct raw_record sound_record = { .bytes = sizeof(struct raw_record),
	.runs = 1,
	.is_whole = 1,
	.column_count = 1,
	.archive_count = 1,
	.folder_bytes = 2,
	.name_bytes = 2,
	.rows = { 200 },
	.folder = "w",
	.name = "f",
	.count = 2 };

#define FIELD(name, value)                                           \
	{                                                            \
		offsetof(struct raw_record, name), (uint32_t)(value) \
	}

static void records_of_sums_are_looked_at_before_they_are_used(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
	} cases[] = { FIELD(bytes, 0), FIELD(bytes, 1 << 20), FIELD(bytes, 33),
		FIELD(bytes, 32), FIELD(bytes, 40), FIELD(bytes, 56), FIELD(bytes, 64),
		FIELD(bytes, 72), FIELD(bytes, 80), FIELD(bytes, 88),
		FIELD(column_count, 0), FIELD(column_count, 9000),
		FIELD(archive_count, 0), FIELD(archive_count, 300),
		FIELD(folder_bytes, 0), FIELD(folder_bytes, 1),
		FIELD(folder_bytes, 5000), FIELD(name_bytes, 0), FIELD(name_bytes, 1),
		FIELD(rows[0], 0), FIELD(rows[0], UINT32_MAX), FIELD(archive, 1),
		FIELD(first, 4), FIELD(first, UINT32_MAX), FIELD(count, 5),
		FIELD(count, 4), FIELD(runs, 2), FIELD(is_whole, 0) };
	struct sums_table table = { .count = 0 };
	struct raw_record record = sound_record;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sums_table refused = { .count = 0 };

		record = sound_record;
		memcpy((char *)&record + cases[i].at, &cases[i].value,
			sizeof(cases[i].value));
		if (sums_table_apply(&refused, (const char *)&record, sizeof(record)) !=
			-EBADMSG)
			fail_msg("case %zu is taken for a record", i);
		while (refused.count > 0)
			sums_table_drop_last(&refused);
		free(refused.file);
	}
	record = sound_record;
	assert_int_equal(sums_table_apply(&table, (const char *)&record, 16), -EBADMSG);
	assert_int_equal(
		sums_table_apply(&table, (const char *)&record, sizeof(record)), 0);
	/* a second time: in place of the first */
	assert_int_equal(
		sums_table_apply(&table, (const char *)&record, sizeof(record)), 0);
	assert_int_equal(table.count, 1);
	assert_null(sums_table_find(&table, "w", "g"));
	assert_null(sums_table_find(&table, "v", "f"));
	sums_table_drop_last(&table);
	free(table.file);
}

/* ---- what a caller may not ask for ------------------------------------------------------ */

static void what_makes_no_sense_is_refused(void **state)
{
	static char text[] = "x";
	struct maintenance window = { .begin_at = 5, .end_at = 5, .reason = text };
	struct workload workload;
	struct store *store = NULL;
	struct err err = ERR_INIT;
	char path[PATH_MAX];

	store_fixture_path(*state, "file", path);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(store_open(path, &store, &err), -ENOTDIR);
	store_fixture_import(*state, "a", 1, 3000, 4, 0);
	store = store_fixture_open(*state);
	assert_int_equal(store_commit(store, &err), -EPERM);
	assert_int_equal(store_maintenance_remove(store, 1, &err), -EPERM);
	store_fixture_ok(store_workload_get(store, "a", &workload, &err), &err);
	assert_int_equal(store_publish(store, 1, &workload, "cpu", 0, &err), -EPERM);
	store_fixture_ok(store_begin(store, 0, &err), &err);
	assert_int_equal(store_begin(store, 0, &err), -EPERM);
	assert_int_equal(store_publish(store, 1, &workload, "cpu", 0, &err), -EINVAL);
	assert_int_equal(store_maintenance_add(store, &window, &err), -EINVAL);
	assert_int_equal(store_maintenance_remove(store, 9, &err), -ENOENT);
	assert_int_equal(store_exclusion_remove(store, 9, 1, &err), -ENOENT);
	assert_int_equal(store_workload_rename(store, 99, "b", &err), -ENOENT);
	assert_int_equal(store_workload_rename(store, 1, "", &err), -EINVAL);
	workload_done(&workload);
	for (unsigned step_s = 0; step_s < 2; step_s++)
		for (int phase_s = -1; phase_s < 3; phase_s++)
			if (step_s == 0 || phase_s != 0)
				assert_int_equal(store_workload_ensure(store, "new",
							 ORIGIN_IMPORTED, step_s,
							 phase_s, &workload, &err),
					-EINVAL);
	store_rollback(store);
	store_close(store);
}

static void rows_that_make_no_sense_are_refused(void **state)
{
	static const double value[2] = { 1, 2 };
	struct workload workload;
	struct series series;
	struct store *store = NULL;
	struct err err = ERR_INIT;
	unsigned handle = 0;

	store_fixture_import(*state, "a", 1, 3000, 4, 0);
	store = store_fixture_open(*state);
	assert_int_equal(store_incoming_rows(store, store_fixture_used, 1, 300, 3000, 0,
				 value, &handle, &err),
		-EINVAL);
	assert_int_equal(store_incoming_rows(store, store_fixture_used, 1, 0, 3000, 1,
				 value, &handle, &err),
		-EINVAL);
	assert_int_equal(store_incoming_rows(store, store_fixture_used, 1, 300, 3001, 1,
				 value, &handle, &err),
		-EINVAL);
	assert_int_equal(store_incoming_rows(store, store_fixture_used, 1, 300, 0, 1,
				 value, &handle, &err),
		-EINVAL);
	assert_int_equal(store_incoming_rows(store, (const char *const[]){ "a/b" }, 1,
				 300, 3000, 1, value, &handle, &err),
		-EINVAL);
	assert_int_equal(store_incoming_rows(store, store_fixture_used, 0, 300, 3000, 1,
				 value, &handle, &err),
		-EINVAL);
	store_fixture_ok(store_workload_get(store, "a", &workload, &err), &err);
	assert_int_equal(store_read_series(store, &workload, "memory", "none", 0, 0,
				 6000, &series, &err),
		-ENOENT);
	assert_int_equal(store_read_series(store, &workload, "memory", "used", 7, 0,
				 6000, &series, &err),
		-ENODATA);
	assert_int_equal(store_read_series(store, &workload, "memory", "used", 0, 0,
				 INT64_C(1) << 50, &series, &err),
		-EINVAL);
	store_fixture_ok(store_read_series(store, &workload, "memory", "used", 0, 6000,
				 3000, &series, &err),
		&err);
	assert_int_equal(series.count, 0);
	series_done(&series);
	workload_done(&workload);
	store_close(store);
}

static void names_that_are_none_of_a_store_are_refused(void **state)
{
	static const char *const folders[] = { "", ".hidden", "a/b" };
	char path[DATA_PATH_BYTES], deep[DATA_PATH_BYTES + 8], name[8];
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		assert_int_equal(
			data_path_workload("/d", folders[i], path, &err), -EINVAL);
	memset(deep, 'd', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	assert_int_equal(data_path(deep, DATA_RRD, path, &err), -ENAMETOOLONG);
	deep[DATA_PATH_BYTES - 4] = '\0'; /* itself, but not what is in it */
	assert_int_equal(data_path(deep, DATA_RRD, path, &err), -ENAMETOOLONG);
	assert_int_equal(
		path_series(deep, "w", "f", path, sizeof(path), &err), -ENAMETOOLONG);
	assert_int_equal(data_path_undo_file("/d", 7, "w", "", path, &err), -EINVAL);
	assert_int_equal(data_path_undo_file("/d", 7, "w", "f", path, &err), 0);
	assert_string_equal(data_path_below("/d", path), "undo/7/w/f.rrd");
	assert_string_equal(data_path_below("/e", path), path);
	assert_int_equal(path_encode("x", name, sizeof(name), &err), -EINVAL);
	assert_int_equal(path_decode("longer than it", name, sizeof(name)), -EINVAL);
	assert_int_equal(path_decode(deep, path, sizeof(path)), -EINVAL);
}

static void a_review_holds_for_its_rule_profile_and_time(void **state)
{
	static char rule[] = "r", other[] = "s", profile[] = "p", wrong[] = "q";
	struct review of[] = {
		{ .workload_id = 2, .rule_id = rule },
		{ .workload_id = 1, .rule_id = other },
		{ .workload_id = 1, .rule_id = rule, .withdrawn_at = 5 },
		{ .workload_id = 1, .rule_id = rule, .decided_at = 99 },
		{ .workload_id = 1, .rule_id = rule, .profile_id = wrong },
		{ .workload_id = 1,
			.rule_id = rule,
			.profile_id = profile,
			.until = 50 },
	};
	const struct review_list list = { .review = of, .count = ARRAY_LEN(of) };

	(void)state;
	assert_ptr_equal(review_list_find(&list, 1, "p", "r", 49), &of[5]);
	assert_null(review_list_find(&list, 1, "p", "r", 50));
	assert_ptr_equal(review_list_find(&list, 1, "p", "r", 99), &of[3]);
	assert_null(review_list_find(&list, 3, "p", "r", 49));
	of[5].profile_id = NULL;
	of[5].until = 0;
	assert_ptr_equal(review_list_find(&list, 1, "p", "r", 49), &of[5]);
}

/* ---- rows of pending files that a stranger wrote ------------------------------------------ */

static void only_moves_of_a_store_are_done(void **state)
{
	static const char *const wrong[] = { "'rrd/a/memory.rrd', 'store.id'",
		"'store.id', 'rrd/a/memory.rrd'", "NULL, 'store.id'", "NULL, 'rrd'",
		"NULL, 'rrd/'", "NULL, 'rrdx/a'", "NULL, '../a'", "NULL, 'undo'",
		"NULL, 'undo/x'", "NULL, 'undo/7x'", "NULL, 'undo/1/a'",
		"NULL, 'undo/12345678901234567890'", "'rrd/a', 'rrd/b'",
		"'rrd/a/memory.rrd', 'rrd/b/x'", "'rrd/a/memory.rrd', 'rrd/b/.rrd'",
		"'rrd/a/memory.rrd', 'rrd/b/c/d.rrd'", "'../x', 'rrd/b/c.rrd'",
		"'undo/7', 'rrd/b/c.rrd'" };
	struct store *store = NULL;
	struct err err = ERR_INIT;
	char path[PATH_MAX], sql[256];

	store_fixture_import(*state, "a", 1, 3000, 4, 0);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		snprintf(sql, sizeof(sql),
			"INSERT INTO pending_files (source, target) VALUES (%s)",
			wrong[i]);
		store_fixture_sql(*state, sql);
		store = store_fixture_open(*state);
		assert_true(store_fixture_value_at(store, "a", 3000) == 1);
		store_fixture_ok(store_begin(store, 0, &err), &err);
		assert_non_null(
			strstr(store_notice(store), "asked for 1 files to be moved"));
		store_fixture_ok(store_commit(store, &err), &err);
		store_close(store);
	}
	store_fixture_path(*state, "store.id", path);
	assert_int_equal(access(path, F_OK), 0);
}

/* ---- what SQLite says -------------------------------------------------------------------- */

static int always(void *unused)
{
	(void)unused;
	return 1;
}

static void codes_of_sqlite_become_ours(void **state)
{
	struct err err = ERR_INIT;
	sqlite3 *db = NULL, *second = NULL;
	sqlite3_stmt *statement = NULL;
	char path[PATH_MAX];

	store_fixture_path(*state, "any.db", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_open(path, &second), SQLITE_OK);
	store_fixture_ok(
		db_run(db, &err, "CREATE TABLE t (a UNIQUE, b CHECK (b < 9), c)", ""),
		&err);
	store_fixture_ok(db_run(db, &err, "INSERT INTO t VALUES (?, ?, ?)", "izb",
				 INT64_C(1), INT64_C(0), NULL, (size_t)0),
		&err);
	assert_int_equal(
		db_run(db, &err, "INSERT INTO t VALUES (1, 1, 1)", ""), -EEXIST);
	assert_int_equal(
		db_run(db, &err, "INSERT INTO t VALUES (2, 9, 1)", ""), -EINVAL);
	assert_int_equal(
		db_run(db, &err, "INSERT INTO t VALUES (?, 1, 1)", "?", 1), -EIO);
	store_fixture_ok(db_begin(second, &err), &err);
	assert_int_equal(db_begin(db, &err), -EBUSY);
	db_rollback(second);
	assert_int_equal(
		db_run(db, &err, "ATTACH '/nowhere/at/all.db' AS x", ""), -EACCES);
	store_fixture_ok(db_run(db, &err, "PRAGMA max_page_count = 3", ""), &err);
	assert_int_equal(
		db_run(db, &err, "INSERT INTO t SELECT 7, 1, zeroblob(1000000)", ""),
		-ENOSPC);
	store_fixture_ok(db_run(db, &err, "PRAGMA query_only = 1", ""), &err);
	assert_int_equal(db_run(db, &err, "DELETE FROM t", ""), -EROFS);
	store_fixture_ok(db_prepare(db, &statement, &err,
				 "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT "
				 "i + 1 FROM n) SELECT max(i) FROM n",
				 ""),
		&err);
	sqlite3_progress_handler(db, 10, always, NULL);
	assert_int_equal(db_step(statement, &err), -ETIMEDOUT);
	sqlite3_finalize(statement);
	/* names of the file's own schema: no escape sequence in a message */
	assert_int_equal(db_run(db, &err, "SELECT * FROM \"\033[2J\x7f\"", ""), -EIO);
	assert_null(strchr(err.text, '\033'));
	assert_null(strchr(err.text, '\x7f'));
	sqlite3_close(second);
	sqlite3_close(db);
}

/* ---- recorders of all kinds ------------------------------------------------------------- */

static const struct answer_case {
	const char *answer; /* NULL: nothing, and it hangs up */
	unsigned repeated;
	bool waits; /* instead of hanging up */
	const char *wanted;
} answer_cases[] = {
	{ "ok 1700000000\n", 1, false, "" },
	{ "failed\n", 1, false, "the recorder cannot write at present" },
	{ NULL, 0, false, "the recorder: Broken pipe" },
	{ "ok 17", 1, false, "the recorder: Broken pipe" },
	{ "ok 17", 1, true, "the recorder: Connection timed out" },
	{ "ok ok ok ok ", 200, true, "the recorder: Bad message" },
};

static pid_t play_recorder(const char *dir, const struct answer_case *row)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), client;
	char request[64];
	pid_t pid;

	snprintf(
		address.sun_path, sizeof(address.sun_path), "%.80s/recorder.sock", dir);
	unlink(address.sun_path);
	assert_int_equal(
		bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 3), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid > 0) {
		close(fd);
		return pid;
	}
	signal(SIGPIPE, SIG_IGN);
	client = accept(fd, NULL, NULL);
	if (read(client, request, sizeof(request)) <= 0)
		_exit(1);
	for (unsigned i = 0; i < row->repeated; i++)
		if (write(client, row->answer, strlen(row->answer)) < 0)
			break;
	while (row->waits)
		pause();
	_exit(0);
}

static void a_recorder_may_answer_anything(void **state)
{
	struct flush_result result;
	struct live_health health;
	struct live_figures live;
	struct err err = ERR_INIT;
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_LEN(answer_cases); i++) {
		pid_t pid = play_recorder(*state, &answer_cases[i]);

		store_flush(*state, 300, &result);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		assert_true(result.is_running);
		assert_string_equal(result.why, answer_cases[i].wanted);
		assert_int_equal(result.is_complete, i == 0);
	}
	/* its socket is there and nobody behind it; nothing was ever staged */
	store_flush(*state, 300, &result);
	assert_false(result.is_running);
	assert_true(result.is_complete);
	assert_int_equal(store_health_live(*state, 300, &health, &err), -ENOENT);
	assert_int_equal(store_live(*state, 300, &live, &err), -ENOENT);
	store_fixture_path(*state, "none", path);
	store_flush(path, 300, &result);
	assert_true(result.is_complete);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCRATCH(headers_are_looked_at_before_they_are_used),
		cmocka_unit_test(records_of_sums_are_looked_at_before_they_are_used),
		IN_SCRATCH(what_makes_no_sense_is_refused),
		IN_SCRATCH(rows_that_make_no_sense_are_refused),
		cmocka_unit_test(names_that_are_none_of_a_store_are_refused),
		cmocka_unit_test(a_review_holds_for_its_rule_profile_and_time),
		IN_SCRATCH(only_moves_of_a_store_are_done),
		IN_SCRATCH(codes_of_sqlite_become_ours),
		IN_SCRATCH(a_recorder_may_answer_anything),
	};

	return cmocka_run_group_tests_name("store_refusals", tests, NULL, NULL);
}
