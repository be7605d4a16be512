#include "store/db/db.h"

#include "common/io.h"
#include "common/util.h"
#include "schema/builtin.h"
#include "store/db/db_guard.h"
#include "store/db/db_mend.h"
#include "store/dir/data_dir.h"
#include "store/dir/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_TIMEOUT_MS 5000
#define WAL_LIMIT_BYTES "8388608"

/* ---- migrations ------------------------------------------------------------------ */

/* The number of a migration file, 0 for other files. */
static int migration_number(const struct builtin_file *file)
{
	static const char folder[] = "migrations/";
	int number = 0;
	const char *at = NULL;

	if (strncmp(file->path, folder, sizeof(folder) - 1) != 0)
		return 0;
	for (at = file->path + sizeof(folder) - 1; *at >= '0' && *at <= '9'; at++)
		number = number * 10 + (*at - '0');
	return *at == '-' ? number : 0;
}

int db_newest_version(void)
{
	int newest = 0;

	for (const struct builtin_file *file = builtin_files; file->path; file++)
		if (migration_number(file) > newest)
			newest = migration_number(file);
	return newest;
}

int db_version(sqlite3 *db, int *ret_version, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	int r = db_prepare(db, &statement, err, "PRAGMA user_version", "");

	if (r < 0)
		return r;
	r = db_step(statement, err);
	if (r > 0) {
		*ret_version = sqlite3_column_int(statement, 0);
		r = 0;
	}
	sqlite3_finalize(statement);
	return r;
}

static int newer_error(const char *dir, int version, struct err *err)
{
	return err_set(err, -EPROTO,
		"%s/headroom.db was made by a newer version of Headroom (schema %d, this "
		"program knows %d): use that version",
		dir, version, db_newest_version());
}

/* One migration and the new version number, together or not at all. */
static int migrate_one(sqlite3 *db, const struct builtin_file *file, struct err *err)
{
	char version[48];
	int r = 0;

	snprintf(version, sizeof(version), "PRAGMA user_version = %d",
		migration_number(file));
	r = db_begin(db, err);
	if (r < 0)
		return r;
	if (sqlite3_exec(db, file->data, NULL, NULL, NULL) != SQLITE_OK ||
		sqlite3_exec(db, version, NULL, NULL, NULL) != SQLITE_OK)
		r = db_error(db, err, file->path);
	if (r == 0)
		r = db_commit(db, err);
	if (r < 0)
		db_rollback(db);
	return r;
}

int db_migrate(const char *dir, sqlite3 *db, struct err *err)
{
	int version = 0;
	int r = db_version(db, &version, err);

	if (r < 0)
		return r;
	if (version > db_newest_version())
		return newer_error(dir, version, err);
	for (const struct builtin_file *file = builtin_files; file->path; file++) {
		if (migration_number(file) <= version)
			continue;
		r = migrate_one(db, file, err);
		if (r < 0)
			return r;
		version = migration_number(file);
	}
	return 0;
}

/* ---- connections ------------------------------------------------------------------- */

static int db_path(const char *dir, char *path, size_t size, struct err *err)
{
	/* SQLite puts endings of its own behind it */
	if (data_path(dir, DATA_DATABASE, path, err) < 0 || strlen(path) + 32 >= size)
		return err_set(
			err, -ENAMETOOLONG, "the path of the data folder is too long");
	return 0;
}

/* "file:<path>?immutable=1" with what a URI must not hold encoded. */
static void immutable_uri(const char *path, char *uri, size_t size)
{
	size_t used = (size_t)snprintf(uri, size, "file:");

	for (const char *at = path; *at && used + 16 < size; at++) {
		if (strchr("%?#", *at))
			used += (size_t)snprintf(
				uri + used, size - used, "%%%02X", (unsigned)*at);
		else
			uri[used++] = *at;
	}
	snprintf(uri + used, size - used, "?immutable=1");
}

static int set_up_reader(sqlite3 *db)
{
	db_guard(db);
	sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
	if (sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) !=
		SQLITE_OK)
		return -EIO;
	return sqlite3_exec(db, "PRAGMA wal_autocheckpoint = 0; PRAGMA query_only = 1",
		       NULL, NULL, NULL) == SQLITE_OK
		? 0
		: -EIO;
}

