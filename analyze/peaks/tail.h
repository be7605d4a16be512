/*
 * The highest value to expect over a time longer than the data: peaks over a threshold
 * with a generalised Pareto tail (docs/method.md, "Return level").
 */
#ifndef ANALYZE_PEAKS_TAIL_H
#define ANALYZE_PEAKS_TAIL_H

#include "common/err.h"
#include "common/series.h"

#include <stdint.h>

#define TAIL_CLUSTERS_MIN 20
#define TAIL_DAYS_MIN 14
#define TAIL_HORIZON_RATIO_MAX 20 /* of the data's own length */
#define TAIL_RUN_S 21600          /* peaks closer than this are one */
#define TAIL_DRAWS 1000

struct tail {
	double threshold;    /* in the unit of the series */
	double quantile;     /* of the slots that the threshold is */
	size_t clusters;     /* separate runs over it; their peaks are fitted */
	double rate_per_day; /* of clusters */
	double shape, scale; /* of the generalised Pareto distribution */
	double distance;     /* Kolmogorov-Smirnov, of peaks and fit */
	double level;        /* exceeded once in the horizon, on average */
	double median;       /* of the highest value within the horizon */
	double low, high;    /* it lies between them nine times in ten */
};

/*
 * tail_fit - from slot maxima to the highest value within horizon_days
 *
 * capacity  no value can be higher (memory installed, cores x MHz); NAN: not known
 * seed      of the bootstrap: the same seed gives the same interval
 *
 * Threshold: the lowest of the 90, 95, 97.5 and 99 % quantiles whose peaks the fitted
 * tail does not contradict.  Fit: probability-weighted moments (Hosking and Wallis
 * 1987).  Interval: 1000 draws of the fitted model, each fitted again, and a highest
 * value drawn from each.
 *
 * Returns 0; -ENODATA with the reason in err where the data do not support it: too
 * short, too many gaps, too few separate peaks, a trend, values that stand at their
 * ceiling, a tail too heavy or not Pareto-like, a horizon too far; -ENOMEM.
 */
int tail_fit(const struct series *series, double horizon_days, double capacity,
	uint64_t seed, struct tail *ret_tail, struct err *err);

/* Probability-weighted moments on excesses over 0, sorted upwards; 0 or -ERANGE. */
int tail_fit_excesses(
	const double *sorted, size_t count, double *ret_shape, double *ret_scale);
/* The excess that a share p of a tail stays below. */
double tail_quantile(double shape, double scale, double p);

#endif
