/* libc's calls by which the daemon changes its disk, taken by name: each may fail, and what
 * it changes is noted first. */
#include "tests/simulator/disk.h"
#include "tests/simulator/journal.h"
#include "tests/simulator/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- faults ----------------------------------------------------------------------- */

/* Before each changing call of the daemon.  Returns whether the call is to fail, with
 * errno set; FAULT_HALF is the caller's to do. */
static enum fault_kind strike(void)
{
	struct fault *fault;

	if (!journal_is_on() || !is_daemon)
		return FAULT_NONE;
	journal_count_call();
	fault = &shared->fault;
	if (fault->kind == FAULT_NONE || fault->after-- > 0)
		return FAULT_NONE;
	if (fault->after < -fault->run) {
		fault->kind = FAULT_NONE;
		return FAULT_NONE;
	}
	fault->struck++;
	if (fault->kind == FAULT_KILL) {
		shared->is_killed = true;
		(void)syscall(SYS_kill, syscall(SYS_getpid), 9);
	}
	errno = fault->error;
	return fault->kind;
}

/* ---- the calls: bytes --------------------------------------------------------------- */

/* A descriptor whose every write is synced. */
static void sync_if_synchronous(int fd)
{
	struct stat state;
	int flags = journal_is_on() ? fcntl(fd, F_GETFL) : 0;

	if (flags > 0 && (flags & O_DSYNC) && fstat(fd, &state) == 0)
		journal_commit(state.st_ino);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at)
{
	enum fault_kind fault = strike();
	ssize_t put;

	if (fault == FAULT_ERROR)
		return -1;
	if (fault == FAULT_HALF && length > 1)
		length /= 2;
	journal_note_write(fd, at, length);
	put = syscall(SYS_pwrite64, fd, bytes, length, at);
	sync_if_synchronous(fd);
	return put;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at)
{
	return pwrite(fd, bytes, length, at);
}

ssize_t write(int fd, const void *bytes, size_t length)
{
	struct stat state;
	enum fault_kind fault;
	off_t at;

	if (!journal_watches_file(fd, &state))
		return syscall(SYS_write, fd, bytes, length);
	fault = strike();
	if (fault == FAULT_ERROR)
		return -1;
	if (fault == FAULT_HALF && length > 1)
		length /= 2;
	at = lseek(fd, 0, SEEK_CUR);
	journal_note_write(fd, at < 0 ? 0 : at, length);
	return syscall(SYS_write, fd, bytes, length);
}

int ftruncate(int fd, off_t size)
{
	struct stat state;

	if (strike() == FAULT_ERROR)
		return -1;
	if (journal_watches_file(fd, &state))
		journal_note_write(fd, size < state.st_size ? size : state.st_size,
			size < state.st_size ? (size_t)(state.st_size - size) : 0);
	return (int)syscall(SYS_ftruncate, fd, size);
}

int ftruncate64(int fd, off64_t size)
{
	return ftruncate(fd, size);
}

int posix_fallocate(int fd, off_t at, off_t length)
{
	struct stat state;

	if (strike() == FAULT_ERROR)
		return errno;
	if (journal_watches_file(fd, &state))
		journal_note_write(fd, state.st_size, 0);
	return syscall(SYS_fallocate, fd, 0, at, length) < 0 ? errno : 0;
}

/* What is written through a mapping is not seen: all of it counts as written. */
void *mmap(void *where, size_t length, int protection, int flags, int fd, off_t at)
{
	if (fd >= 0 && (protection & PROT_WRITE) && (flags & MAP_SHARED) &&
		journal_is_on())
		journal_note_write(fd, at, length);
	return (void *)syscall(SYS_mmap, where, length, protection, flags, fd, at);
}

void *mmap64(void *where, size_t length, int protection, int flags, int fd, off64_t at)
{
	return mmap(where, length, protection, flags, fd, at);
}

static int sync_file(int fd, long number)
{
	struct stat state;

	if (strike() == FAULT_ERROR)
		return -1;
	if (syscall(number, fd) < 0)
		return -1;
	if (journal_is_on() && fstat(fd, &state) == 0)
		journal_commit(state.st_ino);
	return 0;
}

int fsync(int fd)
{
	return sync_file(fd, SYS_fsync);
}

int fdatasync(int fd)
{
	return sync_file(fd, SYS_fdatasync);
}

int syncfs(int fd)
{
	(void)fd;
	if (strike() == FAULT_ERROR)
		return -1;
	disk_sync_all();
	return 0;
}

/* ---- what the machine tells that is not in the seed ---------------------------------- */

/* The number of a process and the room of a disk get into the database, where their
 * length decides how many pages change. */
