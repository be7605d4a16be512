#include "store/dir/beneath.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PART_MAX 250
#define NAME_BYTES 1024
/* Deeper than any store: rrd/<workload>/<file>. */
#define DEPTH_MAX 16

bool beneath_is_plain(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789._%~-";
	size_t length = strlen(name);

	if (length == 0 || length >= NAME_BYTES)
		return false;
	for (;;) {
		size_t part = strspn(name, allowed);

		if (part == 0 || part > PART_MAX || name[0] == '.')
			return false;
		name += part;
		if (*name == '\0')
			return true;
		if (*name++ != '/')
			return false;
	}
}

/* Part by part, for a kernel without openat2 (before 5.6). */
static int beneath_walk(int dir_fd, const char *name)
{
	char part[NAME_BYTES];
	int fd = dup(dir_fd);

	while (fd >= 0 && *name) {
		size_t length = strcspn(name, "/");
		int next = -1;

		if (length == 0 || length >= sizeof(part)) {
			close(fd);
			errno = EXDEV;
			return -1;
		}
		memcpy(part, name, length);
		part[length] = '\0';
		if (strcmp(part, "..") == 0) {
			errno = EXDEV;
		} else {
			next = openat(fd, part,
				O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		}
		close(fd);
		fd = next;
		name += length + (name[length] == '/');
	}
	return fd;
}

static int open_beneath(int dir_fd, const char *name)
{
	struct open_how how = { .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve =
			RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	long fd = syscall(SYS_openat2, dir_fd, name, &how, sizeof(how));

	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		return beneath_walk(dir_fd, name);
	return (int)fd;
}

int beneath_open_folder(int dir_fd, const char *name, int *ret_fd, struct err *err)
{
	int fd = open_beneath(dir_fd, name);

	if (fd < 0)
		return err_errno(err, "%s", name);
	*ret_fd = fd;
	return 0;
}

/* One more part below *fd, which is closed. */
static int descend(int *fd, const char *part, bool is_made, struct err *err)
{
	struct stat above;
	bool is_new = is_made && mkdirat(*fd, part, 0750) == 0;
	int next;

	if (is_made && !is_new && errno != EEXIST)
		return err_errno(err, "cannot create %s", part);
	next = openat(*fd, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (next < 0)
		return err_errno(err, "%s", part);
	/* what root makes in somebody's store is that somebody's (folder.h) */
	if (is_new && geteuid() == 0 && fstat(*fd, &above) == 0 &&
		fchown(next, above.st_uid, above.st_gid) < 0) {
		close(next);
		return err_errno(err, "%s", part);
	}
	close(*fd);
	*fd = next;
	return 0;
}

static int beneath_make_folders(
	int dir_fd, const char *name, size_t length, struct err *err)
{
	char copy[NAME_BYTES];
	char *rest = NULL;
	int fd = dup(dir_fd);
	int r = fd < 0 ? err_errno(err, "%s", name) : 0;

	memcpy(copy, name, length);
	copy[length] = '\0';
	for (char *part = strtok_r(copy, "/", &rest); part && r == 0;
		part = strtok_r(NULL, "/", &rest))
		r = strcmp(part, "..") == 0 ? err_set(err, -EXDEV, "%s", name)
					    : descend(&fd, part, true, err);
	if (r < 0) {
		if (fd >= 0)
			close(fd);
		return r;
	}
	return fd;
}

int beneath_open_parent(int dir_fd, const char *name, bool is_made, int *ret_fd,
	const char **ret_leaf, struct err *err)
{
	const char *slash = strrchr(name, '/');
	const char *leaf = slash ? slash + 1 : name;
	char folder[NAME_BYTES];
	size_t length = slash ? (size_t)(slash - name) : 0;
	int fd;

	if (length >= sizeof(folder) || leaf[0] == '\0' || strcmp(leaf, ".") == 0 ||
		strcmp(leaf, "..") == 0)
		return err_set(err, -EXDEV, "\"%.100s\" is no name of a store", name);
	memcpy(folder, name, length);
	folder[length] = '\0';
	if (is_made) {
		fd = beneath_make_folders(dir_fd, name, length, err);
		if (fd < 0)
			return fd;
	} else {
		fd = open_beneath(dir_fd, length > 0 ? folder : ".");
		if (fd < 0)
			return err_errno(err, "%.*s", (int)length, name);
	}
	*ret_fd = fd;
	*ret_leaf = leaf;
	return 0;
}

bool beneath_exists(int dir_fd, const char *name)
{
	const char *leaf = NULL;
	struct stat status;
	int fd = -1;
	bool is_there;

	if (beneath_open_parent(dir_fd, name, false, &fd, &leaf, NULL) < 0)
		return false;
	is_there = fstatat(fd, leaf, &status, AT_SYMLINK_NOFOLLOW) == 0;
	close(fd);
	return is_there;
}

int beneath_rename(int dir_fd, const char *from, const char *to, struct err *err)
{
	const char *from_leaf = NULL, *to_leaf = NULL;
	int from_fd = -1, to_fd = -1;
	int r = beneath_open_parent(dir_fd, from, false, &from_fd, &from_leaf, err);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = beneath_open_parent(dir_fd, to, true, &to_fd, &to_leaf, err);
	if (r == 0 && renameat(from_fd, from_leaf, to_fd, to_leaf) < 0 &&
		errno != ENOENT)
		r = err_errno(err, "cannot move %s to %s", from, to);
	if (from_fd >= 0)
		close(from_fd);
	if (to_fd >= 0)
		close(to_fd);
	return r;
}

static int remove_at(int fd, const char *name, unsigned depth, struct err *err)
{
	struct dirent *entry = NULL;
	DIR *folder = NULL;
	int inner;
	int r = 0;

	if (unlinkat(fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if ((errno != EISDIR && errno != EPERM) || depth == DEPTH_MAX)
		return err_errno(err, "cannot remove %s", name);
	inner = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	folder = inner >= 0 ? fdopendir(inner) : NULL;
	if (!folder) {
		r = err_errno(err, "cannot remove %s", name);
		if (inner >= 0)
			close(inner);
		return r;
	}
	while (r == 0 && (entry = readdir(folder)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = remove_at(dirfd(folder), entry->d_name, depth + 1, err);
	closedir(folder);
	if (r == 0 && unlinkat(fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		r = err_errno(err, "cannot remove %s", name);
	return r;
}

int beneath_remove(int dir_fd, const char *name, struct err *err)
{
	const char *leaf = NULL;
	int fd = -1;
	int r = beneath_open_parent(dir_fd, name, false, &fd, &leaf, err);

	if (r == -ENOENT)
		return 0;
	if (r == 0) {
		r = remove_at(fd, leaf, 0, err);
		close(fd);
	}
	return r;
}
