/* What a confined child may do, and what its parent learns of how it ended. */
#include "tests/scratch_dir.h"
#include "tests/support.h"

#include "common/confine.h"
#include "common/util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct work_case {
	const char *name;
	confine_work *work;
	int expected; /* of confine_finish */
	const char *text;
	struct confine_options options;
};

/* Reads the kept descriptor and hands its bytes on. */
static int hand_on(void *context, int answer_fd, struct err *err)
{
	char bytes[64];
	ssize_t got = read(*(const int *)context, bytes, sizeof(bytes));

	return got < 0 ? err_errno(err, "kept")
		       : confine_write(answer_fd, bytes, (size_t)got);
}

static int refuse(void *context, int answer_fd, struct err *err)
{
	(void)context, (void)answer_fd;
	return err_set(err, -EINVAL, "line 7: expected a number, found \"x\"");
}

/* Each of these must fail; the first that does not is told. */
static int try_to_leave(void *context, int answer_fd, struct err *err)
{
	const int *other_fd = context;
	char byte;

	(void)answer_fd;
	if (open("/etc/passwd", O_RDONLY) >= 0)
		return err_set(err, -EINVAL, "a file was opened");
	if (open("escaped", O_WRONLY | O_CREAT, 0600) >= 0)
		return err_set(err, -EINVAL, "a file was made");
	if (unlink("/nowhere/at/all") == 0 || errno != EPERM)
		return err_set(err, -EINVAL, "unlink was asked");
	if (rename("/nowhere", "/else") == 0 || errno != EPERM)
		return err_set(err, -EINVAL, "rename was asked");
	if (mkdir("/nowhere/at/all", 0700) == 0 || errno != EPERM)
		return err_set(err, -EINVAL, "mkdir was asked");
	if (socket(AF_INET, SOCK_STREAM, 0) >= 0)
		return err_set(err, -EINVAL, "a socket was made");
	if (fork() >= 0)
		return err_set(err, -EINVAL, "a process was made");
	if (kill(getppid(), 0) == 0)
		return err_set(err, -EINVAL, "the parent could be signalled");
	if (read(other_fd[1], &byte, 1) >= 0)
		return err_set(err, -EINVAL, "a descriptor was left open");
	return 0;
}

/* With a folder: what is in it can be listed and read; nothing else, and not changed. */
static int look_beneath(void *context, int answer_fd, struct err *err)
{
	char byte;
	int fd = open("inside/word", O_RDONLY);
	DIR *folder = opendir(".");

	(void)context, (void)answer_fd;
	if (fd < 0 || read(fd, &byte, 1) != 1 || byte != 'w')
		return err_set(err, -EINVAL, "a file of the folder was not read");
	if (!folder || !readdir(folder))
		return err_set(err, -EINVAL, "the folder was not listed");
	closedir(folder);
	if (open("/etc/passwd", O_RDONLY) >= 0 || open("../outside", O_RDONLY) >= 0)
		return err_set(err, -EINVAL, "a file outside was opened");
	if (open("link", O_RDONLY) >= 0)
		return err_set(err, -EINVAL, "a link led outside");
	if (open("inside/word", O_RDWR) >= 0 ||
		open("inside/word", O_RDONLY | O_TRUNC) >= 0)
		return err_set(err, -EINVAL, "a file was opened for writing");
	if (open("new", O_WRONLY | O_CREAT, 0600) >= 0)
		return err_set(err, -EINVAL, "a file was made");
	if (unlink("inside/word") == 0 || truncate("inside/word", 0) == 0 ||
		chmod("inside/word", 0) == 0)
		return err_set(err, -EINVAL, "a file was changed");
	if (fcntl(fd, F_SETOWN, getppid()) == 0)
		return err_set(err, -EINVAL, "somebody else could be signalled");
	close(fd);
	return try_to_leave(context, answer_fd, err);
}

static int crash(void *context, int answer_fd, struct err *err)
{
	(void)context, (void)answer_fd, (void)err;
	signal(SIGABRT, SIG_DFL);
	abort();
}

static int never_end(void *context, int answer_fd, struct err *err)
{
	(void)context, (void)answer_fd, (void)err;
	return sleep(1000) ? 0 : -EINTR;
}

