#include "analyze/peaks/growth.h"

#include "common/parse.h"
#include "common/units.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define Z_95 1.959963984540054

static int growth_compare_doubles(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return (a > b) - (a < b);
}

/* Type 7, as everywhere else. */
static double quantile(const double *sorted, size_t count, double p)
{
	double at = p * (double)(count - 1);
	size_t low = (size_t)at;

	if (low + 1 >= count)
		return sorted[count - 1];
	return sorted[low] + (at - (double)low) * (sorted[low + 1] - sorted[low]);
}

static double median_of(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), growth_compare_doubles);
	return quantile(values, count, 0.5);
}

/* Average ranks, for ties. */
static void rank_values(const double *values, size_t count, double *rank)
{
	for (size_t i = 0; i < count; i++) {
		size_t below = 0, same = 0;

		for (size_t k = 0; k < count; k++) {
			below += values[k] < values[i];
			same += values[k] == values[i];
		}
		rank[i] = (double)below + ((double)same + 1) / 2;
	}
}

/*
 * How much wider the variance of Kendall's S is for days that follow each other: for a
 * first-order process of correlation r it is (1 + r) / (1 - r) times that of independent
 * days (Matalas and Sankarasubramanian 2003; Hamed and Rao's sum over all lags agrees,
 * but the sample correlations of 90 days are too low to use it).  r is that of the
 * ranks of what the line leaves over, mended for its bias after a line was taken out.
 */
static double variance_factor(const double *residual, size_t n, double *rank)
{
	double mean = ((double)n + 1) / 2, variance = 0, r = 0;

	rank_values(residual, n, rank);
	for (size_t i = 0; i < n; i++)
		variance += (rank[i] - mean) * (rank[i] - mean);
	for (size_t i = 0; i + 1 < n; i++)
		r += (rank[i] - mean) * (rank[i + 1] - mean);
	if (!(variance > 0))
		return 1;
	r = ((double)n * (r / variance) + 2) / ((double)n - 4);
	if (r > 0.95)
		r = 0.95;
	return r > 0 ? (1 + r) / (1 - r) : 1; /* never narrower than independent days */
}

struct fit {
	size_t n, pairs;
	double *day, *value, *slope, *residual, *scratch;
};

static int fit_init(struct fit *fit, const double *daily, size_t days)
{
	for (size_t i = 0; i < days; i++)
		fit->n += isnan(daily[i]) ? 0 : 1;
	if (fit->n < GROWTH_DAYS_MIN)
		return -ENODATA;
	fit->pairs = fit->n * (fit->n - 1) / 2;
	fit->day = calloc(4 * fit->n, sizeof(double));
	fit->slope = calloc(fit->pairs, sizeof(double));
	if (!fit->day || !fit->slope)
		return -ENOMEM;
	fit->value = fit->day + fit->n;
	fit->residual = fit->value + fit->n;
	fit->scratch = fit->residual + fit->n;
	for (size_t i = 0, k = 0; i < days; i++) {
		if (isnan(daily[i]))
			continue;
		fit->day[k] = (double)i;
		fit->value[k++] = daily[i];
	}
	for (size_t i = 0, k = 0; i < fit->n; i++) {
		for (size_t j = i + 1; j < fit->n; j++)
			fit->slope[k++] = (fit->value[j] - fit->value[i]) /
				(fit->day[j] - fit->day[i]);
	}
	qsort(fit->slope, fit->pairs, sizeof(double), growth_compare_doubles);
	return 0;
}

static void leave_over(struct fit *fit, double slope)
{
	double intercept;

	for (size_t i = 0; i < fit->n; i++)
		fit->scratch[i] = fit->value[i] - slope * fit->day[i];
	intercept = median_of(fit->scratch, fit->n);
	for (size_t i = 0; i < fit->n; i++)
		fit->residual[i] = fit->value[i] - slope * fit->day[i] - intercept;
	fit->scratch[0] = intercept;
}

