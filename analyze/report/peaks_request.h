/* What the peak report is made from. */
#ifndef ANALYZE_REPORT_PEAKS_REQUEST_H
#define ANALYZE_REPORT_PEAKS_REQUEST_H

#include "analyze/assess/forecast.h"
#include "analyze/assess/judged.h"
#include "analyze/document/document.h"

/* What people see of it; machines always get all. */
enum peaks_view {
	PEAKS_TABLE,  /* a row per workload and resource */
	PEAKS_BRIEF,  /* a row per workload: what it would be sized by */
	PEAKS_DETAIL, /* a page per workload: all figures, the curve of each */
};

struct peaks_request {
	enum peaks_view view;
	const struct workload *const *workload;
	const struct workload_judgement *judged;
	size_t count;
	const struct forecast_request *ahead; /* with forecast */
	const struct forecast *forecast; /* count x RESOURCE_COUNT; NULL: not asked */
};

#endif
