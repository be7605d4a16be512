/*
 * Figures of a workload by reductions that the engine computes (docs/method.md, "Push-down"):
 * they equal those of the slots to 1e-9, and only some hundred numbers cross the link.
 */
#ifndef ANALYZE_ESTATE_ENGINE_PUSH_H
#define ANALYZE_ESTATE_ENGINE_PUSH_H

#include "analyze/engine/engine.h"
#include "analyze/peaks/peak.h"
#include "store/db/workloads.h"

struct engine_push { /* all borrowed */
	struct engine_link *link;
	const struct workload *workload;
	unsigned step_s;        /* 0: what the samples say */
	int64_t from_ms, to_ms; /* what is looked at; both are in */
	bool has_since, has_until;
	/* Does a range of two steps hold both ends?  engine_push_window. */
	bool is_closed;
	/* NULL: nobody reads it. */
	void (*question)(void *closure, const char *figure, const char *text);
	void *closure;
};

/* Which end of a range an engine counts: found by a query, not by its version.  Returns 0,
 * -ENOTSUP for an answer that is neither, or a negative errno of the asking. */
int engine_push_window(
	struct engine_link *link, int64_t now_ms, bool *ret_is_closed, struct err *err);

/*
 * engine_push_peaks - the figures of peak_analyse for the five resources
 *
 * Returns 0; -ENOTSUP where queries do not tell them apart (stamps that are no multiples of
 * the step, series from two sources): the slots do.
 */
int engine_push_peaks(const struct engine_push *push, struct workload_peaks *ret_peaks,
	struct err *err);

#endif
