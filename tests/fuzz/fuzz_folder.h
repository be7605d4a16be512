/* A data folder in memory, one a process, whose files are written anew for each input. */
#ifndef TESTS_FUZZ_FUZZ_FOLDER_H
#define TESTS_FUZZ_FUZZ_FOLDER_H

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char fuzz_folder_path[] = "/dev/shm/headroom-fuzz-XXXXXX";
#define FUZZ_FOLDER_BYTES sizeof(fuzz_folder_path)

static inline int fuzz_folder_remove_one(
	const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status, (void)type, (void)walk;
	(void)remove(path);
	return 0;
}

static inline void fuzz_folder_remove(void)
{
	(void)nftw(fuzz_folder_path, fuzz_folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Its path; made by the first call, removed when the process ends in order. */
static inline const char *fuzz_folder(void)
{
	static bool is_made;

	if (!is_made) {
		if (!mkdtemp(fuzz_folder_path))
			abort();
		(void)atexit(fuzz_folder_remove);
		is_made = true;
	}
	return fuzz_folder_path;
}

/* A folder below it. */
static inline void fuzz_folder_make(const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", fuzz_folder(), name);
	if (mkdir(path, 0700) < 0)
		abort();
}

/* A file below it, with these bytes and no others. */
static inline void fuzz_folder_put(const char *name, const void *bytes, size_t size)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", fuzz_folder(), name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)size) < 0 ||
		pwrite(fd, bytes, size, 0) != (ssize_t)size)
		abort();
	close(fd);
}

/* What stands in one, at most size bytes; returns how many. */
static inline size_t fuzz_folder_get(const char *name, void *bytes, size_t size)
{
	char path[512];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", fuzz_folder(), name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		abort();
	got = pread(fd, bytes, size, 0);
	if (got < 0)
		abort();
	close(fd);
	return (size_t)got;
}

#endif
