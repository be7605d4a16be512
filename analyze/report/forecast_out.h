/* What lies ahead of the data, on paper: text, JSON. */
#ifndef ANALYZE_REPORT_FORECAST_OUT_H
#define ANALYZE_REPORT_FORECAST_OUT_H

#include "analyze/assess/forecast.h"
#include "analyze/console/json_out.h"

int forecast_out_text(const struct context *context,
	const struct forecast_request *request, const struct workload *const *workload,
	const struct forecast *forecasts, size_t count, struct err *err);

/* "growth" and "return_level" of one resource, into the object that is open. */
void forecast_out_json(struct json_out *json, const struct forecast_request *request,
	const struct forecast *forecast);

#endif
