#include "analyze/plan/timeline.h"
#include "common/grid.h"

#include <errno.h>
#include <math.h>

#define SUSTAIN_S 900u
#define SLOTS_MAX 50000000

enum timeline_measure timeline_measure_of(enum resource resource)
{
	switch (resource) {
	case RESOURCE_MEMORY:
	case RESOURCE_NETWORK:
		return TIMELINE_MAXIMUM;
	default:
		return TIMELINE_SUSTAINED;
	}
}

int timeline_span(int64_t from, int64_t to, unsigned step_s, struct timeline *ret_axis)
{
	int64_t first, last;

	if (step_s == 0 || from >= to)
		return -ERANGE;
	first = grid_ceil(from + 1, step_s);
	last = grid_ceil(to, step_s);
	if ((last - first) / (int64_t)step_s >= SLOTS_MAX)
		return -ERANGE;
	*ret_axis = (struct timeline){ .first = first,
		.step_s = step_s,
		.slots = (size_t)((last - first) / (int64_t)step_s) + 1 };
	return 0;
}

/* Mean of the known among the w slot means that end with slot k; NAN: too few. */
static double rolling_mean(const struct series *series, size_t k, size_t w)
{
	double sum = 0;
	size_t known = 0;

	if (k + 1 < w)
		return NAN;
	for (size_t i = k + 1 - w; i <= k; i++) {
		if (!isnan(series->mean[i])) {
			sum += series->mean[i];
			known++;
		}
	}
	return known > 0 && 2 * known >= w ? sum / (double)known : NAN;
}

void timeline_fold(const struct series *series, enum timeline_measure measure,
	const struct timeline *axis, double *ret_values)
{
	size_t w =
		series->step_s ? (SUSTAIN_S + series->step_s - 1) / series->step_s : 1;

	for (size_t i = 0; i < axis->slots; i++)
		ret_values[i] = NAN;
	for (size_t k = 0; k < series->count; k++) {
		int64_t stamp =
			grid_ceil(series->first + (int64_t)k * (int64_t)series->step_s,
				axis->step_s);
		int64_t at = (stamp - axis->first) / (int64_t)axis->step_s;
		double value = measure == TIMELINE_MAXIMUM ? series->maximum[k]
							   : rolling_mean(series, k, w);

		if (isnan(value) || stamp < axis->first || (size_t)at >= axis->slots)
			continue;
		if (!(ret_values[at] >= value)) /* also where it is still NAN */
			ret_values[at] = value;
	}
}

/* The hour of the week in which a slot begins. */
static size_t hour_of_week(const struct timeline *axis, size_t slot)
{
	int64_t begin = axis->first + ((int64_t)slot - 1) * (int64_t)axis->step_s;
	int64_t hours = grid_divide(begin, (int64_t)TIMELINE_HOUR_S);

	return (size_t)grid_rest(hours, TIMELINE_WEEK_HOURS);
}

size_t timeline_fill(double *values, const struct timeline *axis, double sized)
{
	double highest[TIMELINE_WEEK_HOURS];
	size_t filled = 0;

	for (size_t i = 0; i < TIMELINE_WEEK_HOURS; i++)
		highest[i] = NAN;
	for (size_t i = 0; i < axis->slots; i++) {
		double *hour = &highest[hour_of_week(axis, i)];

		if (!isnan(values[i]) && !(*hour >= values[i]))
			*hour = values[i];
	}
	for (size_t i = 0; i < axis->slots; i++) {
		double hour;

		if (!isnan(values[i]))
			continue;
		hour = highest[hour_of_week(axis, i)];
		values[i] = hour < sized ? hour : sized;
		filled++;
	}
	return filled;
}

void timeline_coarsen(const double *fine_values, const struct timeline *fine,
	const struct timeline *coarse, double *ret_values)
{
	for (size_t i = 0; i < coarse->slots; i++)
		ret_values[i] = NAN;
	for (size_t k = 0; k < fine->slots; k++) {
		int64_t stamp =
			grid_ceil(fine->first + (int64_t)k * (int64_t)fine->step_s,
				coarse->step_s);
		int64_t at = (stamp - coarse->first) / (int64_t)coarse->step_s;

		if (stamp < coarse->first || (size_t)at >= coarse->slots)
			continue;
		if (!(ret_values[at] >= fine_values[k]))
			ret_values[at] = fine_values[k];
	}
}
