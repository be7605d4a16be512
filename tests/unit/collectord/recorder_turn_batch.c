/* The batch: when it is due, how a writer may end, and what keeps it from the database. */
#include "tests/unit/collectord/recorder_turn_world.h"

#include "tests/store_fixture.h"

#include "collectord/recorder/recorder_batch.h"
#include "collectord/recorder/recorder_enter.h"
#include "collectord/recorder/recorder_socket.h"
#include "collectord/recorder/recorder_turn.h"
#include "common/clock.h"
#include "store/dir/lock.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Somebody waits: the batch is due at once. */
static int wait_for_flush(struct turn_world *world)
{
	struct err err = ERR_INIT;
	int fd;

	if (world->recorder.listen_fd < 0)
		store_fixture_ok(recorder_listen(&world->recorder, &err), &err);
	fd = turn_ask(world, "flush\n");
	turn_serve(world, world->now_ms);
	assert_true(recorder_flush_is_wanted(&world->recorder));
	return fd;
}

static void a_batch_brings_the_ticks_into_archives_and_database(void **state)
{
	struct turn_world *world = *state;
	int fd;

	turn_real_writer(world);
	turn_staged(world, 20);
	assert_true(recorder_is_behind(&world->recorder));
	fd = wait_for_flush(world);
	turn_once(world);
	assert_int_not_equal(world->recorder.child.pid, 0);
	assert_false(recorder_is_drained(&world->recorder));
	/* not a second one beside it, nor an answer before its end */
	recorder_batch_begin(&world->recorder, world->now_ms);
	assert_false(turn_is_answered(fd));
	turn_await_writer(world);
	turn_answered(fd, "ok 1700007600\n");
	assert_false(recorder_is_behind(&world->recorder));
	assert_true(recorder_is_drained(&world->recorder));
	assert_int_equal(turn_number(world, "SELECT last_at FROM workloads"),
		TURN_FIRST_S + 20 * TURN_STEP_S);
	assert_int_equal(turn_status(world).bytes_used, 0);
	/* nothing is left to do: answered by the next turn */
	fd = wait_for_flush(world);
	turn_once(world);
	turn_answered(fd, "ok 1700007600\n");
	assert_int_equal(world->recorder.child.pid, 0);
	/* but not drained of what waits in the ring */
	turn_publish(world, 1, 1e9);
	assert_false(recorder_is_drained(&world->recorder));
}

/* A reader that knows nothing of ticks yet. */
static void a_flush_of_nothing_is_answered_with_no_stamp(void **state)
{
	struct turn_world *world = *state;
	int fd;

	turn_once(world);
	fd = wait_for_flush(world);
	turn_once(world);
	turn_answered(fd, "ok 0\n");
}

struct writer_end {
	const char *name, *program; /* NULL: there is none */
	const char *why;            /* of the trouble; NULL: none */
	bool has_other_step;
};
static const struct writer_end writer_ends[] = {
	{ "in order, with a word", "echo 'cpu.rrd was damaged'", NULL, false },
	{ "with another step", "echo 'a step of 10 s'; exit 78",
		"batch: a step of 10 s", true },
	{ "with its reason", "echo 'no space'; echo more; exit 1", "batch: no space",
		false },
	{ "without a word", "exit 3", "batch: the writer ended with 3", false },
	{ "killed", "kill -9 $$", "batch: the writer died of signal 9", false },
	{ "never begun", NULL, "cannot be run", false },
	{ "asked to wait for what cannot be read", "echo \"$#\"; exit 1", "batch: 4",
		false },
};

static void a_writer_may_end_in_each_way(void **state)
{
	struct turn_world *world = *state;
	struct recorder *recorder = &world->recorder;
	char path[PATH_MAX];

	turn_staged(world, 3);
	turn_path(world, "bin/collectord-writer", path);
	for (size_t i = 0; i < ARRAY_LEN(writer_ends); i++) {
		const struct writer_end *end = &writer_ends[i];
		int fd;

		recorder->batch_trouble = (struct recorder_trouble){ .retry_ms = 0 };
		recorder->has_other_step = false;
		if (end->program)
			turn_program(world, "collectord-writer", end->program);
		else
			assert_int_equal(unlink(path), 0);
		fd = wait_for_flush(world);
		turn_once(world);
		turn_await_writer(world);
		assert_int_equal(recorder->child.note_fd, -1);
		assert_int_equal(recorder->has_other_step, end->has_other_step);
		if (!end->why) {
			assert_false(recorder->batch_trouble.has_failed);
			assert_int_equal(turn_number(world,
						 "SELECT count(*) FROM events WHERE "
						 "kind = 'damage' AND text = 'cpu.rrd "
						 "was damaged'"),
				1);
			recorder->client[0].wanted_number = 0;
			recorder_answer_flushes(recorder, false);
			turn_answered(fd, "ok");
			continue;
		}
		turn_answered(fd, "failed\n");
		if (!strstr(recorder->batch_trouble.why, end->why))
			fail_msg("%s: %s", end->name, recorder->batch_trouble.why);
		/* not before its time, unless somebody asks */
		assert_true(recorder->batch_trouble.retry_ms > world->now_ms);
		turn_once(world);
		assert_int_equal(recorder->child.pid, 0);
		assert_int_equal(turn_status(world).pending_ticks, 3);
	}
}

