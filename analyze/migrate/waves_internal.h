/* What the files of the waves share: waves.c, waves_exact.c. */
#ifndef ANALYZE_MIGRATE_WAVES_INTERNAL_H
#define ANALYZE_MIGRATE_WAVES_INTERNAL_H

#include "analyze/migrate/waves.h"

/* Can these move in one wave, in that window (WAVE_NONE: no windows are given)?
 * ret_exact: false where the answer no was only not refuted. */
bool waves_fits(const struct wave_problem *problem, const size_t *item, size_t count,
	size_t window, bool *ret_exact);

/*
 * waves_exact - every order of at most WAVES_EXACT_MAX items
 *
 * Replaces the order in the plan where a better one exists: more workloads placed, else
 * fewer waves, else earlier windows.  Sets lower_bound and is_proven.  Returns 0 or
 * -ENOMEM.
 */
int waves_exact(
	const struct wave_problem *problem, struct wave_plan *plan, struct err *err);

/* One more that does not hold; -ENOMEM. */
int waves_violate(struct wave_plan *plan, const char *rule, size_t first, size_t second,
	size_t wave, bool is_warning);

#endif
