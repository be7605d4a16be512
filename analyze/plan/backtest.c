#include "analyze/plan/backtest.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* Sums of the same numbers in another order differ in the last bits. */
#define LIMIT_TOLERANCE 1e-9

static const enum plan_dimension replayed[] = { PLAN_MEMORY, PLAN_CPU, PLAN_NETWORK,
	PLAN_DISK, PLAN_DISK_OPS };

struct replay {
	const struct backtest_request *request;
	double *values;         /* one workload, folded */
	double *sum;            /* the host, as measured for the limit */
	double *single;         /* the host, by slot maxima */
	double *capped;         /* memory without the shortfall of accepted reviews */
	unsigned char *is_over; /* a limit of the host in this slot */
	size_t filled, replayed;
};

static void init_done(struct replay *replay)
{
	free(replay->values);
	free(replay->sum);
	free(replay->single);
	free(replay->capped);
	free(replay->is_over);
}

static int init(struct replay *replay, const struct backtest_request *request)
{
	size_t slots = request->axis.slots;

	*replay = (struct replay){ .request = request };
	replay->values = calloc(slots, sizeof(double));
	replay->sum = calloc(slots, sizeof(double));
	replay->single = calloc(slots, sizeof(double));
	replay->capped = calloc(slots, sizeof(double));
	replay->is_over = calloc(slots, 1);
	if (replay->values && replay->sum && replay->single && replay->capped &&
		replay->is_over)
		return 0;
	init_done(replay);
	return -ENOMEM;
}

static bool is_over(double needed, double capacity)
{
	return needed > capacity * (1 + LIMIT_TOLERANCE) + LIMIT_TOLERANCE;
}

/* ---- one workload onto the sums of its host ------------------------------------------ */

static int fold_workload(struct replay *replay, size_t index,
	enum plan_dimension dimension, enum timeline_measure measure, struct err *err)
{
	const struct backtest_request *request = replay->request;
	enum resource resource =
		(enum resource)plan_dimension_table[dimension].resource;
	const struct plan_workload *workload = &request->workload[index];
	double sized = plan_from_resource(dimension, workload->need.of[resource]);
	size_t filled;
	int r = request->fold(request->closure, index, resource, measure,
		&request->axis, replay->values, err);

	if (r < 0)
		return r;
	for (size_t k = 0; k < request->axis.slots; k++)
		replay->values[k] = plan_from_resource(dimension,
			plan_recorded(workload, resource, replay->values[k]));
	filled = timeline_fill(replay->values, &request->axis, sized);
	if (filled == request->axis.slots && sized == 0)
		return 0; /* never counted, assumed to be nothing: no slot was replayed */
	replay->filled += filled;
	replay->replayed += request->axis.slots;
	return 0;
}

static void backtest_add_workload(struct replay *replay, const struct host_type *type,
	const struct plan_workload *workload, enum plan_dimension dimension,
	double *sum)
{
	const struct plan_factors *factors = replay->request->factors;
	double overhead = dimension == PLAN_MEMORY
		? plan_from_resource(dimension, workload->overhead_bytes)
		: 0;
	double footprint = plan_from_resource(PLAN_MEMORY, plan_footprint(workload));

	for (size_t k = 0; k < replay->request->axis.slots; k++) {
		double value = replay->values[k] + overhead;

		sum[k] += plan_demand_of(factors, type, workload, dimension, value);
		if (dimension == PLAN_MEMORY)
			replay->capped[k] +=
				value < footprint || workload->shortfall_bytes <= 0
				? value
				: footprint;
	}
}

static int add_host(struct replay *replay, const struct backtest_host *host,
	enum plan_dimension dimension, struct err *err)
{
	const struct backtest_request *request = replay->request;
	const struct host_type *type = &request->hosts->type[host->type];
	enum timeline_measure measure = timeline_measure_of(
		(enum resource)plan_dimension_table[dimension].resource);

	for (size_t k = 0; k < request->axis.slots; k++)
		replay->sum[k] = replay->single[k] = replay->capped[k] = 0;
	for (size_t i = 0; i < host->workload_count; i++) {
		const struct plan_workload *workload =
			&request->workload[host->workload[i]];
		int r;

		if (dimension == PLAN_NETWORK &&
			plan_adapters(request->factors, request->hosts, workload) > 0)
			continue; /* not on the shared adapters */
		r = fold_workload(replay, host->workload[i], dimension, measure, err);
		if (r < 0)
			return r;
		backtest_add_workload(replay, type, workload, dimension, replay->sum);
		if (measure == TIMELINE_MAXIMUM)
			continue;
		r = fold_workload(
			replay, host->workload[i], dimension, TIMELINE_MAXIMUM, err);
		if (r < 0)
			return r;
		backtest_add_workload(
			replay, type, workload, dimension, replay->single);
	}
	return 0;
}

/* ---- what went over --------------------------------------------------------------------- */

static double excess(const struct backtest_interval *interval)
{
	return interval->capacity > 0 ? interval->needed / interval->capacity
				      : INFINITY;
}