/* What waits in staging would be overwritten by what comes: the writer has to give up. */
static void a_writer_of_a_full_staging_gives_up_waiting(void **state)
{
	struct turn_world *world = *state;

	world->recorder.settings.batch_interval.number = 600; /* a small staging */
	turn_staged(world, 3);
	turn_program(world, "collectord-writer", "echo \"$*\"; exit 1");
	turn_fill_staging(world, 91);
	turn_once(world); /* more than half of it is used: due without a word */
	turn_await_writer(world);
	assert_non_null(
		strstr(world->recorder.batch_trouble.why, "--lock 3 --give-up"));
}

static void a_writer_that_hangs_is_ended(void **state)
{
	struct turn_world *world = *state;
	struct recorder *recorder = &world->recorder;
	int64_t deadline_ms;
	int fd;

	turn_program(world, "collectord-writer", "exec sleep 60");
	turn_staged(world, 3);
	fd = wait_for_flush(world);
	turn_once(world);
	deadline_ms = recorder->child.deadline_ms;
	assert_int_equal(deadline_ms, world->now_ms + 300000);
	recorder_batch_continue(recorder, deadline_ms - 1);
	assert_false(turn_said(world, "hangs"));
	recorder_batch_continue(recorder, deadline_ms);
	assert_true(turn_said(world, "the writer hangs and is ended"));
	turn_await_writer(world);
	assert_string_equal(
		recorder->batch_trouble.why, "batch: the writer died of signal 9");
	turn_answered(fd, "failed\n");
}

/* Its end was somebody else's to see: no batch is called done for that. */
static void a_writer_whose_end_was_not_seen_has_failed(void **state)
{
	struct turn_world *world = *state;
	struct recorder *recorder = &world->recorder;
	int fd;

	turn_program(world, "collectord-writer", "exit 0");
	turn_staged(world, 3);
	fd = wait_for_flush(world);
	turn_once(world);
	assert_int_equal(waitpid(recorder->child.pid, NULL, 0), recorder->child.pid);
	turn_await_writer(world);
	assert_string_equal(
		recorder->batch_trouble.why, "batch: the writer ended with 1");
	turn_answered(fd, "failed\n");
}

static void a_staging_that_cannot_be_read_back_fails_the_batch(void **state)
{
	struct turn_world *world = *state;
	char path[PATH_MAX], noise[2 * STAGING_BLOCK_BYTES];
	int fd;

	turn_program(world, "collectord-writer", "exit 0");
	turn_staged(world, 3);
	fd = wait_for_flush(world);
	turn_once(world);
	turn_path(world, "data/staging", path);
	memset(noise, 0x5a, sizeof(noise));
	store_fixture_overwrite(path, 0, noise, sizeof(noise));
	turn_await_writer(world);
	assert_non_null(strstr(world->recorder.batch_trouble.why,
		"staging: staging: both of its heads are damaged"));
	turn_answered(fd, "failed\n");
}

/* An import has the lock: soon over, nothing is wrong. */
static void a_lock_that_is_taken_is_waited_for(void **state)
{
	struct turn_world *world = *state;
	struct recorder *recorder = &world->recorder;
	struct err err = ERR_INIT;
	int lock_fd = -1, fd;

	turn_real_writer(world);
	turn_staged(world, 3);
	store_fixture_ok(store_lock_take(world->data, 0, &lock_fd, &err), &err);
	fd = wait_for_flush(world);
	turn_once(world);
	assert_int_equal(recorder->child.pid, 0);
	assert_false(recorder->batch_trouble.has_failed);
	assert_int_equal(recorder->batch_trouble.retry_ms, world->now_ms + 200);
	assert_true(recorder_wait_ms(recorder, world->now_ms) <= 100);
	close(lock_fd);
	recorder_batch_begin(recorder, world->now_ms + 100); /* not yet */
	assert_int_equal(recorder->child.pid, 0);
	recorder_batch_begin(recorder, world->now_ms + 200);
	assert_int_not_equal(recorder->child.pid, 0);
	turn_await_writer(world);
	turn_answered(fd, "ok 1700006580\n");
	/* the same where the writer is through and the database is busy */
	turn_publish(world, 1, 1e9);
	turn_once(world);
	turn_move_mark(world);
	store_fixture_ok(store_lock_take(world->data, 0, &lock_fd, &err), &err);
	fd = wait_for_flush(world);
	recorder_batch_begin(recorder, world->now_ms);
	assert_false(recorder->batch_trouble.has_failed);
	assert_true(recorder->batch_trouble.retry_ms > world->now_ms);
	assert_true(recorder_is_behind(recorder));
	close(lock_fd);
	recorder_batch_begin(recorder, recorder->batch_trouble.retry_ms);
	turn_answered(fd, "ok 1700006640\n");
	assert_false(recorder_is_behind(recorder));
}

