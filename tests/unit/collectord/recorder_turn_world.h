/*
 * A recorder in one process: its folders, a ring with a producer, programs in the place of
 * writer and notifier, and somebody who asks over the socket.
 */
#ifndef TESTS_UNIT_COLLECTORD_RECORDER_TURN_WORLD_H
#define TESTS_UNIT_COLLECTORD_RECORDER_TURN_WORLD_H

#include "tests/support.h"

#include "collectord/recorder/alerts_state.h"
#include "collectord/recorder/recorder_state.h"
#include "store/db/alerts.h"
#include "store/store.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define TURN_FIRST_S INT64_C(1700006400)
#define TURN_STEP_S 60

struct turn_world {
	char dir[64], data[PATH_MAX], run[PATH_MAX];
	struct recorder recorder;
	struct ring *ring; /* the producer's */
	uint64_t layout_id;
	unsigned ticks; /* published so far */
	int64_t now_ms; /* of the next turn */
	int log_fd;
};

/* A cmocka setup and teardown: *state is the world, its recorder waits for a first turn. */
int turn_world_begin(void **state);
int turn_world_end(void **state);

void turn_path(const struct turn_world *world, const char *name, char path[PATH_MAX]);
/* So many ticks more, of that much memory. */
void turn_publish(struct turn_world *world, unsigned ticks, double used);
/* A description of ticks in that folder. */
struct turn_column {
	const char *file, *column; /* NULL: the file has none */
	double value;
};
uint64_t turn_layout(
	const char *folder, const struct turn_column *column, size_t count);
/* Straight into staging: one frame. */
void turn_append(struct turn_world *world, const struct record *record, size_t count);
/* A shell script under the name of a program of the daemon. */
void turn_program(const struct turn_world *world, const char *name, const char *text);
/* The writer as it is: this program under its name, see turn_as_writer. */
void turn_real_writer(const struct turn_world *world);
int turn_as_writer(int argc, char **argv);

void turn_once(struct turn_world *world);
/* Until no writer runs. */
void turn_await_writer(struct turn_world *world);
/* Until no notifier runs. */
void turn_await_notifier(struct turn_world *world);
/* Ticks staged, recorder entered, nothing written yet; a batch is not due for long. */
void turn_staged(struct turn_world *world, unsigned ticks);
/* More than so much of staging is used, by ticks of nobody's layout. */
void turn_fill_staging(struct turn_world *world, unsigned percent);
/* As the writer leaves it: the mark behind all that is staged. */
void turn_move_mark(struct turn_world *world);

/* The log has the text. */
bool turn_said(const struct turn_world *world, const char *text);
struct staging_status turn_status(const struct turn_world *world);
/* A number of the database. */
int64_t turn_number(const struct turn_world *world, const char *sql);
/* Something is at its path that is no database, and back. */
void turn_database_away(const struct turn_world *world, bool is_away);

/* A client that has asked: its descriptor. */
int turn_ask(struct turn_world *world, const char *words);
void turn_serve(struct turn_world *world, int64_t now_ms);
/* The answer is that, after which the recorder has hung up; closes it. */
void turn_answered(int fd, const char *expected);
bool turn_is_answered(int fd);

struct turn_tests {
	const struct CMUnitTest *test;
	size_t count;
};
extern const struct turn_tests turn_batch_tests, turn_socket_tests, turn_deliver_tests,
	turn_loop_tests, turn_alerts_tests, turn_writer_tests, turn_record_tests;

#define IN_WORLD(test) \
	cmocka_unit_test_setup_teardown(test, turn_world_begin, turn_world_end)

#endif
