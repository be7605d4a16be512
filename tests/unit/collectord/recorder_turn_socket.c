/* The recorder's socket: what may be asked, and who cannot keep it from the others. */
#include "tests/unit/collectord/recorder_turn_world.h"

#include "tests/store_fixture.h"

#include "collectord/link/tick_layout.h"
#include "collectord/recorder/recorder_socket.h"
#include "common/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void listen_there(struct turn_world *world)
{
	struct err err = ERR_INIT;

	store_fixture_ok(recorder_listen(&world->recorder, &err), &err);
}

static void check_answer(
	struct turn_world *world, const char *words, const char *expected)
{
	int fd = turn_ask(world, words);

	turn_serve(world, world->now_ms);
	turn_answered(fd, expected);
}

static void each_word_has_its_answer(void **state)
{
	struct turn_world *world = *state;

	listen_there(world);
	/* nothing is connected yet */
	check_answer(world, "take\n", "failed: nothing can be stored at present\n");
	check_answer(world, "flush\n", "failed: nothing can be stored at present\n");
	check_answer(world, "live\n", "failed: no tick yet\n");
	check_answer(world, "health\n", "ok ticks 0 staged 0 waiting 0 dropped 0 ");
	turn_staged(world, 3);
	turn_publish(world, 2, 1e9);
	check_answer(world, "health\n",
		"ok ticks 0 staged 3 waiting 2 dropped 0 late 0 restarts 0 last 0 pid 0 "
		"batch 0 failing 0\n");
	check_answer(world, "take\n", "ok 1700006700\n");
	check_answer(
		world, "nonsense\n", "failed: expected flush, take, health or live\n");
	check_answer(world, "\n", "failed: expected flush, take, health or live\n");
	world->recorder.batch_trouble.has_failed = true;
	check_answer(world, "health\n",
		"ok ticks 0 staged 5 waiting 0 dropped 0 late 0 restarts 0 last 0 pid 0 "
		"batch 0 failing 1\n");
	world->recorder.batch_trouble.has_failed = false;
	world->recorder.staging_trouble.has_failed = true;
	check_answer(world, "health\n",
		"ok ticks 0 staged 5 waiting 0 dropped 0 late 0 restarts 0 last 0 pid 0 "
		"batch 0 failing 1\n");
}

static void who_takes_learns_that_it_failed(void **state)
{
	struct turn_world *world = *state;
	char path[PATH_MAX];

	listen_there(world);
	turn_staged(world, 3);
	turn_path(world, "kept", path);
	assert_int_equal(rename(world->data, path), 0);
	assert_int_equal(mkdir(world->data, 0700), 0);
	assert_int_equal(rmdir(world->data), 0);
	assert_int_equal(symlink(path, world->data), 0); /* the socket is found */
	world->recorder.folder_inode = 1;
	snprintf(world->recorder.settings.store_id,
		sizeof(world->recorder.settings.store_id),
		"00000000000000000000000000000000");
	check_answer(world, "take\n", "failed: nothing can be stored at present\n");
	assert_int_equal(unlink(world->data), 0);
	assert_int_equal(rename(path, world->data), 0);
}

static void live_line(struct turn_world *world, char text[static 512])
{
	int fd = turn_ask(world, "live\n");
	ssize_t got;

	turn_serve(world, world->now_ms);
	got = read(fd, text, 511);
	assert_true(got > 0);
	text[got] = '\0';
	close(fd);
}

