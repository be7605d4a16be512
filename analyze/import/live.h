/*
 * `analyze import prometheus URL`: the machines that a server has series of, as an origin.
 */
#ifndef ANALYZE_IMPORT_LIVE_H
#define ANALYZE_IMPORT_LIVE_H

#include "analyze/engine/engine.h"
#include "analyze/import/import.h"

struct live_request { /* all borrowed */
	struct engine_options engine;
	const char *match;    /* as PromQL has it; NULL: all */
	const char *workload; /* NULL: each instance is one of its own */
	int64_t since, until; /* Unix seconds */
	void (*say)(void *closure, const char *text);
	void *closure;
};

/*
 * live_open - ask the server which machines it knows
 *
 * Returns 0, -ENOENT where it has no series that a figure is made of, or as engine_open.
 * What is returned is freed by live_close.
 */
int live_open(const struct live_request *request, struct import_origin **ret_origin,
	struct err *err);
void live_close(struct import_origin *origin); /* NULL is a no-op */

/* How its samples were had, and how many they were. */
enum engine_way live_way(const struct import_origin *origin);
uint64_t live_samples(const struct import_origin *origin);

#endif
