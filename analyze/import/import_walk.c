/* From folders to the files below them. */
#include "analyze/import/import.h"

#include "common/array.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define WALK_DEPTH_MAX 32
#define WALK_FILES_MAX 1000000

void import_paths_done(struct import_paths *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		free(paths->path[i]);
	free(paths->path);
	*paths = (struct import_paths){ .count = 0 };
}

static int add_path(struct import_paths *paths, const char *path, struct err *err)
{
	size_t count = paths->count;

	if (count == WALK_FILES_MAX)
		return err_set(err, -EFBIG, "expected at most %d files, found more",
			WALK_FILES_MAX);
	if (ARRAY_EXTEND(paths->path, count) < 0)
		return err_oom(err);
	paths->path[count] = strdup(path);
	if (!paths->path[count])
		return err_oom(err);
	paths->count++;
	return 0;
}

static int import_walk_is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int byte_order(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int walk_folder(struct import_paths *paths, const char *folder, unsigned depth,
	struct err *err);

/* A link to a folder is not followed: it may lead back up. */
static int walk_entry(
	struct import_paths *paths, const char *path, unsigned depth, struct err *err)
{
	struct stat info;

	if (lstat(path, &info) < 0)
		return err_errno(err, "%s: cannot read it", path);
	if (S_ISDIR(info.st_mode))
		return walk_folder(paths, path, depth + 1, err);
	if (S_ISLNK(info.st_mode) && (stat(path, &info) < 0 || S_ISDIR(info.st_mode)))
		return 0;
	return S_ISREG(info.st_mode) ? add_path(paths, path, err) : 0;
}

static int walk_folder(
	struct import_paths *paths, const char *folder, unsigned depth, struct err *err)
{
	struct dirent **entry = NULL;
	char path[PATH_MAX];
	int count, r = 0;

	if (depth > WALK_DEPTH_MAX)
		return err_set(err, -ELOOP, "%s: expected at most %d folders deep",
			folder, WALK_DEPTH_MAX);
	count = scandir(folder, &entry, import_walk_is_shown, byte_order);
	if (count < 0)
		return err_errno(err, "%s: cannot read it", folder);
	for (int i = 0; i < count; i++) {
		int length = snprintf(path, sizeof(path), "%s%s%s", folder,
			folder[strlen(folder) - 1] == '/' ? "" : "/", entry[i]->d_name);

		if (r == 0 && (length < 0 || (size_t)length >= sizeof(path)))
			r = err_set(err, -ENAMETOOLONG,
				"%s: a path below it is too long", folder);
		if (r == 0)
			r = walk_entry(paths, path, depth, err);
		free(entry[i]);
	}
	free(entry);
	return r;
}

int import_walk(char *const *paths, size_t count, bool walks,
	struct import_paths *ret_paths, struct err *err)
{
	struct import_paths found = { .count = 0 };
	struct stat info;
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		if (walks && *paths[i] && stat(paths[i], &info) == 0 &&
			S_ISDIR(info.st_mode))
			r = walk_folder(&found, paths[i], 0, err);
		else
			r = add_path(&found, paths[i], err);
	}
	if (r < 0)
		import_paths_done(&found);
	else
		*ret_paths = found;
	return r;
}
