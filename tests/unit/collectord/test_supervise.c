/* The sampler's children: start, death, back-off, signals. */
#include "tests/support.h"

#include "collectord/sampler/supervise.h"
#include "common/clock.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct fixture {
	char dir[64];
	struct supervisor supervisor;
};

static void write_program(const struct fixture *f, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "#!/bin/sh\n%s\n", text);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0755), 0);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	snprintf(f->dir, sizeof(f->dir), "/tmp/test_supervise.XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	supervise_init(&f->supervisor, f->dir, f->dir, 42);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = { "collectord-recorder", "collectord-helper",
		"collectord-notifier", "out" };
	struct fixture *f = *state;
	struct child_death death;
	char path[128];

	supervise_signal(&f->supervisor, CHILD_COUNT, SIGKILL);
	for (int i = 0; i < 100 && supervise_reap(&f->supervisor, 0, &death); i++)
		usleep(1000);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", f->dir, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(f->dir);
	free(f);
	return 0;
}

static bool wait_death(struct fixture *f, int64_t now_ns, struct child_death *death)
{
	for (int i = 0; i < 500; i++) {
		if (supervise_reap(&f->supervisor, now_ns, death))
			return true;
		usleep(10000);
	}
	return false;
}

static void the_back_off_grows_to_a_minute_and_no_further(void **state)
{
	struct fixture *f = *state;
	struct child_death death;
	struct err err = ERR_INIT;
	int64_t now_ns = NS_PER_S, most_ns = 0, waits[16];

	write_program(f, "collectord-recorder", "exit 3");
	supervise_want(&f->supervisor, CHILD_RECORDER, true);
	for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
		int64_t next_ns;

		assert_int_equal(supervise_start_due(&f->supervisor, now_ns, &err), 0);
		assert_true(wait_death(f, now_ns, &death));
		assert_int_equal(death.id, CHILD_RECORDER);
		assert_true(death.was_wanted);
		next_ns = supervise_next_start_ns(&f->supervisor);
		waits[i] = next_ns - now_ns;
		assert_true(waits[i] > 0 && waits[i] <= 60 * NS_PER_S);
		/* a moment too early nothing is started */
		assert_int_equal(
			supervise_start_due(&f->supervisor, next_ns - 1, &err), 0);
		assert_false(supervise_is_running(&f->supervisor, CHILD_RECORDER));
		if (waits[i] > most_ns)
			most_ns = waits[i];
		now_ns = next_ns;
	}
	assert_true(waits[0] <= NS_PER_S / 10);
	assert_true(waits[1] > waits[0]);
	assert_true(most_ns >= 45 * NS_PER_S);
	assert_non_null(strstr(
		death.text, "collectord-recorder ended with code 3, next start"));
}

static void who_lived_a_minute_is_started_at_once_again(void **state)
{
	struct fixture *f = *state;
	struct child_death death;
	struct err err = ERR_INIT;
	int64_t now_ns = NS_PER_S;

	write_program(f, "collectord-recorder", "exec sleep 100");
	supervise_want(&f->supervisor, CHILD_RECORDER, true);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(supervise_start_due(&f->supervisor, now_ns, &err), 0);
		assert_true(supervise_is_running(&f->supervisor, CHILD_RECORDER));
		supervise_signal(&f->supervisor, CHILD_RECORDER, SIGKILL);
		now_ns += 61 * NS_PER_S;
		assert_true(wait_death(f, now_ns, &death));
		assert_non_null(strstr(death.text, "was killed by signal 9"));
		assert_true(supervise_next_start_ns(&f->supervisor) - now_ns <=
			NS_PER_S / 10);
		now_ns = supervise_next_start_ns(&f->supervisor);
	}
}

static void a_missing_program_is_an_error_and_is_tried_again(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	int64_t next_ns;

	supervise_want(&f->supervisor, CHILD_HELPER, true);
	assert_int_equal(supervise_start_due(&f->supervisor, NS_PER_S, &err), -ENOENT);
	assert_non_null(strstr(err.text, "collectord-helper: No such file"));
	next_ns = supervise_next_start_ns(&f->supervisor);
	assert_true(next_ns > NS_PER_S && next_ns < 2 * NS_PER_S);
	write_program(f, "collectord-helper", "exec sleep 100");
	assert_int_equal(supervise_start_due(&f->supervisor, next_ns, &err), 0);
	assert_true(supervise_is_running(&f->supervisor, CHILD_HELPER));
	assert_int_equal(supervise_next_start_ns(&f->supervisor), INT64_MAX);
}

