#include "analyze/peaks/tail.h"

#include "analyze/peaks/growth.h"
#include "common/random.h"
#include "common/units.h"
#include "schema/duration.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static int tail_compare_doubles(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return (a > b) - (a < b);
}

/* A repeatable bootstrap; never 0 or 1. */
static double uniform(uint64_t *state)
{
	return ((double)(random_next(state) >> 11) + 0.5) * 0x1p-53;
}

double tail_quantile(double shape, double scale, double p)
{
	if (fabs(shape) < 1e-9)
		return -scale * log1p(-p);
	return scale / shape * (pow(1 - p, -shape) - 1);
}

int tail_fit_excesses(
	const double *sorted, size_t count, double *ret_shape, double *ret_scale)
{
	double mean = 0, weighted = 0, n = (double)count;

	if (count < 3)
		return -ERANGE;
	for (size_t i = 0; i < count; i++) {
		/* a1 = E[x (1 - F)], with the plotting position (i + 0.65) / n */
		mean += sorted[i];
		weighted += sorted[i] * (1 - ((double)i + 0.65) / n);
	}
	mean /= n;
	weighted /= n;
	if (!(mean > 0) || !(mean - 2 * weighted > 0))
		return -ERANGE;
	*ret_shape = 2 - mean / (mean - 2 * weighted);
	*ret_scale = 2 * mean * weighted / (mean - 2 * weighted);
	return *ret_scale > 0 ? 0 : -ERANGE;
}

/* Kolmogorov-Smirnov distance of sorted excesses and the fitted tail. */
static double distance_of(
	const double *sorted, size_t count, double shape, double scale)
{
	double largest = 0;

	for (size_t i = 0; i < count; i++) {
		double base = 1 + shape * sorted[i] / scale, p;

		p = base <= 0                ? 1
			: fabs(shape) < 1e-9 ? 1 - exp(-sorted[i] / scale)
					     : 1 - pow(base, -1 / shape);
		largest = fmax(largest, fabs(p - (double)i / (double)count));
		largest = fmax(largest, fabs(p - (double)(i + 1) / (double)count));
	}
	return largest;
}

struct tail_work {
	const struct series *series;
	double *sorted; /* known slot maxima */
	size_t known;
	double *peak; /* of clusters, as excesses */
	int64_t *at;  /* stamps of their last slots */
	double *draw;
	size_t room;
	double days;
};

static int work_init(struct tail_work *work, const struct series *series)
{
	*work = (struct tail_work){ .series = series };
	work->room = series->count;
	work->sorted = calloc(series->count + 1, sizeof(double));
	work->peak = calloc(series->count + 1, sizeof(double));
	work->at = calloc(series->count + 1, sizeof(*work->at));
	work->draw = calloc(2 * series->count + 64, sizeof(double));
	if (!work->sorted || !work->peak || !work->at || !work->draw)
		return -ENOMEM;
	for (size_t i = 0; i < series->count; i++) {
		if (!isnan(series->maximum[i]))
			work->sorted[work->known++] = series->maximum[i];
	}
	qsort(work->sorted, work->known, sizeof(double), tail_compare_doubles);
	work->days = (double)work->known * (double)series->step_s / SECONDS_PER_DAY;
	return 0;
}

static void work_done(struct tail_work *work)
{
	free(work->sorted);
	free(work->peak);
	free(work->at);
	free(work->draw);
}

/* Runs over the threshold, apart by at least TAIL_RUN_S: the excess of each one's peak. */
static size_t find_clusters(struct tail_work *work, double threshold)
{
	const struct series *series = work->series;
	size_t count = 0;
	int64_t last = INT64_MIN / 2;

	for (size_t i = 0; i < series->count; i++) {
		int64_t stamp = series->first + (int64_t)i * (int64_t)series->step_s;

		if (!(series->maximum[i] > threshold))
			continue;
		if (stamp - last > TAIL_RUN_S)
			work->peak[count++] = series->maximum[i] - threshold;
		else if (series->maximum[i] - threshold > work->peak[count - 1])
			work->peak[count - 1] = series->maximum[i] - threshold;
		work->at[count - 1] = stamp;
		last = stamp;
	}
	return count;
}

/*
 * Do both halves of the time look alike: as many peaks (within 2.5 standard deviations
 * of a Poisson process) and as high (Kolmogorov-Smirnov of two samples, 5 %)?  Sorts the
 * two halves of work->peak.
 */
