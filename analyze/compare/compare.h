/*
 * A workload before and after its move, figure by figure, and which of them differ by more
 * than chance (COL-10, DEP-3; docs/method.md, "Before and after").
 */
#ifndef ANALYZE_COMPARE_COMPARE_H
#define ANALYZE_COMPARE_COMPARE_H

#include "analyze/compare/days.h"
#include "analyze/compare/shift.h"
#include "analyze/estate/load.h"

#include <stdbool.h>
#include <stddef.h>

#define COMPARE_FALSE_ALARM 0.05 /* of the whole document, where nothing differs */

enum compare_outcome {
	COMPARE_ALIKE,
	COMPARE_UNKNOWN,
	COMPARE_DIFFERS,
};

/* Why a figure's outcome is unknown. */
enum compare_why {
	COMPARE_WHY_NONE,
	COMPARE_WHY_NOT_BEFORE, /* never counted there */
	COMPARE_WHY_NOT_AFTER,
	COMPARE_WHY_FEW_DAYS,
	COMPARE_WHY_READINGS, /* of another length: a highest one is not to be compared */
};

struct compared_figure {
	double before, after; /* of the whole periods, as `peaks` prints them */
	enum compare_outcome outcome;
	enum compare_why why;
	struct shift shift; /* of the days that match; p NAN where it is unknown */
};

struct compared_resource {
	bool is_counted; /* on either side */
	struct shift_match match;
	size_t more_days; /* that would be enough; 0: there are, SIZE_MAX: none would do */
	struct compared_figure figure[COMPARE_FIGURES];
};

struct comparison {
	struct workload_peaks before, after;
	unsigned step_s; /* of both, for the days: the coarser one's */
	enum compare_outcome outcome;
	size_t differing, unknown, known; /* figures */
	struct compared_resource resource[RESOURCE_COUNT];
};

/*
 * compare_sets - both periods, read; the workloads are for names and phases
 *
 * Returns 0, -EINVAL with the text set where both are the same slots or steps have no
 * common multiple within an hour, or -ENOMEM.
 */
int compare_sets(const struct load_set *before, const struct workload *workload_before,
	const struct load_set *after, const struct workload *workload_after,
	struct comparison *ret_comparison, struct err *err);

/* "alike", "unknown", "differs": as it stands in JSON. */
const char *compare_outcome_name(enum compare_outcome outcome);

#endif