pid_t getpid(void)
{
	return journal_is_on() && shared->is_clock_on ? 4242
						      : (pid_t)syscall(SYS_getpid);
}

/* A name, a salt of SQLite's log: as text or as a number it may be a byte longer, and then
 * one more page changes. */
ssize_t getrandom(void *bytes, size_t length, unsigned flags)
{
	unsigned char *to = bytes;

	if (!shared || !shared->is_clock_on)
		return syscall(SYS_getrandom, bytes, length, flags);
	for (size_t i = 0; i < length; i++)
		to[i] = (unsigned char)chance_next(&shared->random);
	return (ssize_t)length;
}

/* "/dev/urandom", where SQLite takes its seed from. */
static int open_random(void)
{
	unsigned char bytes[256];
	int fd = (int)syscall(SYS_memfd_create, "random", MFD_CLOEXEC);

	if (fd >= 0 && getrandom(bytes, sizeof(bytes), 0) == (ssize_t)sizeof(bytes))
		(void)syscall(SYS_pwrite64, fd, bytes, sizeof(bytes), 0);
	return fd;
}

int statvfs(const char *path, struct statvfs *ret_state)
{
	(void)path;
	memset(ret_state, 0, sizeof(*ret_state));
	ret_state->f_bsize = ret_state->f_frsize = 4096;
	ret_state->f_blocks = 1 << 24;
	ret_state->f_bfree = ret_state->f_bavail = 1 << 23;
	return 0;
}

/* ---- the calls: names ------------------------------------------------------------- */

static int open_named(int dir_fd, const char *name, int flags, mode_t mode)
{
	/* it is read to make the process small: a fifth of a start's time, and nothing of it
	 * is looked at here */
	if (journal_is_on() && strcmp(name, "/proc/self/smaps") == 0) {
		errno = ENOENT;
		return -1;
	}
	if (journal_is_on() && shared->is_clock_on && strcmp(name, "/dev/urandom") == 0)
		return open_random();
	if ((flags & O_CREAT) && journal_is_on()) {
		if (is_daemon && strike() == FAULT_ERROR)
			return -1;
		journal_note_create(dir_fd, name);
	}
	if ((flags & O_TRUNC) && journal_is_on()) {
		int fd = (int)syscall(
			SYS_openat, dir_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0);
		struct stat state;

		if (fd >= 0 && fstat(fd, &state) == 0 && state.st_size > 0)
			journal_note_write(fd, 0, (size_t)state.st_size);
		if (fd >= 0)
			close(fd);
	}
	return (int)syscall(SYS_openat, dir_fd, name, flags, mode);
}

static mode_t mode_of(int flags, va_list args)
{
	return flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(args, int) : 0;
}

int open(const char *name, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return open_named(AT_FDCWD, name, flags, mode);
}

int open64(const char *name, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return open_named(AT_FDCWD, name, flags, mode);
}

int openat(int dir_fd, const char *name, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return open_named(dir_fd, name, flags, mode);
}

int mkdirat(int dir_fd, const char *name, mode_t mode)
{
	if (strike() == FAULT_ERROR)
		return -1;
	journal_note_create(dir_fd, name);
	return (int)syscall(SYS_mkdirat, dir_fd, name, mode);
}

int mkdir(const char *name, mode_t mode)
{
	return mkdirat(AT_FDCWD, name, mode);
}

/* What is in the way is kept, for a power cut that takes the rename back. */
int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	char old[PATH_MAX], new[PATH_MAX];
	bool is_from = journal_watches(from_fd, from, old), is_to;
	struct stat state;

	if (strike() == FAULT_ERROR)
		return -1;
	is_to = journal_watches(to_fd, to, new);
	if (!is_from || !is_to || lstat(old, &state) < 0)
		return (int)syscall(SYS_renameat, from_fd, from, to_fd, to);
	if (lstat(new, &state) == 0 && S_ISDIR(state.st_mode))
		return (int)syscall(SYS_renameat, from_fd, from, to_fd, to);
	return journal_rename(old, new);
}

int rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int unlinkat(int dir_fd, const char *name, int flags)
{
	char path[PATH_MAX];
	struct stat state;

	if (strike() == FAULT_ERROR)
		return -1;
	if (!journal_watches(dir_fd, name, path) || lstat(path, &state) < 0 ||
		!S_ISREG(state.st_mode) || (flags & AT_REMOVEDIR))
		return (int)syscall(SYS_unlinkat, dir_fd, name, flags);
	return journal_remove(path);
}

int unlink(const char *name)
{
	return unlinkat(AT_FDCWD, name, 0);
}

int rmdir(const char *name)
{
	return unlinkat(AT_FDCWD, name, AT_REMOVEDIR);
}
