/* What lies ahead of the data, as a part of the peak report. */
#ifndef ANALYZE_REPORT_FORECAST_DOCUMENT_H
#define ANALYZE_REPORT_FORECAST_DOCUMENT_H

#include "analyze/assess/forecast.h"
#include "analyze/document/document.h"

/* "growth" and "return_level" of one resource: columns and cells of as many. */
#define FORECAST_CELLS_MAX 24
size_t forecast_columns(const struct forecast_request *request,
	struct doc_column columns[FORECAST_CELLS_MAX]);
size_t forecast_cells(const struct forecast_request *request,
	const struct forecast *forecast, struct cell cells[FORECAST_CELLS_MAX]);

/* The tables for people, behind the peaks; forecasts: count x RESOURCE_COUNT. */
void forecast_tables(struct document *document, const struct forecast_request *request,
	const struct workload *const *workload, const struct forecast *forecasts,
	size_t count);

#endif
