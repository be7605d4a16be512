/* libc's, SQLite's and librrd's functions under their own names. */
#undef _FORTIFY_SOURCE
#include "tests/unit/store/each_fault_calls.h"

#include "common/util.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <rrd.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* A place is so many of our own functions. */
enum { FRAMES = 6, FRAMES_READ = 24 };

static int armed = FAULT_NONE;
static long wanted, counted;
static bool has_struck, is_inside;
static uint64_t place[FAULT_CALLS_MAX];
static void *struck[FRAMES_READ];
static int struck_frames;
static int sql_code; /* what sqlite3_errcode says next; 0: its own word */

extern const char __executable_start[], etext[];

static bool is_ours(const void *address)
{
	const char *at = address;

	return at >= __executable_start && at < etext;
}

/* The functions that led to the call, from the inside out. */
static uint64_t place_of(const void *caller)
{
	void *frame[FRAMES_READ];
	int count = backtrace(frame, FRAMES_READ), used = 0, at = 0;
	uint64_t key = 14695981039346656037u;

	while (at < count && frame[at] != caller)
		at++;
	for (; at < count && used < FRAMES; at++) {
		if (!is_ours(frame[at]))
			continue;
		key = (key ^ (uint64_t)((const char *)frame[at] - __executable_start)) *
			1099511628211u;
		used++;
	}
	return key;
}

/* Counts a call that can fail in these ways, and says whether it is to fail now. */
static bool strikes(unsigned kinds, const void *caller)
{
	if (armed < 0 || !(kinds & 1u << armed) || is_inside || !is_ours(caller))
		return false;
	if (wanted < 0 && counted < FAULT_CALLS_MAX) { /* they are listed, none fails */
		is_inside = true;
		place[counted] = place_of(caller);
		is_inside = false;
	}
	if (armed == FAULT_DEAD && wanted >= 0 ? counted++ < wanted
					       : counted++ != wanted)
		return false;
	if (has_struck)
		return true;
	has_struck = true;
	is_inside = true;
	struck_frames = backtrace(struck, FRAMES_READ);
	is_inside = false;
	return true;
}

void each_fault_where(char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (int i = 2, shown = 0; i < struck_frames && shown < 8 && used + 20 < size;
		i++)
		if (is_ours(struck[i]) && ++shown)
			used += (size_t)snprintf(text + used, size - used, " %#lx",
				(unsigned long)((const char *)struck[i] -
					__executable_start - 1));
}

void each_fault_arm(enum fault_kind kind, long number)
{
	void *warm[4];

	(void)backtrace(warm, 4); /* loads the unwinder */
	counted = 0;
	wanted = number;
	has_struck = false;
	sql_code = 0;
	armed = (int)kind;
}

long each_fault_disarm(bool *ret_has_struck)
{
	armed = FAULT_NONE;
	sql_code = 0;
	*ret_has_struck = has_struck;
	return counted < FAULT_CALLS_MAX ? counted : FAULT_CALLS_MAX;
}

uint64_t each_fault_place(long number)
{
	return place[number];
}

void each_fault_pause(bool is_paused)
{
	is_inside = is_paused;
}

#define CALLER __builtin_return_address(0)
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* ---- memory -------------------------------------------------------------------------- */

#ifdef __SANITIZE_ADDRESS__ /* it has its own, and looks for what is lost itself */

long each_fault_blocks(void)
{
	return 0;
}

#else

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

/* Those of our own code: open addressing, a freed one leaves GONE. */
enum { BLOCKS_MAX = 1 << 17 };
static void *block_at[BLOCKS_MAX];
static long block_count;
static char gone;
#define GONE ((void *)&gone)

