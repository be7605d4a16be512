/* What the files of the waves share: waves.c, waves_exact.c. */
#ifndef ANALYZE_MIGRATE_WAVES_INTERNAL_H
#define ANALYZE_MIGRATE_WAVES_INTERNAL_H

#include "analyze/migrate/waves.h"

/* ---- what a wave needs beside time: waves_room.c ----------------------------------- */

/* People, image store and scratch space of these in one wave. */
bool waves_has_room(
	const struct wave_problem *problem, const size_t *item, size_t count);
/* The scratch space of as many as run at once, the largest first. */
double waves_scratch(
	const struct wave_problem *problem, const size_t *item, size_t count);
/* Do the hosts carry what has moved (wave_of), what is still where it was, and these, which
 * are on both sides?  wave_of[i] counts as moved where it is below wave. */
bool waves_state_holds(const struct wave_problem *problem, const size_t *wave_of,
	size_t wave, const size_t *item, size_t count);

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
