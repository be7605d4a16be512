/* Whole reads and writes: the only place that knows of short counts and EINTR. */
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 4096

int io_write_full(int fd, const void *bytes, size_t count)
{
	const char *at = bytes;

	while (count > 0) {
		ssize_t n = write(fd, at, count);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		at += n;
		count -= (size_t)n;
	}
	return 0;
}

int io_pwrite_full(int fd, const void *bytes, size_t count, off_t offset)
{
	const char *at = bytes;

	while (count > 0) {
		ssize_t n = pwrite(fd, at, count, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		at += n;
		offset += n;
		count -= (size_t)n;
	}
	return 0;
}

ssize_t io_read_full(int fd, void *bytes, size_t count)
{
	char *at = bytes;
	size_t done = 0;

	while (done < count) {
		ssize_t n = read(fd, at + done, count - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

ssize_t io_pread_full(int fd, void *bytes, size_t count, off_t offset)
{
	char *at = bytes;
	size_t done = 0;

	while (done < count) {
		ssize_t n = pread(fd, at + done, count - done, offset + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int io_read_file(int dir_fd, const char *path, struct strbuf *out, struct err *err)
{
	char block[4096];
	int r = 0;
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);

	if (fd < 0)
		return err_errno(err, "%s", path);
	for (;;) {
		ssize_t n = io_read_full(fd, block, sizeof(block));

		if (n < 0) {
			r = err_set(err, (int)n, "%s: %s", path, strerror((int)-n));
			break;
		}
		strbuf_add_bytes(out, block, (size_t)n);
		r = strbuf_failed(out);
		if (r < 0) {
			r = err_set(err, r, "%s: larger than %zu bytes", path,
				out->ceiling);
			break;
		}
		if ((size_t)n < sizeof(block))
			break;
	}
	close(fd);
	return r;
}

/* Syncs the folder that holds path, so that a rename in it lasts. */
static int sync_folder_of(int dir_fd, const char *path)
{
	char folder[PATH_BYTES];
	const char *slash = strrchr(path, '/');
	int fd, r = 0;

	if (!slash)
		snprintf(folder, sizeof(folder), ".");
	else
		snprintf(folder, sizeof(folder), "%.*s",
			slash == path ? 1 : (int)(slash - path), path);
	fd = openat(dir_fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd) < 0)
		r = -errno;
	close(fd);
	return r;
}

int io_replace_file(int dir_fd, const char *path, const void *bytes, size_t count,
	unsigned mode, enum io_durability durability, struct err *err)
{
	char temporary[PATH_BYTES];
	int r, fd;

	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.new", path) >=
		sizeof(temporary))
		return err_set(err, -ENAMETOOLONG, "%s: the path is too long", path);
	if (unlinkat(dir_fd, temporary, 0) < 0 && errno != ENOENT)
		return err_errno(err, "%s", path);
	fd = openat(dir_fd, temporary,
		O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return err_errno(err, "%s: cannot be written", path);
	r = fchmod(fd, mode) < 0 ? -errno : io_write_full(fd, bytes, count);
	if (r == 0 && durability == IO_DURABLE && fsync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && renameat(dir_fd, temporary, dir_fd, path) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(dir_fd, temporary, 0);
		return err_set(err, r, "%s: %s", path, strerror(-r));
	}
	if (durability == IO_DURABLE)
		r = sync_folder_of(dir_fd, path);
	return r < 0 ? err_set(err, r, "folder of %s: %s", path, strerror(-r)) : 0;
}

int io_make_folders(const char *path, unsigned mode, struct err *err)
{
	char part[PATH_BYTES];
	size_t length = strlen(path);
	struct stat status;

	if (length == 0 || length >= sizeof(part))
		return err_set(
			err, -ENAMETOOLONG, "not a usable path: \"%.100s\"", path);
	memcpy(part, path, length + 1);
	for (char *at = part + 1;; at++) {
		char was = *at;

		if (was != '/' && was != '\0')
			continue;
		*at = '\0';
		if (mkdir(part, mode) < 0 && errno != EEXIST)
			return err_errno(err, "cannot make the folder %s", part);
		*at = was;
		if (was == '\0')
			break;
	}
	if (stat(path, &status) < 0)
		return err_errno(err, "%s", path);
	if (!S_ISDIR(status.st_mode))
		return err_set(err, -ENOTDIR, "%s is not a folder", path);
	return 0;
}