/* Samples are worth more than what a database that stays away would have said of them. */
static void a_database_that_stays_away_does_not_fill_staging(void **state)
{
	struct turn_world *world = *state;
	struct recorder *recorder = &world->recorder;
	int fd;

	recorder->settings.batch_interval.number = 600; /* a small staging */
	turn_staged(world, 3);
	turn_database_away(world, true);
	turn_move_mark(world);
	fd = wait_for_flush(world);
	recorder_batch_begin(recorder, world->now_ms);
	turn_answered(fd, "failed\n");
	assert_true(recorder->batch_trouble.has_failed);
	assert_non_null(strstr(recorder->batch_trouble.why, "database: "));
	assert_true(turn_status(world).bytes_used > 0); /* kept for it */
	turn_fill_staging(world, 91);
	turn_move_mark(world);
	recorder->batch_trouble.retry_ms = 0;
	recorder->is_draining = true;
	recorder_batch_begin(recorder, world->now_ms);
	assert_int_equal(turn_status(world).bytes_used, 0);
	assert_false(recorder_is_drained(recorder)); /* the database lacks it */
	turn_database_away(world, false);
	recorder->batch_trouble.retry_ms = 0;
	recorder_batch_begin(recorder, world->now_ms);
	assert_false(recorder->batch_trouble.has_failed);
	assert_int_equal(turn_number(world,
				 "SELECT count(*) FROM events WHERE kind = 'trouble'"),
		1);
	assert_true(recorder_is_drained(recorder));
}

static void a_batch_is_due_by_time_by_ticks_and_by_room(void **state)
{
	struct turn_world *world = *state;
	struct recorder *recorder = &world->recorder;

	turn_program(world, "collectord-writer", "exit 1");
	turn_staged(world, 3);
	recorder->settings.batch_interval.number = 600;
	recorder->batch_ms = world->now_ms;
	recorder_batch_begin(recorder, world->now_ms + 599999);
	assert_int_equal(recorder->child.pid, 0);
	recorder_batch_begin(recorder, world->now_ms + 600000);
	assert_int_not_equal(recorder->child.pid, 0);
	turn_await_writer(world);
	recorder->batch_trouble = (struct recorder_trouble){ .retry_ms = 0 };
	recorder->settings.batch_interval.number = 240;
	recorder_batch_begin(recorder, world->now_ms);
	assert_int_equal(recorder->child.pid, 0);
	turn_publish(world, 1, 1e9);
	turn_once(world); /* four ticks of a minute */
	assert_int_not_equal(recorder->child.pid, 0);
	turn_await_writer(world);
}

/* Where the database has to be asked first, a batch waits for it. */
static void a_batch_begins_with_the_workload(void **state)
{
	struct turn_world *world = *state;
	struct recorder *recorder = &world->recorder;
	char path[PATH_MAX];

	turn_program(world, "collectord-writer", "exit 0");
	turn_staged(world, 3);
	recorder_enter_again(recorder);
	recorder->is_draining = true;
	turn_database_away(world, true);
	recorder_batch_begin(recorder, world->now_ms);
	assert_int_equal(recorder->child.pid, 0);
	assert_true(recorder->batch_trouble.has_failed);
	turn_database_away(world, false);
	recorder->batch_trouble.retry_ms = 0;
	recorder_batch_begin(recorder, world->now_ms);
	assert_int_not_equal(recorder->child.pid, 0);
	assert_int_not_equal(recorder->workload_id, 0);
	turn_await_writer(world);
	/* the folder is another store's by now */
	turn_path(world, "kept", path);
	assert_int_equal(rename(world->data, path), 0);
	assert_int_equal(mkdir(world->data, 0700), 0);
	recorder->batch_trouble.retry_ms = 0;
	recorder_batch_begin(recorder, world->now_ms);
	assert_int_equal(recorder->child.pid, 0);
	assert_non_null(strstr(recorder->batch_trouble.why, "is not the folder"));
	assert_int_equal(rmdir(world->data), 0);
	assert_int_equal(rename(path, world->data), 0);
}

static const struct CMUnitTest batch_tests[] = {
	IN_WORLD(a_batch_brings_the_ticks_into_archives_and_database),
	IN_WORLD(a_flush_of_nothing_is_answered_with_no_stamp),
	IN_WORLD(a_writer_may_end_in_each_way),
	IN_WORLD(a_writer_of_a_full_staging_gives_up_waiting),
	IN_WORLD(a_writer_that_hangs_is_ended),
	IN_WORLD(a_writer_whose_end_was_not_seen_has_failed),
	IN_WORLD(a_staging_that_cannot_be_read_back_fails_the_batch),
	IN_WORLD(a_lock_that_is_taken_is_waited_for),
	IN_WORLD(a_database_that_stays_away_does_not_fill_staging),
	IN_WORLD(a_batch_is_due_by_time_by_ticks_and_by_room),
	IN_WORLD(a_batch_begins_with_the_workload),
};
const struct turn_tests turn_batch_tests = { batch_tests, ARRAY_LEN(batch_tests) };
