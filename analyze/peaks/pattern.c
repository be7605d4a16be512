#include "analyze/peaks/pattern.h"

#include "common/util.h"

#include <kissfft/kiss_fftr.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_S 3600
#define DAY_H 24
#define WEEK_H 168
#define PAIRS_MIN 12

static const char *const names[] = { "constant", "daily", "weekly", "monthly",
	"irregular", "periodic", "seasonal" };

const char *pattern_name(enum pattern pattern)
{
	return names[pattern];
}

int pattern_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(names[i], name) == 0)
			return (int)i;
	}
	return -1;
}

/* |X|^2 of an input in place, back to time: the sums over all pairs at each lag. */
struct transform {
	int size; /* even, at least twice the count: no lag wraps round */
	kiss_fftr_cfg forward, back;
	kiss_fft_scalar *time;
	kiss_fft_cpx *spectrum;
};

static int transform_init(struct transform *t, size_t count)
{
	t->size = kiss_fftr_next_fast_size_real((int)(2 * count));
	t->forward = kiss_fftr_alloc(t->size, 0, NULL, NULL);
	t->back = kiss_fftr_alloc(t->size, 1, NULL, NULL);
	t->time = calloc((size_t)t->size, sizeof(*t->time));
	t->spectrum = calloc((size_t)t->size / 2 + 1, sizeof(*t->spectrum));
	return t->forward && t->back && t->time && t->spectrum ? 0 : -ENOMEM;
}

static void transform_done(struct transform *t)
{
	kiss_fftr_free(t->forward);
	kiss_fftr_free(t->back);
	free(t->time);
	free(t->spectrum);
}

/* time[] in: the values; out: the sum over k of x[k] x[k + lag], for each lag */
static void correlate(struct transform *t)
{
	kiss_fftr(t->forward, t->time, t->spectrum);
	for (int i = 0; i <= t->size / 2; i++) {
		t->spectrum[i].r = t->spectrum[i].r * t->spectrum[i].r +
			t->spectrum[i].i * t->spectrum[i].i;
		t->spectrum[i].i = 0;
	}
	kiss_fftri(t->back, t->spectrum, t->time);
	for (int i = 0; i < t->size; i++)
		t->time[i] /= (kiss_fft_scalar)t->size;
}

static size_t moments(
	const double *values, size_t count, double *ret_mean, double *ret_variance)
{
	double sum = 0, squares = 0;
	size_t known = 0;

	for (size_t i = 0; i < count; i++) {
		if (isnan(values[i]))
			continue;
		sum += values[i];
		known++;
	}
	*ret_mean = known ? sum / (double)known : 0;
	for (size_t i = 0; i < count; i++) {
		if (!isnan(values[i]))
			squares += (values[i] - *ret_mean) * (values[i] - *ret_mean);
	}
	*ret_variance = known ? squares / (double)known : 0;
	return known;
}

int pattern_correlation(
	const double *values, size_t count, size_t lags, double *ret_correlation)
{
	struct transform sums = { .size = 0 }, pairs = { .size = 0 };
	double mean, variance, deviation;
	int r = -ENOMEM;

	(void)moments(values, count, &mean, &variance);
	deviation = sqrt(variance);
	if (transform_init(&sums, count) < 0 || transform_init(&pairs, count) < 0)
		goto out;
	for (size_t i = 0; i < count; i++) {
		bool is_known = !isnan(values[i]);

		sums.time[i] = is_known && deviation > 0
			? (kiss_fft_scalar)((values[i] - mean) / deviation)
			: 0;
		pairs.time[i] = is_known ? 1 : 0;
	}
	correlate(&sums);
	correlate(&pairs);
	for (size_t lag = 0; lag < lags; lag++) {
		double known = lag < count ? (double)pairs.time[lag] : 0;

		ret_correlation[lag] =
			known >= PAIRS_MIN - 0.5 ? (double)sums.time[lag] / known : NAN;
	}
	r = 0;
out:
	transform_done(&sums);
	transform_done(&pairs);
	return r;
}

/* The mean of the known slots of each hour, from the hour of the first slot on. */
static int hourly(const struct series *series, double **ret_values, size_t *ret_count)
{
	int64_t first, last;
	size_t count, *known = NULL;
	double *values = NULL;

	if (series->count == 0)
		return -ENODATA;
	first = (series->first - 1) / HOUR_S;
	last = (series->first + (int64_t)(series->count - 1) * (int64_t)series->step_s -
		       1) /
		HOUR_S;
	count = (size_t)(last - first + 1);
	values = calloc(count, sizeof(*values));
	known = calloc(count, sizeof(*known));
	if (!values || !known) {
		free(values);
		free(known);
		return -ENOMEM;
	}
	for (size_t i = 0; i < series->count; i++) {
		int64_t stamp = series->first + (int64_t)i * (int64_t)series->step_s;
		size_t hour = (size_t)((stamp - 1) / HOUR_S - first);

		if (isnan(series->mean[i]))
			continue;
		values[hour] += series->mean[i];
		known[hour]++;
	}
	for (size_t i = 0; i < count; i++)
		values[i] = known[i] ? values[i] / (double)known[i] : NAN;
	free(known);
	*ret_values = values;
	*ret_count = count;
	return 0;
}

/* What only changes slowly is alike at every short distance: a period shows by being
 * more alike after a whole one than after half of one. */
static bool is_hill(const double *correlation, size_t lag)
{
	return !(correlation[lag] < correlation[lag / 2] + 0.1);
}

static void pattern_choose(
	const double *correlation, size_t count, struct pattern_found *found)
{
	double best = PATTERN_CORRELATION;

	found->pattern = PATTERN_IRREGULAR;
	found->correlation = NAN;
	for (unsigned days = 1; days <= 31; days++) {
		size_t lag = (size_t)days * DAY_H;
		double value = lag < count ? correlation[lag] : NAN;

		if ((days != 1 && days != 7 && days < 28) || 2 * lag > count ||
			!(value >= best) || !is_hill(correlation, lag))
			continue;
		found->pattern = days == 1 ? PATTERN_DAILY
			: days == 7        ? PATTERN_WEEKLY
					   : PATTERN_MONTHLY;
		found->period_s = days * DAY_H * HOUR_S;
		found->correlation = value;
		/* a longer period must show more than the shorter one repeated; among
		 * the months the highest wins */
		best = days >= 28 ? value : value + 0.1;
	}
}

int pattern_find_in(const struct series *series, struct pattern_found *ret_found)
{
	struct pattern_found found = { .pattern = PATTERN_CONSTANT,
		.correlation = NAN };
	double *values = NULL, *correlation = NULL, mean, variance;
	size_t count, lags, known;
	int r = hourly(series, &values, &count);

	if (r < 0)
		return r;
	known = moments(values, count, &mean, &variance);
	lags = 31 * DAY_H + 1;
	correlation = calloc(lags, sizeof(*correlation));
	if (!correlation)
		r = -ENOMEM;
	else if (known < DAY_H)
		r = -ENODATA;
	if (r < 0)
		goto out;
	found.variation = mean > 0 ? sqrt(variance) / mean : 0;
	if (found.variation > PATTERN_CONSTANT_VARIATION) {
		r = pattern_correlation(values, count, lags, correlation);
		if (r == 0)
			pattern_choose(correlation, count, &found);
	}
	if (r == 0)
		*ret_found = found;
out:
	free(values);
	free(correlation);
	return r;
}