static int open_reader_at(const char *name, int flags, sqlite3 **ret_db,
	int *ret_version, struct err *err)
{
	sqlite3 *db = NULL;
	int r = 0;

	if (sqlite3_open_v2(name, &db, SQLITE_OPEN_READONLY | flags, NULL) !=
			SQLITE_OK ||
		set_up_reader(db) < 0)
		r = db_error(db, err, "open");
	if (r == 0)
		r = db_version(db, ret_version, err);
	if (r < 0) {
		sqlite3_close(db);
		return r;
	}
	*ret_db = db;
	return 0;
}

/* A folder we may not write to, without the -shm file: only readable as it stands,
 * and only where no committed rows wait in a -wal file. */
static int open_reader_immutable(
	const char *path, sqlite3 **ret_db, int *ret_version, struct err *err)
{
	char wal[PATH_MAX + 8], uri[3 * PATH_MAX];
	struct stat status;

	snprintf(wal, sizeof(wal), "%s-wal", path);
	if (stat(wal, &status) == 0 && status.st_size > 0)
		return err_set(err, -EACCES,
			"%s: there are unmerged changes in %s and this user may not write to "
			"the folder: run the command as the owner of the store",
			path, wal);
	immutable_uri(path, uri, sizeof(uri));
	return open_reader_at(uri, SQLITE_OPEN_URI, ret_db, ret_version, err);
}

/*
 * SQLite tells a read that the disk refused as SQLITE_CORRUPT.  What cannot be read is not
 * moved aside: it may be read another time.  0 when every byte of database and log can
 * be, so that asking SQLite again gives its true answer.
 */
static int read_through(const char *path, struct err *err)
{
	static const char *const tails[] = { "", "-wal" };
	char name[PATH_MAX + 8], block[16384];

	for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
		ssize_t got;
		int fd;

		snprintf(name, sizeof(name), "%s%s", path, tails[i]);
		fd = open(name, O_RDONLY | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return err_errno(err, "%s", name);
		do {
			got = io_read_full(fd, block, sizeof(block));
		} while (got == (ssize_t)sizeof(block));
		close(fd);
		if (got < 0)
			return err_set(err, (int)got, "%s cannot be read: %s", name,
				strerror((int)-got));
	}
	return 0;
}

/*
 * Nobody has it open, and the log beside it is empty: it can be read without the -shm
 * file, which SQLite would make (a reader leaves nothing behind).  Our writers keep -shm
 * from the first transaction on.
 */
static bool is_at_rest(const char *path)
{
	char beside[PATH_MAX + 8];
	struct stat status;

	snprintf(beside, sizeof(beside), "%s-shm", path);
	if (stat(beside, &status) == 0 || errno != ENOENT)
		return false;
	snprintf(beside, sizeof(beside), "%s-wal", path);
	return stat(beside, &status) == 0 ? status.st_size == 0 : errno == ENOENT;
}

static int open_reader(
	const char *path, sqlite3 **ret_db, int *ret_version, struct err *err)
{
	int r = is_at_rest(path) ? -EACCES
				 : open_reader_at(path, 0, ret_db, ret_version, err);

	if (r == -EBADMSG) {
		r = read_through(path, err);
		if (r == 0)
			r = open_reader_at(path, 0, ret_db, ret_version, err);
	}
	if (r == -EACCES || r == -EROFS)
		r = open_reader_immutable(path, ret_db, ret_version, err);
	return r;
}

int db_open_file(const char *path, sqlite3 **ret_db, struct err *err)
{
	int version = 0;

	return open_reader(path, ret_db, &version, err);
}

int db_open_reader(const char *dir, sqlite3 **ret_db, struct err *err)
{
	char path[PATH_MAX];
	struct stat status;
	sqlite3 *db = NULL;
	int version = 0;
	int r = db_path(dir, path, sizeof(path), err);

	if (r < 0)
		return r;
	if (stat(path, &status) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			return err_errno(err, "%s", path);
		*ret_db = NULL;
		return 0;
	}
	if (status.st_size == 0) {
		*ret_db = NULL;
		return 0;
	}
	if (!S_ISREG(status.st_mode))
		return err_set(err, -EBADMSG, "%s: not a file", path);
	if (access(path, R_OK) < 0)
		return err_errno(err, "%s", path);
	r = open_reader(path, &db, &version, err);
	if (r == -EBADMSG)
		return err_set(err, r,
			"%s is damaged: `analyze fsck` as the owner moves it aside and rebuilds "
			"what it can",
			path);
	if (r < 0)
		return r;
	if (version > db_newest_version())
		r = newer_error(dir, version, err);
	else if (version < db_newest_version() && version > 0)
		r = err_set(err, -ESTALE, "%s has an older schema (%d, newest %d)",
			path, version, db_newest_version());
	else if (version == db_newest_version())
		r = db_guard_schema(db, err);
	if (r < 0 || version == 0) { /* 0: a first transaction was never finished */
		sqlite3_close(db);
		db = NULL;
	}
	if (r < 0)
		return r == -EBADMSG ? err_wrap(err, r, "%s", path) : r;
	*ret_db = db;
	return 0;
}

