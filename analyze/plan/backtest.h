/*
 * The back-test: replays recorded slots on a placement, against the limits and factors
 * of the plan.  Pure but for the callback that reads a series.  Method:
 * docs/method.md, "Back-test".
 */
#ifndef ANALYZE_PLAN_BACKTEST_H
#define ANALYZE_PLAN_BACKTEST_H

#include "analyze/plan/plan.h"

#define BACKTEST_WORST_MAX 5 /* intervals kept per host */

/* Who runs where: a plan as made, or as somebody edited it. */
struct backtest_host {
	const char *name;       /* borrowed */
	size_t type;            /* index in hosts->type */
	const size_t *workload; /* borrowed; indices in workload[] */
	size_t workload_count;
};

struct backtest_request {
	const struct plan_factors *factors; /* borrowed, as all below */
	const struct host_list *hosts;
	const struct plan_workload *workload; /* sized as in the plan; series unused */
	size_t workload_count;
	const struct backtest_host *host;
	size_t host_count;
	struct timeline axis;
	/*
	 * Folds one resource of one workload onto the axis (timeline_fold); all NAN where
	 * it was never counted.  Returns 0 or a negative errno with the text set.
	 */
	int (*fold)(void *closure, size_t workload, enum resource resource,
		enum timeline_measure measure, const struct timeline *axis,
		double *ret_values, struct err *err);
	void (*progress)(void *closure, double done_ratio); /* NULL: none */
	void *closure;
};

struct backtest_interval {
	enum plan_dimension dimension;
	int64_t from, to;        /* an unbroken run of slots over the limit */
	int64_t at;              /* the highest of them */
	double needed, capacity; /* there */
};

struct backtest_result_host {
	double minutes_over[PLAN_DIMENSION_COUNT]; /* over each limit */
	double minutes_over_any;                   /* over at least one */
	double minutes_shortfall; /* memory, only for accepted reviews: counted apart */
	size_t single_slots_over[PLAN_DIMENSION_COUNT]; /* by slot maximum instead */
	double highest_needed[PLAN_DIMENSION_COUNT];
	double capacity[PLAN_DIMENSION_COUNT];              /* NAN: no limit */
	struct backtest_interval worst[BACKTEST_WORST_MAX]; /* worst first */
	size_t worst_count;
};

struct backtest {
	struct backtest_result_host *host; /* as in the request */
	size_t host_count;
	double minutes_over; /* host-minutes over at least one limit */
	double filled_ratio; /* of all slots replayed: 0..1 */
};

/* Returns 0, -ENOMEM, or what fold returned. */
int backtest_replay(const struct backtest_request *request, struct backtest *ret_result,
	struct err *err);
void backtest_done(struct backtest *result);

#endif
