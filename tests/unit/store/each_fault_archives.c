/* Archives are imported, sampled into, rebuilt, read, checked and put back. */
#include "tests/unit/store/each_fault.h"

#include "tests/store_fixture.h"
#include "tests/support.h"

#include "store/db/imports.h"
#include "store/dir/folder.h"
#include "store/dir/lock.h"
#include "store/files.h"
#include "store/fsck.h"
#include "store/history.h"
#include "store/incoming.h"
#include "store/rrd/header_copies.h"
#include "store/rrd/row_sums_batch.h"
#include "store/rrd/rrd_file.h"
#include "store/rrd/series_store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP_S 10
#define START 1700000000
#define ROWS_FIRST 300
#define ROWS_MORE 40

#define THEN(call)                  \
	do {                        \
		if (r >= 0)         \
			r = (call); \
	} while (0)

static const char *const columns[] = { "a", "b", "added" };

/* ---- an import ------------------------------------------------------------------------- */

static const double imported[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

/* From one array of rows, or archive by archive. */
static int make_incoming(
	struct store *store, bool is_by_parts, unsigned *ret_handle, struct err *err)
{
	struct rra_set archives = { .step_s = 300,
		.heartbeat_s = 900,
		.xff = 0.5,
		.rra = { { RRA_AVERAGE, 1, 6 }, { RRA_MAX, 2, 2 } },
		.count = 2 };
	struct incoming_rows *rows = NULL;
	int r;

	if (!is_by_parts)
		return store_incoming_rows(store, store_fixture_used, 1, 300, 3000,
			ARRAY_LEN(imported), imported, ret_handle, err);
	r = store_incoming_begin(
		store, &archives, store_fixture_used, 1, 4500, &rows, err);
	if (r < 0)
		return r;
	r = store_incoming_add(rows, imported, 6, err);
	THEN(store_incoming_add(rows, imported + 6, 2, err));
	if (r < 0) {
		store_incoming_abort(rows);
		return r;
	}
	return store_incoming_end(rows, ret_handle, err);
}

static int import_rows(const char *dir, const void *what, struct err *err)
{
	const bool *is_by_parts = what;
	struct workload workload = { .name = NULL };
	struct store *store = NULL;
	unsigned handle = 0;
	int r = store_open(dir, &store, err);

	if (r < 0)
		return r;
	r = make_incoming(store, *is_by_parts, &handle, err);
	THEN(store_begin(store, 0, err));
	THEN(store_workload_ensure(
		store, "a", ORIGIN_IMPORTED, 300, 0, &workload, err));
	THEN(store_publish(store, handle, &workload, "memory", 7, err));
	THEN(store_workload_set_span(store, workload.id, 3000, 5100, err));
	THEN(store_commit(store, err));
	workload_done(&workload);
	store_close(store);
	/* stored; who opens the store next finishes it */
	return r == -EINPROGRESS ? 0 : r;
}

static bool is_imported(const char *dir)
{
	struct store *store = store_fixture_open(dir);
	bool is_right = store_fixture_value_at(store, "a", 3300) == 2;

	store_close(store);
	return is_right;
}

static int undo_import(const char *dir, const void *what, struct err *err)
{
	struct workload workload = { .name = NULL };
	struct store *store = NULL;
	int r = store_open(dir, &store, err);

	(void)what;
	if (r < 0)
		return r;
	THEN(store_begin(store, 0, err));
	THEN(store_workload_get(store, "a", &workload, err));
	THEN(store_undo_file(store, 7, &workload, "memory", err));
	THEN(store_undo_forget(store, 7, err));
	THEN(store_commit(store, err));
	workload_done(&workload);
	store_close(store);
	return r == -EINPROGRESS ? 0 : r;
}

static void before_an_import(const char *dir)
{
	store_fixture_import(dir, "a", 40, 3000, 4, 0);
}

static void after_an_import(const char *dir)
{
	store_fixture_import(dir, "a", 40, 3000, 4, 0);
	store_fixture_import(dir, "a", 1, 3000, 8, 7);
}

/* As if it had been killed after its commit. */
static void a_commit_without_its_renames(const char *dir)
{
	char from[PATH_MAX], to[PATH_MAX];

	after_an_import(dir);
	store_fixture_path(dir, "incoming", to);
	mkdir(to, 0750);
	store_fixture_path(dir, "incoming/999999999-00c0ffee", to);
	mkdir(to, 0750);
	store_fixture_path(dir, "rrd/a/memory.rrd", from);
	store_fixture_path(dir, "incoming/999999999-00c0ffee/7.rrd", to);
	assert_int_equal(rename(from, to), 0);
	store_fixture_sql(dir,
		"INSERT INTO pending_files (source, target) VALUES "
		"('rrd/a/none.rrd', 'undo/7/a/memory.rrd'), "
		"('incoming/999999999-00c0ffee/7.rrd', 'rrd/a/memory.rrd'), "
		"(NULL, 'rrd/none'), (NULL, 'undo/7')");
}

/* ---- reading --------------------------------------------------------------------------- */

static int read_all(const char *dir, const void *what, struct err *err)
{
	struct workload workload = { .name = NULL };
	struct store_file_list files = { .count = 0 };
	struct store_file file = { .name = NULL };
	struct series series;
	struct store *store = NULL;
	int64_t first = 0, last = 0;
	int r = store_open(dir, &store, err);

	(void)what;
	if (r < 0)
		return r;
	THEN(store_workload_get(store, "a", &workload, err));
	THEN(store_files(store, &workload, &files, err));
	/* what cannot be read is left out */
	if (r == 0 && files.count != 1)
		r = err_set(err, -EIO, "%zu files", files.count);
	THEN(store_file_info(store, &workload, "memory", &file, err));
	THEN(store_series_bounds(
		store, &workload, "memory", "used", 0, &first, &last, err));
	THEN(store_read_series(
		store, &workload, "memory", "used", 0, 2700, 5100, &series, err));
	if (r >= 0) {
		if (series.mean[1] != 2 || first != 3000)
			r = err_set(err, -EBADMSG, "another value");
		series_done(&series);
	}
	store_file_done(&file);
	store_file_list_done(&files);
	workload_done(&workload);
	store_close(store);
	return r;
}

static void imported_once(const char *dir)
{
	store_fixture_import(dir, "a", 1, 3000, 8, 0);
}

/* ---- the daemon's batches ---------------------------------------------------------------- */

static const struct header_name sampled = { .folder = "host", .file = "memory" };

static struct rra_set daemon_archives(void)
{
	return (struct rra_set){ .step_s = STEP_S,
		.heartbeat_s = 3 * STEP_S,
		.xff = 0.5,
		.rra = { { RRA_AVERAGE, 1, 330 }, { RRA_AVERAGE, 6, 200 },
			{ RRA_MAX, 6, 200 } },
		.count = 3 };
}

static int ensure_file(const char *dir, size_t column_count,
	enum series_outcome *outcome, struct err *err)
{
	struct rra_set archives = daemon_archives();
	struct series_spec spec = { .archives = &archives,
		.column = columns,
		.column_count = column_count,
		.begin = START };

	return series_ensure(dir, sampled.folder, sampled.file, &spec, outcome, err);
}

static int append_to(const char *dir, int64_t begin, size_t rows, struct err *err)
{
	static int64_t stamp[1000];
	static double value[2000];
	struct series_appended appended;
	struct series_rows given = { .column = columns,
		.column_count = 2,
		.stamp = stamp,
		.value = value,
		.count = rows,
		.latest = INT64_MAX };

	for (size_t i = 0; i < rows; i++) {
		stamp[i] = begin + STEP_S * ((int64_t)i + 1);
		value[2 * i] = (double)stamp[i];
		value[2 * i + 1] = (double)(stamp[i] % 977);
	}
	return series_append(dir, sampled.folder, sampled.file, &given, &appended, err);
}

/* As the writer does it. */
static int write_batch(const char *dir, int64_t begin, size_t rows, struct err *err)
{
	struct row_sums_batch *sums = NULL;
	enum series_outcome outcome = SERIES_UNCHANGED;
	int r = row_sums_batch_begin(dir, &sums, err);

	if (r < 0)
		return r;
	THEN(ensure_file(dir, 2, &outcome, err));
	THEN(row_sums_batch_add(
		sums, sampled.folder, sampled.file, outcome == SERIES_CREATED, err));
	THEN(row_sums_batch_open(sums, begin + STEP_S * (int64_t)rows, err));
	THEN(append_to(dir, begin, rows, err));
	THEN(series_sync(dir, sampled.folder, sampled.file, err));
	THEN(row_sums_batch_commit(sums, err));
	THEN(header_copies_save(dir, &sampled, 1, (uint64_t)begin, err));
	row_sums_batch_end(sums);
	return r;
}

static int first_batch(const char *dir, const void *what, struct err *err)
{
	(void)what;
	return write_batch(dir, START, ROWS_FIRST, err);
}

static int next_batch(const char *dir, const void *what, struct err *err)
{
	(void)what;
	return write_batch(dir, START + STEP_S * ROWS_FIRST, ROWS_MORE, err);
}

static void sampled_once(const char *dir)
{
	struct workload workload;
	struct store *store = store_fixture_open(dir);
	struct err err = ERR_INIT;

	store_fixture_ok(store_begin(store, 0, &err), &err);
	store_fixture_ok(store_workload_ensure(store, "host", ORIGIN_SAMPLED, STEP_S, 0,
				 &workload, &err),
		&err);
	store_fixture_ok(write_batch(dir, START, ROWS_FIRST, &err), &err);
	store_fixture_ok(
		store_archive_note(store, workload.id, sampled.file, &err), &err);
	store_fixture_ok(store_commit(store, &err), &err);
	workload_done(&workload);
	store_close(store);
}

static void sums_are_gone(const char *dir)
{
	struct err err = ERR_INIT;

	sampled_once(dir);
	store_fixture_ok(row_sums_forget(dir, &err), &err);
}

/* A row in a block that the next batch writes a part of. */
static void a_row_is_damaged(const char *dir)
{
	struct rrd_file file;
	struct err err = ERR_INIT;
	char path[PATH_MAX];
	uint64_t at;

	sampled_once(dir);
	store_fixture_path(dir, "rrd/host/memory.rrd", path);
	store_fixture_ok(rrd_file_open(path, &file, &err), &err);
	at = file.archive[0].offset_bytes + (file.archive[0].newest - 1) * 2 * 8 + 3;
	rrd_file_close(&file);
	store_fixture_overwrite(path, (off_t)at, "\x55", 1);
}

static void a_batch_is_cut_short(const char *dir)
{
	struct row_sums_batch *sums = NULL;
	struct err err = ERR_INIT;

	sampled_once(dir);
	store_fixture_ok(row_sums_batch_begin(dir, &sums, &err), &err);
	store_fixture_ok(
		row_sums_batch_add(sums, sampled.folder, sampled.file, false, &err),
		&err);
	store_fixture_ok(
		row_sums_batch_open(sums, START + STEP_S * (ROWS_FIRST + 30), &err),
		&err);
	store_fixture_ok(append_to(dir, START + STEP_S * ROWS_FIRST, 20, &err), &err);
	row_sums_batch_end(sums);
}

static void a_header_is_damaged(const char *dir)
{
	char path[PATH_MAX], zeros[256] = "";

	sampled_once(dir);
	store_fixture_path(dir, "rrd/host/memory.rrd", path);
	store_fixture_overwrite(path, 130, zeros, sizeof(zeros));
}

static int restore_saved(const char *dir, const void *what, struct err *err)
{
	struct header_restored restored;
	uint64_t mark = 0;
	int r;

	(void)what;
	r = header_copies_restore(
		dir, START + STEP_S * (ROWS_FIRST + 100), &restored, err);
	THEN(header_copies_mark(dir, &mark, err));
	return r;
}

static int rebuild_with_a_column(const char *dir, const void *what, struct err *err)
{
	enum series_outcome outcome = SERIES_UNCHANGED;

	(void)what;
	return ensure_file(dir, 3, &outcome, err);
}

static int put_aside(const char *dir, const void *what, struct err *err)
{
	enum series_outcome outcome = SERIES_UNCHANGED;
	int r = ensure_file(dir, 2, &outcome, err);

	(void)what;
	THEN(series_set_aside(dir, sampled.folder, sampled.file, err));
	return r;
}

static int check_all(const char *dir, const void *what, struct err *err)
{
	struct store *store = NULL;
	struct fsck_report report;
	int r = store_open(dir, &store, err);

	(void)what;
	if (r < 0)
		return r;
	r = fsck_run(store, 0, &report, err);
	if (r == 0)
		fsck_report_done(&report);
	store_close(store);
	return r;
}

static int look_at_history(const char *dir, const void *what, struct err *err)
{
	struct store_history history;
	struct row_sums *sums = NULL;
	struct rrd_file file;
	uint64_t number = 0;
	char path[PATH_MAX];
	int r = store_history_end(dir, sampled.folder, sampled.file, &history, err);

	(void)what;
	THEN(store_saved_batch(dir, &number, err));
	store_fixture_path(dir, "rrd/host/memory.rrd", path);
	THEN(rrd_file_open(path, &file, err));
	if (r < 0)
		return r;
	r = row_sums_attach_path(path, &file, &sums, err);
	rrd_file_close(&file);
	row_sums_close(sums);
	return r < 0 ? r : 0;
}

/* Told once, however often it is met. */
static void hear_damage(void *whom, const char *text)
{
	(void)text;
	++*(unsigned *)whom;
}

/* With archives of several steps. */
static int read_sampled(const char *dir, const void *what, struct err *err)
{
	struct workload workload = { .name = NULL };
	struct store_file_list files = { .count = 0 };
	struct series series;
	struct store *store = NULL;
	unsigned told = 0;
	int64_t last = START + STEP_S * ROWS_FIRST;
	int r = store_open(dir, &store, err);

	(void)what;
	if (r < 0)
		return r;
	store_tell_damage(store, hear_damage, &told);
	THEN(store_workload_get(store, "host", &workload, err));
	THEN(store_files(store, &workload, &files, err));
	/* one that cannot be read is left out */
	if (r == 0 && (files.count != 1 || files.file[0].archive_count != 2))
		r = err_set(err, -EIO, "%zu files", files.count);
	for (unsigned step_s = STEP_S; step_s <= 6 * STEP_S; step_s *= 6) {
		THEN(store_read_series(store, &workload, "memory", "a", step_s,
			last - 1200, last, &series, err));
		if (r >= 0)
			series_done(&series);
		THEN(store_read_series(store, &workload, "memory", "a", STEP_S,
			last - 1200, last, &series, err));
		if (r >= 0)
			series_done(&series);
	}
	if (r >= 0 && told > 1)
		r = err_set(err, -EIO, "damage is told %u times", told);
	store_file_list_done(&files);
	workload_done(&workload);
	store_close(store);
	return r;
}

/* Of the columns of the file one, by its name. */
static int append_one_column(const char *dir, const void *what, struct err *err)
{
	const int64_t stamp[] = { START + STEP_S * (ROWS_FIRST + 1),
		START + STEP_S * (ROWS_FIRST + 4) };
	const double value[] = { 7, 8 };
	struct series_appended appended;
	struct series_rows given = { .column = columns + 1,
		.column_count = 1,
		.stamp = stamp,
		.value = value,
		.count = 2,
		.latest = INT64_MAX };

	(void)what;
	return series_append(dir, sampled.folder, sampled.file, &given, &appended, err);
}

/* ---- folders ---------------------------------------------------------------------------- */

static int use_folders(const char *dir, const void *what, struct err *err)
{
	char id[STORE_ID_SIZE], path[PATH_MAX];
	int lock = -1, fd = -1;
	int r = store_id_ensure(dir, id, err);

	(void)what;
	THEN(store_lock_take(dir, 0, &lock, err));
	store_lock_drop(lock);
	lock = -1;
	THEN(store_lock_take(dir, -1, &lock, err));
	store_lock_drop(lock);
	THEN(folder_sync(dir, err));
	store_fixture_path(dir, "rrd", path);
	THEN(folder_make(path, err));
	store_fixture_path(dir, "rrd/w/x.rrd", path);
	THEN(folder_make_parents(dir, "rrd/w/x.rrd", err));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return r < 0 ? r : err_errno(err, "%s", dir);
	THEN(folder_is_store(fd, err));
	THEN(folder_give(fd, geteuid(), getegid(), err));
	close(fd);
	return r < 0 ? r : 0;
}

/* Root's files in another one's folder. */
static void a_folder_of_another(const char *dir)
{
	if (geteuid() == 0)
		assert_int_equal(chown(dir, 65534, 65534), 0);
}

static const bool at_once = false, by_parts = true;

struct fault_scenario each_fault_archives[] = {
	{ "a first import", NULL, import_rows, &at_once, is_imported, PLAIN_FAULTS,
		true },
	{ "an import over another", before_an_import, import_rows, &at_once,
		is_imported, PLAIN_FAULTS, true },
	{ "an import by parts", NULL, import_rows, &by_parts, is_imported, PLAIN_FAULTS,
		true },
	{ "an import into another's folder", a_folder_of_another, import_rows, &at_once,
		is_imported, PLAIN_FAULTS, true },
	{ "an undo", after_an_import, undo_import, NULL, NULL, PLAIN_FAULTS, true },
	{ "renames that are left", a_commit_without_its_renames, import_rows, &at_once,
		is_imported, PLAIN_FAULTS, true },
	{ "reading while renames are left", a_commit_without_its_renames, read_all,
		NULL, NULL, PLAIN_FAULTS, true },
	{ "reading archives", imported_once, read_all, NULL, NULL, PLAIN_FAULTS, true },
	{ "a first batch", NULL, first_batch, NULL, NULL, PLAIN_FAULTS, false },
	{ "a batch", sampled_once, next_batch, NULL, NULL, PLAIN_FAULTS, false },
	{ "a batch without sums", sums_are_gone, next_batch, NULL, NULL, PLAIN_FAULTS,
		false },
	{ "a batch over a damaged row", a_row_is_damaged, next_batch, NULL, NULL,
		PLAIN_FAULTS, false },
	{ "a batch after one that was cut short", a_batch_is_cut_short, next_batch,
		NULL, NULL, PLAIN_FAULTS, false },
	{ "headers after a batch that was cut short", a_batch_is_cut_short,
		restore_saved, NULL, NULL, PLAIN_FAULTS, true },
	{ "headers that are damaged", a_header_is_damaged, restore_saved, NULL, NULL,
		PLAIN_FAULTS, true },
	{ "one more column", sampled_once, rebuild_with_a_column, NULL, NULL,
		PLAIN_FAULTS, true },
	{ "one more column over a damaged row", a_row_is_damaged, rebuild_with_a_column,
		NULL, NULL, PLAIN_FAULTS, true },
	{ "a file put aside", sampled_once, put_aside, NULL, NULL, PLAIN_FAULTS, true },
	{ "fsck of archives", sampled_once, check_all, NULL, NULL, PLAIN_FAULTS, true },
	{ "fsck of a damaged row", a_row_is_damaged, check_all, NULL, NULL,
		PLAIN_FAULTS, true },
	{ "fsck of a damaged header", a_header_is_damaged, check_all, NULL, NULL,
		PLAIN_FAULTS, true },
	{ "reading what was sampled", sampled_once, read_sampled, NULL, NULL,
		PLAIN_FAULTS, true },
	{ "reading a damaged row", a_row_is_damaged, read_sampled, NULL, NULL,
		PLAIN_FAULTS, true },
	{ "one column of two", sampled_once, append_one_column, NULL, NULL,
		PLAIN_FAULTS, true },
	{ "history", sampled_once, look_at_history, NULL, NULL, PLAIN_FAULTS, true },
	{ "folders", NULL, use_folders, NULL, NULL, PLAIN_FAULTS, true },
	{ "folders of another", a_folder_of_another, use_folders, NULL, NULL,
		PLAIN_FAULTS, true },
};
const size_t each_fault_archives_count = ARRAY_LEN(each_fault_archives);