/* Opens and sets up; touches the file only by reading its header. */
static int writer_connect(const char *path, sqlite3 **ret_db, struct err *err)
{
	static const char set_up[] =
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
		"PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = " WAL_LIMIT_BYTES;
	sqlite3 *db = NULL;
	int keep_wal = 1;
	int r = 0;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW,
		    NULL) != SQLITE_OK) {
		r = db_error(db, err, "open");
		goto out;
	}
	db_guard(db);
	sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
	sqlite3_file_control(db, NULL, SQLITE_FCNTL_PERSIST_WAL, &keep_wal);
	if (sqlite3_exec(db, set_up, NULL, NULL, NULL) != SQLITE_OK)
		r = db_error(db, err, "open");
out:
	if (r < 0) {
		sqlite3_close(db);
		return r;
	}
	*ret_db = db;
	return 0;
}

/* Nobody has it open yet: the mode is ours to choose, whatever the umask. */
static int db_create_file(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	int r;

	if (fd < 0)
		return errno == EEXIST ? 0 : err_errno(err, "%s", path);
	r = fchmod(fd, 0640) < 0 ? err_errno(err, "%s", path)
				 : folder_adopt(fd, path, err);
	close(fd);
	return r;
}

static int writer_open_once(
	const char *dir, const char *path, sqlite3 **ret_db, struct err *err)
{
	sqlite3 *db = NULL;
	struct stat status;
	int r = 0;

	if (stat(path, &status) < 0)
		r = db_create_file(path, err);
	if (r == 0)
		r = writer_connect(path, &db, err);
	if (r == 0)
		r = db_migrate(dir, db, err);
	if (r == 0)
		r = db_guard_schema(db, err);
	if (r < 0) {
		sqlite3_close(db);
		return r;
	}
	*ret_db = db;
	return 0;
}

int db_replace(const char *dir, sqlite3 **ret_db, char *notice, size_t notice_size,
	struct err *err)
{
	char path[PATH_MAX];
	sqlite3 *db = NULL;
	int r = db_path(dir, path, sizeof(path), err);

	if (r == 0)
		r = db_set_aside(dir, notice, notice_size, err);
	if (r == 0)
		r = writer_open_once(dir, path, &db, err);
	if (r == -EBADMSG) { /* the backup is no better */
		r = db_set_aside(dir, NULL, 0, err);
		if (r == 0)
			r = writer_open_once(dir, path, &db, err);
	}
	if (r < 0)
		return r;
	*ret_db = db;
	return 0;
}

/* A database that is gone from a store that has had one: its backup takes its place, and
 * what the archives know is added by the floor above. */
static int restore_missing(const char *dir, const char *path, char *notice,
	size_t notice_size, struct err *err)
{
	char rrd[PATH_MAX];
	bool has_backup = false;
	struct stat status;
	int r = 0;

	if (lstat(path, &status) == 0 || errno != ENOENT)
		return 0;
	r = data_path(dir, DATA_RRD, rrd, err);
	if (r == 0)
		r = db_restore_backup(dir, &has_backup, err);
	if (r == 0 && (has_backup || access(rrd, F_OK) == 0))
		snprintf(notice, notice_size, "the database was gone; %s",
			has_backup ? "its last daily backup took its place"
				   : "a new one was made, there was no backup");
	return r;
}

int db_open_writer(const char *dir, sqlite3 **ret_db, char *notice, size_t notice_size,
	struct err *err)
{
	char path[PATH_MAX];
	sqlite3 *db = NULL;
	int r = db_path(dir, path, sizeof(path), err);

