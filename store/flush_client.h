/*
 * A reader asks the daemon that what it has sampled is written first.
 *
 * Where a recorder runs it is asked over <data>/recorder.sock; where none runs,
 * collectord-recorder --drain stores what is still in staging.  Who may do neither
 * (another user's store) reads what is there, and says up to when that is complete.
 */
#ifndef STORE_FLUSH_CLIENT_H
#define STORE_FLUSH_CLIENT_H

#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

#define FLUSH_TIMEOUT_MS 20000

struct flush_result {
	bool is_running;      /* a recorder answered */
	bool is_complete;     /* all that was sampled can be read */
	int64_t last_stamp_s; /* of the last tick stored, where a recorder told; else 0 */
	char why[200];        /* it is not complete; "" when it is */
};

/*
 * store_flush - everything into the archives, within timeout_ms
 *
 * Never fails: a store without a daemon's staging is complete as it is, and a flush
 * that was refused or took too long says so in ret_result.
 */
void store_flush(const char *data_dir, int timeout_ms, struct flush_result *ret_result);

/* Counters of the recorder that runs now, fresher than those of store_health_get. */
struct live_health {
	int64_t ticks, staged, waiting, dropped, late, restarts, last, pid;
	bool is_failing; /* its last attempt to store failed */
};

/* -ENOENT when no recorder runs, -ETIMEDOUT, -EBADMSG. */
int store_health_live(const char *data_dir, int timeout_ms,
	struct live_health *ret_health, struct err *err);

/*
 * flush_answer.c: what is in the recorder's answers, a line each without its newline.  The
 * other end of a socket is not believed.  Pure.
 */

/* Of "flush": ret_result says whether it is complete, and up to when. */
void flush_answer_read(const char *answer, struct flush_result *ret_result);
/* Of "health"; -EBADMSG. */
int health_answer_read(
	const char *answer, struct live_health *ret_health, struct err *err);

#endif
