#include "store/db/db_copy.h"

#include "store/db/db.h"
#include "store/db/db_guard.h"
#include "store/db/db_mend.h"
#include "store/dir/data_dir.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

#define COPY_BYTES_MAX ((off_t)1 << 30)

/* What came whole out of one file; -EBADMSG for what is not whole. */
static int db_copy_copy_file(const char *path, sqlite3 *memory, struct err *err)
{
	sqlite3_backup *backup = NULL;
	sqlite3 *from = NULL;
	struct stat status;
	char text[256] = "";
	int r = 0;

	if (stat(path, &status) < 0)
		return err_errno(err, "%s", path);
	if (!S_ISREG(status.st_mode) || status.st_size > COPY_BYTES_MAX)
		return err_set(err, -EFBIG, "%s: too large for a copy in memory", path);
	r = db_open_file(path, &from, err);
	if (r < 0)
		return r;
	backup = sqlite3_backup_init(memory, "main", from, "main");
	if (!backup || sqlite3_backup_step(backup, -1) != SQLITE_DONE)
		r = db_error(backup ? from : memory, err, "copy");
	if (backup && sqlite3_backup_finish(backup) != SQLITE_OK && r == 0)
		r = db_error(memory, err, "copy");
	if (r == 0)
		r = db_check(memory, false, text, sizeof(text));
	if (r < 0 && text[0])
		err_set(err, r, "%s: %s", path, text);
	sqlite3_close(from);
	return r;
}

static int open_memory(sqlite3 **ret_db, struct err *err)
{
	sqlite3 *db = NULL;

	if (sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
		    NULL) != SQLITE_OK) {
		sqlite3_close(db);
		return err_oom(err);
	}
	db_guard(db);
	*ret_db = db;
	return 0;
}

/* One of the two files of the folder, in memory and up to date. */
static int try_copy(
	const char *dir, enum data_name name, sqlite3 **ret_db, struct err *err)
{
	char path[DATA_PATH_BYTES];
	sqlite3 *db = NULL;
	int r = data_path(dir, name, path, err);

	if (r == 0)
		r = open_memory(&db, err);
	if (r == 0)
		r = db_copy_copy_file(path, db, err);
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

int db_open_copy(const char *dir, sqlite3 **ret_db, char *notice, size_t notice_size,
	struct err *err)
{
	bool has_backup = true;
	int r = try_copy(dir, DATA_DATABASE, ret_db, err);

	if (r != -EBADMSG)
		return r;
	r = try_copy(dir, DATA_DATABASE_BACKUP, ret_db, err);
	if (r == -EBADMSG || r == -ENOENT) {
		has_backup = false;
		r = open_memory(ret_db, err);
		if (r == 0)
			r = db_migrate(dir, *ret_db, err);
	}
	if (r == 0)
		snprintf(notice, notice_size,
			"the database is damaged; %s (nothing was changed: `analyze fsck` "
			"moves it aside and rebuilds what it can)",
			has_backup ? "its last daily backup was read instead"
				   : "there is no backup to read instead");
	return r;
}
