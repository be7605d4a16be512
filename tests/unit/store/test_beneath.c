/* Names below a folder, by openat2 and, as on a kernel without it, part by part. */
#include "store/dir/beneath.h"
#include "store/dir/folder.h"
#include "tests/scratch_dir.h"
#include "tests/support.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534
#define IN_SCRATCH(function)             \
	cmocka_unit_test_setup_teardown( \
		function, scratch_dir_setup, scratch_dir_teardown)

static void make_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT, 0640);

	assert_true(fd >= 0);
	close(fd);
}

/* The calls of this process find no openat2 any more. */
static int take_openat2_away(void)
{
	struct sock_filter filter[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	struct sock_fprog program = { .len = sizeof(filter) / sizeof(filter[0]),
		.filter = filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -errno : 0;
}

static void names_stay_below(const char *top)
{
	struct err err = ERR_INIT;
	const char *leaf = NULL;
	char path[256];
	int fd = -1;
	int dir;

	snprintf(path, sizeof(path), "%s/store", top);
	assert_int_equal(mkdir(path, 0750), 0);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir >= 0);
	assert_int_equal(mkdirat(dir, "rrd", 0750), 0);
	assert_int_equal(mkdirat(dir, "rrd/w", 0750), 0);
	make_file(dir, "rrd/w/a.rrd");
	make_file(dir, "../outside");
	assert_int_equal(symlinkat("../..", dir, "rrd/out"), 0);

	assert_int_equal(beneath_open_folder(dir, "rrd/w", &fd, &err), 0);
	assert_int_equal(faccessat(fd, "a.rrd", F_OK, 0), 0);
	close(fd);
	assert_int_equal(beneath_open_folder(dir, "rrd/none", &fd, &err), -ENOENT);
	assert_true(beneath_open_folder(dir, "rrd/out", &fd, &err) < 0);
	assert_true(beneath_open_folder(dir, "rrd/out/store", &fd, &err) < 0);
	assert_int_equal(beneath_open_folder(dir, "..", &fd, &err), -EXDEV);
	assert_true(beneath_open_folder(dir, "rrd/w/a.rrd", &fd, &err) < 0);
	assert_true(beneath_exists(dir, "rrd/w/a.rrd"));
	assert_true(beneath_exists(dir, "rrd"));
	assert_false(beneath_exists(dir, "../outside"));
	assert_false(beneath_exists(dir, "rrd/out/outside"));
	assert_false(beneath_exists(dir, "rrd/.."));
	assert_false(beneath_exists(dir, ""));

	assert_int_equal(beneath_rename(dir, "rrd/w/a.rrd", "undo/1/w/a.rrd", &err), 0);
	assert_true(beneath_exists(dir, "undo/1/w/a.rrd"));
	assert_int_equal(beneath_rename(dir, "rrd/gone/x", "rrd/w/x", &err), 0);
	assert_int_equal(beneath_rename(dir, "rrd/w/none", "rrd/w/x", &err), 0);
	assert_true(beneath_rename(dir, "undo/1/w/a.rrd", "rrd/out/taken", &err) < 0);
	assert_int_equal(
		beneath_rename(dir, "undo/1/w/a.rrd", "../taken", &err), -EXDEV);
	assert_true(beneath_rename(dir, "rrd/out/outside", "rrd/w/x", &err) < 0);
	assert_true(beneath_rename(dir, "undo/1/w/a.rrd", "rrd", &err) < 0);
	assert_int_equal(
		beneath_open_parent(dir, "rrd/x/y", true, &fd, &leaf, &err), 0);
	assert_string_equal(leaf, "y");
	close(fd);

	assert_true(beneath_remove(dir, "rrd/out/outside", &err) < 0);
	assert_int_equal(beneath_remove(dir, "rrd/none/x", &err), 0);
	assert_int_equal(beneath_remove(dir, "rrd/none", &err), 0);
	assert_int_equal(beneath_remove(dir, "undo", &err), 0);
	assert_false(beneath_exists(dir, "undo"));
	assert_int_equal(beneath_remove(dir, "rrd", &err), 0); /* with the link in it */
	assert_int_equal(faccessat(dir, "../outside", F_OK, 0), 0);
	close(dir);
}

static void names_stay_below_by_openat2(void **state)
{
	names_stay_below(*state);
}

static void names_stay_below_without_openat2(void **state)
{
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (take_openat2_away() < 0)
			_exit(77);
		names_stay_below(*state); /* what fails in here ends us with a code */
		exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77) {
		print_message("# SKIP: a filter of system calls cannot be set here\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void plain_names(void **state)
{
	char longest[300], deep[1100] = "";

	(void)state;
	memset(longest, 'a', sizeof(longest));
	longest[250] = '\0';
	assert_true(beneath_is_plain(longest));
	longest[250] = 'a';
	longest[251] = '\0';
	assert_false(beneath_is_plain(longest));
	while (strlen(deep) < 1024)
		snprintf(deep + strlen(deep), sizeof(deep) - strlen(deep), "ab/");
	deep[strlen(deep) - 1] = '\0';
	assert_false(beneath_is_plain(deep));
	assert_true(beneath_is_plain("rrd/w%2F1/a-b_c~.rrd"));
	assert_false(beneath_is_plain(""));
	assert_false(beneath_is_plain("/etc"));
	assert_false(beneath_is_plain("rrd/../x"));
	assert_false(beneath_is_plain("rrd//x"));
	assert_false(beneath_is_plain("rrd/"));
	assert_false(beneath_is_plain("rrd/.x"));
	assert_false(beneath_is_plain("a b"));
}

static int open_top(const char *top)
{
	int dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(dir >= 0);
	return dir;
}

static void a_store_is_told_from_any_other_folder(void **state)
{
	static const char *const ours[] = { "store.id", "headroom.db",
		"headroom.db-wal", "staging", "headroom.db.damaged-17", ".store.id.12",
		"import-x" };
	struct err err = ERR_INIT;
	int dir = open_top(*state);

	assert_int_equal(folder_is_store(dir, &err), 0); /* empty: no id */
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		make_file(dir, ours[i]);
		assert_int_equal(folder_is_store(dir, &err), 1);
	}
	make_file(dir, "stagingx");
	assert_int_equal(folder_is_store(dir, &err), 0);
	assert_int_equal(unlinkat(dir, "stagingx", 0), 0);
	make_file(dir, "shadow");
	assert_int_equal(folder_is_store(dir, &err), 0);
	close(dir);
	assert_true(folder_is_store(-1, &err) < 0);
}

static uid_t owner_of(int dir, const char *name)
{
	struct stat status;

	assert_int_equal(fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW), 0);
	return status.st_uid;
}

/* With all in it, but for what stands somebody's elsewhere too. */
static void a_store_is_given_with_all_in_it(void **state)
{
	struct err err = ERR_INIT;
	char path[256];
	int dir, inner;

	if (geteuid() != 0) {
		print_message("# SKIP: only root can give files away\n");
		skip();
	}
	snprintf(path, sizeof(path), "%s/store", (char *)*state);
	assert_int_equal(mkdir(path, 0750), 0);
	dir = open_top(path);
	assert_int_equal(mkdirat(dir, "rrd", 0750), 0);
	make_file(dir, "store.id");
	make_file(dir, "rrd/a.rrd");
	make_file(dir, "../precious");
	assert_int_equal(linkat(dir, "../precious", dir, "trap", 0), 0);
	assert_int_equal(symlinkat("../precious", dir, "link"), 0);
	assert_int_equal(folder_give(dir, NOBODY, NOBODY, &err), 0);
	assert_int_equal(owner_of(dir, "."), NOBODY);
	assert_int_equal(owner_of(dir, "store.id"), NOBODY);
	assert_int_equal(owner_of(dir, "rrd"), NOBODY);
	assert_int_equal(owner_of(dir, "rrd/a.rrd"), NOBODY);
	assert_int_equal(owner_of(dir, "../precious"), 0);
	/* what root makes in it afterwards is the owner's, too */
	snprintf(path, sizeof(path), "%s/store/undo", (char *)*state);
	assert_int_equal(folder_make(path, &err), 0);
	assert_int_equal(folder_make(path, &err), 0);
	assert_int_equal(owner_of(dir, "undo"), NOBODY);
	make_file(dir, "new");
	inner = openat(dir, "new", O_WRONLY);
	snprintf(path, sizeof(path), "%s/store/new", (char *)*state);
	assert_int_equal(folder_adopt(inner, path, &err), 0);
	assert_int_equal(owner_of(dir, "new"), NOBODY);
	close(inner);
	close(dir);
	assert_true(folder_give(-1, NOBODY, NOBODY, &err) < 0);
}

static void a_folder_is_synced_or_told(void **state)
{
	struct err err = ERR_INIT;

	assert_int_equal(folder_sync(*state, &err), 0);
	assert_int_equal(folder_sync("/nowhere/at/all", &err), -ENOENT);
	assert_int_equal(folder_sync("/proc", &err), 0); /* no such thing there */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCRATCH(names_stay_below_by_openat2),
		IN_SCRATCH(names_stay_below_without_openat2),
		IN_SCRATCH(plain_names),
		IN_SCRATCH(a_store_is_told_from_any_other_folder),
		IN_SCRATCH(a_store_is_given_with_all_in_it),
		IN_SCRATCH(a_folder_is_synced_or_told),
	};

	return cmocka_run_group_tests_name("beneath", tests, NULL, NULL);
}