static bool is_steady(struct tail_work *work, size_t count)
{
	const struct series *series = work->series;
	int64_t middle =
		series->first + (int64_t)(series->count / 2) * (int64_t)series->step_s;
	size_t first = 0, i = 0, k = 0;
	double distance = 0, second;

	while (first < count && work->at[first] < middle)
		first++;
	second = (double)(count - first);
	if (fabs((double)first - second) > 2.5 * sqrt((double)count) || first < 5 ||
		second < 5)
		return false;
	qsort(work->peak, first, sizeof(double), tail_compare_doubles);
	qsort(work->peak + first, count - first, sizeof(double), tail_compare_doubles);
	while (i < first && first + k < count) {
		if (work->peak[i] <= work->peak[first + k])
			i++;
		else
			k++;
		distance = fmax(
			distance, fabs((double)i / (double)first - (double)k / second));
	}
	return distance <= 1.36 * sqrt((double)count / ((double)first * second));
}

static double fraction(double value)
{
	return value > 0 ? value : 0;
}

/* By simulation: about 2.5 % of the fits to true tails are farther (tests/unit/peaks/test_growth.c). */
static double distance_limit(size_t count)
{
	return 0.95 / sqrt((double)count);
}

/* From the lowest threshold upward: more peaks make a narrower interval, so the first
 * is taken that the tail does not contradict.  A person reads why the last one was
 * refused. */
static int choose_threshold(struct tail_work *work, struct tail *tail, struct err *err)
{
	static const double quantiles[] = { 0.90, 0.95, 0.975, 0.99 };
	const char *reason = "too few separate peaks";
	size_t most = 0;

	for (size_t q = 0; q < sizeof(quantiles) / sizeof(quantiles[0]); q++) {
		size_t at = (size_t)(quantiles[q] * (double)(work->known - 1));

		if (work->sorted[at] >= work->sorted[work->known - 1]) {
			reason = work->sorted[0] >= work->sorted[at]
				? "it never changes"
				: "the values stand at a ceiling";
			continue;
		}
		tail->quantile = quantiles[q];
		tail->threshold = work->sorted[at];
		tail->clusters = find_clusters(work, tail->threshold);
		if (tail->clusters > most)
			most = tail->clusters;
		if (tail->clusters < TAIL_CLUSTERS_MIN)
			continue;
		if (!is_steady(work, tail->clusters)) {
			reason = "the first half of the data has other peaks than the "
				 "second";
			continue;
		}
		qsort(work->peak, tail->clusters, sizeof(double), tail_compare_doubles);
		if (work->peak[tail->clusters - 1] - work->peak[tail->clusters / 2] <=
			1e-9 * fraction(work->peak[tail->clusters - 1])) {
			reason = "the peaks stand at one ceiling";
			continue;
		}
		if (tail_fit_excesses(work->peak, tail->clusters, &tail->shape,
			    &tail->scale) < 0) {
			reason = "no tail can be fitted";
			continue;
		}
		tail->distance = distance_of(
			work->peak, tail->clusters, tail->shape, tail->scale);
		if (tail->shape >= 0.5)
			reason = "the tail is too heavy for a finite spread (shape 0.5 "
				 "or more)";
		else if (tail->distance > distance_limit(tail->clusters))
			reason = "the peaks do not follow a Pareto tail";
		else
			return 0;
	}
	if (most > 0 && most < TAIL_CLUSTERS_MIN)
		return err_set(err, -ENODATA,
			"too few separate peaks: %zu at most, %d are needed", most,
			TAIL_CLUSTERS_MIN);
	return err_set(err, -ENODATA, "%s", reason);
}

/* Knuth's for small means, a rounded normal for large ones. */
static size_t draw_poisson(double mean, uint64_t *state)
{
	double limit = exp(-mean), product = 1;
	size_t count = 0;

	if (mean > 200) {
		double normal = sqrt(-2 * log(uniform(state))) *
			cos(6.283185307179586 * uniform(state));
		double value = mean + sqrt(mean) * normal;

		return value > 0 ? (size_t)(value + 0.5) : 0;
	}
	for (;;) {
		product *= uniform(state);
		if (product <= limit)
			return count;
		count++;
	}
}

/* The highest of all peaks within the horizon, over the threshold; 0: none. */
static double draw_highest(double shape, double scale, double expected, uint64_t *state)
{
	/* P(max <= x) = exp(-expected (1 - G(x))) */
	double above = -log(uniform(state)) / expected;

	return above >= 1 ? 0 : tail_quantile(shape, scale, 1 - above);
}

/* A sample of the fitted model, as large as one may come out; its mean. */
static double draw_sample(
	struct tail_work *work, const struct tail *tail, size_t count, uint64_t *state)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++) {
		work->draw[i] = tail_quantile(tail->shape, tail->scale, uniform(state));
		sum += work->draw[i];
	}
	qsort(work->draw, count, sizeof(double), tail_compare_doubles);
	return sum / (double)count;
}

