#include "store/db/db_mend.h"

#include "store/db/db.h"
#include "store/rrd/path.h"
#include "store/rrd/rrd_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- aside ----------------------------------------------------------------------- */

static int move_aside(
	const char *dir, const char *ending, const char *mark, struct err *err)
{
	char from[PATH_MAX], to[PATH_MAX];

	if (snprintf(from, sizeof(from), "%s/headroom.db%s", dir, ending) >=
			(int)sizeof(from) ||
		snprintf(to, sizeof(to), "%s/headroom.db.damaged-%s%s", dir, mark,
			ending) >= (int)sizeof(to))
		return err_set(
			err, -ENAMETOOLONG, "the path of the data folder is too long");
	if (rename(from, to) < 0 && errno != ENOENT)
		return err_errno(err, "cannot move %s aside", from);
	return 0;
}

/* The backup stays where it is; a copy of it becomes the database. */
static int restore_backup(const char *dir, bool *ret_has_backup, struct err *err)
{
	char from[PATH_MAX], to[PATH_MAX];
	struct stat status = { .st_size = 0 };
	int in = -1, out = -1;
	int r = 0;

	if (snprintf(from, sizeof(from), "%s/headroom.db.backup", dir) >=
			(int)sizeof(from) ||
		snprintf(to, sizeof(to), "%s/headroom.db", dir) >= (int)sizeof(to))
		return err_set(
			err, -ENAMETOOLONG, "the path of the data folder is too long");
	in = open(from, O_RDONLY | O_CLOEXEC);
	*ret_has_backup = in >= 0;
	if (in < 0)
		return 0;
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (out < 0 || fstat(in, &status) < 0)
		r = err_errno(err, "%s", to);
	while (r == 0 && status.st_size > 0) {
		ssize_t done = sendfile(out, in, NULL, (size_t)status.st_size);

		if (done < 0)
			r = err_errno(err, "%s", to);
		else if (done == 0)
			break;
		else
			status.st_size -= done;
	}
	if (r == 0 && fsync(out) < 0)
		r = err_errno(err, "%s", to);
	close(in);
	if (out >= 0)
		close(out);
	return r;
}

int db_set_aside(const char *dir, char *notice, size_t notice_size, struct err *err)
{
	char mark[64];
	bool has_backup = false;
	int r = 0;

	snprintf(
		mark, sizeof(mark), "%lld%s", (long long)time(NULL), notice ? "" : "b");
	r = move_aside(dir, "", mark, err);
	if (r == 0)
		r = move_aside(dir, "-wal", mark, err);
	if (r == 0)
		r = move_aside(dir, "-shm", mark, err);
	if (r < 0 || !notice)
		return r;
	r = restore_backup(dir, &has_backup, err);
	if (r == 0)
		snprintf(notice, notice_size,
			"the database was damaged and was moved to headroom.db.damaged-%s; %s",
			mark,
			has_backup ? "its last daily backup took its place"
				   : "a new one was made, there was no backup");
	return r;
}

/* ---- salvage ----------------------------------------------------------------------- */

/* What one folder of archives says of itself. */
struct found {
	unsigned step_s;
	int64_t first, last;
	bool is_sampled; /* has rows coarser than its step: the daemon wrote it */
};

static void look_at_file(const char *path, struct found *found)
{
	struct rrd_file file;

	if (rrd_file_open(path, &file, NULL) < 0)
		return;
	if (found->step_s == 0)
		found->step_s = file.step_s;
	if (file.last_update > found->last)
		found->last = file.archive[0].last;
	if (found->first == 0 || file.archive[0].first < found->first)
		found->first = file.archive[0].first;
	if (file.archive_count > 1)
		found->is_sampled = true;
	rrd_file_close(&file);
}

static void look_at_folder(const char *path, struct found *found)
{
	DIR *folder = opendir(path);
	struct dirent *entry = NULL;
	char file[PATH_MAX];

	if (!folder)
		return;
	while ((entry = readdir(folder)) != NULL) {
		size_t length = strlen(entry->d_name);

		if (entry->d_name[0] == '.' || length <= 4 ||
			strcmp(entry->d_name + length - 4, ".rrd") != 0)
			continue;
		if (snprintf(file, sizeof(file), "%s/%s", path, entry->d_name) <
			(int)sizeof(file))
			look_at_file(file, found);
	}
	closedir(folder);
}

static int add_found(
	sqlite3 *db, const char *folder, const struct found *found, struct err *err)
{
	char name[NAME_MAX + 1];

	if (path_decode(folder, name, sizeof(name)) < 0)
		snprintf(name, sizeof(name), "%s", folder);
	return db_run(db, err,
		"INSERT OR IGNORE INTO workloads "
		"(name, folder, source, step_s, first_at, last_at) VALUES (?, ?, ?, ?, ?, ?)",
		"sssiii", name, folder, found->is_sampled ? "sampled" : "imported",
		(int64_t)found->step_s, found->first, found->last);
}

static int salvage_folders(
	const char *dir, sqlite3 *db, unsigned *ret_added, struct err *err)
{
	char path[PATH_MAX];
	DIR *folder = NULL;
	struct dirent *entry = NULL;
	unsigned added = 0;
	int r = 0;

	snprintf(path, sizeof(path), "%s/rrd", dir);
	folder = opendir(path);
	while (folder && r == 0 && (entry = readdir(folder)) != NULL) {
		struct found found = { .step_s = 0 };

		if (entry->d_name[0] == '.' ||
			snprintf(path, sizeof(path), "%s/rrd/%s", dir, entry->d_name) >=
				(int)sizeof(path))
			continue;
		look_at_folder(path, &found);
		if (found.step_s == 0)
			continue;
		r = add_found(db, entry->d_name, &found, err);
		if (r == 0)
			added += (unsigned)sqlite3_changes(db);
	}
	if (folder)
		closedir(folder);
	if (r == 0)
		*ret_added = added;
	return r;
}

int db_salvage(
	const char *dir, sqlite3 *db, char *notice, size_t notice_size, struct err *err)
{
	unsigned added = 0;
	size_t used = strlen(notice);
	int r = 0;

	if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return db_error(db, err, "begin");
	r = salvage_folders(dir, db, &added, err);
	if (r == 0 && added > 0)
		snprintf(notice + used, notice_size - used,
			"; %u workloads were found again by their archives", added);
	if (r == 0)
		r = db_run(db, err,
			"INSERT INTO events (at, kind, text) VALUES (?, 'damage', ?)",
			"is", (int64_t)time(NULL), notice);
	if (r == 0 && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		r = db_error(db, err, "commit");
	if (r < 0)
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return r;
}
