#include "analyze/plan/plan_series.h"

#include "analyze/estate/load.h"

#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

void plan_series_open(struct plan_series *series, const struct estate *estate,
	const struct workload *const *measured)
{
	*series = (struct plan_series){
		.estate = estate, .measured = measured, .cached = SIZE_MAX
	};
}

static void forget(struct plan_series *series)
{
	if (series->set)
		load_set_done(series->set);
	free(series->set);
	series->set = NULL;
	series->cached = SIZE_MAX;
}

void plan_series_close(struct plan_series *series)
{
	forget(series);
}

static int read_set(struct plan_series *series, size_t workload, struct err *err)
{
	const struct estate *estate = series->estate;
	struct load_set *set;
	int r;

	if (series->cached == workload)
		return 0;
	forget(series);
	set = calloc(1, sizeof(*set));
	if (!set)
		return err_oom(err);
	r = load_set_read(
		estate, series->measured[workload], &estate->request.span, set, err);
	if (r < 0) {
		free(set);
		return r;
	}
	series->set = set;
	series->cached = workload;
	return 0;
}

int plan_series_fold(void *closure, size_t workload, enum resource resource,
	enum timeline_measure measure, const struct timeline *axis, double *ret_values,
	struct err *err)
{
	struct plan_series *series = closure;
	static const struct series nothing = { .step_s = 0 };
	const struct load_set *set;
	int r;

	if (!series->measured[workload]) {
		timeline_fold(&nothing, measure, axis, ret_values);
		return 0;
	}
	r = read_set(series, workload, err);
	if (r < 0)
		return r;
	set = series->set;
	timeline_fold(set->period.count ? &set->series[resource] : &nothing, measure,
		axis, ret_values);
	return 0;
}

/* All workloads, by several threads: each writes rows of its own. */
struct aligning {
	const struct plan_series *series;
	struct plan_workload *workload;
	const struct timeline *fine, *axis;
	double *values;
	atomic_size_t filled, counted; /* fine slots */
};

/* One resource of one workload: folded and filled on the fine axis, then coarsened. */
static int align_resource(struct aligning *aligning, struct plan_series *series,
	size_t index, enum resource resource, double *fine_values, struct err *err)
{
	const struct timeline *fine = aligning->fine;
	struct plan_workload *workload = &aligning->workload[index];
	double *row = aligning->values +
		(index * RESOURCE_COUNT + (size_t)resource) * aligning->axis->slots;
	double sized = workload->need.of[resource];
	size_t unknown;
	int r = plan_series_fold(series, index, resource, timeline_measure_of(resource),
		fine, fine_values, err);

	if (r < 0)
		return r;
	for (size_t k = 0; k < fine->slots; k++)
		fine_values[k] = plan_recorded(workload, resource, fine_values[k]);
	unknown = timeline_fill(fine_values, fine, sized);
	timeline_coarsen(fine_values, fine, aligning->axis, row);
	/* never more than the sized demand: what was accepted below the peak, and the
	 * last bits of a mean that was added in another order */
	for (size_t k = 0; k < aligning->axis->slots; k++)
		row[k] = row[k] < sized ? row[k] : sized;
	workload->series[resource] = row;
	if (unknown < fine->slots || sized > 0) { /* else it was never counted */
		atomic_fetch_add(&aligning->filled, unknown);
		atomic_fetch_add(&aligning->counted, fine->slots);
	}
	return 0;
}

static int align_workload(void *data, size_t index, struct err *err)
{
	struct aligning *aligning = data;
	struct plan_series series;
	double *fine_values = calloc(aligning->fine->slots + 1, sizeof(double));
	int r = fine_values ? 0 : err_oom(err);

	plan_series_open(&series, aligning->series->estate, aligning->series->measured);
	for (int resource = 0; r == 0 && resource < RESOURCE_COUNT; resource++)
		r = align_resource(aligning, &series, index, (enum resource)resource,
			fine_values, err);
	plan_series_close(&series);
	free(fine_values);
	return r;
}

/* Slots are filled on the finest step and coarsened then: the other way round an hour
 * could hold less than the back-test finds in its slots. */
int plan_series_align(const struct plan_series *series, struct candidates *candidates,
	const struct timeline *axis, double **ret_values, double *ret_filled,
	struct err *err)
{
	struct timeline fine = *axis;
	struct aligning aligning = { .series = series,
		.workload = candidates->workload,
		.fine = &fine,
		.axis = axis };
	int r = 0;

	aligning.values = calloc(
		candidates->count * RESOURCE_COUNT * axis->slots + 1, sizeof(double));
	if (candidates->coarsest_step_s && candidates->coarsest_step_s < axis->step_s)
		r = timeline_span(candidates->from, candidates->to,
			candidates->coarsest_step_s, &fine);
	if (r < 0 || !aligning.values)
		r = err_set(err, r < 0 ? r : -ENOMEM, "the time axis is too long");
	if (r == 0)
		r = load_each(series->estate, "aligning", candidates->count,
			align_workload, &aligning, err);
	if (r < 0) {
		free(aligning.values);
		return r;
	}
	*ret_values = aligning.values;
	*ret_filled = aligning.counted
		? (double)aligning.filled / (double)aligning.counted
		: 0;
	return 0;
}

int plan_series_days(struct plan_series *series, const struct candidates *candidates,
	struct resample_days *ret_days, struct err *err)
{
	struct timeline axis;
	double *highest;
	int r = timeline_span(candidates->from, candidates->to, RESAMPLE_DAY_S, &axis);

	if (r < 0)
		return err_set(err, r, "no data to draw days from");
	highest = calloc(
		candidates->count * RESOURCE_COUNT * axis.slots + 1, sizeof(*highest));
	if (!highest)
		return err_oom(err);
	for (size_t i = 0; r == 0 && i < candidates->count; i++) {
		for (int resource = 0; r == 0 && resource < RESOURCE_COUNT; resource++)
			r = plan_series_fold(series, i, (enum resource)resource,
				timeline_measure_of((enum resource)resource), &axis,
				highest +
					(i * RESOURCE_COUNT + (size_t)resource) *
						axis.slots,
				err);
	}
	if (r < 0) {
		free(highest);
		return r;
	}
	*ret_days = (struct resample_days){ .days = axis.slots, .highest = highest };
	return 0;
}
