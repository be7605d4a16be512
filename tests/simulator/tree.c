/* Folders as an administrator handles them. */
#include "tests/simulator/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *tree_from, *tree_to; /* nftw has no context of its own */

static void tree_fail(const char *path)
{
	perror(path);
	exit(2);
}

/* As `cp -a`: with its time. */
static void file_copy(const char *from, const char *to, const struct stat *state)
{
	static char bytes[1 << 16];
	const struct timespec times[] = { state->st_mtim, state->st_mtim };
	int in = (int)syscall(SYS_openat, AT_FDCWD, from, O_RDONLY, 0);
	int out = (int)syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT | O_TRUNC,
		state->st_mode & 0777);
	ssize_t got;

	if (in < 0 || out < 0)
		tree_fail(from);
	while ((got = read(in, bytes, sizeof(bytes))) > 0)
		if (syscall(SYS_write, out, bytes, got) != got)
			tree_fail(to);
	close(in);
	(void)futimens(out, times);
	close(out);
}

static int copy_one(
	const char *path, const struct stat *state, int flag, struct FTW *ftw)
{
	char to[PATH_MAX];

	(void)ftw;
	snprintf(to, sizeof(to), "%s%s", tree_to, path + strlen(tree_from));
	if (flag == FTW_D && syscall(SYS_mkdir, to, 0750) < 0 && errno != EEXIST)
		tree_fail(to);
	if (flag == FTW_F && S_ISREG(state->st_mode))
		file_copy(path, to, state);
	return 0;
}

void tree_copy(const char *from, const char *to)
{
	tree_from = from;
	tree_to = to;
	(void)nftw(from, copy_one, 16, FTW_PHYS);
}

static int remove_one(
	const char *path, const struct stat *state, int flag, struct FTW *ftw)
{
	(void)state;
	(void)ftw;
	if (syscall(flag == FTW_DP ? SYS_rmdir : SYS_unlink, path) < 0 &&
		errno != ENOENT)
		tree_fail(path);
	return 0;
}

void tree_remove(const char *path)
{
	(void)nftw(path, remove_one, 16, FTW_PHYS | FTW_DEPTH);
}
