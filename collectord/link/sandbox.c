/* What the daemon gives up at its start, and the folders that are its own. */
#include "collectord/link/sandbox.h"

#include "collectord/link/settings.h"
#include "common/io.h"
#include "store/dir/data_dir.h"
#include "store/dir/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 4096
#define LOCK_TEXT_BYTES (PATH_BYTES + 64)
#define LOCK_NAME "lock"
#define RUNTIME_TOO_LONG "the runtime folder's path is too long"

/* Is there nothing in it? */
static bool is_empty_folder(int fd)
{
	int inner = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = inner >= 0 ? fdopendir(inner) : NULL;
	struct dirent *entry;
	bool is_empty = dir != NULL;

	while (is_empty && (entry = readdir(dir)) != NULL)
		is_empty = strcmp(entry->d_name, ".") == 0 ||
			strcmp(entry->d_name, "..") == 0;
	if (dir)
		closedir(dir);
	else if (inner >= 0)
		close(inner);
	return is_empty;
}

/* A folder of root's that is empty, or a store and nothing else (`analyze import` was run
 * by root first), becomes the user's with all in it; any other is never given away. */
static int give_folder(const char *data_dir, const struct passwd *user, struct err *err)
{
	struct stat status;
	int r = 0;
	int fd = open(data_dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return err_errno(err, "%s", data_dir);
	if (fstat(fd, &status) < 0)
		r = err_errno(err, "%s", data_dir);
	else if (status.st_uid == 0 && !is_empty_folder(fd))
		r = folder_is_store(fd, err);
	else
		r = 1;
	if (r == 0)
		r = err_set(err, -EPERM,
			"%s is root's and holds files that are none of a store: it is not "
			"given to %s; take an empty folder (data = ... in the settings)",
			data_dir, user->pw_name);
	if (r > 0 && status.st_uid == 0)
		r = folder_give(fd, user->pw_uid, user->pw_gid, err);
	close(fd);
	return r < 0 ? r : 0;
}

int sandbox_become(const char *user, const char *data_dir, struct err *err)
{
	struct passwd *entry;
	int r;

	if (geteuid() != 0 || !*user)
		return 0;
	errno = 0;
	entry = getpwnam(user);
	if (!entry)
		return err_set(err, -ENOENT, "there is no user \"%s\"", user);
	if (entry->pw_uid == 0)
		return 0;
	r = io_make_folders(data_dir, 0750, err);
	if (r == 0)
		r = give_folder(data_dir, entry, err);
	if (r < 0)
		return r;
	if (initgroups(entry->pw_name, entry->pw_gid) < 0 ||
		setgid(entry->pw_gid) < 0 || setuid(entry->pw_uid) < 0)
		return err_errno(err, "cannot become %s", user);
	if (setuid(0) == 0)
		return err_set(err, -EPERM, "still root after becoming %s", user);
	return 1;
}

void sandbox_harden(void)
{
	struct rlimit no_core = { 0, 0 };

	umask(027);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)setrlimit(RLIMIT_CORE, &no_core);
}

static int own_folder(const char *path, struct err *err)
{
	struct stat status;

	if (mkdir(path, 0750) < 0 && errno != EEXIST)
		return err_errno(err, "cannot make %s", path);
	if (lstat(path, &status) < 0)
		return err_errno(err, "%s", path);
	if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid())
		return err_set(
			err, -EPERM, "%s is there and not a folder of ours", path);
	if ((status.st_mode & 022) != 0)
		return err_set(err, -EPERM, "%s can be written by others", path);
	return 0;
}

/* One daemon in a runtime folder: a copy of a store has its id, and would meet the ring of
 * the other one.  1 with the folder made and locked, -EBUSY where another one has it. */
static int runtime_take(const char *path, int *ret_lock_fd, struct err *err)
{
	char lock[PATH_BYTES + 16];
	int r = own_folder(path, err);
	int fd;

	if (r < 0)
		return r;
	snprintf(lock, sizeof(lock), "%s/" LOCK_NAME, path);
	fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return err_errno(err, "%s", lock);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		r = errno == EWOULDBLOCK
			? err_set(err, -EBUSY,
				  "%s is the runtime folder of another collectord that "
				  "runs: is its store a copy of this one, or this one of "
				  "it?",
				  path)
			: err_errno(err, "%s", lock);
		close(fd);
		return r;
	}
	*ret_lock_fd = fd;
	return 0;
}

