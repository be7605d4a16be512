/* A folder under /tmp for one test, and its removal with all that is in it. */
#ifndef TESTS_SCRATCH_DIR_H
#define TESTS_SCRATCH_DIR_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static inline int scratch_remove_entry(
	const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

/* 0 or what nftw() answers; links are removed, not followed. */
static inline int scratch_dir_remove(const char *path)
{
	return nftw(path, scratch_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* A cmocka setup: *state is the folder's path; scratch_dir_teardown() frees it. */
static inline int scratch_dir_setup(void **state)
{
	char template[] = "/tmp/headroom-test.XXXXXX";
	char *dir = mkdtemp(template);

	*state = dir ? strdup(dir) : NULL;
	return *state ? 0 : -1;
}

static inline int scratch_dir_teardown(void **state)
{
	chmod(*state, 0700); /* where a test has taken rights away */
	scratch_dir_remove(*state);
	free(*state);
	return 0;
}

#endif
