/* libc's functions under their own names. */
#undef _FORTIFY_SOURCE
#include "tests/unit/collectord/staging_damage_refusals.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum refusal refusal;

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int openat(int dir, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	errno = EINVAL;
	return refusal == REFUSES_DIRECT_OPEN && flags & O_DIRECT
		? -1
		: NEXT(openat)(dir, path, flags, mode);
}

/* The same, where the compiler has looked at the flags. */
int __openat_2(int dir, const char *path, int flags);
int __openat_2(int dir, const char *path, int flags)
{
	return openat(dir, path, flags, 0);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
	if (refusal != REFUSES_DIRECT_WRITE && refusal != REFUSES_FLAGS &&
		refusal != REFUSES_TO_TELL)
		return NEXT(pwrite)(fd, bytes, size, at);
	if (refusal == REFUSES_DIRECT_WRITE)
		refusal = REFUSES_NOTHING;
	errno = EINVAL;
	return -1;
}

int fcntl(int fd, int command, ...)
{
	va_list args;
	void *argument;

	va_start(args, command);
	argument = va_arg(args, void *);
	va_end(args);
	errno = EINVAL;
	return (refusal == REFUSES_FLAGS && command == F_SETFL) ||
			(refusal == REFUSES_TO_TELL && command == F_GETFL)
		? -1
		: NEXT(fcntl)(fd, command, argument);
}

void *mmap(void *where, size_t size, int protection, int flags, int fd, off_t at)
{
	errno = ENOMEM;
	return fd < 0 &&
			(refusal == REFUSES_MEMORY ||
				(refusal == REFUSES_MUCH && size > 100 * 4096))
		? MAP_FAILED
		: NEXT(mmap)(where, size, protection, flags, fd, at);
}

int fstat(int fd, struct stat *status)
{
	errno = ESTALE;
	return refusal == REFUSES_STALE ? -1 : NEXT(fstat)(fd, status);
}
