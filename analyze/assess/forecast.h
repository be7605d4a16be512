/*
 * What lies ahead of the data: growth to a horizon, and the highest value to expect in
 * a time longer than the data (docs/method.md, "Growth", "Return level").
 */
#ifndef ANALYZE_ASSESS_FORECAST_H
#define ANALYZE_ASSESS_FORECAST_H

#include "analyze/peaks/growth.h"
#include "analyze/estate/load.h"
#include "analyze/peaks/tail.h"

struct forecast {
	bool is_counted;           /* the resource was ever counted */
	bool has_growth, has_tail; /* else the reason says why not */
	char growth_reason[160], tail_reason[200];
	struct growth growth;                /* of daily sustained(900 s) */
	double ahead, ahead_low, ahead_high; /* a day's figure at the horizon */
	struct tail tail;
};

struct forecast_request {
	double horizon_days; /* NAN: growth is not asked for */
	double return_days;  /* NAN: return levels are not asked for */
};

/* A horizon or a return period is given: growth or rare peaks count. */
bool forecast_is_asked(const struct forecast_request *request);

/* Of the chosen workloads; ret_forecasts: count x RESOURCE_COUNT, workload by workload;
 * free it.  Returns 0 or a negative errno. */
int forecast_all(const struct estate *estate, const struct forecast_request *request,
	struct forecast **ret_forecasts, struct err *err);

#endif