	if (r < 0)
		return r;
	r = restore_missing(dir, path, notice, notice_size, err);
	if (r == 0)
		r = writer_open_once(dir, path, &db, err);
	if (r == -EBADMSG) {
		r = read_through(path, err);
		if (r == 0)
			r = writer_open_once(dir, path, &db, err);
	}
	if (r == -EBADMSG)
		r = db_replace(dir, &db, notice, notice_size, err);
	if (r < 0)
		return r;
	*ret_db = db;
	return 0;
}

void db_close_writer(sqlite3 *db)
{
	/* an empty log can not be damaged; a reader that still needs it is not waited for,
	 * then what may be copied is, and the next writer empties it */
	sqlite3_busy_timeout(db, 0);
	if (sqlite3_wal_checkpoint_v2(
		    db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) != SQLITE_OK)
		sqlite3_wal_checkpoint_v2(
			db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	sqlite3_close(db);
}

/* A page that the disk or the memory did not give is told like one that is damaged. */
static bool is_refusal(const char *text)
{
	static const char mark[] = "error code=";
	const char *at = strstr(text, mark);
	long code =
		at ? strtol(at + sizeof(mark) - 1, NULL, 10) & 0xff : SQLITE_CORRUPT;

	return code != SQLITE_CORRUPT && code != SQLITE_NOTADB;
}

static int check_once(sqlite3 *db, bool is_thorough, char *ret_text, size_t size)
{
	sqlite3_stmt *statement = NULL;
	const char *text = NULL;
	struct err err = ERR_INIT;
	int r = -EIO;

	if (sqlite3_prepare_v2(db,
		    is_thorough ? "PRAGMA integrity_check(1)" : "PRAGMA quick_check(1)",
		    -1, &statement, NULL) == SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_ROW)
		text = (const char *)sqlite3_column_text(statement, 0);
	if (text) {
		snprintf(ret_text, size, "%s", text);
		if (strcmp(text, "ok") == 0)
			r = 0;
		else
			r = is_refusal(text) ? -EIO : -EBADMSG;
	} else { /* -EBADMSG here too where that is what SQLite says */
		r = db_error(db, &err, "check");
		snprintf(ret_text, size, "%s", err.text);
	}
	sqlite3_finalize(statement);
	return r;
}

int db_check(sqlite3 *db, bool is_thorough, char *ret_text, size_t size)
{
	const char *path = sqlite3_db_filename(db, "main");
	struct err err = ERR_INIT;
	int r = check_once(db, is_thorough, ret_text, size);

	if (r != -EBADMSG || !path)
		return r;
	r = read_through(path, &err);
	if (r < 0)
		snprintf(ret_text, size, "%s", err.text);
	return r < 0 ? r : check_once(db, is_thorough, ret_text, size);
}

int db_backup(const char *dir, sqlite3 *db, struct err *err)
{
	char path[PATH_MAX], made[PATH_MAX], text[200];
	sqlite3 *copy = NULL;
	sqlite3_backup *backup = NULL;
	int r = db_path(dir, path, PATH_MAX, err);

	if (r < 0)
		return r;
	r = data_path(dir, DATA_DATABASE_BACKUP_NEW, made, err);
	if (r == 0)
		r = data_path(dir, DATA_DATABASE_BACKUP, path, err);
	if (r < 0)
		return r;
	unlink(made);
	r = db_create_file(made, err);
	if (r < 0)
		return r;
	if (sqlite3_open_v2(made, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW,
		    NULL) == SQLITE_OK)
		backup = sqlite3_backup_init(copy, "main", db, "main");
	if (!backup || sqlite3_backup_step(backup, -1) != SQLITE_DONE)
		r = err_set(err, -EIO, "backup of the database: %.200s",
			sqlite3_errmsg(copy));
	if (backup)
		sqlite3_backup_finish(backup);
	/* one file that is whole by itself, without a log beside it */
	if (r == 0 &&
		sqlite3_exec(copy, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) !=
			SQLITE_OK)
		r = err_set(err, -EIO, "backup of the database: %.200s",
			sqlite3_errmsg(copy));
	if (r == 0) {
		r = db_check(copy, false, text, sizeof(text));
		if (r < 0)
			err_set(err, r, "backup of the database: %s", text);
	}
	sqlite3_close(copy);
	if (r == 0 && rename(made, path) < 0)
		r = err_errno(err, "%s", path);
	if (r < 0)
		unlink(made);
	return r;
}