/* The newest tick, as its layout has it; what the layout does not know is told as unknown. */
static void live_is_the_newest_tick(void **state)
{
	static const struct turn_column turned[] = { { "memory", "total_bytes", 0 },
		{ "memory", "used_bytes", 0 } };
	struct turn_world *world = *state;
	char name[LAYOUT_FILE_NAME_BYTES], path[PATH_MAX], text[512];
	struct ring_seat *seat;

	listen_there(world);
	turn_once(world);
	check_answer(world, "live\n", "failed: no tick yet\n");
	turn_publish(world, 2, 4e9);
	check_answer(world, "live\n", "ok 1700006520 60 ");
	live_line(world, text);
	assert_non_null(strstr(text, " 4000000000"));
	assert_non_null(strstr(text, " -"));
	/* wherever its layout has it */
	seat = ring_reserve(world->ring, 2);
	assert_non_null(seat);
	seat->layout_id = turn_layout(world->run, turned, ARRAY_LEN(turned));
	seat->stamp_s = TURN_FIRST_S + 3 * TURN_STEP_S;
	seat->step_s = TURN_STEP_S;
	seat->values[0] = 100e9;
	seat->values[1] = 3e9;
	ring_publish(world->ring, false);
	live_line(world, text);
	assert_non_null(strstr(text, " 3000000000"));
	/* fewer values than its layout says */
	seat = ring_reserve(world->ring, 0);
	assert_non_null(seat);
	seat->layout_id = world->layout_id;
	seat->stamp_s = TURN_FIRST_S + 3 * TURN_STEP_S;
	seat->step_s = TURN_STEP_S;
	ring_publish(world->ring, false);
	live_line(world, text);
	assert_non_null(strstr(text, "ok 1700006580 60 -"));
	assert_null(strstr(text, "4000000000"));
	layout_file_name(world->layout_id, name);
	snprintf(path, sizeof(path), "%.99s/%s", world->run, name);
	assert_int_equal(unlink(path), 0);
	check_answer(world, "live\n", "failed: no tick yet\n");
}

static void a_request_may_come_in_pieces(void **state)
{
	struct turn_world *world = *state;
	int fd;

	listen_there(world);
	turn_staged(world, 3);
	fd = turn_ask(world, "ta");
	turn_serve(world, world->now_ms);
	assert_false(turn_is_answered(fd));
	assert_int_equal(write(fd, "ke\n", 3), 3);
	turn_serve(world, world->now_ms);
	turn_answered(fd, "ok 1700006580\n");
}

/* Too long, gone, silent, out of turn: let go, and the next one is served. */
static void who_does_not_ask_is_let_go(void **state)
{
	struct turn_world *world = *state;
	int fd;

	listen_there(world);
	turn_staged(world, 3);
	fd = turn_ask(world, "0123456789012345678901234567890");
	turn_serve(world, world->now_ms);
	turn_answered(fd, "");
	close(turn_ask(world, "")); /* gone before a word */
	turn_serve(world, world->now_ms);
	assert_int_equal(world->recorder.client[0].fd, -1);
	fd = turn_ask(world, "");
	turn_serve(world, world->now_ms);
	turn_serve(world, world->now_ms + 59999);
	assert_false(turn_is_answered(fd));
	turn_serve(world, world->now_ms + 60000);
	turn_answered(fd, "");
	fd = turn_ask(world, "flush\n");
	turn_serve(world, world->now_ms);
	assert_true(recorder_flush_is_wanted(&world->recorder));
	assert_int_equal(write(fd, "flush\n", 6), 6);
	turn_serve(world, world->now_ms);
	turn_answered(fd, "");
	assert_false(recorder_flush_is_wanted(&world->recorder));
	check_answer(world, "take\n", "ok 1700006580\n");
}

/* Readiness that was of somebody else, or of nobody by now. */
static void a_word_that_is_not_there_is_waited_for(void **state)
{
	struct turn_world *world = *state;
	struct pollfd set[1 + RECORDER_CLIENTS];
	size_t count;
	int fd;

	listen_there(world);
	turn_staged(world, 3);
	fd = turn_ask(world, "");
	turn_serve(world, world->now_ms);
	count = recorder_poll_set(&world->recorder, set);
	set[1].revents = POLLIN; /* it was said, and nothing is there */
	recorder_serve(&world->recorder, set, count, world->now_ms);
	assert_false(turn_is_answered(fd));
	set[0].revents = POLLIN; /* likewise at the door */
	set[1].fd = world->log_fd;
	recorder_serve(&world->recorder, set, count, world->now_ms);
	assert_int_not_equal(world->recorder.client[0].fd, -1);
	assert_int_equal(world->recorder.accept_ms, 0);
	assert_int_equal(write(fd, "take\n", 5), 5);
	turn_serve(world, world->now_ms);
	turn_answered(fd, "ok 1700006580\n");
}

