#include "common/units.h"

#include <float.h>
#include <math.h>

static double slack(double value)
{
	/* the error of some eight roundings, which matters only for large values */
	return fmin(0.25, fmax(1e-9, 8 * DBL_EPSILON * fabs(value)));
}

double units_round_up(double value)
{
	return ceil(value - slack(value)) + 0.0; /* + 0.0: never a negative zero */
}

double units_round_down(double value)
{
	return floor(value + slack(value)) + 0.0;
}

int units_exceeds(double value, double limit)
{
	return value > limit + slack(limit);
}
