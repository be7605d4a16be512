/*
 * Were the data enough for a verdict?  Four scores, the lowest counts, each with its
 * reason (docs/method.md, "Sufficiency").
 */
#ifndef ANALYZE_ASSESS_SUFFICIENCY_H
#define ANALYZE_ASSESS_SUFFICIENCY_H

#include "analyze/estate/load.h"
#include "analyze/peaks/pattern.h"
#include "schema/fact.h"
#include "schema/profile.h"

enum grade { GRADE_INSUFFICIENT, GRADE_MINIMUM, GRADE_FULL };
const char *grade_name(enum grade grade); /* "full" */

#define SUFFICIENCY_REASONS_MAX 8
#define SUFFICIENCY_REASON_SIZE 160

struct sufficiency {
	enum grade grade; /* the lowest of the four */
	enum grade coverage, span, calendar, stability;
	bool has_stability; /* hosts were given */
	char reason[SUFFICIENCY_REASONS_MAX][SUFFICIENCY_REASON_SIZE];
	size_t reason_count;
	double coverage_ratio; /* the lowest of the resources that were counted */
	unsigned stars;        /* 0 to 5: a star for each 20 % */
	double days;           /* slots x step */
	enum pattern pattern;
	bool is_pattern_stated;
	double period_days; /* stated or found; NAN: none */
	bool is_period_stated;
	double correlation; /* of the found pattern; NAN */
	char earliest[11];  /* "YYYY-MM-DD": the first day with a verdict; "" : none */
};

/*
 * sufficiency_span - the score of the span alone (COL-2 to COL-4, G21)
 *
 * constant 7 / 14 days, periodic (daily, weekly, monthly, irregular) 14 / 28, seasonal
 * longer than 28.  period_days: stated, must fit in once; NAN: none.
 * *ret_reason: "period_not_covered" or NULL.
 */
enum grade sufficiency_span(
	enum pattern pattern, double days, double period_days, const char **ret_reason);

/* The days that span asks at least, and for a full score. */
double sufficiency_days_minimum(enum pattern pattern, double period_days);

/*
 * sufficiency_judge - from the slots that were read
 *
 * phase_s  added to stamps before days are told apart (UTC)
 *
 * A set without slots is insufficient without an earliest date.  Returns 0 or -ENOMEM.
 */
int sufficiency_judge(const struct load_set *set, const struct workload_peaks *peaks,
	const struct facts *facts, const struct profile_settings *settings,
	struct sufficiency *ret_sufficiency);

/* Adds the score of the plan's bootstrap: share of resamples with as many hosts. */
void sufficiency_add_stability(struct sufficiency *sufficiency, double same_ratio,
	const struct profile_settings *settings);

#endif
