#include "analyze/peaks/peak.h"

#include "analyze/peaks/peak_percentile.h"
#include "analyze/peaks/peak_window.h"

#include <math.h>

/* Rows that keep no minima at all (their file has no MIN archive) have no held level. */
static bool has_minima(const struct series *series)
{
	if (series->minimum == series->mean)
		return true;
	for (size_t i = 0; i < series->count; i++)
		if (!isnan(series->mean[i]) && !isnan(series->minimum[i]))
			return true;
	return false;
}

/* Enough partial sums that their error stays that of a few hundred additions. */
#define PART_SLOTS 256

static void find_extremes(const struct series *series, struct peaks *peaks)
{
	const double *mean = series->mean, *maximum = series->maximum;
	double total = 0, best = -INFINITY;
	size_t best_at = 0;

	for (size_t begin = 0; begin < series->count; begin += PART_SLOTS) {
		size_t end = series->count - begin < PART_SLOTS ? series->count
								: begin + PART_SLOTS;
		double part[4] = { 0 }, high = best;
		size_t known = 0;

		for (size_t i = begin; i < end; i++) {
			double x = mean[i], top = maximum[i];

			/* an extreme that is missing where the mean is not is the mean */
			top = top == top ? top : x;
			part[i & 3] += x == x ? x : 0;
			known += x == x;
			high = x == x && top > high ? top : high;
		}
		total += (part[0] + part[1]) + (part[2] + part[3]);
		peaks->known += known;
		if (!(high > best))
			continue;
		best = high;
		for (best_at = begin; best_at < end; best_at++) {
			double x = mean[best_at], top = maximum[best_at];

			if (x == x && (top == top ? top : x) == best)
				break;
		}
	}
	peaks->is_counted = peaks->known > 0;
	if (!peaks->is_counted)
		return;
	peaks->mean = total / (double)peaks->known;
	peaks->peak = best;
	peaks->peak_at = series->first + (int64_t)best_at * series->step_s;
}

static int find_curve(const struct series *series, struct peaks *peaks)
{
	struct window_best best[DURATION_COUNT];
	bool has_held = has_minima(series);
	int r;

	for (size_t d = 0; d < DURATION_COUNT; d++)
		best[d].slots = (duration_s[d] + series->step_s - 1) / series->step_s;
	r = peak_windows(series, best, DURATION_COUNT);
	for (size_t d = 0; r == 0 && d < DURATION_COUNT; d++) {
		if (isinf(best[d].sustained))
			continue;
		/* held <= sustained <= peak; a rounded sum may differ in its last bit */
		if (has_held)
			peaks->held[d] = best[d].held;
		peaks->sustained[d] =
			fmin(has_held ? fmax(best[d].sustained, best[d].held)
				      : best[d].sustained,
				peaks->peak);
		peaks->sustained_at[d] = series->first +
			(int64_t)(best[d].sustained_at + best[d].slots - 1) *
				series->step_s;
	}
	return r;
}

void peak_absent(struct peaks *peaks)
{
	*peaks = (struct peaks){
		.peak = NAN, .mean = NAN, .p50 = NAN, .p90 = NAN, .p95 = NAN, .p99 = NAN
	};
	for (size_t d = 0; d < DURATION_COUNT; d++)
		peaks->sustained[d] = peaks->held[d] = NAN;
}

int peak_analyse(const struct series *series, struct peaks *ret_peaks)
{
	static const double p[] = { 0.50, 0.90, 0.95, 0.99 };
	double percentile[4];
	struct peaks peaks;
	int r;

	peak_absent(&peaks);
	peaks.expected = series->count;
	find_extremes(series, &peaks);
	peaks.coverage =
		series->count ? (double)peaks.known / (double)series->count : 0;
	if (peaks.is_counted) {
		r = peak_percentiles(series->mean, series->count, p, 4, percentile);
		if (r == 0)
			r = find_curve(series, &peaks);
		if (r < 0)
			return r;
		peaks.p50 = percentile[0];
		peaks.p90 = percentile[1];
		peaks.p95 = percentile[2];
		peaks.p99 = percentile[3];
		peaks.mean = fmin(peaks.mean, peaks.peak);
	}
	*ret_peaks = peaks;
	return 0;
}
