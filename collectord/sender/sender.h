/*
 * The sender: what the archives hold goes to an engine by remote write, each stored slot
 * exactly once.
 *
 * The archives are the queue; a workload's cursor in the database is the stamp up to
 * which the engine has it.  The cursor moves after an answer of 2xx.  At the start, and
 * after any other end of a request, the engine is asked for the newest stamp of each
 * series behind the cursor, and what it has is not sent again.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef COLLECTORD_SENDER_SENDER_H
#define COLLECTORD_SENDER_SENDER_H

#include "collectord/link/settings.h"
#include "collectord/sender/wire.h"
#include "common/log.h"
#include "schema/resource.h"
#include "store/store.h"

#include <curl/curl.h>
#include <stdbool.h>

#define SENDER_STEP_S 60
#define SENDER_FIGURES 3 /* mean, min, max */
#define SENDER_SERIES (RESOURCE_COUNT * SENDER_FIGURES)
#define SENDER_SAMPLES_MOST 10000 /* of one request */
#define SENDER_BACKOFF_MOST_S 300
#define SENDER_URL_BYTES (SETTING_TEXT_BYTES + 64)

enum engine_answer {
	ENGINE_TAKEN,
	ENGINE_REFUSED, /* too old, out of order, a duplicate: it will not take it later */
	ENGINE_LATER, /* busy, failing, silent, or nobody knows */
};

/* One workload's part of the queue. */
struct queue {
	int64_t workload_id;
	int64_t cursor_s; /* the engine has its slots up to here */
	bool is_moved;    /* the store does not know of it yet */
	int64_t has_s
		[SENDER_SERIES]; /* by the engine's word; 0: nothing behind the cursor */
	bool is_asked;           /* has_s is true */
	int64_t next_ms, backoff_s; /* monotonic: not before */
};

struct sender {
	struct settings settings;
	struct log log;
	CURL *easy;
	char said[CURL_ERROR_SIZE]; /* by curl: why the last request failed */
	struct queue *queue;
	size_t queue_count, queue_room;
	int64_t first_backoff_s; /* the engine may still be at what it was sent */
	bool is_told;            /* that the engine is away */
};

/* "headroom_memory_used_bytes", "..._min": series 0 .. SENDER_SERIES - 1. */
void series_name(unsigned series, char ret_name[static 64]);

/* ---- engine.c ------------------------------------------------------------------------ */

/* What came of a packed request; why: a line of at most 199 bytes. */
enum engine_answer engine_write(
	struct sender *sender, const struct strbuf *packed, char why[static 200]);
/* The newest stamp of each series of that workload behind `after`, up to `until`. */
int engine_last_stamps(struct sender *sender, const char *workload, int64_t after,
	int64_t until, int64_t ret_last[static SENDER_SERIES], struct err *err);
/* What both make of the bytes of an answer: of a status and its text, of a query's JSON. */
enum engine_answer engine_judge(long code, const struct strbuf *answer);
int engine_read_stamps(const struct strbuf *answer,
	int64_t ret_last[static SENDER_SERIES], struct err *err);

/* ---- sender.c ------------------------------------------------------------------------ */

/* Everything that is due once; *ret_left: slots remain that could not be sent. */
int sender_turn(struct sender *sender, bool *ret_left, struct err *err);
void sender_done(struct sender *sender);

#endif
