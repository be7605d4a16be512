/*
 * Renames and removals that belong to a commit: recorded with it, done after it, and
 * done by the next writer when a crash came between.
 */
#include "store/db/connection.h"

#include "store/dir/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int pending_add(
	struct store *store, const char *source, const char *target, struct err *err)
{
	int r = db_write(store, err,
		"INSERT INTO pending_files (source, target) VALUES (?, ?)", "ss",
		source, target);

	store->has_pending |= r == 0;
	return r;
}

/* A file, or a folder of files (the store has no deeper ones to remove at once). */
static int remove_tree(const char *path, struct err *err)
{
	char inner[PATH_MAX];
	struct dirent *entry = NULL;
	DIR *folder = NULL;
	int r = 0;

	if (unlink(path) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return err_errno(err, "cannot remove %s", path);
	folder = opendir(path);
	if (!folder)
		return err_errno(err, "cannot remove %s", path);
	while (r == 0 && (entry = readdir(folder)) != NULL) {
		struct stat status;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name) >=
			(int)sizeof(inner)) {
			r = err_set(err, -ENAMETOOLONG, "cannot remove %s", path);
			break;
		}
		if (lstat(inner, &status) == 0 && S_ISDIR(status.st_mode))
			r = remove_tree(inner, err);
		else if (unlink(inner) < 0 && errno != ENOENT)
			r = err_errno(err, "cannot remove %s", inner);
	}
	closedir(folder);
	if (r == 0 && rmdir(path) < 0 && errno != ENOENT)
		r = err_errno(err, "cannot remove %s", path);
	return r;
}

static int finish_one(
	const char *dir, const char *source, const char *target, struct err *err)
{
	char from[PATH_MAX], to[PATH_MAX];
	struct stat status;
	int r = 0;

	if (snprintf(to, sizeof(to), "%s/%s", dir, target) >= (int)sizeof(to))
		return err_set(err, -ENAMETOOLONG, "a path in the store is too long");
	if (!source)
		return remove_tree(to, err);
	if (snprintf(from, sizeof(from), "%s/%s", dir, source) >= (int)sizeof(from))
		return err_set(err, -ENAMETOOLONG, "a path in the store is too long");
	if (lstat(from, &status) < 0 && errno == ENOENT)
		return 0; /* done before the crash */
	/* what an undo needs is kept once: done before the crash too, and `from` is the
	 * file that took its place */
	if (strncmp(target, "undo/", 5) == 0 && lstat(to, &status) == 0)
		return 0;
	r = folder_make_parents(dir, target, err);
	if (r < 0)
		return r;
	if (rename(from, to) < 0)
		return err_errno(err, "cannot move %s to %s", from, to);
	return 0;
}

/* The renames to the disk: they touch many folders, so all of the file system at once. */
static int sync_all(const char *dir, struct err *err)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = 0;

	if (fd < 0 || syncfs(fd) < 0)
		r = err_errno(err, "%s", dir);
	if (fd >= 0)
		close(fd);
	return r;
}

int pending_finish(const char *dir, sqlite3 *db, struct err *err)
{
	static const char in_order[] =
		"SELECT source, target FROM pending_files ORDER BY id";
	sqlite3_stmt *statement = NULL;
	bool is_empty = true;
	int r = db_prepare(db, &statement, err, in_order, "");

	while (r >= 0 && (r = db_step(statement, err)) > 0) {
		is_empty = false;
		r = finish_one(dir, (const char *)sqlite3_column_text(statement, 0),
			(const char *)sqlite3_column_text(statement, 1), err);
	}
	sqlite3_finalize(statement);
	if (r < 0 || is_empty)
		return r;
	r = sync_all(dir, err);
	if (r < 0)
		return r;
	return db_run(db, err, "DELETE FROM pending_files", "");
}

bool pending_is_left(struct store *store)
{
	int64_t one = 0;

	return db_first(store, &db_row_number, &one, NULL,
		       "SELECT 1 FROM pending_files LIMIT 1", "") > 0;
}
