/* The files of a runbook into a folder: all of them or none. */
#include "analyze/runbook/runbook.h"

#include "common/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the place --------------------------------------------------------------------------- */

/* Without the slashes at its end. */
static char *plain_path(const char *dir)
{
	size_t length = strlen(dir);

	while (length > 1 && dir[length - 1] == '/')
		length--;
	return strndup(dir, length);
}

static int check_empty(const char *dir, struct err *err)
{
	DIR *stream = opendir(dir);
	const struct dirent *entry;
	size_t count = 0;

	if (!stream)
		return err_errno(err, "%s", dir);
	while ((entry = readdir(stream)))
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..");
	closedir(stream);
	return count == 0
		? 0
		: err_set(err, -ENOTEMPTY,
			  "%s: is there already and is not empty; name a folder that is "
			  "not there yet",
			  dir);
}

int runbook_check_dir(const char *dir, struct err *err)
{
	struct stat status;

	if (!*dir || strcmp(dir, "-") == 0)
		return err_set(err, -EINVAL, "-o: expected a folder");
	if (lstat(dir, &status) < 0)
		return errno == ENOENT ? 0 : err_errno(err, "%s", dir);
	if (!S_ISDIR(status.st_mode))
		return err_set(
			err, -ENOTDIR, "%s: is there already and is no folder", dir);
	return check_empty(dir, err);
}

/* ---- files ------------------------------------------------------------------------------- */

static int write_one(
	int root, const struct runbook_file *file, mode_t mask, struct err *err)
{
	int fd =
		openat(root, file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return err_errno(err, "%s: cannot be written", file->path);
	r = io_write_full(fd, file->bytes, file->length);
	if (r == 0 &&
		(fchmod(fd, (file->is_program ? 0777 : 0666) & ~mask) != 0 ||
			fsync(fd) != 0))
		r = -errno;
	if (close(fd) != 0 && r == 0)
		r = -errno;
	return r < 0
		? err_set(err, r, "%s: cannot be written: %s", file->path, strerror(-r))
		: 0;
}

/* "p2v/NAME/file": its folders. */
static int make_parents(int root, const char *path, struct err *err)
{
	char part[PATH_MAX];

	for (const char *slash = strchr(path, '/'); slash;
		slash = strchr(slash + 1, '/')) {
		(void)snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (mkdirat(root, part, 0777) != 0 && errno != EEXIST)
			return err_errno(err, "%s: cannot be made", part);
	}
	return 0;
}

/* What is left of a folder that was not finished. */
static void remove_tree(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!stream) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(stream))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(dirfd(stream), entry->d_name, 0) != 0)
			remove_tree(dirfd(stream), entry->d_name);
	}
	closedir(stream);
	(void)unlinkat(parent, name, AT_REMOVEDIR);
}

static int write_all(
	const struct runbook *runbook, const char *dir, mode_t mask, struct err *err)
{
	int root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;

	if (root < 0)
		return err_errno(err, "%s", dir);
	for (size_t i = 0; r == 0 && i < runbook->file_count; i++) {
		r = make_parents(root, runbook->file[i].path, err);
		if (r == 0)
			r = write_one(root, &runbook->file[i], mask, err);
	}
	if (r == 0 && (fchmod(root, 0777 & ~mask) != 0 || fsync(root) != 0))
		r = err_errno(err, "%s: cannot be written", dir);
	close(root);
	return r;
}

/* ---- all or nothing ------------------------------------------------------------------------ */

static int write_beside(const struct runbook *runbook, const char *dir, struct err *err)
{
	const char *slash = strrchr(dir, '/');
	char temporary[PATH_MAX];
	mode_t mask = umask(022);
	int r;

	(void)umask(mask);
	r = snprintf(temporary, sizeof(temporary), "%.*s.headroom-XXXXXX",
		slash ? (int)(slash - dir) + 1 : 0, dir);
	if (r < 0 || (size_t)r >= sizeof(temporary))
		return err_set(err, -ENAMETOOLONG, "%.80s...: too long a path", dir);
	if (!mkdtemp(temporary))
		return err_errno(err, "%s: cannot be made", dir);
	r = write_all(runbook, temporary, mask, err);
	/* an empty folder of that name gives way */
	if (r == 0 && rename(temporary, dir) != 0)
		r = err_errno(err, "%s: cannot be put in place", dir);
	if (r < 0)
		remove_tree(AT_FDCWD, temporary);
	return r;
}

int runbook_write(const struct runbook *runbook, const char *dir, struct err *err)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE,
		SIGXFSZ };
	char *path = plain_path(dir);
	sigset_t blocked, before;
	int r = path ? runbook_check_dir(path, err) : err_oom(err);

	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		sigaddset(&blocked, ends[i]);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	if (r == 0)
		r = write_beside(runbook, path, err);
	sigprocmask(SIG_SETMASK, &before, NULL);
	free(path);
	return r;
}
