/* What a machine does at this moment, by its recorder: the words of its socket. */
#ifndef STORE_LIVE_H
#define STORE_LIVE_H

#include "common/err.h"
#include "schema/resource.h"

#include <stdint.h>

/* The five demands, then the shares of time in which a task waited. */
enum live {
	LIVE_PRESSURE_CPU = RESOURCE_COUNT,
	LIVE_PRESSURE_MEMORY,
	LIVE_PRESSURE_IO,
	LIVE_COUNT,
};

enum metric_id live_metric(enum live figure);

struct live_figures {
	int64_t stamp; /* of the newest tick */
	unsigned step_s;
	double of[LIVE_COUNT]; /* natural units; NAN: not known */
};

/* -ENOENT when no recorder runs, -ENODATA before its first tick, -ETIMEDOUT, -EBADMSG. */
int store_live(const char *data_dir, int timeout_ms, struct live_figures *ret_live,
	struct err *err);
/* What is in its answer, a line without its newline: of flush_answer.c. */
int live_answer_read(
	const char *answer, struct live_figures *ret_live, struct err *err);

#endif