static size_t block_slot(const void *block)
{
	return ((uintptr_t)block >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 47;
}

static void *block_note(void *block)
{
	size_t at = block_slot(block);

	if (!block)
		return NULL;
	while (block_at[at] && block_at[at] != GONE)
		at = (at + 1) % BLOCKS_MAX;
	block_at[at] = block;
	block_count++;
	return block;
}

static void block_forget(const void *block)
{
	size_t at = block_slot(block);

	for (; block && block_at[at]; at = (at + 1) % BLOCKS_MAX)
		if (block_at[at] == block) {
			block_at[at] = GONE;
			block_count--;
			return;
		}
}

long each_fault_blocks(void)
{
	return block_count;
}

#define NO_MEMORY(caller) strikes(1u << FAULT_MEMORY, (caller))

static void *given(void *block, const void *caller)
{
	return is_ours(caller) ? block_note(block) : block;
}

void *malloc(size_t size)
{
	return NO_MEMORY(CALLER) ? NULL : given(__libc_malloc(size), CALLER);
}

void *calloc(size_t count, size_t size)
{
	return NO_MEMORY(CALLER) ? NULL : given(__libc_calloc(count, size), CALLER);
}

static void *grown(void *old, size_t size, const void *caller)
{
	void *block;

	if (NO_MEMORY(caller))
		return NULL;
	block_forget(old);
	block = __libc_realloc(old, size);
	return given(block, caller);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	void *block = NO_MEMORY(CALLER) ? NULL : __libc_memalign(alignment, size);

	return given(block, CALLER);
}

void *realloc(void *old, size_t size)
{
	return grown(old, size, CALLER);
}

void *reallocarray(void *old, size_t count, size_t size)
{
	size_t bytes = 0;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	return grown(old, bytes, CALLER);
}

char *strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	void *copy = NO_MEMORY(CALLER) ? NULL : given(__libc_malloc(size), CALLER);

	return copy ? memcpy(copy, text, size) : NULL;
}

void free(void *block)
{
	block_forget(block);
	__libc_free(block);
}

rrd_context_t *rrd_get_context(void)
{
	return NO_MEMORY(CALLER) ? NULL : NEXT(rrd_get_context)();
}

#endif

/* ---- files --------------------------------------------------------------------------- */

#define DISK (1u << FAULT_EIO | 1u << FAULT_DEAD)
#define TRANSFER (DISK | 1u << FAULT_EINTR | 1u << FAULT_SHORT)
#define INPUT (TRANSFER | 1u << FAULT_END)

#define FAILING(type, name, parameters, arguments) \
	type name parameters                       \
	{                                          \
		if (strikes(DISK, CALLER)) {       \
			errno = EIO;               \
			return (type)-1;           \
		}                                  \
		return NEXT(name) arguments;       \
	}

FAILING(int, fsync, (int fd), (fd))
FAILING(int, fdatasync, (int fd), (fd))
FAILING(int, syncfs, (int fd), (fd))
FAILING(int, fstat, (int fd, struct stat *status), (fd, status))
FAILING(int, stat, (const char *path, struct stat *status), (path, status))
FAILING(int, lstat, (const char *path, struct stat *status), (path, status))
FAILING(int, fstatat, (int dir, const char *path, struct stat *status, int flags),
	(dir, path, status, flags))
FAILING(int, rename, (const char *from, const char *to), (from, to))
FAILING(int, renameat, (int from_dir, const char *from, int to_dir, const char *to),
	(from_dir, from, to_dir, to))
FAILING(int, unlink, (const char *path), (path))
FAILING(int, unlinkat, (int dir, const char *path, int flags), (dir, path, flags))
FAILING(int, rmdir, (const char *path), (path))
FAILING(int, mkdir, (const char *path, mode_t mode), (path, mode))
FAILING(int, mkdirat, (int dir, const char *path, mode_t mode), (dir, path, mode))
FAILING(int, ftruncate, (int fd, off_t size), (fd, size))
FAILING(int, fchmod, (int fd, mode_t mode), (fd, mode))
FAILING(int, fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid))
FAILING(int, access, (const char *path, int mode), (path, mode))
FAILING(int, flock, (int fd, int operation), (fd, operation))
FAILING(ssize_t, getrandom, (void *bytes, size_t size, unsigned flags),
	(bytes, size, flags))
FAILING(int, dup, (int fd), (fd))
FAILING(int, link, (const char *from, const char *to), (from, to))
FAILING(int, fchownat, (int dir, const char *path, uid_t uid, gid_t gid, int flags),
	(dir, path, uid, gid, flags))
FAILING(int, statvfs, (const char *path, struct statvfs *disk), (path, disk))
FAILING(int, socket, (int family, int type, int protocol), (family, type, protocol))
FAILING(int, listen, (int fd, int most), (fd, most))
FAILING(int, pipe2, (int ends[2], int flags), (ends, flags))
FAILING(int, fchmodat, (int dir, const char *path, mode_t mode, int flags),
	(dir, path, mode, flags))

int __open_2(const char *path, int flags);            /* NOLINT: of fortified builds */
int __openat_2(int dir, const char *path, int flags); /* NOLINT */
FAILING(int, __open_2, (const char *path, int flags), (path, flags))
FAILING(int, __openat_2, (int dir, const char *path, int flags), (dir, path, flags))

