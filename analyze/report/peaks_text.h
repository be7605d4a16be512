/* The peak report for people: one table, or one page per workload. */
#ifndef ANALYZE_REPORT_PEAKS_TEXT_H
#define ANALYZE_REPORT_PEAKS_TEXT_H

#include "analyze/assess/judged.h"
#include "analyze/console/verb.h"
#include "analyze/peaks/peak.h"
#include "store/store.h"

/* A row per workload and resource.  Returns 0 or -ENOMEM. */
int peaks_text_table(const struct context *context,
	const struct workload *const *workload, const struct workload_peaks *peaks,
	size_t count, struct err *err);

/* A row per workload: what it would be sized by (memory and network peak, CPU and disk
 * over 15 minutes). */
int peaks_text_brief(const struct context *context,
	const struct workload *const *workload, const struct workload_peaks *peaks,
	size_t count, struct err *err);

/* All figures and the curve of each. */
int peaks_text_detail(const struct context *context,
	const struct workload *const *workload, const struct judged *judged,
	size_t count, struct err *err);

#endif
