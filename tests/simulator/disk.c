/* The disk of the simulated machine. */
#include "tests/simulator/disk.h"
#include "tests/simulator/shared.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	SECTOR = 512,
	ENTRIES = 1 << 16,
	NAME_BYTES = 224,
	SECTORS = 1 << 18, /* of the table of those that are decided at a cut */
};
#define ARENA_BYTES ((size_t)1 << 29)

enum entry_kind { ENTRY_DEAD, ENTRY_WRITE, ENTRY_RENAME, ENTRY_REMOVE, ENTRY_CREATE };

struct entry {
	enum entry_kind kind;
	ino_t inode;
	off_t at, old_size;
	size_t length, data; /* the bytes before: where in the arena */
	char path[NAME_BYTES], to[NAME_BYTES]; /* of names */
	unsigned grave; /* what stood in the way or was removed; 0: nothing */
};

struct journal {
	size_t count, used; /* entries, bytes of the arena */
	unsigned graves;
	uint64_t calls;
	struct entry entry[ENTRIES];
	unsigned char arena[];
};

struct shared *shared;
bool is_daemon;
static struct journal *journal;

/* ---- chance -------------------------------------------------------------------- */

uint64_t chance_next(uint64_t *seed)
{
	uint64_t z = (*seed += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint64_t chance_below(uint64_t *seed, uint64_t below)
{
	return below ? chance_next(seed) % below : 0;
}

bool chance_one_in(uint64_t *seed, uint64_t many)
{
	return chance_below(seed, many) == 0;
}

/* ---- the journal ------------------------------------------------------------------ */

static void *disk_map(size_t bytes)
{
	void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (map == MAP_FAILED) {
		perror("simulator");
		exit(2);
	}
	return map;
}

void disk_open(void)
{
	shared = disk_map(sizeof(*shared));
	journal = disk_map(sizeof(*journal) + ARENA_BYTES);
}

uint64_t disk_calls(void)
{
	return journal->calls;
}

static void grave_path(unsigned number, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%u", shared->grave_dir, number);
}

static void graves_empty(void)
{
	char path[PATH_MAX];

	for (unsigned i = 1; i <= journal->graves; i++) {
		grave_path(i, path);
		if (syscall(SYS_unlink, path) < 0)
			(void)syscall(SYS_rmdir, path);
	}
	journal->graves = 0;
}

static void forget_if_empty(void)
{
	for (size_t i = 0; i < journal->count; i++)
		if (journal->entry[i].kind != ENTRY_DEAD)
			return;
	journal->count = journal->used = 0;
	graves_empty();
}

/* An fsync of anything commits all names, as the journal of ext4 does; of the bytes those
 * of its file.  inode 0: of every file. */
static void journal_commit(ino_t inode)
{
	for (size_t i = 0; i < journal->count; i++)
		if (journal->entry[i].kind != ENTRY_WRITE || inode == 0 ||
			journal->entry[i].inode == inode)
			journal->entry[i].kind = ENTRY_DEAD;
	forget_if_empty();
}

void disk_sync_all(void)
{
	if (journal)
		journal_commit(0);
}

static struct entry *entry_new(enum entry_kind kind)
{
	struct entry *entry;

	if (journal->count == ENTRIES)
		journal_commit(0); /* as a kernel does in the end */
	entry = &journal->entry[journal->count++];
	memset(entry, 0, sizeof(*entry));
	entry->kind = kind;
	return entry;
}

/* Is it below the data folder?  ret_path: absolute. */
static bool is_watched(int dir_fd, const char *name, char ret_path[PATH_MAX])
{
	char dir[PATH_MAX] = "", link[64];
	size_t length;

	if (!journal || !shared->data_dir[0])
		return false;
	if (name[0] != '/' && dir_fd == AT_FDCWD) {
		if (!getcwd(dir, sizeof(dir)))
			return false;
	} else if (name[0] != '/') {
		ssize_t got;

		snprintf(link, sizeof(link), "/proc/self/fd/%d", dir_fd);
		got = readlink(link, dir, sizeof(dir) - 1);
		if (got < 0)
			return false;
		dir[got] = '\0';
	}
	if (name[0] == '/')
		snprintf(ret_path, PATH_MAX, "%s", name);
	else if (snprintf(ret_path, PATH_MAX, "%s/%s", dir, name) >= PATH_MAX)
		return false;
	length = strlen(shared->data_dir);
	return strncmp(ret_path, shared->data_dir, length) == 0 &&
		ret_path[length] == '/' && strlen(ret_path) < NAME_BYTES;
}

static bool is_watched_file(int fd, struct stat *ret_state)
{
	char link[64], path[PATH_MAX];
	ssize_t got;

	if (!journal || !shared->data_dir[0] || fstat(fd, ret_state) < 0 ||
		!S_ISREG(ret_state->st_mode))
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	got = readlink(link, path, sizeof(path) - 1);
	if (got < 0)
		return false;
	path[got] = '\0';
	return strncmp(path, shared->data_dir, strlen(shared->data_dir)) == 0;
}

/* What stands there now, before it is changed. */
static void note_write(int fd, off_t at, size_t length)
{
	struct stat state;
	struct entry *entry;
	char self[64];
	int reader;
	ssize_t got = 0;

	if (!is_watched_file(fd, &state))
		return;
	if (journal->used + length > ARENA_BYTES)
		journal_commit(0);
	entry = entry_new(ENTRY_WRITE);
	entry->inode = state.st_ino;
	entry->at = at;
	entry->length = length;
	entry->old_size = state.st_size;
	entry->data = journal->used;
	/* the descriptor itself may be for writing alone */
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	reader = (int)syscall(SYS_openat, AT_FDCWD, self, O_RDONLY | O_CLOEXEC, 0);
	if (reader >= 0) {
		got = pread(reader, journal->arena + journal->used, length, at);
		close(reader);
	}
	if (got < 0)
		got = 0;
	memset(journal->arena + journal->used + got, 0, length - (size_t)got);
	journal->used += length;
}

/* is_watched saw that it fits. */
static void name_take(char to[static NAME_BYTES], const char *path)
{
	memcpy(to, path, strlen(path) + 1);
}

static void note_create(int dir_fd, const char *name)
{
	char path[PATH_MAX];
	struct stat state;

	if (!is_watched(dir_fd, name, path) || lstat(path, &state) == 0)
		return;
	name_take(entry_new(ENTRY_CREATE)->path, path);
}

/* ---- faults ----------------------------------------------------------------------- */

/* Before each changing call of the daemon.  Returns whether the call is to fail, with
 * errno set; FAULT_HALF is the caller's to do. */
static enum fault_kind strike(void)
{
	struct fault *fault;

	if (!journal || !is_daemon)
		return FAULT_NONE;
	journal->calls++;
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
	int flags = journal ? fcntl(fd, F_GETFL) : 0;

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
	note_write(fd, at, length);
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

	if (!is_watched_file(fd, &state))
		return syscall(SYS_write, fd, bytes, length);
	fault = strike();
	if (fault == FAULT_ERROR)
		return -1;
	if (fault == FAULT_HALF && length > 1)
		length /= 2;
	at = lseek(fd, 0, SEEK_CUR);
	note_write(fd, at < 0 ? 0 : at, length);
	return syscall(SYS_write, fd, bytes, length);
}

int ftruncate(int fd, off_t size)
{
	struct stat state;

	if (strike() == FAULT_ERROR)
		return -1;
	if (is_watched_file(fd, &state))
		note_write(fd, size < state.st_size ? size : state.st_size,
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
	if (is_watched_file(fd, &state))
		note_write(fd, state.st_size, 0);
	return syscall(SYS_fallocate, fd, 0, at, length) < 0 ? errno : 0;
}

/* What is written through a mapping is not seen: all of it counts as written. */
void *mmap(void *where, size_t length, int protection, int flags, int fd, off_t at)
{
	if (fd >= 0 && (protection & PROT_WRITE) && (flags & MAP_SHARED) && journal)
		note_write(fd, at, length);
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
	if (journal && fstat(fd, &state) == 0)
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
	return journal && shared->is_clock_on ? 4242 : (pid_t)syscall(SYS_getpid);
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
	if ((flags & O_CREAT) && journal) {
		if (is_daemon && strike() == FAULT_ERROR)
			return -1;
		note_create(dir_fd, name);
	}
	if ((flags & O_TRUNC) && journal) {
		int fd = (int)syscall(
			SYS_openat, dir_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0);
		struct stat state;

		if (fd >= 0 && fstat(fd, &state) == 0 && state.st_size > 0)
			note_write(fd, 0, (size_t)state.st_size);
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
	note_create(dir_fd, name);
	return (int)syscall(SYS_mkdirat, dir_fd, name, mode);
}

int mkdir(const char *name, mode_t mode)
{
	return mkdirat(AT_FDCWD, name, mode);
}

/* What is in the way is kept, for a power cut that takes the rename back. */
int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	char old[PATH_MAX], new[PATH_MAX], grave[PATH_MAX];
	bool is_from = is_watched(from_fd, from, old), is_to;
	struct stat state;
	struct entry *entry;

	if (strike() == FAULT_ERROR)
		return -1;
	is_to = is_watched(to_fd, to, new);
	if (!is_from || !is_to || lstat(old, &state) < 0)
		return (int)syscall(SYS_renameat, from_fd, from, to_fd, to);
	if (lstat(new, &state) == 0 && S_ISDIR(state.st_mode))
		return (int)syscall(SYS_renameat, from_fd, from, to_fd, to);
	entry = entry_new(ENTRY_RENAME);
	name_take(entry->path, old);
	name_take(entry->to, new);
	if (lstat(new, &state) == 0) {
		entry->grave = ++journal->graves;
		grave_path(entry->grave, grave);
		(void)syscall(SYS_rename, new, grave);
	}
	return (int)syscall(SYS_rename, old, new);
}

int rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int unlinkat(int dir_fd, const char *name, int flags)
{
	char path[PATH_MAX], grave[PATH_MAX];
	struct entry *entry;
	struct stat state;

	if (strike() == FAULT_ERROR)
		return -1;
	if (!is_watched(dir_fd, name, path) || lstat(path, &state) < 0 ||
		!S_ISREG(state.st_mode) || (flags & AT_REMOVEDIR))
		return (int)syscall(SYS_unlinkat, dir_fd, name, flags);
	entry = entry_new(ENTRY_REMOVE);
	name_take(entry->path, path);
	entry->grave = ++journal->graves;
	grave_path(entry->grave, grave);
	return (int)syscall(SYS_rename, path, grave);
}

int unlink(const char *name)
{
	return unlinkat(AT_FDCWD, name, 0);
}

int rmdir(const char *name)
{
	return unlinkat(AT_FDCWD, name, AT_REMOVEDIR);
}

/* ---- the cut ----------------------------------------------------------------------- */

static void name_undo(const struct entry *entry)
{
	char grave[PATH_MAX];

	if (entry->grave)
		grave_path(entry->grave, grave);
	switch (entry->kind) {
	case ENTRY_CREATE:
		if (syscall(SYS_unlink, entry->path) < 0)
			(void)syscall(SYS_rmdir, entry->path);
		break;
	case ENTRY_RENAME:
		(void)syscall(SYS_rename, entry->to, entry->path);
		if (entry->grave)
			(void)syscall(SYS_rename, grave, entry->to);
		break;
	case ENTRY_REMOVE:
		(void)syscall(SYS_rename, grave, entry->path);
		break;
	case ENTRY_WRITE:
	case ENTRY_DEAD:
		break;
	}
}

/* Sectors of which a later write reached the disk: no earlier one is taken back. */
static bool sector_is_kept(uint64_t *table, ino_t inode, off_t sector, bool is_kept)
{
	uint64_t key = (uint64_t)inode * 0x9e3779b97f4a7c15u ^
		(uint64_t)sector * 0x94d049bb133111ebu;
	size_t at = (key ^ key >> 29) % SECTORS;

	key |= 1;
	while (table[at] && table[at] != key)
		at = (at + 1) % SECTORS;
	if (table[at] == key)
		return true;
	if (is_kept)
		table[at] = key;
	return false;
}

struct cut {
	uint64_t *seed, *table;
	uint64_t undone;
	const struct entry *entry; /* the one being taken back */
	int fd;
};

static int by_inode(
	const char *path, const struct stat *state, int flag, struct FTW *ftw);
static struct cut *cutting; /* nftw has no context of its own */

static void write_undo(struct cut *cut)
{
	const struct entry *entry = cut->entry;
	off_t end = entry->at + (off_t)entry->length;
	struct stat state;

	if (cut->fd < 0)
		return; /* its file is gone */
	for (off_t at = entry->at; at < end;) {
		off_t next = (at / SECTOR + 1) * SECTOR;
		bool reached = !chance_one_in(cut->seed, 2);

		next = next > end ? end : next;
		if (!sector_is_kept(cut->table, entry->inode, at / SECTOR, reached) &&
			!reached) {
			(void)!syscall(SYS_pwrite64, cut->fd,
				journal->arena + entry->data + (at - entry->at),
				next - at, at);
			cut->undone++;
		}
		at = next;
	}
	/* a file that grew may have grown without its bytes, or not at all */
	if (fstat(cut->fd, &state) == 0 && state.st_size > entry->old_size &&
		end >= entry->old_size && chance_one_in(cut->seed, 2))
		(void)!syscall(SYS_ftruncate, cut->fd, entry->old_size);
}

static int by_inode(
	const char *path, const struct stat *state, int flag, struct FTW *ftw)
{
	(void)ftw;
	if (flag != FTW_F || state->st_ino != cutting->entry->inode)
		return 0;
	cutting->fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
	return 1;
}

uint64_t disk_cut(uint64_t *seed)
{
	static uint64_t table[SECTORS];
	struct cut cut = { .seed = seed, .table = table, .fd = -1 };
	size_t names = 0, kept;
	ino_t open_inode = 0;

	memset(table, 0, sizeof(table));
	for (size_t i = 0; i < journal->count; i++)
		names += journal->entry[i].kind > ENTRY_WRITE;
	kept = chance_below(seed, names + 1);
	for (size_t i = journal->count; i-- > 0 && names > kept;)
		if (journal->entry[i].kind > ENTRY_WRITE) {
			name_undo(&journal->entry[i]);
			names--;
		}
	for (size_t i = journal->count; i-- > 0;) {
		cut.entry = &journal->entry[i];
		if (cut.entry->kind != ENTRY_WRITE)
			continue;
		if (cut.entry->inode != open_inode) {
			if (cut.fd >= 0)
				close(cut.fd);
			cut.fd = -1;
			cutting = &cut;
			(void)nftw(shared->data_dir, by_inode, 16, FTW_PHYS);
			open_inode = cut.entry->inode;
		}
		write_undo(&cut);
	}
	if (cut.fd >= 0)
		close(cut.fd);
	journal_commit(0);
	return cut.undone;
}
