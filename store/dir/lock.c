#include "store/dir/lock.h"

#include "common/clock.h"
#include "common/hex.h"
#include "common/io.h"
#include "store/dir/data_dir.h"
#include "store/dir/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* flock has no deadline of its own: try, wait a little longer each time. */
static int lock_wait(int fd, int timeout_ms, struct err *err)
{
	int64_t end = clock_monotonic_ms() + timeout_ms;
	long pause_ms = 1;

	for (;;) {
		int64_t left = 0;

		if (timeout_ms < 0) {
			if (flock(fd, LOCK_EX) == 0)
				return 0;
			if (errno == EINTR)
				continue;
			return err_errno(err, "writer.lock");
		}
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_errno(err, "writer.lock");
		left = end - clock_monotonic_ms();
		if (left <= 0)
			return err_set(err, -EBUSY,
				"another program is writing to the store (writer.lock is held)");
		if (pause_ms > left)
			pause_ms = (long)left;
		nanosleep(&(struct timespec){ .tv_sec = pause_ms / 1000,
				  .tv_nsec = pause_ms % 1000 * 1000000 },
			NULL);
		if (pause_ms < 50)
			pause_ms *= 2;
	}
}

int store_lock_take(const char *dir, int timeout_ms, int *ret_fd, struct err *err)
{
	char path[PATH_MAX];
	int fd = -1;
	int r = folder_make(dir, err);

	if (r < 0)
		return r;
	r = data_path(dir, DATA_WRITER_LOCK, path, err);
	if (r < 0)
		return r;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return err_errno(err, "cannot write to the store: %s", path);
	r = folder_adopt(fd, path, err);
	if (r == 0)
		r = lock_wait(fd, timeout_ms, err);
	if (r < 0) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

void store_lock_drop(int fd)
{
	if (fd >= 0)
		close(fd); /* no LOCK_UN: a child may still hold a copy */
}

static int id_is_valid(const char *text, ssize_t length)
{
	return length >= STORE_ID_SIZE - 1 &&
		strspn(text, "0123456789abcdef") == STORE_ID_SIZE - 1;
}

int store_id_read(const char *dir, char ret_id[STORE_ID_SIZE], struct err *err)
{
	char path[PATH_MAX];
	char text[STORE_ID_SIZE + 8] = "";
	struct stat status;
	ssize_t length = 0;
	int fd = -1;
	int r = data_path(dir, DATA_STORE_ID, path, err);

	if (r < 0)
		return r;
	/* O_NONBLOCK: a FIFO in its place must not stop us */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_errno(err, "%s", path);
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		length = io_read_full(fd, text, sizeof(text) - 1);
	close(fd);
	if (length < 0) /* not damaged: another time it may be read */
		return err_set(
			err, (int)length, "%s: %s", path, strerror((int)-length));
	if (!id_is_valid(text, length))
		return err_set(err, -EBADMSG, "%s: not 32 hexadecimal digits", path);
	memcpy(ret_id, text, STORE_ID_SIZE - 1);
	ret_id[STORE_ID_SIZE - 1] = '\0';
	return 0;
}

/* Whole or not at all: written under another name, synced, linked (first one wins). */
static int id_create(const char *dir, struct err *err)
{
	char path[PATH_MAX], made[PATH_MAX], text[STORE_ID_SIZE + 1];
	unsigned char random[(STORE_ID_SIZE - 1) / 2];
	int fd = -1;
	int r = 0;

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return err_errno(err, "random numbers");
	hex_write(random, sizeof(random), text);
	text[STORE_ID_SIZE - 1] = '\n';
	r = data_path(dir, DATA_STORE_ID, path, err);
	if (r == 0)
		r = data_path_format(dir, made, err, ".%s.%ld",
			data_name(DATA_STORE_ID), (long)getpid());
	if (r < 0)
		return r;
	fd = open(made, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return err_errno(err, "%s", made);
	r = folder_adopt(fd, made, err);
	if (r == 0)
		r = io_write_full(fd, text, STORE_ID_SIZE);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r < 0)
		err_set(err, r, "%s: %s", made, strerror(-r));
	if (r == 0) {
		char ignored[STORE_ID_SIZE];

		/* one that is damaged is replaced, a good one of somebody else stays */
		if (link(made, path) < 0 && errno == EEXIST &&
			store_id_read(dir, ignored, NULL) == -EBADMSG &&
			rename(made, path) < 0)
			r = err_errno(err, "%s", path);
	}
	unlink(made);
	return r;
}

int store_id_ensure(const char *dir, char ret_id[STORE_ID_SIZE], struct err *err)
{
	int r = folder_make(dir, err);

	if (r < 0)
		return r;
	r = store_id_read(dir, ret_id, err);
	/* what cannot be read now is still the id: another would orphan what waits for it */
	if (r != -ENOENT && r != -EBADMSG)
		return r;
	r = id_create(dir, err);
	return r < 0 ? r : store_id_read(dir, ret_id, err);
}
