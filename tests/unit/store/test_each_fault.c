/*
 * T08, T09 of the store, one call at a time: each place that allocates, reads, writes or asks
 * SQLite fails once, in each way it can.  What fails says so in words, or succeeds and is
 * right; nothing stays allocated or open; and the same again succeeds.
 *
 * HEADROOM_EACH_FAULT=1 tries all of them; else each fourth.
 */
#include "tests/unit/store/each_fault.h"

#include "tests/scratch_dir.h"
#include "tests/support.h"

#include "common/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const kind_names[] = {
	[FAULT_MEMORY] = "no memory",
	[FAULT_EIO] = "EIO",
	[FAULT_DEAD] = "EIO for ever",
	[FAULT_PATH] = "a path that is too long",
	[FAULT_EINTR] = "EINTR",
	[FAULT_SHORT] = "a short transfer",
	[FAULT_END] = "an early end",
	[FAULT_SQL] = "SQLite fails",
	[FAULT_SQL_DAMAGED] = "SQLite says damaged",
};

/* ---- folders --------------------------------------------------------------------------- */

static char top[64], copied_from[PATH_MAX], copied_to[PATH_MAX];

static int copy_entry(
	const char *path, const struct stat *status, int type, struct FTW *where)
{
	char to[PATH_MAX];
	static char bytes[1 << 16];
	ssize_t got = 0;
	int in, out;

	(void)where;
	snprintf(to, sizeof(to), "%s%s", copied_to, path + strlen(copied_from));
	if (type == FTW_D)
		return mkdir(to, status->st_mode & 07777);
	in = open(path, O_RDONLY);
	out = open(to, O_WRONLY | O_CREAT, status->st_mode & 07777);
	while (in >= 0 && out >= 0 && (got = read(in, bytes, sizeof(bytes))) > 0)
		assert_int_equal(write(out, bytes, (size_t)got), got);
	assert_true(in >= 0 && out >= 0 && got == 0);
	close(in);
	close(out);
	return 0;
}

/* The store that a try begins with, as it was prepared. */
static void begin_with(const char *template, const char *dir)
{
	scratch_dir_remove(dir);
	snprintf(copied_from, sizeof(copied_from), "%s", template);
	snprintf(copied_to, sizeof(copied_to), "%s", dir);
	assert_int_equal(nftw(template, copy_entry, 16, FTW_PHYS), 0);
}

