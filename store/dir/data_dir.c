#include "store/dir/data_dir.h"

#include "store/dir/path.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/*
 * Everything that stands below <data>.  rrd/, undo/ and incoming/ hold archives:
 *
 *	rrd/<workload>/<file>.rrd                 names encoded as path.h says
 *	rrd/<workload>/.<file>.rrd.new, .small    while it is created or rebuilt
 *	incoming/<pid>-<random>/<number>.rrd      made, not yet published
 *	undo/<import>/<workload>/<file>.rrd       what an import replaced
 *	damaged/<workload>-<file>-<time>.rrd      moved aside by the writer
 *
 * headroom.db also has its -wal and -shm beside it, and .damaged-<time> where it was
 * moved aside.
 */
static const char *const names[DATA_NAME_COUNT] = {
	/* SQLite: what is known beside the series; written under the writer lock */
	[DATA_DATABASE] = "headroom.db",
	/* its daily copy, checked; what a damaged database is rebuilt from */
	[DATA_DATABASE_BACKUP] = "headroom.db.backup",
	[DATA_DATABASE_BACKUP_NEW] = "headroom.db.backup.new",
	/* 32 hexadecimal digits, made with the store */
	[DATA_STORE_ID] = "store.id",
	/* flock: held for one batch, import or other transaction */
	[DATA_WRITER_LOCK] = "writer.lock",
	/* flock: one recorder, or one reader that drains, at a time */
	[DATA_RECORDER_LOCK] = "recorder.lock",
	/* flock: one daemon; says its process id and its runtime folder */
	[DATA_COLLECTORD_LOCK] = "collectord.lock",
	/* where the recorder answers "flush" and "health" */
	[DATA_RECORDER_SOCKET] = "recorder.sock",
	/* ring of ticks that are on the disk and not yet in the archives */
	[DATA_STAGING] = "staging",
	[DATA_STAGING_NEW] = "staging.new",
	[DATA_STAGING_DAMAGED] = "staging.damaged",
	/* which columns the ticks of staging have: one file a layout */
	[DATA_LAYOUTS] = "layouts",
	/* whose ticks they are, but for the machine's own: one file a workload */
	[DATA_SUBJECTS] = "subjects",
	/* saved headers of the archives, used in turn (store/rrd/header_copies.h) */
	[DATA_HEADERS_0] = "headers.0",
	[DATA_HEADERS_1] = "headers.1",
	/* those that a recovery put the saved ones over, as they were */
	[DATA_HEADERS_BEFORE] = "headers.before",
	/* checksums of their rows, used in turn (store/rrd/row_sums_log.h) */
	[DATA_SUMS_0] = "sums.0",
	[DATA_SUMS_1] = "sums.1",
	[DATA_RRD] = "rrd",
	[DATA_DAMAGED] = "damaged",
	[DATA_INCOMING] = "incoming",
	[DATA_UNDO] = "undo",
	/* the runtime folder, where the machine offers no better place for it */
	[DATA_RUN] = "run",
};

const char *data_name(enum data_name name)
{
	return names[name];
}

static int __attribute__((format(printf, 4, 0)))
path_print(const char *data_dir, char path[DATA_PATH_BYTES], struct err *err,
	const char *format, va_list arguments)
{
	int root = snprintf(path, DATA_PATH_BYTES, "%s/", data_dir);
	int rest = -1;

	if (root > 0 && root < DATA_PATH_BYTES)
		rest = vsnprintf(path + root, (size_t)(DATA_PATH_BYTES - root), format,
			arguments);
	if (rest < 0 || rest >= DATA_PATH_BYTES - root)
		return err_set(
			err, -ENAMETOOLONG, "the path of the data folder is too long");
	return 0;
}

int data_path_format(const char *data_dir, char path[DATA_PATH_BYTES], struct err *err,
	const char *format, ...)
{
	va_list arguments;
	int r;

	va_start(arguments, format);
	r = path_print(data_dir, path, err, format, arguments);
	va_end(arguments);
	return r;
}

int data_path(const char *data_dir, enum data_name name, char path[DATA_PATH_BYTES],
	struct err *err)
{
	return data_path_format(data_dir, path, err, "%s", names[name]);
}

int data_path_workload(const char *data_dir, const char *folder,
	char path[DATA_PATH_BYTES], struct err *err)
{
	if (folder[0] == '\0' || folder[0] == '.' || strchr(folder, '/'))
		return err_set(
			err, -EINVAL, "\"%.60s\" is not a folder of the store", folder);
	return data_path_format(data_dir, path, err, "%s/%s", names[DATA_RRD], folder);
}

int data_path_undo(const char *data_dir, int64_t import_id, char path[DATA_PATH_BYTES],
	struct err *err)
{
	return data_path_format(
		data_dir, path, err, "%s/%" PRId64, names[DATA_UNDO], import_id);
}

int data_path_undo_file(const char *data_dir, int64_t import_id, const char *folder,
	const char *file, char path[DATA_PATH_BYTES], struct err *err)
{
	char encoded[PATH_NAME_MAX + 1];
	int r = path_encode(file, encoded, sizeof(encoded), err);

	return r < 0 ? r
		     : data_path_format(data_dir, path, err, "%s/%" PRId64 "/%s/%s.rrd",
			       names[DATA_UNDO], import_id, folder, encoded);
}

const char *data_path_below(const char *data_dir, const char *path)
{
	size_t root = strlen(data_dir);

	return strncmp(path, data_dir, root) == 0 && path[root] == '/' ? path + root + 1
								       : path;
}

int path_series(const char *data_dir, const char *folder, const char *file,
	char *ret_path, size_t size, struct err *err)
{
	char encoded[PATH_NAME_MAX + 1];
	int length = 0;
	int r = path_encode(file, encoded, sizeof(encoded), err);

	if (r < 0)
		return r;
	if (folder[0] == '\0' || folder[0] == '.' || strchr(folder, '/'))
		return err_set(
			err, -EINVAL, "\"%.60s\" is not a folder of the store", folder);
	length = snprintf(ret_path, size, "%s/%s/%s/%s.rrd", data_dir,
		data_name(DATA_RRD), folder, encoded);
	if (length < 0 || (size_t)length >= size)
		return err_set(
			err, -ENAMETOOLONG, "the path of %.60s is too long", file);
	return 0;
}