/* Does the daemon that has this runtime folder fill our store?  Its collectord.lock may have
 * been removed. */
static bool is_of_same_store(const char *runtime, const char *data_dir)
{
	struct settings theirs;
	struct stat there, ours;

	return settings_load(runtime, &theirs, NULL) == 0 &&
		stat(theirs.data.text, &there) == 0 && stat(data_dir, &ours) == 0 &&
		there.st_dev == ours.st_dev && there.st_ino == ours.st_ino;
}

int sandbox_runtime_dir(const char *data_dir, const char *store_id, char *ret_path,
	size_t size, char ret_note[static SANDBOX_NOTE_BYTES], struct err *err)
{
	const char *given = getenv("RUNTIME_DIRECTORY");
	struct err why = ERR_INIT;
	int lock_fd = -1, length, r = 0;

	ret_note[0] = '\0';
	if (given && given[0] == '/') { /* systemd: several are separated by ':' */
		length = snprintf(
			ret_path, size, "%.*s", (int)strcspn(given, ":"), given);
		if (length < 0 || (size_t)length >= size)
			return err_set(err, -ENAMETOOLONG, RUNTIME_TOO_LONG);
		r = runtime_take(ret_path, &lock_fd, err);
		return r < 0 ? r : lock_fd;
	}
	if (access("/dev/shm", W_OK) == 0) {
		length = snprintf(ret_path, size, "/dev/shm/headroom-%u-%s",
			(unsigned)geteuid(), store_id);
		if (length > 0 && (size_t)length < size &&
			(r = runtime_take(ret_path, &lock_fd, &why)) == 0)
			return lock_fd;
		if (r == -EBUSY && is_of_same_store(ret_path, data_dir))
			return err_set(err, r,
				"a collectord is already running on %s, though its lock "
				"was removed",
				data_dir);
		/* anybody may take the name there, nobody the place in our own folder */
		snprintf(ret_note, SANDBOX_NOTE_BYTES, "%.300s", why.text);
	}
	length = snprintf(ret_path, size, "%s/%s", data_dir, data_name(DATA_RUN));
	if (length < 0 || (size_t)length >= size)
		return err_set(err, -ENAMETOOLONG, RUNTIME_TOO_LONG);
	r = runtime_take(ret_path, &lock_fd, err);
	return r < 0 ? r : lock_fd;
}

int sandbox_runtime_again(const char *path, int *lock_fd, struct err *err)
{
	char lock[PATH_BYTES + 16];
	struct stat there, ours;
	int fd = -1, r;

	snprintf(lock, sizeof(lock), "%s/" LOCK_NAME, path);
	if (stat(lock, &there) == 0 && fstat(*lock_fd, &ours) == 0 &&
		there.st_dev == ours.st_dev && there.st_ino == ours.st_ino)
		return 0;
	r = runtime_take(path, &fd, err);
	if (r < 0)
		return r;
	close(*lock_fd);
	*lock_fd = fd;
	return 0;
}

void sandbox_remove_runtime_dir(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)) != NULL)
		(void)unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	(void)rmdir(path);
}

int sandbox_lock(const char *data_dir, struct err *err)
{
	char path[PATH_BYTES], text[LOCK_TEXT_BYTES] = "";
	ssize_t length;
	int fd;

	if (data_path(data_dir, DATA_COLLECTORD_LOCK, path, err) < 0)
		return -ENAMETOOLONG;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return err_errno(err, "%s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (errno != EWOULDBLOCK) {
		int r = err_errno(err, "%s", path);

		close(fd);
		return r;
	}
	length = io_pread_full(fd, text, sizeof(text) - 1, 0);
	text[length > 0 ? length : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	close(fd);
	return err_set(err, -EBUSY, "a collectord is already running on %s%s%.30s%s",
		data_dir, text[0] ? " (" : "", text, text[0] ? ")" : "");
}

int sandbox_lock_write(int fd, const char *runtime, struct err *err)
{
	char text[LOCK_TEXT_BYTES];
	int length = snprintf(
		text, sizeof(text), "pid %d\nruntime %s\n", (int)getpid(), runtime);
	int r = ftruncate(fd, 0) < 0 ? -errno
				     : io_pwrite_full(fd, text, (size_t)length, 0);

	return r < 0 ? err_set(err, r, "collectord.lock: %s", strerror(-r)) : 0;
}
