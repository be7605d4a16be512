/* The store when it is interrupted: killed, out of space, used by many at once. */
#include "store/incoming.h"
#include "store/store.h"
#include "tests/support.h"
#include "tests/scratch_dir.h"
#include "tests/store_fixture.h"

#include "store/db/events.h"
#include "store/fsck.h"
#include "store/db/imports.h"
#include "store/rrd/series_store.h"
#include "store/db/workloads.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A kill between the commit and its renames: the next writer finishes them. */
static void renames_of_a_commit_are_finished_by_the_next_writer(void **state)
{
	struct store *store = NULL;
	char from[PATH_MAX], to[PATH_MAX];

	store_fixture_import(*state, "a", 1, 3000, 4, 0);
	store_fixture_import(*state, "a", 50, 3000, 4, 0);
	/* as if the second import had been killed after its commit */
	store_fixture_path(*state, "incoming", to);
	mkdir(to, 0750);
	store_fixture_path(*state, "incoming/999999999-00c0ffee", to);
	mkdir(to, 0750);
	store_fixture_path(*state, "rrd/a/memory.rrd", from);
	store_fixture_path(*state, "incoming/999999999-00c0ffee/7.rrd", to);
	assert_int_equal(rename(from, to), 0);
	store_fixture_sql(*state,
		"INSERT INTO pending_files (source, target) VALUES "
		"('incoming/999999999-00c0ffee/7.rrd', 'rrd/a/memory.rrd'), "
		"(NULL, 'rrd/none'), ('incoming/done', 'rrd/a/done.rrd')");
	/* the next import makes its own files first: it must not clear away these */
	store_fixture_import(*state, "b", 9, 3000, 4, 0);
	store = store_fixture_open(*state);
	assert_true(store_fixture_value_at(store, "a", 3000) == 50);
	assert_true(store_fixture_value_at(store, "b", 3000) == 9);
	store_close(store);
	assert_int_equal(access(from, F_OK), 0);
}

/* ---- T06: a file system of 1 MiB in a namespace of our own ---------------------------- */

static void write_whole(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(77);
	close(fd);
}

static void mount_small(const char *dir)
{
	char map[64];
	unsigned uid = geteuid(), gid = getegid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		_exit(77);
	snprintf(map, sizeof(map), "0 %u 1", uid);
	write_whole("/proc/self/setgroups", "deny");
	write_whole("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	write_whole("/proc/self/gid_map", map);
	if (mount("none", dir, "tmpfs", 0, "size=1m") < 0)
		_exit(77);
}

/* What an import and a new file of the daemon do when there is no room: exits 0 when
 * both say so and leave nothing. */
static void fill_small_disk(const char *dir)
{
	struct rra_set archives;
	struct series_spec spec = { .archives = &archives,
		.column = store_fixture_used,
		.column_count = 1,
		.begin = 1000000000 };
	enum series_outcome outcome = SERIES_UNCHANGED;
	double *values = calloc(200000, sizeof(*values));
	struct err err = ERR_INIT;
	struct store *store = NULL;
	char path[PATH_MAX];
	unsigned handle = 0;

	mount_small(dir);
	if (rra_set_daemon(&rra_settings_default, 10, true, &archives, &err) < 0 ||
		store_open(dir, &store, &err) < 0 || !values)
		_exit(2);
	if (series_ensure(dir, "w", "cpu", &spec, &outcome, &err) != -ENOSPC ||
		!strstr(err.text, "No space"))
		_exit(3);
	if (store_incoming_rows(store, store_fixture_used, 1, 300, 3000, 200000, values,
		    &handle, &err) != -ENOSPC ||
		!strstr(err.text, "No space"))
		_exit(4);
	store_fixture_path(dir, "rrd/w/cpu.rrd", path);
	if (access(path, F_OK) == 0)
		_exit(5);
	store_fixture_path(dir, "rrd/w/.cpu.rrd.new", path);
	if (access(path, F_OK) == 0)
		_exit(6);
	/* what is small still goes */
	if (store_incoming_rows(store, store_fixture_used, 1, 300, 3000, 100, values,
		    &handle, &err) < 0)
		_exit(7);
	store_close(store);
	free(values);
	_exit(0);
}

static void a_full_disk_gives_a_message_and_leaves_nothing(void **state)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0)
		fill_small_disk(*state);
	waitpid(child, &status, 0);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		support_skip(
			"no small disk can be mounted: no user and mount namespace can be made here (not permitted, or in a chroot)");
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* T04 for the store: killed at any moment of an import, all of it or nothing of it. */
static void a_killed_import_is_whole_or_absent(void **state)
{
	uint64_t random = support_seed(4);
	unsigned whole = 0, absent = 0;

	store_fixture_import(*state, "before", 3, 3000, 4, 0);
	for (int round = 0; round < 40; round++) {
		struct workload_list list;
		struct fsck_report report;
		struct store *store = NULL;
		struct err err = ERR_INIT;
		pid_t child = 0;
		char name[32];

		snprintf(name, sizeof(name), "vm%d", round);
		child = fork();
		if (child == 0) {
			store_fixture_import(*state, name, 5, 3000, 4, 0);
			_exit(0);
		}
		usleep((useconds_t)(support_random(&random) % 12000));
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		store = store_fixture_open(*state);
		store_fixture_ok(fsck_run(store, 1000, &report, &err), &err);
		assert_int_equal(report.lost, 0);
		fsck_report_done(&report);
		store_fixture_ok(store_workloads(store, &list, &err), &err);
		if (workload_list_find(&list, name)) {
			whole++;
			assert_true(store_fixture_value_at(store, name, 3900) == 8);
		} else {
			absent++;
		}
		workload_list_done(&list);
		assert_true(store_fixture_value_at(store, "before", 3000) == 3);
		store_close(store);
	}
	print_message("%u whole, %u absent\n", whole, absent);
}

