/*
 * Preloaded into a program under test: call number FAULT_AT of the class FAULT_CLASS
 * ("disk" or "memory") fails with FAULT_ERRNO, and with FAULT_FOREVER all after it.
 * FAULT_SHORT: a write does half of its bytes instead.  FAULT_COUNT names a file that
 * gets the number of calls at exit.  Built by tests/faults/calls.py.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long calls, fail_at, fail_errno;
static int is_forever, is_short, is_memory, is_ready;

static long number_of(const char *name)
{
	const char *text = getenv(name);

	return text ? atol(text) : 0;
}

__attribute__((constructor)) static void set_up(void)
{
	const char *class = getenv("FAULT_CLASS");

	is_memory = class && strcmp(class, "memory") == 0;
	fail_at = number_of("FAULT_AT");
	fail_errno = number_of("FAULT_ERRNO");
	is_forever = number_of("FAULT_FOREVER") != 0;
	is_short = number_of("FAULT_SHORT") != 0;
	is_ready = class != NULL;
}

__attribute__((destructor)) static void tell(void)
{
	const char *path = getenv("FAULT_COUNT");
	char text[32];
	int fd = -1;
	long seen = calls;

	is_ready = 0;
	if (!path)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		return;
	if (write(fd, text, (size_t)snprintf(text, sizeof(text), "%ld\n", seen)) < 0)
		_exit(99);
	close(fd);
}

static int fails(int of_memory)
{
	long now = 0;

	if (!is_ready || is_memory != of_memory)
		return 0;
	now = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
	if (fail_at == 0 || (is_forever ? now < fail_at : now != fail_at))
		return 0;
	errno = of_memory ? ENOMEM : (int)fail_errno;
	return 1;
}

#define REAL(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

/* ---- disk: what changes a file --------------------------------------------------------- */

/* Output to a terminal or a pipe is not the disk. */
static int is_file(int fd)
{
	struct stat status;
	int saved = errno;
	int is = fd > 2 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);

	errno = saved;
	return is;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
	if (is_file(fd) && fails(0)) {
		if (!is_short || size < 2)
			return -1;
		size /= 2;
	}
	return REAL(ssize_t, "write", int, const void *, size_t)(fd, bytes, size);
}

static ssize_t pwrite_any(int fd, const void *bytes, size_t size, off_t at)
{
	if (is_file(fd) && fails(0)) {
		if (!is_short || size < 2)
			return -1;
		size /= 2;
	}
	return REAL(ssize_t, "pwrite", int, const void *, size_t, off_t)(
		fd, bytes, size, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
	return pwrite_any(fd, bytes, size, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t at)
{
	return pwrite_any(fd, bytes, size, at);
}

static int open_any(const char *path, int flags, mode_t mode)
{
	if ((flags & (O_WRONLY | O_RDWR | O_CREAT)) && fails(0))
		return -1;
	return REAL(int, "open", const char *, int, ...)(path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode = 0;

	va_start(args, flags);
	if (flags & O_CREAT)
		mode = va_arg(args, mode_t);
	va_end(args);
	return open_any(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode = 0;

	va_start(args, flags);
	if (flags & O_CREAT)
		mode = va_arg(args, mode_t);
	va_end(args);
	return open_any(path, flags, mode);
}

#define FD_CALL(name)                                                                  \
	int name(int fd)                                                               \
	{                                                                              \
		return fails(0) ? -1 : REAL(int, #name, int)(fd);                      \
	}
FD_CALL(fsync)
FD_CALL(fdatasync)
FD_CALL(syncfs)

#define PATH_CALL(name)                                                                \
	int name(const char *path)                                                     \
	{                                                                              \
		return fails(0) ? -1 : REAL(int, #name, const char *)(path);           \
	}
PATH_CALL(unlink)
PATH_CALL(rmdir)

int rename(const char *from, const char *to)
{
	return fails(0) ? -1
			: REAL(int, "rename", const char *, const char *)(from, to);
}

int mkdir(const char *path, mode_t mode)
{
	return fails(0) ? -1 : REAL(int, "mkdir", const char *, mode_t)(path, mode);
}

int ftruncate(int fd, off_t size)
{
	return fails(0) ? -1 : REAL(int, "ftruncate", int, off_t)(fd, size);
}

int ftruncate64(int fd, off_t size)
{
	return ftruncate(fd, size);
}

/* ---- memory ------------------------------------------------------------------------------ */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

/* Asked for by the program itself or by SQLite: librrd and the GLib below it end the
 * process when they get no memory, which says nothing about us. */
static int is_ours(const void *caller)
{
	Dl_info info;

	return dladdr(caller, &info) != 0 &&
		(!strstr(info.dli_fname, ".so") || strstr(info.dli_fname, "libsqlite3"));
}

#define MEMORY_FAILS() (is_ready && is_memory && is_ours(__builtin_return_address(0)) && fails(1))

void *malloc(size_t size)
{
	return MEMORY_FAILS() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return MEMORY_FAILS() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return MEMORY_FAILS() ? NULL : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t count, size_t size)
{
	size_t bytes = 0;

	if (__builtin_mul_overflow(count, size, &bytes) || MEMORY_FAILS())
		return NULL;
	return __libc_realloc(old, bytes);
}

char *strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = MEMORY_FAILS() ? NULL : __libc_malloc(size);

	return copy ? memcpy(copy, text, size) : NULL;
}
