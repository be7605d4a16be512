/* Whether a person may accept a rule for a workload now. */
#ifndef ANALYZE_ASSESS_REVIEW_OPEN_H
#define ANALYZE_ASSESS_REVIEW_OPEN_H

#include "analyze/estate/estate.h"

/*
 * review_check_open - assesses the workload: the rule has to be an open REVIEW of it
 *
 * estate  with a store and what the verdict asks (profile, day); the workload need not be
 *         chosen
 *
 * Returns 0, -EINVAL with what is open instead (or that a disqualification cannot be
 * accepted), or another negative errno.
 */
int review_check_open(const struct estate *estate, const struct workload *workload,
	const char *rule, struct err *err);

#endif