/* Keeps the worst few, worst first; of two alike the earlier one stays ahead. */
static void keep_worst(
	struct backtest_result_host *result, const struct backtest_interval *interval)
{
	size_t at = result->worst_count;

	while (at > 0 && excess(&result->worst[at - 1]) < excess(interval))
		at--;
	if (at == BACKTEST_WORST_MAX)
		return;
	if (result->worst_count < BACKTEST_WORST_MAX)
		result->worst_count++;
	for (size_t i = result->worst_count - 1; i > at; i--)
		result->worst[i] = result->worst[i - 1];
	result->worst[at] = *interval;
}

/* One slot more than there are, in which nothing runs: there an interval that lasts
 * to the end is closed like any other.  Memory is judged as the VMs are given it
 * (capped); the highest need is shown as it was. */
static void judge_slots(struct replay *replay, const struct host_type *type,
	enum plan_dimension dimension, double capacity,
	struct backtest_result_host *result)
{
	const struct backtest_request *request = replay->request;
	const struct timeline *axis = &request->axis;
	double minutes = (double)axis->step_s / 60;
	struct backtest_interval run = { .dimension = dimension, .capacity = capacity };
	bool is_running = false;

	for (size_t k = 0; k <= axis->slots; k++) {
		int64_t stamp = axis->first + (int64_t)k * (int64_t)axis->step_s;
		bool is_end = k == axis->slots;
		double raw = is_end ? 0
				    : plan_needed(request->factors, type, dimension,
					      replay->sum[k]);
		double needed = dimension == PLAN_MEMORY && !is_end
			? plan_needed(
				  request->factors, type, dimension, replay->capped[k])
			: raw;
		bool is_slot_over = !is_end && is_over(needed, capacity);

		if (raw > result->highest_needed[dimension])
			result->highest_needed[dimension] = raw;
		if (!is_end && !is_slot_over && is_over(raw, capacity))
			result->minutes_shortfall += minutes;
		if (is_slot_over) {
			result->minutes_over[dimension] += minutes;
			replay->is_over[k] = 1;
			if (!is_running)
				run.from = stamp - (int64_t)axis->step_s;
			if (!is_running || needed > run.needed) {
				run.needed = needed;
				run.at = stamp;
			}
			run.to = stamp;
		} else if (is_running) {
			keep_worst(result, &run);
		}
		is_running = is_slot_over;
	}
}

static void count_single_slots(struct replay *replay, const struct host_type *type,
	enum plan_dimension dimension, double capacity,
	struct backtest_result_host *result)
{
	const struct backtest_request *request = replay->request;
	const double *sum =
		timeline_measure_of(
			(enum resource)plan_dimension_table[dimension].resource) ==
			TIMELINE_MAXIMUM
		? replay->sum
		: replay->single;

	for (size_t k = 0; k < request->axis.slots; k++) {
		if (is_over(plan_needed(request->factors, type, dimension, sum[k]),
			    capacity))
			result->single_slots_over[dimension]++;
	}
}

static int replay_host(struct replay *replay, const struct backtest_host *host,
	struct backtest_result_host *result, struct err *err)
{
	const struct backtest_request *request = replay->request;
	const struct host_type *type = &request->hosts->type[host->type];

	for (size_t k = 0; k < request->axis.slots; k++)
		replay->is_over[k] = 0;
	for (int d = 0; d < PLAN_DIMENSION_COUNT; d++)
		result->capacity[d] = NAN;
	for (size_t i = 0; i < sizeof(replayed) / sizeof(replayed[0]); i++) {
		double capacity;
		int r;

		if (!plan_capacity(request->factors, type, replayed[i], &capacity))
			continue;
		result->capacity[replayed[i]] = capacity;
		r = add_host(replay, host, replayed[i], err);
		if (r < 0)
			return r;
		judge_slots(replay, type, replayed[i], capacity, result);
		count_single_slots(replay, type, replayed[i], capacity, result);
	}
	for (size_t k = 0; k < request->axis.slots; k++)
		result->minutes_over_any +=
			replay->is_over[k] ? (double)request->axis.step_s / 60 : 0;
	return 0;
}

int backtest_replay(const struct backtest_request *request, struct backtest *ret_result,
	struct err *err)
{
	struct backtest result = { .host_count = request->host_count };
	struct replay replay;
	int r = init(&replay, request);

	if (r < 0)
		return err_oom(err);
	result.host = calloc(request->host_count + 1, sizeof(*result.host));
	if (!result.host) {
		r = err_oom(err);
		goto out;
	}
	for (size_t h = 0; h < request->host_count; h++) {
		r = replay_host(&replay, &request->host[h], &result.host[h], err);
		if (r < 0)
			goto out;
		result.minutes_over += result.host[h].minutes_over_any;
		if (request->progress)
			request->progress(request->closure,
				(double)(h + 1) / (double)request->host_count);
	}
	result.filled_ratio = replay.replayed > 0
		? (double)replay.filled / (double)replay.replayed
		: 0;
	*ret_result = result;
	result.host = NULL;
out:
	init_done(&replay);
	free(result.host);
	return r;
}

void backtest_done(struct backtest *result)
{
	free(result->host);
	*result = (struct backtest){ .host = NULL };
}