/* The descriptor is gone all the same. */
int close(int fd)
{
	bool is_bad = strikes(DISK, CALLER);
	int r = NEXT(close)(fd);

	errno = is_bad ? EIO : errno;
	return is_bad ? -1 : r;
}

static bool opens(const void *caller)
{
	errno = EIO;
	return !strikes(DISK, caller);
}

static mode_t mode_of(int flags, va_list args)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return opens(CALLER) ? NEXT(open)(path, flags, mode) : -1;
}

int openat(int dir, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return opens(CALLER) ? NEXT(openat)(dir, path, flags, mode) : -1;
}

DIR *opendir(const char *path)
{
	return opens(CALLER) ? NEXT(opendir)(path) : NULL;
}

DIR *fdopendir(int fd)
{
	return opens(CALLER) ? NEXT(fdopendir)(fd) : NULL;
}

int fcntl(int fd, int command, ...)
{
	va_list args;
	void *argument;

	va_start(args, command);
	argument = va_arg(args, void *);
	va_end(args);
	return opens(CALLER) ? NEXT(fcntl)(fd, command, argument) : -1;
}

void *mmap(void *where, size_t size, int protection, int flags, int fd, off_t at)
{
	if (fd >= 0 ? !opens(CALLER) : strikes(1u << FAULT_MEMORY, CALLER)) {
		errno = fd >= 0 ? EIO : ENOMEM;
		return MAP_FAILED;
	}
	return NEXT(mmap)(where, size, protection, flags, fd, at);
}

/* openat2 has no function of its own. */
long syscall(long number, ...)
{
	va_list args;
	long a[6];

	va_start(args, number);
	for (size_t i = 0; i < ARRAY_LEN(a); i++)
		a[i] = va_arg(args, long);
	va_end(args);
	return opens(CALLER) ? NEXT(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5])
			     : -1;
}

int posix_fallocate(int fd, off_t at, off_t size)
{
	return opens(CALLER) ? NEXT(posix_fallocate)(fd, at, size) : EIO;
}

/* No process can be had. */
int posix_spawn(pid_t *ret_pid, const char *path,
	const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
	char *const argv[], char *const environment[])
{
	return opens(CALLER) ? NEXT(posix_spawn)(ret_pid, path, actions, attributes,
				       argv, environment)
			     : EAGAIN;
}

/* 0: as asked for; negative: it fails with errno set, or is at its end; else so many bytes. */
static ssize_t transferred(unsigned kinds, size_t size, const void *caller)
{
	if (!strikes(kinds, caller))
		return 0;
	errno = armed == FAULT_EINTR ? EINTR : EIO;
	return armed == FAULT_SHORT ? (ssize_t)(size / 2) : -1;
}

#define TRANSFERRING(name, kinds, parameters, size, whole, half)       \
	ssize_t name parameters                                        \
	{                                                              \
		ssize_t part = transferred(kinds, size, CALLER);       \
                                                                       \
		if (part < 0)                                          \
			return armed == FAULT_END ? 0 : -1;            \
		return part == 0 ? NEXT(name) whole : NEXT(name) half; \
	}

TRANSFERRING(read, INPUT, (int fd, void *to, size_t n), n, (fd, to, n),
	(fd, to, (size_t)part))
TRANSFERRING(pread, INPUT, (int fd, void *to, size_t n, off_t at), n, (fd, to, n, at),
	(fd, to, (size_t)part, at))
TRANSFERRING(recv, INPUT, (int fd, void *to, size_t n, int flags), n,
	(fd, to, n, flags), (fd, to, (size_t)part, flags))
TRANSFERRING(write, TRANSFER, (int fd, const void *from, size_t n), n, (fd, from, n),
	(fd, from, (size_t)part))
TRANSFERRING(pwrite, TRANSFER, (int fd, const void *from, size_t n, off_t at), n,
	(fd, from, n, at), (fd, from, (size_t)part, at))
TRANSFERRING(send, TRANSFER, (int fd, const void *from, size_t n, int flags), n,
	(fd, from, n, flags), (fd, from, (size_t)part, flags))
TRANSFERRING(sendfile, TRANSFER, (int out, int in, off_t *at, size_t n), n,
	(out, in, at, n), (out, in, at, (size_t)part))

FAILING(int, rrd_create_r,
	(const char *path, unsigned long step_s, time_t begin, int count,
		const char **words),
	(path, step_s, begin, count, words))
FAILING(int, rrd_updatex_r,
	(const char *path, const char *names, int extra, int count, const char **words),
	(path, names, extra, count, words))