int growth_fit(const double *daily, size_t days, struct growth *ret_growth)
{
	struct fit fit = { .n = 0 };
	struct growth g;
	double n, intercept, spread;
	int r = days > GROWTH_DAYS_MAX ? -EFBIG : fit_init(&fit, daily, days);

	if (r < 0)
		goto out;
	n = (double)fit.n;
	g = (struct growth){ .known = fit.n,
		.first_day = fit.day[0],
		.last_day = fit.day[fit.n - 1],
		.slope_per_day = quantile(fit.slope, fit.pairs, 0.5) };
	leave_over(&fit, g.slope_per_day);
	intercept = fit.scratch[0];
	g.level = intercept + g.slope_per_day * g.last_day;
	/* Sen: the slopes of rank (N -+ z sigma) / 2 */
	spread = Z_95 *
		sqrt(n * (n - 1) * (2 * n + 5) / 18 *
			variance_factor(fit.residual, fit.n, fit.scratch)) /
		(double)fit.pairs / 2;
	g.slope_low = quantile(fit.slope, fit.pairs, fmax(0, 0.5 - spread));
	g.slope_high = quantile(fit.slope, fit.pairs, fmin(1, 0.5 + spread));
	g.is_significant = g.slope_low > 0 || g.slope_high < 0;
	qsort(fit.residual, fit.n, sizeof(double), growth_compare_doubles);
	g.residual_low = quantile(fit.residual, fit.n, 0.05);
	g.residual_high = quantile(fit.residual, fit.n, 0.95);
	*ret_growth = g;
out:
	free(fit.day);
	free(fit.slope);
	return r;
}

void growth_project(const struct growth *growth, double ahead_days, double *ret_value,
	double *ret_low, double *ret_high)
{
	double middle = (growth->first_day + growth->last_day) / 2;
	double distance = growth->last_day + ahead_days - middle;
	double value = growth->level + growth->slope_per_day * ahead_days;

	*ret_value = value;
	*ret_low = value + (growth->slope_low - growth->slope_per_day) * distance +
		growth->residual_low;
	*ret_high = value + (growth->slope_high - growth->slope_per_day) * distance +
		growth->residual_high;
}

static int64_t day_of(int64_t stamp)
{
	/* a slot that ends at midnight belongs to the day before */
	return (stamp - 1) / SECONDS_PER_DAY;
}

int growth_daily(const struct series *series, unsigned window_s, int phase_s,
	double **ret_daily, size_t *ret_days)
{
	size_t window, known = 0, days;
	double *daily, sum = 0;
	int64_t first;

	if (series->count == 0)
		return -ENODATA;
	window = (window_s + series->step_s - 1) / series->step_s;
	first = day_of(series->first + phase_s);
	days = (size_t)(day_of(series->first +
				(int64_t)(series->count - 1) * (int64_t)series->step_s +
				phase_s) -
		       first) +
		1;
	daily = calloc(days, sizeof(*daily));
	if (!daily)
		return -ENOMEM;
	for (size_t i = 0; i < days; i++)
		daily[i] = NAN;
	for (size_t i = 0; i < series->count; i++) {
		int64_t stamp =
			series->first + (int64_t)i * (int64_t)series->step_s + phase_s;
		double *highest = &daily[day_of(stamp) - first];

		/* summed anew: a running sum would carry the rounding of large values on */
		known = 0;
		sum = 0;
		for (size_t k = i + 1 >= window ? i + 1 - window : 0; k <= i; k++) {
			if (isnan(series->mean[k]))
				continue;
			sum += series->mean[k];
			known++;
		}
		if (i + 1 >= window && 2 * known >= window && known > 0 &&
			!(*highest >= sum / (double)known))
			*highest = sum / (double)known;
	}
	*ret_daily = daily;
	*ret_days = days;
	return 0;
}

int growth_parse_horizon(const char *text, double *ret_days)
{
	static const struct {
		const char *unit;
		double days;
	} units[] = { { "d", 1 }, { "days", 1 }, { "day", 1 }, { "w", 7 },
		{ "weeks", 7 }, { "week", 7 }, { "months", 365.25 / 12 },
		{ "month", 365.25 / 12 }, { "mo", 365.25 / 12 }, { "y", 365.25 },
		{ "years", 365.25 }, { "year", 365.25 } };
	size_t digits = strspn(text, "0123456789.");
	double number;

	if (parse_double(text, digits, &number) < 0 || !(number > 0))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(text + digits, units[i].unit) == 0 &&
			number * units[i].days <= 36525) {
			*ret_days = number * units[i].days;
			return 0;
		}
	}
	return -EINVAL;
}
