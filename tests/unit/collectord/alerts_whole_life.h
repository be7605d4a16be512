/* One life of a recorder: what it samples, and in how many ways it is taken, staged and killed. */
#ifndef TESTS_UNIT_COLLECTORD_ALERTS_WHOLE_LIFE_H
#define TESTS_UNIT_COLLECTORD_ALERTS_WHOLE_LIFE_H

#include "tests/support.h"
#include "tests/scratch_dir.h"
#include "tests/store_fixture.h"
#include "collectord/link/tick_layout.h"
#include "collectord/recorder/alert.h"
#include "collectord/recorder/recorder_alert.h"
#include "collectord/recorder/recorder_connect.h"
#include "collectord/recorder/recorder_enter.h"
#include "collectord/recorder/recorder_identity.h"
#include "collectord/recorder/recorder_store.h"
#include "collectord/recorder/recorder_take.h"
#include "common/hex.h"
#include "common/io.h"
#include "store/db/alerts.h"
#include "store/dir/lock.h"
#include "store/store.h"
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_BYTES 1000.0
#define FIRST_S ((int64_t)1700006400)

enum {
	TICKS_MOST = 300,
	HISTORIES = 1000,
	GAP_LEAST_S = 300,
	PATH_SIZE = 300,
};

struct tick {
	int64_t stamp_s;
	double used;
	unsigned jumps; /* of the clock, told before it */
};

struct life {
	char data[PATH_SIZE], runtime[PATH_SIZE];
	char store_id[STORE_ID_SIZE];
	unsigned step_s;
	uint64_t random;
	struct ring *ring; /* the sampler's side */
	uint64_t layout_id;
	struct tick tick[TICKS_MOST];
	size_t count;
	int64_t now_s;
	struct recorder recorder;
	bool is_running, has_started;
	unsigned kills, drains, flushes;
};

void ok(int r, const struct err *err);

void make_layout(struct life *life);

void make_ring(struct life *life);

/* Runs over and under the limit, spikes, unknown values, and now and then a silence. */
void sample(struct life *life);

void start(struct life *life);

/* What a kill leaves is what the files hold. */
void drop(struct recorder *recorder);

void kill_it(struct life *life);

/* As far as the alerts can tell, all that a writer does. */
void write_rrd(struct recorder *recorder);

void turn(struct life *life);

#endif
