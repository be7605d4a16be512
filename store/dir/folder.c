#include "store/dir/folder.h"

#include "store/dir/data_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int folder_sync(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return err_errno(err, "%s", path);
	if (fsync(fd) < 0 && errno != EINVAL && errno != EROFS)
		r = err_errno(err, "%s", path);
	close(fd);
	return r;
}

/* ---- owners ------------------------------------------------------------------------ */

int folder_adopt(int fd, const char *path, struct err *err)
{
	char folder[PATH_MAX];
	struct stat own, above;
	char *slash = NULL;

	if (geteuid() != 0)
		return 0;
	if (snprintf(folder, sizeof(folder), "%s", path) >= (int)sizeof(folder))
		return err_set(err, -ENAMETOOLONG, "a path in the store is too long");
	slash = strrchr(folder, '/');
	if (!slash)
		return 0;
	*slash = '\0';
	if (fstat(fd, &own) < 0 || stat(folder[0] ? folder : "/", &above) < 0)
		return err_errno(err, "%s", path);
	/* one that somebody linked here, or that has an owner, is left alone */
	if (above.st_uid == 0 || own.st_uid != 0 ||
		(S_ISREG(own.st_mode) && own.st_nlink > 1))
		return 0;
	if (fchown(fd, above.st_uid, above.st_gid) < 0)
		return err_errno(
			err, "%s: cannot be given to the owner of its folder", path);
	return 0;
}

int folder_make(const char *path, struct err *err)
{
	int fd, r;

	if (mkdir(path, 0750) < 0)
		return errno == EEXIST ? 0 : err_errno(err, "cannot create %s", path);
	if (geteuid() != 0)
		return 0;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, "%s", path);
	r = folder_adopt(fd, path, err);
	close(fd);
	return r;
}

/* Our names, and those with an ending: headroom.db-wal, headroom.db.damaged-17... */
static bool is_store_name(const char *entry)
{
	if (entry[0] == '.')
		entry++;
	for (unsigned i = 0; i < DATA_NAME_COUNT; i++) {
		const char *name = data_name((enum data_name)i);
		size_t length = strlen(name);

		if (strncmp(entry, name, length) == 0 &&
			(entry[length] == '\0' || entry[length] == '-' ||
				entry[length] == '.'))
			return true;
	}
	return strncmp(entry, "import-", 7) == 0;
}

int folder_is_store(int dir_fd, struct err *err)
{
	struct dirent *entry = NULL;
	bool has_id = false;
	int is_store = 1;
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;

	if (!folder) {
		int r = err_errno(err, "the data folder");

		if (fd >= 0)
			close(fd);
		return r;
	}
	while (is_store && (entry = readdir(folder)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		has_id |= strcmp(entry->d_name, data_name(DATA_STORE_ID)) == 0;
		is_store = is_store_name(entry->d_name);
	}
	closedir(folder);
	return is_store && has_id;
}

int folder_give(int dir_fd, unsigned uid, unsigned gid, struct err *err)
{
	struct dirent *entry = NULL;
	int r = 0;
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;

	if (!folder) {
		r = err_errno(err, "the data folder");
		if (fd >= 0)
			close(fd);
		return r;
	}
	while (r == 0 && (entry = readdir(folder)) != NULL) {
		struct stat status;
		int inner;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
			(!S_ISDIR(status.st_mode) && status.st_nlink > 1))
			continue; /* gone, or somebody's elsewhere too */
		if (!S_ISDIR(status.st_mode)) {
			if (fchownat(fd, entry->d_name, uid, gid, AT_SYMLINK_NOFOLLOW) <
				0)
				r = err_errno(err, "%s", entry->d_name);
			continue;
		}
		inner = openat(fd, entry->d_name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (inner >= 0) {
			r = folder_give(inner, uid, gid, err);
			close(inner);
		}
	}
	if (r == 0 && fchown(fd, uid, gid) < 0)
		r = err_errno(err, "the data folder");
	closedir(folder);
	return r;
}

/* ---- parents, and the disk ----------------------------------------------------------- */

int folder_make_parents(const char *dir, const char *path, struct err *err)
{
	char full[PATH_MAX];
	size_t root = strlen(dir);
	int length = snprintf(full, sizeof(full), "%s/%s", dir, path);
	int r = 0;

	if (length < 0 || (size_t)length >= sizeof(full))
		return err_set(err, -ENAMETOOLONG, "a path in the store is too long");
	for (char *at = full + root; at; at = strchr(at + 1, '/')) {
		*at = '\0';
		r = folder_make(full, err);
		if (r < 0)
			return r;
		*at = '/';
	}
	return 0;
}
