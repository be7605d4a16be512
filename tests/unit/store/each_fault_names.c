/* Folders with files of many names, and of nobody: listed, checked, found again. */
#include "tests/unit/store/each_fault.h"

#include "tests/store_fixture.h"
#include "tests/support.h"

#include "store/files.h"
#include "store/fsck.h"
#include "store/incoming.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define THEN(call)                  \
	do {                        \
		if (r >= 0)         \
			r = (call); \
	} while (0)

/* Files of many names, one too long for a name of the file system; and some of nobody. */
static char long_name[400];

static void import_as(const char *dir, const char *file)
{
	static const double value[4] = { NAN, 2, 3, 4 };
	struct workload workload = { .name = NULL };
	struct store *store = store_fixture_open(dir);
	struct err err = ERR_INIT;
	unsigned handle = 0;

	store_fixture_ok(store_incoming_rows(store, store_fixture_used, 1, 300, 3000, 4,
				 value, &handle, &err),
		&err);
	store_fixture_ok(store_begin(store, 0, &err), &err);
	store_fixture_ok(store_workload_ensure(
				 store, "a", ORIGIN_IMPORTED, 300, 0, &workload, &err),
		&err);
	store_fixture_ok(store_publish(store, handle, &workload, file, 0, &err), &err);
	store_fixture_ok(store_commit(store, &err), &err);
	workload_done(&workload);
	store_close(store);
}

static void a_crowded_folder(const char *dir)
{
	static const char *const others[] = { "rrd/a/.hidden.rrd", "rrd/a/x",
		"rrd/a/%.rrd", "rrd/a/none.rrd", "rrd/a/notes.txt", "rrd/stray.rrd",
		"rrd/.dot" };
	char path[PATH_MAX];

	memset(long_name, '/', sizeof(long_name) - 1);
	for (int i = 0; i < 3; i++)
		import_as(dir, i == 0 ? "memory" : i == 1 ? "cpu" : long_name);
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		store_fixture_path(dir, others[i], path);
		close(open(path, O_CREAT | O_WRONLY, 0640));
	}
}

static int list_crowded(const char *dir, const void *what, struct err *err)
{
	struct workload workload = { .name = NULL };
	struct store_file_list files = { .count = 0 };
	struct store *store = NULL;
	int r = store_open(dir, &store, err);

	(void)what;
	if (r < 0)
		return r;
	THEN(store_workload_get(store, "a", &workload, err));
	THEN(store_files(store, &workload, &files, err));
	if (r == 0 && files.count != 3) /* one that cannot be read is left out */
		r = err_set(err, -EIO, "%zu files", files.count);
	store_file_list_done(&files);
	workload_done(&workload);
	store_close(store);
	return r;
}

/* The archives say what the database did. */
static void only_archives_are_left(const char *dir)
{
	static const char *const gone[] = { "headroom.db", "headroom.db.backup",
		"headroom.db-wal", "headroom.db-shm" };
	char path[PATH_MAX];

	a_crowded_folder(dir);
	for (size_t i = 0; i < ARRAY_LEN(gone); i++) {
		store_fixture_path(dir, gone[i], path);
		unlink(path);
	}
}

static int check_crowded(const char *dir, const void *what, struct err *err)
{
	struct fsck_report report;
	struct store *store = NULL;
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

static int begin_crowded(const char *dir, const void *what, struct err *err)
{
	struct store *store = NULL;
	int r = store_open(dir, &store, err);

	(void)what;
	if (r < 0)
		return r;
	THEN(store_begin(store, 0, err));
	THEN(store_commit(store, err));
	store_close(store);
	return r;
}

struct fault_scenario each_fault_names[] = {
	{ "files of many names", a_crowded_folder, list_crowded, NULL, NULL,
		PLAIN_FAULTS, true },
	{ "fsck of many names", a_crowded_folder, check_crowded, NULL, NULL,
		PLAIN_FAULTS, true },
	{ "fsck where only archives are left", only_archives_are_left, check_crowded,
		NULL, NULL, PLAIN_FAULTS, true },
	{ "archives alone", only_archives_are_left, begin_crowded, NULL, NULL,
		PLAIN_FAULTS, true },
};
const size_t each_fault_names_count = ARRAY_LEN(each_fault_names);
