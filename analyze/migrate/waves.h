/*
 * In which order workloads move, and which of them together.
 *
 * A wave is what is moved in one window of disruption.  Within a wave the transfers run
 * on as many lanes as the link carries at once; what depends on another workload moves in
 * a later wave.  Method: docs/method.md, "Waves".
 */
#ifndef ANALYZE_MIGRATE_WAVES_H
#define ANALYZE_MIGRATE_WAVES_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WAVES_EXACT_MAX 12 /* up to so many workloads the fewest waves are proven */
#define WAVES_ITEMS_MAX 20000
#define WAVE_NONE SIZE_MAX

/* One workload that moves.  Minutes are whole or not; NAN: nobody knows. */
struct wave_item {
	const char *name;      /* borrowed */
	double outage_minutes; /* from source off to VM online, at the careful rate */
	double store_bytes;    /* room in the image store while its wave lasts; NAN */
	double scratch_bytes;  /* that its conversion needs beside it; NAN */
	size_t source; /* host that it is read from, as a number; WAVE_NONE: its own */
	const bool *may_window; /* borrowed, [window_count]; NULL: every window */
};

/* `before` moves in an earlier wave than `after`. */
struct wave_edge {
	size_t before, after;
	const char *rule;   /* borrowed: id of the rule, or "declared" */
	bool is_preference; /* a warning where it does not hold, no condition */
};

struct wave_window {
	int64_t starts; /* Unix seconds */
	double minutes;
};

/* 0 or NAN: no limit. */
struct wave_limits {
	unsigned concurrent;    /* transfers that the network carries at once */
	unsigned per_wave;      /* workloads that the people look after in a wave */
	double store_bytes;     /* of the image store */
	double scratch_bytes;   /* for conversions, those that run at once together */
	const unsigned *source; /* borrowed, [source_count]: at once from that host */
	size_t source_count;
	const struct wave_window *window; /* borrowed, by time; NULL: none are given */
	size_t window_count;
};

/*
 * The hosts that carry the workloads on the way: a workload is on `from` until its wave is
 * over (it may have to be switched on again), and on `to` from the beginning of its wave.
 * Rows are the dimensions of the plan (analyze/packing/problem.h).  All borrowed.
 */
struct wave_states {
	size_t host_count, row_count;
	const int64_t *room;     /* [host_count x row_count] */
	const size_t *from, *to; /* [item_count]; WAVE_NONE: on none of these hosts */
	const int64_t *need_from, *need_to; /* [item_count x row_count] */
};

struct wave_problem {
	const struct wave_states *states; /* NULL: every state fits */
	const struct wave_item *item;     /* borrowed, as all here */
	size_t item_count;
	const struct wave_edge *edge;
	size_t edge_count;
	struct wave_limits limits;
};

struct wave {
	size_t window;  /* index; WAVE_NONE: no windows are given */
	double minutes; /* until its last workload is online; NAN: not known */
	double store_bytes;
	double scratch_bytes;
	unsigned concurrent; /* most transfers at once */
};

/* What an order made by hand, or a preference, does not keep. */
struct wave_violation {
	const char *rule; /* borrowed */
	size_t item[2];   /* the second is WAVE_NONE where it is about one, or a wave */
	size_t wave;      /* WAVE_NONE: about workloads alone */
	bool is_warning;
};

struct wave_plan {
	size_t *wave_of;       /* [item_count]; WAVE_NONE: no window takes it */
	double *begin_minutes; /* [item_count] within its wave */
	struct wave *wave;
	size_t wave_count;
	size_t unplaced_count;
	size_t *critical; /* the chain of dependencies with the longest outage */
	size_t critical_count;
	size_t lower_bound; /* no order needs fewer waves */
	bool is_proven;     /* wave_count is the least that there can be */
	struct wave_violation *violation;
	size_t violation_count, violation_allocated;
};

/*
 * waves_cycle - workloads that wait for each other
 *
 * ret_list  [item_count] room; the cycle in its order
 *
 * Returns how many there are; 0: there is no cycle.  Preferences do not count.
 */
size_t waves_cycle(const struct wave_problem *problem, size_t *ret_list);

/*
 * waves_plan - as few waves as possible, the earliest windows first
 *
 * The edges have to be free of cycles.  Up to WAVES_EXACT_MAX items every order is
 * considered (is_proven); beyond, the longest chains go first, and lower_bound says how
 * many waves there have to be.  Returns 0, -EINVAL for a cycle, -ENOMEM; free with
 * wave_plan_done.
 */
int waves_plan(const struct wave_problem *problem, struct wave_plan *ret_plan,
	struct err *err);

/*
 * waves_check - an order made by somebody
 *
 * wave_of  [item_count] numbers from 0; WAVE_NONE: it does not move
 *
 * violation has each edge and each limit that does not hold.  Returns as waves_plan.
 */
int waves_check(const struct wave_problem *problem, const size_t *wave_of,
	struct wave_plan *ret_plan, struct err *err);

void wave_plan_done(struct wave_plan *plan);

/* ---- within a wave: waves_schedule.c ----------------------------------------------- */

/*
 * waves_makespan - the least minutes in which these items move, on the lanes there are
 *
 * item       [count] indices
 * ret_begin  [count] minutes from the beginning of the wave; may be NULL
 * ret_exact  false: a shorter one may exist; the search was given up
 *
 * NAN where the minutes of an item are not known.
 */
double waves_makespan(const struct wave_problem *problem, const size_t *item,
	size_t count, double *ret_begin, bool *ret_exact);

/* No schedule of these items is shorter: total work, the longest, each source host. */
double waves_makespan_bound(
	const struct wave_problem *problem, const size_t *item, size_t count);

#endif