/*
 * The upper end takes no tail lighter than the exponential: real machines leave the
 * range they had so far more often than a bounded fit allows (docs/method.md has the
 * figures).  The lower end and the median take the fit as it is.
 */
static int draw_interval(struct tail_work *work, double horizon_days, double capacity,
	uint64_t seed, struct tail *tail)
{
	double *highest = calloc((size_t)2 * TAIL_DRAWS, sizeof(double));
	double *careful = highest ? highest + TAIL_DRAWS : NULL;
	uint64_t state = seed;

	if (!highest)
		return -ENOMEM;
	for (size_t d = 0; d < TAIL_DRAWS; d++) {
		size_t count = draw_poisson((double)tail->clusters, &state);
		double shape = tail->shape, scale = tail->scale, mean, expected;
		uint64_t same;

		if (count < 5)
			count = 5;
		if (count > 2 * work->room)
			count = 2 * work->room;
		mean = draw_sample(work, tail, count, &state);
		(void)tail_fit_excesses(work->draw, count, &shape, &scale);
		expected = (double)count / work->days * horizon_days;
		same = state;
		highest[d] = fmin(capacity,
			tail->threshold + draw_highest(shape, scale, expected, &state));
		careful[d] = fmin(capacity,
			tail->threshold +
				draw_highest(fmax(shape, 0), shape < 0 ? mean : scale,
					expected, &same));
	}
	qsort(highest, TAIL_DRAWS, sizeof(double), tail_compare_doubles);
	qsort(careful, TAIL_DRAWS, sizeof(double), tail_compare_doubles);
	tail->low = highest[TAIL_DRAWS / 20];
	tail->median = highest[TAIL_DRAWS / 2];
	tail->high = careful[TAIL_DRAWS - 1 - TAIL_DRAWS / 20];
	free(highest);
	return 0;
}

/* A return level of something that grows says nothing. */
static int refuse_trend(const struct series *series, struct err *err)
{
	struct growth growth;
	double *daily = NULL;
	size_t days = 0;
	int r = growth_daily(series, DURATION_15_MIN_S, 0, &daily, &days);

	if (r == 0)
		r = growth_fit(daily, days, &growth);
	free(daily);
	if (r == -ENOMEM)
		return err_oom(err);
	if (r == 0 && growth.is_significant &&
		fabs(growth.slope_per_day) * (growth.last_day - growth.first_day) >
			0.2 * fabs(growth.level))
		return err_set(err, -ENODATA,
			"it changes by a trend (over a fifth within the data): use "
			"--horizon");
	return 0;
}

/* What the data cannot carry is refused before anything is fitted: a tail of a series
 * that is too short, full of holes or rising gives a number that looks as sure as a good
 * one. */
int tail_fit(const struct series *series, double horizon_days, double capacity,
	uint64_t seed, struct tail *ret_tail, struct err *err)
{
	struct tail tail = { .clusters = 0 };
	struct tail_work work;
	double coverage, expected;
	int r = work_init(&work, series);

	if (r < 0) {
		err_oom(err);
		goto out;
	}
	coverage = series->count ? (double)work.known / (double)series->count : 0;
	r = -ENODATA;
	if (work.days < TAIL_DAYS_MIN)
		err_set(err, r, "%.1f days are known, %d are needed", work.days,
			TAIL_DAYS_MIN);
	else if (coverage < 0.6)
		err_set(err, r, "%.0f %% of the slots are known, 60 %% are needed",
			100 * coverage);
	else if (horizon_days > TAIL_HORIZON_RATIO_MAX * work.days)
		err_set(err, r,
			"%.0f days ahead from %.0f days of data: at most %d times as "
			"far",
			horizon_days, work.days, TAIL_HORIZON_RATIO_MAX);
	else
		r = refuse_trend(series, err);
	if (r == 0)
		r = choose_threshold(&work, &tail, err);
	if (r < 0)
		goto out;
	tail.rate_per_day = (double)tail.clusters / work.days;
	expected = tail.rate_per_day * horizon_days;
	tail.level = tail.threshold +
		(expected > 1 ? tail_quantile(tail.shape, tail.scale, 1 - 1 / expected)
			      : 0);
	if (tail.level > capacity)
		tail.level = capacity;
	r = draw_interval(&work, horizon_days, capacity, seed, &tail);
	if (r < 0)
		err_oom(err);
	else
		*ret_tail = tail;
out:
	work_done(&work);
	return r;
}