static long open_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	long count = 0;

	assert_non_null(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

/* ---- places ---------------------------------------------------------------------------- */

enum { PLACES_MAX = 1 << 15 };
static uint64_t known_places[FAULT_KINDS][PLACES_MAX];

/* A place that no scenario has failed at before, in this way. */
static bool is_new_place(enum fault_kind kind, uint64_t place)
{
	size_t at = place % PLACES_MAX;

	while (known_places[kind][at] && known_places[kind][at] != place)
		at = (at + 1) % PLACES_MAX;
	if (known_places[kind][at])
		return false;
	known_places[kind][at] = place;
	return true;
}

/* ---- one fault ------------------------------------------------------------------------- */

/* Every so many places: all of them take a minute (make coverage does them). */
static size_t share = 4;

struct sweep {
	const struct fault_scenario *scenario;
	char template[PATH_MAX], dir[PATH_MAX];
	enum fault_kind kind;
	unsigned tried, struck, told, bad;
};

static void say_bad(
	struct sweep *sweep, long number, const char *what, const char *text)
{
	char where[400];

	each_fault_where(where, sizeof(where));
	print_error("%s, %s at call %ld: %s%s%s\n    addr2line -fpie %s%s\n",
		sweep->scenario->name, kind_names[sweep->kind], number, what,
		text[0] ? ": " : "", text, "test_each_fault", where);
	sweep->bad++;
}

static int run_once(struct sweep *sweep, long number, struct err *err, bool *ret_struck,
	long *ret_count)
{
	int r;

	each_fault_arm(sweep->kind, number);
	r = sweep->scenario->run(sweep->dir, sweep->scenario->what, err);
	*ret_count = each_fault_disarm(ret_struck);
	return r;
}

static bool is_right(const struct sweep *sweep)
{
	return !sweep->scenario->is_right || sweep->scenario->is_right(sweep->dir);
}

/* The number-th call of the kind fails. */
static void try_fault(struct sweep *sweep, long number)
{
	long blocks, descriptors, count;
	struct err err = ERR_INIT;
	bool has_struck = false;
	int r;

	begin_with(sweep->template, sweep->dir);
	blocks = each_fault_blocks();
	descriptors = open_descriptors();
	r = run_once(sweep, number, &err, &has_struck, &count);
	sweep->tried++;
	sweep->struck += has_struck;
	sweep->told += r < 0;
	if (each_fault_blocks() != blocks)
		say_bad(sweep, number, "memory is lost", err.text);
	if (open_descriptors() != descriptors)
		say_bad(sweep, number, "a descriptor stays open", err.text);
	if (r < 0 && !err.text[0])
		say_bad(sweep, number, "it fails without a word", strerror(-r));
	if (r == 0 && !is_right(sweep))
		say_bad(sweep, number, "it succeeds and is wrong", "");
	if (!sweep->scenario->is_repeatable)
		return;
	err.text[0] = '\0';
	r = sweep->scenario->run(sweep->dir, sweep->scenario->what, &err);
	if (r < 0)
		say_bad(sweep, number, "the same again fails", err.text);
	else if (!is_right(sweep))
		say_bad(sweep, number, "the same again is wrong", "");
}

/* ---- all of them ----------------------------------------------------------------------- */

/* The calls of the kind at places that are new. */
static size_t list_calls(struct sweep *sweep, long number[FAULT_CALLS_MAX])
{
	struct err err = ERR_INIT;
	size_t listed = 0;
	long count;
	bool has_struck;
	int r;

	begin_with(sweep->template, sweep->dir);
	r = run_once(sweep, FAULT_NONE, &err, &has_struck, &count);
	if (r < 0 || !is_right(sweep))
		fail_msg("%s without a fault: %d: %s", sweep->scenario->name, r,
			err.text);
	for (long i = 0; i < count; i++)
		if (is_new_place(sweep->kind, each_fault_place(i)))
			number[listed++] = i;
	return listed;
}

static void each_fault_of(void **state)
{
	static long number[FAULT_CALLS_MAX];
	static struct sweep sweep;

	size_t step = share;
	bool has_struck;

	(void)each_fault_disarm(&has_struck); /* of a scenario that crashed */
	sweep = (struct sweep){ .scenario = *state };
	if (share > 1 && sweep.scenario->kinds >= ONE_OF(1))
		step *= sweep.scenario->kinds / ONE_OF(1);
	snprintf(sweep.template, sizeof(sweep.template), "%s/as-prepared", top);
	snprintf(sweep.dir, sizeof(sweep.dir), "%s/try", top);
	scratch_dir_remove(sweep.template); /* of one that failed */
	assert_int_equal(mkdir(sweep.template, 0750), 0);
	if (sweep.scenario->prepare)
		sweep.scenario->prepare(sweep.template);
	/* what is made once in a process is no longer made */
	sweep.kind = FAULT_MEMORY;
	begin_with(sweep.template, sweep.dir);
	(void)sweep.scenario->run(
		sweep.dir, sweep.scenario->what, &(struct err)ERR_INIT);
	for (int kind = 0; kind < FAULT_KINDS; kind++) {
		size_t count;

		sweep.kind = (enum fault_kind)kind;
		if (!(sweep.scenario->kinds & FAULT_BIT(sweep.kind)))
			continue;
		count = list_calls(&sweep, number);
		for (size_t i = step - 1; i < count; i += step)
			try_fault(&sweep, number[i]);
	}
	print_message("# %s: %u faults, %u met, %u told\n", sweep.scenario->name,
		sweep.tried, sweep.struck, sweep.told);
	scratch_dir_remove(sweep.dir);
	scratch_dir_remove(sweep.template);
	assert_int_equal(sweep.bad, 0);
	assert_int_equal(sweep.struck, sweep.tried);
}

static int make_top(void **state)
{
	const char *text = getenv("HEADROOM_EACH_FAULT");

	(void)state;
	if (text && atoi(text) > 0)
		share = (size_t)atoi(text);
	/* what the disk does is not what is tested here */
	snprintf(top, sizeof(top), "%s/headroom-fault.XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	return mkdtemp(top) ? 0 : -1;
}

static int remove_top(void **state)
{
	(void)state;
	return scratch_dir_remove(top);
}

static size_t add(struct CMUnitTest *tests, size_t count,
	struct fault_scenario *scenario, size_t scenarios)
{
	for (size_t i = 0; i < scenarios; i++)
		tests[count++] = (struct CMUnitTest){ .name = scenario[i].name,
			.test_func = each_fault_of,
			.initial_state = &scenario[i] };
	return count;
}

/* With a word: the scenarios of that name alone, * for any letters. */
int main(int argc, char **argv)
{
	struct CMUnitTest tests[96];
	size_t count = 0;

	if (strcmp(argv[0], "collectord-writer") == 0)
		return each_fault_as_writer(argc, argv);
	count = add(tests, count, each_fault_database, each_fault_database_count);
	count = add(tests, count, each_fault_archives, each_fault_archives_count);
	count = add(tests, count, each_fault_names, each_fault_names_count);
	count = add(tests, count, each_fault_daemon, each_fault_daemon_count);
	count = add(tests, count, each_fault_turn, each_fault_turn_count);
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return _cmocka_run_group_tests(
		"each_fault", tests, count, make_top, remove_top);
}
