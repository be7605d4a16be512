/*
 * Peaks, coverage and sufficiency of many workloads: what `peaks` and `status` tell.
 *
 * Where nothing else is said, an int is 0 or a negative errno with the text set.
 */
#ifndef ANALYZE_ASSESS_JUDGED_H
#define ANALYZE_ASSESS_JUDGED_H

#include "analyze/assess/assess.h"
#include "analyze/estate/load.h"

struct workload_judgement {
	struct workload_peaks peaks;
	struct load_coverage coverage;
	bool is_judged; /* by the slots; figures by queries are not */
	struct sufficiency sufficiency;
	struct installed has;
	size_t exclusions; /* windows within the period that somebody excluded */
};

/* The chosen workloads, with threads.  ret_judged: one for each, in their order; free it. */
int judged_read(const struct estate *estate, struct workload_judgement **ret_judged,
	struct err *err);

/* "full", "minimum", "2026-12-05" (not before that day), "-" (nothing stored). */
#define JUDGED_TEXT_SIZE 32
const char *judged_text(
	const struct workload_judgement *judged, char text[JUDGED_TEXT_SIZE]);

#endif
