#include "analyze/plan/resample.h"

#include "common/random.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct draw {
	const struct plan_request *request;
	const struct resample_days *days;
	struct plan_workload *workload; /* resized for this draw */
	double *series; /* aligned: all series of this draw, one behind the other */
	size_t *day;    /* [days] which day stands here */
};

static void draw_done(struct draw *draw)
{
	free(draw->workload);
	free(draw->series);
	free(draw->day);
}

static int draw_init(struct draw *draw, const struct plan_request *request,
	const struct resample_days *days)
{
	size_t count = request->workload_count;

	*draw = (struct draw){ .request = request, .days = days };
	draw->workload = calloc(count + 1, sizeof(*draw->workload));
	draw->day = calloc(days->days + 1, sizeof(*draw->day));
	draw->series = request->is_aligned
		? calloc(count * RESOURCE_COUNT * request->axis.slots + 1,
			  sizeof(double))
		: NULL;
	if (draw->workload && draw->day && (draw->series || !request->is_aligned))
		return 0;
	draw_done(draw);
	return -ENOMEM;
}

/* The highest figure over the days drawn; NAN where none of them is known. */
static double resample_highest(
	const struct draw *draw, size_t workload, enum resource resource)
{
	const double *by_day = draw->days->highest +
		(workload * RESOURCE_COUNT + resource) * draw->days->days;
	double most = NAN;

	for (size_t i = 0; i < draw->days->days; i++) {
		double value = by_day[draw->day[i]];

		if (!isnan(value) && !(most >= value))
			most = value;
	}
	return most;
}

/*
 * A block bootstrap of the axis: slot k of a day comes from the same slot of the day
 * that was drawn for it.  Days that are cut off at the ends of the axis stay.
 */
static void draw_series(struct draw *draw, size_t workload, enum resource resource)
{
	const struct plan_request *request = draw->request;
	const double *from = request->workload[workload].series[resource];
	size_t slots = request->axis.slots;
	size_t per_day = RESAMPLE_DAY_S / request->axis.step_s;
	double *to = draw->series + (workload * RESOURCE_COUNT + resource) * slots;

	if (!from)
		return;
	memcpy(to, from, slots * sizeof(*to));
	for (size_t i = 0; per_day > 0 && (i + 1) * per_day <= slots; i++) {
		size_t source = draw->day[i % draw->days->days] % (slots / per_day);

		memcpy(to + i * per_day, from + source * per_day,
			per_day * sizeof(*to));
	}
	draw->workload[workload].series[resource] = to;
}

static void resize(struct draw *draw, size_t index)
{
	struct plan_workload *workload = &draw->workload[index];

	*workload = draw->request->workload[index];
	for (int r = 0; r < RESOURCE_COUNT; r++) {
		double most = resample_highest(draw, index, (enum resource)r);
		bool is_kept = r == RESOURCE_MEMORY && workload->shortfall_bytes > 0;

		if (!isnan(most) && !is_kept)
			workload->need.of[r] = most;
	}
	for (int r = 0; draw->series && r < RESOURCE_COUNT; r++)
		draw_series(draw, index, (enum resource)r);
}

/* A draw is packed for a short time and without the solver: how often the number of
 * hosts changes is asked, not the proof of each. */
int resample_plan(const struct plan_request *request, const struct resample_days *days,
	size_t hosts_used, size_t resamples, uint64_t seed, double time_limit_s,
	void (*progress)(void *closure, double done_ratio), void *closure,
	struct resample_result *ret_result, struct err *err)
{
	struct resample_result result = {
		.resamples = resamples, .fewest = SIZE_MAX, .cheapest = INFINITY
	};
	struct plan_request again = *request;
	struct draw draw;
	int r = days->days > 0 ? draw_init(&draw, request, days) : -ENODATA;

	if (r < 0)
		return err_set(err, r, "cannot draw from %zu days", days->days);
	again.workload = draw.workload;
	again.packing.without_solver = true;
	again.packing.time_limit_s = time_limit_s;
	again.packing.report = NULL;
	for (size_t n = 0; n < resamples && r == 0; n++) {
		struct plan plan;

		for (size_t i = 0; i < days->days; i++)
			draw.day[i] = (size_t)random_below(&seed, days->days);
		for (size_t i = 0; i < request->workload_count; i++)
			resize(&draw, i);
		r = plan_make(&again, &plan, err);
		if (r < 0)
			break;
		result.same_count += plan.host_count == hosts_used;
		if (plan.host_count < result.fewest)
			result.fewest = plan.host_count;
		if (plan.host_count > result.most)
			result.most = plan.host_count;
		result.cheapest = fmin(result.cheapest, plan.cost);
		result.dearest = fmax(result.dearest, plan.cost);
		plan_done(&plan);
		if (progress)
			progress(closure, (double)(n + 1) / (double)resamples);
	}
	if (r == 0)
		*ret_result = result;
	draw_done(&draw);
	return r;
}
