#include "analyze/export/coarse.h"

#include "common/iso_time.h"

#include <errno.h>
#include <math.h>

int coarse_step_parse(const char *text, unsigned *ret_step_s, struct err *err)
{
	int64_t before = 0;

	/* an age of nothing: so many seconds before 0 */
	if (*text < '0' || *text > '9' || time_parse(text, 0, &before, NULL) < 0 ||
		before >= 0 || before < -COARSE_STEP_MAX)
		return err_set(err, -EINVAL,
			"--step: expected a length like 5m, 1h or 1d, up to 7d, found "
			"\"%.20s\"",
			text);
	*ret_step_s = (unsigned)-before;
	return 0;
}

int64_t coarse_end(int64_t end, unsigned step_s)
{
	return (end + step_s - 1) / step_s * step_s;
}

/* Of the slots from *at on that end by this time. */
static void take_coarse_slot(const struct series *series, size_t *at, int64_t end,
	size_t all, struct series *coarse, size_t slot)
{
	double sum = 0, least = INFINITY, highest = -INFINITY;
	size_t known = 0;

	for (; *at < series->count &&
		series->first + (int64_t)*at * series->step_s <= end;
		++*at) {
		if (isnan(series->mean[*at]))
			continue;
		sum += series->mean[*at];
		least = fmin(least, series->minimum[*at]);
		highest = fmax(highest, series->maximum[*at]);
		known++;
	}
	if (known == 0 || known * 2 < all)
		return;
	coarse->mean[slot] = sum / (double)known;
	coarse->minimum[slot] = least;
	coarse->maximum[slot] = highest;
}

int coarse_series(
	struct series *series, unsigned step_s, const char *workload, struct err *err)
{
	struct series coarse;
	int64_t first, last;
	size_t at = 0, count;

	if (!series->count || series->step_s >= step_s)
		return 0;
	if (step_s % series->step_s)
		return err_set(err, -EINVAL,
			"%s: --step: expected a multiple of its own step, %u s, found %u s",
			workload, series->step_s, step_s);
	first = coarse_end(series->first, step_s);
	last = coarse_end(
		series->first + (int64_t)(series->count - 1) * series->step_s, step_s);
	count = (size_t)((last - first) / step_s) + 1;
	if (series_init(&coarse, first, step_s, count, 1) < 0)
		return err_oom(err);
	for (size_t slot = 0; slot < count; slot++)
		take_coarse_slot(series, &at, first + (int64_t)slot * step_s,
			step_s / series->step_s, &coarse, slot);
	series_done(series);
	*series = coarse;
	return 0;
}
