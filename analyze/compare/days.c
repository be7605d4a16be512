#include "analyze/compare/days.h"

#include "common/array.h"
#include "common/grid.h"
#include "common/units.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

double days_figure(const struct peaks *peaks, enum compare_figure figure)
{
	switch (figure) {
	case COMPARE_MEAN:
		return peaks->mean;
	case COMPARE_P50:
		return peaks->p50;
	case COMPARE_P90:
		return peaks->p90;
	case COMPARE_P95:
		return peaks->p95;
	case COMPARE_P99:
		return peaks->p99;
	case COMPARE_PEAK:
		return peaks->peak;
	default:
		return peaks->sustained[figure - COMPARE_SUSTAINED];
	}
}

/* ---- longer slots ------------------------------------------------------------------ */

/* One slot of the longer step from those of the series that end in it. */
static void fold_slot(const struct series *series, size_t from, size_t to, size_t whole,
	struct series *longer, size_t slot)
{
	double sum = 0, highest = -INFINITY;
	size_t known = 0;

	for (size_t i = from; i < to; i++) {
		if (isnan(series->mean[i]))
			continue;
		sum += series->mean[i];
		highest = fmax(highest, series->maximum[i]);
		known++;
	}
	if (!known || 2 * known < whole)
		return;
	longer->mean[slot] = sum / (double)known;
	longer->maximum[slot] = highest;
}

static int lengthen(
	const struct series *series, unsigned step_s, struct series *ret_longer)
{
	int64_t first = grid_ceil(series->first, step_s);
	int64_t last =
		grid_stamp(series->first, series->step_s, (int64_t)series->count - 1);
	size_t count = (size_t)grid_index(first, step_s, grid_ceil(last, step_s)) + 1;
	int r = series_init(ret_longer, first, step_s, count, true);

	for (size_t i = 0, next; r == 0 && i < series->count; i = next) {
		int64_t stamp = grid_ceil(
			grid_stamp(series->first, series->step_s, (int64_t)i), step_s);

		for (next = i + 1; next < series->count &&
			grid_stamp(series->first, series->step_s, (int64_t)next) <=
				stamp;)
			next++;
		fold_slot(series, i, next, step_s / series->step_s, ret_longer,
			(size_t)grid_index(first, step_s, stamp));
	}
	return r;
}

/* ---- days -------------------------------------------------------------------------- */

/* A slot that ends at midnight belongs to the day before. */
static int64_t day_of_slot(const struct series *series, size_t slot, int phase_s)
{
	int64_t stamp = grid_stamp(series->first, series->step_s, (int64_t)slot);

	return grid_divide(stamp + phase_s - 1, SECONDS_PER_DAY);
}

/* Its figures, unless too little is known of it. */
static int add_day(const struct series *whole, size_t from, size_t to, int64_t day,
	bool is_after, struct days *days)
{
	struct series part = { .first = grid_stamp(
				       whole->first, whole->step_s, (int64_t)from),
		.step_s = whole->step_s,
		.count = to - from,
		.mean = whole->mean + from,
		.minimum = whole->minimum + from,
		.maximum = whole->maximum + from };
	double figure[COMPARE_FIGURES];
	struct peaks peaks;
	int r = peak_analyse(&part, &peaks);

	if (r < 0 ||
		(double)peaks.known * whole->step_s <
			COMPARE_DAY_KNOWN * SECONDS_PER_DAY)
		return r;
	for (unsigned f = 0; f < COMPARE_FIGURES; f++) {
		figure[f] = days_figure(&peaks, (enum compare_figure)f);
		if (isnan(figure[f]))
			return 0;
	}
	if (ARRAY_EXTEND(days->day, days->count) < 0 ||
		array_extend(&days->figure, days->count, sizeof(figure)) < 0)
		return -ENOMEM;
	days->day[days->count] = (struct shift_day){ .day = day, .is_after = is_after };
	for (unsigned f = 0; f < COMPARE_FIGURES; f++)
		days->figure[days->count * COMPARE_FIGURES + f] = figure[f];
	days->count++;
	return 0;
}

int days_of(const struct series *series, unsigned step_s, int phase_s, bool is_after,
	struct days *days)
{
	const struct series *slots = series;
	struct series longer = { .count = 0 };
	int r = 0;

	if (series->count && step_s != series->step_s) {
		r = lengthen(series, step_s, &longer);
		slots = &longer;
	}
	for (size_t i = 0, next; r == 0 && i < slots->count; i = next) {
		int64_t day = day_of_slot(slots, i, phase_s);

		for (next = i + 1; next < slots->count &&
			day_of_slot(slots, next, phase_s) == day;)
			next++;
		r = add_day(slots, i, next, day, is_after, days);
	}
	series_done(&longer);
	return r;
}

void days_done(struct days *days)
{
	free(days->day);
	free(days->figure);
	*days = (struct days){ .count = 0 };
}