static void the_notifier_may_end_when_it_is_done(void **state)
{
	struct fixture *f = *state;
	struct child_death death;
	struct err err = ERR_INIT;

	write_program(f, "collectord-notifier", "exit 0");
	supervise_want(&f->supervisor, CHILD_NOTIFIER, true);
	assert_int_equal(supervise_start_due(&f->supervisor, NS_PER_S, &err), 0);
	assert_true(wait_death(f, NS_PER_S, &death));
	assert_false(death.was_wanted);
}

static void who_is_not_wanted_any_more_stays_away(void **state)
{
	struct fixture *f = *state;
	struct child_death death;
	struct err err = ERR_INIT;

	write_program(f, "collectord-helper", "exec sleep 100");
	supervise_want(&f->supervisor, CHILD_HELPER, true);
	assert_int_equal(supervise_start_due(&f->supervisor, NS_PER_S, &err), 0);
	supervise_want(&f->supervisor, CHILD_HELPER, false);
	supervise_signal(&f->supervisor, CHILD_COUNT, SIGTERM);
	assert_true(wait_death(f, NS_PER_S, &death));
	assert_false(death.was_wanted);
	assert_int_equal(supervise_start_due(&f->supervisor, 99 * NS_PER_S, &err), 0);
	assert_false(supervise_is_running(&f->supervisor, CHILD_HELPER));
	assert_int_equal(supervise_next_start_ns(&f->supervisor), INT64_MAX);
}

/* What a child is given: "--runtime DIR", signals as the header says, no descriptor. */
static void a_child_gets_what_it_needs_and_nothing_else(void **state)
{
	struct fixture *f = *state;
	struct child_death death;
	struct err err = ERR_INIT;
	char path[128], text[512] = "";
	const char *ignored;
	FILE *file;

	write_program(f, "collectord-recorder",
		"echo \"$*\" > \"$2/out\"\n"
		"grep -E '^SigIgn' /proc/$$/status >> \"$2/out\"\n"
		"ls /proc/self/fd | wc -l >> \"$2/out\"\n");
	file = fopen("/proc/self/status", "re"); /* close-on-exec, as all of ours */
	supervise_want(&f->supervisor, CHILD_RECORDER, true);
	assert_int_equal(supervise_start_due(&f->supervisor, NS_PER_S, &err), 0);
	assert_true(wait_death(f, NS_PER_S, &death));
	fclose(file);
	snprintf(path, sizeof(path), "%s/out", f->dir);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
	fclose(file);
	snprintf(path, sizeof(path), "--runtime %s\n", f->dir);
	assert_ptr_equal(strstr(text, path), text);
	/* SIGHUP, SIGINT and SIGUSR1, beside what we may have been started with */
	ignored = strstr(text, "SigIgn:\t");
	assert_non_null(ignored);
	assert_int_equal(strtoull(ignored + 8, NULL, 16) & 0x203, 0x203);
}

static void who_does_not_beat_is_silent(void **state)
{
	const int64_t most_ns = 30 * NS_PER_S, first_ns = 900 * NS_PER_S;
	struct child_watch watch = { .seen_ns = 0 };
	int64_t at = 1000 * NS_PER_S;

	(void)state;
	/* the beat of the one before it counts for nothing */
	assert_false(supervise_is_silent(&watch, true, 7, at, most_ns, first_ns));
	assert_false(
		supervise_is_silent(&watch, true, 7, at + first_ns, most_ns, first_ns));
	assert_true(supervise_is_silent(
		&watch, true, 7, at + first_ns + 1, most_ns, first_ns));
	/* once, then it is waited for again */
	at += first_ns + 1;
	assert_false(supervise_is_silent(&watch, true, 7, at, most_ns, first_ns));
	assert_false(supervise_is_silent(&watch, true, 8, at, most_ns, first_ns));
	assert_false(
		supervise_is_silent(&watch, true, 8, at + most_ns, most_ns, first_ns));
	assert_true(supervise_is_silent(
		&watch, true, 8, at + most_ns + 1, most_ns, first_ns));
	/* one that does not run is not silent, and begins anew */
	at += most_ns + 2;
	assert_false(supervise_is_silent(&watch, false, 8, at, most_ns, first_ns));
	assert_false(supervise_is_silent(
		&watch, true, 8, at + most_ns + 1, most_ns, first_ns));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_back_off_grows_to_a_minute_and_no_further),
		TEST(who_lived_a_minute_is_started_at_once_again),
		TEST(a_missing_program_is_an_error_and_is_tried_again),
		TEST(the_notifier_may_end_when_it_is_done),
		TEST(who_is_not_wanted_any_more_stays_away),
		TEST(a_child_gets_what_it_needs_and_nothing_else),
		TEST(who_does_not_beat_is_silent),
	};

	return cmocka_run_group_tests_name("supervise", tests, NULL, NULL);
}
