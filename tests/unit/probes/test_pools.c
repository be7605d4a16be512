/*
 * How full pools, data sets with a quota and read-only file systems are, by figures that
 * this test gives: the kernel's call is replaced by one that looks at the folder's name.
 */
#include "tests/support.h"
#include "tests/scratch_dir.h"

#include "common/util.h"
#include "probes/slow/fs.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

/* In blocks of 1000 bytes; of a folder that has no row nothing is known. */
static const struct folder_figures {
	const char *name;
	unsigned long blocks, free, avail;
} figures[] = {
	{ "tank", 1000, 900, 900 }, /* uses 100 */
	{ "home", 1300, 900, 900 }, /* uses 400 */
	{ "quota", 200, 50, 50 },   /* uses 150, of 200 that it may have */
	{ "close", 900, 890, 890 }, /* 10 less than the pool: written in between */
	{ "broken", 10, 20, 20 },   /* more free than there is */
	{ "usr", 5000, 0, 0 },
};

int fstatvfs(int fd, struct statvfs *status)
{
	char link[64], path[512];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	assert_true(length > 0);
	path[length] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(figures); i++) {
		if (strcmp(strrchr(path, '/') + 1, figures[i].name))
			continue;
		*status = (struct statvfs){ .f_frsize = 1000,
			.f_blocks = figures[i].blocks,
			.f_bfree = figures[i].free,
			.f_bavail = figures[i].avail };
		return 0;
	}
	errno = EIO;
	return -1;
}

enum { SIZE, USED, AVAIL, INODES, INODES_USED, READ_ONLY, VALUES };

struct pool_case {
	const char *name, *mounts, *instance;
	int r;
	double size, used, avail, read_only;
};

static const struct pool_case pool_cases[] = {
	{ "pool: what its data sets use together, what is left once",
		"1 0 0:40 / /tank rw - zfs tank rw\n"
		"2 1 0:41 / /home rw - zfs tank/home rw\n",
		"tank", 0, 1400000, 500000, 900000, 0 },
	{ "pool: a data set twice counts once",
		"1 0 0:40 / /tank rw - zfs tank rw\n"
		"2 1 0:40 / /home rw - zfs tank rw\n",
		"tank", 0, 1000000, 100000, 900000, 0 },
	{ "pool: a quota does not lower what is left of the pool",
		"1 0 0:40 / /tank rw - zfs tank rw\n"
		"2 1 0:42 / /quota rw - zfs tank/quota rw\n",
		"tank", 0, 1150000, 250000, 900000, 0 },
	{ "quota: such a data set stands of its own",
		"1 0 0:40 / /tank rw - zfs tank rw\n"
		"2 1 0:42 / /quota rw - zfs tank/quota rw\n",
		"/quota", 0, 200000, 150000, 50000, 0 },
	{ "quota: without one it does not",
		"1 0 0:40 / /tank rw - zfs tank rw\n"
		"2 1 0:41 / /home rw - zfs tank/home rw\n",
		"/home", -ENODATA, 0, 0, 0, 0 },
	{ "quota: nor for what is written between two looks",
		"1 0 0:40 / /tank rw - zfs tank rw\n"
		"2 1 0:43 / /close rw - zfs tank/close rw\n",
		"/close", -ENODATA, 0, 0, 0, 0 },
	{ "pool: unknown with an unknown data set",
		"1 0 0:40 / /tank rw - zfs tank rw\n"
		"2 1 0:44 / /broken rw - zfs tank/broken rw\n",
		"tank", 0, NAN, NAN, NAN, 0 },
	{ "pool: one that cannot be asked fails it",
		"1 0 0:40 / /tank rw - zfs tank rw\n"
		"2 1 0:45 / /silent rw - zfs tank/silent rw\n",
		"tank", -EIO, 0, 0, 0, 0 },
	{ "pool: a data set that is read-only does not make it so",
		"1 0 0:40 / /tank ro - zfs tank ro\n", "tank", 0, 1000000, 100000,
		900000, 0 },
	{ "read-only: by the mount", "1 0 0:50 / /usr ro,relatime - btrfs /dev/a rw\n",
		"/usr", 0, 5000000, 5000000, 0, 1 },
	{ "read-only: by the file system",
		"1 0 0:50 / /usr rw,relatime - btrfs /dev/a ro,space_cache\n", "/usr",
		0, 5000000, 5000000, 0, 1 },
	{ "read-only: not by a word that begins alike",
		"1 0 0:50 / /usr root,x - btrfs /dev/a rw,ro2\n", "/usr", 0, 5000000,
		5000000, 0, 0 },
};

static void put_root(const char *top, const char *mounts)
{
	char path[256];
	FILE *file;

	for (size_t i = 0; i < ARRAY_LEN(figures); i++) {
		snprintf(path, sizeof(path), "%s/%s", top, figures[i].name);
		assert_int_equal(mkdir(path, 0755), 0);
	}
	snprintf(path, sizeof(path), "%s/silent", top);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/proc", top);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/proc/self", top);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/proc/self/mountinfo", top);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_true(fputs(mounts, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void check_pool(void **state)
{
	const struct pool_case *row = *state;
	struct slow_state *slow = NULL;
	struct slow_source source;
	struct host_root root;
	struct slow_context context = { .root = &root };
	struct err err = ERR_INIT;
	double value[VALUES] = { 0 };
	void *top = NULL;
	size_t index = 0;
	int r;

	assert_int_equal(scratch_dir_setup(&top), 0);
	put_root(top, row->mounts);
	assert_int_equal(hostroot_open(&root, top, NULL), 0);
	assert_int_equal(fs_probe.list(&slow, &context, &err), 0);
	while (fs_probe.get(slow, index, &source) && strcmp(source.id, row->instance))
		index++;
	assert_true(fs_probe.get(slow, index, &source));
	assert_int_equal(source.count, VALUES);
	r = fs_probe.read(slow, index, &context, value, &err);
	assert_int_equal(r, row->r);
	if (r == 0) {
		assert_near(value[SIZE], row->size, 0);
		assert_near(value[USED], row->used, 0);
		assert_near(value[AVAIL], row->avail, 0);
		assert_near(value[READ_ONLY], row->read_only, 0);
	}
	fs_probe.close(slow);
	hostroot_close(&root);
	scratch_dir_teardown(&top);
}

int main(void)
{
	static struct CMUnitTest tests[ARRAY_LEN(pool_cases)];

	for (size_t i = 0; i < ARRAY_LEN(pool_cases); i++)
		tests[i] = (struct CMUnitTest){ .name = pool_cases[i].name,
			.test_func = check_pool,
			.initial_state = (void *)(uintptr_t)&pool_cases[i] };
	return cmocka_run_group_tests_name("pools", tests, NULL, NULL);
}