static int spin(void *context, int answer_fd, struct err *err)
{
	volatile unsigned count = 0;

	(void)context, (void)answer_fd, (void)err;
	while (count + 1 != 0)
		count = 2 * (count + 1) % 1000;
	return 0;
}

static int want_memory(void *context, int answer_fd, struct err *err)
{
	char *bytes = malloc((size_t)1 << 30);

	(void)context, (void)answer_fd;
	if (!bytes)
		return err_oom(err);
	memset(bytes, 1, (size_t)1 << 30);
	free(bytes);
	return 0;
}

static int say_much(void *context, int answer_fd, struct err *err)
{
	static const char bytes[4096];

	(void)context, (void)err;
	for (;;)
		if (confine_write(answer_fd, bytes, sizeof(bytes)) < 0)
			return -EPIPE;
}

static struct work_case cases[] = {
	{ "what it reads arrives", hand_on, 0, "", { .memory_bytes = 0 } },
	{ "its own error arrives with its text", refuse, -EINVAL, "line 7",
		{ .memory_bytes = 0 } },
	{ "it can open, make, remove, connect, start and signal nothing", try_to_leave,
		0, "", { .memory_bytes = 0 } },
	{ "a folder that it is given can be read, and no other", look_beneath, 0, "",
		{ .beneath = "folder" } },
	{ "a folder that is not there is told", look_beneath, -ENOENT,
		"/nowhere/at/all", { .beneath = "/nowhere/at/all" } },
	{ "a crash is the file's fault, not the end of the program", crash, -EBADMSG,
		"reading it ended", { .memory_bytes = 0 } },
	{ "the deadline ends what never ends", never_end, -ETIMEDOUT, "too long",
		{ .deadline_ms = 200 } },
	{ "the deadline ends what never rests", spin, -ETIMEDOUT, "too long",
		{ .deadline_ms = 200 } },
	{ "memory has a limit", want_memory, -ENOMEM, "out of memory",
		{ .memory_bytes = 32 << 20 } },
	{ "the answer has a limit", say_much, -EFBIG, "more comes out",
		{ .answer_bytes = 1 << 20 } },
};

static void put_word(const char *path)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs("word", file) >= 0 && fclose(file) == 0);
}

/* folder/inside/word and what lies beside the folder. */
static void make_folder(const char *top)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/outside", top);
	put_word(path);
	snprintf(path, sizeof(path), "%s/folder", top);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/folder/inside", top);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/folder/inside/word", top);
	put_word(path);
	snprintf(path, sizeof(path), "%s/folder/link", top);
	assert_int_equal(symlink("../outside", path), 0);
}

static void check_work(void **state)
{
	struct work_case *test = *state;
	struct confine_options options = test->options;
	struct confined *child = NULL;
	struct err err = ERR_INIT;
	char buffer[65536], folder[PATH_MAX];
	void *top = NULL;
	int fd[2] = { -1, -1 };
	ssize_t got;
	bool has_text = false;
	int r;

#ifdef __SANITIZE_ADDRESS__
	if (test->work == want_memory)
		support_skip("the sanitizer's allocator ends the process instead");
#endif
	fd[0] = open("/proc/self/comm", O_RDONLY);
	fd[1] = open("/proc/self/comm", O_RDONLY);
	assert_true(fd[0] >= 0 && fd[1] >= 0);
	options.what = "foreign.bin";
	if (options.beneath && options.beneath[0] != '/') {
		assert_int_equal(scratch_dir_setup(&top), 0);
		make_folder(top);
		snprintf(folder, sizeof(folder), "%s/folder", (const char *)top);
		options.beneath = folder;
	}
	options.keep_fd[options.keep_count++] = fd[0];
	assert_int_equal(confine_start(&options, test->work, fd, &child, &err), 0);
	while ((got = confine_read(child, buffer, sizeof(buffer), &err)) > 0)
		has_text = memcmp(buffer, "test_confine", 12) == 0;
	if (test->work == hand_on)
		assert_true(has_text);
	r = confine_finish(child, &err);
	if (r != test->expected)
		print_message("# %s\n", err.text);
	assert_int_equal(r, test->expected);
	assert_non_null(strstr(err.text, test->text));
	close(fd[0]);
	close(fd[1]);
	if (top)
		scratch_dir_teardown(&top);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(cases)];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		tests[i] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = check_work,
			.initial_state = &cases[i] };
	return cmocka_run_group_tests_name("confine", tests, NULL, NULL);
}
