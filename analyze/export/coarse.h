/* Slots of a longer step: for an export that need not have every reading. */
#ifndef ANALYZE_EXPORT_COARSE_H
#define ANALYZE_EXPORT_COARSE_H

#include "common/err.h"
#include "common/series.h"

#define COARSE_STEP_MAX 604800

/* "1h", "5m", "1d" as seconds; 0 or -EINVAL with the text set. */
int coarse_step_parse(const char *text, unsigned *ret_step_s, struct err *err);

/*
 * coarse_series - the same series by slots of step_s, in place
 *
 * A slot is unknown when more than half of its own are (as in the archives), else the mean,
 * the least and the highest of those that are known.  A series of that step or a longer one
 * stays as it is.  Returns 0, -EINVAL where the step is no multiple of the series', -ENOMEM.
 */
int coarse_series(
	struct series *series, unsigned step_s, const char *workload, struct err *err);

/* The end of the slot of step_s that a slot with this end lies in. */
int64_t coarse_end(int64_t end, unsigned step_s);

#endif
