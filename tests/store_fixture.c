#include "tests/store_fixture.h"

#include "store/incoming.h"
#include "tests/support.h"

#include "store/db/imports.h"
#include "store/rrd/series_store.h"
#include "store/db/workloads.h"

#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <unistd.h>

void store_fixture_ok(int r, const struct err *err)
{
	if (r < 0)
		fail_msg("%s", err->text);
}

struct store *store_fixture_open(const char *dir)
{
	struct store *store = NULL;
	struct err err = ERR_INIT;

	store_fixture_ok(store_open(dir, &store, &err), &err);
	return store;
}

const char *const store_fixture_used[1] = { "used" };

void store_fixture_import(const char *dir, const char *name, double value,
	int64_t first, size_t rows, int64_t import_id)
{
	struct store *store = store_fixture_open(dir);
	struct workload workload;
	struct err err = ERR_INIT;
	double values[64];
	unsigned handle = 0;

	for (size_t i = 0; i < rows; i++)
		values[i] = value + (double)i;
	store_fixture_ok(store_incoming_rows(store, store_fixture_used, 1, 300, first,
				 rows, values, &handle, &err),
		&err);
	store_fixture_ok(store_begin(store, 0, &err), &err);
	store_fixture_ok(store_workload_ensure(
				 store, name, ORIGIN_IMPORTED, 300, 0, &workload, &err),
		&err);
	store_fixture_ok(
		store_publish(store, handle, &workload, "memory", import_id, &err),
		&err);
	store_fixture_ok(store_workload_set_span(store, workload.id, first,
				 first + 300 * ((int64_t)rows - 1), &err),
		&err);
	store_fixture_ok(store_commit(store, &err), &err);
	workload_done(&workload);
	store_close(store);
}

double store_fixture_value_at_step(
	struct store *store, const char *name, int64_t when, unsigned step_s)
{
	struct workload workload;
	struct series series;
	struct err err = ERR_INIT;
	double value = NAN;

	store_fixture_ok(store_workload_get(store, name, &workload, &err), &err);
	if (store_read_series(store, &workload, "memory", "used", 0, when - step_s,
		    when, &series, &err) == 0) {
		assert_int_equal(series.count, 1);
		value = series.mean[0];
		series_done(&series);
	}
	workload_done(&workload);
	return value;
}

double store_fixture_value_at(struct store *store, const char *name, int64_t when)
{
	return store_fixture_value_at_step(store, name, when, 300);
}

void store_fixture_path(const char *dir, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", dir, name);
}

void store_fixture_overwrite(
	const char *path, off_t offset, const char *bytes, size_t size)
{
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, size, offset), size);
	close(fd);
}

void store_fixture_sql(const char *dir, const char *sql)
{
	char path[PATH_MAX];
	sqlite3 *db = NULL;

	store_fixture_path(dir, "headroom.db", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	sqlite3_close(db);
}