/* T16: writers of several processes take turns, readers never fail. */
static void many_writers_and_readers_lose_nothing(void **state)
{
	enum { WRITERS = 3, READERS = 2, ROUNDS = 15 };
	pid_t child[WRITERS + READERS];
	struct event_list events;
	struct fsck_report report;
	struct store *store = NULL;
	struct err err = ERR_INIT;
	char kind[] = "test", text[] = "x";

	store_fixture_import(*state, "a", 1, 3000, 4, 0);
	for (int i = 0; i < WRITERS + READERS; i++) {
		child[i] = fork();
		if (child[i] != 0)
			continue;
		if (store_open(*state, &store, &err) < 0)
			_exit(1);
		for (int round = 0; round < ROUNDS; round++) {
			struct event event = {
				.at = 100 * i + round, .kind = kind, .text = text
			};

			if (i >= WRITERS) {
				if (store_events(store, -1, NULL, 0, 9999, &events,
					    &err) < 0)
					_exit(2);
				event_list_done(&events);
				usleep(3000);
				continue;
			}
			if (store_begin(store, 30000, &err) < 0 ||
				store_event_add(store, &event, &err) < 0 ||
				store_commit(store, &err) < 0)
				_exit(3);
		}
		_exit(0);
	}
	for (int i = 0; i < WRITERS + READERS; i++) {
		int status = 0;

		waitpid(child[i], &status, 0);
		assert_int_equal(status, 0);
	}
	store = store_fixture_open(*state);
	store_fixture_ok(
		store_events(store, -1, "test", -1, 9999, &events, &err), &err);
	assert_int_equal(events.count, WRITERS * ROUNDS);
	event_list_done(&events);
	store_fixture_ok(fsck_run(store, 1000, &report, &err), &err);
	assert_int_equal(report.lost, 0);
	fsck_report_done(&report);
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function)                   \
	cmocka_unit_test_setup_teardown( \
		function, scratch_dir_setup, scratch_dir_teardown)
		TEST(renames_of_a_commit_are_finished_by_the_next_writer),
		TEST(a_full_disk_gives_a_message_and_leaves_nothing),
		TEST(a_killed_import_is_whole_or_absent),
		TEST(many_writers_and_readers_lose_nothing),
	};

	return cmocka_run_group_tests_name("store_faults", tests, NULL, NULL);
}
