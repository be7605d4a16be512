#include "common/series.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

void series_done(struct series *series)
{
	if (series->minimum != series->mean)
		free(series->minimum);
	if (series->maximum != series->mean)
		free(series->maximum);
	free(series->mean);
	*series = (struct series){ .step_s = 0 };
}

static double *unknown_slots(size_t count)
{
	double *values = calloc(count ? count : 1, sizeof(*values));

	for (size_t i = 0; values && i < count; i++)
		values[i] = NAN;
	return values;
}

int series_init(struct series *series, int64_t first, unsigned step_s, size_t count,
	int has_extremes)
{
	struct series made = { .first = first, .step_s = step_s, .count = count };

	made.mean = unknown_slots(count);
	made.minimum = has_extremes ? unknown_slots(count) : made.mean;
	made.maximum = has_extremes ? unknown_slots(count) : made.mean;
	if (!made.mean || !made.minimum || !made.maximum) {
		series_done(&made);
		return -ENOMEM;
	}
	*series = made;
	return 0;
}