/* ---- paths --------------------------------------------------------------------------- */

/* Texts of the size of a path that begin with another text: other lengths are not asked. */
static bool is_path(size_t size, const char *format)
{
	return size >= 256 && size != 512 && strncmp(format, "%s", 2) == 0;
}

static int printed(int length, size_t size, const char *format, const void *caller)
{
	return is_path(size, format) && strikes(1u << FAULT_PATH, caller)
		? (int)size + 1
		: length;
}

int __snprintf_chk(
	char *to, size_t size, int flag, size_t room, const char *format, ...);
int __vsnprintf_chk(
	char *to, size_t size, int flag, size_t room, const char *format, va_list args);

int snprintf(char *to, size_t size, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = NEXT(vsnprintf)(to, size, format, args);
	va_end(args);
	return printed(length, size, format, CALLER);
}

int __snprintf_chk(
	char *to, size_t size, int flag, size_t room, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = NEXT(__vsnprintf_chk)(to, size, flag, room, format, args);
	va_end(args);
	return printed(length, size, format, CALLER);
}

int vsnprintf(char *to, size_t size, const char *format, va_list args)
{
	return printed(NEXT(vsnprintf)(to, size, format, args), size, format, CALLER);
}

int __vsnprintf_chk(
	char *to, size_t size, int flag, size_t room, const char *format, va_list args)
{
	return printed(NEXT(__vsnprintf_chk)(to, size, flag, room, format, args), size,
		format, CALLER);
}

/* ---- SQLite -------------------------------------------------------------------------- */

/* The code that the caller gets, and finds in the connection. */
static int sql_refuses(const void *caller)
{
	sql_code = 0;
	if (!strikes(1u << FAULT_SQL | 1u << FAULT_SQL_DAMAGED, caller))
		return SQLITE_OK;
	sql_code = armed == FAULT_SQL ? SQLITE_IOERR : SQLITE_CORRUPT;
	return sql_code;
}

int sqlite3_errcode(sqlite3 *db)
{
	int code = sql_code;

	sql_code = 0;
	return code ? code : NEXT(sqlite3_errcode)(db);
}

#define REFUSING(name, parameters, arguments)              \
	int name parameters                                \
	{                                                  \
		int code = sql_refuses(CALLER);            \
                                                           \
		return code ? code : NEXT(name) arguments; \
	}

REFUSING(sqlite3_prepare_v2,
	(sqlite3 * db, const char *sql, int bytes, sqlite3_stmt **ret_statement,
		const char **tail),
	(db, sql, bytes, ret_statement, tail))
REFUSING(sqlite3_step, (sqlite3_stmt * statement), (statement))
REFUSING(sqlite3_exec,
	(sqlite3 * db, const char *sql, int (*each)(void *, int, char **, char **),
		void *whom, char **ret_text),
	(db, sql, each, whom, ret_text))

/* A connection is there also when the file could not be opened. */
int sqlite3_open_v2(const char *name, sqlite3 **ret_db, int flags, const char *vfs)
{
	int code = sql_refuses(CALLER);
	int r = NEXT(sqlite3_open_v2)(name, ret_db, flags, vfs);

	return code ? code : r;
}

REFUSING(sqlite3_bind_text,
	(sqlite3_stmt * statement, int column, const char *text, int bytes,
		void (*release)(void *)),
	(statement, column, text, bytes, release))
REFUSING(sqlite3_bind_int64,
	(sqlite3_stmt * statement, int column, sqlite3_int64 value),
	(statement, column, value))
int sqlite3_db_config(sqlite3 *db, int which, ...)
{
	va_list args;
	int on, code = sql_refuses(CALLER);
	int *was;

	va_start(args, which);
	on = va_arg(args, int);
	was = va_arg(args, int *);
	va_end(args);
	return code ? code : NEXT(sqlite3_db_config)(db, which, on, was);
}

REFUSING(sqlite3_backup_step, (sqlite3_backup * backup, int pages), (backup, pages))
sqlite3_backup *sqlite3_backup_init(
	sqlite3 *to, const char *to_name, sqlite3 *from, const char *from_name)
{
	return sql_refuses(CALLER)
		? NULL
		: NEXT(sqlite3_backup_init)(to, to_name, from, from_name);
}

/* Out of memory for the text of a column. */
const unsigned char *sqlite3_column_text(sqlite3_stmt *statement, int column)
{
	return strikes(1u << FAULT_MEMORY, CALLER)
		? NULL
		: NEXT(sqlite3_column_text)(statement, column);
}
