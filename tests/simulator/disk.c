/* The disk of the simulated machine. */
#include "tests/simulator/disk.h"

#include "tests/simulator/journal.h"
#include "tests/simulator/shared.h"

#include "common/clock.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
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
void journal_commit(ino_t inode)
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
bool journal_watches(int dir_fd, const char *name, char ret_path[PATH_MAX])
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

/* What was said of a descriptor's file the last time: names are asked for once. */
static struct {
	dev_t device;
	ino_t inode; /* 0: nothing yet */
	bool is_watched;
} seen_file[256];

static bool is_below_data(int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t got;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	got = readlink(link, path, sizeof(path) - 1);
	if (got < 0)
		return false;
	path[got] = '\0';
	/* SQLite empties its -shm itself, before it believes a word of it */
	return strncmp(path, shared->data_dir, strlen(shared->data_dir)) == 0 &&
		!(got > 4 && strcmp(path + got - 4, "-shm") == 0);
}

bool journal_watches_file(int fd, struct stat *ret_state)
{
	size_t at = (size_t)fd % (sizeof(seen_file) / sizeof(seen_file[0]));

	if (!journal || !shared->data_dir[0] || fstat(fd, ret_state) < 0 ||
		!S_ISREG(ret_state->st_mode))
		return false;
	if (seen_file[at].inode != ret_state->st_ino ||
		seen_file[at].device != ret_state->st_dev) {
		seen_file[at].is_watched = is_below_data(fd);
		seen_file[at].inode = ret_state->st_ino;
		seen_file[at].device = ret_state->st_dev;
	}
	return seen_file[at].is_watched;
}

/* The bytes that stand there; the descriptor itself may be for writing alone. */
static ssize_t read_before(int fd, void *bytes, size_t length, off_t at)
{
	char self[64];
	ssize_t got = pread(fd, bytes, length, at);
	int reader;

	if (got >= 0)
		return got;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	reader = (int)syscall(SYS_openat, AT_FDCWD, self, O_RDONLY | O_CLOEXEC, 0);
	if (reader < 0)
		return 0;
	got = pread(reader, bytes, length, at);
	close(reader);
	return got < 0 ? 0 : got;
}

/* What stands there now, before it is changed. */
void journal_note_write(int fd, off_t at, size_t length)
{
	struct stat state;
	struct entry *entry;
	ssize_t got;

	if (!journal_watches_file(fd, &state))
		return;
	if (journal->used + length > ARENA_BYTES)
		journal_commit(0);
	entry = entry_new(ENTRY_WRITE);
	entry->inode = state.st_ino;
	entry->at = at;
	entry->length = length;
	entry->old_size = state.st_size;
	entry->data = journal->used;
	got = read_before(fd, journal->arena + journal->used, length, at);
	memset(journal->arena + journal->used + got, 0, length - (size_t)got);
	journal->used += length;
}

/* journal_watches saw that it fits. */
static void name_take(char to[static NAME_BYTES], const char *path)
{
	memcpy(to, path, strlen(path) + 1);
}

void journal_note_create(int dir_fd, const char *name)
{
	char path[PATH_MAX];
	struct stat state;

	if (!journal_watches(dir_fd, name, path) || lstat(path, &state) == 0)
		return;
	name_take(entry_new(ENTRY_CREATE)->path, path);
}

bool journal_is_on(void)
{
	return journal != NULL;
}

void journal_count_call(void)
{
	journal->calls++;
}

/* Of the simulated clock: the daily backup of the database is judged by it. */
static void name_is_of_now(const char *path)
{
	struct timespec now = { .tv_sec = shared->real_ns / NS_PER_S };
	const struct timespec times[] = { now, now };

	(void)utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
}

int journal_rename(const char *from, const char *to)
{
	struct entry *entry = entry_new(ENTRY_RENAME);
	char grave[PATH_MAX];
	struct stat state;

	name_take(entry->path, from);
	name_take(entry->to, to);
	if (lstat(to, &state) == 0) {
		entry->grave = ++journal->graves;
		grave_path(entry->grave, grave);
		(void)syscall(SYS_rename, to, grave);
	}
	name_is_of_now(from);
	return (int)syscall(SYS_rename, from, to);
}

int journal_remove(const char *path)
{
	struct entry *entry = entry_new(ENTRY_REMOVE);
	char grave[PATH_MAX];

	name_take(entry->path, path);
	entry->grave = ++journal->graves;
	grave_path(entry->grave, grave);
	return (int)syscall(SYS_rename, path, grave);
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
