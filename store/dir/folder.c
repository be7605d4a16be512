#include "store/dir/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

int folder_make_parents(const char *dir, const char *path, struct err *err)
{
	char full[PATH_MAX];
	size_t root = strlen(dir);
	int length = snprintf(full, sizeof(full), "%s/%s", dir, path);

	if (length < 0 || (size_t)length >= sizeof(full))
		return err_set(err, -ENAMETOOLONG, "a path in the store is too long");
	for (char *at = full + root; at; at = strchr(at + 1, '/')) {
		*at = '\0';
		if (mkdir(full, 0750) < 0 && errno != EEXIST)
			return err_errno(err, "cannot create %s", full);
		*at = '/';
	}
	return 0;
}