static void one_more_than_there_are_places_is_sent_away(void **state)
{
	struct turn_world *world = *state;
	int fd[RECORDER_CLIENTS + 1];

	listen_there(world);
	turn_staged(world, 3);
	for (size_t i = 0; i < RECORDER_CLIENTS; i++) {
		fd[i] = turn_ask(world, "");
		turn_serve(world, world->now_ms);
	}
	fd[RECORDER_CLIENTS] = turn_ask(world, "take\n");
	turn_serve(world, world->now_ms);
	turn_answered(fd[RECORDER_CLIENTS], "");
	for (size_t i = 0; i < RECORDER_CLIENTS; i++) {
		assert_int_equal(write(fd[i], "take\n", 5), 5);
		turn_serve(world, world->now_ms);
		turn_answered(fd[i], "ok 1700006580\n");
	}
}

/* Without a descriptor to let anybody in, who waits at the door would keep us awake. */
static void a_door_that_cannot_be_opened_is_closed_for_a_second(void **state)
{
	struct turn_world *world = *state;
	struct pollfd set[1 + RECORDER_CLIENTS];
	struct rlimit before, none;
	size_t count;
	int fd;

	listen_there(world);
	turn_staged(world, 3);
	fd = turn_ask(world, "take\n");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	count = recorder_poll_set(&world->recorder, set);
	set[0].revents = POLLIN;
	recorder_serve(&world->recorder, set, count, clock_monotonic_ms());
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_true(world->recorder.accept_ms > clock_monotonic_ms());
	recorder_poll_set(&world->recorder, set);
	assert_int_equal(set[0].fd, -1);
	world->recorder.accept_ms = 0;
	turn_serve(world, world->now_ms);
	turn_answered(fd, "ok 1700006580\n");
}

static void a_place_that_is_taken_is_told(void **state)
{
	struct turn_world *world = *state;
	char path[PATH_MAX];
	struct err err = ERR_INIT;

	turn_path(world, "data/recorder.sock", path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(recorder_listen(&world->recorder, &err), -EADDRINUSE);
	assert_non_null(strstr(err.text, "recorder.sock"));
	assert_int_equal(world->recorder.listen_fd, -1);
	recorder_hang_up(
		&world->recorder); /* nothing to hang up: what is there stays */
	assert_int_equal(rmdir(path), 0);
	/* one of before is replaced */
	listen_there(world);
	recorder_hang_up(&world->recorder);
	assert_int_equal(access(path, F_OK), -1);
	snprintf(world->recorder.settings.data.text, 64, "%.50s/gone", world->dir);
	assert_int_equal(recorder_listen(&world->recorder, &err), -ENOENT);
}

/* Only who waits for what is stored by now has an answer. */
static void a_flush_is_answered_when_its_ticks_are_stored(void **state)
{
	struct turn_world *world = *state;
	int waits, talks;

	listen_there(world);
	turn_staged(world, 3);
	waits = turn_ask(world, "flush\n");
	talks = turn_ask(world, "");
	turn_serve(world, world->now_ms);
	turn_serve(world, world->now_ms);
	recorder_answer_flushes(&world->recorder, false);
	assert_false(turn_is_answered(waits));
	world->recorder.recorded = turn_status(world).newest;
	recorder_answer_flushes(&world->recorder, false);
	turn_answered(waits, "ok 1700006580\n");
	assert_false(turn_is_answered(talks));
	close(talks);
}

static const struct CMUnitTest socket_tests[] = {
	IN_WORLD(each_word_has_its_answer),
	IN_WORLD(who_takes_learns_that_it_failed),
	IN_WORLD(live_is_the_newest_tick),
	IN_WORLD(a_request_may_come_in_pieces),
	IN_WORLD(who_does_not_ask_is_let_go),
	IN_WORLD(a_word_that_is_not_there_is_waited_for),
	IN_WORLD(one_more_than_there_are_places_is_sent_away),
	IN_WORLD(a_door_that_cannot_be_opened_is_closed_for_a_second),
	IN_WORLD(a_place_that_is_taken_is_told),
	IN_WORLD(a_flush_is_answered_when_its_ticks_are_stored),
};
const struct turn_tests turn_socket_tests = { socket_tests, ARRAY_LEN(socket_tests) };
