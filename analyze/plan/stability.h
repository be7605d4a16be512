/* Does the number of hosts depend on single days?  The score of sufficiency that needs
 * hosts (docs/method.md, "Confidence in the plan" and "Sufficiency"). */
#ifndef ANALYZE_PLAN_STABILITY_H
#define ANALYZE_PLAN_STABILITY_H

#include "analyze/estate/estate.h"

#define STABILITY_RESAMPLES 50

/*
 * stability_of_hosts - share of day-block resamples that need as many hosts as the data
 *
 * All workloads of the store, chosen or not, that are not disqualified are packed on the
 * hosts of the file.  *ret_same_ratio is NAN where there is nobody or no data to draw from.
 * Returns 0 or a negative errno.
 */
int stability_of_hosts(const struct estate *estate, const char *hosts_path,
	double *ret_same_ratio, struct err *err);

#endif
